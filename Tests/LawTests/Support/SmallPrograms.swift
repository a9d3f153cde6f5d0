// The programs of CompositionTests.
import Graph

enum SmallPrograms {
  typealias Input = (name: String, operand: Example.Operand)

  static let all: [Subject] = makers.map { try! $0() }
  static let makers: [@Sendable () throws -> Subject] = [
    crossEntropy, layerNorm, attention, rosenbrock, convolutionNet, cumulativeChain, embedding,
    sortLoss, broadcastAtTheCall, gaussianMixture, recurrence, windows, ridge, manyOutputs,
  ]

  private static func make(
    _ description: String, _ inputs: [Input], tolerance: Double = 1e-11,
    _ body: (GraphBuilder, [Term]) throws -> [Term]
  ) throws -> Subject {
    let builder = GraphBuilder(name: "program")
    let terms = inputs.map {
      builder.addInput($0.name, TensorType($0.operand.dtype, $0.operand.shape))
    }
    for (k, term) in try body(builder, terms).enumerated() { builder.addOutput("y\(k)", term) }
    return Subject(
      description, try builder.finished(), inputs.map(\.operand), tolerance: tolerance)
  }

  private static func float(
    _ name: String, _ shape: [DimExpr], in range: ClosedRange<Double> = -1.5...1.5,
    distinct: Bool = false
  ) -> Input { (name, .init(.f64, shape, in: range, distinct: distinct)) }

  private static func mean(_ x: Term) throws -> Term { try call("mean", [x])[0] }

  @Sendable private static func crossEntropy() throws -> Subject {
    try make(
      "softmax cross entropy",
      [
        float("w", [2, "m"]), float("X", ["n", 2]), float("b", ["m"]),
        ("labels", .init(.i64, ["n", 1], in: 0...2)),
      ]
    ) { _, x in
      let logits = try call("matmul", [x[1], x[0]])[0] + x[2]
      let scores = try call("log_softmax", [logits])[0]
      let chosen = try call(
        "gather", [scores, x[3]], ["axes": .dims([1]), "batch": .dim(1), "mode": .word("drop")])[0]
      return [-chosen.sum(over: [0])]
    }
  }

  @Sendable private static func layerNorm() throws -> Subject {
    try make("layer norm", [float("x", ["n", 3]), float("gain", [3]), float("shift", [3])]) {
      _, x in
      let last: [String: AttributeValue] = ["axes": .dims([-1]), "keep": .flag(true)]
      let centred = x[0] - (try call("mean", [x[0]], last)[0])
      let scale = apply(.rsqrt, try call("variance", [x[0]], last)[0] + 1e-2)
      return [centred * scale * x[1] + x[2]]
    }
  }

  @Sendable private static func attention() throws -> Subject {
    try make("attention", [float("q", ["n", 2]), float("k", ["m", 2]), float("v", ["m", 3])]) {
      _, x in
      let scores = x[0].dot(x[1], contracting: ([1], [1])) * 0.7
      return [try call("matmul", [call("softmax", [scores])[0], x[2]])[0]]
    }
  }

  @Sendable private static func rosenbrock() throws -> Subject {
    try make("Rosenbrock", [float("x", ["n" + 1])]) { _, x in
      let (a, b) = (
        x[0].slice(axis: 0, from: 1, to: "n" + 1), x[0].slice(axis: 0, from: 0, to: "n")
      )
      let square = { (t: Term) in apply(.pow, t, t.literal(2)) }
      return [(100 * square(a - square(b)) + square(1 - b)).sum(over: [0])]
    }
  }

  @Sendable private static func convolutionNet() throws -> Subject {
    try make(
      "convolutional net",
      [float("x", [1, 2, "n" + 2, 4]), float("w", [2, 2, 3, 2]), float("v", [2])]
    ) { _, x in
      let made = try call("conv", [x[0], x[1]], ["padding": .dimLists([[1, 1], [0, 0]])])[0]
      let active = apply(.tanh, made)
      let pooled = try call("mean", [active], ["axes": .dims([2, 3])])[0]
      return [(pooled * x[2]).sum(over: [0, 1])]
    }
  }

  @Sendable private static func cumulativeChain() throws -> Subject {
    try make("chain of cumulative sums", [float("x", ["n", "m"])]) { _, x in
      let a = try call("cumsum", [x[0]], ["axis": .dim(0)])[0]
      let b = try call("cumsum", [apply(.tanh, a)], ["axis": .dim(1), "reverse": .flag(true)])[0]
      let c = try call("cumprod", [b * 0.3 + 1], ["axis": .dim(0)])[0]
      return [(c * x[0]).sum(over: [1])]
    }
  }

  @Sendable private static func embedding() throws -> Subject {
    try make(
      "embedding", [float("table", ["n" + 1, 2]), ("ids", .init(.i64, ["k", 1], in: 0...3))]
    ) { builder, x in
      let rows = try call("gather", [x[0], x[1]])[0]
      let zero = builder.constant(0, .f64).broadcast(to: ["n" + 1, 2], axes: [])
      let counts = try call("scatter", [zero, x[1], apply(.exp, rows)], ["mode": .word("clamp")])[0]
      return [(counts * x[0]).sum(over: [0, 1])]
    }
  }

  @Sendable private static func sortLoss() throws -> Subject {
    try make("sort loss", [float("x", ["n"], distinct: true), float("w", ["n"])]) { _, x in
      let sorted = try call("sort", [x[0]])[0]
      return [(sorted * sorted * x[1]).sum(over: [0])]
    }
  }

  @Sendable private static func broadcastAtTheCall() throws -> Subject {
    try make("broadcast at the call", [float("a", ["n"]), float("b", ["k"])]) { _, x in
      let mixed = apply(.sin, x[0] * x[1]) + x[1]
      return [(mixed * mixed).sum(over: [0])]
    }
  }

  @Sendable private static func gaussianMixture() throws -> Subject {
    try make(
      "mixture", [float("x", ["n", 2]), float("mu", ["m" + 1, 2]), float("logits", ["m" + 1])]
    ) {
      _, x in
      let difference = x[0].inserted(extents: [1], at: 1) - x[1]
      let distance = (difference * difference).sum(over: [2])
      let terms = try call("log_softmax", [x[2]])[0] - 0.5 * distance
      return [try call("logsumexp", [terms], ["axes": .dims([1])])[0].sum(over: [0])]
    }
  }

  @Sendable private static func recurrence() throws -> Subject {
    try make("recurrence", [float("a", ["n", "m"], in: -0.9...0.9), float("b", ["n", "m"])]) {
      _, x in
      let y = try call("linear_recurrence", [apply(.sin, x[0]), x[1]])[0]
      return [y, (y * x[0]).sum(over: [0])]
    }
  }

  @Sendable private static func windows() throws -> Subject {
    try make(
      "windows", [float("x", ["n" + 2]), float("u", [2]), ("at", .init(.i64, [], in: -1...4))]
    ) { _, x in
      let replaced = try call("dynamic_update", [x[0], x[1] * x[1], x[2]])[0]
      let window = try call("dynamic_slice", [replaced, x[2]], ["shape": .dims([2])])[0]
      return [(replaced * replaced).sum(over: [0]) + (window * x[1]).sum(over: [0])]
    }
  }

  @Sendable private static func ridge() throws -> Subject {
    try make(
      "ridge", [float("w", ["d"]), float("X", ["n", "d"]), float("y", ["n"])]
    ) { builder, x in
      let residual = try call("matmul", [x[1], x[0]])[0] - x[2]
      let n = builder.applying(Extent(extent: "n" + 1, dtype: .f64), [])
      return [(residual * residual).sum(over: [0]) / n + 0.1 * (x[0] * x[0]).sum(over: [0])]
    }
  }

  /// Outputs that are inputs, views of each other, and one value twice.
  @Sendable private static func manyOutputs() throws -> Subject {
    try make("many outputs", [float("x", ["n", "m"]), float("y", ["m"])]) { _, x in
      let product = x[0] * x[1]
      return [
        x[0], product, product, product.transposed([1, 0]), x[1],
        product.sum(over: [0]), product.reduce(.max, over: [0, 1]),
        x[0].reshaped(to: [DimExpr("n") * "m"]),
      ]
    }
  }
}
