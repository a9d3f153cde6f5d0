// Which rules of one's own are accepted: they are compared where the function has values, and are linear.
import Glibc
import JitGrad
import Testing

@Suite struct RuleTests {
  let engine = Engine()

  private func root(
    _ factor: Double, checked: Bool = true
  ) -> CustomDerivative<TracedTensor, TracedTensor> {
    CustomDerivative("far", checked: checked) { (x: TracedTensor) in
      sqrt(x - 100)
    } vjp: { x, y, ct in
      factor * ct / y
    }
  }

  /// √(x − 100) has values far from all random places: the arguments of the call decide.
  @Test func argumentsDecideWhereNothingElseDoes() throws {
    let x = TracedTensor([104.0, 125])
    expectClose(try root(0.5)(x).sum().grad(wrt: x).eval(engine).doubles, [0.25, 0.1])
    let error = #expect(throws: TraceError.self) { try root(0.7)(x) }
    #expect(error?.message == "the vjp of far is not its derivative, in x")
    #expect(error?.notes.last == "at the arguments of the call")
    // Known after an evaluation, too.
    let y = x + 1
    _ = try y.eval(engine)
    #expect(throws: TraceError.self) { try root(0.7)(y) }
    _ = try root(0.5)(y)
  }

  @Test func whatCannotBeComparedIsRefused() throws {
    let x = TracedTensor.input("x", .f64, ["n"])
    let error = #expect(throws: TraceError.self) { try root(0.5)(x) }
    #expect(error?.message == "the vjp of far could not be compared with its derivative")
    #expect(error?.help?.contains("checked: false") == true)
    let gradient = try root(0.5, checked: false)(x).sum().grad(wrt: x)
    expectClose(try gradient.eval(engine, ["x": vector(104, 125)]).doubles, [0.25, 0.1])
  }

  /// x·y is finite everywhere, and ct·x/0 is not. √(0·y) has no derivative, whatever the other input says.
  @Test func rulesWithoutNumbersAreRefused() throws {
    let endless = CustomDerivative("product") { (x: [TracedTensor]) in
      x[0] * x[1]
    } vjp: { x, y, ct in
      [ct * x[1], ct * x[0] / 0.0]
    }
    let both = [TracedTensor(2.0), TracedTensor(3.0)]
    let error = #expect(throws: TraceError.self) { try endless(both) }
    #expect(error?.message.hasPrefix("the vjp of product is not its derivative, in ") == true)
    let half = CustomDerivative("half") { (x: [TracedTensor]) in
      x[0] + sqrt(0.0 * x[1])
    } jvp: { x, y, dx in
      dx[0] + 9 * dx[1]
    }
    let other = #expect(throws: TraceError.self) { try half(both) }
    #expect(other?.message == "the jvp of half could not be compared with its derivative")
  }

  /// Random matrices are not positive definite.
  @Test func definiteMatrices() throws {
    let wrong = CustomDerivative("factor") { (x: TracedTensor) in
      op.cholesky(x).sum()
    } vjp: { x, y, ct in
      ct * x * 7
    }
    for x in [TracedTensor(matrix([[4, 1], [1, 3]])), .input("x", .f64, ["n", "n"])] {
      let error = #expect(throws: TraceError.self) { try wrong(x) }
      #expect(error?.message == "the vjp of factor is not its derivative, in x")
    }
    let right = CustomDerivative("factor") { (x: TracedTensor) in
      op.cholesky(x).sum()
    } jvp: { x, y, dx in
      try op.cholesky(x).sum().jvp(wrt: x, tangent: dx)
    }
    // x = l², so l′ = 1/(2l).
    let x = TracedTensor(matrix([[4]]))
    expectClose(try right(x).grad(wrt: x).eval(engine).doubles, [0.25])
  }

  @Test func rulesAreLinear() throws {
    let square = CustomDerivative("f") { (x: TracedTensor) in
      sqrt(x - 100)
    } vjp: { x, y, ct in
      ct * ct * x
    }
    let error = #expect(throws: TraceError.self) { try square(TracedTensor(3.0)) }
    #expect(
      error?.message
        == "the vjp of f is not linear in the cotangents: its derivative depends on the cotangents"
    )
    let shifted = CustomDerivative("g") { (x: TracedTensor) in
      x * x
    } vjp: { x, y, ct in
      ct + x
    }
    let other = #expect(throws: TraceError.self) { try shifted(TracedTensor(3.0)) }
    #expect(
      other?.message
        == "the vjp of g is not linear in the cotangents: it is not 0 where the cotangents are")
    let bent = CustomDerivative("h") { (x: TracedTensor) in
      2 * x
    } jvp: { x, y, dx in
      2 * abs(dx)
    }
    #expect(throws: TraceError.self) { try bent(TracedTensor(3.0)) }
    // Linear in several directions together, by a loop, and written in another way.
    let product = CustomDerivative("product") { (x: [TracedTensor]) in
      x[0] * x[1]
    } jvp: { x, y, dx in
      forLoop(1, x[0].zeros) { _, _ in (dx[0] * x[1] * 2 + x[0] * dx[1] * 2) / 2 }
    }
    let (a, b) = (TracedTensor(3.0), TracedTensor(5.0))
    #expect(try product([a, b]).grad(wrt: [a, b]).map { try $0.eval(engine).number } == [5, 3])
  }

  /// A clipped gradient is no derivative, and is taken as it is asked for.
  @Test func clippedGradients() throws {
    let clip = CustomDerivative("clip", checked: false) { (x: TracedTensor) in
      x * 2
    } vjp: { x, y, ct in
      op.clamp(ct, -1, 1)
    }
    let x = TracedTensor(vector(1, 2, 3))
    let factors = TracedTensor(vector(0.5, -7, 30))
    let gradient = try (clip(x) * factors).sum().grad(wrt: x)
    #expect(try gradient.eval(engine).doubles == [0.5, -1, 1])
  }
}
