// Batching (vmap) as a transform: repeats a part of a graph for an extra axis in front of some of
// its values, by the batching rule of each operation. What does not depend on those values is left
// as it is and shared.

/// Values of a graph with an extra axis in front.
package struct Batched {
  private var batched: [Term?]

  /// Adds to `builder` the batched forms of everything that `targets` depend on and that depends on
  /// a value in `seeds`, whose terms have the extra axis of `extent`.
  package init(
    _ builder: GraphBuilder, of targets: [Value], seeds: [Value: Term], extent: DimExpr
  ) throws {
    let graph = builder.graph
    batched = [Term?](repeating: nil, count: graph.types.count)
    for (value, seed) in seeds { batched[Int(value.index)] = seed }
    let needed = graph.nodesNeeded(for: targets)
    for (index, node) in graph.nodes.enumerated() where needed[index] {
      let operands = graph.operands(of: node)
      let flags = operands.map { batched[Int($0.index)] != nil }
      guard flags.contains(true) else { continue }
      builder.origin = node.origin
      let rule = BatchRule(
        builder: builder,
        operands: operands.map { batched[Int($0.index)] ?? builder.term($0) }, batched: flags,
        extent: extent)
      for (result, term) in zip(graph.results(of: node), try node.operation.batch(rule)) {
        batched[Int(result.index)] = term
      }
    }
  }

  /// The batched form, or `nil` where the value does not depend on the extra axis.
  package subscript(value: Value) -> Term? { batched[Int(value.index)] }
}
