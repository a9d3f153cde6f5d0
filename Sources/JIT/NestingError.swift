// How deep blocks may stand in each other to be compiled in this process.
import Lowering

/// Loops and conditionals stand deeper in each other than can be compiled in this process.
public struct NestingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// How many stand in each other.
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
