// Values defined by an equation, functions with rules for their derivatives, and the rules in front
// of a function. Their words are names everywhere else: `root x =` begins an equation because two
// names never stand side by side in an expression.

extension Parser {
  /// A solution or a `custom` begins with this word, behind which the current token stands.
  func beginsDefinition(_ word: Token) -> Bool {
    guard token.kind == .identifier, !isAtStatementEnd else { return false }
    let text = source.text(word.span)
    if text == "custom" { return nextSign.first == UInt8(ascii: "(") }
    guard SolutionSyntax.Form(rawValue: text) != nil else { return false }
    switch nextSign.first {
    case UInt8(ascii: ":"), UInt8(ascii: "{"): return true
    case UInt8(ascii: "="): return nextSign.second != UInt8(ascii: "=")
    default: return false
    }
  }

  /// The first two bytes behind the current token that are no space and no comment.
  private var nextSign: (first: UInt8, second: UInt8) {
    var place = lexer.position
    var isComment = false
    while place < lexer.bytes.count {
      switch lexer.bytes[place] {
      case 0x0A: isComment = false
      case UInt8(ascii: "#"): isComment = true
      case 0x20, 0x09, 0x0D: break
      case _ where isComment: break
      default: return (lexer.byte(place), lexer.byte(place + 1))
      }
      place += 1
    }
    return (0, 0)
  }

  mutating func parseDefinition(_ word: Token) throws(Recovery) -> ExprID {
    guard let form = SolutionSyntax.Form(rawValue: source.text(word.span)) else {
      return try parseCustom(word)
    }
    try enter()
    openBrackets += 1
    let unknown = try parseStart("what it begins with", form)
    guard token.kind == .leftBrace else {
      throw expected("'{' and the equation", help: "write for example root x = 1 { x*x - a }")
    }
    let solution = SolutionSyntax(form: form, unknown: unknown, body: parseBlock(.definition))
    openBrackets -= 1
    leave()
    return tree.add(
      .solution(tree.store(solution)), span: SourceSpan(word.span.start, previous.span.end))
  }

  /// `x: f64[n] = a`
  private mutating func parseStart(
    _ what: String, _ form: SolutionSyntax.Form? = nil
  ) throws(Recovery) -> LoopSyntax.Carried {
    let binding = try parseBinding(.carried)
    guard take(.equals) else {
      let isSolve = form == .solve || form == .linearSolve
      throw expected(
        "'=' and \(isSolve ? "the right-hand side" : what)",
        help: form.map {
          isSolve ? "write \($0.rawValue) x = b { A @ x }" : "write \($0.rawValue) x = start { … }"
        })
    }
    return .init(binding: binding, start: try parseExpression())
  }

  // MARK: - Functions with rules

  /// `custom f(x: f64 = a) { … } jvp(y, tan.x) { … } vjp(y, ct.y) { … }`
  private mutating func parseCustom(_ word: Token) throws(Recovery) -> ExprID {
    try enter()
    openBrackets += 1
    let name = token
    advance()
    let inputs = try list("after an input", close: .rightParenthesis) { parser throws(Recovery) in
      try parser.parseStart("the value of the input")
    }
    var tangents: ValueList?
    if token.kind == .identifier, source.text(token.span) == "tangent" {
      let start = token.span.start
      advance()
      guard token.kind == .leftParenthesis else {
        throw expected("'(' and the results and tangents of the inputs")
      }
      let values = try list("after a value", close: .rightParenthesis) { parser throws(Recovery) in
        try parser.parseExpression()
      }
      tangents = ValueList(values: values, span: SourceSpan(start, previous.span.end))
    }
    guard token.kind == .leftBrace else { throw expected("'{' and the body of the function") }
    var custom = CustomSyntax(
      name: name.name, nameSpan: name.span, inputs: inputs, tangents: tangents,
      function: parseBlock(.definition))
    custom.jvp = try parseRule("jvp")
    custom.vjp = try parseRule("vjp")
    openBrackets -= 1
    leave()
    return tree.add(
      .custom(tree.store(custom)), span: SourceSpan(word.span.start, previous.span.end))
  }

  /// `jvp(y, tan.x) { … }`, on the line on which the block before ends.
  private mutating func parseRule(_ word: String) throws(Recovery) -> CustomSyntax.Rule? {
    guard token.kind == .identifier, !token.startsLine, source.text(token.span) == word else {
      return nil
    }
    advance()
    guard token.kind == .leftParenthesis else {
      throw expected("'(' and names for the results and what else the rule reads")
    }
    let names = try list("after a name", close: .rightParenthesis) { parser throws(Recovery) in
      try parser.parseBinding(.target)
    }
    guard token.kind == .leftBrace else { throw expected("'{' and the rule") }
    return .init(names: names, body: parseBlock(.definition))
  }

  /// The current token begins `@jvp(…)` in front of a function.
  var beginsRule: Bool { token.kind == .binary(.matrixProduct) && token.startsLine }

  /// `@jvp(f_jvp)`, `@vjp(f_vjp, unchecked)`
  mutating func parseRules() throws(Recovery) -> [RuleSyntax] {
    var rules: [RuleSyntax] = []
    while token.kind == .binary(.matrixProduct) {
      let start = token.span.start
      advance()
      guard token.kind == .identifier, !token.startsLine,
        let kind = RuleSyntax.Kind(rawValue: source.text(token.span))
      else { throw expected("'jvp' or 'vjp' behind '@'", help: ruleHelp) }
      advance()
      guard take(.leftParenthesis), token.kind == .identifier else {
        throw expected("the name of the function that is the rule, in parentheses", help: ruleHelp)
      }
      var rule = RuleSyntax(kind: kind, function: token.name)
      advance()
      if take(.comma) {
        guard token.kind == .identifier, source.text(token.span) == "unchecked" else {
          throw expected("'unchecked'", help: ruleHelp)
        }
        rule.isUnchecked = true
        advance()
      }
      guard take(.rightParenthesis) else { throw expected("')' behind the rule", help: ruleHelp) }
      rule.span = SourceSpan(start, previous.span.end)
      if let first = rules.first(where: { $0.kind == kind }) {
        lexer.report(
          Diagnostic(
            "a function has one \(kind.rawValue)", at: rule.span,
            labels: [.init("the first is here", at: first.span)]))
      } else {
        rules.append(rule)
      }
    }
    guard token.kind == .keyword(.func) else { throw expected("'func' behind '@…'") }
    return rules
  }

  private var ruleHelp: String { "write @jvp(f_jvp) or @vjp(f_vjp) in front of func f" }
}
