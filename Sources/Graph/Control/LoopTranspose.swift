// The transpose of a loop: the same steps backward. A loop that is linear in some operands is split
// into what does not depend on them, which runs forward once more and keeps what the way back reads
// (Residuals decides what that is), and the transposed linear part, which carries cotangents from the
// last step to the first and adds up those of captured operands.

extension Loop {
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let step = try TransposedStep(self, rule)
    // What carries nothing has no state to keep, and rows of unknown number can only be scanned.
    let hasStates = !step.fixedCarried.isEmpty && (bound != nil || step.fixedScanned.isEmpty)
    if hasStates, let slots = keep.slots(bound: bound) {
      return try transposeFromStates(rule, step, slots)
    }
    if hasStates, case .every(let stride) = keep, step.receivedStacks.isEmpty, !isReversed {
      return try transposeInStretches(rule, step, stride)
    }
    let residuals = Residuals(
      step.builder.graph, free: step.free, varying: step.varying, received: step.received,
      targets: step.targets)
    let kept = residuals.values

    // Forward, with the residuals stacked.
    let graph = step.builder.graph
    let names = kept.enumerated().map { k, value in graph.names[value] ?? "kept\(k)" }
    let forwardBody = graph.part(
      body.graph.name, from: step.fixedInputs,
      to: step.fixedOutputs + zip(names, kept).map { ($0, $1) })
    let forward = Loop(
      body: Region(forwardBody), condition: try condition.map { try step.reduced($0) },
      bound: bound, hasCount: hasCount, carriedCount: step.fixedCarried.count,
      scannedCount: step.fixedScanned.count, isReversed: isReversed)
    let operands = rule.operands
    let count = hasCount ? [operands[0]] : []
    let fixedRows = step.fixedScanned.map { operands[scannedOperands.lowerBound + $0] }
    let fixedCaptured = step.fixedCaptured.map { operands[capturedOperands.lowerBound + $0] }
    let made = try rule.builder.apply(
      forward,
      count + step.fixedCarried.map { operands[carriedOperands.lowerBound + $0] } + fixedRows
        + fixedCaptured)
    let stacks = Array(made[forward.stackResults].suffix(kept.count))

    // Backward.
    var inputs: [(name: String, value: Value)] = [("index", step.index)]
    inputs += step.cotangents.map { ("ct", $0.value) } + step.sums.map { ("sum", $0.value) }
    inputs += zip(names, kept).map { ($0, $1) }
    inputs += step.fixedRowInputs + step.receivedRows.map { ("ct", $0.value) }
    inputs += step.fixedCapturedInputs
    let backwardBody = graph.part(
      body.graph.name, from: inputs.renamed(),
      to: (step.carriedOutputs + step.sumOutputs + step.rowOutputs).map { ("ct", $0.value) }
        .renamed())
    let backward = Loop(
      body: Region(backwardBody), bound: bound, hasCount: !countIsKnown,
      carriedCount: step.cotangents.count + step.sums.count,
      scannedCount: kept.count + fixedRows.count + step.receivedRows.count,
      isReversed: !isReversed)
    let results = try rule.builder.apply(
      backward,
      (countIsKnown ? [] : [made[forward.stepsResult]]) + step.start(rule) + stacks + fixedRows
        + step.receivedStacks.map(\.cotangent) + fixedCaptured)

    return step.cotangents(from: results, rule)
  }
}

extension Loop {
  /// The transpose of a loop of which only states are kept.
  private func transposeFromStates(
    _ rule: TransposeRule, _ step: TransposedStep, _ slots: DimExpr
  ) throws -> [Term?] {
    let operands = rule.operands
    let initial = step.fixedCarried.map { operands[carriedOperands.lowerBound + $0] }
    let scanned = step.fixedScanned.map { operands[scannedOperands.lowerBound + $0] }
    let captured = step.fixedCaptured.map { operands[capturedOperands.lowerBound + $0] }
    let sweep = FirstSweep(
      name: body.graph.name, bound: bound, count: hasCount ? operands[0] : nil,
      isReversed: isReversed, keep: keep, slots: slots, step: step.forward,
      condition: try condition.map { try step.reduced($0).graph }, initial: initial,
      scanned: scanned, captured: captured)
    let loop = CheckpointedLoop(
      sweep: sweep, backward: step.backward, cotangents: step.start(rule),
      received: step.receivedStacks.map(\.cotangent), countIsKnown: countIsKnown)
    return step.cotangents(from: try loop.results(in: rule.builder), rule)
  }

  /// The transpose of a loop of unknown length of which one state in `stride` is kept.
  private func transposeInStretches(
    _ rule: TransposeRule, _ step: TransposedStep, _ stride: DimExpr
  ) throws -> [Term?] {
    let operands = rule.operands
    let loop = LoopOfStretches(
      name: body.graph.name, stride: stride, count: hasCount ? operands[0] : nil,
      step: step.forward, condition: try condition.map { try step.reduced($0).graph },
      backward: step.backward,
      initial: step.fixedCarried.map { operands[carriedOperands.lowerBound + $0] },
      captured: step.fixedCaptured.map { operands[capturedOperands.lowerBound + $0] },
      cotangents: step.start(rule))
    return step.cotangents(from: try loop.results(in: rule.builder), rule)
  }
}

extension [(name: String, value: Value)] {
  /// The same with names that differ.
  fileprivate func renamed() -> Self {
    let names = UniqueNames(map(\.name))
    return enumerated().map { (names[$0], $1.value) }
  }
}

/// The body of a loop with its transpose, before it is split into two loops.
private struct TransposedStep {
  let builder: GraphBuilder
  let index: Value
  /// Places among the carried, scanned and captured operands, linear and not.
  let linearCarried: [Int]
  let fixedCarried: [Int]
  let linearScanned: [Int]
  let fixedScanned: [Int]
  let linearCaptured: [Int]
  let fixedCaptured: [Int]
  /// The results that are stacks, with their cotangents.
  let receivedStacks: [(result: Int, cotangent: Term)]

  /// Inputs: cotangents of carried values, sums of those of captured ones, rows of those of stacks.
  let cotangents: [Term]
  let sums: [Term]
  let receivedRows: [Term]

  /// Outputs: the same one step earlier, and rows of cotangents of what is scanned.
  let carriedOutputs: [Term]
  let sumOutputs: [Term]
  let rowOutputs: [Term]

  private let loop: Loop
  private let inputs: [Term]
  private let outputs: [Term]

  init(_ loop: Loop, _ rule: TransposeRule) throws {
    self.loop = loop
    let body = loop.body
    let isLinear = loop.linearCarried(rule.linear)
    linearCarried = isLinear.indices.filter { isLinear[$0] }
    fixedCarried = isLinear.indices.filter { !isLinear[$0] }
    let scanned = rule.linear[loop.scannedOperands]
    linearScanned = scanned.indices.filter { scanned[$0] }.map { $0 - scanned.startIndex }
    fixedScanned = scanned.indices.filter { !scanned[$0] }.map { $0 - scanned.startIndex }
    let captured = rule.linear[loop.capturedOperands]
    linearCaptured = captured.indices.filter { captured[$0] }.map { $0 - captured.startIndex }
    fixedCaptured = captured.indices.filter { !captured[$0] }.map { $0 - captured.startIndex }
    receivedStacks = loop.stackResults.flatMap { k in
      ((rule.cotangents[k].map { [$0] } ?? []) + (rule.further[k] ?? [])).map { (k, $0) }
    }

    let builder = GraphBuilder(name: body.graph.name)
    self.builder = builder
    inputs = body.graph.inputs.map { input in
      let term = builder.addHidden(body.graph.type(of: input.value))
      builder.name(term, input.name)
      return term
    }
    index = inputs[0].value
    outputs = try builder.inline(body.graph, inputs)

    let outputs = self.outputs
    cotangents = linearCarried.map { builder.addHidden(outputs[$0].type) }
    receivedRows = receivedStacks.map { builder.addHidden(outputs[$0.result].type) }
    let inputs = self.inputs
    sums = linearCaptured.map {
      builder.addHidden(inputs[loop.capturedInputs.lowerBound + $0].type)
    }
    let linearInputs =
      linearCarried.map { inputs[loop.carriedInputs.lowerBound + $0] }
      + linearScanned.map { inputs[loop.rowInputs.lowerBound + $0] }
      + linearCaptured.map { inputs[loop.capturedInputs.lowerBound + $0] }
    let received =
      zip(linearCarried, cotangents).map { (outputs[$0].value, $1) }
      + zip(receivedStacks, receivedRows).map { (outputs[$0.result].value, $1) }
    let made = try Cotangents(builder, inputs: linearInputs.map(\.value), outputs: received)
    func cotangent(_ input: Term) -> Term { made[input.value] ?? input.zeros }
    carriedOutputs = linearCarried.map { cotangent(inputs[loop.carriedInputs.lowerBound + $0]) }
    rowOutputs = linearScanned.map { cotangent(inputs[loop.rowInputs.lowerBound + $0]) }
    sumOutputs = zip(linearCaptured, sums).map { k, sum in
      made[inputs[loop.capturedInputs.lowerBound + k].value].map { sum + $0 } ?? sum
    }
    if let failure = builder.takeFailure() { throw failure }
    try builder.graph.checkTransposed(targets, of: loop.name, in: linearInputs.map(\.value))
  }

  /// The cotangents of the loop's operands, from the results of the loop backward.
  func cotangents(from results: [Term], _ rule: TransposeRule) -> [Term?] {
    var found = [Term?](repeating: nil, count: rule.operands.count)
    for (place, k) in linearCarried.enumerated()
    where rule.linear[loop.carriedOperands.lowerBound + k] {
      found[loop.carriedOperands.lowerBound + k] = results[place]
    }
    for (place, k) in linearCaptured.enumerated() {
      found[loop.capturedOperands.lowerBound + k] = results[cotangents.count + place]
    }
    let rows = cotangents.count + sums.count
    for (place, k) in linearScanned.enumerated() {
      found[loop.scannedOperands.lowerBound + k] = results[rows + place]
    }
    return found
  }

  /// What is carried backward begins so: cotangents, then sums.
  func start(_ rule: TransposeRule) -> [Term] {
    zip(linearCarried, cotangents).map { k, input in
      rule.cotangents[k] ?? rule.builder.zeros(input.type)
    } + sums.map { rule.builder.zeros($0.type) }
  }

  /// A step forward: (index, states…, rows…, captured…) → states…
  var forward: Graph {
    builder.graph.part(loop.body.graph.name, from: fixedInputs, to: fixedOutputs)
  }

  /// A step backward that has the state before the step:
  /// (index, cotangents…, states…, rows…, received rows…, captured…) → cotangents…, rows…
  var backward: Graph {
    var inputs: [(name: String, value: Value)] = [("index", index)]
    inputs += (cotangents + sums).map { ("ct", $0.value) } + fixedCarriedInputs
    inputs += fixedRowInputs + receivedRows.map { ("ct", $0.value) } + fixedCapturedInputs
    return builder.graph.part(
      loop.body.graph.name, from: inputs.renamed(), to: targets.map { ("ct", $0) }.renamed())
  }

  var targets: [Value] { (carriedOutputs + sumOutputs + rowOutputs).map(\.value) }

  /// What the way back has without keeping it.
  var free: [Value] {
    [index] + (fixedRowInputs + fixedCapturedInputs).map(\.value)
  }
  /// What changes with the steps on the way there.
  var varying: [Value] { fixedCarriedInputs.map(\.value) }
  /// What only the way back knows.
  var received: [Value] { (cotangents + sums + receivedRows).map(\.value) }

  private func named(_ places: [Int], _ range: Range<Int>) -> [(name: String, value: Value)] {
    places.map { k in
      (loop.body.graph.inputs[range.lowerBound + k].name, inputs[range.lowerBound + k].value)
    }
  }
  var fixedCarriedInputs: [(name: String, value: Value)] {
    named(fixedCarried, loop.carriedInputs)
  }
  var fixedRowInputs: [(name: String, value: Value)] { named(fixedScanned, loop.rowInputs) }
  var fixedCapturedInputs: [(name: String, value: Value)] {
    named(fixedCaptured, loop.capturedInputs)
  }

  /// The inputs of the forward loop's body.
  var fixedInputs: [(name: String, value: Value)] {
    [(loop.body.graph.inputs[0].name, index)] + fixedCarriedInputs + fixedRowInputs
      + fixedCapturedInputs
  }

  /// What the forward loop carries.
  var fixedOutputs: [(name: String, value: Value)] {
    fixedCarried.map { (loop.body.graph.outputs[$0].name, outputs[$0].value) }
  }

  /// The condition without what is linear.
  func reduced(_ condition: Region) throws -> Region {
    let graph = condition.graph
    let builder = GraphBuilder(name: graph.name)
    let first = 1 + loop.carriedCount
    let kept = Set(
      [0] + fixedCarried.map { 1 + $0 } + fixedCaptured.map { first + $0 })
    let terms = graph.inputs.enumerated().map { k, input in
      let type = graph.type(of: input.value)
      return kept.contains(k) ? builder.addInput(input.name, type) : builder.addHidden(type)
    }
    for term in try builder.inline(graph, terms) { builder.addResult("goes_on", term) }
    let linear = terms.indices.filter { !kept.contains($0) }.map { terms[$0].value }
    try builder.graph.checkTransposed(
      builder.graph.outputs.map(\.value), of: loop.name, in: linear)
    return Region(try builder.finished().pruned())
  }
}

extension Loop {
  /// Which carried values are linear: those that begin so, and those that become so on the way.
  fileprivate func linearCarried(_ linear: [Bool]) -> [Bool] {
    var isLinear = carriedOperands.map { linear[$0] }
    let graph = body.graph
    while true {
      var values = [Bool](repeating: false, count: graph.types.count)
      func mark(_ input: Int) { values[Int(graph.inputs[input].value.index)] = true }
      for (k, flag) in isLinear.enumerated() where flag { mark(carriedInputs.lowerBound + k) }
      for (operand, input) in zip(scannedOperands, rowInputs) where linear[operand] { mark(input) }
      for (operand, input) in zip(capturedOperands, capturedInputs) where linear[operand] {
        mark(input)
      }
      for node in graph.nodes
      where graph.operands(of: node).contains(where: { values[Int($0.index)] }) {
        for result in node.resultRange { values[Int(result)] = true }
      }
      let more = isLinear.indices.map { k in
        isLinear[k] || values[Int(graph.outputs[k].value.index)]
      }
      if more == isLinear { return isLinear }
      isLinear = more
    }
  }
}
