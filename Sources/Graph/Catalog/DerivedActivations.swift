// Derived functions of one array, element by element, that networks are made of. What stands beneath
// a `choose` that was not taken leaves no trace in the derivative, so both sides may overflow.

extension Derived {
  static let activations = [
    relu6, leakyReLU, prelu, elu, celu, selu, silu, gelu, mish, softsign, tanhshrink, softshrink,
    hardshrink, hardtanh, hardsigmoid, threshold,
  ]

  private static func number(_ name: String, _ fallback: String) -> Parameter {
    Parameter(name, .number, default: fallback)
  }

  /// An entry of one operand and numbers that may be left out.
  private static func activation(
    _ name: String, _ numbers: [(name: String, fallback: Double)] = [], _ documentation: String,
    _ body: @escaping @Sendable (Term, [Double]) -> Term
  ) -> Entry {
    Entry(
      name, [.operand("x")] + numbers.map { number($0.name, "\($0.fallback)") }, documentation
    ) { call in
      let x = call.operands[0]
      try needsFloat(x, name)
      return [body(x, try numbers.map { try call.number($0.name) ?? $0.fallback })]
    }
  }

  private static func clamped(_ x: Term, _ low: Double, _ high: Double) -> Term {
    apply(.min, apply(.max, x, x.literal(low)), x.literal(high))
  }

  static let relu6 = activation("relu6", [], "`clamp(x, 0, 6)`.") { x, _ in clamped(x, 0, 6) }

  static let leakyReLU = activation(
    "leaky_relu", [("slope", 0.01)], "x where x > 0, else slope·x."
  ) { x, p in choose(x > 0, x, p[0] * x) }

  static let prelu = Entry(
    "prelu", [.operand("x"), .operand("weight")],
    "x where x > 0, else weight·x; the weight broadcasts."
  ) { call in
    let (x, weight) = (call.operands[0], call.operands[1])
    return [choose(x > 0, x, weight * x)]
  }

  static let elu = activation("elu", [("alpha", 1)], "x where x > 0, else α(eˣ − 1).") { x, p in
    choose(x > 0, x, p[0] * apply(.expm1, x))
  }

  static let celu = activation(
    "celu", [("alpha", 1)], "x where x > 0, else α(e^(x/α) − 1): smooth for every α."
  ) { x, p in choose(x > 0, x, p[0] * apply(.expm1, x / p[0])) }

  /// The fixed point of mean 0 and variance 1 (Klambauer et al. 2017).
  static let selu = activation(
    "selu", [], "λ·elu(x, α) with λ = 1.0507… and α = 1.6733…, which keep mean 0 and variance 1."
  ) { x, _ in
    1.0507009873554804934 * choose(x > 0, x, 1.6732632423543772848 * apply(.expm1, x))
  }

  static let silu = activation("silu", [], "`x * sigmoid(x)`, also known as swish.") { x, _ in
    x * apply(.sigmoid, x)
  }

  static let gelu = activation("gelu", [], "`x * ndtr(x)`.") { x, _ in x * apply(.ndtr, x) }

  static let mish = activation("mish", [], "`x * tanh(softplus(x))`.") { x, _ in
    x * apply(.tanh, apply(.softplus, x))
  }

  static let softsign = activation("softsign", [], "x / (1 + |x|).") { x, _ in
    x / (1 + apply(.abs, x))
  }

  static let tanhshrink = activation("tanhshrink", [], "`x - tanh(x)`.") { x, _ in
    x - apply(.tanh, x)
  }

  static let softshrink = activation(
    "softshrink", [("threshold", 0.5)], "x moved toward 0 by the threshold, 0 where it is less."
  ) { x, p in choose(x > p[0], x - p[0], choose(x < -p[0], x + p[0], 0)) }

  static let hardshrink = activation(
    "hardshrink", [("threshold", 0.5)], "x, but 0 where |x| is at most the threshold."
  ) { x, p in choose(apply(.lessEqual, apply(.abs, x), x.literal(p[0])), 0, x) }

  static let hardtanh = activation(
    "hardtanh", [("low", -1), ("high", 1)], "`clamp(x, low, high)`."
  ) { x, p in clamped(x, p[0], p[1]) }

  static let hardsigmoid = activation("hardsigmoid", [], "`clamp(x / 6 + 1/2, 0, 1)`.") { x, _ in
    clamped(x / 6 + 0.5, 0, 1)
  }

  static let threshold = activation(
    "threshold", [("threshold", 0), ("value", 0)], "x where it is above the threshold, else value."
  ) { x, p in choose(x > p[0], x, p[1]) }
}
