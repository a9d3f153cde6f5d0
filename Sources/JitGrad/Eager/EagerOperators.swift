// Operators of eager tensors: each is the operator of traced tensors on one step. `apply` of a context
// takes any function of traced tensors, so every operation can be used eagerly.
import Graph

extension EagerTensor {
  private static func binary(
    _ name: String, _ a: EagerTensor, _ b: EagerTensor,
    _ body: @escaping (TracedTensor, TracedTensor) -> TracedTensor
  ) throws -> EagerTensor {
    try a.context.apply(.library(name), name, [a, b]) { [body($0[0], $0[1])] }[0]
  }

  /// An operation of the library, which its name tells.
  fileprivate func unary(
    _ name: String, _ body: (TracedTensor) -> TracedTensor
  ) throws -> EagerTensor {
    try context.apply(.library(name), name, [self]) { [body($0[0])] }[0]
  }

  /// The sum, with broadcasting.
  public static func + (a: Self, b: Self) throws -> Self { try binary("add", a, b, +) }
  /// The difference, with broadcasting.
  public static func - (a: Self, b: Self) throws -> Self { try binary("subtract", a, b, -) }
  /// The product, element by element, with broadcasting.
  public static func * (a: Self, b: Self) throws -> Self { try binary("multiply", a, b, *) }
  /// The quotient, with broadcasting; rounded toward −∞ for integers.
  public static func / (a: Self, b: Self) throws -> Self { try binary("divide", a, b, /) }
  /// The tensor with its sign changed.
  public static prefix func - (a: Self) throws -> Self { try a.unary("negate") { -$0 } }

  public static func + (a: Self, b: Double) throws -> Self { try a + a.number(b) }
  public static func - (a: Self, b: Double) throws -> Self { try a - a.number(b) }
  public static func * (a: Self, b: Double) throws -> Self { try a * a.number(b) }
  public static func / (a: Self, b: Double) throws -> Self { try a / a.number(b) }
  public static func + (a: Double, b: Self) throws -> Self { try b.number(a) + b }
  public static func - (a: Double, b: Self) throws -> Self { try b.number(a) - b }
  public static func * (a: Double, b: Self) throws -> Self { try b.number(a) * b }
  public static func / (a: Double, b: Self) throws -> Self { try b.number(a) / b }

  /// A number beside this tensor: data, so that another number is not another program.
  /// - Throws: `TraceError` for one that the dtype does not have.
  private func number(_ value: Double) throws -> EagerTensor {
    context.tensor(Tensor(repeating: try Scalar(number: value, dtype), shape: []))
  }

  /// Computes a function of this tensor as one step; see `EagerContext.apply`.
  /// - Parameters:
  ///   - name: how the function is called in messages.
  ///   - body: builds it.
  public func map(
    _ name: String, _ body: (TracedTensor) throws -> TracedTensor
  ) throws -> EagerTensor {
    try context.apply(name, [self]) { [try body($0[0])] }[0]
  }

  /// The sum of all elements.
  public func sum() throws -> EagerTensor { try unary("sum") { $0.sum() } }

  /// The matrix product.
  public func matmul(_ other: EagerTensor) throws -> EagerTensor {
    try Self.binary("matmul", self, other) { JitGrad.matmul($0, $1) }
  }
}

/// A sum of products, with a label for each axis: `einsum("ij,jk->ik", a, b)` is the matrix product.
///
/// Operands, of which there is at least one, are tensors of one context.
public func einsum(
  _ subscripts: String, _ first: EagerTensor, _ others: EagerTensor...
) throws -> EagerTensor {
  try first.context.apply(.library("einsum \(subscripts)"), "einsum", [first] + others) {
    [NamedOperation(name: "einsum").results([("", subscripts), ("", $0)])[0]]
  }[0]
}

/// eˣ.
public func exp(_ x: EagerTensor) throws -> EagerTensor { try x.unary("exp") { exp($0) } }
/// The natural logarithm; −∞ at 0, NaN below.
public func log(_ x: EagerTensor) throws -> EagerTensor { try x.unary("log") { log($0) } }
/// The sine of an angle in radians.
public func sin(_ x: EagerTensor) throws -> EagerTensor { try x.unary("sin") { sin($0) } }
/// The cosine of an angle in radians.
public func cos(_ x: EagerTensor) throws -> EagerTensor { try x.unary("cos") { cos($0) } }
/// The hyperbolic tangent.
public func tanh(_ x: EagerTensor) throws -> EagerTensor { try x.unary("tanh") { tanh($0) } }
/// The square root; NaN below 0.
public func sqrt(_ x: EagerTensor) throws -> EagerTensor { try x.unary("sqrt") { sqrt($0) } }

extension PrimitiveOperation {
  /// The results of the operation on eager tensors.
  public func callAsFunction(_ operands: EagerTensor...) throws -> [EagerTensor] {
    guard let context = operands.first?.context else {
      throw TraceError(name, "needs an operand", help: "an eager tensor tells where to record")
    }
    return try context.apply(.own(CustomOperation(self)), name, operands) { apply($0) }
  }
}
