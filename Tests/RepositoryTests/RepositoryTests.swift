// What holds for the repository as a whole: sizes and heads of sources, imports, generated pages,
// no paths of one machine.

import Foundation
import Testing

@Suite struct RepositoryTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Files longer than 400 lines, with the reason.
  static let longFiles: [String: String] = [:]

  /// What each module may import beside the standard library.
  static let imports: [String: Set<String>] = [
    "Graph": ["Glibc", "Synchronization"],
    "Autodiff": ["Graph"],
    "Frontend": ["Graph", "Autodiff", "CZlib", "Glibc"],
    "Lowering": ["Graph"],
    "CEmit": ["Graph", "Lowering", "runtime"],
    "JIT": [
      "Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "CTCC", "runtime", "Glibc",
      "Synchronization",
    ],
    "JitGrad": ["Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "JIT", "Synchronization"],
    "jit-grad": [
      "ArgumentParser", "JitGrad", "Graph", "Autodiff", "Frontend", "Lowering", "CEmit", "JIT",
      "Glibc", "runtime",
    ],
  ]

  /// Paths below the root, of files with one of the endings.
  static func files(under folders: [String], _ endings: [String]) -> [String] {
    folders.flatMap { folder -> [String] in
      let base = root.appendingPathComponent(folder).resolvingSymlinksInPath()
      let walk = FileManager.default.enumerator(atPath: base.path)
      return (walk?.compactMap { $0 as? String } ?? []).sorted().map { "\(folder)/\($0)" }
    }.filter { path in endings.contains { path.hasSuffix($0) } }
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static let swiftFiles = files(under: ["Sources", "Tests"], [".swift"])

  @Test func filesAreFound() { #expect(Self.swiftFiles.count > 100) }

  @Test(arguments: swiftFiles) func isShort(_ path: String) throws {
    let count = try Self.text(path).split(separator: "\n", omittingEmptySubsequences: false).count
    if let reason = Self.longFiles[path] {
      #expect(count > 400, "\(path) is no exception any more (\(reason))")
    } else {
      #expect(count <= 401, "\(path) has \(count) lines; split it, or list it with a reason")
    }
  }

  @Test(arguments: swiftFiles) func saysWhatItDecides(_ path: String) throws {
    #expect(try Self.text(path).hasPrefix("// "), "\(path) begins without a comment on its purpose")
  }

  @Test(arguments: swiftFiles.filter { $0.hasPrefix("Sources/") })
  func importsWhatItMay(_ path: String) throws {
    let module = String(path.split(separator: "/")[1])
    let allowed = Self.imports[module, default: []]
    for line in try Self.text(path).split(separator: "\n") {
      let words = line.split(separator: " ")
      let modifiers: Set<Substring> = ["public", "package", "internal", "private", "fileprivate"]
      let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
      ]
      guard let place = words.firstIndex(of: "import"),
        words[..<place].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) }),
        let named = words[(place + 1)...].first(where: { !kinds.contains($0) })
      else { continue }
      let imported = named.split(separator: ".")[0]
      #expect(allowed.contains(String(imported)), "\(path) may not import \(imported)")
    }
  }

  /// A path of one machine says nothing on another.
  @Test func noAbsolutePaths() throws {
    let paths = Self.files(
      under: ["Sources", "Tests", "docs", "runtime", "examples"],
      [".swift", ".h", ".c", ".md", ".jg", ".modulemap"])
    let homes = ["/ho" + "me/", "/wo" + "rk/", "/ro" + "ot/", "/Us" + "ers/"]
    for path in paths {
      let text = try Self.text(path)
      for home in homes { #expect(!text.contains(home), "\(path) names \(home)…") }
    }
  }
}
