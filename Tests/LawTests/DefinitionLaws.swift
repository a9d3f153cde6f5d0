// What docs/conventions.md says about equations and rules, compiled and by reference.
import Autodiff
import Frontend
import Graph
import JIT
import Testing

@Suite struct DefinitionLaws {
  /// The gradient, which both ways of running it agree on.
  private func gradient(_ text: String, _ inputs: [Tensor], _ sizes: Sizes = [:]) throws
    -> [[Double]]
  {
    let file = GraphFile(SourceFile(name: "test", text: "jitgrad 1\n" + text))
    try #require(
      !file.hasErrors, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    let graph = try #require(file.graphs.last).derivative(.gradient)
    let compiled = try Engine().compile(graph)(inputs).map(\.doubles)
    let reference = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes).map(\.doubles)
    for (a, b) in zip(compiled, reference) {
      for (x, y) in zip(a, b) {
        #expect(abs(x - y) < 1e-12 || !x.isFinite && !y.isFinite, "\(a) and \(b)")
      }
    }
    return compiled
  }

  @Test func atTheValueThatIsThere() throws {
    let found = try gradient(
      "func f(a: f64, s: f64) -> (x) { x = root x = s { x * x - a } }", [Tensor(9.0), Tensor(2.0)])
    #expect(found == [[2], [0.25], [0]])
  }

  @Test func singular() throws {
    let root = try gradient(
      "func f(a: f64) -> (x) { x = root x = 0.0 { x * x - a } }", [Tensor(0.0)])
    #expect(root[0] == [0] && root[1] == [.infinity])
    let solve = try gradient(
      "func f(A: f64[n, n], b: f64[n]) -> (y) { y = sum(solve x = b { A @ x }) }",
      [Tensor([1.0, 1, 1, 1], shape: [2, 2]), Tensor([1.0, 2], shape: [2])], ["n": 2])
    #expect(solve.joined().allSatisfy { !$0.isFinite })
  }

  @Test func nothingToSolve() throws {
    let found = try gradient(
      "func f(A: f64[n, n], b: f64[n], k: f64) -> (y) { y = sum(solve x = b { A @ x + k * x }) }",
      [Tensor(zeros: .f64, shape: [0, 0]), Tensor(zeros: .f64, shape: [0]), Tensor(2.0)], ["n": 0])
    #expect(found == [[0], [], [], [0]])
  }

  @Test func rulesAndConstants() throws {
    let found = try gradient(
      """
      @vjp(r, unchecked)
      func f(x: f64) -> (y: f64) { y = floor(x) }
      func r(x: f64, y: f64, c: f64) -> (dx: f64) { dx = clamp(c, -1, 1) }
      func g(x: f64) -> (y: f64) { y = 5 * f(x) + x * stop_gradient(x) }
      """, [Tensor(2.5)])
    #expect(found == [[16.25], [3.5]])
  }
}
