// The way back of a loop that keeps states instead of everything: before each step backward, the
// state before that step is found by going forward from the last state kept, and on the way there
// further states are kept where there is room.
//
// All of it is loops of the graph, so it differentiates, batches and compiles as any other:
//
//     for i = n − 1, …, 0:
//       while the state at hand is of a step before i:
//         go on from it by as many steps as the policy says; keep the state there if there is room
//       step backward from it; give up the last state kept if it was that of step i

/// The way back of a loop, made of steps forward and backward.
struct CheckpointedLoop {
  let sweep: FirstSweep
  /// (index, cotangents…, states…, rows…, received rows…, captured…) → cotangents…, rows…
  let backward: Graph
  /// Cotangents to begin with, sums behind them.
  let cotangents: [Term]
  let received: [Term]
  /// How many steps there are is known when the sizes are.
  let countIsKnown: Bool

  private var isReversed: Bool { sweep.isReversed }

  /// The cotangents at the beginning, then stacks of those of rows.
  func results(in builder: GraphBuilder) throws -> [Term] {
    let (kept, steps) = try sweep.run(in: builder)
    let total = countIsKnown ? sweep.bound.map(builder.number) ?? steps : steps
    let (captured, scanned) = (sweep.captured, sweep.scanned)
    let carry = cotangents + kept.terms
    let result = try builder.loop(
      sweep.name, bound: sweep.bound, count: countIsKnown ? nil : steps, carry: carry,
      rows: scanned + received, captured: captured + scanned + [total],
      names: cotangents.map { _ in "ct" } + KeptStates.names, reversed: !isReversed
    ) { step in
      let cotangents = Array(step.carried.prefix(cotangents.count))
      let given = Array(step.captured.dropLast())
      // Steps are counted from the first one made, which a backward loop makes at the last index.
      let made = isReversed ? step.captured[given.count] - 1 - step.index : step.index
      let (found, row) = try states(
        from: KeptStates(step.carried.dropFirst(cotangents.count)), upTo: made,
        total: step.captured[given.count], given, step.builder)
      let back = try step.builder.inline(
        backward,
        [step.index] + cotangents + found.state(in: row) + step.rows
          + given.prefix(captured.count))
      var left = found
      left.giveUp(made)
      return (
        Array(back.prefix(cotangents.count)) + left.terms, Array(back.dropFirst(cotangents.count))
      )
    }
    let rows = result.dropFirst(carry.count).dropLast()
    return Array(result.prefix(cotangents.count)) + rows
  }

  /// Goes forward to the state before step `target`, and keeps states on the way.
  ///
  /// - Returns: the states kept then, and the row where that one is.
  private func states(
    from kept: KeptStates, upTo target: Term, total: Term, _ given: [Term],
    _ builder: GraphBuilder
  ) throws -> (KeptStates, row: Term) {
    let found = try builder.loop(
      "advance", bound: nil, carry: [kept.last, kept.place] + kept.terms,
      captured: [target, total] + given, names: ["row", "at"] + KeptStates.names,
      condition: { $0.carried[1] < $0.captured[0] }
    ) { step in
      let (row, at) = (step.carried[0], step.carried[1])
      let (target, total) = (step.captured[0], step.captured[1])
      var kept = KeptStates(step.carried.dropFirst(2))
      let distance = distance(target + 1 - at, room: kept.room)
      let x = try forward(
        kept.state(in: row), from: at, by: distance, total: total,
        Array(step.captured.dropFirst(2)), step.builder)
      let next = at + distance
      let isKept = apply(.and, kept.room > 0, next < target)
      let written = kept.write(x, before: next, keepingIf: isKept)
      return ([written, next] + kept.terms, [])
    }
    return (KeptStates(found.dropFirst(2).dropLast()), row: found[0])
  }

  /// How far to go before a state is kept, `steps` before the end.
  private func distance(_ steps: Term, room: Term) -> Term {
    switch sweep.keep {
    case .all, .nothing: return steps - 1
    case .states: return apply(.revolve, steps, room + 1)
    case .every(let k):
      let stride = steps.builder.number(k)
      return choose(room > 0, choose(steps > stride, stride, steps.literal(1)), steps - 1)
    }
  }

  /// So many steps from a state.
  private func forward(
    _ x: [Term], from start: Term, by distance: Term, total: Term, _ given: [Term],
    _ builder: GraphBuilder
  ) throws -> [Term] {
    let names = sweep.step.inputs.dropFirst().prefix(x.count).map(\.name)
    return try builder.loop(
      sweep.name, bound: nil, count: distance, carry: x, captured: [start, total] + given,
      names: names
    ) { step in
      let made = step.captured[0] + step.index
      let index = isReversed ? step.captured[1] - 1 - made : made
      let given = step.captured.dropFirst(2)
      let rows = given.suffix(sweep.scanned.count).map { $0.row(index) }
      let next = try step.builder.inline(
        sweep.step, [index] + step.carried + rows + given.prefix(sweep.captured.count))
      return (next, [])
    }.dropLast()
  }
}
