// Programs with solutions of equations and with functions that have rules, for the laws.

enum DefinitionPrograms {
  /// A program with where its inputs are taken from, in order.
  static let sources: [(text: String, ranges: [ClosedRange<Double>])] = [
    (
      """
      func square_root(a: f64) -> (x: f64) {
        s = for _ in 0..<12 carry x = a { x - (x * x - a) / (2 * x) }
        x = root x = s { x * x - a }
      }
      """, [0.5...4]
    ),
    (
      """
      func fixed(a: f64[n], b: f64) -> (y: f64[n]) {
        s = for _ in 0..<90 carry x = zeros([n]) { cos(a * x) * b }
        y = fixed_point x = s { cos(a * x) * b }
      }
      """, [0.2...0.7, 0.3...0.8]
    ),
    (
      """
      func least(a: f64[n], k: f64) -> (y: f64) {
        s = for _ in 0..<60 carry w = a { w - 0.2 * (2 * (w - a) + 4 * k * w^3) }
        w = argmin w = s { sum((w - a)^2) + k * sum(w^4) }
        y = sum(w * w)
      }
      """, [-1...1, 0.05...0.2]
    ),
    (
      """
      func linear(A: f64[n, n], b: f64[n]) -> (x: f64[n]) {
        x = solve x = b { 0.2 * A @ x + 2 * x }
      }
      """, [-1...1, -1...1]
    ),
    (
      """
      func solved_in_steps(A: f64[n, n], b: f64[n], k: i64) -> (y: f64[n]) {
        y = for i in 0..<k carry b = b limit 3 {
          x = solve x = b { if i > 0 { 2.5 * x + 0.3 * sin(A @ b) * x } else { 0.2 * A @ x + 3 * x } }
          x + 0.1 * b
        }
      }
      """, [-1...1, -1...1, 0...3]
    ),
    (
      """
      func roots_of_rows(A: f64[n, d], k: i64) -> (y: f64) {
        roots = for a in A {
          s = for _ in 0..<9 carry x = 1 { x - (x^2 - sum(a^2) - 1) / (2 * x) }
          yield if k > 0 { root x = s { x^2 - sum(a^2) - 1 } } else { sum(a) }
        }
        y = sum(roots * roots)
      }
      """, [-1...1, 0...1]
    ),
    (
      """
      func f_jvp(x: f64[m], k: i64, y: f64[m], t: f64[m]) -> (dy: f64[m]) { dy = cos(x) * f64(k) * t }
      @jvp(f_jvp)
      func f(x: f64[m], k: i64) -> (y: f64[m]) { y = sin(x) * f64(k) }
      func forward_rule(x: f64[n], k: i64) -> (y: f64[n]) {
        y = for i in 0..<3 carry y = f(x, k) { f(y * x, i + 1) }
      }
      """, [-1...1, 1...3]
    ),
    (
      """
      func f_vjp(x: f64[m], w: f64, y: f64[m], s: f64, ct: f64[m], cs: f64) -> (gx: f64[m], gw: f64) {
        all = ct + cs
        gx = w * cos(w * x) * all
        gw = sum(x * cos(w * x) * all)
      }
      @vjp(f_vjp)
      func f(x: f64[m], w: f64) -> (y: f64[m], s: f64) { y = sin(w * x); s = sum(y) }
      func backward_rule(x: f64[n], w: f64) -> (y: f64[n], z: f64) {
        a, b = f(x, w)
        z = if w > 0.0 { c, d = f(a, b)
          sum(c) * d } else { b }
        y = a * z
      }
      """, [-1...1, -1...1]
    ),
    (
      """
      func g_jvp(x: f64[m], y: f64[m], t: f64[m]) -> (dy: f64[m]) { dy = y * t }
      func g_vjp(x: f64[m], y: f64[m], c: f64[m]) -> (dx: f64[m]) { dx = c * y }
      @jvp(g_jvp)
      @vjp(g_vjp)
      func g(x: f64[m]) -> (y: f64[m]) { y = exp(x) }
      func both_rules(X: f64[n, d]) -> (y: f64[n]) {
        y = for x in X { yield sum(g(0.5 * x) * x) }
      }
      """, [-1...1]
    ),
    (
      """
      func g_vjp(x: f64, y: f64, c: f64) -> (dx: f64) { dx = c / (2 * y) }
      @vjp(g_vjp)
      func g(x: f64) -> (y: f64) { y = exp(0.5 * log(x)) }
      func rule_in_root(a: f64) -> (x: f64) {
        s = for _ in 0..<40 carry x = 1.0 { 0.5 * g(x + a) }
        x = fixed_point x = s { 0.5 * g(x + a) }
      }
      """, [0.5...2]
    ),
  ]
}
