// A graph inside an operation: the body of a loop, a branch of a conditional. Regions are closed:
// what they read from outside comes in as inputs, so a region means the same wherever it stands,
// and two regions of the same structure are equal.

/// A graph that an operation runs.
package struct Region: Hashable, Sendable {
  package let graph: Graph
  /// What makes two regions the same; names of values do not count.
  package let key: StructuralKey

  package init(_ graph: Graph) {
    self.graph = graph
    key = StructuralKey(graph)
  }

  package static func == (a: Region, b: Region) -> Bool { a.key == b.key }

  package func hash(into hasher: inout Hasher) { hasher.combine(key) }

  package var inputTypes: [TensorType] { graph.inputs.map { graph.type(of: $0.value) } }
  package var outputTypes: [TensorType] { graph.outputs.map { graph.type(of: $0.value) } }
}

extension DimExpr {
  /// The extent of a stack that has one row for each step of a loop whose number of steps only
  /// the run tells. Only loops make such stacks, and only loops read them, row by row.
  package static let unknown = DimExpr.symbol(unknownName)

  package static let unknownName = "?"

  /// Mentions an unknown extent.
  package var isUnknown: Bool { !terms.isEmpty && symbols.contains(Self.unknownName) }
}

extension TensorType {
  /// A stack with one row a step of an unbounded loop.
  package var isUnbounded: Bool { shape.first.map { $0 == .unknown } ?? false }

  /// What to do with a stack where none can be.
  package static let helpForUnbounded =
    "give the loop that makes it a limit, or go through its rows: for i in 0..<steps, y in rows"

  /// The type of a row.
  package var row: TensorType { with(shape: Array(shape.dropFirst())) }

  /// So many rows of this type.
  package func stacked(_ extent: DimExpr) -> TensorType { with(shape: [extent] + shape) }
}

extension GraphBuilder {
  /// The nodes of `graph` with its inputs replaced; returns its outputs.
  package func inline(_ graph: Graph, _ arguments: [Term]) throws -> [Term] {
    var inlined = [Value?](repeating: nil, count: graph.types.count)
    for (input, argument) in zip(graph.inputs, arguments) {
      inlined[Int(input.value.index)] = argument.value
    }
    let saved = origin
    defer { origin = saved }
    for (index, isLive) in graph.liveNodes().enumerated() where isLive {
      let node = graph.nodes[index]
      origin = node.origin
      let made = try copy(node, of: graph, graph.operands(of: node, renamed: inlined))
      for (old, new) in zip(graph.results(of: node), made) {
        inlined[Int(old.index)] = new
        if let name = graph.names[old] { self.name(term(new), name) }
      }
    }
    return graph.outputs.compactMap { inlined[Int($0.value.index)].map(term) }
  }
}

extension Graph {
  /// The same without names of values, for what is written into another graph more than once.
  package var unnamed: Graph {
    var graph = self
    graph.names = ValueNames()
    return graph
  }

  /// The part of the graph between given values: a graph of its own that computes `outputs` from
  /// `inputs`, whatever defines these.
  package func part(
    _ name: String, from inputs: [(name: String, value: Value)],
    to outputs: [(name: String, value: Value)]
  ) -> Graph {
    let builder = GraphBuilder(name: name)
    var copied = [Value?](repeating: nil, count: types.count)
    for (name, value) in inputs {
      copied[Int(value.index)] = builder.addInput(name, type(of: value)).value
    }
    // What the outputs need, stopping at the inputs.
    var needed = [Bool](repeating: false, count: nodes.count)
    var pending = outputs.map(\.value)
    while let value = pending.popLast() {
      guard copied[Int(value.index)] == nil, let node = definingNode(of: value), !needed[node]
      else { continue }
      needed[node] = true
      pending += operands(of: node)
    }
    for (index, node) in nodes.enumerated() where needed[index] {
      builder.origin = node.origin
      guard let made = try? builder.copy(node, of: self, operands(of: node, renamed: copied))
      else {
        preconditionFailure("\(node.operation.name) was built from these operands before")
      }
      for (old, new) in zip(results(of: node), made) where copied[Int(old.index)] == nil {
        copied[Int(old.index)] = new
        if let name = names[old] { builder.name(builder.term(new), name) }
      }
    }
    for (name, value) in outputs {
      guard let new = copied[Int(value.index)] else { continue }
      builder.addOutput(name, builder.term(new))
    }
    return builder.graph
  }
}
