// The outer grammar: the version line, functions with their headers, blocks.

extension Parser {
  mutating func parseFile() {
    guard parseVersion() else { return }
    while token.kind != .endOfFile, !lexer.log.isFull {
      if isMisspelledFunction {
        _ = expected("'func'", at: .here, help: "a function begins with 'func'")
        parseFunction()
      } else if token.kind == .keyword(.func) || beginsRule {
        parseFunction()
      } else {
        rejectBetweenFunctions()
      }
    }
  }

  /// `jitgrad 1`. False if the rest of the file is not worth reading.
  private mutating func parseVersion() -> Bool {
    let start = token
    guard token.kind == .keyword(.jitgrad) else {
      if token.kind != .endOfFile || lexer.log.diagnostics.isEmpty {
        let help = "write 'jitgrad 1' on the first line"
        lexer.report(
          Diagnostic("the file does not begin with its version", at: token.span, help: help))
      }
      if token.kind != .keyword(.func), !isMisspelledFunction { skipToNextFunction() }
      return true
    }
    advance()
    guard token.kind == .integer, !token.startsLine else {
      _ = expected("a version number behind 'jitgrad'", help: "write 'jitgrad 1'")
      while !token.startsLine, token.kind != .endOfFile { advance() }
      return true
    }
    tree.versionSpan = SourceSpan(start.span.start, token.span.end)
    guard integerMagnitude(token.span) == 1 else {
      let version = source.text(token.span)
      _ = fail(
        Diagnostic(
          "version \(version) of the language is not known", at: token.span,
          help: "this jit-grad reads version 1"))
      return false
    }
    advance()
    if !token.startsLine, !take(.semicolon), token.kind != .endOfFile {
      _ = expected("a new line behind the version")
      while !token.startsLine, token.kind != .endOfFile { advance() }
    }
    return true
  }

  /// The current token is a name that means `func` in another language, or nearly.
  private var isMisspelledFunction: Bool {
    guard token.kind == .identifier, token.startsLine else { return false }
    let word = source.text(token.span)
    let others = ["def", "fn", "function", "fun", "define", "defn", "proc", "sub"]
    return others.contains(word) || Suggestion.closest(to: word, in: ["func"]) != nil
  }

  /// What stands between functions is a mistake.
  private mutating func rejectBetweenFunctions() {
    if token.kind == .rightBrace {
      _ = fail(Diagnostic("this '}' closes nothing", at: token.span, help: "delete it"))
    } else {
      let isStatement = token.kind == .identifier
      _ = expected(
        "'func'", at: .here,
        help: isStatement ? "statements stand in the braces of a function" : nil)
    }
    skipToNextFunction()
  }

  private mutating func skipToNextFunction() {
    repeat {
      advance()
    } while token.kind != .endOfFile
      && !(token.startsLine && (token.kind == .keyword(.func) || beginsRule))
  }

  private mutating func parseFunction() {
    let start = token.span.start
    var function = FunctionSyntax(
      name: lexer.names.intern(""), parameters: [], results: [],
      body: Block(statements: []), isInvalid: true)
    do throws(Recovery) {
      let errorCount = lexer.log.diagnostics.count
      if beginsRule { function.rules = try parseRules() }
      advance()
      try parseHeader(&function)
      function.isInvalid = lexer.log.diagnostics.count > errorCount
      if function.isInvalid { function.headerNames = names(from: start) }
      try expectBlock("the body of the function")
      function.body = parseBlock()
    } catch {
      skipHeader()
      function.isInvalid = true
      function.headerNames = names(from: start)
      if token.kind == .leftBrace { function.body = parseBlock() }
    }
    function.span = SourceSpan(start, previous.span.end)
    tree.functions.append(function)
  }

  /// The names between a place and the current token.
  private func names(from start: Int) -> Set<NameID> {
    var lexer = lexer
    lexer.position = start
    var names: Set<NameID> = []
    while lexer.position < token.span.start {
      let token = lexer.next()
      if token.kind == .identifier { names.insert(token.name) }
    }
    return names
  }

  private mutating func parseHeader(_ function: inout FunctionSyntax) throws(Recovery) {
    guard token.kind == .identifier else {
      throw expected("the name of the function", help: reservedNameHelp)
    }
    function.name = token.name
    function.nameSpan = token.span
    advance()
    guard token.kind == .leftParenthesis else {
      throw expected("'(' and the parameters of the function")
    }
    var start = token.span.start
    function.parameters = try parseBindings("after a parameter", .parameter)
    function.parameterSpan = SourceSpan(start, previous.span.end)
    guard take(.arrow) else {
      throw expected("'->' and the results of the function", help: "write -> (y: f64)")
    }
    guard token.kind == .leftParenthesis else {
      throw expected("'(' and the names of the results", help: "results have names: -> (y: f64)")
    }
    start = token.span.start
    function.results = try parseBindings("after a result", .result)
    function.resultSpan = SourceSpan(start, previous.span.end)
    if take(.keyword(.where)) {
      openBrackets += 1
      repeat {
        function.constraints.append(try parseConstraint())
      } while take(.comma)
      openBrackets -= 1
    }
  }

  /// The '{' of a block. Where only that is missing in front of a line, the mistake is reported, and
  /// the block is read all the same: what else is wrong in it is told, too.
  mutating func expectBlock(_ what: String, help: String? = nil) throws(Recovery) {
    if token.kind == .leftBrace { return }
    let mistake = expected("'{' and \(what)", help: help)
    switch token.kind {
    case .rightBrace, .endOfFile, .keyword(.func): throw mistake
    default: if !token.startsLine { throw mistake }
    }
  }

  /// Parameters or results in parentheses; a mistake costs one of them.
  private mutating func parseBindings(
    _ what: String, _ place: BindingPlace
  ) throws(Recovery) -> [Binding] {
    try list(what, close: .rightParenthesis) { parser throws(Recovery) in
      let (brackets, nesting) = (parser.openBrackets, parser.nesting)
      do throws(Recovery) {
        return try parser.parseBinding(place)
      } catch {
        guard parser.skipBinding(inside: parser.openBrackets - brackets) else { throw error }
        (parser.openBrackets, parser.nesting) = (brackets, nesting)
        return Binding(name: parser.previous.name)
      }
    }
  }

  /// Skips to the comma or parenthesis behind a binding; false if there is none in this header.
  /// - Parameter depth: brackets that the binding has opened.
  private mutating func skipBinding(inside depth: Int) -> Bool {
    var depth = depth
    while depth > 0 || (token.kind != .comma && token.kind != .rightParenthesis) {
      switch token.kind {
      case .endOfFile, .leftBrace, .rightBrace, .arrow, .keyword(.func), .keyword(.where):
        return false
      case _ where token.kind.isOpening: depth += 1
      case _ where token.kind.isClosing: depth -= 1
      default: break
      }
      advance()
    }
    return true
  }

  /// Skips what is left of a header with a mistake in it.
  private mutating func skipHeader() {
    openBrackets = 0
    nesting = 0
    while token.kind != .leftBrace, token.kind != .rightBrace, token.kind != .endOfFile,
      !(token.startsLine && token.kind == .keyword(.func))
    {
      advance()
    }
    if token.kind == .rightBrace { advance() }
  }

  /// `{ line … }`; the current token is the `{`, or where that was missed the first one of a line.
  /// Never fails: mistakes cost one line.
  mutating func parseBlock(_ place: BlockPlace = .function) -> Block {
    let open = token
    let outer = (openBrackets, openBraces, blockNesting, targets, continuation)
    openBrackets = 0
    openBraces = 0
    blockNesting = nesting
    defer { (openBrackets, openBraces, blockNesting, targets, continuation) = outer }
    let isOpened = take(.leftBrace)
    var block = Block(statements: [])
    while true {
      while take(.semicolon) {}
      var isClosed = false
      switch token.kind {
      case .rightBrace:
        advance()
        isClosed = true
      case .endOfFile:
        if isOpened { _ = notClosed(block: open) }
        isClosed = true
      case .keyword(.func) where token.startsLine:
        if isOpened { _ = notClosed(block: open) }
        isClosed = true
      default:
        if place == .function {
          block.statements.append(parseStatement())
        } else {
          parseLine(of: &block, place)
        }
      }
      if isClosed {
        block.span = SourceSpan(open.span.start, previous.span.end)
        return block
      }
    }
  }

  private mutating func notClosed(block open: Token) -> Recovery {
    let label = Diagnostic.Label("'{' was opened here", at: open.span)
    guard !lexer.log.isFull else { return Recovery() }
    return fail(
      Diagnostic(
        "expected '}' before \(token.kind == .endOfFile ? found() : "'func'")",
        at: SourceSpan(previous.span.end, previous.span.end), labels: [label]))
  }

  /// What to do if the current token is a reserved word where a name should stand.
  var reservedNameHelp: String? {
    guard case .keyword(let word) = token.kind, !isAtStatementEnd else { return nil }
    return "a name that is a reserved word stands in backquotes: `\(word.spelling)`"
  }
}
