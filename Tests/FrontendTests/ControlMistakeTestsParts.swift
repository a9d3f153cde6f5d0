// The exact messages for mistakes in loops and conditionals, part "parts". Line 2 is the first of the text.

import Testing

@testable import Frontend

@Suite struct ControlMistakeTestsParts {
  static let mistakes = [
    Mistake(
      """
      func f(x: f64[n]) -> (s) { s = for i in 0..<n carry s = x { expand(s, axis=1) * [1, 2] } }
      """,
      """
      t.jg:2:61: error: s is f64[n] before a step and f64[n, 2] after it
      func f(x: f64[n]) -> (s) { s = for i in 0..<n carry s = x { expand(s, axis=1) * [1, 2] } }
                                                                  ^~~~~~~~~~~~~~~~~~~~~~~~~~
      t.jg:2:53: note: it begins here
      func f(x: f64[n]) -> (s) { s = for i in 0..<n carry s = x { expand(s, axis=1) * [1, 2] } }
                                                          ^
      help: a carried value keeps its type; reshape it, or begin with one of that type
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (s) { s = for y in x carry s = 1.0, k = 0 { s * y } }
      """,
      """
      t.jg:2:66: error: a step gives 1 value for 2 carried ones
      func f(x: f64[n]) -> (s) { s = for y in x carry s = 1.0, k = 0 { s * y } }
                                                                       ^~~~~
      help: the last line of the body is what s, k will be
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = while y = x where y * y { y + 1 } }
      """,
      """
      t.jg:2:47: error: the condition of a loop is a scalar bool, found f64
      func f(x: f64) -> (y) { y = while y = x where y * y { y + 1 } }
                                                    ^~~~~
      help: compare it: x != 0
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = while y = x where y > 1 { y - 1 } }
      """,
      """
      t.jg:2:50: error: the condition of a loop is a scalar bool, found bool[n]
      func f(x: f64[n]) -> (y) { y = while y = x where y > 1 { y - 1 } }
                                                       ^~~~~
      help: reduce it: all(…) or any(…)
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = while y = x { y + 1 } }
      """,
      """
      t.jg:2:41: error: expected 'where' and the condition of the loop, found '{'
      func f(x: f64) -> (y) { y = while y = x { y + 1 } }
                                              ^
      help: it goes on while that holds: while x = a where x > 1 { … }
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = if x > 0 { x } }
      """,
      """
      t.jg:2:44: error: expected 'else' and the other branch, found '}'
      func f(x: f64) -> (y) { y = if x > 0 { x } }
                                                 ^
      help: an if is a value, whatever its condition is
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = if x > 0 { x } else { -x } }
      """,
      """
      t.jg:2:35: error: an if chooses by a scalar bool, found bool[n]
      func f(x: f64[n]) -> (y) { y = if x > 0 { x } else { -x } }
                                        ^~~~~
      help: for a choice element by element, write select(c, a, b)
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = if x { x } else { -x } }
      """,
      """
      t.jg:2:32: error: an if chooses by a scalar bool, found f64
      func f(x: f64) -> (y) { y = if x { x } else { -x } }
                                     ^
      help: compare it: x != 0
      """),
    Mistake(
      """
      func f(x: f64, z: f32) -> (y) { y = if x > 0 { x } else { z } }
      """,
      """
      t.jg:2:59: error: the branches differ: f64 in the first, f32 in the second
      func f(x: f64, z: f32) -> (y) { y = if x > 0 { x } else { z } }
                                                                ^
      t.jg:2:48: note: the first is here
      func f(x: f64, z: f32) -> (y) { y = if x > 0 { x } else { z } }
                                                     ^
      help: convert one of them: f64(…)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = if n > 0 { x } else { 0 } }
      """,
      """
      t.jg:2:54: error: the branches differ: f64[n] in the first, f64 in the second
      func f(x: f64[n]) -> (y) { y = if n > 0 { x } else { 0 } }
                                                           ^
      t.jg:2:43: note: the first is here
      func f(x: f64[n]) -> (y) { y = if n > 0 { x } else { 0 } }
                                                ^
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y, z) { y, z = if sum(x) > 0 { x, 1 } else { x } }
      """,
      """
      t.jg:2:68: error: the first branch gives 2 values, this one 1
      func f(x: f64[n]) -> (y, z) { y, z = if sum(x) > 0 { x, 1 } else { x } }
                                                                         ^
      t.jg:2:54: note: the first is here
      func f(x: f64[n]) -> (y, z) { y, z = if sum(x) > 0 { x, 1 } else { x } }
                                                           ^~~~
      """),
    Mistake(
      """
      func f(x: f64) -> (y) {
        y = for i in 0..<3 carry total = x {
          step = total * 2
          totl + step
        }
      }
      """,
      """
      t.jg:5:5: error: there is no value named totl
          totl + step
          ^~~~
      help: did you mean 'total'?
      """),
    Mistake(
      """
      func f(x: f64) -> (y) {
        a = for i in 0..<3 carry s = x {
          inner = s * 2
          inner
        }
        y = inner + i
      }
      """,
      """
      t.jg:7:7: error: there is no value named inner
        y = inner + i
            ^~~~~
      help: inner ends with its block, which gives values to the outside in its last line
      t.jg:7:15: error: there is no value named i
        y = inner + i
                    ^
      help: i ends with its block, which gives values to the outside in its last line
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = for i in 0..<n carry x = x, x = 1 { x, x } }
      """,
      """
      t.jg:2:60: error: x stands for two values of this loop
      func f(x: f64[n]) -> (y) { y = for i in 0..<n carry x = x, x = 1 { x, x } }
                                                                 ^
      t.jg:2:53: note: it is declared here first
      func f(x: f64[n]) -> (y) { y = for i in 0..<n carry x = x, x = 1 { x, x } }
                                                          ^
      help: give one of them another name
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = for n in x carry s = 0.0 { s + n } }
      """,
      """
      t.jg:2:36: error: n is a size and cannot be given a value
      func f(x: f64[n]) -> (y) { y = for n in x carry s = 0.0 { s + n } }
                                         ^
      help: choose another name
      """),
    Mistake(
      """
      func f(xs: f64[n]) -> (s) { s = for x in xs carry s = 0.0 where x > 0 { s + x } }
      """,
      """
      t.jg:2:65: error: there is no value named x
      func f(xs: f64[n]) -> (s) { s = for x in xs carry s = 0.0 where x > 0 { s + x } }
                                                                      ^
      help: the condition sees what is carried, and not the rows: carry what it needs of them
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = do y = x { r = y * 2; r - 1 } while r > 0 }
      """,
      """
      t.jg:2:65: error: there is no value named r
      func f(x: f64) -> (y) { y = do y = x { r = y * 2; r - 1 } while r > 0 }
                                                                      ^
      help: the condition sees the new values of what is carried: carry r, or compute it there: while { …; … }
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = while y = x where y > 0 limit -2 { y - 1 } }
      """,
      """
      t.jg:2:59: error: a loop is limited to 0 steps or more, found -2
      func f(x: f64) -> (y) { y = while y = x where y > 0 limit -2 { y - 1 } }
                                                                ^~
      """),
  ]

  @Test(arguments: mistakes) func message(mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
