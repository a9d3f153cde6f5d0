// Rows: arithmetic, order and rounding.
import Glibc

extension ScalarFunction {
  static let arithmetic: [ScalarFunction] = [
    add, subtract, multiply, divide, negate, abs, sign, fma, pow, min, max, fmin, fmax,
    floorDivide, mod, remainder, floor, ceil, round, roundEven, trunc, copysign, select,
    stopGradient,
  ]

  package static let add: ScalarFunction = ScalarFunction(
    "add", arity: 2, domain: .number,
    spelling: Spelling(float: .infix("+"), integer: .runtime("jg_add")),
    reference: .number({ $0[0] + $0[1] }, { $0[0] &+ $0[1] }),
    derivative: .rule { sum($0.tangents) },
    linearity: .rule { _, ct, _ in ct },
    samples: [-3...3, -3...3], identity: 0, summary: "a + b; integers wrap.")

  package static let subtract: ScalarFunction = ScalarFunction(
    "subtract", arity: 2, domain: .number,
    spelling: Spelling(float: .infix("-"), integer: .runtime("jg_subtract")),
    reference: .number({ $0[0] - $0[1] }, { $0[0] &- $0[1] }),
    derivative: .rule { rule in
      guard let db = rule.tangents[1] else { return rule.tangents[0] }
      return rule.tangents[0].map { $0 - db } ?? -db
    },
    linearity: .rule { k, ct, _ in k == 0 ? ct : ct.beneathMask { -$0 } },
    samples: [-3...3, -3...3], summary: "a − b; integers wrap.")

  package static let multiply: ScalarFunction = ScalarFunction(
    "multiply", arity: 2, domain: .number,
    spelling: Spelling(float: .infix("*"), integer: .runtime("jg_multiply")),
    reference: .number({ $0[0] * $0[1] }, { $0[0] &* $0[1] }),
    derivative: .partials([{ x, _ in x[1] }, { x, _ in x[0] }]),
    linearity: .rule { k, ct, x in ct.beneathMask { $0 * x[1 - k] } },
    samples: [-3...3, -3...3], identity: 1, summary: "a · b; integers wrap.")

  package static let divide: ScalarFunction = ScalarFunction(
    "divide", arity: 2, domain: .float, spelling: Spelling(float: .infix("/")),
    reference: .real { $0[0] / $0[1] },
    derivative: .rule { rule in
      let (b, y) = (rule.operands[1], rule.results[0])
      return sum([rule.tangents[0].map { $0 / b }, rule.tangents[1].map { -(y * $0 / b) }])
    },
    linearity: .rule { _, ct, x in ct.beneathMask { $0 / x[1] } },
    samples: [-3...3, 0.5...3],
    summary: "a / b, for floats; integers divide with `//`. Derivative: (da − (a/b)·db)/b.")

  package static let negate: ScalarFunction = ScalarFunction(
    "negate", arity: 1, domain: .number,
    spelling: Spelling(float: .prefix("-"), integer: .runtime("jg_negate")),
    reference: .number({ -$0[0] }, { 0 &- $0[0] }),
    derivative: .rule { $0.tangents[0].map { -$0 } },
    linearity: .rule { _, ct, _ in ct.beneathMask { -$0 } },
    samples: [-3...3], summary: "−x; the least integer stays.")

  package static let abs: ScalarFunction = ScalarFunction(
    "abs", arity: 1, domain: .number,
    spelling: Spelling(float: .libm("fabs"), integer: .runtime("jg_abs")),
    reference: .number({ Swift.abs($0[0]) }, { $0[0] < 0 ? 0 &- $0[0] : $0[0] }),
    derivative: .partials([{ x, _ in apply(.sign, x[0]) }]),
    samples: [-3...3], summary: "|x|. Derivative: sign(x), so 0 at 0.")

  package static let sign: ScalarFunction = ScalarFunction(
    "sign", arity: 1, domain: .number,
    spelling: Spelling(float: .runtime("jg_sign"), integer: .runtime("jg_sign")),
    reference: .number(
      { $0[0] > 0 ? 1 : $0[0] < 0 ? -1 : $0[0] }, { $0[0].signum() }),
    derivative: .zero, samples: [-3...3],
    summary: "−1, 0 or 1 (±0 and NaN unchanged). Derivative 0.")

  package static let fma: ScalarFunction = ScalarFunction(
    "fma", arity: 3, domain: .float, spelling: Spelling(float: .libm("fma")),
    reference: .real { Glibc.fma($0[0], $0[1], $0[2]) },
    derivative: .partials([
      { x, _ in x[1] }, { x, _ in x[0] }, { x, _ in x[2].literal(1) },
    ]),
    samples: [-3...3, -3...3, -3...3], summary: "a · b + c, rounded once.")

  /// Whole literal powers in this range are computed as products.
  package static let powersAsProducts: ClosedRange<Double> = -2...4

  package static let pow: ScalarFunction = ScalarFunction(
    "pow", arity: 2, domain: .number,
    spelling: Spelling(float: .libm("pow"), integer: .runtime("jg_pow")),
    reference: .number({ Glibc.pow($0[0], $0[1]) }, { integerPower($0[0], $0[1]) }),
    derivative: .partials([
      // y = 0 first: 0 · x^(−1) would be NaN at x = 0.
      { x, _ in
        // The powers that people write, as they would write the derivative.
        if let b = x[0].builder.literal(x[1].value)?.real, b != 0 {
          let power = b == 2 ? x[0] : apply(.pow, x[0], x[1].literal(b - 1))
          return x[1] * power
        }
        let slope = x[1] * apply(.pow, x[0], x[1] - 1)
        return choose(x[1] == 0, 0, slope)
      },
      // log 0 · 0^b is 0 for b > 0.
      { x, y in
        let base = choose(x[0] == 0, 1, x[0])
        return y * apply(.log, base)
      },
    ]),
    samples: [0.3...3, -2...2],
    summary: "aᵇ (also written `a^b`). Derivative in a: b·a^(b−1), 0 where b = 0; in b: aᵇ·log a, "
      + "0 where a = 0 and b > 0. Integers: a negative exponent gives the truncated 1/a^|b|, "
      + "0 to a negative power 0.")

  package static let max: ScalarFunction = extremum(
    "maximum", .runtime("jg_max"), Double.maximum, Swift.max, identity: -.infinity,
    "The larger of a and b, also called `max(a, b)`; NaN if either is. At a tie each operand gets half of the tangent."
  ) { $0 > $1 }

  package static let min: ScalarFunction = extremum(
    "minimum", .runtime("jg_min"), Double.minimum, Swift.min, identity: .infinity,
    "The smaller of a and b, also called `min(a, b)`; NaN if either is. At a tie each operand gets half of the tangent."
  ) { $0 < $1 }

  private static func extremum(
    _ name: String, _ form: CForm, _: (Double, Double) -> Double,
    _ whole: @escaping @Sendable (Int64, Int64) -> Int64, identity: Double, _ summary: String,
    wins: @escaping @Sendable (Term, Term) -> Term
  ) -> ScalarFunction {
    let larger = identity < 0
    return ScalarFunction(
      name, arity: 2, domain: .any,
      spelling: Spelling(
        float: form, integer: form, bool: .infix(larger ? "||" : "&&")),
      reference: .number(
        { x in
          if x[0].isNaN || x[1].isNaN { return .nan }
          if x[0] == x[1] { return larger == (x[0].sign == .minus) ? x[1] : x[0] }
          return (x[0] > x[1]) == larger ? x[0] : x[1]
        }, { whole($0[0], $0[1]) }),
      derivative: .rule { rule in
        let x = rule.operands
        let tie = x[0] == x[1]
        return sum(
          (0...1).map { k in
            rule.tangents[k].map {
              choose(wins(x[k], x[1 - k]), $0, choose(tie, 0.5 * $0, 0))
            }
          })
      },
      samples: [-3...3, -3...3], identity: identity, summary: summary)
  }

  package static let fmax: ScalarFunction = presentExtremum(
    "fmax",
    "The larger of a and b, the other one where one is NaN. At a tie each operand gets half of the tangent."
  ) { $0 > $1 }

  package static let fmin: ScalarFunction = presentExtremum(
    "fmin",
    "The smaller of a and b, the other one where one is NaN. At a tie each operand gets half of the tangent."
  ) { $0 < $1 }

  private static func presentExtremum(
    _ name: String, _ summary: String, wins: @escaping @Sendable (Term, Term) -> Term
  ) -> ScalarFunction {
    let extremum = name == "fmax" ? max : min
    return ScalarFunction(
      name, arity: 2, domain: .float, spelling: Spelling(float: .runtime("jg_\(name)")),
      reference: .real { x in
        x[0].isNaN ? x[1] : x[1].isNaN ? x[0] : extremum.value(x.map { Scalar($0, .f64) }).real
      },
      derivative: .rule { rule in
        let x = rule.operands
        return sum(
          (0...1).map { k in
            rule.tangents[k].map {
              let isTaken = apply(.or, wins(x[k], x[1 - k]), apply(.isNaN, x[1 - k]))
              return choose(isTaken, $0, choose(x[k] == x[1 - k], 0.5 * $0, 0))
            }
          })
      },
      samples: [-3...3, -3...3], summary: summary)
  }

  package static let floorDivide: ScalarFunction = ScalarFunction(
    "floor_divide", arity: 2, domain: .number,
    spelling: Spelling(float: .runtime("jg_floor_divide"), integer: .runtime("jg_floor_divide")),
    reference: .number(
      { x in
        // The quotient of what is a multiple of b but for rounding: near integers, a / b itself
        // may be rounded across one.
        let (a, b) = (x[0], x[1])
        if b == 0 { return a / b }
        let r = Glibc.fmod(a, b)
        let q = (a - r) / b - (r != 0 && (r < 0) != (b < 0) ? 1 : 0)
        if q == 0 { return Glibc.copysign(0, a / b) }
        let whole = q.rounded(.down)
        return q - whole > 0.5 ? whole + 1 : whole
      },
      { x in
        if x[1] == 0 { return 0 }
        if x[1] == -1 { return 0 &- x[0] }
        let (q, r) = x[0].quotientAndRemainder(dividingBy: x[1])
        return r != 0 && (r < 0) != (x[1] < 0) ? q - 1 : q
      }),
    derivative: .zero, samples: [-9...9, 0.7...3],
    summary: "⌊a / b⌋ of the exact quotient (also written `a // b`): `1 // 0.1` is 9. A float "
      + "divided by 0 is `a / b`, an integer 0; an infinite a gives NaN. Derivative 0.")

  package static let mod: ScalarFunction = ScalarFunction(
    "mod", arity: 2, domain: .number,
    spelling: Spelling(float: .runtime("jg_mod"), integer: .runtime("jg_mod")),
    reference: .number(
      { x in
        let r = Glibc.fmod(x[0], x[1])
        if r == 0 { return Glibc.copysign(0, x[1]) }
        return (r < 0) != (x[1] < 0) ? r + x[1] : r
      },
      { x in
        if x[1] == 0 || x[1] == -1 { return 0 }
        let r = x[0] % x[1]
        return r != 0 && (r < 0) != (x[1] < 0) ? r + x[1] : r
      }),
    derivative: .partials([
      { x, _ in x[0].literal(1) }, { x, _ in -apply(.floorDivide, x[0], x[1]) },
    ]),
    samples: [-9...9, 0.7...3],
    summary: "The remainder of `a // b` (also written `a % b`), with the sign of b, a zero too. "
      + "A float modulo 0 is NaN, an integer 0. Derivative: da − ⌊a/b⌋·db.")

  package static let remainder: ScalarFunction = ScalarFunction(
    "remainder", arity: 2, domain: .float, spelling: Spelling(float: .libm("fmod")),
    reference: .real { Glibc.fmod($0[0], $0[1]) },
    derivative: .partials([
      { x, _ in x[0].literal(1) }, { x, _ in -apply(.trunc, x[0] / x[1]) },
    ]),
    samples: [-9...9, 0.7...3],
    summary: "The remainder of the truncated quotient, with the sign of a (C's fmod). "
      + "Derivative: da − trunc(a/b)·db.")

  package static let floor: ScalarFunction = step("floor", .libm("floor"), Glibc.floor, "⌊x⌋.")
  package static let ceil: ScalarFunction = step("ceil", .libm("ceil"), Glibc.ceil, "⌈x⌉.")
  package static let round: ScalarFunction = step(
    "round", .libm("round"), Glibc.round, "To the nearest integer, halves away from 0.")
  package static let roundEven: ScalarFunction = step(
    "round_even", .libm("rint"), Glibc.rint, "To the nearest integer, halves to even.")
  package static let trunc: ScalarFunction = step("trunc", .libm("trunc"), Glibc.trunc, "Toward 0.")

  package static let copysign: ScalarFunction = ScalarFunction(
    "copysign", arity: 2, domain: .float, spelling: Spelling(float: .libm("copysign")),
    reference: .real { Glibc.copysign($0[0], $0[1]) },
    derivative: .rule { rule in
      rule.tangents[0].map {
        choose(apply(.signbit, rule.operands[0]) == apply(.signbit, rule.operands[1]), $0, -$0)
      }
    },
    samples: [-3...3, -3...3], summary: "|a| with the sign of b. Derivative 0 in b.")

  package static let select: ScalarFunction = ScalarFunction(
    "select", arity: 3, domain: .selection,
    spelling: Spelling(float: .conditional, integer: .conditional, bool: .conditional),
    reference: .selection,
    derivative: .rule { rule in
      if rule.tangents[1] == nil && rule.tangents[2] == nil { return nil }
      let zero = rule.results[0].literal(0)
      return choose(
        rule.operands[0], rule.tangents[1] ?? zero, rule.tangents[2] ?? zero)
    },
    linearity: .rule { k, ct, x in
      let taken = k == 1 ? x[0] : apply(.not, x[0])
      if let mask = ct.mask { return choose(mask.condition & taken, mask.value, 0) }
      return choose(taken, ct, 0)
    },
    samples: [0...1, -3...3, -3...3],
    summary: "b where the condition a holds, else c. What is not taken leaves no trace in the "
      + "derivative, NaN and ∞ included.")

  package static let stopGradient: ScalarFunction = ScalarFunction(
    "stop_gradient", arity: 1, domain: .any,
    spelling: Spelling(float: .prefix(""), integer: .prefix(""), bool: .prefix("")),
    reference: .number({ $0[0] }, { $0[0] }), derivative: .zero, samples: [-3...3],
    summary: "x itself, as a constant for derivatives.")
}

extension Term {
  /// Condition and value of `choose(condition, value, 0)`: a cotangent that came through a select.
  fileprivate var mask: (condition: Term, value: Term)? {
    guard let operands = builder.operands(of: value, if: .select), let other = operands.last,
      builder.literal(other)?.isExactly(0) == true
    else { return nil }
    let terms = operands.map(builder.term)
    return (terms[0], terms[1])
  }

  /// A linear function of a cotangent, taken beneath its mask: the branch of a select that was not
  /// taken has the cotangent 0, and 0 times the infinite slope it may have there would be NaN.
  func beneathMask(_ f: (Term) -> Term) -> Term {
    guard let mask else { return f(self) }
    return choose(mask.condition, f(mask.value), 0)
  }
}

/// xʸ for integers, wrapping.
func integerPower(_ x: Int64, _ y: Int64) -> Int64 {
  if y < 0 { return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0 }
  var (result, base, exponent) = (1 as Int64, x, y)
  while exponent > 0 {
    if exponent & 1 == 1 { result = result &* base }
    base = base &* base
    exponent >>= 1
  }
  return result
}
