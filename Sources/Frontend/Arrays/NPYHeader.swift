// The header of an `.npy` file: a Python dictionary with exactly three keys, read by a strict
// parser for that grammar alone (no evaluation, no recursion). Decides which headers are accepted;
// what the element types mean is NPYElements.swift.

/// What an `.npy` header says.
struct NPYHeader: Equatable, Sendable {
  enum Order: Sendable { case rowMajor, columnMajor }

  var item: NPYItem
  var order: Order
  /// Extents in elements.
  var shape: [Int]
  /// Where the shape is written, for errors.
  var shapeOffset: Int
  /// Where the elements begin.
  var dataOffset: Int

  /// The longest header that is read; NumPy's own writer stays below 10 000 bytes.
  static let maximumByteCount = 1 << 16

  static func parse(_ source: ByteSource) throws(ArrayFileError) -> NPYHeader {
    try checkMagic(source)
    let major = try source.integer(at: 6, as: UInt8.self, "the format version")
    let minor = try source.integer(at: 7, as: UInt8.self, "the format version")
    guard (1...3).contains(major), minor == 0 else {
      throw source.error(
        .unsupported, at: 6, needs: "format version 1.0, 2.0 or 3.0", found: "\(major).\(minor)")
    }
    let start = major == 1 ? 10 : 12
    let length =
      major == 1
      ? Int(try source.integer(at: 8, as: UInt16.self, "the header length"))
      : Int(try source.integer(at: 8, as: UInt32.self, "the header length"))
    guard length <= maximumByteCount else {
      throw source.error(
        .corrupt, at: 8, needs: "a header of at most \(byteText(maximumByteCount))",
        found: byteText(length))
    }
    _ = try source.slice(at: start, count: length, "header")
    var parser = NPYHeaderParser(source: source, position: start, end: start + length)
    return try parser.header()
  }

  private static func checkMagic(_ source: ByteSource) throws(ArrayFileError) {
    let head = source.bytes.prefix(6)
    guard head.elementsEqual(NPY.magic) else {
      let needed = "\\x93NUMPY at the start of an .npy file"
      if NPY.magic.starts(with: head) {
        throw source.error(.truncated, at: head.count, needs: needed, found: "the end of the file")
      }
      if head.starts(with: "PK".utf8) {
        throw source.error(
          .corrupt, at: 0, needs: needed, found: "a zip archive",
          help: "an .npz file; give it the extension .npz")
      }
      if head.first == 0x80 {
        throw source.error(
          .unsupported, at: 0, needs: needed, found: "a Python pickle",
          help: "pickles can run code and are never read; save with numpy.save")
      }
      throw source.error(.corrupt, at: 0, needs: needed, found: "other bytes")
    }
  }
}

/// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }` between two offsets.
struct NPYHeaderParser {
  let source: ByteSource
  /// Offset in the file of the next byte.
  var position: Int
  let end: Int

  mutating func header() throws(ArrayFileError) -> NPYHeader {
    var item: NPYItem?
    var order: NPYHeader.Order?
    var shape: (extents: [Int], offset: Int)?
    let start = position
    try expect("{")
    while !take("}") {
      let keyOffset = position
      let key = try string()
      try expect(":")
      skipSpace()
      switch key {
      case "descr" where item == nil: item = try descr()
      case "fortran_order" where order == nil: order = try boolean() ? .columnMajor : .rowMajor
      case "shape" where shape == nil:
        let offset = position
        shape = (extents: try tuple(), offset: offset)
      default:
        throw source.error(
          .corrupt, at: keyOffset, needs: "'descr', 'fortran_order' and 'shape', each once",
          found: quoted(key))
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == end else { throw unexpected("spaces to the end of the header") }
    guard let item, let order, let shape else {
      throw source.error(
        .corrupt, at: start, needs: "'descr', 'fortran_order' and 'shape'",
        found: "a header without one of them")
    }
    return NPYHeader(
      item: item, order: order, shape: shape.extents, shapeOffset: shape.offset, dataOffset: end)
  }

  private mutating func descr() throws(ArrayFileError) -> NPYItem {
    let offset = position
    if let next = peek, "[(".utf8.contains(next) {
      throw source.error(
        .unsupported, at: offset, needs: "one number type a file", found: "a structured dtype",
        help: "save each field as an array of its own")
    }
    let text = try string()
    switch NPYItem.parse(text) {
    case .success(let item): return item
    case .failure(let reason):
      throw source.error(
        reason.isWellFormed ? .unsupported : .corrupt, at: offset,
        needs: "floats of 16, 32 or 64 bits, integers or bools",
        found: "\(reason.found) (descr \(quoted(text)))", help: reason.help)
    }
  }

  private mutating func boolean() throws(ArrayFileError) -> Bool {
    for (word, value) in [("True", true), ("False", false)]
    where source.bytes[position..<end].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw unexpected("True or False")
  }

  /// A tuple of extents; `(3)` is a number in Python and refused, as NumPy does.
  private mutating func tuple() throws(ArrayFileError) -> [Int] {
    var extents: [Int] = []
    var endsInComma = false
    try expect("(")
    while !take(")") {
      guard extents.isEmpty || endsInComma else { throw unexpected("',' or ')'") }
      guard extents.count < ArrayShape.maximumRank else {
        throw source.error(
          .unsupported, at: position, needs: "at most \(ArrayShape.maximumRank) axes",
          found: "more")
      }
      extents.append(try extent())
      endsInComma = take(",")
    }
    guard extents.count != 1 || endsInComma else {
      throw source.error(
        .corrupt, at: position, needs: "a tuple for 'shape', like (3,)", found: "a number")
    }
    return extents
  }

  /// Decimal digits; Python 2 wrote a long integer with an `L` behind.
  private mutating func extent() throws(ArrayFileError) -> Int {
    skipSpace()
    let digits = source.bytes[position..<end].prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { throw unexpected("an extent (a number not below 0)") }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw source.error(
        .corrupt, at: position, needs: "an extent below 2^63",
        found: byteText(digits.count) + " of digits")
    }
    position = digits.endIndex
    if peek == UInt8(ascii: "L") { position += 1 }
    return value
  }

  /// A quoted string without escapes.
  private mutating func string() throws(ArrayFileError) -> String {
    skipSpace()
    guard let quote = peek, "'\"".utf8.contains(quote) else { throw unexpected("a quoted string") }
    let body = source.bytes[(position + 1)..<end]
    guard let close = body.firstIndex(of: quote) else {
      throw source.error(
        .corrupt, at: position, needs: "a closing quote", found: "the end of the header")
    }
    if let escape = body[..<close].firstIndex(of: UInt8(ascii: "\\")) {
      throw source.error(.corrupt, at: escape, needs: "a plain string", found: "a backslash")
    }
    position = close + 1
    return String(decoding: body[..<close], as: UTF8.self)
  }

  private var peek: UInt8? { position < end ? source.bytes[position] : nil }

  private mutating func skipSpace() {
    while let next = peek, " \t\r\n".utf8.contains(next) { position += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard let next = peek, next == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Character) throws(ArrayFileError) {
    guard take(character) else { throw unexpected("'\(character)'") }
  }

  private func unexpected(_ needed: String) -> ArrayFileError {
    let found = peek.map { quoted(String(Unicode.Scalar($0))) } ?? "the end of the header"
    return source.error(.corrupt, at: position, needs: needed, found: found)
  }
}
