// The values of numbers and strings. Floats are rounded correctly, whatever their length.

extension Parser {
  /// The number at the current token, with the sign that stands before it if one was announced in
  /// `negatedNumber`.
  mutating func parseNumber() -> ExprID {
    let start = token
    advance()
    var isNegative = negatedNumber == start.span.start
    // In `-2^2` and `-2[0]` the minus is an operator, which `parsePrefix` adds.
    if isNegative, !isAtStatementEnd,
      token.kind == .binary(.power) || token.kind == .leftBracket
    {
      isNegative = false
    }
    let kind: Expr.Kind
    switch start.kind {
    case .keyword(.inf): kind = .float(isNegative ? -Double.infinity : .infinity)
    case .keyword(.nan): kind = .float(isNegative ? -Double.nan : .nan)
    case .float: kind = .float(floatValue(start.span, isNegative: isNegative))
    default: kind = .integer(integerValue(start.span, isNegative: isNegative))
    }
    return tree.add(kind, span: start.span)
  }

  /// The magnitude of an integer literal, nil if it does not fit 64 bits.
  func integerMagnitude(_ span: SourceSpan) -> UInt64? {
    var digits = lexer.bytes[span.start..<span.end]
    var radix: UInt64 = 10
    if digits.count > 2, digits[span.start + 1] | 0x20 == UInt8(ascii: "x") {
      digits = digits.dropFirst(2)
      radix = 16
    }
    var value: UInt64 = 0
    for byte in digits {
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(UInt64(hexadecimalValue(byte) ?? 0))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  private mutating func integerValue(_ span: SourceSpan, isNegative: Bool) -> Int {
    let limit = isNegative ? UInt64(1) << 63 : UInt64(Int.max)
    guard let magnitude = integerMagnitude(span), magnitude <= limit else {
      lexer.report(
        Diagnostic(
          "this integer does not fit i64", at: span,
          help: "integers go from \(Int.min) to \(Int.max); for a float, write a point"))
      return 0
    }
    return isNegative ? Int(truncatingIfNeeded: 0 &- magnitude) : Int(magnitude)
  }

  private mutating func floatValue(_ span: SourceSpan, isNegative: Bool) -> Double {
    // The standard library rounds correctly; the lexer has checked the form.
    let text = String(decoding: lexer.bytes[span.start..<span.end], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      lexer.report(
        Diagnostic(
          "this number is too large for f64", at: span,
          help: "the largest is \(Double.greatestFiniteMagnitude); infinity is written inf"))
      return 0
    }
    return isNegative ? -value : value
  }

  /// The text of a string literal that the lexer has checked.
  func decodedString(_ span: SourceSpan) -> String {
    var text: [UInt8] = []
    var position = span.start + 1
    while position < span.end - 1 {
      if lexer.bytes[position] == UInt8(ascii: "\\") {
        position += 1
        text.append(Lexer.escapes[lexer.byte(position)] ?? lexer.byte(position))
      } else {
        text.append(lexer.bytes[position])
      }
      position += 1
    }
    return String(decoding: text, as: UTF8.self)
  }
}
