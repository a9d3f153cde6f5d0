// Good files, damaged at random with a seed, read through parser and elaborator: no crash, every
// message has a place and can be shown, and what is accepted round-trips.

import Graph
import Testing

@testable import Frontend

@Suite struct ElaborationMutationTests {
  /// Words that mean something, to be put where they do not belong.
  static let words = [
    "x", "y", "n", "m", "f", "g", "sum", "exp", "(", ")", "[", "]", ",", ":", "=", "+", "-", "*",
    "/",
    "//", "%", "^", "@", "0", "1", "-1", "2", "7", "0.5", "inf", "true", "f64", "f32", "i64",
    "bool",
    "f64[n]", "f64[n, m]", "[1, 2]", "[[1], [2]]", "axes=[0]", "dtype=f32", "shape=[n]",
    "keep=true",
    "min", "max", "broadcast", "...", "::-1", "where n > m", "\n", "x[0]", "x[i]", "top_k(x, k=2)",
    "9223372036854775807", "n // 0", "a, b = ", "reshape", "take", "slice", "pad", "concatenate",
    "{", "}", "for", "while", "do", "scan", "carry", "where", "limit", "yield", "if", "else", "in",
    "switch", "case", "0..<n", "counted", "reversed", "?", "{ x }",
    "root x =", "fixed_point", "argmin x =", "solve", "linear_solve", "custom f(", "jvp(y, t)",
    "vjp(y, c)", "@vjp(f)\n", "@jvp(g)\n", "unchecked", "tangent(x, y)",
  ]

  static let corpus: [String] =
    RoundTripTests.programs + ControlRoundTripTests.programs + DefinitionRoundTripTests.programs
    + RoundTripTests.derived.map {
      "func f(A: f64[n, m], B: f64[m, 3], x: f64[m], u: f64[n], k: i64[2]) -> (y) { y = \($0) }"
    } + [
      """
      func g(a: f64[2 * n + 1], b: f64[m]) -> (r: f64[m], s) where n >= 1, m == n {
        r = a[1:n + 1] * b; s = sum(r)
      }
      func f(x: f64[n], i: i64) -> (y: f64[3], z) {
        y, z = g(b=[1, 2, 3], a=x[::-1])
        y = y + x[i] - [x[0], n, 0.5]
        z = z * min(n, 3) / 2^-1
      }
      """
    ]

  @Test(arguments: 0..<32) func damaged(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) &+ 77_000)
    for _ in 0..<60 {
      let original = Self.corpus.randomElement(using: &random) ?? ""
      var pieces = original.split(
        omittingEmptySubsequences: false, whereSeparator: { " ".contains($0) }
      ).map(String.init)
      if Bool.random(using: &random) { pieces = original.map { String($0) } }
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<pieces.count, using: &random)
        let word = Self.words.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<5, using: &random) {
        case 0: pieces[place] = word
        case 1: pieces.insert(word, at: place)
        case 2 where pieces.count > 1: pieces.remove(at: place)
        case 3: pieces.swapAt(place, Int.random(in: 0..<pieces.count, using: &random))
        default: pieces.insert(pieces[Int.random(in: 0..<pieces.count, using: &random)], at: place)
        }
      }
      try check(pieces.joined(separator: pieces.count < original.count / 2 ? " " : ""))
    }
  }

  private func check(_ text: String) throws {
    let file = elaborated(text)
    for diagnostic in file.diagnostics {
      #expect(diagnostic.point >= 0 && diagnostic.point <= file.source.bytes.count, "\(text)")
      let message = DiagnosticRenderer().render(diagnostic, in: file.source)
      #expect(message.hasPrefix("t.jg:") && message.contains("^"), "\(text)\n\(message)")
      #expect(!message.contains("?n"), "\(text)\n\(message)")
    }
    for graph in file.graphs { try checkRoundTrip(graph) }
  }
}
