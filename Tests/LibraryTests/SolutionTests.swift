// Tensors that are defined by an equation, against closed forms: first and second derivatives, sizes
// that the call tells, and what is said of equations that are none.
import Glibc
import JitGrad
import Testing

@Suite struct SolutionTests {
  let engine = Engine()

  /// x² = a, found without a derivative: x′ = 1/(2x), x″ = −1/(4x³).
  @Test func rootOfANumber() throws {
    let a = TracedTensor(4.0)
    let x = root(TracedTensor(2.0)) { x in x * x - a }
    let slope = try x.grad(wrt: a)
    #expect(try x.eval(engine).number == 2)
    expectClose(try slope.eval(engine).number, 0.25)
    expectClose(try slope.grad(wrt: a).eval(engine).number, -1 / 32.0)
    expectClose(
      try x.jvp(wrt: a, tangent: TracedTensor(8.0)).eval(engine).number, 2)
  }

  /// x + e^x·k = a element by element, for any n: x′ₐ = 1/(1 + k eˣ).
  @Test func rootOfAVector() throws {
    let (a, k) = (TracedTensor.input("a", .f64, ["n"]), TracedTensor.input("k"))
    let (found, _) = whileLoop(a, while: { abs($0 + k * exp($0) - a).max() > 1e-14 }) {
      $0 - ($0 + k * exp($0) - a) / (1 + k * exp($0))
    }
    let x = root(found.detached) { x in x + k * exp(x) - a }
    let graph = try Graph("f", of: try x.sum().grad(wrt: [a, k]), inputs: ["a", "k"])
    let again = try GraphSource(graph.text).graphs[0]
    #expect(again == graph)
    let kernel = try engine.compile(again)
    for a in [[0.5], [0.5, -1, 2]] {
      let found = try kernel([Tensor(a, shape: [a.count]), Tensor(0.7)])
      let solved = a.map { a in
        var x = a
        for _ in 0..<50 { x -= (x + 0.7 * Glibc.exp(x) - a) / (1 + 0.7 * Glibc.exp(x)) }
        return x
      }
      expectClose(found[0].doubles, solved.map { 1 / (1 + 0.7 * Glibc.exp($0)) }, 1e-10)
      expectClose(
        found[1].number,
        solved.map { -Glibc.exp($0) / (1 + 0.7 * Glibc.exp($0)) }.reduce(0, +), 1e-10)
    }
    #expect(engine.counters.compiles == 1)
  }

  /// Kepler's equation as a fixed point, E = M + e sin E: ∂E/∂M = 1/(1 − e cos E).
  @Test func fixedPointOfKepler() throws {
    let (m, e) = (TracedTensor(1.2), TracedTensor(0.6))
    let (found, _) = whileLoop(m, while: { abs($0 - m - e * sin($0)) > 1e-15 }) {
      m + e * sin($0)
    }
    let anomaly = fixedPoint(found) { m + e * sin($0) }
    let gradient = try anomaly.grad(wrt: [m, e])
    let value = try anomaly.eval(engine).number
    let slope = 1 / (1 - 0.6 * Glibc.cos(value))
    expectClose(try gradient[0].eval(engine).number, slope)
    expectClose(try gradient[1].eval(engine).number, slope * Glibc.sin(value))
    // ∂²E/∂M² = −e sin E · slope³
    expectClose(
      try gradient[0].grad(wrt: m).eval(engine).number,
      -0.6 * Glibc.sin(value) * slope * slope * slope)
  }

  /// Σ w (x − t)² + k Σ x² is least at w t / (w + k).
  @Test func leastValue() throws {
    let (t, w) = (TracedTensor([3.0, -1]), TracedTensor([1.0, 4]))
    let k = TracedTensor(1.0)
    let x = argmin(TracedTensor([1.5, -0.8])) { x in
      (w * (x - t) * (x - t)).sum() + k * (x * x).sum()
    }
    let gradient = try x.sum().grad(wrt: [t, w, k]).eval(engine)
    expectClose(gradient[0].doubles, [0.5, 0.8])
    expectClose(gradient[1].doubles, [3.0 / 4, -1.0 / 25])
    expectClose(gradient[2].number, -3.0 / 4 + 4.0 / 25)
    // ∂²/∂k² Σ w t/(w + k) = Σ 2 w t/(w + k)³
    expectClose(
      try x.sum().hessian(wrt: k).eval(engine).number, 2 * 3.0 / 8 - 2 * 4 / 125.0)
  }

  /// Ridge regression: (XᵀX + k) w = Xᵀ y, for any number of rows and columns.
  @Test func linearSystem() throws {
    let x = TracedTensor.input("x", .f64, ["n", "d"])
    let (y, k) = (TracedTensor.input("y", .f64, ["n"]), TracedTensor.input("k"))
    let xt = x.transposed()
    let w = linearSolve(matmul(xt, y)) { w in matmul(xt, matmul(x, w)) + k * w }
    let slope = try w.sum().grad(wrt: k)
    let graph = try Graph(
      "ridge", of: [w, slope, try slope.grad(wrt: k)], inputs: ["x", "y", "k"])
    let kernel = try engine.compile(graph)
    // A diagonal matrix: wᵢ = xᵢ yᵢ / (xᵢ² + k).
    let found = try kernel([matrix([[1, 0], [0, 2]]), vector(2, 5), Tensor(1.0)])
    expectClose(found[0].doubles, [1, 2])
    expectClose(found[1].number, -2.0 / 4 - 10 / 25)
    expectClose(found[2].number, 2 * 2.0 / 8 + 2 * 10 / 125)
    let more = try kernel([matrix([[1], [2], [2]]), vector(1, 1, 1), Tensor(1.0)])
    expectClose(more[0].doubles, [0.5])
    expectClose(more[1].number, -5.0 / 100)
    #expect(engine.counters.compiles == 1)
  }

  @Test func mistakes() throws {
    let x = TracedTensor([1.0, 2])
    let sum = root(x) { $0.sum() }
    #expect(sum.failure?.message.contains("as many residuals as unknowns, found f64") == true)
    let count = root(TracedTensor(2 as Int64)) { $0 }
    #expect(count.failure?.message == "root is of floats, found i64")
    #expect(argmin(x) { $0 * $0 }.failure?.message.contains("needs a scalar float") == true)
    let square = linearSolve(x) { $0 * $0 }
    #expect(square.failure?.message.contains("its derivative depends on x") == true)
    let shifted = linearSolve(x) { 2 * $0 + 1 }
    #expect(shifted.failure?.message.contains("not 0 where x is 0") == true)
    #expect(throws: TraceError.self) { try square.eval(engine) }
  }

  /// v²/2 + v/2 again and again, more often than is tried.
  @Test func whatCannotBeComparedIsNotTakenForLinear() throws {
    func bent(_ x: TracedTensor) -> TracedTensor {
      func step(_ state: [TracedTensor]) -> [TracedTensor] {
        let half = 0.5 * state[0]
        return [half * state[0] + half, state[1] + 1.0]
      }
      return whileLoop([x, TracedTensor(0.0)], while: { $0[1] < 3000.0 }, body: step).state[0]
    }
    let solved = linearSolve(TracedTensor([1.0, 2]), of: bent)
    #expect(
      solved.failure?.message.contains("could not be seen to be linear in x") == true,
      "\(solved)")
    #expect(solved.failure?.help?.contains("root") == true)
  }
}
