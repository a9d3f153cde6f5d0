// Which language a graph file is in: told by the ending of its name, or by how it begins.

/// The languages of graph files.
package enum GraphLanguage: Sendable {
  case graph, stableHLO

  package init(of source: SourceFile) {
    if source.name.hasSuffix(".jg") {
      self = .graph
    } else if source.name.hasSuffix(".mlir") {
      self = .stableHLO
    } else {
      self = Self.beginsLikeMLIR(source.bytes) ? .stableHLO : .graph
    }
  }

  /// A file in the graph language begins with `jitgrad`; comments of MLIR with two slashes.
  private static func beginsLikeMLIR(_ bytes: [UInt8]) -> Bool {
    let words = [
      "module", "builtin.module", "\"builtin.module", "func.func", "\"func.func", "#loc", "//",
    ]
    let text = bytes.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    return words.contains { text.starts(with: $0.utf8) }
  }
}
