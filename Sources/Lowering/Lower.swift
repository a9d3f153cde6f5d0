// The pipeline from a graph to a loop program, as a list of passes to read aloud. In debug builds
// the verifiers look at what each pass hands on.
import Graph

/// How a graph is lowered.
package struct LoweringOptions: Sendable, Hashable {
  /// Whether matrix products are calls of the runtime, or loops of their own.
  package var productsAreCalls: Bool
  /// Whether loops of a few steps are written out.
  package var unrollsShortLoops: Bool
  /// Whether the scalars that a loop keeps of a step lie together.
  package var keepsStepsTogether: Bool
  /// Whether loops run in strips.
  package var runsInStrips: Bool
  /// Whether threads share loops.
  package var sharesLoops: Bool

  package init(
    productsAreCalls: Bool, unrollsShortLoops: Bool, keepsStepsTogether: Bool, runsInStrips: Bool,
    sharesLoops: Bool
  ) {
    self.productsAreCalls = productsAreCalls
    self.unrollsShortLoops = unrollsShortLoops
    self.keepsStepsTogether = keepsStepsTogether
    self.runsInStrips = runsInStrips
    self.sharesLoops = sharesLoops
  }

  /// For C that is compiled in this process.
  package static let jit = LoweringOptions(
    productsAreCalls: true, unrollsShortLoops: true, keepsStepsTogether: true,
    runsInStrips: true, sharesLoops: true)
  /// For C that stands alone.
  package static let portable = LoweringOptions(
    productsAreCalls: false, unrollsShortLoops: false, keepsStepsTogether: false,
    runsInStrips: false, sharesLoops: false)
}

/// Lowers a simplified graph to loops.
package func lower(_ graph: Graph, _ options: LoweringOptions) -> LoopProgram {
  let tidy = NestBuilder(
    graph.pruned().verified("pruning"),
    contractions: options.productsAreCalls ? .kernels : .loops,
    program: GrowingProgram(keepsStepsTogether: options.keepsStepsTogether)
  )
  .finished().verified("fusion")
  .tidied().verified("tidying")
  let summed = options.runsInStrips ? tidy.withRowSums().verified("sums of rows") : tidy
  let short = options.unrollsShortLoops ? summed.unrolled().verified("unrolling") : summed
  let held = (options.runsInStrips ? short.withStrips() : short)
    .holdingElements().verified("holding")
  return (options.sharesLoops ? held.withParallelLoops().verified("sharing") : held)
    .split().verified("splitting")
    .withMemoryPlan()
}

extension Graph {
  /// The graph itself, looked at in debug builds.
  fileprivate func verified(_ pass: String) -> Graph {
    assert(findsNothing { () throws(VerifierError) in try verify(after: pass) })
    return self
  }
}

extension LoopProgram {
  /// The program itself, looked at in debug builds.
  fileprivate func verified(_ pass: String) -> LoopProgram {
    assert(findsNothing { () throws(VerifierError) in try verify(after: pass) })
    return self
  }
}

/// Whether a check finds nothing; what it finds is a bug here, and ends a debug build with its text.
private func findsNothing(_ check: () throws(VerifierError) -> Void) -> Bool {
  do throws(VerifierError) {
    try check()
    return true
  } catch {
    assertionFailure(error.description)
    return false
  }
}
