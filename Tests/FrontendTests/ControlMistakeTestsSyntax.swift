// The exact messages for mistakes in loops and conditionals, part "syntax". Line 2 is the first of the text.

import Testing

@testable import Frontend

@Suite struct ControlMistakeTestsSyntax {
  static let mistakes = [
    Mistake(
      """
      func f(x: f64) -> (y) { y = reversed while y = x where y > 0 { y - 1 } }
      """,
      """
      t.jg:2:29: error: only a loop over a range or rows can run backward
      func f(x: f64) -> (y) { y = reversed while y = x where y > 0 { y - 1 } }
                                  ^~~~~~~~
      help: write reversed for i in 0..<n …
      """),
    Mistake(
      """
      func f(x: f64, n: i64) -> (y) { y = reversed for i in 0..<n carry y = x where y > 0 { y - 1 } }
      """,
      """
      t.jg:2:46: error: a loop that runs backward needs a number of steps and no condition
      func f(x: f64, n: i64) -> (y) { y = reversed for i in 0..<n carry y = x where y > 0 { y - 1 } }
                                          ~~~~~~~~~^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
      note: n is i64
      note: x is f64
      help: count the other way: n - 1 - i
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { while x > 0 { x = x - 1 }; y = x }
      """,
      """
      t.jg:2:25: error: expected a statement such as 'y = x + 1', found the reserved word 'while'
      func f(x: f64) -> (y) { while x > 0 { x = x - 1 }; y = x }
                              ^~~~~
      help: loops and conditionals are values: y = while …
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i = 0..<3 carry y = x { y } }
      """,
      """
      t.jg:2:35: error: expected 'in' behind 'i', found '='
      func f(x: f64) -> (y) { y = for i = 0..<3 carry y = x { y } }
                                        ^
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0...3 carry y = x { y } }
      """,
      """
      t.jg:2:39: error: expected '{' and the body of the loop, found '...'
      func f(x: f64) -> (y) { y = for i in 0...3 carry y = x { y } }
                                            ^~~
      help: a range ends before its second number: 0..<n
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<3, y = x { y } }
      """,
      """
      t.jg:2:47: error: expected 'in' behind 'y', found '='
      func f(x: f64) -> (y) { y = for i in 0..<3, y = x { y } }
                                                    ^
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = do y = x { y + 1 }
      }
      """,
      """
      t.jg:2:47: error: expected 'while' and the condition behind the body of 'do', found the end of the line
      func f(x: f64) -> (y) { y = do y = x { y + 1 }
                                                    ^
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = scan r in x carry y = 0.0 { yield r; y + r } }
      """,
      """
      t.jg:2:60: error: a scan yields what it carries, and nothing else
      func f(x: f64[n]) -> (y) { y = scan r in x carry y = 0.0 { yield r; y + r } }
                                                                 ^~~~~
      help: write for … in place of scan …
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<3 carry y = 0.5 { i } }
      """,
      """
      t.jg:2:54: error: y begins with 0.5 and is i64 after a step
      func f(x: f64) -> (y) { y = for i in 0..<3 carry y = 0.5 { i } }
                                                           ^~~
      help: convert the next value: f64(…)
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y, z = for i in 0..<3 carry y = x { y + 1 } }
      """,
      """
      t.jg:2:32: error: 1 result needs as many names, found 2
      func f(x: f64) -> (y) { y, z = for i in 0..<3 carry y = x { y + 1 } }
                              ~~~~~~~^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 3..<1 carry y = x { y } }
      """,
      """
      t.jg:2:38: error: this range ends before it begins
      func f(x: f64) -> (y) { y = for i in 3..<1 carry y = x { y } }
                                           ^~~~~
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<3 carry y = x limit 5 { y } }
      """,
      """
      t.jg:2:62: error: the range says how many steps there are; a limit is for ranges that the run tells
      func f(x: f64) -> (y) { y = for i in 0..<3 carry y = x limit 5 { y } }
                                                                   ^
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = for a in x carry y = 0.0 limit 3 { y + a } }
      """,
      """
      t.jg:2:63: error: the rows say how many steps there are at most; a limit is for loops without rows
      func f(x: f64[n]) -> (y) { y = for a in x carry y = 0.0 limit 3 { y + a } }
                                                                    ^
      help: go through fewer rows: x[:3]
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { yield x }
      """,
      """
      t.jg:2:25: error: expected a statement such as 'y = x + 1', found the reserved word 'yield'
      func f(x: f64) -> (y) { yield x }
                              ^~~~~
      help: 'yield' stands in the body of a loop
      """),
    Mistake(
      """
      func f(x: f64, c: bool) -> (y) {
        y = if c {
          z = x * 2
        } else { x }
      }
      """,
      """
      t.jg:5:3: error: a branch ends with the value it gives
        } else { x }
        ^
      help: add a line: z
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = while y = x where { a = y; a > 1, a < 2 } { y } }
      """,
      """
      t.jg:2:56: error: a condition is one value, found 2
      func f(x: f64) -> (y) { y = while y = x where { a = y; a > 1, a < 2 } { y } }
                                                             ^~~~~~~~~~~~
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<3 carry y = x { y + + 2 } }
      """,
      """
      t.jg:2:62: error: expected an operand behind '+', found '+'
      func f(x: f64) -> (y) { y = for i in 0..<3 carry y = x { y + + 2 } }
                                                                   ^
      help: there is no '+' sign before an operand
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = while y = x where y > 0 keep at most 3 limit 2 { y - 1 } }
      """,
      """
      t.jg:2:68: error: expected '{' and the body of the loop, found 'limit'
      func f(x: f64) -> (y) { y = while y = x where y > 0 keep at most 3 limit 2 { y - 1 } }
                                                                         ^~~~~
      help: the parts of a header stand in this order: carry, where, limit, keep
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<9 where i < 3 carry y = x { y - 1 } }
      """,
      """
      t.jg:2:56: error: expected '{' and the body of the loop, found the reserved word 'carry'
      func f(x: f64) -> (y) { y = for i in 0..<9 where i < 3 carry y = x { y - 1 } }
                                                             ^~~~~
      help: the parts of a header stand in this order: carry, where, limit, keep
      """),
  ]

  @Test(arguments: mistakes) func message(mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
