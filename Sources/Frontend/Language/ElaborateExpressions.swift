// Expressions of values: names, literals, operators. Long chains of operators are walked, not
// recursed into; all else nests as deep as the parser allows.
import Graph

extension Elaborator {
  mutating func value(_ id: ExprID, _ frame: inout Frame) -> Item {
    // The left spine of a chain a + b + c …, innermost last.
    var spine: [ExprID] = []
    var id = id
    while true {
      if case .binary(_, let left, _) = tree[id].kind {
        spine.append(id)
        id = left
      } else if case .subscript(let base, _) = tree[id].kind {
        spine.append(id)
        id = base
      } else {
        break
      }
    }
    var item = single(id, &frame)
    while let outer = spine.popLast() {
      let expression = tree[outer]
      switch expression.kind {
      case .binary(let op, _, let right):
        item = binary(op, item, value(right, &frame), expression, &frame)
      case .subscript(_, let items): item = subscripted(item, items, expression, &frame)
      default: break
      }
      if let failure = frame.builder.takeFailure() {
        reportFailure(failure, at: expression.span, expression.point)
        item = .invalid
      }
    }
    return item
  }

  /// An expression that is no chain.
  private mutating func single(_ id: ExprID, _ frame: inout Frame) -> Item {
    let expression = tree[id]
    switch expression.kind {
    case .invalid: return .invalid
    case .integer(let value): return .integer(value)
    case .float(let value): return .real(value)
    case .bool(let value): return .term(frame.builder.constant(Scalar(value)))
    case .string:
      report(
        "a text is no value", at: expression.span,
        help: "texts are for parameters of functions: mode=\"clamp\"")
      return .invalid
    case .name(let name): return named(name, expression, &frame)
    case .unary(let op, let operand):
      return unary(op, value(operand, &frame), expression, &frame)
    case .array(let elements): return array(Array(tree[elements]), expression, &frame)
    case .call(let name, let arguments):
      let arguments = tree[arguments]
      return callFunctionOfElements(name, arguments, expression, &frame)
        ?? call(name, Array(arguments), expression, &frame)
    case .loop(let loop): return self.loop(loop, expression, &frame)
    case .choice(let choice): return self.choice(choice, expression, &frame)
    case .solution(let solution): return self.solution(solution, expression, &frame)
    case .custom(let custom): return self.custom(custom, expression, &frame)
    case .unknownExtent: return .invalid
    case .binary, .subscript: return value(id, &frame)
    }
  }

  private mutating func named(_ name: NameID, _ expression: Expr, _ frame: inout Frame) -> Item {
    if let item = frame.read(name) { return item }
    if let symbol = frame.symbols[name] { return .extent(symbol) }
    let text = tree[name]
    let known = frame.visibleNames.map { tree[$0] }.sorted()
    let isLater =
      frame.remaining[name] != nil || frame.outer.contains { $0.remaining[name] != nil }
    let help =
      frame.unseen[name]
      ?? (entry(named: text) != nil || function(named: name) != nil
        ? "\(text) is a function: \(text)(…)"
        : isLater
          ? "\(text) is given a value further down; move that statement up"
          : frame.ended.contains(name)
            ? "\(text) ends with its block, which gives values to the outside in its last line"
            : Suggestion.help(for: text, in: known))
    report("there is no value named \(text)", at: expression.span, help: help)
    return .invalid
  }

  // MARK: - Literals meet values

  /// The value of an item in a dtype (its own where it has one; the natural one for `nil`).
  /// - Parameter isMet: the dtype is that of another operand.
  mutating func term(
    _ item: Item, dtype: DType?, at span: SourceSpan, isMet: Bool = false, _ frame: Frame
  ) -> Term? {
    let wanted = dtype ?? item.naturalDType
    switch item {
    case .term(let term): return term
    case .invalid: return nil
    case .tuple(let terms):
      report(
        "one value is needed here, found \(terms.count) results", at: span,
        help: "give them names first: a, b = …")
      return nil
    case .integer(let value):
      if let scalar = Scalar(exactly: value, wanted) { return frame.builder.constant(scalar) }
      doesNotFit("\(value) does", wanted, wanted == .bool ? .f64 : .i64, isMet, span)
      return nil
    case .real(let value):
      if wanted.isFloat { return frame.builder.constant(value, wanted) }
      doesNotFit("\(value) does", wanted, .f64, isMet, span)
      return nil
    case .extent(let e):
      if wanted == .bool {
        doesNotFit("a size does", wanted, .f64, isMet, span)
        return nil
      }
      return frame.builder.applying(Extent(extent: e, dtype: wanted), [])
    case .array(let array):
      guard let tensor = array.tensor(wanted) else {
        doesNotFit(
          "some elements of the array do", wanted, array.naturalDType, isMet, span)
        return nil
      }
      return frame.builder.constant(tensor)
    }
  }

  /// Reports a number where a dtype is needed that cannot hold it.
  private mutating func doesNotFit(
    _ subject: String, _ dtype: DType, _ natural: DType, _ isMet: Bool, _ span: SourceSpan
  ) {
    report(
      "\(subject) not fit \(dtype)", at: span,
      notes: isMet ? ["numbers take the dtype of the value they meet, here \(dtype)"] : [],
      help: isMet ? "convert the other operand: \(natural)(…)" : nil)
  }

  /// Operands of one operation: what has no dtype takes that of the first that has one, unless its
  /// own is fixed.
  mutating func terms(
    _ items: [Item], _ spans: [SourceSpan], fixed: [DType?] = [],
    preferring fallback: DType? = nil, _ frame: Frame
  ) -> [Term]? {
    if items.contains(where: \.isInvalid) { return nil }
    let known = items.compactMap(\.term)
    if known.count == items.count { return known }
    let free = items.indices.filter { !fixed.indices.contains($0) || fixed[$0] == nil }
    var dtype = free.lazy.compactMap { items[$0].term?.dtype }.first ?? fallback
    if dtype == nil {
      let natural = free.map { items[$0].naturalDType }
      dtype = natural.contains(.f64) ? .f64 : natural.first
    }
    var terms: [Term] = []
    var isRight = true
    for (index, item) in items.enumerated() {
      let own = fixed.indices.contains(index) ? fixed[index] : nil
      if let term = term(
        item, dtype: own ?? dtype, at: spans[index], isMet: own == nil, frame)
      {
        terms.append(term)
      } else {
        isRight = false
      }
    }
    return isRight ? terms : nil
  }

  // MARK: - Operators

  private mutating func unary(
    _ op: UnaryOperator, _ item: Item, _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    switch (op, item) {
    case (_, .invalid): return .invalid
    case (.negate, .integer(let value)) where value != .min: return .integer(-value)
    case (.negate, .integer):
      return outOfRange(expression)
    case (.negate, .real(let value)): return .real(-value)
    case (.negate, .extent(let e)): return .extent(-e)
    case (.negate, .array(let array)):
      if let negated = array.negated { return .array(negated) }
    default: break
    }
    guard let operand = term(item, dtype: nil, at: expression.span, frame) else { return .invalid }
    return apply(Elementwise(op == .negate ? .negate : .not), [operand], expression, frame)
  }

  private mutating func binary(
    _ op: BinaryOperator, _ left: Item, _ right: Item, _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    if case .term(let a) = left, case .term(let b) = right, op != .matrixProduct {
      return apply(op.function, [a, b], expression, frame)
    }
    if left.isInvalid || right.isInvalid { return .invalid }
    if left.term == nil, right.term == nil,
      let item = folded(op, left, right, expression)
    {
      return item
    }
    guard case .binary(_, let a, let b) = expression.kind,
      // Integers without a dtype divide as floats, like everywhere else in mathematics.
      let operands = terms(
        [left, right], [tree[a].span, tree[b].span], preferring: op == .divide ? .f64 : nil, frame)
    else { return .invalid }
    if op == .matrixProduct {
      do {
        return .term(try Derived.product(operands[0], operands[1]))
      } catch {
        reportFailure(error, at: expression.span, expression.point, operands)
        return .invalid
      }
    }
    return apply(op.function, operands, expression, frame)
  }

  /// Operators between numbers and sizes that have no dtype yet; `nil` where the result has one.
  private mutating func folded(
    _ op: BinaryOperator, _ left: Item, _ right: Item, _ expression: Expr
  ) -> Item? {
    if let x = left.dimExpr, let y = right.dimExpr {
      if op == .floorDivide || op == .remainder, y.isZero {
        report("this divides by zero", at: expression.span, point: Int(expression.point))
        return .invalid
      }
      if let e = Self.combined(op, x, y) {
        return e.isOverflow ? outOfRange(expression) : .size(e)
      }
      // Only 7 / 2 and 2^-1 are left.
      guard op == .divide || op == .power, x.terms.isEmpty, y.terms.isEmpty else { return nil }
    }
    func number(_ item: Item) -> Scalar? {
      switch item {
      case .integer(let value): Scalar(Double(value), .f64)
      case .real(let value): Scalar(value, .f64)
      default: nil
      }
    }
    guard let a = number(left), let b = number(right) else { return nil }
    switch op {
    case .add, .subtract, .multiply, .divide, .floorDivide, .remainder, .power:
      return .real(op.function.value([a, b]).real)
    default: return nil
    }
  }

  private mutating func outOfRange(_ expression: Expr) -> Item {
    report(
      "this whole number is out of range: it does not fit 64 bits", at: expression.span,
      point: Int(expression.point), help: "write it as a float: 1e30")
    return .invalid
  }

  /// Applies a function of elements and reports a type error at the expression.
  mutating func apply(
    _ function: ScalarFunction, _ operands: [Term], _ expression: Expr, _ frame: Frame
  ) -> Item {
    do {
      try expectRoom(frame)
      return .term(try frame.builder.apply(function, operands))
    } catch {
      reportFailure(error, at: expression.span, expression.point, operands)
      return .invalid
    }
  }

  private func expectRoom(_ frame: Frame) throws {
    guard frame.builder.nodeCount < Self.nodeLimit else {
      throw TypeRuleError("the function has more than \(Self.nodeLimit) operations")
    }
  }

  /// Applies an operation and reports a type error at the expression.
  mutating func apply(
    _ operation: some Operation, _ operands: [Term], _ expression: Expr, _ frame: Frame
  ) -> Item {
    do {
      try expectRoom(frame)
      let results = try frame.builder.apply(operation, operands)
      return results.count == 1 ? .term(results[0]) : .tuple(results)
    } catch {
      reportFailure(error, at: expression.span, expression.point, operands)
      return .invalid
    }
  }

  mutating func reportFailure(
    _ error: any Error, at span: SourceSpan, _ point: Int32, _ operands: [Term] = []
  ) {
    if let error = error as? TypeRuleError {
      report(
        error.message, at: span, point: Int(point), notes: error.notes + named(operands),
        help: error.help)
    } else {
      report("\(error)", at: span, point: Int(point))
    }
  }

  /// `x is f64[n, d]`, for operands with names.
  private func named(_ operands: [Term]) -> [String] {
    var notes: [String] = []
    for operand in operands {
      if let name = operand.builder.graph.names[operand.value] {
        let note = "\(name) is \(operand.type)"
        if !notes.contains(note) { notes.append(note) }
      }
    }
    return notes
  }
}

extension BinaryOperator {
  /// The function of an operator between values; `@` is none.
  var function: ScalarFunction {
    switch self {
    case .or: .or
    case .and: .and
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterEqual
    case .shiftLeft: .shiftLeft
    case .shiftRight: .shiftRight
    case .add: .add
    case .subtract: .subtract
    case .multiply, .matrixProduct: .multiply
    case .divide: .divide
    case .floorDivide: .floorDivide
    case .remainder: .mod
    case .power: .pow
    }
  }

  /// The operator that is written for a function.
  static func spelling(_ function: ScalarFunction) -> BinaryOperator? {
    bySpelling[function]
  }

  private static let bySpelling: [ScalarFunction: BinaryOperator] = Dictionary(
    allCases.filter { $0 != .matrixProduct }.map { ($0.function, $0) }
  ) { first, _ in first }
}
