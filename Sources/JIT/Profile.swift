// Where the time of a call goes: a kernel with a clock around each of its nests, beside the kernel as it is.
import Graph
import Lowering
import runtime

/// A kernel that measures itself.
package struct ProfiledKernel {
  /// What its clocks measure, in the order of the program.
  package let nests: [TimedNest]
  /// With clocks; to be called within `measured`.
  package let kernel: Kernel
  /// The program without them.
  package let program: LoopProgram

  /// - Parameter native: whether it runs in the second tier.
  /// - Throws: what compiling throws; `NativeError` where the second tier is not to be had.
  package init(_ graph: Graph, native: Bool) throws {
    program = lower(try graph.simplified(), .jit)
    let (timed, nests) = program.withClocks()
    let compiled = try CompiledProgram(timed, native ? NativeCounters() : nil)
    if native { try compiled.compileNatively() }
    self.nests = nests
    kernel = Kernel(graph, compiled, WorkspacePool())
  }

  /// Runs calls of the kernel, on this thread, and tells how often each nest ran and how long it took.
  package func measured(
    _ calls: () throws -> Void
  ) rethrows -> [(runs: Int, nanoseconds: Int)] {
    var clocks = [jg_clock](repeating: jg_clock(), count: max(1, nests.count))
    try clocks.withUnsafeMutableBufferPointer {
      jg_clock_use($0.baseAddress)
      defer { jg_clock_use(nil) }
      try calls()
    }
    return nests.indices.map { (Int(clocks[$0].runs), Int(clocks[$0].nanoseconds)) }
  }

  /// What a clock itself takes that starts and stops: nanoseconds that it shows, and that pass besides.
  package static func overhead() -> (shown: Double, passed: Double) {
    var clock = jg_clock()
    let count = 10_000
    let time = ContinuousClock().measure {
      jg_clock_use(&clock)
      for _ in 0..<count {
        jg_clock_start(0)
        jg_clock_stop(0)
      }
      jg_clock_use(nil)
    }
    let passed = time / .nanoseconds(1) / Double(count)
    return (Double(clock.nanoseconds) / Double(count), passed)
  }
}
