// What can go wrong while a function runs, compiled or by reference: with its data, or with memory. A
// user's error, found when the call is under way; the arrays that it was writing are gone.

/// A call could not go on.
public enum ExecutionError: Error, Hashable, Sendable {
  /// A loop made so many steps as the call allows, and would go on.
  case stepLimit(limit: Int, loop: LoopPlace)
  /// A loop scans rows that are more or fewer than its steps.
  case rows(LoopPlace)
  /// With the rows that loops keep the call asks for more memory than the limit: so many bytes until
  /// now, with outputs and workspace; the loop would have gone on.
  case memoryLimit(needed: Int, limit: Int, loop: LoopPlace)
  /// The machine has no memory for the rows that loops keep.
  case memory(needed: Int, loop: LoopPlace)
  /// An operation has no result for its data: a matrix that is singular, or not positive definite.
  case noResult(reason: String, operation: LoopPlace)

  /// A loop, or an operation, as a reader of the source knows it.
  public struct LoopPlace: Hashable, Sendable, CustomStringConvertible {
    /// The name of the operation.
    public var operation: String
    /// The name of what it makes; `nil` where that has none.
    public var name: String?
    /// `.none` where there is no source.
    public var origin: Origin

    package init(operation: String = "loop", name: String? = nil, origin: Origin = .none) {
      self.operation = operation
      self.name = name
      self.origin = origin
    }

    /// `nil` where there is no source.
    public var line: Int? { origin.line > 0 ? Int(origin.line) : nil }

    /// `loop that makes y`
    fileprivate var subject: String { name.map { "\(operation) that makes \($0)" } ?? operation }

    public var description: String { subject + (line.map { ", line \($0)" } ?? "") }
  }

  /// Where it happened.
  public var loop: LoopPlace {
    switch self {
    case .stepLimit(_, let loop), .rows(let loop), .memoryLimit(_, _, let loop),
      .memory(_, let loop), .noResult(_, let loop):
      loop
    }
  }

  /// What went wrong, without the line: for those who show the place themselves.
  public var message: String { text(loop.subject) }
}

extension ExecutionError: CustomStringConvertible {
  public var description: String { text(loop.line == nil ? loop.subject : "\(loop),") }

  private func text(_ loop: String) -> String {
    switch self {
    case .stepLimit(let limit, _): "the \(loop) made \(limit) steps, the limit, and would go on"
    case .rows: "the \(loop) reads another number of rows than it makes steps"
    case .memoryLimit(let needed, let limit, _):
      "the \(loop) keeps rows: with them the call asks for \(needed) bytes of memory so far, more than "
        + "the limit of \(limit)"
    case .noResult(let reason, _): "the \(loop) has no result: \(reason)"
    case .memory(let needed, _):
      "the \(loop) keeps rows: there is no memory for the \(needed) bytes that the call asks for so far"
    }
  }
}
