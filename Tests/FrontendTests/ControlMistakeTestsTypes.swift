// The exact messages for mistakes in loops and conditionals, part "types". Line 2 is the first of the text.

import Testing

@testable import Frontend

@Suite struct ControlMistakeTestsTypes {
  static let mistakes = [
    Mistake(
      """
      func f(x: f64) -> (z) {
        _, all = while y = x where y > 1 { yield y; y / 2 }
        z = for i in 0..<3 carry a = all { a }
      }
      """,
      """
      t.jg:4:32: error: a begins as f64[?], with a row for each step of another loop, and cannot be carried
        z = for i in 0..<3 carry a = all { a }
                                     ^~~
      help: give the loop that makes it a limit, or go through its rows: for i in 0..<steps, y in rows
      """),
    Mistake(
      """
      func f(x: f64) -> (z) {
        z = for i in 0..<3 carry a = zeros([2]) {
          _, all = while y = x where y > 1 { yield y; y / 2 }
          all
        }
      }
      """,
      """
      t.jg:5:5: error: a is f64[2] before a step and f64[?] after it
          all
          ^~~
      t.jg:3:28: note: it begins here
        z = for i in 0..<3 carry a = zeros([2]) {
                                 ^
      help: give the loop that makes it a limit, or go through its rows: for i in 0..<steps, y in rows
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = if x > 0 { yield x; x } else { x } }
      """,
      """
      t.jg:2:40: error: a branch has no steps: 'yield' stands in the body of a loop
      func f(x: f64) -> (y) { y = if x > 0 { yield x; x } else { x } }
                                             ^~~~~
      help: give the value from the branch, and yield it behind
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..< carry y = x { y } }
      """,
      """
      t.jg:2:29: error: this loop never ends: its range is open and it has no condition
      func f(x: f64) -> (y) { y = for i in 0..< carry y = x { y } }
                                  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
      help: write 0..<n, or add where …
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<x carry y = x { y } }
      """,
      """
      t.jg:2:42: error: a range needs sizes or scalar i64 values at its ends, found f64
      func f(x: f64) -> (y) { y = for i in 0..<x carry y = x { y } }
                                               ^
      help: convert it: i64(…)
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<3 { x } }
      """,
      """
      t.jg:2:46: error: this loop carries nothing, and its body gives 1 value
      func f(x: f64) -> (y) { y = for i in 0..<3 { x } }
                                                   ^
      help: to collect it, write yield in front; to go on with it, carry it
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for i in 0..<3 { } }
      """,
      """
      t.jg:2:29: error: this loop gives nothing
      func f(x: f64) -> (y) { y = for i in 0..<3 { } }
                                  ^~~~~~~~~~~~~~~~~~
      help: carry a value, or yield one
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = for r in x carry y = 0.0 { y + r } }
      """,
      """
      t.jg:2:38: error: a loop runs over the rows of an array, found f64
      func f(x: f64) -> (y) { y = for r in x carry y = 0.0 { y + r } }
                                           ^
      help: over numbers it runs in a range: 0..<n
      """),
    Mistake(
      """
      func f(x: f64) -> (y) {
        y, path = while y = x where y < 9 { yield y; y * 2 }
        z = for p in path carry z = 0.0 { z + p }
      }
      """,
      """
      t.jg:4:16: error: only the run tells how many rows there are: say how many steps the loop makes
        z = for p in path carry z = 0.0 { z + p }
                     ^~~~
      help: count the steps where the rows are made, and write for i in 0..<steps, p in …
      """),
    Mistake(
      """
      func f(x: f64) -> (y, path) {
        y, path = while y = x where y < 9 { yield y; y * 2 }
      }
      """,
      """
      t.jg:2:23: error: the result path has a row for each step of a loop, and only the run tells how many
      func f(x: f64) -> (y, path) {
                            ^~~~
      help: give the loop a bound: limit n
      """),
    Mistake(
      """
      func f(x: f64) -> (y) {
        y, path = while y = x where y < 9 { yield y; y * 2 }
        z = sum(path)
      }
      """,
      """
      t.jg:4:7: error: sum cannot read f64[?], which has a row for each step of a loop
        z = sum(path)
            ^~~~~~~~~
      note: path is f64[?]
      help: scan it in a loop, or give the loop that makes it a limit
      """),
    Mistake(
      """
      func f(x: f64) -> (y) {
        y = for i in 0..<3 carry y = x {
          sin(y)
          y + 1
        }
      }
      """,
      """
      t.jg:4:5: error: only the last line of a block gives values
          sin(y)
          ^~~~~~
      help: give them names: y = …
      """),
    Mistake(
      """
      func f(x: f64) -> (y) {
        y = for i in 0..<3 carry y = x {
          yield y
          z = y + 1
          z
        }
      }
      """,
      """
      t.jg:3:7: error: 2 results need as many names, found 1
        y = for i in 0..<3 carry y = x {
        ~~~~^~~~~~~~~~~~~~~~~~~~~~~~~~~~
      t.jg:5:5: error: a statement stands before 'yield', not behind it
          z = y + 1
          ^~~~~~~~~
      """),
    Mistake(
      """
      func f(x: f64[?, 2]) -> (y) { y = x }
      """,
      """
      t.jg:2:15: error: '?' is the extent only of what a loop without a bound yields
      func f(x: f64[?, 2]) -> (y) { y = x }
                    ^
      help: write an extent; 'limit n' gives the loop a bound
      """),
    Mistake(
      """
      func f(k: f64) -> (y) { y = switch k { case 0 { 1 } else { 2 } } }
      """,
      """
      t.jg:2:36: error: a switch chooses by a scalar i64, found f64
      func f(k: f64) -> (y) { y = switch k { case 0 { 1 } else { 2 } } }
                                         ^
      help: convert it: i64(…)
      """),
    Mistake(
      """
      func f(k: i64) -> (y) { y = switch k { case 0 { 1 } case 0 { 2 } else { 2 } } }
      """,
      """
      t.jg:2:58: error: there are two cases for 0
      func f(k: i64) -> (y) { y = switch k { case 0 { 1 } case 0 { 2 } else { 2 } } }
                                                               ^
      t.jg:2:40: note: the first one is here
      func f(k: i64) -> (y) { y = switch k { case 0 { 1 } case 0 { 2 } else { 2 } } }
                                             ^~~~~~
      """),
    Mistake(
      """
      func f(k: i64) -> (y) { y = switch k { case 0 { 1 } default { 2 } } }
      """,
      """
      t.jg:2:53: error: expected 'case' or 'else', found the reserved word 'default'
      func f(k: i64) -> (y) { y = switch k { case 0 { 1 } default { 2 } } }
                                                          ^~~~~~~
      help: the branch for all other numbers begins with 'else'
      """),
  ]

  @Test(arguments: mistakes) func message(mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
