// The value of a tensor does not depend on what was evaluated before it, and what stands in a loop runs
// only where the loop does.
import JitGrad
import Testing

/// Many elements from one, evaluated in Swift.
private struct Widen: PrimitiveOperation {
  let name = "widen"
  let operandCount = 1
  let count: Int
  func resultTypes(of operands: [TensorType]) -> [TensorType] {
    [TensorType(.f64, [DimExpr(count)])]
  }
  func evaluate(_ operands: [Tensor]) -> [Tensor] {
    [Tensor([Double](repeating: operands[0].doubles[0], count: count), shape: [count])]
  }
}

@Suite struct OrderTests {
  let engine = Engine()
  let a = TracedTensor.input("a", .f64, ["n"])
  let b = TracedTensor.input("b", .f64, ["n"])
  let bound: Bindings = ["a": vector(1, 2), "b": vector(1, 1, 1)]

  /// A size that another tensor told is not known when the size is asked for alone.
  @Test func sizesAreToldAgain() throws {
    let size = TracedTensor.size("n", .f64)
    #expect(throws: BindingError.unknownSizes(["n"])) { try size.eval(engine, bound) }
    #expect(try [a.sum(), size].eval(engine, bound).map(\.number) == [3, 2])
    #expect(throws: BindingError.unknownSizes(["n"])) { try size.eval(engine, bound) }
    // Σb·n with n = 3 by b, whatever n was beside a.
    #expect(try (b.sum() * size).eval(engine, bound).number == 9)
    #expect(try (a.sum() * size).eval(engine, bound).number == 6)
    #expect(try (b.sum() * size).eval(engine, bound).number == 9)
  }

  /// What tells its own sizes is kept, and goes on telling them.
  @Test func whatIsToldIsKept() throws {
    let squares = a * a
    let mean = squares.sum() / TracedTensor.size("n", .f64)
    _ = try mean.eval(engine, bound)
    let count = engine.counters.executedNodes
    #expect(try mean.eval(engine, bound).number == 2.5)
    #expect(engine.counters.executedNodes == count)
    // n comes from a, which is kept.
    let more = mean + squares.sum() * TracedTensor.size("n", .f64)
    #expect(try more.eval(engine, bound).number == 12.5)
    #expect(try more.eval(engine, ["a": vector(3)]).number == 18)
    // Given sizes are told as well.
    let wide = TracedTensor(1.0).broadcast(to: ["m"])
    #expect(try wide.sum().eval(engine, Bindings(sizes: ["m": 4])).number == 4)
    #expect(try wide.sum().eval(engine, Bindings(sizes: ["m": 2])).number == 2)
  }

  // MARK: - Loops that make no step

  @Test func loopsOfNoStepsEndNothing() throws {
    let bad = TracedTensor(matrix([[-1, 0], [0, 1]]))
    let none = forLoop(0, TracedTensor(1.0)) { _, s in s + op.cholesky(bad).sum() }
    #expect(try none.eval(engine).number == 1)
    let one = forLoop(1, TracedTensor(1.0)) { _, s in s + op.cholesky(bad).sum() }
    #expect(throws: ExecutionError.self) { try one.eval(engine) }
    var options = EvaluationOptions()
    options.stepLimit = 100
    let endless = forLoop(0, TracedTensor(1.0)) { _, s in
      s + whileLoop(TracedTensor(1.0), while: { $0 > 0 }, body: { $0 + 1 }).state
    }
    #expect(try endless.eval(engine, options: options).number == 1)
    // In a branch, which a loop holds.
    let inBranch = forLoop(3, TracedTensor(1.0)) { k, s in
      branch(k > 5, then: { s + op.cholesky(bad).sum() }, else: { s + 1 })
    }
    #expect(try inBranch.eval(engine).number == 4)
  }

  @Test func scansNeedRows() throws {
    let start = TracedTensor(3.0)
    let made = scan(NoTensors(), start) { _, s in (s + 1, s) }
    #expect(throws: TraceError.self) { try made.state.eval(engine) }
    let error = #expect(throws: TraceError.self) { try made.results.eval(engine) }
    #expect(error?.message == "needs rows to go through, found none")
  }

  // MARK: - Limits and numbers

  @Test func memoryOfWhatRunsInSwift() throws {
    let y = Widen(count: 1000)(TracedTensor(2.0))[0]
    var options = EvaluationOptions()
    options.memoryLimit = 7999
    #expect(throws: BindingError.memory(needed: 8000, limit: 7999)) {
      try y.eval(engine, options: options)
    }
    options.memoryLimit = 8000
    #expect(try y.sum().eval(engine, options: options).number == 2000)
  }

  @Test func numbersAreOfTheirDType() throws {
    let one = TracedTensor(1 as Int64)
    for (number, dtype) in [
      (0x1p63, DType.i64), (1.5, .i32), (3e9, .i32), (.nan, .i64), (.infinity, .i32), (0.5, .bool),
      (2, .bool),
    ] {
      let error = #expect(throws: TraceError.self) {
        try TracedTensor.literal(number, dtype).eval(engine)
      }
      #expect(error?.message == "\(number) is no \(dtype)")
    }
    #expect(throws: TraceError.self) { try (one + 9223372036854775808.0).eval(engine) }
    #expect(try (one + -9223372036854775808.0).eval(engine).integers == [.min + 1])
    #expect(
      try TracedTensor.literal(-2_147_483_648, .i32).eval(engine).integers == [-2_147_483_648])
    #expect(try TracedTensor.literal(1, .bool).eval(engine).integers == [1])
    #expect(try TracedTensor.literal(0.1, .f32).eval(engine).doubles == [Double(Float(0.1))])
  }
}
