// What is recorded with wrong or missing parts, and what is kept of what was recorded.
import Glibc
import JitGrad
import Synchronization
import Testing

@Suite struct RecordingTests {
  private typealias Input = EagerInput<UInt64, Tensor>
  let context = EagerContext()
  private let recorder = Recorder<CountingKeys, Tensor>(keys: CountingKeys())
  private let executor = EngineExecutor(Engine())

  private func product() throws -> RecordedGraph {
    try RecordedGraph("product", [TensorType(.f64), TensorType(.f64)]) { _, x in [x[0] * x[1]] }
  }

  /// An input under a key that its trace does not give would lose all gradients behind it.
  @Test func inputsBelongToTheirTrace() throws {
    let x = Input(77, Tensor(3.0), requiresGrad: true)
    let square = try recorder.record(product(), [x, x], values: [Tensor(9.0)])[0]
    let stray = Input(9999, Tensor(9.0), requiresGrad: true, trace: square.trace)
    let next = try recorder.record(product(), [stray, x], values: [Tensor(27.0)])[0]
    let trace = try #require(next.trace)
    let error = #expect(throws: BackwardError.self) {
      try backward(from: next.key, trace: trace, executor: executor)
    }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("the trace does not give 9999") == true)
    #expect(throws: BackwardError.self) {
      try tangent(of: next.key, trace: trace, along: [77: Tensor(1.0)], executor: executor)
    }
    // Under its own key: x³.
    let right = try recorder.record(product(), [square.input, x], values: [Tensor(27.0)])[0]
    let found = try backward(from: right.key, trace: #require(right.trace), executor: executor)
    #expect(found[77]?.number == 27)
  }

  /// d/dx x·(x·3) = 6x, whichever use says that x requires a gradient or what its value is.
  @Test func oneUseThatRequiresAGradientIsEnough() throws {
    let three = Input(3, Tensor(3.0), requiresGrad: true)
    let uses = [
      Input(77, Tensor(2.0), requiresGrad: true), Input(77, nil, requiresGrad: false),
    ]
    for (first, second) in [(uses[0], uses[1]), (uses[1], uses[0])] {
      let tripled = try recorder.record(product(), [first, three], values: [Tensor(6.0)])[0]
      let y = try recorder.record(product(), [second, tripled.input], values: [Tensor(12.0)])[0]
      let found = try backward(from: y.key, trace: #require(y.trace), executor: executor)
      #expect(found[77]?.number == 12)
      #expect(found[3]?.number == 4)
    }
  }

  /// An executor that counts what it is asked for.
  private final class Counting: BackwardExecutor {
    let reverseGraphs = ReverseCache()
    let runs = Atomic<Int>(0)
    func run(_ reverse: ReverseGraph, _ inputs: [Tensor]) throws -> [Tensor] {
      runs.wrappingAdd(1, ordering: .relaxed)
      #expect(inputs.count == reverse.graph.inputs.count)
      return try Engine().compile(reverse.graph)(inputs)
    }
    func ones(like value: Tensor) -> Tensor { Tensor(1.0) }
  }

  @Test func executorsAreNotAskedForNothing() throws {
    let pair = try RecordedGraph("pair", [TensorType(.f64)]) { _, x in
      [x[0] * 2, TracedTensor.literal(7)]
    }
    let x = Input(77, Tensor(3.0), requiresGrad: true)
    let made = try recorder.record(pair, [x], values: [Tensor(6.0), Tensor(7.0)])
    let executor = Counting()
    let trace = try #require(made[0].trace)
    #expect(try backward(from: made[1].key, trace: trace, executor: executor).isEmpty)
    #expect(executor.runs.load(ordering: .relaxed) == 0)
    #expect(try backward(from: made[0].key, trace: trace, executor: executor)[77]?.number == 2)
  }

  @Test func integersHaveNoGradient() throws {
    let n = context.tensor(3 as Int64, requiresGrad: true)
    #expect(throws: BackwardError.self) { try n.backward() }
    #expect(throws: BackwardError.self) { try (n * n).backward() }
    #expect(n.grad == nil)
  }

  /// The functions of the ways back are kept up to a number, and made again behind that.
  @Test func waysBackAreBounded() throws {
    struct Small: BackwardExecutor {
      let reverseGraphs = ReverseCache(capacity: 4)
      func run(_ reverse: ReverseGraph, _ inputs: [Tensor]) throws -> [Tensor] {
        try Engine().compile(reverse.graph)(inputs)
      }
      func ones(like value: Tensor) -> Tensor { Tensor(1.0) }
    }
    let executor = Small()
    func power(_ n: Int) throws -> Double? {
      let x = Input(77, Tensor(2.0), requiresGrad: true)
      var y = try recorder.record(product(), [x, x], values: [Tensor(4.0)])[0]
      for k in 2..<n {
        y = try recorder.record(
          product(), [y.input, x], values: [Tensor(Double(1 << (k + 1)))])[0]
      }
      return try backward(from: y.key, trace: #require(y.trace), executor: executor)[77]?.number
    }
    for n in 2...9 { #expect(try power(n) == Double(n * 1 << (n - 1))) }
    #expect(executor.reverseGraphs.count == 8)
    #expect(try power(9) == 9 * 256)
    #expect(executor.reverseGraphs.count == 8)
    #expect(try power(2) == 4)
    #expect(executor.reverseGraphs.count == 9)
  }

  /// More shapes than an engine holds: each is computed right, and the engine stays in bounds.
  @Test func manyShapes() throws {
    let engine = Engine(capacity: 32 << 10)
    let context = EagerContext(engine)
    for round in 0..<2 {
      for n in 1...40 {
        let x = context.tensor([Double](repeating: 2, count: n), requiresGrad: true)
        let y = try (x * x).sum()
        #expect(y.number == Double(4 * n))
        #expect(try y.backward()[x]?.value.doubles == [Double](repeating: 4, count: n))
      }
      #expect(engine.counters.byteCount <= 32 << 10, "round \(round)")
    }
    #expect(engine.counters.evictions > 0)
  }

  /// A step of a loop that differentiates what a recorded way back gave: behind the first, nothing is
  /// differentiated and nothing is compiled.
  @Test func recordedWaysBackAreMadeOnce() throws {
    func step(_ value: Double) throws -> (first: Double?, second: Double?) {
      let x = context.tensor(value, requiresGrad: true)
      let y = try x * x * x
      let first = try #require(try y.backward(isRecorded: true)[x])
      #expect(first.trace != nil)
      let second = try (first * first).backward()[x]
      #expect(x.grad != nil)
      return (first.number, second?.number)
    }
    // (3x²)² has the derivative 36x³.
    #expect(try step(2) == (12, 288))
    let (differentiations, compiles) = (
      context.differentiations, context.engine.counters.compiles
    )
    #expect(differentiations == 2)
    for k in 1...5 {
      let x = Double(k)
      #expect(try step(x) == (3 * x * x, 36 * x * x * x))
    }
    #expect(context.differentiations == differentiations)
    #expect(context.engine.counters.compiles == compiles)
  }

  /// A way back that is recorded reads leaves, one that is not reads what steps gave: of one trace, they
  /// are two functions.
  @Test func recordedOrNot() throws {
    let x = context.tensor(2.0, requiresGrad: true)
    let y = try exp(x * x)
    for isRecorded in [false, true, false, true] {
      let gradient = try #require(try y.backward(isRecorded: isRecorded)[x])
      expectClose(gradient.number, 4 * Glibc.exp(4.0))
      #expect((gradient.trace != nil) == isRecorded)
    }
    #expect(context.differentiations == 2)
    // Behind a loss that varies with nothing there is nothing to record.
    let fixed = try y.map("fixed") { ($0.detached * 2).sum() }
    #expect(try fixed.backward(isRecorded: true).count == 0)
    #expect(try fixed.backward().count == 0)
  }
}
