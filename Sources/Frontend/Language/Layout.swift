// Lines of limited width from text with places where it may be broken. The method is Oppen's
// ("Prettyprinting", 1980): first the width of everything up to the next break, then one pass that
// breaks only groups that do not fit. Linear in the text, without recursion.

/// Text with possible line breaks, written piece by piece and then rendered.
struct Layout {
  enum Style {
    /// All breaks of the group are newlines, or none is.
    case consistent
    /// A break is a newline if what follows does not fit the line.
    case filled
  }

  private enum Piece {
    case text(Range<Int>)
    /// Ends its line; the groups around it are broken.
    case comment(Range<Int>)
    /// A newline, or so many spaces. `outdent`: the closing bracket of its group follows.
    case lineBreak(spaces: Int, outdent: Bool)
    case begin(Style)
    case end
    case blankLine
  }

  private var bytes: [UInt8] = []
  private var pieces: [Piece] = []
  private static let unbounded = 1 << 32

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
  }

  mutating func text(_ text: String) { pieces.append(.text(store(text))) }
  mutating func comment(_ text: String) { pieces.append(.comment(store(text))) }
  mutating func lineBreak(spaces: Int, outdent: Bool = false) {
    pieces.append(.lineBreak(spaces: spaces, outdent: outdent))
  }
  mutating func begin(_ style: Style) { pieces.append(.begin(style)) }
  mutating func end() { pieces.append(.end) }
  /// An empty line; a break that is a newline follows.
  mutating func blankLine() { pieces.append(.blankLine) }

  private mutating func store(_ text: String) -> Range<Int> {
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    return start..<bytes.count
  }

  /// Characters of a piece of text.
  private func width(_ range: Range<Int>) -> Int {
    var count = 0
    for byte in bytes[range] where byte & 0xC0 != 0x80 { count += 1 }
    return count
  }

  /// Appends the text to `output`, which stands at column `column`, broken to `width` columns.
  /// Continuation lines are indented by `margin` and two for each group around them.
  func render(into output: inout [UInt8], column: Int, margin: Int, width limit: Int) {
    guard pieces.contains(where: { if case .begin = $0 { true } else { false } }) else {
      output.append(contentsOf: bytes)
      return
    }
    let sizes = sizes()
    // Of each open group: its breaks if it is broken, nil if it fits; the indentation inside.
    var groups: [(broken: Style?, indent: Int)] = []
    var column = column
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .text(let range), .comment(let range):
        output.append(contentsOf: bytes[range])
        column += width(range)
      case .begin(let style):
        let outer = groups.last
        let isFlat = outer.map { $0.broken == nil } ?? false
        let fits = isFlat || sizes[index] <= limit - column
        groups.append((fits ? nil : style, (outer?.indent ?? margin) + 2))
      case .end: _ = groups.popLast()
      case .blankLine: output.append(0x0A)
      case .lineBreak(let spaces, let outdent):
        let indent = (groups.last?.indent ?? margin) - (outdent ? 2 : 0)
        let isNewline =
          switch groups.last?.broken {
          case .consistent: true
          case .filled: sizes[index] > limit - column
          case nil: false
          }
        if isNewline { output.append(0x0A) }
        let blanks = isNewline ? indent : spaces
        output.append(contentsOf: repeatElement(0x20, count: blanks))
        column = isNewline ? blanks : column + blanks
      }
    }
  }

  /// For each group its width, and that of the text that clings to its end; for each break its
  /// width and that of what follows up to the next break of the group or the group's end.
  private func sizes() -> [Int] {
    var sizes = [Int](repeating: 0, count: pieces.count)
    // Text behind a piece up to the next break.
    var clinging = [Int](repeating: 0, count: pieces.count)
    var run = 0
    for index in pieces.indices.reversed() {
      clinging[index] = run
      switch pieces[index] {
      case .text(let range): run += width(range)
      case .lineBreak, .comment: run = 0
      case .begin, .end, .blankLine: break
      }
    }
    // Begins and breaks whose width is not known yet.
    var open: [Int] = []
    var total = 0
    func closeBreak(at end: Int) {
      guard let last = open.last, case .lineBreak = pieces[last] else { return }
      sizes[last] += total + end
      open.removeLast()
    }
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .text(let range): total += width(range)
      case .comment: total += Layout.unbounded
      case .blankLine: break
      case .begin:
        sizes[index] = -total
        open.append(index)
      case .lineBreak(let spaces, _):
        closeBreak(at: 0)
        sizes[index] = -total
        open.append(index)
        total += spaces
      case .end:
        closeBreak(at: clinging[index])
        if let begin = open.popLast() { sizes[begin] += total + clinging[index] }
      }
    }
    while let last = open.popLast() { sizes[last] += total }
    return sizes
  }
}
