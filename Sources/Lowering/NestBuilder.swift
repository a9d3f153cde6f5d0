// Turns a graph into loop nests. Nodes come in order; each stored value gets a nest, which is fused
// into the latest earlier nest where that is legal and as deep as possible. Values that are not
// stored are computed where they are read.
//
// Fusing a nest into d loops of an earlier one is legal if, for each value it reads that these
// loops compute, every shared loop runs along an axis of that value and the element is read at
// exactly that index: then it is complete when it is read.
import Graph

/// The state of lowering one graph.
final class NestBuilder {
  let graph: Graph
  let plan: StoragePlan
  let contractions: Contraction.Policy
  let root = Block()
  var buffers: [Buffer] = []
  var locals: [Local] = []
  /// The depth at which a local is defined: how many loops are around it.
  var localDepths: [Int] = []
  /// The same for index variables.
  var indexDepths: [Int] = []
  /// The buffer of a stored value.
  var bufferOfValue: [Int?]
  /// The local of a stored scalar.
  var localOfValue: [Int?]
  var placements: [Placement?]
  /// Elements that are in a local.
  var memo: [ElementKey: Definition] = [:]
  /// Indices read from data, likewise.
  var fetched: [FetchKey: Definition] = [:]
  /// The same by what they are, for nodes that read the same index.
  var fetchedValues: [Expression: Definition] = [:]
  /// The node that is being lowered.
  var current = 0

  init(_ graph: Graph, contractions: Contraction.Policy) {
    self.graph = graph
    self.contractions = contractions
    plan = StoragePlan(graph, contractions: contractions)
    let count = graph.types.count
    bufferOfValue = [Int?](repeating: nil, count: count)
    localOfValue = [Int?](repeating: nil, count: count)
    placements = [Placement?](repeating: nil, count: count)
  }

  func program() -> LoopProgram {
    addParameters()
    for (index, node) in graph.nodes.enumerated() {
      current = index
      lower(node, index)
    }
    copyOutputs()
    return LoopProgram(
      name: graph.name, symbols: graph.symbols, buffers: buffers, locals: locals,
      guards: graph.guards().map(\.condition), body: root.frozen())
  }

  // MARK: - Buffers and variables

  /// Inputs, then outputs; an output's buffer is where its value is computed.
  private func addParameters() {
    for (k, input) in graph.inputs.enumerated() {
      bufferOfValue[Int(input.value.index)] = addBuffer(input.value, input.name, .input(k))
      placements[Int(input.value.index)] = Placement(position: -1)
    }
    for (k, output) in graph.outputs.enumerated() {
      let buffer = addBuffer(output.value, output.name, .output(k))
      let value = Int(output.value.index)
      if bufferOfValue[value] == nil && plan.isStored[value] { bufferOfValue[value] = buffer }
    }
  }

  private func addBuffer(_ value: Value, _ name: String, _ storage: Buffer.Storage) -> Int {
    let type = graph.type(of: value)
    buffers.append(Buffer(name: name, dtype: type.dtype, shape: type.shape, storage: storage))
    return buffers.count - 1
  }

  /// The buffer of a stored value, made when it is first asked for.
  func buffer(of value: Value) -> Int {
    if let buffer = bufferOfValue[Int(value.index)] { return buffer }
    let buffer = addBuffer(
      value, graph.names[value] ?? graph.nameFromOperation(value), .workspace(byteOffset: 0))
    bufferOfValue[Int(value.index)] = buffer
    return buffer
  }

  func isOutput(_ value: Value) -> Bool {
    guard let buffer = bufferOfValue[Int(value.index)] else { return false }
    if case .output = buffers[buffer].storage { return true }
    return false
  }

  func newLocal(_ dtype: DType, name: String?, depth: Int) -> Int {
    locals.append(Local(dtype: dtype, name: name))
    localDepths.append(depth)
    return locals.count - 1
  }

  func newIndex(depth: Int) -> Int {
    indexDepths.append(depth)
    return indexDepths.count - 1
  }

  func note(_ node: Node, _ value: Value? = nil) -> Note {
    Note(
      operation: node.operation.name,
      name: graph.names[value ?? Value(Int(node.resultRange.lowerBound))], origin: node.origin)
  }

  // MARK: - Outputs that are not computed in place

  private func copyOutputs() {
    for (k, output) in graph.outputs.enumerated() {
      let value = Int(output.value.index)
      let target = graph.inputs.count + k
      if bufferOfValue[value] == target && plan.isStored[value] { continue }
      let type = graph.type(of: output.value)
      let note = Note(operation: "output", name: output.name, origin: .none)
      let domain = type.shape.indices.filter { !type.shape[$0].isOne }
      let nest = openNest(
        extents: domain.map { type.shape[$0] },
        reads: reads(of: output.value, type.shape.indices.map { DimExpr.index($0) }),
        loops: domain, notes: [note])
      let indices = type.shape.indices.map { axis in
        domain.firstIndex(of: axis).map { DimExpr.index(nest.loops[$0].index) } ?? 0
      }
      let element = element(output.value, indices, in: nest.scope)
      nest.block.append(
        .store(buffer: target, offset: buffers[target].offset(indices), element.expression))
    }
  }
}

extension Graph {
  /// A name for a value that has none in the source: that of the operation, where it says what the
  /// value is, as `dot` and `exp` do.
  func nameFromOperation(_ value: Value) -> String {
    guard let operation = operation(defining: value) else { return "values" }
    if operation is Collapse { return "sum" }
    switch operation.scalarFunction?.spelling.form(for: type(of: value).dtype) {
    case .infix?, .prefix?, .conditional?: return "values"
    case .libm?, .runtime?: return operation.name
    case nil: return operation.scalarFunction == nil ? operation.name : "values"
    }
  }
}
