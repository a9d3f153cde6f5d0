// Numbers and strings: where they end and whether they are well formed. Their values are computed
// by the parser, which knows about a sign in front.

extension Lexer {
  /// A decimal or hexadecimal number. What is not well formed is reported, and is `.invalid`.
  mutating func number() -> Token.Kind {
    let start = position
    let isHexadecimal =
      byte(start) == UInt8(ascii: "0") && byte(start + 1) | 0x20 == UInt8(ascii: "x")
    var kind = Token.Kind.integer
    var problem: (message: String, help: String)?

    if isHexadecimal { position += 2 }
    let first = position
    skipDigits(hexadecimal: isHexadecimal)
    if position == first {
      problem = ("a hexadecimal number needs digits behind 0x", "write for example 0x1F")
    }
    let isDigitBehindPoint =
      isHexadecimal ? hexadecimalValue(byte(position + 1)) != nil : isDigit(byte(position + 1))
    if byte(position) == UInt8(ascii: "."), isDigitBehindPoint {
      kind = .float
      position += 1
      skipDigits(hexadecimal: isHexadecimal)
    } else if byte(position) == UInt8(ascii: "."), byte(position + 1) != UInt8(ascii: ".") {
      let digits = text(from: start)
      position += 1
      problem = ("a number needs a digit behind the point", "write \(digits).0")
    }
    let exponent = skipExponent(UInt8(ascii: isHexadecimal ? "p" : "e"))
    if exponent != .none { kind = .float }
    if exponent == .withoutDigits {
      problem = ("this exponent has no digits", "write for example 1e-3 or 0x1p-3")
    } else if exponent == .none, kind == .float, isHexadecimal {
      problem = ("a hexadecimal float needs an exponent", "write \(text(from: start))p0")
    }
    if isIdentifierPart(byte(position)) { problem = suffixProblem(from: start) }
    guard let problem else { return kind }
    report(
      Diagnostic(problem.message, at: SourceSpan(start, position), help: problem.help))
    return .invalid
  }

  private enum Exponent {
    case none, withDigits, withoutDigits
  }

  /// Skips `letter`, a sign and digits, if the letter is there.
  private mutating func skipExponent(_ letter: UInt8) -> Exponent {
    guard byte(position) | 0x20 == letter else { return .none }
    position += 1
    if byte(position) == UInt8(ascii: "-") || byte(position) == UInt8(ascii: "+") { position += 1 }
    let digits = position
    skipDigits(hexadecimal: false)
    return position > digits ? .withDigits : .withoutDigits
  }

  /// Letters behind a number; consumes them.
  private mutating func suffixProblem(from start: Int) -> (message: String, help: String) {
    let digits = text(from: start)
    let first = position
    while isIdentifierPart(byte(position)) || byte(position) == UInt8(ascii: ".") { position += 1 }
    let suffix = text(from: first)
    let message = "a number cannot be followed by '\(suffix)'"
    if suffix.hasPrefix("_") { return (message, "digits are written without separators") }
    let dtypes = ["f": "f32", "f32": "f32", "f64": "f64", "i32": "i32", "i64": "i64"]
    if let dtype = dtypes[suffix] {
      return (message, "a typed number is written \(dtype)(\(digits))")
    }
    if digits == "0" { return (message, "numbers are decimal, or hexadecimal as in 0x1F") }
    return (message, "a product is written \(digits)*\(suffix)")
  }

  /// `"text"`, checked but not decoded.
  mutating func string() -> Token.Kind {
    let start = position
    var isValid = true
    position += 1
    while byte(position) != UInt8(ascii: "\"") {
      guard position < bytes.count, bytes[position] != 0x0A else {
        report(
          Diagnostic(
            "this string does not end on its line", at: SourceSpan(start, position),
            help: "add '\"'; a newline is written \\n"))
        return .invalid
      }
      if bytes[position] == UInt8(ascii: "\\") {
        position += 1
        if Lexer.escapes[byte(position)] == nil {
          let end = min(bytes.count, position + source.character(at: position).byteCount)
          report(
            Diagnostic(
              "unknown escape in a string", at: SourceSpan(position - 1, end),
              help: "the escapes are \\\" \\\\ \\n \\t"))
          isValid = false
          if byte(position) == 0x0A || position >= bytes.count { continue }
        }
      }
      position += 1
    }
    position += 1
    return isValid ? .string : .invalid
  }

  /// What may stand behind a backslash, and what it stands for.
  static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09,
  ]

  private mutating func skipDigits(hexadecimal: Bool) {
    while hexadecimal ? hexadecimalValue(byte(position)) != nil : isDigit(byte(position)) {
      position += 1
    }
  }

  private func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }
}

/// The value of a hexadecimal digit.
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
  if isDigit(byte) { return byte - UInt8(ascii: "0") }
  let letter = (byte | 0x20) &- UInt8(ascii: "a")
  return letter < 6 ? letter + 10 : nil
}
