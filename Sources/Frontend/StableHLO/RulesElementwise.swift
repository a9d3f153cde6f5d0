// Functions of elements: one row of the table of scalar functions each, with the exceptions that
// bools and narrow integers make.
import Graph

extension StableHLOElaborator {
  static let elementwiseRules: [String: HLORule] = {
    var rules: [String: HLORule] = [
      "compare": HLORule(2) { elaborator, call in
        let (direction, kind) = (
          call.word(0, "comparison_direction"), call.word(1, "compare_type")
        )
        // In what order a sort has NaN and zeros is for the sort to say.
        let isTotal = kind == "TOTALORDER" && !elaborator.isInComparator
        return [try call.compared(direction, isTotal: isTotal)]
      },
      "select": HLORule(3) { _, call in
        [choose(call.operands[0], call.operands[1], call.operands[2])]
      },
      "clamp": HLORule(3) { _, call in
        let (least, x, most) = (call.operands[0], call.operands[1], call.operands[2])
        for bound in [least, most] where bound.rank != 0 && !bound.isLike(x) {
          throw TypeRuleError("needs bounds like \(x.type) or scalars, found \(bound.type)")
        }
        let low = apply(.max, call.ordered(x), call.ordered(least))
        return [call.ordered(apply(.min, low, call.ordered(most)))]
      },
      "divide": HLORule(2) { _, call in
        try call.forFloats(.divide) { $0.quotient(call.operands[0], call.operands[1]) }
      },
      "remainder": HLORule(2) { _, call in
        try call.forFloats(.remainder) { $0.remainder(call.operands[0], call.operands[1]) }
      },
      // Logical where the elements are bools.
      "add": HLORule(2) { _, call in try call.logical(.or) ?? call.plain(.add) },
      "multiply": HLORule(2) { _, call in try call.logical(.and) ?? call.plain(.multiply) },
    ]
    for (name, function) in plainFunctions {
      rules[name] = HLORule(function.arity) { _, call in try call.plain(function) }
    }
    for (name, rule) in rules where name != "select" && name != "clamp" {
      rules[name] = HLORule(rule.arity) { elaborator, call in
        try call.checkShapes()
        return try rule.build(&elaborator, call)
      }
    }
    return Dictionary(uniqueKeysWithValues: rules.map { ("stablehlo.\($0)", $1) })
  }()

  /// Names that differ at most in spelling.
  private static let plainFunctions: [(String, ScalarFunction)] = [
    ("subtract", .subtract), ("maximum", .max), ("minimum", .min), ("power", .pow),
    ("atan2", .atan2), ("negate", .negate), ("abs", .abs), ("sign", .sign), ("floor", .floor),
    ("ceil", .ceil), ("round_nearest_afz", .round), ("round_nearest_even", .roundEven),
    ("sqrt", .sqrt), ("rsqrt", .rsqrt), ("cbrt", .cbrt), ("exponential", .exp),
    ("exponential_minus_one", .expm1), ("log", .log), ("log_plus_one", .log1p),
    ("logistic", .sigmoid), ("sine", .sin), ("cosine", .cos), ("tan", .tan), ("tanh", .tanh),
    ("is_finite", .isFinite), ("and", .and), ("or", .or), ("xor", .xor), ("not", .not),
  ]
}

extension HLOCall {
  /// A function of the operands, whose whole numbers are wrapped.
  func plain(_ function: ScalarFunction) throws -> [Term] {
    let kind = operandElement(0)
    if kind.isUnsigned64, [.max, .min, .pow, .abs, .sign].contains(function) {
      throw unsupported("of ui64")
    }
    // What is never negative is its own magnitude.
    if function == .abs, let kind = kind.wholeNumbers, !kind.isSigned { return operands }
    let term = builder.applying(Elementwise(function), operands)
    return [try wrapped(term)]
  }

  /// The same within the range of the declared elements.
  func wrapped(_ term: Term) throws -> Term {
    try element().wholeNumbers?.wrapped(term) ?? term
  }

  /// A function of bools, where that is what the operands are.
  func logical(_ function: ScalarFunction) throws -> [Term]? {
    operands[0].dtype == .bool ? try plain(function) : nil
  }

  func forFloats(
    _ function: ScalarFunction, otherwise whole: (WholeNumbers) throws -> Term
  ) throws -> [Term] {
    if operands[0].dtype.isFloat { return try plain(function) }
    guard let kind = operandElement(0).wholeNumbers else {
      throw TypeRuleError("needs numbers, found \(operands[0].type)")
    }
    if operandElement(0).isUnsigned64 { throw unsupported("of ui64") }
    return [try whole(kind)]
  }

  /// Operands of one shape.
  func checkShapes() throws {
    for operand in operands.dropFirst() where !operand.isLike(operands[0]) {
      throw TypeRuleError(
        "needs operands of one shape, found \(operands[0].type) and \(operand.type)")
    }
  }

  /// Operands in the order of signed numbers: those of ui64 with the top bit flipped, and back.
  func ordered(_ term: Term) -> Term {
    operandElement(0).isUnsigned64 ? apply(.xor, term, builder.integer(.min)) : term
  }

  func compared(_ direction: String?, isTotal: Bool) throws -> Term {
    let functions: [String: ScalarFunction] = [
      "EQ": .equal, "NE": .notEqual, "LT": .less, "LE": .lessEqual, "GT": .greater,
      "GE": .greaterEqual,
    ]
    guard let function = direction.flatMap({ functions[$0] }) else {
      throw TypeRuleError(
        "needs a direction, found \(direction ?? "none")", help: "write EQ, NE, LT, LE, GT or GE")
    }
    let (a, b) = (operands[0], operands[1])
    if isTotal, a.dtype.isFloat { return comparedTotally(function, a, b) }
    if function == .equal || function == .notEqual { return apply(function, a, b) }
    if a.dtype == .bool { return apply(function, a.converted(to: .i32), b.converted(to: .i32)) }
    return apply(function, ordered(a), ordered(b))
  }
}

/// Floats in the order −NaN, −∞, …, −0, 0, …, ∞, NaN.
private func comparedTotally(_ function: ScalarFunction, _ a: Term, _ b: Term) -> Term {
  func number(_ value: Int64) -> Term { a.builder.constant(Scalar(value, .i32)) }
  // On which side of all numbers a NaN stands.
  func side(_ x: Term) -> Term {
    let ofNaN = choose(apply(.signbit, x), number(-1), number(1))
    return choose(apply(.isNaN, x), ofNaN, number(0))
  }
  func isLess(_ a: Term, _ b: Term) -> Term {
    let ofZeros =
      apply(.equal, a, b) & apply(.signbit, a) & apply(.not, apply(.signbit, b))
    let ofNumbers = apply(.equal, side(a), side(b)) & apply(.or, a < b, ofZeros)
    return apply(.or, apply(.less, side(a), side(b)), ofNumbers)
  }
  func isSame(_ a: Term, _ b: Term) -> Term {
    let ofNumbers = apply(.equal, a, b) & apply(.equal, apply(.signbit, a), apply(.signbit, b))
    return apply(.equal, side(a), side(b)) & apply(.or, apply(.isNaN, a), ofNumbers)
  }
  switch function {
  case .less: return isLess(a, b)
  case .greater: return isLess(b, a)
  case .lessEqual: return apply(.not, isLess(b, a))
  case .greaterEqual: return apply(.not, isLess(a, b))
  case .equal: return isSame(a, b)
  default: return apply(.not, isSame(a, b))
  }
}

extension Term {
  /// Nothing is known that makes the shapes differ.
  fileprivate func isLike(_ other: Term) -> Bool {
    rank == other.rank
      && zip(shape, other.shape).allSatisfy { Guard($0, .equal, $1).decided != false }
  }
}

extension WholeNumbers {
  /// The quotient rounded toward 0; ⌊a / b⌋ and one more where a negative one was rounded down.
  func quotient(_ a: Term, _ b: Term) -> Term {
    let q = apply(.floorDivide, a, b)
    if !isSigned { return q }
    let zero = q.builder.constant(Scalar(0 as Int64, q.dtype))
    let one = q.builder.constant(Scalar(1 as Int64, q.dtype))
    let isRounded = apply(.notEqual, apply(.mod, a, b), zero)
    // The least number by -1 leaves the range.
    return wrapped(choose(isRounded & differInSign(a, b, zero), q + one, q))
  }

  /// a − b·quotient, with the sign of a.
  func remainder(_ a: Term, _ b: Term) -> Term {
    let r = apply(.mod, a, b)
    if !isSigned { return r }
    let zero = r.builder.constant(Scalar(0 as Int64, r.dtype))
    return choose(apply(.notEqual, r, zero) & differInSign(a, b, zero), r - b, r)
  }

  private func differInSign(_ a: Term, _ b: Term, _ zero: Term) -> Term {
    apply(.notEqual, a < zero, b < zero)
  }
}
