// `jit-grad bench`: how long each phase takes, for a function and its derivative.
import ArgumentParser
import Autodiff
import CEmit
import Frontend
import Graph
import JIT
import Lowering

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time parsing, differentiation, compiling and calls.",
    discussion: """
      Medians. Inputs that are not given are random, sizes that nothing tells about 64. The \
      derivative is the gradient, or a vjp where the function has no single scalar output. With \
      random inputs a loop that nothing bounds may make 100000 steps, or as many as --max-steps says; \
      where they make it go on beyond that, others are tried.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var inputs: InputOptions
  @OptionGroup var derivative: DerivativeOptions
  @OptionGroup var threads: ThreadOptions

  @Option(help: "Time to spend on each phase.")
  var seconds = 0.2

  @Flag(help: "Time calls in the second tier too: compiled by the system's C compiler.")
  var native = false

  @Flag(help: "Print one JSON object, in nanoseconds.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Compare with what --json wrote before, of the same function.", valueName: "file.json"),
    completion: .file(extensions: ["json"]))
  var compare: String?

  func run() throws {
    guard seconds >= 0, seconds <= 3600 else {
      throw CommandError(.usage, "--seconds needs a number from 0 to 3600, found \(seconds)")
    }
    try threads.use()
    let earlier = try compare.map(Self.read)
    let graphFile = try file.load(distinct: derivative.distinct)
    let primal = try file.graph(in: graphFile)
    let names = graphFile.names(of: primal)
    let mode =
      try derivative.mode ?? Self.mode(for: primal, DerivativeOptions.names(derivative.of, "--of"))
    let gradient = try derivative.derivative(of: primal, names, mode: mode)

    var phases: [(name: String, nanoseconds: Double)] = []
    phases.append(("parse", try time { _ = GraphFile(graphFile.source) }))
    phases.append(
      ("differentiate", try time { _ = try derivative.derivative(of: primal, names, mode: mode) }))
    let advice = MemoryAdvice(
      primal: primal, names: names, derivative: derivative.told(mode), limit: inputs.memoryLimit)
    let bound = try graphFile.source.placing(advice) {
      var bound = try SampleInputs.ending(primal, names, inputs, derivative: gradient)
      // The derivative needs more than the function.
      let isOpen = gradient.leavesCheckpointsOpen && bound.sizes[Graph.checkpoints] == nil
      try Memory.plan(Engine(nativeTier: .off).compile(gradient), &bound, isOpen: isOpen, advice)
      try measure("primal", primal, bound, &phases)
      try measure(mode.rawValue, gradient, bound, &phases)
      return bound
    }
    let calls = phases.filter { $0.name.hasSuffix(".call") }.map(\.nanoseconds)
    let ratio = calls.count == 2 && calls[0] > 0 ? calls[1] / calls[0] : .nan

    let report = JSON.object([
      .init(
        "file", .string(graphFile.source.name.split(separator: "/").last.map(String.init) ?? "")),
      .init("function", .string(primal.name)),
      .init("mode", .string(mode.rawValue)),
      .init(
        "sizes",
        .object(
          (primal.symbols + gradient.symbols.filter { !primal.symbols.contains($0) }).map {
            .init($0, bound.sizes[$0].map(JSON.integer) ?? .null)
          })),
      .init("nanoseconds", .object(phases.map { .init($0.name, .number($0.nanoseconds)) })),
      .init("ratio", .number(ratio)),
    ])
    if json {
      try Console.outRaw(report.text() + "\n")
    } else {
      try Console.out(Self.human(phases, ratio))
    }
    if let earlier {
      warnOfOther(earlier, than: report)
      let text = Self.comparison(phases, earlier)
      if json { Console.raw(text) } else { try Console.out("\n" + text) }
    }
  }

  /// The gradient where there is one, else a vjp.
  private static func mode(for graph: Graph, _ names: [String]?) -> DerivativeMode {
    let floats = graph.outputs.filter { names?.contains($0.name) ?? true }
      .map { graph.type(of: $0.value) }.filter(\.dtype.isFloat)
    return floats.count == 1 && floats[0].rank == 0 ? .gradient : .vjp
  }

  /// Lowering, compiling and calling of one graph.
  private func measure(
    _ name: String, _ graph: Graph, _ bound: BoundInputs,
    _ phases: inout [(name: String, nanoseconds: Double)]
  ) throws {
    let program = try lower(graph.simplified(), .jit)
    phases.append(
      ("\(name).lower", try time { _ = try lower(graph.simplified(), .jit) }))
    let source = JITSource(program).text
    phases.append(("\(name).emit", try time { _ = JITSource(program).text }))
    phases.append(
      (
        "\(name).compile",
        try time {
          _ = try TCCCompiler().compile(source, entries: [JITSource.entry])
        }
      ))
    let kernel = try Engine(nativeTier: .off).compile(graph)
    try Memory.check(kernel, bound, limit: inputs.memoryLimit)
    let arguments = try bound.tensors(for: graph)
    let (limit, stepLimit) = (inputs.memoryLimit, try inputs.maxSteps ?? .max)
    func call(_ kernel: Kernel) throws -> Double {
      try time {
        _ = try Memory.run(kernel, bound, arguments, limit: limit, stepLimit: stepLimit)
      }
    }
    phases.append(("\(name).call", try call(kernel)))
    if native {
      let kernel = try Engine(nativeTier: .required).compile(graph)
      phases.append(("\(name).native", try call(kernel)))
    }
  }

  /// The median of many runs, in nanoseconds; short ones are timed in groups.
  private func time(_ body: () throws -> Void) throws -> Double {
    let clock = ContinuousClock()
    try body()
    let once = try clock.measure(body).nanoseconds
    let group = max(1, Int(20_000 / max(once, 1)))
    let rounds = min(10_000, max(3, Int(seconds * 1e9 / max(once * Double(group), 1))))
    var times: [Double] = []
    let start = clock.now
    for _ in 0..<rounds {
      let span = try clock.measure { for _ in 0..<group { try body() } }
      times.append(span.nanoseconds / Double(group))
      if times.count >= 3, (clock.now - start).nanoseconds > seconds * 1e9 { break }
    }
    times.sort()
    return times[times.count / 2]
  }

  private static func human(
    _ phases: [(name: String, nanoseconds: Double)], _ ratio: Double
  ) -> String {
    let rows = phases.map { [$0.name, OutputText.duration(nanoseconds: $0.nanoseconds)] }
    return OutputText.table(rows + [["derivative / primal", OutputText.digits(ratio)]])
  }

  private static func read(_ path: String) throws -> JSON {
    guard let earlier = JSONReader.read(try FileIO.read(path, maximumByteCount: 1 << 24)),
      earlier["nanoseconds"] != nil
    else {
      throw CommandError(
        .badData, "\(path) is not what bench --json writes", help: "jit-grad bench … --json")
    }
    return earlier
  }

  /// Times of other things can be compared, but hardly are meant to be.
  private func warnOfOther(_ earlier: JSON, than report: JSON) {
    for name in ["file", "function", "mode", "sizes"] {
      // Older reports say less.
      guard let before = earlier[name], let now = report[name], before != now else { continue }
      let words = name == "sizes" ? "has other sizes" : "is of another \(name)"
      Console.tagged(
        .warning, "\(compare ?? "") \(words): \(Self.text(before)), now \(Self.text(now))")
    }
  }

  private static func text(_ value: JSON) -> String {
    switch value {
    case .string(let text): text
    case .object(let members):
      members.map { "\($0.name)=\($0.value.text())" }.joined(separator: ", ")
    default: value.text()
    }
  }

  private static func comparison(
    _ phases: [(name: String, nanoseconds: Double)], _ earlier: JSON
  ) -> String {
    let rows = phases.map { name, now in
      let before = earlier["nanoseconds"]?[name]?.double
      return [
        name, before.map { OutputText.duration(nanoseconds: $0) } ?? "-",
        OutputText.duration(nanoseconds: now),
        before.map { OutputText.digits(now / $0) } ?? "-",
      ]
    }
    return OutputText.table([["phase", "before", "now", "now / before"]] + rows)
  }
}
