// Derived functions, element by element: short names of special functions of given order, angles,
// and parts of numbers.

extension Derived {
  static let functions = [
    i0, i1, i0e, i1e, sinc, mvlgamma, logit, reciprocal, deg2rad, rad2deg, frac, ldexp, frexp,
    nanToNum,
  ]

  /// An entry of one float operand.
  private static func function(
    _ name: String, _ documentation: String, _ body: @escaping @Sendable (Term) -> Term
  ) -> Entry {
    Entry(name, [.operand("x")], documentation) { call in
      try needsFloat(call.operands[0], name)
      return [body(call.operands[0])]
    }
  }

  static let i0 = function("i0", "The modified Bessel function I₀: `bessel_i(0, x)`.") {
    apply(.besselI, $0.literal(0), $0)
  }
  static let i1 = function("i1", "The modified Bessel function I₁: `bessel_i(1, x)`.") {
    apply(.besselI, $0.literal(1), $0)
  }
  static let i0e = function("i0e", "e^(−|x|)·I₀(x): `bessel_ie(0, x)`.") {
    apply(.besselIe, $0.literal(0), $0)
  }
  static let i1e = function("i1e", "e^(−|x|)·I₁(x): `bessel_ie(1, x)`.") {
    apply(.besselIe, $0.literal(1), $0)
  }

  static let sinc = function(
    "sinc", "sin(πx) / (πx), 1 at 0, exact at whole x: `sinc_derivative(0, x)`."
  ) { apply(.sincDerivative, $0.literal(0), $0) }

  static let mvlgamma = Entry(
    "mvlgamma", [.operand("x"), Parameter("p", .dim)],
    """
    The logarithm of the multivariate gamma function of dimension p: \
    p(p − 1)/4·log π + Σ lgamma(x − k/2), k from 0 to p − 1; for x > (p − 1)/2.
    """
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "mvlgamma")
    let p = try call.integer("p") ?? 1
    guard (1...100).contains(p) else {
      throw TypeRuleError("mvlgamma needs p from 1 to 100, found \(p)")
    }
    var y = apply(.lgamma, x)
    for k in 0..<p where k > 0 { y = y + apply(.lgamma, x - 0.5 * Double(k)) }
    return [y + 0.25 * Double(p * (p - 1)) * 1.14472988584940017414]
  }

  static let logit = Entry(
    "logit", [.operand("x"), Parameter("eps", .number, default: "0")],
    """
    log(x / (1 − x)), of x clamped to eps … 1 − eps.

    Without eps: −∞ at 0, ∞ at 1, NaN beyond.
    """
  ) { call in
    let x = call.operands[0]
    guard let eps = try call.number("eps"), eps != 0 else { return [apply(.logOdds, x)] }
    guard eps > 0, eps <= 0.5 else {
      throw TypeRuleError("logit needs eps from 0 to 0.5, found \(eps)")
    }
    let inside = apply(.min, apply(.max, x, x.literal(eps)), x.literal(1 - eps))
    return [apply(.logOdds, inside)]
  }

  static let reciprocal = function("reciprocal", "1 / x.") { 1 / $0 }
  static let deg2rad = function("deg2rad", "x·π/180.") { $0 * (Double.pi / 180) }
  static let rad2deg = function("rad2deg", "x·180/π.") { $0 * (180 / Double.pi) }
  static let frac = function("frac", "`x - trunc(x)`, with the sign of x.") {
    $0 - apply(.trunc, $0)
  }

  static let ldexp = Entry(
    "ldexp", [.operand("x"), .operand("exponent")], "x·2^exponent, for any exponent."
  ) { call in
    let x = call.operands[0]
    return [x * apply(.exp2, call.operands[1].converted(to: x.dtype))]
  }

  static let frexp = Entry(
    "frexp", [.operand("x")],
    """
    Two results: m and e, i64, with x = m·2^e and ½ ≤ |m| < 1; m = x and e = 0 for 0, ∞ and NaN.

    The derivative of m is 2^(−e).
    """,
    resultCount: 2
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "frexp")
    let isPlain = apply(.isFinite, x) & apply(.notEqual, x, x.literal(0))
    let size = apply(.stopGradient, apply(.abs, choose(isPlain, x, 1)))
    // log2 may be rounded to the next whole number: the power decides.
    let near = apply(.floor, apply(.log2, size)) + 1
    let isOver = apply(.greaterEqual, scaled(size, by: near), size.literal(1))
    let isUnder = scaled(size, by: near) < 0.5
    let e = choose(isOver, near + 1, choose(isUnder, near - 1, near))
    return [
      choose(isPlain, scaled(x, by: e), x), choose(isPlain, e, 0).converted(to: .i64),
    ]
  }

  /// x·2^(−e), the power in two halves, which do not overflow.
  private static func scaled(_ x: Term, by e: Term) -> Term {
    let half = apply(.trunc, -0.5 * e)
    return x * apply(.exp2, half) * apply(.exp2, -e - half)
  }

  static let nanToNum = Entry(
    "nan_to_num",
    [
      .operand("x"), Parameter("nan", .number, default: "0"),
      Parameter("posinf", .number, default: "the largest number"),
      Parameter("neginf", .number, default: "the least number"),
    ],
    "x, with numbers for NaN, ∞ and −∞, where the derivative is 0."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "nan_to_num")
    let largest =
      x.dtype == .f32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
    let nan = try call.number("nan") ?? 0
    let above = try call.number("posinf") ?? largest
    let below = try call.number("neginf") ?? -largest
    let finite = choose(x == .infinity, above, choose(x == -.infinity, below, x))
    return [choose(apply(.isNaN, x), nan, finite)]
  }
}
