// Evaluates a graph node by node with the operations' own reference evaluations. Slow, simple, and
// independent of lowering and of the C: the other side of every comparison.

/// Runs graphs without compiling them.
package enum ReferenceEvaluator {
  /// The outputs of `graph`, in order.
  ///
  /// - Parameters:
  ///   - inputs: one tensor an input, in order, of the declared dtype and shape.
  ///   - sizes: every size the graph mentions.
  ///   - visit: called after each node with its results.
  /// - Throws: `DimError`.
  package static func run(
    _ graph: Graph, inputs: [Tensor], sizes: [String: Int],
    visit: (_ node: Int, _ results: [Tensor]) throws -> Void = { _, _ in }
  ) throws -> [Tensor] {
    var values = [Tensor?](repeating: nil, count: graph.types.count)
    for (input, tensor) in zip(graph.inputs, inputs) { values[Int(input.value.index)] = tensor }
    let live = graph.liveNodes()
    let size: (DimExpr) throws -> Int = { try $0.evaluate { sizes[$0] } }
    for (index, node) in graph.nodes.enumerated() where live[index] {
      let operands = graph.operands(of: node).compactMap { values[Int($0.index)] }
      let types = graph.resultTypes(of: node)
      let results = try node.operation.evaluate(
        ReferenceCall(
          operands: operands, results: try types.map { ($0.dtype, try $0.shape.map(size)) },
          size: size))
      for (value, tensor) in zip(graph.results(of: node), results) {
        values[Int(value.index)] = tensor
      }
      try visit(index, results)
    }
    return graph.outputs.compactMap { values[Int($0.value.index)] }
  }
}
