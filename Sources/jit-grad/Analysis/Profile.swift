// What the clocks of a profiled kernel say, and what that means: time and bytes a call.
import Frontend
import Graph
import JIT
import Lowering

struct Profile {
  /// One nest: times and bytes of a call, all its runs together.
  struct Row {
    var notes: [Note]
    var runs: Double
    var nanoseconds: Double
    /// Read and written; `nil` where only the run tells how many.
    var byteCount: Double?
  }

  /// Those that took longest first.
  private(set) var rows: [Row]
  /// A call without clocks.
  let whole: Double
  /// What a call with clocks takes outside of all nests.
  let rest: Double

  /// - Throws: what calls throw.
  init(
    _ graph: Graph, of primal: Graph, _ names: InterfaceNames, _ inputs: InputOptions,
    _ advice: MemoryAdvice, seconds: Double, isNative: Bool
  ) throws {
    var bound = try SampleInputs.ending(primal, names, inputs, derivative: graph)
    let isOpen = graph.leavesCheckpointsOpen && bound.sizes[Graph.checkpoints] == nil
    let kernel = try Engine(nativeTier: isNative ? .required : .off).compile(graph)
    try Memory.plan(kernel, &bound, isOpen: isOpen, advice)
    let arguments = try bound.tensors(for: graph)
    let (limit, stepLimit) = (inputs.memoryLimit, try inputs.maxSteps ?? .max)
    func call(_ kernel: Kernel) throws {
      _ = try Memory.run(kernel, bound, arguments, limit: limit, stepLimit: stepLimit)
    }
    /// Calls for half of the time, and how long one took.
    func repeated(_ kernel: Kernel) throws -> (count: Int, nanoseconds: Double) {
      let (clock, end) = (ContinuousClock(), ContinuousClock.now + .seconds(seconds / 2))
      let start = clock.now
      var count = 0
      repeat {
        try call(kernel)
        count += 1
      } while clock.now < end
      return (count, (clock.now - start).nanoseconds / Double(count))
    }
    // The first call finds cold caches.
    try call(kernel)
    whole = try repeated(kernel).nanoseconds

    let profiled = try ProfiledKernel(graph, native: isNative)
    try call(profiled.kernel)
    let overhead = ProfiledKernel.overhead()
    var (count, total) = (0, 0.0)
    let measured = try profiled.measured { (count, total) = try repeated(profiled.kernel) }
    rows = zip(profiled.nests, measured).map { nest, clock in
      let runs = Double(clock.runs) / Double(count)
      let cost = ProgramCost(of: [nest.statement], in: profiled.program)
      let bytes = try? (cost.bytesRead + cost.bytesWritten).evaluate { bound.sizes[$0] }
      let isKnown = cost.calls.isEmpty
      return Row(
        notes: nest.notes, runs: runs,
        nanoseconds: max(0, Double(clock.nanoseconds) / Double(count) - runs * overhead.shown),
        byteCount: isKnown ? bytes.map { Double($0) * runs } : nil)
    }
    let runs = rows.reduce(0) { $0 + $1.runs }
    rest = max(0, total - runs * overhead.passed - rows.reduce(0) { $0 + $1.nanoseconds })
    rows = rows.filter { $0.runs > 0 }.sorted { $0.nanoseconds > $1.nanoseconds }
  }

  /// A table, and the lines of the source that take longest.
  func text(top: Int, of source: SourceFile) -> String {
    let total = rows.reduce(rest) { $0 + $1.nanoseconds }
    func share(_ nanoseconds: Double) -> String {
      total > 0 ? "\((1000 * nanoseconds / total).rounded() / 10) %" : "-"
    }
    var table = [["time", "share", "runs", "bytes", "GB/s", "what"]]
    for row in rows.prefix(top) {
      table.append([
        OutputText.duration(nanoseconds: row.nanoseconds), share(row.nanoseconds),
        OutputText.digits(row.runs), row.byteCount.map { OutputText.digits($0) } ?? "-",
        row.byteCount.map { OutputText.digits($0 / max(row.nanoseconds, 1)) } ?? "-",
        row.notes.isEmpty ? "-" : row.notes.text(),
      ])
    }
    let others = rows.dropFirst(top)
    if !others.isEmpty {
      let time = others.reduce(0) { $0 + $1.nanoseconds }
      table.append([
        OutputText.duration(nanoseconds: time), share(time), "", "", "",
        "\(others.count) more",
      ])
    }
    table.append([
      OutputText.duration(nanoseconds: rest), share(rest), "", "", "",
      "outside of nests: scalars, steps of loops, the call itself",
    ])
    table.append([OutputText.duration(nanoseconds: whole), "", "", "", "", "a call without clocks"])
    return OutputText.table(table, alignment: .lastLeft) + lines(of: source, share)
  }

  /// The lines of the source behind the nests that take longest.
  private func lines(of source: SourceFile, _ share: (Double) -> String) -> String {
    var times: [Int32: Double] = [:]
    for row in rows {
      // What was fused cannot be told apart: it counts for the last line of it.
      guard let line = row.notes.map(\.origin.line).max(), line > 0 else { continue }
      times[line, default: 0] += row.nanoseconds
    }
    let most = times.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
    if most.isEmpty { return "" }
    let table = most.map { line, time in
      [share(time), "line \(line)", Console.printable(source.text(source.lineSpan(Int(line))))]
    }
    return "\n" + OutputText.table(table, alignment: .lastLeft)
  }

  var json: JSON {
    .object([
      .init("call", .number(whole)), .init("rest", .number(rest)),
      .init(
        "nests",
        .array(
          rows.map { row in
            .object([
              .init("what", .string(row.notes.text())),
              .init(
                "lines",
                .array(Set(row.notes.map(\.origin.line)).sorted().map { .integer(Int($0)) })),
              .init("runs", .number(row.runs)), .init("nanoseconds", .number(row.nanoseconds)),
              .init("bytes", row.byteCount.map { .number($0) } ?? .null),
            ])
          })),
    ])
  }
}
