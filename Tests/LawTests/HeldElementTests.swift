// Elements that a loop changes are held in locals while it runs, and nothing else is: values come from the
// reference, and the loops are looked at.
import Frontend
import Graph
import JIT
import Testing

@testable import Lowering

@Suite struct HeldElementTests {
  private func graph(_ text: String) throws -> Graph {
    let file = GraphFile(SourceFile(name: "held", text: "jitgrad 1\n" + text))
    try #require(!file.hasErrors)
    return try #require(file.graphs.first)
  }

  /// What the innermost loops store to buffers, in C for this process.
  private func innermostStores(_ graph: Graph) throws -> Int {
    var count = 0
    for statement in try lower(graph.simplified(), .jit).body {
      statement.forEach {
        guard case .loop(let loop) = $0 else { return }
        let hasLoops = loop.body.contains { if case .loop = $0 { true } else { false } }
        if hasLoops { return }
        for inner in loop.body { if case .store = inner { count += 1 } }
      }
    }
    return count
  }

  private func check(_ graph: Graph, _ sizes: [String: Int]) throws {
    var random = RandomSource(seed: 5)
    let inputs = try graph.inputs.map {
      try Tensor.random(graph.type(of: $0.value), sizes, &random)
    }
    let expected = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes)
    let found = try Engine().compile(graph)(inputs, sizes: sizes)
    let names = graph.outputs.map(\.name)
    #expect(
      difference(found, from: expected, names: names, tolerance: 1e-13) == nil, "\(sizes)")
    let interpreted = try Interpreter.run(lower(graph.simplified(), .jit), inputs, sizes)
    #expect(difference(interpreted, from: expected, names: names, tolerance: 1e-13) == nil)
  }

  /// Three sums beside each other stand in three locals.
  @Test func sumsOverAMiddleAxis() throws {
    let graph = try graph(
      """
      func f(x: f64[n, m, 3], w: f64[m]) -> (y: f64[n, 3]) {
        y = sum(x * reshape(w, [1, m, 1]), axes=[1])
      }
      """)
    #expect(try innermostStores(graph) == 0)
    for m in [0, 1, 2, 9, 300] { try check(graph, ["n": 3, "m": m]) }
  }

  /// What is read at another place in the loop is not held.
  @Test func whatOthersReadStaysInMemory() throws {
    let graph = try graph(
      """
      func f(x: f64[3, m], k: f64[m]) -> (y: f64[3], z: f64[m]) {
        y, z = for i in 0..<m carry y = [1.0, 2.0, 3.0] {
          s = y[i64(abs(10 * k[i])) % 3]
          yield s
          y + s * x[:, i]
        }
      }
      """)
    for m in [1, 2, 9] { try check(graph, ["m": m]) }
    try check(graph.derivative(.vjp), ["m": 5])
  }

  /// A loop that is left between the first value and the loop that changes it: the first value is what
  /// there is then.
  @Test func whatAnExitSkipsIsInMemory() throws {
    let one = Lowering.Expression.literal(Scalar(1.0, .f64))
    func buffer(_ name: String, _ shape: [DimExpr], _ storage: Buffer.Storage) -> Buffer {
      Buffer(name: name, dtype: .f64, shape: shape, storage: storage)
    }
    func loop(_ index: Int, _ extent: DimExpr, _ body: [Lowering.Statement]) -> Lowering.Statement {
      .loop(LoopStatement(index: index, extent: extent, body: body, notes: []))
    }
    let add = Lowering.Statement.store(
      buffer: 1, offset: 0, .apply(.add, .f64, [.load(buffer: 1, offset: 0), one]))
    let isSmall = Lowering.Expression.apply(
      .less, .f64, [.index(.index(0), .f64), .load(buffer: 0, offset: 0)])
    for (exitIsBetween, held) in [(false, 2), (true, 1)] {
      let start = Lowering.Statement.store(buffer: 1, offset: 0, one)
      let exit = Lowering.Statement.exit(unless: isSmall)
      let program = LoopProgram(
        name: "f", symbols: [],
        buffers: [buffer("x", [], .input(0)), buffer("y", [], .output(0))], locals: [], guards: [],
        body: [
          .store(buffer: 1, offset: 0, .literal(Scalar(0.0, .f64))),
          loop(0, 5, (exitIsBetween ? [start, exit] : [exit, start]) + [loop(1, 7, [add])]),
        ])
      let changed = program.holdingElements()
      #expect(changed.locals.count == held)
      for x in [-1.0, 2.0, 9.0] {
        let input = [Tensor(x)]
        let expected = exitIsBetween ? (x > 4 ? 8.0 : 1) : (x > 0 ? 8.0 : 0)
        for program in [program, changed] {
          #expect(try Interpreter.run(program, input, [:]) == [Tensor(expected)], "\(x)")
        }
      }
    }
  }
}
