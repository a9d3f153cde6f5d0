// Extents that are equal or 1 only at the call: what does not fit is refused wherever it is broadcast, also
// where no operation on elements asks, before anything is read.
import Frontend
import Graph
import JIT
import Testing

@Suite struct BroadcastGuardTests {
  static let bodies = [
    "a @ b", "sum(a @ b)", "broadcast(a, shape=[broadcast(n, k), 2, 2])",
    "einsum(\"...ij,...jk\", a, b)", "solve(a, b)",
    "sum(broadcast(a, shape=[broadcast(m, broadcast(n, k)), 2, 2])) + sum(c)",
  ]

  /// `d` is an input of the common extent; without it nothing but the body asks for one.
  private func kernel(_ body: String, inputs: String = "c: f64[m]") throws -> Kernel {
    let text = """
      jitgrad 1
      func f(a: f64[n, 2, 2], b: f64[k, 2, 2], \(inputs)) -> (y) { y = \(body) }

      """
    let file = GraphFile(SourceFile(name: "broadcast.jg", text: text))
    let graph = try #require(
      file.graphs.last, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    return try Engine().compile(graph)
  }

  private func inputs(_ n: Int, _ k: Int, last: Int = 1) -> [Tensor] {
    [[n, 2, 2], [k, 2, 2], [last]].map { Tensor(repeating: Scalar(1.0, .f64), shape: $0) }
  }

  private func expectRefusal(_ body: () throws -> Void) {
    #expect {
      try body()
    } throws: { error in
      ["n == k", "k == n"].contains { "\(error)".contains("\($0), or one of them 1") }
    }
  }

  @Test(arguments: bodies) func isRefused(_ body: String) throws {
    let kernel = try kernel(body)
    for (n, k) in [(2, 3), (3, 2), (0, 2)] { expectRefusal { _ = try kernel(inputs(n, k)) } }
  }

  /// An input whose extent is that of two others together is read like them.
  @Test(arguments: ["sum(a, axes=[1, 2]) + d", "sum(d)"]) func inputIsRefused(_ body: String) throws
  {
    let kernel = try kernel(body, inputs: "d: f64[broadcast(k, n)]")
    for (n, k) in [(2, 3), (3, 2)] { expectRefusal { _ = try kernel(inputs(n, k, last: k)) } }
    #expect(throws: Never.self) { try kernel(inputs(3, 1, last: 3)) }
  }

  @Test(arguments: bodies.filter { !$0.contains("solve") }) func runs(_ body: String) throws {
    let kernel = try kernel(body)
    for (n, k) in [(3, 3), (1, 3), (3, 1), (1, 1), (0, 1)] {
      #expect(throws: Never.self) { try kernel(inputs(n, k)) }
    }
  }
}
