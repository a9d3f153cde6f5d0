// A mistake in the header of a function does not hide those of its body, and makes no others: what the
// header should have said is not guessed. Line 2 is the first of the text.

import Testing

@testable import Frontend

@Suite struct HeaderMistakeTests {
  /// A header, and the message it has.
  static let headers: [(text: String, message: String)] = [
    ("func f(x: f64[n], z) -> (y)", "expected ':' and the type of 'z', found ')'"),
    ("func f(x: f64[n, z: f64) -> (y)", "expected ',' or ']' after an extent, found ':'"),
    ("func f(x: float[n], z: f64) -> (y)", "there is no type 'float'"),
    ("func f(x: f64[n], z: f64) (y)", "expected '->' and the results of the function, found '('"),
    ("func f(x: f64[n], z: f64) -> y", "expected '(' and the names of the results, found 'y'"),
    (
      "func f(x: f64[n], z: f64) -> (y) where n >", "expected an operand behind '>', found '{'"
    ),
    (
      "func f x: f64[n], z: f64 -> (y)",
      "expected '(' and the parameters of the function, found 'x'"
    ),
    ("func (x: f64[n], z: f64) -> (y)", "expected the name of the function, found '('"),
    (
      "func f(x: f64[?], z: f64[n]) -> (y)",
      "'?' is the extent only of what a loop without a bound yields"
    ),
  ]

  @Test(arguments: headers) func theBodyIsLookedAt(_ header: (text: String, message: String)) {
    let file = elaborated(
      """
      \(header.text) {
        a = x * z + zeros([n])
        b = sin(unknown)
        c = i64(1) + 0.5
        y = g(a, b) + c
      }
      func g(x: f64[n], z: f64[n]) -> (y) { y = x - z }
      """)
    #expect(
      file.diagnostics.map(\.message) == [
        header.message, "there is no value named unknown", "0.5 does not fit i64",
      ], "\(header.text)")
    #expect(file.graphs.map(\.name) == ["g"])
  }

  @Test func functionsWithoutNamesAreNotOne() {
    let file = elaborated(
      "func (x: f64) -> (y) { y = a }\nfunc (x: f64) -> (y) { y = b }\n"
        + "func g(x: f64) -> (y) { y = x }")
    #expect(
      file.diagnostics.map(\.message) == [
        "expected the name of the function, found '('", "there is no value named a",
        "expected the name of the function, found '('", "there is no value named b",
      ])
    #expect(file.graphs.map(\.name) == ["g"])
  }

  /// Where only the '{' is missing, everything behind it is read.
  @Test(arguments: [
    (
      """
      func f(x: f64[n]) -> (y: f64)
        a = sin(xx)
        b = x +
        y = sum(a) + c
      }
      """,
      [
        "2:30: expected '{' and the body of the function, found the end of the line",
        "3:11: there is no value named xx",
        "4:9: expected an operand behind '+', found a new statement",
      ]
    ),
    (
      """
      func f(x: f64) -> (y: f64) {
        y = for i in 0..<3 carry s = x
          s * t
        }
        z = y + q
      }
      """,
      [
        "3:33: expected '{' and the body of the loop, found 's' on a new line",
        "4:9: there is no value named t", "6:11: there is no value named q",
      ]
    ),
    (
      """
      func f(x: f64) -> (y: f64) {
        y = if x > 0
          sin(q)
        } else { x }
      }
      """,
      [
        "3:15: expected '{' and a branch behind the condition, found 'sin' on a new line",
        "4:9: there is no value named q",
      ]
    ),
    // There is no body.
    (
      "func f(x: f64) -> (y: f64)\nfunc g(x: f64) -> (y: f64) { y = x }",
      ["2:27: expected '{' and the body of the function, found the end of the line"]
    ),
  ])
  func aMissingBraceHidesNothing(_ text: String, _ messages: [String]) {
    let file = GraphFile(SourceFile(name: "f.jg", text: "jitgrad 1\n" + text))
    let found = file.diagnostics.map { diagnostic in
      let place = file.source.location(at: diagnostic.span.start)
      return "\(place.line):\(place.column): \(diagnostic.message)"
    }
    #expect(found == messages)
  }
}
