// docs/language.md is right: its examples are read without a mistake, the calls in their comments give
// the values that stand there, and its messages are the messages.

import Foundation
import Graph
import Testing

@testable import Frontend

@Suite struct LanguagePageTests {
  /// The fenced blocks of the page with their languages.
  static let blocks: [(language: String, text: String)] = {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("docs/language.md")
    var blocks: [(String, String)] = []
    var open: (language: String, lines: [Substring])?
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let block = open { blocks.append((block.language, block.lines.joined(separator: "\n"))) }
        open = open == nil ? (String(line.dropFirst(3)), []) : nil
      } else {
        open?.lines.append(line)
      }
    }
    return blocks
  }()

  static let examples = blocks.filter { $0.language == "jg" }.map(\.text)

  private func whole(_ text: String) -> String {
    text.hasPrefix("jitgrad 1") ? text : "jitgrad 1\n\(text)"
  }

  @Test(arguments: examples) func example(_ text: String) throws {
    let file = GraphFile(SourceFile(name: "model.jg", text: whole(text)))
    #expect(
      file.diagnostics.isEmpty, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    for graph in file.graphs { try checkRoundTrip(graph) }
    var count = 0
    for line in text.split(separator: "\n") where line.hasPrefix("# ") && line.contains(") = ") {
      let parts = String(line.dropFirst(2)).split(separator: " = ", maxSplits: 1)
      let values = parts[1].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
      let names = values.indices.map { "v\($0)" }.joined(separator: ", ")
      let wanted = values.enumerated().map { "  v\($0) = \($1)\n" }.joined()
      let calls = GraphFile(
        SourceFile(
          name: "call.jg",
          text: whole(text) + """

            func found__() -> (\(names)) { \(names) = \(parts[0]) }
            func wanted__() -> (\(names)) {
            \(wanted)}

            """))
      #expect(
        calls.diagnostics.isEmpty,
        "\(DiagnosticRenderer().render(calls.diagnostics, in: calls.source))")
      let graphs = calls.graphs.suffix(2)
      guard graphs.count == 2, let found = graphs.first, let expected = graphs.last else {
        continue
      }
      let a = try ReferenceEvaluator.run(found, inputs: [], sizes: [:])
      let b = try ReferenceEvaluator.run(expected, inputs: [], sizes: [:])
      #expect(a.map(\.shape) == b.map(\.shape), "\(line)")
      for (x, y) in zip(a, b) {
        #expect(x.doubles.count == y.doubles.count, "\(line)")
        for (u, v) in zip(x.doubles, y.doubles) { #expect(abs(u - v) <= 1e-6 * abs(v), "\(line)") }
      }
      count += 1
    }
    #expect(count > 0, "no call is shown")
  }

  @Test func mistakes() throws {
    let place = try #require(Self.blocks.firstIndex { $0.language == "jg-mistakes" })
    let file = GraphFile(
      SourceFile(name: "model.jg", text: "jitgrad 1\n\n" + Self.blocks[place].text))
    #expect(
      DiagnosticRenderer().render(file.diagnostics, in: file.source)
        == Self.blocks[place + 1].text + "\n")
  }

  /// The numbers of the page are the numbers of the program.
  @Test func bounds() throws {
    let limits = ParseLimits()
    #expect(
      limits.byteCount == 64 << 20 && limits.tokenCount == 1 << 25 && limits.nestingDepth == 256)
    #expect(
      CallGraph.nestingLimit == 1000 && CallGraph.callWeight == 10 && CallGraph.sizeLimit == 131_072
        && CallGraph.totalLimit == 1_048_576 && Elaborator.rankLimit == 32)
  }
}
