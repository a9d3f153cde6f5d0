// `einsum` in the graph language: its calls mean ordinary operations, and its mistakes are shown at the
// sign that is wrong. Line 2 is the first of the text.
import Foundation
import Graph
import Testing

@testable import Frontend

@Suite struct EinsumLanguageTests {
  @Test func printsOrdinaryOperations() throws {
    let graph = try graph(
      """
      func f(A: f64[n, m], B: f64[m, k], v: f64[k], s: f64) -> (y, z) {
        y = einsum("ij,jk,k->i", A, B, v)
        z = einsum(",ij->ij", 2, A)
      }
      """)
    #expect(
      graph.languageText.contains(
        """
          y: f64[n] = A @ (B @ v)
          z: f64[n, m] = A * 2

        """), "\(graph.languageText)")
    try checkRoundTrip(graph)
  }

  /// In a function of the file, a loop and a branch, with a number and a size among the operands.
  @Test func standsEverywhere() throws {
    let found = try outputs(
      """
      func norm(v: f64[k]) -> (r) { r = einsum("i,i", v, v) }
      func f(x: f64[n, 2]) -> (a, b, c) {
        a = for row in x carry s = 0.0 { s + einsum("i,,->", row, 2, n) }
        b = if norm(x[0]) > 4 { einsum("ij->j", x) } else { x[0] }
        c = for row in x { yield einsum("i,j->", row, row) }
      }
      """, [Tensor([[1, 2], [3, 4]])])
    #expect(found.map(\.doubles) == [[40], [4, 6], [9, 49]])
  }

  /// The example against its closed form: sites that are diagonal in their bonds make a sum of products,
  /// ⟨A|B⟩ = Σ_ab Π_s u_sa·v_sb.
  @Test func matrixProductStates() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("examples/mps.jg")
    let file = GraphFile(
      SourceFile(name: "mps.jg", text: try String(contentsOf: url, encoding: .utf8)))
    #expect(file.diagnostics.isEmpty)
    let (n, d, p) = (4, 3, 2)
    func u(_ s: Int, _ a: Int, _ k: Int) -> Double { 0.5 + 0.1 * Double(s - a) + 0.3 * Double(k) }
    func v(_ s: Int, _ b: Int, _ k: Int) -> Double { 0.8 - 0.2 * Double(s * k) + 0.1 * Double(b) }
    func sites(_ w: (Int, Int, Int) -> Double) -> Tensor {
      Tensor(.f64, [n, d, p, d]) { Scalar($0[1] == $0[3] ? w($0[0], $0[1], $0[2]) : 0, .f64) }
    }
    func product(_ s: Int, _ a: Int, _ b: Int) -> Double {
      (0..<p).reduce(0) { $0 + u(s, a, $1) * v(s, b, $1) }
    }
    func overlap(without left: Int? = nil, _ a: Int, _ b: Int) -> Double {
      (0..<n).filter { $0 != left }.reduce(1) { $0 * product($1, a, b) }
    }
    let gradient = try #require(file.graphs.first).derivative(.gradient, wrt: ["A"])
    let found = try ReferenceEvaluator.run(
      gradient, inputs: [sites(u), sites(v)], sizes: ["n": n, "d": d, "p": p])
    let pairs = (0..<d).flatMap { a in (0..<d).map { (a, $0) } }
    let wanted = pairs.reduce(0) { $0 + overlap($1.0, $1.1) }
    #expect(abs(found[0].doubles[0] - wanted) < 1e-13 * abs(wanted))
    // By u_sak: the sum over b of the other sites' product, times v_sbk.
    for (s, a, k) in [(0, 0, 0), (2, 1, 1), (3, 2, 0)] {
      let slope = (0..<d).reduce(0) { $0 + overlap(without: s, a, $1) * v(s, $1, k) }
      #expect(abs(found[1][[s, a, k, a]].real - slope) < 1e-12)
    }
  }

  static let mistakes =
    [
      ("ij,jk->ik", "A, B, B", 0..<5, "einsum needs a term for each operand, found 2 for 3"),
      ("", "A, B", 0..<1, "einsum needs a term for each operand, found 1 for 2"),
      (
        "ijk,jk->ik", "A, B", 0..<3,
        "the term \"ijk\" has 3 labels, but its operand f64[2, 3] has rank 2"
      ),
      (
        "ij, j->i", "A, B", 4..<5,
        "the term \"j\" has 1 label, but its operand f64[3, 4] has rank 2"
      ),
      ("i...j", "v", 0..<5, "the term \"i...j\" has 2 labels, but its operand f64[n] has rank 1"),
      ("ij,jk->il", "A, B", 8..<9, "no operand of einsum has the label l of its result"),
      ("ij,jk->iki", "A, B", 9..<10, "the result of einsum has the label i twice"),
      ("ij,j2->i", "A, B", 4..<5, "the subscripts of einsum cannot hold '2'"),
      ("ij=>i", "A", 2..<3, "the subscripts of einsum cannot hold '='"),
      ("ij-i", "A", 2..<3, "the subscripts of einsum cannot hold '-'"),
      ("ij\\n", "A", 2..<3, "the subscripts of einsum cannot hold U+A"),
      ("é\u{301}j", "A", 2..<4, "the subscripts of einsum cannot hold U+301"),
      ("ij->i->j", "A", 5..<7, "einsum has one result, but behind its term stands '->'"),
      ("ij->i,j", "A", 5..<6, "einsum has one result, but behind its term stands ','"),
      ("..j", "A", 0..<2, "an ellipsis of einsum is three dots, found 2"),
      ("...j...", "A", 4..<7, "a term of einsum has one ellipsis at most"),
      ("...j->j", "A", 6..<7, "the result of einsum leaves out the axis under ..."),
      ("ij,kj->ik", "A, B", 4..<5, "einsum needs equal extents for the label j, found 3 and 4"),
      ("ii", "A", 1..<2, "einsum needs equal extents for the label i, found 2 and 3"),
      ("ij,jk,ki", "A, B, B", 6..<7, "einsum needs equal extents for the label k, found 4 and 3"),
      (
        "i,i,i", "v, ones([3]), ones([4])", 4..<5,
        "einsum needs equal extents for the label i, found 3 and 4"
      ),
      ("...,...", "A, B", 4..<7, "einsum needs axes under ... that are equal or 1, found 2 and 3"),
    ] as [(String, String, Range<Int>, String)]

  /// What is underlined, and what is said.
  @Test(arguments: mistakes)
  func mistake(_ subscripts: String, _ operands: String, _ place: Range<Int>, _ message: String)
    throws
  {
    let call = "einsum(\"\(subscripts)\", \(operands))"
    let text = "func f(A: f64[2, 3], B: f64[3, 4], v: f64[n]) -> (y) { y = \(call) }"
    let found = try #require(elaborated(text).diagnostics.first)
    #expect(found.message == message)
    let start = "jitgrad 1\n".utf8.count + text.utf8.count - "\(call) }".utf8.count
    let inside = start + "einsum(\"".utf8.count
    #expect(found.span.start == inside + place.lowerBound && found.point == found.span.start)
    #expect(found.span.end == inside + place.upperBound)
  }

  /// Whole messages, help and notes included; without a place in the text they stand at the call.
  @Test func wholeMessages() {
    #expect(
      elaborationMessages(
        """
        func f(A: f64[2, 3], B: f64[4, 3]) -> (y) {
          y = einsum("ij,jk->ik", A, B)
        }
        """) == """
          t.jg:3:18: error: einsum needs equal extents for the label j, found 3 and 4
            y = einsum("ij,jk->ik", A, B)
                           ^
          note: the operand of "ij" has 3
          note: the operand of "jk" has 4
          note: A is f64[2, 3]
          note: B is f64[4, 3]

          """)
    #expect(
      elaborationMessages("func f(A: f64[2], k: i64[2]) -> (y) { y = einsum(\"i,i\", A, k) }")
        == """
        t.jg:2:43: error: einsum needs numbers of one dtype, found f64[2] and i64[2]
        func f(A: f64[2], k: i64[2]) -> (y) { y = einsum("i,i", A, k) }
                                                  ^~~~~~~~~~~~~~~~~~~
        note: A is f64[2]
        note: k is i64[2]
        help: convert one of them: f64(…) or i64(…)

        """)
    #expect(
      elaborationMessages("func f(A: f64[1], B: f64[2]) -> (y) { y = einsum((\"i,i\"), A, B) }")
        == """
        t.jg:2:54: error: einsum needs equal extents for the label i, found 1 and 2
        func f(A: f64[1], B: f64[2]) -> (y) { y = einsum(("i,i"), A, B) }
                                                             ^
        note: the operand of "i" has 1
        note: the operand of "i" has 2
        note: A is f64[1]
        note: B is f64[2]
        help: an extent of 1 is repeated under ... only

        """)
  }

  /// A text is the value of a parameter that wants one, and nothing else; the parameter wants nothing else.
  @Test(arguments: [
    ("einsum(A, A)", "einsum needs a text in quotes for subscripts"),
    ("einsum(\"ij\")", "einsum needs at least one of operands"),
    ("einsum()", "einsum needs subscripts"),
    ("einsum(\"ij,jk\", \"A\", A)", "a text is no value"), ("\"ij\" + A", "a text is no value"),
    ("einsun(\"ij\", A)", "there is no function named einsun"),
    ("einsum(\"ij\", A > 0)", "einsum needs numbers of one dtype, found bool[n, m]"),
    ("einsum(subscript=\"ij\")", "einsum has no parameter named subscript"),
  ])
  func texts(_ call: String, _ message: String) {
    let text = elaborationMessages("func f(A: f64[n, m]) -> (y) { y = \(call) }")
    #expect(text.contains("error: \(message)\n"), "\(text)")
  }

  @Test func isFormatted() throws {
    let text = "jitgrad 1\n\nfunc f(A: f64[n, m]) -> (y) {\n  y = einsum(\"ij -> ji\", A)\n}\n"
    let spread = text.replacingOccurrences(of: ", A)", with: " ,A )")
    #expect(SyntaxTree.parse(SourceFile(name: "t.jg", text: spread)).tree.formatted() == text)
  }
}
