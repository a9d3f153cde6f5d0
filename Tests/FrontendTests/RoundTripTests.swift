// A printed graph is read back as the same graph, and printed again as the same text: every
// operation in every dtype it accepts, every derived function, derivatives of programs, literals of
// every kind, names of every kind.

import Autodiff
import Graph
import Testing

@testable import Frontend

@Suite struct RoundTripTests {
  @Test(arguments: Catalog.operations.map(\.name)) func operations(_ name: String) throws {
    let entry = try #require(Catalog.entry(named: name))
    var count = 0
    for example in entry.examples {
      let own =
        example.operands.first { $0.dtype.isFloat }?.dtype ?? example.operands.first?.dtype
      for dtype in own == nil ? [.f64] : DType.allCases {
        let types = example.operands.map {
          TensorType($0.dtype == own ? dtype : $0.dtype, $0.shape)
        }
        guard (try? example.operation.resultTypes(of: types)) != nil else { continue }
        let builder = GraphBuilder(name: "f")
        let inputs = types.enumerated().map { builder.addInput("x\($0)", $1).value }
        for (k, value) in try builder.apply(example.operation, inputs).enumerated() {
          builder.addOutput("y\(k)", builder.term(value))
        }
        try checkRoundTrip(try builder.finished())
        count += 1
      }
    }
    #expect(count > 0)
  }

  /// Literals in place of scalar operands.
  @Test(arguments: Catalog.operations.map(\.name)) func literalOperands(_ name: String) throws {
    let entry = try #require(Catalog.entry(named: name))
    for example in entry.examples {
      let builder = GraphBuilder(name: "f")
      let inputs = example.operands.enumerated().map { k, operand in
        operand.shape.isEmpty
          ? builder.constant(Scalar(Int64(k), operand.dtype)).value
          : builder.addInput("x\(k)", TensorType(operand.dtype, operand.shape)).value
      }
      for (k, value) in try builder.apply(example.operation, inputs).enumerated() {
        builder.addOutput("y\(k)", builder.term(value))
      }
      try checkRoundTrip(try builder.finished())
    }
  }

  static let derived =
    [
      "matmul(A, B)", "matmul(A, x)", "matmul(u, A)", "outer(x, u)", "mean(A)",
      "mean(A, axes=[1], keep=true)", "variance(A, axes=0)", "logsumexp(A, axes=[0])", "softmax(A)",
      "log_softmax(A, axis=0)", "clamp(A, -1, 1)", "relu(A)", "square(A)", "zeros([n, 2])",
      "ones([m], dtype=i32)", "expand(A, axis=1)", "squeeze(expand(A), axis=0)",
      "stack(x, x + 1, axis=1)",
      "take(A, [0, 1], axis=1)", "take(A, k, mode=\"drop\")", "top_k(A, k=2)", "zeros_like(A)",
      "ones_like(k)", "vector_norm(A, ord=inf, axes=[1])", "vector_norm(A, 3)", "vecdot(A, x)",
      "cross(B, B)", "mvlgamma(A, p=2)", "logit(A, eps=0.1)", "ldexp(A, x)", "frexp(A)",
      "prelu(A, x)",
      "hardtanh(A, -2, 0.5)", "diagonal(A, offset=1)", "vander(x, count=3)", "cholesky(S)",
      "cholesky(S, upper=true)", "solve(S, u)", "solve(S, A)", "inverse(S)", "lu(A)", "qr(A)",
      "qr(A, positive=true)", "eigh(S)", "eigvalsh(S)", "svd(A)", "svdvals(A)", "pinv(A)",
      "pinv(A, 1e-9)", "lstsq(A, u)", "trace(A)", "diag(x)", "tril(A)", "triu(A)",
      "matrix_power(S, n=5)", "matrix_power(S, n=-1)", "matrix_exp(S)", "kron(A, B)",
      "einsum(\"ij,jk,j,ll->kil\", A, B, x, S)",
    ] + elementwise.map { "\($0)(A)" }

  private static let elementwise = """
    nansum nanmean var std i0 i1 i0e i1e sinc reciprocal deg2rad rad2deg frac nan_to_num relu6 \
    leaky_relu elu celu selu silu gelu mish softsign tanhshrink softshrink hardshrink hardsigmoid \
    threshold
    """.split(separator: " ")

  @Test(arguments: derived) func derivedFunctions(_ call: String) throws {
    let name = call.prefix { $0 != "(" }
    let targets =
      switch name {
      case "top_k", "frexp", "qr", "eigh": "y, z"
      case "lu", "svd": "y, z, w"
      default: "y"
      }
    try checkRoundTrip(
      try graph(
        """
        func f(A: f64[n, m], B: f64[m, 3], S: f64[n, n], x: f64[m], u: f64[n], k: i64[2]) -> (\(targets)) {
          \(targets) = \(call)
        }
        """))
  }

  @Test func everyDerivedFunctionIsTested() {
    for entry in Catalog.derived {
      #expect(Self.derived.contains { $0.contains(entry.name + "(") }, "\(entry.name)")
    }
  }

  static let programs = [
    "func f(x: f64[n], y: f64[n]) -> (loss: f64) { loss = sum((x - y)^2) / n }",
    """
    func ridge(w: f64[d], X: f64[n, d], y: f64[n], lambda: f64) -> (loss: f64) {
      residual = X @ w - y
      loss = sum(residual^2) / n + lambda * sum(w^2)
    }
    """,
    "func f(x: f64) -> (y: f64) { y = exp(-x^2) * sin(3 * x) / (1 + x^4) }",
    "func f(x: f32[n]) -> (y: f32) { y = logsumexp(x * 0.1) }",
    "func f(z: f64[n, k], t: f64[n, k]) -> (loss: f64) { loss = -mean(sum(t * log_softmax(z), [1])) }",
    "func f(x: f64[n], z: f64[m]) -> (y: f64) { y = sum(x * z) }",
    "func f(x: f64[n]) -> (y: f64) where n >= 3 { y = sum(x[2:] * x[:-2] + x[::-1][1:-1]) }",
    "func f(x: f64[n], i: i64) -> (y: f64) where n >= 1 { y = x[i]^2 + sum(cumsum(x)) }",
    "func f(A: f64[n, n]) -> (y: f64) { y = sum((A @ transpose(A))[:, 0]) }",
    "func f(x: f64[n], p: i64[k]) -> (y: f64) where n >= 1 { y = sum(x[p]^3) }",
    "func f(x: f64[h, w], k: f64[3, 3]) -> (y: f64) where h >= 3, w >= 3 "
      + "{ y = sum(conv(reshape(x, [1, 1, h, w]), reshape(k, [1, 1, 3, 3]))^2) }",
    "func f(x: f64[n]) -> (y: f64) { s, i = sort(x)\n y = sum(s * f64(i)) + max(x) }",
    "func f(x: f64[2 * n]) -> (y: f64) { y = prod(reshape(x, [n, 2])[:, 1]) }",
    "func f(x: f64[n], b: f64) -> (y: f64) { y = sum(select(x > b, x^2, hypot(x, b))) }",
    "func f(x: f64[n]) -> (y: f64) where n > 4 { y = sum(pad(x[1:n // 2], 1, low=[2], high=[n % 3])) }",
    """
    func step(h: f64[k], x: f64[d], W: f64[k, k], U: f64[k, d]) -> (h: f64[k]) {
      h = tanh(W @ h + U @ x)
    }
    func rnn(x: f64[3, d], W: f64[k, k], U: f64[k, d]) -> (y: f64) {
      h = step(step(step(zeros([k]), x[0], W, U), x[1], W, U), x[2], W, U)
      y = sum(h)
    }
    """,
  ]

  @Test(arguments: programs, DerivativeMode.allCases)
  func derivatives(_ program: String, _ mode: DerivativeMode) throws {
    let primal = try graph(program)
    try checkRoundTrip(primal)
    let first = try primal.derivative(mode)
    try checkRoundTrip(first)
    // The printed derivative is a program like any other.
    if mode == .gradient {
      let again = try #require(
        GraphFile(SourceFile(name: "g.jg", text: first.languageText)).graphs.first)
      try checkRoundTrip(try again.derivative(.jvp))
      let second = try again.derivative(.vjp)
      try checkRoundTrip(second)
      let third = try second.derivative(.vjp)
      #expect(Set(third.outputs.map(\.name)).count == third.outputs.count)
      #expect(Set(third.inputs.map(\.name)).count == third.inputs.count)
    }
  }

  static let scalars: [Scalar] =
    [
      0, -0.0, 1, -1, 0.1, 1 / 3, .pi, .infinity, -.infinity, .nan, 1e15, 1e16, 1e22, 1e300,
      -1e-300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 123_456_789.125, 0x1p53,
      0x1p53 + 2, 16_777_217, 1e-45, 3.4028235e38, 0.1 as Double,
    ].flatMap { [Scalar($0, .f64), Scalar($0, .f32)] }
    + [Float(0.1), 1 / 3, 16_777_216, 3.4e38, .leastNonzeroMagnitude, .pi, 1e10, 8_388_607.5].map {
      Scalar(Double($0), .f32)
    }
    + [0, 1, -1, 42, .min, .max, .min + 1, 1 << 53 + 1].flatMap {
      [Scalar($0 as Int64, .i64), Scalar($0, .i32)]
    }
    + [Scalar(Int64(Int32.min), .i32), Scalar(Int64(Int32.max), .i32), Scalar(true), Scalar(false)]

  @Test(arguments: scalars) func literals(_ scalar: Scalar) throws {
    let builder = GraphBuilder(name: "f")
    let x = builder.addInput("x", TensorType(scalar.dtype, ["n"]))
    let literal = builder.constant(scalar)
    builder.addOutput("a", literal)
    builder.addOutput("b", apply(.equal, x, literal))
    builder.addOutput("c", apply(.select, apply(.equal, literal, x), literal, literal))
    builder.addOutput(
      "d", builder.constant(Tensor(repeating: scalar, shape: [2, 1])))
    if scalar.dtype != .bool {
      builder.addOutput("e", apply(.subtract, x, literal))
      builder.addOutput("f", apply(.pow, literal, x))
      builder.addOutput("g", apply(.negate, literal))
    }
    try checkRoundTrip(try builder.finished())
  }

  @Test func constants() throws {
    let builder = GraphBuilder(name: "f")
    for (k, shape) in [[], [1], [3], [2, 3], [2, 1, 3], [1, 1, 1, 1], [0], [2, 0], [0, 2]]
      .enumerated()
    {
      for dtype in DType.allCases {
        let tensor = Tensor(
          (0..<shape.reduce(1, *)).map { Scalar(Double($0) - 1.5, dtype) }, dtype, shape)
        builder.addOutput("y\(k).\(dtype)", builder.constant(tensor))
      }
    }
    try checkRoundTrip(try builder.finished())
  }

  @Test func sizes() throws {
    let builder = GraphBuilder(name: "f")
    let (n, m): (DimExpr, DimExpr) = ("n", "m")
    let sizes: [DimExpr] = [
      n, 2 * n + 1, n * m - 3, -n, 1 - n, n * n * m, .floorDiv(n + 1, 2), .mod(n, m), .min(n, m),
      .max(n * m, 7), .broadcast(n, m), 2 * .floorDiv(n, 3) * .mod(m, 5),
      .floorDiv(.broadcast(n, m) + 1, 4), .floorDiv(n, m + 1), .max(.min(n, m), n - m), 0, 5, -5,
      DimExpr(.min), DimExpr(.max), n + DimExpr(.min), DimExpr(.min) * n, DimExpr(.max) * n - 1,
      .floorDiv(n, -3), .mod(-n, .max(m, 1)),
    ]
    for (k, e) in sizes.enumerated() {
      for dtype in [DType.f64, .f32, .i64, .i32] {
        let size = builder.applying(Extent(extent: e, dtype: dtype), [])
        builder.addOutput("y\(k).\(dtype)", size)
        let x = builder.addInput("x\(k).\(dtype)", TensorType(dtype))
        builder.addOutput("z\(k).\(dtype)", x * size - size)
      }
    }
    try checkRoundTrip(try builder.finished())
  }

  @Test func names() throws {
    let names = [
      "while", "func", "nan", "f64", "sum", "int", "a.b.1", "größe", "with space", "1st", "_", "_1",
      "_2", "x); system(\"…\"", "#", "\\", "\"", "n-1", "𝛼", "true", "jitgrad", "double", "_t",
    ]
    let builder = GraphBuilder(name: "for")
    for (k, name) in names.enumerated() {
      let x = builder.addInput("\(name)", TensorType(.f64, [.symbol("s \(name)")]))
      let y = apply(.exp, x)
      builder.name(y, "\(name) 2")
      builder.addOutput("out \(name)", y * y + Double(k) - x)
    }
    try checkRoundTrip(try builder.finished())
  }

  /// Names that cannot be written are changed; the text is read without a mistake.
  @Test func unspellableNames() throws {
    for name in ["a`b", "", "a\nb", "\u{202E}x"] {
      let builder = GraphBuilder(name: name)
      let x = builder.addInput(name, TensorType(.f64, [.symbol("n\(name)")]))
      builder.addOutput("y\(name)", x + 1)
      let text = try builder.finished().languageText
      let file = GraphFile(SourceFile(name: "p.jg", text: text))
      #expect(file.diagnostics.isEmpty && file.graphs.count == 1, "\(text)")
    }
  }

  /// Outputs that are inputs, other outputs, or have the names of others.
  @Test func outputsOfAllKinds() throws {
    let builder = GraphBuilder(name: "f")
    let a = builder.addInput("a", TensorType(.f64, ["n"]))
    let b = builder.addInput("b", TensorType(.f64, ["n"]))
    let s = a + b
    builder.name(s, "s")
    builder.addOutput("b", a)
    builder.addOutput("a", b)
    builder.addOutput("s2", s)
    builder.addOutput("s3", s)
    builder.addOutput("c", a)
    builder.addOutput("zero", builder.constant(0, .f64))
    builder.addOutput("zero2", builder.constant(0, .f64))
    try checkRoundTrip(try builder.finished())
  }

  @Test func severalFunctions() throws {
    let graphs = try Self.programs.prefix(3).enumerated().map {
      var graph = try graph($1)
      graph.name = "f\($0)"
      return graph
    }
    let file = GraphFile(SourceFile(name: "p.jg", text: GraphFile.text(of: graphs)))
    #expect(file.diagnostics.isEmpty)
    #expect(file.graphs == graphs)
  }

  /// A long chain of unnamed operations is printed in expressions of bounded depth.
  @Test func deepChains() throws {
    let builder = GraphBuilder(name: "f")
    var x = builder.addInput("x", TensorType(.f64))
    for _ in 0..<20_000 { x = apply(.sin, x) }
    builder.addOutput("y", x)
    try checkRoundTrip(try builder.finished())
  }
}
