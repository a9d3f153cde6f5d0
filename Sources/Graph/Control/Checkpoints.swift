// The way back of a loop that keeps states instead of everything: before each step backward, the
// state before that step is found by going forward from the last state kept, and on the way there
// further states are kept where there is room.
//
// All of it is loops of the graph, so it differentiates, batches and compiles as any other:
//
//     for i = n − 1, …, 0:
//       x, at = the last state kept
//       while at < i:
//         go on from `at` by as many steps as the policy says; keep x if there is room
//       step backward from x; give up the last state if it was that of step i

/// A loop step forward and backward, as graphs over the index, states, rows and what is captured.
struct CheckpointedLoop {
  let name: String
  let bound: DimExpr?
  /// The number of steps, where the sizes do not tell.
  let count: Term?
  let isReversed: Bool
  let keep: Keep
  let slots: DimExpr
  /// (index, states…, rows…, captured…) → states…
  let forward: Graph
  /// (index, cotangents…, states…, rows…, received rows…, captured…) → cotangents…, rows…
  let backward: Graph
  let initial: [Term]
  let scanned: [Term]
  let captured: [Term]
  /// Cotangents to begin with, sums behind them.
  let cotangents: [Term]
  let received: [Term]

  /// The cotangents at the beginning, then stacks of those of rows.
  func results(in builder: GraphBuilder) throws -> [Term] {
    let states = initial.count
    // One slot more than there are, to write to where there is no room.
    let room = slots + 1
    let kept = initial.map { first in
      builder.zeros(first.type.stacked(room)).replacing(row: builder.integer(0), by: first)
    }
    let places = builder.zeros(TensorType(.i64, [room]))
    let carry = cotangents + [builder.integer(1), places] + kept
    let total = count ?? bound.map { builder.number($0) } ?? builder.integer(0)
    let result = try builder.loop(
      name, bound: bound, count: count, carry: carry, rows: scanned + received,
      captured: captured + scanned + [total],
      names: cotangents.map { _ in "ct" } + ["kept", "places"],
      reversed: !isReversed
    ) { step in
      let inner = step.builder
      let numberOfCotangents = cotangents.count
      let given = Array(step.captured.dropLast())
      // Steps are counted from the first one made, which a backward loop makes at the last index.
      let total = step.captured.last ?? inner.integer(0)
      let made = isReversed ? total - 1 - step.index : step.index
      let found = try state(
        before: made, total: total, Array(step.carried.dropFirst(numberOfCotangents)), given, inner)
      let (count, places) = (found[0], found[1])
      let slots = Array(found[2..<2 + states])
      let x = Array(found[(2 + states)...])
      let back = try inner.inline(
        backward,
        [step.index] + step.carried.prefix(numberOfCotangents) + x
          + step.rows + given.prefix(captured.count))
      let isUsedUp = places.row(count - 1) == made
      let left = choose(isUsedUp, count - 1, count)
      return (
        Array(back.prefix(numberOfCotangents)) + [left, places] + slots,
        Array(back.dropFirst(numberOfCotangents))
      )
    }
    let rows = result.dropFirst(carry.count).dropLast()
    return Array(result.prefix(cotangents.count)) + rows
  }

  /// The state before step `target`: the number kept, their places and the states kept, then it.
  private func state(
    before target: Term, total: Term, _ store: [Term], _ given: [Term], _ builder: GraphBuilder
  ) throws -> [Term] {
    let states = initial.count
    let (count, places) = (store[0], store[1])
    let last = count - 1
    let x = store.dropFirst(2).map { $0.row(last) }
    let found = try builder.loop(
      "advance", bound: nil, carry: [places.row(last)] + store + x,
      captured: [target, total] + given, names: ["at", "kept", "places"],
      condition: { $0.carried[0] < $0.captured[0] }
    ) { step in
      let inner = step.builder
      let (target, total) = (step.captured[0], step.captured[1])
      let given = Array(step.captured.dropFirst(2))
      let (at, count, places) = (step.carried[0], step.carried[1], step.carried[2])
      let free = inner.number(slots) - count
      let distance = advance(target + 1 - at, free, inner)
      let x = try forward(
        Array(step.carried.suffix(states)), from: at, by: distance, total: total, given, inner)
      let next = at + distance
      let kept = zip(step.carried[3..<3 + states], x).map { $0.replacing(row: count, by: $1) }
      let isKept = apply(.and, free > 0, next < target)
      return (
        [next, choose(isKept, count + 1, count), places.replacing(row: count, by: next)] + kept
          + x, []
      )
    }
    return Array(found[1..<found.count - 1])
  }

  /// How far to go before a state is kept, `steps` before the end with `free` slots left.
  private func advance(_ steps: Term, _ free: Term, _ builder: GraphBuilder) -> Term {
    switch keep {
    case .all, .nothing: return steps - 1
    case .states: return apply(.revolve, steps, free + 1)
    case .every(let k):
      let stride = builder.number(k)
      return choose(free > 0, choose(steps > stride, stride, builder.integer(1)), steps - 1)
    }
  }

  /// So many steps from a state.
  private func forward(
    _ x: [Term], from start: Term, by distance: Term, total: Term, _ given: [Term],
    _ builder: GraphBuilder
  ) throws -> [Term] {
    try builder.loop(
      name, bound: nil, count: distance, carry: x, captured: [start, total] + given,
      names: forward.inputs.dropFirst().prefix(x.count).map(\.name)
    ) { step in
      let made = step.captured[0] + step.index
      let index = isReversed ? step.captured[1] - 1 - made : made
      let given = step.captured.dropFirst(2)
      let rows = given.suffix(scanned.count).map { $0.row(index) }
      let next = try step.builder.inline(
        forward, [index] + step.carried + rows + given.prefix(captured.count))
      return (next, [])
    }.dropLast()
  }
}
