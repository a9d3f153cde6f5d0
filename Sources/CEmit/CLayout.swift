// Lines of C that fit 100 columns: where a long statement or comment is broken. Nothing here knows what
// the text means; operators and commas outside the innermost brackets are the best places.

enum CLayout {
  static let width = 100

  /// A statement in lines of at most `width` columns where it can be broken; lines behind the first
  /// hang four columns to the right.
  static func broken(_ text: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    if indent + text.utf8.count <= width { return [margin + text] }
    var lines: [String] = []
    var rest = Array(text.utf8)
    var room = width - indent
    while rest.count > room, let cut = place(in: rest, room) {
      lines.append(String(decoding: rest[..<cut], as: UTF8.self))
      rest = Array(rest[(cut + 1)...])
      room = width - indent - 4
    }
    lines.append(String(decoding: rest, as: UTF8.self))
    return lines.enumerated().map { margin + ($0.offset == 0 ? "" : "    ") + $0.element }
  }

  /// The blank where a line is broken: before an operator or behind a comma; in as few brackets as
  /// possible, then at the loosest operator, then as far right as possible. Not in the first third
  /// of the line, if there is a choice.
  private static func place(in text: [UInt8], _ room: Int) -> Int? {
    var depth = 0
    var best: (place: Int, depth: Int, looseness: Int)?
    for (index, byte) in text.prefix(room + 1).enumerated() {
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: " ") where index > 0:
        guard let looseness = looseness(text, index) else { continue }
        let isBetter =
          best.map {
            $0.place < room / 3 || (depth, looseness) <= ($0.depth, $0.looseness)
          } ?? true
        if isBetter { best = (index, depth, looseness) }
      default: break
      }
    }
    return best?.place
  }

  /// How loosely what stands before and behind a blank holds together, 0 loosest; `nil` where a line
  /// is not broken.
  private static func looseness(_ text: [UInt8], _ blank: Int) -> Int? {
    if text[blank - 1] == UInt8(ascii: ",") || text[blank - 1] == UInt8(ascii: ";") { return 0 }
    let end = text[(blank + 1)...].firstIndex(of: UInt8(ascii: " ")) ?? text.count
    switch String(decoding: text[(blank + 1)..<min(end, blank + 4)], as: UTF8.self) {
    case "?", ":": return 0
    case "||": return 1
    case "&&": return 2
    case "==", "!=", "<", "<=", ">", ">=", "|", "&", "^": return 3
    case "+", "-": return 4
    case "*", "/", "%": return 5
    default: return nil
    }
  }

  /// A comment in lines of at most `width` columns.
  static func comment(_ text: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin + "/*"
    var length = indent + 2
    for word in text.split(separator: " ") {
      let more = word.count
      if length + more + 4 > width {
        lines.append(line)
        line = margin + "  "
        length = indent + 2
      }
      line += " " + word
      length += 1 + more
    }
    return lines + [line + " */"]
  }
}
