// Values of traced tensors. What an evaluation finds is kept on the nodes, so the next one begins where
// this one ended: nodes with a value become inputs of the graph that is compiled, and graphs of one
// structure are compiled once. A trace that grows step by step and is evaluated after each step costs
// the steps, not their square.
import Graph
import JIT

/// How traced tensors are evaluated.
public struct EvaluationOptions: Sendable {
  /// What is kept for later evaluations.
  public enum Keeping: Sendable {
    /// The results, and everything computed on the way that the program still holds as a tensor: only
    /// on that can it build further.
    case held
    /// The results alone.
    case results
  }

  /// Whether repeated segments of a trace become loops of one segment.
  public enum Rolling: Sendable {
    /// In traces of more than 512 operations.
    case automatic
    case always
    case never
  }

  public var keeping = Keeping.held
  public var rolling = Rolling.automatic
  /// The workspace and results of one call may take so many bytes.
  public var memoryLimit = Kernel.physicalMemory
  /// The steps a loop without another limit may make.
  public var stepLimit = Int.max

  public init() {}

  /// The defaults with other `rolling`.
  public static func rolling(_ rolling: Rolling) -> EvaluationOptions {
    var options = EvaluationOptions()
    options.rolling = rolling
    return options
  }

  /// The defaults with other `keeping`.
  public static func keeping(_ keeping: Keeping) -> EvaluationOptions {
    var options = EvaluationOptions()
    options.keeping = keeping
    return options
  }
}

extension TracedTensor {
  /// The value.
  ///
  /// Nothing is consumed and nothing changes: the tensor stays what it was, connected to what it is
  /// made of, and gives the same derivatives. Evaluated again it costs nothing; with other bindings it
  /// gives the value for those.
  ///
  /// - Parameter bindings: values of inputs, and sizes that no shape tells.
  /// - Throws: `TraceError` for what could not be built, `EvaluationError` for inputs without a value,
  ///   `BindingError` where shapes do not fit, `ExecutionError` where the call cannot go on.
  public func eval(
    _ engine: Engine, _ bindings: Bindings = [:], options: EvaluationOptions = EvaluationOptions()
  ) throws -> Tensor {
    try [self].eval(engine, bindings, options: options)[0]
  }
}

extension [TracedTensor] {
  /// The values of several tensors; what they share is computed once.
  /// - Throws: as `eval` of one tensor.
  public func eval(
    _ engine: Engine, _ bindings: Bindings = [:], options: EvaluationOptions = EvaluationOptions()
  ) throws -> [Tensor] {
    var evaluation = Evaluation(engine, bindings, options)
    return try evaluation.values(of: map(\.value))
  }
}

extension TensorTree {
  /// The tree with every tensor replaced by its value: the same numbers, without a history. What is
  /// shared is computed once.
  /// - Throws: as `eval` of a tensor.
  public func evaluated(
    _ engine: Engine, _ bindings: Bindings = [:], options: EvaluationOptions = EvaluationOptions()
  ) throws -> Self {
    replacing(
      try leaves.map(\.tensor).eval(engine, bindings, options: options).map(TracedTensor.init))
  }
}

/// One evaluation.
struct Evaluation {
  private let engine: Engine
  private let bindings: Bindings
  private let options: EvaluationOptions
  /// Records that were compared with the bindings.
  private var verdicts: [ObjectIdentifier: Bool] = [:]

  init(_ engine: Engine, _ bindings: Bindings, _ options: EvaluationOptions) {
    self.engine = engine
    self.bindings = bindings
    self.options = options
  }

  /// What is known of a node without computing anything.
  private mutating func known(_ node: TraceNode) -> KeptValues? {
    if case .value(let tensor) = node.kind { return KeptValues(tensors: [tensor], binding: nil) }
    guard let kept = node.kept.withLock({ $0 }) else { return nil }
    guard let record = kept.binding else { return kept }
    let name = ObjectIdentifier(record)
    let holds = verdicts[name] ?? record.holds(for: bindings)
    verdicts[name] = holds
    return holds ? kept : nil
  }

  mutating func values(of targets: [TraceValue]) throws -> [Tensor] {
    var found: [ObjectIdentifier: KeptValues] = [:]
    let order = TraceNode.order(targets.map(\.node)) { node in
      guard let kept = known(node) else { return false }
      found[ObjectIdentifier(node)] = kept
      return true
    }
    if let host = order.last(where: { found[ObjectIdentifier($0)] == nil && $0.host != nil }) {
      try run(hostsUpTo: host, order, found)
      return try values(of: targets)
    }
    if order.contains(where: { found[ObjectIdentifier($0)] == nil }) {
      var segment = Segment(order, found, bindings)
      let made = try segment.run(targets, engine, options)
      for (node, kept) in made { found[ObjectIdentifier(node)] = kept }
    }
    return try targets.map { target in
      guard let tensor = found[ObjectIdentifier(target.node)]?.tensors[target.result] else {
        throw TraceError(
          "eval",
          "\(target.type), with a row for each step of a loop, has no value outside of loops",
          help: "give the loop a limit")
      }
      return tensor
    }
  }

  /// Runs the operations that are evaluated in Swift, the first ones first.
  private mutating func run(
    hostsUpTo last: TraceNode, _ order: [TraceNode], _ found: [ObjectIdentifier: KeptValues]
  ) throws {
    for node in order where found[ObjectIdentifier(node)] == nil {
      guard let host = node.host else { continue }
      let operands = try values(of: node.operands)
      let results = try host.evaluate(
        ReferenceCall(operands: operands, results: []) { $0.constantValue ?? 0 })
      engine.countExecuted(1)
      let binding =
        node.isSymbolic
        ? BindingRecord(bindings.tensors, bindings.sizes, known: bindings.sizes) : nil
      node.kept.withLock { $0 = KeptValues(tensors: results, binding: binding) }
      if node === last { break }
    }
  }
}

/// The part of a trace between what is known and what is wanted, as a graph.
private struct Segment {
  private let order: [TraceNode]
  private let found: [ObjectIdentifier: KeptValues]
  private let bindings: Bindings
  private var writer = TraceWriter(name: "segment")
  private var arguments: [Tensor] = []
  private var inputs: [String: Term] = [:]
  /// What the values of this segment depend on.
  private var read: [String: Tensor] = [:]
  private var equations: SizeEquations
  private var sizes: [String: Int]
  private var isSymbolic = false

  init(_ order: [TraceNode], _ found: [ObjectIdentifier: KeptValues], _ bindings: Bindings) {
    self.order = order
    self.found = found
    self.bindings = bindings
    equations = SizeEquations(writer.builder.graph)
    sizes = bindings.sizes
  }

  mutating func run(
    _ targets: [TraceValue], _ engine: Engine, _ options: EvaluationOptions
  ) throws -> [(TraceNode, KeptValues)] {
    var operations: [TraceNode] = []
    for node in order {
      if let kept = found[ObjectIdentifier(node)] {
        add(node, kept)
      } else if case .input(let name) = node.kind {
        try add(input: name, node)
      } else {
        operations.append(node)
      }
    }
    // In the order in which they were made, repeated steps stand one behind the other.
    operations.sort { $0.serial < $1.serial }
    for node in operations {
      isSymbolic = isSymbolic || node.isSymbolic
      try writer.write(node)
    }
    let wanted = Set(targets.map { ObjectIdentifier($0.node) })
    let kept = order.filter { node in
      if found[ObjectIdentifier(node)] != nil || node.isUnbounded { return false }
      // A single literal is not worth an output.
      return wanted.contains(ObjectIdentifier(node))
        || options.keeping == .held && node.primitive != nil && !node.isLiteral
          && node.holders.load(ordering: .relaxed) > 0
    }
    var places: [Value: Int] = [:]
    for value in kept.flatMap(\.results).compactMap({ writer[$0] }) where places[value] == nil {
      places[value] = places.count
      writer.builder.addOutput("y\(places.count)", writer.builder.term(value))
    }
    var graph = try writer.builder.finished()
    engine.countExecuted(graph.nodes.count { !$0.operandRange.isEmpty })
    switch options.rolling {
    case .always: graph = graph.rolled()
    case .automatic: if graph.nodes.count > 512 { graph = graph.rolled() }
    case .never: break
    }
    let known = equations.solved(sizes)
    let tensors = try engine.compile(graph)(
      arguments, sizes: known, memoryLimit: options.memoryLimit, stepLimit: options.stepLimit)
    let record = isSymbolic ? BindingRecord(read, bindings.sizes, known: known) : nil
    return kept.map { node in
      let values = KeptValues(
        tensors: node.results.map { writer[$0].flatMap { places[$0] }.map { tensors[$0] } },
        binding: node.isSymbolic ? record : nil)
      node.kept.withLock { $0 = values }
      return (node, values)
    }
  }

  /// A value that is known becomes an input.
  private mutating func add(_ node: TraceNode, _ kept: KeptValues) {
    for (value, tensor) in zip(node.results, kept.tensors) {
      guard let tensor else { continue }
      let term = writer.builder.addInput("x\(arguments.count)", value.type)
      note(value.type, tensor)
      writer.bind(value, to: term.value)
      arguments.append(tensor)
    }
    if let record = kept.binding {
      read.merge(record.tensors) { $1 }
      sizes.merge(record.knownSizes) { first, _ in first }
    }
  }

  private mutating func add(input name: String?, _ node: TraceNode) throws {
    let type = node.types[0]
    guard let name else { throw EvaluationError.variable(type) }
    if let known = inputs[name] {
      guard known.type == type else {
        throw EvaluationError.conflict(input: name, known.type, type)
      }
      writer.bind(TraceValue(node), to: known.value)
      return
    }
    guard let tensor = bindings.tensors[name] else {
      throw EvaluationError.unbound(input: name, type: type, given: Array(bindings.tensors.keys))
    }
    let term = writer.builder.addInput(name, type)
    inputs[name] = term
    read[name] = tensor
    isSymbolic = true
    note(type, tensor)
    writer.bind(TraceValue(node), to: term.value)
    arguments.append(tensor)
  }

  /// What a shape tells about sizes.
  private mutating func note(_ type: TensorType, _ tensor: Tensor) {
    for (extent, found) in zip(type.shape, tensor.shape) where extent.constantValue == nil {
      equations.add(extent, is: found)
    }
  }
}

extension TraceNode {
  fileprivate var results: [TraceValue] { types.indices.map { TraceValue(self, $0) } }

  /// Has a stack that only loops can read.
  fileprivate var isUnbounded: Bool { types.contains(where: \.isUnbounded) }

  /// The operation, where it has no kernel and is evaluated in Swift.
  fileprivate var host: (any Operation)? {
    guard let primitive, primitive.function == nil else { return nil }
    return primitive.operation.runsOnHost ? primitive.operation : nil
  }
}
