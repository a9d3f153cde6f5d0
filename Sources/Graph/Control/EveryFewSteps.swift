// The way back of a loop that keeps one state in k, where nothing but the run tells how many steps it
// makes: the loop becomes one of stretches of k steps. The first states of the stretches lie in a stack
// that grows; on the way back each stretch is gone once more, and its states are kept until the steps
// backward have been made.
//
//     while …: yield x; for up to k steps while …: step
//     for each stretch, the last one first:
//       for its steps: yield x; step
//       for its steps, the last one first: step backward

/// A loop of unknown length in stretches of `stride` steps.
struct LoopOfStretches {
  let name: String
  let stride: DimExpr
  /// The first operand of the loop, where it has one.
  let count: Term?
  /// (index, states…, captured…) → states…
  let step: Graph
  /// (index, states…, captured…) → bool
  let condition: Graph?
  /// (index, cotangents…, states…, captured…) → cotangents…
  let backward: Graph
  let initial: [Term]
  let captured: [Term]
  /// Cotangents to begin with, sums behind them.
  let cotangents: [Term]

  private var names: [String] { step.inputs.dropFirst().prefix(initial.count).map(\.name) }

  /// The cotangents at the beginning.
  func results(in builder: GraphBuilder) throws -> [Term] {
    let length = builder.number(stride)
    let limit = count.map { apply(.max, $0, builder.integer(0)) }
    let given = captured + (limit.map { [$0] } ?? [])
    let there = try builder.loop(
      name, bound: nil, count: limit.map { apply(.floorDivide, $0 + length - 1, length) },
      carry: initial + [builder.integer(0)], captured: given, names: names + ["made"],
      condition: condition.map { graph in
        { stretch in
          let made = stretch.carried[initial.count]
          return try stretch.builder.inline(
            graph, [made] + stretch.carried.dropLast() + stretch.captured.prefix(captured.count))[0]
        }
      }
    ) { stretch in
      let x = Array(stretch.carried.dropLast())
      let made = stretch.carried[initial.count]
      let end = try forward(
        x, from: made, by: limit == nil ? nil : stretch.captured[captured.count] - made,
        until: condition, Array(stretch.captured.prefix(captured.count)), stretch.builder)
      return (end.states + [made + end.steps], x)
    }
    let made = there[initial.count]
    let stretches = there[there.count - 1]
    let back = try builder.loop(
      name, bound: nil, count: stretches, carry: cotangents,
      rows: Array(there[(initial.count + 1)...].dropLast()), captured: captured + [made],
      names: cotangents.map { _ in "ct" }, reversed: true
    ) { stretch in
      let start = stretch.index * stretch.builder.number(stride)
      let steps = stretch.captured[captured.count] - start
      let given = Array(stretch.captured.prefix(captured.count))
      let states = try forward(
        stretch.rows, from: start, by: steps, until: nil, given, stretch.builder, keepingAll: true
      ).kept
      return (
        try self.backward(stretch.carried, states, from: start, by: steps, given, stretch.builder),
        []
      )
    }
    return Array(back.dropLast())
  }

  /// As many steps as a stretch has, or `limit`, or until the condition fails.
  private func forward(
    _ x: [Term], from start: Term, by limit: Term?, until condition: Graph?, _ given: [Term],
    _ builder: GraphBuilder, keepingAll: Bool = false
  ) throws -> (states: [Term], kept: [Term], steps: Term) {
    let made = try builder.loop(
      name, bound: stride, count: limit, carry: x, captured: given + [start], names: names,
      condition: condition.map { graph in
        { step in
          try step.builder.inline(
            graph,
            [step.captured[given.count] + step.index] + step.carried
              + step.captured.prefix(given.count))[0]
        }
      }
    ) { loop in
      let index = loop.captured[given.count] + loop.index
      return (
        try loop.builder.inline(
          step, [index] + loop.carried + loop.captured.prefix(given.count)),
        keepingAll ? loop.carried : []
      )
    }
    return (
      Array(made.prefix(x.count)), Array(made[x.count...].dropLast()), made[made.count - 1]
    )
  }

  private func backward(
    _ cotangents: [Term], _ states: [Term], from start: Term, by steps: Term, _ given: [Term],
    _ builder: GraphBuilder
  ) throws -> [Term] {
    try builder.loop(
      name, bound: stride, count: steps, carry: cotangents, rows: states,
      captured: given + [start], names: cotangents.map { _ in "ct" }, reversed: true
    ) { loop in
      let index = loop.captured[given.count] + loop.index
      return (
        try loop.builder.inline(
          self.backward,
          [index] + loop.carried + loop.rows + loop.captured.prefix(given.count)), []
      )
    }.dropLast()
  }
}
