// Loops and conditionals with one rule spoilt. A rule makes loops and conditionals of its own; a fault
// changes one thing in these, as a slip of the pen in the rule would have.
import Graph

/// A loop or a conditional of which one rule is wrong; with no fault, the same as without it.
struct FaultyControl: Operation {
  let base: any Operation
  let fault: ControlFault?

  static func == (a: Self, b: Self) -> Bool { a.fault == b.fault && a.base.isEqual(to: b.base) }
  func hash(into hasher: inout Hasher) { base.hash(into: &hasher) }

  var name: String { base.name }
  var attributes: [Attribute] {
    base.attributes + [Attribute("fault", .word(fault?.rawValue ?? ""))]
  }
  var regions: [Region] { base.regions }
  func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try base.resultTypes(of: operands)
  }
  func guards(of operands: [TensorType]) -> [Guard] { base.guards(of: operands) }
  func evaluate(_ call: ReferenceCall) throws -> [Tensor] { try base.evaluate(call) }
  func canonical(_ operands: [Value], in graph: Graph) -> Application? {
    base.canonical(operands, in: graph).map {
      Application(Self(base: $0.operation, fault: fault), $0.operands)
    }
  }

  func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    fault?.station == .code
      ? fault?.spoilt(base)?.meaning(operands, results) ?? base.meaning(operands, results)
      : base.meaning(operands, results)
  }

  func jvp(_ rule: JVPRule) throws -> [Term?] {
    var tangents = Array(rule.tangents)
    for k in fault?.droppedOperands(of: base, .tangent) ?? 0..<0 { tangents[k] = nil }
    let varying = tangents.indices.filter { tangents[$0] != nil }
    let count = rule.operands.count
    return try derived(
      rule.builder, rule.operands + varying.compactMap { tangents[$0] }
    ) { builder, given in
      var here = [Term?](repeating: nil, count: count)
      for (place, k) in varying.enumerated() { here[k] = given[count + place] }
      return try base.jvp(
        JVPRule(
          builder: builder, operands: Terms(builder, Array(given[..<count])),
          results: Terms(builder, rule.results.map { builder.addHidden($0.type) }),
          tangents: OptionalTerms(builder, here)))
    } editing: { operation, operands, builder in
      if fault?.station == .tangent {
        return try fault?.edited(operation, operands, builder) ?? (operation, operands)
      }
      // The derivative of this one is linear, and its transpose meets the fault.
      return operation.regions.isEmpty
        ? (operation, operands) : (Self(base: operation, fault: fault), operands)
    }
  }

  func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let received = rule.cotangents.indices.filter { rule.cotangents[$0] != nil }
    let count = rule.operands.count
    let dropped = fault?.droppedResults(of: base) ?? 0..<0
    var made = try derived(
      rule.builder, rule.operands + received.compactMap { rule.cotangents[$0] }
    ) { builder, given in
      var here = [Term?](repeating: nil, count: rule.cotangents.count)
      for (place, k) in received.enumerated() where !dropped.contains(k) {
        here[k] = given[count + place]
      }
      return try base.transpose(
        TransposeRule(
          builder: builder, operands: Terms(builder, Array(given[..<count])),
          linear: rule.linear, cotangents: OptionalTerms(builder, here)))
    } editing: { operation, operands, builder in
      guard fault?.station == .transpose else { return (operation, operands) }
      return try fault?.edited(operation, operands, builder) ?? (operation, operands)
    }
    for k in fault?.droppedOperands(of: base, .transpose) ?? 0..<0 { made[k] = nil }
    return made
  }

  func batch(_ rule: BatchRule) throws -> [Term] {
    guard fault == .firstElementDecides, rule.batched[0] else { return try base.batch(rule) }
    var (operands, batched) = (rule.operands, rule.batched)
    // A batch of none has no first element; a row more is there in any case.
    let padded = operands[0].padded(0, low: [0], high: [1])
    operands[0] = padded.slice(axis: 0, from: 0, to: 1).reshaped(to: [])
    batched[0] = false
    return try base.batch(
      BatchRule(builder: rule.builder, operands: operands, batched: batched, extent: rule.extent))
  }

  /// What a rule adds to a graph of its own, with the operations changed, added to `builder`.
  private func derived(
    _ builder: GraphBuilder, _ given: [Term],
    _ rule: (GraphBuilder, [Term]) throws -> [Term?],
    editing edit: (any Operation, [Value], GraphBuilder) throws -> (any Operation, [Value])
  ) throws -> [Term?] {
    let own = GraphBuilder(name: name)
    let inputs = given.enumerated().map { own.addInput("given\($0)", $1.type) }
    let made = try rule(own, inputs)
    for term in made.compactMap({ $0 }) { own.addOutput("made", term) }
    let graph = try own.finished().rebuilt { operation, operands, _, builder in
      let (operation, operands) = try edit(operation, operands, builder)
      return try builder.apply(operation, operands).map { $0 }
    }
    var terms = try builder.inline(graph, given)[...]
    return made.map { $0 == nil ? nil : terms.popFirst() }
  }
}
