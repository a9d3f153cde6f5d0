// What a closure of a combinator built, as a region of the graph: which nodes belong inside, what is
// captured from outside, and loops that are made of such regions.
import Graph

extension TraceNode {
  /// A number that all nodes made from now on have behind them.
  static func nextSerial() -> UInt64 { TraceNode(.input(nil), TensorType(.f64)).serial }
}

/// The part of a trace that a closure made.
struct RegionTrace {
  /// The nodes inside, operands first.
  let nodes: [TraceNode]
  let variables: [TracedTensor]
  let outputs: [TracedTensor]
  private let inside: Set<ObjectIdentifier>

  /// - Parameters:
  ///   - start: nodes with smaller numbers were there before.
  ///   - isHoisting: what depends on no variable is computed outside, once, unless it may never end or
  ///     end the call: the region may not run at all.
  init(
    _ outputs: [TracedTensor], _ variables: [TracedTensor], since start: UInt64,
    isHoisting: Bool = true
  ) throws {
    self.variables = variables
    self.outputs = outputs
    for tensor in outputs { if let failure = tensor.failure { throw failure } }
    var inside = Set(variables.map { ObjectIdentifier($0.node) })
    var nodes: [TraceNode] = []
    for node in TraceNode.order(outputs.map(\.node), isLeaf: { $0.serial < start })
    where node.serial > start && node.primitive != nil && !node.isLiteral {
      let reads = node.operands.contains { inside.contains(ObjectIdentifier($0.node)) }
      if isHoisting, !reads, node.primitive?.mayNotReturn != true { continue }
      inside.insert(ObjectIdentifier(node))
      nodes.append(node)
    }
    self.nodes = nodes
    self.inside = inside
  }

  /// What the regions read from outside, first come first.
  static func captured(_ regions: [RegionTrace]) -> [TraceValue] {
    var list: [TraceValue] = []
    var seen: Set<TraceValue> = []
    for region in regions {
      let read = region.nodes.flatMap(\.operands) + region.outputs.map(\.value)
      for value in read
      where !region.inside.contains(ObjectIdentifier(value.node)) && !value.node.isLiteral
        && seen.insert(value).inserted
      {
        list.append(value)
      }
    }
    return list
  }

  /// What checkpoints replaced in what the regions compute.
  static func replaced(_ regions: [RegionTrace]) -> Set<ReplacedNodes> {
    regions.reduce(into: []) { $0.formUnion($1.nodes.flatMap(\.replaced)) }
  }

  /// - Parameter names: of the variables.
  func region(_ name: String, names: [String] = [], captured: [TraceValue]) throws -> Region {
    var writer = TraceWriter(name: name)
    let unique = UniqueNames(
      names
        + captured.map { value in
          if case .input(let name?) = value.node.kind { name } else { "given" }
        })
    for (k, variable) in variables.enumerated() {
      writer.bind(variable.value, to: writer.builder.addInput(unique[k], variable.type).value)
    }
    for (k, value) in captured.enumerated() {
      let input = writer.builder.addInput(unique[names.count + k], value.type)
      writer.bind(value, to: input.value)
    }
    for node in nodes { try writer.write(node) }
    for (k, output) in outputs.enumerated() {
      writer.builder.addOutput("next\(k)", writer.leaf(output.value))
    }
    return Region(try writer.builder.finished())
  }

  /// The results of an operation with regions, or failed tensors.
  static func combined(
    _ name: String, _ count: Int,
    _ make: () throws -> (any Operation, [TraceValue], replaced: Set<ReplacedNodes>)
  ) -> [TracedTensor] {
    do {
      let (operation, operands, replaced) = try make()
      for operand in operands {
        if case .failure(let error) = operand.node.kind { throw error }
      }
      var writer = TraceWriter(name: name)
      writer.replaced = replaced
      let terms = operands.map { writer.leaf($0) }
      let results = try writer.builder.apply(operation, terms.map(\.value))
      return try writer.lift(results.map(writer.builder.term))
    } catch {
      let failed = TracedTensor.failure(TraceError(name, error))
      return [TracedTensor](repeating: failed, count: count)
    }
  }
}

/// A loop in the making.
struct LoopTrace {
  private let count: TracedTensor?
  private let bound: DimExpr?
  private let checkpointing: Checkpointing
  private let isReversed: Bool

  init(
    count: TracedTensor? = nil, bound: DimExpr?, _ checkpointing: Checkpointing,
    isReversed: Bool = false
  ) {
    self.count = count
    self.bound = bound
    self.checkpointing = checkpointing
    self.isReversed = isReversed
  }

  func run<State: TensorTree>(
    _ state: State, condition: (State) throws -> TracedTensor?,
    body: (TracedTensor, State) throws -> State
  ) rethrows -> (state: State, stacks: [TracedTensor], steps: TracedTensor) {
    try run(state, rows: [], condition: condition) { index, state, _ in
      (try body(index, state), [])
    }
  }

  func run<State: TensorTree>(
    _ state: State, rows: [TracedTensor],
    condition: (State) throws -> TracedTensor?,
    body: (TracedTensor, State, [TracedTensor]) throws -> (State, [TracedTensor])
  ) rethrows -> (state: State, stacks: [TracedTensor], steps: TracedTensor) {
    let carried = state.leaves
    func variables(_ types: [TensorType]) -> [TracedTensor] {
      types.map { TracedTensor(TraceNode(.input(nil), $0)) }
    }
    let start = TraceNode.nextSerial()
    let index = variables([TensorType(.i64)])
    let stepState = variables(carried.map(\.tensor.type))
    let stepRows = variables(rows.map { $0.rank == 0 ? $0.type : $0.type.row })
    let (next, made) = try body(index[0], state.replacing(stepState), stepRows)
    let testIndex = variables([TensorType(.i64)])
    let testState = variables(carried.map(\.tensor.type))
    let test = try condition(state.replacing(testState))

    let names = ["index"] + carried.map { $0.path.isEmpty ? "state" : $0.path }
    let results = RegionTrace.combined("loop", carried.count + made.count + 1) {
      for tensor in carried.map(\.tensor) + rows {
        if let failure = tensor.failure { throw failure }
      }
      if let change = state.change(to: next) {
        throw TraceError(
          "loop", "a step changes what the state consists of: \(change)",
          help: "each step gives the tensors that it was given")
      }
      let main = try RegionTrace(
        next.leaves.map(\.tensor) + made, index + stepState + stepRows, since: start)
      let testing = try test.map { try RegionTrace([$0], testIndex + testState, since: start) }
      let inside = [main] + (testing.map { [$0] } ?? [])
      let captured = RegionTrace.captured(inside)
      let loop = Loop(
        body: try main.region(
          "step", names: names + rows.indices.map { "row\($0)" }, captured: captured),
        condition: try testing?.region("condition", names: names, captured: captured),
        bound: bound, hasCount: count != nil, carriedCount: carried.count,
        scannedCount: rows.count, isReversed: isReversed, keep: checkpointing.keep)
      return (
        loop,
        (count.map { [$0.value] } ?? []) + carried.map(\.tensor.value) + rows.map(\.value)
          + captured,
        RegionTrace.replaced(inside)
      )
    }
    return (
      state.replacing(Array(results.prefix(carried.count))),
      Array(results.dropFirst(carried.count).prefix(made.count)), results[results.count - 1]
    )
  }
}
