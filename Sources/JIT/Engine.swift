// Compiles graphs to kernels and keeps what it compiled: by structure and dtype, never by size, so
// a call with new sizes compiles nothing. The cache is bounded by bytes and counts what it does.
import Glibc
import Graph
import Lowering
import Synchronization

/// What the cache of an engine did so far.
public struct EngineCounters: Sendable, Hashable {
  /// Functions that were compiled.
  public var compiles = 0
  /// Requests for a function that was there.
  public var hits = 0
  /// Functions that made room for others.
  public var evictions = 0
  /// What the engine holds of compiled functions, in bytes: machine code, the C it was made of, the
  /// structure that it is found by, and an estimate of the loop nests that the second tier is made of.
  public var byteCount = 0
  /// Operations that evaluations of traced tensors ran, each counted once an evaluation.
  public var executedNodes = 0
  /// Workspaces held for this call or the next ones, in bytes.
  public var workspaceByteCount = 0
  /// Kernels that the system's C compiler compiled.
  public var nativeCompiles = 0
  /// Kernels of the second tier that were found on disk.
  public var nativeLoads = 0
  /// Kernels that stay in the first tier because there is no compiler, or it failed.
  public var nativeFailures = 0
}

/// Compiles graphs; shared by all that call them. Safe to use from many threads.
public final class Engine: Sendable {
  /// A program in the making: who compiles holds the lock, and others wait for it.
  private final class Making: Sendable {
    let program = Mutex<CompiledProgram?>(nil)
    /// The thread that compiles; 0 for none.
    let thread = Atomic<UInt>(0)
  }

  private enum Found {
    case program(CompiledProgram)
    case making(Making)
  }

  private struct State {
    var programs: RecentCache<StructuralKey, CompiledProgram>
    var making: [StructuralKey: Making] = [:]
    var counters = EngineCounters()
  }

  private let state: Mutex<State>
  private let pool = WorkspacePool()
  /// Bytes of compiled functions that are kept at most, counted as in `EngineCounters.byteCount`.
  public let capacity: Int
  /// Whether the system's C compiler makes kernels faster.
  public let nativeTier: NativeTier
  private let nativeCounters = NativeCounters()

  /// An engine that has compiled nothing.
  /// - Parameters:
  ///   - capacity: bytes of compiled functions to keep; the least recently used go first. What
  ///     a `Kernel` holds stays while there is one.
  ///   - nativeTier: whether the system's C compiler makes kernels faster that run for long.
  public init(capacity: Int = 256 << 20, nativeTier: NativeTier = .standard) {
    self.capacity = capacity
    self.nativeTier = nativeTier
    state = Mutex(State(programs: RecentCache(capacity: capacity)))
  }

  /// What the engine did and holds by now.
  public var counters: EngineCounters {
    var counters = state.withLock { state in
      state.counters.byteCount = state.programs.weight
      return state.counters
    }
    counters.workspaceByteCount = pool.byteCount
    counters.nativeCompiles = nativeCounters.compiles.load(ordering: .relaxed)
    counters.nativeLoads = nativeCounters.loads.load(ordering: .relaxed)
    counters.nativeFailures = nativeCounters.failures.load(ordering: .relaxed)
    return counters
  }

  /// A kernel for `graph`; compiled once for each structure, however many tasks ask for it.
  /// - Throws: `MissingKernelError` for an operation of a program that has none, `KernelBodyError` where
  ///   the C of one does not compile, `RecursiveCompileError` where compiling needs the same function,
  ///   `NestingError` where loops stand too deep in each other; an internal error if other emitted C does
  ///   not compile, which is a bug.
  ///   Where `nativeTier` is `.required`, `NativeError` for a kernel that cannot get there.
  public func compile(_ graph: Graph) throws -> Kernel {
    let key = StructuralKey(graph)
    switch find(key) {
    case .program(let program): return Kernel(graph, program, pool)
    case .making(let making): return Kernel(graph, try program(graph, key, making), pool)
    }
  }

  private func find(_ key: StructuralKey) -> Found {
    state.withLock { state in
      if let program = state.programs.value(for: key) {
        state.counters.hits += 1
        return .program(program)
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
    let thread = UInt(pthread_self())
    // The definition of an operation of a program may call the engine itself.
    if making.thread.load(ordering: .relaxed) == thread {
      throw RecursiveCompileError(function: graph.name)
    }
    return try making.program.withLock { made in
      making.thread.store(thread, ordering: .relaxed)
      defer { making.thread.store(0, ordering: .relaxed) }
      if let made {
        state.withLock { $0.counters.hits += 1 }
        return made
      }
      do {
        if let operation = graph.operationOnHost { throw MissingKernelError(operation: operation) }
        let program = try CompiledProgram(
          lower(graph.simplified(), .jit), nativeTier == .off ? nil : nativeCounters)
        if nativeTier == .required { try program.compileNatively() }
        made = program
        keep(program, key)
        return program
      } catch {
        state.withLock { $0.making[key] = nil }
        if let error = error as? TCCError, error.stage != .memory {
          let names = graph.operationsWithBodies
          if !names.isEmpty {
            throw KernelBodyError(operations: names, messages: error.description)
          }
        }
        throw error
      }
    }
  }

  private func keep(_ program: CompiledProgram, _ key: StructuralKey) {
    state.withLock { state in
      state.counters.compiles += 1
      state.making[key] = nil
      state.counters.evictions += state.programs.insert(
        program, for: key,
        weight: program.byteCount + key.bytes.count)
    }
  }

  /// Notes that an evaluation ran so many operations.
  package func countExecuted(_ nodes: Int) {
    state.withLock { $0.counters.executedNodes += nodes }
  }
}

/// An operation of a program cannot be compiled.
public struct MissingKernelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name of the operation.
  public let operation: String

  public var description: String {
    "\(operation) has no kernel rule, and stands in a graph that is compiled as a whole"
      + "\nhelp: give it a body in C, compose it of other operations, or evaluate traced tensors"
  }
}

/// A function was asked for while it was being compiled, by the definition of one of its operations.
public struct RecursiveCompileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name of the function.
  public let function: String

  public var description: String {
    "to compile \(function), \(function) itself is needed: the definition of one of its operations "
      + "asks for it\nhelp: compute what the operation needs before it is applied"
  }
}

/// The C of an operation of a program does not compile.
public struct KernelBodyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The names of the operations with a body in C that the graph holds; one of them is wrong.
  public let operations: [String]
  /// What the compiler says.
  public let messages: String

  public var description: String {
    "the C of \(operations.joined(separator: " or ")) does not compile: \(messages)"
      + "\nhelp: a body is that of a C function of x0, x1, …, and declares what it calls"
  }
}

extension Graph {
  /// The names of operations of a program that have C of their own, here and in regions, each once.
  fileprivate var operationsWithBodies: [String] {
    var names: [String] = []
    var pending = [self]
    while let graph = pending.popLast() {
      for node in graph.nodes where node.primitive.function == nil {
        let operation = node.operation
        pending += operation.regions.map(\.graph)
        // Attributes tell all operations but those of programs; composed ones are made of others.
        if !operation.isToldByAttributes, !operation.isComposed, !names.contains(operation.name) {
          names.append(operation.name)
        }
      }
    }
    return names
  }

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
