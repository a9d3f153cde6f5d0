// Rows: roots, exponentials, logarithms, trigonometric and hyperbolic functions. C names are those
// of math.h; samples keep away from poles and branch points.
import Glibc

extension ScalarFunction {
  static let transcendental: [ScalarFunction] = [
    sqrt, cbrt, rsqrt, exp, exp2, expm1, log, log2, log10, log1p, sin, cos, tan, asin, acos, atan,
    atan2, hypot, sinh, cosh, tanh, asinh, acosh, atanh, sigmoid, softplus, logSigmoid,
  ]

  package static let sqrt: ScalarFunction = real(
    "sqrt", .libm("sqrt"), Glibc.sqrt, on: 0.2...4, "√x. Derivative ∞ at 0."
  ) { _, y in 0.5 / y }

  package static let cbrt: ScalarFunction = real(
    "cbrt", .libm("cbrt"), Glibc.cbrt, on: 0.2...4,
    "∛x, also of negative numbers. Derivative: ⅓·x^(−2/3), ∞ at 0."
  ) { _, y in 1 / (3 * y * y) }

  package static let rsqrt: ScalarFunction = real(
    "rsqrt", .runtime("jg_rsqrt"), { 1 / Glibc.sqrt($0) }, on: 0.2...4,
    "1 / √x; ∞ at 0, NaN below. Derivative: −½·x^(−3/2)."
  ) { x, y in -0.5 * (y / x) }

  package static let exp: ScalarFunction = real(
    "exp", .libm("exp"), Glibc.exp, on: -3...3, "eˣ. Derivative: eˣ."
  ) { _, y in y }

  package static let exp2: ScalarFunction = real(
    "exp2", .libm("exp2"), Glibc.exp2, on: -3...3, "2ˣ. Derivative: 2ˣ·log 2."
  ) { _, y in y * 0.693147180559945309417 }

  package static let expm1: ScalarFunction = real(
    "expm1", .libm("expm1"), Glibc.expm1, on: -3...3, "eˣ − 1, accurate near 0. Derivative: eˣ."
  ) { _, y in y + 1 }

  package static let log: ScalarFunction = real(
    "log", .libm("log"), Glibc.log, on: 0.2...4,
    "The natural logarithm; −∞ at 0, NaN below. Derivative: 1/x."
  ) { x, _ in 1 / x }

  package static let log2: ScalarFunction = real(
    "log2", .libm("log2"), Glibc.log2, on: 0.2...4,
    "The logarithm to base 2. Derivative: 1/(x·log 2)."
  ) { x, _ in 1.44269504088896340736 / x }

  package static let log10: ScalarFunction = real(
    "log10", .libm("log10"), Glibc.log10, on: 0.2...4,
    "The logarithm to base 10. Derivative: 1/(x·log 10)."
  ) { x, _ in 0.434294481903251827651 / x }

  package static let log1p: ScalarFunction = real(
    "log1p", .libm("log1p"), Glibc.log1p, on: -0.7...3,
    "log(1 + x), accurate near 0. Derivative: 1/(1 + x)."
  ) { x, _ in 1 / (1 + x) }

  package static let sin: ScalarFunction = real(
    "sin", .libm("sin"), Glibc.sin, on: -3...3, "sin x, of radians. Derivative: cos x."
  ) { x, _ in
    apply(.cos, x)
  }

  package static let cos: ScalarFunction = real(
    "cos", .libm("cos"), Glibc.cos, on: -3...3, "cos x, of radians. Derivative: −sin x."
  ) { x, _ in
    -apply(.sin, x)
  }

  package static let tan: ScalarFunction = real(
    "tan", .libm("tan"), Glibc.tan, on: -1...1, "tan x, of radians. Derivative: 1 + tan² x."
  ) { _, y in
    1 + y * y
  }

  package static let asin: ScalarFunction = real(
    "asin", .libm("asin"), Glibc.asin, on: -0.8...0.8,
    "arcsin x, in −π/2 … π/2. Derivative: 1/√(1 − x²)."
  ) { x, _ in apply(.rsqrt, (1 - x) * (1 + x)) }

  package static let acos: ScalarFunction = real(
    "acos", .libm("acos"), Glibc.acos, on: -0.8...0.8,
    "arccos x, in 0 … π. Derivative: −1/√(1 − x²)."
  ) { x, _ in -apply(.rsqrt, (1 - x) * (1 + x)) }

  package static let atan: ScalarFunction = real(
    "atan", .libm("atan"), Glibc.atan, on: -3...3,
    "arctan x, in −π/2 … π/2. Derivative: 1/(1 + x²)."
  ) { x, _ in 1 / (1 + x * x) }

  package static let atan2: ScalarFunction = ScalarFunction(
    "atan2", arity: 2, domain: .float, spelling: Spelling(float: .libm("atan2")),
    reference: .real { Glibc.atan2($0[0], $0[1]) },
    derivative: .partials([
      { x, _ in
        let squares = x[0] * x[0] + x[1] * x[1]
        return x[1] / squares
      },
      { x, _ in
        let squares = x[0] * x[0] + x[1] * x[1]
        return -(x[0] / squares)
      },
    ]),
    samples: [-3...3, 0.3...3],
    summary: "The angle of the point (b, a), in −π … π. Derivative: (b·da − a·db)/(a² + b²).")

  package static let hypot: ScalarFunction = ScalarFunction(
    "hypot", arity: 2, domain: .float, spelling: Spelling(float: .libm("hypot")),
    reference: .real { Glibc.hypot($0[0], $0[1]) },
    derivative: .partials([
      { x, y in choose(y == 0, 0, x[0] / y) }, { x, y in choose(y == 0, 0, x[1] / y) },
    ]),
    samples: [0.3...3, 0.3...3],
    summary: "√(a² + b²) without overflow. Derivative 0 at the origin.")

  package static let sinh: ScalarFunction = real(
    "sinh", .libm("sinh"), Glibc.sinh, on: -3...3, "sinh x. Derivative: cosh x."
  ) { x, _ in apply(.cosh, x) }

  package static let cosh: ScalarFunction = real(
    "cosh", .libm("cosh"), Glibc.cosh, on: -3...3, "cosh x. Derivative: sinh x."
  ) { x, _ in apply(.sinh, x) }

  package static let tanh: ScalarFunction = real(
    "tanh", .libm("tanh"), Glibc.tanh, on: -3...3, "tanh x. Derivative: 1 − tanh² x."
  ) { _, y in 1 - y * y }

  package static let asinh: ScalarFunction = real(
    "asinh", .libm("asinh"), Glibc.asinh, on: -3...3, "arsinh x. Derivative: 1/√(x² + 1)."
  ) { x, _ in 1 / apply(.hypot, x, x.literal(1)) }

  package static let acosh: ScalarFunction = real(
    "acosh", .libm("acosh"), Glibc.acosh, on: 1.3...4,
    "arcosh x, for x ≥ 1. Derivative: 1/√(x² − 1)."
  ) { x, _ in apply(.rsqrt, (x - 1) * (x + 1)) }

  package static let atanh: ScalarFunction = real(
    "atanh", .libm("atanh"), Glibc.atanh, on: -0.8...0.8,
    "artanh x, for |x| ≤ 1. Derivative: 1/(1 − x²)."
  ) { x, _ in 1 / ((1 - x) * (1 + x)) }

  package static let sigmoid: ScalarFunction = real(
    "sigmoid", .runtime("jg_sigmoid"), { 1 / (1 + Glibc.exp(-$0)) }, on: -4...4,
    "σ = 1 / (1 + e⁻ˣ), without overflow. Derivative: σ·(1 − σ)."
  ) { x, y in y * apply(.sigmoid, -x) }

  package static let softplus: ScalarFunction = real(
    "softplus", .runtime("jg_softplus"),
    { Double.maximum($0, 0) + Glibc.log1p(Glibc.exp(-Swift.abs($0))) }, on: -4...4,
    "log(1 + eˣ), without overflow. Derivative: sigmoid(x)."
  ) { x, _ in apply(.sigmoid, x) }

  package static let logSigmoid: ScalarFunction = real(
    "log_sigmoid", .runtime("jg_log_sigmoid"),
    { -(Double.maximum(-$0, 0) + Glibc.log1p(Glibc.exp(-Swift.abs($0)))) }, on: -4...4,
    "log(sigmoid(x)) = −softplus(−x)."
  ) { x, _ in apply(.sigmoid, -x) }
}
