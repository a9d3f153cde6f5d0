// Rows: error and gamma functions; further families of special functions stand in their own files.
import Glibc

extension ScalarFunction {
  static let special: [ScalarFunction] =
    [erf, erfc] + errorFunctions + [lgamma, digamma, polygamma] + incomplete + bessel + logarithms

  /// 2 / √π
  private static let twoOverRootPi = 1.12837916709551257390

  package static let erf: ScalarFunction = real(
    "erf", .libm("erf"), Glibc.erf, on: -2...2,
    "The error function 2/√π ∫₀ˣ e^(−t²) dt. Derivative: 2/√π·e^(−x²)."
  ) { x, _ in twoOverRootPi * apply(.exp, -(x * x)) }

  package static let erfc: ScalarFunction = real(
    "erfc", .libm("erfc"), Glibc.erfc, on: -2...2,
    "1 − erf(x), accurate for large x. Derivative: −2/√π·e^(−x²)."
  ) { x, _ in -twoOverRootPi * apply(.exp, -(x * x)) }

  package static let lgamma: ScalarFunction = real(
    "lgamma", .runtime("jg_lgamma"), { Glibc.lgamma($0) }, on: 0.4...5,
    "log |Γ(x)|; ∞ at 0, −1, −2, … Derivative: digamma(x)."
  ) { x, _ in apply(.digamma, x) }

  package static let digamma: ScalarFunction = real(
    "digamma", .runtime("jg_digamma"), { polygammaReference(0, $0) }, on: 0.4...5,
    "Γ′(x) / Γ(x), NaN at 0, −1, −2, … Derivative: polygamma(1, x)."
  ) { x, _ in apply(.polygamma, x.literal(1), x) }

  package static let polygamma: ScalarFunction = ScalarFunction(
    "polygamma", arity: 2, domain: .float, spelling: Spelling(float: .runtime("jg_polygamma")),
    reference: .real { polygammaReference($0[0], $0[1]) },
    derivative: .partials([nil, { x, _ in apply(.polygamma, x[0].shifted(by: 1), x[1]) }]),
    samples: [1...1, 0.4...5],
    summary: "The a-th derivative of digamma at b, for whole a from 0 to 170 (else NaN). "
      + "No derivative in a.")
}

/// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! Σₖ (x+k)^(−n−1): recurrence up to x ≥ 40, then Euler–Maclaurin
/// (Abramowitz & Stegun 6.3.18, 6.4.11).
func polygammaReference(_ order: Double, _ x: Double) -> Double {
  guard order >= 0, order <= 170, order == order.rounded(), x == x else { return .nan }
  if x <= 0 && x == x.rounded() && x.isFinite {
    return order.truncatingRemainder(dividingBy: 2) == 1 ? .infinity : .nan
  }
  if x == -.infinity { return .nan }
  let n = Int(order)
  let sign: Double = n % 2 == 0 ? -1 : 1
  if x == .infinity { return n == 0 ? .infinity : sign * 0 }
  // The recurrence would take as many steps as x is large.
  if x < -1e6 {
    return n == 0 ? polygammaReference(0, 1 - x) - .pi / Glibc.tan(.pi * x) : .nan
  }
  let factorial = (1...Swift.max(n, 1)).reduce(1.0) { $0 * Double($1) }
  var sum = 0.0
  var z = x
  while z < 40 {
    sum += n == 0 ? -1 / z : sign * factorial * Glibc.pow(z, Double(-n - 1))
    z += 1
  }
  // B₂, B₄, … B₁₄
  let bernoulli = [1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6]
  if n == 0 {
    sum += Glibc.log(z) - 1 / (2 * z)
    for (k, b) in bernoulli.enumerated() {
      let m = Double(2 * (k + 1))
      sum -= b / (m * Glibc.pow(z, m))
    }
    return sum
  }
  var tail =
    factorial / Double(n) * Glibc.pow(z, Double(-n)) + factorial / 2 * Glibc.pow(z, Double(-n - 1))
  for (k, b) in bernoulli.enumerated() {
    let m = 2 * (k + 1)
    // (m + n − 1)! / m!
    let ratio = (m + 1..<m + n).reduce(1.0) { $0 * Double($1) }
    tail += b * ratio * Glibc.pow(z, Double(-m - n))
  }
  return sum + sign * tail
}
