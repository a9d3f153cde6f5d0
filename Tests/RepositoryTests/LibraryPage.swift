// docs/library-api.md: the public names of `import JitGrad`, read from the sources. Declarations are found
// by their words and their place by the indentation, which the format check keeps right.

import Foundation

/// A declaration that users of the library see.
private struct Declaration {
  /// The types around it, `EvaluationOptions.Keeping`.
  let scope: String
  /// `func`, `struct`, …
  let kind: String
  /// With the labels of its parameters: `grad(wrt:)`.
  let name: String
  /// The first sentence of its documentation.
  let summary: String
}

/// The page as the sources say it.
enum LibraryPage {
  static func text() throws -> String {
    var declarations: [Declaration] = []
    for path in RepositoryTests.files(under: ["Sources/JitGrad"], [".swift"]) {
      declarations += try scan(RepositoryTests.text(path)) { _ in true }
    }
    // Types of other modules that are handed on, with their members.
    let exported = try RepositoryTests.text("Sources/JitGrad/JitGrad.swift").split(separator: "\n")
      .filter { $0.hasPrefix("@_exported import ") }
      .compactMap { $0.split(separator: " ").last?.split(separator: ".") }
    for module in Set(exported.map { String($0[0]) }).sorted() {
      let imports = exported.filter { $0[0] == module }
      let types = Set(imports.filter { $0.count == 2 }.map { String($0[1]) })
      for path in RepositoryTests.files(under: ["Sources/\(module)"], [".swift"]) {
        declarations += try scan(RepositoryTests.text(path)) {
          types.isEmpty || types.contains($0)
        }
      }
    }
    var page = """
      # The library's names

      Everything that `import JitGrad` makes visible, without what a type has because of the protocols of the standard
      library it conforms to. Operations by name (`op.cumsum(x, axis: 0)`) are in [operations.md](operations.md).
      This page is generated from the sources.

      """
    let types = declarations.filter { isType($0.kind) }.map { qualified($0) }
    let extended = Set(declarations.map(\.scope)).subtracting(types).subtracting([""])
    page += table("Functions", declarations.filter { $0.scope.isEmpty && !isType($0.kind) })
    for scope in (types + extended).sorted() {
      let own = declarations.first { isType($0.kind) && qualified($0) == scope }
      let members = declarations.filter { $0.scope == scope && !isType($0.kind) }
      // What types of the standard library need to be a tree or an index.
      if own == nil, members.allSatisfy({ $0.summary.isEmpty }) { continue }
      let title = own.map { "\($0.kind) \(scope)" } ?? "extension \(scope)"
      page += table(title, members, own?.summary)
    }
    return page
  }

  private static func isType(_ kind: String) -> Bool {
    ["struct", "class", "enum", "protocol"].contains(kind)
  }

  private static func qualified(_ declaration: Declaration) -> String {
    [declaration.scope, declaration.name].filter { !$0.isEmpty }.joined(separator: ".")
  }

  private static func table(
    _ title: String, _ members: [Declaration], _ summary: String? = nil
  ) -> String {
    var text = "\n## \(title)\n"
    if let summary, !summary.isEmpty { text += "\n\(summary)\n" }
    var rows: [(name: String, summary: String)] = []
    for member in members {
      let name = "`\(member.name)`"
      if let known = rows.firstIndex(where: { $0.name == name }) {
        if rows[known].summary.isEmpty { rows[known].summary = member.summary }
      } else {
        rows.append((name, member.summary))
      }
    }
    if rows.isEmpty { return text }
    text += "\n| | |\n|---|---|\n"
    for (name, summary) in rows {
      text += "| \(name) | \(summary.replacingOccurrences(of: "|", with: "\\|")) |\n"
    }
    return text
  }

  // MARK: - Scanning

  private static let kinds: Set<String> = [
    "struct", "class", "enum", "protocol", "extension", "func", "var", "let", "init", "subscript",
    "case", "typealias", "associatedtype",
  ]

  /// Witnesses of protocols of the standard library.
  private static let witnesses: Set<String> = [
    "description", "hash(into:)", "init(integerLiteral:)", "init(stringLiteral:)",
    "init(dictionaryLiteral:)",
  ]

  /// - Parameter isWanted: whether a type at the top of a file is looked at.
  private static func scan(
    _ text: String, _ isWanted: (String) -> Bool
  ) throws -> [Declaration] {
    var found: [Declaration] = []
    var scopes: [(indent: Int, name: String, kind: String, isPublic: Bool)] = []
    var comment: [String] = []
    let lines = text.components(separatedBy: "\n")
    for (number, line) in lines.enumerated() {
      let body = line.drop { $0 == " " }
      if body.hasPrefix("///") {
        comment.append(body.dropFirst(3).trimmingCharacters(in: .whitespaces))
        continue
      }
      if body.isEmpty || body.hasPrefix("@") && !body.contains("public") { continue }
      defer { comment = [] }
      let indent = line.count - body.count
      while let last = scopes.last, last.indent >= indent { scopes.removeLast() }
      // Deeper than a member: the inside of one.
      guard indent == 2 * scopes.count else { continue }
      let head = words(body)
      guard let place = head.firstIndex(where: { kinds.contains($0) }),
        head[..<place].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) })
      else { continue }
      let kind = head[place]
      let scope = scopes.map(\.name).joined(separator: ".")
      let outer = scopes.last
      let isImplied =
        outer.map { $0.isPublic && ($0.kind == "protocol" || kind == "case") } ?? false
      let isPublic = head[..<place].contains { $0.hasPrefix("public") } || isImplied
      let whole = statement(lines[number...])
      for name in names(kind, whole) {
        if isType(kind) || kind == "extension" {
          scopes.append((indent, name, kind, isPublic || kind == "extension"))
        }
        let top = scopes.first?.name ?? name
        let isSeen = isPublic && kind != "extension" && !witnesses.contains(name)
        if isSeen, isWanted(top) {
          found.append(
            Declaration(scope: scope, kind: kind, name: name, summary: sentence(comment)))
        }
      }
    }
    return found
  }

  private static let modifiers: Set<String> = [
    "public", "private", "package", "internal", "fileprivate", "static", "final", "indirect",
    "mutating", "nonisolated", "nonisolated(unsafe)", "convenience", "prefix", "override", "lazy",
    "public private(set)", "private(set)", "package(set)", "required",
  ]

  /// The words up to a bracket.
  private static func words(_ line: Substring) -> [String] {
    line.split(separator: " ").map { word in
      // `init(`, `subscript<T>(`
      for kind in ["init", "subscript"] where word.hasPrefix(kind) {
        let next = word.dropFirst(kind.count).first
        if next == nil || "(<?".contains(next ?? " ") { return kind }
      }
      return String(word)
    }
  }

  /// A declaration up to the end of its parameters.
  private static func statement(_ lines: ArraySlice<String>) -> String {
    var text = ""
    for line in lines.prefix(20) {
      text += line.trimmingCharacters(in: .whitespaces) + " "
      let opened = text.count { "([".contains($0) }
      if opened == text.count(where: { ")]".contains($0) }) { break }
    }
    return text
  }

  private static func names(_ kind: String, _ text: String) -> [String] {
    guard let range = text.range(of: #"\b\#(kind)\b"#, options: .regularExpression) else {
      return []
    }
    let rest = text[range.upperBound...].drop { $0 == " " }
    switch kind {
    case "init", "subscript": return ["\(kind)\(labels(rest, isSubscript: kind == "subscript"))"]
    case "func":
      let name = rest.prefix { $0 != "(" && $0 != "<" && $0 != " " }
      if let first = name.first, !first.isLetter { return [String(name)] }
      // `<` and `<=` are operators.
      if name.isEmpty { return [String(rest.prefix { $0 != " " })] }
      return ["\(name)\(labels(rest.dropFirst(name.count), isSubscript: false))"]
    case "case":
      return split(rest).map { part in
        let name = part.prefix { $0.isLetter || $0.isNumber }
        let behind = part.dropFirst(name.count)
        return behind.hasPrefix("(") ? "\(name)\(labels(behind, isSubscript: false))" : "\(name)"
      }
    case "extension": return [String(rest.prefix { $0 != ":" && $0 != " " && $0 != "{" })]
    default: return [String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "`" })]
    }
  }

  /// `(_:shape:)`
  private static func labels(_ text: Substring, isSubscript: Bool) -> String {
    guard let open = text.firstIndex(of: "(") else { return "" }
    var depth = 0
    var end = text.endIndex
    for index in text[open...].indices {
      if "([".contains(text[index]) { depth += 1 }
      if ")]".contains(text[index]) { depth -= 1 }
      if depth == 0 {
        end = index
        break
      }
    }
    let list = split(text[text.index(after: open)..<end]).map { part -> String in
      let head = part.prefix { $0 != ":" && $0 != "(" }.split(separator: " ")
      guard part.contains(":"), let label = head.first, !label.hasPrefix("@") else { return "_:" }
      return isSubscript && head.count == 1 ? "_:" : "\(label):"
    }
    return "(\(list.joined()))"
  }

  /// Parts between commas that stand in no bracket.
  private static func split(_ text: Substring) -> [Substring] {
    var parts: [Substring] = []
    var depth = 0
    var start = text.startIndex
    for index in text.indices {
      switch text[index] {
      case "(", "[", "<": depth += 1
      case ")", "]": depth -= 1
      // No arrow.
      case ">" where !text[..<index].hasSuffix("-"): depth -= 1
      case "," where depth == 0:
        parts.append(text[start..<index].drop { $0 == " " })
        start = text.index(after: index)
      default: break
      }
    }
    let last = text[start...].drop { $0 == " " }
    return last.isEmpty ? parts : parts + [last]
  }

  private static func sentence(_ comment: [String]) -> String {
    let text = comment.prefix { !$0.isEmpty && !$0.hasPrefix("-") }.joined(separator: " ")
    guard let end = text.range(of: #"[.:](?= |$)"#, options: .regularExpression) else {
      return text
    }
    return String(text[..<end.lowerBound]) + "."
  }
}
