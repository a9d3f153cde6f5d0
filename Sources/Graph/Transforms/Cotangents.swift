// The second of the two transforms: walks the linear part of a graph backward and asks every
// operation for its transpose. Linear is what depends on the tangent inputs; everything else is a
// constant of the linear map.

/// The cotangents of linear inputs.
package struct Cotangents {
  private let builder: GraphBuilder
  /// One a value; `nil` where nothing was received.
  private var cotangents: [Value?]
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
    self.builder = builder
    cotangents = [Value?](repeating: nil, count: graph.types.count)
    var linear = [Bool](repeating: false, count: graph.types.count)
    for input in inputs { linear[Int(input.index)] = true }
    for node in graph.nodes.indices {
      let places = graph.nodes[node].operandRange
      if places.contains(where: { linear[Int(graph.operandList[Int($0)].index)] }) {
        for result in graph.nodes[node].resultRange { linear[Int(result)] = true }
      }
    }
    for (tangent, cotangent) in outputs where linear[Int(tangent.index)] {
      add(cotangent, to: tangent)
    }
    for index in graph.nodes.indices.reversed() {
      let results = ValueRange(graph.nodes[index].resultRange)
      guard linear[Int(results[0].index)] else { continue }
      guard results.contains(where: { cotangents[Int($0.index)] != nil }) else { continue }
      let node = graph.nodes[index]
      let received = OptionalTerms(builder, results.map { cotangents[Int($0.index)] })
      let operands = graph.operands(of: node)
      builder.origin = node.origin
      let rule = TransposeRule(
        builder: builder, operands: Terms(builder, operands),
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

  package subscript(value: Value) -> Term? { cotangents[Int(value.index)].map(builder.term) }

  private mutating func add(_ cotangent: Term, to value: Value) {
    guard let known = self[value] else {
      cotangents[Int(value.index)] = cotangent.value
      return
    }
    if cotangent.type.isUnbounded {
      further[value, default: []].append(cotangent)
    } else {
      cotangents[Int(value.index)] = (known + cotangent).value
    }
  }
}

extension Graph {
  /// What a linear map in a region gives backward depends on nothing that the map is linear in. Whether
  /// a region is linear, somebody only says; where it is not, its transpose reads what nobody has.
  /// - Throws: `DerivativeError` where one of `values` depends on one of `inputs`.
  package func checkTransposed(_ values: [Value], of name: String, in inputs: [Value]) throws {
    let linear = Set(inputs)
    let reads = zip(nodes, nodesNeeded(for: values)).contains { node, isNeeded in
      isNeeded && operands(of: node).contains(where: linear.contains)
    }
    if reads || values.contains(where: linear.contains) {
      throw DerivativeError(name, "is not linear")
    }
  }
}
