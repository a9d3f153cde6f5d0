// A loop that runs in strips, for an optimizing compiler: what it can vectorize itself stands in few loops
// over the strip, the sweeps, as much in each as possible; between two sweeps stand the calls of kernels
// for the functions that it would call element by element. What a later sweep or a kernel needs of an
// earlier one lies in registers: arrays of a strip's length.
//
//     for (k…) { s[k] = a*x[k] + b; r[k] = -x[k]*x[k]; }     sweep 0
//     jg_strip_tanh_f64(count, s, s, 1); jg_strip_exp_f64(count, r, r, 1);
//     for (k…) y[k] = s[k]*r[k];                              sweep 1
//
// Both spellings compute the same: each operation for each element, rounded the same way.
import Graph
import Lowering
import runtime

struct SweepPlan {
  private(set) var steps: [StripStep] = []
  /// How many registers of each dtype are in use at once.
  private(set) var depth: [DType: Int] = [:]
  /// There is nothing but one sweep: the loop as it was.
  var isPlain: Bool {
    if case .sweep? = steps.first, steps.count == 1 { true } else { false }
  }

  private let program: LoopProgram
  private let loop: LoopStatement
  private let base: [DType: Int]
  private var locals: Set<Int> = []
  private var isStored: Set<Int> = []
  private var isLoaded: Set<Int> = []

  /// `sweeps[k]` runs behind `calls[k]`.
  private var sweeps: [[SweepItem]] = [[]]
  private var calls: [[StripStep]] = [[]]
  private var folds: [StripStep] = []
  /// In which sweep a local is defined.
  private var sweepOfLocal: [Int: Int] = [:]
  private var sweepOfIndex: [Int: Int] = [:]
  /// What stands for a local that needs no definition: a register, an element, a number.
  private var meaning: [Int: Expression] = [:]
  /// Where later sweeps find a local.
  private var spilled: [Int: StripRegister] = [:]
  /// The first sweep that can read a register.
  private var available: [StripRegister: Int] = [:]
  private var storedSoFar: Set<Int> = []
  /// Where later sweeps find what a buffer had before it was written.
  private var captured: [Int: StripRegister] = [:]
  private var count: [DType: Int] = [:]
  private var isPossible = true

  /// At most this many registers of a dtype: 128 KiB of frame.
  private static let most = 64

  /// `nil` where the loop has something in it that cannot be cut at strips this way.
  init?(_ loop: LoopStatement, in program: LoopProgram, above base: [DType: Int]) {
    self.program = program
    self.loop = loop
    self.base = base
    for statement in loop.body {
      switch statement {
      case .define(let k, _): locals.insert(k)
      case .store(let buffer, _, _): isStored.insert(buffer)
      default: break
      }
      statement.expression?.forEach { if case .load(let k, _) = $0 { isLoaded.insert(k) } }
    }
    for statement in loop.body where isPossible { add(statement) }
    if !isPossible { return nil }
    for (calls, sweep) in zip(calls, sweeps) {
      steps += calls
      if !sweep.isEmpty { steps.append(.sweep(sweep)) }
    }
    steps += folds
    depth = steps.shareRegisters(above: base)
    if depth.values.contains(where: { $0 > Self.most }) { return nil }
  }

  // MARK: - Statements

  private mutating func add(_ statement: Statement) {
    switch statement {
    case .define(let k, let e):
      let e = rewritten(e)
      if isSimple(e) {
        meaning[k] = e
      } else {
        sweepOfLocal[k] = put(e) { .define(k, $0) }
      }
    case .defineIndex(let k, let e): sweepOfIndex[k] = put(rewritten(e)) { .defineIndex(k, $0) }
    case .store(let buffer, let offset, let e): store(buffer, offset, e)
    case .assign(let k, .apply(let f, let dtype, let operands)):
      fold(f, dtype, k, operands[1], by: statement)
    default: isPossible = false
    }
  }

  /// Puts a statement into the first sweep that has what its expression reads.
  @discardableResult
  private mutating func put(_ e: Expression, _ make: (Expression) -> Statement) -> Int {
    let sweep = firstSweep(for: e)
    let e = read(e, in: sweep)
    sweeps[sweep].append(.statement(make(e)))
    return sweep
  }

  private mutating func store(_ buffer: Int, _ offset: DimExpr, _ e: Expression) {
    // One place has one value at the end, whatever the order of sweeps.
    if !storedSoFar.insert(buffer).inserted { isPossible = false }
    let value = rewritten(e)
    // What a kernel computes for this place alone goes there.
    if !isLoaded.contains(buffer), offset.stride(along: loop.index)?.isOne == true,
      case .apply = e, case .local(let number) = value, number < 0,
      let register = StripPlan.register(of: number), let place = available[register],
      case .kernel(let name, .register(register), let sources)? = calls[place].last
    {
      calls[place][calls[place].count - 1] =
        .kernel(name, .memory(buffer: buffer, offset: offset), sources)
      return
    }
    put(value) { .store(buffer: buffer, offset: offset, $0) }
  }

  private mutating func fold(
    _ f: ScalarFunction, _ dtype: DType, _ k: Int, _ e: Expression, by statement: Statement
  ) {
    let kernel = f == .add ? "jg_strip_sum_\(dtype)" : "jg_strip_fold_\(f.name)_\(dtype)"
    guard dtype.isFloat, jg_strip_find(kernel) != nil else {
      put(rewritten(e)) { .assign(k, .apply(f, dtype, [.local(k), $0])) }
      return
    }
    let value = rewritten(e)
    if f == .add, case .apply(.multiply, _, let factors) = value {
      let sources = factors.compactMap { direct($0)?.source }
      if sources.count == 2 {
        folds.append(.fold("jg_strip_dot_\(dtype)", local: k, dtype, sources))
        return
      }
    }
    folds.append(.fold(kernel, local: k, dtype, [source(value, dtype).source]))
  }

  // MARK: - Expressions

  /// The expression with a register for each function that the compiler would call.
  private mutating func rewritten(_ e: Expression) -> Expression {
    switch e {
    case .literal, .index: return e
    case .local(let k): return meaning[k] ?? e
    case .load(let buffer, _):
      if storedSoFar.contains(buffer) { isPossible = false }
      return e
    case .convert(let x, let from, let to): return .convert(rewritten(x), from: from, to: to)
    case .clamp(let x, let dtype, let limit): return .clamp(rewritten(x), dtype, limit: limit)
    // What is not taken is not computed, and may lie outside of everything.
    case .conditional:
      e.forEach { if case .load(let k, _) = $0, storedSoFar.contains(k) { isPossible = false } }
      return e.mapLeaves { leaf in
        if case .local(let k) = leaf { meaning[k] ?? leaf } else { leaf }
      }
    case .apply(let f, let dtype, let operands):
      let operands = operands.map { rewritten($0) }
      guard f.isCalled(for: dtype) else { return .apply(f, dtype, operands) }
      let kernel = "jg_strip_\(f.name)_\(dtype)"
      let result = f.isPredicate ? DType.bool : dtype
      if jg_strip_find(kernel) == nil {
        // A sweep of its own leaves the others to the compiler.
        let e = Expression.apply(f, dtype, operands)
        let (register, _) = fill(e, result)
        return .local(StripPlan.local(of: register))
      }
      let sources = operands.map { source($0, dtype) }
      let place = sources.reduce(0) { max($0, $1.place) }
      let register = take(result, availableIn: place)
      calls[place].append(
        .kernel(kernel, .register(register), sources.map { (source: $0.source, dtype: dtype) }))
      return .local(StripPlan.local(of: register))
    }
  }

  /// Where a kernel finds the elements, and before which sweep it can be called.
  private mutating func source(
    _ e: Expression, _ dtype: DType
  ) -> (source: StripSource, place: Int) {
    if let direct = direct(e) { return direct }
    let (register, sweep) = fill(e, dtype)
    return (.register(register), sweep + 1)
  }

  /// What needs not be computed.
  private func direct(_ e: Expression) -> (source: StripSource, place: Int)? {
    switch e {
    case .local(let k) where k < 0:
      guard let register = StripPlan.register(of: k) else { return nil }
      return (.register(register), available[register] ?? 0)
    case .load(let buffer, let offset):
      guard !isStored.contains(buffer), !offset.mentions(anyOf: Set(sweepOfIndex.keys)),
        let stride = offset.stride(along: loop.index)
      else { return nil }
      return (.memory(buffer: buffer, offset: offset, stride: stride), 0)
    default: return varies(e) ? nil : (.scalar(e), 0)
    }
  }

  private mutating func fill(_ e: Expression, _ dtype: DType) -> (StripRegister, sweep: Int) {
    let sweep = firstSweep(for: e)
    let register = take(dtype, availableIn: sweep + 1)
    let e = read(e, in: sweep)
    sweeps[sweep].append(.fill(register, e))
    return (register, sweep)
  }

  /// The first sweep that has everything an expression reads.
  private func firstSweep(for e: Expression) -> Int {
    var sweep = 0
    e.forEach { leaf in
      guard case .local(let k) = leaf else { return }
      let place = StripPlan.register(of: k).map { available[$0] ?? 0 } ?? sweepOfLocal[k] ?? 0
      sweep = max(sweep, place)
    }
    e.forEachIndexExpression {
      $0.forEachLeaf { if case .index(let k) = $0 { sweep = max(sweep, sweepOfIndex[k] ?? 0) } }
    }
    return sweep
  }

  /// The expression as a sweep reads it: what earlier ones computed comes from registers.
  private mutating func read(_ e: Expression, in sweep: Int) -> Expression {
    var needed: [Int] = []
    var overwritten: [Int: Expression] = [:]
    e.forEach { leaf in
      switch leaf {
      case .local(let k): if let own = sweepOfLocal[k], own < sweep { needed.append(k) }
      // All accesses to a buffer that is written are to one place.
      case .load(let buffer, _):
        if sweep > 0 && isStored.contains(buffer) { overwritten[buffer] = leaf }
      default: break
      }
    }
    // An index that was read from data stands in its sweep alone.
    let others = Set(sweepOfIndex.filter { $1 != sweep }.keys)
    if !others.isEmpty {
      e.forEachIndexExpression { if $0.mentions(anyOf: others) { isPossible = false } }
    }
    for k in needed where spilled[k] == nil {
      guard let own = sweepOfLocal[k] else { continue }
      let register = take(program.locals[k].dtype, availableIn: own + 1)
      sweeps[own].append(.fill(register, .local(k)))
      spilled[k] = register
    }
    for (buffer, load) in overwritten.sorted(by: { $0.key < $1.key })
    where captured[buffer] == nil {
      let register = take(program.buffers[buffer].dtype, availableIn: 1)
      sweeps[0].append(.fill(register, load))
      captured[buffer] = register
    }
    if needed.isEmpty && overwritten.isEmpty { return e }
    return e.mapLeaves { leaf in
      let register: StripRegister? =
        switch leaf {
        case .local(let k) where needed.contains(k): spilled[k]
        case .load(let buffer, _) where overwritten[buffer] != nil: captured[buffer]
        default: nil
        }
      return register.map { .local(StripPlan.local(of: $0)) } ?? leaf
    }
  }

  /// Costs nothing to say again.
  private func isSimple(_ e: Expression) -> Bool {
    switch e {
    case .literal, .local: true
    case .load(let buffer, let offset):
      !isStored.contains(buffer) && !offset.mentions(anyOf: Set(sweepOfIndex.keys))
    default: false
    }
  }

  /// It is not the same for all steps.
  private func varies(_ e: Expression) -> Bool {
    e.varies(with: Set(sweepOfIndex.keys).union([loop.index]), locals, isStored)
  }

  // MARK: - Registers

  private mutating func take(_ dtype: DType, availableIn sweep: Int) -> StripRegister {
    let number = count[dtype] ?? 0
    count[dtype] = number + 1
    let register = StripRegister(dtype: dtype, number: number)
    available[register] = sweep
    while sweeps.count <= sweep {
      sweeps.append([])
      calls.append([])
    }
    return register
  }
}

extension ScalarFunction {
  /// An optimizing compiler would call it for each element.
  fileprivate func isCalled(for dtype: DType) -> Bool {
    switch spelling.form(for: dtype) {
    case .libm(let name)?: !NativeSource.isVectorized(name)
    case .runtime(let name)?: !PortablePieces.isExact("\(name)_\(dtype.rawValue)")
    case .infix?, .prefix?, .conditional?, .defined?, nil: false
    }
  }
}
