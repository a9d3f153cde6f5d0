// What `info` says of loops: how many steps, what the derivative in reverse keeps of them, and how often
// it does steps again, before anything runs.
import Graph
import Lowering

/// A loop of a function, wherever it stands.
struct LoopReport {
  let line: Int?
  let keep: Keep
  /// The steps at most; `nil` where only the run tells.
  let bound: DimExpr?
  /// Whether it may end before its last step.
  let endsEarly: Bool

  /// All loops of a graph, outer ones before those inside.
  static func loops(in graph: Graph) -> [LoopReport] {
    var reports: [LoopReport] = []
    for node in graph.nodes {
      if let loop = node.operation as? Loop {
        reports.append(
          LoopReport(
            line: node.origin.line > 0 ? Int(node.origin.line) : nil, keep: loop.keep,
            bound: loop.bound, endsEarly: loop.condition != nil))
      }
      for region in node.operation.regions { reports += loops(in: region.graph) }
    }
    return reports
  }

  /// How many steps the way back does again for each step, if the sizes are known.
  func repeatedSteps(_ sizes: [String: Int]) -> Double? {
    if keep == .all { return 0 }
    guard let steps = try? bound?.evaluate({ sizes[$0] }), steps > 0, steps <= 10_000_000,
      let slots = try? keep.slots(bound: bound)?.evaluate({ sizes[$0] })
    else { return nil }
    var keep = keep
    if case .every(let stride) = keep, let value = try? stride.evaluate({ sizes[$0] }) {
      keep = .every(DimExpr(value))
    }
    return Double(keep.repeatedSteps(of: steps, slots: slots, isOnline: endsEarly))
      / Double(steps)
  }

  func json(_ sizes: [String: Int]) -> JSON {
    .object([
      .init("line", line.map(JSON.integer) ?? .null),
      .init("steps", .string(bound.map { "\($0)" } ?? "known to the run only")),
      .init("keeps", .string(keep.text)),
      .init("steps_again", repeatedSteps(sizes).map(JSON.number) ?? .null),
    ])
  }
}

/// What a loop keeps of each step where only the run tells how many there will be.
struct GrowingRows {
  let line: Int?
  /// Of the rows of one step.
  var byteCount: DimExpr

  /// One for each line with such loops, in the order of the program; what the way back keeps of a loop
  /// has the loop's line.
  static func all(in program: LoopProgram) -> [GrowingRows] {
    var found: [GrowingRows] = []
    for statement in program.body {
      statement.forEach {
        guard case .grow(let buffer, _, let loop) = $0 else { return }
        let origin = Int(program.checkedLoops[loop].origin.line)
        let line = origin > 0 ? origin : nil
        let (shape, dtype) = (program.buffers[buffer].shape, program.buffers[buffer].dtype)
        let bytes = shape.dropFirst().reduce(DimExpr(dtype.byteCount), *)
        if let k = found.firstIndex(where: { $0.line == line }) {
          found[k].byteCount = found[k].byteCount + bytes
        } else {
          found.append(GrowingRows(line: line, byteCount: bytes))
        }
      }
    }
    return found
  }
}
