// Loops and conditionals without what nobody needs: dead results, values that never change (they
// are captured instead of carried), equal values, literals that come from outside, and work that
// is the same in every step, which moves in front of the loop.
// Requires and establishes a well-typed graph with the same results, to the bit.
import Graph

/// Regions that are known to be simplified, so that a second look costs nothing.
final class SimplifiedRegions {
  private var known: Set<Region> = []

  func contains(_ region: Region) -> Bool { known.contains(region) }

  func simplified(_ region: Region) throws -> Region {
    if known.contains(region) { return region }
    return Region(
      try region.graph.simplified().unnamed(where: region.graph.outputs, in: region.graph))
  }

  /// Notes the regions of the operation that gave a value, which is in canonical form.
  func insert(regionsOf value: Value?, in graph: Graph) {
    guard let value, let node = graph.definingNode(of: value) else { return }
    known.formUnion(graph.nodes[node].operation.regions)
  }
}

extension Graph {
  /// The same region; its outputs name no value that had no name before. Names of results of regions
  /// are nobody's.
  fileprivate func unnamed(where outputs: [GraphOutput], in original: Graph) -> Graph {
    var graph = self
    for (old, new) in zip(outputs, self.outputs)
    where original.names[old.value] == nil && names[new.value] == new.name {
      graph.names[new.value] = nil
    }
    return graph
  }

  /// The same function with lean loops and conditionals, their regions simplified; `nil` where they
  /// are so already.
  func withLeanRegions(_ simplified: SimplifiedRegions) throws -> Graph? {
    let live = liveValues()
    var isChanged = false
    let lean = try rebuilt { operation, operands, results, builder in
      let isRead = results.map { live[Int($0.index)] }
      let made: [Value?]?
      switch operation {
      case let loop as Loop:
        made = try LeanLoop(loop, operands, isRead, simplified, in: builder)?.results
      case let conditional as Conditional:
        made = try leanConditional(conditional, operands, isRead, simplified, in: builder)
      default: return nil
      }
      if made != nil { isChanged = true }
      return made
    }
    return isChanged ? lean : nil
  }
}

/// A loop made lean in a new graph.
private struct LeanLoop {
  /// A value for each result of the loop as it was; `nil` where it was not read.
  var results: [Value?]

  /// Nothing where the loop is lean already.
  init?(
    _ loop: Loop, _ operands: [Value], _ isRead: [Bool], _ simplified: SimplifiedRegions,
    in builder: GraphBuilder
  ) throws {
    var isChanged = !loop.regions.allSatisfy(simplified.contains)
    let simple = Loop(
      body: try simplified.simplified(loop.body),
      condition: try loop.condition.map(simplified.simplified), bound: loop.bound,
      hasCount: loop.hasCount, carriedCount: loop.carriedCount, scannedCount: loop.scannedCount,
      isReversed: loop.isReversed, keep: loop.keep)
    results = [Value?](repeating: nil, count: isRead.count)
    var parts = try LoopParts(simple, operands)
    let live = LiveParts(simple, isRead)
    // Where each carried and yielded value that is left was at first.
    var carriedPlaces = live.carried.indices.filter { live.carried[$0] }
    let stackPlaces = live.stacks.indices.filter { live.stacks[$0] }
    let whole = parts.counts
    parts.carried = carriedPlaces.map { parts.carried[$0] }
    parts.yielded = stackPlaces.map { parts.yielded[$0] }
    parts.rows = parts.rows.indices.filter { live.rows[$0] }.map { parts.rows[$0] }
    parts.captured = parts.captured.indices.filter { live.captured[$0] }.map { parts.captured[$0] }

    // What never changes is captured. Where the loop need not end it is read from the loop all the same:
    // without the loop nobody would wait for it.
    for k in parts.carried.indices.reversed() where parts.carried[k].next == parts.carried[k].input
    {
      if loop.isEndless && isRead[carriedPlaces[k]] { continue }
      let constant = parts.carried.remove(at: k)
      results[carriedPlaces.remove(at: k)] = constant.initial
      parts.captured.append(
        LoopParts.Given(name: constant.name, operand: constant.initial, input: constant.input))
    }
    isChanged = isChanged || parts.counts != whole
    // What changes the body may lay more open.
    let (counts, nodes) = (parts.counts, parts.builder.nodeCount)
    try parts.sinkLiterals(builder)
    let places = try parts.mergeEqual()
    let count = parts.carried.count
    let splits = try parts.narrowSums(builder)
    let isOpen = parts.counts != counts || parts.builder.nodeCount != nodes
    let isHoisted = try parts.hoistInvariants(into: builder)
    if !isChanged && !isOpen && !isHoisted { return nil }

    let (lean, given) = try parts.assembled { isOpen ? try $0.simplified() : $0 }
    let made = try builder.apply(lean, given)
    simplified.insert(regionsOf: made.first, in: builder.graph)
    let sums = Self.carried(count, splits, made, builder)
    for (k, place) in zip(carriedPlaces, places.carried) { results[k] = sums[place] }
    for (k, place) in zip(stackPlaces, places.yielded) {
      results[loop.carriedCount + k] = made[lean.carriedCount + place]
    }
    results[loop.stepsResult] = made[lean.stepsResult]
  }

  /// The results for what was carried before sums were split.
  private static func carried(
    _ count: Int, _ splits: [SplitSum], _ made: ValueRange, _ builder: GraphBuilder
  ) -> [Value?] {
    var next = 0
    var carried: [Value?] = []
    for place in 0..<count {
      if splits.contains(where: { $0.place == place }) {
        carried.append(nil)
      } else {
        carried.append(made[next])
        next += 1
      }
    }
    for split in splits {
      carried[split.place] = split.whole(split.parts.indices.map { made[next + $0] }, builder)
      next += split.parts.count
    }
    return carried
  }
}

extension LoopParts {
  /// How many parts of each kind there are.
  fileprivate var counts: [Int] { [carried.count, rows.count, captured.count, yielded.count] }

  /// Captured literals, and arrays that are one, are made inside.
  fileprivate mutating func sinkLiterals(_ outside: GraphBuilder) throws {
    let graph = outside.graph
    var substitutes: [Value: (GraphBuilder, (Value) -> Term) -> Term] = [:]
    captured.removeAll { item in
      if let literal = graph.literal(item.operand) {
        substitutes[item.input] = { body, _ in body.constant(literal) }
        return true
      }
      if let node = graph.definingNode(of: item.operand),
        let broadcast = graph.nodes[node].operation as? Broadcast,
        let literal = graph.operands(of: node).first.flatMap({ graph.literal($0) })
      {
        substitutes[item.input] = { body, _ in
          body.constant(literal).broadcast(to: broadcast.shape, axes: [])
        }
        return true
      }
      return false
    }
    if !substitutes.isEmpty { try rebuild(replacing: substitutes) }
  }

  /// What is the same in every step is computed in front of the loop and captured.
  ///
  /// - Returns: whether there was any.
  fileprivate mutating func hoistInvariants(into outside: GraphBuilder) throws -> Bool {
    let graph = builder.graph
    // A loop without steps neither waits for one that never ends nor ends for want of a result, and asks
    // for no element of an empty array: what may do so stays inside, with all that reads it.
    let staying = graph.nodes.filter {
      $0.primitive.mayNotReturn || graph.needs(known, $0)
    }.flatMap { graph.results(of: $0) }
    let varying = graph.dependents(
      of: [index] + carried.map(\.input) + rows.map(\.input) + staying)
    let needed = graph.nodesNeeded(for: targets)
    let isSome = graph.nodes.indices.contains { number in
      needed[number] && graph.nodes[number].resultRange.contains { !varying[Int($0)] }
        && graph.canMoveOut(graph.nodes[number])
    }
    if !isSome { return false }
    var isWanted = [Bool](repeating: false, count: graph.types.count)
    for target in targets { isWanted[Int(target.index)] = true }
    for (number, node) in graph.nodes.enumerated() where needed[number] {
      if node.resultRange.contains(where: { varying[Int($0)] }) {
        for operand in graph.operands(of: node) { isWanted[Int(operand.index)] = true }
      }
    }
    // A view costs nothing inside; what it looks at is made outside.
    for (number, node) in graph.nodes.enumerated().reversed() where needed[number] {
      for result in graph.results(of: node)
      where isWanted[Int(result.index)] && !varying[Int(result.index)] && !graph.canMoveOut(node) {
        isWanted[Int(result.index)] = false
        for operand in graph.operands(of: node) { isWanted[Int(operand.index)] = true }
      }
    }
    let moved = graph.nodes.indices.filter { needed[$0] }.flatMap { number in
      graph.results(of: graph.nodes[number]).filter {
        isWanted[Int($0.index)] && !varying[Int($0.index)]
      }
    }
    if moved.isEmpty { return false }
    let names = UniqueNames(moved.map { graph.names[$0] ?? "fixed" })
    let part = graph.part(
      name, from: captured.map { ($0.name, $0.input) },
      to: moved.enumerated().map { (names[$0], $1) })
    let made = try outside.inline(part, captured.map { outside.term($0.operand) })
    captured += zip(moved, made).enumerated().map { k, pair in
      Given(name: names[k], operand: pair.1.value, input: pair.0)
    }
    // What only the moved work read is no longer captured.
    let isRead = graph.valuesRead(by: targets, stoppingAt: moved)
    captured.removeAll { !isRead[Int($0.input.index)] }
    return true
  }
}

extension Graph {
  /// Which values are `targets` or needed for them, where those in `known` need nothing.
  fileprivate func valuesRead(by targets: [Value], stoppingAt known: [Value]) -> [Bool] {
    var isKnown = [Bool](repeating: false, count: types.count)
    for value in known { isKnown[Int(value.index)] = true }
    var isRead = [Bool](repeating: false, count: types.count)
    var pending = targets
    while let value = pending.popLast() {
      if isRead[Int(value.index)] { continue }
      isRead[Int(value.index)] = true
      if !isKnown[Int(value.index)], let node = definingNode(of: value) {
        pending += operands(of: node)
      }
    }
    return isRead
  }

  /// Worth computing outside of a loop: it does more than look at something.
  fileprivate func canMoveOut(_ node: Node) -> Bool {
    if resultTypes(of: node).contains(where: { $0.shape.contains(where: \.isUnknown) }) {
      return false
    }
    return computingCost(of: node) > 0
  }
}

/// A conditional without results, and captured values, that nobody reads.
private func leanConditional(
  _ conditional: Conditional, _ operands: [Value], _ isRead: [Bool],
  _ simplified: SimplifiedRegions, in builder: GraphBuilder
) throws -> [Value?]? {
  let given = operands.dropFirst()
  if conditional.branches.allSatisfy(simplified.contains), isRead.allSatisfy({ $0 }),
    builder.literal(operands[0]) == nil, Set(given).count == given.count,
    conditional.reads(isRead).allSatisfy({ $0 })
  {
    return nil
  }
  let kept = isRead.indices.filter { isRead[$0] }
  let graphs = try conditional.branches.map { branch in
    try branch.graph.part(
      branch.graph.name, from: branch.graph.inputs.map { ($0.name, $0.value) },
      to: kept.map { (branch.graph.outputs[$0].name, branch.graph.outputs[$0].value) }
    ).simplified().unnamed(where: kept.map { branch.graph.outputs[$0] }, in: branch.graph)
  }
  var results = [Value?](repeating: nil, count: isRead.count)
  // A selector that is known chooses now.
  if let selector = builder.literal(operands[0]) {
    let chosen = graphs[conditional.branch(for: selector.integer)]
    let made = try builder.inline(chosen, operands.dropFirst().map(builder.term))
    for (k, term) in zip(kept, made) { results[k] = term.value }
    return results
  }
  let branches = graphs.map(Region.init)
  let whole = Conditional(cases: conditional.cases, branches: branches)
  let reads = whole.reads([Bool](repeating: true, count: kept.count)).dropFirst()
  // The same operand twice is one, and none that is not read.
  var first: [Value: Int] = [:]
  for (k, (operand, isRead)) in zip(given, reads).enumerated()
  where isRead && first[operand] == nil {
    first[operand] = k
  }
  let used = first.values.sorted()
  let regions = try branches.map { branch in
    let inner = GraphBuilder(name: branch.graph.name)
    var inputs: [Int: Term] = [:]
    for k in used {
      inputs[k] = inner.addInput(branch.graph.inputs[k].name, branch.inputTypes[k])
    }
    let arguments = zip(given, branch.inputTypes).map { operand, type in
      first[operand].flatMap { inputs[$0] } ?? inner.addHidden(type)
    }
    for (k, term) in try inner.inline(branch.graph, arguments).enumerated() {
      inner.addResult(branch.graph.outputs[k].name, term)
    }
    return Region(try inner.finished().pruned())
  }
  let made = try builder.apply(
    Conditional(cases: conditional.cases, branches: regions),
    [operands[0]] + used.map { operands[1 + $0] })
  simplified.insert(regionsOf: made.first, in: builder.graph)
  for (k, value) in zip(kept, made) { results[k] = value }
  return results
}
