// `jit-grad check`: all that is wrong with a graph file, and the signatures of its functions.
import ArgumentParser
import Frontend
import Graph

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Report all errors of a graph file; print its signatures.")

  @OptionGroup var file: FileOptions

  @Flag(help: "Print also the conditions on sizes that are checked at the call.")
  var guards = false

  func run() throws {
    let graphFile = try file.load()
    let graphs =
      file.function == nil ? graphFile.graphs : [try file.graph(in: graphFile)]
    try Console.out(graphs.map(text).joined())
  }

  private func text(_ graph: Graph) -> String {
    func list(_ values: [(name: String, value: Value)]) -> String {
      values.map { "\(WrittenName.spelled($0.name)): \(graph.type(of: $0.value))" }.joined(
        separator: ", ")
    }
    let inputs = list(graph.inputs.map { ($0.name, $0.value) })
    let outputs = list(graph.outputs.map { ($0.name, $0.value) })
    var text = "\(WrittenName.spelled(graph.name))(\(inputs)) -> (\(outputs))"
    let declared = graph.constraints.map(\.description)
    if !declared.isEmpty { text += " where \(declared.joined(separator: ", "))" }
    text += "\n"
    if guards {
      for (condition, node) in graph.guards() {
        guard let node else { continue }
        let place = graph.nodes[node]
        let line = place.origin.line > 0 ? ", line \(place.origin.line)" : ""
        text += "  \(condition) (\(place.calledName)\(line))\n"
      }
    }
    return text
  }
}
