// One function at one point, evaluated by the compiler and by the reference; vectors of inputs and
// outputs for the laws of derivatives.
import Frontend
import Graph
import JIT

/// A graph that can be run both ways.
struct Evaluation {
  let graph: Graph
  let sizes: [String: Int]
  let engine: Engine
  var stepLimit = Int.max

  func compiled(_ inputs: [Tensor]) throws -> [Tensor] {
    try engine.compile(graph)(inputs, sizes: sizes, stepLimit: stepLimit)
  }

  func reference(_ inputs: [Tensor]) throws -> [Tensor] {
    try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes, stepLimit: stepLimit)
  }
}

extension Graph {
  /// The same graph with other outputs, and only what they need.
  func with(outputs: [GraphOutput]) -> Graph {
    let builder = GraphBuilder(self)
    builder.setOutputs(outputs)
    return builder.graph.pruned()
  }

  /// Why values tell nothing about derivatives: these are other ones by definition.
  var derivativesOfTheirOwn: String? {
    uncheckedRule
      ?? (contains { $0.scalarFunction == .stopGradient } ? "stop_gradient" : nil)
  }

  /// A rule for a derivative that nobody compared with the function.
  var uncheckedRule: String? {
    var name: String?
    let isThere = contains { operation in
      let rule =
        (operation as? CustomFunction) ?? (operation as? CustomTangent)?.function
      guard let rule, !rule.isChecked else { return false }
      name = rule.name
      return true
    }
    return isThere ? "the unchecked rule of \(name ?? "a function")" : nil
  }

  /// Whether there is such an operation, in regions too.
  private func contains(_ isWanted: (any Operation) -> Bool) -> Bool {
    nodes.contains { node in
      isWanted(node.operation) || node.operation.regions.contains { $0.graph.contains(isWanted) }
    }
  }

  /// One node as a function of its operands.
  func isolated(_ index: Int) throws -> Graph {
    let node = nodes[index]
    let builder = GraphBuilder(name: node.operation.name)
    builder.origin = node.origin
    // An operand that is used twice is one input.
    var made: [Value: Value] = [:]
    var operands: [Value] = []
    for (k, operand) in self.operands(of: node).enumerated() {
      let value = made[operand] ?? builder.addInput("x\(k)", type(of: operand)).value
      made[operand] = value
      operands.append(value)
    }
    // As messages call them.
    let isOne = node.resultRange.count == 1
    let names = results(of: node).enumerated().map { k, result in
      self.names[result] ?? (isOne ? "the result" : "result \(k + 1)")
    }
    for (name, result) in zip(names, try builder.apply(node.operation, operands)) {
      builder.addOutput(name, builder.term(result))
    }
    return try builder.finished()
  }
}

/// Several arrays as one vector.
enum Vector {
  static func inner(_ a: [Tensor], _ b: [Tensor]) -> (value: Double, scale: Double) {
    var value = 0.0
    var scale = 0.0
    for (x, y) in zip(a, b) {
      for (p, q) in zip(x.doubles, y.doubles) {
        value += p * q
        scale += abs(p * q)
      }
    }
    return (value, scale)
  }

  /// `x + h·v` for float arrays; `v` has one array for each float in `x`.
  static func step(_ x: [Tensor], _ h: Double, _ v: [Tensor]) -> [Tensor] {
    var directions = v[...]
    return x.map { tensor in
      guard tensor.dtype.isFloat, let direction = directions.popFirst() else { return tensor }
      let moved = zip(tensor.doubles, direction.doubles).map { $0 + h * $1 }
      return Tensor(doubles: moved, dtype: tensor.dtype, shape: tensor.shape)
    }
  }

  /// Random arrays like the given ones.
  static func random(like tensors: [Tensor], seed: UInt64) -> [Tensor] {
    tensors.enumerated().compactMap { k, tensor in
      RandomFill(.normal, seed: seed &* 7_919 &+ UInt64(k))
        .tensor(dtype: tensor.dtype, shape: tensor.shape)
    }
  }
}
