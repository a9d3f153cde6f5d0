// Constant arrays: `dense<1.0>`, `dense<[[1, 2], [3, 4]]>`, `dense<"0x0000803F…">`, and how their
// literals become elements.
import Graph

extension MLIRParser {
  /// `dense<…> : type`
  mutating func dense() throws(Diagnostic) -> MLIRDense {
    let start = token.span.start
    let isResource = isWord("dense_resource")
    advance()
    if isResource {
      throw Diagnostic(
        "a constant that lies elsewhere in the file is not supported",
        at: SourceSpan(start, previousEnd),
        help: "export with large constants written in place, or make them arguments",
        isUnsupported: true)
    }
    try expect("<", "behind dense")
    let content: MLIRDense.Content
    if token.isSign(">") {
      content = .empty
    } else if token.kind == .string {
      content = .bytes(token.span)
      advance()
    } else if token.isSign("[") {
      var literals: [MLIRLiteral] = []
      let shape = try elements(&literals)
      content = .elements(literals, shape: shape)
    } else {
      content = .splat(try literal())
    }
    try expect(">", "behind the elements of a constant")
    try expect(":", "between a constant and its type")
    return MLIRDense(content: content, type: try type())
  }

  /// `[…]`, with its extents.
  private mutating func elements(_ literals: inout [MLIRLiteral]) throws(Diagnostic) -> [Int] {
    let span = token.span
    advance()
    var count = 0
    var inner: [Int]?
    while !takes("]") {
      if count > 0 { try expect(",", "or ']' in a constant") }
      var shape: [Int] = []
      if token.isSign("[") {
        shape = try nested { parser throws(Diagnostic) in try parser.elements(&literals) }
      } else {
        literals.append(try literal())
      }
      if let inner, inner != shape {
        throw Diagnostic("the rows of this constant differ in length", at: span)
      }
      inner = shape
      count += 1
    }
    return [count] + (inner ?? [])
  }

  private mutating func literal() throws(Diagnostic) -> MLIRLiteral {
    if token.isSign("(") {
      throw Diagnostic(
        "complex numbers are not supported", at: token.span,
        help: "compute with real and imaginary parts", isUnsupported: true)
    }
    let isNegative = takes("-")
    guard
      token.kind == .integer || token.kind == .float || !isNegative && token.kind == .identifier
    else { throw expected("a number, true or false") }
    let literal = MLIRLiteral(span: token.span, isNegative: isNegative)
    advance()
    return literal
  }
}

extension MLIRLiteral {
  /// The number, if it is a whole one of at most 64 bits.
  func integer(_ bytes: [UInt8]) -> Int64? {
    guard let magnitude = magnitude(bytes) else { return nil }
    return isNegative ? 0 &- Int64(bitPattern: magnitude) : Int64(bitPattern: magnitude)
  }

  private func magnitude(_ bytes: [UInt8]) -> UInt64? {
    let text = String(decoding: bytes[span.start..<span.end], as: UTF8.self)
    return text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  func real(_ bytes: [UInt8]) -> Double {
    let text = String(decoding: bytes[span.start..<span.end], as: UTF8.self)
    let value = Double(text) ?? .nan
    return isNegative ? -value : value
  }

  /// The literal as an element; `nil` where it is none of that type.
  func scalar(_ element: MLIRType.Element, _ bytes: [UInt8]) -> Scalar? {
    let first = bytes[span.start]
    let isBits =
      first == UInt8(ascii: "0") && span.end > span.start + 1
      && bytes[span.start + 1] == UInt8(ascii: "x")
    let isWord = isIdentifierStart(first)
    switch element {
    case .bool:
      if isWord {
        let text = String(decoding: bytes[span.start..<span.end], as: UTF8.self)
        return text == "true" ? Scalar(true) : text == "false" ? Scalar(false) : nil
      }
      return integer(bytes).map { Scalar($0 != 0) }
    case .integer(let bits, let isSigned):
      guard !isWord, let value = integer(bytes), let magnitude = magnitude(bytes) else {
        return nil
      }
      // Either sign tells the same bits.
      let fits =
        isNegative ? magnitude <= 1 << UInt64(bits - 1) : magnitude >> UInt64(bits) == 0
      return fits ? WholeNumbers(bits: bits, isSigned: isSigned).scalar(value) : nil
    case .f64, .f32:
      if isWord { return nil }
      let dtype: DType = element == .f64 ? .f64 : .f32
      if isBits, let value = integer(bytes) {
        // The bits of the number, not its value.
        return dtype == .f64
          ? Scalar(Double(bitPattern: UInt64(bitPattern: value)), .f64)
          : Scalar(bits: UInt32(truncatingIfNeeded: value))
      }
      if dtype == .f64 { return Scalar(real(bytes), .f64) }
      let text = String(decoding: bytes[span.start..<span.end], as: UTF8.self)
      let value = Float(text) ?? .nan
      return Scalar(Double(isNegative ? -value : value), .f32)
    case .other: return nil
    }
  }
}

extension Scalar {
  /// The f32 of these bits.
  fileprivate init(bits: UInt32) { self.init(Double(Float(bitPattern: bits)), .f32) }
}

extension MLIRDense {
  /// The elements as an array or, where all are one, as a scalar.
  func tensor(_ bytes: [UInt8], at span: SourceSpan) throws(Diagnostic) -> Tensor {
    guard let dtype = type.element.storage else {
      throw Diagnostic(
        "constants of \(type.element) are not supported", at: span, isUnsupported: true)
    }
    let shape = type.shape.compactMap { $0 }
    guard shape.count == type.shape.count else {
      throw Diagnostic("the type of a constant needs known extents, found \(type)", at: span)
    }
    guard let count = checkedCount(shape) else {
      throw Diagnostic("a constant of \(type) has more elements than can be counted", at: span)
    }
    func element(_ literal: MLIRLiteral) throws(Diagnostic) -> Scalar {
      if let scalar = literal.scalar(type.element, bytes) { return scalar }
      throw Diagnostic("this is no \(type.element)", at: literal.span)
    }
    switch content {
    case .splat(let literal): return Tensor(repeating: try element(literal), shape: [])
    case .empty:
      guard count == 0 else {
        throw Diagnostic("the constant is empty, but its type \(type) is not", at: span)
      }
      return Tensor(zeros: dtype, shape: shape)
    case .elements(let literals, let found):
      guard found == shape || count == 0 && literals.isEmpty else {
        throw Diagnostic(
          "the constant has the extents \(found), and its type \(type) has \(shape)", at: span)
      }
      var scalars: [Scalar] = []
      scalars.reserveCapacity(literals.count)
      for literal in literals { scalars.append(try element(literal)) }
      return Tensor(scalars, dtype, shape)
    case .bytes(let digits): return try tensor(digits, bytes, dtype, shape, count)
    }
  }

  /// From little-endian bytes as hexadecimal digits; those of one element stand for all.
  private func tensor(
    _ span: SourceSpan, _ text: [UInt8], _ dtype: DType, _ shape: [Int], _ count: Int
  ) throws(Diagnostic) -> Tensor {
    let start = span.start + 3
    let digitCount = span.end - 1 - start
    guard digitCount >= 0, digitCount.isMultiple(of: 2),
      text[span.start + 1] == UInt8(ascii: "0"), text[span.start + 2] == UInt8(ascii: "x")
    else { throw Diagnostic("the bytes of a constant begin with 0x, two digits a byte", at: span) }
    var raw: [UInt8] = []
    raw.reserveCapacity(digitCount / 2)
    for k in stride(from: start, to: span.end - 1, by: 2) {
      guard let high = hexadecimalValue(text[k]), let low = hexadecimalValue(text[k + 1]) else {
        throw Diagnostic("this is no hexadecimal digit", at: SourceSpan(k, k + 2))
      }
      raw.append(high << 4 | low)
    }
    let size = type.element.byteCount
    let needed = count * size
    if type.element == .bool, raw.count == 1 || raw.count != needed {
      return try bools(raw, shape, count, at: span)
    }
    guard raw.count == needed || raw.count == size else {
      throw Diagnostic(
        "\(type) has \(needed) bytes, found \(raw.count)", at: span)
    }
    let isSplat = raw.count == size && count != 1
    if case .integer(let bits, let isSigned) = type.element {
      let kind = WholeNumbers(bits: bits, isSigned: isSigned)
      let values = stride(from: 0, to: raw.count, by: size).map { k -> Int64 in
        let bits = (0..<size).reduce(0 as UInt64) { $0 | UInt64(raw[k + $1]) << (8 * UInt64($1)) }
        return kind.wrapped(Int64(bitPattern: bits))
      }
      return Tensor(integers: values, dtype: dtype, shape: isSplat ? [] : shape)
    }
    if type.element == .bool { raw = raw.map { $0 == 0 ? 0 : 1 } }
    return Tensor(dtype: dtype, shape: isSplat ? [] : shape, bytes: raw)
  }

  /// Bools that are not one byte each: a byte for all of them or, as LLVM up to 22 wrote them, bits, from
  /// the lowest on. There a byte of eight bits that are equal stood for all, too.
  private func bools(
    _ raw: [UInt8], _ shape: [Int], _ count: Int, at span: SourceSpan
  ) throws(Diagnostic) -> Tensor {
    let isByte = raw.count == 1
    if isByte, raw[0] == 0 || raw[0] == 0xFF || raw[0] == 1 && !(2...8).contains(count) {
      return Tensor(repeating: Scalar(raw[0] != 0), shape: [])
    }
    if isByte, raw[0] == 1 {
      throw Diagnostic(
        "this \(type) may be true throughout, by bytes, or in its first element, by bits", at: span,
        help: "write dense<true>, or the elements: dense<[true, false, …]>")
    }
    guard count > 1, raw.count == (count + 7) / 8 else {
      let bytes = "\((count + 7) / 8) byte\(count > 8 ? "s" : "") of bits"
      throw Diagnostic(
        "\(type) is \(count > 1 ? bytes : "a byte, 00 or 01"), found "
          + (isByte ? "the byte \(String(raw[0], radix: 16))" : "\(raw.count) bytes"), at: span)
    }
    return Tensor((0..<count).map { raw[$0 / 8] >> ($0 % 8) & 1 != 0 }, shape: shape)
  }
}
