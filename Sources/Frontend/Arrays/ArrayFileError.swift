// What is wrong with an array file: the facts as a value, and the one text made from them.
// Errors of the operating system (no such file, disk full) are `FileError`, in FileIO.swift.

/// An array file that cannot be read as asked, with the place and both sides.
package struct ArrayFileError: Error, Sendable, Equatable {
  /// What kind of trouble; the command maps it to an exit code.
  package enum Kind: Sendable, Equatable {
    /// The bytes end before something that must be there.
    case truncated
    /// The bytes contradict the format or each other.
    case corrupt
    /// A well-formed file with something this project does not read.
    case unsupported
    /// More bytes than the bound that the caller set.
    case tooLarge
    /// A value or name that the other side cannot hold.
    case notRepresentable
  }

  package var kind: Kind
  /// The file as the user wrote it.
  package var file: String
  /// The member of a container, with its `.npy`.
  package var member: String?
  /// Offset in bytes from the start of the file, or of the member's uncompressed contents.
  package var byteOffset: Int?
  package var needed: String
  package var found: String
  /// What the user can do.
  package var help: String?
}

extension ArrayFileError: CustomStringConvertible {
  /// One line without a trailing newline: place, what was needed, what was found.
  package var message: String {
    var place = file
    if let member { place += ", member \(quoted(member))" }
    if let byteOffset { place += ", byte \(byteOffset)" }
    return "\(place): needs \(needed), found \(found)"
  }

  /// The message, then a `help:` line if there is one.
  package var description: String {
    help.map { "\(message)\nhelp: \($0)" } ?? message
  }
}

/// `text` in single quotes, cut at 60 characters, control characters shown as `\u{…}`: text from a
/// file must not steer the terminal.
func quoted(_ text: String) -> String {
  var shown = "'"
  for scalar in text.unicodeScalars.prefix(60) {
    let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    shown += isControl ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return shown + (text.unicodeScalars.count > 60 ? "…'" : "'")
}
