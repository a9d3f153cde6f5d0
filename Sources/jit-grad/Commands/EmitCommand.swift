// `jit-grad emit`: a function as C to ship, a source and a header.
import ArgumentParser
import CEmit
import Frontend
import Glibc
import Graph
import Lowering

struct EmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit", abstract: "Write a function as C99: NAME.c and NAME.h.",
    discussion: """
      NAME is the function's name as a C identifier; with --grad its mode stands behind it. The C \
      allocates nothing but the rows of loops whose length only the run tells: NAME_workspace tells \
      how many bytes it needs for given sizes. The paths are printed.
      """)

  @OptionGroup var file: FileOptions
  @OptionGroup var derivative: OptionalDerivativeOptions

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The directory; made if missing.", valueName: "dir"),
    completion: .directory)
  var output: String

  func run() throws {
    let (primal, names) = try file.function(distinct: derivative.derivative.distinct)
    let graph = try derivative.applied(to: primal, names)
    let program = try lower(graph.simplified(), .portable)
    let source = PortableSource(program, summary: Self.summary(program.name))
    if mkdir(output, 0o777) != 0 && errno != EEXIST {
      throw CommandError(
        .cannotWrite, "cannot make the directory \(output): \(String(cString: strerror(errno)))")
    }
    let base = output.hasSuffix("/") ? output + source.name : "\(output)/\(source.name)"
    let isNew = access(base + ".h", F_OK) != 0
    try FileIO.write(Array(source.header.utf8), to: base + ".h")
    do {
      try FileIO.write(Array(source.source.utf8), to: base + ".c")
    } catch {
      // One without the other is of no use.
      if isNew { unlink(base + ".h") }
      throw error
    }
    try Console.out("\(base).c\n\(base).h\n")
  }

  /// The first line of the files, made of characters that cannot end a comment.
  static func summary(_ name: String) -> String {
    let plain = name.unicodeScalars.map { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789._- ".unicodeScalars.contains(scalar))
        ? Character(scalar) : "_"
    }
    return "\(String(plain)), made by jit-grad \(JitGradCommand.version)"
  }
}
