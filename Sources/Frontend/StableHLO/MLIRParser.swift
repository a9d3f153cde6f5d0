// The parser of StableHLO text: modules, functions and blocks. What an operation looks like is in
// MLIRParserOperations.swift, attributes and types in MLIRParserAttributes.swift.

/// Parses one file. Everything that is wrong is collected; an operation that cannot be read is
/// left out, and reading goes on at the next line that looks like one.
struct MLIRParser {
  let limits: ParseLimits
  var lexer: MLIRLexer
  var token: MLIRToken
  var module = MLIRModule()
  var log: DiagnosticLog
  /// Where the token before this one ends.
  private(set) var previousEnd = 0
  private var depth = 0

  static func parse(
    _ source: SourceFile, limits: ParseLimits = ParseLimits()
  ) -> (module: MLIRModule, diagnostics: [Diagnostic]) {
    var parser = MLIRParser(source, limits)
    parser.parseFile()
    return (parser.module, parser.log.sorted())
  }

  private init(_ source: SourceFile, _ limits: ParseLimits) {
    let (lexer, errors) = MLIRLexer.open(source, limits: limits)
    self.limits = limits
    self.lexer = lexer
    log = DiagnosticLog(limit: limits.errorCount)
    for error in errors { log.report(error) }
    token = self.lexer.next()
  }

  // MARK: - Tokens

  mutating func advance() {
    previousEnd = token.span.end
    token = lexer.next()
  }

  func text(_ span: SourceSpan) -> String {
    String(decoding: lexer.bytes[span.start..<span.end], as: UTF8.self)
  }

  func isWord(_ word: StaticString) -> Bool {
    guard token.kind == .identifier else { return false }
    let span = token.span
    guard span.end - span.start == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { $0.elementsEqual(lexer.bytes[span.start..<span.end]) }
  }

  /// The token behind this one.
  var following: MLIRToken {
    var ahead = lexer
    return ahead.next()
  }

  mutating func takes(_ sign: Unicode.Scalar) -> Bool {
    guard token.isSign(sign) else { return false }
    advance()
    return true
  }

  mutating func takes(word: StaticString) -> Bool {
    guard isWord(word) else { return false }
    advance()
    return true
  }

  mutating func expect(_ sign: Unicode.Scalar, _ place: String) throws(Diagnostic) {
    if !takes(sign) { throw expected("'\(sign)' \(place)") }
  }

  func expected(_ what: String) -> Diagnostic {
    let found: String
    switch token.kind {
    case .endOfFile: found = "the end of the file"
    case .invalid: found = "what is no word: it does not end on its line, or is no ASCII"
    default: found = "'\(text(token.span).prefix(40))'"
    }
    return Diagnostic("expected \(what), found \(found)", at: token.span)
  }

  /// Runs `body` one level deeper.
  mutating func nested<R>(
    _ body: (inout MLIRParser) throws(Diagnostic) -> R
  ) throws(Diagnostic) -> R {
    guard depth < limits.nestingDepth else {
      throw Diagnostic("more than \(limits.nestingDepth) levels of nesting", at: token.span)
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  /// The name of a token with a sign in front: `%x` is `x`.
  mutating func name(of token: MLIRToken) -> NameID {
    module.names.intern(lexer.bytes, token.span.start + 1..<token.span.end)
  }

  // MARK: - The file

  private mutating func parseFile() {
    while token.kind != .endOfFile, !log.isFull {
      let start = token.span.start
      do {
        try parseTopLevel()
      } catch {
        report(error)
        recover(from: start)
        // What closes nothing was reported with what did not open it.
        while token.isSign("}") { advance() }
      }
    }
  }

  mutating func report(_ diagnostic: Diagnostic) { log.report(diagnostic) }

  private mutating func parseTopLevel() throws(Diagnostic) {
    if token.kind == .hash, following.isSign("=") {
      let name = name(of: token)
      advance()
      advance()
      module.aliases[name] = try attribute()
      return
    }
    if token.isSign("{"), following.isSign("-") { return try skipResources() }
    if takes(word: "module") || takes(word: "builtin.module") {
      if token.kind == .symbol { advance() }
      if takes(word: "attributes") { _ = try dictionary() }
      let block = try region([])
      try skipLocation()
      return add(block.operations)
    }
    if token.kind == .identifier || token.kind == .string || token.kind == .value {
      return add([try operation()].compactMap { $0 })
    }
    throw expected("a module or a function")
  }

  /// The functions among the operations of a module.
  private mutating func add(_ operations: [MLIROperation]) {
    for operation in operations {
      if operation.name == "builtin.module" {
        add(operation.regions.flatMap(\.operations))
      } else if operation.name == "func.func" {
        if let function = function(operation) { module.functions.append(function) }
      } else if operation.name.hasPrefix("sdy.") || !log.diagnostics.isEmpty {
        // Meshes say where things run, not what they are; and what stands behind a mistake may be
        // the inside of a function.
      } else {
        report(
          Diagnostic(
            "a module holds functions, found \(operation.name)", at: operation.span))
      }
    }
  }

  /// A function in generic form or as the pretty form left it.
  private mutating func function(_ operation: MLIROperation) -> MLIRFunction? {
    func find(_ name: String) -> MLIRAttribute.Kind? {
      operation.attributes.first { $0.name == name }?.value.kind
    }
    guard case .string(let name)? = find("sym_name"), let body = operation.regions.first else {
      report(Diagnostic("a function needs a name and a body", at: operation.span))
      return nil
    }
    func dictionaries(_ name: String) -> [[MLIRNamedAttribute]] {
      guard case .list(let list)? = find(name) else { return [] }
      return list.map { if case .dictionary(let entries) = $0.kind { entries } else { [] } }
    }
    var resultTypes: [MLIRType] = []
    if case .function(_, let results)? = find("function_type") { resultTypes = results }
    var isPrivate = false
    if case .string("private")? = find("sym_visibility") { isPrivate = true }
    return MLIRFunction(
      name: name, nameSpan: operation.span, isPrivate: isPrivate, resultTypes: resultTypes,
      argumentAttributes: dictionaries("arg_attrs"), resultAttributes: dictionaries("res_attrs"),
      body: body)
  }

  /// `{-# … #-}` behind a module, where large constants may lie.
  private mutating func skipResources() throws(Diagnostic) {
    while token.kind != .endOfFile {
      if token.isSign("-"), following.isSign("}") {
        advance()
        advance()
        return
      }
      advance()
    }
  }

  // MARK: - Blocks

  /// `{ ^bb0(%a: type): operations }`
  mutating func region(_ arguments: [MLIRArgument]) throws(Diagnostic) -> MLIRBlock {
    let start = token.span.start
    try expect("{", "before the operations of a region")
    var block = MLIRBlock(arguments: arguments)
    if token.kind == .block {
      advance()
      if takes("(") {
        block.arguments = try list(until: ")") { parser throws(Diagnostic) in
          try parser.argument()
        }
      }
      try expect(":", "behind the arguments of a block")
    }
    let parsed = try nested { parser throws(Diagnostic) in try parser.operations() }
    block.operations = parsed
    block.span = SourceSpan(start, token.span.end)
    if !takes("}") {
      throw expected("an operation or '}'")
    }
    return block
  }

  private mutating func operations() throws(Diagnostic) -> [MLIROperation] {
    var operations: [MLIROperation] = []
    while !token.isSign("}"), token.kind != .endOfFile, !log.isFull {
      let start = token.span.start
      if token.kind == .block {
        throw Diagnostic(
          "a region with more than one block is not supported", at: token.span,
          help: "control flow is while, case and if", isUnsupported: true)
      }
      do {
        module.operationCount += 1
        if let operation = try operation() { operations.append(operation) }
      } catch {
        report(error)
        recover(from: start)
      }
    }
    return operations
  }

  /// Goes on at the next line that begins like an operation or ends a block, behind the word at
  /// `start`, where reading began.
  private mutating func recover(from start: Int) {
    if token.span.start == start { advance() }
    var open = 0
    while token.kind != .endOfFile {
      if token.startsLine, open <= 0 {
        switch token.kind {
        case .value, .identifier, .string, .hash: return
        case .sign(UInt8(ascii: "}")): return
        default: break
        }
      }
      if token.isSign("{") { open += 1 }
      if token.isSign("}") { open -= 1 }
      advance()
    }
  }

  /// `%name: type {attributes} loc(…)`
  mutating func argument() throws(Diagnostic) -> MLIRArgument {
    guard token.kind == .value else { throw expected("an argument: %name: type") }
    var argument = MLIRArgument(
      name: name(of: token), span: token.span, type: MLIRType(element: .bool))
    advance()
    try expect(":", "between an argument and its type")
    argument.type = try type()
    argument.location = try location()
    return argument
  }

  /// `item, item, …` up to a closing sign.
  mutating func list<R>(
    until sign: Unicode.Scalar, _ item: (inout MLIRParser) throws(Diagnostic) -> R
  ) throws(Diagnostic) -> [R] {
    var items: [R] = []
    while !takes(sign) {
      if !items.isEmpty {
        try expect(",", "or '\(sign)' in this list")
      }
      items.append(try item(&self))
    }
    return items
  }
}
