// The ground state of a chain of spins as DMRG finds it, one site after the other, and the derivatives of
// its energy through all sweeps. The state is a product of matrices, one tensor a site, so nothing here
// has 2ⁿ elements but the check.
import Glibc
import JitGrad

/// H = −J Σ σᶻₖ σᶻₖ₊₁ − h Σ σˣₖ on an open chain, and a state of it.
///
/// Sites are `[left, spin, right]`. All sites left of the one that is worked on are isometries from the
/// left, all others from the right, so ⟨ψ|ψ⟩ is the square of that site. `lefts[k]` is H between the
/// state and itself, summed over everything left of site k: `[state, H, state]`; `rights[k]` likewise.
private struct SpinChain {
  /// H as a product of matrices of operators: `[left, right, spin, spin]`, the same for all sites.
  let factor: TracedTensor
  var sites: [TracedTensor]
  var lefts: [TracedTensor] = []
  var rights: [TracedTensor] = []

  /// - Parameter bonds: the extents between sites; 2, 4, …, 4, 2 represent every state.
  init(coupling: TracedTensor, field: TracedTensor, bonds: [Int]) {
    func matrix(_ entries: Double...) -> TracedTensor {
      TracedTensor(Tensor(entries, shape: [2, 2]))
    }
    let (none, unit) = (matrix(0, 0, 0, 0), matrix(1, 0, 0, 1))
    let (x, z) = (matrix(0, 1, 1, 0), matrix(1, 0, 0, -1))
    factor = op.stack([
      op.stack([unit, none, none]), op.stack([z, none, none]),
      op.stack([-(field * x), -(coupling * z), unit]),
    ])
    let extents = [1] + bonds + [1]
    sites = zip(extents, extents.dropFirst()).map { left, right in
      // Any start will do that is not orthogonal to the ground state.
      let count = left * 2 * right
      let entries = (0..<count).map { k -> Double in cos(Double(k * k)) }
      return TracedTensor(Tensor(entries, shape: [left, 2, right]))
    }
    func edge(_ entries: Double...) -> TracedTensor {
      TracedTensor(Tensor(entries, shape: [1, 3, 1]))
    }
    lefts = sites.map { _ in edge(0, 0, 1) }
    rights = sites.map { _ in edge(1, 0, 0) }
    for k in sites.indices.dropFirst().reversed() { moveLeft(from: k) }
  }

  /// H on site k, with everything around it fixed.
  func product(_ k: Int, _ site: TracedTensor) -> TracedTensor {
    op.dot(halfProduct(k, site), rights[k], contract: [[1, 2], [2, 1]])
  }

  private func halfProduct(_ k: Int, _ site: TracedTensor) -> TracedTensor {
    let read = op.dot(lefts[k], site, contract: [[2], [0]])
    return op.dot(read, factor, contract: [[1, 2], [0, 3]])
  }

  func energy(_ k: Int) -> TracedTensor { (sites[k] * product(k, sites[k])).sum() }

  /// Some steps of the power iteration with `shift` − H on site k.
  mutating func improve(_ k: Int, shift: Double) {
    for _ in 0..<4 {
      let next = shift * sites[k] - product(k, sites[k])
      sites[k] = next / sqrt((next * next).sum())
    }
  }

  mutating func moveRight(from k: Int) {
    let shape = sites[k].shape
    let matrix = sites[k].reshaped(shape[0] * shape[1], shape[2])
    let basis = orthonormalColumns(matrix)
    sites[k] = basis.reshaped(shape[0], shape[1], shape[2])
    let rest = matmul(basis.transposed(), matrix)
    sites[k + 1] = op.dot(rest, sites[k + 1], contract: [[1], [0]])
    let grown = op.dot(sites[k], halfProduct(k, sites[k]), contract: [[0, 1], [0, 3]])
    lefts[k + 1] = grown.transposed(0, 2, 1)
  }

  mutating func moveLeft(from k: Int) {
    let shape = sites[k].shape
    let matrix = sites[k].reshaped(shape[0], shape[1] * shape[2]).transposed()
    let basis = orthonormalColumns(matrix)
    sites[k] = basis.transposed().reshaped(shape[0], shape[1], shape[2])
    let rest = matmul(basis.transposed(), matrix)
    sites[k - 1] = op.dot(sites[k - 1], rest, contract: [[2], [1]])
    let read = op.dot(sites[k], rights[k], contract: [[2], [2]])
    let half = op.dot(read, factor, contract: [[1, 3], [3, 1]])
    let grown = op.dot(sites[k], half, contract: [[1, 2], [3, 1]])
    rights[k - 1] = grown.transposed(0, 2, 1)
  }

  /// By Gram and Schmidt.
  private func orthonormalColumns(_ matrix: TracedTensor) -> TracedTensor {
    var columns: [TracedTensor] = []
    for k in 0..<(matrix.shape[1].constantValue ?? 0) {
      var v = matrix[.all, k]
      for u in columns { v -= (u * v).sum() * u }
      columns.append(v / sqrt((v * v).sum()))
    }
    return op.stack(columns, axis: 1)
  }
}

/// The lowest energy of the chain by power iteration with all 2ⁿ components.
private func exactEnergy(_ sites: Int, coupling: Double, field: Double) -> Double {
  var psi = [Double](repeating: 1, count: 1 << sites)
  var energy = 0.0
  for _ in 0..<400 {
    let product = psi.indices.map { state in
      let aligned = (0..<sites - 1).reduce(0.0) {
        $0 + ((state >> $1) & 1 == (state >> ($1 + 1)) & 1 ? 1 : -1)
      }
      let flipped = (0..<sites).reduce(0.0) { $0 + psi[state ^ (1 << $1)] }
      return -coupling * aligned * psi[state] - field * flipped
    }
    let square = psi.reduce(0) { $0 + $1 * $1 }
    energy = zip(psi, product).reduce(0) { $0 + $1.0 * $1.1 } / square
    psi = zip(psi, product).map { ($0 - $1) / square.squareRoot() }
  }
  return energy
}

func chainOfSpins() throws {
  let engine = Engine()
  let (coupling, field) = (TracedTensor(1.0), TracedTensor(1.3))
  var chain = SpinChain(coupling: coupling, field: field, bonds: [2, 4, 4, 2])
  let last = chain.sites.count - 1
  var energy = chain.energy(0)
  var known = Double.infinity
  var sweeps = 0
  while true {
    for k in 0..<last {
      chain.improve(k, shift: 1)
      chain.moveRight(from: k)
    }
    for k in (1...last).reversed() {
      chain.improve(k, shift: 1)
      chain.moveLeft(from: k)
    }
    energy = chain.energy(0)
    sweeps += 1
    let value = try energy.eval(engine).doubles[0]
    if abs(known - value) < 1e-13 { break }
    known = value
    if sweeps > 100 { throw Wrong(description: "the sweeps do not converge") }
  }
  print(
    "  converged in \(sweeps) sweeps, \(energy.nodeCount) operations, "
      + "\(engine.counters.compiles) compiles")
  func exact(_ j: Double, _ h: Double) -> Double { exactEnergy(5, coupling: j, field: h) }
  try check("lowest energy", energy.eval(engine).doubles[0], exact(1, 1.3))
  let gradient = try energy.grad(wrt: [coupling, field]).eval(engine).map(\.doubles[0])
  let h = 1e-4
  try check(
    "∂E/∂J through all sweeps", gradient[0], (exact(1 + h, 1.3) - exact(1 - h, 1.3)) / (2 * h),
    1e-6)
  try check("∂E/∂h", gradient[1], (exact(1, 1.3 + h) - exact(1, 1.3 - h)) / (2 * h), 1e-6)
}
