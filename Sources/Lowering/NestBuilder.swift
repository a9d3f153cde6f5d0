// Turns a graph into loop nests. Nodes come in order; each stored value gets a nest, which is fused
// into the latest earlier nest where that is legal and as deep as possible. Values that are not
// stored are computed where they are read. A region inside an operation is a graph of its own, with
// a builder of its own that writes into a block of the statement around it.
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
  let program: GrowingProgram
  let root: Block
  /// Nothing is fused into what stood in the root block before.
  let firstPosition: Int
  /// Where a stored value lies.
  var placeOfValue: [Place?]
  /// A stored scalar, where it is a local or comes from outside.
  var scalarOfValue: [Element?]
  /// Where inputs lie whose memory their one reader may have.
  var givenUp: [Value: Place] = [:]
  /// How many rows a stack of unknown height has.
  var heightOfValue: [Value: DimExpr] = [:]
  /// Values that are computed where they are wanted as outputs.
  private(set) var isOutput: [Bool]
  var placements: [Placement?]
  /// Elements that are in a local.
  var memo: [ElementKey: Definition] = [:]
  /// The same for scalars, by value.
  var memoOfScalars: [Definition?]
  /// Indices read from data, likewise.
  var fetched: [FetchKey: Definition] = [:]
  /// The same by what they are, for nodes that read the same index.
  var fetchedValues: [Expression: Definition] = [:]
  /// The node that is being lowered.
  var current = 0

  init(
    _ graph: Graph, contractions: Contraction.Policy, program: GrowingProgram = GrowingProgram(),
    root: Block = Block()
  ) {
    self.graph = graph
    self.contractions = contractions
    self.program = program
    self.root = root
    firstPosition = root.items.count
    plan = StoragePlan(graph, contractions: contractions)
    let count = graph.types.count
    placeOfValue = [Place?](repeating: nil, count: count)
    scalarOfValue = [Element?](repeating: nil, count: count)
    memoOfScalars = [Definition?](repeating: nil, count: count)
    isOutput = [Bool](repeating: false, count: count)
    placements = [Placement?](repeating: nil, count: count)
  }

  /// The program of a whole graph: inputs, then outputs are its first buffers.
  func finished() -> LoopProgram {
    for (k, input) in graph.inputs.enumerated() {
      let type = graph.type(of: input.value)
      bind(
        input.value,
        .array(
          Place(buffer: program.newBuffer(input.name, type, .input(k)), shape: type.shape),
          height: nil))
    }
    let targets = graph.outputs.enumerated().map { k, output in
      let type = graph.type(of: output.value)
      return Place(buffer: program.newBuffer(output.name, type, .output(k)), shape: type.shape)
    }
    lower(to: targets)
    var made = LoopProgram(
      name: graph.name, symbols: graph.symbols, buffers: program.buffers, locals: program.locals,
      guards: graph.guards().map(\.condition), body: root.frozen())
    made.indexNames = program.indexNames
    made.stoppers = program.stoppers
    return made
  }

  /// Computes the graph, and its outputs at given places; those without one are not stored.
  ///
  /// - Parameter firstRow: from this output on they are rows, which nothing in the graph reads:
  ///   those that are inputs are copied first, before what they show is overwritten.
  func lower(to targets: [Place?], firstRow: Int = .max) {
    for (output, target) in zip(graph.outputs, targets) {
      let value = Int(output.value.index)
      guard let target, placeOfValue[value] == nil, scalarOfValue[value] == nil,
        plan.isStored[value]
      else { continue }
      placeOfValue[value] = target
      isOutput[value] = true
    }
    shareTargets()
    let early = targets.indices.filter {
      $0 >= firstRow && graph.definingNode(of: graph.outputs[$0].value) == nil
        && graph.type(of: graph.outputs[$0].value).rank > 0
    }
    for k in early { copyOutput(k, to: targets[k]) }
    for (index, node) in graph.nodes.enumerated() {
      current = index
      lower(node, index)
    }
    for k in targets.indices where !early.contains(k) { copyOutput(k, to: targets[k]) }
  }

  private func copyOutput(_ k: Int, to target: Place?) {
    let output = graph.outputs[k]
    guard let target, !isAt(output.value, target) else { return }
    copy(
      output.value, to: target,
      notes: [Note(operation: "output", name: output.name, origin: .none)])
  }

  /// What is changed in places and then is an output is made where the output belongs.
  private func shareTargets() {
    for index in graph.nodes.indices.reversed() {
      guard case .scatter? = plan.meanings[index],
        let place = placeOfValue[Int(graph.nodes[index].resultRange.lowerBound)],
        let source = graph.operands(of: index).first, plan.isStored[Int(source.index)],
        plan.useCounts[Int(source.index)] == 1, placeOfValue[Int(source.index)] == nil,
        graph.definingNode(of: source).map({ graph.nodes[$0].operation.regions.isEmpty }) == true
      else { continue }
      placeOfValue[Int(source.index)] = place
    }
  }

  private func isAt(_ value: Value, _ target: Place) -> Bool {
    guard isOutput[Int(value.index)], let place = placeOfValue[Int(value.index)] else {
      return false
    }
    return place.buffer == target.buffer && place.base == target.base
  }

  // MARK: - Values from outside

  /// What an input of a region stands for.
  enum Binding {
    case scalar(Expression)
    case array(Place, height: DimExpr?)
  }

  func bind(_ input: Value, _ binding: Binding) {
    placements[Int(input.index)] = Placement(position: -1)
    switch binding {
    case .scalar(let expression):
      scalarOfValue[Int(input.index)] = Element(expression: expression, depth: 0)
    case .array(let place, let height):
      placeOfValue[Int(input.index)] = place
      heightOfValue[input] = height
    }
  }

  // MARK: - Buffers and variables

  /// Where a stored value lies; it gets memory when it is first asked for.
  func place(of value: Value) -> Place {
    if let place = placeOfValue[Int(value.index)] { return place }
    let type = graph.type(of: value)
    let place = Place(
      buffer: program.newBuffer(
        graph.names[value] ?? graph.nameFromOperation(value), type), shape: type.shape)
    placeOfValue[Int(value.index)] = place
    return place
  }

  func note(_ node: Node, _ value: Value? = nil) -> Note {
    Note(
      operation: node.operation.name,
      name: graph.names[value ?? Value(Int(node.resultRange.lowerBound))], origin: node.origin)
  }

  /// Writes the elements of a value to a place.
  func copy(_ value: Value, to target: Place, notes: [Note]) {
    let shape = target.shape
    let domain = shape.indices.filter { !shape[$0].isOne }
    let nest = openNest(
      extents: domain.map { shape[$0] },
      reads: reads(of: value, shape.indices.map { DimExpr.index($0) }), loops: domain, notes: notes)
    let indices = shape.indices.map { axis in
      domain.firstIndex(of: axis).map { DimExpr.index(nest.loops[$0].index) } ?? 0
    }
    let element = element(value, indices, in: nest.scope)
    nest.block.append(
      .store(buffer: target.buffer, offset: target.offset(indices), element.expression))
  }
}

extension Graph {
  /// A name for a value that has none in the source: that of the operation, where it says what the
  /// value is, as `dot` and `exp` do.
  func nameFromOperation(_ value: Value) -> String {
    guard let operation = operation(defining: value) else { return "values" }
    if operation is Collapse { return "sum" }
    if let loop = operation as? Loop, let node = definingNode(of: value) {
      let result = Int(value.index - nodes[node].resultRange.lowerBound)
      let outputs = loop.body.graph.outputs
      return result < outputs.count ? outputs[result].name : "steps"
    }
    switch operation.scalarFunction?.spelling.form(for: type(of: value).dtype) {
    case .infix?, .prefix?, .conditional?: return "values"
    case .libm?, .runtime?, .defined?: return operation.name
    case nil: return operation.scalarFunction == nil ? operation.name : "values"
    }
  }
}
