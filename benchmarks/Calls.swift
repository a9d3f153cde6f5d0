// What a call of a compiled kernel costs beyond its work, and what new sizes cost.
import Autodiff
import Frontend
import Graph
import JIT

func measureCall() throws {
  let source = SourceFile(
    name: "call",
    text: """
      jitgrad 1
      func f(a: f64, b: f64, c: f64) -> (y: f64) { y = a * b + sin(c) }
      func g(x: f64[n]) -> (y: f64) { y = sum(x * x) }
      """)
  let graphs = GraphFile(source).graphs
  let engine = Engine()
  let scalars = try engine.compile(graphs[0].derivative(.gradient))
  let three = [Tensor(0.5), Tensor(1.5), Tensor(2.5)]
  let calls = 100_000
  let times = try seconds(10) { for _ in 0..<calls { _ = try scalars(three) } }
  row(
    "gradient of 3 scalars, a call from Swift", times.map { $0 / Double(calls) }, goal: "1 µs")

  let vector = try engine.compile(graphs[1].derivative(.gradient))
  let inputs = (0..<50).map { Tensor([Double](repeating: 1, count: $0), shape: [$0]) }
  let before = engine.counters.compiles
  let sizes = try seconds(10) { for x in inputs { _ = try vector([x]) } }
  row("a call with a new size", sizes.map { $0 / Double(inputs.count) }, goal: "5 µs")
  print("  compiles for \(inputs.count) sizes: \(engine.counters.compiles - before)")
}
