// The second of the two transforms: walks the linear part of a graph backward and asks every
// operation for its transpose. Linear is what depends on the tangent inputs; everything else is a
// constant of the linear map.

/// The cotangents of linear inputs.
package struct Cotangents {
  private var cotangents: [Term?]
  /// More of them for stacks of unknown height, which nothing adds up but the loop that made them.
  private var further: [Value: [Term]] = [:]

  /// Adds to `builder` the cotangents of `inputs`, from those of `outputs`, which depend linearly
  /// on them.
  ///
  /// - Throws: `DerivativeError` where an operation is not linear after all, which is a mistake in
  ///   a jvp rule.
  package init(
    _ builder: GraphBuilder, inputs: [Value], outputs: [(tangent: Value, cotangent: Term)]
  ) throws {
    let graph = builder.graph
    cotangents = [Term?](repeating: nil, count: graph.types.count)
    var linear = [Bool](repeating: false, count: graph.types.count)
    for input in inputs { linear[Int(input.index)] = true }
    for node in graph.nodes
    where graph.operands(of: node).contains(where: { linear[Int($0.index)] }) {
      for result in node.resultRange { linear[Int(result)] = true }
    }
    for (tangent, cotangent) in outputs where linear[Int(tangent.index)] {
      add(cotangent, to: tangent)
    }
    for node in graph.nodes.reversed() {
      let results = graph.results(of: node)
      guard linear[Int(results[0].index)] else { continue }
      let received = results.map { cotangents[Int($0.index)] }
      guard received.contains(where: { $0 != nil }) else { continue }
      let operands = graph.operands(of: node)
      builder.origin = node.origin
      let rule = TransposeRule(
        builder: builder, operands: operands.map { Term(builder, $0) },
        linear: operands.map { linear[Int($0.index)] }, cotangents: received,
        further: further.isEmpty
          ? [:]
          : Dictionary(
            uniqueKeysWithValues: results.enumerated().compactMap { k, value in
              further[value].map { (k, $0) }
            }))
      for (operand, cotangent) in zip(operands, try node.operation.transpose(rule)) {
        if let cotangent { add(cotangent, to: operand) }
      }
    }
  }

  package subscript(value: Value) -> Term? { cotangents[Int(value.index)] }

  private mutating func add(_ cotangent: Term, to value: Value) {
    let index = Int(value.index)
    if cotangents[index] != nil, cotangent.type.isUnbounded {
      further[value, default: []].append(cotangent)
      return
    }
    cotangents[index] = cotangents[index].map { $0 + cotangent } ?? cotangent
  }
}
