// Rows: scaled error functions and the normal distribution. Their derivatives are functions of the
// same families, so that nothing cancels in the tails, to any order.
import Glibc

extension ScalarFunction {
  static let errorFunctions: [ScalarFunction] = [
    erfcx, erfcxIntegral, erfinv, ndtr, logNdtr, ndtri,
  ]

  package static let erfcx: ScalarFunction = real(
    "erfcx", .runtime("jg_erfcx"), { erfcxReference(0, $0) }, on: -2...4,
    "e^(x²)·erfc(x), which falls like 1/(x√π). Derivative: −2·erfcx_integral(1, x)."
  ) { x, _ in -2 * apply(.erfcxIntegral, x.literal(1), x) }

  package static let erfcxIntegral: ScalarFunction = ScalarFunction(
    "erfcx_integral", arity: 2, domain: .float,
    spelling: Spelling(float: .runtime("jg_erfcx_integral")),
    reference: .real { erfcxReference($0[0], $0[1]) },
    derivative: .partials([
      nil,
      { x, _ in
        let next = x[0].shifted(by: 1)
        return -2 * (next * apply(.erfcxIntegral, next, x[1]))
      },
    ]),
    samples: [1...1, -2...4],
    summary: "e^(b²) times the a-th repeated integral of erfc from b to ∞ (DLMF 7.18), for whole a "
      + "from 0 to 30 (else NaN): the derivatives of erfcx but for a factor. Derivative in b: "
      + "−2(a + 1)·erfcx_integral(a + 1, b); none in a.")

  package static let erfinv: ScalarFunction = real(
    "erfinv", .runtime("jg_erfinv"), erfinvReference, on: -0.9...0.9,
    "The inverse of erf; ±∞ at ±1, NaN beyond. Derivative: √π/2·e^(y²)."
  ) { _, y in 0.88622692545275801365 * apply(.exp, y * y) }

  package static let ndtr: ScalarFunction = real(
    "ndtr", .runtime("jg_ndtr"), ndtrReference, on: -4...4,
    "The distribution function of the normal distribution, erfc(−x/√2)/2, accurate in the left "
      + "tail. Derivative: e^(−x²/2)/√(2π)."
  ) { x, _ in normalDensity(x) }

  package static let logNdtr: ScalarFunction = real(
    "log_ndtr", .runtime("jg_log_ndtr"), logNdtrReference, on: -6...4,
    "log(ndtr(x)), without underflow. Derivative: √(2/π)/erfcx(−x/√2), which is accurate "
      + "however small x is; for x > 0 the density divided by ndtr(x)."
  ) { x, _ in
    let isRight = x > 0
    let left = choose(isRight, 0, x)
    return choose(
      isRight, normalDensity(x) / apply(.ndtr, x),
      0.79788456080286535588 / apply(.erfcx, -0.70710678118654752440 * left))
  }

  package static let ndtri: ScalarFunction = real(
    "ndtri", .runtime("jg_ndtri"), ndtriReference, on: 0.05...0.95,
    "The inverse of ndtr; −∞ at 0, ∞ at 1, NaN beyond. Derivative: √(2π)·e^(y²/2)."
  ) { _, y in 2.50662827463100050242 * apply(.exp, 0.5 * (y * y)) }

  /// e^(−x²/2) / √(2π)
  private static func normalDensity(_ x: Term) -> Term {
    0.39894228040143267794 * apply(.exp, -0.5 * (x * x))
  }
}

extension Term {
  /// An order plus a whole number; a literal stays one.
  func shifted(by step: Double) -> Term {
    builder.literal(value).map { literal($0.real + step) } ?? self + step
  }
}

private let rootOfHalf = 0.5.squareRoot()

/// 2/(√π n!) ∫₀^∞ tⁿ e^(−t² − 2tx) dt (DLMF 7.18.2), by the trapezoidal rule in log t around the
/// largest value of the integrand; the rule converges geometrically there.
func erfcxReference(_ order: Double, _ x: Double) -> Double {
  guard order >= 0, order <= 30, order == order.rounded(), !x.isNaN else { return .nan }
  if x == .infinity { return 0 }
  if x < -30 { return .infinity }
  let root = Glibc.hypot(x, (2 * order + 2).squareRoot())
  let peak = Glibc.log(x > 0 ? (order + 1) / (x + root) : (root - x) / 2)
  let step = 0.02
  var total = 0.0
  for k in Int((-42 / (order + 1) - 2) / step)...Int(5 / step) {
    let u = peak + Double(k) * step
    let t = Glibc.exp(u)
    total += Glibc.exp((order + 1) * u - t * t - 2 * t * x)
  }
  return 2 / Double.pi.squareRoot() * step * total / Glibc.tgamma(order + 1)
}

private func ndtrReference(_ x: Double) -> Double { 0.5 * Glibc.erfc(-x * rootOfHalf) }

private func logNdtrReference(_ x: Double) -> Double {
  x > -1
    ? Glibc.log1p(-ndtrReference(-x))
    : Glibc.log(0.5 * erfcxReference(0, -x * rootOfHalf)) - 0.5 * x * x
}

/// The first number from `low` to `high` for which a condition holds that stays true from there on.
private func firstNumber(
  _ low: Double, _ high: Double, where holds: (Double) -> Bool
) -> Double {
  var (low, high) = (low, high)
  while true {
    let middle = low + (high - low) / 2
    if middle <= low || middle >= high { return high }
    if holds(middle) { high = middle } else { low = middle }
  }
}

private func erfinvReference(_ y: Double) -> Double {
  let a = Swift.abs(y)
  if y == 0 { return y }
  guard a < 1 else { return a == 1 ? y * .infinity : .nan }
  let x =
    a < 0.5
    ? firstNumber(0, 1) { Glibc.erf($0) >= a } : firstNumber(0, 10) { Glibc.erfc($0) <= 1 - a }
  return Glibc.copysign(x, y)
}

private func ndtriReference(_ p: Double) -> Double {
  guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
  if p > 0.75 { return -ndtriReference(1 - p) }
  if p > 0.25 { return 2.0.squareRoot() * erfinvReference(2 * p - 1) }
  return firstNumber(-40, 0) { logNdtrReference($0) >= Glibc.log(p) }
}
