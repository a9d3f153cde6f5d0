// Rows: the regularized incomplete gamma and beta functions, and the densities that are their
// derivatives in the last operand. They have no derivative in the other operands, and say so; the
// densities have theirs in every operand.
import Glibc

extension ScalarFunction {
  static let incomplete: [ScalarFunction] = [
    gammainc, gammaincc, gammaDensity, betainc, betaDensity,
  ]

  package static let gammainc: ScalarFunction = ScalarFunction(
    "gammainc", arity: 2, domain: .float, spelling: Spelling(float: .runtime("jg_gammainc")),
    reference: .real { incompleteGammaReference($0[0], $0[1]).lower },
    derivative: .partials([nil, { x, _ in apply(.gammaDensity, x[0], x[1]) }]),
    samples: [0.5...4, 0.2...6],
    summary: "The regularized lower incomplete gamma function P(a, b) = ∫₀ᵇ tᵃ⁻¹e⁻ᵗ dt / Γ(a), for "
      + "a from 0 to 1e8 and b ≥ 0 (else NaN). Derivative in b: gamma_density(a, b); none in a.")

  package static let gammaincc: ScalarFunction = ScalarFunction(
    "gammaincc", arity: 2, domain: .float, spelling: Spelling(float: .runtime("jg_gammaincc")),
    reference: .real { incompleteGammaReference($0[0], $0[1]).upper },
    derivative: .partials([nil, { x, _ in -apply(.gammaDensity, x[0], x[1]) }]),
    samples: [0.5...4, 0.2...6],
    summary: "Q(a, b) = 1 − P(a, b), accurate where it is small. Derivative in b: "
      + "−gamma_density(a, b); none in a.")

  package static let gammaDensity: ScalarFunction = ScalarFunction(
    "gamma_density", arity: 2, domain: .float,
    spelling: Spelling(float: .runtime("jg_gamma_density")),
    reference: .real { gammaDensityReference($0[0], $0[1]) },
    derivative: .partials([
      { x, y in y * (apply(.log, x[1]) - apply(.digamma, x[0])) },
      { x, y in y * ((x[0] - 1) / x[1] - 1) },
    ]),
    samples: [0.5...4, 0.2...6],
    summary: "bᵃ⁻¹e⁻ᵇ / Γ(a), the density of the gamma distribution, for a from 0 to 1e8 and b ≥ 0 "
      + "(else NaN). Derivative: (log b − digamma(a)) and ((a − 1)/b − 1) times itself.")

  package static let betainc: ScalarFunction = ScalarFunction(
    "betainc", arity: 3, domain: .float, spelling: Spelling(float: .runtime("jg_betainc")),
    reference: .real { incompleteBetaReference($0[0], $0[1], $0[2]) },
    derivative: .partials([nil, nil, { x, _ in apply(.betaDensity, x[0], x[1], x[2]) }]),
    samples: [0.6...4, 0.6...4, 0.1...0.9],
    summary:
      "The regularized incomplete beta function I_c(a, b) = ∫₀ᶜ tᵃ⁻¹(1 − t)ᵇ⁻¹ dt / B(a, b), "
      + "for positive a and b up to 1e8 and c in 0 … 1 (else NaN). Derivative in c: "
      + "beta_density(a, b, c); none in a and b.")

  package static let betaDensity: ScalarFunction = ScalarFunction(
    "beta_density", arity: 3, domain: .float,
    spelling: Spelling(float: .runtime("jg_beta_density")),
    reference: .real { betaDensityReference($0[0], $0[1], $0[2]) },
    derivative: .partials([
      { x, y in
        y * (apply(.log, x[2]) - apply(.digamma, x[0]) + apply(.digamma, x[0] + x[1]))
      },
      { x, y in
        y * (apply(.log1p, -x[2]) - apply(.digamma, x[1]) + apply(.digamma, x[0] + x[1]))
      },
      { x, y in y * ((x[0] - 1) / x[2] - (x[1] - 1) / (1 - x[2])) },
    ]),
    samples: [0.6...4, 0.6...4, 0.1...0.9],
    summary: "cᵃ⁻¹(1 − c)ᵇ⁻¹ / B(a, b), the density of the beta distribution, domain as `betainc`. "
      + "Derivative: (log c − digamma(a) + digamma(a + b)), the same with b and 1 − c, and "
      + "((a − 1)/c − (b − 1)/(1 − c)) times itself.")
}

// MARK: - References: series and quadrature

/// Σ f(t) dt over 0 < t < 1 by tanh-sinh quadrature; f also sees 1 − t, which is exact near 1.
private func unitIntegral(_ f: (_ t: Double, _ rest: Double) -> Double) -> Double {
  var total = 0.0
  for k in -300...300 {
    let s = Double(k) / 64
    let u = Double.pi * Glibc.sinh(s)
    let (t, rest) = (1 / (1 + Glibc.exp(-u)), 1 / (1 + Glibc.exp(u)))
    if t > 0 && rest > 0 { total += f(t, rest) * Double.pi * Glibc.cosh(s) * t * rest }
  }
  return total / 64
}

/// log Γ(a + 1) less Stirling's formula, for a ≥ 20 by its series.
private func stirlingReference(_ a: Double) -> Double {
  if a < 20 {
    return Glibc.lgamma(a + 1) - (a + 0.5) * Glibc.log(a) + a - 0.5 * Glibc.log(2 * .pi)
  }
  let y = 1 / (a * a)
  return (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y / 1680))) / a
}

/// xᵃe⁻ˣ / Γ(a + 1)
private func poissonReference(_ a: Double, _ x: Double) -> Double {
  if a < 20 { return x > 3000 ? 0 : Glibc.pow(x, a) * Glibc.exp(-x) / Glibc.tgamma(a + 1) }
  let d = (x - a) / a
  return Glibc.exp(a * (Glibc.log1p(d) - d) - stirlingReference(a)) / (2 * .pi * a).squareRoot()
}

func gammaDensityReference(_ a: Double, _ x: Double) -> Double {
  guard a >= 0, a <= 1e8, x >= 0 else { return .nan }
  if x == 0 { return a == 0 || a > 1 ? 0 : a == 1 ? 1 : .infinity }
  if a == 0 || x > 1e300 { return 0 }
  if a < 20 {
    return x > 3000 ? 0 : Glibc.pow(x, a - 1) * Glibc.exp(-x) / Glibc.tgamma(a)
  }
  return poissonReference(a - 1, x)
}

/// P below x = a + 1 by its series, Q above by quadrature from x on; each as 1 less the other where that
/// loses nothing.
func incompleteGammaReference(_ a: Double, _ x: Double) -> (lower: Double, upper: Double) {
  guard a >= 0, a <= 1e8, x >= 0, a > 0 || x > 0 else { return (.nan, .nan) }
  if x == 0 { return (0, 1) }
  if a == 0 || x == .infinity { return (1, 0) }
  guard x < a + 1 else {
    let upper = upperGammaReference(a, x)
    return (1 - upper, upper)
  }
  var (sum, term) = (0.0, 1.0)
  var k = a
  while term > 1e-18 * sum {
    sum += term
    k += 1
    term *= x / k
  }
  let lower = poissonReference(a, x) * sum
  return (lower, lower < 0.9 ? 1 - lower : upperGammaReference(a, x))
}

private func upperGammaReference(_ a: Double, _ x: Double) -> Double {
  // ∫ₓ^∞ tᵃ⁻¹e⁻ᵗ dt = xᵃ⁻¹e⁻ˣ ∫₀^∞ (1 + s/x)ᵃ⁻¹ e⁻ˢ ds, s = e^(π/2 sinh u); below 1 first up to 1 in log t.
  let start = Swift.max(x, 1)
  var total = 0.0
  for k in -320...320 {
    let u = Double(k) / 64
    let s = Glibc.exp(Double.pi / 2 * Glibc.sinh(u))
    if s > 1e6 * (a + 1) || s == 0 { continue }
    total +=
      Glibc.exp((a - 1) * Glibc.log1p(s / start) - s) * s * Double.pi / 2 * Glibc.cosh(u) / 64
  }
  let tail = total * poissonReference(a, start) * (a / start)
  guard x < 1 else { return tail }
  let length = -Glibc.log(x)
  let part = unitIntegral { _, rest in Glibc.exp(-a * length * rest - Glibc.exp(-length * rest)) }
  return tail + part * length * a / Glibc.tgamma(a + 1)
}

/// log B(a, b), by Stirling's formula where one of them is large.
private func logBetaReference(_ a: Double, _ b: Double) -> Double {
  let (low, high) = (Swift.min(a, b), Swift.max(a, b))
  if high < 20 { return Glibc.lgamma(low) + Glibc.lgamma(high) - Glibc.lgamma(low + high) }
  let n = low + high
  // Γ(high)/Γ(n) with log Γ(z) = (z − ½) log z − z + ½ log 2π + stirling
  return Glibc.lgamma(low) + stirlingReference(high) - stirlingReference(n)
    - (high - 0.5) * Glibc.log1p(low / high) - low * Glibc.log(n) + low
}

private func isInBetaDomain(_ a: Double, _ b: Double, _ x: Double) -> Bool {
  a > 0 && b > 0 && a <= 1e8 && b <= 1e8 && x >= 0 && x <= 1
}

func betaDensityReference(_ a: Double, _ b: Double, _ x: Double) -> Double {
  guard isInBetaDomain(a, b, x) else { return .nan }
  if x == 0 { return a > 1 ? 0 : a == 1 ? b : .infinity }
  if x == 1 { return b > 1 ? 0 : b == 1 ? a : .infinity }
  return Glibc.exp(
    (a - 1) * Glibc.log(x) + (b - 1) * Glibc.log1p(-x) - logBetaReference(a, b))
}

/// xᵃ ∫₀¹ sᵃ⁻¹(1 − xs)ᵇ⁻¹ ds / B(a, b), on the side of the mean where x lies.
func incompleteBetaReference(_ a: Double, _ b: Double, _ x: Double) -> Double {
  guard isInBetaDomain(a, b, x) else { return .nan }
  if x == 0 || x == 1 { return x }
  func part(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let scale = a * Glibc.log(x) - logBetaReference(a, b)
    return unitIntegral { s, _ in
      Glibc.exp(scale + (a - 1) * Glibc.log(s) + (b - 1) * Glibc.log1p(-x * s))
    }
  }
  return x * (a + b) > a ? 1 - part(b, a, 1 - x) : part(a, b, x)
}
