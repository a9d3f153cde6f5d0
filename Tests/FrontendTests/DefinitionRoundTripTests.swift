// Solutions of equations and functions with rules, and all their derivatives, read back from their
// text as the same graphs.

import Autodiff
import Graph
import Testing

@testable import Frontend

@Suite struct DefinitionRoundTripTests {
  static let programs = [
    """
    func root2(a: f64) -> (y: f64) {
      s = while x = 1 where abs(x*x - a) > 1e-12 { x - (x*x - a) / (2*x) }
      y = a * root x = s { x*x - a }
    }
    """,
    """
    func fixed(a: f64[n], b: f64) -> (y: f64) {
      x = fixed_point x = zeros([n]) { cos(a * x) * b + 0.5 }
      y = sum(x * a)
    }
    """,
    """
    func least(a: f64[n], k: f64) -> (y: f64) {
      w = argmin w = a { sum((w - a)^2) + k * sum(w^4) }
      y = sum(w)
    }
    """,
    """
    func linear(A: f64[n, n], b: f64[n], k: i64) -> (y: f64) {
      x = solve x = b { if k > 0 { A @ x + 3 * x } else { x } }
      y = sum(x * x)
    }
    """,
    """
    func g_jvp(x: f64[m], k: i64, y: f64[m], s: f64, t: f64[m]) -> (dy: f64[m], ds: f64) {
      dy = cos(x) * t
      ds = sum(dy)
    }
    @jvp(g_jvp)
    func g(x: f64[m], k: i64) -> (y: f64[m], s: f64) { y = sin(x) + f64(k); s = sum(y) }
    func calls(x: f64[n]) -> (y: f64) where n >= 1 {
      a, b = g(x[1:], 2)
      y = for i in 0..<2 carry y = b { _, b = g(a * y, i)
        b }
    }
    """,
    """
    func h_vjp(x: f64, lo: f64, y: f64, ct: f64) -> (a: f64, b: f64) { a = ct * y; b = ct * x }
    @vjp(h_vjp)
    func h(x: f64, lo: f64) -> (y: f64) { y = x * lo }
    func both(x: f64) -> (y: f64) { y = if x > 0 { h(x, x * x) } else { x } }
    """.replacing("a = ct * y;", with: "a = ct * lo;"),
  ]

  @Test(arguments: programs, DerivativeMode.allCases)
  func derivatives(_ program: String, _ mode: DerivativeMode) throws {
    for primal in elaborated(program).graphs { try checkRoundTrip(primal) }
    let primal = try graph(program)
    let first = try primal.derivative(mode)
    try checkRoundTrip(first)
    if mode == .gradient || mode == .jvp {
      try checkRoundTrip(try first.derivative(.jvp))
      let again = try #require(
        GraphFile(SourceFile(name: "g.jg", text: first.languageText)).graphs.first)
      try checkRoundTrip(try again.derivative(.vjp))
    }
  }
}
