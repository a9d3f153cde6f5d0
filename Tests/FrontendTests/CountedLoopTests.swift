// Loops that count are counted loops, however they are written.

import Graph
import Testing

@testable import Frontend

@Suite struct CountedLoopTests {
  /// Two ways to write one loop, with what they read.
  static let pairs: [(String, String, String)] = [
    (
      "n: i64", "_, y = while k = 0, y = x where k < n { k + 1, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "n: i64", "_, y = while k = 0, y = x where n > k { 1 + k, sin(y) * f64(k) }",
      "y = for k in 0..<n carry y = x { sin(y) * f64(k) }"
    ),
    (
      "n: i64", "_, y = while k = 1, y = x where k <= n { k + 1, y + f64(k) }",
      "y = for i in 0..<n carry y = x { y + f64(i + 1) }"
    ),
    (
      "n: i64", "_, y = while k = 3, y = x where n >= k { k + 1, y + f64(k) }",
      "y = for i in 0..<max(n, 2) - 2 carry y = x { y + f64(i + 3) }"
    ),
    (
      "n: i64", "_, y = while k = 3, y = x where k < n { k + 1, y + f64(k) }",
      "y = for k in 3..<n carry y = x { y + f64(k) }"
    ),
    (
      "n: i64, m: i64", "_, y = while k = m, y = x where k < n { k + 1, y + f64(k) }",
      "y = for k in m..<n carry y = x { y + f64(k) }"
    ),
    (
      "n: i32", "_, y = while k = i32(0), y = x where k < n { k + 1, y + 1 }",
      "y = for _ in 0..<i64(n) carry y = x { y + 1 }"
    ),
    (
      "a: f64[n]", "_, y = while k = 0, y = x where k < n { k + 1, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "a: f64[n]", "_, y = while k = 0, y = x where k < n limit n { k + 1, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "a: f64[n]", "_, _, y = while k = 0, y = x where k <= 2*n { yield y; k + 1, sin(y) }",
      "_, y = for _ in 0..<2*n + 1 carry y = x { yield y; sin(y) }"
    ),
    (
      "n: i64", "_, y = while k = 0, y = x where k < n & y < 9 { k + 1, y + f64(k) }",
      "y = for k in 0..< carry y = x where k < n & y < 9 { y + f64(k) }"
    ),
    (
      "n: i64", "y, _ = for i in 0..<n carry y = x, c = 5 { y + f64(c), c + 2 }",
      "y = for i in 0..<n carry y = x { y + f64(i * 2 + 5) }"
    ),
    (
      "n: i64", "_, y = while k = n, y = x where k > 0 { k - 1, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "n: i64", "_, y = while k = n, y = x where 1 <= k { k - 1, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "n: i64", "_, y = while k = 9, y = x where k >= n { k - 1, sin(y) }",
      "y = for _ in 0..<select(max(10, n) - n < 0, 9223372036854775807, max(10, n) - n) carry y = x { sin(y) }"
    ),
    (
      "a: f64[n]", "_, y = while k = n, y = x where k > 0 { k - 1, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "a: f64[n]", "_, y = while k = n, y = x where k != 0 { -1 + k, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "a: f64[n]", "_, y = while k = 0, y = x where n != k { k + 1, sin(y) }",
      "y = for _ in 0..<n carry y = x { sin(y) }"
    ),
    (
      "n: i64", "_, y = while k = 0, y = x where k != n { k + 1, sin(y) }",
      "y = for _ in 0..<select(0 > n, 9223372036854775807, n) carry y = x { sin(y) }"
    ),
  ]

  @Test(arguments: pairs) func same(_ pair: (String, String, String)) throws {
    let (read, first, second) = pair
    let a = try graph("func f(x: f64, \(read)) -> (y) { \(first) }")
    let b = try graph("func f(x: f64, \(read)) -> (y) { \(second) }")
    #expect(a == b, "\(a.languageText)\(b.languageText)")
    try checkRoundTrip(a)
  }

  /// What counters are in the end, also where there are no steps.
  @Test(
    arguments: [
      ("k = 0 where k < n", 3, 3), ("k = 0 where k < n", -4, 0), ("k = 2 where k <= n", 5, 6),
      ("k = 2 where k <= n", 1, 2), ("k = 2 where n >= k", 2, 3), ("k = -3 where k < n", 1, 1),
      ("k = n where k < 2", -1, 2), ("k = n where k < 2", 7, 7),
      ("k = n where k < -9223372036854775807", 5, 5),
      ("k = 5 where k < n", -9_223_372_036_854_775_000, 5),
    ] as [(String, Int, Int)])
  func ends(_ header: String, _ n: Int, _ end: Int) throws {
    let k = try outputs(
      "func f(n: i64) -> (k) { k = while \(header) { k + 1 } }", [Tensor(Int64(n))])
    #expect(k[0].integers[0] == Int64(end), "\(header), n = \(n)")
  }

  @Test(
    arguments: [
      ("k = n where k > 0", 3, 0), ("k = n where k > 0", -3, -3), ("k = n where k >= -2", 3, -3),
      ("k = 4 where k > n", 1, 1), ("k = 4 where k != n", 1, 1), ("k = n where 4 != k", 4, 4),
      ("k = -5 where k >= n", -7, -8),
    ] as [(String, Int, Int)])
  func endsDown(_ header: String, _ n: Int, _ end: Int) throws {
    let k = try outputs(
      "func f(n: i64) -> (k) { k = while \(header) { k - 1 } }", [Tensor(Int64(n))])
    #expect(k[0].integers[0] == Int64(end), "\(header), n = \(n)")
  }

  /// What is passed by and not met goes on: no number of steps that ends it, and no limit is lost.
  @Test func whatIsNotMetIsEndless() throws {
    for body in ["k = 0 where k != n { k + 1 }", "k = n where k != 0 { k - 1 }"] {
      let graph = try graph("func f(n: i64) -> (k) { k = while \(body) }")
      #expect(throws: ExecutionError.self, "\(body)") {
        try ReferenceEvaluator.run(
          graph, inputs: [Tensor(Int64(-1))], sizes: [:], stepLimit: 50)
      }
    }
    // An i32 comes round: it stays a condition.
    let narrow = try graph("func f(n: i32) -> (k) { k = while k = n where k != 0 { k + 1 } }")
    #expect(narrow.languageText.contains("+ n != 0 {"), "\(narrow.languageText)")
  }

  /// From one end of 64 bits towards the other there are more steps than 64 bits count, not none.
  @Test(
    arguments: [
      "for i in a..<b carry y = 0 where y < 7 { y + 1 }",
      "for i in -5..<b carry y = 0 where y < 7 { y + 1 }",
      "for i in a..<9223372036854775807 carry y = 0 where y < 7 { y + 1 }",
    ]) func rangesBeyond64Bits(_ body: String) throws
  {
    let text = "func f(a: i64, b: i64) -> (y) { y = \(body) }"
    let far = [Tensor(Int64(-5_000_000_000_000_000_000)), Tensor(Int64.max)]
    #expect(try outputs(text, far)[0].integers == [7], "\(body)")
    if !body.contains("9223372036854775807") {
      let none = [Tensor(Int64.max), Tensor(Int64.min)]
      #expect(try outputs(text, none)[0].integers == [0], "\(body)")
    }
  }

  /// What holds for the last of all numbers holds for ever.
  @Test(
    arguments: [
      ("n: i64", "k = 9223372036854775800 where k <= n { k + 1 }", Tensor(Int64.max)),
      ("n: i64", "k = -9223372036854775800 where k >= n { k - 1 }", Tensor(Int64.min)),
      ("n: i32", "k = n where k <= 2147483647 { k + 1 }", Tensor(Int32.max - 3)),
      ("n: i64", "k = n where k < 9 { k + 1 }", Tensor(Int64.min)),
    ]) func whatHoldsForAllNumbersIsEndless(_ read: String, _ body: String, _ n: Tensor) throws
  {
    let graph = try graph("func f(\(read)) -> (k) { k = while \(body) }")
    #expect(throws: ExecutionError.self) {
      try ReferenceEvaluator.run(graph, inputs: [n], sizes: [:], stepLimit: 50)
    }
  }
}
