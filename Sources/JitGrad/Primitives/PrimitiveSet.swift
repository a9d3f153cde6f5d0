// The operations of a program under their names, as reading a graph file needs them. There is no
// registry of a process: what a file may call is said where it is read.
import Graph

/// Operations that belong together, each under a name of its own.
///
/// An operation with parameters may stand there several times, once for each choice of them.
///
///     let own = try PrimitiveSet("own", [Cube(), Scale(factor: 2), Scale(factor: 3)])
///     let graphs = try GraphSource(text, primitives: own).graphs
public struct PrimitiveSet: Sendable {
  /// How the set is called in messages.
  public let name: String
  /// The operations, in the order in which they were given.
  public let operations: [any PrimitiveOperation]

  /// A set of operations.
  /// - Throws: `DuplicatePrimitiveError` for an operation that is there twice, two operations of one
  ///   name, or a name that the library has.
  public init(_ name: String, _ operations: [any PrimitiveOperation]) throws {
    self.name = name
    self.operations = operations
    var seen: [String: [CustomOperation]] = [:]
    for operation in operations {
      let custom = CustomOperation(operation)
      if let other = seen[operation.name]?.first(where: {
        !$0.differsOnlyInParameters(from: custom)
      }) {
        throw DuplicatePrimitiveError(
          name: operation.name, first: other.identity, second: custom.identity)
      }
      if custom.isCalledLikeOurs {
        throw DuplicatePrimitiveError(
          name: operation.name, first: "an operation of the library", second: custom.identity)
      }
      seen[operation.name, default: []].append(custom)
    }
  }

  /// The set with other operations.
  /// - Throws: as `init`.
  public func adding(_ more: [any PrimitiveOperation]) throws -> PrimitiveSet {
    try PrimitiveSet(name, operations + more)
  }

  /// The first operation of that name.
  public subscript(name: String) -> (any PrimitiveOperation)? {
    operations.first { $0.name == name }
  }

  /// What the graph language may call.
  var entries: [Entry] {
    var entries: [Entry] = []
    var seen: Set<String> = []
    for operation in operations where seen.insert(operation.name).inserted {
      let choices = operations.filter { $0.name == operation.name }.map(CustomOperation.init)
      let texts = choices.map(\.primitive.parameters)
      var parameters = (0..<operation.operandCount).map { Parameter.operand("x\($0)") }
      if texts != [""] {
        parameters.append(
          Parameter("parameters", .word(texts), default: texts.contains("") ? "\"\"" : nil))
      }
      entries.append(
        Entry(operation.name, parameters, "An operation of \(name).") { call in
          let text = if case .word(let word) = call.attributes["parameters"] { word } else { "" }
          guard let choice = choices.first(where: { $0.primitive.parameters == text }) else {
            throw TypeRuleError("\(call.name) is not there with the parameters \(text)")
          }
          return try call.apply(choice)
        })
    }
    return entries
  }
}

/// Two operations of one name.
public struct DuplicatePrimitiveError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name that both have.
  public let name: String
  /// One of them.
  public let first: String
  /// The other one.
  public let second: String

  public var description: String {
    "\(name) is there twice: \(first) and \(second)\nhelp: give one of them another name"
  }
}
