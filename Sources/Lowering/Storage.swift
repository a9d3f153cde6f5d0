// Decides which values of a graph get memory of their own and which are computed where they are
// read. Requires a pruned graph. Establishes: every value that is not stored is the map of an
// operation, reading it costs no more than storing it would.
import Graph

/// Which values are stored, and the meaning of every node.
struct StoragePlan {
  /// One a node.
  let meanings: [Meaning?]
  /// One a value: has a buffer (or a local, for scalars).
  private(set) var isStored: [Bool]
  /// How often a value is read, outputs included.
  private(set) var useCounts: [Int]
  /// Values that are computed where they are read nest at most this deep.
  private static let deepestChain = 24
  /// Nodes that become calls of the product kernel.
  private(set) var isContraction: [Bool]

  init(_ graph: Graph, contractions: Contraction.Policy) {
    meanings = Self.meanings(graph)
    isStored = [Bool](repeating: false, count: graph.types.count)
    useCounts = [Int](repeating: 0, count: graph.types.count)
    isContraction = [Bool](repeating: false, count: graph.nodes.count)
    for operand in graph.operandList { useCounts[Int(operand.index)] += 1 }
    for output in graph.outputs { useCounts[Int(output.value.index)] += 1 }
    for input in graph.inputs { isStored[Int(input.value.index)] = true }

    var costs = [Int](repeating: 0, count: graph.types.count)
    var depths = costs
    for (index, node) in graph.nodes.enumerated() {
      let results = node.resultRange
      guard case .map(let map)? = meanings[index] else {
        for result in results { isStored[Int(result)] = true }
        continue
      }
      let operandCost = graph.operands(of: node).reduce(0) {
        isStored[Int($1.index)] ? $0 : $0 + costs[Int($1.index)]
      }
      var cost = operandCost + map.values.reduce(0) { $0 + $1.cost }
      let depth =
        1
        + graph.operands(of: node).reduce(0) {
          isStored[Int($1.index)] ? $0 : max($0, depths[Int($1.index)])
        }
      // Of numbers that are repeated each is computed once, not each repetition.
      if let operand = graph.repeated(by: map, node), cost > 1,
        results.contains(where: { useCounts[Int($0)] > 1 })
      {
        isStored[Int(operand.index)] = true
        cost = 0
      }
      for result in results {
        costs[Int(result)] = cost
        depths[Int(result)] = depth
        // Rereading what costs next to nothing beats a buffer; everything else that is read more
        // than once is stored, and often lives in a local after fusion.
        isStored[Int(result)] =
          useCounts[Int(result)] > 1 && cost > 1 || depth > Self.deepestChain
      }
    }
    for output in graph.outputs where (costs[Int(output.value.index)]) > 0 {
      isStored[Int(output.value.index)] = true
    }
    for (index, node) in graph.nodes.enumerated() {
      storeOperands(of: node, index, graph, costs, contractions)
    }
  }

  /// The meaning of every node. That of a function of scalars does not depend on the node, and
  /// programs of scalars are long: it is made once.
  private static func meanings(_ graph: Graph) -> [Meaning?] {
    // A handful of functions: looking through them is quicker than hashing.
    var ofScalars: [(function: ScalarFunction, dtype: DType, meaning: Meaning)] = []
    return graph.nodes.map { node in
      guard let function = node.primitive.function,
        graph.operands(of: node).allSatisfy({ graph.type(of: $0).shape.isEmpty }),
        let dtype = graph.operands(of: node).last.map({ graph.type(of: $0).dtype })
      else {
        return node.operation.meaning(graph.operandTypes(of: node), graph.resultTypes(of: node))
      }
      for known in ofScalars where known.function === function && known.dtype == dtype {
        return known.meaning
      }
      let made = node.operation.meaning(graph.operandTypes(of: node), graph.resultTypes(of: node))
      ofScalars.append((function, dtype, made))
      return made
    }
  }

  /// Stores operands that the node would read more often than once an element, or needs as memory.
  private mutating func storeOperands(
    of node: Node, _ index: Int, _ graph: Graph, _ costs: [Int],
    _ contractions: Contraction.Policy
  ) {
    // A scalar reads everything once.
    if case .map(let map)? = meanings[index], map.domain.isEmpty { return }
    let operands = Array(graph.operands(of: node))
    if Contraction(graph, node, meanings[index], contractions) != nil {
      isContraction[index] = true
      for operand in operands { storeBase(of: operand, graph) }
      return
    }
    switch meanings[index] {
    case .call?: for operand in operands { isStored[Int(operand.index)] = true }
    case .map(let map)?, .fold(let map, _, _)?, .scan(let map, _, _, _)?,
      .scatter(let map, _, _, _)?:
      let order = LoopOrder(meanings[index], map)
      forEachAccess(meanings[index]) { operand, indices in
        guard operand < operands.count else { return }
        let value = Int(operands[operand].index)
        if !isStored[value] && costs[value] > 1 && !order.readsOnce(indices) {
          isStored[value] = true
        }
      }
    case .loop(let loop)?:
      // What is carried is copied; scalars are variables.
      for (k, operand) in operands.enumerated()
      where !loop.carriedOperands.contains(k) && graph.type(of: operand).rank > 0 {
        storeMemory(of: operand, graph)
      }
    case .branch?:
      for operand in operands where graph.type(of: operand).rank > 0 {
        storeMemory(of: operand, graph)
      }
    case .pieces?, .constant?, nil: break
    }
  }

  /// Stores an array, or what it is a part of.
  private mutating func storeMemory(of value: Value, _ graph: Graph) {
    let base = isStored[Int(value.index)] ? value : denseView(of: value, graph)?.base ?? value
    isStored[Int(base.index)] = true
  }

  /// Stores what a product reads: the array behind views, if the views are plain strides.
  private mutating func storeBase(of value: Value, _ graph: Graph) {
    var value = value
    while !isStored[Int(value.index)], let node = graph.definingNode(of: value),
      case .map(let map)? = meanings[node], map.fetches.isEmpty,
      case .operand(let k, let indices)? = map.values.first, indices.allSatisfy(\.isAffine)
    {
      value = graph.operands(of: node)[graph.operands(of: node).startIndex + k]
    }
    isStored[Int(value.index)] = true
  }
}

extension Graph {
  /// The operand whose elements a map repeats, as a broadcast does.
  fileprivate func repeated(by map: Comprehension, _ node: Node) -> Value? {
    guard map.fetches.isEmpty, map.values.count == 1,
      case .operand(let k, let access) = map.values[0]
    else { return nil }
    let isRepeated = map.domain.indices.contains { axis in
      !map.domain[axis].isOne && !access.contains { $0.mentions(index: axis) }
    }
    let operand = operands(of: node)[operands(of: node).startIndex + k]
    return isRepeated && type(of: operand).rank > 0 ? operand : nil
  }
}

extension DimExpr {
  /// A sum of loop indices with factors, without division.
  var isAffine: Bool {
    var plain = true
    for term in terms {
      for atom in term.atoms where atom.isDivisionOfIndices { plain = false }
    }
    return plain
  }
}

extension DimExpr.Atom {
  fileprivate var isDivisionOfIndices: Bool {
    switch self {
    case .floorDiv, .mod, .min, .max, .broadcast:
      var found = false
      DimExpr(self).forEachLeaf { if case .index = $0 { found = true } }
      return found
    case .symbol, .index, .overflow: return false
    }
  }
}

/// Calls `body` with every access to an operand's element in a meaning.
func forEachAccess(_ meaning: Meaning?, _ body: (Int, [DimExpr]) -> Void) {
  func walk(_ e: ScalarExpr) {
    switch e {
    case .operand(let k, let indices): body(k, indices)
    case .apply(_, let operands): operands.forEach(walk)
    case .convert(let x, _): walk(x)
    case .guarded(_, let a, let b):
      walk(a)
      walk(b)
    case .literal, .index, .state: break
    }
  }
  func walk(_ c: Comprehension) {
    c.fetches.forEach { walk($0.value) }
    c.values.forEach(walk)
  }
  switch meaning {
  case .map(let c)?: walk(c)
  case .fold(let c, _, let states)?:
    walk(c)
    states.forEach { walk($0.update) }
  case .scan(let c, _, _, let state)?:
    walk(c)
    walk(state.update)
  case .scatter(let c, _, _, _)?: walk(c)
  case .pieces(let pieces)?: pieces.forEach { walk($0.map) }
  case .call(let call)?:
    for case .operand(let k, let indices) in call.arguments { body(k, indices) }
  case .constant?, .loop?, .branch?, nil: break
  }
}
