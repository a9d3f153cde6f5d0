// Rows: comparisons, tests, logic and bits. None has a derivative.

extension ScalarFunction {
  static let logic: [ScalarFunction] = [
    equal, notEqual, less, lessEqual, greater, greaterEqual, isNaN, isInf, isFinite, signbit, and,
    or, xor, not, shiftLeft, shiftRight, revolve,
  ]

  private static func comparison(
    _ name: String, _ symbol: String, _ summary: String, domain: Domain = .number,
    _ real: @escaping @Sendable (Double, Double) -> Bool,
    _ whole: @escaping @Sendable (Int64, Int64) -> Bool
  ) -> ScalarFunction {
    predicate(
      name, arity: 2, domain: domain,
      Spelling(float: .infix(symbol), integer: .infix(symbol), bool: .infix(symbol)),
      .number({ real($0[0], $0[1]) ? 1 : 0 }, { whole($0[0], $0[1]) ? 1 : 0 }), summary)
  }

  package static let equal: ScalarFunction = comparison(
    "equal", "==", "a = b.", domain: .any, { $0 == $1 }, { $0 == $1 })
  package static let notEqual: ScalarFunction = comparison(
    "not_equal", "!=", "a ≠ b (true for NaN).", domain: .any, { $0 != $1 }, { $0 != $1 })
  package static let less: ScalarFunction = comparison(
    "less", "<", "a < b.", { $0 < $1 }, { $0 < $1 })
  package static let lessEqual: ScalarFunction = comparison(
    "less_equal", "<=", "a ≤ b.", { $0 <= $1 }, { $0 <= $1 })
  package static let greater: ScalarFunction = comparison(
    "greater", ">", "a > b.", { $0 > $1 }, { $0 > $1 })
  package static let greaterEqual: ScalarFunction = comparison(
    "greater_equal", ">=", "a ≥ b.", { $0 >= $1 }, { $0 >= $1 })

  private static func test(
    _ name: String, _ form: CForm, _ summary: String,
    _ reference: @escaping @Sendable (Double) -> Bool
  ) -> ScalarFunction {
    predicate(
      name, arity: 1, domain: .float, Spelling(float: form), .real { reference($0[0]) ? 1 : 0 },
      summary)
  }

  package static let isNaN: ScalarFunction = test(
    "is_nan", .runtime("jg_is_nan"), "x is NaN.", \.isNaN)
  package static let isInf: ScalarFunction = test(
    "is_inf", .runtime("jg_is_inf"), "x is ∞ or −∞.", \.isInfinite)
  package static let isFinite: ScalarFunction = test(
    "is_finite", .runtime("jg_is_finite"), "x is neither infinite nor NaN.", \.isFinite)
  package static let signbit: ScalarFunction = test(
    "signbit", .runtime("jg_signbit"), "x is negative, −0 or a NaN with the sign bit."
  ) { $0.sign == .minus }

  package static let and: ScalarFunction = whole(
    "and", arity: 2, domain: .logic, Spelling(integer: .infix("&"), bool: .infix("&&")),
    identity: -1, "a ∧ b, bit by bit for integers (also written `a & b`)."
  ) { $0[0] & $0[1] }

  package static let or: ScalarFunction = whole(
    "or", arity: 2, domain: .logic, Spelling(integer: .infix("|"), bool: .infix("||")),
    identity: 0, "a ∨ b, bit by bit for integers (also written `a | b`)."
  ) { $0[0] | $0[1] }

  package static let xor: ScalarFunction = whole(
    "xor", arity: 2, domain: .logic, Spelling(integer: .infix("^"), bool: .infix("!=")),
    "a ⊕ b, bit by bit for integers."
  ) { $0[0] ^ $0[1] }

  package static let not: ScalarFunction = ScalarFunction(
    "not", arity: 1, domain: .logic, spelling: Spelling(integer: .prefix("~"), bool: .prefix("!")),
    reference: .whole { ~$0[0] }, derivative: .zero, samples: [-9...9],
    summary: "¬x, bit by bit for integers (also written `!x`).")

  package static let shiftLeft: ScalarFunction = whole(
    "shift_left", arity: 2, domain: .integer, Spelling(integer: .runtime("jg_shift_left")),
    "a · 2ᵇ, bits shifted out at the top (also written `a << b`); "
      + "0 where b is negative or not less than the width."
  ) { $0[1] < 0 || $0[1] > 63 ? 0 : $0[0] << $0[1] }

  package static let shiftRight: ScalarFunction = whole(
    "shift_right", arity: 2, domain: .integer, Spelling(integer: .runtime("jg_shift_right")),
    "⌊a / 2ᵇ⌋, the sign kept (also written `a >> b`); "
      + "only the sign remains where b is negative or not less than the width."
  ) { $0[1] < 0 || $0[1] > 63 ? $0[0] >> 63 : $0[0] >> $0[1] }

  package static let revolve: ScalarFunction = whole(
    "revolve", arity: 2, domain: .integer, Spelling(integer: .runtime("jg_revolve")),
    samples: [0...60, 0...9],
    "How many of a steps to go before the next state is kept, with room for b states, the first "
      + "one among them, so that going back through all takes the fewest steps "
      + "(Griewank and Walther 2000, Algorithm 799); a − 1 where b is less than 2, 0 where a is."
  ) { operands in
    let (steps, slots) = (operands[0], operands[1])
    if steps < 2 { return 0 }
    if slots < 2 { return steps - 1 }
    if slots >= steps { return 1 }
    // binomial(slots + r, r) steps can be gone back with r repetitions of each at most.
    func reach(_ slots: Int64, _ repetitions: Int64) -> Int64 {
      if repetitions < 0 { return 0 }
      let many = Int128(Swift.max(slots, repetitions))
      var product: Int128 = 1
      for k in stride(from: 1, through: Int128(Swift.min(slots, repetitions)), by: 1) {
        product = product * (many + k) / k
        if product > Int64.max { return .max }
      }
      return Int64(product)
    }
    var enough: Int64 = 1
    while reach(slots, enough) < steps { enough *= 2 }
    var few = enough / 2
    while enough - few > 1 {
      let middle = few + (enough - few) / 2
      if reach(slots, middle) < steps { few = middle } else { enough = middle }
    }
    return Swift.max(1, reach(slots, enough - 2), steps - reach(slots - 1, enough))
  }
}
