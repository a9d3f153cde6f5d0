// A compiled function: machine code with what is needed to call it. Values are shared and called
// from any thread; each call takes a workspace of its own from a pool.
import Autodiff
import CEmit
import Glibc
import Graph
import Lowering
import Synchronization
import runtime

/// What one compile made; shared by all kernels of the same structure.
final class CompiledProgram: Sendable {
  typealias Entry =
    @convention(c) (
      UnsafePointer<Int64>?, UnsafePointer<UnsafeMutableRawPointer?>?, UnsafeMutableRawPointer?
    ) -> Int32

  let code: CompiledCode
  let symbols: [String]
  let workspaceByteCount: DimExpr
  let source: String
  /// The loops that can end a call.
  let stoppers: [Note]
  /// Loops keep rows of which only the run tells how many there are.
  let hasStacks: Bool
  /// The second tier; `nil` where there is none.
  let native: NativeProgram?

  /// - Parameter counters: of the second tier; `nil` for none.
  init(_ program: LoopProgram, _ counters: NativeCounters?) throws {
    try NestingError.check(program)
    let text = JITSource(program).text
    code = try TCCCompiler().compile(text, entries: [JITSource.entry])
    source = text
    symbols = program.symbols
    workspaceByteCount = program.workspaceByteCount
    stoppers = program.stoppers
    hasStacks = program.stackCount > 0
    native = counters.flatMap {
      NativeProgram(program, textByteCount: text.utf8.count, $0)
    }
  }

  /// What is held: machine code, its C, and loop nests as long as the second tier may need them, which
  /// take about five bytes for each of the C.
  var byteCount: Int {
    code.byteCount + source.utf8.count * (native == nil ? 1 : 6)
  }

  func compileNatively() throws(NativeError) {
    guard let native else {
      let count = source.utf8.count
      throw NativeError(
        stage: .none,
        messages: count > NativeProgram.longestText
          ? "\(count) bytes of C, and \(NativeProgram.longestText) is the most"
          : "the engine was told to use no C compiler")
    }
    try native.compile()
  }

  func call(
    _ sizes: [Int], _ buffers: UnsafePointer<UnsafeMutableRawPointer?>?,
    _ workspace: UnsafeMutableRawPointer?
  ) -> Int32 {
    guard let native else { return callFirstTier(sizes, buffers, workspace) }
    if let entry = native.entry {
      return withExtendedLifetime(native) {
        sizes.withUnsafeBytes {
          unsafeBitCast(entry, to: Entry.self)(
            $0.bindMemory(to: Int64.self).baseAddress, buffers, workspace)
        }
      }
    }
    if !native.isTimed() { return callFirstTier(sizes, buffers, workspace) }
    let start = ContinuousClock.now
    defer { native.note(ContinuousClock.now - start) }
    return callFirstTier(sizes, buffers, workspace)
  }

  private func callFirstTier(
    _ sizes: [Int], _ buffers: UnsafePointer<UnsafeMutableRawPointer?>?,
    _ workspace: UnsafeMutableRawPointer?
  ) -> Int32 {
    code.withEntry(0, as: Entry.self) { entry in
      sizes.withUnsafeBytes { sizes in
        // Guards have been checked when the sizes were bound: only loops are left to fail.
        entry(sizes.bindMemory(to: Int64.self).baseAddress, buffers, workspace)
      }
    }
  }
}

/// A compiled function that can be called with arrays.
public struct Kernel: Sendable {
  let program: CompiledProgram
  let binding: SizeBinding
  let outputTypes: [TensorType]
  /// Names and types of inputs, in order.
  public let inputs: [(name: String, type: TensorType)]
  /// Names and types of outputs, in order.
  public let outputs: [(name: String, type: TensorType)]
  let pool: WorkspacePool
  /// Bytes of workspace and outputs.
  private let totalByteCount: DimExpr
  /// What every call that fits needs, where no size is left to the call.
  private(set) var fixed: (inputShapes: [[Int]], needs: CallNeeds)?

  /// The memory of this machine in bytes: what a call may take at most unless told otherwise.
  public static let physicalMemory = max(
    sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)), 1 << 30)

  init(_ graph: Graph, _ program: CompiledProgram, _ pool: WorkspacePool) {
    self.program = program
    self.pool = pool
    binding = SizeBinding(graph, symbols: program.symbols)
    inputs = binding.inputs
    outputs = graph.outputs.map { ($0.name, graph.type(of: $0.value)) }
    outputTypes = outputs.map(\.type)
    totalByteCount = outputTypes.reduce(program.workspaceByteCount) {
      $0 + $1.elementCount * DimExpr($1.dtype.byteCount)
    }
    let shapes = inputs.map { $0.type.shape.compactMap(\.constantValue) }
    if program.symbols.isEmpty, let needs = try? needs(shapes, [:]) { fixed = (shapes, needs) }
  }

  /// The C that libtcc compiled.
  public var cSource: String { program.source }

  /// A loop or an operation in it can end a call with an error.
  package var canStop: Bool { !program.stoppers.isEmpty }

  /// Calls run code of the second tier.
  public var isNative: Bool { program.native?.entry != nil }

  /// Compiles the kernel by the system's C compiler now, unless that was done, and waits for it. All
  /// kernels of the same structure are called there from then on.
  /// - Throws: `NativeError` where there is no compiler, or it fails, or the engine was told to use none.
  public func compileNatively() throws(NativeError) {
    try program.compileNatively()
  }

  /// Bytes of workspace and outputs for given sizes.
  /// - Throws: `BindingError.unknownSizes` for sizes that are not given, `.negativeSize`, and `.size` for
  ///   one that does not fit in 64 bits.
  public func byteCount(sizes: [String: Int]) throws(BindingError) -> Int {
    let missing = program.symbols.filter { sizes[$0] == nil }
    if !missing.isEmpty { throw .unknownSizes(missing) }
    let bound = program.symbols.compactMap { sizes[$0] }
    for (name, size) in zip(program.symbols, bound) where size < 0 {
      throw .negativeSize(name, size)
    }
    return try binding.evaluate(totalByteCount, bound)
  }

  /// How many states the loops of a checkpointed derivative may keep.
  /// - Parameter memoryLimit: bytes that the call may take; with a single state it may be more.
  public func checkpoints(sizes: [String: Int], memoryLimit: Int) -> Int {
    Graph.checkpoints(memoryLimit: memoryLimit, hasStacks: program.hasStacks) { states in
      try? byteCount(sizes: sizes.merging([Graph.checkpoints: states]) { $1 })
    }
  }

  /// Runs the function.
  ///
  /// - Parameters:
  ///   - arguments: one array an input, in order.
  ///   - sizes: sizes by name, for those that no shape tells; names that the function does not have are
  ///     left alone. `checkpoints`, how many states loops keep for their derivatives, is as many as fit
  ///     into the memory unless told.
  ///   - memoryLimit: bytes that the call may take for outputs, workspace and the rows that loops
  ///     keep; the machine's memory unless told. Outputs and workspace are refused before anything
  ///     is allocated, also where they are more than the machine has; rows of a number that only the
  ///     run tells when they become too many.
  ///   - stepLimit: so many steps each run of a loop may make whose steps nothing else limits.
  /// - Returns: one array an output, in order.
  /// - Throws: `BindingError` where arrays and function do not fit, `ExecutionError` where the call
  ///   cannot go on.
  public func callAsFunction(
    _ arguments: [Tensor], sizes given: [String: Int] = [:], memoryLimit: Int = physicalMemory,
    stepLimit: Int = .max
  ) throws -> [Tensor] {
    guard arguments.count == inputs.count else {
      throw BindingError.inputCount(needed: inputs.count, found: arguments.count)
    }
    for k in inputs.indices where arguments[k].dtype != inputs[k].type.dtype {
      throw BindingError.dtype(
        input: inputs[k].name, needed: inputs[k].type, found: arguments[k].dtype)
    }
    let needs: CallNeeds
    if let fixed = fixedNeeds(arguments) {
      needs = fixed
    } else {
      needs = try self.needs(arguments.map(\.shape), given, memoryLimit: memoryLimit)
    }
    // An array that the machine has no room for would end the process.
    let limit = min(memoryLimit, Self.physicalMemory)
    if needs.byteCount > limit {
      throw BindingError.memory(needed: needs.byteCount, limit: limit)
    }
    let workspace = try pool.take(needs.workspaceByteCount)
    defer { pool.give(workspace) }
    try SystemMemory.check(needs.byteCount - needs.workspaceByteCount)
    var results: [Tensor] = []
    results.reserveCapacity(outputTypes.count)
    for k in outputTypes.indices {
      results.append(
        Tensor(uninitialized: outputTypes[k].dtype, shape: needs.outputShapes[k]))
    }
    // The limit stands behind the sizes.
    let numbers = program.stoppers.isEmpty ? needs.sizes : needs.sizes + [stepLimit]
    var memory = jg_memory(limit: Int64(memoryLimit - needs.byteCount), held: 0, needed: 0)
    let status = run(arguments, &results, numbers, workspace.start, &memory)
    if status != 0,
      let error = ExecutionError(
        status, program.stoppers, stepLimit: stepLimit, memory: memory,
        memoryLimit: memoryLimit, byteCount: needs.byteCount)
    {
      throw error
    }
    return results
  }

  /// What a call with these shapes needs. Loops that leave it to the call how many states they keep
  /// keep as many as fit.
  func needs(
    _ shapes: [[Int]], _ given: [String: Int], memoryLimit: Int
  ) throws(BindingError) -> CallNeeds {
    guard given[Graph.checkpoints] == nil, program.symbols.contains(Graph.checkpoints) else {
      return try self.needs(shapes, given)
    }
    func needs(keeping states: Int) throws(BindingError) -> CallNeeds {
      try self.needs(shapes, given.merging([Graph.checkpoints: states]) { $1 })
    }
    let states = Graph.checkpoints(memoryLimit: memoryLimit, hasStacks: program.hasStacks) {
      (try? needs(keeping: $0))?.byteCount
    }
    return try needs(keeping: states)
  }

  /// What a call with these shapes needs.
  private func needs(
    _ shapes: [[Int]], _ given: [String: Int]
  ) throws(BindingError) -> CallNeeds {
    let sizes = try binding.sizes(shapes, given)
    return CallNeeds(
      sizes: sizes,
      outputShapes: try outputTypes.map { type throws(BindingError) in
        try type.shape.map { extent throws(BindingError) in try binding.evaluate(extent, sizes) }
      },
      workspaceByteCount: try binding.evaluate(program.workspaceByteCount, sizes),
      byteCount: try binding.evaluate(totalByteCount, sizes))
  }

  /// What the call needs, if that is the same for all calls and these arguments fit.
  private func fixedNeeds(_ arguments: [Tensor]) -> CallNeeds? {
    guard let fixed else { return nil }
    for k in arguments.indices where arguments[k].shape != fixed.inputShapes[k] { return nil }
    return fixed.needs
  }

  /// Calls the code with the addresses of all arrays; returns its status.
  private func run(
    _ arguments: [Tensor], _ results: inout [Tensor], _ sizes: [Int],
    _ workspace: UnsafeMutableRawPointer?, _ memory: inout jg_memory
  ) -> Int32 {
    withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer?.self, capacity: arguments.count + results.count + 1
    ) { buffers in
      // Arrays keep their storage while they are held here, and nothing changes them.
      for k in arguments.indices {
        let address = arguments[k].bytes.withUnsafeBytes { $0.baseAddress }
        buffers.initializeElement(at: k, to: UnsafeMutableRawPointer(mutating: address))
      }
      for k in results.indices {
        let address = results[k].withMutableBytes { $0.baseAddress }
        buffers.initializeElement(at: arguments.count + k, to: address)
      }
      return withExtendedLifetime(arguments) {
        withUnsafeMutablePointer(to: &memory) { memory in
          buffers.initializeElement(at: arguments.count + results.count, to: memory)
          return program.call(sizes, UnsafePointer(buffers.baseAddress), workspace)
        }
      }
    }
  }
}

/// What one call needs, for the sizes of its arguments.
struct CallNeeds {
  /// In the order of the program's symbols.
  let sizes: [Int]
  let outputShapes: [[Int]]
  let workspaceByteCount: Int
  /// Bytes of workspace and outputs.
  let byteCount: Int
}

extension Tensor {
  fileprivate init(uninitialized dtype: DType, shape: [Int]) {
    let count = Tensor.byteCount(dtype, shape)
    self.init(
      dtype: dtype, shape: shape,
      bytes: [UInt8](unsafeUninitializedCapacity: count) { _, initialized in
        initialized = count
      })
  }
}

/// Memory for workspaces, kept between calls.
final class WorkspacePool: Sendable {
  struct Workspace: @unchecked Sendable {
    let start: UnsafeMutableRawPointer?
    let byteCount: Int
  }

  private struct State {
    var free: [Workspace] = []
    /// Of all that are allocated.
    var byteCount = 0
  }

  private let state = Mutex(State())
  /// So many are kept; more callers at once allocate and free.
  private static let kept = 8

  var byteCount: Int { state.withLock { $0.byteCount } }

  func take(_ byteCount: Int) throws(BindingError) -> Workspace {
    if byteCount == 0 { return Workspace(start: nil, byteCount: 0) }
    let found = state.withLock { state -> Workspace? in
      for k in state.free.indices where state.free[k].byteCount >= byteCount {
        return state.free.remove(at: k)
      }
      return nil
    }
    if let found { return found }
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, byteCount) == 0 else {
      throw .noMemory(needed: byteCount)
    }
    state.withLock { $0.byteCount += byteCount }
    return Workspace(start: start, byteCount: byteCount)
  }

  func give(_ workspace: Workspace) {
    guard workspace.start != nil else { return }
    let surplus = state.withLock { state -> Workspace? in
      state.free.append(workspace)
      guard state.free.count > Self.kept else { return nil }
      let surplus = state.free.removeFirst()
      state.byteCount -= surplus.byteCount
      return surplus
    }
    Glibc.free(surplus?.start)
  }

  deinit {
    state.withLock { for workspace in $0.free { Glibc.free(workspace.start) } }
  }
}
