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

  @Flag(help: "C as the system's compiler gets it for the second tier.")
  var native = false

  func run() throws {
    if native && stage != .c { throw CommandError(.usage, "--native is for the stage c") }
    if jit && native { throw CommandError(.usage, "--jit and --native are two spellings of C") }
    if jit && stage != .loops && stage != .c {
      throw CommandError(.usage, "--jit is for the stages loops and c")
    }
    if stage == .linearized || stage == .transposed, derivative.derivative.mode != nil {
      throw CommandError(
        .usage, "--mode is not for the stage \(stage.rawValue), which is that of one mode",
        help: "the derivative of a mode: --stage parsed or --stage simplified, with --grad")
    }
    let (primal, names) = try file.function(distinct: derivative.derivative.distinct)
    try Console.outRaw(try text(primal, names))
  }

  private func text(_ primal: Graph, _ names: InterfaceNames) throws -> String {
    switch stage {
    case .parsed: return try derivative.applied(to: primal, names).languageText
    case .simplified: return try derivative.applied(to: primal, names).simplified().languageText
    case .linearized:
      return try derivative.derivative.derivative(of: primal, names, mode: .jvp).languageText
    case .transposed:
      return try derivative.derivative.derivative(of: primal, names, mode: .vjp).languageText
    case .loops: return try program(primal, names).text
    case .c:
      let program = try program(primal, names)
      if native { return NativeSource(program).text }
      return jit
        ? JITSource(program).text
        : PortableSource(program, summary: EmitCommand.summary(program.name)).source
    }
  }

  private func program(_ primal: Graph, _ names: InterfaceNames) throws -> LoopProgram {
    lower(try derivative.applied(to: primal, names).simplified(), jit || native ? .jit : .portable)
  }
}
