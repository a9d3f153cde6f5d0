// The runtime's portable headers, taken apart into single definitions so that shipped C carries
// only what it calls.
import runtime

/// The definitions in a header: pieces between empty lines, behind the first comment and the guard.
struct PortablePieces {
  let pieces: [String]

  /// A kind of number for which a header of linear algebra is written out.
  enum Kind: CaseIterable {
    case double, float
  }

  /// The pieces of a header of the runtime.
  /// - Parameter kind: of number, for one that is written in terms of it.
  init(named file: String, for kind: Kind? = nil) {
    var text = jg_portable_text(file).map { String(cString: $0) } ?? ""
    if let kind {
      let (type, suffix, letter) =
        kind == .double ? ("double", "_f64", "d") : ("float", "_f32", "s")
      text = Self.replacing("JG_NAME", in: text) { $0 + suffix }
      text = Self.replacing("JG_LAPACK", in: text) { letter + $0 + "_" }
      text = text.split(separator: "JG_T", omittingEmptySubsequences: false).joined(separator: type)
    }
    self.init(text)
  }

  /// The text with every `macro(argument)` replaced.
  private static func replacing(
    _ macro: String, in text: String, by make: (String) -> String
  ) -> String {
    let parts = text.split(separator: macro + "(", omittingEmptySubsequences: false)
    return parts.dropFirst().reduce(String(parts.first ?? "")) { text, part in
      let end = part.firstIndex(of: ")") ?? part.startIndex
      return text + make(String(part[..<end])) + part[end...].dropFirst()
    }
  }

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

  /// The headers whose functions have the same bits under every compiler.
  static let exactHeaders = ["jg_int.h", "jg_float.h"]

  /// All headers but those of linear algebra; a definition uses what stands before it.
  private static let headers =
    exactHeaders + [
      "jg_logistic.h", "jg_special.h", "jg_error.h", "jg_incomplete.h", "jg_bessel.h",
      "jg_logarithm.h", "jg_sort.h", "jg_stack.h",
    ]

  /// The definitions of the functions that are called, and of those that they call, in the order of the
  /// headers.
  static func definitions(of called: Set<String>) -> [String] {
    var pieces = headers.flatMap { PortablePieces(named: $0).pieces }
    for kind in Kind.allCases {
      for file in ["jg_lapack.h", "jg_linalg.h"] {
        pieces += PortablePieces(named: file, for: kind).pieces
      }
    }
    return needed(by: called, among: pieces)
  }

  /// The same, of the exact functions only.
  static func exactDefinitions(of called: Set<String>) -> [String] {
    needed(by: called, among: exactHeaders.flatMap { PortablePieces(named: $0).pieces })
  }

  /// Whether a function has the same bits under every compiler.
  static func isExact(_ name: String) -> Bool { exactNames.contains(name) }

  private static let exactNames = Set(
    exactHeaders.flatMap { PortablePieces(named: $0).pieces }.compactMap(definedName))

  /// A piece is needed if what it defines is called, by the program or by a needed piece.
  private static func needed(by called: Set<String>, among pieces: [String]) -> [String] {
    var needed = called
    var kept: [String] = []
    for piece in pieces.reversed() {
      guard let defined = definedName(piece), needed.contains(defined) else { continue }
      kept.append(piece)
      needed.formUnion(usedNames(piece))
    }
    return kept.reversed()
  }
}
