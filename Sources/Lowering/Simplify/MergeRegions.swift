// Two loops that make the same steps on the same values become one, and so do two conditionals with
// the same selector: a function and its tangent, a forward loop and the one that keeps what its
// transpose reads, loops that were written twice.
// Requires and establishes a well-typed graph with the same results, to the bit.
import Graph

extension Graph {
  /// The same function with loops and conditionals merged where neither waits for the other; `nil`
  /// where there are none to merge.
  func withMergedRegions() -> Graph? {
    var graph: Graph?
    while let merged = (graph ?? self).firstMerge() { graph = merged }
    return graph
  }

  /// The graph with two of its nodes merged, if there are such.
  private func firstMerge() -> Graph? {
    let live = liveNodes()
    let candidates = nodes.indices.filter { live[$0] && nodes[$0].hasRegions }
    for (place, later) in candidates.enumerated() {
      for earlier in candidates[..<place] where !depends(later, on: earlier) {
        let merged: Merge?
        switch (nodes[earlier].operation, nodes[later].operation) {
        case (let a as Loop, let b as Loop):
          merged = try? Merge(
            a, Array(operands(of: earlier)), b, Array(operands(of: later)))
        case (let a as Conditional, let b as Conditional):
          merged = try? Merge(
            a, Array(operands(of: earlier)), b, Array(operands(of: later)))
        default: merged = nil
        }
        if let merged { return replacing(earlier, later, by: merged) }
      }
    }
    return nil
  }

  /// Whether a node needs a result of an earlier one.
  private func depends(_ node: Int, on earlier: Int) -> Bool {
    nodesNeeded(for: Array(operands(of: node)))[earlier]
  }

  /// The graph with one node for two; in an order in which operands stand before uses.
  private func replacing(_ earlier: Int, _ later: Int, by merged: Merge) -> Graph {
    let (builder, given) = emptied()
    var renamed = given
    var pending = outputs.reversed().compactMap { definingNode(of: $0.value) }
    var isDone = [Bool](repeating: false, count: nodes.count)
    while let node = pending.last {
      let isPair = node == earlier || node == later
      let operands = isPair ? merged.operands : Array(self.operands(of: node))
      let missing = isDone[node] ? [] : operands.filter { renamed[Int($0.index)] == nil }
      if !missing.isEmpty {
        pending += missing.reversed().compactMap { definingNode(of: $0) }
        continue
      }
      pending.removeLast()
      if isDone[node] { continue }
      builder.origin = nodes[isPair ? earlier : node].origin
      let operation: any Operation = isPair ? merged.operation : nodes[node].operation
      guard
        let made = try? builder.apply(
          operation, operands.compactMap { renamed[Int($0.index)] })
      else { preconditionFailure("\(operation.name) was built from such operands before") }
      let old =
        isPair
        ? Array(results(of: nodes[earlier])) + Array(results(of: nodes[later]))
        : Array(results(of: nodes[node]))
      let new = isPair ? merged.results.map { made[$0] } : Array(made)
      for (old, new) in zip(old, new) {
        renamed[Int(old.index)] = new
        if let name = names[old] { builder.name(builder.term(new), name) }
      }
      isDone[node] = true
      if isPair { (isDone[earlier], isDone[later]) = (true, true) }
    }
    for output in outputs {
      if let value = renamed[Int(output.value.index)] {
        builder.addOutput(output.name, builder.term(value))
      }
    }
    return builder.graph
  }
}

/// One operation that does the work of two.
private struct Merge {
  let operation: any Operation
  let operands: [Value]
  /// The result for each result of the first, then of the second operation.
  let results: [Int]

  /// Loops of the same steps that carry something in common, or nothing.
  init?(_ a: Loop, _ aOperands: [Value], _ b: Loop, _ bOperands: [Value]) throws {
    guard a.bound == b.bound, a.hasCount == b.hasCount, a.isReversed == b.isReversed,
      (a.condition == nil) == (b.condition == nil), !a.hasCount || aOperands[0] == bOperands[0]
    else { return nil }
    let begins = Set(aOperands[a.carriedOperands])
    let carriesNothing = a.carriedCount == 0 && b.carriedCount == 0 && a.condition == nil
    guard carriesNothing || bOperands[b.carriedOperands].contains(where: begins.contains) else {
      return nil
    }
    var parts = try LoopParts(a, aOperands)
    // What a derivative keeps is decided when it is made.
    if a.keep != b.keep { parts.keep = .all }
    let test = try parts.add(LoopParts(b, bOperands))
    // The second condition goes through the merge as a row.
    if let test { parts.yielded.append(LoopParts.Yielded(name: "goes_on", value: test)) }
    let before = parts.carried.count
    let places = try parts.mergeEqual()
    if !carriesNothing && parts.carried.count == before { return nil }
    var yields = places.yielded
    if test != nil {
      guard parts.yielded[yields.removeLast()].value == parts.condition else { return nil }
      // Nobody else may stand for the row that goes away.
      if !yields.contains(parts.yielded.count - 1) { parts.yielded.removeLast() }
    }
    let (loop, given) = try parts.assembled()
    let stacks = yields.map { loop.carriedCount + $0 }
    var results: [Int] = Array(places.carried[..<a.carriedCount])
    results += stacks[..<a.stackCount] + [loop.stepsResult]
    results += places.carried[a.carriedCount...]
    results += stacks[a.stackCount...] + [loop.stepsResult]
    self.results = results
    operation = loop
    operands = given
  }

  /// Conditionals with the same selector.
  init?(
    _ a: Conditional, _ aOperands: [Value], _ b: Conditional, _ bOperands: [Value]
  ) throws {
    guard aOperands[0] == bOperands[0], a.cases == b.cases else { return nil }
    let regions = try zip(a.branches, b.branches).map { first, second in
      let builder = GraphBuilder(name: first.graph.name)
      let names = UniqueNames((first.graph.inputs + second.graph.inputs).map(\.name))
      let inputs = (first.inputTypes + second.inputTypes).enumerated().map {
        builder.addInput(names[$0], $1)
      }
      let count = first.graph.inputs.count
      let outputs =
        try builder.inline(first.graph, Array(inputs[..<count]))
        + builder.inline(second.graph, Array(inputs[count...]))
      let resultNames = UniqueNames((first.graph.outputs + second.graph.outputs).map(\.name))
      for (k, output) in outputs.enumerated() { builder.addResult(resultNames[k], output) }
      return Region(try builder.finished())
    }
    operation = Conditional(cases: a.cases, branches: regions)
    operands = aOperands + bOperands.dropFirst()
    results = Array(0..<regions[0].graph.outputs.count)
  }
}
