// Which function of which file: reading a graph file, showing what is wrong with it, and choosing
// one of its functions.
import ArgumentParser
import Frontend
import Graph

struct FileOptions: ParsableArguments {
  @ArgumentParser.Argument(
    help: "A graph file, .jg or .mlir; - reads stdin.",
    completion: .file(extensions: ["jg", "mlir"]))
  var file: String

  @Option(help: "The function; unless told the only one, or main, or the last one.")
  var function: String?

  /// The file without errors.
  /// - Parameter distinct: names of values that derivatives will be taken by.
  /// - Throws: `CommandError` after the errors were shown.
  func load(distinct: [String] = []) throws -> GraphFile {
    let file = try Self.read(self.file, distinct: distinct)
    if file.hasErrors {
      let count = file.diagnostics.count { $0.severity == .error }
      let plural = count == 1 ? "" : "s"
      let atLeast = count < DiagnosticLog.usualLimit ? "" : "at least "
      if file.isUnsupported {
        throw CommandError(
          .unsupported, "\(file.source.name) needs \(atLeast)\(count) thing\(plural) not supported")
      }
      throw CommandError(
        .badData, "\(file.source.name) has \(atLeast)\(count) error\(plural)")
    }
    return file
  }

  /// The file, errors or not; what is wrong was shown.
  static func read(_ path: String, distinct: [String] = []) throws -> GraphFile {
    let file = GraphFile(try source(path), distinct: distinct)
    Console.raw(DiagnosticRenderer(Console.style).render(file.diagnostics, in: file.source))
    return file
  }

  static func source(_ path: String) throws -> SourceFile {
    let limit = ParseLimits().byteCount
    let bytes = try FileIO.read(path, maximumByteCount: limit)
    return SourceFile(name: path == FileIO.standardStream ? "<stdin>" : path, bytes: bytes)
  }

  /// The function that was asked for.
  func graph(in file: GraphFile) throws -> Graph {
    let names = file.graphs.map(\.name)
    if let function {
      if let graph = file.graphs.first(where: { $0.name == function }) { return graph }
      throw CommandError(
        .usage, "\(file.source.name) has no function \(function)",
        notes: ["it has \(names.joined(separator: ", "))"],
        help: Suggestion.help(for: function, in: names))
    }
    if let graph = file.graphs.first(where: { $0.name == "main" }) ?? file.graphs.last {
      return graph
    }
    throw CommandError(.badData, "\(file.source.name) has no function")
  }

  /// The function that was asked for, with what its inputs and outputs are called.
  func function(distinct: [String] = []) throws -> (graph: Graph, names: InterfaceNames) {
    let file = try load(distinct: distinct)
    let graph = try graph(in: file)
    return (graph, file.names(of: graph))
  }
}
