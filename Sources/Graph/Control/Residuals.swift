// What a backward loop needs from the forward one: a minimum cut. On one side is what a step of the
// forward loop computes, on the other what the way back reads; whatever crosses is kept, one row a step.
// Values the way back has anyway (the index, scanned rows, what never changes) cost nothing; what is
// cheap is computed once more from what is kept; what is dear is kept or not needed at all.
//
// Max-flow min-cut, as in the rematerialization of training graphs; all shortest paths of a length are
// augmented in one phase (Dinic 1970), since bodies are long and paths short. The cut nearest to the
// reader is taken, which recomputes least.

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
    while let levels = levels(from: source, to: sink) {
      augment(from: source, to: sink, levels)
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

  /// How many edges with room lead from the source to each node, as far as to the sink; `nil` where none
  /// lead there.
  private func levels(from source: Int, to sink: Int) -> [Int]? {
    var levels = [Int](repeating: .max, count: heads.count)
    levels[source] = 0
    var pending = [source]
    var next = 0
    while next < pending.count, levels[sink] == .max {
      let node = pending[next]
      next += 1
      for edge in heads[node] where room[edge] > 0 && levels[ends[edge]] == .max {
        levels[ends[edge]] = levels[node] + 1
        pending.append(ends[edge])
      }
    }
    return levels[sink] == .max ? nil : levels
  }

  /// Fills paths that go up the levels until each has an edge without room.
  private mutating func augment(from source: Int, to sink: Int, _ levels: [Int]) {
    // Edges of a node before this one lead nowhere.
    var next = [Int](repeating: 0, count: heads.count)
    var path: [Int] = []
    var node = source
    while true {
      if node == sink {
        let flow = path.reduce(Int.max) { min($0, room[$1]) }
        for edge in path {
          room[edge] -= flow
          room[edge ^ 1] += flow
        }
        guard let full = path.firstIndex(where: { room[$0] == 0 }) else { return }
        node = starts[path[full]]
        path.removeSubrange(full...)
      } else if next[node] < heads[node].count {
        let edge = heads[node][next[node]]
        if room[edge] > 0 && levels[ends[edge]] == levels[node] + 1 {
          path.append(edge)
          node = ends[edge]
        } else {
          next[node] += 1
        }
      } else if let edge = path.popLast() {
        node = starts[edge]
        next[node] += 1
      } else {
        return
      }
    }
  }
}
