// Evaluates a graph node by node with the operations' own reference evaluations. Slow, simple, and
// independent of lowering and of the C: the other side of every comparison.

/// Runs graphs without compiling them.
package enum ReferenceEvaluator {
  /// The outputs of `graph`, in order.
  ///
  /// - Parameters:
  ///   - inputs: one tensor an input, in order, of the declared dtype and shape.
  ///   - sizes: every size the graph mentions.
  ///   - stepLimit: so many steps each run of a loop may make whose steps nothing else limits.
  ///   - memory: what counts the rows of such loops.
  ///   - visit: called after each node with its results.
  ///   - enter: called before each run of a region of the graph's own nodes, with its inputs.
  /// - Throws: `DimError`, `ExecutionError`.
  package static func run(
    _ graph: Graph, inputs: [Tensor], sizes: [String: Int], stepLimit: Int? = nil,
    memory: ReferenceMemory? = nil,
    visit: (_ node: Int, _ results: [Tensor]) throws -> Void = { _, _ in },
    enter: ReferenceCall.Enter? = nil
  ) throws -> [Tensor] {
    try run(
      graph, inputs, stepLimit: stepLimit, memory: memory, enter: enter,
      // What is unknown before the run is known to the loops that make it.
      size: { try $0.evaluate { $0 == DimExpr.unknownName ? 0 : sizes[$0] } }, visit: visit)
  }

  /// The outputs of a region of an operation that is being evaluated.
  static func run(
    _ graph: Graph, _ inputs: [Tensor], _ call: ReferenceCall
  ) throws -> [Tensor] {
    call.enter?(graph, inputs)
    // Rows cannot leave the region that they are made in.
    let held = call.memory?.held
    defer { if let held { call.memory?.held = held } }
    return try run(
      graph, inputs, stepLimit: call.stepLimit, memory: call.memory, enter: nil, size: call.size
    ) { _, _ in }
  }

  private static func run(
    _ graph: Graph, _ inputs: [Tensor], stepLimit: Int?, memory: ReferenceMemory?,
    enter: ReferenceCall.Enter?, size: @escaping (DimExpr) throws -> Int,
    visit: (_ node: Int, _ results: [Tensor]) throws -> Void
  ) throws -> [Tensor] {
    var values = [Tensor?](repeating: nil, count: graph.types.count)
    for (input, tensor) in zip(graph.inputs, inputs) { values[Int(input.value.index)] = tensor }
    let live = graph.liveNodes()
    for (index, node) in graph.nodes.enumerated() where live[index] {
      let operands = graph.operands(of: node).compactMap { values[Int($0.index)] }
      let types = graph.resultTypes(of: node)
      let results = try node.operation.evaluate(
        ReferenceCall(
          operands: operands, results: try types.map { ($0.dtype, try $0.shape.map(size)) },
          stepLimit: stepLimit, memory: memory, enter: enter,
          place: node.hasRegions || node.operation.failure != nil ? graph.loopPlace(node) : .init(),
          size: size))
      for (value, tensor) in zip(graph.results(of: node), results) {
        values[Int(value.index)] = tensor
      }
      try visit(index, results)
    }
    return graph.outputs.compactMap { values[Int($0.value.index)] }
  }
}

/// The memory of a call that is evaluated by reference.
package final class ReferenceMemory {
  let limit: Int
  fileprivate(set) var held: Int

  /// - Parameter held: what the call needs whatever its loops do, in bytes.
  package init(limit: Int, held: Int) {
    self.limit = limit
    self.held = held
  }

  /// Counts a row that a loop keeps.
  /// - Throws: `ExecutionError.memoryLimit`.
  func grow(by byteCount: Int, _ loop: ExecutionError.LoopPlace) throws {
    held += byteCount
    if held > limit {
      throw ExecutionError.memoryLimit(needed: held, limit: limit, loop: loop)
    }
  }
}

extension Graph {
  fileprivate func loopPlace(_ node: Node) -> ExecutionError.LoopPlace {
    .init(
      operation: node.operation.name, name: results(of: node).lazy.compactMap { names[$0] }.first,
      origin: node.origin)
  }
}
