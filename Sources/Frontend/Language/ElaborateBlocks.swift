// Blocks of loops and conditionals: what they give, and the graphs they become. Conditionals are
// elaborated here, loops in ElaborateLoops.swift.
import Graph

extension Elaborator {
  /// The lines of a block, in the innermost scope.
  mutating func lines(_ block: Block, _ frame: inout Frame) -> (values: [Part], yields: [Part]) {
    for statement in block.statements where !log.isFull { elaborate(statement, &frame) }
    let yields = parts(block.yield, &frame)
    return (parts(block.values, &frame), yields)
  }

  /// The values of a list; a single call or loop may give several.
  mutating func parts(_ list: ValueList?, _ frame: inout Frame) -> [Part] {
    guard let list else { return [] }
    var parts: [Part] = []
    for id in list.values {
      let item = located(id, at: list.span, &frame)
      if case .tuple(let terms) = item, list.values.count == 1 {
        parts += terms.map { Part(item: .term($0), span: tree[id].span) }
      } else {
        parts.append(Part(item: item, span: tree[id].span))
      }
    }
    return parts
  }

  /// A value of a block that has been left, as one of its graph.
  mutating func term(
    _ part: Part, dtype: DType?, in draft: Draft, _ frame: inout Frame
  ) -> Term? {
    let builder = frame.builder
    frame.builder = draft.builder
    defer { frame.builder = builder }
    return term(part.item, dtype: dtype, at: part.span, frame)
  }

  /// Blocks as graphs that capture the same values, and these.
  static func closed(_ drafts: [(draft: Draft, outputs: [(String, Term)])]) -> ([Graph], [Term]) {
    var captured: [Term] = []
    var seen: Set<Value> = []
    for (draft, _) in drafts {
      for (outer, _) in draft.captures.list where seen.insert(outer.value).inserted {
        captured.append(outer)
      }
    }
    let graphs = drafts.map { draft, outputs in
      var captures = draft.captures
      let inner = captured.map { captures.capture($0, in: draft.builder) }
      let inputs = draft.builder.graph.inputs
      let isCaptured = Set(captures.list.map(\.inner.value))
      let names = draft.builder.graph.names
      draft.builder.setInputs(
        inputs.filter { !isCaptured.contains($0.value) }
          + inner.map { GraphInput(name: names[$0.value] ?? "captured", value: $0.value) })
      draft.builder.setOutputs(outputs.map { GraphOutput(name: $0, value: $1.value) })
      return draft.builder.graph.pruned()
    }
    return (graphs, captured)
  }

  /// Where something is missing at the end of a block.
  func end(of block: Block) -> SourceSpan {
    block.values?.span ?? SourceSpan(block.span.end - 1, block.span.end)
  }

  /// A scalar bool that a block gives, or a report.
  mutating func isCondition(_ term: Term, _ subject: String, at span: SourceSpan) -> Bool {
    if term.type == TensorType(.bool) { return true }
    let isMask = term.dtype == .bool
    report(
      "\(subject) a scalar bool, found \(term.type)", at: span,
      help: isMask
        ? "reduce it: all(…) or any(…)" : term.rank == 0 ? "compare it: x != 0" : nil)
    return false
  }

  // MARK: - Conditionals

  mutating func choice(_ id: ChoiceID, _ expression: Expr, _ frame: inout Frame) -> Item {
    let choice = tree[id]
    let selector = self.selector(choice, &frame)
    var drafts: [Draft] = []
    for branch in choice.branches { drafts.append(draft(branch, &frame)) }
    return built(choice, selector, drafts, expression, &frame)
  }

  private mutating func draft(_ branch: Block, _ frame: inout Frame) -> Draft {
    frame.enter(GraphBuilder(name: "branch"), branch)
    let (values, _) = lines(branch, &frame)
    var draft = frame.leave()
    draft.values = values
    return draft
  }

  private mutating func built(
    _ choice: ChoiceSyntax, _ selector: Term?, _ drafts: [Draft], _ expression: Expr,
    _ frame: inout Frame
  ) -> Item {
    if !giveAlike(drafts, choice, expression) { return .invalid }
    guard let outputs = agreed(drafts, choice, &frame), let selector else { return .invalid }
    let (graphs, captured) = Self.closed(zip(drafts, outputs).map { ($0, $1) })
    let operation = Conditional(
      cases: choice.cases?.map { Int64($0.number) }, branches: graphs.map { Region($0) })
    return apply(operation, [selector] + captured, expression, frame)
  }

  /// All branches give as many values, and some; or a report.
  private mutating func giveAlike(
    _ drafts: [Draft], _ choice: ChoiceSyntax, _ expression: Expr
  ) -> Bool {
    if drafts.contains(where: { $0.values.contains(where: \.item.isInvalid) }) { return false }
    let count = drafts[0].values.count
    for (draft, branch) in zip(drafts, choice.branches) {
      if let failure = draft.builder.takeFailure() {
        reportFailure(failure, at: expression.span, expression.point)
        return false
      }
      if draft.values.isEmpty {
        report(
          "a branch ends with the value it gives", at: end(of: branch),
          help: branch.statements.last.flatMap { $0.targets.last }.map {
            "add a line: \(tree[$0.name])"
          })
        return false
      }
      if draft.values.count != count {
        report(
          "the first branch gives \(counted(count, "value")), this one \(draft.values.count)",
          at: end(of: branch), labels: [.init("the first is here", at: end(of: choice.branches[0]))]
        )
        return false
      }
    }
    return true
  }

  private mutating func selector(_ choice: ChoiceSyntax, _ frame: inout Frame) -> Term? {
    let span = tree[choice.selector].span
    let item = value(choice.selector, &frame)
    if choice.cases == nil {
      guard let term = term(item, dtype: nil, at: span, frame) else { return nil }
      if term.dtype == .bool, term.rank > 0 {
        report(
          "an if chooses by a scalar bool, found \(term.type)", at: span,
          help: "for a choice element by element, write select(c, a, b)")
        return nil
      }
      return isCondition(term, "an if chooses by", at: span) ? term : nil
    }
    guard let term = term(item, dtype: .i64, at: span, frame) else { return nil }
    if term.type == TensorType(.i64) { return term }
    report(
      "a switch chooses by a scalar i64, found \(term.type)", at: span,
      help: term.rank == 0 ? "convert it: i64(…)" : nil)
    return nil
  }

  /// The results of all branches in the same types, by branch; numbers take the dtype of what another
  /// branch gives.
  private mutating func agreed(
    _ drafts: [Draft], _ choice: ChoiceSyntax, _ frame: inout Frame
  ) -> [[(String, Term)]]? {
    var outputs = [[(String, Term)]](repeating: [], count: drafts.count)
    var isRight = true
    for k in drafts[0].values.indices {
      let parts = drafts.map { $0.values[k] }
      var dtype = parts.lazy.compactMap(\.item.term?.dtype).first
      if dtype == nil {
        let natural = parts.map(\.item.naturalDType)
        dtype = natural.contains(.f64) ? .f64 : natural[0]
      }
      var first: Term?
      for (index, draft) in drafts.enumerated() {
        guard let term = term(parts[index], dtype: dtype, in: draft, &frame) else {
          isRight = false
          continue
        }
        if let first, first.type != term.type {
          report(
            "the branches differ: \(first.type) in the first, \(term.type) in "
              + (drafts.count == 2 ? "the second" : "number \(index + 1)"),
            at: parts[index].span, labels: [.init("the first is here", at: parts[0].span)],
            help: first.rank == term.rank && first.shape == term.shape
              ? "convert one of them: \(first.dtype)(…)" : nil)
          isRight = false
        }
        first = first ?? term
        outputs[index].append(("result\(k)", term))
      }
    }
    return isRight ? outputs : nil
  }
}
