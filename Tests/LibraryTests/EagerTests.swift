// Eager tensors and the building blocks beneath them, against closed forms.
import Glibc
import JitGrad
import Testing

@Suite struct EagerTests {
  let context = EagerContext()

  @Test func squareOfThree() throws {
    let x = context.tensor(3.0, requiresGrad: true)
    let gradients = try (x * x).backward()
    #expect(gradients[x]?.number == 6)
    #expect(gradients.count == 1)
  }

  @Test func diamondsAndRepeatedUse() throws {
    let x = context.tensor([0.5, 2.0], requiresGrad: true)
    let y = try exp(x)
    let z = try (y * y + y * x).sum()
    let gradient = try z.backward()[x]?.value.doubles ?? []
    expectClose(
      gradient,
      [0.5, 2.0].map { (x: Double) -> Double in
        let e = Glibc.exp(x)
        return 2 * e * e + e * (x + 1)
      })
    // Each call gives its own gradient; in `grad` they add up.
    #expect(try z.backward()[x]?.value.doubles == gradient)
    #expect(x.grad?.value.doubles == gradient.map { 2 * $0 })
    x.clearGrad()
    #expect(x.grad == nil)
    try z.backward()
    #expect(x.grad?.value.doubles == gradient)
    #expect(y.grad == nil)
  }

  @Test func cotangentAndDetach() throws {
    let x = context.tensor([1.0, 2], requiresGrad: true)
    let y = try x * x
    #expect(try y.backward(context.tensor([10.0, 100]))[x]?.value.doubles == [20, 400])
    #expect(x.grad?.value.doubles == [20, 400])
    #expect(try (x * x.detach()).backward()[x]?.value.doubles == [1, 2])
    #expect(throws: TraceError.self) { try y.backward(context.tensor(1.0)) }
  }

  @Test func contextsAreNotMixed() throws {
    let x = context.tensor(2.0, requiresGrad: true)
    let y = EagerContext(context.engine).tensor(3.0, requiresGrad: true)
    struct Sum: PrimitiveOperation {
      let name = "sum of two"
      let operandCount = 2
      var kernel: PrimitiveKernel { .elementwise(body: "return x0 + x1;") }
      func resultTypes(of operands: [TensorType]) -> [TensorType] { [operands[0]] }
    }
    #expect(throws: TraceError.self) { try x * y }
    #expect(throws: TraceError.self) { try Sum()(x, y) }
    #expect(throws: TraceError.self) { try context.apply("own", [y]) { $0 } }
    #expect(throws: TraceError.self) { try (x * x).backward(y) }
    #expect(throws: TraceError.self) { try x.backward(y) }
    // Both contexts count their tensors from 1.
    #expect(x.key == y.key)
    #expect(try (x * x).backward()[y] == nil)
  }

  /// 2·3 from each of 200 ways back, whichever comes first.
  @Test func gradientsOfManyThreadsAddUp() throws {
    let x = context.tensor(3.0, requiresGrad: true)
    let y = try x * x
    try atOnce(4) { for _ in 0..<50 { try y.backward() } }
    #expect(x.grad?.number == 1200.0)
  }

  @Test func numbersAreOfTheDType() throws {
    let n = context.tensor([4 as Int64, 6])
    #expect(try (n * 2).value.integers == [8, 12])
    let error = #expect(throws: TraceError.self) { try n * 0.5 }
    #expect(error?.message == "0.5 is no i64")
    #expect(throws: TraceError.self) { try 1e30 + n }
    #expect(try (context.tensor([4 as Float]) * 0.5).value.doubles == [2])
  }

  @Test func noTraceWithoutGradients() throws {
    let x = context.tensor(2.0)
    let y = try x * x + 1
    #expect(y.number == 5)
    #expect(y.trace == nil)
    #expect(try y.backward().count == 0)
  }

  @Test func doubleBackward() throws {
    let x = context.tensor(2.0, requiresGrad: true)
    let y = try x * x * x
    let first = try #require(try y.backward(isRecorded: true)[x])
    #expect(first.number == 12)
    let second = try #require(try first.backward(isRecorded: true)[x])
    #expect(second.number == 12)
    #expect(try second.backward()[x]?.number == 6)
  }

  @Test func branchesOnValues() throws {
    let x = context.tensor(0.5, requiresGrad: true)
    var y = x
    while y.number < 4 { y = try y * 3 }
    #expect(y.number == 4.5)
    #expect(try y.backward()[x]?.number == 9)
  }

  /// The way back is differentiated and compiled for the first step only.
  @Test func oneDifferentiationServesALoop() throws {
    var w = context.tensor(1.0, requiresGrad: true)
    var compiles: [Int] = []
    for _ in 0..<10 {
      let loss = try (w * w - 2) * (w * w - 2)
      let gradient = try #require(try loss.backward()[w])
      w = context.tensor(w.number - 0.05 * gradient.number, requiresGrad: true)
      compiles.append(context.engine.counters.compiles)
    }
    #expect(context.differentiations == 1)
    #expect(compiles.allSatisfy { $0 == compiles[0] })
    expectClose(w.number, 2.0.squareRoot(), 1e-2)
  }

  @Test func longTraceIsFreed() throws {
    let x = context.tensor(1.0, requiresGrad: true)
    var y = x
    for _ in 0..<20_000 { y = try -y }
    #expect(y.number == 1)
  }

  // MARK: - Beneath

  @Test func missingValuesAreNamed() throws {
    let recorder = Recorder<CountingKeys, Tensor>(keys: CountingKeys())
    let product = try RecordedGraph("product", [TensorType(.f64), TensorType(.f64)]) { _, x in
      [x[0] * x[1]]
    }
    let a = EagerInput<UInt64, Tensor>(77, Tensor(2.0), requiresGrad: true)
    let b = EagerInput<UInt64, Tensor>(88, nil, requiresGrad: true)
    let output = try recorder.record(product, [a, b], values: [Tensor(6.0)])[0]
    #expect(throws: TraceError.self) { try recorder.record(product, [a], values: [Tensor(6.0)]) }
    #expect(throws: TraceError.self) { try recorder.record(product, [a, b], values: []) }
    let trace = try #require(output.trace)
    let error = #expect(throws: BackwardError.self) {
      try backward(from: output.key, trace: trace, executor: EngineExecutor(Engine()))
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("the value of 88"))
    #expect(throws: BackwardError.self) {
      try backward(from: 77, trace: trace, executor: EngineExecutor(Engine()))
    }
  }

  /// Missing tangents are zero, missing values are errors.
  @Test func tangentsAlongATrace() throws {
    let x = context.tensor(2.0, requiresGrad: true)
    let y = context.tensor(5.0, requiresGrad: true)
    let z = try x * x * y
    let trace = try #require(z.trace)
    let executor = EngineExecutor(context.engine)
    func along(_ tangents: [UInt64: Tensor]) throws -> Double? {
      try tangent(of: z.key, trace: trace, along: tangents, executor: executor)?.number
    }
    #expect(try along([x.key: Tensor(1.0)]) == 20)
    #expect(try along([y.key: Tensor(10.0)]) == 40)
    #expect(try along([x.key: Tensor(1.0), y.key: Tensor(10.0)]) == 60)
    #expect(try along([:]) == nil)
    #expect(throws: BackwardError.self) { try along([9999: Tensor(1.0)]) }
  }

  /// What a result does not depend on gets no cotangent.
  @Test func absentCotangentsAreSkipped() throws {
    let x = context.tensor(1.0, requiresGrad: true)
    let y = context.tensor(2.0, requiresGrad: true)
    let both = try context.apply("pair", [x, y]) { [$0[0] * 2, $0[1] * 3] }
    let gradients = try both[0].backward()
    #expect(gradients[x]?.number == 2)
    #expect(gradients[y] == nil)
  }

  /// An executor of one's own, on values of one's own: numbers, run by the graph's own evaluation.
  @Test func otherTensorsCanUseIt() throws {
    struct Numbers: BackwardExecutor {
      let engine = Engine()
      let reverseGraphs = ReverseCache()
      func run(_ reverse: ReverseGraph, _ inputs: [Double]) throws -> [Double] {
        try engine.compile(reverse.graph)(inputs.map { Tensor($0) }).map(\.doubles[0])
      }
      func ones(like value: Double) -> Double { 1 }
    }
    let recorder = Recorder<CountingKeys, Double>(keys: CountingKeys())
    let steps = try RecordedGraph("steps", [TensorType(.f64)]) { builder, x in
      [exp(builder.apply("square", x[0])[0])]
    }
    let x = EagerInput<UInt64, Double>(1000, 0.5, requiresGrad: true)
    let y = try recorder.record(steps, [x], values: [Glibc.exp(0.25)])[0]
    let z = try recorder.record(steps, [y.input], values: [Glibc.exp(Glibc.exp(0.5))])[0]
    let trace = try #require(z.trace)
    let made = try backward(from: z.key, trace: trace, cotangent: 2, executor: Numbers())
    let inner = Glibc.exp(0.25)
    // d/dx exp(y²), y = exp(x²).
    expectClose(made[1000] ?? 0, 2 * Glibc.exp(inner * inner) * 2 * inner * inner * 2 * 0.5)
  }
}
