// The laws a compiled function and its derivatives obey, each as one check at one point:
//
//     compiled             JIT = reference
//     derivativesCompiled  the same for J v and Jᵀ w
//     differences          J v ≈ (f(x + h v) − f(x − h v)) / 2h
//     adjoint              ⟨w, J v⟩ = ⟨Jᵀ w, v⟩
import Autodiff
import Frontend
import Graph
import JIT

/// A law, as it is called in reports.
enum Law: String, CaseIterable {
  case compiled = "JIT against reference"
  case derivativesCompiled = "JIT against reference, jvp and vjp"
  case differences = "jvp against central differences"
  case adjoint = "⟨w, Jv⟩ = ⟨Jᵀw, v⟩"
}

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
  /// The steps a loop without another limit may make.
  var stepLimit = Int.max

  private var isSingle: Bool { graph.types.contains { $0.dtype == .f32 } }
  private var variables: [Tensor] { inputs.filter(\.dtype.isFloat) }

  /// By the reference.
  func outputs() throws -> [Tensor] { try evaluation(of: graph).reference(inputs) }

  /// Whether compiled code ends here within the limit of steps, which is found out sooner than by the
  /// reference.
  func ends() throws -> Bool {
    do {
      _ = try evaluation(of: graph).compiled(inputs)
      return true
    } catch ExecutionError.stepLimit {
      return false
    }
  }

  func result(of law: Law) throws -> LawResult {
    switch law {
    case .compiled: try Self.compiled(evaluation(of: graph), inputs)
    case .derivativesCompiled: try derivativesCompiled()
    case .differences: try differences()
    case .adjoint: try adjoint()
    }
  }

  private static func compiled(_ evaluation: Evaluation, _ inputs: [Tensor]) throws -> LawResult {
    let reference = try evaluation.reference(inputs)
    let compiled: [Tensor]
    do {
      compiled = try evaluation.compiled(inputs)
    } catch let error as ExecutionError {
      guard case .stepLimit = error else { throw error }
      return .fails("\(error); the reference ends")
    }
    let isSingle = evaluation.graph.types.contains { $0.dtype == .f32 }
    return compare(
      compiled, reference, names: evaluation.graph.outputs.map(\.name),
      tolerance: isSingle ? 2e-4 : 1e-9)
  }

  /// The derivative graphs, compiled against the reference: a jvp and a vjp.
  private func derivativesCompiled() throws -> LawResult {
    let jvp = try graph.derivative(.jvp)
    let forward = try Self.compiled(
      evaluation(of: jvp), inputs + direction)
    if forward.isFailure { return forward }
    let vjp = try graph.derivative(.vjp)
    let backward = try Self.compiled(
      evaluation(of: vjp), inputs + (try covector()))
    if backward.isFailure { return backward }
    if case .holds(let a) = forward, case .holds(let b) = backward { return .holds(max(a, b)) }
    return forward
  }

  /// The jvp against central differences. Where derivatives are other ones by definition, differences
  /// that are others too say nothing.
  private func differences() throws -> LawResult {
    let found = try agreement()
    guard found.isFailure, let reason = graph.derivativesOfTheirOwn else { return found }
    return .open("differences say nothing about \(reason)")
  }

  private func agreement() throws -> LawResult {
    let jvp = evaluation(of: try graph.derivative(.jvp))
    let tangents = try jvp.reference(inputs + direction).suffix(floatOutputs.count)
    let primal = evaluation(of: graph.with(outputs: floatOutputs))
    let names = floatOutputs.map(\.name)
    // At a pole differences say nothing.
    let values = try primal.reference(inputs).map(\.doubles)
    // A correct derivative agrees for some step, a wrong one for none. Small steps stay on one side of
    // a switch, large ones are above the rounding.
    var worst = LawResult.open("no finite difference")
    let steps = isSingle ? [1e-2, 3e-3, 5e-2, 1e-3, 3e-4, 1e-4] : [1e-5, 1e-6, 1e-4, 1e-7, 1e-8]
    for h in steps {
      let (right, left): ([Tensor], [Tensor])
      do {
        right = try primal.reference(Vector.step(inputs, h, direction))
        left = try primal.reference(Vector.step(inputs, -h, direction))
      } catch ExecutionError.stepLimit {
        // A loop that ends here need not end beside.
        continue
      }
      let quotients = zip(right, left).map { a, b in
        zip(a.doubles, b.doubles).map { ($0 - $1) / (2 * h) }
      }.enumerated().map { k, quotient in
        zip(quotient, values[k]).map { $1.isFinite ? $0 : .nan }
      }
      // What has no quotient has nothing to be compared with.
      if !quotients.joined().isEmpty && quotients.joined().allSatisfy(\.isNaN) { continue }
      let pairs = zip(tangents, quotients).map { tangent, quotient in
        (
          Tensor(
            zip(tangent.doubles, quotient).map { $1.isNaN ? 0 : $0 }, shape: tangent.shape),
          Tensor(quotient.map { $0.isNaN ? 0 : $0 }, shape: tangent.shape)
        )
      }
      let result = Self.compare(
        pairs.map(\.0), pairs.map(\.1), names: names, tolerance: isSingle ? 3e-2 : 1e-5)
      switch result {
      case .holds: return result
      case .fails: if !worst.isFailure { worst = result }
      // Zeros agree too, unless all is lost in rounding.
      case .open where h >= (isSingle ? 1e-3 : 1e-7): return result
      case .open: break
      }
    }
    return worst
  }

  /// `⟨w, J v⟩ = ⟨Jᵀ w, v⟩`.
  private func adjoint() throws -> LawResult {
    let jvp = evaluation(of: try graph.derivative(.jvp))
    let vjp = evaluation(of: try graph.derivative(.vjp))
    let w = try covector()
    let tangents = try jvp.reference(inputs + direction).suffix(w.count)
    let cotangents = try vjp.reference(inputs + w).suffix(variables.count)
    let left = Vector.inner(w, Array(tangents))
    let right = Vector.inner(Array(cotangents), direction)
    guard left.value.isFinite, right.value.isFinite else { return .open("not finite here") }
    let scale = max(left.scale, right.scale, .leastNormalMagnitude)
    let distance = abs(left.value - right.value) / scale
    if distance <= (isSingle ? 1e-3 : 1e-9) { return .holds(distance) }
    // Two rules that nobody compared need not be one derivative.
    if let rule = graph.uncheckedRule { return .open("a law that \(rule) need not obey") }
    return .fails("⟨w, J v⟩ = \(left.value), ⟨Jᵀ w, v⟩ = \(right.value)")
  }

  private func evaluation(of graph: Graph) -> Evaluation {
    Evaluation(graph: graph, sizes: sizes, engine: engine, stepLimit: stepLimit)
  }

  private var floatOutputs: [GraphOutput] {
    graph.outputs.filter { graph.type(of: $0.value).dtype.isFloat }
  }

  /// A tangent for each float input.
  var direction: [Tensor] { Vector.random(like: variables, seed: seed &+ 11) }

  /// A cotangent for each float output.
  func covector() throws -> [Tensor] {
    let primal = evaluation(of: graph.with(outputs: floatOutputs))
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
          "\(name)\(a.shape.isEmpty ? "" : Comparison.index(difference.position, a.shape)) is \(difference.found), "
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
