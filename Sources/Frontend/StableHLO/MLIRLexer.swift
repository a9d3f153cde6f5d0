// Bytes to the words of MLIR text, one at a time and from any place: types are read letter by
// letter (`2x3xf32`), after which the lexer goes on where they end.

/// One word of a file.
struct MLIRToken {
  enum Kind: Equatable {
    /// `stablehlo.add`, `dense`, `f32`
    case identifier
    /// `%0`, `@main`, `^bb0`, `#loc1`, `!token`
    case value, symbol, block, hash, type
    case integer, float, string
    case arrow
    case sign(UInt8)
    case endOfFile
    case invalid
  }

  var kind: Kind
  var span: SourceSpan
  /// The first token of its line.
  var startsLine: Bool

  func isSign(_ sign: Unicode.Scalar) -> Bool { kind == .sign(UInt8(ascii: sign)) }
}

/// Reads the tokens of one file.
struct MLIRLexer {
  let source: SourceFile
  /// The text, characters that are not allowed replaced by spaces.
  let bytes: [UInt8]
  var position: Int
  /// Where the last token ended.
  private(set) var lastEnd = 0

  /// - Returns: the lexer, and what is wrong with the characters of the file.
  static func open(
    _ source: SourceFile, limits: ParseLimits
  ) -> (lexer: MLIRLexer, errors: [Diagnostic]) {
    let (text, errors) = source.text(limits)
    return (MLIRLexer(source, text), errors)
  }

  private init(_ source: SourceFile, _ bytes: [UInt8]) {
    self.source = source
    self.bytes = bytes
    position = source.byteOrderMarkCount
  }

  @inline(__always)
  func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

  /// The next token; at the end of the file `.endOfFile`, again and again.
  mutating func next() -> MLIRToken {
    var startsLine = position <= source.byteOrderMarkCount
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0D: position += 1
      case 0x0A:
        startsLine = true
        position += 1
      case UInt8(ascii: "/") where byte(position + 1) == UInt8(ascii: "/"):
        while position < bytes.count, bytes[position] != 0x0A { position += 1 }
      default:
        let start = position
        let kind = token()
        lastEnd = position
        return MLIRToken(kind: kind, span: SourceSpan(start, position), startsLine: startsLine)
      }
    }
    // What is missing at the end is missing behind the last word.
    return MLIRToken(
      kind: .endOfFile, span: SourceSpan(lastEnd, lastEnd), startsLine: startsLine)
  }

  private mutating func token() -> MLIRToken.Kind {
    let first = bytes[position]
    if isIdentifierStart(first) {
      skipName()
      return .identifier
    }
    if isDigit(first) { return number() }
    switch first {
    case UInt8(ascii: "%"): return prefixed(.value)
    case UInt8(ascii: "^"): return prefixed(.block)
    case UInt8(ascii: "#"): return prefixed(.hash)
    case UInt8(ascii: "!"): return prefixed(.type)
    case UInt8(ascii: "@"):
      if byte(position + 1) == UInt8(ascii: "\"") {
        position += 1
        return string() == .string ? .symbol : .invalid
      }
      return prefixed(.symbol)
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "-") where byte(position + 1) == UInt8(ascii: ">"):
      position += 2
      return .arrow
    default:
      let (_, count) = source.character(at: position)
      position += count
      return count == 1 ? .sign(first) : .invalid
    }
  }

  /// `[A-Za-z0-9_$.]*`
  private mutating func skipName() {
    while true {
      let byte = byte(position)
      guard
        isIdentifierPart(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "$")
      else { return }
      position += 1
    }
  }

  private mutating func prefixed(_ kind: MLIRToken.Kind) -> MLIRToken.Kind {
    let sign = bytes[position]
    position += 1
    let start = position
    skipName()
    if position > start { return kind }
    // `#stablehlo<…>` has a name; a lone sign may open something that is skipped.
    return .sign(sign)
  }

  private mutating func number() -> MLIRToken.Kind {
    if byte(position) == UInt8(ascii: "0"), byte(position + 1) == UInt8(ascii: "x"),
      hexadecimalValue(byte(position + 2)) != nil
    {
      position += 2
      while hexadecimalValue(byte(position)) != nil { position += 1 }
      return .integer
    }
    var kind = MLIRToken.Kind.integer
    while isDigit(byte(position)) { position += 1 }
    if byte(position) == UInt8(ascii: ".") {
      kind = .float
      position += 1
      while isDigit(byte(position)) { position += 1 }
    }
    if byte(position) | 0x20 == UInt8(ascii: "e") {
      let sign = byte(position + 1)
      let isSigned = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
      if isDigit(byte(position + (isSigned ? 2 : 1))) {
        kind = .float
        position += isSigned ? 2 : 1
        while isDigit(byte(position)) { position += 1 }
      }
    }
    return kind
  }

  private mutating func string() -> MLIRToken.Kind {
    position += 1
    while position < bytes.count, bytes[position] != 0x0A {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return .string
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
    position = min(position, bytes.count)
    return .invalid
  }
}
