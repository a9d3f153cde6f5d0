// The tangent of a loop: a loop of the same steps that carries tangents beside the values.

extension Loop {
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    let tangents = Array(rule.tangents)
    // What varies is carried on until nothing new varies.
    var varies = carriedOperands.map { tangents[$0] != nil }
    var step = try TangentStep(self, tangents, varies)
    while true {
      let more = varies.indices.map { k in varies[k] || step.outputs[k] != nil }
      if more == varies { break }
      varies = more
      step = try TangentStep(self, tangents, varies)
    }
    let stacks = stackResults.filter { step.outputs[$0] != nil }
    let carried = varies.indices.filter { varies[$0] }
    if carried.isEmpty && stacks.isEmpty { return rule.results.map { _ in nil } }

    let builder = step.builder
    func addOutput(_ name: String, _ term: Term) { builder.addOutput(name, term) }
    let names = body.graph.outputs.map(\.name)
    for k in 0..<carriedCount { addOutput(names[k], step.values[k]) }
    for k in carried {
      addOutput("tan.\(names[k])", step.outputs[k] ?? builder.zeros(step.values[k].type))
    }
    for k in stackResults { addOutput(names[k], step.values[k]) }
    for k in stacks { if let tangent = step.outputs[k] { addOutput("tan.\(names[k])", tangent) } }
    let body = Region(try builder.finished().pruned())
    let loop = Loop(
      body: body, condition: try condition.map { try step.extended($0) }, bound: bound,
      hasCount: hasCount, carriedCount: carriedCount + carried.count,
      scannedCount: scannedCount + step.scanned.count, isReversed: isReversed, keep: keep)

    let operands = rule.operands
    var given = Array(operands[..<carriedOperands.upperBound])
    given += carried.map { k in
      tangents[carriedOperands.lowerBound + k]
        ?? operands[carriedOperands.lowerBound + k].zeros
    }
    given += operands[scannedOperands]
    given += step.scanned.compactMap { tangents[$0] }
    given += operands[capturedOperands]
    given += step.captured.compactMap { tangents[$0] }
    let results = try rule.builder.apply(loop, given)

    var made = [Term?](repeating: nil, count: rule.results.count)
    for (place, k) in carried.enumerated() { made[k] = results[carriedCount + place] }
    let first = carriedCount + carried.count + stackCount
    for (place, k) in stacks.enumerated() { made[k] = results[first + place] }
    return made
  }
}

/// The body of a loop with tangents.
private struct TangentStep {
  let builder: GraphBuilder
  /// What the body computes.
  let values: [Term]
  /// A tangent for each, where it varies.
  let outputs: [Term?]
  /// The scanned and captured operands that vary.
  let scanned: [Int]
  let captured: [Int]
  private let loop: Loop
  private let carried: [Int]

  init(_ loop: Loop, _ tangents: [Term?], _ varies: [Bool]) throws {
    self.loop = loop
    let graph = loop.body.graph
    builder = GraphBuilder(name: graph.name)
    scanned = loop.scannedOperands.filter { tangents[$0] != nil }
    captured = loop.capturedOperands.filter { tangents[$0] != nil }
    carried = varies.indices.filter { varies[$0] }
    let builder = self.builder
    var seeds: [Value: Term] = [:]
    var inputs: [Term] = []
    func add(_ range: Range<Int>, tangents: [Int]) {
      for k in range { inputs.append(builder.addInput(graph.inputs[k].name, type(k))) }
      for k in tangents {
        seeds[inputs[k].value] = builder.addInput("tan.\(graph.inputs[k].name)", type(k))
      }
    }
    func type(_ k: Int) -> TensorType { graph.type(of: graph.inputs[k].value) }
    add(0..<1, tangents: [])
    add(loop.carriedInputs, tangents: carried.map { 1 + $0 })
    let scannedShift = loop.rowInputs.lowerBound - loop.scannedOperands.lowerBound
    add(loop.rowInputs, tangents: scanned.map { $0 + scannedShift })
    let capturedShift = loop.capturedInputs.lowerBound - loop.capturedOperands.lowerBound
    add(loop.capturedInputs, tangents: captured.map { $0 + capturedShift })
    values = try builder.inline(graph, inputs)
    let made = try Tangents(builder, of: values.map(\.value), seeds: seeds)
    outputs = values.map { made[$0.value] }
  }

  /// The condition with the inputs of the extended loop.
  func extended(_ condition: Region) throws -> Region {
    let builder = GraphBuilder(name: condition.graph.name)
    let graph = condition.graph
    func add(_ k: Int, _ prefix: String = "") -> Term {
      let input = graph.inputs[k]
      return builder.addInput(prefix + input.name, graph.type(of: input.value))
    }
    // The condition reads the index, what is carried, what is captured.
    var inputs = (0..<1 + loop.carriedCount).map { add($0) }
    for k in carried { _ = add(1 + k, "tan.") }
    let first = 1 + loop.carriedCount
    inputs += (0..<loop.capturedCount).map { add(first + $0) }
    for k in captured { _ = add(first + k - loop.capturedOperands.lowerBound, "tan.") }
    for term in try builder.inline(graph, inputs) { builder.addResult("goes_on", term) }
    return Region(try builder.finished())
  }
}
