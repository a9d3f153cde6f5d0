// A kernel whose sizes are bound, called on memory of the caller: nothing is copied, nothing allocated,
// nothing looked up. For loops in Swift that call a small function very often.
import Graph
import runtime

/// What is given does not fit a bound kernel.
public enum MemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another number of arrays than the function has.
  case count(needed: Int, found: Int)
  /// Another number of bytes than the array has.
  case size(name: String, type: TensorType, needed: Int, found: Int)
  /// Elements of one dtype were given for another.
  case dtype(name: String, needed: DType, found: DType)

  public var description: String {
    switch self {
    case .count(let needed, let found): "needed \(needed) arrays, found \(found)"
    case .size(let name, let type, let needed, let found):
      "\(name): \(type) needs \(needed) bytes here, found \(found)"
    case .dtype(let name, let needed, let found): "\(name) needs \(needed), found \(found)"
    }
  }
}

extension Kernel {
  /// The kernel for arguments of given shapes.
  ///
  /// - Parameters:
  ///   - shapes: one an input, in order.
  ///   - sizes: sizes by name, for those that no shape tells.
  ///   - stepLimit: so many steps each run of a loop may make whose steps nothing else limits.
  ///   - memoryLimit: bytes that a call may take.
  /// - Throws: `BindingError` where the shapes do not fit.
  public func bound(
    to shapes: [[Int]], sizes given: [String: Int] = [:], stepLimit: Int = .max,
    memoryLimit: Int = physicalMemory
  ) throws(BindingError) -> BoundKernel {
    let needs = try needs(shapes, given, memoryLimit: memoryLimit)
    if needs.byteCount > memoryLimit {
      throw .memory(needed: needs.byteCount, limit: memoryLimit)
    }
    return try BoundKernel(self, needs, shapes, stepLimit, memoryLimit)
  }
}

/// A kernel with its sizes bound. A value; called from any thread.
public struct BoundKernel: Sendable {
  private struct BoundArray: Sendable {
    let name: String
    let type: TensorType
    let byteCount: Int
  }

  private let program: CompiledProgram
  private let pool: WorkspacePool
  /// Sizes, and behind them the limit of steps where a loop needs one.
  private let numbers: [Int]
  private let workspaceByteCount: Int
  private let stepLimit: Int
  private let memoryLimit: Int
  /// Bytes of workspace and outputs.
  private let byteCount: Int
  private let arrays: [BoundArray]
  private let inputCount: Int
  /// Shapes of the outputs, in order.
  public let outputShapes: [[Int]]
  /// The dtype of all arrays, where they have one.
  private let dtype: DType?

  fileprivate init(
    _ kernel: Kernel, _ needs: CallNeeds, _ shapes: [[Int]], _ stepLimit: Int, _ memoryLimit: Int
  ) throws(BindingError) {
    // All arrays, end to end, have a size: from here on nothing overflows.
    let types = (kernel.inputs + kernel.outputs).map(\.type)
    _ = try kernel.binding.evaluate(
      types.reduce(0) { $0 + $1.elementCount * DimExpr($1.dtype.byteCount) }, needs.sizes)
    self.memoryLimit = memoryLimit
    byteCount = needs.byteCount
    program = kernel.program
    pool = kernel.pool
    numbers = program.stoppers.isEmpty ? needs.sizes : needs.sizes + [stepLimit]
    workspaceByteCount = needs.workspaceByteCount
    self.stepLimit = stepLimit
    outputShapes = needs.outputShapes
    inputCount = kernel.inputs.count
    arrays = zip(kernel.inputs + kernel.outputs, shapes + needs.outputShapes).map {
      BoundArray(name: $0.name, type: $0.type, byteCount: Tensor.byteCount($0.type.dtype, $1))
    }
    let first = arrays.first?.type.dtype
    dtype = arrays.allSatisfy { $0.type.dtype == first } ? first : nil
  }

  /// Elements of all inputs, end to end.
  public var inputElementCount: Int { count(0..<inputCount) }
  /// Elements of all outputs, end to end.
  public var outputElementCount: Int { count(inputCount..<arrays.count) }

  private func count(_ places: Range<Int>) -> Int {
    arrays[places].reduce(0) { $0 + $1.byteCount / $1.type.dtype.byteCount }
  }

  /// Runs the function on memory of the caller.
  ///
  /// - Parameters:
  ///   - inputs: one buffer an input, in order, of exactly its size.
  ///   - outputs: one buffer an output, in order, of exactly its size. An output that shares memory with
  ///     another output or with an input gets wrong numbers: it may be written before the other is read.
  /// - Throws: `MemoryError` where a buffer has another size, `ExecutionError` where the call cannot go
  ///   on.
  public func callAsFunction(
    _ inputs: [UnsafeRawBufferPointer], into outputs: [UnsafeMutableRawBufferPointer]
  ) throws {
    guard inputs.count + outputs.count == arrays.count, inputs.count == inputCount else {
      throw MemoryError.count(needed: arrays.count, found: inputs.count + outputs.count)
    }
    try withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: arrays.count + 1)
    {
      for (k, array) in arrays.enumerated() {
        let found = k < inputCount ? inputs[k].count : outputs[k - inputCount].count
        if found != array.byteCount {
          throw MemoryError.size(
            name: array.name, type: array.type, needed: array.byteCount, found: found)
        }
        $0[k] =
          k < inputCount
          ? UnsafeMutableRawPointer(mutating: inputs[k].baseAddress)
          : outputs[k - inputCount].baseAddress
      }
      try call($0)
    }
  }

  /// Runs the function on arrays, one an input and one an output, in order. Elements are not copied.
  /// - Throws: as with buffers; `MemoryError.dtype` where elements are of another dtype.
  public func callAsFunction<T: TensorElement>(_ inputs: [[T]], into outputs: inout [[T]]) throws {
    try check(T.dtype)
    var targets: [UnsafeMutableRawBufferPointer] = []
    for k in outputs.indices {
      targets.append(outputs[k].withUnsafeMutableBytes { $0 })
    }
    // Arrays keep their storage while they are held here, and nothing else changes them.
    let sources = inputs.map { $0.withUnsafeBytes { $0 } }
    try withExtendedLifetime((inputs, outputs)) { try self(sources, into: targets) }
  }

  /// Runs a function whose inputs and outputs are all of one dtype, on elements that lie end to end.
  ///
  ///     var result: InlineArray<4, Double> = …
  ///     var span = result.mutableSpan
  ///     try gradient(arguments.span, into: &span)
  ///
  /// - Throws: as with buffers.
  public func callAsFunction<T: TensorElement>(
    _ inputs: Span<T>, into outputs: inout MutableSpan<T>
  ) throws {
    try check(T.dtype)
    try inputs.withUnsafeBytes { source in
      try outputs.withUnsafeMutableBytes { target in
        try withUnsafeTemporaryAllocation(
          of: UnsafeMutableRawPointer?.self, capacity: arrays.count + 1
        ) { table in
          var (read, written) = (0, 0)
          for k in 0..<inputCount {
            table[k] = source.baseAddress.map { UnsafeMutableRawPointer(mutating: $0 + read) }
            read += arrays[k].byteCount
          }
          for k in inputCount..<arrays.count {
            table[k] = target.baseAddress.map { $0 + written }
            written += arrays[k].byteCount
          }
          if read != source.count || written != target.count {
            throw mismatch(read == source.count ? (written, target.count) : (read, source.count))
          }
          try call(table)
        }
      }
    }
  }

  private func mismatch(_ bytes: (needed: Int, found: Int)) -> MemoryError {
    .size(
      name: "all arrays", type: arrays.first?.type ?? TensorType(.f64), needed: bytes.needed,
      found: bytes.found)
  }

  private func check(_ found: DType) throws(MemoryError) {
    if dtype == found { return }
    for array in arrays where array.type.dtype != found {
      throw .dtype(name: array.name, needed: array.type.dtype, found: found)
    }
  }

  private func call(_ buffers: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>) throws {
    let workspace = try pool.take(workspaceByteCount)
    defer { pool.give(workspace) }
    var memory = jg_memory(limit: Int64(memoryLimit - byteCount), held: 0, needed: 0)
    let status = withUnsafeMutablePointer(to: &memory) { memory in
      // What loops may hold stands behind the outputs.
      buffers[arrays.count] = UnsafeMutableRawPointer(memory)
      return program.call(numbers, UnsafePointer(buffers.baseAddress), workspace.start)
    }
    if status != 0,
      let error = ExecutionError(
        status, program.stoppers, stepLimit: stepLimit, memory: memory,
        memoryLimit: memoryLimit, byteCount: byteCount)
    {
      throw error
    }
  }
}
