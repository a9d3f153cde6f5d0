// Functions with a derivative of their own, against closed forms: rules replace, are transposed where
// there is only one, are compared with the function, and read nothing from outside.
import Glibc
import JitGrad
import Testing

private struct Line: TensorTree, Sendable {
  var slope: TracedTensor
  var shift: TracedTensor
  var count: TracedTensor

  mutating func visit(_ visitor: inout TensorVisitor) {
    visitor.visit(&slope, "slope")
    visitor.visit(&shift, "shift")
    visitor.visit(&count, "count")
  }
}

@Suite struct CustomDerivativeTests {
  let engine = Engine()
  let x = TracedTensor([0.5, -2, 800])

  /// log(1 + eˣ): the derivative of the text is ∞/∞ at 800.
  private let smooth = CustomDerivative("smooth") { (x: TracedTensor) in
    op.log1p(exp(x))
  } jvp: { x, y, dx in
    sigmoid(x) * dx
  }

  @Test func theRuleTakesThePlaceOfTheDerivative() throws {
    let plain = op.log1p(exp(x)).sum()
    #expect(try plain.grad(wrt: x).eval(engine).doubles[2].isNaN)
    let slopes = [0.5, -2.0, 800].map { 1 / (1 + Glibc.exp(-$0)) }
    let y = try smooth(x).sum()
    expectClose(try y.grad(wrt: x).eval(engine).doubles, slopes)
    let v = TracedTensor([1.0, 10, 100])
    expectClose(
      try smooth(x).jvp(wrt: x, tangent: v).eval(engine).doubles,
      zip(slopes, [1, 10, 100]).map { $0 * $1 })
    // The derivative of the rule is that of its text: s·(1 − s).
    expectClose(
      try y.hvp(wrt: x, tangent: v).eval(engine).doubles,
      zip(slopes, [1, 10, 100]).map { $0 * (1 - $0) * $1 })
  }

  @Test func aRuleThatIsMeantToDiffer() throws {
    let rounded = CustomDerivative("rounded", checked: false) { (x: TracedTensor) in
      op.round(x)
    } vjp: { x, y, ct in
      10 * ct * y
    }
    let y = try rounded(TracedTensor([1.4, -2.6]) * 1)
    #expect(try y.eval(engine).doubles == [1, -3])
    let z = TracedTensor([1.4, -2.6])
    #expect(try rounded(z).sum().grad(wrt: z).eval(engine).doubles == [10, -30])
    // Transposed: the tangent of a function with a vjp.
    #expect(
      try rounded(z).jvp(wrt: z, tangent: TracedTensor([1.0, 2])).eval(engine).doubles
        == [10, -60])
  }

  @Test func rulesThatAreNoDerivativeAreRefused() throws {
    let wrong = CustomDerivative("double") { (x: TracedTensor) in
      2 * x
    } vjp: { x, y, ct in
      3 * ct
    }
    let error = #expect(throws: TraceError.self) { try wrong(x) }
    #expect(error?.message == "the vjp of double is not its derivative, in x")
    #expect(error?.notes.count == 3 && error?.help?.contains("checked: false") == true)
    let different = CustomDerivative("pair") { (x: TracedTensor) in
      x * x
    } jvp: { x, y, dx in
      2 * x * dx
    } vjp: { x, y, ct in
      x * ct
    }
    let second = #expect(throws: TraceError.self) { try different(x) }
    #expect(second?.message.hasPrefix("the rules of pair are not one derivative") == true)
    let none = CustomDerivative("none") { (x: TracedTensor) in x }
    #expect(throws: TraceError.self) { try none(x) }
    let shape = CustomDerivative("sum") { (x: TracedTensor) in
      x.sum()
    } vjp: { x, y, ct in
      ct
    }
    let third = #expect(throws: TraceError.self) { try shape(x) }
    #expect(third?.message.contains("needed (f64[3], f64, f64) → (f64[3])") == true)
  }

  /// A derivative by what a closure reads in passing would be silently zero.
  @Test func nothingIsReadFromOutside() throws {
    let a = TracedTensor(2.0)
    let scaled = CustomDerivative("scaled") { (x: TracedTensor) in
      a * x
    } jvp: { x, y, dx in
      2 * dx
    }
    let error = #expect(throws: TraceError.self) { try scaled(x) }
    #expect(error?.message == "the function of scaled reads f64 value, which stands outside")
    let b = a * 3
    let rule = CustomDerivative("tripled") { (x: TracedTensor) in
      3 * x
    } jvp: { x, y, dx in
      b * dx
    }
    #expect(throws: TraceError.self) { try rule(x) }
    // What is made inside is a constant.
    let inside = CustomDerivative("shifted") { (x: TracedTensor) in
      x + TracedTensor([1.0, 2, 3])
    } jvp: { x, y, dx in
      dx
    }
    #expect(try inside(x).eval(engine).doubles == [1.5, 0, 803])
  }

  /// Trees in and out, with integers among them, which have no derivative.
  @Test func trees() throws {
    let line = CustomDerivative("line") { (p: Line) in
      [p.slope * p.count.converted(to: .f64) + p.shift, p.slope * p.shift]
    } vjp: { p, y, ct in
      Line(
        slope: ct[0] * p.count.converted(to: .f64) + ct[1] * p.shift,
        shift: ct[0] + ct[1] * p.slope, count: p.count)
    }
    let (a, b) = (TracedTensor(1.5), TracedTensor(-2.0))
    let y = try line(Line(slope: a, shift: b, count: TracedTensor(4 as Int64)))
    #expect(try y.eval(engine).map(\.number) == [4, -3])
    let gradient = try (y[0] + 10 * y[1]).grad(wrt: [a, b])
    #expect(try gradient.eval(engine).map(\.number) == [4 - 20, 1 + 15])
  }

  @Test func inLoopsWithSizesAndInFiles() throws {
    let x = TracedTensor.input("x", .f64, ["n"])
    let loss = try forLoop(3, x) { _, x in try smooth(x) }.sum()
    let graph = try Graph("f", of: loss).gradient()
    let again = try GraphSource(graph.text).graphs[0]
    #expect(again == graph)
    // x₃ = log(3 + eˣ), so its slope is eˣ / (3 + eˣ).
    for values in [[0.3], [0.3, -1, 2]] {
      let found = try engine.compile(again)([Tensor(values, shape: [values.count])])
      expectClose(found[0].number, values.map { Glibc.log(3 + Glibc.exp($0)) }.reduce(0, +))
      expectClose(found[1].doubles, values.map { Glibc.exp($0) / (3 + Glibc.exp($0)) })
    }
  }
}
