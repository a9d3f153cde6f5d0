// Rolling: segments of a graph that are repeated become loops of one segment, so that compile time and
// the size of the C follow the segment and not how often it is repeated. What is computed, and in which
// order, stays the same to the bit.
//
// A run is a stretch of nodes s, s + 1, …, s + R·p − 1 whose node j is of the same operation and type
// as node j + p. Position i of the segment has R values, one a step. An operand of a position is then
// one of these, for all steps alike:
//
//     the same value                                  captured
//     the value of a position in the same step        local
//     the value of a position in the step before      carried, beginning with what stands there first
//     anything else                                   a row: the values are stacked before the loop
//
// Rows are cheap where they are themselves values of one position of an earlier run, forward or
// backward (as a gradient reads what its function computed), or literals; few pieces may be joined.
// What is read behind the run becomes a result: of the last step a carried value, of others a row.

extension Graph {
  /// The same function with repeated segments as loops of one segment: the size of the C and the time
  /// to compile it follow the segment. The results are the same to the bit.
  ///
  /// - Parameters:
  ///   - leastSteps: runs of fewer steps stay as they are.
  ///   - longest: segments of more nodes are not looked for.
  public func rolled(leastSteps: Int = 8, longest: Int = 4096) -> Graph {
    // Numbers are no nodes of a segment: they may differ from step to step.
    guard let graph = try? withGeneratorsFirst() else { return self }
    let runs = RunSearch(graph, leastSteps: leastSteps, longest: longest).runs()
    if runs.isEmpty { return self }
    var rolling = Rolling(graph, leastSteps: leastSteps)
    return (try? rolling.graph(runs)) ?? self
  }

  private func withGeneratorsFirst() throws -> Graph {
    let (builder, given) = emptied()
    var renamed = given
    let live = liveNodes()
    for isGenerator in [true, false] {
      for (index, node) in nodes.enumerated()
      where live[index] && node.operandRange.isEmpty == isGenerator {
        builder.origin = node.origin
        let operands = operands(of: node).compactMap { renamed[Int($0.index)] }
        for (old, new) in zip(node.resultRange, try builder.copy(node, of: self, operands)) {
          renamed[Int(old)] = new
        }
      }
    }
    for output in outputs {
      if let value = renamed[Int(output.value.index)] {
        builder.addOutput(output.name, builder.term(value))
      }
    }
    return try builder.finished()
  }
}

/// A stretch of repeated nodes.
struct Run {
  let start: Int
  let period: Int
  let steps: Int

  var end: Int { start + period * steps }
}

/// Finds runs: by signatures of nodes, which say the operation, the types, and which operands stand
/// close by at which distance.
private struct RunSearch {
  private let signatures: [UInt64]
  private let leastSteps: Int
  private let longest: Int

  init(_ graph: Graph, leastSteps: Int, longest: Int) {
    self.leastSteps = leastSteps
    self.longest = longest
    // Operands further away may be rows of earlier steps, at a distance that changes.
    let near = 48
    signatures = graph.nodes.enumerated().map { index, node in
      var hasher = Hasher()
      hasher.combine(node.primitive.processHash)
      for result in node.resultRange { hasher.combine(graph.types[Int(result)]) }
      for operand in graph.operands(of: node) {
        // Inputs and numbers are the same for all steps.
        guard let source = graph.definingNode(of: operand), index - source < near,
          !graph.nodes[source].operandRange.isEmpty
        else {
          hasher.combine(0)
          continue
        }
        hasher.combine(index - source)
      }
      return UInt64(UInt(bitPattern: hasher.finalize()))
    }
  }

  /// Runs that do not overlap, in order.
  func runs() -> [Run] {
    var found: [Run] = []
    // Up to where nodes were seen to repeat at a distance: looked at once, however many of them begin there.
    var ends: [Int: Int] = [:]
    // Where a window of signatures stood last.
    let width = 4
    var last: [UInt64: Int] = [:]
    var position = 0
    while position + width <= signatures.count {
      var window: UInt64 = 0xcbf2_9ce4_8422_2325
      for k in 0..<width { window = (window ^ signatures[position + k]) &* 0x100_0000_01b3 }
      if let before = last[window], before >= (found.last?.end ?? 0),
        position - before <= longest, let run = run(from: before, period: position - before, &ends)
      {
        found.append(run)
        position = run.end
        continue
      }
      last[window] = position
      position += 1
    }
    return found
  }

  private func run(from start: Int, period: Int, _ ends: inout [Int: Int]) -> Run? {
    var end = max(start + period, ends[period] ?? 0)
    while end < signatures.count, signatures[end] == signatures[end - period] { end += 1 }
    ends[period] = end
    let steps = (end - start) / period
    return steps >= leastSteps ? Run(start: start, period: period, steps: steps) : nil
  }
}

/// The values of a position of a run, stacked.
private struct RolledPosition {
  let stack: Value
  let steps: Int
}

/// Builds the graph with loops.
private struct Rolling {
  private let old: Graph
  private let leastSteps: Int
  private let builder: GraphBuilder
  private var renamed: [Value?]
  /// For values inside runs that became loops: the stack, and the row in it.
  private var places: [Int32: (position: Int, step: Int)] = [:]
  private var positions: [RolledPosition] = []
  /// The last node that reads each value; outputs read behind all nodes.
  private var lastUse: [Int]

  init(_ graph: Graph, leastSteps: Int) {
    old = graph
    self.leastSteps = leastSteps
    var empty = Graph(named: graph.name)
    empty.takeConstraints(of: graph)
    builder = GraphBuilder(empty)
    renamed = [Value?](repeating: nil, count: graph.types.count)
    lastUse = [Int](repeating: -1, count: graph.types.count)
    for (index, node) in graph.nodes.enumerated() {
      for operand in graph.operands(of: node) { lastUse[Int(operand.index)] = index }
    }
    for output in graph.outputs { lastUse[Int(output.value.index)] = .max }
  }

  mutating func graph(_ runs: [Run]) throws -> Graph {
    for input in old.inputs {
      renamed[Int(input.value.index)] =
        builder.addInput(input.name, old.type(of: input.value)).value
    }
    var next = 0
    for run in runs {
      for node in next..<run.start { try copy(node) }
      next = try roll(run)
    }
    for node in next..<old.nodes.count { try copy(node) }
    for output in old.outputs {
      builder.addOutput(output.name, builder.term(try value(output.value)))
    }
    return try builder.finished().pruned()
  }

  private mutating func copy(_ index: Int) throws {
    let node = old.nodes[index]
    builder.origin = node.origin
    let operands = try old.operands(of: node).map { try value($0) }
    for (old, new) in zip(old.results(of: node), try builder.apply(node.operation, operands)) {
      renamed[Int(old.index)] = new
    }
  }

  /// The new value of an old one; that of a step of a loop is a row of its stack.
  private mutating func value(_ value: Value) throws -> Value {
    if let known = renamed[Int(value.index)] { return known }
    let place = try places[value.index].orThrow()
    let stack = positions[place.position].stack
    let type = old.type(of: value)
    let row = builder.term(stack).slice(
      axis: 0, from: DimExpr(place.step), to: DimExpr(place.step) + 1
    )
    .reshaped(to: type.shape)
    renamed[Int(value.index)] = row.value
    return row.value
  }

  // MARK: - One run

  /// Makes a loop of a run, or of its first steps; what does not fit is copied.
  /// - Returns: the first node behind.
  private mutating func roll(_ run: Run) throws -> Int {
    var run = run
    while run.steps >= leastSteps {
      guard let plan = SegmentPlan(old, run) else { break }
      let fitting = plan.rowSequences.map(stackableCount).min() ?? run.steps
      let first = Run(start: run.start, period: run.period, steps: Swift.min(fitting, run.steps))
      if first.steps < leastSteps { break }
      guard let part = first.steps == run.steps ? plan : SegmentPlan(old, first),
        try roll(first, part)
      else { break }
      run = Run(start: first.end, period: run.period, steps: run.steps - first.steps)
    }
    for node in run.start..<run.end { try copy(node) }
    return run.end
  }

  private mutating func roll(_ run: Run, _ plan: SegmentPlan) throws -> Bool {
    var plan = plan
    // What is read behind the run: the last step's values are carried, others are stacked.
    for offset in 0..<run.period {
      for k in old.results(of: old.nodes[run.start + offset]).indices {
        let isRead = (0..<run.steps).map { step in
          lastUse[Int(plan.value(offset, k, step).index)] >= run.end
        }
        let source = SegmentPlan.Source(offset, k)
        if isRead[run.steps - 1] { plan.carry(source) }
        if isRead.dropLast().contains(true) {
          if old.type(of: plan.value(offset, k, 0)).isUnbounded { return false }
          plan.stacked.append(source)
        }
      }
    }
    let made = try write(plan, run)
    for (source, k) in plan.last {
      renamed[Int(plan.value(source.offset, source.result, run.steps - 1).index)] = made[k].value
    }
    for (k, source) in plan.stacked.enumerated() {
      positions.append(
        RolledPosition(stack: made[plan.carried.count + k].value, steps: run.steps))
      for step in 0..<run.steps {
        let value = plan.value(source.offset, source.result, step)
        places[value.index] = (positions.count - 1, step)
      }
    }
    return true
  }

  private mutating func write(_ plan: SegmentPlan, _ run: Run) throws -> [Term] {
    let carry = try plan.carried.map { carried -> Term in
      if let first = carried.first { return builder.term(try value(first)) }
      return builder.zeros(
        old.type(of: plan.value(carried.source.offset, carried.source.result, 0)))
    }
    let rows = try plan.rowSequences.map { try stack($0) }
    let captured = try plan.captured.map { builder.term(try value($0)) }
    return try builder.loop(
      "segment", bound: DimExpr(run.steps), carry: carry, rows: rows, captured: captured
    ) { step in
      var local: [Int32: Value] = [:]
      func operand(_ kind: SegmentPlan.Operand) throws -> Value {
        switch kind {
        case .literal(let scalar): step.builder.constant(scalar).value
        case .captured(let k): step.captured[k].value
        case .row(let k): step.rows[k].value
        case .before(let k): step.carried[k].value
        case .local(let value): try local[value.index].orThrow()
        }
      }
      for offset in 0..<run.period {
        let node = old.nodes[run.start + offset]
        let operands = try plan.operands[offset].map(operand)
        for (old, new) in zip(
          old.results(of: node), try step.builder.apply(node.operation, operands))
        {
          local[old.index] = new
        }
      }
      func made(_ source: SegmentPlan.Source) throws -> Term {
        let value = plan.value(source.offset, source.result, 0)
        return step.builder.term(try local[value.index].orThrow())
      }
      let next = try plan.carried.map { carried in
        try carried.next.map { step.carried[$0] } ?? made(carried.source)
      }
      return (next, try plan.stacked.map(made))
    }
  }

  // MARK: - Rows

  /// Pieces of a sequence of values: rows of one stack, forward or backward, or single values.
  private enum Piece {
    case literals([Scalar])
    case rows(position: Int, first: Int, count: Int, isBackward: Bool)
    case single(Value)

    var count: Int {
      switch self {
      case .literals(let list): list.count
      case .rows(_, _, let count, _): count
      case .single: 1
      }
    }
  }

  private static let mostPieces = 6

  private func pieces(_ values: [Value]) -> [Piece] {
    var pieces: [Piece] = []
    for value in values {
      if let literal = old.literal(value) {
        if case .literals(let list)? = pieces.last {
          pieces[pieces.count - 1] = .literals(list + [literal])
        } else {
          pieces.append(.literals([literal]))
        }
        continue
      }
      guard let place = places[value.index] else {
        pieces.append(.single(value))
        continue
      }
      if case .rows(place.position, let first, let count, let isBackward)? = pieces.last,
        count == 1 && abs(place.step - first) == 1
          || place.step == (isBackward ? first - count : first + count)
      {
        pieces[pieces.count - 1] = .rows(
          position: place.position, first: first, count: count + 1,
          isBackward: place.step < first)
      } else {
        pieces.append(
          .rows(position: place.position, first: place.step, count: 1, isBackward: false))
      }
      if pieces.count > Self.mostPieces { break }
    }
    return pieces
  }

  /// How many of the values can be stacked.
  private func stackableCount(_ values: [Value]) -> Int {
    if old.type(of: values[0]).isUnbounded { return 0 }
    let pieces = pieces(values)
    return pieces.prefix(Self.mostPieces).reduce(0) { $0 + $1.count }
  }

  private mutating func stack(_ values: [Value]) throws -> Term {
    let type = old.type(of: values[0])
    let parts = try pieces(values).map { piece -> Term in
      switch piece {
      case .single(let single):
        return builder.term(try value(single)).reshaped(to: [1] + type.shape)
      case .literals(let list):
        let bytes = list.flatMap { Tensor(repeating: $0, shape: []).bytes }
        return builder.constant(Tensor(dtype: type.dtype, shape: [list.count], bytes: bytes))
      case .rows(let position, let first, let count, let isBackward):
        let stack = positions[position].stack
        let low = isBackward ? first - count + 1 : first
        let whole = builder.term(stack)
        let part =
          count == positions[position].steps
          ? whole : whole.slice(axis: 0, from: DimExpr(low), to: DimExpr(low + count))
        return isBackward ? builder.applying(Reverse(axes: [0]), [part]) : part
      }
    }
    return parts.count == 1 ? parts[0] : builder.applying(Concatenate(axis: 0), parts)
  }
}

extension Optional {
  fileprivate func orThrow() throws -> Wrapped {
    guard let self else { throw TypeRuleError("a value is read before it is defined") }
    return self
  }
}
