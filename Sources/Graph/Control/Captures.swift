// What regions capture, in one form. A loop or a conditional that is put into a graph captures each
// value once, nothing that its regions do not read, no literals and no sizes (those are made inside),
// and in the order in which the regions read it first. So it does not matter who made the operation,
// a transform or the elaborator: the same loop is the same node, and reads back from its text.

/// An operation and its operands.
package struct Application {
  package let operation: any Operation
  package let operands: [Value]

  package init(_ operation: any Operation, _ operands: [Value]) {
    self.operation = operation
    self.operands = operands
  }
}

/// Regions that read the same captured values, each behind inputs of its own.
private struct CapturingRegions {
  var graphs: [Graph]
  /// How many inputs each has in front of the captured ones.
  let own: [Int]
  /// The values outside.
  var captured: [Value]

  /// Brings the regions into canonical form; returns whether anything changed.
  mutating func canonicalize(in outer: Graph) -> Bool {
    if captured.isEmpty { return false }
    let types = captured.map(outer.type)
    for (graph, count) in zip(graphs, own) {
      let inputs = graph.inputs.dropFirst(count).map { graph.type(of: $0.value) }
      // The type rule will say what is wrong.
      if inputs != types { return false }
    }
    let isMerged = merge(in: outer)
    let order = orderOfUse()
    if order == Array(captured.indices) { return isMerged }
    for (k, count) in own.enumerated() {
      let inputs = graphs[k].inputs
      graphs[k].inputs = inputs[..<count] + order.map { inputs[count + $0] }
      graphs[k] = graphs[k].pruned()
    }
    captured = order.map { captured[$0] }
    return true
  }

  /// Makes literals and sizes inside, and one input of those that are the same value.
  private mutating func merge(in outer: Graph) -> Bool {
    var first: [Value: Int] = [:]
    let sources = captured.enumerated().map { k, value -> Int? in
      switch outer.operation(defining: value) {
      case is Literal, is Extent: return nil
      default: break
      }
      if let known = first[value] { return known }
      first[value] = k
      return k
    }
    let kept = captured.indices.filter { sources[$0] == $0 }
    if kept.count == captured.count { return false }
    do {
      let merged = try zip(graphs, own).map { graph, count in
        let builder = GraphBuilder(name: graph.name)
        func add(_ k: Int) -> Term {
          builder.addInput(graph.inputs[k].name, graph.type(of: graph.inputs[k].value))
        }
        var terms = (0..<count).map(add)
        for (k, value) in captured.enumerated() {
          if let source = sources[k] {
            terms.append(source == k ? add(count + k) : terms[count + source])
          } else if let operation = outer.operation(defining: value) {
            terms.append(builder.term(try builder.apply(operation, [] as [Value])[0]))
          }
        }
        let outputs = try builder.inline(graph, terms)
        builder.setOutputs(
          zip(graph.outputs, outputs).map { GraphOutput(name: $0.name, value: $1.value) })
        return try builder.finished().pruned()
      }
      graphs = merged
    } catch {
      return false
    }
    captured = kept.map { captured[$0] }
    return true
  }

  /// The places of captured values that are read, first come first.
  private func orderOfUse() -> [Int] {
    var order: [Int] = []
    var isSeen = [Bool](repeating: false, count: captured.count)
    for (graph, count) in zip(graphs, own) {
      var places = [Int](repeating: -1, count: graph.types.count)
      for (k, input) in graph.inputs.dropFirst(count).enumerated() {
        places[Int(input.value.index)] = k
      }
      func note(_ value: Value) {
        let place = places[Int(value.index)]
        if place < 0 || isSeen[place] { return }
        isSeen[place] = true
        order.append(place)
      }
      for node in graph.canonicalOrder() { graph.operands(of: node).forEach(note) }
      for output in graph.outputs { note(output.value) }
    }
    return order
  }
}

extension Loop {
  package func canonical(_ operands: [Value], in graph: Graph) -> Application? {
    let first = 1 + carriedCount
    guard operands.count == operandCount, body.graph.inputs.count >= first + scannedCount,
      condition.map({ $0.graph.inputs.count == first + capturedCount }) ?? true
    else { return nil }
    var regions = CapturingRegions(
      graphs: self.regions.map(\.graph),
      own: [first + scannedCount] + (condition == nil ? [] : [first]),
      captured: Array(operands[capturedOperands]))
    guard regions.canonicalize(in: graph) else { return nil }
    return Application(
      Loop(
        body: Region(regions.graphs[0]),
        condition: condition.map { _ in Region(regions.graphs[1]) },
        bound: bound, hasCount: hasCount, carriedCount: carriedCount, scannedCount: scannedCount,
        isReversed: isReversed, keep: keep),
      operands[..<capturedOperands.lowerBound] + regions.captured)
  }
}

extension Conditional {
  package func canonical(_ operands: [Value], in graph: Graph) -> Application? {
    guard let selector = operands.first else { return nil }
    var regions = CapturingRegions(
      graphs: branches.map(\.graph), own: branches.map { _ in 0 },
      captured: Array(operands.dropFirst()))
    guard regions.canonicalize(in: graph) else { return nil }
    return Application(
      Conditional(cases: cases, branches: regions.graphs.map(Region.init)),
      [selector] + regions.captured)
  }
}

/// A region that reads the first operand, and captures the others.
private func canonicalForm(
  _ region: Region, _ operands: [Value], in graph: Graph
) -> (region: Region, operands: [Value])? {
  guard let first = operands.first, region.graph.inputs.count == operands.count else { return nil }
  var regions = CapturingRegions(
    graphs: [region.graph], own: [1], captured: Array(operands.dropFirst()))
  guard regions.canonicalize(in: graph) else { return nil }
  return (Region(regions.graphs[0]), [first] + regions.captured)
}

extension Root {
  package func canonical(_ operands: [Value], in graph: Graph) -> Application? {
    canonicalForm(residual, operands, in: graph).map {
      Application(Root(residual: $0.region), $0.operands)
    }
  }
}

extension LinearSolve {
  package func canonical(_ operands: [Value], in graph: Graph) -> Application? {
    canonicalForm(map, operands, in: graph).map {
      Application(LinearSolve(map: $0.region), $0.operands)
    }
  }
}
