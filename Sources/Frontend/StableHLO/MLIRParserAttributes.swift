// Attributes, types and places in MLIR text.

extension MLIRParser {
  // MARK: - Attributes

  /// `{name = value, "name" = value, name}`
  mutating func dictionary() throws(Diagnostic) -> [MLIRNamedAttribute] {
    try expect("{", "before attributes")
    return try nested { parser throws(Diagnostic) in
      try parser.list(until: "}") { parser throws(Diagnostic) in
        try parser.namedAttribute()
      }
    }
  }

  private mutating func namedAttribute() throws(Diagnostic) -> MLIRNamedAttribute {
    let span = token.span
    let name: String
    switch token.kind {
    case .identifier:
      name = text(span)
      advance()
    case .string: name = try string()
    default: throw expected("the name of an attribute")
    }
    guard takes("=") else {
      return MLIRNamedAttribute(name: name, value: MLIRAttribute(kind: .flag(true), span: span))
    }
    return MLIRNamedAttribute(name: name, value: try attributeValue())
  }

  /// An attribute behind `=`, where lists may stand side by side: `[1] x [0]`.
  mutating func attributeValue() throws(Diagnostic) -> MLIRAttribute {
    let first = try attribute()
    guard case .list(let list) = first.kind, isWord("x") else { return first }
    var lists = [list]
    while takes(word: "x") || token.kind == .arrow {
      if token.kind == .arrow { advance() }
      let next = try attribute()
      guard case .list(let list) = next.kind else {
        throw Diagnostic("expected a list", at: next.span)
      }
      lists.append(list)
    }
    return MLIRAttribute(kind: .lists(lists), span: SourceSpan(first.span.start, previousEnd))
  }

  mutating func attribute() throws(Diagnostic) -> MLIRAttribute {
    let start = token.span.start
    let kind = try nested { parser throws(Diagnostic) in try parser.attributeKind() }
    return MLIRAttribute(kind: kind, span: SourceSpan(start, previousEnd))
  }

  private mutating func attributeKind() throws(Diagnostic) -> MLIRAttribute.Kind {
    switch token.kind {
    case .integer, .float: return try number(isNegative: false)
    case .string:
      let text = try string()
      _ = try typeOfLiteral()
      return .string(text)
    case .symbol:
      let name = symbolName()
      advance()
      return .symbol(name)
    case .hash: return try dialectAttribute()
    case .type: return .type(try type())
    case .identifier: return try word()
    case .sign(UInt8(ascii: "-")):
      advance()
      guard token.kind == .integer || token.kind == .float else {
        throw expected("a number behind '-'")
      }
      return try number(isNegative: true)
    case .sign(UInt8(ascii: "[")):
      advance()
      return .list(
        try list(until: "]") { parser throws(Diagnostic) in try parser.attributeValue() })
    case .sign(UInt8(ascii: "{")): return .dictionary(try dictionary())
    case .sign(UInt8(ascii: "(")): return try functionType()
    case .sign(UInt8(ascii: "<")):
      try skipBracketed()
      return .opaque
    default: throw expected("an attribute")
    }
  }

  private mutating func number(isNegative: Bool) throws(Diagnostic) -> MLIRAttribute.Kind {
    let literal = MLIRLiteral(span: token.span, isNegative: isNegative)
    let isInteger = token.kind == .integer
    advance()
    // Rounded to its type; whole numbers may tell the bits of a float.
    if let element = try typeOfLiteral(), element.isFloat,
      let number = literal.scalar(element, lexer.bytes)
    {
      return .float(number.real)
    }
    guard isInteger else { return .float(literal.real(lexer.bytes)) }
    guard let value = literal.integer(lexer.bytes) else {
      throw Diagnostic("a whole number needs 64 bits at most", at: literal.span)
    }
    return .integer(Int(value))
  }

  /// `: i64` behind a literal.
  private mutating func typeOfLiteral() throws(Diagnostic) -> MLIRType.Element? {
    guard token.isSign(":"), following.kind == .identifier,
      MLIRType.Element(text(following.span)) != nil
    else { return nil }
    advance()
    return try type().element
  }

  private mutating func word() throws(Diagnostic) -> MLIRAttribute.Kind {
    let word = text(token.span)
    switch word {
    case "true", "false":
      advance()
      return .flag(word == "true")
    case "dense": return .dense(try dense())
    case "array":
      advance()
      return .list(try array())
    case "loc": return try placeKind()
    case "unit":
      advance()
      return .flag(true)
    case "tensor", "complex", "tuple", "none", "index": return .type(try type())
    default:
      if MLIRType.Element(word) != nil { return .type(try type()) }
      advance()
      guard token.isSign("<") else { return .word(word) }
      try skipBracketed()
      return .opaque
    }
  }

  /// `<i64: 1, 2>`
  private mutating func array() throws(Diagnostic) -> [MLIRAttribute] {
    try expect("<", "behind array")
    advance()
    guard takes(":") else {
      try expect(">", "behind the type of an array")
      return []
    }
    return try list(until: ">") { parser throws(Diagnostic) in try parser.attribute() }
  }

  /// `#alias`, `#stablehlo<precision DEFAULT>`, `#stablehlo.dot<a = [1]>`
  private mutating func dialectAttribute() throws(Diagnostic) -> MLIRAttribute.Kind {
    let name = name(of: token)
    let word = text(token.span)
    advance()
    guard token.isSign("<"), token.span.start == previousEnd else { return .alias(name) }
    let isKnown = ["#stablehlo", "#mhlo", "#chlo"].contains {
      word == $0 || word.hasPrefix($0 + ".")
    }
    guard isKnown else {
      try skipBracketed()
      return .opaque
    }
    advance()
    if token.isSign("[") {
      let lists = try attributeValue()
      try expect(">", "behind an attribute")
      return lists.kind
    }
    if token.kind == .identifier, following.isSign("=") {
      return .dictionary(
        try list(until: ">") { parser throws(Diagnostic) in try parser.namedAttribute() })
    }
    var last = ""
    while token.kind == .identifier {
      last = text(token.span)
      advance()
    }
    try expect(">", "behind an attribute")
    return .word(last)
  }

  /// Everything in `<…>`, whatever it is.
  private mutating func skipBracketed() throws(Diagnostic) {
    let open = token.span
    var depth = 0
    repeat {
      if token.kind == .endOfFile {
        throw Diagnostic("this '<' is not closed", at: open)
      }
      if token.isSign("<") { depth += 1 }
      if token.isSign(">") { depth -= 1 }
      advance()
    } while depth > 0
  }

  // MARK: - Words

  /// The text of a string token; escapes become what they stand for.
  mutating func string() throws(Diagnostic) -> String {
    let raw = lexer.bytes[token.span.start + 1..<token.span.end - 1]
    advance()
    guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
    var bytes: [UInt8] = []
    var rest = raw
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        bytes.append(byte)
        continue
      }
      if let high = hexadecimalValue(next), let low = rest.first.flatMap(hexadecimalValue) {
        rest.removeFirst()
        bytes.append(high << 4 | low)
      } else {
        bytes.append(next == UInt8(ascii: "n") ? 0x0A : next == UInt8(ascii: "t") ? 0x09 : next)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The name of a symbol token: `@main` and `@"main"` are the same.
  func symbolName() -> String {
    let name = text(token.span).dropFirst()
    return name.hasPrefix("\"") ? String(name.dropFirst().dropLast()) : String(name)
  }

  // MARK: - Places

  /// `loc("name")`, `loc(#loc1)`, or any other, where there is one.
  mutating func location() throws(Diagnostic) -> MLIRAttribute? {
    isWord("loc") ? try attribute() : nil
  }

  mutating func skipLocation() throws(Diagnostic) { _ = try location() }

  /// The name in `loc("name")`, `loc("name"(…))`; places in files have none.
  private mutating func placeKind() throws(Diagnostic) -> MLIRAttribute.Kind {
    let span = token.span
    advance()
    try expect("(", "behind loc")
    var kind = MLIRAttribute.Kind.location(nil)
    if token.kind == .string {
      let name = try string()
      if !token.isSign(":") { kind = .location(name) }
    } else if token.kind == .hash, following.isSign(")") {
      kind = .alias(name(of: token))
    }
    var depth = 1
    while depth > 0 {
      if token.kind == .endOfFile { throw Diagnostic("this loc( is not closed", at: span) }
      if token.isSign("(") { depth += 1 }
      if token.isSign(")") { depth -= 1 }
      advance()
    }
    return kind
  }

  // MARK: - Types

  mutating func type() throws(Diagnostic) -> MLIRType {
    let start = token.span.start
    var type = try nested { parser throws(Diagnostic) in try parser.typeWithoutSpan() }
    type.span = SourceSpan(start, previousEnd)
    return type
  }

  private mutating func typeWithoutSpan() throws(Diagnostic) -> MLIRType {
    if token.kind == .type {
      let word = text(token.span)
      advance()
      if token.isSign("<") { try skipBracketed() }
      return MLIRType(element: .other(word))
    }
    guard token.kind == .identifier else { throw expected("a type") }
    let word = text(token.span)
    switch word {
    case "tensor": return try tensorType()
    case "complex", "tuple", "vector", "memref":
      let start = token.span.start
      advance()
      guard token.isSign("<") else { throw expected("'<'") }
      try skipBracketed()
      return MLIRType(element: .other(text(SourceSpan(start, previousEnd))))
    default:
      guard let element = MLIRType.Element(word) else { throw expected("a type") }
      advance()
      return MLIRType(element: element)
    }
  }

  /// `tensor<2x?xf32>`, read letter by letter, since `x3xf32` is one word to the lexer.
  private mutating func tensorType() throws(Diagnostic) -> MLIRType {
    advance()
    guard token.isSign("<") else { throw expected("'<' behind tensor") }
    var shape: [Int?] = []
    var position = token.span.end
    while true {
      while lexer.byte(position) == 0x20 { position += 1 }
      let start = position
      if lexer.byte(position) == UInt8(ascii: "?") {
        position += 1
      } else {
        while isDigit(lexer.byte(position)) { position += 1 }
      }
      if position == start { break }
      while lexer.byte(position) == 0x20 { position += 1 }
      let span = SourceSpan(start, position)
      guard lexer.byte(position) == UInt8(ascii: "x") else {
        throw Diagnostic("expected 'x' behind an extent", at: span)
      }
      position += 1
      if lexer.byte(start) == UInt8(ascii: "?") {
        shape.append(nil)
      } else if let extent = Int(text(span)) {
        shape.append(extent)
      } else {
        throw Diagnostic("an extent needs 63 bits at most", at: span)
      }
    }
    if lexer.byte(position) == UInt8(ascii: "*") {
      throw Diagnostic(
        "a tensor without a rank is not supported", at: SourceSpan(position, position + 1),
        help: "export with known ranks; extents may be unknown: tensor<?x3xf32>",
        isUnsupported: true)
    }
    lexer.position = position
    advance()
    if isWord("tensor") { throw expected("the type of the elements") }
    var type = try typeWithoutSpan()
    type.shape = shape
    // Bounds and encodings of sparse tensors.
    if takes(",") { _ = try attribute() }
    try expect(">", "behind the type of the elements")
    return type
  }

  /// `(types) -> types`
  private mutating func functionType() throws(Diagnostic) -> MLIRAttribute.Kind {
    advance()
    let inputs = try list(until: ")") { parser throws(Diagnostic) in try parser.type() }
    guard token.kind == .arrow else { throw expected("'->'") }
    advance()
    guard takes("(") else { return .function(inputs, [try type()]) }
    return .function(
      inputs, try list(until: ")") { parser throws(Diagnostic) in try parser.type() })
  }
}

extension MLIRType.Element {
  /// `f32`, `i1`, `ui8`; `nil` where the word is no type.
  init?(_ word: String) {
    switch word {
    case "f64": self = .f64
    case "f32": self = .f32
    case "i1": self = .bool
    case "index": self = .integer(bits: 64, isSigned: true)
    case "f16", "bf16", "tf32", "none": self = .other(word)
    default:
      if word.hasPrefix("f8") || word.hasPrefix("f4") || word.hasPrefix("f6") {
        self = .other(word)
        return
      }
      var digits = word[...]
      let isUnsigned = digits.hasPrefix("ui")
      if isUnsigned || digits.hasPrefix("si") { digits = digits.dropFirst() }
      guard digits.first == "i", let bits = Int(digits.dropFirst()), bits > 0 else { return nil }
      self =
        [8, 16, 32, 64].contains(bits)
        ? .integer(bits: bits, isSigned: !isUnsigned) : .other(word)
    }
  }
}
