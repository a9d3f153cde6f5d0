// `jit-grad verify`: a function and its derivatives against the laws they must obey.
import ArgumentParser
import Frontend
import Graph
import JIT

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check a function and its derivatives; name what is wrong.",
    discussion: """
      At the given inputs, or random ones: compiled code against the reference, the jvp against \
      central differences, and ⟨w, Jv⟩ = ⟨Jᵀw, v⟩. When one fails, every operation is checked by \
      itself, in loops and conditionals on the values of their last steps, and the first wrong one is \
      named, or the @jvp or @vjp that is wrong; the exit code is 1. Sizes that nothing tells are \
      small. A loop that nothing bounds may make 100000 steps, or as many as --max-steps says; where \
      random inputs make it go on beyond that, others are tried.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var inputs: InputOptions

  @Option(help: "Of the random inputs and directions.")
  var seed: UInt64 = 1

  @Flag(help: "Verify every function of the file.")
  var all = false

  func run() throws {
    let graphFile = try file.load()
    if all && file.function != nil {
      throw CommandError(.usage, "--all and --function exclude each other")
    }
    let graphs = all ? graphFile.graphs : [try file.graph(in: graphFile)]
    var isRight = true
    for graph in graphs {
      isRight = try graphFile.source.placing { try verify(graph, graphFile) } && isRight
    }
    if !isRight { throw ExitCode.negative }
  }

  private func verify(_ graph: Graph, _ file: GraphFile) throws -> Bool {
    let laws = try point(graph, file.names(of: graph))
    let verification = Verification(laws: laws)
    let results = try verification.run()
    let sizes = graph.symbols.compactMap { name in laws.sizes[name].map { "\(name)=\($0)" } }
    try Console.out(
      "\(graph.name)" + (sizes.isEmpty ? "" : " at \(sizes.joined(separator: ", "))") + "\n"
        + results.map(Self.line).joined())
    guard results.contains(where: \.result.isFailure) else { return true }
    if let culprit = try verification.culprit() {
      Self.show(culprit, file.source)
    } else {
      Console.tagged(.error, "every operation is right by itself; only together they are wrong")
    }
    return false
  }

  /// Inputs at which the function is finite, if the first few kinds of random ones have it, and at
  /// which its loops end.
  private func point(_ graph: Graph, _ names: InterfaceNames) throws -> Laws {
    let given = try inputs.given(names)
    let stepLimit = try inputs.maxSteps ?? SampleInputs.stepLimit
    let isRandom = graph.inputs.contains { given[$0.name] == nil }
    var (first, endless): (Laws?, Laws?)
    for (distribution, seed) in SampleInputs.attempts(seed) {
      let bound = try SampleInputs.bound(
        graph, names, inputs, scale: 4, seed: seed, distribution: distribution)
      _ = try Memory.ofReference(graph, bound, limit: inputs.memoryLimit)
      let laws = Laws(
        graph: graph, inputs: try bound.tensors(), sizes: bound.sizes,
        engine: Engine(nativeTier: .off),
        seed: self.seed, stepLimit: stepLimit)
      if isRandom, try !laws.ends() {
        endless = endless ?? laws
        continue
      }
      if try laws.outputs().allSatisfy({ $0.doubles.allSatisfy(\.isFinite) }) { return laws }
      first = first ?? laws
      // Other seeds are for loops that do not end.
      if distribution == .uniform { break }
    }
    if let first { return first }
    guard let endless else { throw CommandError(.internalError, "no point was tried") }
    do {
      // Where the reference ends, compiled code is what is wrong.
      _ = try endless.outputs()
      return endless
    } catch ExecutionError.stepLimit {
      throw SampleInputs.endless(graph, stepLimit)
    }
  }

  private static func line(_ law: VerifiedLaw) -> String {
    switch law.result {
    case .holds(let distance):
      "  ok      \(law.name), within \(OutputText.scientific(distance))\n"
    case .fails(let details): "  wrong   \(law.name): \(details)\n"
    case .open(let reason): "  open    \(law.name): \(reason)\n"
    }
  }

  private static func show(_ culprit: Culprit, _ source: SourceFile) {
    let message = "the first operation that is wrong is \(culprit.name)"
    let notes = ["\(culprit.law): \(culprit.details)"]
    if let offset = source.offset(of: culprit.origin) {
      let diagnostic = Diagnostic(message, at: SourceSpan(offset, offset + 1), notes: notes)
      Console.raw(DiagnosticRenderer(Console.style).render(diagnostic, in: source))
    } else {
      Console.tagged(.error, message)
      for note in notes { Console.tagged(.note, note) }
    }
  }
}
