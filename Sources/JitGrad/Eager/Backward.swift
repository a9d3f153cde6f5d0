// The way back through a recorded trace. Its steps are written into one graph, whose cotangents are a
// graph again: what the steps gave comes in as inputs, so nothing is computed a second time. That graph
// is made and compiled once for each structure of a trace.
import Autodiff
import Graph
import JIT
import Synchronization

/// Computes the way back, on tensors of a kind of its own.
public protocol BackwardExecutor: Sendable {
  associatedtype Concrete: Sendable

  /// Runs the way back of a trace.
  /// - Parameters:
  ///   - reverse: the function; the same object for all traces of one structure.
  ///   - inputs: one value an input of its graph, in order.
  /// - Returns: one value an output, in order.
  func run(_ reverse: ReverseGraph, _ inputs: [Concrete]) throws -> [Concrete]

  /// The cotangent to begin with where none is given: ones of the type of `value`.
  func ones(like value: Concrete) throws -> Concrete

  /// Reverse functions that were made before.
  var reverseGraphs: ReverseCache { get }
}

/// The way back of all traces of one structure.
public final class ReverseGraph: Sendable {
  /// From values of the trace and a cotangent to cotangents.
  public let graph: Graph
  /// Which values of the trace the graph reads: places in the list of all values, in order. The
  /// cotangent stands behind them.
  let read: [Int]
  /// Which leaves get a cotangent: places among the leaves that require one, in order.
  let reached: [Int]

  init(graph: Graph, read: [Int], reached: [Int]) {
    self.graph = graph
    self.read = read
    self.reached = reached
  }
}

/// Reverse functions by the structure of traces.
public final class ReverseCache: Sendable {
  private let known = Mutex<[TraceShape: ReverseGraph]>([:])

  public init() {}

  /// How many structures were differentiated.
  public var count: Int { known.withLock { $0.count } }

  func reverse(_ shape: TraceShape, make: () throws -> ReverseGraph) rethrows -> ReverseGraph {
    if let found = known.withLock({ $0[shape] }) { return found }
    let made = try make()
    return known.withLock { known in
      if let found = known[shape] { return found }
      known[shape] = made
      return made
    }
  }
}

/// What traces of one structure have in common.
struct TraceShape: Hashable, Sendable {
  struct Step: Hashable {
    var graph: StructuralKey
    /// Places in the list of all values.
    var inputs: [Int]
  }

  var steps: [Step]
  var requiring: [Int]
  var target: Int
}

/// A value that a way back needs is not there.
public enum BackwardError: Error, Sendable, CustomStringConvertible {
  /// An input without a concrete value.
  case missingValue(key: String)
  /// The trace does not give the value that the way back begins with.
  case notInTrace(key: String)
  /// Only floats have cotangents.
  case notFloat(key: String, TensorType)

  public var description: String {
    switch self {
    case .missingValue(let key):
      "the way back needs the value of \(key), and it is not there\nhelp: record it with its value"
    case .notInTrace(let key): "the trace does not give \(key)\nhelp: begin with one of its outputs"
    case .notFloat(let key, let type): "\(key) is \(type), which has no cotangent"
    }
  }
}

/// The cotangents of everything that requires a gradient.
///
/// - Parameters:
///   - key: an output of the last step of `trace`.
///   - cotangent: its cotangent; ones unless given.
/// - Returns: by key, for values that began outside of the trace and require a gradient; none for those
///   that `key` does not depend on.
/// - Throws: `BackwardError` for values that are missing, `DerivativeError` and `MissingRuleError` where
///   an operation has no derivative, what the executor throws.
public func backward<Key, Executor: BackwardExecutor>(
  from key: Key, trace: RecordedTrace<Key, Executor.Concrete>, cotangent: Executor.Concrete? = nil,
  executor: Executor
) throws -> [Key: Executor.Concrete] {
  let walk = TraceWalk(trace)
  guard let target = walk.places[key],
    let start = trace.outputs.first(where: { $0.key == key })
  else { throw BackwardError.notInTrace(key: "\(key)") }
  let reverse = try executor.reverseGraphs.reverse(walk.shape(target)) { try walk.reverse(target) }
  var inputs: [Executor.Concrete] = []
  for place in reverse.read {
    guard let value = walk.values[place].value else {
      throw BackwardError.missingValue(key: "\(walk.values[place].key)")
    }
    inputs.append(value)
  }
  inputs.append(try cotangent ?? executor.ones(like: start.value))
  var result: [Key: Executor.Concrete] = [:]
  for (place, value) in zip(reverse.reached, try executor.run(reverse, inputs)) {
    result[walk.values[walk.requiring[place]].key] = value
  }
  return result
}

/// The values and steps of a trace, numbered.
struct TraceWalk<Key: Hashable & Sendable, Concrete: Sendable> {
  let steps: [RecordedTrace<Key, Concrete>]
  private(set) var values: [(key: Key, value: Concrete?)] = []
  private(set) var places: [Key: Int] = [:]
  /// Leaves that require a gradient.
  private(set) var requiring: [Int] = []
  private var inputs: [[Int]] = []

  init(_ trace: RecordedTrace<Key, Concrete>) {
    steps = trace.steps
    for step in steps {
      var read: [Int] = []
      for input in step.inputs {
        if let known = places[input.key] {
          read.append(known)
          continue
        }
        add(input.key, input.value)
        read.append(values.count - 1)
        if input.requiresGrad, input.trace == nil { requiring.append(values.count - 1) }
      }
      inputs.append(read)
      for output in step.outputs { add(output.key, output.value) }
    }
  }

  private mutating func add(_ key: Key, _ value: Concrete?) {
    places[key] = values.count
    values.append((key, value))
  }

  func shape(_ target: Int) -> TraceShape {
    TraceShape(
      steps: zip(steps, inputs).map { .init(graph: $0.graph.identity, inputs: $1) },
      requiring: requiring, target: target)
  }

  /// What the function of the way back reads.
  enum Reading {
    /// Everything that has a value.
    case values
    /// Only what began outside of the trace, so that the way back varies with it.
    case leaves
  }

  /// Differentiates.
  func reverse(_ target: Int, reading: Reading = .values) throws -> ReverseGraph {
    let builder = GraphBuilder(name: "backward")
    var terms = [Term?](repeating: nil, count: values.count)
    var requires = [Bool](repeating: false, count: values.count)
    for place in requiring { requires[place] = true }
    for (step, read) in zip(steps, inputs) {
      let types = step.graph.inputTypes
      for (k, place) in read.enumerated() where terms[place] == nil {
        terms[place] = builder.addHidden(types[k])
      }
      let results = try builder.inline(step.graph.graph, read.compactMap { terms[$0] })
      for (output, term) in zip(step.outputs, results) {
        if let place = places[output.key] { terms[place] = term }
      }
    }
    guard let output = terms[target], output.dtype.isFloat else {
      throw BackwardError.notFloat(
        key: "\(values[target].key)", terms[target]?.type ?? TensorType(.f64))
    }
    let variables = requiring.filter { terms[$0]?.dtype.isFloat == true }
    let seeds = variables.map { builder.addHidden(terms[$0]?.type ?? TensorType(.f64)) }
    var known: [Value: Term] = [:]
    for (place, seed) in zip(variables, seeds) {
      if let term = terms[place] { known[term.value] = seed }
    }
    let tangents = try Tangents(builder, of: [output.value], seeds: known)
    let received = builder.addHidden(output.type)
    guard let tangent = tangents[output.value] else {
      return ReverseGraph(graph: try builder.finished(), read: [], reached: [])
    }
    let made = try Cotangents(
      builder, inputs: seeds.map(\.value), outputs: [(tangent.value, received)])
    var outputs: [(name: String, value: Value)] = []
    var reached: [Int] = []
    for (place, seed) in zip(variables, seeds) {
      guard let cotangent = made[seed.value] else { continue }
      outputs.append(("cotangent\(outputs.count)", cotangent.value))
      reached.append(requiring.firstIndex(of: place) ?? 0)
    }
    var inputs: [(name: String, value: Value)] = []
    var seen: Set<Value> = []
    for (place, term) in terms.enumerated() {
      guard let term, builder.literal(term.value) == nil, seen.insert(term.value).inserted,
        reading == .values || builder.graph.definingNode(of: term.value) == nil
      else { continue }
      inputs.append(("v\(place)", term.value))
    }
    inputs.append(("cotangent", received.value))
    let part = try builder.finished().part("backward", from: inputs, to: outputs)
    let uses = part.usedInputs()
    var read: [Int] = []
    var kept: [GraphInput] = []
    for (k, input) in part.inputs.enumerated() {
      if k == part.inputs.count - 1 {
        kept.append(input)
      } else if uses.contains(input.value) {
        kept.append(input)
        read.append(Int(inputs[k].name.dropFirst()) ?? 0)
      }
    }
    let final = GraphBuilder(part)
    final.setInputs(kept)
    return ReverseGraph(graph: try final.finished().pruned(), read: read, reached: reached)
  }
}

extension Graph {
  /// The inputs that some output depends on.
  fileprivate func usedInputs() -> Set<Value> {
    let live = liveNodes()
    var used = Set(outputs.map(\.value))
    for (k, node) in nodes.enumerated() where live[k] { used.formUnion(operands(of: node)) }
    return used
  }
}
