// `jit-grad profile`: where the time of a call goes, nest by nest.
import ArgumentParser
import Frontend
import Graph
import JIT
import Lowering

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Time and bytes of each loop nest, with its source line.",
    discussion: """
      Calls run with a clock around each nest: a loop over elements, or a call as of a matrix product, \
      wherever it stands. What a clock itself takes, some 50 ns, is measured and subtracted; scalars and \
      the steps of loops are what remains. Bytes are those that the nest reads and writes, caches \
      ignored. What was fused into one nest counts, below the table, for the last of its lines. Inputs that \
      are not given are random, sizes that nothing tells about 64. With --grad it \
      is the derivative that is called.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var inputs: InputOptions
  @OptionGroup var derivative: OptionalDerivativeOptions
  @OptionGroup var threads: ThreadOptions

  @Option(help: "Time to spend on calls.")
  var seconds = 0.5

  @Option(help: "Show so many nests, those that take longest.")
  var top = 20

  @Flag(help: "Profile the second tier: compiled by the system's C compiler.")
  var native = false

  @Flag(help: "Print one JSON object, in nanoseconds and bytes a call.")
  var json = false

  func run() throws {
    guard seconds >= 0, seconds <= 3600 else {
      throw CommandError(.usage, "--seconds needs a number from 0 to 3600, found \(seconds)")
    }
    guard top >= 1 else {
      throw CommandError(.usage, "--top needs a number from 1 on, found \(top)")
    }
    try threads.use()
    let graphFile = try file.load(distinct: derivative.derivative.distinct)
    let primal = try file.graph(in: graphFile)
    let names = graphFile.names(of: primal)
    let graph = try derivative.applied(to: primal, names)
    let advice = MemoryAdvice(
      primal: primal, names: names, derivative: derivative.grad ? derivative.derivative : nil,
      limit: inputs.memoryLimit)
    let profile = try graphFile.source.placing(advice) {
      try Profile(graph, of: primal, names, inputs, advice, seconds: seconds, isNative: native)
    }
    if json {
      try Console.outRaw(profile.json.text() + "\n")
    } else {
      try Console.out(profile.text(top: top, of: graphFile.source))
    }
  }
}
