// The exact messages for mistakes in names, calls of built-in functions, dtypes and shapes. Line 2 is the
// first of the text.

import Testing

@testable import Frontend

@Suite struct ElaborationCallMistakeTests {
  static let mistakes = [
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = xx + 1 }
      """,
      """
      t.jg:2:32: error: there is no value named xx
      func f(x: f64[n]) -> (y) { y = xx + 1 }
                                     ^~
      help: did you mean 'x'?
      """),
    Mistake(
      """
      func f(value: f64[n]) -> (y) { y = valeu + 1 }
      """,
      """
      t.jg:2:36: error: there is no value named valeu
      func f(value: f64[n]) -> (y) { y = valeu + 1 }
                                         ^~~~~
      help: did you mean 'value'?
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = exp + x }
      """,
      """
      t.jg:2:32: error: there is no value named exp
      func f(x: f64[n]) -> (y) { y = exp + x }
                                     ^~~
      help: exp is a function: exp(…)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = t + x
        t = 1 }
      """,
      """
      t.jg:2:32: error: there is no value named t
      func f(x: f64[n]) -> (y) { y = t + x
                                     ^
      help: t is given a value further down; move that statement up
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = sinn(x) }
      """,
      """
      t.jg:2:32: error: there is no function named sinn
      func f(x: f64[n]) -> (y) { y = sinn(x) }
                                     ^~~~~~~
      help: did you mean 'sin'?
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = frobnicate(x, zz) }
      """,
      """
      t.jg:2:32: error: there is no function named frobnicate
      func f(x: f64[n]) -> (y) { y = frobnicate(x, zz) }
                                     ^~~~~~~~~~~~~~~~~
      help: the command `jit-grad ops` lists all functions
      t.jg:2:46: error: there is no value named zz
      func f(x: f64[n]) -> (y) { y = frobnicate(x, zz) }
                                                   ^~
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = x(2) }
      """,
      """
      t.jg:2:32: error: x is a value, not a function
      func f(x: f64[n]) -> (y) { y = x(2) }
                                     ^~~~
      help: write * for a product, [ ] for an element
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = sum(x, axis=0) }
      """,
      """
      t.jg:2:39: error: sum has no parameter named axis
      func f(x: f64[n]) -> (y) { y = sum(x, axis=0) }
                                            ^~~~
      help: did you mean 'axes'?
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = sum(x, axes=[0], axes=[0]) }
      """,
      """
      t.jg:2:49: error: axes is given twice
      func f(x: f64[n]) -> (y) { y = sum(x, axes=[0], axes=[0]) }
                                                      ^~~~
      help: it is called sum(x, axes=all, keep=false)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = exp(x, x) }
      """,
      """
      t.jg:2:32: error: exp takes 1 argument, found 2
      func f(x: f64[n]) -> (y) { y = exp(x, x) }
                                     ^~~~~~~~~
      help: it is called exp(x)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = atan2(x) }
      """,
      """
      t.jg:2:32: error: atan2 needs b
      func f(x: f64[n]) -> (y) { y = atan2(x) }
                                     ^~~~~~~~
      help: it is called atan2(a, b)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = sum(x, axes=true) }
      """,
      """
      t.jg:2:44: error: sum needs a list of sizes for axes
      func f(x: f64[n]) -> (y) { y = sum(x, axes=true) }
                                                 ^~~~
      help: it is called sum(x, axes=all, keep=false)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = sum(x, keep=1) }
      """,
      """
      t.jg:2:44: error: sum needs true or false for keep
      func f(x: f64[n]) -> (y) { y = sum(x, keep=1) }
                                                 ^
      help: it is called sum(x, axes=all, keep=false)
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = sum(x, axes=[1]) }
      """,
      """
      t.jg:2:32: error: sum has no axis 1: the operand has rank 1
      func f(x: f64[n]) -> (y) { y = sum(x, axes=[1]) }
                                     ^~~~~~~~~~~~~~~~
      note: x is f64[n]
      help: its only axis is 0
      """),
    Mistake(
      """
      func f(x: f64[n], k: i64) -> (y) { y = reshape(x, [k]) }
      """,
      """
      t.jg:2:52: error: k is a value, and a size is needed here
      func f(x: f64[n], k: i64) -> (y) { y = reshape(x, [k]) }
                                                         ^
      help: sizes are numbers and names from the types of inputs and results
      """),
    Mistake(
      """
      func f(x: f64[n]) -> (y) { y = convert(x, to=f16) }
      """,
      """
      t.jg:2:46: error: convert needs a dtype (f64, f32, i64, i32, bool) for to
      func f(x: f64[n]) -> (y) { y = convert(x, to=f16) }
                                                   ^~~
      help: it is called convert(x, to)
      """),
    Mistake(
      """
      func f(x: f64[n], p: i64[k, 1]) -> (y) { y = gather(x, p, mode="clam") }
      """,
      """
      t.jg:2:64: error: gather needs "clamp" or "drop" for mode
      func f(x: f64[n], p: i64[k, 1]) -> (y) { y = gather(x, p, mode="clam") }
                                                                     ^~~~~~
      help: did you mean "clamp"?
      """),
    Mistake(
      """
      func f(x: f64[n], p: i64[k, 1]) -> (y) { y = gather(x, p, mode=clamp) }
      """,
      """
      t.jg:2:64: error: gather needs "clamp" or "drop" for mode
      func f(x: f64[n], p: i64[k, 1]) -> (y) { y = gather(x, p, mode=clamp) }
                                                                     ^~~~~
      help: it is called gather(x, indices, axes=the first ones, batch=0, mode="clamp")
      """),
    Mistake(
      """
      func f(a: f64[n], b: f32[n]) -> (y) { y = a + b }
      """,
      """
      t.jg:2:45: error: add needs operands of one dtype, found f64[n] and f32[n]
      func f(a: f64[n], b: f32[n]) -> (y) { y = a + b }
                                                ~~^~~
      note: a is f64[n]
      note: b is f32[n]
      help: convert one of them: f64(…) or f32(…)
      """),
    Mistake(
      """
      func f(a: f64[3], b: f64[4]) -> (y) { y = a * b }
      """,
      """
      t.jg:2:45: error: multiply needs shapes that are equal or broadcast, found f64[3] and f64[4]
      func f(a: f64[3], b: f64[4]) -> (y) { y = a * b }
                                                ~~^~~
      note: the extents 3 and 4 differ and neither is 1
      note: a is f64[3]
      note: b is f64[4]
      help: slice the longer one, or give one of them an extent of 1
      """),
    Mistake(
      """
      func f(a: f64[n, 3], b: f64[4]) -> (y) { y = exp(a) - b[1:3] }
      """,
      """
      t.jg:2:53: error: subtract needs shapes that are equal or broadcast, found f64[n, 3] and f64[2]
      func f(a: f64[n, 3], b: f64[4]) -> (y) { y = exp(a) - b[1:3] }
                                                   ~~~~~~~^~~~~~~~
      note: the extents 3 and 2 differ and neither is 1
      help: slice the longer one, or give one of them an extent of 1
      """),
    Mistake(
      """
      func f(a: i64[n]) -> (y) { y = a + 0.5 }
      """,
      """
      t.jg:2:36: error: 0.5 does not fit i64
      func f(a: i64[n]) -> (y) { y = a + 0.5 }
                                         ^~~
      note: numbers take the dtype of the value they meet, here i64
      help: convert the other operand: f64(…)
      """),
    Mistake(
      """
      func f(a: i32[n]) -> (y) { y = a + 3000000000 }
      """,
      """
      t.jg:2:36: error: 3000000000 does not fit i32
      func f(a: i32[n]) -> (y) { y = a + 3000000000 }
                                         ^~~~~~~~~~
      note: numbers take the dtype of the value they meet, here i32
      help: convert the other operand: i64(…)
      """),
    Mistake(
      """
      func f(a: i64[n]) -> (y) { y = exp(a) }
      """,
      """
      t.jg:2:32: error: exp needs f64 or f32, found i64[n]
      func f(a: i64[n]) -> (y) { y = exp(a) }
                                     ^~~~~~
      note: a is i64[n]
      help: convert it: f64(…)
      """),
    Mistake(
      """
      func f(a: bool[n]) -> (y) { y = a + 1 }
      """,
      """
      t.jg:2:37: error: 1 does not fit bool
      func f(a: bool[n]) -> (y) { y = a + 1 }
                                          ^
      note: numbers take the dtype of the value they meet, here bool
      help: convert the other operand: f64(…)
      """),
    Mistake(
      """
      func f(a: f64[n]) -> (y) { y = !a }
      """,
      """
      t.jg:2:32: error: not needs bool, i64 or i32, found f64[n]
      func f(a: f64[n]) -> (y) { y = !a }
                                     ^~
      note: a is f64[n]
      """),
    Mistake(
      """
      func f(a: f64[n, m], b: f64[k]) -> (y) { y = select(a, b, 0) }
      """,
      """
      t.jg:2:46: error: select needs a bool condition, found f64[n, m]
      func f(a: f64[n, m], b: f64[k]) -> (y) { y = select(a, b, 0) }
                                                   ^~~~~~~~~~~~~~~
      note: a is f64[n, m]
      note: b is f64[k]
      """),
    Mistake(
      """
      func f(x: f64[n, 3]) -> (y) { y, _ = top_k(x, k=4) }
      """,
      """
      t.jg:2:38: error: top_k cannot take 4 of the 3 elements along axis 1
      func f(x: f64[n, 3]) -> (y) { y, _ = top_k(x, k=4) }
                                           ^~~~~~~~~~~~~
      note: it needs 4 <= 3
      note: x is f64[n, 3]
      """),
  ]

  @Test(arguments: mistakes) func mistake(_ mistake: Mistake) {
    #expect(elaborationMessages(mistake.text) == mistake.messages + "\n")
  }
}
