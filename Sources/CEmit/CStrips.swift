// Loops that run in strips, for this process: the work of a loop is done by kernels of the runtime, a few
// hundred elements at a time (jg_strips.h); for libtcc, which does not optimize, all of it, for the
// compiler of the system what that cannot do itself (SweepPlan).
//
//     for (int64_t i = 0; i < n; i += 256) {
//       const int64_t count = n - i < 256 ? n - i : 256;
//       jg_strip_exp_f64(count, v0, x + i, 1);
//       t = jg_strip_sum_f64(count, t, v0, 1);
//     }
import Graph
import Lowering
import runtime

extension CFunction {
  static let length = LoopStatement.stripLength

  /// What became of a loop that might run in strips.
  enum StripResult {
    case written
    /// It is better or necessary to go step by step.
    case stepByStep
    /// The compiler is best left alone with it.
    case sweep
  }

  /// Writes a loop in strips, where that is possible and good.
  mutating func writeInStrips(_ loop: LoopStatement) -> StripResult {
    guard let form = loop.strips, let extent = loop.extent else { return .stepByStep }
    // Terms of single steps are kept by steps.
    if ownLoop == loop.index && !form.isWhole { return .stepByStep }
    let sweeps =
      spelling == .native && form.isWhole
      ? SweepPlan(loop, in: program, above: registersInUse) : nil
    if let sweeps, sweeps.isPlain { return .sweep }
    let plan =
      sweeps == nil && form.isWhole ? StripPlan(loop, in: program, above: registersInUse) : nil
    if sweeps == nil && plan == nil && form.sums.isEmpty { return .stepByStep }
    comment(loop.notes)
    let name = indexNames[loop.index] ?? "0"
    let outer = registersInUse
    let count = names.unique("count")
    let end = end(of: loop, extent)
    emit(
      "for (int64_t \(name) = \(begin(of: loop)); \(name) < \(end.inside(.shift));"
        + " \(name) += \(Self.length)) {")
    indent += 1
    emit(
      "const int64_t \(count) = \(end.inside(.sum)) - \(name) < \(Self.length)"
        + " ? \(end.inside(.sum)) - \(name) : \(Self.length);")
    if let sweeps {
      write(sweeps.steps, sweeps.depth, [:], loop, count)
    } else if let plan {
      write(plan.steps, plan.depth, plan.indices, loop, count)
    } else {
      writeSteps(loop, adding: form.sums.sorted(), count)
    }
    registersInUse = outer
    indent -= 1
    emit("}")
    return .written
  }

  /// Uses registers up to these numbers.
  private mutating func take(_ depth: [DType: Int]) {
    // In one order, so that names are the same in every run.
    for (dtype, count) in depth.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      registersInUse[dtype] = count
      for number in 0..<count {
        let register = StripRegister(dtype: dtype, number: number)
        if registers[register] == nil { registers[register] = names.unique("strip") }
      }
    }
  }

  /// The arrays that strips use, to be defined at the top.
  var registerDefinitions: [String] {
    registers.sorted {
      ($0.key.dtype.rawValue, $0.key.number) < ($1.key.dtype.rawValue, $1.key.number)
    }
    .map { "  \($0.key.dtype.cType) \($0.value)[\(Self.length)];" }
  }

  private func name(of register: StripRegister) -> String { registers[register] ?? "0" }

  // MARK: - Step by step

  private mutating func writeSteps(_ loop: LoopStatement, adding sums: [Int], _ count: String) {
    let start = indexNames[loop.index] ?? "0"
    let (at, place) = (names.unique("at"), names.unique("step"))
    var terms: [Int: StripRegister] = [:]
    for k in sums {
      let dtype = program.locals[k].dtype
      let register = StripRegister(dtype: dtype, number: registersInUse[dtype] ?? 0)
      take([dtype: register.number + 1])
      terms[k] = register
    }
    emit("for (int64_t \(place) = 0; \(place) < \(count); \(place)++) {")
    indent += 1
    emit("const int64_t \(at) = \(start) + \(place);")
    indexNames[loop.index] = at
    for statement in loop.body {
      if case .assign(let k, .apply(_, _, let operands)) = statement, let register = terms[k] {
        emit("\(name(of: register))[\(place)] = \(expression(operands[1]).text);")
      } else {
        nested([statement], deeper: 0)
      }
    }
    indexNames[loop.index] = start
    indent -= 1
    emit("}")
    for k in sums {
      guard let register = terms[k] else { continue }
      write(fold: "jg_strip_sum_\(register.dtype)", k, register.dtype, [.register(register)], count)
    }
  }

  // MARK: - Steps of a plan

  private mutating func write(
    _ steps: [StripStep], _ depth: [DType: Int], _ indices: [Int: StripRegister],
    _ loop: LoopStatement, _ count: String
  ) {
    take(depth)
    for step in steps {
      switch step {
      case .kernel(let kernel, let target, let operands):
        write(kernel: kernel, to: target, operands, count)
      case .fold(let kernel, let k, let dtype, let sources):
        write(fold: kernel, k, dtype, sources, count)
      case .sweep(let items): write(items, depth, indices, loop, count)
      }
    }
  }

  /// Tells the compiler that no step reads what another one writes. (To clang it is also leave to change the
  /// order in which floats are added up, so a loop that does so has to go without.)
  static let independent = "JG_INDEPENDENT"

  /// Something in a step goes on from what the step before made of a float.
  func sums(_ statements: [Statement]) -> Bool {
    statements.contains {
      if case .assign(let k, _) = $0 { program.locals[k].dtype.isFloat } else { false }
    }
  }

  private mutating func write(
    kernel: String, to target: StripTarget, _ operands: [(source: StripSource, dtype: DType)],
    _ count: String
  ) {
    let address =
      switch target {
      case .register(let register): name(of: register)
      case .memory(let buffer, let offset): address(buffer, offset)
      }
    let arguments = operands.map { argument($0.source, $0.dtype) }
    prototypes[kernel] =
      "void \(kernel)(int64_t, void *"
      + String(repeating: ", const void *, int64_t", count: operands.count) + ")"
    emit("\(kernel)(\(([count, address] + arguments).joined(separator: ", ")));")
  }

  private mutating func write(
    fold kernel: String, _ k: Int, _ dtype: DType, _ sources: [StripSource], _ count: String
  ) {
    let type = dtype.cType
    prototypes[kernel] =
      "\(type) \(kernel)(int64_t, \(type)"
      + String(repeating: ", const void *, int64_t", count: sources.count) + ")"
    // Nothing is changed by adding −0.
    let arguments =
      [count, terms[k] == nil ? name(ofLocal: k) : "-0.0"] + sources.map { argument($0, dtype) }
    emit(
      "\(terms[k] ?? name(ofLocal: k)) = \(kernel)(\(arguments.joined(separator: ", ")));")
  }

  /// A loop over the elements of a strip.
  private mutating func write(
    _ items: [SweepItem], _ depth: [DType: Int], _ indices: [Int: StripRegister],
    _ loop: LoopStatement, _ count: String
  ) {
    let statements = items.compactMap {
      if case .statement(let statement) = $0 { statement } else { nil }
    }
    if spelling == .native && !sums(statements) { emit(Self.independent) }
    let start = indexNames[loop.index] ?? "0"
    let (at, place) = (names.unique("at"), names.unique("step"))
    emit("for (int64_t \(place) = 0; \(place) < \(count); \(place)++) {")
    indent += 1
    emit("const int64_t \(at) = \(start) + \(place);")
    indexNames[loop.index] = at
    for (k, register) in indices { indexNames[k] = "\(name(of: register))[\(place)]" }
    for (dtype, count) in depth {
      for number in 0..<count {
        let register = StripRegister(dtype: dtype, number: number)
        registerElements[StripPlan.local(of: register)] = "\(name(of: register))[\(place)]"
      }
    }
    for item in items {
      switch item {
      case .statement(let statement): nested([statement], deeper: 0)
      case .fill(let register, let e):
        emit("\(name(of: register))[\(place)] = \(expression(e).text);")
      }
    }
    indexNames[loop.index] = start
    indent -= 1
    emit("}")
  }

  /// The address and the stride of an operand.
  private mutating func argument(_ source: StripSource, _ dtype: DType) -> String {
    switch source {
    case .register(let register): return "\(name(of: register)), 1"
    case .memory(let buffer, let offset, let stride):
      return "\(address(buffer, offset)), \(index(stride).text)"
    case .scalar(.local(let k)): return "&\(name(ofLocal: k)), 0"
    case .scalar(let e):
      let name = names.unique("number")
      emit("const \(dtype.cType) \(name) = \(expression(e).text);")
      return "&\(name), 0"
    }
  }

  /// The address of an element.
  private mutating func address(_ buffer: Int, _ offset: DimExpr) -> String {
    usedBuffers.insert(buffer)
    let row = self.row(of: buffer, offset)
    let (base, rest) = row.map { ($0.name, offset - $0.offset) } ?? (bufferNames[buffer], offset)
    return rest.isZero ? base : "\(base) + \(index(rest).inside(.sum))"
  }
}
