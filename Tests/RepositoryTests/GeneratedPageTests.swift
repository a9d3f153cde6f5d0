// Pages that are generated say what the sources say. JITGRAD_REGENERATE=1 in the environment rewrites
// them.

import Foundation
import Graph
import Testing

@Suite struct GeneratedPageTests {
  @Test func operations() throws {
    let page = RepositoryTests.root.appendingPathComponent("docs/operations.md")
    if ProcessInfo.processInfo.environment["JITGRAD_REGENERATE"] != nil {
      try OperationsPage.text.write(to: page, atomically: true, encoding: .utf8)
    }
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    #expect(
      text == OperationsPage.text,
      "docs/operations.md is not what the operations say; run the tests with JITGRAD_REGENERATE=1")
  }

  /// Every entry says something, in a sentence, of which the first is its summary.
  @Test func everyEntryIsDocumented() {
    for entry in Catalog.all {
      #expect(entry.documentation.count >= 4 && entry.documentation.hasSuffix("."), "\(entry.name)")
      #expect(
        !entry.documentation.contains("\t") && !entry.summary.contains("\n\n"), "\(entry.name)")
    }
  }
}
