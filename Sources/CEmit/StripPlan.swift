// A loop that runs in strips as a list of steps: calls of strip kernels where the runtime has one, and
// short loops for everything else. Results between two steps lie in registers: arrays of a strip's
// length, taken anew when their last reader is past.
import Graph
import Lowering
import runtime

/// An operand of a kernel.
enum StripSource {
  /// An array of the function.
  case register(StripRegister)
  /// Elements of a buffer; the offset is that of the strip's first one.
  case memory(buffer: Int, offset: DimExpr, stride: DimExpr)
  /// The same number for all elements.
  case scalar(Expression)
}

struct StripRegister: Hashable {
  let dtype: DType
  let number: Int
}

enum StripTarget {
  case register(StripRegister)
  case memory(buffer: Int, offset: DimExpr)
}

/// What is done for a strip, or for as many elements as are left of the loop.
enum StripStep {
  case kernel(String, StripTarget, [(source: StripSource, dtype: DType)])
  /// `local = function(count, local, operands)`
  case fold(String, local: Int, DType, [StripSource])
  /// A loop over the elements.
  case sweep([SweepItem])
}

/// What a sweep does for an element. Locals below 0 stand for registers (`StripPlan.local`).
enum SweepItem {
  case statement(Statement)
  /// `register[k] = e`
  case fill(StripRegister, Expression)
}

struct StripPlan {
  private(set) var steps: [StripStep] = []
  /// Where the elements of the body's locals are.
  private var elements: [Int: StripSource] = [:]
  /// Indices that are read from data.
  private(set) var indices: [Int: StripRegister] = [:]
  /// These, and that of the loop.
  private var moving: Set<Int>
  /// How many registers of each dtype are in use at once.
  private(set) var depth: [DType: Int] = [:]

  private let program: LoopProgram
  private let loop: LoopStatement
  private let isStored: Set<Int>
  private var locals: Set<Int> = []
  private var uses: [Int: Int] = [:]
  private var free: [DType: [Int]] = [:]
  private var pending: [StripRegister: Int] = [:]
  private var kernelCount = 0
  /// Registers that loops around have.
  private let base: [DType: Int]

  /// At most this many registers of a dtype: 64 KiB of frame.
  private static let most = 32

  /// `nil` where steps one by one are better.
  init?(_ loop: LoopStatement, in program: LoopProgram, above base: [DType: Int]) {
    self.program = program
    self.loop = loop
    self.base = base
    moving = [loop.index]
    var stored: Set<Int> = []
    var uses: [Int: Int] = [:]
    for statement in loop.body {
      statement.forEachRead { local, _ in if let local { uses[local, default: 0] += 1 } }
      switch statement {
      case .define(let k, _): locals.insert(k)
      case .store(let buffer, _, _): stored.insert(buffer)
      default: break
      }
    }
    isStored = stored
    self.uses = uses
    for statement in loop.body { add(statement) }
    let each = steps.count - kernelCount
    guard kernelCount >= each, depth.values.allSatisfy({ $0 <= Self.most }) else { return nil }
  }

  // MARK: - Statements

  private mutating func add(_ statement: Statement) {
    switch statement {
    case .define(let k, let e):
      let dtype = program.locals[k].dtype
      let readers = uses[k] ?? 0
      var source = self.source(e, dtype)
      if case .memory(let buffer, _, let stride) = source,
        isStored.contains(buffer) || (!stride.isOne && !stride.isZero && readers > 1)
      {
        source = .register(copy(source, dtype))
      }
      if case .register(let register) = source { pending[register, default: 0] += readers - 1 }
      elements[k] = source
    case .defineIndex(let k, let e):
      let register = each(e, .i64)
      // Its readers are not counted: it is kept.
      pending[register] = .max / 2
      indices[k] = register
      moving.insert(k)
    case .store(let buffer, let offset, let e):
      let dtype = program.buffers[buffer].dtype
      let stride = offset.stride(along: loop.index)
      if stride?.isOne == true {
        write(e, dtype, to: .memory(buffer: buffer, offset: offset))
      } else {
        let source = self.source(e, dtype)
        steps.append(.sweep([.statement(statement.with(element(source)))]))
        release(source)
      }
    case .assign(let k, .apply(let f, let dtype, let operands)): fold(f, dtype, k, operands[1])
    default:
      steps.append(
        .sweep([
          .statement(statement.expression.map { statement.with(elementwise($0)) } ?? statement)
        ]))
    }
  }

  private mutating func fold(_ f: ScalarFunction, _ dtype: DType, _ k: Int, _ e: Expression) {
    if f == .add, dtype.isFloat, case .apply(.multiply, _, let factors) = e {
      fold("jg_strip_dot_\(dtype)", dtype, k, factors)
      return
    }
    let kernel = f == .add ? "jg_strip_sum_\(dtype)" : "jg_strip_fold_\(f.name)_\(dtype)"
    if jg_strip_find(kernel) != nil { return fold(kernel, dtype, k, [e]) }
    let source = self.source(e, program.locals[k].dtype)
    steps.append(
      .sweep([.statement(.assign(k, .apply(f, dtype, [.local(k), element(source)])))]))
    release(source)
  }

  private mutating func fold(
    _ kernel: String, _ dtype: DType, _ k: Int, _ operands: [Expression]
  ) {
    let sources = operands.map { self.source($0, dtype) }
    steps.append(.fold(kernel, local: k, dtype, sources))
    for source in sources { release(source) }
    kernelCount += 1
  }

  // MARK: - Expressions

  /// Where the elements of an expression are, computed if need be.
  private mutating func source(_ e: Expression, _ dtype: DType) -> StripSource {
    if !varies(e) {
      if case .load(let buffer, let offset) = e {
        return .memory(buffer: buffer, offset: offset, stride: 0)
      }
      return .scalar(e)
    }
    switch e {
    case .local(let k): return elements[k] ?? .scalar(e)
    case .load(let buffer, let offset):
      if !offset.mentions(anyOf: Set(indices.keys)), let stride = offset.stride(along: loop.index) {
        return .memory(buffer: buffer, offset: offset, stride: stride)
      }
    // The operation's only operand, untouched.
    case .apply(let f, let type, let operands) where f.spelling.form(for: type).isNothing:
      return source(operands[0], dtype)
    default: break
    }
    guard let (kernel, operands) = kernelCall(e) else { return .register(each(e, dtype)) }
    let sources = operands.map { ($0.dtype, self.source($0.expression, $0.dtype)) }
    // The result may lie where an operand does that is not needed any more.
    for (_, source) in sources { release(source) }
    let register = take(dtype)
    call(kernel, .register(register), sources)
    return .register(register)
  }

  private mutating func write(_ e: Expression, _ dtype: DType, to target: StripTarget) {
    if varies(e), let (kernel, operands) = kernelCall(e) {
      let sources = operands.map { ($0.dtype, self.source($0.expression, $0.dtype)) }
      for (_, source) in sources { release(source) }
      call(kernel, target, sources)
      return
    }
    let source = self.source(e, dtype)
    call("jg_strip_copy_\(dtype)", target, [(dtype, source)])
    release(source)
  }

  private mutating func call(
    _ kernel: String, _ target: StripTarget, _ sources: [(DType, StripSource)]
  ) {
    kernelCount += 1
    steps.append(.kernel(kernel, target, sources.map { (source: $0.1, dtype: $0.0) }))
  }

  private mutating func copy(_ source: StripSource, _ dtype: DType) -> StripRegister {
    let register = take(dtype)
    call("jg_strip_copy_\(dtype)", .register(register), [(dtype, source)])
    return register
  }

  /// Computes an expression element by element.
  private mutating func each(_ e: Expression, _ dtype: DType) -> StripRegister {
    let register = take(dtype)
    steps.append(.sweep([.fill(register, elementwise(e))]))
    e.forEach {
      if case .local(let k) = $0, let source = elements[k] { release(source) }
    }
    return register
  }

  /// An expression of single elements, its locals replaced by what they stand for.
  private func elementwise(_ e: Expression) -> Expression {
    e.mapLeaves { leaf in
      if case .local(let k) = leaf, let source = elements[k] { element(source) } else { leaf }
    }
  }

  /// An operand of a statement for single elements.
  private func element(_ source: StripSource) -> Expression {
    switch source {
    case .register(let register): .local(Self.local(of: register))
    case .memory(let buffer, let offset, _): .load(buffer: buffer, offset: offset)
    case .scalar(let e): e
    }
  }

  /// A number that stands for a register's element where a local's may stand.
  static func local(of register: StripRegister) -> Int {
    -1 - register.number * DType.allCases.count
      - (DType.allCases.firstIndex(of: register.dtype) ?? 0)
  }

  /// The register that a number below 0 stands for.
  static func register(of local: Int) -> StripRegister? {
    guard local < 0 else { return nil }
    let (number, dtype) = (-1 - local).quotientAndRemainder(dividingBy: DType.allCases.count)
    return StripRegister(dtype: DType.allCases[dtype], number: number)
  }

  /// The kernel that computes an expression from its operands.
  private func kernelCall(
    _ e: Expression
  ) -> (String, [(expression: Expression, dtype: DType)])? {
    switch e {
    case .convert(let x, let from, let to):
      return found("\(to)_from_\(from)", [(x, from)])
    case .apply(let f, let dtype, let operands):
      // An operation of a user may be called like one of ours.
      if case .defined? = f.spelling.form(for: dtype) { return nil }
      if f.domain == .selection {
        return found(
          "\(f.name)_\(dtype)", [(operands[0], .bool), (operands[1], dtype), (operands[2], dtype)])
      }
      if dtype.isFloat, operands.count == 2 {
        // Two steps in one call, each rounded.
        if f == .add || f == .subtract, case .apply(.multiply, _, let factors) = operands[0] {
          return found(
            "multiply_\(f.name)_\(dtype)", (factors + [operands[1]]).map { ($0, dtype) })
        }
        if f == .add || f == .subtract, case .apply(.multiply, _, let factors) = operands[1] {
          return found(
            f == .add ? "multiply_add_\(dtype)" : "subtract_multiply_\(dtype)",
            (factors + [operands[0]]).map { ($0, dtype) })
        }
      }
      return found("\(f.name)_\(dtype)", operands.map { ($0, dtype) })
    case .literal, .local, .load, .index, .conditional, .clamp: return nil
    }
  }

  private func found(
    _ name: String, _ operands: [(Expression, DType)]
  ) -> (String, [(expression: Expression, dtype: DType)])? {
    let symbol = "jg_strip_" + name
    guard jg_strip_find(symbol) != nil else { return nil }
    return (symbol, operands.map { (expression: $0.0, dtype: $0.1) })
  }

  /// It is not the same for all steps.
  private func varies(_ e: Expression) -> Bool {
    e.varies(with: moving, locals, isStored)
  }

  // MARK: - Registers

  private mutating func take(_ dtype: DType) -> StripRegister {
    if let number = free[dtype]?.popLast() {
      pending[StripRegister(dtype: dtype, number: number)] = 1
      return StripRegister(dtype: dtype, number: number)
    }
    let number = depth[dtype] ?? base[dtype] ?? 0
    depth[dtype] = number + 1
    pending[StripRegister(dtype: dtype, number: number)] = 1
    return StripRegister(dtype: dtype, number: number)
  }

  private mutating func release(_ source: StripSource) {
    guard case .register(let register) = source else { return }
    pending[register, default: 0] -= 1
    if pending[register] == 0 { free[register.dtype, default: []].append(register.number) }
  }
}

extension Optional<ScalarFunction.CForm> {
  /// C writes the operand alone.
  fileprivate var isNothing: Bool { if case .prefix("")? = self { true } else { false } }
}

extension Expression {
  /// Whether it may differ from step to step of a loop.
  /// - Parameters:
  ///   - indices: those that change, the loop's own among them.
  ///   - locals: those that the loop defines; numbers below 0 stand for registers.
  ///   - stored: the buffers that it writes.
  func varies(with indices: Set<Int>, _ locals: Set<Int>, _ stored: Set<Int>) -> Bool {
    var varies = false
    forEach {
      switch $0 {
      case .local(let k): if k < 0 || locals.contains(k) { varies = true }
      case .load(let buffer, _): if stored.contains(buffer) { varies = true }
      default: break
      }
    }
    forEachIndexExpression { if $0.mentions(anyOf: indices) { varies = true } }
    return varies
  }
}
