// Reading at indices that are data. What happens to an index that is out of range is a parameter; no
// access ever leaves a buffer.

/// `y[b…, p…, rest…] = x[b…, ix[b…, p…, :] at axes, rest…]`
///
/// The first `batch` axes are shared by both operands. The last axis of the indices holds one
/// index for each of `axes`; the other axes of `x` are taken whole.
package struct Gather: Operation {
  package let axes: [Int]
  package let batch: Int
  package let mode: IndexMode

  package init(axes: [Int], batch: Int, mode: IndexMode) {
    self.axes = axes
    self.batch = batch
    self.mode = mode
  }

  package var name: String { "gather" }
  package var attributes: [Attribute] {
    [Attribute("axes", .integers(axes))]
      + (batch == 0 ? [] : [Attribute("batch", .dim(DimExpr(batch)))])
      + (mode == .clamp ? [] : [Attribute("mode", .word(mode.rawValue))])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let layout = try IndexedLayout(
      operands[0], operands[1], axes: axes, batch: batch, name: name)
    return [operands[0].with(shape: layout.sliceShape)]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    indexGuards(operands, axes: axes, batch: batch, mode: mode)
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0].map { rule.builder.applying(self, [$0, rule.operands[1]]) }]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let x = rule.operands[0]
    return rule.only(0) {
      rule.builder.applying(
        Scatter(axes: axes, batch: batch, mode: mode, combine: .add),
        [x.literal(0).broadcast(to: x.shape), rule.operands[1], rule.cotangent])
    }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    if rule.batched[1] || batch > 0 {
      return try rule.builder.apply(
        Gather(axes: axes.map { $0 + 1 }, batch: batch + 1, mode: mode),
        [rule.withAxis(0), rule.withAxis(1)])
    }
    // Only x: the extra axis is one of those taken whole; it lands behind the places.
    let places = rule.operands[1].rank - 1
    let y = try rule.builder.apply(
      Gather(axes: axes.map { $0 + 1 }, batch: 0, mode: mode), rule.operands)[0]
    return [y.moved(axis: places, to: 0)]
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    guard
      let layout = try? IndexedLayout(
        operands[0], operands[1], axes: axes, batch: batch, name: name)
    else { return .map(Comprehension(domain: [], values: [])) }
    let domain = results[0].shape
    let fetches = layout.fetches(operand: 1, from: operands[0].shape, mode)
    let element = ScalarExpr.operand(0, layout.elementIndices(fetchBase: domain.count))
    let conditions = layout.conditions(fetchBase: domain.count, operands[0].shape, mode)
    return .map(
      Comprehension(
        domain: domain, fetches: fetches,
        values: [
          conditions.isEmpty
            ? element
            : .guarded(
              conditions, then: element, otherwise: .literal(Scalar(0 as Int64, results[0].dtype)))
        ]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [
      Tensor(x.dtype, call.results[0].shape) { index in
        let place = indexedPlace(
          index, x.shape, call.operands[1], axes: axes, batch: batch, mode)
        return place.map { x[$0] } ?? Scalar(0 as Int64, x.dtype)
      }
    ]
  }

  static let entry = Entry(
    "gather",
    [
      .operand("x"), .indices("indices"), Parameter("axes", .dims, default: "the first ones"),
      Parameter("batch", .dim, default: "0"),
      Parameter("mode", .word(IndexMode.allCases.map(\.rawValue)), default: "\"clamp\""),
    ],
    """
    Reads `x` at indices that are data: `y[b…, p…, rest…] = x[b…, indices[b…, p…, :], rest…]`.

    The last axis of `indices` holds one index for each of `axes`; the other axes of `x` are \
    taken whole. The first `batch` axes belong to both. An index out of range means the nearest \
    element (`mode="clamp"`) or reads 0 (`mode="drop"`); negative indices do not count from the \
    end. Its transpose is `scatter`.
    """,
    examples: [
      Example(
        Gather(axes: [0], batch: 0, mode: .clamp),
        [.init(.f64, ["n" + 1, "m"]), .init(.i64, ["k", 1], in: -1...6)]),
      Example(
        Gather(axes: [0, 2], batch: 0, mode: .drop),
        [.init(.f64, ["n" + 1, 2, 3]), .init(.i32, ["k", 2, 2], in: -1...4)]),
      Example(
        Gather(axes: [1], batch: 1, mode: .clamp),
        [.init(.f64, ["m", "n" + 1]), .init(.i64, ["m", "k", 1], in: 0...5)]),
    ]
  ) { call in
    let count = call.operands[1].shape.last?.constantValue ?? 1
    let batch = try call.integer("batch") ?? 0
    return try call.apply(
      Gather(
        axes: call.integers("axes") ?? Array(batch..<batch + count), batch: batch,
        mode: call.word("mode", of: IndexMode.self) ?? .clamp))
  }
}
