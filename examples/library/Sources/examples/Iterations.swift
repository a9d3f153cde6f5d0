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

/// The ground state of a chain of spins by power iteration on one site after the other, as DMRG does
/// with one site, and the derivative of its energy with respect to the coupling: ⟨ψ| dH/dJ |ψ⟩.
func powerIteration() throws {
  let engine = Engine()
  // Two spins: H = −J σz⊗σz − h (σx⊗1 + 1⊗σx); its lowest energy is −√(J² + 4h²).
  let zz = TracedTensor(
    Tensor([1.0, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1], shape: [4, 4]))
  let x = TracedTensor(Tensor([0.0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0], shape: [4, 4]))
  let unit = TracedTensor(
    Tensor([1.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], shape: [4, 4]))
  let (coupling, field) = (TracedTensor(1.0), TracedTensor(0.6))
  let h = -(coupling * zz) - field * x
  let shifted = 4 * unit - h
  var psi = TracedTensor([1.0, 0.3, 0.2, 0.5])
  var last = Double.infinity
  var energy = TracedTensor(0.0)
  var steps = 0
  while true {
    let next = matmul(shifted, psi)
    psi = next / sqrt((next * next).sum())
    energy = (psi * matmul(h, psi)).sum()
    steps += 1
    let value = try energy.eval(engine).doubles[0]
    if abs(last - value) < 1e-15 { break }
    last = value
    if steps > 500 { throw Wrong(description: "power iteration does not converge") }
  }
  print("  converged in \(steps) steps, \(engine.counters.compiles) compiles")
  let exact = -(1 + 4 * 0.36).squareRoot()
  try check("lowest energy", energy.eval(engine).doubles[0], exact)
  let gradient = try energy.grad(wrt: [coupling, field]).eval(engine).map(\.doubles[0])
  try check("∂E/∂J through all iterations", gradient[0], 1 / exact, 1e-6)
  try check("∂E/∂h", gradient[1], 4 * 0.6 / exact, 1e-6)
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
