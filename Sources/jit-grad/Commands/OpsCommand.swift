// `jit-grad ops`: the list of operations, or the documentation of one.
import ArgumentParser
import Frontend
import Graph

struct OpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ops", abstract: "List all operations, or explain one.")

  @ArgumentParser.Argument(
    help: "The operation.", completion: .custom { _, _, _ in Catalog.all.map(\.name) })
  var name: String?

  func run() throws {
    guard let name else {
      let rows = Catalog.all.map { ($0.signature, Self.firstSentence($0.summary)) }
      let width = min(44, rows.map(\.0.count).max() ?? 0)
      let lines = rows.map { signature, sentence in
        signature + String(repeating: " ", count: max(2, width + 2 - signature.count)) + sentence
          + "\n"
      }
      return try Console.out(lines.joined())
    }
    guard let entry = Catalog.entry(named: name) else {
      throw CommandError(
        .usage, "there is no operation \(name)",
        help: Suggestion.help(for: name, in: Catalog.all.map(\.name)) ?? "jit-grad ops lists all")
    }
    try Console.out(Self.text(entry))
  }

  private static func firstSentence(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    var words: [Substring] = []
    for word in line.split(separator: " ") {
      words.append(word)
      if word.hasSuffix(".") { break }
    }
    return words.joined(separator: " ")
  }

  private static func text(_ entry: Entry) -> String {
    var text = "\(entry.signature)\n\n\(entry.documentation)\n"
    if !entry.parameters.isEmpty { text += "\nParameters:\n" }
    text += OutputText.table(
      entry.parameters.map { parameter in
        [
          "  \(parameter.name)", parameter.kind.text,
          parameter.fallback.map { "default \($0)" } ?? "",
        ]
      }, alignment: .left)
    return text
  }
}

extension Parameter.Kind {
  fileprivate var text: String {
    switch self {
    case .operand: "an operand"
    case .operands: "operands, one or more"
    case .dim: "a size"
    case .dims: "a size or a list of sizes"
    case .dimLists: "a list of lists of sizes"
    case .number: "a number"
    case .flag: "true or false"
    case .dtype: "a dtype"
    case .word(let words):
      words.isEmpty ? "a word" : words.map { "\"\($0)\"" }.joined(separator: ", ")
    }
  }
}
