// `jit-grad run`: values and derivatives of a function for given inputs.
import ArgumentParser
import Autodiff
import Frontend
import Graph
import JIT

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Evaluate a function, with --grad also its derivative.",
    discussion: """
      Outputs are keyed by name: those of the function, then grad.NAME, jvp.OUT, hvp.NAME, \
      jacobian.OUT.NAME or hessian.A.B. The modes vjp, jvp and hvp take -i ct.OUT=… and \
      -i tan.NAME=…; a missing one is zero. Without any cotangent a single scalar output gets 1. \
      Names that hold = or , stand in backquotes.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var inputs: InputOptions
  @OptionGroup var derivative: OptionalDerivativeOptions
  @OptionGroup var threads: ThreadOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write all outputs to this .npz; - is stdout.", valueName: "out.npz"),
    completion: .file(extensions: ["npz"]))
  var output: String?

  @Flag(help: "Print one JSON object of nested lists.")
  var json = false

  @Flag(help: "Evaluate operation by operation, without the compiler.")
  var reference = false

  @Flag(help: "Compile by the system's C compiler first, for what runs for long.")
  var native = false

  @Flag(help: "Name the first operation that makes a NaN, and exit 1; evaluates like --reference.")
  var checkNan = false

  @Option(
    help: ArgumentHelp("Compare by name; exit 1 when they differ.", valueName: "file.npz"),
    completion: .file(extensions: ["npz"]))
  var expect: String?

  @Option(
    parsing: .unconditional,
    help: "For --expect, relative to the expected value; 1e-7 unless told, for f32 1e-4.")
  var rtol: Double?

  @Option(
    parsing: .unconditional,
    help: "For --expect, in units of the value; 1e-9 unless told, for f32 1e-5.")
  var atol: Double?

  @Flag(help: "Print on stderr how long each phase took.")
  var timings = false

  func run() throws {
    try threads.use()
    try checkOptions()
    var watch = Stopwatch()
    let graphFile = try file.load(distinct: derivative.derivative.distinct)
    let primal = try file.graph(in: graphFile)
    watch.lap("parse")
    let graph = try derivative.applied(to: primal, graphFile.names(of: primal))
    if derivative.grad { watch.lap("differentiation") }
    let expected = try expect.map { try InputOptions.readArchive($0, inputs.memoryLimit) }
    let advice = MemoryAdvice(
      primal: primal, names: graphFile.names(of: primal),
      derivative: derivative.grad ? derivative.derivative : nil, limit: inputs.memoryLimit)
    let outputs = try graphFile.source.placing(advice) {
      try evaluate(graph, of: primal, graphFile, advice, &watch)
    }
    try show(outputs)
    if timings { Console.raw(watch.text) }
    if let expected { try compare(outputs, expected) }
  }

  private func evaluate(
    _ graph: Graph, of primal: Graph, _ file: GraphFile, _ advice: MemoryAdvice,
    _ watch: inout Stopwatch
  ) throws -> [NamedTensor] {
    let limit = inputs.memoryLimit
    let stepLimit = try inputs.maxSteps
    // One state is the least; how many there may be is told by the memory that is left.
    let bind = try inputs.boundSizes()
    let isOpen = graph.leavesCheckpointsOpen && bind[Graph.checkpoints] == nil
    var bound = try BoundInputs(
      graph, of: primal, inputs.given(file.names(of: primal)),
      bind: isOpen ? bind.merging([Graph.checkpoints: 1]) { $1 } : bind)
    watch.lap("inputs")

    let tensors: [Tensor]
    if reference || checkNan {
      tensors = try evaluateByReference(graph, bound, file.source, stepLimit)
      watch.lap("reference")
    } else {
      let kernel = try Engine(nativeTier: native ? .required : .off).compile(graph)
      watch.lap("compile")
      try Memory.plan(kernel, &bound, isOpen: isOpen, advice)
      let arguments = try bound.tensors()
      watch.skip()
      tensors = try Memory.run(
        kernel, bound, arguments, limit: limit, stepLimit: stepLimit ?? .max)
      watch.lap("run")
    }
    return zip(graph.outputs, tensors).map { NamedTensor(name: $0.name, tensor: $1) }
  }

  private func checkOptions() throws {
    if let output, output.lowercased().hasSuffix(".npy") {
      throw CommandError(
        .usage, "-o writes an .npz, which holds all outputs by name, found \(output)",
        help: "write -o \(output.dropLast(4)).npz")
    }
    if let output, output.lowercased().hasSuffix(".json") {
      throw CommandError(
        .usage, "-o writes an .npz, found \(output)", help: "write --json > \(output)")
    }
    if json && output == FileIO.standardStream {
      throw CommandError(.usage, "--json and -o - both want stdout")
    }
    if native && (reference || checkNan) {
      throw CommandError(.usage, "--native compiles, and --reference and --check-nan do not")
    }
    if expect == nil && (rtol != nil || atol != nil) {
      throw CommandError(
        .usage, "--rtol and --atol are for --expect", help: "add --expect FILE.npz")
    }
    for (name, value) in [("--rtol", rtol), ("--atol", atol)] {
      if let value, !(value >= 0) {
        throw CommandError(.usage, "\(name) needs a number from 0 on, found \(value)")
      }
    }
  }

  private func evaluateByReference(
    _ graph: Graph, _ bound: BoundInputs, _ source: SourceFile, _ stepLimit: Int?
  ) throws -> [Tensor] {
    let memory = try Memory.ofReference(graph, bound, limit: inputs.memoryLimit)
    let arguments = try bound.tensors()
    var search =
      checkNan
      ? NaNSearch(graph, arguments, sizes: bound.sizes, stepLimit: stepLimit) : nil
    let tensors = try ReferenceEvaluator.run(
      graph, inputs: arguments, sizes: bound.sizes, stepLimit: stepLimit, memory: memory
    ) {
      search?.visit($0, $1)
    }
    if let finding = search?.finding(outputs: tensors) {
      finding.show(in: source)
      throw ExitCode.negative
    }
    return tensors
  }

  /// The file first; results that cannot be written are still printed.
  private func show(_ outputs: [NamedTensor]) throws {
    let failure: (any Error)?
    do {
      if let output {
        try FileIO.write(try NPZ.encode(outputs, file: output), to: output)
      }
      failure = nil
    } catch {
      failure = error
    }
    if output != FileIO.standardStream {
      if json {
        try Console.outRaw(OutputText.json(outputs))
      } else {
        try Console.out(OutputText.human(outputs))
      }
    }
    if let failure { throw failure }
  }

  private func compare(_ outputs: [NamedTensor], _ expected: [NamedTensor]) throws {
    let comparison = Comparison(outputs, expected) { dtype in
      let standard = Tolerance.standard(dtype)
      return Tolerance(
        relative: rtol ?? standard.relative, absolute: atol ?? standard.absolute)
    }
    if !comparison.notCompared.isEmpty {
      Console.tagged(
        .note,
        "\(expect ?? "") says nothing about "
          + comparison.notCompared.map(WrittenName.spelled).joined(separator: ", "))
    }
    if comparison.agrees { return }
    Console.raw(Console.printable(comparison.text))
    Console.tagged(.error, "the outputs differ from \(expect ?? "")")
    throw ExitCode.negative
  }
}
