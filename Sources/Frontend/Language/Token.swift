// The words of the graph language, and how messages call them.

/// One word of a graph file.
package struct Token: Sendable {
  package enum Kind: Sendable, Hashable {
    case identifier
    case keyword(Keyword)
    case integer, float, string
    case binary(BinaryOperator)
    case exclamation, equals, arrow, comma, colon, semicolon, ellipsis, range
    /// `?`, directly behind `[`.
    case question
    case leftParenthesis, rightParenthesis
    case leftBracket, rightBracket
    case leftBrace, rightBrace
    /// Not a word of the language; already reported.
    case invalid
    case endOfFile

    /// A bracket in which newlines do not count.
    package var isOpening: Bool { self == .leftParenthesis || self == .leftBracket }
    package var isClosing: Bool { self == .rightParenthesis || self == .rightBracket }
  }

  package let kind: Kind
  /// The first token of its line. Newlines are no tokens: the parser knows where they count.
  package let startsLine: Bool
  package let span: SourceSpan
  /// Of identifiers and keywords; without meaning for the others.
  package let name: NameID
}

extension Token.Kind {
  /// The spelling of a token that is always spelled the same.
  package var spelling: String? {
    switch self {
    case .identifier, .integer, .float, .string, .invalid, .endOfFile: nil
    case .keyword(let word): word.spelling
    case .binary(let binary): binary.spelling
    case .exclamation: "!"
    case .equals: "="
    case .arrow: "->"
    case .comma: ","
    case .colon: ":"
    case .semicolon: ";"
    case .ellipsis: "..."
    case .range: "..<"
    case .question: "?"
    case .leftParenthesis: "("
    case .rightParenthesis: ")"
    case .leftBracket: "["
    case .rightBracket: "]"
    case .leftBrace: "{"
    case .rightBrace: "}"
    }
  }
}

/// What a graph file may cost.
package struct ParseLimits: Sendable {
  package var byteCount = 64 << 20
  package var tokenCount = 32 << 20
  /// Brackets, blocks, prefix operators and powers inside one another.
  package var nestingDepth = 256
  package var errorCount = 100

  package init() {}
}
