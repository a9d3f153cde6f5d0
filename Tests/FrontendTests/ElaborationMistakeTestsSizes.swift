// The exact messages for mistakes in sizes and arrays, and for several mistakes at once. Line 2 is the
// first of the text.

import Testing

@testable import Frontend

@Suite struct ElaborationSizeMistakeTests {
  static let mistakes = [
    Mistake(
      """
      func f(x: f64[-1]) -> (y) { y = x }
      """,
      """
      t.jg:2:16: error: this extent is negative
      func f(x: f64[-1]) -> (y) { y = x }
                    ~^
      """),
    Mistake(
      """
      func f(x: f64[n / 2]) -> (y) { y = x }
      """,
      """
      t.jg:2:17: error: this cannot be part of an extent
      func f(x: f64[n / 2]) -> (y) { y = x }
                    ~~^~~
      help: write '//' for floor division
      """),
    Mistake(
      """
      func f(x: f64[abs(n, 2)]) -> (y) { y = x }
      """,
      """
      t.jg:2:15: error: this cannot be part of an extent
      func f(x: f64[abs(n, 2)]) -> (y) { y = x }
                    ^~~~~~~~~
      help: extents are made of integers, symbols, + - * // %, min, max and broadcast
      """),
    Mistake(
      """
      func f(x: f64[n // 0]) -> (y) { y = x }
      """,
      """
      t.jg:2:17: error: this divides by zero
      func f(x: f64[n // 0]) -> (y) { y = x }
                    ~~^~~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) where 3 > 4 { y = x }
      """,
      """
      t.jg:2:34: error: 3 > 4 never holds
      func f(x: f64[n]) -> (y) where 3 > 4 { y = x }
                                     ~~^~~
      """),
    Mistake(
      """
      func f() -> (y) { y = 9223372036854775807 + 1 }
      """,
      """
      t.jg:2:43: error: this whole number is out of range: it does not fit 64 bits
      func f() -> (y) { y = 9223372036854775807 + 1 }
                            ~~~~~~~~~~~~~~~~~~~~^~~
      help: write it as a float: 1e30
      """),
    Mistake(
      """
      func f() -> (y) { y = 7 // 0 }
      """,
      """
      t.jg:2:25: error: this divides by zero
      func f() -> (y) { y = 7 // 0 }
                            ~~^~~~
      """),
    Mistake(
      """
      func f() -> (y) { y = [[1, 2], [3]] }
      """,
      """
      t.jg:2:23: error: the rows of an array need one length, found 2 and 1
      func f() -> (y) { y = [[1, 2], [3]] }
                            ^~~~~~~~~~~~~
      """),
    Mistake(
      """
      func f(x: f64[n], z: f64[n, 2]) -> (y) { y = [x, z] }
      """,
      """
      t.jg:2:46: error: stack needs operands of one shape, found f64[n] and f64[n, 2]
      func f(x: f64[n], z: f64[n, 2]) -> (y) { y = [x, z] }
                                                   ^~~~~~
      note: x is f64[n]
      note: z is f64[n, 2]
      """),
    Mistake(
      """
      func f() -> (y) { y = "text" }
      """,
      """
      t.jg:2:23: error: a text is no value
      func f() -> (y) { y = "text" }
                            ^~~~~~
      help: texts are for parameters of functions: mode="clamp"
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = f64(x, x) }
      """,
      """
      t.jg:2:32: error: f64(…) converts one value, found 2
      func f(x: f64[n]) -> (y) { y = f64(x, x) }
                                     ^~~~~~~~~
      help: for several values write an array: f64([…])
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = concatenate() }
      """,
      """
      t.jg:2:32: error: concatenate needs at least one of x
      func f(x: f64[n]) -> (y) { y = concatenate() }
                                     ^~~~~~~~~~~~~
      help: it is called concatenate(x…, axis=0)
      """),
    Mistake(
      """
      func f(x: f64) -> (y) { y = x }
      func f(x: f64) -> (y) { y = x + 1 }
      """,
      """
      t.jg:3:6: error: the function f is defined twice
      func f(x: f64) -> (y) { y = x + 1 }
           ^
      t.jg:2:6: note: it is defined here first
      func f(x: f64) -> (y) { y = x }
           ^
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = reshape(x, [2, 3, nn]) }
      """,
      """
      t.jg:2:50: error: there is no size named nn
      func f(x: f64[n]) -> (y) { y = reshape(x, [2, 3, nn]) }
                                                       ^~
      help: did you mean 'n'?
      """),
    Mistake(
      """
      func f(x: f64[6]) -> (y) { y = reshape(x, [4]) }
      """,
      """
      t.jg:2:32: error: reshape needs as many elements as f64[6] has (6), found f64[4] (4)
      func f(x: f64[6]) -> (y) { y = reshape(x, [4]) }
                                     ^~~~~~~~~~~~~~~
      note: x is f64[6]
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { a = bad1; b = bad2 + x; c = b + a; y = c * bad3 }
      """,
      """
      t.jg:2:32: error: there is no value named bad1
      func f(x: f64[n]) -> (y) { a = bad1; b = bad2 + x; c = b + a; y = c * bad3 }
                                     ^~~~
      t.jg:2:42: error: there is no value named bad2
      func f(x: f64[n]) -> (y) { a = bad1; b = bad2 + x; c = b + a; y = c * bad3 }
                                               ^~~~
      t.jg:2:71: error: there is no value named bad3
      func f(x: f64[n]) -> (y) { a = bad1; b = bad2 + x; c = b + a; y = c * bad3 }
                                                                            ^~~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = take(x, 0.5) }
      """,
      """
      t.jg:2:40: error: 0.5 does not fit i64
      func f(x: f64[n]) -> (y) { y = take(x, 0.5) }
                                             ^~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = bool(x) + 1 }
      """,
      """
      t.jg:2:42: error: 1 does not fit bool
      func f(x: f64[n]) -> (y) { y = bool(x) + 1 }
                                               ^
      note: numbers take the dtype of the value they meet, here bool
      help: convert the other operand: f64(…)
      """),
    Mistake(
      """
      func f(x: f64[n], i: i64[n]) -> (y) { y = [x[0], 1, true] }
      """,
      """
      t.jg:2:53: error: the elements of an array need one dtype, found f64 and bool
      func f(x: f64[n], i: i64[n]) -> (y) { y = [x[0], 1, true] }
                                                          ^~~~
      t.jg:2:44: note: the first is here
      func f(x: f64[n], i: i64[n]) -> (y) { y = [x[0], 1, true] }
                                                 ^~~~
      help: convert one of them: f64(…)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = [1, true] }
      """,
      """
      t.jg:2:36: error: the elements of an array need one dtype, found a number and bool
      func f(x: f64[n]) -> (y) { y = [1, true] }
                                         ^~~~
      t.jg:2:33: note: the first is here
      func f(x: f64[n]) -> (y) { y = [1, true] }
                                      ^
      help: write 1 for true and 0 for false
      """),
    Mistake(
      """
      func f(x: f64[n], i: i64[n]) -> (y) { y = [x[0], 2 * i[0]] }
      """,
      """
      t.jg:2:50: error: the elements of an array need one dtype, found f64 and i64
      func f(x: f64[n], i: i64[n]) -> (y) { y = [x[0], 2 * i[0]] }
                                                       ^~~~~~~~
      t.jg:2:44: note: the first is here
      func f(x: f64[n], i: i64[n]) -> (y) { y = [x[0], 2 * i[0]] }
                                                 ^~~~
      help: convert one of them: f64(…)
      """),
    Mistake(
      """
      func f(i: i64[n]) -> (y) { y = i * [0.5, 1] }
      """,
      """
      t.jg:2:36: error: some elements of the array do not fit i64
      func f(i: i64[n]) -> (y) { y = i * [0.5, 1] }
                                         ^~~~~~~~
      note: numbers take the dtype of the value they meet, here i64
      help: convert the other operand: f64(…)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y, y) { y = x }
      """,
      """
      t.jg:2:26: error: the result y is declared twice
      func f(x: f64[n]) -> (y, y) { y = x }
                               ^
      help: give one of them another name
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = zeros([n], dtype="f64") }
      """,
      """
      t.jg:2:49: error: zeros needs a dtype (f64, f32, i64, i32, bool) for dtype
      func f(x: f64[n]) -> (y) { y = zeros([n], dtype="f64") }
                                                      ^~~~~
      help: it is called zeros(shape, dtype=f64)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { a, a = top_k(x, k=2)
        y = a }
      """,
      """
      t.jg:2:31: error: a is given two values here
      func f(x: f64[n]) -> (y) { a, a = top_k(x, k=2)
                                    ^
      help: write _ for a result that is not needed
      """),
    Mistake(
      """
      func f(x: f64[n, m]) -> (y) where n < m, m < n, n + 1 == n { y = x }
      """,
      """
      t.jg:2:55: error: n + 1 == n never holds
      func f(x: f64[n, m]) -> (y) where n < m, m < n, n + 1 == n { y = x }
                                                      ~~~~~~^~~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = relu(x, 0.1) + leakyrelu(x) }
      """,
      """
      t.jg:2:32: error: relu takes 1 argument, found 2
      func f(x: f64[n]) -> (y) { y = relu(x, 0.1) + leakyrelu(x) }
                                     ^~~~~~~~~~~~
      help: it is called relu(x)
      t.jg:2:47: error: there is no function named leakyrelu
      func f(x: f64[n]) -> (y) { y = relu(x, 0.1) + leakyrelu(x) }
                                                    ^~~~~~~~~~~~
      help: did you mean 'leaky_relu'?
      """),
    Mistake(
      """
      func f(x: f64[n] -> (y) { y = x }
      func g(x: f64[n]) -> (y) { y = f(x) + q }
      """,
      """
      t.jg:2:18: error: expected ',' or ')' after a parameter, found '->'
      func f(x: f64[n] -> (y) { y = x }
                       ^~
      t.jg:2:7: note: '(' was opened here
      func f(x: f64[n] -> (y) { y = x }
            ^
      t.jg:3:39: error: there is no value named q
      func g(x: f64[n]) -> (y) { y = f(x) + q }
                                            ^
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { z = x +
        y = z }
      func g(x: f64[n]) -> (y) { y = f(x) }
      """,
      """
      t.jg:2:34: error: expected an operand behind '+', found a new statement
      func f(x: f64[n]) -> (y) { z = x +
                                       ^
      help: a line that ends in an operator goes on in the next line
      """),
  ]

  @Test(arguments: mistakes) func mistake(_ mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
