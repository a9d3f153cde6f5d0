// What loops and conditionals of the language compute, by closed forms.

import Graph
import Testing

@testable import Frontend

@Suite struct ControlMeaningTests {
  private func doubles(
    _ text: String, _ inputs: [Tensor] = [], sizes: [String: Int] = [:]
  ) throws -> [[Double]] {
    try checkRoundTrip(try graph(text))
    return try outputs(text, inputs, sizes: sizes).map(\.doubles)
  }

  @Test func newton() throws {
    let text = """
      func root(a: f64) -> (x: f64, steps, k) {
        x, k, steps = counted while x = a, k = 0 where abs(x*x - a) > 1e-12 {
          x - (x*x - a) / (2*x), k + 1
        }
      }
      """
    let made = try doubles(text, [Tensor(2.0)])
    #expect(abs(made[0][0] - 2.0.squareRoot()) < 1e-15 && made[1] == [5] && made[2] == [5])
  }

  @Test func forWithStacks() throws {
    let made = try doubles(
      """
      func pendulum(theta: f64[2]) -> (q, p, path) {
        q, p, path = for i in 0..<5 carry q = theta[0], p = theta[1] {
          force = -q
          yield q + f64(i)
          q + 0.5 * p, p + 0.5 * force
        }
      }
      """, [Tensor([1.0, 0])])
    var (q, p, path) = (1.0, 0.0, [Double]())
    for i in 0..<5 {
      path.append(q + Double(i))
      (q, p) = (q + 0.5 * p, p - 0.5 * q)
    }
    #expect(made == [[q], [p], path])
  }

  @Test func rows() throws {
    let made = try doubles(
      """
      func f(A: f64[n, m], b: f64[n]) -> (s, r, t, c) {
        s = for row in A carry s = zeros([m]) { s + row }
        r = for row in A, y in b { yield y * sum(row) }
        t = reversed for i in 0..<n, y in b carry t = 0.0 { t * 2 + y }
        c = scan y in b carry c = 0.0 { c + y }
      }
      """, [Tensor([[1.0, 2], [3, 4], [5, 6]]), Tensor([1.0, 10, 100])])
    #expect(made == [[9, 12], [3, 70, 1100], [421], [1, 11, 111]])
  }

  @Test func ranges() throws {
    let made = try doubles(
      """
      func f(x: f64[n], k: i64, j: i64) -> (a, b, c, d, e, g) {
        a = for i in 2..<n carry a = 0 { a + i }
        b = for i in j..<k carry b = 0 { b + i }
        c, steps = counted for i in 0..<k carry c = 1.0 where c < 50 { c * 3 }
        d = for i in 0..<k limit n { yield 2 * i }
        e = for i in 0..<k, y in x { yield y }
        g = for i in 1..< carry g = 1 where i^2 < 30 { g * i }
      }
      """,
      [Tensor([1.0, 2, 3, 4, 5]), Tensor(4 as Int64), Tensor(1 as Int64)])
    #expect(made == [[9], [6], [81], [0, 2, 4, 6, 0], [1, 2, 3, 4, 0], [120]])
  }

  @Test func doWhile() throws {
    let made = try doubles(
      """
      func f(n: i64) -> (x, k, m) {
        x, k = counted do x = n { x // 2 } while x > 0
        m, _ = do y = n + 1, z = 0 limit 3 { y + 1, z + y } while { t = y * y; t < 1000 }
      }
      """, [Tensor(0 as Int64)])
    #expect(made == [[0], [1], [4]])
  }

  @Test func conditionals() throws {
    let text = """
      func f(x: f64, k: i64) -> (a, b, c, d, e) {
        a = 1 + (if x > 0 { x } else { -x })
        b, c = if x > 10 { 1, x } else if x > 1 { 2, x^2 } else { y = x + 1; 3, y }
        d = switch k { case 0 { 10 } case -3 { 20 } else { k } }
        e = if k == 0 { 0 } else { 1 / x }
      }
      """
    #expect(
      try doubles(text, [Tensor(-2.0), Tensor(-3 as Int64)]) == [[3], [3], [-1], [20], [-0.5]])
    #expect(try doubles(text, [Tensor(4.0), Tensor(0 as Int64)]) == [[5], [2], [16], [10], [0]])
    #expect(
      try doubles(text, [Tensor(16.0), Tensor(7 as Int64)])[1...] == [[1], [16], [7], [0.0625]])
  }

  /// Numbers that are carried take the dtype of the step.
  @Test func inference() throws {
    let graph = try graph(
      """
      func f(x: f32[n], k: i32) -> (a, b, c, d, e, g, h) {
        a = for y in x carry a = 0.0 { a + y }
        b = for i in 0..<n carry b = 0 { b + 1 }
        c, d = for i in 0..<n carry c = 0, d = 1 { d, d * x[0] }
        e = for i in 0..<n carry e = 1 { e / 2 }
        g = for i in 0..<n carry g = 0 { for j in 0..<n carry h = g { h + k } }
        h = for i in 0..<n carry h = [0, 1] { h * x[0] }
      }
      """)
    #expect(
      graph.outputs.map { "\(graph.type(of: $0.value))" }
        == ["f32", "i64", "f32", "f32", "f64", "i32", "f32[2]"])
    try checkRoundTrip(graph)
  }

  /// A block reads names of all scopes around it, and hides them.
  @Test func scopes() throws {
    let made = try doubles(
      """
      func twice(x: f64) -> (y) {
        y = for i in 0..<2 carry y = x { y * 2 }
      }
      func f(x: f64, a: f64) -> (y, z) {
        y = for i in 0..<3 carry x = x {
          x = x + a
          if i == 1 { twice(x) + a } else { for j in 0..<2 carry s = x { s + a * f64(i) } }
        }
        z = x
      }
      """, [Tensor(1.0), Tensor(10.0)])
    // 1 → 11 → 11; → 21 → 94; → 104 → 144
    #expect(made == [[144], [1]])
  }

  /// What unbounded loops yield is scanned by other loops.
  @Test func unboundedStacks() throws {
    let made = try doubles(
      """
      func f(x: f64) -> (y, z) {
        y, path, steps = counted while y = x where y < 100 { yield y; y * 2 }
        z = for i in 0..<steps, p in path carry z = 0.0 { z + p }
      }
      """, [Tensor(3.0)])
    #expect(made == [[192], [189]])
  }

  /// As deep as the bounds allow, and long.
  @Test func large() throws {
    for (open, close, depth) in [
      ("if x > 0 { ", " } else { x }", 250), ("for i in 0..<2 carry x = x { ", " }", 250),
      ("while x = x where x < 3 { ", " }", 250),
      // Each level is walked once more for every one around it.
      ("for i in 0..<1 carry s = 0 { s + ", " }", 60),
    ] {
      let nested =
        String(repeating: open, count: depth) + "x" + String(repeating: close, count: depth)
      let file = elaborated("func f(x: f64) -> (y) {\n  y = \(nested)\n}")
      #expect(file.diagnostics.map(\.message) == [], "\(open)")
    }
    let chain = (0..<250).map { "if k == \($0) { \($0).5 } else " }.joined() + "{ 0 }"
    try checkRoundTrip(try graph("func f(k: i64) -> (y) { y = \(chain) }"))
    let lines = (0..<5_000).map { "    x\($0 + 1) = x\($0) * a + \($0)" }.joined(separator: "\n")
    let text = """
      func f(a: f64, x: f64) -> (y) {
        y = for i in 0..<3 carry x0 = x {
      \(lines)
          x5000
        }
      }
      """
    #expect(elaborated(text).diagnostics.isEmpty)
    #expect(parsed("jitgrad 1\n" + text).tree.formatted().count > text.count)
  }
}
