// Recording what is computed at once, for tensors of any kind: a recorded graph is one operation or
// several as one; a step applies it to inputs under keys; a trace is a step with those it read from.
// Nothing is recorded where nothing requires a gradient.
import Graph
import Synchronization

/// Keys for values, each given out once.
public protocol KeySource: Sendable {
  /// What tells values apart.
  associatedtype Key: Hashable & Sendable
  /// A key that was not given out before.
  func next() -> Key
}

/// Keys that count up.
public final class CountingKeys: KeySource {
  private let last = Atomic<UInt64>(0)

  /// Keys from 1.
  public init() {}
  /// The next number.
  public func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// One operation or several, recorded as one: a graph whose inputs and outputs are those of the step.
public struct RecordedGraph: Sendable {
  /// One object for all steps that apply the graph.
  private let storage: Storage

  private final class Storage: Sendable {
    let graph: Graph
    let identity: StructuralKey

    init(_ graph: Graph) {
      self.graph = graph
      identity = StructuralKey(graph)
    }
  }

  /// What a step computes.
  public var graph: Graph { storage.graph }
  /// Graphs that compute the same are the same.
  var identity: StructuralKey { storage.identity }

  /// A graph as one operation.
  /// - Parameter graph: what a step computes; its inputs in order are those of the step. A size by name
  ///   is one size in all steps of a trace: steps of several lengths need graphs of different names for
  ///   them, or of their own for each length.
  public init(_ graph: Graph) { storage = Storage(graph) }

  /// What a closure builds with a `PrimitiveBuilder`, as one.
  ///
  ///     let square = try RecordedGraph("square", [TensorType(.f64)]) { builder, x in [x[0] * x[0]] }
  public init(
    _ name: String, _ inputs: [TensorType],
    body: (PrimitiveBuilder, [TracedTensor]) throws -> [TracedTensor]
  ) throws {
    let variables = inputs.map { TracedTensor(TraceNode(.input(nil), $0)) }
    let results = try body(PrimitiveBuilder(), variables)
    self.init(
      try Graph(name, variables.enumerated().map { ("x\($0)", $1.value) }, results))
  }

  /// The types of the inputs, in order.
  public var inputTypes: [TensorType] { graph.inputs.map { graph.type(of: $0.value) } }
  /// The types of the outputs, in order.
  public var outputTypes: [TensorType] { graph.outputs.map { graph.type(of: $0.value) } }
}

/// Applies operations while a recorded graph is made: those of the library, by name, and those of
/// programs.
public struct PrimitiveBuilder: Sendable {
  /// Applies an operation of a program.
  public func apply(
    _ operation: any PrimitiveOperation, _ operands: TracedTensor...
  ) -> [TracedTensor] {
    operation.apply(operands)
  }

  /// Applies an operation of the library.
  public func apply(
    _ name: String, _ operands: TracedTensor..., attributes: [String: any OperationArgument] = [:]
  ) -> [TracedTensor] {
    NamedOperation(name: name).results(operands.map { ("", $0) } + attributes.map { ($0, $1) })
  }
}

/// A value that a step reads.
public struct EagerInput<Key: Hashable & Sendable, Concrete: Sendable>: Sendable {
  /// Tells the value from others.
  public let key: Key
  /// `nil` for a value that is not there: an error where the way back needs it.
  public let value: Concrete?
  /// Whether the way back gives a cotangent of it, or goes through it.
  public let requiresGrad: Bool
  /// How the value came about; `nil` for one that begins here.
  public let trace: RecordedTrace<Key, Concrete>?

  /// A value that a step reads. With a trace, it must be one of its outputs; the way back throws
  /// `BackwardError.notInTrace` else.
  public init(
    _ key: Key, _ value: Concrete?, requiresGrad: Bool,
    trace: RecordedTrace<Key, Concrete>? = nil
  ) {
    self.key = key
    self.value = value
    self.requiresGrad = requiresGrad || trace != nil
    self.trace = trace
  }
}

/// A value that a step gave.
public struct EagerOutput<Key: Hashable & Sendable, Concrete: Sendable>: Sendable {
  /// Tells the value from others.
  public let key: Key
  /// The value itself.
  public let value: Concrete
  /// `nil` where nothing it was made of requires a gradient.
  public let trace: RecordedTrace<Key, Concrete>?

  /// Whether something it was made of requires a gradient.
  public var requiresGrad: Bool { trace != nil }

  /// The value as one that another step reads.
  public var input: EagerInput<Key, Concrete> {
    EagerInput(key, value, requiresGrad: requiresGrad, trace: trace)
  }
}

/// A step that was recorded, with the steps it read from. Freed without recursion.
public final class RecordedTrace<Key: Hashable & Sendable, Concrete: Sendable>: Sendable {
  /// What the step computes.
  public let graph: RecordedGraph
  /// What the step gave, in order.
  public let outputs: [(key: Key, value: Concrete)]
  // Changed by `deinit` alone.
  /// What the step read.
  nonisolated(unsafe) public private(set) var inputs: [EagerInput<Key, Concrete>]

  init(
    _ graph: RecordedGraph, _ inputs: [EagerInput<Key, Concrete>],
    _ outputs: [(key: Key, value: Concrete)]
  ) {
    self.graph = graph
    self.inputs = inputs
    self.outputs = outputs
  }

  deinit {
    var pending: [RecordedTrace] = []
    take(&pending)
    while var step = pending.popLast() {
      if isKnownUniquelyReferenced(&step) { step.take(&pending) }
    }
  }

  /// Moves the steps that this one reads from onto a list.
  private func take(_ pending: inout [RecordedTrace]) {
    for input in inputs {
      if let trace = input.trace { pending.append(trace) }
    }
    inputs = []
  }

  /// The steps under this one, those that are read before those that read them.
  var steps: [RecordedTrace] {
    var order: [RecordedTrace] = []
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
    var stack: [(step: RecordedTrace, next: Int)] = [(self, 0)]
    while let (step, next) = stack.last {
      if next == step.inputs.count {
        order.append(step)
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next = next + 1
      if let under = step.inputs[next].trace, seen.insert(ObjectIdentifier(under)).inserted {
        stack.append((under, 0))
      }
    }
    return order
  }
}

/// Records steps on values of any kind.
public struct Recorder<Keys: KeySource, Concrete: Sendable>: Sendable {
  /// Gives every value that a step makes its key.
  public let keys: Keys

  /// A recorder that takes keys from `keys`.
  public init(keys: Keys) { self.keys = keys }

  /// Notes that `graph` gave `values` for `inputs`.
  /// - Returns: one output a value; without a trace where no input requires a gradient.
  /// - Throws: `TraceError` where the graph has another number of inputs or outputs.
  public func record(
    _ graph: RecordedGraph, _ inputs: [EagerInput<Keys.Key, Concrete>], values: [Concrete]
  ) throws(TraceError) -> [EagerOutput<Keys.Key, Concrete>] {
    func check(_ what: String, _ needed: Int, _ found: Int) throws(TraceError) {
      if needed == found { return }
      throw TraceError(graph.graph.name, "needs \(needed) \(what), found \(found)")
    }
    try check("inputs", graph.graph.inputs.count, inputs.count)
    try check("values", graph.graph.outputs.count, values.count)
    let made = values.map { (key: keys.next(), value: $0) }
    let trace =
      inputs.contains(where: \.requiresGrad) ? RecordedTrace(graph, inputs, made) : nil
    return made.map { EagerOutput(key: $0.key, value: $0.value, trace: trace) }
  }
}
