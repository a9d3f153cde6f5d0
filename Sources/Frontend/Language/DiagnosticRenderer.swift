// The text of a diagnostic: place, message, source line, marks, notes and help. Nothing that was
// read from a file reaches the output raw: unprintable characters become U+FFFD.

/// Turns diagnostics into text.
///
///     model.jg:7:9: error: add needs equal shapes, found f32[n] and f32[m]
///       y = a + b
///           ~~^~~
///     note: n is the extent of a, axis 0; m is the extent of b, axis 0
///     help: slice the longer one, or declare both with the same symbol
package struct DiagnosticRenderer: Sendable {
  package enum Style: Sendable {
    case plain, ansi
  }

  package let style: Style
  /// The most characters of a source line that are shown.
  package let width: Int

  package init(_ style: Style = .plain, width: Int = 120) {
    self.style = style
    self.width = max(20, width)
  }

  /// All diagnostics, one below the other; each ends in a newline.
  package func render(_ diagnostics: [Diagnostic], in source: SourceFile) -> String {
    diagnostics.map { render($0, in: source) }.joined()
  }

  /// One diagnostic, lines ended by newlines.
  package func render(_ diagnostic: Diagnostic, in source: SourceFile) -> String {
    var text = headline(
      diagnostic.severity.rawValue, diagnostic.message, at: diagnostic.point, in: source)
    text += snippet(diagnostic.span, point: diagnostic.point, in: source)
    for label in diagnostic.labels {
      text += headline("note", label.message, at: label.span.start, in: source)
      text += snippet(label.span, point: label.span.start, in: source)
    }
    for note in diagnostic.notes { text += tag("note") + printable(note) + "\n" }
    if let help = diagnostic.help { text += tag("help") + printable(help) + "\n" }
    return text
  }

  private func headline(
    _ kind: String, _ message: String, at point: Int, in source: SourceFile
  ) -> String {
    let location = source.location(at: point)
    let place = "\(printable(source.name)):\(location.line):\(location.column):"
    return "\(paint(place, "1")) \(tag(kind))\(paint(printable(message), "1"))\n"
  }

  /// The source line of `point` and the marks below it, both cut to the width.
  private func snippet(_ span: SourceSpan, point: Int, in source: SourceFile) -> String {
    let line = source.lineSpan(source.line(at: point))
    let start = windowStart(line, point: point, in: source)
    var shown = start > line.start ? "…" : ""
    var marks = start > line.start ? " " : ""
    var position = start
    var count = 0
    while position < line.end, count < width {
      let (scalar, byteCount) = source.character(at: position)
      let isTab = scalar == "\t"
      shown.unicodeScalars.append(isTab ? "\t" : visible(scalar))
      let isMarked = span.contains(position)
      marks += position == point ? "^" : isTab ? "\t" : isMarked ? "~" : " "
      position += byteCount
      count += 1
    }
    if position < line.end { shown += "…" } else if point >= line.end { marks += "^" }
    while let last = marks.last, last == " " || last == "\t" { marks.removeLast() }
    return "\(shown)\n\(paint(marks, "1;32"))\n"
  }

  /// Where to begin showing a line so that `point` is seen with what stands before it.
  private func windowStart(_ line: SourceSpan, point: Int, in source: SourceFile) -> Int {
    var start = point
    var cut = line.start
    for count in 0..<(width * 3 / 4) {
      guard start > line.start else { return line.start }
      if count == width / 2 { cut = start }
      start = source.characterStart(before: start)
    }
    return cut
  }

  private func tag(_ kind: String) -> String {
    let colour = kind == "error" ? "1;31" : kind == "warning" ? "1;35" : "1;36"
    return paint("\(kind):", colour) + " "
  }

  private func paint(_ text: String, _ colour: String) -> String {
    style == .ansi && !text.isEmpty ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
  }

  private func visible(_ scalar: Unicode.Scalar?) -> Unicode.Scalar {
    guard let scalar, !scalar.isUnprintable else { return "\u{FFFD}" }
    return scalar
  }

  private func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(visible(scalar)) }
    return String(result)
  }
}
