// Bytes to tokens, one at a time. Comments are put aside for the formatter; misspelled operators
// are reported here and read as what was meant, so that the parser does not stumble over them.
// Numbers, strings and misspellings are read in LexerLiterals.swift and LexerMistakes.swift.

/// A comment, from `#` to the end of its line.
package struct Comment: Sendable, Hashable {
  package let span: SourceSpan
}

/// Reads the tokens of one file.
struct Lexer {
  let source: SourceFile
  /// The text of the file, characters that are not allowed replaced by spaces.
  let bytes: [UInt8]
  let limits: ParseLimits
  let operators = OperatorSpellings.shared
  var position: Int
  var tokenCount = 0
  var names = NameTable()
  var comments: [Comment] = []
  var log: DiagnosticLog

  init(_ source: SourceFile, limits: ParseLimits) {
    self.source = source
    self.limits = limits
    log = DiagnosticLog(limit: limits.errorCount)
    position = source.byteOrderMarkCount
    let (text, errors) = source.text(limits)
    for error in errors { log.report(error) }
    bytes = text
  }

  /// The byte at `offset`, 0 behind the end of the file.
  @inline(__always)
  func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  /// The next token; at the end of the file `.endOfFile`, again and again.
  mutating func next() -> Token {
    var startsLine = position <= source.byteOrderMarkCount
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0D: position += 1
      case 0x0A:
        startsLine = true
        position += 1
      case UInt8(ascii: "#"): skipComment()
      default: return token(startsLine: startsLine)
      }
    }
    return make(.endOfFile, from: bytes.count, startsLine: startsLine)
  }

  private mutating func token(startsLine: Bool) -> Token {
    let start = position
    tokenCount += 1
    guard tokenCount <= limits.tokenCount, !log.isFull else {
      if tokenCount == limits.tokenCount + 1 {
        let message = "the file has more than \(limits.tokenCount) words and signs"
        report(Diagnostic(message, at: SourceSpan(start, start + 1)))
      }
      position = bytes.count
      return make(.endOfFile, from: bytes.count, startsLine: startsLine)
    }
    let first = bytes[start]
    if isIdentifierStart(first) { return identifier(startsLine: startsLine) }
    let kind =
      switch first {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number()
      case UInt8(ascii: "\""): string()
      case UInt8(ascii: "`"): quotedName()
      default: sign(first)
      }
    return make(kind, from: start, startsLine: startsLine)
  }

  private mutating func identifier(startsLine: Bool) -> Token {
    let start = position
    repeat { position += 1 } while isIdentifierPart(byte(position))
    while byte(position) == UInt8(ascii: "."), isIdentifierPart(byte(position + 1)) {
      repeat { position += 1 } while isIdentifierPart(byte(position))
    }
    let name = names.intern(bytes, start..<position)
    let kind = names.keyword(name).map(Token.Kind.keyword) ?? .identifier
    return Token(
      kind: kind, startsLine: startsLine, span: SourceSpan(start, position), name: name)
  }

  private mutating func sign(_ first: UInt8) -> Token.Kind {
    let second = byte(position + 1)
    let third = byte(position + 2)
    func take(_ kind: Token.Kind, _ count: Int) -> Token.Kind {
      position += count
      return kind
    }
    switch first {
    case UInt8(ascii: "("): return take(.leftParenthesis, 1)
    case UInt8(ascii: ")"): return take(.rightParenthesis, 1)
    case UInt8(ascii: "["): return take(.leftBracket, 1)
    case UInt8(ascii: "]"): return take(.rightBracket, 1)
    case UInt8(ascii: "{"): return take(.leftBrace, 1)
    case UInt8(ascii: "}"): return take(.rightBrace, 1)
    case UInt8(ascii: ","): return take(.comma, 1)
    case UInt8(ascii: ";"): return take(.semicolon, 1)
    default: break
    }
    if let kind = misspelledOperator() { return kind }
    if first == UInt8(ascii: "-"), second == UInt8(ascii: ">") { return take(.arrow, 2) }
    if first == UInt8(ascii: "."), second == first, third == first { return take(.ellipsis, 3) }
    if first == UInt8(ascii: "."), second == first, third == UInt8(ascii: "<") {
      return take(.range, 3)
    }
    if let found = operators.match(first, second) {
      return take(.binary(found.operator), found.byteCount)
    }
    switch first {
    case UInt8(ascii: "="): return take(.equals, 1)
    case UInt8(ascii: ":"): return take(.colon, 1)
    case UInt8(ascii: "!"): return take(.exclamation, 1)
    // The extent of a stack; a long type may be broken in front of it.
    case UInt8(ascii: "?")
    where bytes[..<position].last { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "["):
      return take(.question, 1)
    default: return strayCharacter()
    }
  }

  private mutating func skipComment() {
    let start = position
    while position < bytes.count, bytes[position] != 0x0A { position += 1 }
    comments.append(Comment(span: SourceSpan(start, position)))
  }

  /// `` `any text` ``
  private mutating func quotedName() -> Token.Kind {
    let start = position
    position += 1
    while position < bytes.count, bytes[position] != UInt8(ascii: "`"), bytes[position] != 0x0A {
      position += 1
    }
    let span = SourceSpan(start, position)
    guard byte(position) == UInt8(ascii: "`") else {
      report(
        Diagnostic("this name in backquotes does not end on its line", at: span, help: "add '`'"))
      return .invalid
    }
    position += 1
    guard span.end > span.start + 1 else {
      report(
        Diagnostic("a name cannot be empty", at: span, help: "write a name between the backquotes"))
      return .invalid
    }
    return .identifier
  }

  private mutating func make(_ kind: Token.Kind, from start: Int, startsLine: Bool) -> Token {
    let span = SourceSpan(start, position)
    var name = NameID(index: 0)
    // Bare identifiers have been dealt with: this one stands in backquotes.
    if kind == .identifier { name = names.intern(bytes, (start + 1)..<(position - 1)) }
    return Token(kind: kind, startsLine: startsLine, span: span, name: name)
  }

  mutating func report(_ diagnostic: Diagnostic) { log.report(diagnostic) }
}
