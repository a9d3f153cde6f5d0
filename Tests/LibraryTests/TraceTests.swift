// Traces as graphs: names from trees, files, kernels on memory of the caller, operations of one's own,
// many tasks at once.
import Glibc
import JitGrad
import Testing

/// Parameters of a model.
private struct Layers: TensorTree, Sendable {
  var weights: TracedTensor
  var layers: [TracedTensor]

  mutating func visit(_ visitor: inout TensorVisitor) {
    visitor.visit(&weights, "weights")
    visitor.visit(&layers, "layers")
  }
}

@Suite struct TraceTests {
  @Test func pathsBecomeNames() throws {
    let model = Layers(
      weights: .input("ignored", .f64, ["d"]).zeros, layers: [TracedTensor(1.0), TracedTensor(2.0)])
    let graph = try trace("loss", model, TracedTensor.input("x", .f64, ["d"])) { model, x in
      (model.weights * x).sum() * model.layers[0] + model.layers[1]
    }
    #expect(graph.inputs.map(\.name) == ["x0.weights", "x0.layers.0", "x0.layers.1", "x"])
    #expect(graph.outputs.map(\.name) == ["loss"])
    let gradient = try graph.gradient(wrt: ["x0.layers.0"])
    let engine = Engine()
    let values = try engine.compile(gradient)(
      [vector(1, 2), Tensor(3.0), Tensor(4.0), vector(10, 20)])
    #expect(values.map(\.number) == [154, 50])
  }

  /// What the closure reads by a name is another input than an argument that nobody gave a name.
  @Test func inventedNamesGiveWay() throws {
    let engine = Engine()
    let captured = TracedTensor.input("x", .f64, [2])
    let graph = try trace("f", TracedTensor([1.0, 2])) { v in
      try (v * v * captured).sum().grad(wrt: v)
    }
    #expect(graph.inputs.map(\.name) == ["x_2", "x"])
    // 2vx
    #expect(try engine.compile(graph)([vector(3, 5), vector(10, 100)])[0].doubles == [60, 1000])
    let several = try trace("g", TracedTensor(1.0), TracedTensor(2.0), TracedTensor.input("x0")) {
      10 * $0 + 100 * $1 + $2 + 1000 * TracedTensor.input("x1")
    }
    #expect(several.inputs.map(\.name) == ["x0_2", "x1_2", "x0", "x1"])
    #expect(
      try engine.compile(several)([1, 2, 3, 4].map { Tensor($0 as Double) })[0].number == 4213)
    let recorded = try RecordedGraph("h", [TensorType(.f64)]) { _, x in
      [x[0] - TracedTensor.input("x0")]
    }
    #expect(recorded.inputTypes.count == 2)
  }

  @Test func graphsAreWrittenAndRead() throws {
    let x = TracedTensor.input("x", .f64, ["n"])
    let graph = try Graph("f", of: forLoop(3, x) { k, y in tanh(y) * k.converted(to: .f64) + x })
    let again = try GraphSource(graph.text).graphs[0]
    #expect(again == graph)
    let applied = try again(x)[0]
    let engine = Engine()
    #expect(
      try applied.eval(engine, ["x": vector(0.1, 2)])
        == engine.compile(graph)([vector(0.1, 2)])[0])
  }

  /// Sizes are computed with where only this module is imported, too.
  @Test func sizesAreExpressions() throws {
    let n: DimExpr = "n"
    let x = TracedTensor.input("x", .f64, [2 * n + 1])
    let halves = x[.range(to: n - 1 + 1)] - x[.range(from: n + 1)]
    #expect(halves.shape == [n])
    #expect(try halves.eval(Engine(), ["x": vector(5, 7, 0, 1, 2)]).doubles == [4, 5])
  }

  @Test func treesOfGradients() throws {
    let engine = Engine()
    var model = Layers(weights: TracedTensor([1.0, -1]), layers: [TracedTensor(0.5)])
    let target = TracedTensor([2.0, 3])
    func loss(_ m: Layers) -> TracedTensor {
      let error = m.weights * m.layers[0] - target
      return (error * error).sum()
    }
    let before = try loss(model).eval(engine).number
    for _ in 0..<200 {
      let gradient = try loss(model).grad(wrt: model)
      model = try model.combined(with: gradient) { $0 - 0.05 * $1 }.evaluated(engine)
    }
    #expect(before > 10)
    #expect(try loss(model).eval(engine).number < 1e-6)
    // The program does not grow with the steps.
    #expect(engine.counters.compiles <= 3)
  }

  @Test func kernelsRunOnMemoryOfTheCaller() throws {
    let engine = Engine()
    let (a, b, c) = (TracedTensor.input("a"), TracedTensor.input("b"), TracedTensor.input("c"))
    let graph = try Graph("f", of: a * b + sin(c), inputs: ["a", "b", "c"])
    let gradient = try engine.compile(graph.gradient()).bound(to: [[], [], []])
    var result = [Double](repeating: 0, count: 4)
    var span = result.mutableSpan
    try gradient([2.0, 3, 0.5].span, into: &span)
    expectClose(result, [6 + Glibc.sin(0.5), 3, 2, Glibc.cos(0.5)])
    var parts = [[0.0], [0.0], [0.0], [0.0]]
    try gradient([[2.0], [3.0], [0.5]], into: &parts)
    #expect(parts.flatMap { $0 } == result)
    var short = [0.0]
    var shortSpan = short.mutableSpan
    #expect(throws: MemoryError.self) { try gradient([1.0].span, into: &shortSpan) }
    short = []
    var floats: [[Float]] = []
    #expect(throws: MemoryError.self) { try gradient([[Float(1)]], into: &floats) }
  }

  /// Arrays of different extents, end to end, and for other sizes of the same kernel.
  @Test func boundKernelsOfVectors() throws {
    let (x, a) = (TracedTensor.input("x", .f64, ["n"]), TracedTensor.input("a"))
    let graph = try Graph("f", of: a * (x * x).sum(), inputs: ["x", "a"])
    let kernel = try Engine().compile(graph.gradient())
    for n in [0, 1, 3] {
      let bound = try kernel.bound(to: [[n], []])
      let values = (0..<n).map { Double($0) + 1 }
      var result = [Double](repeating: .nan, count: bound.outputElementCount)
      var span = result.mutableSpan
      try bound((values + [0.5]).span, into: &span)
      let square = values.reduce(0) { $0 + $1 * $1 }
      expectClose(result, [0.5 * square] + values + [square])
    }
    #expect(throws: BindingError.self) { try kernel.bound(to: [[2, 2], []]) }
    // The sum alone has a small result; its argument has no size all the same.
    let sum = try Engine().compile(Graph("sum", of: x.sum()))
    #expect(throws: BindingError.self) { try sum.bound(to: [[.max]]) }
    #expect(try sum.bound(to: [[1 << 36]]).inputElementCount == 1 << 36)
    let flags = ["p", "q"].map { TracedTensor.input($0, .bool, ["n"])[0] }
    let either = try Engine().compile(Graph("either", of: flags[0] | flags[1]))
    #expect(throws: BindingError.self) { try either.bound(to: [[1 << 62], [1 << 62]]) }
  }

  /// Threads that ask for one structure at once wait for one compile.
  @Test func oneCompileServesAll() throws {
    let x = TracedTensor.input("x", .f64, ["n"])
    var y = x
    for k in 1...200 { y = sin(y) + Double(k) * x }
    let graph = try Graph("f", of: y.sum()).gradient()
    let alone = Engine()
    _ = try alone.compile(graph)
    let engine = Engine()
    try atOnce(4) { _ = try engine.compile(graph) }
    #expect(engine.counters.compiles == 1)
    #expect(engine.counters.hits == 3)
    #expect(engine.counters.byteCount == alone.counters.byteCount)
  }

  @Test func manyTasksCompileAndCall() async throws {
    let engine = Engine()
    let shared = TracedTensor([1.0, 2, 3])
    let base = exp(shared)
    try await withThrowingTaskGroup(of: Double.self) { group in
      for k in 0..<64 {
        group.addTask {
          let y = (base * Double(k % 4)).sum()
          let gradient = try y.grad(wrt: shared)
          return try [y, gradient.sum()].eval(engine)[1].number - Double(k % 4)
        }
      }
      let unit = [1.0, 2, 3].map { Glibc.exp($0) }.reduce(0, +)
      var sums: Set<Int> = []
      for try await value in group {
        sums.insert(Int(((value + 4) * 1e6).rounded()))
      }
      #expect(
        sums
          == Set(
            (0..<4).map { k in
              Int((((unit * Double(k)) - Double(k) + 4) * 1e6).rounded())
            }))
    }
  }

  @Test func variablesDoNotLeaveTheirClosure() throws {
    var leaked: TracedTensor?
    _ = forLoop(2, TracedTensor(1.0)) { _, x in
      leaked = x * 2
      return x
    }
    let tensor = try #require(leaked)
    #expect(throws: EvaluationError.self) { try tensor.eval(Engine()) }
    let input = TracedTensor.input("x")
    let other = TracedTensor.input("x", .f64, [3])
    #expect(throws: EvaluationError.self) { try Graph("f", of: (input * other).sum()) }
  }
}
