// Golden C: programs of the graph language with the exact C that is shipped for them. After a change
// of the C, run with JITGRAD_REGENERATE=1 in the environment, and read the difference.

import Autodiff
import CEmit
import Foundation
import Frontend
import Graph
import Lowering
import Testing

/// A program beside its C; a name that ends in a mode is that derivative of the function.
struct Golden: Sendable, CustomTestStringConvertible {
  let name: String
  var testDescription: String { name }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden")

  static let all: [Golden] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".jg") }.sorted().map {
      Golden(name: String($0.dropLast(3)))
    }
  }()

  func file(_ ending: String) -> URL {
    Self.folder.appendingPathComponent("\(name).\(ending)")
  }

  func graph() throws -> Graph {
    let text = try String(contentsOf: file("jg"), encoding: .utf8)
    let read = GraphFile(SourceFile(name: "\(name).jg", text: text))
    try #require(
      read.diagnostics.isEmpty,
      "\(DiagnosticRenderer().render(read.diagnostics, in: read.source))")
    let graph = try #require(read.graphs.last)
    let ending = name.split(separator: "_").last.map(String.init) ?? ""
    return try DerivativeMode(rawValue: ending).map { try graph.derivative($0) } ?? graph
  }

  func source() throws -> PortableSource {
    let graph = try graph()
    return PortableSource(
      try lower(graph.simplified(), .portable), summary: "\(name), made by jit-grad")
  }
}

@Suite struct GoldenTests {
  @Test(arguments: Golden.all) func isExact(_ golden: Golden) throws {
    let source = try golden.source()
    #expect(source.name == golden.name)
    for (ending, text) in [("c", source.source), ("h", source.header)] {
      let file = golden.file(ending)
      if ProcessInfo.processInfo.environment["JITGRAD_REGENERATE"] != nil {
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
      let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      #expect(
        text == expected,
        "the C of \(golden.name) changed; regenerate with JITGRAD_REGENERATE=1 and read it")
    }
  }

  @Test(arguments: Golden.all) func looksWritten(_ golden: Golden) throws {
    let source = try golden.source()
    for text in [source.source, source.header] {
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        #expect(line.count <= 100, "\(line)")
        #expect(line.last != " " && line.last != "\t", "\(line)")
        #expect(!line.contains("\t"))
      }
      #expect(!text.contains("\n\n\n"))
      #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
    }
  }

  @Test(arguments: ["gcc", "clang", "tcc"]) func compilesSilently(_ compiler: String) throws {
    guard let path = Tool.find(compiler) else {
      print("note: no \(compiler) here, its check of the golden C is skipped")
      return
    }
    let files = Golden.all.map { $0.file("c").path }
    let flags =
      compiler == "tcc"
      ? ["-Wall", "-Werror"]
      : ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-O1"]
    // As root, a compiler may put a file in the place of a device: the object gets a name.
    let object = FileManager.default.temporaryDirectory
      .appendingPathComponent("jit-grad-golden-\(compiler)-\(getpid()).o").path
    defer { try? FileManager.default.removeItem(atPath: object) }
    for file in files {
      let built = try Tool.run(path, flags + ["-c", file, "-o", object])
      #expect(built.status == 0, "\(built.output.prefix(4000))")
    }
  }
}

/// Programs of the system.
enum Tool {
  static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
