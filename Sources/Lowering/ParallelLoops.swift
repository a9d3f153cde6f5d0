// Which loops threads share: those of the function itself, not of steps, whose steps are independent and
// together worth more than it costs to wake a thread. What a loop adds up is first kept apart, a term for each
// step or for each strip, and added in order when all steps are made: so the result does not depend on who
// made which.
// Requires a program whose sums of rows are sums of steps. Changes no result.
import Graph

extension DimExpr {
  /// It is known in the run only, and no memory can be planned for it.
  fileprivate var mentionsIndex: Bool {
    var found = false
    forEachLeaf { if case .index = $0 { found = true } }
    return found
  }
}

/// How threads share a loop.
package struct ParallelForm: Sendable {
  /// About how many additions a step costs.
  package var work: DimExpr
  /// For each local that steps add to, the buffer of the terms.
  package var terms: [Int: Int]
}

extension LoopStatement {
  /// The steps of a strip.
  package static let stripLength = 256
}

extension LoopProgram {
  /// Loops of less work, as far as the sizes are known, are for one thread; the runtime decides for others.
  package static let leastSharedWork = 100_000

  /// The program with the loops marked that threads share.
  func withParallelLoops() -> LoopProgram {
    var program = self
    var isMoved: Set<Int> = []
    for statement in body {
      statement.forEach { if case .swap(let a, let b) = $0 { isMoved.formUnion([a, b]) } }
    }
    program.body = body.map { statement in
      guard case .loop(var loop) = statement, let extent = loop.extent,
        let steps = Independence(loop, in: program),
        steps.sums.isSubset(of: loop.strips?.sums ?? []),
        steps.sums.isEmpty || !extent.mentionsIndex,
        (extent * steps.work).constantValue ?? .max >= Self.leastSharedWork
      else { return statement }
      var touchesMoved = false
      statement.forEachBuffer { buffer, _ in
        if isMoved.contains(buffer) { touchesMoved = true }
        if case .stack = program.buffers[buffer].storage { touchesMoved = true }
      }
      if touchesMoved { return statement }
      let isWhole = loop.strips?.isWhole ?? false
      let count =
        isWhole
        ? DimExpr.floorDiv(
          extent + DimExpr(LoopStatement.stripLength - 1), DimExpr(LoopStatement.stripLength))
        : extent
      var terms: [Int: Int] = [:]
      for local in steps.sums.sorted() {
        terms[local] = program.buffers.count
        program.buffers.append(
          Buffer(
            name: "terms", dtype: program.locals[local].dtype, shape: [count],
            storage: .workspace(byteOffset: 0)))
      }
      loop.parallel = ParallelForm(work: steps.work, terms: terms)
      return .loop(loop)
    }
    return program
  }
}
