// Gradients of loops against the same by hand in C, compiled by gcc -O3 and by tcc.
import Graph

func measureLoops() throws {
  try measure(loops, beside: [ReferenceCompiler.gcc, ReferenceCompiler.tcc])
}

private func loops(_ folder: String) throws -> [ReferenceBenchmark] {
  var numbers = BenchmarkNumbers()
  func random(_ shape: [Int], _ scale: Double) -> Tensor { numbers.tensor(shape, scale) }
  let masses = Tensor([1.0, 0.5, 0.25, 0.3, 0.2], shape: [5])
  return [
    ReferenceBenchmark(
      name: "ring", what: "60 carried scalars, 614 steps", text: ring, function: "ring",
      inputs: (0..<60).map { _ in random([], 1) } + [Tensor(2.0), Tensor(0.5)], size: 0),
    ReferenceBenchmark(
      name: "lstm", what: "two layers of 14, 1024 steps", text: try program("lstm", folder),
      function: "lstm",
      inputs: [[4, 14], [4, 14], [4, 14], [4, 14], [14], [14], [14], [14], [14], [14], [14]].map {
        random($0, 1)
      } + [Tensor(random([1024, 14], 1).doubles.map { $0 > 0 ? 1.0 : 0.0 }, shape: [1024, 14])],
      size: 1024),
    ReferenceBenchmark(
      name: "pendulum", what: "1000 steps of a leapfrog", text: try program("pendulum", folder),
      function: "pendulum", inputs: [1.2, 0.1, 9.81, 0.05].map { Tensor($0) }, size: 0),
    ReferenceBenchmark(
      name: "bodies", what: "5 bodies, 1000 steps of a leapfrog",
      text: try program("bodies", folder),
      function: "bodies", inputs: [random([5, 3], 1), random([5, 3], 0.3), masses], size: 5),
    ReferenceBenchmark(
      name: "kepler", what: "Newton's method by while, for 1000 anomalies",
      text: try program("kepler", folder), function: "kepler",
      inputs: [random([1000], 3), Tensor(0.7)],
      size: 1000),
  ]
}

/// 30 oscillators in a ring, each position and velocity a scalar of its own.
private let ring: String = {
  let count = 30
  func list(_ separator: String, _ item: (Int) -> String) -> String {
    (0..<count).map(item).joined(separator: separator)
  }
  return """
    jitgrad 1
    func ring(
      \(list(", ") { "a\($0): f64" }),
      \(list(", ") { "b\($0): f64" }), c: f64, k: f64
    ) -> (energy: f64) {
      h = 0.01
      \(list(", ") { "x\($0)" }), \(list(", ") { "v\($0)" }) = for i in 0..<614 carry
        \(list(", ") { "x\($0) = a\($0)" }), \(list(", ") { "v\($0) = b\($0)" }) {
        \(list("\n    ") { i in
          "w\(i) = v\(i) + h * (c * (x\((i + count - 1) % count) + x\((i + 1) % count) - 2 * x\(i))"
            + " - k * x\(i) - x\(i) * x\(i) * x\(i))"
        })
        \(list(", ") { "x\($0) + h * w\($0)" }), \(list(", ") { "w\($0)" })
      }
      energy = \(list(" + ") { "x\($0)^2 + v\($0)^2" })
    }

    """
}()
