// `jit-grad grad`: the derivative of a function as a graph file.
import ArgumentParser
import Frontend
import Graph
import Lowering

struct GradCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grad", abstract: "Write the derivative of a function as a graph file.",
    discussion: """
      The file holds the function's outputs and the derivatives behind them. It is simplified, unless \
      --wrt names a value that is no input: simplification would make it one with what equals it, and \
      a derivative of the file by that name would be another one.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var derivative: DerivativeOptions

  @Flag(inversion: .prefixedNo, help: "Simplify the result, or do not.")
  var simplified: Bool?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "out.jg"),
    completion: .file(extensions: ["jg"]))
  var output: String = FileIO.standardStream

  func run() throws {
    let (primal, names) = try file.function(distinct: derivative.distinct)
    let graph = try derivative.derivative(of: primal, names)
    let inputs = primal.inputs.map(\.name)
    let isByInputs = try derivative.distinct.map(names.resolved).allSatisfy(inputs.contains)
    let text = (simplified ?? isByInputs ? try graph.simplified() : graph).languageText
    try FileIO.write(Array(text.utf8), to: output)
  }
}
