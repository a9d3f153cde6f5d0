// The exact messages for mistakes in subscripts. Line 2 is the first of the text.

import Testing

@testable import Frontend

@Suite struct ElaborationSubscriptMistakeTests {
  static let mistakes = [
    Mistake(
      """
      func f(x: f64[n], i: f64) -> (y) { y = x[i] }
      """,
      """
      t.jg:2:42: error: an index needs an integer, found f64
      func f(x: f64[n], i: f64) -> (y) { y = x[i] }
                                               ^
      help: convert it: i64(…)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = x[1.5] }
      """,
      """
      t.jg:2:34: error: an index needs an integer, found 1.5
      func f(x: f64[n]) -> (y) { y = x[1.5] }
                                       ^~~
      help: convert it: i64(…)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = x[x > 0] }
      """,
      """
      t.jg:2:34: error: an index needs an integer, found bool[n]
      func f(x: f64[n]) -> (y) { y = x[x > 0] }
                                       ^~~~~
      help: for a mask use select(mask, x, 0)
      """),
    Mistake(
      """
      func f(x: f64[3]) -> (y) { y = x[3] }
      """,
      """
      t.jg:2:34: error: the index 3 is out of range: axis 0 of f64[3] has extent 3
      func f(x: f64[3]) -> (y) { y = x[3] }
                                       ^
      """),
    Mistake(
      """
      func f(x: f64[3]) -> (y) { y = x[-4] }
      """,
      """
      t.jg:2:34: error: the index -4 is out of range: axis 0 of f64[3] has extent 3
      func f(x: f64[3]) -> (y) { y = x[-4] }
                                       ^~
      """),
    Mistake(
      """
      func f(x: f64[3]) -> (y) { y = x[1:5] }
      """,
      """
      t.jg:2:34: error: the slice from 1 to 5 does not fit axis 0 of f64[3]
      func f(x: f64[3]) -> (y) { y = x[1:5] }
                                       ^~~
      note: axis 0 has extent 3
      help: a slice is never shortened: 0 <= start <= stop <= extent
      """),
    Mistake(
      """
      func f(x: f64[3]) -> (y) { y = x[2:1] }
      """,
      """
      t.jg:2:34: error: the slice from 2 to 1 does not fit axis 0 of f64[3]
      func f(x: f64[3]) -> (y) { y = x[2:1] }
                                       ^~~
      note: axis 0 has extent 3
      help: a slice is never shortened: 0 <= start <= stop <= extent
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = x[0, 1] }
      """,
      """
      t.jg:2:33: error: 2 indices for 1 axis of f64[n]
      func f(x: f64[n]) -> (y) { y = x[0, 1] }
                                     ~^~~~~~
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = x[0] }
      """,
      """
      t.jg:2:30: error: 1 index for 0 axes of f64
      func f(x: f64) -> (y) { y = x[0] }
                                  ~^~~
      """),
    Mistake(
      """
      func f(x: f64[n], i: i64) -> (y) { y = x[i:i + 3] }
      """,
      """
      t.jg:2:42: error: the bounds of a slice are sizes, found i64
      func f(x: f64[n], i: i64) -> (y) { y = x[i:i + 3] }
                                               ^
      help: for a start that is data use dynamic_slice
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = x[3:0:-1] }
      """,
      """
      t.jg:2:34: error: a slice with a negative step takes the whole axis: x[::-1]
      func f(x: f64[n]) -> (y) { y = x[3:0:-1] }
                                       ^~~~~~
      help: slice first, then reverse
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = x[::0] }
      """,
      """
      t.jg:2:36: error: the step of a slice cannot be 0
      func f(x: f64[n]) -> (y) { y = x[::0] }
                                         ^
      """),
    Mistake(
      """
      func f(x: f64[n, m], i: i64[k]) -> (y) { y = x[i, i] }
      """,
      """
      t.jg:2:47: error: one array of indices is allowed in a subscript, and no other index beside it
      func f(x: f64[n, m], i: i64[k]) -> (y) { y = x[i, i] }
                                                   ~^~~~~~
      note: x is f64[n, m]
      help: use gather for several
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = x[..., 0, ...] }
      """,
      """
      t.jg:2:33: error: only one ... is allowed
      func f(x: f64[n]) -> (y) { y = x[..., 0, ...] }
                                     ~^~~~~~~~~~~~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { t: f64[m] = x
        y = t }
      """,
      """
      t.jg:2:35: error: there is no size named m
      func f(x: f64[n]) -> (y) { t: f64[m] = x
                                        ^
      help: sizes are numbers and names from the types of inputs and results
      """),
  ]

  @Test(arguments: mistakes) func mistake(_ mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
