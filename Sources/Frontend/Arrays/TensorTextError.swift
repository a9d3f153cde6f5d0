// What is wrong with a tensor written as text (a literal, a `random:` specification): the facts and
// the text with its caret.

/// A text that does not describe the tensor that was asked for.
package struct TensorTextError: Error, Sendable, Equatable {
  /// The text as the user wrote it.
  package var text: String
  /// Where in the text, in Unicode scalars from 1.
  package var column: Int
  package var message: String
  /// What the user can do.
  package var help: String?
}

extension TensorTextError: CustomStringConvertible {
  /// The message, the part of the text around the column with a caret under it, and the help.
  package var description: String {
    let scalars = Array(text.unicodeScalars)
    let start = max(0, min(column - 1, scalars.count) - 40)
    let end = min(scalars.count, start + 80)
    var shown = String.UnicodeScalarView()
    // Text of the user must not break the line or steer the terminal.
    for scalar in scalars[start..<end] {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      shown.append(isControl ? " " : scalar)
    }
    let lead = start > 0 ? "…" : ""
    let caret = String(repeating: " ", count: lead.count + column - 1 - start) + "^"
    let trail = end < scalars.count ? "…" : ""
    let lines = ["column \(column): \(message)", "  \(lead)\(String(shown))\(trail)", "  \(caret)"]
    return (lines + (help.map { ["help: \($0)"] } ?? [])).joined(separator: "\n")
  }
}
