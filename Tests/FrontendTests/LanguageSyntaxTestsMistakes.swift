// The exact messages for mistakes inside a function: the statements that hold them, and what is
// shown. Line 3 is the first of the statements.

import Testing

@testable import Frontend

/// A text and the messages for it, without the last newline.
struct Mistake: Sendable, CustomTestStringConvertible {
  let text: String
  let messages: String
  var testDescription: String { text }

  init(_ text: String, _ messages: String) {
    self.text = text
    self.messages = messages
  }
}

@Suite struct LanguageMistakeTests {
  static let mistakes = [
    Mistake(
      """
        a = sum(x
        y = a
      """,
      """
      t.jg:3:12: error: expected ',' or ')' after an argument, found 'y' on a new line
        a = sum(x
                 ^
      t.jg:3:10: note: '(' was opened here
        a = sum(x
               ^
      """),
    Mistake(
      "  y = (x + 1",
      """
      t.jg:3:13: error: expected ')', found '}' on a new line
        y = (x + 1
                  ^
      t.jg:3:7: note: '(' was opened here
        y = (x + 1
            ^
      """),
    Mistake(
      "  y = x ** 2",
      """
      t.jg:3:9: error: there is no operator '**'
        y = x ** 2
              ^~
      help: write '^' for powers
      """),
    Mistake(
      "  y = x > 1 && x < 2",
      """
      t.jg:3:13: error: there is no operator '&&'
        y = x > 1 && x < 2
                  ^~
      help: write '&' for and
      """),
    Mistake(
      "  y == x",
      """
      t.jg:3:5: error: expected '=' after 'y', found '=='
        y == x
          ^~
      help: '==' compares; '=' gives a name its value
      """),
    Mistake(
      "  y = 0 < x < 1",
      """
      t.jg:3:13: error: comparisons cannot be chained
        y = 0 < x < 1
                  ^
      t.jg:3:9: note: the first comparison is here
        y = 0 < x < 1
              ^
      help: write (a < b) & (b < c)
      """),
    Mistake(
      "  y = x − 1",
      """
      t.jg:3:9: error: there is no operator '−'
        y = x − 1
              ^
      help: write the ASCII minus '-'
      """),
    Mistake(
      "  y = sort(x, how=“up”)",
      """
      t.jg:3:19: error: strings stand in double quotes
        y = sort(x, how=“up”)
                        ^~~~
      help: write "…" with the ASCII quote
      """),
    Mistake(
      "  y = .5 * x + 2.",
      """
      t.jg:3:7: error: a number needs a digit before the point
        y = .5 * x + 2.
            ^~
      help: write 0.5
      t.jg:3:16: error: a number needs a digit behind the point
        y = .5 * x + 2.
                     ^~
      help: write 2.0
      """),
    Mistake(
      "  y = 2x + 1.5f + 1_000",
      """
      t.jg:3:7: error: a number cannot be followed by 'x'
        y = 2x + 1.5f + 1_000
            ^~
      help: a product is written 2*x
      t.jg:3:12: error: a number cannot be followed by 'f'
        y = 2x + 1.5f + 1_000
                 ^~~~
      help: a typed number is written f32(1.5)
      t.jg:3:19: error: a number cannot be followed by '_000'
        y = 2x + 1.5f + 1_000
                        ^~~~~
      help: digits are written without separators
      """),
    Mistake(
      "  y = 9223372036854775808 + 0xFFFFFFFFFFFFFFFF",
      """
      t.jg:3:7: error: this integer does not fit i64
        y = 9223372036854775808 + 0xFFFFFFFFFFFFFFFF
            ^~~~~~~~~~~~~~~~~~~
      help: integers go from -9223372036854775808 to 9223372036854775807; for a float, write a point
      t.jg:3:29: error: this integer does not fit i64
        y = 9223372036854775808 + 0xFFFFFFFFFFFFFFFF
                                  ^~~~~~~~~~~~~~~~~~
      help: integers go from -9223372036854775808 to 9223372036854775807; for a float, write a point
      """),
    Mistake(
      "  y = -1e400",
      """
      t.jg:3:8: error: this number is too large for f64
        y = -1e400
             ^~~~~
      help: the largest is 1.7976931348623157e+308; infinity is written inf
      """),
    Mistake(
      """
        a = x +
        y = a * 
      """,
      """
      t.jg:3:9: error: expected an operand behind '+', found a new statement
        a = x +
              ^
      help: a line that ends in an operator goes on in the next line
      """),
    Mistake(
      "  y = a *",
      """
      t.jg:3:10: error: expected an operand behind '*', found the end of the line
        y = a *
               ^
      """),
    Mistake(
      """
        y = x
          - 1
      """,
      """
      t.jg:4:5: error: expected a statement such as 'y = x + 1', found '-'
          - 1
          ^
      help: a line that continues another stands in parentheses, or the operator ends the line before
      """),
    Mistake(
      """
        sum(x)
        return x
        let y = x
        y += 1
      """,
      """
      t.jg:3:6: error: expected '=' after 'sum', found '('
        sum(x)
           ^
      help: a statement gives a name to a value: y = sum(…)
      t.jg:4:10: error: expected '=' after 'return', found 'x'
        return x
               ^
      help: a result is what its name is bound to: y = …
      t.jg:5:7: error: expected '=' after 'let', found 'y'
        let y = x
            ^
      help: leave 'let' out: y = …
      t.jg:6:5: error: expected '=' after 'y', found '+'
        y += 1
          ^
      help: a name is bound once: y = y + …
      """),
    Mistake(
      "  y = sum(axes=[0], x)",
      """
      t.jg:3:21: error: an operand cannot stand behind a named argument
        y = sum(axes=[0], x)
                          ^
      t.jg:3:11: note: the first named argument
        y = sum(axes=[0], x)
                ^~~~
      help: write operands first
      """),
    Mistake(
      "  y = 2(x + 1)",
      """
      t.jg:3:8: error: only a name can be called
        y = 2(x + 1)
             ^
      help: products are written with '*'
      """),
    Mistake(
      "  y = x + λ",
      """
      t.jg:3:11: error: a name with letters outside ASCII stands in backquotes
        y = x + λ
                ^
      help: write `λ`
      """),
    Mistake(
      """
        // double it
        y = 2 * x
      """,
      """
      t.jg:3:3: error: expected a statement such as 'y = x + 1', found '//'
        // double it
        ^~
      help: comments begin with '#'
      """),
    Mistake(
      """
        y = `x
        z = f("x
        w = "a\\q"
      """,
      """
      t.jg:3:7: error: this name in backquotes does not end on its line
        y = `x
            ^~
      help: add '`'
      t.jg:4:9: error: this string does not end on its line
        z = f("x
              ^~
      help: add '"'; a newline is written \\n
      t.jg:5:9: error: unknown escape in a string
        w = "a\\q"
              ^~
      help: the escapes are \\" \\\\ \\n \\t
      """),
    Mistake(
      "  y = $x ? 1",
      """
      t.jg:3:7: error: '$' is not part of the language
        y = $x ? 1
            ^
      help: names are made of letters, digits and '_'
      t.jg:3:10: error: '?' is not part of the language
        y = $x ? 1
               ^
      help: names are made of letters, digits and '_'
      """),
    Mistake(
      "\ty\t= (x + 1",
      """
      t.jg:3:12: error: expected ')', found '}' on a new line
      \ty\t= (x + 1
      \t \t        ^
      t.jg:3:6: note: '(' was opened here
      \ty\t= (x + 1
      \t \t  ^
      """),
  ]

  @Test(arguments: mistakes) func message(mistake: Mistake) {
    #expect(messages(mistake.text) == mistake.messages + "\n")
  }
}
