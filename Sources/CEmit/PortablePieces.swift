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

  /// The jg_ name that a function or typedef in the piece introduces.
  static func definedName(_ piece: String) -> String? {
    let line = piece.split(separator: "\n").first {
      $0.hasPrefix("static ") || $0.hasPrefix("typedef ")
    }
    return line.flatMap { names(in: String($0)).first }
  }

  /// The jg_ names that a piece uses; comments do not count.
  static func usedNames(_ piece: String) -> [String] {
    piece.split(separator: "\n").filter { !$0.hasPrefix("/*") && !$0.hasPrefix(" *") }
      .flatMap { names(in: String($0)) }
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
