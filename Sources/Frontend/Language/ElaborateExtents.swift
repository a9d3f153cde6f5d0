// Expressions of sizes: in types, constraints and attributes.
import Graph

extension Elaborator {
  /// The sizes an expression stands for; `nil` after a report.
  mutating func extent(_ id: ExprID, _ frame: inout Frame) -> DimExpr? {
    let expression = tree[id]
    switch expression.kind {
    case .invalid: return nil
    case .integer(let value): return DimExpr(value)
    case .name(let name):
      if let symbol = frame.symbols[name] { return symbol }
      if let item = frame.values[name] {
        if let e = item.dimExpr { return e }
        if item.isInvalid { return nil }
        report(
          "\(tree[name]) is a value, and a size is needed here", at: expression.span,
          help: "sizes are numbers and names from the types of inputs")
        return nil
      }
      report(
        "there is no size named \(tree[name])", at: expression.span,
        help: Suggestion.help(for: tree[name], in: frame.symbols.keys.map { tree[$0] }.sorted()))
      return nil
    case .unary(.negate, let a): return extent(a, &frame).map { -$0 }
    case .binary(let op, let a, let b):
      guard let x = extent(a, &frame), let y = extent(b, &frame) else { return nil }
      if let result = Self.combined(op, x, y) { return result }
      report(
        "sizes have no operator \(op.spelling)", at: expression.span, point: Int(expression.point),
        help: op == .divide ? "sizes divide with //" : "sizes have + - * // %, min and max")
      return nil
    case .call(let name, let arguments):
      let operands = tree[arguments].map(\.value)
      guard operands.count == 2, let x = extent(operands[0], &frame),
        let y = extent(operands[1], &frame)
      else {
        report("a size function needs two sizes", at: expression.span)
        return nil
      }
      switch tree[name] {
      case "min": return .min(x, y)
      case "max": return .max(x, y)
      case "broadcast": return .broadcast(x, y)
      default:
        report(
          "there is no size function named \(tree[name])", at: expression.span,
          help: "sizes have min, max and broadcast")
        return nil
      }
    default:
      report(
        "a size is needed here", at: expression.span,
        help: "sizes are whole numbers, names from the types of inputs, and + - * // % of them")
      return nil
    }
  }

  /// An operator on sizes; `nil` where sizes have none.
  static func combined(_ op: BinaryOperator, _ x: DimExpr, _ y: DimExpr) -> DimExpr? {
    switch op {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .floorDivide: .floorDiv(x, y)
    case .remainder: .mod(x, y)
    default: nil
    }
  }

  /// The sizes in brackets, or one alone.
  mutating func extents(_ id: ExprID, _ frame: inout Frame) -> [DimExpr]? {
    guard case .array(let elements) = tree[id].kind else {
      return extent(id, &frame).map { [$0] }
    }
    var list: [DimExpr] = []
    for element in tree[elements] {
      guard let e = extent(element, &frame) else { return nil }
      list.append(e)
    }
    return list
  }
}
