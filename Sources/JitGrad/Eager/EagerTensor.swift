// Tensors that compute at once and remember how, for programs that are written like any other Swift:
// branches on values, loops, prints. The derivative comes from what was recorded.
import Graph
import JIT
import Synchronization

/// A tensor with a value.
///
///     let context = EagerContext()
///     let x = context.tensor(3.0, requiresGrad: true)
///     let gradients = try (x * x).backward()
///     gradients[x]                                     // 6
///
/// Every operator computes at once and, where an operand requires a gradient, records the step.
/// `backward` returns gradients as values, and adds them to the `grad` of the tensors they belong to.
public struct EagerTensor: Sendable {
  let output: EagerInput<UInt64, Tensor>
  let context: EagerContext
  private let concrete: Tensor
  /// Where gradients add up, for a tensor that began with `requiresGrad`.
  private let cell: GradientCell?

  init(
    _ input: EagerInput<UInt64, Tensor>, _ value: Tensor, _ context: EagerContext,
    cell: GradientCell? = nil
  ) {
    output = input
    concrete = value
    self.context = context
    self.cell = cell
  }

  /// The sum of the gradients that `backward` found since the start or the last `clearGrad`; `nil` where
  /// there is none, and for tensors that were computed.
  public var grad: EagerTensor? { cell?.sum.withLock { $0 } }

  /// Forgets the sum of gradients.
  public func clearGrad() { cell?.sum.withLock { $0 = nil } }

  /// The elements.
  public var value: Tensor { concrete }
  /// Tells the tensor from others of its context.
  public var key: UInt64 { output.key }
  /// Extents, outermost first; empty for a scalar.
  public var shape: [Int] { concrete.shape }
  /// The type of the elements.
  public var dtype: DType { concrete.dtype }
  /// Whether `backward` gives a gradient of it, or goes through it.
  public var requiresGrad: Bool { output.requiresGrad }
  /// The steps that made the tensor; `nil` where nothing requires a gradient.
  public var trace: RecordedTrace<UInt64, Tensor>? { output.trace }

  /// The only element.
  /// - Precondition: there is one.
  public var number: Double {
    precondition(concrete.count == 1, "a tensor of \(concrete.count) elements is no number")
    return concrete.doubles[0]
  }

  /// The same numbers without a history.
  public func detach(requiresGrad: Bool = false) -> EagerTensor {
    context.tensor(concrete, requiresGrad: requiresGrad)
  }

  /// The cotangents of all tensors that require a gradient and that this one is made of.
  ///
  /// - Parameters:
  ///   - cotangent: of the type of this tensor; ones unless given.
  ///   - isRecorded: the way back is recorded too, so that it can be differentiated again.
  /// - Returns: the gradients of this call; they are also added to the `grad` of each tensor.
  /// - Throws: as `backward(from:trace:cotangent:executor:)`.
  @discardableResult
  public func backward(
    _ cotangent: EagerTensor? = nil, isRecorded: Bool = false
  ) throws -> EagerGradients {
    let gradients = try gradients(cotangent, isRecorded)
    try context.accumulate(gradients)
    return gradients
  }

  private func gradients(
    _ cotangent: EagerTensor?, _ isRecorded: Bool
  ) throws -> EagerGradients {
    if let cotangent {
      try context.checkOwn([cotangent], "backward")
      guard cotangent.shape == shape, cotangent.dtype == dtype else {
        throw TraceError(
          "backward", "needs a cotangent of type \(concrete.type), found \(cotangent.value.type)")
      }
    }
    guard dtype.isFloat else { throw BackwardError.notFloat(key: "\(key)", concrete.type) }
    guard let trace = output.trace else {
      return EagerGradients(
        requiresGrad ? [key: try cotangent ?? context.ones(like: self)] : [:])
    }
    if !isRecorded {
      let made = try JitGrad.backward(
        from: key, trace: trace, cotangent: cotangent?.value, executor: context.executor)
      return EagerGradients(made.mapValues { context.tensor($0) })
    }
    return try context.recordedBackward(from: self, trace, cotangent)
  }
}

/// Gradients by tensor.
public struct EagerGradients: Sendable {
  fileprivate let byKey: [UInt64: EagerTensor]

  init(_ byKey: [UInt64: EagerTensor]) { self.byKey = byKey }

  /// The gradient of a tensor; `nil` where the result does not depend on it.
  public subscript(tensor: EagerTensor) -> EagerTensor? {
    // Keys of other contexts are other keys.
    byKey[tensor.key].flatMap { $0.context === tensor.context ? $0 : nil }
  }

  /// How many tensors have a gradient.
  public var count: Int { byKey.count }
}

/// Where the gradients of a tensor add up.
final class GradientCell: Sendable {
  let sum = Mutex<EagerTensor?>(nil)
  private let key: UInt64
  private let cells: GradientCells

  init(_ key: UInt64, _ cells: GradientCells) {
    self.key = key
    self.cells = cells
    cells.list.withLock { $0[key] = WeakCell(cell: self) }
  }

  deinit { _ = cells.list.withLock { $0.removeValue(forKey: key) } }
}

/// The cells of tensors that are still there.
final class GradientCells: Sendable {
  let list = Mutex<[UInt64: WeakCell]>([:])
}

struct WeakCell: Sendable {
  weak let cell: GradientCell?
}

/// Where eager tensors live: an engine, keys, and what was compiled for single operations.
public final class EagerContext: Sendable {
  /// Compiles what the context computes.
  public let engine: Engine
  let executor: EngineExecutor
  private let recorder = Recorder<CountingKeys, Tensor>(keys: CountingKeys())
  private let cells = GradientCells()
  private let operations = Mutex(RecentCache<OperationKey, CompiledStep>(capacity: 1024))

  /// A context without tensors.
  public init(_ engine: Engine = Engine()) {
    self.engine = engine
    executor = EngineExecutor(engine)
  }

  /// How many structures of traces were differentiated so far.
  public var differentiations: Int { executor.reverseGraphs.count }

  /// A tensor of given elements; with `requiresGrad`, one that gradients are computed for.
  public func tensor(_ value: Tensor, requiresGrad: Bool = false) -> EagerTensor {
    let key = recorder.keys.next()
    return EagerTensor(
      EagerInput(key, value, requiresGrad: requiresGrad), value, self,
      cell: requiresGrad ? GradientCell(key, cells) : nil)
  }

  /// Adds gradients to the sums of the tensors that are still there.
  fileprivate func accumulate(_ gradients: EagerGradients) throws {
    for (key, gradient) in gradients.byKey {
      guard let cell = cells.list.withLock({ $0[key]?.cell }) else { continue }
      // Under the lock: other tasks add to it, too.
      try cell.sum.withLock { sum in sum = try sum.map { try $0 + gradient } ?? gradient }
    }
  }

  /// A scalar.
  public func tensor<T: TensorElement>(
    _ element: T, requiresGrad: Bool = false
  ) -> EagerTensor {
    tensor(Tensor(element), requiresGrad: requiresGrad)
  }

  /// A vector.
  public func tensor<T: TensorElement>(
    _ elements: [T], requiresGrad: Bool = false
  ) -> EagerTensor {
    tensor(Tensor(elements, shape: [elements.count]), requiresGrad: requiresGrad)
  }

  func ones(like tensor: EagerTensor) throws -> EagerTensor {
    self.tensor(try executor.ones(like: tensor.value))
  }

  /// Computes and records a function of tensors as one step.
  ///
  /// The closure is run at each call, and what it builds is compiled once for each structure: numbers
  /// that change belong among the operands, as in the closure each is a program of its own.
  ///
  /// - Parameters:
  ///   - name: how the function is called in messages.
  ///   - operands: what the step reads, tensors of this context.
  ///   - body: builds the function, on tensors that stand for the operands.
  public func apply(
    _ name: String, _ operands: [EagerTensor],
    body: ([TracedTensor]) throws -> [TracedTensor]
  ) throws -> [EagerTensor] {
    try checkOwn(operands, name)
    return try run(compile(name, operands, body), operands)
  }

  /// The same for a function that its name or type tells: the closure is run once for each choice of
  /// operand types.
  func apply(
    _ function: OperationKey.Function, _ name: String, _ operands: [EagerTensor],
    body: ([TracedTensor]) throws -> [TracedTensor]
  ) throws -> [EagerTensor] {
    try checkOwn(operands, name)
    let key = OperationKey(
      function: function, types: operands.map { .init(dtype: $0.dtype, shape: $0.shape) })
    if let known = operations.withLock({ $0.value(for: key) }) { return try run(known, operands) }
    let step = try compile(name, operands, body)
    operations.withLock { _ = $0.insert(step, for: key) }
    return try run(step, operands)
  }

  /// - Throws: `TraceError` for tensors of another context, whose keys mean something else.
  func checkOwn(_ tensors: [EagerTensor], _ name: String) throws(TraceError) {
    for tensor in tensors where tensor.context !== self {
      throw TraceError(
        name, "needs tensors of one context", help: "make all with the same EagerContext")
    }
  }

  private func run(_ step: CompiledStep, _ operands: [EagerTensor]) throws -> [EagerTensor] {
    let values = try step.run(operands.map(\.value))
    return try recorder.record(step.graph, operands.map(\.output), values: values).map {
      EagerTensor($0.input, $0.value, self)
    }
  }

  private func compile(
    _ name: String, _ operands: [EagerTensor],
    _ body: ([TracedTensor]) throws -> [TracedTensor]
  ) throws -> CompiledStep {
    let graph = try RecordedGraph(name, operands.map(\.value.type)) { _, x in try body(x) }
    return try CompiledStep(graph, engine)
  }

  /// The way back as one recorded step on the values of the trace.
  fileprivate func recordedBackward(
    from tensor: EagerTensor, _ trace: RecordedTrace<UInt64, Tensor>, _ cotangent: EagerTensor?
  ) throws -> EagerGradients {
    let walk = try TraceWalk(trace)
    let target = walk.places[tensor.key] ?? 0
    // Values in between are computed again, of leaves: then they vary with them.
    let shape = walk.shape(target, reading: .leaves)
    let reverse = try executor.reverseGraphs.reverse(shape) {
      try walk.reverse(target, reading: .leaves)
    }
    if reverse.reached.isEmpty { return EagerGradients([:]) }
    var inputs: [EagerInput<UInt64, Tensor>] = []
    for (place, value) in zip(reverse.read, try walk.concrete(reverse.read)) {
      let key = walk.values[place].key
      inputs.append(EagerInput(key, value, requiresGrad: walk.requiring.contains(place)))
    }
    inputs.append(try (cotangent ?? ones(like: tensor)).output)
    let step = try executor.step(reverse)
    let outputs = try recorder.record(
      step.graph, inputs, values: try step.run(inputs.compactMap(\.value)))
    var made: [UInt64: EagerTensor] = [:]
    for (place, output) in zip(reverse.reached, outputs) {
      made[walk.values[walk.requiring[place]].key] = EagerTensor(output.input, output.value, self)
    }
    return EagerGradients(made)
  }
}

/// A function of given types, and how it is run.
struct OperationKey: Hashable, Sendable {
  struct Operand: Hashable, Sendable {
    let dtype: DType
    let shape: [Int]
  }

  /// What tells all of a function but the types of its operands.
  enum Function: Hashable, Sendable {
    case library(String)
    case own(CustomOperation)
  }

  let function: Function
  let types: [Operand]
}

/// A recorded graph with its kernel, or with the operation that is evaluated in Swift.
final class CompiledStep: Sendable {
  let graph: RecordedGraph
  private let kernel: Kernel?

  init(_ graph: RecordedGraph, _ engine: Engine) throws {
    self.graph = graph
    let runsOnHost = graph.graph.nodes.contains { $0.primitive.runsOnHost }
    kernel = runsOnHost ? nil : try engine.compile(graph.graph)
  }

  func run(_ values: [Tensor]) throws -> [Tensor] {
    try kernel?(values) ?? ReferenceEvaluator.run(graph.graph, inputs: values, sizes: [:])
  }
}

extension Tensor {
  var type: TensorType { Self.type(dtype, shape) }

  static func type(_ dtype: DType, _ shape: [Int]) -> TensorType {
    TensorType(dtype, shape.map { DimExpr($0) })
  }
}

/// Runs the way back with an engine.
public final class EngineExecutor: BackwardExecutor {
  /// Compiles the ways back.
  public let engine: Engine
  /// The ways back by the structure of traces.
  public let reverseGraphs = ReverseCache()
  /// With the functions themselves: another could take the place of one that is freed.
  private let kernels = Mutex(
    RecentCache<ObjectIdentifier, (ReverseGraph, CompiledStep)>(capacity: 256))

  /// An executor that has run nothing.
  public init(_ engine: Engine) { self.engine = engine }

  /// Runs a way back, compiled when it is first run.
  public func run(_ reverse: ReverseGraph, _ inputs: [Tensor]) throws -> [Tensor] {
    try step(reverse).run(inputs)
  }

  func step(_ reverse: ReverseGraph) throws -> CompiledStep {
    let known = kernels.withLock { $0.value(for: ObjectIdentifier(reverse))?.1 }
    if let known { return known }
    let step = try CompiledStep(RecordedGraph(reverse.graph), engine)
    kernels.withLock { _ = $0.insert((reverse, step), for: ObjectIdentifier(reverse)) }
    return step
  }

  /// Ones of the dtype and shape of a tensor.
  public func ones(like value: Tensor) throws -> Tensor {
    Tensor(repeating: Scalar(1 as Int64, value.dtype), shape: value.shape)
  }
}
