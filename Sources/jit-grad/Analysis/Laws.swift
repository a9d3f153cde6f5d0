// The laws a compiled function and its derivatives obey, each as one check at one point:
//
//     compiled     JIT = reference, for a graph
//     differences  J v ≈ (f(x + h v) − f(x − h v)) / 2h
//     adjoint      ⟨w, J v⟩ = ⟨Jᵀ w, v⟩
import Autodiff
import Frontend
import Graph
import JIT

/// What a check found.
enum LawResult: Sendable {
  /// How far the sides were apart, relative to their size.
  case holds(Double)
  case fails(String)
  /// The law says nothing at this point.
  case open(String)

  var isFailure: Bool { if case .fails = self { true } else { false } }
}

/// A function at a point, with a direction and a covector to test it.
struct Laws {
  let graph: Graph
  let inputs: [Tensor]
  let sizes: [String: Int]
  let engine: Engine
  let seed: UInt64

  private var isSingle: Bool { graph.types.contains { $0.dtype == .f32 } }
  private var variables: [Tensor] { inputs.filter(\.dtype.isFloat) }

  /// JIT against reference.
  func compiled() throws -> LawResult {
    try Self.compiled(Evaluation(graph: graph, sizes: sizes, engine: engine), inputs)
  }

  static func compiled(_ evaluation: Evaluation, _ inputs: [Tensor]) throws -> LawResult {
    let compiled = try evaluation.compiled(inputs)
    let reference = try evaluation.reference(inputs)
    let isSingle = evaluation.graph.types.contains { $0.dtype == .f32 }
    return compare(
      compiled, reference, names: evaluation.graph.outputs.map(\.name),
      tolerance: isSingle ? 2e-4 : 1e-9)
  }

  /// The derivative graphs, compiled against the reference: a jvp and a vjp.
  func derivativesCompiled() throws -> LawResult {
    let jvp = try graph.derivative(.jvp)
    let forward = try Self.compiled(
      Evaluation(graph: jvp, sizes: sizes, engine: engine), inputs + direction)
    if forward.isFailure { return forward }
    let vjp = try graph.derivative(.vjp)
    let backward = try Self.compiled(
      Evaluation(graph: vjp, sizes: sizes, engine: engine), inputs + (try covector()))
    if backward.isFailure { return backward }
    if case .holds(let a) = forward, case .holds(let b) = backward { return .holds(max(a, b)) }
    return forward
  }

  /// The jvp against central differences.
  func differences() throws -> LawResult {
    let jvp = Evaluation(graph: try graph.derivative(.jvp), sizes: sizes, engine: engine)
    let tangents = try jvp.reference(inputs + direction).suffix(floatOutputs.count)
    let primal = Evaluation(
      graph: graph.with(outputs: floatOutputs), sizes: sizes, engine: engine)
    let names = floatOutputs.map(\.name)
    // A correct derivative agrees for some step, a wrong one for none.
    var worst = LawResult.open("no finite difference")
    for h in isSingle ? [1e-2, 3e-3, 5e-2] : [1e-5, 1e-6, 1e-4, 1e-7] {
      let right = try primal.reference(Vector.step(inputs, h, direction))
      let left = try primal.reference(Vector.step(inputs, -h, direction))
      let quotients = zip(right, left).map { a, b in
        Tensor(
          zip(a.doubles, b.doubles).map { ($0 - $1) / (2 * h) }, shape: a.shape)
      }
      let result = Self.compare(
        tangents.map { Tensor($0.doubles, shape: $0.shape) }, quotients, names: names,
        tolerance: isSingle ? 3e-2 : 1e-5)
      switch result {
      case .holds: return result
      case .fails: if !worst.isFailure { worst = result }
      case .open: break
      }
    }
    return worst
  }

  /// `⟨w, J v⟩ = ⟨Jᵀ w, v⟩`.
  func adjoint() throws -> LawResult {
    let jvp = Evaluation(graph: try graph.derivative(.jvp), sizes: sizes, engine: engine)
    let vjp = Evaluation(graph: try graph.derivative(.vjp), sizes: sizes, engine: engine)
    let w = try covector()
    let tangents = try jvp.reference(inputs + direction).suffix(w.count)
    let cotangents = try vjp.reference(inputs + w).suffix(variables.count)
    let left = Vector.inner(w, Array(tangents))
    let right = Vector.inner(Array(cotangents), direction)
    guard left.value.isFinite, right.value.isFinite else { return .open("not finite here") }
    let scale = max(left.scale, right.scale, .leastNormalMagnitude)
    let distance = abs(left.value - right.value) / scale
    return distance <= (isSingle ? 1e-3 : 1e-9)
      ? .holds(distance)
      : .fails("⟨w, J v⟩ = \(left.value), ⟨Jᵀ w, v⟩ = \(right.value)")
  }

  private var floatOutputs: [GraphOutput] {
    graph.outputs.filter { graph.type(of: $0.value).dtype.isFloat }
  }

  private var direction: [Tensor] { Vector.random(like: variables, seed: seed &+ 11) }

  private func covector() throws -> [Tensor] {
    let primal = Evaluation(
      graph: graph.with(outputs: floatOutputs), sizes: sizes, engine: engine)
    return Vector.random(like: try primal.reference(inputs), seed: seed &+ 23)
  }

  /// Relative to the largest element of each array; NaN and infinity must stand in the same places.
  static func compare(
    _ found: [Tensor], _ expected: [Tensor], names: [String], tolerance: Double
  ) -> LawResult {
    var worst = 0.0
    var isFinite = found.isEmpty
    var isTelling = false
    for (name, (a, b)) in zip(names, zip(found, expected)) {
      guard a.shape == b.shape else {
        return .fails("\(name) has shape \(a.shape), not \(b.shape)")
      }
      let scale = b.doubles.reduce(1.0) { $1.isFinite ? max($0, abs($1)) : $0 }
      let difference = Difference(a, b, Tolerance(relative: 0, absolute: tolerance * scale))
      if !difference.isNone {
        return .fails(
          "\(name)\(Comparison.index(difference.position, a.shape)) is \(difference.found), "
            + "expected \(difference.expected)")
      }
      worst = max(worst, difference.worst / scale)
      isTelling = isTelling || a.count == 0 || b.doubles.contains { $0 != 0 }
      isFinite = isFinite || a.count == 0 || a.doubles.contains(where: \.isFinite)
    }
    if !isFinite { return .open("not finite here") }
    // Two zeros agree whatever the rule is.
    return isTelling ? .holds(worst) : .open("all zero here")
  }
}
