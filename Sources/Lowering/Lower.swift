// The pipeline from a graph to a loop program, as a list of passes to read aloud. In debug builds
// the verifiers look at what each pass hands on.
import Graph

/// How a graph is lowered.
package struct LoweringOptions: Sendable, Hashable {
  /// Whether matrix products are calls of the runtime, or loops of their own.
  package var productsAreCalls: Bool

  package init(productsAreCalls: Bool) { self.productsAreCalls = productsAreCalls }

  /// For C that is compiled in this process.
  package static let jit = LoweringOptions(productsAreCalls: true)
  /// For C that stands alone.
  package static let portable = LoweringOptions(productsAreCalls: false)
}

/// Lowers a simplified graph to loops.
package func lower(_ graph: Graph, _ options: LoweringOptions) -> LoopProgram {
  NestBuilder(
    graph.pruned().verified("pruning"),
    contractions: options.productsAreCalls ? .kernels : .loops
  )
  .finished().verified("fusion")
  .tidied().verified("tidying")
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
