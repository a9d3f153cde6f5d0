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
    /// The results, and everything computed on the way that may be asked for again: what the program
    /// still holds as a tensor, and what tensors are made of that were not evaluated yet.
    case held
    /// The results alone.
    case results
  }

  /// Whether repeated segments of a trace become loops of one segment.
  public enum Rolling: Sendable {
    /// In traces of more than 512 operations.
    case automatic
    /// Wherever there are such segments.
    case always
    /// Nowhere.
    case never
  }

  /// What is kept for later evaluations; what is held unless told.
  public var keeping = Keeping.held
  /// Whether repeated segments become loops; in long traces unless told.
  public var rolling = Rolling.automatic
  /// The workspace and results of one call may take so many bytes.
  public var memoryLimit = Kernel.physicalMemory
  /// The steps a loop without another limit may make.
  public var stepLimit = Int.max

  /// The defaults.
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
  /// - Parameters:
  ///   - engine: compiles what is new, and keeps it.
  ///   - bindings: values of inputs, and sizes that no shape tells.
  ///   - options: what is kept, and limits.
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
  /// Records that were compared with the bindings; held, as another could take the place of a freed one.
  private var verdicts: [ObjectIdentifier: (record: BindingRecord, holds: Bool)] = [:]
  /// What was evaluated in Swift. Other evaluations, with other bindings, may replace what nodes keep.
  private var evaluated: [ObjectIdentifier: KeptValues] = [:]
  /// Whether what other evaluations kept is used.
  private var usesKept = true

  init(_ engine: Engine, _ bindings: Bindings, _ options: EvaluationOptions) {
    self.engine = engine
    self.bindings = bindings
    self.options = options
  }

  /// What is known of a node without computing anything.
  private mutating func known(_ node: TraceNode) -> KeptValues? {
    if case .value(let tensor) = node.kind { return KeptValues(tensors: [tensor], binding: nil) }
    if let own = evaluated[ObjectIdentifier(node)] { return own }
    guard usesKept, let kept = node.kept.withLock({ $0 }) else { return nil }
    guard let record = kept.binding else { return kept }
    let name = ObjectIdentifier(record)
    let holds = verdicts[name]?.holds ?? record.holds(for: bindings)
    verdicts[name] = (record, holds)
    return holds ? kept : nil
  }

  mutating func values(of targets: [TraceValue]) throws -> [Tensor] {
    var found: [ObjectIdentifier: KeptValues] = [:]
    let order = TraceNode.order(targets.map(\.node)) { node in
      guard let kept = known(node) else { return false }
      found[ObjectIdentifier(node)] = kept
      return true
    }
    if let conflict = conflict(order, found) {
      guard usesKept else { throw conflict }
      // Without anything kept, what does not fit is named.
      usesKept = false
      return try values(of: targets)
    }
    let hosts = nodesOnHost(order.filter { found[ObjectIdentifier($0)] == nil })
    if !hosts.isEmpty {
      for node in hosts { try run(node) }
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

  /// A size that known values disagree on.
  private func conflict(
    _ order: [TraceNode], _ found: [ObjectIdentifier: KeptValues]
  ) -> BindingError? {
    var sizes: [String: Int] = [:]
    var seen: Set<ObjectIdentifier> = []
    for node in order {
      guard let record = found[ObjectIdentifier(node)]?.binding,
        seen.insert(ObjectIdentifier(record)).inserted
      else { continue }
      for (name, size) in record.knownSizes {
        guard let other = sizes.updateValue(size, forKey: name), other != size else { continue }
        return .guardFailed(
          Guard(.symbol(name), .equal, DimExpr(other)), lhs: size, rhs: other, operation: nil,
          origin: .none)
      }
    }
    return nil
  }

  /// What is evaluated in Swift, operands first: operations without a kernel, what runs some, and
  /// loops that exchange rows with these that no kernel could take or give.
  private func nodesOnHost(_ order: [TraceNode]) -> [TraceNode] {
    var hosts = Set(
      order.lazy.filter { $0.primitive?.runsOnHost == true }.map { ObjectIdentifier($0) })
    if hosts.isEmpty { return [] }
    var isNew = true
    while isNew {
      isNew = false
      for node in order {
        for operand in node.operands where operand.type.isUnbounded {
          let ends = [ObjectIdentifier(node), ObjectIdentifier(operand.node)]
          if hosts.contains(ends[0]) != hosts.contains(ends[1]) {
            hosts.formUnion(ends)
            isNew = true
          }
        }
      }
    }
    return order.filter { hosts.contains(ObjectIdentifier($0)) }
  }

  /// Evaluates an operation in Swift. Those under it that are evaluated in Swift are known.
  private mutating func run(_ node: TraceNode) throws {
    let arguments = try values(of: node.operands)
    var writer = TraceWriter(name: "host")
    for (k, operand) in node.operands.enumerated() {
      writer.bind(operand, to: writer.builder.addInput("x\(k)", operand.type).value)
    }
    try writer.write(node)
    for (k, result) in node.results.enumerated() {
      writer.builder.addOutput("y\(k)", writer.leaf(result))
    }
    let graph = try writer.builder.finished()
    let sizes = try self.sizes(graph, arguments)
    let needed = try node.types.filter { !$0.isUnbounded }.reduce(DimExpr(0)) {
      $0 + $1.elementCount * DimExpr($1.dtype.byteCount)
    }.evaluate { sizes[$0] }
    if needed > options.memoryLimit {
      throw BindingError.memory(needed: needed, limit: options.memoryLimit)
    }
    try SystemMemory.check(needed)
    let tensors = try ReferenceEvaluator.run(
      graph, inputs: arguments, sizes: sizes, stepLimit: options.stepLimit,
      memory: ReferenceMemory(limit: options.memoryLimit, held: needed))
    engine.countExecuted(1)
    let record =
      node.isSymbolic ? BindingRecord(bindings.tensors, bindings.sizes, known: sizes) : nil
    let values = KeptValues(tensors: tensors, binding: record)
    evaluated[ObjectIdentifier(node)] = values
    node.kept.withLock { $0 = values }
  }

  /// The sizes of a function, for which all its conditions hold.
  private func sizes(_ graph: Graph, _ arguments: [Tensor]) throws -> [String: Int] {
    // How many rows a stack of unknown height has tells no size.
    var bounded = graph
    bounded.inputs.removeAll { graph.type(of: $0.value).isUnbounded }
    let shapes = zip(graph.inputs, arguments)
      .filter { !graph.type(of: $0.0.value).isUnbounded }.map(\.1.shape)
    let sizes = try SizeBinding(bounded, symbols: graph.symbols).sizes(shapes, bindings.sizes)
    return Dictionary(uniqueKeysWithValues: zip(graph.symbols, sizes))
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
  private var uses: SizeUses

  init(_ order: [TraceNode], _ found: [ObjectIdentifier: KeptValues], _ bindings: Bindings) {
    self.order = order
    self.found = found
    self.bindings = bindings
    equations = SizeEquations(writer.builder.graph)
    sizes = bindings.sizes
    uses = SizeUses(equations, given: bindings.sizes)
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
      if node.isSymbolic { uses.add(node) }
      try writer.write(node)
    }
    let wanted = Set(targets.map { ObjectIdentifier($0.node) })
    operations.forEach { $0.finish() }
    let kept = order.filter { node in
      if found[ObjectIdentifier(node)] != nil || node.isUnbounded { return false }
      // A single literal is not worth an output.
      return wanted.contains(ObjectIdentifier(node))
        || options.keeping == .held && node.primitive != nil && !node.isLiteral
          && node.mayBeAskedFor
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
    var records: [SizeUse: BindingRecord] = [:]
    return kept.map { node in
      var values = KeptValues(
        tensors: node.results.map { writer[$0].flatMap { places[$0] }.map { tensors[$0] } },
        binding: nil)
      if node.isSymbolic {
        let use = uses[node]
        // What others told the sizes of is no value of this node alone.
        guard let sizes = uses.sizes(use) else { return (node, values) }
        values.binding = records[use] ?? BindingRecord(read, bindings.sizes, known: sizes)
        records[use] = values.binding
      }
      node.kept.withLock { $0 = values }
      return (node, values)
    }
  }

  /// A value that is known becomes an input; rows of an unknown number are read by nothing here.
  private mutating func add(_ node: TraceNode, _ kept: KeptValues) {
    for (value, tensor) in zip(node.results, kept.tensors) where !value.type.isUnbounded {
      guard let tensor else { continue }
      let term = writer.builder.addInput("x\(arguments.count)", value.type)
      note(value.type, tensor)
      writer.bind(value, to: term.value)
      arguments.append(tensor)
    }
    if let record = kept.binding {
      read.merge(record.tensors) { $1 }
      sizes.merge(record.knownSizes) { first, _ in first }
      uses.add(node, record.knownSizes)
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
      uses.add(input: node, bindings.tensors[name]?.shape ?? [])
      return
    }
    guard let tensor = bindings.tensors[name] else {
      throw EvaluationError.unbound(input: name, type: type, given: Array(bindings.tensors.keys))
    }
    let term = writer.builder.addInput(name, type)
    inputs[name] = term
    read[name] = tensor
    note(type, tensor)
    uses.add(input: node, tensor.shape)
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
  /// By the program, or by a node that no evaluation has been through.
  fileprivate var mayBeAskedFor: Bool {
    holders.load(ordering: .relaxed) > 0 || readers.load(ordering: .relaxed) > 0
  }

  fileprivate var results: [TraceValue] { types.indices.map { TraceValue(self, $0) } }

  /// Has a stack that only loops can read.
  fileprivate var isUnbounded: Bool { types.contains(where: \.isUnbounded) }
}
