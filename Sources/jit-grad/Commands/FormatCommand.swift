// `jit-grad fmt`: graph files in their canonical layout.
import ArgumentParser
import Frontend

struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Format graph files in place; stdin to stdout for -.")

  @ArgumentParser.Argument(
    help: "Graph files; stdin if there are none.", completion: .file(extensions: ["jg"]))
  var files: [String] = []

  @Flag(help: "Change nothing; list files that are not formatted and exit 1.")
  var check = false

  func run() throws {
    var unformatted: [String] = []
    var failures = 0
    for path in files.isEmpty ? [FileIO.standardStream] : files {
      let source = try FileOptions.source(path)
      let parsed = SyntaxTree.parse(source)
      Console.raw(DiagnosticRenderer(Console.style).render(parsed.diagnostics, in: source))
      if parsed.diagnostics.contains(where: { $0.severity == .error }) {
        failures += 1
        continue
      }
      let bytes = Array(parsed.tree.formatted().utf8)
      let isFormatted = bytes == source.bytes
      if !isFormatted { unformatted.append(source.name) }
      // stdout gets the text in any case; a formatted file stays untouched.
      if !check && (!isFormatted || path == FileIO.standardStream) {
        try FileIO.write(bytes, to: path)
      }
    }
    if failures > 0 {
      throw CommandError(
        .badData, "\(failures) file\(failures == 1 ? "" : "s") with errors, left as they were")
    }
    if check && !unformatted.isEmpty {
      try Console.out(unformatted.map { $0 + "\n" }.joined())
      throw ExitCode.negative
    }
  }
}
