// What every construct of the language means: single expressions over fixed inputs against values
// worked out by hand.

import Graph
import Testing

@testable import Frontend

/// An expression and its value.
struct Meaning: Sendable, CustomTestStringConvertible {
  let expression: String
  let value: Tensor
  var testDescription: String { expression }

  init(_ expression: String, _ value: Tensor) {
    self.expression = expression
    self.value = value
  }
  init(_ expression: String, _ value: Double) { self.init(expression, Tensor(value)) }
  init(_ expression: String, _ values: [Double]) { self.init(expression, Tensor(values)) }
  init(_ expression: String, _ rows: [[Double]]) { self.init(expression, Tensor(rows)) }
  init(_ expression: String, i64 value: Int64) { self.init(expression, Tensor(value)) }
  init(_ expression: String, i64 values: [Int64]) { self.init(expression, Tensor(values)) }
  init(_ expression: String, f32 value: Float) { self.init(expression, Tensor(value)) }
  init(_ expression: String, f32 values: [Float]) {
    self.init(expression, Tensor(values, shape: [values.count]))
  }
  init(_ expression: String, bools: [Bool]) {
    self.init(expression, Tensor(bools, shape: [bools.count]))
  }
}

@Suite struct ElaborationMeaningTests {
  /// n = 4, m = 3, k = 2
  static let header = """
    func f(
      x: f64[n], A: f64[n, m], s: f32[n], i: i64[k], j: i64, q: i32, b: bool[n], c: f64, h: f32
    ) -> (y)
    """
  static let inputs = [
    Tensor([1.0, 2, 3, 4]),
    Tensor([[0.0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]),
    Tensor([0.5, 1.5, 2.5, 3.5] as [Float], shape: [4]),
    Tensor([2, 0] as [Int64]), Tensor(-1 as Int64), Tensor(1 as Int32),
    Tensor([true, false, true, false], shape: [4]), Tensor(10.0), Tensor(0.5 as Float),
  ]

  static let numbers: [Meaning] = [
    // Literals take the dtype of what they meet.
    Meaning("x + 1", [2.0, 3, 4, 5]), Meaning("1 + x", [2.0, 3, 4, 5]),
    Meaning("s * 2", f32: [1, 3, 5, 7]), Meaning("h + 0.25", f32: 0.75),
    Meaning("i + 1", i64: [3, 1]), Meaning("-x", [-1.0, -2, -3, -4]),
    Meaning("s + [1, 2, 3, 4]", f32: [1.5, 3.5, 5.5, 7.5]),
    Meaning("-[1, 2] + i", i64: [1, -2]), Meaning("-[1.5, 2]", [-1.5, -2.0]),
    Meaning("select(b, x, 0)", [1.0, 0, 3, 0]), Meaning("select(b, 1, s)", f32: [1, 1.5, 1, 3.5]),
    // Literals among themselves.
    Meaning("7", i64: 7), Meaning("7.0", 7.0), Meaning("7 / 2", 3.5), Meaning("7 // 2", i64: 3),
    Meaning("-7 // 2", i64: -4), Meaning("-7 % 2", i64: 1), Meaning("2^10", i64: 1024),
    Meaning("2^-1", 0.5), Meaning("2.0^0.5", 2.0.squareRoot()),
    Meaning("x * 2^2", [4.0, 8, 12, 16]),
    Meaning("(-1)^101", i64: -1), Meaning("0^0", i64: 1), Meaning("h * (1 / 4)", f32: 0.125),
    Meaning("-2^2", i64: -4), Meaning("(-2)^2", i64: 4), Meaning("2^3^2", i64: 512),
    Meaning("5.5 // 2", 2.0), Meaning("-5.5 % 2", 0.5), Meaning("1e3", 1000.0),
    Meaning("0x10", i64: 16), Meaning("-9223372036854775808", i64: .min), Meaning("inf", .infinity),
    Meaning("-inf", -Double.infinity), Meaning("1 - 0.0", 1.0), Meaning("-0.0", -0.0),
    Meaning("true", Tensor(true)), Meaning("3 < 4", Tensor(true)),
    Meaning("3 == 4.0", Tensor(false)),
    Meaning("exp(0)", 1.0), Meaning("sqrt(4)", 2.0), Meaning("abs(-3)", i64: 3),
    Meaning("max(2, 7)", i64: 7), Meaning("min(2.5, 7)", 2.5),
    Meaning("x + max(2, 7)", [8.0, 9, 10, 11]),
    // Sizes are numbers.
    Meaning("n", i64: 4), Meaning("sum(x) / n", 2.5), Meaning("sum(s) / n", f32: 2),
    Meaning("x * n", [4.0, 8, 12, 16]), Meaning("n / 2", 2.0), Meaning("n // 3", i64: 1),
    Meaning("n * m + 1", i64: 13), Meaning("n^2 - m", i64: 13), Meaning("n % m", i64: 1),
    Meaning("min(n, m) + j", i64: 2), Meaning("max(n, 7)", i64: 7), Meaning("-n", i64: -4),
    Meaning("0.5 * n", 2.0), Meaning("sqrt(n)", 2.0), Meaning("c^n", 10_000.0),
    Meaning("i < n", bools: [true, true]), Meaning("n == 4", Tensor(true)),
    Meaning("[n, m]", i64: [4, 3]), Meaning("[n, 0.5]", [4.0, 0.5]),
    // dtypes as functions.
    Meaning("f32(2)", f32: 2), Meaning("f64(s)", [0.5, 1.5, 2.5, 3.5]), Meaning("i64(2.9)", i64: 2),
    Meaning("i64(-2.9)", i64: -2), Meaning("i32(q)", Tensor(1 as Int32)),
    Meaning("bool(2)", Tensor(true)), Meaning("bool(0.0)", Tensor(false)), Meaning("f64(n)", 4.0),
    Meaning("f64([1, 2])", [1.0, 2]), Meaning("i64(b)", i64: [1, 0, 1, 0]),
    Meaning("f64(f32(0.1))", Double(0.1 as Float)),
    Meaning("convert(x, to=i64)", i64: [1, 2, 3, 4]),
  ]

  static let operators: [Meaning] = [
    Meaning("x - x * 2 + x / 4", [-0.75, -1.5, -2.25, -3.0]), Meaning("x^2", [1.0, 4, 9, 16]),
    Meaning("2^x", [2.0, 4, 8, 16]), Meaning("-x^2", [-1.0, -4, -9, -16]),
    Meaning("x // 2", [0.0, 1, 1, 2]), Meaning("-x % 5", [4.0, 3, 2, 1]),
    Meaning("(x > 1) & (x < 4)", bools: [false, true, true, false]),
    Meaning("x > 1 & x < 4", bools: [false, true, true, false]),
    Meaning("x <= 1 | x >= 4", bools: [true, false, false, true]),
    Meaning("!b", bools: [false, true, false, true]),
    Meaning("b == true", bools: [true, false, true, false]),
    Meaning("x != 2", bools: [true, false, true, true]), Meaning("i << 2", i64: [8, 0]),
    Meaning("i >> 1", i64: [1, 0]), Meaning("i | 1", i64: [3, 1]), Meaning("i & 2", i64: [2, 0]),
    Meaning("x @ x", 30.0), Meaning("x @ A", [60.0, 70, 80]),
    Meaning("A @ [1, 0, 2]", [4.0, 13, 22, 31]),
    Meaning("transpose(A) @ x", [60.0, 70, 80]),
    // Broadcasting aligns the last axes.
    Meaning("A[:2] + [10, 20, 30]", [[10.0, 21, 32], [13, 24, 35]]),
    Meaning("A[:2] * [[1], [2]]", [[0.0, 1, 2], [6, 8, 10]]),
    Meaning("expand(x, axis=1) + [0, 1]", [[1.0, 2], [2, 3], [3, 4], [4, 5]]),
    // Arrays.
    Meaning("[1, 2, 3]", i64: [1, 2, 3]), Meaning("[1, 2.5]", [1.0, 2.5]),
    Meaning("[[1, 2], [3, 4.0]]", [[1.0, 2], [3, 4]]),
    Meaning("[true, false]", bools: [true, false]),
    Meaning("[c, 1]", [10.0, 1]), Meaning("[true, c > 1]", bools: [true, true]),
    Meaning("[x, x + 1]", [[1.0, 2, 3, 4], [2, 3, 4, 5]]), Meaning("[j, n]", i64: [-1, 4]),
    Meaning("[-1, 2] * -1", i64: [1, -2]), Meaning("[1, 2] + 0.5", [1.5, 2.5]),
  ]

  static let subscripts: [Meaning] = [
    Meaning("x[0]", 1.0), Meaning("x[-1]", 4.0), Meaning("x[n - 1]", 4.0), Meaning("x[-n]", 1.0),
    Meaning("x[m]", 4.0), Meaning("x[1:]", [2.0, 3, 4]), Meaning("x[:2]", [1.0, 2]),
    Meaning("x[1:3]", [2.0, 3]), Meaning("x[-2:]", [3.0, 4]), Meaning("x[:-1]", [1.0, 2, 3]),
    Meaning("x[1:-1]", [2.0, 3]), Meaning("x[::2]", [1.0, 3]), Meaning("x[1::2]", [2.0, 4]),
    Meaning("x[::3]", [1.0, 4]), Meaning("x[::-1]", [4.0, 3, 2, 1]), Meaning("x[::-2]", [4.0, 2]),
    Meaning("x[2:2]", [] as [Double]), Meaning("x[n:]", [] as [Double]),
    Meaning("x[:n]", [1.0, 2, 3, 4]),
    Meaning("x[m:n]", [4.0]), Meaning("x[n // 2:]", [3.0, 4]), Meaning("x[n-2:n-1]", [3.0]),
    Meaning("x[1:][1:]", [3.0, 4]), Meaning("x[1:][0]", 2.0), Meaning("x[:]", [1.0, 2, 3, 4]),
    Meaning("A[1]", [3.0, 4, 5]), Meaning("A[1, 2]", 5.0), Meaning("A[-1, -1]", 11.0),
    Meaning("A[1][2]", 5.0), Meaning("A[:, 1]", [1.0, 4, 7, 10]),
    Meaning("A[..., 1]", [1.0, 4, 7, 10]),
    Meaning("A[1, ...]", [3.0, 4, 5]), Meaning("A[..., 1, 2]", 5.0),
    Meaning("A[2:, :2]", [[6.0, 7], [9, 10]]), Meaning("A[::-1, 0]", [9.0, 6, 3, 0]),
    Meaning("A[::3, ::-2]", [[2.0, 0], [11, 9]]), Meaning("A[1:3, 1]", [4.0, 7]),
    // Indices that are data count from the end where negative.
    Meaning("x[j]", 4.0), Meaning("x[q]", 2.0), Meaning("A[j]", [9.0, 10, 11]),
    Meaning("A[j, q]", 10.0), Meaning("A[:, q]", [1.0, 4, 7, 10]), Meaning("A[1, j]", 5.0),
    Meaning("A[:2, j]", [2.0, 5]), Meaning("x[i]", [3.0, 1]), Meaning("x[i - 1]", [2.0, 4]),
    Meaning("A[i]", [[6.0, 7, 8], [0, 1, 2]]),
    Meaning("A[:, i]", [[2.0, 0], [5, 3], [8, 6], [11, 9]]),
    Meaning("x[[0, 2]]", [1.0, 3]), Meaning("x[[-1]]", [4.0]),
    Meaning("x[[[0, 1], [2, 3]]]", [[1.0, 2], [3, 4]]),
    Meaning("A[[3, 0], 1:]", [[10.0, 11], [1, 2]]),
    Meaning("[5, 6, 7][1]", i64: 6), Meaning("(x + 1)[0]", 2.0),
    Meaning("exp(x - x)[2:]", [1.0, 1]),
    // Out of range at run time means the nearest element.
    Meaning("x[j * 100]", 1.0), Meaning("x[q * 100]", 4.0),
  ]

  static let calls: [Meaning] = [
    Meaning("sum(x)", 10.0), Meaning("sum(A, axes=0)", [18.0, 22, 26]),
    Meaning("sum(A, [1])", [3.0, 12, 21, 30]), Meaning("sum(A, axes=[-1], keep=true)[0]", [3.0]),
    Meaning("max(x)", 4.0), Meaning("max(x, 2)", [2.0, 2, 3, 4]), Meaning("max(x, axes=[0])", 4.0),
    Meaning("max(2, x)", [2.0, 2, 3, 4]), Meaning("min(s, 1)", f32: [0.5, 1, 1, 1]),
    Meaning("argmax(x)", i64: 3), Meaning("concatenate(x, [7, 8])", [1.0, 2, 3, 4, 7, 8]),
    Meaning("concatenate(A[:1], A[3:], axis=1)", [[0.0, 1, 2, 9, 10, 11]]),
    Meaning("reshape(x, shape=[2, 2])", [[1.0, 2], [3, 4]]),
    Meaning("reshape(x, [n])", [1.0, 2, 3, 4]),
    Meaning("iota(3)", i64: [0, 1, 2]), Meaning("iota([2], dtype=f64)", [0.0, 1]),
    Meaning("zeros([m])", [0.0, 0, 0]), Meaning("ones(2, dtype=f32)", f32: [1, 1]),
    Meaning("pad(x, 0, low=[1], high=[0])", [0.0, 1, 2, 3, 4]),
    Meaning("cumsum(x)", [1.0, 3, 6, 10]),
    Meaning("take(x, [3, 0])", [4.0, 1]), Meaning("take(s, 1)", f32: 1.5),
    Meaning("dynamic_slice(x, 1, shape=[2])", [2.0, 3]),
    Meaning("gather(x, [[1], [1]])", [2.0, 2]),
    Meaning("scatter(x, [[1]], [10])", [1.0, 12, 3, 4]),
    Meaning("dynamic_update(x, [9, 9], 1)", [1.0, 9, 9, 4]),
    Meaning("clamp(x, 2, 3)", [2.0, 2, 3, 3]), Meaning("stack(x[0], 5)", [1.0, 5]),
    Meaning("extent(2*n, dtype=f64)", 8.0), Meaning("matmul(A, [1, 1, 1])[0]", 3.0),
  ]

  @Test(arguments: numbers) func meaningOfNumbers(_ meaning: Meaning) throws { try check(meaning) }
  @Test(arguments: operators) func meaningOfOperators(_ meaning: Meaning) throws {
    try check(meaning)
  }
  @Test(arguments: subscripts) func meaningOfSubscripts(_ meaning: Meaning) throws {
    try check(meaning)
  }
  @Test(arguments: calls) func meaningOfCalls(_ meaning: Meaning) throws { try check(meaning) }

  private func check(_ meaning: Meaning) throws {
    let text = "\(Self.header) {\n  y = \(meaning.expression)\n}"
    #expect(try outputs(text, Self.inputs) == [meaning.value])
    try checkRoundTrip(try graph(text))
  }

  @Test func nan() throws {
    #expect(try outputs("func f() -> (y) { y = nan * 0 }")[0].doubles[0].isNaN)
  }
}

/// Printing and reading gives the same graph and the same text.
func checkRoundTrip(_ graph: Graph) throws {
  let text = graph.languageText
  let file = GraphFile(SourceFile(name: "printed.jg", text: text))
  guard file.diagnostics.isEmpty, let again = file.graphs.first else {
    Issue.record("\(text)\n\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    return
  }
  #expect(again == graph, "\(text)\n\(again.languageText)")
  #expect(again.languageText == text)
}
