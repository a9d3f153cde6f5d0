// Every law for programs with loops and branches; what only loops promise; and third derivatives.
import Autodiff
import Frontend
import Graph
import JIT
import Testing

@Suite struct LoopLaws {
  @Test(arguments: LoopPrograms.all) func obeysAllLaws(_ program: Subject) throws {
    for law in Law.allCases {
      for failure in law.failures(program) { Issue.record("\(failure)") }
    }
  }

  /// The laws of the gradient's gradient: third derivatives. In reverse every order goes back through
  /// what the one before did again, which takes long where that is much.
  @Test(
    arguments: LoopPrograms.all.filter { !["nested", "held", "every"].contains($0.description) })
  func thirdOrder(_ program: Subject) throws {
    let second = try program.graph.derivative(.vjp, wrt: program.variables)
      .derivative(.vjp, wrt: program.variables, of: program.variables.map { "grad.\($0)" })
    var random = RandomSource(seed: 11)
    let more = second.inputs.dropFirst(program.graph.inputs.count).map { input in
      let type = second.type(of: input.value)
      _ = random.uniform()
      return Example.Operand(type.dtype, type.shape, in: -1...1)
    }
    var subject = Subject(
      "second derivative of \(program.description)", second, program.operands + more,
      tolerance: max(10 * program.tolerance, 1e-10))
    subject.variables = program.variables
    for law in [Law.compiled, .differences, .adjoint] {
      for failure in law.failures(subject) { Issue.record("\(failure)") }
    }
  }

  /// A trip count that changes from call to call compiles nothing new.
  @Test func countsShareOneKernel() throws {
    let graph = try graph(
      """
      func f(x: f64, n: i64) -> (y: f64) { y = for i in 0..<n carry y = x { y + sin(y) / 1000 } }
      """)
    let engine = Engine()
    let gradient = try graph.derivative(.gradient)
    for count in [0, 1, 7, 1000] {
      let x = 0.7
      var (y, slope) = (x, 1.0)
      for _ in 0..<count { (y, slope) = (y + sine(y) / 1000, slope * (1 + cosine(y) / 1000)) }
      let results = try engine.compile(gradient)([Tensor(x), Tensor(Int64(count))])
      #expect(abs(results[0].doubles[0] - y) < 1e-13)
      #expect(abs(results[1].doubles[0] - slope) < 1e-12)
    }
    #expect(engine.counters.compiles == 1)
  }

  /// The gradient of a loop is that of its steps written out.
  @Test(arguments: [0, 1, 7]) func equalsItsUnrolling(_ count: Int) throws {
    func step(_ x: String) -> String { "tanh(W @ \(x) + 0.1 * \(x) * \(x))" }
    let loop = try graph(
      """
      func f(W: f64[d, d], h: f64[d]) -> (y: f64) {
        z = for _ in 0..<\(count) carry h = h { \(step("h")) }
        y = sum(z * z)
      }
      """)
    let lines = (0..<count).map { _ in "  z = \(step("z"))" }
    let unrolled = try graph(
      "func f(W: f64[d, d], h: f64[d]) -> (y: f64) {\n  z = h\n"
        + lines.joined(separator: "\n") + "\n  y = sum(z * z)\n}")
    var random = RandomSource(seed: 4)
    let sizes = ["d": 5]
    let x = try loop.inputs.map { try Tensor.random(loop.type(of: $0.value), sizes, &random) }
    for mode in [DerivativeMode.gradient, .hessian] {
      let a = try Engine().compile(loop.derivative(mode))(x)
      let b = try Engine().compile(unrolled.derivative(mode))(x)
      let names = b.indices.map { "output \($0)" }
      #expect(difference(a, from: b, names: names, tolerance: 1e-12) == nil)
    }
  }

  /// Only the branch that is taken runs: nothing of the other reaches value or gradient.
  @Test func branchesDoNotLeak() throws {
    let graph = try graph(
      "func f(x: f64) -> (y: f64) { y = if x > 0.0 { sqrt(x) } else { 0.0 * x } }")
    let hessian = try Engine().compile(graph.derivative(.hessian))
    #expect(try hessian([Tensor(-1.0)]).map(\.doubles) == [[-0.0], [0], [0]])
    #expect(try hessian([Tensor(0.0)]).map(\.doubles) == [[0], [0], [0]])
    #expect(try hessian([Tensor(4.0)]).map(\.doubles) == [[2], [0.25], [-1.0 / 32]])
  }

  /// The gradient is the same to the bit under every policy, compiled and by reference.
  @Test(arguments: [0, 1, 2, 10, 33]) func policiesAgree(_ count: Int) throws {
    let sizes = ["n": count, "d": 4]
    var first: [Tensor]?
    for keep in ["", "keep nothing", "keep every 3", "keep at most 1", "keep at most 4"] {
      let graph = try graph(
        """
        func f(xs: f64[n, d], W: f64[d, d], h: f64[d]) -> (y: f64) {
          z, all = for x in xs carry h = h \(keep) { z = tanh(W @ h + x)
            yield sum(z)
            z }
          y = sum(z * z) + sum(all)
        }
        """)
      let gradient = try graph.derivative(.gradient)
      var random = RandomSource(seed: 8)
      let x = try graph.inputs.map { try Tensor.random(graph.type(of: $0.value), sizes, &random) }
      let found = try Engine().compile(gradient)(x)
      if let first { #expect(found == first, "\(keep), \(count) steps") } else { first = found }
    }
  }

  /// A number of states bound at the call, or as many as fit.
  @Test func checkpointsFitTheMemory() throws {
    let graph = try graph(
      """
      func f(x: f64[d], n: i64) -> (y: f64) {
        z = for _ in 0..<n carry x = x { sin(x) + 0.5 * x }
        y = sum(z)
      }
      """)
    let plain = try Engine().compile(graph.derivative(.gradient))
    let engine = Engine()
    let kernel = try engine.compile(graph.derivative(.gradient, isCheckpointed: true))
    let x = Tensor([Double](repeating: 0.3, count: 100), shape: [100])
    let expected = try plain([x, Tensor(Int64(200))])
    for states in [1, 2, 5, 64] {
      #expect(try kernel([x, Tensor(Int64(200))], sizes: ["checkpoints": states]) == expected)
    }
    let least = try kernel.byteCount(sizes: ["d": 100, "checkpoints": 1])
    #expect(try kernel([x, Tensor(Int64(200))], memoryLimit: least) == expected)
    #expect(throws: BindingError.memory(needed: least, limit: least - 1)) {
      try kernel([x, Tensor(Int64(200))], memoryLimit: least - 1)
    }
    #expect(engine.counters.compiles == 1)
  }

  private func graph(_ text: String) throws -> Graph {
    let file = GraphFile(SourceFile(name: "test", text: "jitgrad 1\n" + text))
    try #require(
      !file.hasErrors, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    return file.graphs[0]
  }

  private func sine(_ x: Double) -> Double { ScalarFunction.sin.value([Scalar(x, .f64)]).real }
  private func cosine(_ x: Double) -> Double { ScalarFunction.cos.value([Scalar(x, .f64)]).real }
}
