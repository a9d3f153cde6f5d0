// Evaluation midway: what is promised of algorithms that build, evaluate, go on building, and
// differentiate at the end.
import Glibc
import JitGrad
import Testing

/// Newton's method for the square root of a, by hand and as a growing trace.
private func newton(_ x: TracedTensor, _ a: TracedTensor) -> TracedTensor {
  x - (x * x - a) / (2 * x)
}

@Suite struct EvaluationTests {
  @Test func nothingIsConsumedAndNothingChanges() throws {
    let engine = Engine()
    func run(midway: Bool) throws -> (value: Tensor, gradient: Tensor, nodes: Int) {
      let a = TracedTensor([2.0, 3, 5])
      var x = TracedTensor([1.0, 1, 1])
      for _ in 0..<4 {
        x = newton(x, a) + 0.01 * sin(x)
        if midway { _ = try x.eval(engine) }
      }
      let loss = (x * x * a).sum()
      let count = loss.nodeCount
      let gradient = try loss.grad(wrt: a)
      _ = midway ? try loss.eval(engine) : nil
      #expect(loss.nodeCount == count)
      return (try loss.eval(engine), try gradient.eval(engine), gradient.nodeCount)
    }
    let (with, without) = (try run(midway: true), try run(midway: false))
    #expect(with.value == without.value)
    #expect(with.gradient == without.gradient)
    #expect(with.nodes == without.nodes)
  }

  /// x′ = c·sin x + b·x, with b and c used in the step, the test and the loss: the gradient adds up over
  /// all steps and equals the recurrence of the derivative and differences.
  @Test func gradientAddsUpOverAllSteps() throws {
    let engine = Engine()
    func loss(_ p: [Double]) -> Double {
      var x = 0.5
      for _ in 0..<20 { x = p[1] * sin(x) + p[0] * x }
      return x * p[0] + p[1] * p[1]
    }
    let (b, c) = (TracedTensor(0.4), TracedTensor(0.55))
    var x = TracedTensor(0.5)
    for _ in 0..<20 {
      let y = sin(x)
      if try (y * c).eval(engine).number < -1e9 { break }
      x = c * y + b * x
    }
    let result = x * b + c * c
    let gradients = try result.grad(wrt: [b, c]).eval(engine).map(\.number)
    // The recurrence, differentiated by hand.
    var (value, db, dc) = (0.5, 0.0, 0.0)
    for _ in 0..<20 {
      let slope = 0.55 * Glibc.cos(value) + 0.4
      (db, dc) = (slope * db + value, slope * dc + Glibc.sin(value))
      value = 0.55 * Glibc.sin(value) + 0.4 * value
    }
    expectClose(try result.eval(engine).number, loss([0.4, 0.55]))
    expectClose(gradients, [0.4 * db + value, 0.4 * dc + 1.1])
    expectClose(gradients, [0, 1].map { difference([0.4, 0.55], $0, loss) }, 1e-7)
  }

  /// Three operations a step: so many nodes are executed for K steps that are evaluated one by one,
  /// and nothing is compiled from the third step on.
  @Test func costIsLinearAndOneCompileServesAllSteps() throws {
    let engine = Engine()
    let a = TracedTensor([2.0, 3])
    var x = TracedTensor([1.0, 1])
    var counts: [Int] = []
    var compiles: [Int] = []
    for _ in 0..<50 {
      x = sin(x) * a + x
      _ = try x.eval(engine)
      counts.append(engine.counters.executedNodes)
      compiles.append(engine.counters.compiles)
    }
    #expect(counts == (1...50).map { 3 * $0 })
    #expect(compiles.allSatisfy { $0 == 1 })
    #expect(x.nodeCount == 150)
    // Evaluated again, it costs nothing.
    _ = try x.eval(engine)
    #expect(engine.counters.executedNodes == 150)
  }

  /// What is evaluated on the way and used again later is not computed again, whatever was asked for.
  @Test func valuesThatAreHeldAreKept() throws {
    let engine = Engine()
    let a = TracedTensor(0.3)
    var x = TracedTensor(1.0)
    for _ in 0..<30 {
      let h = exp(-x)
      let y = h * a
      // Only y is asked for; the next step reads h.
      _ = try y.eval(engine)
      x = x + h
    }
    _ = try x.eval(engine)
    // exp, negate, multiply and add, 30 times.
    #expect(engine.counters.executedNodes == 4 * 30)
  }

  /// The next step stands before the test: what it was built on is kept, although the program holds it
  /// no more.
  @Test func valuesThatOthersReadAreKept() throws {
    let engine = Engine()
    var x = TracedTensor(1.0)
    var found = 0.0
    for _ in 0..<50 {
      let loss = x * x
      x = x - 0.1 * sin(x)
      found = try loss.eval(engine).doubles[0]
    }
    // A product first; then sine, product, difference and product.
    #expect(engine.counters.executedNodes == 1 + 4 * 49)
    #expect(engine.counters.compiles == 2)
    var expected = 1.0
    for _ in 0..<49 { expected -= 0.1 * Glibc.sin(expected) }
    #expect(abs(found - expected * expected) < 1e-15)
    // What nobody reads any more is not kept: a second evaluation starts where the first one ended.
    let y = sin(x) * x
    _ = try y.eval(engine)
    #expect(engine.counters.executedNodes == 1 + 4 * 49 + 5)
    // The same structure as a graph with a size that is called like an expression is another one.
    let q = TracedTensor.input("q", .f64, ["n"])
    let odd = TracedTensor.input("w", .f64, [.symbol("2*n")])
    let even = TracedTensor.input("w", .f64, [2 * "n"])
    let ones = { (n: Int) in Tensor([Double](repeating: 1, count: n), shape: [n]) }
    #expect(try (odd.sum() + q.sum()).eval(engine, ["w": ones(5), "q": ones(3)]) == Tensor(8.0))
    #expect(try (even.sum() + q.sum()).eval(engine, ["w": ones(6), "q": ones(3)]) == Tensor(9.0))
  }

  @Test func primalAndGradientShareOperations() throws {
    let engine = Engine()
    let x = TracedTensor([0.1, 0.2])
    let loss = exp(exp(x)).sum()
    let gradient = try loss.grad(wrt: x)
    _ = try [loss, gradient].eval(engine)
    // Two exponentials, a sum, a broadcast of 1, two products; nothing twice.
    let names = try Graph("both", of: [loss, gradient]).text
    #expect(names.components(of: "exp(") == 2)
    #expect(engine.counters.executedNodes == 6)
  }

  @Test func nodeCountGrowsLinearly() throws {
    let a = TracedTensor(1.5)
    func counts(_ steps: Int) throws -> (Int, Int) {
      var x = TracedTensor(1.0)
      for _ in 0..<steps { x = newton(x, a) }
      return (x.nodeCount, try x.grad(wrt: a).nodeCount)
    }
    let (ten, twenty, thirty) = (try counts(10), try counts(20), try counts(30))
    #expect(twenty.0 - ten.0 == thirty.0 - twenty.0)
    #expect(twenty.1 - ten.1 == thirty.1 - twenty.1)
    #expect(ten.0 == 50)
  }

  @Test func otherBindingsGiveOtherValues() throws {
    let engine = Engine()
    let x = TracedTensor.input("x", .f64, ["n"])
    let y = (x * x).sum()
    let gradient = try (y * y).grad(wrt: x)
    for values in [[1.0, 2], [3.0], [1.0, 2], [0.5, 0.25, 2]] {
      let bound: Bindings = ["x": Tensor(values, shape: [values.count])]
      let sum = values.map { $0 * $0 }.reduce(0, +)
      expectClose(try y.eval(engine, bound).number, sum)
      expectClose(try gradient.eval(engine, bound).doubles, values.map { 4 * sum * $0 })
    }
    // A value for the first form, a value for the gradient with it kept.
    #expect(engine.counters.compiles <= 3)
  }

  /// One name is one size, whether the parts were evaluated together or one after the other.
  @Test func sizesOfKeptValuesAgree() throws {
    let bindings: Bindings = ["x": vector(1, 2, 3), "y": vector(1, 2, 3, 4)]
    func sums() -> (TracedTensor, TracedTensor) {
      (
        (2 * TracedTensor.input("x", .f64, ["n"])).sum(),
        (2 * TracedTensor.input("y", .f64, ["n"])).sum()
      )
    }
    let (a, b) = sums()
    let expected = #expect(throws: BindingError.self) { try (a + b).eval(Engine(), bindings) }
    let engine = Engine()
    #expect(try a.eval(engine, bindings).number == 12)
    #expect(try b.eval(engine, bindings).number == 20)
    let found = #expect(throws: BindingError.self) { try (a + b).eval(engine, bindings) }
    #expect(found == expected)
    // One part kept, one not.
    let (c, d) = sums()
    #expect(try c.eval(engine, bindings).number == 12)
    #expect(throws: BindingError.self) { try (c + d).eval(engine, bindings) }
    // With one size all is well.
    let equal: Bindings = ["x": vector(1, 2, 3), "y": vector(1, 2, 5)]
    #expect(try (c + d).eval(engine, equal).number == 28)
  }

  /// Each of the six is evaluated once for each value, whatever was kept for the value before.
  @Test func otherBindingsInSwift() throws {
    let engine = Engine()
    let x = TracedTensor.input("x")
    var y = x
    for _ in 0..<6 { y = Tagged(token: Token())(y)[0] }
    for k in 1...20 {
      #expect(try y.eval(engine, ["x": Tensor(Double(k))]).number == Double(k))
      #expect(engine.counters.executedNodes == 6 * k)
    }
  }

  /// Debug builds are slow: `benchmarks trace` does the same with 100 000 steps.
  @Test(arguments: [EvaluationOptions.Rolling.never, .always])
  func longChainIsBuiltRunAndFreed(_ rolling: EvaluationOptions.Rolling) throws {
    let steps = 2000
    let a = TracedTensor(0.999)
    var x = TracedTensor(1.0)
    for _ in 0..<steps { x = x * a + 0.001 }
    let gradient = try x.grad(wrt: a)
    let values = try [x, gradient].eval(Engine(), options: .rolling(rolling))
    var (value, slope) = (1.0, 0.0)
    for _ in 0..<steps { (value, slope) = (value * 0.999 + 0.001, slope * 0.999 + value) }
    expectClose(values[0].number, value, 1e-12)
    expectClose(values[1].number, slope, 1e-12)
  }

  /// A node of a long chain, seen through what its operation holds.
  @Test func whatNobodyCanReachIsFreed() throws {
    weak var probe: Token?
    let engine = Engine()
    func build() throws {
      let token = Token()
      probe = token
      let a = TracedTensor(0.5)
      var x = Tagged(token: token)(a)[0]
      for _ in 0..<1000 { x = x * a + a }
      let gradient = try x.grad(wrt: a)
      #expect(try gradient.eval(engine).number.isFinite)
      #expect(probe != nil)
    }
    try build()
    #expect(probe == nil)
  }

  /// Freeing does not recurse over the length of a trace, or the stack would overflow here.
  @Test func longChainIsFreed() {
    var x = TracedTensor(1.0)
    for _ in 0..<300_000 { x = -x }
    #expect(x.rank == 0)
  }

  @Test func checkpointsKeepLess() throws {
    let (a, x) = (TracedTensor.input("a"), TracedTensor.input("x", .f64, [50]))
    var y = x
    for _ in 0..<200 { y = tanh(y * a) + 0.1 * y }
    let loss = (y * y).sum()
    let engine = Engine()
    func gradient(_ loss: TracedTensor) throws -> (values: [Tensor], bytes: Int) {
      let graph = try Graph("g", of: loss.grad(wrt: [a, x]), inputs: ["a", "x"]).rolled()
      let kernel = try engine.compile(graph)
      let values = Tensor((0..<50).map { 0.02 * Double($0) }, shape: [50])
      return (try kernel([Tensor(0.9), values]), try kernel.byteCount(sizes: [:]))
    }
    let all = try gradient(loss)
    for policy in [Checkpointing.nothing, .every(15), .states(6)] {
      let some = try gradient(loss.checkpoint(policy))
      #expect(some.values == all.values)
      #expect(some.bytes * 4 < all.bytes)
    }
  }

  @Test func rollingChangesNothing() throws {
    func run(_ rolling: EvaluationOptions.Rolling, _ engine: Engine) throws -> [Tensor] {
      let (a, b) = (TracedTensor([0.9, 1.1]), TracedTensor(0.2))
      var x = TracedTensor([1.0, 0.5])
      var before = TracedTensor([0.0, 0.0])
      for k in 0..<200 {
        (x, before) = (tanh(x * a) + b * before - 0.5 * Double(k % 7), x)
      }
      let loss = (x * x).sum()
      return try ([loss] + loss.grad(wrt: [a, b])).eval(engine, options: .rolling(rolling))
    }
    let (plain, rolled) = (Engine(), Engine())
    #expect(try run(.never, plain) == run(.always, rolled))
    #expect(rolled.counters.byteCount * 4 < plain.counters.byteCount)
    // The C does not grow with the number of steps.
    func length(_ steps: Int) throws -> Int {
      let a = TracedTensor.input("a")
      var x = TracedTensor.input("x")
      for _ in 0..<steps { x = tanh(x * a) + 0.1 }
      let graph = try Graph("f", of: [x, x.grad(wrt: a)]).rolled()
      return try Engine().compile(graph).cSource.utf8.count
    }
    #expect(try length(400) < length(100) + 100)
  }
}

/// Something that tells when it is freed.
private final class Token: Sendable, Hashable {
  static func == (a: Token, b: Token) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// The identity, evaluated in Swift so that no engine holds it.
private struct Tagged: PrimitiveOperation {
  let token: Token
  var name: String { "tagged" }
  var parameters: String { "" }
  var operandCount: Int { 1 }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  func evaluate(_ operands: [Tensor]) -> [Tensor] { operands }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] { rule.tangents }
}

extension String {
  fileprivate func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let first = rest.first {
      if rest.hasPrefix(part) { count += 1 }
      _ = first
      rest = rest.dropFirst()
    }
    return count
  }
}
