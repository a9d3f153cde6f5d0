// What is compared at small sizes when a file is read, and gives no numbers there, is not taken for
// right: blocks of `solve` that may not be linear, and rules of functions.
import Autodiff
import Graph
import Testing

@testable import Frontend

@Suite struct ComparisonTests {
  private static func solve(_ word: String, _ block: String) -> String {
    """
    func f(b: f64[128], c: f64[2], M: f64[128, 128]) -> (r) {
      r = \(word) x = \(block.contains("M") ? "b" : "c") {
        \(block)
      }
    }
    """
  }

  /// None of them is linear. Tried at random, they make too many steps, have too many elements, or give
  /// NaN.
  private static let bent = [
    """
    w, q = while v = x, j = 0.0 where j < 3000.5 { 0.5 * v * v + 0.5 * v, j + 1.0 }
        w
    """,
    "for i in 0..<1 carry v = x { v * v * v + sum(zeros([20001])) }",
    "for i in 0..<1 carry v = x { v * v * v + 0 * (M @ v) }",
    "for i in 0..<1 carry v = x { v * v + 0 * sqrt(v - 2) }",
  ]

  @Test(arguments: bent) func blocksThatCannotBeCompared(_ block: String) throws {
    let messages = elaborationMessages(Self.solve("solve", block))
    #expect(
      messages.contains(
        "error: this could not be seen to be linear in x: it gives no numbers at small sizes and "
          + "random places\n"), "\(messages)")
    #expect(messages.contains("\nhelp: if it is linear, write linear_solve x = "), "\(messages)")
    // What is not checked has no gradient either.
    let graph = try graph(Self.solve("linear_solve", block))
    #expect(throws: DerivativeError.self) { try graph.derivative(.vjp) }
  }

  /// What nobody checked, and is not linear, has no transpose.
  @Test(arguments: [
    "x * x * x", "if sum(x) > 0.0 { x } else { 2 * x }", "if 2 > 1 { x * x } else { x }",
    "for i in 0..<2 carry v = x { v * v }", "while v = x where sum(v) > 1.0 { 0.5 * v }",
    "for i in 0..<2 carry v = x { if sum(v) > 0.0 { v } else { 2 * v } }",
  ]) func whatIsNotLinearHasNoTranspose(_ block: String) throws {
    let text = "func f(b: f64[3]) -> (r: f64) { r = sum(linear_solve x = b { \(block) }) }"
    let graph = try graph(text)
    #expect(throws: DerivativeError.self) { try graph.derivative(.gradient) }
  }

  @Test func rulesThatAreNotLinearHaveNoTranspose() throws {
    let bent = """
      func f(x: f64) -> (y: f64) { y = x * x }
      func main(x: f64) -> (y: f64) { y = f(x) }
      """
    let forward = """
      func r(x: f64, y: f64, dx: f64) -> (dy: f64) { dy = dx * dx }
      @jvp(r, unchecked)
      \(bent)
      """
    let backward = """
      func r(x: f64, y: f64, ct: f64) -> (dx: f64) { dx = ct * ct }
      @vjp(r, unchecked)
      \(bent)
      """
    let (jvp, vjp) = (try graph(forward), try graph(backward))
    #expect(throws: DerivativeError.self) { try jvp.derivative(.gradient) }
    #expect(try !jvp.derivative(.jvp).nodes.isEmpty)
    #expect(try !vjp.derivative(.gradient).nodes.isEmpty)
    // Only what is lowered asks for the tangent of a vjp.
    let tangent = try vjp.derivative(.jvp)
    #expect(throws: DerivativeError.self) {
      try ReferenceEvaluator.run(tangent, inputs: [Tensor(2.0), Tensor(1.0)], sizes: [:])
    }
  }

  /// Slopes may be small; what is not linear is as small then, and as wrong.
  @Test(arguments: [1.0, 1e-3, 1e-6]) func smallSlopes(_ scale: Double) {
    let shift = elaborationMessages(Self.solve("solve", "\(scale) * x + \(4e-2 * scale)"))
    #expect(shift.contains("it is not 0 where x is 0"), "\(shift)")
    let bend = elaborationMessages(
      Self.solve(
        "solve", "\(scale) * x + (for i in 0..<3 carry v = 0 * x { v + \(1e-2 * scale) * x * x })"))
    #expect(bend.contains("its derivative depends on x"), "\(bend)")
    let linear = elaborationMessages(
      Self.solve(
        "solve", "\(scale) * x + (for i in 0..<3 carry v = 0 * x { v + \(1e-2 * scale) * x })"))
    #expect(linear == "")
  }

  /// The derivative is a number where the block is none.
  @Test func numbersOnOneSide() {
    let messages = elaborationMessages(
      Self.solve("solve", "for i in 0..<1 carry v = x { v * v + floor(log(v - 2)) }"))
    #expect(
      messages.contains("this is not linear in x: its derivative depends on x"), "\(messages)")
  }

  /// Linear in x, where the rest is positive, where sizes are large, and where there is nothing.
  @Test(arguments: [
    "func f(b: f64[n], k: f64) -> (r) { r = solve x = b { for i in 0..<2 carry v = x { sqrt(k) * v } } }",
    "func f(b: f64[n], k: f64) -> (r) where n >= 12 "
      + "{ r = solve x = b { for i in 0..<2 carry v = x { 2 * v } } }",
    "func f(b: f64[0], k: f64) -> (r) { r = solve x = b { for i in 0..<2 carry v = x { 2 * v } } }",
  ]) func linearBlocks(_ text: String) {
    #expect(elaborationMessages(text) == "")
  }

  // MARK: - Rules

  /// x·y and x² are finite at all places; the rules are not.
  static let rules: [Mistake] = [
    Mistake(
      """
      func r(x: f64, y: f64, z: f64, ct: f64) -> (cx: f64, cy: f64) { cx = ct * y; cy = ct * x / 0.0 }
      @vjp(r)
      func f(x: f64, y: f64) -> (z: f64) { z = x * y }
      """, "r is not the vjp of f, in y"),
    Mistake(
      """
      func r(x: f64, z: f64, ct: f64) -> (cx: f64) { cx = 5 * ct * sqrt(-1 - x * x) }
      @vjp(r)
      func f(x: f64) -> (z: f64) { z = x * x }
      """, "r is not the vjp of f, in x"),
    Mistake(
      """
      func r(x: f64, z: f64, t: f64) -> (dz: f64) { dz = 5 * t * sqrt(-1 - x * x) }
      @jvp(r)
      func f(x: f64) -> (z: f64) { z = x * x }
      """, "r is not the jvp of f, in x"),
    Mistake(
      """
      func r(x: f64, z: f64, ct: f64) -> (cx: f64) { cx = 2 * ct * x / 0.0 }
      func s(x: f64, z: f64, t: f64) -> (dz: f64) { dz = 2 * t * x }
      @vjp(r)
      @jvp(s)
      func f(x: f64) -> (z: f64) { z = x * x }
      """, "the rules of f are not one derivative, in x"),
  ]

  @Test(arguments: rules) func rulesThatGiveNoNumbers(_ mistake: Mistake) {
    let messages = elaborationMessages(mistake.text)
    #expect(messages.contains("error: \(mistake.messages)\n"), "\(messages)")
  }

  /// Both rules are wrong. √(x − 100) has no values at the places; √(0·y) has, and no derivative, so the
  /// comparison by x says nothing of y.
  @Test(arguments: [
    """
    func r(x: f64, z: f64, ct: f64) -> (cx: f64) { cx = 7 * ct / z }
    @vjp(r)
    func f(x: f64) -> (z: f64) { z = sqrt(x - 100) }
    """,
    """
    func r(x: f64, y: f64, z: f64, dx: f64, dy: f64) -> (dz: f64) { dz = dx + 9 * dy }
    @jvp(r)
    func f(x: f64, y: f64) -> (z: f64) { z = x + sqrt(0 * y) }
    """,
  ]) func rulesThatCouldNotBeCompared(_ text: String) {
    let file = elaborated(text)
    let messages = DiagnosticRenderer().render(file.diagnostics, in: file.source)
    #expect(!file.hasErrors && file.graphs.count == 2)
    let kind = text.contains("@vjp") ? "vjp" : "jvp"
    #expect(
      messages == """
        t.jg:3:1: warning: r was not compared with the derivative of f
        @\(kind)(r)
        ^~~~~~~
        note: no random inputs gave numbers on both sides
        help: compare it at inputs of yours, jit-grad verify, or write @\(kind)(r, unchecked)

        """)
    #expect(
      elaborationMessages(text.replacing("@\(kind)(r)", with: "@\(kind)(r, unchecked)")) == "")
  }
}
