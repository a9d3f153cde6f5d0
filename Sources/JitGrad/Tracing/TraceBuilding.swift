// From operations to nodes. Functions of elements, of which long traces consist, are checked and
// made directly; everything else goes through a builder of the graph, whose new nodes are lifted.
import Graph

extension TraceNode {
  static func literal(_ value: Scalar) -> TraceNode {
    TraceNode(
      .operation(Primitive(Literal(value: value))), [], [TensorType(value.dtype)], isSymbolic: false
    )
  }

  /// An application of an operation whose result types are known to fit.
  static func make(
    _ primitive: Primitive, _ operands: [TraceValue], _ types: [TensorType],
    replaced: Set<ReplacedNodes> = []
  ) -> TraceNode {
    var isSymbolic = operands.contains { $0.node.isSymbolic }
    if !isSymbolic, primitive.function == nil {
      let operation = primitive.operation
      isSymbolic =
        operation.sizes.contains { $0.constantValue == nil }
        || operation.regions.contains { !$0.graph.symbols.isEmpty }
    }
    return TraceNode(
      .operation(primitive), operands, types, isSymbolic: isSymbolic, replaced: replaced)
  }
}

extension TracedTensor {
  /// The first failure among operands.
  private static func failed(_ operands: [TracedTensor]) -> TracedTensor? {
    operands.first { $0.failure != nil }
  }

  /// A failed tensor in the place of a result.
  static func failure(_ error: TraceError, _ type: TensorType = TensorType(.f64)) -> TracedTensor {
    TracedTensor(TraceNode(.failure(error), [], [type], isSymbolic: false))
  }

  /// Applies a function of elements, with broadcasting.
  static func apply(_ function: ScalarFunction, _ operands: [TracedTensor]) -> TracedTensor {
    if let failed = failed(operands) { return failed }
    let type: TensorType
    if operands.allSatisfy({ $0.node.types[$0.value.result].shape.isEmpty }),
      let dtype = function.resultDType(operands.count, of: { operands[$0].dtype })
    {
      type = TensorType(dtype)
    } else {
      let types = operands.map(\.type)
      do {
        type = try Elementwise(function).checkedTypes(of: types)[0]
      } catch {
        return failure(TraceError(function.name, error), types.first ?? TensorType(.f64))
      }
    }
    return TracedTensor(
      .make(.elementwise(function), operands.map(\.value), [type]))
  }

  /// Applies an operation without regions of one result.
  static func apply(_ operation: any Operation, _ operands: [TracedTensor]) -> TracedTensor {
    if let failed = failed(operands) { return failed }
    do {
      let types = try operation.checkedTypes(of: operands.map(\.type))
      return TracedTensor(.make(Primitive(operation), operands.map(\.value), types))
    } catch {
      return failure(TraceError(operation.name, error), operands.first?.type ?? TensorType(.f64))
    }
  }

  /// Applies an operation without regions of so many results.
  static func applyAll(
    _ operation: any Operation, _ operands: [TracedTensor], _ count: Int
  ) -> [TracedTensor] {
    let first = apply(operation, operands)
    if first.failure != nil { return [TracedTensor](repeating: first, count: count) }
    return first.node.types.indices.map { TracedTensor(TraceValue(first.node, $0)) }
  }

  /// What `body` builds of terms of the operands: so many results, or failed tensors.
  static func built(
    _ name: String, _ operands: [TracedTensor], count: Int = 1,
    _ body: (GraphBuilder, [Term]) throws -> [Term]
  ) -> [TracedTensor] {
    if let failed = failed(operands) { return [TracedTensor](repeating: failed, count: count) }
    do {
      var writer = TraceWriter(name: name)
      let terms = operands.map { writer.leaf($0.value) }
      let results = try body(writer.builder, terms)
      return try writer.lift(results)
    } catch {
      let failed = failure(TraceError(name, error), operands.first?.type ?? TensorType(.f64))
      return [TracedTensor](repeating: failed, count: count)
    }
  }
}

/// Writes nodes of traces into a graph, and lifts what is added to the graph back to nodes. What was
/// written is known by its value, so a lifted node uses the nodes there are.
struct TraceWriter {
  let builder: GraphBuilder
  /// The value of what is written.
  private var values: [TraceValue: Value] = [:]
  /// The other way round, by the number of the value.
  private var sources: [TraceValue?] = []
  /// What checkpoints replaced in all that was written; lifted nodes are made of it.
  var replaced: Set<ReplacedNodes> = []

  init(name: String) { builder = GraphBuilder(name: name) }

  /// Goes on in a graph that is being built.
  init(_ builder: GraphBuilder) { self.builder = builder }

  subscript(value: TraceValue) -> Value? { values[value] }

  /// Takes a value of the graph for a result of a node.
  mutating func bind(_ source: TraceValue, to value: Value) {
    values[source] = value
    let number = Int(value.index)
    while sources.count <= number { sources.append(nil) }
    if sources[number] == nil { sources[number] = source }
  }

  /// What stands for a value of the graph; `nil` for one that a transform made.
  private func source(of value: Value) -> TraceValue? {
    Int(value.index) < sources.count ? sources[Int(value.index)] : nil
  }

  /// A variable that stands for the value, or the literal it is.
  mutating func leaf(_ source: TraceValue) -> Term {
    if let known = values[source] { return builder.term(known) }
    let term =
      if let literal = source.node.primitive?.operation.literalValue {
        builder.constant(literal)
      } else {
        builder.addHidden(source.type)
      }
    bind(source, to: term.value)
    return term
  }

  /// A variable for a value, whatever it is.
  mutating func variable(_ source: TraceValue) -> Term {
    let term = builder.addHidden(source.type)
    bind(source, to: term.value)
    return term
  }

  /// Tells what the node gives apart from equal values: from now on it stands for a value of its own,
  /// and what was written stands for no tensor unless another one is equal.
  mutating func distinguish(_ node: TraceNode) throws {
    for result in node.types.indices {
      let source = TraceValue(node, result)
      guard let value = values[source] else { continue }
      if self.source(of: value) == source { sources[Int(value.index)] = nil }
      bind(source, to: try builder.distinct(builder.term(value)).value)
    }
  }

  /// Everything under `roots` that is not written yet. Data become constants.
  /// - Parameter input: a term for an input.
  mutating func writeAll(
    under roots: [TraceNode], input: (String, TensorType) throws -> Term
  ) throws {
    var operations: [TraceNode] = []
    for node in TraceNode.order(roots, isLeaf: { values[TraceValue($0)] != nil })
    where values[TraceValue(node)] == nil {
      switch node.kind {
      case .input(let name?): bind(TraceValue(node), to: try input(name, node.types[0]).value)
      case .input(nil): throw EvaluationError.variable(node.types[0])
      case .value(let tensor): bind(TraceValue(node), to: builder.constant(tensor).value)
      case .operation, .failure: operations.append(node)
      }
    }
    // In the order in which they were made, repeated steps stand one behind the other.
    for node in operations.sorted(by: { $0.serial < $1.serial }) { try write(node) }
  }

  /// The application of an operation; operands that are not written yet become leaves.
  mutating func write(_ node: TraceNode) throws {
    guard let primitive = node.primitive else {
      if case .failure(let error) = node.kind { throw error }
      for result in node.types.indices { _ = leaf(TraceValue(node, result)) }
      return
    }
    if !node.replaced.isEmpty { replaced.formUnion(node.replaced) }
    var operands: [Value] = []
    for operand in node.operands { operands.append(values[operand] ?? leaf(operand).value) }
    let results = try builder.apply(primitive.operation, operands)
    for (k, value) in results.enumerated() { bind(TraceValue(node, k), to: value) }
  }

  /// Tensors for terms: of the nodes that were written where there are some, else of new ones.
  mutating func lift(_ terms: [Term]) throws -> [TracedTensor] {
    let graph = try builder.finished()
    let needed = graph.nodesNeeded(for: terms.map(\.value))
    for (index, node) in graph.nodes.enumerated() where needed[index] {
      let results = graph.results(of: node)
      if source(of: results[0]) != nil { continue }
      let operands = try graph.operands(of: node).map { operand in
        guard let source = source(of: operand) else {
          throw TraceError(
            node.operation.name, "reads a variable that belongs to another trace",
            help: "this is a mistake in jit-grad: please report it")
        }
        return source
      }
      let made = TraceNode.make(
        node.primitive, operands, graph.resultTypes(of: node), replaced: replaced)
      for (k, value) in results.enumerated() { bind(TraceValue(made, k), to: value) }
    }
    return try terms.map { term in
      guard let source = source(of: term.value) else {
        throw TraceError("derivative", "gives a variable of its own")
      }
      return TracedTensor(source)
    }
  }
}
