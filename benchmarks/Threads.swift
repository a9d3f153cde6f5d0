// Calls on one thread and on all: elements, rows, matrix products, and what is too small to be shared. The
// clock on the wall, as nobody else's time counts.
import Autodiff
import Frontend
import Graph
import JIT

func measureThreads(_ processors: Int) throws {
  var numbers = BenchmarkNumbers()
  let programs: [(what: String, text: String, inputs: [Tensor])] = [
    (
      "sum(tanh(a x + b) exp(-x^2)), 1 000 elements",
      "(x: f64[n], a: f64) -> (y: f64) { y = sum(tanh(a * x) * exp(-x^2)) }",
      [numbers.tensor([1_000], 2), Tensor(0.7)]
    ),
    (
      "the same, 10^5 elements",
      "(x: f64[n], a: f64) -> (y: f64) { y = sum(tanh(a * x) * exp(-x^2)) }",
      [numbers.tensor([100_000], 2), Tensor(0.7)]
    ),
    (
      "the same, 10^7 elements",
      "(x: f64[n], a: f64) -> (y: f64) { y = sum(tanh(a * x) * exp(-x^2)) }",
      [numbers.tensor([10_000_000], 2), Tensor(0.7)]
    ),
    (
      "cross-entropy of 10^5 rows of 10",
      "(x: f64[n, k], t: f64[n, k]) -> (y: f64) { y = -sum(t * log_softmax(x)) }",
      [numbers.tensor([100_000, 10], 2), numbers.tensor([100_000, 10], 1)]
    ),
    (
      "two layers of 256, 1 000 rows",
      """
      (x: f64[n, d], V: f64[d, h], W: f64[h, d]) -> (y: f64) {
        y = sum((tanh(x @ V) @ W - x)^2)
      }
      """,
      [
        numbers.tensor([1_000, 256], 1), numbers.tensor([256, 256], 0.1),
        numbers.tensor([256, 256], 0.1),
      ]
    ),
  ]
  for (what, text, inputs) in programs {
    let file = GraphFile(SourceFile(name: "threads", text: "jitgrad 1\nfunc f\(text)\n"))
    guard let graph = try file.graphs.first?.derivative(.gradient) else { continue }
    let kernel = try Engine(nativeTier: .off).compile(graph)
    let found = try Threads.limited(to: 1) { try kernel(inputs) }
    let rounds = inputs[0].count > 1_000_000 ? 9 : 200
    print("  \(what)")
    let alone = try Threads.limited(to: 1) { try seconds(rounds) { _ = try kernel(inputs) } }
    row("  value and gradient, 1 thread", alone)
    let shared = try Threads.limited(to: processors) {
      try seconds(rounds) { _ = try kernel(inputs) }
    }
    let same = try Threads.limited(to: processors) { try kernel(inputs) } == found
    row("  \(processors) threads", shared)
    print(
      "      \((alone[0] / shared[0] * 100).rounded() / 100) times as fast, "
        + (same ? "the same bits" : "OTHER BITS"))
  }
}
