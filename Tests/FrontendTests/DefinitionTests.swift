// What roots, fixed points, least values, linear solves and functions with rules mean, and what is said
// about mistakes in them. Line 2 is the first of the text.

import Autodiff
import Foundation
import Graph
import Testing

@testable import Frontend

@Suite struct DefinitionTests {
  private func gradient(_ text: String, _ inputs: [Tensor], sizes: [String: Int] = [:]) throws
    -> [[Double]]
  {
    try ReferenceEvaluator.run(
      graph(text).derivative(.gradient), inputs: inputs, sizes: sizes
    ).map(\.doubles)
  }

  @Test func closedForms() throws {
    let root = try gradient(
      "func f(a: f64) -> (x) { x = root x = 3.0 { x*x - a } }", [Tensor(9.0)])
    #expect(root[0] == [3] && abs(root[1][0] - 1.0 / 6) < 1e-15)
    let least = try gradient(
      "func f(a: f64, k: f64) -> (x) { x = argmin x = 1.5 { (x - a)^2 + k * x^2 } }",
      [Tensor(3.0), Tensor(1.0)])
    #expect(least[0] == [1.5] && abs(least[1][0] - 0.5) < 1e-15 && abs(least[2][0] + 0.75) < 1e-15)
    let solve = try gradient(
      "func f(A: f64[2, 2], b: f64[2]) -> (y) { y = sum(solve x = b { A @ x }) }",
      [Tensor([[2.0, 1], [0, 4]]), Tensor([3.0, 4])])
    #expect(solve[0] == [2] && solve[2] == [0.5, 0.125])
    #expect(zip(solve[1], [-0.5, -0.5, -0.125, -0.125]).allSatisfy { abs($0 - $1) < 1e-15 })
  }

  /// The example against its closed form.
  @Test func kepler() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("examples/fixed_point.jg")
    let file = GraphFile(
      SourceFile(name: "fixed_point.jg", text: try String(contentsOf: url, encoding: .utf8)))
    #expect(file.diagnostics.isEmpty)
    let gradient = try #require(file.graphs.first).derivative(.gradient)
    for (m, e) in [(0.3, 0.1), (1.2, 0.6), (2.5, 0.4)] {
      let found = try ReferenceEvaluator.run(
        gradient, inputs: [Tensor(m), Tensor(e)], sizes: [:]
      ).map { $0.doubles[0] }
      #expect(abs(found[0] - e * sin(found[0]) - m) < 1e-14)
      let slope = 1 / (1 - e * cos(found[0]))
      #expect(abs(found[1] - slope) < 1e-12 && abs(found[2] - slope * sin(found[0])) < 1e-12)
    }
  }

  /// The rule takes the place of the derivative, at any order.
  @Test func rulesReplace() throws {
    let text = """
      func r(x: f64, y: f64, c: f64) -> (dx: f64) { dx = 10 * c * x }
      @vjp(r, unchecked)
      func f(x: f64) -> (y: f64) { y = x }
      """
    #expect(try gradient(text, [Tensor(3.0)]) == [[3], [30]])
    let again = try ReferenceEvaluator.run(
      graph(text).derivative(.hessian), inputs: [Tensor(3.0)], sizes: [:])
    #expect(again.map(\.doubles) == [[3], [30], [10]])
    #expect(
      try gradient(text + "\nfunc g(x: f64) -> (y: f64) { y = f(f(x) * 2) }", [Tensor(3.0)])
        == [[6], [10 * 6 * 2 * 10 * 3]])
  }

  /// The soft words stay names.
  @Test func words() throws {
    let values = try outputs(
      """
      func f(root: f64, solve: f64, custom: f64) -> (y) {
        argmin = root + solve
        fixed_point = custom * argmin
        y = if root < solve { fixed_point } else { custom }
      }
      """, [Tensor(1.0), Tensor(2.0), Tensor(3.0)])
    #expect(values[0].doubles == [9])
  }

  static let mistakes: [Mistake] = [
    Mistake(
      "func f(a: i64) -> (x) { x = root x = a { x } }",
      """
      t.jg:2:38: error: root is of floats, found i64
      func f(a: i64) -> (x) { x = root x = a { x } }
                                           ^
      help: convert it: f64(…)
      """),
    Mistake(
      "func f(a: f64[n]) -> (x) { x = root x = a { sum(x) } }",
      """
      t.jg:2:45: error: x is f64[n], and the block gives f64
      func f(a: f64[n]) -> (x) { x = root x = a { sum(x) } }
                                                  ^~~~~~
      t.jg:2:37: note: x is the unknown
      func f(a: f64[n]) -> (x) { x = root x = a { sum(x) } }
                                          ^
      help: an equation has as many parts as unknowns
      """),
    Mistake(
      "func f(a: f64[n]) -> (x) { x = argmin x = a { x * x } }",
      """
      t.jg:2:47: error: argmin needs a scalar f64, found f64[n]
      func f(a: f64[n]) -> (x) { x = argmin x = a { x * x } }
                                                    ^~~~~
      t.jg:2:39: note: x is the unknown
      func f(a: f64[n]) -> (x) { x = argmin x = a { x * x } }
                                            ^
      help: sum it: sum(…)
      """),
    Mistake(
      "func f(a: f64) -> (x) { x = root x = a { x, a } }",
      """
      t.jg:2:42: error: root is of one array, and its block gives 2 values
      func f(a: f64) -> (x) { x = root x = a { x, a } }
                                               ^~~~
      help: several unknowns are put into one array: concatenate(…)
      """),
    Mistake(
      "func f(a: f64[n]) -> (x) { x = solve x = a { x * x } }",
      """
      t.jg:2:46: error: this is not linear in x: its derivative depends on x
      func f(a: f64[n]) -> (x) { x = solve x = a { x * x } }
                                                   ^~~~~
      help: for other equations write root x = start { … }
      """),
    Mistake(
      "func f(a: f64[n]) -> (x) { x = solve x = a { 2 * x + a } }",
      """
      t.jg:2:46: error: this is not linear in x: it is not 0 where x is 0
      func f(a: f64[n]) -> (x) { x = solve x = a { 2 * x + a } }
                                                   ^~~~~~~~~
      help: for other equations write root x = start { … }
      """),
    Mistake(
      "func f(a: f64) -> (x) { x = fixed_point x { x } }",
      """
      t.jg:2:43: error: expected '=' and what it begins with, found '{'
      func f(a: f64) -> (x) { x = fixed_point x { x } }
                                                ^
      help: write fixed_point x = start { … }
      """),
    Mistake(
      """
      func r(x: f64, y: f64, c: f64) -> (dx: f64) { dx = 3 * c }
      @vjp(r)
      func f(x: f64) -> (y: f64) { y = 2 * x }
      """,
      """
      t.jg:3:1: error: r is not the vjp of f, in x
      @vjp(r)
      ^~~~~~~
      note: ⟨w, J v⟩ is 0.926111 by the derivative of f
      note: ⟨Jᵀ w, v⟩ is 1.389167 by r
      note: at random inputs from 0.25 to 0.9
      help: if it is meant to differ, write @vjp(r, unchecked)
      """),
    Mistake(
      """
      func r(x: f64, y: f64) -> (dx: f64) { dx = y }
      @jvp(r)
      func f(x: f64) -> (y: f64) { y = 2 * x }
      """,
      """
      t.jg:3:1: error: the jvp of f reads 3 values, and r takes 2 inputs
      @jvp(r)
      ^~~~~~~
      help: it reads the inputs, the results, and tangents of the float inputs: (f64, f64, f64)
      """),
    Mistake(
      """
      func r(x: f64[n], y: f64, c: f64) -> (dx: f64) { dx = c }
      @vjp(r)
      func f(x: f64[n]) -> (y: f64) { y = sum(x) }
      """,
      """
      t.jg:3:1: error: the vjp of f is (f64[n], f64, f64) → (f64), needed (f64[n], f64, f64) → (f64[n])
      @vjp(r)
      ^~~~~~~
      help: it reads inputs, results and cotangents of the results, and gives cotangents of the inputs
      """),
    Mistake(
      """
      @vjp(g)
      func f(x: f64) -> (y: f64) { y = x }
      """,
      """
      t.jg:2:1: error: there is no function named g
      @vjp(g)
      ^~~~~~~
      help: the vjp of a function is another function of the file
      """),
    Mistake(
      """
      func r(x: f64, y: f64, c: f64) -> (dx: f64) { dx = f(c) }
      @vjp(r)
      func f(x: f64) -> (y: f64) { y = x }
      """,
      """
      t.jg:3:1: error: r calls itself
      @vjp(r)
      ^~~~~~~
      note: the calls are r → f → r
      help: functions cannot be recursive
      """),
  ]

  @Test(arguments: mistakes) func mistake(_ mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
