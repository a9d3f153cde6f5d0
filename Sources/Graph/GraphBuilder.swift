// Building graphs: applies operations with their type rules and shares equal nodes (hash-consing),
// so the same operation on the same operands is the same value wherever it is asked for. A class,
// because many terms write into one graph; it lives only while a graph is being made.

/// Grows one graph.
package final class GraphBuilder {
  private var growing: GrowingGraph
  /// Given to the nodes made from now on.
  package var origin = Origin.none
  /// The first error of an operator on terms, which cannot throw themselves.
  package private(set) var failure: (any Error)?

  /// A builder that goes on where `graph` ends.
  ///
  /// - Parameter count: how many nodes there will be, about.
  package init(_ graph: Graph, expecting count: Int = 0) {
    growing = GrowingGraph(graph, expecting: count)
  }

  package convenience init(name: String) { self.init(Graph(named: name)) }

  /// The graph so far.
  package var graph: Graph { growing.graph }

  package var nodeCount: Int { growing.graph.nodes.count }

  /// The graph, once all is built.
  /// - Throws: the first error of an operator on terms.
  package func finished() throws -> Graph {
    if let failure { throw failure }
    return graph
  }

  package func type(of value: Value) -> TensorType { growing.graph.type(of: value) }
  package func literal(_ value: Value) -> Scalar? { growing.graph.literal(value) }
  package func areScalars(_ values: [Value]) -> Bool {
    values.allSatisfy { growing.graph.types[Int($0.index)].shape.isEmpty }
  }
  package func hasLiteral(_ values: [Value]) -> Bool {
    values.contains { growing.graph.literal($0) != nil }
  }

  /// The operands of a value that is made by an elementwise function.
  package func operands(of value: Value, if function: ScalarFunction) -> ArraySlice<Value>? {
    let node = growing.graph.definingNodes[Int(value.index)]
    guard node >= 0, growing.graph.nodes[Int(node)].primitive.applies(function) else {
      return nil
    }
    return growing.graph.operands(of: Int(node))
  }

  package func addInput(_ name: String, _ type: TensorType) -> Term {
    let value = growing.addValue(type, node: -1)
    growing.graph.inputs.append(GraphInput(name: name, value: value))
    growing.graph.names[value] = name
    return Term(self, value)
  }

  /// A value that nothing defines: a variable of a transform, gone when the graph is pruned.
  package func addHidden(_ type: TensorType) -> Term {
    Term(self, growing.addValue(type, node: -1))
  }

  /// The value gets the output's name, unless it has one.
  package func addOutput(_ name: String, _ term: Term) {
    growing.graph.outputs.append(GraphOutput(name: name, value: term.value))
    self.name(term, name)
  }

  /// An output whose name no reader knows, as that of a region: the value is not called so.
  package func addResult(_ name: String, _ term: Term) {
    growing.graph.outputs.append(GraphOutput(name: name, value: term.value))
  }

  package func setOutputs(_ outputs: [GraphOutput]) { growing.graph.outputs = outputs }
  package func setInputs(_ inputs: [GraphInput]) { growing.graph.inputs = inputs }
  package func setName(_ name: String) { growing.graph.name = name }

  /// Keeps a condition for the call, unless it always holds or is there already.
  package func addConstraint(_ condition: Guard, at origin: Origin = .none) {
    growing.graph.addConstraint(condition, at: origin)
  }

  /// Names a value for readers, unless it has a name.
  package func name(_ term: Term, _ name: String) {
    if !hasName(term) { growing.graph.names[term.value] = name }
  }

  /// Remembers that the source gave a value that has a name another one too.
  package func addAlias(_ term: Term, _ name: String) {
    if growing.graph.names[term.value] != name { growing.graph.names.aliases[name] = term.value }
  }

  package func hasName(_ term: Term) -> Bool { growing.graph.names[term.value] != nil }

  /// The failure, which is forgotten.
  package func takeFailure() -> (any Error)? {
    guard let failure else { return nil }
    self.failure = nil
    return failure
  }

  package func term(_ value: Value) -> Term { Term(self, value) }

  /// Applies an operation to operands and returns its results.
  /// - Throws: `TypeRuleError` when the operand types do not fit.
  package func apply(_ operation: some Operation, _ operands: [Term]) throws -> [Term] {
    try growing.apply(Primitive(operation), operands.map(\.value), origin).map { Term(self, $0) }
  }

  package func apply(_ operation: any Operation, _ operands: [Value]) throws -> ValueRange {
    try growing.apply(Primitive(operation), operands, origin)
  }

  /// The same for a function of elements.
  package func apply(_ function: ScalarFunction, _ operands: [Term]) throws -> Term {
    let primitive = Primitive.elementwise(function)
    let results =
      operands.count == 2
      ? try growing.apply(primitive, ValuePair(operands[0].value, operands[1].value), origin)
      : try growing.apply(primitive, operands.map(\.value), origin)
    return Term(self, results[0])
  }

  /// Applies the operation of a node of `graph` to operands; where they have the types of its own
  /// ones, that needs no look at the type rule.
  package func copy(_ node: Node, of graph: Graph, _ operands: [Value]) throws -> ValueRange {
    try growing.copy(node, of: graph, operands, origin)
  }

  /// Applies an operation of one result; on an error the term is the first operand and the builder
  /// remembers the failure.
  package func applying(_ operation: some Operation, _ operands: [Term]) -> Term {
    applying(Primitive(operation), operands.map(\.value))
  }

  /// The same for a function of elements.
  package func applying(
    _ function: ScalarFunction, _ operands: some RandomAccessCollection<Value>
  ) -> Term {
    applying(.elementwise(function), operands)
  }

  private func applying(
    _ primitive: Primitive, _ operands: some RandomAccessCollection<Value>
  ) -> Term {
    do {
      return Term(self, try growing.apply(primitive, operands, origin)[0])
    } catch {
      fail(error)
      return operands.first.map(term) ?? constant(0, .f64)
    }
  }

  package func fail(_ error: any Error) {
    if failure == nil { failure = error }
  }

  package func constant(_ value: Scalar) -> Term { applying(Literal(value: value), []) }
  package func constant(_ value: Double, _ dtype: DType) -> Term { constant(Scalar(value, dtype)) }

  /// An array of given elements; a single element is a literal, and no element is broadcast from one.
  package func constant(_ tensor: Tensor) -> Term {
    if tensor.shape.isEmpty { return constant(tensor[0]) }
    if tensor.count > 0 { return applying(Constant(value: tensor), []) }
    return constant(Scalar(0 as Int64, tensor.dtype))
      .broadcast(to: tensor.shape.map { DimExpr($0) }, axes: [])
  }
}

/// A graph with the table that finds equal nodes.
private struct GrowingGraph {
  var graph: Graph
  private var table: ConsTable
  /// Secret of this builder, so that a file cannot be made to collide.
  private let multiplier = UInt64.random(in: 0...UInt64.max) | 1

  init(_ graph: Graph, expecting count: Int) {
    self.graph = graph
    table = ConsTable(capacity: max(count, graph.nodes.count))
    if count > graph.nodes.count { self.graph.reserve(count) }
    for node in graph.nodes.indices {
      table.insert(node, hash: hash(graph.nodes[node].primitive, graph.operands(of: node)))
    }
  }

  mutating func apply(
    _ primitive: Primitive, _ operands: some RandomAccessCollection<Value>, _ origin: Origin
  ) throws -> ValueRange {
    if let form = canonical(primitive, operands) {
      return try apply(Primitive(form.operation), form.operands, origin)
    }
    let hash = hash(primitive, operands)
    if let known = known(primitive, operands, hash) { return known }
    if let type = typeOfScalars(primitive, operands) {
      return add(primitive, operands, CollectionOfOne(type), hash, origin)
    }
    let types = try resultTypes(primitive.operation, operands)
    return add(primitive, operands, types, hash, origin)
  }

  mutating func copy(
    _ node: Node, of source: Graph, _ operands: [Value], _ origin: Origin
  ) throws -> ValueRange {
    let primitive = node.primitive
    guard haveTypesOfOperands(operands, node, source) else {
      return try apply(primitive, operands, origin)
    }
    if let form = canonical(primitive, operands) {
      return try apply(Primitive(form.operation), form.operands, origin)
    }
    let hash = hash(primitive, operands)
    if let known = known(primitive, operands, hash) { return known }
    let range = Int(node.resultRange.lowerBound)..<Int(node.resultRange.upperBound)
    return add(primitive, operands, source.types[range], hash, origin)
  }

  private func haveTypesOfOperands(_ values: [Value], _ node: Node, _ source: Graph) -> Bool {
    guard values.count == node.operandRange.count else { return false }
    var place = Int(node.operandRange.lowerBound)
    for value in values {
      let (new, old) = (Int(value.index), Int(source.operandList[place].index))
      place += 1
      if graph.types[new].dtype != source.types[old].dtype { return false }
      // Most are scalars.
      if graph.types[new].shape.isEmpty && source.types[old].shape.isEmpty { continue }
      if graph.types[new].shape != source.types[old].shape { return false }
    }
    return true
  }

  private func canonical(
    _ primitive: Primitive, _ operands: some Collection<Value>
  ) -> Application? {
    guard case .other(let box) = primitive, box.hasRegions else { return nil }
    return box.operation.canonical(Array(operands), in: graph)
  }

  private func known(
    _ primitive: Primitive, _ operands: some Collection<Value>, _ hash: UInt32
  ) -> ValueRange? {
    table.find(hash, where: { matches($0, primitive, operands) }).map {
      ValueRange(graph.nodes[$0].resultRange)
    }
  }

  private mutating func add(
    _ primitive: Primitive, _ operands: some Collection<Value>, _ types: some Sequence<TensorType>,
    _ hash: UInt32, _ origin: Origin
  ) -> ValueRange {
    let index = graph.nodes.count
    let firstResult = Int32(graph.types.count)
    for type in types { _ = addValue(type, node: Int32(index)) }
    let resultRange = firstResult..<Int32(graph.types.count)
    let firstOperand = Int32(graph.operandList.count)
    for operand in operands { graph.operandList.append(operand) }
    graph.nodes.append(
      Node(
        primitive: primitive,
        operandRange: firstOperand..<Int32(graph.operandList.count), resultRange: resultRange,
        origin: origin))
    table.insert(index, hash: hash)
    return ValueRange(resultRange)
  }

  /// The type of a function of scalars, for which there is nothing to check but dtypes.
  private func typeOfScalars(
    _ primitive: Primitive, _ operands: some RandomAccessCollection<Value>
  ) -> TensorType? {
    guard case .elementwise(let function) = primitive else { return nil }
    for operand in operands where !graph.types[Int(operand.index)].shape.isEmpty { return nil }
    let dtype = function.resultDType(operands.count) { k in
      graph.types[Int(operands[operands.index(operands.startIndex, offsetBy: k)].index)].dtype
    }
    return dtype.map { TensorType($0) }
  }

  private func resultTypes(
    _ operation: any Operation, _ operands: some Collection<Value>
  ) throws -> [TensorType] {
    try operation.checkedTypes(of: operands.map { graph.types[Int($0.index)] })
  }

  mutating func addValue(_ type: TensorType, node: Int32) -> Value {
    graph.types.append(type)
    graph.definingNodes.append(node)
    return Value(graph.types.count - 1)
  }

  private func hash(_ primitive: Primitive, _ operands: some Sequence<Value>) -> UInt32 {
    var hash = primitive.processHash
    for operand in operands {
      hash = (hash ^ UInt64(UInt32(bitPattern: operand.index))) &* multiplier
      hash ^= hash >> 32
    }
    return UInt32(truncatingIfNeeded: hash)
  }

  private func matches(
    _ node: Int, _ primitive: Primitive, _ operands: some Collection<Value>
  ) -> Bool {
    graph.operands(of: node).elementsEqual(operands)
      && graph.nodes[node].primitive.isEqual(to: primitive)
  }
}

/// An open-addressing table from hashes to node indices. Order never shows, so a seeded hash is
/// fine here.
private struct ConsTable {
  /// A node with its hash beside it, so that a probe touches one cache line.
  private struct Slot {
    var node: Int32
    var hash: UInt32

    static let free = Slot(node: -1, hash: 0)
  }

  private var slots: [Slot]
  private var count = 0

  init(capacity: Int) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    slots = [Slot](repeating: .free, count: size)
  }

  func find(_ hash: UInt32, where matches: (Int) -> Bool) -> Int? {
    var place = Int(hash) & (slots.count - 1)
    while slots[place].node >= 0 {
      if slots[place].hash == hash && matches(Int(slots[place].node)) {
        return Int(slots[place].node)
      }
      place = (place + 1) & (slots.count - 1)
    }
    return nil
  }

  mutating func insert(_ node: Int, hash: UInt32) {
    if 2 * (count + 1) > slots.count { grow() }
    var place = Int(hash) & (slots.count - 1)
    while slots[place].node >= 0 { place = (place + 1) & (slots.count - 1) }
    slots[place] = Slot(node: Int32(node), hash: hash)
    count += 1
  }

  private mutating func grow() {
    var larger = ConsTable(capacity: slots.count)
    for slot in slots where slot.node >= 0 { larger.insert(Int(slot.node), hash: slot.hash) }
    self = larger
  }
}
