// The reference page of all operations, made from the catalog: docs/operations.md is this text, and a
// test holds it to that.

/// docs/operations.md.
package enum OperationsPage {
  package static var text: String {
    var lines = [
      "# Operations", "",
      "Everything that can be called by name in a graph file; how calls, numbers and broadcasting work",
      "is in [language.md](language.md). A parameter with `=` may be left out and has the value shown.",
      "`jit-grad ops NAME` shows an entry in the terminal.", "",
      "This page is generated from the operations; to change it, change them and run the tests with",
      "`JITGRAD_REGENERATE=1` in the environment.", "",
    ]
    let families = Catalog.families + [("Made of operations", Catalog.derived)]
    for (title, entries) in families {
      let links = entries.map { "[`\($0.name)`](#\($0.name))" }.joined(separator: " ")
      lines.append("- **\(title)**: \(links)")
    }
    for (title, entries) in families {
      lines += ["", "## \(title)"]
      if title == "Made of operations" {
        lines += [
          "",
          "These expand into operations where they are called, and have their derivatives from them.",
        ]
      }
      for entry in entries { lines += section(entry) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ entry: Entry) -> [String] {
    let dtypes = Catalog.function(named: entry.name)?.documentedDTypes ?? ""
    var lines = [
      "", "### \(entry.name)", "", "`\(entry.signature)`\(dtypes)", "", entry.documentation,
    ]
    let choices = entry.parameters.compactMap { parameter -> String? in
      guard case .word(let words) = parameter.kind else { return nil }
      let list = words.map { "`\"\($0)\"`" }.joined(separator: ", ")
      return "`\(parameter.name)` is one of \(list)."
    }
    if !choices.isEmpty { lines += ["", choices.joined(separator: " ")] }
    return lines
  }
}

extension ScalarFunction {
  /// Of which dtypes, and what becomes of them.
  fileprivate var documentedDTypes: String {
    " of \(domain.text)\(isPredicate && domain != .logic ? ", gives bool" : "")"
  }
}
