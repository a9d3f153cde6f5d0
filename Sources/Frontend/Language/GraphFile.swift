// A graph file as graphs: parsing and elaboration together, and the way back to text.
import Graph

/// A graph file, read: every function as a graph, and everything that is wrong with it.
package struct GraphFile: Sendable {
  package let source: SourceFile
  /// In file order; only functions without errors.
  package let graphs: [Graph]
  /// Errors and warnings, by position.
  package let diagnostics: [Diagnostic]

  package init(_ source: SourceFile) {
    let parsed = SyntaxTree.parse(source)
    var elaborator = Elaborator(parsed.tree, source)
    // Half a function would give mistakes that are none; what parsed well is still looked at.
    let graphs = elaborator.elaborate()
    self.source = source
    self.graphs = graphs
    diagnostics = (parsed.diagnostics + elaborator.log.sorted())
      .enumerated().sorted { ($0.element.point, $0.offset) < ($1.element.point, $1.offset) }
      .map(\.element)
  }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Graphs as the text of one file.
  package static func text(of graphs: [Graph]) -> String {
    var tree = SyntaxTree()
    for graph in graphs {
      var printer = GraphPrinter(graph, tree)
      printer.print()
      tree = printer.tree
    }
    return tree.formatted()
  }
}

extension Graph {
  /// The graph as a complete file in the graph language; reading it gives the same graph.
  package var languageText: String { GraphFile.text(of: [self]) }
}
