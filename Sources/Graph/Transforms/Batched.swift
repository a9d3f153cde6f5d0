// Batching (vmap) as a transform: repeats a part of a graph for an extra axis in front of some of
// its values, by the batching rule of each operation. What does not depend on those values is left
// as it is and shared.

/// Values of a graph with an extra axis in front.
package struct Batched {
  private var batched: [Term?]

  /// Adds to `builder` the batched forms of everything that `targets` depend on and that depends on
  /// a value in `seeds`, whose terms have the extra axis of `extent`.
  package init(
    _ builder: GraphBuilder, of targets: [Value], seeds: [Value: Term], extent: DimExpr
  ) throws {
    let graph = builder.graph
    do {
      try self.init(builder, graph, of: targets, seeds: seeds, extent: extent, clusters: [:])
    } catch is RowsOfElements {
      try self.init(
        builder, graph, of: targets, seeds: seeds, extent: extent,
        clusters: graph.clusters(of: targets))
    }
  }

  /// - Parameter clusters: nodes that are batched together, by the last of them.
  private init(
    _ builder: GraphBuilder, _ graph: Graph, of targets: [Value], seeds: [Value: Term],
    extent: DimExpr, clusters: [Int: Cluster]
  ) throws {
    batched = [Term?](repeating: nil, count: graph.types.count)
    for (value, seed) in seeds { batched[Int(value.index)] = seed }
    let needed = graph.nodesNeeded(for: targets)
    let isInCluster = Set(clusters.values.flatMap(\.nodes))
    for (index, node) in graph.nodes.enumerated() where needed[index] {
      builder.origin = node.origin
      if let cluster = clusters[index] { try add(cluster, graph, builder, extent) }
      if isInCluster.contains(index) { continue }
      let operands = graph.operands(of: node)
      let flags = operands.map { batched[Int($0.index)] != nil }
      guard flags.contains(true) else { continue }
      let rule = BatchRule(
        builder: builder,
        operands: operands.map { batched[Int($0.index)] ?? builder.term($0) }, batched: flags,
        extent: extent)
      for (result, term) in zip(graph.results(of: node), try node.operation.batch(rule)) {
        batched[Int(result.index)] = term
      }
    }
  }

  private mutating func add(
    _ cluster: Cluster, _ graph: Graph, _ builder: GraphBuilder, _ extent: DimExpr
  ) throws {
    let flags = cluster.inputs.map { batched[Int($0.index)] != nil }
    guard flags.contains(true) else { return }
    let part = graph.part(
      "element", from: cluster.inputs.enumerated().map { ("operand\($0)", $1) },
      to: cluster.outputs.enumerated().map { ("result\($0)", $1) })
    let results = try part.overElements(
      cluster.inputs.map { batched[Int($0.index)] ?? builder.term($0) }, flags, extent: extent,
      in: builder)
    for (value, term) in zip(cluster.outputs, results) { batched[Int(value.index)] = term }
  }

  /// The batched form, or `nil` where the value does not depend on the extra axis.
  package subscript(value: Value) -> Term? { batched[Int(value.index)] }
}

/// Loops that make stacks of unknown height and those that read them, with all between.
private struct Cluster {
  var nodes: [Int]
  var inputs: [Value]
  var outputs: [Value]
}

extension Graph {
  /// Clusters by their last node.
  fileprivate func clusters(of targets: [Value]) -> [Int: Cluster] {
    let needed = nodesNeeded(for: targets)
    // From the first to the last node of each cluster; spans that overlap are one.
    var spans: [ClosedRange<Int>] = []
    for (index, node) in nodes.enumerated() where needed[index] {
      for operand in operands(of: node) where type(of: operand).isUnbounded {
        if let source = definingNode(of: operand) { spans.append(source...index) }
      }
    }
    spans.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    var merged: [ClosedRange<Int>] = []
    for span in spans {
      if let last = merged.last, last.upperBound >= span.lowerBound {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, span.upperBound)
      } else {
        merged.append(span)
      }
    }
    var clusters: [Int: Cluster] = [:]
    for span in merged {
      clusters[span.upperBound] = cluster(span.filter { needed[$0] }, needed, targets)
    }
    return clusters
  }

  private func cluster(_ members: [Int], _ needed: [Bool], _ targets: [Value]) -> Cluster {
    let inside = Set(members)
    let inputs = Set(members.flatMap { operands(of: $0) }).filter { value in
      definingNode(of: value).map { !inside.contains($0) } ?? true
    }
    let others = nodes.indices.filter { needed[$0] && !inside.contains($0) }
    let readOutside = Set(others.flatMap { operands(of: $0) } + targets)
    let made = members.flatMap { results(of: nodes[$0]) }
    return Cluster(
      nodes: members, inputs: inputs.sorted { $0.index < $1.index },
      outputs: made.filter { readOutside.contains($0) && !type(of: $0).isUnbounded })
  }
}
