// Sorting with a comparator. Comparators that compare the same function of both elements, one key after
// the other, become stable sorts by these keys, the last key first.
import Graph

extension StableHLOElaborator {
  static let sortRules: [String: HLORule] = [
    "stablehlo.sort": HLORule(1...Int.max) { elaborator, call in
      let x = call.operands
      let rank = x[0].rank
      let named = try call.integer("dimension") ?? -1
      let axis = named < 0 ? named + rank : named
      guard x[0].shape.indices.contains(axis), x.allSatisfy({ $0.rank == rank }) else {
        throw TypeRuleError("has no axis \(named) in \(x[0].type)")
      }
      // The comparator gets two elements of each operand, side by side.
      let elements = x.indices.flatMap { [call.operandElement($0), call.operandElement($0)] }
      elaborator.isInComparator = true
      defer { elaborator.isInComparator = false }
      let region = try elaborator.scalarRegion(call.region(0), call, elements)
      guard let keys = SortKeys(region)?.keys, !keys.isEmpty else {
        throw call.unsupported(
          "with this comparator", help: "compare the same function of both elements with < or >")
      }
      return try sorted(x, by: keys, axis, call)
    }
  ]

  private static func sorted(
    _ x: [Term], by keys: [SortKeys.Key], _ axis: Int, _ call: HLOCall
  ) throws -> [Term] {
    let builder = call.builder
    var order: Term?
    for (k, key) in keys.enumerated().reversed() {
      var values = try key.values(of: x, builder)
      if let order { values = taken(values, along: axis, at: order) }
      let sort = try builder.apply(Sort(axis: axis, descending: key.isDescending), [values])
      if k == 0, order == nil, let only = key.operand {
        // The key is one of the operands, which is sorted already.
        return x.enumerated().map { $0 == only ? sort[0] : taken($1, along: axis, at: sort[1]) }
      }
      order = order.map { taken($0, along: axis, at: sort[1]) } ?? sort[1]
    }
    return x.map { term in order.map { taken(term, along: axis, at: $0) } ?? term }
  }
}

/// What a comparator sorts by.
struct SortKeys {
  /// A function of the elements of the operands, and a direction.
  struct Key {
    let region: Region
    let isDescending: Bool
    /// The operand, where the key is one as it is.
    let operand: Int?
    fileprivate let graph: Graph
    fileprivate let captured: [Term]

    func values(of x: [Term], _ builder: GraphBuilder) throws -> Term {
      if let operand { return x[operand] }
      let key = ScalarRegion(graph: graph, captured: captured, argumentCount: x.count)
      return try key.applied(to: x, in: builder)[0]
    }
  }

  private let graph: Graph
  private let captured: [Term]
  private let count: Int
  private(set) var keys: [Key] = []

  /// - Returns: `nil` where the comparator is none of the known form.
  init?(_ region: ScalarRegion) {
    guard region.graph.outputs.count == 1 else { return nil }
    graph = region.graph
    captured = region.captured
    count = region.argumentCount
    guard add(graph.outputs[0].value, depth: 0) else { return nil }
  }

  /// Adds the keys of `a < b`, or of `a < b or a = b and …`.
  private mutating func add(_ value: Value, depth: Int) -> Bool {
    if let key = key(value) {
      keys.append(key)
      return true
    }
    guard depth < 16, let node = graph.definingNode(of: value),
      let function = graph.nodes[node].primitive.function
    else { return false }
    let operands = Array(graph.operands(of: node))
    switch function {
    case .or:
      return addChain(operands[0], operands[1], depth) || addChain(operands[1], operands[0], depth)
    case .select:
      // `a = b ? rest : a < b`
      return addEqual(operands[0], then: operands[1], operands[2], depth)
    default: return false
    }
  }

  /// `first or (a = b and rest)`
  private mutating func addChain(_ first: Value, _ other: Value, _ depth: Int) -> Bool {
    guard let node = graph.definingNode(of: other),
      graph.nodes[node].primitive.function == .and
    else { return false }
    let parts = Array(graph.operands(of: node))
    return addEqual(parts[0], then: parts[1], first, depth)
      || addEqual(parts[1], then: parts[0], first, depth)
  }

  /// The first key is compared in `first`, and the others in `rest` where it is equal.
  private mutating func addEqual(
    _ equal: Value, then rest: Value, _ first: Value, _ depth: Int
  ) -> Bool {
    guard let node = graph.definingNode(of: equal),
      graph.nodes[node].primitive.function == .equal, let key = key(first)
    else { return false }
    let sides = Array(graph.operands(of: node))
    guard let same = self.key(sides[0], sides[1], .less), same.region == key.region else {
      return false
    }
    keys.append(key)
    if add(rest, depth: depth + 1) { return true }
    keys.removeLast()
    return false
  }

  /// The key of a comparison.
  private func key(_ value: Value) -> Key? {
    guard let node = graph.definingNode(of: value),
      let function = graph.nodes[node].primitive.function,
      [.less, .greater, .lessEqual, .greaterEqual].contains(function)
    else { return nil }
    let operands = Array(graph.operands(of: node))
    return key(operands[0], operands[1], function)
  }

  /// The key where both sides are the same function, of the first and of the second elements.
  private func key(_ a: Value, _ b: Value, _ function: ScalarFunction) -> Key? {
    let isUp = function == .less || function == .lessEqual
    for (left, right, isSwapped) in [(a, b, false), (b, a, true)] {
      guard let first = part(left, parity: 0), let second = part(right, parity: 1),
        Region(first) == Region(second)
      else { continue }
      let operand = graph.inputs.prefix(count).firstIndex { $0.value == left }
      return Key(
        region: Region(first), isDescending: isUp == isSwapped, operand: operand.map { $0 / 2 },
        graph: first, captured: captured)
    }
    return nil
  }

  /// What a side computes from the first (second) elements, if it reads no other.
  private func part(_ value: Value, parity: Int) -> Graph? {
    let needed = graph.nodesNeeded(for: [value])
    var read: Set<Value> = [value]
    for (node, isNeeded) in zip(graph.nodes, needed) where isNeeded {
      read.formUnion(graph.operands(of: node))
    }
    let arguments = graph.inputs.prefix(count)
    for (k, input) in arguments.enumerated() where k % 2 != parity && read.contains(input.value) {
      return nil
    }
    let own = arguments.enumerated().filter { $0.offset % 2 == parity }.map(\.element)
    let outside = graph.inputs.dropFirst(count)
    return graph.part(
      "key", from: (own + outside).enumerated().map { ("x\($0)", $1.value) },
      to: [("key", value)])
  }
}
