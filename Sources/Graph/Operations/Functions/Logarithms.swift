// Rows: logarithms of ratios and sums, and products with logarithms that are 0 where the factor is.
import Glibc

extension ScalarFunction {
  static let logarithms: [ScalarFunction] = [logaddexp, logOdds, entr, xlogy, xlog1py]

  package static let logaddexp: ScalarFunction = ScalarFunction(
    "logaddexp", arity: 2, domain: .float, spelling: Spelling(float: .runtime("jg_logaddexp")),
    reference: .real { x in
      if x[0] == x[1] { return x[0] + Glibc.log(2) }
      return Double.maximum(x[0], x[1]) + Glibc.log1p(Glibc.exp(-Swift.abs(x[0] - x[1])))
    },
    derivative: .partials([
      { x, _ in apply(.sigmoid, x[0] - x[1]) }, { x, _ in apply(.sigmoid, x[1] - x[0]) },
    ]),
    samples: [-3...3, -3...3],
    summary: "log(eᵃ + eᵇ), without overflow. Derivative: σ(a − b)·da + σ(b − a)·db.")

  package static let logOdds: ScalarFunction = real(
    "log_odds", .runtime("jg_logit"), { Glibc.log($0 / (1 - $0)) }, on: 0.1...0.9,
    "log(x / (1 − x)), the inverse of sigmoid, accurate near ½; −∞ at 0, ∞ at 1, NaN beyond. "
      + "Derivative: 1/(x(1 − x)). `logit` is the same with an option."
  ) { x, _ in 1 / (x * (1 - x)) }

  package static let entr: ScalarFunction = real(
    "entr", .runtime("jg_entr"),
    { $0 > 0 ? -$0 * Glibc.log($0) : $0 == 0 ? 0 : $0 < 0 ? -.infinity : .nan }, on: 0.2...3,
    "−x·log x, 0 at 0, −∞ below. Derivative: −1 − log x, so ∞ at 0."
  ) { x, _ in -1 - apply(.log, x) }

  package static let xlogy: ScalarFunction = productWithLogarithm(
    "xlogy", .runtime("jg_xlogy"), Glibc.log, 0.2...3,
    "a·log b, 0 where a is 0. Derivative: log b·da + (a/b)·db, where a/b is 0 for a = 0."
  ) { ($0, apply(.log, $0)) }

  package static let xlog1py: ScalarFunction = productWithLogarithm(
    "xlog1py", .runtime("jg_xlog1py"), Glibc.log1p, -0.7...2,
    "a·log(1 + b), 0 where a is 0. Derivative: log(1 + b)·da + a/(1 + b)·db, where the quotient is 0 "
      + "for a = 0."
  ) { (1 + $0, apply(.log1p, $0)) }

  private static func productWithLogarithm(
    _ name: String, _ form: CForm, _ logarithm: @escaping @Sendable (Double) -> Double,
    _ range: ClosedRange<Double>, _ summary: String,
    parts: @escaping @Sendable (Term) -> (argument: Term, logarithm: Term)
  ) -> ScalarFunction {
    ScalarFunction(
      name, arity: 2, domain: .float, spelling: Spelling(float: form),
      reference: .real { $0[0] == 0 && !$0[1].isNaN ? 0 : $0[0] * logarithm($0[1]) },
      derivative: .partials([
        { x, _ in parts(x[1]).logarithm },
        { x, _ in choose(x[0] == 0, 0, x[0] / parts(x[1]).argument) },
      ]),
      samples: [-3...3, range], summary: summary)
  }
}
