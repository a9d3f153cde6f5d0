// Which derivative: --mode, --wrt, --of, --direction, and the graph they ask for.
import ArgumentParser
import Autodiff
import Frontend
import Graph

extension DerivativeMode: ExpressibleByArgument {}
extension JacobianDirection: ExpressibleByArgument {}

/// What to differentiate, for commands that always do.
struct DerivativeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "By which inputs or named values, as a,b,c; unless told every float input.",
      valueName: "names"))
  var wrt: String?

  @Option(
    help: ArgumentHelp(
      "Which outputs, as a,b,c; unless told every float output.", valueName: "names"))
  var of: String?

  @Option(help: "The derivative; gradient unless told.")
  var mode: DerivativeMode?

  @Option(help: "How a Jacobian is made: by columns, by rows, or what takes fewer.")
  var direction: JacobianDirection = .automatic

  @Flag(
    help: """
      Loops keep states for the way back and do steps again, instead of keeping everything: as many \
      as fit into --max-memory, or --bind checkpoints=N.
      """)
  var checkpoint = false

  /// The names of `--wrt`, which reading the file keeps apart from equal values.
  var distinct: [String] {
    get throws { try Self.names(wrt, "--wrt") ?? [] }
  }

  /// The same with a mode.
  func told(_ mode: DerivativeMode) -> DerivativeOptions {
    var options = self
    options.mode = mode
    return options
  }

  /// The derivative of a graph, whose inputs and outputs may be called by other names.
  func derivative(
    of graph: Graph, _ names: InterfaceNames, mode: DerivativeMode? = nil
  ) throws -> Graph {
    try graph.derivative(
      mode ?? self.mode ?? .gradient, wrt: try Self.names(wrt, "--wrt")?.map(names.resolved),
      of: try Self.names(of, "--of")?.map(names.resolved), direction: direction,
      isCheckpointed: checkpoint)
  }

  /// The names in `a,b`.
  static func names(_ text: String?, _ option: String) throws -> [String]? {
    guard let text else { return nil }
    guard let names = WrittenName.list(text) else {
      throw CommandError(
        .usage, "\(option) needs names, found \(text)",
        help: "write \(option) a,b; a name that holds a comma stands in backquotes")
    }
    for (k, name) in names.enumerated() where names[..<k].contains(name) {
      throw CommandError(.usage, "\(option) names \(name) twice")
    }
    return names
  }
}

/// The same, for commands that differentiate on request.
struct OptionalDerivativeOptions: ParsableArguments {
  @Flag(help: "The derivative too.")
  var grad = false

  @OptionGroup var derivative: DerivativeOptions

  /// The graph, or its derivative if that was asked for.
  func applied(to graph: Graph, _ names: InterfaceNames) throws -> Graph {
    if grad { return try derivative.derivative(of: graph, names) }
    try check()
    return graph
  }

  /// - Throws: `CommandError` for options that would have no effect.
  func check() throws {
    let isPlain =
      derivative.wrt == nil && derivative.of == nil && derivative.mode == nil
      && derivative.direction == .automatic && !derivative.checkpoint
    if !grad && !isPlain {
      throw CommandError(
        .usage, "--wrt, --of, --mode, --direction and --checkpoint tell which derivative",
        help: "add --grad")
    }
  }
}
