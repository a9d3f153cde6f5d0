// Sizes that would be negative: refused with the condition that failed, before anything is computed,
// wherever an operation makes an extent.
import Frontend
import Graph
import JIT
import Testing

@Suite struct NegativeSizeTests {
  private func graph(_ body: String) throws -> Graph {
    let text = "jitgrad 1\nfunc f(x: f64[n]) -> (z) { \(body) }\n"
    let file = GraphFile(SourceFile(name: "negative.jg", text: text))
    return try #require(
      file.graphs.last, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
  }

  @Test(arguments: [
    "z = concatenate(ones([n-5]), x)", "z = zeros([n-5, n-5])", "z = sum(x) * sum(ones([n-5]))",
    "z = broadcast(x, [n-5, n])", "z = dynamic_slice(x, i64(x[0]), shape=[n-5])",
    "a, b = sort(ones([n-5, n-6])); z = reshape(a, [(n-5)*(n-6)]) * 1", "z = iota([n-5])",
  ]) func areRefused(_ body: String) throws {
    let kernel = try Engine().compile(graph(body))
    #expect {
      _ = try kernel([Tensor([1.0, 2, 3], shape: [3])])
    } throws: { error in
      "\(error)".contains("needs 0 <= n - 5, found n - 5 = -2")
    }
  }

  @Test(arguments: ["z = zeros([-3])", "z = reshape(x, [2, -1, -1])"])
  func areMistakesWhereTheyAreKnown(_ body: String) {
    let text = "jitgrad 1\nfunc f(x: f64[n]) -> (z) { \(body) }\n"
    let file = GraphFile(SourceFile(name: "negative.jg", text: text))
    #expect(file.diagnostics.count == 1)
    #expect(file.diagnostics.first?.message.contains("gives an array of negative size") == true)
  }

  /// The condition stands in shipped C, too: derivatives and sizes from 5 on are as before.
  @Test func largerSizesRun() throws {
    let kernel = try Engine().compile(graph("z = concatenate(ones([n-5]), x)"))
    #expect(
      try kernel([Tensor([1.0, 2, 3, 4, 5, 6], shape: [6])])[0].doubles == [1, 1, 2, 3, 4, 5, 6])
  }
}
