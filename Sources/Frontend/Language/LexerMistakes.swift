// Signs of other languages and of typesetting: reported with what to write instead, and read as
// what was meant where that is clear.

extension Lexer {
  /// A sign that means something else here or nothing, and what is meant.
  private struct Misspelling {
    let text: [UInt8]
    let meant: Token.Kind
    let help: String

    init(_ text: String, _ meant: Token.Kind, _ help: String) {
      self.text = Array(text.utf8)
      self.meant = meant
      self.help = help
    }
  }

  /// Of signs that begin alike the longer one stands first.
  private static let misspellings: [Misspelling] = [
    Misspelling("**", .binary(.power), "write '^' for powers"),
    Misspelling("&&", .binary(.and), "write '&' for and"),
    Misspelling("||", .binary(.or), "write '|' for or"),
    Misspelling("===", .binary(.equal), "write '==' to compare"),
    Misspelling("!==", .binary(.notEqual), "write '!=' to compare"),
    Misspelling("=<", .binary(.lessOrEqual), "write '<=' to compare"),
    Misspelling("=>", .binary(.greaterOrEqual), "write '>=' to compare"),
    Misspelling("<>", .binary(.notEqual), "write '!=' to compare"),
    Misspelling(":=", .equals, "write '=' to bind a name"),
    Misspelling("~", .exclamation, "write '!' for not"),
    Misspelling("−", .binary(.subtract), "write the ASCII minus '-'"),
    Misspelling("–", .binary(.subtract), "write the ASCII minus '-'"),
    Misspelling("×", .binary(.multiply), "write '*' for products"),
    Misspelling("·", .binary(.multiply), "write '*' for products"),
    Misspelling("÷", .binary(.divide), "write '/' for quotients"),
    Misspelling("≤", .binary(.lessOrEqual), "write '<=' to compare"),
    Misspelling("≥", .binary(.greaterOrEqual), "write '>=' to compare"),
    Misspelling("≠", .binary(.notEqual), "write '!=' to compare"),
    Misspelling("→", .arrow, "write '->'"),
    Misspelling("…", .ellipsis, "write '...'"),
  ]

  private static let quotes = ["'", "‘", "’", "“", "”", "„", "«", "»"]

  /// One of the misspelled signs, if it stands at the position.
  mutating func misspelledOperator() -> Token.Kind? {
    // Every one of them has one of these bytes second, or is not ASCII.
    let second = byte(position + 1)
    switch byte(position) {
    case 0x80..., UInt8(ascii: "~"): break
    default:
      switch second {
      case UInt8(ascii: "*"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "="),
        UInt8(ascii: "<"), UInt8(ascii: ">"):
        break
      default: return nil
      }
    }
    for sign in Lexer.misspellings where starts(with: sign.text) {
      let span = SourceSpan(position, position + sign.text.count)
      report(Diagnostic("there is no operator '\(source.text(span))'", at: span, help: sign.help))
      position = span.end
      return sign.meant
    }
    return nil
  }

  /// A character that starts no word of the language: reported and consumed.
  mutating func strayCharacter() -> Token.Kind {
    let start = position
    let character = source.character(at: start)
    let text = character.scalar.map { String($0) } ?? ""
    position += character.byteCount
    if Lexer.quotes.contains(text) { return foreignString(from: start) }
    if character.scalar?.properties.isAlphabetic == true { return foreignName(from: start) }
    let span = SourceSpan(start, position)
    if text == ".", isDigit(byte(position)) {
      guard number() != .invalid else { return .invalid }
      let digits = source.text(SourceSpan(start, position))
      report(
        Diagnostic(
          "a number needs a digit before the point", at: SourceSpan(start, position),
          help: "write 0\(digits)"))
      return .invalid
    }
    report(
      Diagnostic(
        "'\(text)' is not part of the language", at: span,
        help: text == "$" || text == "?" ? "names are made of letters, digits and '_'" : nil))
    return .invalid
  }

  private mutating func foreignString(from start: Int) -> Token.Kind {
    while position < bytes.count, bytes[position] != 0x0A {
      let character = source.character(at: position)
      position += character.byteCount
      if let scalar = character.scalar, Lexer.quotes.contains(String(scalar)) { break }
    }
    report(
      Diagnostic(
        "strings stand in double quotes", at: SourceSpan(start, position),
        help: "write \"…\" with the ASCII quote"))
    return .invalid
  }

  private mutating func foreignName(from start: Int) -> Token.Kind {
    while position < bytes.count {
      let character = source.character(at: position)
      let isPart =
        character.byteCount > 1
        ? character.scalar?.properties.isAlphabetic == true : isIdentifierPart(byte(position))
      guard isPart else { break }
      position += character.byteCount
    }
    let span = SourceSpan(start, position)
    report(
      Diagnostic(
        "a name with letters outside ASCII stands in backquotes", at: span,
        help: "write `\(source.text(span))`"))
    return .invalid
  }

  private func starts(with text: [UInt8]) -> Bool {
    for (offset, expected) in text.enumerated() where byte(position + offset) != expected {
      return false
    }
    return true
  }
}
