// Lowering beyond what the laws reach: simplification to the bit on special values, programs cut
// into parts, the memory plan, and faults that the interpreter must see.
import Autodiff
import Graph
import JIT
import Testing

@testable import Lowering

@Suite struct LoweringTests {
  // MARK: - Simplification

  /// Every value that a rule could get wrong.
  private static let special: [Double] = [
    0, -0.0, 1, -1, 0.5, 2, -2, .infinity, -.infinity, .nan, .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude, 1e308, -1e308,
    1 + .ulpOfOne,
  ]

  /// Expressions of x and y that rules rewrite, or look like it.
  private static let rewritten: [@Sendable (Term, Term) -> Term] = [
    { x, _ in x * 1 }, { x, _ in 1 * x }, { x, _ in x / 1 }, { x, _ in x + 0 },
    { x, _ in 0 + x }, { x, _ in x + -0.0 }, { x, _ in -0.0 + x }, { x, _ in x - 0 },
    { x, _ in x - -0.0 }, { x, _ in x * 0 }, { x, _ in 0 - x }, { x, _ in x - x },
    { x, _ in x / x }, { x, _ in -(-x) }, { x, y in x + -y }, { x, y in -x + y },
    { x, y in x - -y }, { x, y in -(x - y) }, { x, y in -x * -y }, { x, _ in x * -1 },
    { x, _ in apply(.pow, x, x.literal(1)) }, { x, _ in apply(.pow, x, x.literal(2)) },
    { x, _ in apply(.pow, x, x.literal(0)) }, { x, _ in apply(.pow, x, x.literal(0.5)) },
    { x, _ in apply(.pow, x, x.literal(-1)) }, { x, _ in apply(.pow, x, x.literal(3)) },
    { x, y in choose(x < y, x, x) }, { x, y in choose(x == x, x, y) },
    { x, y in choose(x.literal(1) == x.literal(1), x, y) }, { x, _ in apply(.max, x, x) },
    { x, _ in apply(.min, x, x) }, { x, _ in apply(.abs, apply(.abs, x)) },
    { x, _ in x * (x.literal(1) / x.literal(3)) }, { x, _ in x + (x.literal(.infinity) - 1) },
    { x, y in (x + y).transposed([0]).reshaped(to: [15, 15]).reshaped(to: [225]) },
    { x, y in choose(apply(.not, x < y), x, y) }, { x, _ in x.converted(to: .f64) },
    { x, _ in x.converted(to: .f32).converted(to: .f64) }, { x, _ in x / 2 }, { x, _ in x / 3 },
  ]

  /// Expressions whose signs are written elsewhere in the loops.
  private static let signed: [@Sendable (Term, Term) -> Term] = [
    { x, y in x + -y * x }, { x, y in -y * x + x }, { x, y in x - -y * x }, { x, y in -(x * -y) },
    { x, y in -x / -y }, { x, y in x + x / -y }, { x, y in -2 * x + y }, { x, y in y - x * -0.5 },
    { x, y in -(-x * y) + -(-y) }, { x, y in (x * -3) * -y }, { x, y in -0.0 * x + y },
  ]

  /// A value compared with itself: whatever C compilers say of that, and to the bit.
  @Test(arguments: [DType.f64, .i64, .bool]) func comparedWithItself(_ dtype: DType) throws {
    let functions: [ScalarFunction] = [
      .less, .greater, .equal, .lessEqual, .greaterEqual, .notEqual,
    ]
    let builder = GraphBuilder(name: "same")
    let x = builder.addInput("x", TensorType(dtype, ["n"]))
    for f in functions where f.domain.contains(dtype) {
      builder.addOutput(f.name, builder.applying(Elementwise(f), [x, x]))
    }
    let graph = try builder.finished()
    let input =
      dtype == .f64
      ? Tensor([1.0, .nan, -.infinity], shape: [3])
      : Tensor(integers: [1, 0, -7], dtype: dtype, shape: [3])
    let expected = try ReferenceEvaluator.run(graph, inputs: [input], sizes: ["n": 3])
    #expect(try Engine().compile(graph)([input]) == expected)
    // An integer is equal to itself; of floats that is open.
    let simple = try graph.simplified()
    let isOpen = simple.outputs.contains { output in
      simple.definingNode(of: output.value).map { simple.nodes[$0].primitive.function != nil }
        ?? false
    }
    #expect(isOpen == (dtype == .f64))
  }

  @Test func signsToTheBit() throws {
    let pairs = Self.special.flatMap { x in Self.special.map { (x, $0) } }
    for dtype in [DType.f64, .f32] {
      let inputs = [pairs.map(\.0), pairs.map(\.1)].map { values in
        Tensor(values.map { Scalar($0, dtype) }, dtype, [values.count])
      }
      for (number, expression) in (Self.rewritten + Self.signed).enumerated() {
        let graph = try Probe(inputs) { [expression($0[0], $0[1])] }.graph
        let expected = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: [:])[0]
        let found = try Interpreter.run(lower(graph.simplified(), .portable), inputs, [:])[0]
        for (k, pair) in pairs.enumerated() {
          let (a, b) = (expected[k], found[k])
          #expect(
            a == b || a.real.isNaN && b.real.isNaN,
            "expression \(number) of \(pair) in \(dtype): \(b), not \(a)")
        }
      }
    }
  }

  @Test func simplifiedToTheBit() throws {
    let n = Self.special.count
    let pairs = Self.special.flatMap { x in Self.special.map { (x, $0) } }
    let inputs = [
      Tensor(pairs.map(\.0), shape: [n * n]), Tensor(pairs.map(\.1), shape: [n * n]),
    ]
    for (number, expression) in Self.rewritten.enumerated() {
      let graph = try Probe(inputs) { [expression($0[0], $0[1])] }.graph
      let simple = try graph.simplified()
      let before = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: [:])
      let after = try ReferenceEvaluator.run(simple, inputs: inputs, sizes: [:])
      #expect(areIdentical(before[0], after[0]), "expression \(number): \(simple.listing)")
      #expect(simple.nodes.count <= graph.pruned().nodes.count, "expression \(number) grew")
      let again = try simple.simplified()
      #expect(StructuralKey(again) == StructuralKey(simple), "expression \(number): not idempotent")
    }
  }

  // MARK: - Parts

  /// Programs cut after every few locals still compute the same.
  @Test(arguments: 1...60) func partsAgree(_ seed: Int) throws {
    let graph = try RandomGraph.make(seed: seed, count: 30).simplified()
    let whole = lower(graph, .portable)
    let parts = whole.split(localLimit: 3 + seed % 9).withMemoryPlan()
    for sizes in graph.legalSizes(from: [0, 1, 2, 3], limit: 3) {
      var random = RandomSource(seed: seed)
      let inputs = try graph.inputs.map {
        try Tensor.random(graph.type(of: $0.value), sizes, &random)
      }
      let expected = try Interpreter.run(whole, inputs, sizes)
      let found = try Interpreter.run(parts, inputs, sizes)
      #expect(zip(found, expected).allSatisfy(areIdentical), "seed \(seed), sizes \(sizes)")
    }
  }

  // MARK: - Memory

  /// A chain of reductions and broadcasts needs a few buffers, however long it is.
  @Test func buffersAreReused() throws {
    let builder = GraphBuilder(name: "chain")
    var x = builder.addInput("x", TensorType(.f64, ["n", "m"]))
    for _ in 0..<40 {
      let total = x.sum(over: [0])
      x = apply(.sin, x) * total.broadcast(to: ["n", "m"])
    }
    builder.addOutput("y", x)
    let program = lower(try builder.finished().simplified(), .jit)
    let bytes = try program.workspaceByteCount.evaluate { $0 == "n" ? 100 : 50 }
    #expect(bytes <= 4 * (100 * 50 * 8 + 64))
  }

  /// Programs that do what they must not are stopped.
  @Test func interpreterSeesFaults() throws {
    let probe = try Probe([vector(1, 2, 3)]) { [apply(.sin, $0[0].sum(over: [0])) * $0[0]] }
    let sound = lower(probe.graph, .portable)
    func expectFault(_ spoil: (inout LoopProgram) -> Void) {
      var program = sound
      spoil(&program)
      #expect(throws: ProgramFault.self) { try Interpreter.run(program, probe.inputs, [:]) }
    }
    #expect(throws: Never.self) { try Interpreter.run(sound, probe.inputs, [:]) }
    expectFault { $0.body.removeLast() }
    expectFault { $0.body.removeFirst() }
    expectFault { $0.body.append(.store(buffer: 1, offset: 3, .literal(Scalar(0.0, .f64)))) }
    expectFault { $0.body.append(.store(buffer: 0, offset: 0, .literal(Scalar(0.0, .f64)))) }
    expectFault { $0.body.append(.store(buffer: 1, offset: 0, .literal(Scalar(0.0, .f32)))) }
    expectFault {
      $0.body.insert(
        .store(buffer: 1, offset: 0, .load(buffer: 1, offset: 0)), at: 0)
    }
    // Two buffers at one place: what the second writes is no longer the first's.
    expectFault {
      let storage = Buffer.Storage.workspace(byteOffset: 0)
      $0.buffers += ["p", "q"].map {
        Buffer(name: $0, dtype: .f64, shape: [1], storage: storage)
      }
      $0.workspaceByteCount = 8
      let one = Expression.literal(Scalar(1.0, .f64))
      $0.body += [
        .store(buffer: 2, offset: 0, one), .store(buffer: 3, offset: 0, one),
        .store(buffer: 1, offset: 0, .load(buffer: 2, offset: 0)),
      ]
    }
  }
}
