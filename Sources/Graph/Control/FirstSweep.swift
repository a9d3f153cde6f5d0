// The way there of a loop that keeps states instead of everything. It is the loop itself with more to
// carry, so it becomes one with the loop that computes the value, and its steps are made once.
//
// Every step writes its state to a row, which the next step overwrites unless the state is kept:
//
//     nothing        the first state
//     every k        one state in k
//     at most s      where the count is known: where the fewest steps are done more than once
//                    (Griewank and Walther 2000, Algorithm 799)
//     at most s      else online: while rows are left every state; then states that are of no use any
//                    more give up their rows. Each state has a level, 0 to begin with. One that stands
//                    before a state of higher level is of no use. Where all are, the latest state moves
//                    on to the next step, one level higher (Wang, Moin and Iaccarino 2009, Minimal
//                    repetition dynamic checkpointing)

/// The forward half of a loop of which states are kept.
struct FirstSweep {
  let name: String
  let bound: DimExpr?
  /// The first operand of the loop, where it has one.
  let count: Term?
  let isReversed: Bool
  let keep: Keep
  let slots: DimExpr
  /// (index, states…, rows…, captured…) → states…
  let step: Graph
  /// (index, states…, captured…) → bool
  let condition: Graph?
  let initial: [Term]
  let scanned: [Term]
  let captured: [Term]

  /// The level of the first state, which is never given up.
  private static let highest: Int64 = .max

  /// The number of steps, where it is known before the first one.
  private func total(_ builder: GraphBuilder) -> Term? {
    guard condition == nil else { return nil }
    guard let count else { return bound.map(builder.number) }
    let made = apply(.max, count, builder.integer(0))
    return bound.map { apply(.min, made, builder.number($0)) } ?? made
  }

  /// The states that are kept at the end, and the number of steps made.
  func run(in builder: GraphBuilder) throws -> (kept: KeptStates, steps: Term) {
    let rows = slots + 1
    let total = total(builder)
    let states = initial.map { builder.zeros($0.type.stacked(rows)) }
    let none = builder.integer(-1).broadcast(to: [rows])
    let ascending = builder.applying(Iota(shape: [rows], axis: 0, dtype: .i64), [])
    // One more, to write to where nothing changes.
    let chain = builder.applying(Iota(shape: [rows + 1], axis: 0, dtype: .i64), []) + 1
    let zero = builder.integer(0)
    let isOnline = total == nil && keep.isPlaced
    // What places the states.
    let control =
      isOnline
      ? [zero, zero, zero, chain, builder.zeros(ascending.type), none]
      : [zero, zero, none]
    let names =
      isOnline
      ? ["row", "raised", "used", "previous", "level", "places"] : ["row", "next", "places"]
    let limit = total.map { [$0] } ?? []
    let results = try builder.loop(
      name, bound: bound, count: count, carry: initial + control + states, rows: scanned,
      captured: captured + limit,
      names: step.inputs.dropFirst().prefix(initial.count).map(\.name) + names,
      reversed: isReversed,
      condition: condition.map { graph in
        { step in
          try step.builder.inline(
            graph, [step.index] + step.carried.prefix(initial.count) + step.captured)[0]
        }
      }
    ) { loop in
      let inner = loop.builder
      let total = limit.isEmpty ? nil : loop.captured.last
      let given = loop.captured.prefix(captured.count)
      let made = isReversed ? (total ?? loop.index) - 1 - loop.index : loop.index
      let x = Array(loop.carried.prefix(initial.count))
      let control = Array(loop.carried[initial.count..<initial.count + control.count])
      let (row, next) =
        isOnline
        ? online(control, made, rows, inner) : placed(control, made, total, inner)
      let kept = zip(loop.carried.suffix(initial.count), x).map { $0.replacing(row: row, by: $1) }
      let after = try inner.inline(step, [loop.index] + x + loop.rows + given)
      return (after + next + kept, [])
    }
    let steps = results[results.count - 1]
    let found = Array(results[initial.count..<initial.count + control.count])
    let kept = results[(initial.count + control.count)...].dropLast()
    return (
      isOnline
        ? chained(found, steps, Array(kept)) : inOrder(found, steps, ascending, Array(kept)), steps
    )
  }

  // MARK: - Rows one after the other

  /// The row of step `made`, and what places the states from the next one on.
  private func placed(
    _ control: [Term], _ made: Term, _ total: Term?, _ builder: GraphBuilder
  ) -> (row: Term, control: [Term]) {
    let (row, next, places) = (control[0], control[1], control[2])
    let room = builder.number(slots) - row
    let isKept = apply(.and, made == next, builder.integer(0) < room)
    let distance: Term =
      switch keep {
      case .states: apply(.revolve, (total ?? made) - made, room)
      case .every(let k): builder.number(k)
      case .all, .nothing: builder.integer(0)
      }
    return (
      row,
      [
        choose(isKept, row + 1, row), choose(isKept, made + distance, next),
        places.replacing(row: row, by: made),
      ]
    )
  }

  private func inOrder(
    _ control: [Term], _ steps: Term, _ ascending: Term, _ states: [Term]
  ) -> KeptStates {
    let (row, places) = (control[0], control[2])
    let place = steps - 1
    // The row behind that of a state that is kept is not written yet.
    let last = choose(places.row(row) == place, row, row - 1)
    return KeptStates(
      last: last, place: place, free: last + 1, room: steps.builder.number(slots) - 1 - last,
      previous: choose(
        last < ascending, ascending + 1,
        apply(.max, ascending - 1, ascending.builder.integer(0))), places: places, states: states)
  }

  // MARK: - Online

  private func online(
    _ control: [Term], _ made: Term, _ rows: DimExpr, _ builder: GraphBuilder
  ) -> (row: Term, control: [Term]) {
    let (row, raised, used) = (control[0], control[1], control[2])
    let (previous, level, places) = (control[3], control[4], control[5])
    let isUnused = used < builder.number(rows)
    // Only states just before the one that was raised last are of no use.
    let candidate = previous.row(raised)
    let isIdle = level.row(candidate) < level.row(raised)
    let new = choose(isUnused, used, choose(isIdle, candidate, row))
    let isMoved = apply(.not, apply(.or, isUnused, isIdle))
    let isTaken = apply(.and, isIdle, apply(.not, isUnused))
    let unlinked = previous.replacing(
      row: raised, by: choose(isTaken, previous.row(candidate), candidate))
    return (
      new,
      [
        new, choose(isMoved, row, raised), choose(isUnused, used + 1, used),
        unlinked.replacing(row: choose(isMoved, builder.number(rows), new), by: row),
        level.replacing(
          row: new,
          by: choose(
            made == 0, builder.integer(Self.highest),
            choose(isMoved, level.row(row) + 1, builder.integer(0)))),
        places.replacing(row: new, by: made),
      ]
    )
  }

  private func chained(_ control: [Term], _ steps: Term, _ states: [Term]) -> KeptStates {
    let (row, used) = (control[0], control[2])
    return KeptStates(
      last: row, place: steps - 1, free: used, room: steps.builder.number(slots) - used,
      previous: control[3], places: control[5], states: states)
  }
}
