// Names on the command line. One that holds a sign which means something there stands in backquotes,
// as in the graph language: -i '`a=b`=3', --wrt '`u,v`,w'.
import Frontend

enum WrittenName {
  /// `NAME=VALUE`; `nil` where there is no `=` behind a name.
  static func split(_ text: String) -> (name: String, value: String)? {
    if text.hasPrefix("`") {
      let inner = text.dropFirst()
      guard let end = inner.firstIndex(of: "`") else { return nil }
      let rest = inner[inner.index(after: end)...]
      guard rest.hasPrefix("=") else { return nil }
      return (String(inner[..<end]), String(rest.dropFirst()))
    }
    guard let sign = text.firstIndex(of: "=") else { return nil }
    return (String(text[..<sign]), String(text[text.index(after: sign)...]))
  }

  /// The names in `a, `b,c``; `nil` where one is empty, or a backquote has no other.
  static func list(_ text: String) -> [String]? {
    var names: [String] = []
    var rest = text[...]
    while true {
      rest = rest.drop { $0 == " " }
      if rest.hasPrefix("`") {
        rest = rest.dropFirst()
        guard let end = rest.firstIndex(of: "`") else { return nil }
        names.append(String(rest[..<end]))
        rest = rest[rest.index(after: end)...].drop { $0 == " " }
        guard rest.isEmpty || rest.hasPrefix(",") else { return nil }
      } else {
        let part = rest.prefix { $0 != "," }
        rest = rest[part.endIndex...]
        let spaces = part.reversed().prefix { $0 == " " }.count
        names.append(String(part.dropLast(spaces)))
      }
      if names.last?.isEmpty == true { return nil }
      guard rest.hasPrefix(",") else { return names }
      rest = rest.dropFirst()
    }
  }

  /// As it is written in lists of names and types: in backquotes where the language wants them.
  static func spelled(_ name: String) -> String {
    NameTable.isIdentifier(name) ? name : "`\(name)`"
  }
}
