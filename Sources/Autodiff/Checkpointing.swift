// Checkpointing for a whole derivative: loops that do not say themselves what they keep for the way
// back keep at most so many states. How many may be left open: the number is then a size like any
// other, bound at the call, so one compiled derivative serves every amount of memory.
import Graph

extension Graph {
  /// The size that says how many states a loop keeps, where that is left to the call.
  package static let checkpoints = "checkpoints"

  /// Loops whose length nothing but the run tells keep no more states than this: with 64 states,
  /// 45 760 steps are done at most three times more, 766 480 at most four times.
  private static let mostStates: DimExpr = 64

  /// Has a size that is the number of states to keep: no input tells it.
  package var leavesCheckpointsOpen: Bool {
    symbols.contains(Self.checkpoints) && !toldSizes.contains(Self.checkpoints)
  }

  private var toldSizes: Set<String> {
    Set(inputs.flatMap { type(of: $0.value).shape.flatMap(\.symbols) })
  }

  /// The same function; loops that keep everything for their derivatives keep states instead, as
  /// many as the size `checkpoints` says and no more than they have steps. A derivative that was
  /// made like this has that size already, and its loops keep as many.
  /// - Throws: `DerivativeRequestError` where the size is one of an input.
  package func checkpointed() throws -> Graph {
    if toldSizes.contains(Self.checkpoints) {
      throw DerivativeRequestError(
        "\(name) has an input with a size named \(Self.checkpoints), which checkpointing needs for "
          + "itself", help: "rename it")
    }
    let graph = keeping(.states(.symbol(Self.checkpoints)))
    guard graph.symbols.contains(Self.checkpoints) else { return self }
    let builder = GraphBuilder(graph)
    builder.addConstraint(Guard(1, .lessOrEqual, .symbol(Self.checkpoints)))
    return builder.graph
  }

  /// The same function; loops that keep everything for their derivatives keep this instead.
  /// - Parameter everywhere: those that keep less, too.
  package func keeping(_ keep: Keep, everywhere: Bool = false) -> Graph {
    let hasLoops = nodes.contains { $0.hasRegions }
    if !hasLoops || keep == .all { return self }
    let graph = try? rebuilt { operation, operands, _, builder in
      operation.regions.isEmpty
        ? nil : try builder.apply(operation.keeping(keep, everywhere), operands).map { $0 }
    }
    guard let graph else { preconditionFailure("types do not depend on what loops keep") }
    return graph
  }

  /// How many states a call keeps: as many as fit, where more never need less; 1 where none does.
  ///
  /// - Parameters:
  ///   - hasStacks: loops keep rows, too, whose number the run tells: half of the memory is left to
  ///     these.
  ///   - byteCount: what the call needs with so many states; `nil` for more than can be counted.
  package static func checkpoints(
    memoryLimit: Int, hasStacks: Bool, _ byteCount: (Int) -> Int?
  ) -> Int {
    let memory = hasStacks ? memoryLimit / 2 : memoryLimit
    func fits(_ states: Int) -> Bool { byteCount(states).map { $0 <= memory } ?? false }
    var (low, high) = (1, 2)
    while high < 1 << 24 && fits(high) { (low, high) = (high, 2 * high) }
    while low + 1 < high {
      let middle = low + (high - low) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return low
  }

  fileprivate func regionKeeping(_ keep: Keep, _ everywhere: Bool) -> Region {
    Region(keeping(keep, everywhere: everywhere))
  }

  fileprivate static func most(_ states: DimExpr, of bound: DimExpr?) -> DimExpr {
    // At least one state, also of a loop that makes no step.
    .min(states, bound.map { .max($0, 1) } ?? mostStates)
  }
}

extension Operation {
  fileprivate func keeping(_ keep: Keep, _ everywhere: Bool) -> any Operation {
    switch self {
    case let loop as Loop:
      Loop(
        body: loop.body.graph.regionKeeping(keep, everywhere), condition: loop.condition,
        bound: loop.bound, hasCount: loop.hasCount, carriedCount: loop.carriedCount,
        scannedCount: loop.scannedCount, isReversed: loop.isReversed,
        keep: loop.keep == .all || everywhere ? keep.limited(to: loop.bound) : loop.keep)
    case let conditional as Conditional:
      Conditional(
        cases: conditional.cases,
        branches: conditional.branches.map { $0.graph.regionKeeping(keep, everywhere) })
    default: self
    }
  }
}

extension Keep {
  /// No more states than a loop has steps.
  fileprivate func limited(to bound: DimExpr?) -> Keep {
    if case .states(let states) = self { .states(Graph.most(states, of: bound)) } else { self }
  }
}
