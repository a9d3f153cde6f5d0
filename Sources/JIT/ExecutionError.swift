// What can go wrong while a compiled function runs: with its data, or with memory. A user's error,
// found when the call is under way; the arrays that it was writing are gone.
import CEmit
import Graph
import Lowering
import runtime

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

  /// A loop as a reader of the source knows it.
  public struct LoopPlace: Hashable, Sendable, CustomStringConvertible {
    public var operation: String
    public var name: String?
    /// `nil` where there is no source.
    public var line: Int?

    package init(operation: String, name: String?, line: Int?) {
      self.operation = operation
      self.name = name
      self.line = line
    }

    public var description: String {
      (name.map { "\(operation) that makes \($0)" } ?? operation)
        + (line.map { ", line \($0)" } ?? "")
    }
  }
}

extension ExecutionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .stepLimit(let limit, let loop):
      "the \(loop), made \(limit) steps, the limit, and would go on"
    case .rows(let loop): "the \(loop), reads another number of rows than it makes steps"
    case .memoryLimit(let needed, let limit, let loop):
      "the \(loop), keeps rows: with them the call asks for \(needed) bytes of memory so far, more than "
        + "the limit of \(limit)"
    case .memory(let needed, let loop):
      "the \(loop), keeps rows: there is no memory for the \(needed) bytes that the call asks for so far"
    }
  }
}

/// Loops and conditionals stand deeper in each other than can be compiled in this process.
public struct NestingError: Error, Hashable, Sendable, CustomStringConvertible {
  public let depth: Int

  /// libtcc recurses for every block; see `TCCCompiler`.
  static let limit = 60

  /// - Throws: itself, where the program is too deep.
  static func check(_ program: LoopProgram) throws {
    let depth = program.depth
    if depth > limit { throw NestingError(depth: depth) }
  }

  public var description: String {
    "loops and conditionals stand \(depth) deep in each other, more than the \(Self.limit) that can "
      + "be compiled"
  }
}

extension ExecutionError {
  /// The error of a loop that was evaluated in Swift.
  package init(_ error: LoopError) {
    let loop = LoopPlace(operation: "loop", name: nil, line: nil)
    switch error {
    case .limit(let steps): self = .stepLimit(limit: steps, loop: loop)
    case .rows: self = .rows(loop)
    }
  }

  /// The error that a compiled function returned; `nil` where it returned none.
  ///
  /// - Parameter byteCount: of outputs and workspace.
  init?(
    _ returned: Int32, _ loops: [Note], stepLimit: Int, memory: jg_memory, memoryLimit: Int,
    byteCount: Int
  ) {
    let loop = LoopPlace(loops, Int(returned >> 8))
    switch CallStatus(rawValue: returned & 0xff) {
    case .done?: return nil
    case .memory?:
      let (sum, overflow) = byteCount.addingReportingOverflow(Int(memory.needed))
      let needed = overflow ? .max : sum
      self =
        needed > memoryLimit
        ? .memoryLimit(needed: needed, limit: memoryLimit, loop: loop)
        : .memory(needed: needed, loop: loop)
    case .stepLimit?: self = .stepLimit(limit: stepLimit, loop: loop)
    case .rows?: self = .rows(loop)
    case .sizes?, nil:
      preconditionFailure("sizes are checked before the call, and there is no status \(returned)")
    }
  }
}

extension ExecutionError.LoopPlace {
  fileprivate init(_ loops: [Note], _ number: Int) {
    let note = loops.indices.contains(number) ? loops[number] : nil
    self.init(
      operation: note?.operation ?? "loop", name: note?.name,
      line: note.flatMap { $0.origin.line > 0 ? Int($0.origin.line) : nil })
  }
}
