// Expressions, by precedence climbing over the operator table. Chains of left-associative
// operators and of subscripts are loops; only nesting recurses, and nesting is bounded.

extension Parser {
  mutating func parseExpression() throws(Recovery) -> ExprID { try parseBinary(.or) }

  /// An expression whose binary operators are at least as tight as `minimum`.
  private mutating func parseBinary(_ minimum: Precedence) throws(Recovery) -> ExprID {
    var start = token.span.start
    var left: ExprID
    if let prefix = prefixOperator {
      left = try parsePrefix(prefix)
    } else {
      left = try parsePostfix()
      start = min(start, tree[left].span.start)
    }
    while case .binary(let binary) = token.kind, binary.precedence >= minimum, !isAtStatementEnd {
      let sign = token
      let isNested = binary.associativity == .right
      if isNested { try enter() }
      advance()
      if token.startsLine, openBrackets == 0 { continuation = sign }
      let right = try parseBinary(binary.rightMinimum)
      if isNested { leave() }
      left = tree.add(
        .binary(binary, left, right), span: SourceSpan(start, previous.span.end),
        point: sign.span.start)
      if binary.associativity == .none { try rejectChain(of: binary, at: sign) }
    }
    return left
  }

  /// `a < b < c` is a mistake.
  private mutating func rejectChain(of first: BinaryOperator, at sign: Token) throws(Recovery) {
    guard case .binary(let second) = token.kind, second.precedence == first.precedence,
      !isAtStatementEnd
    else { return }
    throw fail(
      Diagnostic(
        "comparisons cannot be chained", at: token.span,
        labels: [Diagnostic.Label("the first comparison is here", at: sign.span)],
        help: "write (a \(first.spelling) b) & (b \(second.spelling) c)"))
  }

  private var prefixOperator: UnaryOperator? {
    switch token.kind {
    case .binary(.subtract): .negate
    case .exclamation: .not
    default: nil
    }
  }

  /// `-x` or `!x`. A minus sign before a number that is not the base of a power or of a subscript
  /// is the number's sign.
  private mutating func parsePrefix(_ prefix: UnaryOperator) throws(Recovery) -> ExprID {
    let sign = token
    try enter()
    advance()
    let isNumber: Bool
    switch token.kind {
    case .integer, .float, .keyword(.inf), .keyword(.nan): isNumber = prefix == .negate
    default: isNumber = false
    }
    if isNumber { negatedNumber = token.span.start }
    let numberEnd = token.span.end
    let operand = try parseBinary(.prefix)
    leave()
    let span = SourceSpan(sign.span.start, previous.span.end)
    if isNumber, previous.span.end == numberEnd {
      switch tree[operand].kind {
      // The parser of numbers has applied the sign: the magnitude may be that of i64's minimum.
      case .integer, .float:
        tree[operand].span = span
        return operand
      default: break
      }
    }
    return tree.add(.unary(prefix, operand), span: span)
  }

  /// An operand and the subscripts behind it.
  private mutating func parsePostfix() throws(Recovery) -> ExprID {
    let start = token.span.start
    var base = try parsePrimary()
    while token.kind == .leftBracket || token.kind == .leftParenthesis, !isAtStatementEnd {
      let open = token
      guard open.kind == .leftBracket else {
        throw fail(
          Diagnostic(
            "only a name can be called", at: open.span, help: "products are written with '*'"))
      }
      let items = try list("after a subscript", close: .rightBracket) {
        parser throws(Recovery) in
        try parser.parseSubscriptItem()
      }
      if items.isEmpty {
        lexer.report(
          Diagnostic(
            "a subscript needs an index or a slice",
            at: SourceSpan(open.span.start, previous.span.end), help: "write x[0] or x[1:]"))
      }
      base = tree.add(
        .subscript(base, tree.store(items)), span: SourceSpan(start, previous.span.end),
        point: open.span.start)
    }
    return base
  }

  private mutating func parsePrimary() throws(Recovery) -> ExprID {
    let start = token
    // What follows a line that ends in an operator stands at the start of the next line.
    switch token.kind {
    case .endOfFile, .rightBrace, .semicolon: throw missingOperand()
    case _ where isAtStatementEnd && !previous.continuesLine && token.span.start != lineStart:
      throw missingOperand()
    case .integer, .float, .keyword(.inf), .keyword(.nan): return parseNumber()
    case .keyword(.true), .keyword(.false):
      advance()
      return tree.add(.bool(start.kind == .keyword(.true)), span: start.span)
    case .string:
      advance()
      return tree.add(.string(tree.store(decodedString(start.span))), span: start.span)
    case .keyword(.if): return try parseIf()
    case .keyword(.switch): return try parseSwitch()
    case .keyword(.for), .keyword(.while), .keyword(.do), .keyword(.scan): return try parseLoop()
    case .identifier:
      advance()
      if beginsLoop(behind: start) { return try parseLoop(behind: start) }
      if beginsDefinition(start) { return try parseDefinition(start) }
      guard token.kind == .leftParenthesis, !isAtStatementEnd else {
        return tree.add(.name(start.name), span: start.span)
      }
      return try parseCall(start)
    case .leftBracket:
      let elements = try list("after an element", close: .rightBracket) {
        parser throws(Recovery) in
        try parser.parseExpression()
      }
      return tree.add(
        .array(tree.store(elements)), span: SourceSpan(start.span.start, previous.span.end))
    case .leftParenthesis: return try parseParentheses()
    case .invalid:
      advance()
      return tree.add(.invalid, span: start.span)
    default: throw missingOperand()
    }
  }

  private mutating func missingOperand() -> Recovery {
    var help: String?
    if case .binary(.add) = token.kind { help = "there is no '+' sign before an operand" }
    if case .binary = previous.kind, token.kind == .equals {
      help = "a name is bound once: write y = x \(previous.kind.spelling ?? "") …"
    }
    if case .keyword = token.kind { help = reservedNameHelp }
    if case .binary = previous.kind {
      return expected("an operand behind '\(previous.kind.spelling ?? "")'", help: help)
    }
    return expected("an expression", help: help)
  }

  private mutating func parseParentheses() throws(Recovery) -> ExprID {
    let open = token
    try enter()
    openBrackets += 1
    advance()
    let inner = try parseExpression()
    guard token.kind == .rightParenthesis else {
      let label = Diagnostic.Label("'(' was opened here", at: open.span)
      throw expected(
        "')'", labels: [label], help: token.kind == .equals ? "'==' compares" : nil)
    }
    openBrackets -= 1
    advance()
    leave()
    switch tree[inner].kind {
    // The span of a number is its spelling, which the formatter keeps.
    case .integer, .float: break
    default: tree[inner].span = SourceSpan(open.span.start, previous.span.end)
    }
    return inner
  }

  private mutating func parseCall(_ callee: Token) throws(Recovery) -> ExprID {
    var firstNamed: Token?
    let arguments = try list("after an argument", close: .rightParenthesis) {
      parser throws(Recovery) in
      try parser.parseArgument(&firstNamed)
    }
    return tree.add(
      .call(callee.name, tree.store(arguments)),
      span: SourceSpan(callee.span.start, previous.span.end), point: callee.span.start)
  }

  /// `value` or `name=value`
  private mutating func parseArgument(_ firstNamed: inout Token?) throws(Recovery) -> Argument {
    let start = token
    let value = try parseExpression()
    if token.kind == .equals, case .name(let name) = tree[value].kind, previous.span == start.span {
      advance()
      firstNamed = firstNamed ?? start
      return Argument(name: name, nameSpan: start.span, value: try parseExpression())
    }
    if let named = firstNamed {
      lexer.report(
        Diagnostic(
          "an operand cannot stand behind a named argument", at: tree[value].span,
          labels: [Diagnostic.Label("the first named argument", at: named.span)],
          help: "write operands first"))
    }
    return Argument(value: value)
  }

  /// `k`, `lower:upper:step` or `...`
  private mutating func parseSubscriptItem() throws(Recovery) -> SubscriptItem {
    let start = token.span.start
    if take(.ellipsis) { return SubscriptItem(kind: .ellipsis, span: previous.span) }
    let lower = token.kind == .colon ? nil : try parseExpression()
    var kind: SubscriptItem.Kind
    if let lower, token.kind != .colon {
      kind = .index(lower)
    } else {
      let upper = try parseBound()
      let step = token.kind == .colon ? try parseBound() : nil
      kind = .slice(lower: lower, upper: upper, step: step)
    }
    return SubscriptItem(kind: kind, span: SourceSpan(start, previous.span.end))
  }

  /// `:` and what may stand behind it.
  private mutating func parseBound() throws(Recovery) -> ExprID? {
    advance()
    switch token.kind {
    case .colon, .comma, .rightBracket: return nil
    default: return try parseExpression()
    }
  }
}

extension Token {
  /// An operator or a comma, behind which a statement goes on in the next line.
  fileprivate var continuesLine: Bool {
    switch kind {
    case .binary, .exclamation, .comma: true
    default: false
    }
  }
}
