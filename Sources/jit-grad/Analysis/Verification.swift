// Checks a function by its laws and, where one fails, finds the first operation that breaks it:
// each operation alone first, then the function up to each operation.
import Autodiff
import Frontend
import Graph
import JIT

/// A check with what came of it.
struct VerifiedLaw {
  var name: String
  var result: LawResult
}

/// The operation to blame.
struct Culprit: Sendable {
  /// As it is known to readers: name and operation.
  var name: String
  var origin: Origin
  var law: String
  var details: String
}

struct Verification {
  let laws: Laws

  /// All laws; those of derivatives only where there are derivatives.
  func run() throws -> [VerifiedLaw] {
    var results = [VerifiedLaw(name: "JIT against reference", result: try laws.compiled())]
    let derivatives: [(String, () throws -> LawResult)] = [
      ("JIT against reference, jvp and vjp", laws.derivativesCompiled),
      ("jvp against central differences", laws.differences),
      ("⟨w, Jv⟩ = ⟨Jᵀw, v⟩", laws.adjoint),
    ]
    for (name, law) in derivatives {
      do {
        var result = try law()
        if case .open = result, laws.graph.derivativesOfTheirOwn != nil,
          let culprit = try firstWrongAlone(laws.graph, laws.inputs, isPrimal: true)
        {
          // What the law does not tell of the whole, it tells of the parts.
          result = .fails("\(culprit.name), \(culprit.law): \(culprit.details)")
        }
        results.append(VerifiedLaw(name: name, result: result))
      } catch let error as DerivativeRequestError {
        results.append(VerifiedLaw(name: name, result: .open("\(error)")))
      } catch let error as DerivativeError {
        results.append(VerifiedLaw(name: name, result: .open("\(error)")))
      }
    }
    return results
  }

  /// The first operation that is wrong; `nil` where each one is right and only together they fail.
  func culprit() throws -> Culprit? {
    if let found = try firstWrongAlone(laws.graph, laws.inputs, isPrimal: true) { return found }
    if let found = try firstWrongTogether(laws.graph, laws.inputs) { return found }
    guard let vjp = try? laws.graph.derivative(.vjp) else { return nil }
    let seeds = vjp.inputs.dropFirst(laws.inputs.count)
    let shapes = try seeds.map { try laws.shape(of: vjp.type(of: $0.value)) }
    let cotangents = zip(seeds, shapes).map { seed, shape in
      Tensor(repeating: Scalar(0.75, vjp.type(of: seed.value).dtype), shape: shape)
    }
    let inputs = laws.inputs + cotangents
    return try firstWrongAlone(vjp, inputs, isPrimal: false) ?? firstWrongTogether(vjp, inputs)
  }

  /// Each operation as a function of its own, on the values it has here.
  private func firstWrongAlone(
    _ graph: Graph, _ inputs: [Tensor], isPrimal: Bool
  ) throws -> Culprit? {
    let values = try laws.values(of: graph, inputs)
    for (index, node) in graph.nodes.enumerated() where values[results: node, in: graph] != nil {
      guard let operands = values[operands: node, in: graph] else { continue }
      let alone = Laws(
        graph: try graph.isolated(index), inputs: operands, sizes: laws.sizes,
        engine: laws.engine, seed: laws.seed, stepLimit: laws.stepLimit)
      var checks: [(String, () throws -> LawResult)] = [("JIT against reference", alone.compiled)]
      let isDifferentiable =
        operands.contains { $0.dtype.isFloat }
        && graph.resultTypes(of: node).contains { $0.dtype.isFloat }
      if isPrimal && isDifferentiable {
        checks += [
          ("JIT against reference, jvp and vjp", alone.derivativesCompiled),
          ("jvp against central differences", alone.differences),
          ("⟨w, Jv⟩ = ⟨Jᵀw, v⟩", alone.adjoint),
        ]
      }
      for (law, check) in checks {
        do {
          if case .fails(let details) = try check() {
            return culprit(graph, index, law, details)
          }
        } catch is DerivativeError {
          continue
        }
      }
    }
    return nil
  }

  /// The graph up to each operation, in order.
  private func firstWrongTogether(_ graph: Graph, _ inputs: [Tensor]) throws -> Culprit? {
    let live = graph.liveNodes()
    for (index, node) in graph.nodes.enumerated() where live[index] {
      let outputs = graph.results(of: node).enumerated().map {
        GraphOutput(name: "y\($0)", value: $1)
      }
      let prefix = Evaluation(
        graph: graph.with(outputs: outputs), sizes: laws.sizes, engine: laws.engine,
        stepLimit: laws.stepLimit)
      if case .fails(let details) = try Laws.compiled(prefix, inputs) {
        return culprit(
          graph, index, "JIT against reference, together with what stands before it", details)
      }
    }
    return nil
  }

  private func culprit(_ graph: Graph, _ index: Int, _ law: String, _ details: String) -> Culprit {
    let node = graph.nodes[index]
    let name = graph.results(of: node).compactMap { graph.names[$0] }.first
    return Culprit(
      name: (name.map { "\($0): " } ?? "") + node.operation.name, origin: node.origin, law: law,
      details: details)
  }
}

/// The values of a graph at a point, by the reference.
struct NodeValues {
  fileprivate var values: [Tensor?]

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

  fileprivate func shape(of type: TensorType) throws -> [Int] {
    try type.shape.map { extent in try extent.evaluate { sizes[$0] } }
  }
}
