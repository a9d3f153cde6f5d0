// Batching by a loop over the elements of the batch, each of which goes its own way: another branch,
// another number of steps.

extension Operation {
  /// The batched form as a loop over the elements of the batch.
  package func overElements(of rule: BatchRule) throws -> [Term] {
    let builder = GraphBuilder(name: name)
    let inputs = rule.operands.indices.map { k in
      builder.addInput("operand\(k)", rule.elementType(k))
    }
    for (k, value) in try builder.apply(self, inputs.map(\.value)).enumerated() {
      builder.addResult("result\(k)", builder.term(value))
    }
    return try builder.finished().overElements(
      rule.operands, rule.batched, extent: rule.extent, in: rule.builder)
  }
}

extension Graph {
  /// The outputs of the graph for every element of a batch.
  ///
  /// - Parameters:
  ///   - operands: one an input; those that are batched have an axis of `extent` in front.
  func overElements(
    _ operands: [Term], _ isBatched: [Bool], extent: DimExpr, in builder: GraphBuilder
  ) throws -> [Term] {
    let scanned = operands.indices.filter { isBatched[$0] }
    let captured = operands.indices.filter { !isBatched[$0] }
    return try builder.loop(
      name, bound: extent, carry: [], rows: scanned.map { operands[$0] },
      captured: captured.map { operands[$0] }
    ) { step in
      var arguments = operands
      for (k, row) in zip(scanned, step.rows) { arguments[k] = row }
      for (k, value) in zip(captured, step.captured) { arguments[k] = value }
      return ([], try step.builder.inline(self, arguments))
    }.dropLast()
  }
}
