// The exact messages for mistakes outside of statements, how several in one file are told apart,
// and what rendering does with text that a terminal must not see.

import Testing

@testable import Frontend

@Suite struct LanguageFileMistakeTests {
  static let mistakes = [
    Mistake(
      """
      jitgrad 1
      func f(x: f64[n]) -> (y) where n = 1 {
        y = (x = 2)
      }
      """,
      """
      t.jg:2:34: error: expected ',' or '{' after a constraint, found '='
      func f(x: f64[n]) -> (y) where n = 1 {
                                       ^
      help: '==' compares
      t.jg:3:10: error: expected ')', found '='
        y = (x = 2)
               ^
      t.jg:3:7: note: '(' was opened here
        y = (x = 2)
            ^
      help: '==' compares
      """),
    Mistake(
      """
      jitgrad 1
      def f(x: f64) -> (y) {
        y = x
      }
      """,
      """
      t.jg:2:1: error: expected 'func', found 'def'
      def f(x: f64) -> (y) {
      ^~~
      help: a function begins with 'func'
      """),
    Mistake(
      """
      jitgrad 1
      fucn f(x: f64) -> (y) {
        y = x
      }
      """,
      """
      t.jg:2:1: error: expected 'func', found 'fucn'
      fucn f(x: f64) -> (y) {
      ^~~~
      help: a function begins with 'func'
      """),
    Mistake(
      """
      func f(x: f64) -> (y) {
        y = x
      }
      """,
      """
      t.jg:1:1: error: the file does not begin with its version
      func f(x: f64) -> (y) {
      ^~~~
      help: write 'jitgrad 1' on the first line
      """),
    Mistake(
      """
      # new
      jitgrad 12
      whatever {
      """,
      """
      t.jg:2:9: error: version 12 of the language is not known
      jitgrad 12
              ^~
      help: this jit-grad reads version 1
      """),
    Mistake(
      """
      jitgrad 1
      func f(x: float32, y: f46) -> (z) {
        z: double = x
      }
      """,
      """
      t.jg:2:11: error: there is no type 'float32'
      func f(x: float32, y: f46) -> (z) {
                ^~~~~~~
      help: did you mean 'f32'?
      t.jg:2:23: error: there is no type 'f46'
      func f(x: float32, y: f46) -> (z) {
                            ^~~
      help: did you mean 'f64'?
      t.jg:3:6: error: there is no type 'double'
        z: double = x
           ^~~~~~
      help: did you mean 'f64'?
      """),
    Mistake(
      """
      jitgrad 1
      func f(x) -> (y) {
        y = x
      }
      """,
      """
      t.jg:2:9: error: expected ':' and the type of 'x', found ')'
      func f(x) -> (y) {
              ^
      help: write for example x: f64[n]
      """),
    Mistake(
      """
      jitgrad 1
      func f(x: f64) -> f64 {
        y = x
      }
      """,
      """
      t.jg:2:19: error: expected '(' and the names of the results, found 'f64'
      func f(x: f64) -> f64 {
                        ^~~
      help: results have names: -> (y: f64)
      """),
    Mistake(
      """
      jitgrad 1
      func f(x: f64[n / 2, 1.5]) -> (y) {
        y = x
      }
      """,
      """
      t.jg:2:17: error: this cannot be part of an extent
      func f(x: f64[n / 2, 1.5]) -> (y) {
                    ~~^~~
      help: write '//' for floor division
      """),
    Mistake(
      """
      jitgrad 1
      func f(in: f64) -> (y) {
        y = else
      }
      """,
      """
      t.jg:2:8: error: expected a parameter such as 'x: f64[n]', found the reserved word 'in'
      func f(in: f64) -> (y) {
             ^~
      help: a name that is a reserved word stands in backquotes: `in`
      t.jg:3:7: error: expected an expression, found the reserved word 'else'
        y = else
            ^~~~
      help: a name that is a reserved word stands in backquotes: `else`
      """),
    Mistake(
      """
      jitgrad 1
      func f(x: f64) -> (y) {
        y = x
      func g(x: f64) -> (y) {
        y = x
      """,
      """
      t.jg:3:8: error: expected '}' before 'func'
        y = x
             ^
      t.jg:2:23: note: '{' was opened here
      func f(x: f64) -> (y) {
                            ^
      t.jg:5:8: error: expected '}' before the end of the file
        y = x
             ^
      t.jg:4:23: note: '{' was opened here
      func g(x: f64) -> (y) {
                            ^
      """),
    Mistake(
      """
      jitgrad 1
      func f(x: f64) -> (y) {
        y = x)
      }
      }
      """,
      """
      t.jg:3:8: error: this ')' closes nothing
        y = x)
             ^
      t.jg:5:1: error: this '}' closes nothing
      }
      ^
      help: delete it
      """),
    Mistake(
      """
      jitgrad 1
      y = 3
      z = 4
      func f(x: f64) -> (y) { y = x }
      """,
      """
      t.jg:2:1: error: expected 'func', found 'y'
      y = 3
      ^
      help: statements stand in the braces of a function
      """),
    Mistake(
      """
      jitgrad 1
      func f(x: f64) -> (y) { a = x y = a }
      """,
      """
      t.jg:2:31: error: expected an operator or the end of the line, found 'y'
      func f(x: f64) -> (y) { a = x y = a }
                                    ^
      help: statements on one line are separated by ';'
      """),
  ]

  @Test(arguments: mistakes) func message(mistake: Mistake) {
    #expect(rendered(mistake.text + "\n") == mistake.messages + "\n")
  }

  @Test func severalMistakesWithoutCascades() {
    let text = """
      jitgrad 1
      func f(x f64[n], y: flot, z: i46[2]) -> (a: f64, 3) where n, m = 2 {
        a = sum(x
        b = g(a b,
              c, d)
        c = [1, 2
        d = (a + b
        e = `x` +
          * 2
      }
      func g(x: f64) -> (y) {
        y = x && 2
        z = }
      func h(x: f64) -> (y) {
        y = x
      """
    let places = parsed(text).diagnostics.map { diagnostic in
      let location = SourceFile(name: "", text: text).location(at: diagnostic.point)
      return "\(location.line):\(location.column)"
    }
    #expect(
      places
        == [
          "2:10", "2:21", "2:30", "2:50", "2:59", "3:12", "4:11", "6:12", "7:13", "8:12",
          "12:9", "13:7", "15:8",
        ])
  }

  @Test func incompleteFiles() {
    for text in ["", " \n\n", "# only\n", "jitgrad", "jitgrad 1 2", "jitgrad 1\nfunc", "func f("] {
      #expect(!parsed(text).diagnostics.isEmpty, "\(text)")
    }
    #expect(parsed("jitgrad 1").diagnostics == [])
    #expect(parsed("jitgrad 1 # no newline").diagnostics == [])
    #expect(parsed("jitgrad 1\r\nfunc f() -> (y) {\r\n  y = 1\r\n}\r\n").diagnostics == [])
  }

  @Test func charactersThatAreNotText() {
    let bytes =
      Array("jitgrad 1\n# \0 ".utf8) + [0xFF, 0xFE, 0x20, 0xC3, 0x28]
      + Array(" \u{1B}[31m \u{202E}\r x\nfunc f() -> (y) {\n\ty\t= ä\u{85} + 1 b\n}".utf8)
    let source = SourceFile(name: "\u{1B}c.jg", bytes: bytes)
    let expected = """
      �c.jg:2:3: error: the invisible character U+0000 is not allowed
      # � �� �( �[31m �� x
        ^
      help: delete it, or retype it
      �c.jg:2:5: error: this is not valid UTF-8
      # � �� �( �[31m �� x
          ^~
      help: delete it, or retype it
      �c.jg:2:8: error: this is not valid UTF-8
      # � �� �( �[31m �� x
             ^
      help: delete it, or retype it
      �c.jg:2:11: error: the invisible character U+001B is not allowed
      # � �� �( �[31m �� x
                ^
      help: delete it, or retype it
      �c.jg:2:17: error: the invisible character U+202E is not allowed
      # � �� �( �[31m �� x
                      ^
      help: delete it, or retype it
      �c.jg:2:18: error: the invisible character U+000D is not allowed
      # � �� �( �[31m �� x
                       ^
      help: delete it, or retype it
      �c.jg:4:6: error: a name with letters outside ASCII stands in backquotes
      \ty\t= ä� + 1 b
      \t \t  ^
      help: write `ä`
      �c.jg:4:7: error: the invisible character U+0085 is not allowed
      \ty\t= ä� + 1 b
      \t \t   ^
      help: delete it, or retype it
      �c.jg:4:13: error: expected an operator or the end of the line, found 'b'
      \ty\t= ä� + 1 b
      \t \t         ^
      help: write '*' for a product, ';' between statements

      """
    let diagnostics = SyntaxTree.parse(source).diagnostics
    #expect(DiagnosticRenderer().render(diagnostics, in: source) == expected)
  }

  @Test func columnsCountCharacters() {
    #expect(messages("  y = `äöü😀` + ?").hasPrefix("t.jg:3:16: error"))
    #expect(messages("  y = `äöü😀` + ?").contains("\n               ^\n"))
  }

  @Test func longLinesAreCut() {
    let source = SourceFile(
      name: "l",
      text: String(repeating: "a", count: 1000) + "?" + String(repeating: "b", count: 500))
    let text = DiagnosticRenderer(width: 40).render(
      Diagnostic("here", at: SourceSpan(999, 1003), point: 1000), in: source)
    let expected = """
      l:1:1001: error: here
      …\(String(repeating: "a", count: 20))?\(String(repeating: "b", count: 19))…
                          ~^~~

      """
    #expect(text == expected)
  }

  @Test func everythingADiagnosticHolds() {
    let source = SourceFile(name: "model.jg", text: "a\n  y = a + b\n")
    var diagnostic = Diagnostic(
      "add needs equal shapes, found f32[n] and f32[m]", at: SourceSpan(8, 13), point: 10,
      labels: [Diagnostic.Label("a is bound here", at: SourceSpan(0, 1))],
      notes: ["n is the extent of a, axis 0"], help: "slice the longer one")
    let expected = """
      model.jg:2:9: error: add needs equal shapes, found f32[n] and f32[m]
        y = a + b
            ~~^~~
      model.jg:1:1: note: a is bound here
      a
      ^
      note: n is the extent of a, axis 0
      help: slice the longer one

      """
    #expect(DiagnosticRenderer().render(diagnostic, in: source) == expected)
    diagnostic = Diagnostic("odd", at: SourceSpan(8, 9), severity: .warning)
    #expect(
      DiagnosticRenderer(.ansi).render(diagnostic, in: source)
        == "\u{1B}[1mmodel.jg:2:7:\u{1B}[0m \u{1B}[1;35mwarning:\u{1B}[0m \u{1B}[1modd\u{1B}[0m\n"
        + "  y = a + b\n\u{1B}[1;32m      ^\u{1B}[0m\n")
  }
}
