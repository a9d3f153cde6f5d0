// How an expression is written in C: operators with their precedence in one table, index
// arithmetic, conditions. Parentheses stand where C needs them, and where gcc's -Wall would ask.
import Graph
import Lowering

/// C text with the precedence of its outermost operator.
struct CText {
  var text: String
  var precedence: Precedence

  /// Levels of C's grammar, loosest first.
  enum Precedence: Int, Comparable {
    case conditional, or, and, bitOr, bitXor, bitAnd, equality, relation, shift, sum, product
    case unary, primary

    static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
  }

  /// The text as an operand of an operator that binds like `level`.
  func inside(_ level: Precedence) -> String { precedence >= level ? text : "(\(text))" }

  /// The text before a `?`, where clang warns of bare bit operators.
  var asCondition: String {
    (Precedence.bitOr...Precedence.bitAnd).contains(precedence) ? "(\(text))" : inside(.or)
  }
}

extension CText.Precedence {
  init(infix symbol: String) {
    switch symbol {
    case "*", "/", "%": self = .product
    case "+", "-": self = .sum
    case "<<", ">>": self = .shift
    case "<", "<=", ">", ">=": self = .relation
    case "==", "!=": self = .equality
    case "&": self = .bitAnd
    case "^": self = .bitXor
    case "|": self = .bitOr
    case "&&": self = .and
    default: self = .or
    }
  }

  /// What an operand must bind like, so that neither C nor a reader misunderstands.
  var operandLevel: Self {
    switch self {
    case .sum, .product: self
    case .and, .or: .equality
    case .relation, .equality: .shift
    case .bitAnd, .bitOr, .bitXor, .shift: .unary
    case .conditional: .or
    case .unary, .primary: .unary
    }
  }
}

extension CFunction {
  mutating func expression(_ e: Expression) -> CText {
    guard case .apply = e else { return withoutFunction(e) }
    var line = CLine()
    let precedence = write(e, to: &line)
    return CText(text: line.text, precedence: precedence)
  }

  /// Appends an expression and says how its outermost operator binds.
  @discardableResult
  mutating func write(_ e: Expression, to line: inout CLine) -> CText.Precedence {
    switch e {
    case .apply(let f, let dtype, let operands): return apply(f, dtype, operands, to: &line)
    case .local(let k):
      line.append(name(ofLocal: k))
      return .primary
    default:
      let made = withoutFunction(e)
      line.append(made.text)
      return made.precedence
    }
  }

  private mutating func withoutFunction(_ e: Expression) -> CText {
    switch e {
    case .literal(let scalar):
      let text = scalar.cLiteral
      return CText(text: text, precedence: text.hasPrefix("-") ? .unary : .primary)
    case .index(let place, let dtype):
      let inner = index(place)
      return dtype == .i64
        ? inner : CText(text: "(\(dtype.cType))\(inner.inside(.unary))", precedence: .unary)
    case .local(let k): return CText(text: name(ofLocal: k), precedence: .primary)
    case .load(let buffer, let offset): return element(buffer, offset)
    case .apply: return expression(e)
    case .convert(let x, let from, let to): return convert(expression(x), from, to)
    case .conditional(let conditions, let then, let otherwise):
      return conditional(
        self.conditions(conditions), expression(then), expression(otherwise))
    case .clamp(.literal(let scalar), _, let limit) where limit.constantValue != nil:
      let value = max(0, min(scalar.integer, Int64(limit.constantValue ?? 0)))
      return CText(text: String(value), precedence: .primary)
    case .clamp(let x, let dtype, let limit):
      let inner = convert(expression(x), dtype, .i64).text
      let low = call("jg_max_i64", [inner, "0"], .i64, [.i64, .i64])
      return CText(
        text: call("jg_min_i64", [low, index(limit).text], .i64, [.i64, .i64]),
        precedence: .primary)
    }
  }

  private mutating func apply(
    _ f: ScalarFunction, _ dtype: DType, _ operands: [Expression], to line: inout CLine
  ) -> CText.Precedence {
    switch f.spelling.form(for: dtype) {
    case .infix(let symbol)? where operands.count == 2:
      return infix(symbol, operands[0], operands[1], to: &line)
    case .prefix(let symbol)? where !symbol.isEmpty:
      line.append(symbol)
      let start = line.count
      let isLoose = write(operands[0], to: &line) < .unary
      // A minus before a minus would read as a decrement.
      if isLoose || line.hasPrefix(symbol, from: start) { line.enclose(from: start) }
      return .unary
    case .conditional?:
      let made = conditional(
        expression(operands[0]), expression(operands[1]), expression(operands[2]))
      line.append(made.text)
      return made.precedence
    case .libm(let name)?:
      return call(dtype == .f32 ? name + "f" : name, f, dtype, operands, to: &line)
    case .defined(let name, let definition)?:
      definitions[name] = definition
      return arguments(of: name, operands, to: &line)
    case .runtime(let name)?:
      return call("\(name)_\(dtype.rawValue)", f, dtype, operands, to: &line)
    case .prefix?, .infix?, nil: return write(operands[0], to: &line)
    }
  }

  private mutating func infix(
    _ symbol: String, _ a: Expression, _ b: Expression, to line: inout CLine
  ) -> CText.Precedence {
    let level = CText.Precedence(infix: symbol)
    // A chain of one logical operator needs no parentheses.
    let isChain = level == .and || level == .or
    let start = line.count
    let left = write(a, to: &line)
    if left < level.operandLevel, !isChain || left != level { line.enclose(from: start) }
    line.append(" ")
    line.append(symbol)
    line.append(" ")
    // Float sums and products do not associate: what stands on the right keeps its parentheses.
    let bound: CText.Precedence =
      level == .sum ? .product : level == .product ? .unary : level.operandLevel
    let middle = line.count
    let right = write(b, to: &line)
    if right < bound, !isChain || right != level { line.enclose(from: middle) }
    return level
  }

  /// A call of a function of scalars; the prototype is remembered.
  private mutating func call(
    _ name: String, _ f: ScalarFunction, _ dtype: DType, _ operands: [Expression],
    to line: inout CLine
  ) -> CText.Precedence {
    if prototypes[name] == nil {
      declare(
        name, f.isPredicate ? .bool : dtype, [DType](repeating: dtype, count: f.arity))
    }
    return arguments(of: name, operands, to: &line)
  }

  private mutating func arguments(
    of name: String, _ operands: [Expression], to line: inout CLine
  ) -> CText.Precedence {
    line.append(name)
    var separator = "("
    for operand in operands {
      line.append(separator)
      write(operand, to: &line)
      separator = ", "
    }
    line.append(")")
    return .primary
  }

  private func conditional(_ condition: CText, _ then: CText, _ otherwise: CText) -> CText {
    CText(
      text:
        "\(condition.asCondition) ? \(then.inside(.or)) : \(otherwise.inside(.or))",
      precedence: .conditional)
  }

  private mutating func convert(_ x: CText, _ from: DType, _ to: DType) -> CText {
    if from == to { return x }
    if to == .bool {
      return CText(text: "\(x.inside(.shift)) != 0", precedence: .equality)
    }
    if from.isFloat && to.isInteger {
      let name = "jg_\(to.rawValue)_from_\(from.rawValue)"
      return CText(text: call(name, [x.text], to, [from]), precedence: .primary)
    }
    return CText(text: "(\(to.cType))\(x.inside(.unary))", precedence: .unary)
  }

  /// A call; the prototype is remembered.
  mutating func call(
    _ name: String, _ arguments: [String], _ result: DType, _ types: [DType]
  ) -> String {
    if prototypes[name] == nil { declare(name, result, types) }
    return "\(name)(\(arguments.joined(separator: ", ")))"
  }

  private mutating func declare(_ name: String, _ result: DType, _ types: [DType]) {
    prototypes[name] =
      "\(result.cType) \(name)(\(types.map(\.cType).joined(separator: ", ")))"
  }

  mutating func element(_ buffer: Int, _ offset: DimExpr) -> CText {
    usedBuffers.insert(buffer)
    if let name = scalarNames[buffer] { return CText(text: name, precedence: .primary) }
    if let row = row(of: buffer, offset) {
      return CText(
        text: "\(row.name)[\(index(offset - row.offset).text)]", precedence: .primary)
    }
    let name = bufferNames[buffer]
    return CText(
      text: offset.isZero && isScalar(buffer) ? "*\(name)" : "\(name)[\(index(offset).text)]",
      precedence: offset.isZero && isScalar(buffer) ? .unary : .primary)
  }

  // MARK: - Conditions

  mutating func conditions(_ conditions: [IndexCondition]) -> CText {
    var parts: [String] = []
    for condition in conditions {
      let symbol =
        switch condition.relation {
        case .lessOrEqual: "<="
        case .less: "<"
        case .equal: "=="
        }
      // Constants on one side read best, and negative terms belong to the other side.
      let (lhs, rhs) = balanced(condition.lhs, condition.rhs)
      parts.append("\(index(lhs).inside(.shift)) \(symbol) \(index(rhs).inside(.shift))")
    }
    return CText(
      text: parts.joined(separator: " && "),
      precedence: parts.count > 1 ? .and : .relation)
  }

  /// The same comparison with every term on the side where it is positive.
  private func balanced(_ a: DimExpr, _ b: DimExpr) -> (DimExpr, DimExpr) {
    var (left, right): (DimExpr, DimExpr) = (0, 0)
    let difference = a - b
    for term in difference.terms {
      if term.coefficient > 0 {
        left = left + DimExpr(constant: 0, terms: [term])
      } else {
        right = right - DimExpr(constant: 0, terms: [term])
      }
    }
    if difference.constant > 0 { left = left + DimExpr(difference.constant) }
    if difference.constant < 0 { right = right - DimExpr(difference.constant) }
    return (left, right)
  }

  /// What a guard does not allow.
  mutating func violation(_ guarded: Guard) -> CText {
    let (a, b) = (index(guarded.lhs).inside(.shift), index(guarded.rhs).inside(.shift))
    switch guarded.relation {
    case .equal: return CText(text: "\(a) != \(b)", precedence: .equality)
    case .notEqual: return CText(text: "\(a) == \(b)", precedence: .equality)
    // n < 1 reads better than 1 > n.
    case .less: return CText(text: "\(b) <= \(a)", precedence: .relation)
    case .lessOrEqual: return CText(text: "\(b) < \(a)", precedence: .relation)
    case .broadcastable:
      return CText(text: "\(a) != \(b) && \(a) != 1 && \(b) != 1", precedence: .and)
    case .stretchable: return CText(text: "\(a) != \(b) && \(a) != 1", precedence: .and)
    }
  }
}
