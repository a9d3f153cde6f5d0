// What is wrong with a graph file, as facts: where, what was needed, what was found, what to do.
// How it looks on a terminal is decided in DiagnosticRenderer.swift.

/// One mistake in a source file.
package struct Diagnostic: Sendable, Equatable, Error {
  package enum Severity: String, Sendable {
    case error, warning
  }

  /// Another place that explains the mistake.
  package struct Label: Sendable, Equatable {
    package var span: SourceSpan
    package var message: String

    package init(_ message: String, at span: SourceSpan) {
      self.span = span
      self.message = message
    }
  }

  package var severity: Severity
  /// What is wrong, in one line without a full stop.
  package var message: String
  /// What is underlined.
  package var span: SourceSpan
  /// Byte offset of the caret, and of the place in front of the message.
  package var point: Int
  /// Shown behind the message as notes with a place.
  package var labels: [Label]
  /// Facts that explain the mistake.
  package var notes: [String]
  /// What to do about it.
  package var help: String?
  /// Nothing is wrong, but what is asked for is not offered.
  package var isUnsupported: Bool

  /// - Parameter point: the place of the caret; the start of the span unless told.
  package init(
    _ message: String, at span: SourceSpan, point: Int? = nil, severity: Severity = .error,
    labels: [Label] = [], notes: [String] = [], help: String? = nil, isUnsupported: Bool = false
  ) {
    self.isUnsupported = isUnsupported
    self.severity = severity
    self.message = message
    self.span = span
    self.point = point ?? span.start
    self.labels = labels
    self.notes = notes
    self.help = help
  }
}

/// The mistakes of a file in the order of their places, at most `limit` of them, and as many warnings.
package struct DiagnosticLog: Sendable {
  package private(set) var diagnostics: [Diagnostic] = []
  package let limit: Int
  private var errorCount = 0
  /// How many a reader gets to see.
  package static let usualLimit = 100

  package init(limit: Int) { self.limit = limit }

  /// No more errors are recorded, and it is not worth looking for more.
  package var isFull: Bool { errorCount >= limit }

  /// Warnings beyond the limit are nobody's to read, and hide no error.
  package mutating func report(_ diagnostic: Diagnostic) {
    guard diagnostic.severity == .error else {
      if diagnostics.count - errorCount < limit { diagnostics.append(diagnostic) }
      return
    }
    guard !isFull else { return }
    diagnostics.append(diagnostic)
    errorCount += 1
    if isFull {
      let more = "these are the first \(limit) errors; the rest of the file was not checked"
      diagnostics[diagnostics.count - 1].notes.append(more)
    }
  }

  /// Everything reported, by position; of several at one place the first one reported comes first.
  package func sorted() -> [Diagnostic] {
    diagnostics.enumerated()
      .sorted { ($0.element.point, $0.offset) < ($1.element.point, $1.offset) }
      .map(\.element)
  }
}
