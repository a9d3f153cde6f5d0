// Expressions of sizes: in types, constraints and attributes.
import Graph

extension Elaborator {
  /// The sizes an expression stands for; `nil` after a report. Chains of operators are walked.
  mutating func extent(_ id: ExprID, _ frame: inout Frame) -> DimExpr? {
    var spine: [ExprID] = []
    var id = id
    while case .binary(_, let left, _) = tree[id].kind {
      spine.append(id)
      id = left
    }
    var result = singleExtent(id, &frame)
    while let outer = spine.popLast() {
      let expression = tree[outer]
      guard case .binary(let op, _, let right) = expression.kind else { continue }
      guard let y = extent(right, &frame), let x = result else {
        result = nil
        continue
      }
      let isZero = y.isZero && (op == .floorDivide || op == .remainder)
      result = isZero ? nil : Self.combined(op, x, y)
      if let result, !result.isOverflow || x.isOverflow { continue }
      let mistake =
        isZero
        ? "this divides by zero"
        : result == nil ? "sizes have no operator \(op.spelling)" : "this size is out of range"
      report(
        mistake, at: expression.span, point: Int(expression.point),
        help: op == .divide
          ? "sizes divide with //"
          : result == nil && !isZero ? "sizes have + - * // % ^, min and max" : nil)
      result = nil
    }
    return result
  }

  private mutating func singleExtent(_ id: ExprID, _ frame: inout Frame) -> DimExpr? {
    let expression = tree[id]
    switch expression.kind {
    case .invalid: return nil
    case .integer(let value): return DimExpr(value)
    case .unknownExtent: return .unknown
    case .name(let name):
      if let symbol = frame.symbols[name] { return symbol }
      if let item = frame.visible(name) {
        if let e = item.dimExpr { return e }
        if item.isInvalid { return nil }
        report(
          "\(tree[name]) is a value, and a size is needed here", at: expression.span,
          help: "sizes are numbers and names from the types of inputs and results")
        return nil
      }
      report(
        "there is no size named \(tree[name])", at: expression.span,
        help: Suggestion.help(for: tree[name], in: frame.symbols.keys.map { tree[$0] }.sorted())
          ?? "sizes are numbers and names from the types of inputs and results")
      return nil
    case .unary(.negate, let a): return extent(a, &frame).map { -$0 }
    case .call(let name, let arguments):
      let make: (DimExpr, DimExpr) -> DimExpr
      switch tree[name] {
      case "min": make = DimExpr.min
      case "max": make = DimExpr.max
      case "broadcast": make = DimExpr.broadcast
      default:
        report(
          "there is no size function named \(tree[name])", at: expression.span,
          help: Suggestion.help(for: tree[name], in: ["min", "max", "broadcast"])
            ?? "sizes have min, max and broadcast")
        return nil
      }
      let operands = tree[arguments].map(\.value)
      guard operands.count == 2 else {
        report(
          "\(tree[name]) needs two sizes, found \(operands.count)", at: expression.span,
          help: "it is called \(tree[name])(a, b)")
        return nil
      }
      guard let x = extent(operands[0], &frame), let y = extent(operands[1], &frame) else {
        return nil
      }
      return make(x, y)
    default:
      report(
        "a size is needed here", at: expression.span,
        help: "sizes are whole numbers, names from the types, and + - * // % ^ of them")
      return nil
    }
  }

  /// Is made of numbers and sizes only.
  func isSizes(_ id: ExprID, _ frame: Frame) -> Bool {
    var pending = [id]
    while let id = pending.popLast() {
      switch tree[id].kind {
      case .integer: break
      case .name(let name):
        let isSize = frame.symbols[name] != nil
        if !isSize, frame.visible(name)?.dimExpr == nil { return false }
      case .unary(.negate, let a): pending.append(a)
      case .binary(let op, let a, let b):
        if Self.combined(op, 1, 1) == nil { return false }
        pending += [a, b]
      case .call(let name, let arguments):
        guard ["min", "max", "broadcast"].contains(tree[name]), arguments.count == 2 else {
          return false
        }
        pending += tree[arguments].map(\.value)
      default: return false
      }
    }
    return true
  }

  /// An operator on sizes; `nil` where sizes have none.
  static func combined(_ op: BinaryOperator, _ x: DimExpr, _ y: DimExpr) -> DimExpr? {
    switch op {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .floorDivide: .floorDiv(x, y)
    case .remainder: .mod(x, y)
    case .power:
      y.constantValue.flatMap { k in
        if k < 0 { return nil }
        if let base = x.constantValue, abs(base.clamped(to: -2...2)) < 2 {
          return k == 0 ? 1 : k.isMultiple(of: 2) ? DimExpr(base * base) : x
        }
        // With more factors it fits in no case.
        return k > 64 ? .overflow : (0..<k).reduce(1 as DimExpr) { e, _ in e * x }
      }
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

extension Int {
  fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
