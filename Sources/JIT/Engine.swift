// Compiles graphs to kernels and keeps what it compiled: by structure and dtype, never by size, so
// a call with new sizes compiles nothing. The cache is bounded by bytes and counts what it does.
import Graph
import Lowering
import Synchronization

/// What the cache of an engine did so far.
public struct EngineCounters: Sendable, Hashable {
  public var compiles = 0
  public var hits = 0
  public var evictions = 0
  /// Machine code held, in bytes.
  public var byteCount = 0
  /// Operations that evaluations of traced tensors ran, each counted once an evaluation.
  public var executedNodes = 0
  /// Workspaces held for this call or the next ones, in bytes.
  public var workspaceByteCount = 0
}

/// Compiles graphs; shared by all that call them. Safe to use from many threads.
public final class Engine: Sendable {
  private struct Entry {
    var program: CompiledProgram
    var lastUse: Int
  }

  /// A program in the making: who compiles holds the lock, and others wait for it.
  private final class Making: Sendable {
    let program = Mutex<CompiledProgram?>(nil)
  }

  private enum Found {
    case program(CompiledProgram)
    case making(Making)
  }

  private struct State {
    var entries: [StructuralKey: Entry] = [:]
    var making: [StructuralKey: Making] = [:]
    var counters = EngineCounters()
    var clock = 0
  }

  private let state = Mutex(State())
  private let pool = WorkspacePool()
  /// Machine code kept at most, in bytes.
  public let capacity: Int

  /// - Parameter capacity: bytes of machine code to keep; the least recently used goes first.
  public init(capacity: Int = 256 << 20) { self.capacity = capacity }

  public var counters: EngineCounters {
    var counters = state.withLock { $0.counters }
    counters.workspaceByteCount = pool.byteCount
    return counters
  }

  /// A kernel for `graph`; compiled once for each structure, however many tasks ask for it.
  /// - Throws: `MissingKernelError` for an operation of a program that has none, `NestingError` where
  ///   loops stand too deep in each other; an internal error if the emitted C does not compile, which
  ///   is a bug.
  public func compile(_ graph: Graph) throws -> Kernel {
    let key = StructuralKey(graph)
    switch find(key) {
    case .program(let program): return Kernel(graph, program, pool)
    case .making(let making): return Kernel(graph, try program(graph, key, making), pool)
    }
  }

  private func find(_ key: StructuralKey) -> Found {
    state.withLock { state in
      state.clock += 1
      if let entry = state.entries[key] {
        state.entries[key]?.lastUse = state.clock
        state.counters.hits += 1
        return .program(entry.program)
      }
      let making = state.making[key] ?? Making()
      state.making[key] = making
      return .making(making)
    }
  }

  /// What `making` has or gets. After a failure the next one tries again.
  private func program(
    _ graph: Graph, _ key: StructuralKey, _ making: Making
  ) throws -> CompiledProgram {
    try making.program.withLock { made in
      if let made {
        state.withLock { $0.counters.hits += 1 }
        return made
      }
      do {
        if let operation = graph.operationOnHost { throw MissingKernelError(operation: operation) }
        let program = try CompiledProgram(lower(graph.simplified(), .jit))
        made = program
        keep(program, key)
        return program
      } catch {
        state.withLock { $0.making[key] = nil }
        throw error
      }
    }
  }

  private func keep(_ program: CompiledProgram, _ key: StructuralKey) {
    state.withLock { state in
      state.counters.compiles += 1
      state.making[key] = nil
      let before = state.entries.updateValue(
        Entry(program: program, lastUse: state.clock), forKey: key)
      state.counters.byteCount +=
        program.code.byteCount - (before?.program.code.byteCount ?? 0)
      evict(&state)
    }
  }

  /// Notes that an evaluation ran so many operations.
  package func countExecuted(_ nodes: Int) {
    state.withLock { $0.counters.executedNodes += nodes }
  }

  private func evict(_ state: inout State) {
    while state.counters.byteCount > capacity, state.entries.count > 1,
      let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      state.entries[oldest.key] = nil
      state.counters.byteCount -= oldest.value.program.code.byteCount
      state.counters.evictions += 1
    }
  }
}

/// An operation of a program cannot be compiled.
public struct MissingKernelError: Error, Hashable, Sendable, CustomStringConvertible {
  public let operation: String

  public var description: String {
    "\(operation) has no kernel rule, and stands in a graph that is compiled as a whole"
      + "\nhelp: give it a body in C, compose it of other operations, or evaluate traced tensors"
  }
}

extension Graph {
  /// The name of an operation that is evaluated in Swift, here or in a region.
  fileprivate var operationOnHost: String? {
    var pending = [self]
    while let graph = pending.popLast() {
      for node in graph.nodes.indices where graph.nodes[node].primitive.runsOnHost {
        let operation = graph.nodes[node].operation
        if operation.runsOnHost { return operation.name }
        pending += operation.regions.map(\.graph)
      }
    }
    return nil
  }
}
