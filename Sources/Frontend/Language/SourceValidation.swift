// Which characters a graph file may hold at all, decided once before lexing: valid UTF-8 without
// control characters and without the invisible ones that make text read differently from what
// it says. The same rule keeps such characters off the terminal when messages are rendered.

extension Unicode.Scalar {
  /// Neither printable nor a space: C0 and C1 controls, line separators, bidirectional overrides.
  package var isUnprintable: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0: true
    case 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}

extension SourceFile {
  /// The bytes to be read, blanks where characters may not stand, and what is wrong with these; nothing
  /// of a file that is too large.
  func text(_ limits: ParseLimits) -> (bytes: [UInt8], errors: [Diagnostic]) {
    guard bytes.count <= limits.byteCount else {
      let message = "the file has \(bytes.count) bytes; the limit is \(limits.byteCount)"
      return ([], [Diagnostic(message, at: .none)])
    }
    let errors = characterErrors(limit: limits.errorCount)
    var text = bytes
    for error in errors {
      for index in error.span.start..<error.span.end { text[index] = 0x20 }
    }
    return (text, errors)
  }

  /// One diagnostic for each run of bytes that a graph file may not hold.
  /// - Parameter limit: the most that are reported.
  package func characterErrors(limit: Int) -> [Diagnostic] {
    guard hasUnusualBytes else { return [] }
    var errors: [Diagnostic] = []
    var position = byteOrderMarkCount
    while position < bytes.count, errors.count < limit {
      let start = position
      let message = mistake(at: position)
      repeat {
        position += character(at: position).byteCount
      } while message != nil && position < bytes.count && mistake(at: position) == message
      if let message {
        errors.append(
          Diagnostic(message, at: SourceSpan(start, position), help: "delete it, or retype it"))
      }
    }
    return errors
  }

  private func mistake(at offset: Int) -> String? {
    guard let scalar = character(at: offset).scalar else {
      return "this is not valid UTF-8"
    }
    switch scalar {
    case "\n", "\t": return nil
    case "\r" where offset + 1 < bytes.count && bytes[offset + 1] == 0x0A: return nil
    default:
      guard scalar.isUnprintable else { return nil }
      return "the invisible character U+\(hexadecimal(scalar.value)) is not allowed"
    }
  }

  private func hexadecimal(_ value: UInt32) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - text.count)) + text
  }

  /// Some byte is neither printable ASCII nor a newline nor a tab. Branch-free, so that it costs
  /// nothing on ordinary files.
  private var hasUnusualBytes: Bool {
    bytes.withUnsafeBufferPointer { buffer in
      var found: UInt8 = 0
      for byte in buffer {
        let isUnusual = (byte &- 0x20) >= 0x5F && byte != 0x0A && byte != 0x09
        found |= isUnusual ? 1 : 0
      }
      return found != 0
    }
  }
}
