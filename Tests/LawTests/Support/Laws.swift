// The laws, as functions from a subject to what is wrong with it. They return failures as values, so
// that tests can also demand one (MutationTests).
import Autodiff
import Graph
import JIT
import Lowering

/// A law that does not hold.
struct Failure: CustomStringConvertible {
  var law: Law
  var subject: String
  var sizes: Sizes
  var seed: Int
  var detail: String

  var description: String {
    let sizes = sizes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return "\(law.rawValue): \(subject), sizes [\(sizes.joined(separator: " "))], seed \(seed): "
      + detail
  }
}

enum Law: String, CaseIterable, Sendable {
  /// Compiled code agrees with the reference evaluation, one compile for all sizes.
  case compiled
  /// The loop programs of the function and its derivatives touch only what is theirs.
  case interpreted
  /// The jvp is the derivative that differences show.
  case differences
  /// ⟨w, J v⟩ = ⟨Jᵀw, v⟩, for each operand and for all together.
  case adjoint
  /// The jvp of the vjp is the derivative of the vjp.
  case secondOrder
  /// With an extra axis: the same as one element after the other.
  case batching
  /// Forward and reverse Jacobians agree with each other and with columns of jvps.
  case jacobian

  /// What is wrong with `subject`; empty where the law holds or does not apply.
  func failures(_ subject: Subject) -> [Failure] {
    let check = LawCheck(law: self, subject: subject)
    do {
      switch self {
      case .compiled: try check.compiled()
      case .interpreted: try check.interpreted()
      case .differences: try check.differences()
      case .adjoint: try check.adjoint()
      case .secondOrder: try check.secondOrder()
      case .batching: try check.batching()
      case .jacobian: try check.jacobian()
      }
    } catch {
      check.fail("threw \(type(of: error)): \(error)")
    }
    return check.failures
  }
}

/// One law applied to one subject.
final class LawCheck {
  let law: Law
  let subject: Subject
  private(set) var failures: [Failure] = []
  private var sizes: Sizes = [:]
  private var seed = 0

  init(law: Law, subject: Subject) {
    self.law = law
    self.subject = subject
  }

  private static let leastDraws = 5

  var graph: Graph { subject.graph }
  var tolerance: Double { subject.tolerance }

  func fail(_ detail: String) {
    failures.append(
      Failure(law: law, subject: subject.description, sizes: sizes, seed: seed, detail: detail))
  }

  /// Runs `body` for some legal sizes, with arguments for them, until it fails; for few sizes, with
  /// several arguments for each, so that data that choose branches and count steps differ.
  func forSomeSizes(
    _ graph: Graph? = nil, from values: [Int] = [0, 1, 2, 3, 5], limit: Int,
    _ body: (Sizes, [Tensor], inout RandomSource) throws -> Void
  ) throws {
    var all = (graph ?? self.graph).legalSizes(from: values, limit: limit)
    if all.isEmpty { fail("no sizes are legal") }
    let different = all
    while !all.isEmpty && all.count < min(limit, Self.leastDraws) { all += different }
    for (number, sizes) in all.enumerated() where failures.isEmpty {
      self.sizes = sizes
      seed = number + 1
      var random = RandomSource(seed: 1000 + seed)
      try body(sizes, subject.arguments(sizes, seed: seed), &random)
    }
  }

  /// Runs a graph compiled and by reference, and notes where they differ.
  /// - Returns: the results by reference.
  @discardableResult
  func run(
    _ kernel: Kernel, _ graph: Graph, _ arguments: [Tensor], _ sizes: Sizes, tolerance: Double
  ) throws -> [Tensor] {
    // First the kernel: it checks the guards, which must hold where those of the subject hold.
    let found = try kernel(arguments, sizes: sizes)
    let expected = try ReferenceEvaluator.run(graph, inputs: arguments, sizes: sizes)
    if let text = difference(
      found, from: expected, names: graph.outputs.map(\.name), tolerance: tolerance)
    {
      fail("compiled \(graph.name) against reference: \(text)")
    }
    return expected
  }

  // MARK: - Compiled code

  func compiled() throws {
    let engine = Engine()
    try forSomeSizes(limit: 25) { sizes, arguments, _ in
      try run(engine.compile(graph), graph, arguments, sizes, tolerance: tolerance)
    }
    if engine.counters.compiles != 1 { fail("\(engine.counters.compiles) compiles") }
  }

  func interpreted() throws {
    var graphs = [graph]
    if subject.isDifferentiable {
      let vjp = try graph.derivative(.vjp, wrt: subject.variables)
      graphs += [try graph.derivative(.jvp, wrt: subject.variables), vjp]
      // Loops do not depend on the width of floats.
      if subject.isDouble { graphs.append(try vjp.derivative(.jvp, wrt: subject.variables)) }
    }
    for graph in graphs {
      for options in [LoweringOptions.jit, .portable] {
        try interpreted(graph, options)
      }
    }
  }

  private func interpreted(_ graph: Graph, _ options: LoweringOptions) throws {
    let program = try lower(graph.simplified(), options)
    try forSomeSizes(limit: 4) { sizes, arguments, random in
      let inputs =
        try arguments
        + graph.inputs.dropFirst(arguments.count).map {
          try Tensor.random(graph.type(of: $0.value), sizes, &random)
        }
      let expected = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes)
      do {
        let found = try Interpreter.run(program, inputs, sizes)
        if let text = difference(
          found, from: expected, names: graph.outputs.map(\.name),
          tolerance: max(tolerance * 100, 1e-10))
        {
          fail("loops of \(graph.name) against reference: \(text)")
        }
      } catch let fault as ProgramFault {
        fail("loops of \(graph.name), \(options): \(fault)")
      }
    }
  }

  // MARK: - First derivatives

  func differences() throws {
    guard subject.isDifferentiable else { return }
    let inputs = subject.variables
    let jvp = try graph.derivative(.jvp, wrt: subject.variables)
    let kernel = try Engine().compile(jvp)
    try forSomeSizes(limit: 7) { sizes, arguments, random in
      for attempt in 0..<4 {
        let x =
          attempt == 0
          ? arguments : try subject.arguments(sizes, seed: 77 * attempt + sizes.count)
        let tangents = try graph.inputs.filter { inputs.contains($0.name) }.map {
          try Tensor.random(graph.type(of: $0.value), sizes, &random)
        }
        let results = try run(
          kernel, jvp, x + tangents, sizes, tolerance: max(tolerance * 10, 1e-11))
        guard subject.isDouble, failures.isEmpty else { return }
        let wanted = try derivative(graph, x, along: tangents, of: inputs, sizes)
        // A kink close by: draw again.
        guard let wanted else { continue }
        let float = graph.outputs.indices.filter {
          graph.type(of: graph.outputs[$0].value).dtype.isFloat
        }
        if let text = difference(
          Array(results.suffix(float.count)), from: float.map { wanted[$0] },
          names: float.map { "jvp.\(graph.outputs[$0].name)" }, tolerance: 2e-8)
        {
          fail("jvp against differences: \(text)")
        }
        return
      }
      fail("no smooth point found")
    }
  }

  /// The derivative of the reference evaluation along a direction, by central differences of fourth
  /// order; `nil` where two step widths disagree, which means a kink or a jump is near.
  func derivative(
    _ graph: Graph, _ x: [Tensor], along tangents: [Tensor], of names: [String], _ sizes: Sizes
  ) throws -> [Tensor]? {
    func value(_ step: Double) throws -> [Tensor] {
      var next = 0
      let moved = zip(graph.inputs, x).map { input, tensor -> Tensor in
        guard names.contains(input.name) else { return tensor }
        defer { next += 1 }
        return tensor.moved(by: step, along: tangents[next])
      }
      return try ReferenceEvaluator.run(graph, inputs: moved, sizes: sizes)
    }
    func slope(_ h: Double) throws -> [Tensor] {
      let (a, b, c, d) = (try value(h), try value(-h), try value(2 * h), try value(-2 * h))
      return a.indices.map { k in
        guard a[k].dtype.isFloat else { return a[k] }
        let (p, q, r, s) = (a[k].doubles, b[k].doubles, c[k].doubles, d[k].doubles)
        // f' = (8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h + O(h⁴); ∞ − ∞ did not move.
        func minus(_ a: Double, _ b: Double) -> Double { a == b ? 0 : a - b }
        return Tensor(
          doubles: p.indices.map { (8 * minus(p[$0], q[$0]) - minus(r[$0], s[$0])) / (12 * h) },
          dtype: a[k].dtype, shape: a[k].shape)
      }
    }
    let (wide, narrow) = (try slope(0x1p-12), try slope(0x1p-14))
    let agree = zip(wide, narrow).allSatisfy {
      !$0.dtype.isFloat || difference($0, from: $1, tolerance: 1e-8) == nil
    }
    return agree ? wide : nil
  }

  func adjoint() throws {
    guard subject.isDifferentiable else { return }
    let names = subject.variables
    let choices = names.count > 1 ? [names] + names.map { [$0] } : [names]
    for wrt in choices { try adjoint(wrt: wrt) }
  }

  /// ⟨w, J v⟩ = ⟨Jᵀw, v⟩ for the float outputs by some inputs.
  private func adjoint(wrt: [String]) throws {
    let jvp = try graph.derivative(.jvp, wrt: wrt)
    let vjp = try graph.derivative(.vjp, wrt: wrt)
    let engine = Engine()
    let (forward, reverse) = (try engine.compile(jvp), try engine.compile(vjp))
    let bound = max(tolerance * 10, 1e-11)
    let results = graph.outputs.filter { graph.type(of: $0.value).dtype.isFloat }
    try forSomeSizes(limit: 7) { sizes, x, random in
      func draw(_ value: Value) throws -> Tensor {
        try Tensor.random(graph.type(of: value), sizes, &random)
      }
      let v = try wrt.compactMap { name in try graph.value(named: name).map(draw) }
      let w = try results.map { try draw($0.value) }
      let jv = try run(forward, jvp, x + v, sizes, tolerance: bound).suffix(w.count)
      let jw = try run(reverse, vjp, x + w, sizes, tolerance: bound).suffix(v.count)
      let (left, right) = (total(zip(w, jv)), total(zip(v, jw)))
      let error = abs(left.value - right.value) / max(1, left.magnitude, right.magnitude)
      if !(error <= bound) {
        fail("wrt \(wrt): ⟨w, J v⟩ = \(left.value), ⟨Jᵀw, v⟩ = \(right.value), error \(error)")
      }
    }
  }

  private func total(
    _ pairs: some Sequence<(Tensor, Tensor)>
  ) -> (value: Double, magnitude: Double) {
    pairs.reduce((0, 0)) {
      let part = $1.0.inner($1.1)
      return ($0.0 + part.value, $0.1 + part.magnitude)
    }
  }

  // MARK: - Second derivatives

  func secondOrder() throws {
    guard subject.isDifferentiable else { return }
    let vjp = try graph.derivative(.vjp, wrt: subject.variables)
    let gradients = subject.variables.map { "grad.\($0)" }
    let variables = subject.variables + vjp.inputs.dropFirst(graph.inputs.count).map(\.name)
    let second = try vjp.derivative(.jvp, wrt: variables, of: gradients)
    let kernel = try Engine().compile(second)
    try forSomeSizes(limit: 6) { sizes, arguments, random in
      for attempt in 0..<4 {
        let x =
          attempt == 0
          ? arguments : try subject.arguments(sizes, seed: 99 * attempt + sizes.count)
        let inputs =
          try x
          + vjp.inputs.dropFirst(x.count).map {
            try Tensor.random(vjp.type(of: $0.value), sizes, &random)
          }
        let tangents = try variables.compactMap { name in
          try vjp.value(named: name).map {
            try Tensor.random(vjp.type(of: $0), sizes, &random)
          }
        }
        let results = try run(
          kernel, second, inputs + tangents, sizes, tolerance: max(tolerance * 100, 1e-10))
        guard subject.isDouble, failures.isEmpty else { return }
        guard let wanted = try derivative(vjp, inputs, along: tangents, of: variables, sizes)
        else { continue }
        if let text = difference(
          Array(results.suffix(gradients.count)), from: Array(wanted.suffix(gradients.count)),
          names: gradients.map { "jvp.\($0)" }, tolerance: 1e-7)
        {
          fail("jvp of vjp against differences: \(text)")
        }
        return
      }
      fail("no smooth point found")
    }
  }
}
