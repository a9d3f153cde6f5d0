// Iterative algorithms as they are written: a loop in Swift with a test of convergence, and a gradient
// through all iterations at the end.
import Glibc
import JitGrad

/// Alternating least squares for the best approximation of rank one, a ≈ u vᵀ.
func alternatingLeastSquares() throws {
  let engine = Engine()
  let entries = [[4.0, 2, 0.6], [2.0, 3, 0.4], [0.6, 0.4, 1], [1.0, 0.2, 0.3]]
  let a = TracedTensor(Tensor(entries.flatMap { $0 }, shape: [4, 3]))
  func residual(_ a: TracedTensor) throws -> (loss: TracedTensor, steps: Int) {
    var v = TracedTensor([1.0, 1, 1])
    var last = Double.infinity
    var steps = 0
    for _ in 0..<200 {
      let u = matmul(a, v) / (v * v).sum()
      v = matmul(a.transposed(), u) / (u * u).sum()
      let error = a - u.reshaped(4, 1) * v
      let loss = (error * error).sum()
      steps += 1
      let value = try loss.eval(engine).doubles[0]
      if last - value < 1e-14 { return (loss, steps) }
      last = value
    }
    throw Wrong(description: "alternating least squares does not converge")
  }
  let (loss, steps) = try residual(a)
  print("  converged in \(steps) steps, \(engine.counters.compiles) compiles")
  // ‖a‖² − σ₁²: its derivative is 2(a − σ₁ u₁ v₁ᵀ), twice the residual matrix. Checked by differences.
  let gradient = try loss.grad(wrt: a).eval(engine).doubles
  for k in [0, 5, 10] {
    func moved(_ h: Double) throws -> Double {
      var values = entries.flatMap { $0 }
      values[k] += h
      return try residual(TracedTensor(Tensor(values, shape: [4, 3]))).loss.eval(engine).doubles[0]
    }
    try check(
      "∂loss/∂a[\(k)]", gradient[k], (moved(1e-4) - moved(-1e-4)) / 2e-4, 1e-6)
  }
}

/// Fits the eccentricity and the mean anomaly of an orbit to positions. Kepler's equation
/// M = E − e sin E is solved by a `while` inside of the function that is differentiated.
func keplerOrbit() throws {
  let engine = Engine()
  let times = (0..<20).map { 0.3 * Double($0) }
  let truth = (eccentricity: 0.35, start: 0.4)
  func position(_ e: Double, _ m: Double) -> (Double, Double) {
    var anomaly = m
    for _ in 0..<60 { anomaly -= (anomaly - e * sin(anomaly) - m) / (1 - e * cos(anomaly)) }
    return (cos(anomaly) - e, (1 - e * e).squareRoot() * sin(anomaly))
  }
  let seen = times.map { position(truth.eccentricity, truth.start + $0) }
  let t = TracedTensor(times)
  let (xs, ys) = (TracedTensor(seen.map(\.0)), TracedTensor(seen.map(\.1)))
  func loss(_ p: [TracedTensor]) -> TracedTensor {
    let (e, m) = (p[0], p[1] + t)
    let (anomaly, _) = whileLoop(
      m, limit: 50, while: { abs($0 - e * sin($0) - m).max() > 1e-13 }
    ) { $0 - ($0 - e * sin($0) - m) / (1 - e * cos($0)) }
    let x = cos(anomaly) - e
    let y = sqrt(1 - e * e) * sin(anomaly)
    return ((x - xs) * (x - xs) + (y - ys) * (y - ys)).sum()
  }
  var p = [TracedTensor(0.1), TracedTensor(0.0)]
  for _ in 0..<400 {
    let gradient = try loss(p).grad(wrt: p)
    p = try p.combined(with: gradient) { $0 - 0.01 * $1 }.evaluated(engine)
  }
  try check("eccentricity", p[0].eval(engine).doubles[0], truth.eccentricity, 1e-6)
  try check("mean anomaly", p[1].eval(engine).doubles[0], truth.start, 1e-6)
  print("  compiles for 400 steps: \(engine.counters.compiles)")
}
