// The way back through a recorded trace. Its steps are written into one graph, whose cotangents are a
// graph again: what the steps gave comes in as inputs, so nothing is computed a second time. That graph
// is made and compiled once for each structure of a trace.
import Autodiff
import Graph
import JIT
import Synchronization

/// Computes the way back, on tensors of a kind of its own.
public protocol BackwardExecutor: Sendable {
  /// The tensors it computes on.
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

/// The way back, or forward, of all traces of one structure.
public final class ReverseGraph: Sendable {
  /// From values of the trace and a cotangent to cotangents; or with tangents to a tangent. It has
  /// outputs: executors are not asked for nothing.
  public let graph: Graph
  /// Which values of the trace the graph reads: places in the list of all values, in order. The
  /// cotangent, or the tangents, stand behind them.
  let read: [Int]
  /// Which leaves get a cotangent: places among the leaves that require one, in order.
  let reached: [Int]

  init(graph: Graph, read: [Int], reached: [Int]) {
    self.graph = graph
    self.read = read
    self.reached = reached
  }
}

/// Reverse functions by the structure of traces. Safe to use from many threads.
public final class ReverseCache: Sendable {
  private struct State {
    var known: RecentCache<TraceShape, ReverseGraph>
    var count = 0
  }

  private let state: Mutex<State>

  /// A cache without functions.
  /// - Parameter capacity: so many functions are kept; the least recently used go first.
  public init(capacity: Int = 256) { state = Mutex(State(known: RecentCache(capacity: capacity))) }

  /// How many times a structure was differentiated.
  public var count: Int { state.withLock { $0.count } }

  func reverse(_ shape: TraceShape, make: () throws -> ReverseGraph) rethrows -> ReverseGraph {
    if let found = state.withLock({ $0.known.value(for: shape) }) { return found }
    let made = try make()
    return state.withLock { state in
      if let found = state.known.value(for: shape) { return found }
      state.known.insert(made, for: shape)
      state.count += 1
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
  /// For the way back: what requires a gradient.
  var requiring: [Int]
  /// For the way forward: what has a tangent.
  var varying: [Int]?
  var reading: Reading
  var target: Int
}

/// A value that a way back needs is not there.
public enum BackwardError: Error, Sendable, CustomStringConvertible {
  /// An input without a concrete value.
  case missingValue(key: String)
  /// The trace does not give the value that the way back begins with, or that a step read from it.
  case notInTrace(key: String)
  /// Only floats have cotangents.
  case notFloat(key: String, TensorType)

  public var description: String {
    switch self {
    case .missingValue(let key):
      "the way back needs the value of \(key), and it is not there\nhelp: record it with its value"
    case .notInTrace(let key):
      "the trace does not give \(key)\nhelp: begin with one of its outputs, and record inputs with the "
        + "trace that gave them"
    case .notFloat(let key, let type): "\(key) is \(type), which has no cotangent"
    }
  }
}

/// The cotangents of everything that requires a gradient.
///
/// - Parameters:
///   - key: an output of the last step of `trace`.
///   - trace: the last step, with all it was made of.
///   - cotangent: of the output; ones unless given.
///   - executor: computes on the tensors of the trace.
/// - Returns: by key, for values that began outside of the trace and require a gradient; none for those
///   that `key` does not depend on.
/// - Throws: `BackwardError` for values that are missing, `DerivativeError` and `MissingRuleError` where
///   an operation has no derivative, what the executor throws.
public func backward<Key, Executor: BackwardExecutor>(
  from key: Key, trace: RecordedTrace<Key, Executor.Concrete>, cotangent: Executor.Concrete? = nil,
  executor: Executor
) throws -> [Key: Executor.Concrete] {
  let walk = try TraceWalk(trace)
  guard let target = walk.places[key],
    let start = trace.outputs.first(where: { $0.key == key })
  else { throw BackwardError.notInTrace(key: "\(key)") }
  let reverse = try executor.reverseGraphs.reverse(walk.shape(target)) { try walk.reverse(target) }
  if reverse.reached.isEmpty { return [:] }
  var inputs = try walk.concrete(reverse.read)
  inputs.append(try cotangent ?? executor.ones(like: start.value))
  var result: [Key: Executor.Concrete] = [:]
  for (place, value) in zip(reverse.reached, try executor.run(reverse, inputs)) {
    result[walk.values[walk.requiring[place]].key] = value
  }
  return result
}

/// The tangent of an output of a trace along a direction.
///
/// - Parameters:
///   - key: an output of the last step of `trace`.
///   - trace: the last step, with all it was made of.
///   - tangents: by key, for values that began outside of the trace; those that are left out are zero.
///   - executor: computes on the tensors of the trace.
/// - Returns: `nil` where the output does not vary along the direction.
/// - Throws: as `backward(from:trace:cotangent:executor:)`.
public func tangent<Key, Executor: BackwardExecutor>(
  of key: Key, trace: RecordedTrace<Key, Executor.Concrete>,
  along tangents: [Key: Executor.Concrete],
  executor: Executor
) throws -> Executor.Concrete? {
  let walk = try TraceWalk(trace)
  guard let target = walk.places[key] else { throw BackwardError.notInTrace(key: "\(key)") }
  var varying: [Int] = []
  for key in tangents.keys {
    guard let place = walk.places[key] else { throw BackwardError.notInTrace(key: "\(key)") }
    varying.append(place)
  }
  varying.sort()
  let forward = try executor.reverseGraphs.reverse(walk.shape(target, varying: varying)) {
    try walk.forward(target, varying)
  }
  if forward.graph.outputs.isEmpty { return nil }
  let directions = varying.compactMap { tangents[walk.values[$0].key] }
  return try executor.run(forward, walk.concrete(forward.read) + directions)[0]
}
