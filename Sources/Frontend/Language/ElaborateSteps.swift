// The body of a loop and its condition, each in a scope of its own, and what a step gives.
import Graph

extension Elaborator {
  /// The names that body and condition share.
  private mutating func bind(_ plan: LoopPlan, _ frame: inout Frame) {
    let isShifted = plan.first != nil
    let indexName = plan.index.map { tree[$0.name] }.flatMap { $0 == "_" || isShifted ? nil : $0 }
    var index = frame.builder.addInput(indexName ?? "index", TensorType(.i64))
    if let name = indexName { frame.usedNames.insert(name) }
    if let first = plan.first {
      let lower: Term?
      if case .term(let term) = first {
        lower = frame.captured(term)
      } else {
        lower = term(first, dtype: .i64, at: plan.index?.span ?? .none, frame)
      }
      if let lower { index = index + lower }
    }
    if let (name, _) = plan.index, tree[name] != "_" {
      frame.values.set(name, .term(index))
      if isShifted, !frame.isInlined, !frame.builder.hasName(index) {
        frame.builder.name(index, tree[name])
        frame.usedNames.insert(tree[name])
      }
    }
    for carried in plan.carried {
      let name = tree[carried.name]
      if let type = carried.type {
        frame.values.set(carried.name, .term(frame.builder.addInput(name, type)))
        frame.usedNames.insert(name)
      } else {
        frame.values.set(carried.name, carried.start)
      }
    }
  }

  mutating func step(_ loop: LoopSyntax, _ plan: LoopPlan, _ frame: inout Frame) -> Draft {
    frame.enter(GraphBuilder(name: "step"), loop.body)
    bind(plan, &frame)
    if loop.form == .do { _ = frame.builder.addInput("goes_on", TensorType(.bool)) }
    for (name, _, term) in plan.rows {
      let text = tree[name]
      frame.values.set(
        name,
        term.map { .term(frame.builder.addInput(text == "_" ? "row" : text, $0.type.row)) }
          ?? .invalid)
      frame.usedNames.insert(text)
    }
    let (values, yields) = lines(loop.body, &frame)
    if loop.form == .do, values.count == plan.carried.count {
      // The condition reads the new values, and nothing else of the body.
      for name in frame.values.names {
        frame.unseen[name] =
          "the condition sees the new values of what is carried: carry \(tree[name]), or compute it "
          + "there: while { …; … }"
      }
      frame.values = NameMap()
      for (carried, part) in zip(plan.carried, values) {
        let dtype = carried.type?.dtype
        let term = term(part.item, dtype: dtype, at: part.span, frame)
        frame.values.set(carried.name, term.map { .term($0) } ?? .invalid)
      }
    }
    var made = values
    if loop.form == .do, let condition = loop.condition {
      made.append(contentsOf: value(of: condition, &frame).map { [$0] } ?? [])
    }
    frame.unseen = [:]
    var draft = frame.leave()
    draft.values = made
    draft.yields = yields
    return draft
  }

  /// What a condition is; `nil` after a report.
  private mutating func value(of condition: Condition, _ frame: inout Frame) -> Part? {
    switch condition {
    case .expression(let id):
      return Part(item: located(id, at: tree[id].span, &frame), span: tree[id].span)
    case .block(let block):
      let (values, _) = lines(block, &frame)
      if values.count == 1 { return values[0] }
      report("a condition is one value, found \(values.count)", at: end(of: block))
      return nil
    }
  }

  mutating func condition(
    _ loop: LoopSyntax, _ plan: LoopPlan, _ frame: inout Frame
  ) -> Draft? {
    guard let condition = loop.condition else { return nil }
    let block: Block? = if case .block(let block) = condition { block } else { nil }
    frame.enter(GraphBuilder(name: "condition"), loop.form == .do ? nil : block)
    bind(plan, &frame)
    var part: Part?
    if loop.form == .do {
      let goesOn = frame.builder.addInput("goes_on", TensorType(.bool))
      part = Part(item: .term(goesOn), span: .none)
    }
    if loop.form != .do {
      for (name, _, _) in plan.rows {
        frame.unseen[name] =
          "the condition sees what is carried, and not the rows: carry what it needs of them"
      }
      part = value(of: condition, &frame)
      frame.unseen = [:]
    }
    var draft = frame.leave()
    draft.values = part.map { [$0] } ?? []
    return draft
  }

  /// The outputs of the body: the next carried values in the types they have, then the rows.
  mutating func outputs(
    _ loop: LoopSyntax, _ plan: LoopPlan, _ step: inout Draft, _ frame: inout Frame
  ) -> [(String, Term)]? {
    var values = step.values
    var isRight = true
    var goesOn: Term?
    if loop.form == .do, values.count == plan.carried.count + 1 {
      let part = values.removeLast()
      goesOn = term(part, dtype: nil, in: step, &frame)
      if let term = goesOn {
        isRight = isCondition(term, "the condition of a loop is", at: part.span)
      } else {
        isRight = false
      }
    }
    if values.count != plan.carried.count {
      if values.contains(where: { $0.item.isInvalid }) { return nil }
      let isEmpty = plan.carried.isEmpty
      report(
        isEmpty
          ? "this loop carries nothing, and its body gives \(counted(values.count, "value"))"
          : "a step gives \(counted(values.count, "value")) for \(plan.carried.count) carried "
            + (plan.carried.count == 1 ? "one" : "ones"),
        at: end(of: loop.body),
        help: isEmpty
          ? "to collect it, write yield in front; to go on with it, carry it"
          : "the last line of the body is what "
            + plan.carried.map { tree[$0.name] }.joined(separator: ", ") + " will be")
      return nil
    }
    var next: [Term] = []
    for (carried, part) in zip(plan.carried, values) {
      guard let term = term(part, dtype: carried.type?.dtype, in: step, &frame),
        let type = carried.type
      else {
        isRight = false
        continue
      }
      if term.type != type {
        report(
          "\(tree[carried.name]) is \(type) before a step and \(term.type) after it",
          at: part.span, labels: [.init("it begins here", at: carried.span)],
          help: term.shape == type.shape
            ? "convert it: \(type.dtype)(…)"
            : term.type.isUnbounded
              ? TensorType.helpForUnbounded
              : "a carried value keeps its type; reshape it, or begin with one of that type")
        isRight = false
      }
      next.append(term)
    }
    var rows: [Term] = loop.form == .scan ? next : []
    for part in step.yields {
      if let term = term(part, dtype: nil, in: step, &frame) {
        rows.append(term)
      } else {
        isRight = false
      }
    }
    if !isRight { return nil }
    return zip(plan.carried, next).map { (tree[$0.name], $1) }
      + (goesOn.map { [("goes_on", $0)] } ?? [])
      + rows.enumerated().map { ("row\($0)", $1) }
  }
}
