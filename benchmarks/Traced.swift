// Traced tensors: from operators in Swift to a callable function, and long traces with gradients.
import Graph
import JIT
import JitGrad

func measureTrace() throws {
  for steps in [100, 1000, 10_000] {
    let times = try seconds(5) {
      let x = TracedTensor.input("x")
      _ = try Engine().compile(Graph("chain", of: chain(x, steps)))
    }
    row(
      "trace to callable, \(3 * steps) operations, \(text(times[0] / Double(3 * steps))) each",
      times,
      goal: "10 µs each")
  }
  try measureMidway()
  for rolling in [EvaluationOptions.Rolling.never, .always] {
    for steps in [100, 1000, 10_000, 100_000] {
      if rolling == .never && steps > 10_000 { continue }
      let times = try seconds(1) {
        let x = TracedTensor(0.5)
        let y = chain(x, steps)
        _ = try [y, y.grad(wrt: x)].eval(Engine(), options: .rolling(rolling))
      }
      row("value and gradient of \(3 * steps) operations, rolling \(rolling)", times)
    }
  }
}

/// A trace that grows by three operations and is evaluated after each step.
func measureMidway() throws {
  for steps in [100, 1000] {
    let engine = Engine()
    let times = try seconds(5) {
      let a = TracedTensor(0.9)
      var x = TracedTensor(0.5)
      for _ in 0..<steps {
        x = sin(x) * a + x
        _ = try x.eval(engine)
      }
    }
    row("\(steps) evaluations midway, each", times.map { $0 / Double(steps) })
    print("    compiles \(engine.counters.compiles), operations \(engine.counters.executedNodes)")
  }
}

/// Three operations a step.
private func chain(_ start: TracedTensor, _ steps: Int) -> TracedTensor {
  let a = TracedTensor(0.9)
  var x = start
  for _ in 0..<steps { x = sin(x) * a + x }
  return x
}
