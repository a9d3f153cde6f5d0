// Runs loop programs step by step and looks at every access: inside its buffer, of something that
// was written, not overwritten meanwhile by another buffer of the arena, of the dtype it claims. Stacks
// end at the rows that were reserved.
import Graph
import Lowering

/// A loop program did what it must not.
struct ProgramFault: Error, CustomStringConvertible {
  var description: String
}

/// One run of a loop program.
struct Interpreter {
  private let program: LoopProgram
  private let sizes: Sizes
  private let stepLimit: Int
  /// Which memory is whose; buffers that are swapped get each other's.
  private var cells: [Int]
  /// The elements of each memory; `nil` before they are written.
  private var memory: [[Scalar?]]
  /// The memory of which each byte of the workspace was written last.
  private var owners: [Int]
  private var offsets: [Int?]
  private var locals: [Scalar?]
  private var indices: [Int: Int] = [:]

  /// The outputs of `program`.
  static func run(
    _ program: LoopProgram, _ inputs: [Tensor], _ sizes: Sizes, stepLimit: Int = .max
  ) throws -> [Tensor] {
    var interpreter = try Interpreter(program, inputs, sizes, stepLimit)
    guard try interpreter.run(program.body) else {
      throw ProgramFault(description: "leaves a loop where there is none")
    }
    return try interpreter.outputs()
  }

  private init(
    _ program: LoopProgram, _ inputs: [Tensor], _ sizes: Sizes, _ stepLimit: Int
  ) throws {
    self.program = program
    self.sizes = sizes
    self.stepLimit = stepLimit
    cells = Array(program.buffers.indices)
    locals = [Scalar?](repeating: nil, count: program.locals.count)
    let size = { (e: DimExpr) in try e.evaluate { sizes[$0] } }
    owners = [Int](repeating: -1, count: try size(program.workspaceByteCount))
    memory = []
    offsets = []
    for buffer in program.buffers {
      let isStack = if case .stack = buffer.storage { true } else { false }
      let count = isStack ? 0 : try size(buffer.elementCount)
      var elements = [Scalar?](repeating: nil, count: count)
      var offset: Int?
      switch buffer.storage {
      case .input(let k): elements = (0..<count).map { inputs[k][$0] }
      case .constant(let tensor): elements = (0..<count).map { tensor[$0] }
      case .workspace(let start): offset = try size(start)
      case .output, .stack: break
      }
      memory.append(elements)
      offsets.append(offset)
    }
  }

  private func outputs() throws -> [Tensor] {
    try program.buffers.indices.compactMap { k in
      let buffer = program.buffers[k]
      guard case .output = buffer.storage else { return nil }
      let elements = try memory[cells[k]].enumerated().map { place, element in
        guard let element else {
          throw ProgramFault(description: "\(buffer.name)[\(place)] is never written")
        }
        return element
      }
      return Tensor(elements, buffer.dtype, try buffer.shape.map { try $0.evaluate { sizes[$0] } })
    }
  }

  // MARK: - Memory

  private func check(_ buffer: Int, _ place: Int, _ verb: String) throws -> Range<Int>? {
    let count = memory[cells[buffer]].count
    guard memory[cells[buffer]].indices.contains(place) else {
      throw ProgramFault(
        description: "\(verb) \(program.buffers[buffer].name)[\(place)] of \(count) elements")
    }
    guard let start = offsets[cells[buffer]] else { return nil }
    let width = program.buffers[buffer].dtype.byteCount
    let bytes = start + place * width..<start + (place + 1) * width
    guard bytes.lowerBound >= 0, bytes.upperBound <= owners.count else {
      throw ProgramFault(
        description: "\(program.buffers[buffer].name)[\(place)] lies at bytes \(bytes) of a "
          + "workspace of \(owners.count)")
    }
    return bytes
  }

  private func load(_ buffer: Int, _ place: Int) throws -> Scalar {
    let bytes = try check(buffer, place, "reads")
    let name = program.buffers[buffer].name
    guard let element = memory[cells[buffer]][place] else {
      throw ProgramFault(description: "\(name)[\(place)] is read before it is written")
    }
    if let bytes, let other = owners[bytes].first(where: { $0 != cells[buffer] }) {
      throw ProgramFault(
        description: "\(name)[\(place)] is read behind a write of \(program.buffers[other].name) "
          + "to the same memory")
    }
    return element
  }

  private mutating func store(_ buffer: Int, _ place: Int, _ value: Scalar) throws {
    if let bytes = try check(buffer, place, "writes") {
      for byte in bytes { owners[byte] = cells[buffer] }
    }
    let target = program.buffers[buffer]
    switch target.storage {
    case .input, .constant: throw ProgramFault(description: "writes to \(target.name)")
    case .output, .workspace, .stack: break
    }
    guard value.dtype == target.dtype else {
      throw ProgramFault(description: "stores \(value.dtype) in \(target.name): \(target.dtype)")
    }
    memory[cells[buffer]][place] = value
  }

  // MARK: - Statements

  /// - Returns: false where the loop around is left.
  private mutating func run(_ statements: [Statement]) throws -> Bool {
    for statement in statements {
      switch statement {
      case .define(let k, let e), .variable(let k, let e): try set(k, e)
      case .assign(let k, let e):
        guard locals[k] != nil else { throw ProgramFault(description: "assigns local \(k) early") }
        try set(k, e)
      case .defineIndex(let k, let e): indices[k] = Int(try value(e).integer)
      case .store(let buffer, let offset, let e):
        try store(buffer, try index(offset), try value(e))
      case .loop(let loop):
        let extent = try loop.extent.map { max(0, try index($0)) }
        var step = 0
        while step < extent ?? .max {
          indices[loop.index] = loop.isDescending ? (extent ?? 0) - 1 - step : step
          if try !run(loop.body) { break }
          step += 1
        }
        indices[loop.index] = nil
      case .when(let conditions, let inner):
        if try holds(conditions), try !run(inner) { return false }
      case .call(let call): try run(call)
      case .exit(let condition): if try value(condition).integer == 0 { return false }
      case .branch(let branch):
        let selector = try value(branch.selector)
        guard selector.dtype == (branch.cases == nil ? .bool : .i64) else {
          throw ProgramFault(description: "chooses by \(selector.dtype)")
        }
        let chosen =
          branch.cases.map { $0.firstIndex(of: selector.integer) ?? $0.count }
          ?? (selector.integer != 0 ? 0 : 1)
        if try !run(branch.bodies[chosen]) { return false }
      case .swap(let a, let b): cells.swapAt(a, b)
      case .grow(let buffer, let rows, _): try grow(buffer, try index(rows))
      case .check(.stepLimit(let steps), _):
        if try index(steps) >= stepLimit {
          throw ExecutionError.stepLimit(limit: stepLimit, loop: .init())
        }
      case .check(.rows(let found, let needed), _):
        let (found, needed) = (try index(found), try index(needed))
        if found != needed { throw ExecutionError.rows(.init()) }
      }
    }
    return true
  }

  private mutating func grow(_ buffer: Int, _ rows: Int) throws {
    let size = try program.buffers[buffer].shape.dropFirst().reduce(1) {
      $0 * (try $1.evaluate { sizes[$0] })
    }
    let missing = rows * size - memory[cells[buffer]].count
    if missing > 0 { memory[cells[buffer]] += [Scalar?](repeating: nil, count: missing) }
  }

  private mutating func set(_ k: Int, _ e: Expression) throws {
    let result = try value(e)
    guard result.dtype == program.locals[k].dtype else {
      throw ProgramFault(
        description: "local \(k) is \(program.locals[k].dtype), gets \(result.dtype)")
    }
    locals[k] = result
  }

  private mutating func run(_ call: KernelCall) throws {
    var numbers: [Int] = []
    var pointers: [(buffer: Int, offset: Int)] = []
    for argument in call.arguments {
      switch argument {
      case .integer(let e): numbers.append(try index(e))
      case .pointer(let buffer, let e, _): pointers.append((buffer, try index(e)))
      }
    }
    if call.function.hasPrefix("jg_matmul_") {
      let dtype = program.buffers[pointers[2].buffer].dtype
      for i in 0..<numbers[0] {
        for j in 0..<numbers[1] {
          var sum = 0.0
          for k in 0..<numbers[2] {
            sum +=
              try load(pointers[0].buffer, pointers[0].offset + i * numbers[3] + k * numbers[4])
              .real
              * load(pointers[1].buffer, pointers[1].offset + k * numbers[5] + j * numbers[6]).real
          }
          try store(
            pointers[2].buffer, pointers[2].offset + i * numbers[7] + j * numbers[8],
            Scalar(sum, dtype))
        }
      }
    } else if call.function.hasPrefix("jg_sort_") {
      let (count, stride) = (numbers[0], numbers[1])
      let row = try (0..<count).map {
        try load(pointers[0].buffer, pointers[0].offset + $0 * stride)
      }
      let sorted = try Sort(axis: 0, descending: numbers[2] != 0).evaluate(
        ReferenceCall(
          operands: [Tensor(row, program.buffers[pointers[0].buffer].dtype, [count])],
          results: []
        ) { _ in count })
      for k in 0..<count {
        try store(pointers[1].buffer, pointers[1].offset + k * stride, sorted[0][k])
        try store(pointers[2].buffer, pointers[2].offset + k * stride, sorted[1][k])
        try store(pointers[3].buffer, pointers[3].offset + k, Scalar(0 as Int64, .i64))
      }
    } else if let first = pointers.first,
      let matrices = MatrixCall(call.function, program.buffers[first.buffer].dtype, numbers)
    {
      let operands = try zip(matrices.operands, pointers).map { shape, pointer in
        Tensor(
          try (0..<shape.reduce(1, *)).map { try load(pointer.buffer, pointer.offset + $0) },
          program.buffers[first.buffer].dtype, shape)
      }
      let made = try matrices.operation.evaluate(
        ReferenceCall(operands: operands, results: matrices.results) { $0.constantValue ?? 0 })
      for (tensor, pointer) in zip(made, pointers.dropFirst(operands.count)) {
        for k in 0..<tensor.count {
          try store(pointer.buffer, pointer.offset + k, tensor[k])
        }
      }
    } else {
      throw ProgramFault(description: "calls \(call.function), which nobody knows")
    }
  }

  // MARK: - Expressions

  private func value(_ e: Expression) throws -> Scalar {
    switch e {
    case .literal(let scalar): return scalar
    case .index(let place, let dtype): return Scalar(Int64(try index(place)), dtype)
    case .local(let k):
      guard let value = locals[k] else {
        throw ProgramFault(description: "local \(k) is read before it is defined")
      }
      return value
    case .load(let buffer, let offset): return try load(buffer, try index(offset))
    case .apply(let f, let dtype, let operands):
      let values = try operands.map(value)
      let own = f.domain == .selection ? values.dropFirst() : values[...]
      guard own.allSatisfy({ $0.dtype == dtype }) else {
        throw ProgramFault(
          description: "\(f.name) in \(dtype) of \(values.map(\.dtype))")
      }
      return f.value(values)
    case .convert(let x, let from, let to):
      let value = try value(x)
      guard value.dtype == from else {
        throw ProgramFault(description: "converts \(value.dtype) as \(from)")
      }
      return from.isFloat ? Scalar(value.real, to) : Scalar(value.integer, to)
    case .conditional(let conditions, let then, let otherwise):
      return try holds(conditions) ? value(then) : value(otherwise)
    case .clamp(let x, _, let limit):
      return Scalar(min(max(try value(x).integer, 0), Int64(try index(limit))), .i64)
    }
  }

  private func holds(_ conditions: [IndexCondition]) throws -> Bool {
    // As in C: what stands behind a condition that fails is not evaluated.
    for condition in conditions {
      let (a, b) = (try index(condition.lhs), try index(condition.rhs))
      let holds =
        switch condition.relation {
        case .lessOrEqual: a <= b
        case .less: a < b
        case .equal: a == b
        }
      if !holds { return false }
    }
    return true
  }

  private func index(_ e: DimExpr) throws -> Int {
    var sum = e.constant
    for term in e.terms { sum += try term.atoms.reduce(term.coefficient) { $0 * (try atom($1)) } }
    return sum
  }

  private func atom(_ atom: DimExpr.Atom) throws -> Int {
    switch atom {
    case .symbol(let name):
      guard let size = sizes[name] else { throw ProgramFault(description: "no size \(name)") }
      return size
    case .index(let k):
      guard let index = indices[k] else {
        throw ProgramFault(description: "index \(k) is read outside of its loop")
      }
      return index
    case .floorDiv(let a, let b):
      let divisor = try index(b)
      return divisor == 0 ? 0 : try index(a).flooredQuotient(by: divisor)
    case .mod(let a, let b):
      let (dividend, divisor) = (try index(a), try index(b))
      return divisor == 0 ? 0 : dividend - divisor * dividend.flooredQuotient(by: divisor)
    case .min(let a, let b): return min(try index(a), try index(b))
    case .max(let a, let b): return max(try index(a), try index(b))
    case .broadcast(let a, let b):
      let extent = try index(a)
      return extent == 1 ? try index(b) : extent
    case .overflow: throw ProgramFault(description: "an index does not fit 64 bits")
    }
  }
}
