// Loops. What a carried number without a dtype becomes is decided by the first step: the body is
// elaborated once with the number itself in its place, and the dtype that comes out is taken.
import Graph

extension Elaborator {
  /// A value that a loop carries.
  struct Carried {
    let name: NameID
    let span: SourceSpan
    /// What it begins with; a number, a size or an array of numbers has no dtype yet.
    let start: Item
    var term: Term?
    /// The type in the step; `nil` for a mistake, or where it is not known yet.
    var type: TensorType?
    /// Its dtype is to be found.
    var isOpen: Bool { term == nil && !start.isInvalid }
  }

  /// The parts of a loop outside its body.
  struct LoopPlan {
    var index: (name: NameID, span: SourceSpan)?
    /// What the index begins with, if that is not 0.
    var first: Item?
    var rows: [(name: NameID, span: SourceSpan, term: Term?)] = []
    var carried: [Carried] = []
    var count: Term?
    var bound: DimExpr?
    var keep = Keep.all
    var isRight = true
  }

  mutating func loop(_ id: LoopID, _ expression: Expr, _ frame: inout Frame) -> Item {
    let loop = tree[id]
    var plan = LoopPlan()
    planDomain(loop, expression, &plan, &frame)
    planCarried(loop, &plan, &frame)
    checkNames(&plan, frame)
    if plan.carried.contains(where: \.isOpen) {
      if let result = findTypes(loop, &plan, &frame) { return result }
    }
    let step = self.step(loop, plan, &frame)
    let condition = self.condition(loop, plan, &frame)
    return closed(loop, plan, step, condition, expression, &frame)
  }

  private mutating func closed(
    _ loop: LoopSyntax, _ plan: LoopPlan, _ step: Draft, _ condition: Draft?, _ expression: Expr,
    _ frame: inout Frame
  ) -> Item {
    var step = step
    for draft in [step, condition].compactMap({ $0 }) {
      if let failure = draft.builder.takeFailure() {
        reportFailure(failure, at: expression.span, expression.point)
        return .invalid
      }
    }
    // What is wrong in front of the body has consequences in it.
    if !plan.isRight { return .invalid }
    guard let outputs = outputs(loop, plan, &step, &frame) else { return .invalid }
    var drafts = [(draft: step, outputs: outputs)]
    if let draft = condition {
      guard let part = draft.values.first, let term = term(part, dtype: nil, in: draft, &frame),
        loop.form == .do || isCondition(term, "the condition of a loop is", at: part.span)
      else { return .invalid }
      drafts.append((draft, [("goes_on", term)]))
    }
    if plan.carried.contains(where: { $0.term == nil }) { return .invalid }
    return built(loop, plan, drafts, expression, &frame)
  }

  private mutating func built(
    _ loop: LoopSyntax, _ plan: LoopPlan, _ drafts: [(draft: Draft, outputs: [(String, Term)])],
    _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    let (graphs, captured) = Self.closed(drafts)
    let isDo = loop.form == .do
    let operation = Loop(
      body: Region(graphs[0]), condition: graphs.count > 1 ? Region(graphs[1]) : nil,
      bound: plan.bound, hasCount: plan.count != nil,
      carriedCount: plan.carried.count + (isDo ? 1 : 0), scannedCount: plan.rows.count,
      isReversed: loop.isReversed, keep: plan.keep)
    var operands = [plan.count].compactMap { $0 } + plan.carried.compactMap(\.term)
    if isDo { operands.append(frame.builder.constant(Scalar(true))) }
    operands += plan.rows.compactMap(\.term) + captured
    guard let results = added(operation, operands, expression, frame) else { return .invalid }
    var given = loop.form == .scan ? [] : Array(results[..<plan.carried.count])
    given += results[operation.stackResults]
    if loop.isCounted { given.append(results[operation.stepsResult]) }
    if given.isEmpty {
      report(
        "this loop gives nothing", at: expression.span, point: Int(expression.point),
        help: "carry a value, or yield one")
      return .invalid
    }
    return given.count == 1 ? .term(given[0]) : .tuple(given)
  }

  /// The results of a loop, which is counted where its condition only counts.
  private mutating func added(
    _ loop: Loop, _ operands: [Term], _ expression: Expr, _ frame: Frame
  ) -> [Term]? {
    do {
      guard frame.builder.graph.nodes.count < Self.nodeLimit else {
        throw TypeRuleError("the function has more than \(Self.nodeLimit) operations")
      }
      return try frame.builder.addLoop(loop, operands)
    } catch {
      reportFailure(error, at: expression.span, expression.point, operands)
      return nil
    }
  }

  /// What the derivative in reverse keeps of the loop.
  private mutating func keep(
    _ syntax: KeepSyntax?, _ plan: inout LoopPlan, _ frame: inout Frame
  ) -> Keep {
    guard let syntax else { return .all }
    var size: DimExpr = 1
    if let id = syntax.size {
      if let found = extent(id, &frame) { size = found } else { plan.isRight = false }
      if Guard(1, .lessOrEqual, size).decided == false {
        report("the way back keeps at least one state, found \(size)", at: tree[id].span)
        plan.isRight = false
      }
    }
    return switch syntax {
    case .all: .all
    case .nothing: .nothing
    case .every: .every(size)
    case .atMost: .states(size)
    }
  }

  // MARK: - Around the body

  private mutating func planDomain(
    _ loop: LoopSyntax, _ expression: Expr, _ plan: inout LoopPlan, _ frame: inout Frame
  ) {
    for rows in loop.rows {
      let span = tree[rows.array].span
      var found = term(value(rows.array, &frame), dtype: nil, at: span, frame)
      if let term = found, term.rank == 0 {
        report(
          "a loop runs over the rows of an array, found \(term.type)", at: span,
          help: "over numbers it runs in a range: 0..<n")
        found = nil
      }
      plan.rows.append((rows.name, rows.nameSpan, found))
      if found == nil { plan.isRight = false }
    }
    var limit: DimExpr?
    if let id = loop.limit {
      limit = extent(id, &frame)
      if limit == nil { plan.isRight = false }
      if let most = limit, Guard(0, .lessOrEqual, most).decided == false {
        report("a loop is limited to 0 steps or more, found \(most)", at: tree[id].span)
        plan.isRight = false
      }
    }
    if let range = loop.range {
      plan.index = (range.name, range.nameSpan)
      planRange(range, loop, &plan, &frame)
    }
    if plan.bound != nil, let limit = loop.limit {
      report(
        "the range says how many steps there are; a limit is for ranges that the run tells",
        at: tree[limit].span)
      plan.isRight = false
    }
    // Rows of a known number bound a loop that nothing else does.
    let height = plan.rows.lazy.compactMap(\.term).first { !$0.type.isUnbounded }?.shape[0]
    if plan.bound == nil, height != nil, let limit = loop.limit {
      report(
        "the rows say how many steps there are at most; a limit is for loops without rows",
        at: tree[limit].span, help: "go through fewer rows: x[:3]")
      plan.isRight = false
    }
    plan.bound = plan.bound ?? limit ?? height
    plan.keep = keep(loop.keep, &plan, &frame)
    if loop.range?.upper == nil, plan.isRight, plan.bound == nil, !plan.rows.isEmpty {
      report(
        "only the run tells how many rows there are: say how many steps the loop makes",
        at: tree[loop.rows[0].array].span,
        help: "count the steps where the rows are made, and write for i in 0..<steps, "
          + "\(tree[loop.rows[0].name]) in …")
      plan.isRight = false
    } else if loop.range != nil, plan.isRight, plan.bound == nil, plan.count == nil,
      loop.condition == nil
    {
      report(
        "this loop never ends: its range is open and it has no condition", at: expression.span,
        point: Int(expression.point), help: "write 0..<n, or add where …")
      plan.isRight = false
    }
  }

  private mutating func planRange(
    _ range: LoopSyntax.Range, _ loop: LoopSyntax, _ plan: inout LoopPlan, _ frame: inout Frame
  ) {
    guard let lower = end(range.lower, &frame) else {
      if let upper = range.upper { _ = end(upper, &frame) }
      plan.isRight = false
      return
    }
    if lower.dimExpr?.isZero != true { plan.first = lower }
    guard let id = range.upper else { return }
    guard let upper = end(id, &frame) else {
      plan.isRight = false
      return
    }
    if let a = lower.dimExpr, let b = upper.dimExpr {
      plan.bound = b - a
      if Guard(a, .lessOrEqual, b).decided == false {
        report("this range ends before it begins", at: range.span)
        plan.isRight = false
      }
      return
    }
    let span = range.span
    guard let b = term(upper, dtype: .i64, at: span, frame) else { return }
    plan.count = b
    if plan.first != nil, let a = term(lower, dtype: .i64, at: span, frame) {
      plan.count = frame.builder.steps(from: a, to: b)
    }
  }

  /// An end of a range: a size, or a scalar i64.
  private mutating func end(_ id: ExprID, _ frame: inout Frame) -> Item? {
    if isSizes(id, frame) { return extent(id, &frame).map { .size($0) } }
    let item = value(id, &frame)
    if item.isInvalid { return nil }
    if item.dimExpr != nil || item.term?.type == TensorType(.i64) { return item }
    report(
      "a range needs sizes or scalar i64 values at its ends, found \(item.description)",
      at: tree[id].span,
      help: item.term?.rank == 0 ? "convert it: i64(…)" : nil)
    return nil
  }

  private mutating func planCarried(
    _ loop: LoopSyntax, _ plan: inout LoopPlan, _ frame: inout Frame
  ) {
    for carried in loop.carried {
      let (binding, id) = (carried.binding, carried.start)
      var item = value(id, &frame)
      if case .tuple = item {
        _ = term(item, dtype: nil, at: tree[id].span, frame)
        item = .invalid
      }
      var made = Carried(name: binding.name, span: binding.nameSpan, start: item)
      if let type = binding.type, !item.isInvalid {
        made.term = typed(item, type, binding.nameSpan, &frame)
        if made.term == nil {
          made = Carried(name: binding.name, span: binding.nameSpan, start: .invalid)
        }
      } else {
        made.term = item.term
      }
      made.type = made.term?.type
      if let type = made.type, type.isUnbounded {
        report(
          "\(tree[binding.name]) begins as \(type), with a row for each step of another loop, and "
            + "cannot be carried", at: tree[id].span, help: TensorType.helpForUnbounded)
        plan.isRight = false
      }
      if made.start.isInvalid { plan.isRight = false }
      plan.carried.append(made)
    }
  }

  /// The names of one loop differ, and are no sizes.
  private mutating func checkNames(_ plan: inout LoopPlan, _ frame: Frame) {
    var seen: [NameID: SourceSpan] = [:]
    let names =
      [plan.index].compactMap { $0 } + plan.rows.map { ($0.name, $0.span) }
      + plan.carried.map { ($0.name, $0.span) }
    for (name, span) in names where tree[name] != "_" {
      if frame.symbols[name] != nil {
        report(
          "\(tree[name]) is a size and cannot be given a value", at: span,
          help: "choose another name")
        plan.isRight = false
      } else if let first = seen[name] {
        report(
          "\(tree[name]) stands for two values of this loop", at: span,
          labels: [.init("it is declared here first", at: first)],
          help: "give one of them another name")
        plan.isRight = false
      }
      seen[name] = seen[name] ?? span
    }
  }

  // MARK: - The types of what is carried

  /// Gives what is still open the dtype of numbers, and makes values of what it begins with.
  private mutating func settle(
    _ loop: LoopSyntax, _ plan: inout LoopPlan, _ step: Draft?, _ frame: inout Frame
  ) {
    for k in plan.carried.indices where plan.carried[k].isOpen {
      let start = plan.carried[k].start
      if plan.carried[k].type == nil {
        let next = step.flatMap { k < $0.values.count ? $0.values[k].item : nil }
        // From 1 to x / 2: a whole number that does not stay one.
        let isReal = next.map { !$0.isInvalid && $0.naturalDType == .f64 } ?? false
        plan.carried[k].type = start.type(isReal ? .f64 : start.naturalDType)
      }
      guard guessing == 0, let type = plan.carried[k].type else { continue }
      let span = tree[loop.carried[k].start].span
      if case .real = start, !type.dtype.isFloat {
        report(
          "\(tree[plan.carried[k].name]) begins with \(start.description) and is \(type) after a step",
          at: span, help: "convert the next value: f64(…)")
      } else {
        plan.carried[k].term = term(start, dtype: type.dtype, at: span, frame)
      }
      if plan.carried[k].term == nil { plan.isRight = false }
    }
  }

  /// Decides the dtypes of numbers that are carried. While guessing, what comes out of the loop is
  /// returned at once: so nested loops are walked once for each level around them.
  private mutating func findTypes(
    _ loop: LoopSyntax, _ plan: inout LoopPlan, _ frame: inout Frame
  ) -> Item? {
    let hadErrors = frame.hasErrors
    var step: Draft?
    for _ in 0..<(guessing > 0 ? 1 : 4) {
      guessing += 1
      let attempt = plan
      let draft = caught { $0.step(loop, attempt, &frame) }.result
      guessing -= 1
      frame.hasErrors = hadErrors
      step = draft
      var isNew = false
      for k in plan.carried.indices where plan.carried[k].type == nil && plan.carried[k].isOpen {
        guard k < draft.values.count, let dtype = draft.values[k].item.term?.dtype else { continue }
        plan.carried[k].type = plan.carried[k].start.type(dtype)
        isNew = true
      }
      if !isNew || !plan.carried.contains(where: { $0.isOpen && $0.type == nil }) { break }
    }
    settle(loop, &plan, step, &frame)
    guard guessing > 0, let step else { return nil }
    var types = loop.form == .scan ? [] : plan.carried.compactMap(\.type)
    let rows = loop.form == .scan ? plan.carried.compactMap(\.type) : step.yields.map(\.item.type)
    // A loop that only counts will have a bound: no operation shall be refused before that is known.
    types += rows.map { $0.stacked(plan.bound ?? .symbol("steps?")) }
    if loop.isCounted { types.append(TensorType(.i64)) }
    let terms = types.map { frame.builder.addHidden($0) }
    return terms.isEmpty ? .invalid : terms.count == 1 ? .term(terms[0]) : .tuple(terms)
  }
}

extension Item {
  /// Its type, if its dtype were this.
  fileprivate func type(_ dtype: DType) -> TensorType {
    switch self {
    case .term(let term): term.type
    case .array(let array): TensorType(dtype, array.shape.map { DimExpr($0) })
    case .integer, .real, .extent, .tuple, .invalid: TensorType(dtype)
    }
  }

  fileprivate var type: TensorType { type(naturalDType) }
}
