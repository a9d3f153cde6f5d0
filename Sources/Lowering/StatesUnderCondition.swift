// Folds whose states change together, as the place and the value of a maximum: the condition is
// computed once, and what it allows is assigned.
import Graph

extension NestBuilder {
  /// Assigns new states where all depend on one condition.
  /// - Returns: false, with nothing done, where they do not.
  func updateTogether(
    _ accumulators: [Int], _ states: [FoldState], _ map: Comprehension, _ index: Int,
    _ indices: [DimExpr], _ inside: [Element], _ nest: Nest
  ) -> Bool {
    guard states.count > 1, let condition = states.sharedCondition else { return false }
    let test = build(condition, map, index, indices, states: inside, in: nest.scope).expression
    let changes = program.newLocal(.bool, name: "changes", depth: nest.loops.count)
    nest.block.append(.define(changes, test))
    for (accumulator, state) in zip(accumulators, states) {
      guard case .apply(let select, let operands) = state.update else { continue }
      let new = build(operands[1], map, index, indices, states: inside, in: nest.scope).expression
      nest.block.append(
        .assign(
          accumulator,
          .apply(
            select, program.locals[accumulator].dtype, [.local(changes), new, .local(accumulator)]))
      )
    }
    return true
  }
}

extension [FoldState] {
  /// The condition under which all states take new values that depend on no state, and without
  /// which all stay.
  fileprivate var sharedCondition: ScalarExpr? {
    var shared: ScalarExpr?
    for (k, state) in enumerated() {
      guard case .apply(.select, let operands) = state.update, operands[2] == .state(k),
        shared == nil || shared == operands[0], !operands[1].readsState
      else { return nil }
      shared = operands[0]
    }
    return shared
  }
}

extension ScalarExpr {
  fileprivate var readsState: Bool {
    switch self {
    case .state: true
    case .operand, .literal, .index: false
    case .apply(_, let operands): operands.contains(where: \.readsState)
    case .convert(let x, _): x.readsState
    case .guarded(_, let a, let b): a.readsState || b.readsState
    }
  }
}
