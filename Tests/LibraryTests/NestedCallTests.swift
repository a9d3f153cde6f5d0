// Operations of a program that call the engine while it works for others: in their evaluation, in what
// they are composed of, and for the very function that is being computed.
import Glibc
import JitGrad
import Synchronization
import Testing

/// x², by the engine.
private struct InnerSquare: PrimitiveOperation {
  let name = "inner square"
  let operandCount = 1
  let engine: Engine
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  func evaluate(_ operands: [Tensor]) throws -> [Tensor] {
    let x = TracedTensor(operands[0])
    return [try (x * x).eval(engine)]
  }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [rule.tangents[0].map { 2 * rule.operands[0] * $0 }]
  }
  static func == (a: Self, b: Self) -> Bool { a.engine === b.engine }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(engine)) }
}

/// x + 1, by a definition that asks for a function of itself when told to.
private struct Selfish: PrimitiveOperation {
  final class Wish: Sendable {
    let isOn = Atomic<Bool>(false)
    let errors = Mutex<[String]>([])
  }
  let name = "selfish"
  let operandCount = 1
  let engine: Engine
  let wish = Wish()
  var parameters: String { "" }
  var kernel: PrimitiveKernel {
    if wish.isOn.exchange(false, ordering: .relaxed) {
      do {
        _ = try engine.compile(function())
      } catch {
        wish.errors.withLock { $0.append("\(error)") }
      }
    }
    return .composed { [$0[0] + 1] }
  }
  func function() throws -> Graph { try Graph("f", of: self(TracedTensor.input("x"))[0]) }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  static func == (a: Self, b: Self) -> Bool { a.wish === b.wish }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(wish)) }
}

/// Composed by a closure that works once.
private struct Fickle: PrimitiveOperation {
  struct Tired: Error {}
  let name = "fickle"
  let operandCount = 1
  let engine: Engine
  private let runs = Runs()
  private final class Runs: Sendable { let count = Atomic<Int>(0) }
  var parameters: String { "" }
  var kernel: PrimitiveKernel {
    .composed { [engine, runs] x in
      if runs.count.add(1, ordering: .relaxed).newValue > 1 { throw Tired() }
      let factor = try TracedTensor(3.0).eval(engine).number
      return [factor * x[0]]
    }
  }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  static func == (a: Self, b: Self) -> Bool { a.runs === b.runs }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(runs)) }
}

@Suite(.timeLimit(.minutes(5))) struct NestedCallTests {
  let engine = Engine()

  /// The part in front of the operation has the structure of what the operation evaluates.
  @Test func evaluationsInEvaluations() throws {
    let x = TracedTensor([3.0, -2])
    let square = InnerSquare(engine: engine)
    let y = square(x * x)[0]
    #expect(try y.eval(engine).doubles == [81, 16])
    #expect(engine.counters.compiles == 1)
    #expect(try (y * y).eval(engine).doubles == [6561, 256])
    #expect(try y.sum().grad(wrt: x).eval(engine).doubles == [108, -32])
    let looped = forLoop(2, x) { _, x in square(x)[0] }
    #expect(try looped.eval(engine).doubles == [81, 16])
    #expect(try looped.sum().grad(wrt: x).eval(engine).doubles == [108, -32])
    let eager = EagerContext(engine).tensor(3.0, requiresGrad: true)
    #expect(try square(eager * eager)[0].backward()[eager]?.number == 108)
  }

  @Test func fromManyThreads() throws {
    let square = InnerSquare(engine: engine)
    try atOnce(4) { [engine] in
      for k in 0..<20 {
        let x = TracedTensor([Double(k)])
        let found = try square(x * x)[0].eval(engine).number
        if found != Double(k * k * k * k) { throw TraceMismatch() }
      }
    }
  }

  private struct TraceMismatch: Error {}

  /// A function whose compilation needs the function itself: an error inside, and no deadlock.
  @Test func functionsThatNeedThemselves() throws {
    let selfish = Selfish(engine: engine)
    let graph = try selfish.function()
    selfish.wish.isOn.store(true, ordering: .relaxed)
    #expect(try engine.compile(graph)([Tensor(2.0)])[0].number == 3)
    let errors = selfish.wish.errors.withLock { $0 }
    #expect(errors.count == 1)
    #expect(errors.first?.hasPrefix("to compile f, f itself is needed: ") == true)
    #expect(engine.counters.compiles == 1)
  }

  /// What is composed is composed when it is applied: kernels are made of that.
  @Test func compositionsAreMadeOnce() throws {
    let x = TracedTensor.input("x")
    let y = Fickle(engine: engine)(x)[0]
    #expect(try y.eval(engine, ["x": Tensor(2.0)]).number == 6)
    #expect(try engine.compile(Graph("f", of: sin(y)))([Tensor(0.0)])[0].number == 0)
    let looped = forLoop(3, TracedTensor(1.0)) { _, s in s * y }
    #expect(try looped.eval(engine, ["x": Tensor(2.0)]).number == 216)
  }
}
