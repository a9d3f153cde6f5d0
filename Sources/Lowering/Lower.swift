// The pipeline from a graph to a loop program, as a list of passes to read aloud.
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
  NestBuilder(graph.pruned(), contractions: options.productsAreCalls ? .kernels : .loops)
    .program()
    .tidied()
    .split()
    .withMemoryPlan()
}
