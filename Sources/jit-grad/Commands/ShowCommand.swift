// `jit-grad show`: what a function has become at a station of the compiler.
import ArgumentParser
import CEmit
import Frontend
import Graph
import JIT
import Lowering

struct ShowCommand: ParsableCommand {
  enum Stage: String, CaseIterable, ExpressibleByArgument {
    case parsed, simplified, linearized, transposed, loops, c
  }

  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a function at a stage of the compiler.",
    discussion: """
      parsed and simplified are graphs, linearized is the graph of the mode jvp and transposed that \
      of the mode vjp, all in the graph language; loops are the loop nests, c is the C. With --grad \
      parsed, simplified, loops and c show the derivative.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var derivative: OptionalDerivativeOptions

  @Option(help: "The stage.")
  var stage: Stage

  @Flag(help: "Loops and C as they are made for this process, not for shipping.")
  var jit = false

  func run() throws {
    if jit && stage != .loops && stage != .c {
      throw CommandError(.usage, "--jit is for the stages loops and c")
    }
    let primal = try file.graph(distinct: derivative.derivative.distinct)
    try Console.outRaw(try text(primal))
  }

  private func text(_ primal: Graph) throws -> String {
    switch stage {
    case .parsed: return try derivative.applied(to: primal).languageText
    case .simplified: return try derivative.applied(to: primal).simplified().languageText
    case .linearized:
      return try derivative.derivative.derivative(of: primal, mode: .jvp).languageText
    case .transposed:
      return try derivative.derivative.derivative(of: primal, mode: .vjp).languageText
    case .loops: return try program(primal).text
    case .c:
      let program = try program(primal)
      return jit
        ? JITSource(program).text
        : PortableSource(program, summary: EmitCommand.summary(program.name)).source
    }
  }

  private func program(_ primal: Graph) throws -> LoopProgram {
    lower(try derivative.applied(to: primal).simplified(), jit ? .jit : .portable)
  }
}
