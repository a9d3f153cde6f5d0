// Arrays in brackets: of numbers, which have no dtype yet, or of values, which are stacked.
import Graph

extension Elaborator {
  mutating func array(
    _ elements: [ExprID], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    let items = elements.map { item -> Item in
      if case .bool(let value) = tree[item].kind {
        return .array(ArrayLiteral(shape: [], elements: [.bool(value)]))
      }
      return value(item, &frame)
    }
    if items.contains(where: \.isInvalid) { return .invalid }
    if let (first, other) = mixed(items) {
      let dtypes = [first, other].map { items[$0].ownDType }
      let found = dtypes.map { $0?.rawValue ?? "a number" }
      let isLiteral = items[first].term == nil && items[other].term == nil
      let wanted = dtypes.lazy.compactMap { $0 }.first { $0 != .bool } ?? .i64
      report(
        "the elements of an array need one dtype, found \(found[0]) and \(found[1])",
        at: tree[elements[other]].span,
        labels: [.init("the first is here", at: tree[elements[first]].span)],
        help: isLiteral
          ? "write 1 for true and 0 for false" : "convert one of them: \(wanted)(…)")
      return .invalid
    }
    if let literal = literal(items) {
      if let literal { return .array(literal) }
      report(
        "the rows of an array need one length, found \(lengths(items))", at: expression.span,
        point: Int(expression.point))
      return .invalid
    }
    // Values side by side.
    let plain = items.map { item -> Item in
      if case .array(let array) = item, array.shape.isEmpty,
        case .bool(let value) = array.elements[0]
      {
        return .term(frame.builder.constant(Scalar(value)))
      }
      return item
    }
    guard let parts = terms(plain, elements.map { tree[$0].span }, frame) else { return .invalid }
    do {
      let stack = Catalog.entry(named: "stack")
      let built = try stack?.build(Call("stack", frame.builder, parts, [:])) ?? []
      return built.first.map { .term($0) } ?? .invalid
    } catch {
      reportFailure(error, at: expression.span, expression.point, parts)
      return .invalid
    }
  }

  /// Two elements that are no array together: of two dtypes, or a bool and a number.
  private func mixed(_ items: [Item]) -> (first: Int, other: Int)? {
    let dtypes = items.map(\.ownDType)
    guard let typed = dtypes.firstIndex(where: { $0 != nil }) else { return nil }
    let other = dtypes.indices.first {
      dtypes[$0] == nil ? dtypes[typed] == .bool : dtypes[$0] != dtypes[typed]
    }
    return other.map { (min(typed, $0), max(typed, $0)) }
  }

  /// `2 and 3`: the first two shapes that differ.
  private func lengths(_ items: [Item]) -> String {
    let shapes = items.map { item in
      if case .array(let array) = item, let count = array.shape.first {
        "\(count)"
      } else {
        "a number"
      }
    }
    let other = shapes.first { $0 != shapes[0] }
    return other.map { "\(shapes[0]) and \($0)" } ?? "rows of different shapes"
  }

  /// One array of numbers; `.some(nil)` for ragged rows, `nil` where an element is a value.
  private func literal(_ items: [Item]) -> ArrayLiteral?? {
    var result = ArrayLiteral(shape: [items.count], elements: [])
    for (index, item) in items.enumerated() {
      let part: ArrayLiteral
      switch item {
      case .integer(let value): part = ArrayLiteral(shape: [], elements: [.integer(value)])
      case .real(let value): part = ArrayLiteral(shape: [], elements: [.real(value)])
      case .array(let array): part = array
      case .term, .tuple, .extent, .invalid: return nil
      }
      if index == 0 { result.shape += part.shape }
      if Array(result.shape.dropFirst()) != part.shape { return .some(nil) }
      result.elements += part.elements
    }
    return result
  }
}

extension Item {
  /// The dtype of a value, and of bools; `nil` for numbers, which take that of what they meet.
  fileprivate var ownDType: DType? {
    switch self {
    case .term(let term): term.dtype
    case .array(let array): array.naturalDType == .bool ? .bool : nil
    case .integer, .real, .extent, .tuple, .invalid: nil
    }
  }
}
