// Operations of one's own, defined outside of this package: what a program says of one to get tracing,
// derivatives of any order, eager mode and kernels for it.
import Graph

/// An operation that a program defines.
///
///     struct Square: PrimitiveOperation {
///       let name = "square"
///       let operandCount = 1
///       func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
///       func evaluate(_ operands: [Tensor]) -> [Tensor] { … }
///       var kernel: PrimitiveKernel { .elementwise(body: "return x0 * x0;") }
///       func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
///         [rule.tangents[0].map { 2 * rule.operands[0] * $0 }]
///       }
///     }
///
/// Stored properties are parameters: they belong to the identity of an application, which is the text
/// that `String(reflecting:)` gives unless `identity` says otherwise. A rule that is left out throws
/// `MissingRuleError` where it is asked for; nothing is silently zero.
public protocol PrimitiveOperation: Hashable, Sendable {
  /// The name in messages and texts.
  var name: String { get }

  /// Tells applications apart that do not compute the same; the same text in every process.
  var identity: String { get }

  var operandCount: Int { get }
  var resultCount: Int { get }

  /// The types of the results.
  /// - Throws: an error that says what the operands should be.
  func resultTypes(of operands: [TensorType]) throws -> [TensorType]

  /// The values of the results, of the types that the type rule gives.
  func evaluate(_ operands: [Tensor]) throws -> [Tensor]

  /// A tangent for each result, linear in the tangents of the operands; `nil` for a result that does
  /// not vary.
  func jvp(_ rule: PrimitiveTangents) throws -> [TracedTensor?]

  /// A cotangent for each operand that is linear, from those of the results; asked only where the
  /// operation is linear in those operands jointly.
  func transpose(_ rule: PrimitiveCotangents) throws -> [TracedTensor?]

  /// How kernels compute it.
  var kernel: PrimitiveKernel { get }
}

extension PrimitiveOperation {
  public var identity: String { String(reflecting: self) }
  public var resultCount: Int { 1 }
  public var kernel: PrimitiveKernel { .none }

  public func evaluate(_ operands: [Tensor]) throws -> [Tensor] {
    throw MissingRuleError(operation: name, rule: "evaluate")
  }
  public func jvp(_ rule: PrimitiveTangents) throws -> [TracedTensor?] {
    throw MissingRuleError(operation: name, rule: "jvp")
  }
  public func transpose(_ rule: PrimitiveCotangents) throws -> [TracedTensor?] {
    throw MissingRuleError(operation: name, rule: "transpose")
  }
}

/// How kernels compute an operation.
public enum PrimitiveKernel: Sendable {
  /// Not at all: it is evaluated in Swift, between kernels, and cannot stand in a loop or a graph that
  /// is compiled as a whole.
  case none
  /// As other operations.
  case composed(@Sendable (_ operands: [TracedTensor]) throws -> [TracedTensor])
  /// Element by element, by the body of a C function of `x0`, `x1`, …, of the element type of the
  /// operands, that returns the element of the only result:
  ///
  ///     .elementwise(body: "return x0 * x0;")
  ///
  /// Functions of math.h may be called as `jit-grad` itself calls them, after a declaration in the
  /// body: `double exp(double); return exp(x0);`. Operands broadcast; all have one float dtype.
  case elementwise(body: String)
}

/// What a jvp rule sees.
public struct PrimitiveTangents: Sendable {
  public let operands: [TracedTensor]
  public let results: [TracedTensor]
  /// One an operand; `nil` where it does not vary.
  public let tangents: [TracedTensor?]
}

/// What a transpose rule sees.
public struct PrimitiveCotangents: Sendable {
  /// The operands; of those that are linear only the type may be used.
  public let operands: [TracedTensor]
  /// Which operands want a cotangent.
  public let isLinear: [Bool]
  /// One a result; `nil` where it is not used. At least one is there.
  public let cotangents: [TracedTensor?]
}

/// A rule was asked for that an operation does not have.
public struct MissingRuleError: Error, Hashable, Sendable, CustomStringConvertible {
  public let operation: String
  /// `evaluate`, `jvp`, `transpose` or `kernel`.
  public let rule: String

  public init(operation: String, rule: String) {
    self.operation = operation
    self.rule = rule
  }

  public var description: String {
    "\(operation) has no \(rule) rule\nhelp: implement it in the type that defines \(operation)"
  }
}

/// Operations that belong together, each under one name.
public struct PrimitiveSet: Sendable {
  public let name: String
  public let operations: [any PrimitiveOperation]

  /// - Throws: `DuplicatePrimitiveError` for a name that is there twice, or that the library has.
  public init(_ name: String, _ operations: [any PrimitiveOperation]) throws {
    self.name = name
    self.operations = operations
    var seen: [String: any PrimitiveOperation] = [:]
    for operation in operations {
      if let first = seen.updateValue(operation, forKey: operation.name) {
        throw DuplicatePrimitiveError(
          name: operation.name, first: first.identity, second: operation.identity)
      }
      if Catalog.entry(named: operation.name) != nil {
        throw DuplicatePrimitiveError(
          name: operation.name, first: "an operation of the library", second: operation.identity)
      }
    }
  }

  /// The set with other operations.
  /// - Throws: as `init`.
  public func adding(_ more: [any PrimitiveOperation]) throws -> PrimitiveSet {
    try PrimitiveSet(name, operations + more)
  }

  /// The operation of that name.
  public subscript(name: String) -> (any PrimitiveOperation)? {
    operations.first { $0.name == name }
  }
}

/// Two operations of one name.
public struct DuplicatePrimitiveError: Error, Hashable, Sendable, CustomStringConvertible {
  public let name: String
  public let first: String
  public let second: String

  public var description: String {
    "\(name) is there twice: \(first) and \(second)\nhelp: give one of them another name"
  }
}

extension PrimitiveOperation {
  /// The results of the operation on traced tensors.
  public func callAsFunction(_ operands: TracedTensor...) -> [TracedTensor] { apply(operands) }

  /// The results of the operation on traced tensors; failed ones where they do not fit.
  public func apply(_ operands: [TracedTensor]) -> [TracedTensor] {
    TracedTensor.applyAll(CustomOperation(self), operands)
  }
}
