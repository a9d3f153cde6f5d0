// What must not compile: snippets that the compiler is asked about, with the modules of this build.
import Foundation
import Testing

@Suite struct CompileTimeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// What the compiler says; empty where it accepts the snippet.
  private func mistakes(_ body: String) throws -> String {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("snippet-\(UUID().uuidString).swift")
    defer { try? FileManager.default.removeItem(at: file) }
    try "import JitGrad\nfunc f(_ x: TracedTensor) -> TracedTensor { \(body) }\n"
      .write(to: file, atomically: true, encoding: .utf8)
    let modules = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("Modules")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swiftc", "-typecheck", "-swift-version", "6", file.path]
    for folder in [
      modules, Self.root.appendingPathComponent("Sources/CZlib"),
      Self.root.appendingPathComponent("Sources/CTCC"),
      Self.root.appendingPathComponent("runtime/include"),
    ] {
      process.arguments? += ["-I", folder.path]
    }
    let pipe = Pipe()
    process.standardError = pipe
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? "" : text
  }

  @Test func tracedValuesAreNoBools() throws {
    #expect(try mistakes("branch(x > 0, then: { x }, else: { -x })") == "")
    #expect(try mistakes("if x > 0 { return x } else { return -x }").contains("error:"))
    #expect(try mistakes("return x == x ? x : -x").contains("error:"))
    #expect(try mistakes("while x < 1 { }; return x").contains("error:"))
  }
}
