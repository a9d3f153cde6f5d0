// Loops and conditionals. Newlines mean nothing in their headers, as in those of functions; a block
// counts for one level of nesting, and so does every `else if`.

extension Parser {
  /// The words in front of a loop. They are names everywhere else.
  private static let modifiers = ["counted", "reversed"]

  /// A loop begins at the current token, or its modifiers do.
  func beginsLoop(behind word: Token) -> Bool {
    // Two names side by side are rare.
    let isLoop = form(of: token) != nil
    guard isLoop || token.kind == .identifier, !isAtStatementEnd else { return false }
    return Parser.modifiers.contains(source.text(word.span))
      && (isLoop || Parser.modifiers.contains(source.text(token.span)))
  }

  private func form(of token: Token) -> LoopSyntax.Form? {
    switch token.kind {
    case .keyword(.for): .for
    case .keyword(.while): .while
    case .keyword(.do): .do
    case .keyword(.scan): .scan
    default: nil
    }
  }

  /// The current token is this word, which is no reserved one.
  private mutating func take(word: String) -> Bool {
    guard token.kind == .identifier, source.text(token.span) == word else { return false }
    advance()
    return true
  }

  // MARK: Loops

  /// - Parameter first: a modifier that has been read.
  mutating func parseLoop(behind first: Token? = nil) throws(Recovery) -> ExprID {
    var words = first.map { [$0] } ?? []
    while token.kind == .identifier, Parser.modifiers.contains(source.text(token.span)) {
      words.append(token)
      advance()
    }
    let word = token
    guard let form = form(of: word) else {
      throw expected("'for', 'while', 'do' or 'scan'")
    }
    var loop = LoopSyntax(form: form)
    for modifier in words {
      let isCounted = source.text(modifier.span) == "counted"
      if isCounted ? loop.isCounted : loop.isReversed {
        lexer.report(Diagnostic("this word stands here twice", at: modifier.span))
      }
      if isCounted {
        loop.isCounted = true
      } else if form == .for || form == .scan {
        loop.isReversed = true
      } else {
        lexer.report(
          Diagnostic(
            "only a loop over a range or rows can run backward", at: modifier.span,
            help: "write reversed for i in 0..<n …"))
      }
    }
    try enter()
    openBrackets += 1
    advance()
    try parseHeader(of: &loop)
    try expectBlock("the body of the loop", help: headerHelp(loop))
    loop.body = parseBlock(form == .scan ? .scan : .step)
    openBrackets -= 1
    if form == .do {
      guard token.kind == .keyword(.while), !isAtStatementEnd else {
        throw expected("'while' and the condition behind the body of 'do'")
      }
      advance()
      loop.condition = try parseCondition()
    }
    leave()
    let start = words.first?.span.start ?? word.span.start
    return tree.add(
      .loop(tree.store(loop)), span: SourceSpan(start, previous.span.end),
      point: word.span.start)
  }

  private mutating func parseHeader(of loop: inout LoopSyntax) throws(Recovery) {
    switch loop.form {
    case .for, .scan:
      try parseDomain(of: &loop)
      if take(.keyword(.carry)) { loop.carried = try parseCarried() }
      if take(.keyword(.where)) { loop.condition = try parseCondition() }
    case .while:
      loop.carried = try parseCarried()
      guard take(.keyword(.where)) else {
        throw expected(
          "'where' and the condition of the loop",
          help: "it goes on while that holds: while x = a where x > 1 { … }")
      }
      loop.condition = try parseCondition()
    case .do: loop.carried = try parseCarried()
    }
    if take(word: "limit") { loop.limit = try parseExpression() }
    if take(word: "keep") { loop.keep = try parseKeep() }
  }

  /// What stands behind `keep`.
  private mutating func parseKeep() throws(Recovery) -> KeepSyntax {
    if take(word: "all") { return .all }
    if take(word: "nothing") { return .nothing }
    if take(word: "every") { return .every(try parseExpression()) }
    if take(word: "at") {
      guard take(word: "most") else { throw expected("'most' behind 'keep at'") }
      return .atMost(try parseExpression())
    }
    throw expected(
      "what the way back keeps", help: "keep all, keep nothing, keep every k, or keep at most s")
  }

  private func headerHelp(_ loop: LoopSyntax) -> String? {
    switch token.kind {
    case .equals where !loop.carried.isEmpty: "'==' compares"
    case .equals: "carried values stand behind 'carry': for i in 0..<n carry x = a { … }"
    case .ellipsis: "a range ends before its second number: 0..<n"
    case .keyword(.carry), .keyword(.where),
      .identifier where ["limit", "keep"].contains(source.text(token.span)):
      "the parts of a header stand in this order: carry, where, limit, keep"
    default: nil
    }
  }

  /// `i in 0..<n, x in xs`
  private mutating func parseDomain(of loop: inout LoopSyntax) throws(Recovery) {
    repeat {
      guard token.kind == .identifier else {
        throw expected("a name, as in 'i in 0..<n' or 'x in xs'", help: reservedNameHelp)
      }
      let name = token
      advance()
      guard take(.keyword(.in)) else {
        throw expected("'in' behind '\(source.text(name.span))'")
      }
      let value = try parseExpression()
      guard take(.range) else {
        loop.rows.append(.init(name: name.name, nameSpan: name.span, array: value))
        continue
      }
      var upper: ExprID?
      switch token.kind {
      case .comma, .leftBrace, .keyword(.carry), .keyword(.where): break
      default: upper = try parseExpression()
      }
      let span = SourceSpan(tree[value].span.start, previous.span.end)
      if loop.range != nil || !loop.rows.isEmpty {
        lexer.report(
          Diagnostic(
            "a loop has one range, which stands first", at: span,
            help: "write for i in 0..<n, x in xs"))
      }
      loop.range = .init(
        name: name.name, nameSpan: name.span, lower: value, upper: upper, span: span)
    } while take(.comma)
  }

  /// `x: f64 = a, k = 0`
  private mutating func parseCarried() throws(Recovery) -> [LoopSyntax.Carried] {
    var carried: [LoopSyntax.Carried] = []
    repeat {
      let binding = try parseBinding(.carried)
      guard take(.equals) else {
        throw expected("'=' and what '\(source.text(binding.nameSpan))' begins with")
      }
      carried.append(.init(binding: binding, start: try parseExpression()))
    } while take(.comma)
    return carried
  }

  /// An expression, or a block where it needs statements.
  private mutating func parseCondition() throws(Recovery) -> Condition {
    guard token.kind == .leftBrace else { return .expression(try parseExpression()) }
    return .block(parseBlock(.condition))
  }

  // MARK: Conditionals

  /// `if c { … } else if d { … } else { … }`
  mutating func parseIf() throws(Recovery) -> ExprID {
    var links: [(start: Token, selector: ExprID, branch: Block)] = []
    while token.kind == .keyword(.if) {
      let start = token
      try enter()
      openBrackets += 1
      advance()
      let selector = try parseExpression()
      try expectBlock(
        "a branch behind the condition", help: token.kind == .equals ? "'==' compares" : nil)
      links.append((start, selector, parseBlock(.branch)))
      openBrackets -= 1
      guard take(.keyword(.else)) else {
        throw expected(
          "'else' and the other branch", help: "an if is a value, whatever its condition is")
      }
      guard token.kind == .leftBrace || token.kind == .keyword(.if) else {
        throw expected("'{' or 'if' behind 'else'")
      }
    }
    var last = parseBlock(.branch)
    var isChained = false
    while let (start, selector, branch) = links.popLast() {
      let span = SourceSpan(start.span.start, last.span.end)
      let choice = ChoiceSyntax(
        selector: selector, cases: nil, branches: [branch, last], isChained: isChained)
      let id = tree.add(.choice(tree.store(choice)), span: span)
      leave()
      if links.isEmpty { return id }
      last = Block(statements: [], values: ValueList(values: [id], span: span), span: span)
      isChained = true
    }
    throw Recovery()
  }

  /// `switch k { case 0 { … } else { … } }`
  mutating func parseSwitch() throws(Recovery) -> ExprID {
    let start = token
    try enter()
    openBrackets += 1
    advance()
    let selector = try parseExpression()
    guard token.kind == .leftBrace else {
      throw expected("'{' and the cases of the switch")
    }
    advance()
    openBraces += 1
    var choice = ChoiceSyntax(selector: selector, cases: [], branches: [])
    while token.kind == .keyword(.case) {
      let word = token
      advance()
      let number = try parseExpression()
      let span = SourceSpan(word.span.start, previous.span.end)
      guard case .integer(let value) = tree[number].kind else {
        throw fail(Diagnostic("a case is a whole number", at: tree[number].span))
      }
      if let first = choice.cases?.first(where: { $0.number == value }) {
        lexer.report(
          Diagnostic(
            "there are two cases for \(value)", at: tree[number].span,
            labels: [.init("the first one is here", at: first.span)]))
      }
      guard token.kind == .leftBrace else { throw expected("'{' and the branch of the case") }
      choice.cases?.append(.init(number: value, span: span))
      choice.branches.append(parseBlock(.branch))
    }
    guard take(.keyword(.else)) else {
      throw expected(
        "'case' or 'else'", at: .here,
        help: token.kind == .keyword(.default)
          ? "the branch for all other numbers begins with 'else'"
          : "the last branch is for all other numbers: else { … }")
    }
    guard token.kind == .leftBrace else { throw expected("'{' and the branch behind 'else'") }
    choice.branches.append(parseBlock(.branch))
    guard take(.rightBrace) else { throw expected("'}' behind the last branch", at: .here) }
    openBraces -= 1
    openBrackets -= 1
    leave()
    return tree.add(
      .choice(tree.store(choice)), span: SourceSpan(start.span.start, previous.span.end))
  }

  // MARK: Blocks

  /// What a block belongs to.
  enum BlockPlace {
    case function
    /// The body of a loop, which may yield.
    case step
    case scan, condition, branch
    /// Of an equation, or of a function with rules.
    case definition
  }

  /// A line of a block that is no function's: a statement, a yield, or what the block gives.
  mutating func parseLine(of block: inout Block, _ place: BlockPlace) {
    let start = token.span.start
    targets.removeAll(keepingCapacity: true)
    continuation = nil
    lineStart = start
    if let values = block.values {
      lexer.report(
        Diagnostic(
          "only the last line of a block gives values", at: values.span,
          help: "give them names: y = …"))
      block.values = nil
    }
    do throws(Recovery) {
      if token.kind == .keyword(.yield) {
        let word = token
        advance()
        let values = try parseValues()
        try expectStatementEnd()
        report(yieldAt: word, in: block, place)
        if place == .step {
          block.yield = ValueList(values: values, span: SourceSpan(start, previous.span.end))
        }
        return
      }
      let values = try parseValues()
      if values.isEmpty {
        let value = try parseStatementValue()
        try expectStatementEnd()
        let span = SourceSpan(start, previous.span.end)
        if block.yield != nil {
          lexer.report(
            Diagnostic("a statement stands before 'yield', not behind it", at: span))
        }
        block.statements.append(Statement(targets: targets, value: value, span: span))
        return
      }
      try expectStatementEnd()
      block.values = ValueList(values: values, span: SourceSpan(start, previous.span.end))
    } catch {
      skipStatement(from: start)
      let span = SourceSpan(start, previous.span.end)
      let invalid = tree.add(.invalid, span: span)
      if targets.isEmpty {
        block.values = ValueList(values: [invalid], span: span)
      } else {
        block.statements.append(Statement(targets: targets, value: invalid, span: span))
      }
    }
  }

  private mutating func report(yieldAt word: Token, in block: Block, _ place: BlockPlace) {
    if block.yield != nil {
      lexer.report(
        Diagnostic(
          "a step yields once", at: word.span, help: "for several stacks write yield a, b"))
    }
    switch place {
    case .function, .step: break
    case .scan:
      lexer.report(
        Diagnostic(
          "a scan yields what it carries, and nothing else", at: word.span,
          help: "write for … in place of scan …"))
    case .condition:
      lexer.report(Diagnostic("a condition cannot yield", at: word.span))
    case .definition:
      lexer.report(
        Diagnostic("there are no steps here: 'yield' stands in the body of a loop", at: word.span))
    case .branch:
      lexer.report(
        Diagnostic(
          "a branch has no steps: 'yield' stands in the body of a loop", at: word.span,
          help: "give the value from the branch, and yield it behind"))
    }
  }

  /// Expressions behind commas; none where they are the targets of a statement, which then stand in
  /// `targets`, and the current token is the `=`.
  private mutating func parseValues() throws(Recovery) -> [ExprID] {
    var values: [ExprID] = []
    let mayBind = previous.kind != .keyword(.yield)
    repeat {
      values.append(try parseExpression())
      guard mayBind, !isAtStatementEnd, token.kind == .equals || token.kind == .colon,
        let bindings = bindings(values)
      else { continue }
      targets = bindings
      if take(.colon) { targets[targets.count - 1].type = try parseType(.target) }
      while !isAtStatementEnd, take(.comma) { try parseTarget() }
      return []
    } while !isAtStatementEnd && take(.comma)
    return values
  }

  /// Names that were read as expressions.
  private func bindings(_ values: [ExprID]) -> [Binding]? {
    var bindings: [Binding] = []
    for value in values {
      let expression = tree[value]
      guard case .name(let name) = expression.kind, Int(expression.point) == expression.span.start
      else { return nil }
      bindings.append(Binding(name: name, nameSpan: expression.span))
    }
    return bindings
  }
}
