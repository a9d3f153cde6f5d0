// Gradients of dense work, which runs in strips, against the same by hand in C: one fused loop, compiled
// by gcc -O3 with and without -ffast-math, the way to vectorized elementary functions.
import Graph

func measureDense() throws {
  try measure(dense, beside: [ReferenceCompiler.gccFast, ReferenceCompiler.gcc])
}

private func dense(_ folder: String) throws -> [ReferenceBenchmark] {
  var numbers = BenchmarkNumbers()
  let chain = try program("chain", folder)
  let rosenbrock = try program("rosenbrock", folder)
  return [1_000, 100_000, 10_000_000].map { n in
    ReferenceBenchmark(
      name: "chain", what: "sum(tanh(a x + b) exp(-x^2)) of \(n) elements", text: chain,
      function: "chain", inputs: [numbers.tensor([n], 2), Tensor(0.7), Tensor(0.1)], size: n,
      calls: n > 1_000_000 ? 5 : n > 10_000 ? 60 : 500)
  }
    + [100, 10_000, 1_000_000].map { n in
      ReferenceBenchmark(
        name: "rosenbrock", what: "\(n) variables", text: rosenbrock, function: "rosenbrock",
        inputs: [numbers.tensor([n], 1)], size: n, calls: n > 100_000 ? 20 : 500)
    }
}
