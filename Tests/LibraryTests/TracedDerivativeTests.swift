// Derivatives of traced tensors against closed forms: gradients of several tensors in one pass, of
// intermediates, products, Jacobians, Hessians, and through combinators.
import Glibc
import JitGrad
import Testing

@Suite struct TracedDerivativeTests {
  let engine = Engine()
  let x = TracedTensor([0.3, -1.2, 2.0])

  @Test func gradientOfSeveral() throws {
    let a = TracedTensor(1.5)
    func loss() -> TracedTensor { (a * x * x).sum() }
    let gradients = try loss().grad(wrt: [a, x])
    expectClose(try gradients[0].eval(engine).number, 0.09 + 1.44 + 4)
    expectClose(try gradients[1].eval(engine).doubles, [0.9, -3.6, 6])
    // With p = a x, c = 1 along x: a gets Σ (c x) x, x gets c p + (c x) a; c, c x and p are there once.
    let one = Engine()
    _ = try loss().grad(wrt: [a, x]).eval(one)
    #expect(one.counters.executedNodes == 8)
    #expect(one.counters.compiles == 1)
    let two = Engine()
    _ = try loss().grad(wrt: a).eval(two)
    #expect(two.counters.executedNodes == 4)
    let three = Engine()
    _ = try loss().grad(wrt: x).eval(three)
    #expect(three.counters.executedNodes == 6)
  }

  @Test func gradientOfAnIntermediate() throws {
    let y = sin(x)
    let loss = (y * y * y).sum()
    expectClose(
      try loss.grad(wrt: y).eval(engine).doubles,
      [0.3, -1.2, 2].map { 3 * Glibc.pow(Glibc.sin($0), 2) })
    // An equal expression elsewhere is no part of y.
    let twin = sin(x)
    expectClose(
      try (y * twin).sum().grad(wrt: y).eval(engine).doubles, [0.3, -1.2, 2].map { Glibc.sin($0) })
  }

  /// Derivatives by x and by what is made of it, y = exp(x) + d at d = 0: the one by x counts the way
  /// through y, and what equals exp(x) elsewhere (the twin, the derivative of exp) is no y.
  @Test func dependentTensors() throws {
    let x = TracedTensor(0.5)
    let y = exp(x)
    let twin = exp(x)
    let (zero, one) = (TracedTensor(0.0), TracedTensor(1.0))
    let e = Glibc.exp(0.5)
    let first = try (y * y * twin).grad(wrt: [x, y])
    expectClose(try first[0].eval(engine).number, 3 * e * e * e)
    expectClose(try first[1].eval(engine).number, 2 * e * e)
    // (exp(x) + d)² has the Hessian [[4 exp(2x), 2 exp(x)], [2 exp(x), 2]].
    let byY = try (y * y).hvp(wrt: [x, y], tangent: [zero, one])
    expectClose(try byY[0].eval(engine).number, 2 * e)
    expectClose(try byY[1].eval(engine).number, 2)
    let byX = try (y * y).hvp(wrt: [x, y], tangent: [one, zero])
    expectClose(try byX[0].eval(engine).number, 4 * e * e)
    expectClose(try byX[1].eval(engine).number, 2 * e)
    // With the twin, (exp(x) + d) exp(x): [[4 exp(2x), exp(x)], [exp(x), 0]].
    let mixed = try (y * twin).hvp(wrt: [x, y], tangent: [one, one])
    expectClose(try mixed[0].eval(engine).number, 4 * e * e + e)
    expectClose(try mixed[1].eval(engine).number, e)
  }

  @Test func nothingDependsOnIt() throws {
    let other = TracedTensor([1.0, 2])
    #expect(try x.sum().grad(wrt: other).eval(engine).doubles == [0, 0])
    #expect(try (x * x.detached).sum().grad(wrt: x).eval(engine).doubles == [0.3, -1.2, 2.0])
  }

  @Test func tracedCotangent() throws {
    let c = TracedTensor([1.0, 10, 100])
    let pulled = try (x * x).vjp(cotangent: c * 2, wrt: x)
    expectClose(try pulled.eval(engine).doubles, [1.2, -48, 800])
    // ⟨c, 2x·c⟩ differentiated by c: 4x·c.
    let mixed = try (pulled * c).sum().grad(wrt: c)
    expectClose(try mixed.eval(engine).doubles, [2.4, -96, 1600])
    #expect(throws: TraceError.self) { try (x * x).vjp(cotangent: TracedTensor(1.0), wrt: x) }
    #expect(throws: TraceError.self) { try (x * x).grad(wrt: x) }
  }

  @Test func productsAndMatrices() throws {
    let v = TracedTensor([1.0, -1, 0.5])
    let cube = (x * x * x).sum()
    expectClose(try (x * x).jvp(wrt: x, tangent: v).eval(engine).doubles, [0.6, 2.4, 2])
    expectClose(try cube.hvp(wrt: x, tangent: v).eval(engine).doubles, [1.8, 7.2, 6])
    let hessian = try cube.hessian(wrt: x).eval(engine)
    #expect(hessian.shape == [3, 3])
    expectClose(hessian.doubles, [1.8, 0, 0, 0, -7.2, 0, 0, 0, 12])
    let w = TracedTensor(matrix([[1, 2, 3], [4, 5, 6]]))
    for direction in JacobianDirection.allCases {
      let jacobian = try matmul(w, x).jacobian(wrt: x, direction: direction).eval(engine)
      #expect(jacobian.shape == [2, 3])
      #expect(jacobian.doubles == [1, 2, 3, 4, 5, 6])
    }
  }

  @Test func thirdOrder() throws {
    let a = TracedTensor(0.7)
    var y = sin(a)
    for _ in 0..<3 { y = try y.grad(wrt: a) }
    expectClose(try y.eval(engine).number, -Glibc.cos(0.7))
  }

  @Test func countedLoop() throws {
    let a = TracedTensor(1.1)
    let power = forLoop(5, TracedTensor(1.0)) { _, y in y * a }
    expectClose(try power.eval(engine).number, Glibc.pow(1.1, 5))
    expectClose(try power.grad(wrt: a).eval(engine).number, 5 * Glibc.pow(1.1, 4))
    for policy in [Checkpointing.nothing, .every(2), .states(2)] {
      let kept = forLoop(5, TracedTensor(1.0), checkpointing: policy) { _, y in y * a }
      expectClose(try kept.grad(wrt: a).eval(engine).number, 5 * Glibc.pow(1.1, 4))
    }
    let times = TracedTensor.input("times", .i64)
    let open = forLoop(times, TracedTensor(1.0)) { _, y in y * a }
    for n in 0..<4 {
      expectClose(
        try open.grad(wrt: a).eval(engine, ["times": Tensor(Int64(n))]).number,
        n == 0 ? 0 : Double(n) * Glibc.pow(1.1, Double(n - 1)))
    }
  }

  @Test func unboundedLoop() throws {
    let a = TracedTensor(2.0)
    let (root, steps) = whileLoop(a, while: { abs($0 * $0 - a) > 1e-14 }) { x in
      x - (x * x - a) / (2 * x)
    }
    expectClose(try root.eval(engine).number, 2.0.squareRoot())
    expectClose(try root.grad(wrt: a).eval(engine).number, 0.5 / 2.0.squareRoot(), 1e-9)
    // From 2: 1.5, 1.4167, 1.414216, 1.41421356237469, 1.414213562373095.
    #expect(try steps.eval(engine).integers[0] == 5)
  }

  @Test func scansStack() throws {
    let (last, sums) = scan(x, TracedTensor(0.0)) { row, total in
      (total + row * row, total)
    }
    expectClose(try last.eval(engine).number, 5.53)
    expectClose(try sums.eval(engine).doubles, [0, 0.09, 1.53])
    expectClose(try sums.sum().grad(wrt: x).eval(engine).doubles, [1.2, -2.4, 0])
  }

  @Test func onlyTheTakenBranchRuns() throws {
    let a = TracedTensor(0.0)
    let y = branch(a > 0, then: { sqrt(a) }, else: { a * 3 })
    #expect(try y.eval(engine).number == 0)
    #expect(try y.grad(wrt: a).eval(engine).number == 3)
    // A branch that never ends where it is taken: sin(sin(…)) is below 2.
    var options = EvaluationOptions()
    options.stepLimit = 100
    func choose(_ a: TracedTensor) -> TracedTensor {
      branch(a > 0) {
        whileLoop(a, checkpointing: .nothing, while: { $0 < 2 }, body: { sin($0) }).state
      } else: {
        a * 3
      }
    }
    let chosen = choose(a)
    #expect(try chosen.eval(engine, options: options).number == 0)
    #expect(try chosen.grad(wrt: a).eval(engine, options: options).number == 3)
    #expect(throws: ExecutionError.self) {
      try choose(TracedTensor(1.0)).eval(engine, options: options)
    }
  }

  @Test func batches() throws {
    let m = TracedTensor(matrix([[1, 2], [3, 4], [5, 6]]))
    let b = TracedTensor([10.0, 100])
    let y = vmap(m) { row in (row * b).sum() }
    #expect(try y.eval(engine).doubles == [210, 430, 650])
    // The gradient of each row's loss, by the row.
    let gradients = vmap(m) { row in
      (try? (row * row * b).sum().grad(wrt: row)) ?? row
    }
    #expect(try gradients.eval(engine).doubles == [20, 400, 60, 800, 100, 1200])
  }
}
