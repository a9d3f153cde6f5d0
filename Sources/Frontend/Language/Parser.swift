// Tokens to a syntax tree: the state of the parser, what it expects and how it goes on after a
// mistake. Grammar: docs/language.md; declarations, statements, types and expressions are read
// in the files Parser….swift. Names, types and shapes are judged by the elaborator.

/// What became of a file: a tree in any case, with `.invalid` expressions where mistakes stood.
package struct ParseResult: Sendable {
  package let tree: SyntaxTree
  /// By position; empty if the file is well formed.
  package let diagnostics: [Diagnostic]
}

extension SyntaxTree {
  /// Parses a graph file and finds all its mistakes.
  /// - Complexity: linear in the length of the file.
  package static func parse(_ source: SourceFile, limits: ParseLimits = .init()) -> ParseResult {
    var parser = Parser(source, limits: limits)
    parser.parseFile()
    parser.tree.names = parser.lexer.names
    parser.tree.comments = parser.lexer.comments
    return ParseResult(tree: parser.tree, diagnostics: parser.lexer.log.sorted())
  }
}

/// Thrown when a construct cannot be finished; the mistake has been reported.
struct Recovery: Error {}

struct Parser {
  var lexer: Lexer
  var tree = SyntaxTree()
  var token: Token
  /// The token before.
  var previous: Token
  /// Open `(` and `[` of the current block: inside, newlines do not count.
  var openBrackets = 0
  var nesting = 0
  /// The nesting of the block that is being read.
  var blockNesting = 0
  /// Open `{` of switches in the current block.
  var openBraces = 0
  /// The operator at the end of the last line that was continued by one.
  var continuation: Token?
  /// Where a number stands that has a minus sign in front.
  var negatedNumber = -1
  /// Where the line of a block begins that is being read: newlines before it do not count.
  var lineStart = -1
  /// The targets of the statement that is being read.
  var targets: [Binding] = []

  init(_ source: SourceFile, limits: ParseLimits) {
    lexer = Lexer(source, limits: limits)
    tree.source = source
    token = lexer.next()
    previous = token
  }

  var source: SourceFile { lexer.source }

  mutating func advance() {
    previous = token
    token = lexer.next()
  }

  /// Goes on if the current token is `kind`.
  mutating func take(_ kind: Token.Kind) -> Bool {
    guard token.kind == kind else { return false }
    advance()
    return true
  }

  /// The current token cannot belong to the statement before it.
  var isAtStatementEnd: Bool {
    switch token.kind {
    case .endOfFile, .rightBrace, .semicolon: true
    default: token.startsLine && openBrackets == 0
    }
  }

  // MARK: Mistakes

  /// Reports a mistake at the current token, unless the lexer has reported that token or the one
  /// before, which may be the cause.
  mutating func fail(_ diagnostic: Diagnostic) -> Recovery {
    if token.kind != .invalid, previous.kind != .invalid { lexer.report(diagnostic) }
    return Recovery()
  }

  /// Where something is missing: at the current token, or behind the previous one if the current
  /// one is on another line.
  enum MissingPlace {
    case here, behindPrevious
  }

  /// "expected …, found …"
  mutating func expected(
    _ what: String, at place: MissingPlace = .behindPrevious, labels: [Diagnostic.Label] = [],
    help: String? = nil
  ) -> Recovery {
    let isBehind = token.kind == .endOfFile || (token.startsLine && place == .behindPrevious)
    let end = previous.span.end
    let span = isBehind ? SourceSpan(end, end) : token.span
    return fail(
      Diagnostic(
        "expected \(what), found \(found(at: place))", at: span, labels: labels, help: help))
  }

  /// How messages call the current token.
  func found(at place: MissingPlace = .behindPrevious) -> String {
    let isOnNewLine = token.startsLine && place == .behindPrevious
    switch token.kind {
    case .endOfFile: return "the end of the file"
    case _ where isOnNewLine && openBrackets == 0: return "the end of the line"
    case .keyword(let word): return "the reserved word '\(word.spelling)'"
    case .string: return "a string"
    default: return "'\(source.text(token.span))'" + (isOnNewLine ? " on a new line" : "")
    }
  }

  /// Counts one level of nesting; `leave` when it ends. An error resets the count.
  mutating func enter() throws(Recovery) {
    nesting += 1
    guard nesting <= lexer.limits.nestingDepth else {
      throw fail(
        Diagnostic(
          "this is nested more than \(lexer.limits.nestingDepth) levels deep", at: token.span,
          help: "bind inner parts to names of their own"))
    }
  }

  mutating func leave() { nesting -= 1 }

  /// Skips to the end of a statement that began at `start` and cannot be finished.
  ///
  /// Brackets that were opened keep newlines from counting, but a bracket may be what was
  /// forgotten: a line that is indented no more than the statement begins another one. No
  /// statement begins with an operator.
  mutating func skipStatement(from start: Int) {
    var depth = openBrackets
    var braces = openBraces
    openBrackets = 0
    openBraces = 0
    nesting = blockNesting
    let margin = source.indentation(at: start)
    while token.kind != .endOfFile {
      if token.kind == .keyword(.func), token.startsLine { return }
      if braces == 0 {
        if token.kind == .rightBrace || (token.kind == .semicolon && depth == 0) { return }
        if token.startsLine, token.span.start > start, canBeginStatement,
          depth == 0 || source.indentation(at: token.span.start) <= margin
        {
          return
        }
      }
      switch token.kind {
      case .leftBrace: braces += 1
      case .rightBrace: braces -= 1
      case _ where token.kind.isOpening: depth += 1
      case _ where token.kind.isClosing: depth = max(0, depth - 1)
      default: break
      }
      advance()
    }
  }

  private var canBeginStatement: Bool {
    if case .binary = token.kind { return false }
    return !token.kind.isClosing
  }

  // MARK: Lists

  /// `open item, item close`, or with a comma behind the last one; `open` is the current token.
  /// - Parameter what: what an item is, for messages.
  mutating func list<Item>(
    _ what: String, close: Token.Kind,
    item: (inout Parser) throws(Recovery) -> Item
  ) throws(Recovery) -> [Item] {
    let open = token
    try enter()
    openBrackets += 1
    advance()
    var items: [Item] = []
    while token.kind != close {
      items.append(try item(&self))
      if token.kind == close { break }
      guard take(.comma) else { throw notClosed(open, what, close) }
    }
    openBrackets -= 1
    advance()
    leave()
    return items
  }

  /// Something else stands where a list or parentheses should go on or end.
  mutating func notClosed(_ open: Token, _ what: String, _ close: Token.Kind) -> Recovery {
    let opening = open.kind.spelling ?? ""
    let closing = close.spelling ?? ""
    let label = Diagnostic.Label("'\(opening)' was opened here", at: open.span)
    if token.kind == .equals {
      return expected("',' or '\(closing)' \(what)", labels: [label], help: "'==' compares")
    }
    return expected("',' or '\(closing)' \(what)", labels: [label])
  }
}
