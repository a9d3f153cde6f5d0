// A graph file as graphs, whichever language it is in: parsing and elaboration together, and the way
// back to text.
import Graph

/// A graph file, read: every function as a graph, and everything that is wrong with it.
package struct GraphFile: Sendable {
  package let source: SourceFile
  /// In file order; only functions without errors.
  package let graphs: [Graph]
  /// Errors and warnings, by position.
  package let diagnostics: [Diagnostic]
  /// What the inputs and outputs of each graph are called in the file, where that differs.
  private let names: [InterfaceNames]

  /// - Parameter distinct: names of values that derivatives will be taken by. They are kept apart
  ///   from equal values, which otherwise are one.
  /// - Parameter operations: what can be called beside the catalog; `nil` where a program cannot
  ///   have any.
  package init(_ source: SourceFile, distinct: [String] = [], operations: [Entry]? = nil) {
    if GraphLanguage(of: source) == .stableHLO {
      self.init(stableHLO: source)
    } else {
      self.init(language: source, distinct: distinct, operations: operations)
    }
  }

  private init(stableHLO source: SourceFile) {
    let parsed = MLIRParser.parse(source)
    var elaborator = StableHLOElaborator(
      parsed.module, source, damaged: parsed.diagnostics.map(\.point))
    let made = elaborator.elaborate()
    self.source = source
    graphs = made.map(\.graph)
    names = made.map(\.names)
    diagnostics = (parsed.diagnostics + elaborator.log.sorted())
      .enumerated().sorted { ($0.element.point, $0.offset) < ($1.element.point, $1.offset) }
      .map(\.element)
  }

  private init(language source: SourceFile, distinct: [String], operations: [Entry]?) {
    let parsed = SyntaxTree.parse(source)
    var elaborator = Elaborator(
      parsed.tree, source,
      damaged: parsed.diagnostics.filter { $0.severity == .error }.map(\.point),
      distinct: Set(distinct), operations: operations)
    // What parsed well is still looked at.
    let graphs = elaborator.elaborate()
    self.source = source
    self.graphs = graphs
    names = graphs.map { _ in InterfaceNames() }
    diagnostics = (parsed.diagnostics + elaborator.log.sorted())
      .enumerated().sorted { ($0.element.point, $0.offset) < ($1.element.point, $1.offset) }
      .map(\.element)
  }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// The file is right, as far as it was understood, but needs what is not offered.
  package var isUnsupported: Bool {
    hasErrors && diagnostics.allSatisfy { $0.severity != .error || $0.isUnsupported }
  }

  /// What the inputs and outputs of one of the graphs are called in the file.
  package func names(of graph: Graph) -> InterfaceNames {
    graphs.firstIndex { $0.name == graph.name }.map { names[$0] } ?? InterfaceNames()
  }

  /// Graphs as the text of one file.
  ///
  /// A graph gets another name where its own would change what a call in another graph means, or
  /// is there already.
  package static func text(of graphs: [Graph]) -> String {
    var tree = SyntaxTree()
    var taken: Set<String> = []
    for (index, graph) in graphs.enumerated() {
      for (other, called) in graphs.enumerated() where other != index {
        if called.applies(graph.name) { taken.insert(graph.name) }
      }
      if graphs.count > 1 { taken.formUnion(DType.allCases.map(\.rawValue)) }
      var name = NameTable.spellable(graph.name)
      while !taken.insert(name).inserted { name += "_" }
      var printer = GraphPrinter(graph, as: name, tree)
      printer.print()
      tree = printer.tree
    }
    return tree.formatted()
  }
}

extension Graph {
  /// The graph as a complete file in the graph language; reading it gives the same graph.
  package var languageText: String { GraphFile.text(of: [self]) }

  /// Some operation here or in a region is a call of this name.
  fileprivate func applies(_ name: String) -> Bool {
    var pending = [self]
    while let graph = pending.popLast() {
      for node in graph.nodes {
        if node.operation.regions.isEmpty, node.operation.name == name { return true }
        pending += node.operation.regions.map(\.graph)
      }
    }
    return false
  }
}
