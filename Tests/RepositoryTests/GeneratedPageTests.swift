// Pages that are generated say what the sources say. JITGRAD_REGENERATE=1 in the environment rewrites
// them.

import Foundation
import Graph
import Testing

@Suite struct GeneratedPageTests {
  @Test func operations() throws { try check("docs/operations.md", OperationsPage.text) }

  @Test func libraryNames() throws { try check("docs/library-api.md", LibraryPage.text()) }

  /// A name that stands nowhere else, from each kind of place where one can stand.
  @Test(arguments: [
    "`grad(wrt:)`", "`forLoop(_:_:checkpointing:body:)`", "## enum EvaluationOptions.Keeping",
    "`guardFailed(_:lhs:rhs:operation:origin:)`", "`subscript(_:)`", "`op`", "## class Engine",
    "## extension [TracedTensor]", "`resultTypes(of:)`", "`composed(_:)`",
    "`whileLoop(_:limit:checkpointing:while:body:)`",
    "`dynamicallyCall(withKeywordArguments:)`",
  ])
  func libraryNamesHold(_ name: String) throws { #expect(try LibraryPage.text().contains(name)) }

  /// Nothing that only the package sees.
  @Test func libraryNamesAreAll() throws {
    let text = try LibraryPage.text()
    for name in ["TraceNode", "VaryingPart", "TraceWalk", "countExecuted"] {
      #expect(!text.contains("`\(name)"), "\(name)")
    }
  }

  private func check(_ path: String, _ expected: String) throws {
    let page = RepositoryTests.root.appendingPathComponent(path)
    if ProcessInfo.processInfo.environment["JITGRAD_REGENERATE"] != nil {
      try expected.write(to: page, atomically: true, encoding: .utf8)
    }
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    #expect(
      text == expected,
      "\(path) is not what the sources say; run the tests with JITGRAD_REGENERATE=1")
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
