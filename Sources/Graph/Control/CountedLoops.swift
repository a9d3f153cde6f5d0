// Loops that count, up or down: `while k < n { …; k + 1 }` is a loop of known length, and a carried
// counter is the index in disguise. Importers and people write both; a loop whose length is known
// before it starts needs no stack that grows.

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
    let stacks = isCounted ? try parts.scanRows(self) : []
    let (plain, given) = try parts.assembled()
    var results = try apply(plain, given.map(term))
    let steps = results[plain.stepsResult]
    // Arrays that were filled row by row are the last stacks now.
    let filled = Array(results[plain.stackResults].suffix(stacks.count))
    results.removeSubrange(plain.stepsResult - stacks.count..<plain.stepsResult)
    for (stack, term) in zip(stacks, filled) {
      results.insert(
        stack.isReversed ? applying(Reverse(axes: [0]), [term]) : term, at: stack.place)
    }
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

/// A carried integer to which every step adds the same number.
private struct Counter {
  let place: Int
  let initial: Term
  let step: Int64
}

/// From where to where a counter goes.
private struct CountedRange {
  let first: Term
  let last: Term
  /// Steps more than the difference.
  let beyond: Int64
  /// The condition is that the end is not met, and holds on the other side too.
  let isMet: Bool
  /// From `last` down to `first`.
  let isFalling: Bool

  /// The end belongs to the range, and there is no number behind it. `nil` where there always is one, or it is
  /// too far away to be reached.
  func hasNoEnd(_ outside: GraphBuilder) -> Term? {
    let (start, end) = isFalling ? (last, first) : (first, last)
    if end.dtype == .i64, let known = outside.literal(start.value)?.integer,
      known.magnitude < 1 << 62
    {
      return nil
    }
    let bits: (least: Int64, greatest: Int64) =
      end.dtype == .i32 ? (Int64(Int32.min), Int64(Int32.max)) : (.min, .max)
    let outermost = isFalling ? bits.least : bits.greatest
    if let known = outside.literal(end.value)?.integer, known != outermost { return nil }
    return end == outside.constant(Scalar(outermost, end.dtype))
  }
}

extension LoopParts {
  /// `k < n` with k growing by one, `k > n` with k falling by one, or `k != n`, is a number of steps.
  /// - Returns: whether it is.
  fileprivate mutating func countByCondition(_ outside: GraphBuilder) -> Bool {
    guard count == nil, !isReversed, let range = countedRange(outside) else { return false }
    // Where sizes tell the number of steps, it is known before anything runs.
    if let first = outside.extent(range.first), let last = outside.extent(range.last) {
      let steps = last + DimExpr(Int(range.beyond)) - first
      // That is not met from beyond it.
      if range.isMet, !steps.isNonNegative { return false }
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
      let (first, last) = (outside.counting(range.first), outside.counting(range.last))
      let steps = outside.steps(from: first, to: last, beyond: range.beyond)
      // A number that is not met until the counter wraps: 2⁶³ steps are as endless. So is what holds for
      // every number up to the greatest, or down to the least.
      let isEndless =
        range.isMet ? first > last : range.beyond > 0 ? range.hasNoEnd(outside) : nil
      count = (isEndless.map { choose($0, outside.integer(.max), steps) } ?? steps).value
    }
    self.condition = nil
    return true
  }

  /// The numbers between which the condition lets a counter go, the smaller one first.
  private func countedRange(_ outside: GraphBuilder) -> CountedRange? {
    let graph = builder.graph
    guard let condition, let node = graph.definingNode(of: condition),
      let function = graph.nodes[node].operation.scalarFunction
    else { return nil }
    let sides = Array(graph.operands(of: node))
    // An i32 that is not met comes round to it.
    if function == .notEqual, graph.type(of: sides[0]).dtype != .i64 { return nil }
    let pairs: [(small: Value, large: Value)]
    switch function {
    case .less, .lessEqual: pairs = [(sides[0], sides[1])]
    case .greater, .greaterEqual: pairs = [(sides[1], sides[0])]
    case .notEqual: pairs = [(sides[0], sides[1]), (sides[1], sides[0])]
    default: return nil
    }
    let beyond: Int64 = function == .lessEqual || function == .greaterEqual ? 1 : 0
    for (small, large) in pairs {
      for counter in carried {
        let initial = outside.term(counter.initial)
        switch step(of: counter) {
        case 1 where counter.input == small:
          guard let limit = outer(large, in: outside) else { continue }
          return CountedRange(
            first: initial, last: limit, beyond: beyond, isMet: function == .notEqual,
            isFalling: false)
        case -1 where counter.input == large:
          guard let limit = outer(small, in: outside) else { continue }
          return CountedRange(
            first: limit, last: initial, beyond: beyond, isMet: function == .notEqual,
            isFalling: true)
        default: continue
        }
      }
    }
    return nil
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
      let function = graph.nodes[node].operation.scalarFunction
    else { return nil }
    let sides = Array(graph.operands(of: node))
    if function == .subtract, sides[0] == item.input, let literal = graph.literal(sides[1]) {
      return literal.integer == .min ? nil : -literal.integer
    }
    guard function == .add else { return nil }
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
  /// none, and the greatest number where there are more.
  package func steps(from first: Term, to end: Term, beyond: Int64 = 0) -> Term {
    if let start = literal(first.value)?.integer, start.magnitude < 1 << 62 {
      let distance = beyond - start
      if distance == 0 { return end }
      let number = Int64(distance.magnitude)
      if let known = literal(end.value)?.integer {
        let (sum, overflow) = known.addingReportingOverflow(distance)
        return integer(overflow ? (distance > 0 ? .max : 0) : sum)
      }
      // Neither the sum nor the difference wraps.
      return distance > 0
        ? applying(Elementwise(.min), [end, integer(.max - number)]) + integer(number)
        : applying(Elementwise(.max), [end, integer(number)]) - integer(number)
    }
    let known = literal(end.value)?.integer
    let behind = known.map { integer($0 == .max ? .max : $0 + beyond) } ?? end + integer(beyond)
    let steps = applying(Elementwise(.max), [beyond == 0 ? end : behind, first]) - first
    return choose(steps < integer(0), integer(.max), steps)
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
    // Sizes fit 32 bits where the file counts with those.
    if graph.nodes[node].operation is Convert, let source = graph.operands(of: node).first,
      graph.type(of: source).dtype.isInteger
    {
      return extent(self.term(source))
    }
    guard let extent = graph.nodes[node].operation as? Extent, extent.dtype.isInteger else {
      return nil
    }
    return extent.extent
  }
}
