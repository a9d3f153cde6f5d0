// Finds the first operation that breaks a law: each operation alone first, on the values it has here,
// then the function up to each operation. An operation with regions is opened: what stands in a loop
// or a conditional is checked on the values of its last runs, so that not the loop is named but what is
// wrong in it.
import Autodiff
import Graph

/// The operation to blame.
struct Culprit: Sendable {
  /// As it is known to readers: name and operation.
  var name: String
  var origin: Origin
  var law: String
  var details: String
}

struct CulpritSearch {
  let laws: Laws

  /// So many runs of the regions of an operation are looked at, the last ones: the first steps of a
  /// loop often begin with zeros, which tell less.
  private static let runLimit = 32

  /// `nil` where each operation is right and only together they fail.
  func first() throws -> Culprit? {
    if let found = try firstWrongAlone(laws.graph, laws.inputs, isPrimal: true) { return found }
    if let found = try firstWrongTogether(laws.graph, laws.inputs) { return found }
    guard let vjp = try? laws.graph.derivative(.vjp) else { return nil }
    let inputs = laws.inputs + (try laws.covector())
    return try firstWrongAlone(vjp, inputs, isPrimal: false) ?? firstWrongTogether(vjp, inputs)
  }

  /// Each operation as a function of its own, on the values it has here.
  /// - Parameter isPrimal: its derivatives count, too.
  func firstWrongAlone(_ graph: Graph, _ inputs: [Tensor], isPrimal: Bool) throws -> Culprit? {
    let values = try laws.values(of: graph, inputs)
    for (index, node) in graph.nodes.enumerated() where values[results: node, in: graph] != nil {
      guard let operands = values[operands: node, in: graph],
        let found = try wrong(index, in: graph, operands, isPrimal: isPrimal)
      else { continue }
      return found
    }
    return nil
  }

  /// What is wrong in an operation, or the operation itself.
  private func wrong(
    _ index: Int, in graph: Graph, _ operands: [Tensor], isPrimal: Bool
  ) throws -> Culprit? {
    let node = graph.nodes[index]
    let alone = laws.of(try graph.isolated(index), operands)
    let types = graph.operandTypes(of: node) + graph.resultTypes(of: node)
    if types.contains(where: \.isUnbounded) || alone.graph.derivativesOfTheirOwn != nil
      || node.operation is Root
    {
      // No law tells all of the whole.
      if let found = try inside(node.operation, alone, isPrimal: isPrimal) { return found }
    }
    // Only loops read rows of which the run tells the number.
    if types.contains(where: \.isUnbounded) { return nil }
    let isDifferentiable =
      operands.contains { $0.dtype.isFloat }
      && graph.resultTypes(of: node).contains { $0.dtype.isFloat }
    for law in isPrimal && isDifferentiable ? Law.allCases : [.compiled] {
      // A solution does not vary with what its equation reads, as far as its value tells.
      if law == .differences && node.operation is Root { continue }
      do {
        guard case .fails(let details) = try alone.result(of: law) else { continue }
        return try inside(node.operation, alone, isPrimal: isPrimal)
          ?? culprit(graph, index, law, details)
      } catch is DerivativeError {
        continue
      }
    }
    return nil
  }

  /// The first operation that is wrong in the regions of an operation, which stands alone.
  private func inside(
    _ operation: any Operation, _ alone: Laws, isPrimal: Bool
  ) throws -> Culprit? {
    if operation.regions.isEmpty { return nil }
    var runs: [(graph: Graph, inputs: [Tensor])] = []
    if let root = operation as? Root {
      // It is not run: the value solves it already. An operand that is read twice is one input.
      let values = alone.graph.inputs.map(\.value)
      let operands = alone.graph.operands(of: alone.graph.nodes.count - 1)
      runs = [
        (
          root.residual.graph,
          operands.compactMap { values.firstIndex(of: $0).map { alone.inputs[$0] } }
        )
      ]
    } else {
      _ = try ReferenceEvaluator.run(
        alone.graph, inputs: alone.inputs, sizes: laws.sizes, stepLimit: laws.stepLimit,
        enter: { graph, inputs in
          if runs.count == Self.runLimit { runs.removeFirst() }
          runs.append((graph, inputs))
        })
    }
    // What a function with rules is computed by, and a condition, need not have a derivative.
    let hasRules = operation is CustomFunction
    for (graph, inputs) in runs.reversed() {
      let isPrimal = isPrimal && !hasRules && graph.outputTypes.contains { $0.dtype.isFloat }
      if let found = try firstWrongAlone(graph, inputs, isPrimal: isPrimal) { return found }
    }
    guard hasRules, isPrimal, let jvp = try? alone.graph.derivative(.jvp),
      let vjp = try? alone.graph.derivative(.vjp)
    else { return nil }
    return try firstWrongAlone(jvp, alone.inputs + alone.direction, isPrimal: false)
      ?? firstWrongAlone(vjp, alone.inputs + alone.covector(), isPrimal: false)
  }

  /// The graph up to each operation, in order.
  private func firstWrongTogether(_ graph: Graph, _ inputs: [Tensor]) throws -> Culprit? {
    let live = graph.liveNodes()
    for (index, node) in graph.nodes.enumerated() where live[index] {
      // A stack of unknown height cannot leave the function.
      let results = graph.results(of: node).filter { !graph.type(of: $0).isUnbounded }
      let outputs = results.enumerated().map { GraphOutput(name: "y\($0)", value: $1) }
      let prefix = laws.of(graph.with(outputs: outputs), inputs)
      if case .fails(let details) = try prefix.result(of: .compiled) {
        return Culprit(
          name: graph.name(of: index), origin: graph.nodes[index].origin,
          law: "\(Law.compiled.rawValue), together with what stands before it", details: details)
      }
    }
    return nil
  }

  private func culprit(_ graph: Graph, _ index: Int, _ law: Law, _ details: String) -> Culprit {
    let node = graph.nodes[index]
    if let function = node.operation as? CustomFunction, law != .compiled {
      // The other way is the transpose of the one that is there.
      let isOfJVP = function.vjp == nil || function.jvp != nil && law != .adjoint
      let declared = isOfJVP ? function.jvpOrigin : function.vjpOrigin
      return Culprit(
        name: "the \(isOfJVP ? "jvp" : "vjp") of \(function.name)",
        origin: declared.line > 0 ? declared : node.origin, law: law.rawValue, details: details)
    }
    return Culprit(
      name: graph.name(of: index), origin: node.origin, law: law.rawValue, details: details)
  }
}

extension Graph {
  /// `y: sin`
  fileprivate func name(of node: Int) -> String {
    let name = results(of: nodes[node]).compactMap { names[$0] }.first
    return (name.map { "\($0): " } ?? "") + nodes[node].operation.name
  }

  fileprivate var outputTypes: [TensorType] { outputs.map { type(of: $0.value) } }
}

/// The values of a graph at a point, by the reference.
private struct NodeValues {
  var values: [Tensor?]

  subscript(operands node: Node, in graph: Graph) -> [Tensor]? {
    var seen: Set<Value> = []
    let distinct = graph.operands(of: node).filter { seen.insert($0).inserted }
    let found = distinct.compactMap { values[Int($0.index)] }
    return found.count == distinct.count ? found : nil
  }

  subscript(results node: Node, in graph: Graph) -> [Tensor]? {
    let found = graph.results(of: node).compactMap { values[Int($0.index)] }
    return found.count == node.resultRange.count ? found : nil
  }
}

extension Laws {
  /// All values of a graph.
  fileprivate func values(of graph: Graph, _ inputs: [Tensor]) throws -> NodeValues {
    var values = [Tensor?](repeating: nil, count: graph.types.count)
    for (input, tensor) in zip(graph.inputs, inputs) { values[Int(input.value.index)] = tensor }
    _ = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes, stepLimit: stepLimit) {
      index, results in
      for (value, tensor) in zip(graph.results(of: graph.nodes[index]), results) {
        values[Int(value.index)] = tensor
      }
    }
    return NodeValues(values: values)
  }

  /// The laws of another function at a point of its own.
  fileprivate func of(_ graph: Graph, _ inputs: [Tensor]) -> Laws {
    Laws(
      graph: graph, inputs: inputs, sizes: sizes, engine: engine, seed: seed,
      stepLimit: stepLimit)
  }
}
