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
  /// Bytes that belong to no array are left in the last span of the inputs, or of the outputs.
  case surplus(byteCount: Int)
  /// An output has memory in common with an input, or with another output.
  case overlap(String, output: String)

  public var description: String {
    switch self {
    case .count(let needed, let found): "needed \(needed) arrays, found \(found)"
    case .size(let name, let type, let needed, let found):
      "\(name): \(type) needs \(needed) bytes here, found \(found)"
    case .dtype(let name, let needed, let found): "\(name) needs \(needed), found \(found)"
    case .surplus(let byteCount): "\(byteCount) bytes are left that belong to no array"
    case .overlap(let other, let output):
      "the output \(output) shares memory with \(other), which would be overwritten"
    }
  }
}

extension Kernel {
  /// The kernel for arguments of given shapes.
  ///
  /// - Parameters:
  ///   - shapes: one an input, in order; unless given, those of the inputs' types for the sizes by name.
  ///   - sizes: sizes by name, for those that no shape tells.
  ///   - stepLimit: so many steps each run of a loop may make whose steps nothing else limits.
  ///   - memoryLimit: bytes that a call may take.
  /// - Throws: `BindingError` where the shapes do not fit, `.unknownSizes` where neither shapes nor sizes
  ///   tell them.
  public func bound(
    to shapes: [[Int]]? = nil, sizes given: [String: Int] = [:], stepLimit: Int = .max,
    memoryLimit: Int = physicalMemory
  ) throws(BindingError) -> BoundKernel {
    let shapes = if let shapes { shapes } else { try self.shapes(given) }
    let needs = try needs(shapes, given, memoryLimit: memoryLimit)
    if needs.byteCount > memoryLimit {
      throw .memory(needed: needs.byteCount, limit: memoryLimit)
    }
    return try BoundKernel(self, needs, shapes, stepLimit, memoryLimit)
  }

  /// The shapes of the inputs for sizes by name.
  private func shapes(_ sizes: [String: Int]) throws(BindingError) -> [[Int]] {
    let extents = inputs.flatMap(\.type.shape)
    let missing = Set(extents.flatMap(\.symbols).filter { sizes[$0] == nil })
    if !missing.isEmpty { throw .unknownSizes(missing.sorted()) }
    var shapes: [[Int]] = []
    for (_, type) in inputs {
      do throws(DimError) {
        shapes.append(try type.shape.map { e throws(DimError) in try e.evaluate { sizes[$0] } })
      } catch {
        throw .size(error)
      }
    }
    return shapes
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
  ///   - outputs: one buffer an output, in order, of exactly its size, that shares no memory with another
  ///     output or an input: it may be written before the other is read.
  /// - Throws: `MemoryError` where a buffer has another size, or an output shares memory; `ExecutionError`
  ///   where the call cannot go on.
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
      try checkOverlaps($0)
      try call($0)
    }
  }

  /// That no output shares memory with another array, in the order of their addresses.
  private func checkOverlaps(
    _ starts: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  ) throws(MemoryError) {
    typealias Place = (start: UInt, array: Int)
    let pair = withUnsafeTemporaryAllocation(of: Place.self, capacity: arrays.count) {
      places -> (Int, Int)? in
      for k in arrays.indices { places[k] = (UInt(bitPattern: starts[k]), k) }
      var sorted = places
      sorted.sort { $0.start < $1.start }
      // What reaches farthest of the arrays before, and of the outputs among them.
      var (any, output): (Place?, Place?)
      func end(_ place: Place?) -> UInt {
        place.map { $0.start + UInt(arrays[$0.array].byteCount) } ?? 0
      }
      for place in sorted where arrays[place.array].byteCount > 0 {
        let isOutput = place.array >= inputCount
        let before = isOutput ? any : output
        if let before, place.start < end(before) {
          return isOutput ? (before.array, place.array) : (place.array, before.array)
        }
        if end(place) > end(any) { any = place }
        if isOutput && end(place) > end(output) { output = place }
      }
      return nil
    }
    if let (other, output) = pair {
      throw .overlap(arrays[other].name, output: arrays[output].name)
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

  /// Runs the function on spans of elements. A span holds arrays that lie end to end, and where the
  /// dtype changes the next one begins: a function of f64 alone takes one, one of f64 values and i64
  /// indices two. Each array in a span of its own is right as well. Nothing is copied or allocated.
  ///
  ///     var result: InlineArray<4, Double> = …
  ///     var span = result.mutableSpan
  ///     try gradient(arguments.span, into: &span)
  ///     try looked(table.span, places.span, into: &found)  // f64 and i64
  ///
  /// - Parameters:
  ///   - inputs: the inputs in order, of exactly their sizes.
  ///   - outputs: the outputs in order, of exactly their sizes.
  /// - Throws: `MemoryError` where spans are of other sizes, `MemoryError.dtype` where elements are of
  ///   another dtype, `ExecutionError` where the call cannot go on.
  @inlinable
  public func callAsFunction<each Input: TensorElement, Output: TensorElement>(
    _ inputs: repeat Span<each Input>, into outputs: inout MutableSpan<Output>
  ) throws {
    try withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer?.self, capacity: tableCount
    ) { table in
      var count = 0
      repeat try read(each inputs, &count, table)
      try write(&outputs, &count, table)
      try call(table, filled: count)
    }
  }

  /// Runs the function on spans of elements, with outputs in two: of two dtypes, or apart.
  ///
  ///     try search(table.span, into: &values, &places)  // f64 and i64
  ///
  /// - Throws: as with outputs in one span.
  @inlinable
  public func callAsFunction<each Input: TensorElement, A: TensorElement, B: TensorElement>(
    _ inputs: repeat Span<each Input>, into outputs: inout MutableSpan<A>,
    _ others: inout MutableSpan<B>
  ) throws {
    try withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer?.self, capacity: tableCount
    ) { table in
      var count = 0
      repeat try read(each inputs, &count, table)
      try write(&outputs, &count, table)
      try write(&others, &count, table)
      try call(table, filled: count)
    }
  }

  // MARK: - Tables of addresses

  // What is generic is compiled where it is called, for the types there: unspecialized, a call of two
  // spans takes three times as long.

  @usableFromInline
  typealias Table = UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>

  /// One place an array, and one for what loops may hold.
  @usableFromInline
  var tableCount: Int { arrays.count + 1 }

  @inlinable
  func read<T: TensorElement>(
    _ span: Span<T>, _ count: inout Int, _ table: Table
  ) throws(MemoryError) {
    // Elements stay where they are for as long as the caller lends them.
    let memory = span.withUnsafeBytes { UnsafeMutableRawBufferPointer(mutating: $0) }
    try placeInputs(memory, T.dtype, &count, table)
  }

  @inlinable
  func write<T: TensorElement>(
    _ span: inout MutableSpan<T>, _ count: inout Int, _ table: Table
  ) throws(MemoryError) {
    let memory = span.withUnsafeMutableBytes { $0 }
    try placeOutputs(memory, T.dtype, &count, table)
  }

  @usableFromInline
  func placeInputs(
    _ memory: UnsafeMutableRawBufferPointer, _ dtype: DType, _ count: inout Int, _ table: Table
  ) throws(MemoryError) {
    try place(memory, dtype, &count, upTo: inputCount, table)
  }

  @usableFromInline
  func placeOutputs(
    _ memory: UnsafeMutableRawBufferPointer, _ dtype: DType, _ count: inout Int, _ table: Table
  ) throws(MemoryError) {
    if count < inputCount { throw .count(needed: arrays.count, found: count) }
    try place(memory, dtype, &count, upTo: arrays.count, table)
  }

  /// Finds the next arrays in memory, where they lie end to end.
  /// - Parameter count: how many arrays have a place.
  private func place(
    _ memory: UnsafeMutableRawBufferPointer, _ dtype: DType, _ count: inout Int, upTo end: Int,
    _ table: Table
  ) throws(MemoryError) {
    var offset = 0
    while count < end, arrays[count].type.dtype == dtype {
      let array = arrays[count]
      if offset == memory.count, array.byteCount > 0 { break }
      if offset + array.byteCount > memory.count {
        throw .size(
          name: array.name, type: array.type, needed: array.byteCount, found: memory.count - offset)
      }
      table[count] = memory.baseAddress.map { $0 + offset }
      offset += array.byteCount
      count += 1
    }
    if offset == memory.count { return }
    if count < end {
      throw .dtype(name: arrays[count].name, needed: arrays[count].type.dtype, found: dtype)
    }
    throw .surplus(byteCount: memory.count - offset)
  }

  private func check(_ found: DType) throws(MemoryError) {
    if dtype == found { return }
    for array in arrays where array.type.dtype != found {
      throw .dtype(name: array.name, needed: array.type.dtype, found: found)
    }
  }

  @usableFromInline
  func call(_ table: Table, filled count: Int) throws {
    if count < arrays.count { throw MemoryError.count(needed: arrays.count, found: count) }
    try call(table)
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
