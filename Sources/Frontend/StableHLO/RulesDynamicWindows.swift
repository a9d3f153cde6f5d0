// Windows whose sizes are operands: running sums over an axis whose extent is not known, and windows of
// sizes that turn out to be numbers.
import Graph

extension StableHLOElaborator {
  /// `dynamic_reduce_window(x, initial, sizes, strides, base dilations, dilations, padding)`
  mutating func dynamicWindow(_ call: HLOCall) throws -> Term {
    guard call.operands.count == 7, let body = reducerBody(call) else {
      throw call.unsupported("of this form")
    }
    let x = call.operands[0]
    let lists = try (2..<7).map { try call.sizes($0) }
    let element = call.operandElement(0)
    let region = try scalarRegion(body, call, [element, element], isFunction: true)
    let numbers = lists.map { $0.compactMap(\.constantValue) }
    if zip(lists, numbers).allSatisfy({ $0.count == $1.count }) {
      let names = [
        "window_dimensions", "window_strides", "base_dilations", "window_dilations", "padding",
      ]
      let plain = call.with(
        attributes: zip(names, numbers).map { name, list in
          let items = list.map { MLIRAttribute(kind: .integer($0), span: call.span) }
          return MLIRNamedAttribute(
            name: name, value: MLIRAttribute(kind: .list(items), span: call.span))
        })
      return try Reducer(plain, region: region, [element])
        .reduced([x], [call.operands[1]], in: Window(plain))[0]
    }
    return try running(x, region, lists, call)
  }

  private func reducerBody(_ call: HLOCall) -> MLIRBlock? {
    guard case .list(let names)? = call.attribute("called_computations")?.kind,
      case .symbol(let name)? = names.first?.kind
    else { return nil }
    return body(of: name)
  }

  /// Windows as long as an axis, which begin at its first element or end at its last one.
  private func running(
    _ x: Term, _ region: ScalarRegion, _ lists: [[DimExpr]], _ call: HLOCall
  ) throws -> Term {
    let (sizes, padding) = (lists[0], lists[4])
    let axes = sizes.indices.filter { !sizes[$0].isOne }
    guard let function = region.function, let kind = Cumulative.Kind(function), axes.count == 1,
      let axis = axes.first, sizes.count == x.rank, sizes[axis] == x.shape[axis],
      lists[1...3].joined().allSatisfy(\.isOne), padding.count == 2 * x.rank,
      call.builder.literal(call.operands[1].value)?.real == function.identity(x.dtype)?.real
    else { throw call.unsupported("with these windows of unknown size") }
    let margin = sizes[axis] - 1
    let sides = [padding[2 * axis], padding[2 * axis + 1]]
    guard sides == [margin, 0] || sides == [0, margin],
      padding.indices.allSatisfy({ $0 / 2 == axis || padding[$0].isZero })
    else { throw call.unsupported("with these margins of unknown size") }
    return try call.wrapped(
      call.builder.applying(
        Cumulative(kind: kind, axis: axis, reversed: sides[0].isZero), [x]))
  }
}
