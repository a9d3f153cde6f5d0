// Rows: modified Bessel functions of whole order, and the derivatives of sinc, a spherical Bessel
// function. The order is an operand without a derivative; each family holds its own derivatives.
import Glibc

extension ScalarFunction {
  static let bessel: [ScalarFunction] = [besselI, besselIe, sincDerivative]

  package static let besselI: ScalarFunction = ScalarFunction(
    "bessel_i", arity: 2, domain: .float, spelling: Spelling(float: .runtime("jg_bessel_i")),
    reference: .real { x in
      let scaled = besselReference(x[0], x[1])
      let half = Glibc.exp(0.5 * Swift.abs(x[1]))
      return scaled != 0 || Swift.abs(x[1]) < 1
        ? scaled * half * half : Glibc.copysign(.infinity, scaled)
    },
    derivative: .partials([nil, { x, _ in neighbours(of: .besselI, x[0], x[1]) }]),
    samples: [2...2, -3...3],
    summary: "The modified Bessel function I_a(b) for whole a from −30 to 30 (else NaN). "
      + "Derivative in b: half the sum of its neighbours I_(a−1) and I_(a+1); none in a.")

  package static let besselIe: ScalarFunction = ScalarFunction(
    "bessel_ie", arity: 2, domain: .float, spelling: Spelling(float: .runtime("jg_bessel_ie")),
    reference: .real { besselReference($0[0], $0[1]) },
    derivative: .partials([
      nil,
      { x, y in neighbours(of: .besselIe, x[0], x[1]) - apply(.sign, x[1]) * y },
    ]),
    samples: [1...1, 0.3...4],
    summary: "e^(−|b|)·I_a(b), which does not overflow. Derivative in b: half the sum of its "
      + "neighbours, less sign(b) times itself, by which 2|b| ulp cancel; none in a.")

  /// (f(n − 1, x) + f(n + 1, x)) / 2 (DLMF 10.29.1); I₋₁ = I₁.
  private static func neighbours(
    of f: ScalarFunction, _ order: Term, _ x: Term
  ) -> Term {
    let above = apply(f, order.shifted(by: 1), x)
    if order.builder.literal(order.value)?.real == 0 { return above }
    return 0.5 * (apply(f, order.shifted(by: -1), x) + above)
  }

  package static let sincDerivative: ScalarFunction = ScalarFunction(
    "sinc_derivative", arity: 2, domain: .float,
    spelling: Spelling(float: .runtime("jg_sinc_derivative")),
    reference: .real { sincReference($0[0], $0[1]) },
    derivative: .partials([
      nil, { x, _ in apply(.sincDerivative, x[0].shifted(by: 1), x[1]) },
    ]),
    samples: [1...1, -3...3],
    summary: "The a-th derivative of sinc at b, for whole a from 0 to 30 (else NaN), without the "
      + "quotients that cancel near 0. No derivative in a.")
}

/// e^(−|x|) I_n(x): power series up to 700, where e^(−x) is still a normal number, then the asymptotic
/// series (DLMF 10.25.2, 10.40.1).
func besselReference(_ order: Double, _ x: Double) -> Double {
  let (n, a) = (Swift.abs(order), Swift.abs(x))
  guard n <= 30, n == n.rounded(), !x.isNaN else { return .nan }
  var sum = 0.0
  if a <= 700 {
    var term = Glibc.exp(-a)
    for k in stride(from: 1, through: n, by: 1) { term *= 0.5 * a / k }
    for k in stride(from: 1.0, through: 2000, by: 1) {
      sum += term
      term *= (0.5 * a / k) * (0.5 * a / (k + n))
    }
  } else {
    var term = 1.0
    for k in stride(from: 1.0, through: 60, by: 1) {
      sum += term
      term *= -(4 * n * n - (2 * k - 1) * (2 * k - 1)) / (8 * k * a)
    }
    sum /= (2 * Double.pi * a).squareRoot()
  }
  return x < 0 && n.truncatingRemainder(dividingBy: 2) == 1 ? -sum : sum
}

/// πⁿ ∫₀¹ tⁿ cos(zt + nπ/2) dt with z = πx: four terms of its series for tiny z, tanh-sinh quadrature
/// up to |x| = 20, the recurrence by parts beyond.
func sincReference(_ order: Double, _ x: Double) -> Double {
  guard order >= 0, order <= 30, order == order.rounded(), !x.isNaN else { return .nan }
  if !x.isFinite { return 0 }
  let x = Swift.abs(x) < 1e-300 ? 0 : x
  let (n, z) = (Int(order), Double.pi * x)
  /// cos(zt + k π/2), the angle in half turns taken from the nearest whole one.
  func wave(_ t: Double, _ k: Int) -> Double {
    let turns = t * x
    let rest = turns - 2 * (turns / 2).rounded()
    let (sine, cosine) =
      Swift.abs(rest) == 1 ? (0, -1) : (Glibc.sin(.pi * rest), Glibc.cos(.pi * rest))
    return [cosine, -sine, -cosine, sine][k % 4]
  }
  let scale = Glibc.pow(.pi, order)
  if Swift.abs(z) < 1e-5 {
    var y = 0.0
    var power = 1.0
    for j in 0..<4 {
      y += power * scale * wave(0, n + j) / Double(n + j + 1)
      power *= z / Double(j + 1)
    }
    return y + 0
  }
  var y = 0.0
  if Swift.abs(x) <= 20 && n > 0 {
    for k in -240...240 {
      let s = Double(k) / 64
      let u = Double.pi * Glibc.sinh(s)
      let t = 1 / (1 + Glibc.exp(-u))
      let weight = Double.pi * Glibc.cosh(s) * t / (1 + Glibc.exp(u)) / 64
      y += weight * Glibc.pow(t, order) * wave(t, n)
    }
  } else {
    // sin(z + kπ/2) = cos(z + (k + 3)π/2)
    y = wave(1, 3) / z
    for k in 0..<n { y = (wave(1, k + 4) - Double(k + 1) * y) / z }
  }
  return y * scale + 0
}
