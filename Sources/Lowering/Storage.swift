// Decides which values of a graph get memory of their own and which are computed where they are
// read. Requires a pruned graph. Establishes: every value that is not stored is the map of an
// operation, reading it costs no more than storing it would.
import Graph

/// Which values are stored, and the meaning of every node.
struct StoragePlan {
  /// One a node.
  let meanings: [Meaning?]
  /// Operations that an element of a value takes, from elements of the operands.
  let ownCosts: [Int]
  /// One a value: has a buffer (or a local, for scalars).
  private(set) var isStored: [Bool]
  /// How often a value is read, outputs included.
  private(set) var useCounts: [Int]
  /// Values that are computed where they are read nest at most this deep.
  private static let deepestChain = 24
  /// Nodes that become calls of the product kernel.
  private(set) var isContraction: [Bool]

  init(_ graph: Graph, contractions: Contraction.Policy) {
    (meanings, ownCosts) = Self.meanings(graph)
    isStored = [Bool](repeating: false, count: graph.types.count)
    useCounts = [Int](repeating: 0, count: graph.types.count)
    isContraction = [Bool](repeating: false, count: graph.nodes.count)
    for operand in graph.operandList { useCounts[Int(operand.index)] += 1 }
    for output in graph.outputs { useCounts[Int(output.value.index)] += 1 }
    for input in graph.inputs { isStored[Int(input.value.index)] = true }

    var costs = [Int](repeating: 0, count: graph.types.count)
    var depths = costs
    for index in graph.nodes.indices {
      let results = graph.nodes[index].resultRange
      // A function of scalars is a map that repeats nothing.
      var map: Comprehension?
      if graph.functionOfScalars(index) == nil {
        guard case .map(let general)? = meanings[index] else {
          for result in results { isStored[Int(result)] = true }
          continue
        }
        map = general
      }
      var cost = 0
      var depth = 1
      for result in results { cost += ownCosts[Int(result)] }
      for place in graph.nodes[index].operandRange {
        let operand = Int(graph.operandList[Int(place)].index)
        if isStored[operand] { continue }
        cost += costs[operand]
        depth = max(depth, 1 + depths[operand])
      }
      // Of numbers that are repeated each is computed once, not each repetition.
      if cost > 1, let map, results.contains(where: { useCounts[Int($0)] > 1 }),
        let operand = graph.repeated(by: map, graph.nodes[index])
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
    // A scalar reads everything once.
    for index in graph.nodes.indices where graph.functionOfScalars(index) == nil {
      storeOperands(of: graph.nodes[index], index, graph, costs, contractions)
    }
  }

  /// The meaning of every node, and the costs of every value. The meaning of a function of scalars
  /// does not depend on the node, and programs of scalars are long: it is made once.
  private static func meanings(_ graph: Graph) -> (of: [Meaning?], costs: [Int]) {
    // A handful of functions: looking through them is quicker than hashing.
    var ofScalars: [(function: ScalarFunction, dtype: DType, meaning: Meaning)] = []
    var meanings: [Meaning?] = []
    meanings.reserveCapacity(graph.nodes.count)
    var costs = [Int](repeating: 0, count: graph.types.count)
    for (index, node) in graph.nodes.enumerated() {
      if let function = graph.functionOfScalars(index) {
        let last = graph.operandList[Int(node.operandRange.upperBound) - 1]
        let dtype = graph.types[Int(last.index)].dtype
        costs[Int(node.resultRange.lowerBound)] = function.cost
        if let k = ofScalars.firstIndex(where: { $0.function === function && $0.dtype == dtype }) {
          meanings.append(ofScalars[k].meaning)
          continue
        }
        let made = node.operation.meaning(graph.operandTypes(of: node), graph.resultTypes(of: node))
        ofScalars.append((function, dtype, made))
        meanings.append(made)
        continue
      }
      let made = node.operation.meaning(graph.operandTypes(of: node), graph.resultTypes(of: node))
      if case .map(let map) = made {
        for (result, value) in zip(node.resultRange, map.values) { costs[Int(result)] = value.cost }
      }
      meanings.append(made)
    }
    return (meanings, costs)
  }

  /// Stores operands that the node would read more often than once an element, or needs as memory.
  private mutating func storeOperands(
    of node: Node, _ index: Int, _ graph: Graph, _ costs: [Int],
    _ contractions: Contraction.Policy
  ) {
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
  /// The function that a node applies to scalars: the shape of its result is that of its operands.
  func functionOfScalars(_ node: Int) -> ScalarFunction? {
    let result = Int(nodes[node].resultRange.lowerBound)
    return types[result].shape.isEmpty ? nodes[node].primitive.function : nil
  }

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
