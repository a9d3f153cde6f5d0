// What can go wrong between C text and machine code. All of it is our bug or the machine's, never
// the user's: the C was made by CEmit. How it is shown (exit code 70, where the C is kept) is
// decided by those who catch it.

/// C text that did not become machine code.
package struct TCCError: Error, Hashable {
  /// What was being done.
  package enum Stage: Hashable, Sendable {
    /// libtcc had no memory for a compiler.
    case start
    /// The text was refused, or a warning was given: what we emit compiles silently.
    case compile
    /// A name is called that the symbol table lacks, or an entry is not defined.
    case link
    /// The system refused memory for the code; the message names the call and its errno.
    case memory
  }

  /// One message of tcc.
  package struct Message: Hashable, Sendable {
    /// The line of the C text, from 1, of the token at fault or of the one after it; `nil` where the
    /// message is about no line.
    package let line: Int?
    package let text: String

    package init(line: Int?, text: String) {
      self.line = line
      self.text = text
    }
  }

  package let stage: Stage
  package let messages: [Message]
  /// The whole C text.
  package let source: String
}

extension TCCError: CustomStringConvertible {
  /// The messages, each with the line of C it is about and the one before; not the whole text.
  package var description: String {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let shown = messages.map { message in
      guard let line = message.line, lines.indices.contains(line - 1) else { return message.text }
      let place = lines[Swift.max(0, line - 2)..<line].map { "\n  " + $0 }.joined()
      return "line \(line): \(message.text)\(place)"
    }
    return "tcc, \(stage): " + (shown.isEmpty ? "no message" : shown.joined(separator: "\n"))
  }
}

extension TCCError.Message {
  /// Reads `<string>:12: error: text`, as tcc writes it; anything else is text without a line.
  init(tcc message: String) {
    let prefix = "<string>:"
    guard message.hasPrefix(prefix),
      let colon = message.dropFirst(prefix.count).firstIndex(of: ":"),
      let line = Int(message.dropFirst(prefix.count)[..<colon])
    else {
      self.init(line: nil, text: message)
      return
    }
    let text = message[message.index(after: colon)...].drop { $0 == " " }
    self.init(line: line, text: String(text))
  }
}
