// The canonical layout: exact text, minimal parentheses, comments, and the laws
// parse(format(x)) = parse(x) and format(format(x)) = format(x).

import Testing

@testable import Frontend

@Suite struct LanguageFormatTests {
  @Test func canonicalLayout() {
    let result = parsed(everything)
    #expect(result.diagnostics == [])
    #expect(result.tree.formatted() == formattedEverything)
  }

  @Test(arguments: [
    "a + b * c", "(a + b) * c", "a - (b - c)", "a - b - c", "5 * (i % 2)", "5 * i % 2", "(a^b)^c",
    "a^b^c", "-x^2", "(-x)^2", "2^-x", "2^(a * b)", "(2^-x)^y", "--x", "--2", "-!x", "!-x",
    "!(a == b)",
    "!a == b", "(a < b) == c", "a < b & (c | d)", "a < b & c | d", "-(2)", "-2", "(-2)^2", "-2^2",
    "(-2)[0]", "(a + b)[0]", "f(x)[0]", "a * -b", "a - -b", "a - -2", "[1, 2][0]", "a << (b << c)",
    "x[i+1:]", "x[i + 1]", "x[a*b:c^2:-1]", "x[:(a < b)]", "!(-2)",
  ])
  func minimalParentheses(text: String) {
    let result = body("y = \(text)")
    #expect(result.diagnostics == [])
    let value = result.tree.functions[0].body.statements[0].value
    let expected = ["x[:(a < b)]": "x[:a < b]", "!(-2)": "!-2"][text] ?? text
    #expect(result.tree.text(of: value) == expected)
    let doubled = body("y = (\(text))")
    #expect(doubled.tree.text(of: doubled.tree.functions[0].body.statements[0].value) == expected)
    #expect(body("y = \(expected)").tree.isStructurallyEqual(to: result.tree))
  }

  @Test(arguments: [
    0.1, 1e-5, 1e20, 1e16, .leastNonzeroMagnitude, 1.7976931348623157e308, 100, -0.0, 0, -.infinity,
    .nan, -.nan,
    123456.789, 1e-300,
  ])
  func builtFloats(value: Double) throws {
    var tree = SyntaxTree()
    let id = tree.add(.float(value))
    let again = body("y = \(tree.text(of: id))").tree
    guard case .float(let read) = again[again.functions[0].body.statements[0].value].kind else {
      Issue.record("\(tree.text(of: id)) is not read as a float")
      return
    }
    #expect(read.bitPattern == value.bitPattern)
  }

  @Test func builtFloatSpelling() {
    #expect(
      [1e-5, 1e20, 2.5, 100].map(FloatSpelling.shortest) == ["1e-5", "1e20", "2.5", "100.0"])
  }

  @Test func builtTree() {
    var tree = SyntaxTree()
    let x = tree.names.intern("x y")
    let y = tree.names.intern("while")
    let a = tree.add(.name(x))
    let two = tree.add(.integer(-2))
    let power = tree.add(.binary(.power, two, a))
    let negated = tree.add(.unary(.negate, tree.add(.integer(2))))
    let sum = tree.add(.binary(.add, power, negated))
    let text = tree.add(.string(tree.store("a\"b\n")))
    let arguments = tree.store([
      Argument(value: sum), Argument(name: tree.names.intern("k"), value: text),
    ])
    let call = tree.add(.call(tree.names.intern("f"), arguments))
    let n = tree.add(.name(tree.names.intern("n")))
    let type = TypeSyntax(dtype: .f64, extents: tree.store([n]))
    tree.functions = [
      FunctionSyntax(
        name: tree.names.intern("g"), parameters: [Binding(name: x, type: type)],
        results: [Binding(name: y, type: type)],
        body: Block(statements: [Statement(targets: [Binding(name: y)], value: call)]))
    ]
    let expected = """
      jitgrad 1

      func g(`x y`: f64[n]) -> (`while`: f64[n]) {
        `while` = f((-2)^`x y` + -(2), k="a\\"b\\n")
      }

      """
    #expect(tree.formatted() == expected)
    #expect(parsed(expected).tree.isStructurallyEqual(to: tree))
    #expect(!parsed(expected.replacing("-2", with: "-3")).tree.isStructurallyEqual(to: tree))
  }

  /// What clings to the end of a list counts: 100 columns fit, 101 do not.
  @Test func width() {
    let fits = "  y = f(\(String(repeating: "a", count: 45)), \(String(repeating: "b", count: 44)))"
    #expect(fits.count == 100)
    #expect(body(fits).tree.formatted().contains(fits + "\n"))
    let tooLong = body(fits.replacing("bbb", with: "bbbb", maxReplacements: 1)).tree.formatted()
    #expect(tooLong.contains("  y = f(\n    aaa"))
    let clinging = body(fits.replacing("y = f", with: "y = -(f") + "[0])").tree.formatted()
    #expect(clinging.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func laws() { checkLaws(everything) }

  /// Comments put at random between the words of a file are all kept, and move no more once they
  /// have been placed.
  @Test(arguments: 0..<200) func commentsAnywhere(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var text = ""
    let words = formattedEverything.split(separator: "\n", omittingEmptySubsequences: false)
    for line in words {
      text += line
      if !line.contains("#"), Int.random(in: 0..<3, using: &random) == 0 { text += " # c\(seed)" }
      text += "\n"
      if Int.random(in: 0..<6, using: &random) == 0 { text += "# own\n" }
      if Int.random(in: 0..<6, using: &random) == 0 { text += "\n\n" }
    }
    // Inside brackets a comment may stand behind every comma and parenthesis.
    for sign in [", ", "(", "["] {
      text = text.split(separator: sign, omittingEmptySubsequences: false).reduce("") {
        sofar, part in
        let isCode = !(sofar.split(separator: "\n").last?.contains { "#\"`".contains($0) } ?? true)
        guard isCode, Int.random(in: 0..<8, using: &random) == 0 else {
          return sofar.isEmpty ? String(part) : sofar + sign + part
        }
        return sofar + sign + "# in\n" + part
      }
    }
    if parsed(text).diagnostics.isEmpty { checkLaws(text) }
  }

  private func checkLaws(_ text: String) {
    let tree = parsed(text).tree
    let once = tree.formatted()
    let again = parsed(once)
    #expect(again.diagnostics == [], "\(once)")
    #expect(again.tree.isStructurallyEqual(to: tree), "\(once)")
    #expect(again.tree.comments.count == tree.comments.count, "\(once)")
    #expect(again.tree.formatted() == once)
    for line in once.split(separator: "\n") { #expect(line.last != " ") }
  }
}
