// The runtime's portable headers, taken apart into single definitions so that shipped C carries
// only what it calls.

/// The definitions in a header: pieces between empty lines, behind the first comment and the guard.
struct PortablePieces {
  let pieces: [String]

  init(_ header: String) {
    pieces = header.split(separator: "\n\n").map(String.init).filter {
      Self.definedName($0) != nil
    }
  }

  /// The first jg_ name that a `static` definition in the piece introduces.
  static func definedName(_ piece: String) -> String? {
    for line in piece.split(separator: "\n") where line.hasPrefix("static ") {
      return names(in: String(line)).first
    }
    return nil
  }

  /// All names beginning with jg_ in a text, in order.
  static func names(in text: String) -> [String] {
    var names: [String] = []
    var name = ""
    for character in text + " " {
      if character == "_" || character.isLetter || character.isNumber {
        name.append(character)
      } else {
        if name.hasPrefix("jg_") { names.append(name) }
        name = ""
      }
    }
    return names
  }
}
