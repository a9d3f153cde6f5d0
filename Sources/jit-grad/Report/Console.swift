// The two streams: results to stdout, everything else to stderr. Decides about colour, and that
// control characters of files and names never reach a terminal.
import Frontend
import Glibc

enum Console {
  /// Writes a result to stdout, control characters replaced.
  /// - Throws: `CommandError` when stdout takes no more (a full disk, say).
  static func out(_ text: String) throws(CommandError) { try outRaw(printable(text)) }

  /// Writes a result to stdout to the byte: graph files, C, JSON, which are made without control
  /// characters.
  static func outRaw(_ text: String) throws(CommandError) {
    do {
      try FileIO.write(Array(text.utf8), to: FileIO.standardStream)
    } catch {
      throw CommandError(.cannotWrite, "cannot write to stdout: \(error.reason)")
    }
  }

  /// Writes to stderr as it is; there is nobody to tell if that fails.
  static func raw(_ text: String) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        write(STDERR_FILENO, buffer.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      written += count
    }
  }

  /// A line on stderr.
  static func note(_ text: String) { raw(printable(text) + "\n") }

  /// A tagged line on stderr: `help: …`.
  static func tagged(_ tag: Tag, _ text: String) {
    raw(paint("\(tag.rawValue):", tag.colour) + " " + printable(text) + "\n")
  }

  enum Tag: String {
    case error, warning, note, help

    fileprivate var colour: String {
      switch self {
      case .error: "1;31"
      case .warning: "1;35"
      case .note, .help: "1;36"
      }
    }
  }

  /// Colour on stderr: only on a terminal that can, and not against NO_COLOR (no-color.org).
  static let style: DiagnosticRenderer.Style = {
    let isOff = environment("NO_COLOR").map { !$0.isEmpty } ?? false
    let isDumb = environment("TERM") == "dumb"
    return isatty(STDERR_FILENO) == 1 && !isOff && !isDumb ? .ansi : .plain
  }()

  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func paint(_ text: String, _ colour: String) -> String {
    style == .ansi ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
  }

  /// The text with control characters other than newline and tab shown as U+FFFD.
  static func printable(_ text: String) -> String {
    let isHarmless = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x09 }
    if isHarmless { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isLayout = scalar == "\n" || scalar == "\t"
      result.append(scalar.steersTerminals && !isLayout ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  /// Control characters, and those that change the order or the look of others.
  var steersTerminals: Bool {
    if value < 0x7F { return value < 0x20 }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }
}
