// What a backward loop needs from the forward one: a minimum cut. On one side is what a step of the
// forward loop computes, on the other what the way back reads; whatever crosses is kept, one row a step.
// Values the way back has anyway (the index, scanned rows, what never changes) cost nothing; what is
// cheap is computed once more from what is kept; what is dear is kept or not needed at all.
//
// Max-flow min-cut, as in the rematerialization of training graphs; augmenting paths are shortest
// (Edmonds and Karp 1972), and the cut nearest to the reader is taken, which recomputes least.

/// The values of a forward step that are kept for the way back.
struct Residuals {
  /// In the order in which they are computed.
  let values: [Value]

  /// - Parameters:
  ///   - free: what the way back has without keeping it; rows and the index first of all.
  ///   - varying: what the forward loop carries.
  ///   - received: what only the way back knows: cotangents.
  ///   - targets: what the way back computes.
  init(_ graph: Graph, free: [Value], varying: [Value], received: [Value], targets: [Value]) {
    let count = graph.types.count
    let needed = graph.nodesNeeded(for: targets)
    let isBackward = graph.dependents(of: received)
    // What depends on nothing that changes from step to step is computed once, outside.
    let changes = graph.dependents(of: varying + free)
    var isRead = [Bool](repeating: false, count: count)
    for (index, node) in graph.nodes.enumerated() where needed[index] {
      let isOnTheWayBack = node.resultRange.contains { isBackward[Int($0)] }
      if isOnTheWayBack { for k in graph.operands(of: node) { isRead[Int(k.index)] = true } }
    }
    for target in targets { isRead[Int(target.index)] = true }

    var network = Network(count: 2 * count + 2)
    let (source, sink) = (2 * count, 2 * count + 1)
    let isFree = Set(free)
    var costs = [Int](repeating: 0, count: count)
    func connect(_ value: Value, from operands: ArraySlice<Value>?) {
      let k = Int(value.index)
      guard changes[k], !isBackward[k] else { return }
      network.add(2 * k, 2 * k + 1, isFree.contains(value) ? 0 : graph.keepingCost(of: value))
      if let operands {
        for operand in operands where changes[Int(operand.index)] {
          network.add(2 * Int(operand.index) + 1, 2 * k, Network.endless)
        }
      } else {
        network.add(source, 2 * k, Network.endless)
      }
      if isRead[k] { network.add(2 * k + 1, sink, Network.endless) }
    }
    for value in Set(varying + free).sorted(by: { $0.index < $1.index }) {
      connect(value, from: nil)
    }
    for (index, node) in graph.nodes.enumerated() where needed[index] {
      let operands = graph.operands(of: node)
      let cost = operands.reduce(graph.computingCost(of: node)) { $0 + costs[Int($1.index)] }
      for result in graph.results(of: node) {
        let isCheap = cost <= Self.dearest
        let mustBeComputed = graph.type(of: result).shape.contains(where: \.isUnknown)
        costs[Int(result.index)] = isCheap ? cost : 0
        connect(result, from: isCheap || mustBeComputed ? operands : nil)
      }
    }
    values = network.cut(from: source, to: sink).compactMap { from, to in
      guard from + 1 == to, from % 2 == 0, from < 2 * count else { return nil }
      let value = Value(from / 2)
      return isFree.contains(value) ? nil : value
    }.sorted { $0.index < $1.index }
  }

  /// Additions that may be done once more to spare a number in memory.
  private static let dearest = 16
}

extension Graph {
  /// Which values depend on some of `roots`, themselves included.
  package func dependents(of roots: [Value]) -> [Bool] {
    var depends = [Bool](repeating: false, count: types.count)
    for root in roots { depends[Int(root.index)] = true }
    for node in nodes.indices
    where nodes[node].operandRange.contains(where: { depends[Int(operandList[Int($0)].index)] }) {
      for result in nodes[node].resultRange { depends[Int(result)] = true }
    }
    return depends
  }

  /// More than any sum of real costs, small enough to be added up.
  package static let endlessCost = 1 << 40

  /// Bytes a step, for sizes of 64; an unbounded stack within a step cannot be kept.
  fileprivate func keepingCost(of value: Value) -> Int {
    let type = type(of: value)
    if type.shape.isEmpty { return type.dtype.byteCount }
    if type.shape.contains(where: \.isUnknown) { return Network.endless }
    let bytes = (type.elementCount * DimExpr(type.dtype.byteCount))
    return min((try? bytes.evaluate { _ in 64 }) ?? Network.endless, Network.endless)
  }

  /// What an element costs in additions; beyond all bounds where a node does more than one thing an
  /// element, or nobody knows what it does.
  package func computingCost(of node: Node) -> Int {
    // Small whole powers are products.
    if node.primitive.applies(.pow), let exponent = operands(of: node).last.flatMap(literal),
      ScalarFunction.powersAsProducts.contains(exponent.real),
      exponent.real == exponent.real.rounded()
    {
      return 2
    }
    if let function = node.primitive.function { return function.cost }
    guard !node.mayExpand, !node.primitive.runsOnHost,
      case .map(let map) = node.operation.meaning(operandTypes(of: node), resultTypes(of: node))
    else { return Self.endlessCost }
    return map.values.reduce(0) { $0 + $1.cost }
  }
}

/// A flow network.
private struct Network {
  static let endless = Graph.endlessCost

  private var heads: [[Int]]
  private var ends: [Int] = []
  private var starts: [Int] = []
  private var room: [Int] = []

  init(count: Int) { heads = [[Int]](repeating: [], count: count) }

  mutating func add(_ from: Int, _ to: Int, _ capacity: Int) {
    for (a, b, c) in [(from, to, capacity), (to, from, 0)] {
      heads[a].append(ends.count)
      starts.append(a)
      ends.append(b)
      room.append(c)
    }
  }

  /// The edges of a minimum cut, as near to the sink as one can be.
  mutating func cut(from source: Int, to sink: Int) -> [(from: Int, to: Int)] {
    while let path = path(from: source, to: sink) {
      let flow = path.map { room[$0] }.min() ?? 0
      for edge in path {
        room[edge] -= flow
        room[edge ^ 1] += flow
      }
    }
    // From where the sink can still be reached.
    var reaches = [Bool](repeating: false, count: heads.count)
    reaches[sink] = true
    var pending = [sink]
    while let node = pending.popLast() {
      for edge in heads[node] where room[edge ^ 1] > 0 && !reaches[ends[edge]] {
        reaches[ends[edge]] = true
        pending.append(ends[edge])
      }
    }
    return stride(from: 0, to: ends.count, by: 2).compactMap { edge in
      !reaches[starts[edge]] && reaches[ends[edge]] ? (starts[edge], ends[edge]) : nil
    }
  }

  /// A shortest path with room, as edges.
  private func path(from source: Int, to sink: Int) -> [Int]? {
    var via = [Int](repeating: -1, count: heads.count)
    var pending = [source]
    var next = 0
    while next < pending.count {
      let node = pending[next]
      next += 1
      for edge in heads[node] where room[edge] > 0 && via[ends[edge]] < 0 && ends[edge] != source {
        via[ends[edge]] = edge
        if ends[edge] == sink {
          var path: [Int] = []
          var place = sink
          while place != source {
            path.append(via[place])
            place = starts[via[place]]
          }
          return path
        }
        pending.append(ends[edge])
      }
    }
    return nil
  }
}
