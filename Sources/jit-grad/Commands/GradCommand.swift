// `jit-grad grad`: the derivative of a function as a graph file.
import ArgumentParser
import Frontend
import Graph
import Lowering

struct GradCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grad", abstract: "Write the derivative of a function as a graph file.",
    discussion: "The file holds the function's outputs and the derivatives behind them.")

  @OptionGroup var file: FileOptions
  @OptionGroup var derivative: DerivativeOptions

  @Flag(inversion: .prefixedNo, help: "Simplify the result.")
  var simplified = true

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to this file.", valueName: "out.jg"),
    completion: .file(extensions: ["jg"]))
  var output: String = FileIO.standardStream

  func run() throws {
    let (primal, names) = try file.function(distinct: derivative.distinct)
    let graph = try derivative.derivative(of: primal, names)
    let text = (simplified ? graph.simplified() : graph).languageText
    try FileIO.write(Array(text.utf8), to: output)
  }
}
