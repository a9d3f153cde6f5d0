// The exact messages for mistakes in results, types, and functions that call each other. Line 2 is the
// first of the text.

import Testing

@testable import Frontend

@Suite struct ElaborationFunctionMistakeTests {
  static let mistakes = [
    Mistake(
      """
      func f(A: f64[3, 4], B: f64[5, 6]) -> (y) { y = A @ B }
      """,
      """
      t.jg:2:51: error: a product of f64[3, 4] and f64[5, 6] needs equal extents, found 4 and 5
      func f(A: f64[3, 4], B: f64[5, 6]) -> (y) { y = A @ B }
                                                      ~~^~~
      note: axis 1 of the left operand meets axis 0 of the right one
      note: A is f64[3, 4]
      note: B is f64[5, 6]
      """),
    Mistake(
      """
      func f(A: f64[3, 4], b: f64) -> (y) { y = A @ b }
      """,
      """
      t.jg:2:45: error: a @ b needs vectors or matrices, found f64[3, 4] and f64
      func f(A: f64[3, 4], b: f64) -> (y) { y = A @ b }
                                                ~~^~~
      note: A is f64[3, 4]
      note: b is f64
      help: use * for products with a scalar
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y: f64, z: f64) { y = sum(x) }
      """,
      """
      t.jg:2:31: error: the result z is never given a value
      func f(x: f64[n]) -> (y: f64, z: f64) { y = sum(x) }
                                    ^
      help: add a statement: z = …
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (loss: f64) { los = sum(x) }
      """,
      """
      t.jg:2:23: error: the result loss is never given a value
      func f(x: f64[n]) -> (loss: f64) { los = sum(x) }
                            ^~~~
      help: did you mean 'los'?
      """),
    Mistake(
      """
      func f(x: f64[n], x: f64) -> (y) { y = x }
      """,
      """
      t.jg:2:19: error: the input x is declared twice
      func f(x: f64[n], x: f64) -> (y) { y = x }
                        ^
      help: give one of them another name
      """),
    Mistake(
      """
      func f(n: f64[n]) -> (y) { y = n }
      """,
      """
      t.jg:2:8: error: n is the name of an input and of a size
      func f(n: f64[n]) -> (y) { y = n }
             ^
      help: give one of them another name
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y: f64[n]) { y = sum(x) }
      """,
      """
      t.jg:2:36: error: the type says f64[n], but the value is f64
      func f(x: f64[n]) -> (y: f64[n]) { y = sum(x) }
                                         ^
      t.jg:2:26: note: the type is written here
      func f(x: f64[n]) -> (y: f64[n]) { y = sum(x) }
                               ^~~~~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y: f32[n]) { y = x * 2 }
      """,
      """
      t.jg:2:36: error: the type says f32[n], but the value is f64[n]
      func f(x: f64[n]) -> (y: f32[n]) { y = x * 2 }
                                         ^
      t.jg:2:26: note: the type is written here
      func f(x: f64[n]) -> (y: f32[n]) { y = x * 2 }
                               ^~~~~~
      help: convert it: f32(…)
      """),
    Mistake(
      """
      func f(x: f64[3]) -> (y) { t: f64[4] = x
        y = t }
      """,
      """
      t.jg:2:28: error: the type says f64[4], but the value is f64[3]
      func f(x: f64[3]) -> (y) { t: f64[4] = x
                                 ^
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (a, b, c) { a, b, c = top_k(x, k=2) }
      """,
      """
      t.jg:2:44: error: 2 results need as many names, found 3
      func f(x: f64[n]) -> (a, b, c) { a, b, c = top_k(x, k=2) }
                                       ~~~~~~~~~~^~~~~~~~~~~~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (a, b) { a, b = exp(x) }
      """,
      """
      t.jg:2:38: error: 1 result needs as many names, found 2
      func f(x: f64[n]) -> (a, b) { a, b = exp(x) }
                                    ~~~~~~~^~~~~~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (a) { a = top_k(x, k=2) + 1 }
      """,
      """
      t.jg:2:32: error: one value is needed here, found 2 results
      func f(x: f64[n]) -> (a) { a = top_k(x, k=2) + 1 }
                                     ^~~~~~~~~~~~~
      help: give them names first: a, b = …
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (n) { n = x }
      """,
      """
      t.jg:2:28: error: n is a size and cannot be given a value
      func f(x: f64[n]) -> (n) { n = x }
                                 ^
      help: choose another name
      """),
    Mistake(
      """
      func f(x: f64) -> (y: f64) { y = g(x) }
      func g(x: f64) -> (y: f64) { y = f(x) }
      """,
      """
      t.jg:3:34: error: f calls itself
      func g(x: f64) -> (y: f64) { y = f(x) }
                                       ^~~~
      note: the calls are f → g → f
      help: functions cannot be recursive
      """),
    Mistake(
      """
      func f(x: f64) -> (y: f64) { y = f(x - 1) }
      """,
      """
      t.jg:2:34: error: f calls itself
      func f(x: f64) -> (y: f64) { y = f(x - 1) }
                                       ^~~~~~~~
      help: functions cannot be recursive
      """),
    Mistake(
      """
      func g(a: f64[n], b: f64[n]) -> (r: f64) { r = a @ b }
      func f(x: f64[3], z: f64[4]) -> (y) { y = g(x, z) }
      """,
      """
      t.jg:3:48: error: g needs an extent of 3 for b, found 4 in f64[4]
      func f(x: f64[3], z: f64[4]) -> (y) { y = g(x, z) }
                                                     ^
      t.jg:2:19: note: b is declared here
      func g(a: f64[n], b: f64[n]) -> (r: f64) { r = a @ b }
                        ^
      """),
    Mistake(
      """
      func g(a: f64[n], b: f64) -> (r: f64) { r = sum(a) * b }
      func f(x: f64[3], z: f32) -> (y) { y = g(x, z) }
      """,
      """
      t.jg:3:45: error: g needs f64 without axes for b, found f32
      func f(x: f64[3], z: f32) -> (y) { y = g(x, z) }
                                                  ^
      t.jg:2:19: note: b is declared here
      func g(a: f64[n], b: f64) -> (r: f64) { r = sum(a) * b }
                        ^
      help: convert it: f64(…)
      """),
    Mistake(
      """
      func g(a: f64[n], b: f64) -> (r: f64) { r = sum(a) * b }
      func f(x: f64[3, 3]) -> (y) { y = g(x, 1) }
      """,
      """
      t.jg:3:37: error: g needs f64 with 1 axis for a, found f64[3, 3]
      func f(x: f64[3, 3]) -> (y) { y = g(x, 1) }
                                          ^
      t.jg:2:8: note: a is declared here
      func g(a: f64[n], b: f64) -> (r: f64) { r = sum(a) * b }
             ^
      """),
    Mistake(
      """
      func g(a: f64[n], b: f64) -> (r: f64) { r = sum(a) * b }
      func f(x: f64[3]) -> (y) { y = g(x) }
      """,
      """
      t.jg:3:32: error: g needs the input b
      func f(x: f64[3]) -> (y) { y = g(x) }
                                     ^~~~
      help: it is called g(a: f64[n], b: f64)
      """),
    Mistake(
      """
      func g(alpha: f64[n], b: f64) -> (r: f64) { r = sum(alpha) * b }
      func f(x: f64[3]) -> (y) { y = g(b=2, alhpa=x) }
      """,
      """
      t.jg:3:39: error: g has no input named alhpa
      func f(x: f64[3]) -> (y) { y = g(b=2, alhpa=x) }
                                            ^~~~~
      help: did you mean 'alpha'?
      """),
    Mistake(
      """
      func g(a: f64[n], b: f64) -> (r: f64) { r = sum(a) * b }
      func f(x: f64[3]) -> (y) { y = g(x, 1, 2) }
      """,
      """
      t.jg:3:32: error: g takes 2 inputs, found 3
      func f(x: f64[3]) -> (y) { y = g(x, 1, 2) }
                                     ^~~~~~~~~~
      help: it is called g(a: f64[n], b: f64)
      """),
    Mistake(
      """
      func g(a: f64[n]) -> (r: f64) where n >= 4 { r = sum(a) }
      func f(x: f64[3]) -> (y) { y = g(x) }
      """,
      """
      t.jg:3:32: error: g does not fit these inputs: n >= 4, here 3 >= 4, never holds
      func f(x: f64[3]) -> (y) { y = g(x) }
                                     ^~~~
      t.jg:2:37: note: this is in g
      func g(a: f64[n]) -> (r: f64) where n >= 4 { r = sum(a) }
                                          ^~~~~~
      """),
    Mistake(
      """
      func g(a: f64[n]) -> (r: f64) { t = a[5]
        r = t }
      func f(x: f64[3]) -> (y) { y = g(x) }
      """,
      """
      t.jg:4:32: error: g does not fit these inputs: the index 5 is out of range: axis 0 of f64[3] has extent 3
      func f(x: f64[3]) -> (y) { y = g(x) }
                                     ^~~~
      t.jg:2:39: note: this is in g
      func g(a: f64[n]) -> (r: f64) { t = a[5]
                                            ^
      """),
    Mistake(
      """
      func g(a: f64) -> (r: f64[n]) { r = a * ones([n]) }
      func f(x: f64) -> (y) { y = g(x) }
      """,
      """
      t.jg:3:29: error: the inputs of g do not say what its size n is
      func f(x: f64) -> (y) { y = g(x) }
                                  ^~~~
      help: give it by name: g(…, n=…)
      """),
    Mistake(
      """
      func g(a: f64[n]) -> (r: f64) { r = oops + sum(a) }
      func f(x: f64[n]) -> (y) { y = g(x) * g(x) }
      func h(x: f64[n]) -> (y) { y = f(x) + 1.5 }
      """,
      """
      t.jg:2:37: error: there is no value named oops
      func g(a: f64[n]) -> (r: f64) { r = oops + sum(a) }
                                          ^~~~
      """),
  ]

  @Test(arguments: mistakes) func mistake(_ mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
