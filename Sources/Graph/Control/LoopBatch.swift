// The batched loop. Where all elements of the batch make the same steps, the batch is inside: one
// loop whose values have an axis more. Where the number of steps depends on the element, it is
// outside: a loop over the elements, each with its own number of steps.

extension Loop {
  package func batch(_ rule: BatchRule) throws -> [Term] {
    var isBatched = carriedOperands.map { rule.batched[$0] }
    var step = try BatchedStep(self, rule, isBatched)
    while true {
      let more = isBatched.indices.map { k in isBatched[k] || step.outputs[k] != nil }
      if more == isBatched { break }
      isBatched = more
      step = try BatchedStep(self, rule, isBatched)
    }
    let condition = try step.condition(of: self)
    if (hasCount && rule.batched[0]) || (self.condition != nil && condition == nil) {
      return try eachForItself(rule)
    }
    let extent = rule.extent
    for (k, value) in step.values.enumerated() {
      let varies = k < carriedCount ? isBatched[k] : step.outputs[k] != nil
      step.builder.addOutput(
        body.graph.outputs[k].name,
        varies
          ? step.outputs[k] ?? value.inserted(extents: [extent], at: 0) : value)
    }
    let loop = Loop(
      body: Region(try step.builder.finished().pruned()), condition: condition, bound: bound,
      hasCount: hasCount, carriedCount: carriedCount, scannedCount: scannedCount,
      isReversed: isReversed, keep: keep)
    var operands = rule.operands
    for (place, k) in carriedOperands.enumerated() where isBatched[place] {
      operands[k] = rule.withAxis(k)
    }
    for k in scannedOperands where rule.batched[k] {
      operands[k] = rule.batchBehindRows(operands[k])
    }
    let results = try rule.builder.apply(loop, operands)
    return results.enumerated().map { k, term in
      if k < carriedCount {
        return isBatched[k] ? term : term.inserted(extents: [extent], at: 0)
      }
      if k == stepsResult { return term.inserted(extents: [extent], at: 0) }
      if step.outputs[k] == nil { return rule.withBatch(term) }
      return term.type.isUnbounded ? term : term.moved(axis: 1, to: 0)
    }
  }

  /// Elements that make different numbers of steps.
  private func eachForItself(_ rule: BatchRule) throws -> [Term] {
    let isUnbounded = stackExtent == .unknown && (stackCount > 0 || scannedCount > 0)
    if isUnbounded { throw RowsOfElements() }
    return try overElements(of: rule)
  }
}

extension BatchRule {
  /// Rows come first: the batch of what is scanned is axis 1. Stacks of unknown height are kept so
  /// from the start, because nothing moves them.
  fileprivate func batchBehindRows(_ term: Term) -> Term {
    term.type.isUnbounded ? term : term.moved(axis: 0, to: 1)
  }

  /// A stack that does not depend on the batch, with the axis where it belongs.
  fileprivate func withBatch(_ term: Term) -> Term {
    term.type.isUnbounded ? term : term.inserted(extents: [extent], at: 0)
  }
}

/// The body of a loop with an axis more.
private struct BatchedStep {
  let builder: GraphBuilder
  let values: [Term]
  /// What the body gives, batched; `nil` where it does not depend on the batch.
  let outputs: [Term?]
  private let rule: BatchRule
  private let isBatched: [Bool]

  init(_ loop: Loop, _ rule: BatchRule, _ isBatched: [Bool]) throws {
    self.rule = rule
    self.isBatched = isBatched
    let graph = loop.body.graph
    builder = GraphBuilder(name: graph.name)
    let operands =
      isBatched + loop.scannedOperands.map { rule.batched[$0] }
      + loop.capturedOperands.map { rule.batched[$0] }
    (values, outputs) = try Self.batched(
      graph, [false] + operands, rule.extent, in: builder)
  }

  /// The condition, if it does not depend on the batch, with the inputs of the batched body.
  func condition(of loop: Loop) throws -> Region? {
    guard let graph = loop.condition?.graph else { return nil }
    let builder = GraphBuilder(name: graph.name)
    let flags = [false] + isBatched + loop.capturedOperands.map { rule.batched[$0] }
    let (values, outputs) = try Self.batched(graph, flags, rule.extent, in: builder)
    if outputs[0] != nil { return nil }
    builder.addResult("goes_on", values[0])
    return Region(try builder.finished().pruned())
  }

  /// A graph of which some inputs have an axis more: its values, and what depends on the axis.
  private static func batched(
    _ graph: Graph, _ flags: [Bool], _ extent: DimExpr, in builder: GraphBuilder
  ) throws -> (values: [Term], batched: [Term?]) {
    var seeds: [Value: Term] = [:]
    let inputs = zip(graph.inputs, flags).map { input, isBatched -> Term in
      let type = graph.type(of: input.value)
      if !isBatched { return builder.addInput(input.name, type) }
      let hidden = builder.addHidden(type)
      seeds[hidden.value] = builder.addInput(input.name, type.stacked(extent))
      return hidden
    }
    let values = try builder.inline(graph, inputs)
    let batched = try Batched(
      builder, of: values.map(\.value), seeds: seeds, extent: extent)
    return (values, values.map { batched[$0.value] })
  }
}

/// Each element of a batch makes its own number of steps and keeps a row of each: the loop that makes
/// the rows and those that read them are batched together.
struct RowsOfElements: Error {}
