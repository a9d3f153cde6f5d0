// How the operands of a repeated segment become those of a step of a loop, for rolling.

/// One segment of a run, with what each operand is for all steps alike.
struct SegmentPlan {
  /// A result of a node of the segment.
  struct Source: Hashable {
    let offset: Int
    let result: Int

    init(_ offset: Int, _ result: Int) {
      self.offset = offset
      self.result = result
    }
  }

  enum Operand {
    case literal(Scalar)
    /// The k-th captured value.
    case captured(Int)
    /// Computed earlier in the same step; the value of step 0.
    case local(Value)
    /// The k-th carried value.
    case before(Int)
    /// The k-th row.
    case row(Int)
  }

  /// A value that a step gets from steps before it.
  struct Carried: Hashable {
    /// What it is: the result of so many steps before.
    let source: Source
    let distance: Int
    /// What it is in the first step; `nil` for one that no step reads.
    let first: Value?
    /// The carried value that it takes over at the end of a step; `nil` for the result itself.
    let next: Int?
  }

  private let graph: Graph
  private let run: Run
  private(set) var operands: [[Operand]] = []
  private(set) var captured: [Value] = []
  private(set) var carried: [Carried] = []
  /// One value a step.
  private(set) var rowSequences: [[Value]] = []
  /// Results that are read behind the loop: where the last one is carried, and those that are stacked.
  private(set) var last: [Source: Int] = [:]
  var stacked: [Source] = []

  private var capturedPlaces: [Value: Int] = [:]
  private var carriedPlaces: [Carried: Int] = [:]
  private var rowPlaces: [[Value]: Int] = [:]
  /// Values are looked for so many steps back.
  private static let mostStepsBack = 4

  /// - Returns: `nil` where an operand fits none of the kinds.
  init?(_ graph: Graph, _ run: Run) {
    self.graph = graph
    self.run = run
    for offset in 0..<run.period {
      let count = graph.nodes[run.start + offset].operandRange.count
      var kinds: [Operand] = []
      for k in 0..<count {
        guard let kind = operand(offset, k) else { return nil }
        kinds.append(kind)
      }
      operands.append(kinds)
    }
  }

  /// The value that a result has in a step.
  func value(_ offset: Int, _ result: Int, _ step: Int) -> Value {
    graph.results(of: graph.nodes[run.start + step * run.period + offset])[result]
  }

  /// Has the value of the last step as a result.
  mutating func carry(_ source: Source) {
    last[source] =
      carried.firstIndex { $0.source == source && $0.distance == 1 }
      ?? place(of: Carried(source: source, distance: 1, first: nil, next: nil))
  }

  private mutating func place(of value: Carried) -> Int {
    if let known = carriedPlaces[value] { return known }
    carried.append(value)
    carriedPlaces[value] = carried.count - 1
    return carried.count - 1
  }

  /// - Parameter first: what it is in the first steps.
  private mutating func place(of source: Source, first: ArraySlice<Value>) -> Int {
    let next = first.count > 1 ? place(of: source, first: first.dropFirst()) : nil
    return place(
      of: Carried(source: source, distance: first.count, first: first.first, next: next))
  }

  private mutating func operand(_ offset: Int, _ k: Int) -> Operand? {
    let first = node(offset, 0, k)
    if let literal = graph.literal(first),
      (1..<run.steps).allSatisfy({ node(offset, $0, k) == first })
    {
      return .literal(literal)
    }
    // A step that is far enough behind the first ones tells where it comes from.
    let probe = Swift.min(Self.mostStepsBack, run.steps - 1)
    for distance in 0...probe {
      guard let source = source(of: node(offset, probe, k), in: probe - distance),
        (distance..<run.steps).allSatisfy({
          self.source(of: node(offset, $0, k), in: $0 - distance) == source
        })
      else { continue }
      if distance == 0 { return .local(value(source.offset, source.result, 0)) }
      let first = (0..<distance).map { node(offset, $0, k) }
      // What stands in the steps before must be there before the loop.
      if first.contains(where: { (graph.definingNode(of: $0) ?? -1) >= run.start }) { return nil }
      return .before(place(of: source, first: first[...]))
    }
    let values = (0..<run.steps).map { node(offset, $0, k) }
    if values.allSatisfy({ $0 == first }) {
      if let known = capturedPlaces[first] { return .captured(known) }
      captured.append(first)
      capturedPlaces[first] = captured.count - 1
      return .captured(captured.count - 1)
    }
    // Rows are known before the loop begins.
    for value in values {
      if let node = graph.definingNode(of: value), node >= run.start { return nil }
    }
    if let known = rowPlaces[values] { return .row(known) }
    rowSequences.append(values)
    rowPlaces[values] = rowSequences.count - 1
    return .row(rowSequences.count - 1)
  }

  /// Operand k of a node in a step.
  private func node(_ offset: Int, _ step: Int, _ k: Int) -> Value {
    let node = graph.nodes[run.start + step * run.period + offset]
    return graph.operandList[Int(node.operandRange.lowerBound) + k]
  }

  /// Which result of the segment the value is in a step.
  private func source(of value: Value, in step: Int) -> Source? {
    guard let node = graph.definingNode(of: value) else { return nil }
    let begin = run.start + step * run.period
    guard node >= begin, node < begin + run.period else { return nil }
    return Source(node - begin, Int(value.index - graph.nodes[node].resultRange.lowerBound))
  }
}
