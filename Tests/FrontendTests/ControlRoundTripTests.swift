// Loops and conditionals, and all their derivatives, read back from their text as the same graphs;
// whoever made them, regions capture in one form.

import Autodiff
import Graph
import Testing

@testable import Frontend

@Suite struct ControlRoundTripTests {
  static let programs = [
    """
    func newton(a: f64) -> (x: f64) {
      x, _ = while x = a, k = 0 where abs(x*x - a) > 1e-12 { x - (x*x - a) / (2*x), k + 1 }
    }
    """,
    """
    func rnn(W: f64[k, k], U: f64[k, d], X: f64[n, d]) -> (y: f64) {
      hs = scan x in X carry h = zeros([k]) { tanh(W @ h + U @ x) }
      y = sum(hs^2)
    }
    """,
    """
    func branchy(x: f64, k: i64) -> (y: f64) {
      y = if x > 0 { sin(x) } else if k == 2 { x^2 } else { for i in 0..<3 carry s = x { s * x } }
    }
    """,
    """
    func nest(x: f64[n], m: i64) -> (y: f64) {
      y = for i in 0..<m, v in x carry y = 0.0 {
        y + (while t = v where t < 3 limit 10 { t * t + v })
      }
    }
    """,
    """
    func unbounded(x: f64) -> (y: f64) {
      z, path, steps = counted while z = x where z < 100 { yield z*x; z * 2 }
      y = for i in 0..<steps, p in path carry y = 0.0 { y + p^2 }
    }
    """,
    """
    func last(x: f64[n], k: i64) -> (y: f64) where n >= 1 {
      q = x[0]
      path = reversed for i in 1..<n, v in x[1:] carry s = q { yield s * v + f64(i); s * q }
      y = sum(path)
    }
    """.replacing("path = reversed", with: "_, path = reversed"),
    """
    func modes(x: f64[n], k: i64) -> (y: f64) {
      y = for v in x carry y = 1.0 {
        a, b = switch k { case 0 { v, y } case 1 { y * v, sin(v) } else { y, y } }
        a + b * y
      }
    }
    """,
    """
    func once(x: f64, c: bool) -> (y: f64) {
      y = do y = x { if c { y * 2 + x } else { y + 1 } } while { r = y * y; r * r < 300 }
    }
    """,
  ]

  @Test(arguments: programs, DerivativeMode.allCases)
  func derivatives(_ program: String, _ mode: DerivativeMode) throws {
    let primal = try graph(program)
    try checkRoundTrip(primal)
    let first = try primal.derivative(mode)
    try checkRoundTrip(first)
    if mode == .gradient {
      try checkRoundTrip(try first.derivative(.jvp))
      let again = try #require(
        GraphFile(SourceFile(name: "g.jg", text: first.languageText)).graphs.first)
      // Two cotangents of one unbounded stack cannot be added.
      let isUnbounded = program.contains("unbounded")
      try checkRoundTrip(try again.derivative(isUnbounded ? .jvp : .vjp))
    }
  }

  /// The text of a derivative, as it is read.
  @Test func text() throws {
    #expect(
      try graph(Self.programs[0]).derivative(.gradient).languageText == """
        jitgrad 1

        func newton.gradient(a: f64) -> (x: f64, grad.a: f64) {
          x: f64 = while x: f64 = a where abs(x * x - a) > 1e-12 { x - (x * x - a) / (2 * x) }
          _, _1: f64[?], _2: i64 = counted while x: f64 = a where abs(x * x - a) > 1e-12 {
            yield x
            x - (x * x - a) / (2 * x)
          }
          _3: f64, _4: f64 = reversed for _ in 0..<_2, x in _1 carry ct: f64 = 1, sum: f64 = 0 {
            _1: f64 = 2 * x
            _2: f64 = -ct
            _3: f64 = _2 / _1
            ct + -_2 / _1 * ((x * x - a) / _1) * 2 + (_3 + _3) * x, sum + -_3
          }
          grad.a: f64 = _3 + _4
        }

        """)
  }

  /// A type may be broken in front of the `?`.
  @Test func brokenTypesOfStacks() throws {
    let made = try graph(
      """
      func f(x: f64) -> (y: f64) {
        z: f64, a: f64[
          ?], steps: i64 = counted while z = x where z > 1 { yield z; z / 2 }
        y = for i in 0..<steps, q in a carry s = 0.0 { s + q }
      }
      """)
    try checkRoundTrip(made)
  }

  /// Captures that are not read, read twice, literals and sizes, in any order.
  @Test func captures() throws {
    let body = GraphBuilder(name: "body")
    let index = body.addInput("i", TensorType(.i64))
    let inputs = ["s", "a", "b", "c", "d", "e"].map { body.addInput($0, TensorType(.f64)) }
    body.addOutput("s", inputs[0] * inputs[4] + inputs[2] * inputs[1] - inputs[5])
    body.addOutput("row", index)
    let region = Region(try body.finished())
    let builder = GraphBuilder(name: "f")
    let x = builder.addInput("x", TensorType(.f64, ["n"]))
    let p = builder.addInput("p", TensorType(.f64))
    let q = builder.addInput("q", TensorType(.f64))
    _ = x
    let size = builder.applying(Extent(extent: "n", dtype: .f64), [])
    let loop = Loop(body: region, bound: "n", carriedCount: 1)
    let results = try builder.apply(loop, [p, q, builder.constant(2, .f64), p, q, size])
    builder.addOutput("y", results[0])
    builder.addOutput("rows", results[1])
    let graph = try builder.finished()
    try checkRoundTrip(graph)
    let made = try #require(graph.nodes.lazy.compactMap { $0.operation as? Loop }.first)
    #expect(made.capturedCount == 1)
    let values = try ReferenceEvaluator.run(
      graph, inputs: [Tensor([1.0, 2]), Tensor(3.0), Tensor(5.0)], sizes: ["n": 2])
    // s ← 5 s + 2·5 − 2
    #expect(values[0].doubles == [(3 * 5 + 8) * 5 + 8] && values[1].doubles == [0, 1])
  }

  /// The same loop, with the names of its captures in another order, is one node.
  @Test func equalLoops() throws {
    let graph = try graph(
      """
      func f(a: f64, b: f64) -> (y, z) {
        y = for i in 0..<3 carry s = a { t = b * s; t - a }
        z = for j in 0..<3 carry r = a { r * 1 + 0 * a }
        z = for j in 0..<3 carry r = a { u = a; (b * r) - u }
      }
      """)
    #expect(graph.outputs[0].value == graph.outputs[1].value)
  }
}
