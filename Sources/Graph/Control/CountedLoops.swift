// Loops that count: `while k < n { …; k + 1 }` is a loop of known length, and a carried counter is
// the index in disguise. Importers and people write both; a loop whose length is known before it
// starts needs no stack that grows.

extension GraphBuilder {
  /// A loop; counted where its condition only counts, and without carried counters.
  /// - Returns: carried values, stacks, steps, as the loop itself would give them; stacks have a
  ///   known extent where counting tells one.
  /// - Throws: `TypeRuleError` when the operands do not fit.
  package func addLoop(_ loop: Loop, _ operands: [Term]) throws -> [Term] {
    _ = try loop.resultTypes(of: operands.map(\.type))
    var parts = try LoopParts(loop, operands.map(\.value))
    let isCounted = parts.countByCondition(self)
    let counters = try parts.removeCounters(self)
    if !isCounted, counters.isEmpty { return try apply(loop, operands) }
    let (plain, given) = parts.assembled()
    var results = try apply(plain, given.map(term))
    let steps = results[plain.stepsResult]
    for counter in counters {
      let dtype = counter.initial.dtype
      let made = steps.converted(to: dtype)
      let moved = counter.step == 1 ? made : made * constant(Scalar(counter.step, dtype))
      let isFromZero = literal(counter.initial.value)?.integer == 0
      results.insert(isFromZero ? moved : counter.initial + moved, at: counter.place)
    }
    return results
  }
}

/// A carried integer that grows by the same number in every step.
private struct Counter {
  let place: Int
  let initial: Term
  let step: Int64
}

extension LoopParts {
  /// `k < n` with k growing by one is a number of steps.
  /// - Returns: whether it is.
  fileprivate mutating func countByCondition(_ outside: GraphBuilder) -> Bool {
    guard count == nil, !isReversed, let condition else { return false }
    let graph = builder.graph
    guard let node = graph.definingNode(of: condition) else { return false }
    let sides = Array(graph.operands(of: node))
    let (small, large, extra): (Value, Value, Int64)
    switch graph.nodes[node].operation.scalarFunction {
    case .less?: (small, large, extra) = (sides[0], sides[1], 0)
    case .lessEqual?: (small, large, extra) = (sides[0], sides[1], 1)
    case .greater?: (small, large, extra) = (sides[1], sides[0], 0)
    case .greaterEqual?: (small, large, extra) = (sides[1], sides[0], 1)
    default: return false
    }
    guard let counter = carried.first(where: { $0.input == small }), step(of: counter) == 1,
      let limit = outer(large, in: outside)
    else { return false }
    let initial = outside.term(counter.initial)
    // Where sizes tell the number of steps, it is known before anything runs.
    if let first = outside.extent(initial), let last = outside.extent(limit) {
      let steps = last + DimExpr(Int(extra)) - first
      let most = steps.isNonNegative ? steps : DimExpr.max(steps, 0)
      if bound == most {
        // Said before.
      } else if bound != nil, !rows.isEmpty || !yielded.isEmpty {
        // As many rows as before, of which some may not be made.
        count = outside.number(most).value
      } else {
        bound = bound.map { DimExpr.min($0, most) } ?? most
      }
    } else {
      count =
        outside.steps(
          from: outside.counting(initial), to: outside.counting(limit), beyond: extra
        ).value
    }
    self.condition = nil
    return true
  }

  /// Takes counters out of what is carried: they are the first value and the index.
  fileprivate mutating func removeCounters(_ outside: GraphBuilder) throws -> [Counter] {
    if isReversed { return [] }
    var counters: [Counter] = []
    var substitutes: [Value: (GraphBuilder, (Value) -> Term) -> Term] = [:]
    let index = self.index
    for (place, item) in carried.enumerated() {
      guard let step = step(of: item) else { continue }
      let initial = outside.term(item.initial)
      if counters.isEmpty { indexName = item.name }
      counters.append(Counter(place: place, initial: initial, step: step))
      let dtype = initial.dtype
      let literal = outside.literal(item.initial)
      var name: Value?
      if literal == nil {
        let hidden = builder.addHidden(initial.type).value
        captured.append(Given(name: item.name, operand: item.initial, input: hidden))
        name = hidden
      }
      substitutes[item.input] = { [name] body, input in
        let made = input(index).converted(to: dtype)
        let moved = step == 1 ? made : made * body.constant(Scalar(step, dtype))
        if let literal { return literal.integer == 0 ? moved : moved + body.constant(literal) }
        return name.map { moved + input($0) } ?? moved
      }
    }
    if counters.isEmpty { return [] }
    carried = carried.enumerated().compactMap { place, item in
      counters.contains { $0.place == place } ? nil : item
    }
    try rebuild(replacing: substitutes)
    return counters
  }

  /// The number that is added in every step, if nothing else happens to an integer.
  private func step(of item: Carried) -> Int64? {
    let graph = builder.graph
    let type = graph.type(of: item.input)
    guard type == TensorType(.i64) || type == TensorType(.i32),
      let node = graph.definingNode(of: item.next),
      graph.nodes[node].operation.scalarFunction == .add
    else { return nil }
    let sides = Array(graph.operands(of: node))
    for (a, b) in [(sides[0], sides[1]), (sides[1], sides[0])] where a == item.input {
      if let literal = graph.literal(b) { return literal.integer }
    }
    return nil
  }

  /// A value of the body that is the same in every step, outside.
  private func outer(_ value: Value, in outside: GraphBuilder) -> Term? {
    let graph = builder.graph
    let changing = [index] + carried.map(\.input) + rows.map(\.input)
    let needed = graph.nodesNeeded(for: [value])
    let read = zip(graph.nodes, needed).flatMap { $1 ? Array(graph.operands(of: $0)) : [] }
    if ([value] + read).contains(where: changing.contains) { return nil }
    let part = graph.part(
      name, from: captured.map { ($0.name, $0.input) }, to: [("limit", value)])
    return try? outside.inline(part.unnamed, captured.map { outside.term($0.operand) }).first
  }
}

extension GraphBuilder {
  /// The number of steps from `first` until `end + beyond` is reached; less than 1 where there is
  /// none.
  package func steps(from first: Term, to end: Term, beyond: Int64 = 0) -> Term {
    if let start = literal(first.value)?.integer, start.magnitude < 1 << 62 {
      let distance = beyond - start
      if distance == 0 { return end }
      let number = integer(Int64(distance.magnitude))
      return distance > 0 ? end + number : end - number
    }
    // A difference of far numbers would wrap.
    let end = beyond == 0 ? end : end + integer(beyond)
    return applying(Elementwise(.max), [end, first]) - first
  }
}

extension GraphBuilder {
  /// A number as i64; a literal stays one.
  fileprivate func counting(_ term: Term) -> Term {
    literal(term.value).map { integer($0.integer) } ?? term.converted(to: .i64)
  }

  /// The size expression that a number is, if it is one.
  fileprivate func extent(_ term: Term) -> DimExpr? {
    if let literal = literal(term.value) { return DimExpr(Int(literal.integer)) }
    guard let node = graph.definingNode(of: term.value) else { return nil }
    guard let extent = graph.nodes[node].operation as? Extent, extent.dtype == .i64 else {
      return nil
    }
    return extent.extent
  }
}
