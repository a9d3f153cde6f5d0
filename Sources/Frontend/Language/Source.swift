// Where text comes from and where in it something stands: byte spans, lines and columns, and the
// one way to step through text that may not be UTF-8. What is a legal character is decided in
// SourceValidation.swift.

/// A half-open range of byte offsets in one source file.
package struct SourceSpan: Sendable, Hashable {
  private let low: Int32
  private let high: Int32

  /// Offset of the first byte.
  package var start: Int { Int(low) }
  /// Offset behind the last byte.
  package var end: Int { Int(high) }
  package var isEmpty: Bool { low >= high }

  package init(_ start: Int, _ end: Int) {
    low = Int32(clamping: start)
    high = Int32(clamping: end)
  }

  /// The span of what was not read from a file.
  package static let none = SourceSpan(0, 0)

  package func contains(_ offset: Int) -> Bool { start <= offset && offset < end }
}

/// A place as people count it; both numbers start at 1, columns count Unicode scalars.
package struct SourceLocation: Sendable, Hashable {
  package let line: Int
  package let column: Int
}

/// The bytes of one graph file and the table of its lines.
package struct SourceFile: Sendable {
  /// The name shown in messages: a path, or `<stdin>`.
  package let name: String
  package let bytes: [UInt8]
  /// Offset of the first byte of each line; never empty.
  private let lineStarts: [Int32]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts: [Int32] = [0]
    bytes.withUnsafeBufferPointer { buffer in
      // Offsets are 32 bit; the parser refuses longer files before it looks at a line.
      for index in 0..<min(buffer.count, Int(Int32.max) - 1) where buffer[index] == 0x0A {
        starts.append(Int32(index + 1))
      }
    }
    lineStarts = starts
  }

  package init(name: String, text: String) { self.init(name: name, bytes: Array(text.utf8)) }

  /// The number of the line that holds `offset`, from 1; the end of the file is on the last line.
  /// Logarithmic in the number of lines.
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// Line and column of `offset`. Linear in the length of the line.
  package func location(at offset: Int) -> SourceLocation {
    let line = line(at: offset)
    var position = lineSpan(line).start
    let end = min(offset, bytes.count)
    if position < end, bytes[position..<end].allSatisfy({ $0 < 0x80 }) {
      return SourceLocation(line: line, column: offset - position + 1)
    }
    var column = 1
    while position < offset {
      position += character(at: position).byteCount
      column += 1
    }
    return SourceLocation(line: line, column: column)
  }

  /// The same, counted on from a place that is known where that stands before it on its line.
  package func location(
    at offset: Int, from known: (offset: Int, location: SourceLocation)
  ) -> SourceLocation {
    guard known.offset <= offset, line(at: offset) == known.location.line else {
      return location(at: offset)
    }
    var (position, column) = (known.offset, known.location.column)
    while position < offset {
      position += character(at: position).byteCount
      column += 1
    }
    return SourceLocation(line: known.location.line, column: column)
  }

  /// The bytes of a line without its terminator and without a byte order mark.
  /// - Parameter line: from 1; other numbers give an empty span.
  package func lineSpan(_ line: Int) -> SourceSpan {
    guard line >= 1, line <= lineStarts.count else { return .none }
    let start = Int(lineStarts[line - 1]) + (line == 1 ? byteOrderMarkCount : 0)
    var end = line < lineStarts.count ? Int(lineStarts[line]) - 1 : bytes.count
    if end > start, bytes[end - 1] == 0x0D { end -= 1 }
    return SourceSpan(start, max(start, end))
  }

  /// Bytes of the UTF-8 byte order mark that some editors write: 3 or 0.
  package var byteOrderMarkCount: Int {
    bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
  }

  /// Columns of white space before the text of the line that holds `offset`.
  package func indentation(at offset: Int) -> Int {
    let span = lineSpan(line(at: offset))
    let blank = bytes[span.start..<span.end].prefix { $0 == 0x20 || $0 == 0x09 }
    return blank.count
  }

  /// The text of a span; what is not UTF-8 becomes U+FFFD.
  package func text(_ span: SourceSpan) -> String {
    let end = min(span.end, bytes.count)
    return String(decoding: bytes[min(span.start, end)..<end], as: UTF8.self)
  }

  /// Where the character begins that ends at `offset`.
  package func characterStart(before offset: Int) -> Int {
    for count in 2...4 where offset >= count {
      if character(at: offset - count).byteCount == count { return offset - count }
    }
    return max(0, offset - 1)
  }

  /// The character at `offset` and its length in bytes. A byte that is not part of valid UTF-8 is
  /// a character of its own without a scalar.
  package func character(at offset: Int) -> (scalar: Unicode.Scalar?, byteCount: Int) {
    guard offset < bytes.count else { return (nil, 1) }
    let lead = UInt32(bytes[offset])
    let count: Int
    switch lead {
    case 0..<0x80: return (Unicode.Scalar(lead), 1)
    case 0xC2...0xDF: count = 2
    case 0xE0...0xEF: count = 3
    case 0xF0...0xF4: count = 4
    default: return (nil, 1)
    }
    guard offset + count <= bytes.count else { return (nil, 1) }
    var value = lead & (0x7F >> UInt32(count))
    for byte in bytes[(offset + 1)..<(offset + count)] {
      guard byte & 0xC0 == 0x80 else { return (nil, 1) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    // Two-byte forms are never overlong behind C2; surrogates have no scalar.
    let smallest: UInt32 = count == 3 ? 0x800 : count == 4 ? 0x10000 : 0x80
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return (nil, 1) }
    return (scalar, count)
  }
}
