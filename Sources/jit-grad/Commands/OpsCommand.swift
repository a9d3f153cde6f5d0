// `jit-grad ops`: the list of operations, or the documentation of one.
import ArgumentParser
import Frontend
import Graph

struct OpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ops", abstract: "List all operations, or explain one.",
    discussion:
      "Of loops, conditionals and other forms of the language it tells how they are written.")

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
    if let form = LanguageForm.all.first(where: { $0.names.contains(name) }) {
      return try Console.out(form.text)
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
      }, alignment: .allLeft)
    return text
  }
}

/// What is written with words or signs of its own, and so is no operation by name.
private struct LanguageForm {
  let names: [String]
  let spelling: String
  let section: String

  init(_ names: [String], _ spelling: String, _ section: String) {
    (self.names, self.spelling, self.section) = (names, spelling, section)
  }

  var text: String {
    "\(spelling)\n\nA form of the language, no operation: see \(section) in docs/language.md.\n"
  }

  static let all = [
    LanguageForm(["if", "else"], "if c { a } else { b }", "Conditionals"),
    LanguageForm(
      ["switch", "case"], "switch k { case 0 { a } case 1 { b } else { c } }", "Conditionals"),
    LanguageForm(
      ["for", "in", "carry"], "for i in 0..<n, x in xs carry s = 0.0 { s + x }", "Loops"),
    LanguageForm(["scan", "yield"], "scan x in xs carry s = 0.0 { s + x }", "Loops"),
    LanguageForm(["while", "where", "limit"], "while x = a where x > 1.0 { x / 2 }", "Loops"),
    LanguageForm(["do"], "do x = a { x / 2 } while x > 1.0", "Loops"),
    LanguageForm(["keep"], "for i in 0..<n carry s = a keep at most 10 { sin(s) }", "Loops"),
    LanguageForm(["root"], "root x = start { x * x - a }", "Values defined by an equation"),
    LanguageForm(
      ["fixed_point"], "fixed_point x = start { cos(x) }", "Values defined by an equation"),
    LanguageForm(["argmin"], "argmin x = start { (x - a)^2 }", "Values defined by an equation"),
    LanguageForm(
      ["solve", "linear_solve"], "solve x = b { A @ x }", "Values defined by an equation"),
    LanguageForm(
      ["custom"], "custom f(x: f64 = a) { x^3 } jvp(y, dx) { 3 * x^2 * dx }", "Functions with rules"
    ),
    LanguageForm(
      ["jvp", "vjp"], "@jvp(f_jvp), @vjp(f_vjp) in front of a function", "Functions with rules"),
  ]
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
    case .word(let words): words.map { "\"\($0)\"" }.joined(separator: ", ")
    case .text: "a text in quotes"
    }
  }
}
