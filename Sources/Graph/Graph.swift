// The dataflow graph: nodes in an array, in an order in which every operand stands before its use.
// Values are indices, so a graph of any depth is built, walked and freed without recursion. Graphs
// grow only through GraphBuilder, which checks types and shares equal nodes.

/// A value of a graph: an input, or one result of a node. Means nothing in another graph.
package struct Value: Hashable, Sendable {
  package var index: Int32
  package init(_ index: Int) { self.index = Int32(index) }
}

/// Values numbered one after the other: the results of a node.
package struct ValueRange: RandomAccessCollection, Sendable {
  private let range: Range<Int32>

  package init(_ range: Range<Int32>) { self.range = range }
  package init(_ value: Value) { range = value.index..<value.index + 1 }

  package var startIndex: Int { 0 }
  package var endIndex: Int { range.count }
  package subscript(position: Int) -> Value { Value(Int(range.lowerBound) + position) }
}

/// Where in a source text a node comes from; line 0 where there is none.
public struct Origin: Hashable, Sendable {
  /// From 1; 0 where there is no place.
  public var line: Int32
  /// From 1; 0 where there is no place.
  public var column: Int32
  /// The function that was called, where it is made of operations: its place in `Catalog.derived`
  /// counted from 1; 0 for operations themselves.
  package var derived: UInt16 = 0

  /// No place.
  public static let none = Origin(line: 0, column: 0)

  /// A place in a source file.
  public init(line: Int32, column: Int32) {
    self.line = line
    self.column = column
  }
}

/// An application of an operation.
package struct Node: Sendable {
  package let primitive: Primitive
  package let operandRange: Range<Int32>
  package let resultRange: Range<Int32>
  package let origin: Origin

  package var operation: any Operation { primitive.operation }

  /// The operation as it was called: `top_k`, and not the slice in it.
  package var calledName: String {
    origin.derived > 0 ? Catalog.derived[Int(origin.derived) - 1].name : operation.name
  }

  /// Runs graphs of its own.
  package var hasRegions: Bool {
    if case .other(let box) = primitive { box.hasRegions } else { false }
  }
}

extension Node {
  /// May stand for other operations.
  package var mayExpand: Bool {
    if case .other(let box) = primitive { box.hasRegions || box.isComposed } else { false }
  }
}

/// A named input with its value.
public struct GraphInput: Hashable, Sendable {
  /// The name that arrays are bound by.
  public var name: String
  package var value: Value

  package init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}

/// A named output with its value.
public struct GraphOutput: Hashable, Sendable {
  /// The name that results are found by.
  public var name: String
  package var value: Value

  package init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}

/// Names of values, for readers. An array: every pass that rebuilds a graph looks each value up.
package struct ValueNames: Sendable {
  private var list: [String?] = []
  /// Further names of values that have one: the source gave the same value several.
  package var aliases: [String: Value] = [:]

  package subscript(value: Value) -> String? {
    get { Int(value.index) < list.count ? list[Int(value.index)] : nil }
    set {
      while list.count <= Int(value.index) { list.append(nil) }
      list[Int(value.index)] = newValue
    }
  }

  /// The names that are given, in the order of the values.
  package var all: [String] { list.compactMap { $0 } }

  /// The first value of that name.
  package func value(named name: String) -> Value? {
    list.firstIndex(of: name).map { Value($0) }
  }
}

/// A named function as a dataflow graph.
public struct Graph: Sendable {
  /// What the function is called.
  public var name: String
  /// What the function is given, in order.
  public package(set) var inputs: [GraphInput] = []
  /// What the function gives, in order.
  public package(set) var outputs: [GraphOutput] = []
  /// Conditions on sizes that the function itself declares.
  public package(set) var constraints: [Guard] = []
  /// Where they are declared, as far as there is a source.
  package private(set) var constraintOrigins: [Guard: Origin] = [:]

  package internal(set) var nodes: [Node] = []
  /// The operands of all nodes, end to end.
  package internal(set) var operandList: [Value] = []
  /// The type of every value.
  package internal(set) var types: [TensorType] = []
  /// The node that defines each value; −1 for inputs.
  package internal(set) var definingNodes: [Int32] = []
  /// Names from the source, for printing and for C.
  package var names = ValueNames()

  package init(named name: String) { self.name = name }

  /// Makes room for so many nodes of one result.
  mutating func reserve(_ count: Int) {
    nodes.reserveCapacity(count)
    operandList.reserveCapacity(2 * count)
    types.reserveCapacity(inputs.count + count)
    definingNodes.reserveCapacity(inputs.count + count)
  }

  package func type(of value: Value) -> TensorType { types[Int(value.index)] }

  /// The index of the node that defines `value`, or `nil` for an input.
  package func definingNode(of value: Value) -> Int? {
    let node = definingNodes[Int(value.index)]
    return node < 0 ? nil : Int(node)
  }

  package func operation(defining value: Value) -> (any Operation)? {
    definingNode(of: value).map { nodes[$0].operation }
  }

  package func operands(of node: Node) -> ArraySlice<Value> {
    operandList[Int(node.operandRange.lowerBound)..<Int(node.operandRange.upperBound)]
  }

  package func operands(of node: Int) -> ArraySlice<Value> { operands(of: nodes[node]) }

  package func results(of node: Node) -> ValueRange { ValueRange(node.resultRange) }

  package func operandTypes(of node: Node) -> [TensorType] {
    operands(of: node).map { types[Int($0.index)] }
  }

  package func resultTypes(of node: Node) -> [TensorType] {
    Array(types[Int(node.resultRange.lowerBound)..<Int(node.resultRange.upperBound)])
  }

  /// The literal a value is, if it is one. Inlined, so that a builder does not copy its graph to ask.
  @inline(__always)
  package func literal(_ value: Value) -> Scalar? {
    let node = Int(definingNodes[Int(value.index)])
    // Nearly all nodes have operands, and what has is no literal.
    return node < 0 || !nodes[node].operandRange.isEmpty ? nil : nodes[node].operation.literalValue
  }

  /// The sizes the graph depends on: first those of the inputs, in order, then the others.
  package var symbols: [String] {
    var seen: Set<String> = []
    var names: [String] = []
    func add(_ e: DimExpr) {
      if e.terms.isEmpty { return }
      for name in e.symbols where seen.insert(name).inserted { names.append(name) }
    }
    seen.insert(DimExpr.unknownName)
    for input in inputs { type(of: input.value).shape.forEach(add) }
    for type in types { type.shape.forEach(add) }
    for node in nodes where node.primitive.function == nil {
      node.operation.sizes.forEach(add)
      for region in node.operation.regions {
        for name in region.graph.symbols { add(.symbol(name)) }
      }
    }
    for condition in constraints {
      add(condition.lhs)
      add(condition.rhs)
    }
    return names
  }

  package mutating func addConstraint(_ condition: Guard, at origin: Origin) {
    if condition.decided == true || constraints.contains(condition) { return }
    constraints.append(condition)
    if origin.line > 0 { constraintOrigins[condition] = origin }
  }

  package mutating func takeConstraints(of graph: Graph) {
    constraints = graph.constraints
    constraintOrigins = graph.constraintOrigins
  }

  /// Whether a condition of a node is none where something else is known.
  private func follows(_ condition: Guard, _ known: [Guard], _ node: Node) -> Bool {
    // Room for results is there also where nothing runs, so their extents are never negative.
    known.contains { $0.implies(condition) }
      && node.resultRange.allSatisfy { types[Int($0)].shape.allSatisfy(\.isNonNegative) }
  }

  /// Whether a node can run only where something is known: one of its conditions follows from that alone.
  package func needs(_ known: [Guard], _ node: Node) -> Bool {
    if known.isEmpty || node.primitive.function != nil { return false }
    return node.operation.guards(of: operandTypes(of: node)).contains {
      $0.decided != true && follows($0, known, node)
    }
  }

  /// What is computed from sizes when the graph runs, in its regions too: the bytes of each array, and
  /// the sizes that operations hold. Each once, in order of appearance; numbers and what is only a size are
  /// left out.
  package func computedSizes() -> [DimExpr] {
    var shapes: Set<[DimExpr]> = []
    var seen: Set<DimExpr> = []
    var sizes: [DimExpr] = []
    func add(_ e: DimExpr) {
      if e.constantValue == nil, e.symbolName == nil, seen.insert(e).inserted { sizes.append(e) }
    }
    for type in types where !type.shape.isEmpty && shapes.insert(type.shape).inserted {
      // Arrays of the widest dtype, so that conversions are none of our business.
      if !type.isUnbounded { add(type.elementCount * 8) }
    }
    for node in nodes where node.primitive.function == nil {
      node.operation.sizes.forEach(add)
      for region in node.operation.regions { region.graph.computedSizes().forEach(add) }
    }
    return sizes
  }

  /// Which nodes some output depends on.
  package func liveNodes() -> [Bool] { nodesNeeded(for: outputs.map(\.value)) }

  /// Which nodes some of `values` depends on. Uses stand behind what they use, so one walk
  /// backward meets all uses of a node before the node.
  package func nodesNeeded(for values: [Value]) -> [Bool] {
    var live = [Bool](repeating: false, count: nodes.count)
    var isNeeded = [Bool](repeating: false, count: types.count)
    for value in values { isNeeded[Int(value.index)] = true }
    for node in nodes.indices.reversed()
    where nodes[node].resultRange.contains(where: { isNeeded[Int($0)] }) {
      live[node] = true
      for place in nodes[node].operandRange { isNeeded[Int(operandList[Int(place)].index)] = true }
    }
    return live
  }

  /// The conditions on sizes under which the graph is well-typed, each with the node that needs it
  /// (`nil` for the function's own constraints). Conditions that always hold are left out.
  ///
  /// - Parameter known: what holds wherever the graph runs: in a loop of at most n steps, 1 <= n. What follows
  ///   from that is no condition: with n = 0 no step asks for an element of an array that has none.
  package func guards(where known: [Guard] = []) -> [(condition: Guard, node: Int?)] {
    var seen: Set<Guard> = []
    var result: [(condition: Guard, node: Int?)] = []
    func add(_ condition: Guard, _ node: Int?) {
      guard condition.decided != true, seen.insert(condition).inserted,
        !result.contains(where: { $0.condition.implies(condition) })
      else { return }
      result.append((condition, node))
    }
    for condition in constraints { add(condition, nil) }
    for (index, node) in nodes.enumerated() {
      // Functions of scalars, of which there can be very many, have none.
      if node.primitive.function != nil,
        operands(of: node).allSatisfy({ type(of: $0).shape.isEmpty })
      {
        continue
      }
      let operands = operandTypes(of: node)
      for condition in node.operation.guards(of: operands) where !follows(condition, known, node) {
        add(condition, index)
      }
      // What makes an extent answers for its sign.
      for result in node.resultRange {
        for extent in types[Int(result)].shape
        where !extent.isNonNegative && !operands.contains(where: { $0.shape.contains(extent) }) {
          add(Guard(0, .lessOrEqual, extent), index)
        }
      }
      for region in node.operation.regions {
        let known = known + Loop.known((node.operation as? Loop)?.bound)
        for (condition, _) in region.graph.guards(where: known) { add(condition, index) }
      }
    }
    for input in inputs {
      for condition in type(of: input.value).shape.flatMap(\.broadcastGuards) {
        add(condition, nil)
      }
    }
    return result
  }
}
