// Statements, blocks, loops and conditionals as text. A block with nothing but a last line may stand
// in the line; the branches of an if are broken all or not at all; comments keep their line.

extension ExpressionPrinter {
  /// `a: f64[n], b = value`
  func statementTasks(_ statement: Statement) -> [Task] {
    var tasks: [Task] = []
    for target in statement.targets {
      if !tasks.isEmpty { tasks.append(.text(", ")) }
      tasks += bindingTasks(target)
    }
    return tasks + [.text(" = "), whole(statement.value, .normal)]
  }

  func separated(_ values: [ExprID]) -> [Task] {
    if values.count == 1 { return [whole(values[0], .normal)] }
    var tasks: [Task] = [.begin(.filled)]
    for (k, value) in values.enumerated() {
      if k > 0 { tasks += [.text(","), .lineBreak(spaces: 1, outdent: false)] }
      tasks.append(whole(value, .normal))
    }
    return tasks + [.end]
  }

  // MARK: - Blocks

  /// `{ … }`
  func blockTasks(_ block: Block) -> [Task] {
    [.text("{"), .begin(.consistent)] + linesTasks(block)
      + [.lineBreak(spaces: 1, outdent: true), .end, .text("}")]
  }

  /// What stands between the braces, without the break before the closing one.
  private func linesTasks(_ block: Block) -> [Task] {
    var pending = (comments[.block(Int32(block.span.start))] ?? [])[...]
    var lines: [(span: SourceSpan, tasks: [Task])] = block.statements.map {
      ($0.span, statementTasks($0))
    }
    if let yield = block.yield {
      lines.append((yield.span, [.text("yield ")] + separated(yield.values)))
    }
    if let values = block.values { lines.append((values.span, separated(values.values))) }
    var tasks: [Task] = []
    if !pending.isEmpty || !block.statements.isEmpty || lines.count > 1 {
      tasks.append(.mustBreak)
    }
    if let comment = pending.first, line(of: comment.span.start) == line(of: block.span.start),
      comment.span.start < lines.first?.span.start ?? .max
    {
      tasks.append(.comment("  " + text(of: comment)))
      pending.removeFirst()
    }
    // Where in the file that ends which was written last; nothing yet.
    var end: Int?
    func beginLine(at start: Int) {
      if let end, isBlank(from: end, to: start) { tasks.append(.blankLine) }
      tasks.append(.lineBreak(spaces: 1, outdent: false))
    }
    for (k, line) in lines.enumerated() {
      while let comment = pending.first, comment.span.start < line.span.end {
        beginLine(at: comment.span.start)
        tasks.append(.comment(text(of: comment)))
        end = comment.span.end
        pending.removeFirst()
      }
      beginLine(at: line.span.start)
      tasks += line.tasks
      end = line.span.end
      let next = k + 1 < lines.count ? lines[k + 1].span.start : Int.max
      if let comment = pending.first, comment.span.start < next,
        self.line(of: comment.span.start) == self.line(of: line.span.end)
      {
        tasks.append(.comment("  " + text(of: comment)))
        end = comment.span.end
        pending.removeFirst()
      }
    }
    for comment in pending {
      beginLine(at: comment.span.start)
      tasks.append(.comment(text(of: comment)))
      end = comment.span.end
    }
    return tasks
  }

  /// The line in the file; of a tree that was made otherwise −1.
  private func line(of offset: Int) -> Int { tree.source?.line(at: offset) ?? -1 }

  private func isBlank(from end: Int, to start: Int) -> Bool {
    guard let source = tree.source, end < start else { return false }
    return source.bytes[end..<start].count { $0 == 0x0A } > 1
  }

  // MARK: - Loops

  func loopTasks(_ loop: LoopSyntax) -> [Task] {
    var word: String
    switch loop.form {
    case .for: word = "for "
    case .while: word = "while "
    case .do: word = "do "
    case .scan: word = "scan "
    }
    if loop.isReversed { word = "reversed " + word }
    if loop.isCounted { word = "counted " + word }
    // Two groups: a long header must not align with the body.
    var tasks: [Task] = [.text(word), .begin(.filled), .begin(.filled)]
    var isFirst = true
    func separate(_ text: String) {
      if !isFirst { tasks += [.text(text), .lineBreak(spaces: 1, outdent: false)] }
      isFirst = false
    }
    if let range = loop.range {
      separate("")
      tasks += [
        .text(tree.names.spelling(of: range.name) + " in "), whole(range.lower, .slice),
        .text("..<"),
      ]
      if let upper = range.upper { tasks.append(whole(upper, .slice)) }
    }
    for rows in loop.rows {
      separate(",")
      tasks += [.text(tree.names.spelling(of: rows.name) + " in "), whole(rows.array, .normal)]
    }
    for (k, carried) in loop.carried.enumerated() {
      separate(k == 0 ? "" : ",")
      if k == 0, loop.form == .for || loop.form == .scan { tasks.append(.text("carry ")) }
      tasks += bindingTasks(carried.binding) + [.text(" = "), whole(carried.start, .normal)]
    }
    if let condition = loop.condition, loop.form != .do {
      separate("")
      tasks += [.text("where ")] + conditionTasks(condition)
    }
    if let limit = loop.limit {
      separate("")
      tasks += [.text("limit "), whole(limit, .normal)]
    }
    if let keep = loop.keep {
      separate("")
      tasks.append(.text(keep.words))
      if let size = keep.size { tasks.append(whole(size, .normal)) }
    }
    tasks += [.end, .end, .text(" ")] + blockTasks(loop.body)
    if let condition = loop.condition, loop.form == .do {
      tasks += [.text(" while ")] + conditionTasks(condition)
    }
    return tasks
  }

  private func conditionTasks(_ condition: Condition) -> [Task] {
    switch condition {
    case .expression(let id): [whole(id, .normal)]
    case .block(let block): blockTasks(block)
    }
  }

  // MARK: - Conditionals

  func choiceTasks(_ id: ExprID, _ choice: ChoiceSyntax) -> [Task] {
    choice.cases == nil ? ifTasks(choice) : switchTasks(id, choice)
  }

  private func ifTasks(_ choice: ChoiceSyntax) -> [Task] {
    var tasks: [Task] = [.begin(.consistent)]
    var choice = choice
    while true {
      tasks += [.text("if "), whole(choice.selector, .normal), .text(" {")]
      tasks += linesTasks(choice.branches[0])
      tasks += [.lineBreak(spaces: 1, outdent: true), .text("} else ")]
      guard choice.isChained, let last = choice.branches[1].values?.values.first,
        case .choice(let next) = tree[last].kind
      else { break }
      choice = tree[next]
    }
    return tasks + [.text("{")] + linesTasks(choice.branches[1])
      + [.lineBreak(spaces: 1, outdent: true), .end, .text("}")]
  }

  private func switchTasks(_ id: ExprID, _ choice: ChoiceSyntax) -> [Task] {
    var pending = (comments[.expression(id.index)] ?? [])[...]
    var tasks: [Task] = [
      .text("switch "), whole(choice.selector, .normal), .text(" {"), .begin(.consistent),
      .mustBreak,
    ]
    for (k, branch) in choice.branches.enumerated() {
      let number = choice.cases.flatMap { k < $0.count ? $0[k] : nil }
      while let comment = pending.first, comment.span.start < branch.span.end {
        tasks += [.lineBreak(spaces: 0, outdent: false), .comment(text(of: comment))]
        pending.removeFirst()
      }
      tasks += [
        .lineBreak(spaces: 0, outdent: false),
        .text(number.map { "case \($0.number) " } ?? "else "),
      ]
      tasks += blockTasks(branch)
      let next = choice.cases.flatMap { k + 1 < $0.count ? $0[k + 1].span.start : nil } ?? .max
      if let comment = pending.first, comment.span.start < next,
        line(of: comment.span.start) == line(of: branch.span.end)
      {
        tasks.append(.comment("  " + text(of: comment)))
        pending.removeFirst()
      }
    }
    for comment in pending {
      tasks += [.lineBreak(spaces: 0, outdent: false), .comment(text(of: comment))]
    }
    return tasks + [.lineBreak(spaces: 0, outdent: true), .end, .text("}")]
  }
}
