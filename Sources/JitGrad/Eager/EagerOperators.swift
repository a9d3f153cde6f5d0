// Operators of eager tensors: each is the operator of traced tensors on one step. `apply` of a context
// takes any function of traced tensors, so every operation can be used eagerly.
import Graph

extension EagerTensor {
  private func with(_ other: EagerTensor, _ name: String) throws -> EagerContext {
    guard context === other.context else {
      throw TraceError(
        name, "needs tensors of one context", help: "make both with the same EagerContext")
    }
    return context
  }

  private static func binary(
    _ name: String, _ a: EagerTensor, _ b: EagerTensor,
    _ body: @escaping (TracedTensor, TracedTensor) -> TracedTensor
  ) throws -> EagerTensor {
    try a.with(b, name).apply(name, [a, b]) { [body($0[0], $0[1])] }[0]
  }

  public static func + (a: Self, b: Self) throws -> Self { try binary("add", a, b, +) }
  public static func - (a: Self, b: Self) throws -> Self { try binary("subtract", a, b, -) }
  public static func * (a: Self, b: Self) throws -> Self { try binary("multiply", a, b, *) }
  public static func / (a: Self, b: Self) throws -> Self { try binary("divide", a, b, /) }
  public static prefix func - (a: Self) throws -> Self { try a.map("negate") { -$0 } }

  public static func + (a: Self, b: Double) throws -> Self { try a + a.number(b) }
  public static func - (a: Self, b: Double) throws -> Self { try a - a.number(b) }
  public static func * (a: Self, b: Double) throws -> Self { try a * a.number(b) }
  public static func / (a: Self, b: Double) throws -> Self { try a / a.number(b) }
  public static func + (a: Double, b: Self) throws -> Self { try b.number(a) + b }
  public static func - (a: Double, b: Self) throws -> Self { try b.number(a) - b }
  public static func * (a: Double, b: Self) throws -> Self { try b.number(a) * b }
  public static func / (a: Double, b: Self) throws -> Self { try b.number(a) / b }

  /// A number beside this tensor: data, so that another number is not another program.
  private func number(_ value: Double) -> EagerTensor {
    context.tensor(Tensor(repeating: Scalar(value, dtype), shape: []))
  }

  /// Computes a function of this tensor as one step.
  /// - Parameters:
  ///   - name: says what the function is; see `EagerContext.apply`.
  ///   - body: builds it.
  public func map(
    _ name: String, _ body: (TracedTensor) throws -> TracedTensor
  ) throws -> EagerTensor {
    try context.apply(name, [self]) { [try body($0[0])] }[0]
  }

  /// The sum of all elements.
  public func sum() throws -> EagerTensor { try map("sum") { $0.sum() } }

  /// The matrix product.
  public func matmul(_ other: EagerTensor) throws -> EagerTensor {
    try Self.binary("matmul", self, other) { JitGrad.matmul($0, $1) }
  }
}

public func exp(_ x: EagerTensor) throws -> EagerTensor { try x.map("exp") { exp($0) } }
public func log(_ x: EagerTensor) throws -> EagerTensor { try x.map("log") { log($0) } }
public func sin(_ x: EagerTensor) throws -> EagerTensor { try x.map("sin") { sin($0) } }
public func cos(_ x: EagerTensor) throws -> EagerTensor { try x.map("cos") { cos($0) } }
public func tanh(_ x: EagerTensor) throws -> EagerTensor { try x.map("tanh") { tanh($0) } }
public func sqrt(_ x: EagerTensor) throws -> EagerTensor { try x.map("sqrt") { sqrt($0) } }

extension PrimitiveOperation {
  /// The results of the operation on eager tensors.
  public func callAsFunction(_ operands: EagerTensor...) throws -> [EagerTensor] {
    guard let context = operands.first?.context else {
      throw TraceError(name, "needs an operand", help: "an eager tensor tells where to record")
    }
    return try context.apply(CustomOperation.identity(of: self), operands) { apply($0) }
  }
}
