// A compiled function: machine code with what is needed to call it. Values are shared and called
// from any thread; each call takes a workspace of its own from a pool.
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
  let checkedLoops: [Note]

  init(_ program: LoopProgram) throws {
    try NestingError.check(program)
    let text = JITSource(program).text
    code = try TCCCompiler().compile(text, entries: [JITSource.entry])
    source = text
    symbols = program.symbols
    workspaceByteCount = program.workspaceByteCount
    checkedLoops = program.checkedLoops
  }

  func call(
    _ sizes: [Int], _ buffers: [UnsafeMutableRawPointer?], _ workspace: UnsafeMutableRawPointer?
  ) -> Int32 {
    code.withEntry(0, as: Entry.self) { entry in
      sizes.withUnsafeBytes { sizes in
        buffers.withUnsafeBufferPointer { buffers in
          entry(sizes.bindMemory(to: Int64.self).baseAddress, buffers.baseAddress, workspace)
        }
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
  private let pool: WorkspacePool
  /// Bytes of workspace and outputs.
  private let totalByteCount: DimExpr

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
  }

  /// The C that was compiled.
  public var cSource: String { program.source }

  /// Bytes of workspace and outputs for given sizes.
  /// - Throws: `BindingError.size` for a size that is unknown or does not fit in 64 bits.
  public func byteCount(sizes: [String: Int]) throws(BindingError) -> Int {
    var values: [Int] = []
    for symbol in program.symbols {
      guard let size = sizes[symbol] else { throw .unknownSize(symbol) }
      values.append(size)
    }
    return try binding.evaluate(totalByteCount, values)
  }

  /// Runs the function.
  ///
  /// - Parameters:
  ///   - arguments: one array an input, in order.
  ///   - sizes: sizes by name, for those that no shape tells.
  ///   - memoryLimit: refuse before allocating more than so many bytes for outputs and workspace;
  ///     the machine's memory unless told. The rows that loops without a known number of steps keep
  ///     do not count.
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
    for (argument, input) in zip(arguments, inputs) where argument.dtype != input.type.dtype {
      throw BindingError.dtype(input: input.name, needed: input.type, found: argument.dtype)
    }
    let sizes = try binding.sizes(arguments.map(\.shape), given)
    let shapes = try outputTypes.map { type throws(BindingError) in
      try type.shape.map { extent throws(BindingError) in try binding.evaluate(extent, sizes) }
    }
    let needed = try binding.evaluate(totalByteCount, sizes)
    if needed > memoryLimit { throw BindingError.memory(needed: needed, limit: memoryLimit) }
    let workspace = try pool.take(binding.evaluate(program.workspaceByteCount, sizes))
    defer { pool.give(workspace) }
    var results = zip(outputTypes, shapes).map { Tensor(uninitialized: $0.dtype, shape: $1) }
    var pointers: [UnsafeMutableRawPointer?] = []
    pointers.reserveCapacity(arguments.count + results.count)
    // The limit stands behind the sizes.
    let numbers = program.checkedLoops.isEmpty ? sizes : sizes + [stepLimit]
    var status: Int32 = 0
    withPointers(arguments[...], &results, &pointers) { pointers in
      status = program.call(numbers, pointers, workspace.start)
    }
    if status != 0,
      let error = ExecutionError(status, program.checkedLoops, stepLimit: stepLimit)
    {
      throw error
    }
    return results
  }

  /// Collects the addresses of all arrays, one nested scope an array.
  private func withPointers(
    _ arguments: ArraySlice<Tensor>, _ results: inout [Tensor],
    _ pointers: inout [UnsafeMutableRawPointer?],
    _ body: ([UnsafeMutableRawPointer?]) -> Void
  ) {
    // Arrays keep their storage while they are held here, and nothing changes them.
    for argument in arguments {
      argument.bytes.withUnsafeBytes {
        pointers.append(UnsafeMutableRawPointer(mutating: $0.baseAddress))
      }
    }
    for k in results.indices {
      results[k].withMutableBytes { pointers.append($0.baseAddress) }
    }
    withExtendedLifetime(arguments) { body(pointers) }
  }
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

  private let free = Mutex<[Workspace]>([])
  /// So many are kept; more callers at once allocate and free.
  private static let kept = 8

  func take(_ byteCount: Int) throws(BindingError) -> Workspace {
    if byteCount == 0 { return Workspace(start: nil, byteCount: 0) }
    let found = free.withLock { free -> Workspace? in
      guard let k = free.firstIndex(where: { $0.byteCount >= byteCount }) else { return nil }
      return free.remove(at: k)
    }
    if let found { return found }
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, byteCount) == 0 else {
      throw .memory(needed: byteCount, limit: byteCount)
    }
    return Workspace(start: start, byteCount: byteCount)
  }

  func give(_ workspace: Workspace) {
    guard workspace.start != nil else { return }
    let surplus = free.withLock { free -> Workspace? in
      free.append(workspace)
      return free.count > Self.kept ? free.removeFirst() : nil
    }
    Glibc.free(surplus?.start)
  }

  deinit {
    free.withLock { for workspace in $0 { Glibc.free(workspace.start) } }
  }
}
