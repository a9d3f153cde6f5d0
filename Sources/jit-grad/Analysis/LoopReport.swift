// What `info` says of loops: how many steps, what the derivative in reverse keeps of them, and how often
// it does steps again, before anything runs.
import Graph
import Lowering

/// A loop of a function, wherever it stands.
struct LoopReport {
  /// A value that it makes.
  let name: String?
  let line: Int?
  let keep: Keep
  /// The steps at most; `nil` where only the run tells.
  let bound: DimExpr?
  /// The steps that an input tells, if it was given.
  let count: Int?
  /// Whether it may end before its last step.
  let endsEarly: Bool

  /// All loops of a graph, outer ones before those inside.
  /// - Parameter number: the value of an i64 of the graph, if that is known.
  static func loops(in graph: Graph, number: (Value) -> Int? = { _ in nil }) -> [LoopReport] {
    var reports: [LoopReport] = []
    for node in graph.nodes {
      if let loop = node.operation as? Loop {
        reports.append(
          LoopReport(
            name: graph.results(of: node).lazy.compactMap { graph.names[$0] }.first,
            line: node.origin.line > 0 ? Int(node.origin.line) : nil, keep: loop.keep,
            bound: loop.bound,
            count: loop.hasCount ? graph.operands(of: node).first.flatMap(number) : nil,
            endsEarly: loop.condition != nil))
      }
      for region in node.operation.regions { reports += loops(in: region.graph) }
    }
    return reports
  }

  /// The steps at most, if the sizes or a given input tell them.
  private func steps(_ sizes: [String: Int]) -> Int? {
    guard let bound else { return count.map { max($0, 0) } }
    let most = try? bound.evaluate { sizes[$0] }
    return most.map { most in max(count.map { min($0, most) } ?? most, 0) }
  }

  /// How many steps the way back does again for each step of so many, if the sizes are known.
  private func repeatedSteps(of steps: Int, _ sizes: [String: Int]) -> Double? {
    if keep == .all || steps == 0 { return 0 }
    guard steps <= 10_000_000,
      let slots = try? keep.slots(bound: bound ?? DimExpr(steps))?.evaluate({ sizes[$0] })
    else { return nil }
    var keep = keep
    if case .every(let stride) = keep {
      guard let value = try? stride.evaluate({ sizes[$0] }) else { return nil }
      keep = .every(DimExpr(value))
    }
    return Double(keep.repeatedSteps(of: steps, slots: slots, isOnline: endsEarly))
      / Double(steps)
  }

  /// Numbers of steps for which it is told what they cost where nothing tells how many there are.
  private static let examples = [1_000, 1_000_000]

  /// The loop of which a step is done again most often: of how many steps, and how many times. Where
  /// nothing tells how many there are, of the first example.
  static func mostRepeated(
    _ loops: [LoopReport], _ sizes: [String: Int]
  ) -> (loop: LoopReport, steps: Int, times: Double)? {
    loops.compactMap { loop in
      let steps = loop.steps(sizes) ?? examples[0]
      return loop.repeatedSteps(of: steps, sizes).map { (loop, steps, $0) }
    }.max { $0.times < $1.times }
  }

  /// `the loop that makes y, line 3`
  var place: String {
    "the loop" + (name.map { " that makes \($0)" } ?? "") + (line.map { ", line \($0)" } ?? "")
  }

  func json(_ sizes: [String: Int]) -> JSON {
    let steps = keep == .all ? steps(sizes) ?? 0 : steps(sizes)
    var members: [JSON.Member] = [
      .init("makes", name.map(JSON.string) ?? .null),
      .init("line", line.map(JSON.integer) ?? .null),
      .init("steps", .string(bound.map { "\($0)" } ?? "known to the run only")),
    ]
    if count != nil, let steps { members.append(.init("given_steps", .integer(steps))) }
    members.append(.init("keeps", .string(keep.text)))
    if case .states(let states) = keep, states.constantValue == nil,
      let value = try? states.evaluate({ sizes[$0] })
    {
      members.append(.init("states", .integer(value)))
    }
    let again: JSON?
    if let steps {
      again = repeatedSteps(of: steps, sizes).map(JSON.number)
    } else {
      let examples = Self.examples.compactMap { steps in
        repeatedSteps(of: steps, sizes).map { JSON.Member("at_\(steps)", .number($0)) }
      }
      again = examples.isEmpty ? nil : .object(examples)
    }
    if let again { members.append(.init("steps_again", again)) }
    return .object(members)
  }
}

extension Graph {
  /// The value of an integer that follows from inputs that are known, without loops.
  /// - Parameter known: the inputs in order; `nil` for those that were not given.
  func number(_ value: Value, _ known: [Tensor?], _ sizes: [String: Int]) -> Int? {
    var read: Set<Value> = [value]
    for (node, isNeeded) in zip(nodes, nodesNeeded(for: [value])) where isNeeded {
      if node.hasRegions { return nil }
      read.formUnion(operands(of: node))
    }
    var arguments: [Tensor] = []
    for (input, tensor) in zip(inputs, known) {
      if tensor == nil, read.contains(input.value) { return nil }
      arguments.append(tensor ?? Tensor(zeros: type(of: input.value).dtype, shape: []))
    }
    let part = with(outputs: [GraphOutput(name: "number", value: value)])
    let results = try? ReferenceEvaluator.run(part, inputs: arguments, sizes: sizes)
    return results?.first?.integers.first.map { Int($0) }
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
        let origin = Int(program.stoppers[loop].origin.line)
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
