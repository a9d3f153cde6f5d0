// Functions: results, types, shadowing, constraints, and calls of other functions in the file.

import Graph
import Testing

@testable import Frontend

@Suite struct ElaborationFunctionTests {
  private let x = Tensor([1.0, 2, 3, 4])

  @Test func resultsInAllForms() throws {
    let text = """
      func f(x: f64[n]) -> (y, total: f64, x, two: f32, k: i64, row: f64[3]) {
        total = sum(x); y = x + total
        two = 2
        k = n
        row = [1, 2, 3]
      }
      """
    let made = try outputs(text, [x])
    #expect(
      made == [
        Tensor([11.0, 12, 13, 14]), Tensor(10.0), x, Tensor(2 as Float), Tensor(4 as Int64),
        Tensor([1.0, 2, 3]),
      ])
    let graph = try graph(text)
    #expect(graph.outputs.map(\.name) == ["y", "total", "x", "two", "k", "row"])
    try checkRoundTrip(graph)
  }

  @Test func typedBindingsAdopt() throws {
    let text = """
      func f() -> (a, b, c) {
        a: f32 = 0.1
        b: i32 = 7 // 2
        c: f64[2] = [1, 2]
      }
      """
    #expect(
      try outputs(text) == [Tensor(0.1 as Float), Tensor(3 as Int32), Tensor([1.0, 2])])
    try checkRoundTrip(try graph(text))
  }

  @Test func typedBindingsGuard() throws {
    let graph = try graph("func f(x: f64[n], z: f64[m]) -> (y: f64[n]) { y = z }")
    #expect(graph.constraints == [Guard("m", .equal, "n")])
    #expect(graph.type(of: graph.outputs[0].value) == TensorType(.f64, ["n"]))
    try checkRoundTrip(graph)
  }

  @Test func shadowing() throws {
    let text = """
      func f(x: f64[n]) -> (loss: f64) {
        loss = x * 2
        loss = loss - 1
        x = loss^2
        loss = sum(x)
      }
      """
    #expect(try outputs(text, [x]) == [Tensor(1.0 + 9 + 25 + 49)])
    let graph = try graph(text)
    #expect(graph.names[graph.outputs[0].value] == "loss")
    #expect(Set(graph.names.all) == ["x", "loss_1", "loss_2", "x_2", "loss"])
    try checkRoundTrip(graph)
  }

  @Test func swappedResults() throws {
    let text = "func f(a: f64, b: f64) -> (b, a) { t = a\n a = b\n b = t }"
    #expect(try outputs(text, [Tensor(1.0), Tensor(2.0)]) == [Tensor(1.0), Tensor(2.0)])
    try checkRoundTrip(try graph(text))
  }

  @Test func severalResults() throws {
    let text = """
      func f(x: f64[n]) -> (v, i) {
        v, i: i64[2] = top_k(x, k=2)
        _, _ = top_k(x, k=1)
      }
      """
    #expect(try outputs(text, [x]) == [Tensor([4.0, 3]), Tensor([3, 2] as [Int64])])
    try checkRoundTrip(try graph(text))
  }

  @Test func constraints() throws {
    let graph = try graph(
      """
      func f(x: f64[n], z: f64[m]) -> (y)
        where n >= 1, m == 2*n + 1, n != 7, n < m, m <= max(n, 9), 3 > k, k >= 0, 2*n == n + n {
        y = sum(x) + sum(z) + k
      }
      """)
    let max = DimExpr.max("n", 9)
    #expect(
      graph.constraints == [
        Guard(1, .lessOrEqual, "n"), Guard("m", .equal, 2 * "n" + 1), Guard("n", .notEqual, 7),
        Guard("n", .less, "m"), Guard("m", .lessOrEqual, max), Guard("k", .less, 3),
      ])
    try checkRoundTrip(graph)
  }

  @Test func sizesOnlyTheBodyMentions() throws {
    let text = "func f() -> (y: f64[n]) where m >= 0 { y = iota([n], dtype=f64) * m }"
    #expect(try outputs(text, sizes: ["n": 3, "m": 2]) == [Tensor([0.0, 2, 4])])
    try checkRoundTrip(try graph(text))
  }

  // MARK: - Calls

  @Test func calls() throws {
    let text = """
      func scale(v: f64[k], by: f64) -> (r: f64[k]) { r = v * by }
      func both(a: f64[p]) -> (lo: f64, hi: f64) { lo = min(a)
        hi = max(a) }
      func f(x: f64[n]) -> (y, d) {
        lo, hi = both(scale(x, by=2))
        d = hi - lo
        y = scale(by=d, v=x) + scale(x, 1)[0]
      }
      """
    #expect(try outputs(text, [x]) == [Tensor([7.0, 13, 19, 25]), Tensor(6.0)])
    let graph = try graph(text)
    #expect(graph.symbols == ["n"])
    try checkRoundTrip(graph)
  }

  @Test func functionsMayStandLater() throws {
    let text = """
      func g(x: f64) -> (y: f64) { y = h(x) + 1 }
      func h(x: f64) -> (y: f64) { y = x * 2 }
      """
    let file = elaborated(text)
    #expect(file.diagnostics.isEmpty)
    #expect(file.graphs.map(\.name) == ["g", "h"])
    #expect(
      try ReferenceEvaluator.run(file.graphs[0], inputs: [Tensor(3.0)], sizes: [:])
        == [Tensor(7.0)])
  }

  @Test func sizesOfCalledFunctions() throws {
    // The caller's n is 4, that of the callee 3, 2 and 4.
    let text = """
      func total(v: f64[n]) -> (r: f64) where n <= 100 { r = sum(v) / n }
      func halves(v: f64[2*n]) -> (a: f64[n], b: f64[n]) { a = v[:n]
        b = v[n:] }
      func f(x: f64[n]) -> (y) {
        a, b = halves(x)
        y = [total(x[1:]), total(a), total(b), total(x), total([1, 2])]
      }
      """
    #expect(try outputs(text, [x]) == [Tensor([3.0, 1.5, 3.5, 2.5, 1.5])])
    let graph = try graph(text)
    #expect(graph.constraints.contains(Guard("n", .equal, 2 * .floorDiv("n", 2))))
    #expect(graph.constraints.contains(Guard("n", .lessOrEqual, 100)))
    try checkRoundTrip(graph)
  }

  @Test func sharedSizesBecomeGuards() throws {
    let text = """
      func dot2(a: f64[n], b: f64[n]) -> (r: f64) { r = a @ b }
      func f(x: f64[p], z: f64[q]) -> (y) { y = dot2(x, z) }
      """
    #expect(try graph(text).constraints == [Guard("q", .equal, "p")])
    try checkRoundTrip(try graph(text))
  }

  @Test func sizesGivenByName() throws {
    let text = """
      func ramp(a: f64) -> (r: f64[n]) { r = a * iota([n], dtype=f64) }
      func f(x: f64[m]) -> (y) { y = ramp(2, n=m - 1) }
      """
    #expect(try outputs(text, [x]) == [Tensor([0.0, 2, 4])])
  }

  @Test func namesOfOperations() throws {
    // A function of the file comes first; in its own body the built-in one is meant.
    let text = """
      func relu(x: f64[n]) -> (y: f64[n]) { y = relu(x) - 1 }
      func f(x: f64[n]) -> (y) { y = relu(x) }
      """
    #expect(try outputs(text, [x]) == [Tensor([0.0, 1, 2, 3])])
    try checkRoundTrip(elaborated(text).graphs[0])
    let (exp, user) = (
      try graph("func exp(x: f64) -> (y) { y = exp(x) }"),
      try graph("func f(x: f64) -> (y) { y = exp(x) + 1 }")
    )
    let again = GraphFile(
      SourceFile(name: "p.jg", text: GraphFile.text(of: [exp, user, user])))
    #expect(again.graphs.map(\.name) == ["exp_", "f", "f_"])
    #expect(again.graphs[1] == user)
  }

  @Test func identicalCallsAreShared() throws {
    let text = """
      func g(x: f64) -> (y: f64) { y = exp(x) }
      func f(x: f64) -> (y) { y = g(x) * g(x) }
      """
    #expect(try graph(text).nodes.count == 2)
  }

  // MARK: - Bounds

  /// Each function calls the one before twice: 2⁴⁰ operations if they were written out.
  @Test func exponentialCalls() {
    var text = "func f0(x: f64) -> (y: f64) { y = exp(x) }\n"
    for k in 1...40 {
      text += "func f\(k)(x: f64) -> (y: f64) { y = f\(k - 1)(x) + f\(k - 1)(x + 1) }\n"
    }
    let start = ContinuousClock.now
    #expect(
      elaborationMessages(text) == """
        t.jg:16:45: error: f14 becomes too large: more than 131072 expressions
        func f14(x: f64) -> (y: f64) { y = f13(x) + f13(x + 1) }
                                                    ^~~~~~~~~~
        note: every function is written out where it is called
        help: call f13 less often

        """)
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test func deepCalls() {
    var text = "func f0(x: f64) -> (y: f64) { y = exp(x) }\n"
    for k in 1...5000 {
      text += "func f\(k)(x: f64) -> (y: f64) { y = exp(-(f\(k - 1)(x))) }\n"
    }
    let message = elaborationMessages(text)
    #expect(message.contains("calls are nested more than 1000 levels deep"))
    #expect(message.split(separator: "\n").count == 4)
  }

  /// As deep as the bounds allow.
  @Test func deepest() throws {
    var text = "func f0(x: f64) -> (y: f64) { y = exp(x) }\n"
    for k in 1...3 {
      let (open, close) = (
        String(repeating: "exp(", count: 240), String(repeating: ")", count: 240)
      )
      text += "func f\(k)(x: f64) -> (y: f64) { y = \(open)f\(k - 1)(x)\(close) }\n"
    }
    #expect(try graph(text).nodes.count == 721)
  }

  @Test func sizeExpressionsStaySmall() {
    let division = String(repeating: " // 2 % 3", count: 20_000)
    let product = String(repeating: " * (n + m + k + 1)", count: 200)
    let power = String(repeating: " * n", count: 100_000)
    for e in [division, product, power] {
      for text in [
        "func f(x: f64[n, m, k]) -> (y) { y = x[:n\(e)] }",
        "func f(x: f64[n, m, k, n\(e)]) -> (y) { y = x }",
        "func f(x: f64[n, m, k]) -> (y) { y = sum(x) * (n\(e)) }",
        "func f(x: f64[n, m, k]) -> (y) where n\(e) < 9 { y = x }",
      ] {
        let messages = elaborationMessages(text)
        #expect(messages.contains("out of range"), "\(messages.prefix(500))")
      }
    }
    let wide = (0..<30).map { "a\($0) + b\($0)" }.joined(separator: ", ")
    #expect(
      elaborationMessages("func f(x: f64[\(wide)]) -> (y) { y = mean(x) }").contains(
        "out of range"))
    #expect(
      elaborationMessages(
        "func f(x: f64[\((0..<33).map { "n\($0)" }.joined(separator: ", "))]) -> (y) { y = x }"
      ).contains("a value has at most 32 axes, found 33"))
  }

  /// min(e // 3, e % 5) doubles with every step.
  @Test func doublingSizes() {
    var text = "func f(x: f64[n]) -> (y) {\n  s0 = n\n"
    for k in 1...80 { text += "  s\(k) = min(s\(k - 1) // 3, s\(k - 1) % 5 - 1)\n" }
    text += "  y = x[:s80]\n}"
    #expect(elaborationMessages(text).contains("out of range"))
  }

  @Test func longPrograms() throws {
    let sum = (0..<50_000).map { "x * \($0).5" }.joined(separator: " + ")
    #expect(try graph("func f(x: f64) -> (y) { y = \(sum) }").nodes.count > 100_000)
    let subscripts = String(repeating: "[1:]", count: 3_000)
    #expect(try graph("func f(x: f64[n]) -> (y) { y = x\(subscripts) }").nodes.count == 3_000)
    let halved = String(repeating: "[::2]", count: 3_000)
    #expect(
      elaborationMessages("func f(x: f64[n]) -> (y) { y = x\(halved) }").contains("out of range"))
  }
}
