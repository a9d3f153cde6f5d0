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
      self = Self.beginsLikeMLIR(source) ? .stableHLO : .graph
    }
  }

  /// A file in the graph language begins with `jitgrad`; comments of MLIR with two slashes. Lines
  /// with a `#` are comments in the one and aliases in the other.
  private static func beginsLikeMLIR(_ source: SourceFile) -> Bool {
    let words = [
      "module", "builtin.module", "\"builtin.module", "func.func", "\"func.func", "#loc", "//",
    ]
    var text = source.bytes.dropFirst(source.byteOrderMarkCount)
    while true {
      text = text.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
      if words.contains(where: { text.starts(with: $0.utf8) }) { return true }
      guard text.first == UInt8(ascii: "#") else { return false }
      text = text.drop { $0 != 0x0A }
    }
  }
}
