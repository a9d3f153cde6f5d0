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
/// Stored properties are parameters: they belong to what an application is, and are written into graph
/// files by `parameters`. Applications are the same where both `parameters` and `==` say so. A rule that is
/// left out throws `MissingRuleError` where it is asked for; nothing is silently zero.
public protocol PrimitiveOperation: Hashable, Sendable {
  /// The name in messages and texts; not that of an operation of the library.
  var name: String { get }

  /// Tells applications of this type apart that do not compute the same; the same text in every
  /// process. The stored properties other than `name` and `operandCount` unless told: "factor: 2.0".
  var parameters: String { get }

  /// How many operands it reads.
  var operandCount: Int { get }
  /// How many results it gives; one unless told.
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
  public var parameters: String {
    Mirror(reflecting: self).children.compactMap { label, value in
      label.flatMap {
        ["name", "operandCount"].contains($0) ? nil : "\($0): \(String(reflecting: value))"
      }
    }.joined(separator: ", ")
  }
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
  /// Not at all: it is evaluated in Swift, between kernels. A loop or a branch that holds one is
  /// evaluated in Swift as a whole, some hundred times slower; a graph that holds one has no kernel.
  case none
  /// As other operations.
  case composed(@Sendable (_ operands: [TracedTensor]) throws -> [TracedTensor])
  /// Element by element, by the body of a C function of `x0`, `x1`, …, of type double, that returns
  /// the element of the only result. For f32 it computes in double all the same, and is rounded once:
  ///
  ///     .elementwise(body: "return x0 * x0;")
  ///
  /// Functions of math.h may be called as `jit-grad` itself calls them, after a declaration in the
  /// body: `double exp(double); return exp(x0);`. Operands broadcast; all have one float dtype.
  case elementwise(body: String)
}

/// What a jvp rule sees.
public struct PrimitiveTangents: Sendable {
  /// What the operation is applied to.
  public let operands: [TracedTensor]
  /// What it gives there.
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
  /// The name of the operation.
  public let operation: String
  /// `evaluate`, `jvp`, `transpose` or `kernel`.
  public let rule: String

  /// A rule of an operation that is not there.
  public init(operation: String, rule: String) {
    self.operation = operation
    self.rule = rule
  }

  public var description: String {
    "\(operation) has no \(rule) rule\nhelp: implement it in the type that defines \(operation)"
  }
}

extension PrimitiveOperation {
  /// The results of the operation on traced tensors.
  public func callAsFunction(_ operands: TracedTensor...) -> [TracedTensor] { apply(operands) }

  /// The results of the operation on traced tensors; failed ones where they do not fit.
  public func apply(_ operands: [TracedTensor]) -> [TracedTensor] {
    TracedTensor.applyAll(CustomOperation(self), operands, resultCount)
  }
}
