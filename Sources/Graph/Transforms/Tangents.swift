// The first of the two transforms: walks a graph forward and asks every operation that varies for
// its jvp. The tangents are nodes of the same graph, so what they share with the primal is shared.

/// The tangents of values of a graph.
package struct Tangents {
  private let builder: GraphBuilder
  /// One a value; `nil` where the value does not vary.
  private var tangents: [Value?]

  /// Adds to `builder` the tangents of everything that `targets` depend on and that varies with
  /// the values that have a tangent in `seeds`.
  ///
  /// - Throws: `DerivativeError` where a rule has no derivative.
  package init(_ builder: GraphBuilder, of targets: [Value], seeds: [Value: Term]) throws {
    let graph = builder.graph
    self.builder = builder
    tangents = [Value?](repeating: nil, count: graph.types.count)
    for (value, seed) in seeds { tangents[Int(value.index)] = seed.value }
    let needed = graph.nodesNeeded(for: targets)
    for (index, node) in graph.nodes.enumerated() where needed[index] {
      let operands = graph.operands(of: node)
      guard operands.contains(where: { tangents[Int($0.index)] != nil }) else { continue }
      let results = graph.results(of: node)
      builder.origin = node.origin
      let rule = JVPRule(
        builder: builder, operands: Terms(builder, operands),
        results: Terms(builder, Array(results)[...]),
        tangents: OptionalTerms(builder, operands.map { tangents[Int($0.index)] }))
      let made = try node.operation.jvp(rule)
      // A value with a seed of its own varies by both.
      for (result, tangent) in zip(results, made) {
        let seed = self[result]
        tangents[Int(result.index)] = (seed == nil ? tangent : sum([tangent, seed]))?.value
      }
    }
  }

  package subscript(value: Value) -> Term? { tangents[Int(value.index)].map(builder.term) }
}
