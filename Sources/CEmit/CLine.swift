// A line of C while it is written. Bytes, because many short pieces are appended to it, and each would
// cost a String several times as much.

/// C text that grows at its end.
struct CLine {
  private var bytes: [UInt8] = []

  /// - Parameter indent: blanks in front.
  init(indent: Int = 0) {
    bytes.reserveCapacity(64)
    for _ in 0..<indent { bytes.append(UInt8(ascii: " ")) }
  }

  var count: Int { bytes.count }
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The text behind the first bytes.
  func text(behind start: Int) -> String { String(decoding: bytes[start...], as: UTF8.self) }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  /// Puts what stands behind the first bytes in parentheses.
  mutating func enclose(from start: Int) {
    bytes.insert(UInt8(ascii: "("), at: start)
    bytes.append(UInt8(ascii: ")"))
  }

  /// What stands behind the first bytes begins so.
  func hasPrefix(_ text: String, from start: Int) -> Bool {
    bytes[start...].starts(with: text.utf8)
  }
}
