// Four operations on scalars with all their rules, and one whose kernel is written in C. Each gets
// tracing, derivatives of any order, eager mode and kernels from what stands here.
import Glibc
import JitGrad

/// All of them; a second operation of one name would be refused here.
public let scalarPrimitives = Result {
  try PrimitiveSet("scalars", [Add(), Mul(), Neg(), Exp(), Logistic()])
}

/// What a type rule says where operands are no scalars.
public struct ScalarsNeeded: Error, CustomStringConvertible {
  let found: [TensorType]

  public var description: String {
    "needs scalars of dtype f64, found "
      + found.map(\.description).joined(separator: ", ")
  }
}

private func scalar(_ operands: [TensorType]) throws -> [TensorType] {
  guard operands.allSatisfy({ $0 == TensorType(.f64) }) else {
    throw ScalarsNeeded(found: operands)
  }
  return [TensorType(.f64)]
}

/// The sum of what varies.
private func total(_ parts: [TracedTensor?]) -> TracedTensor? {
  parts.compactMap { $0 }.reduce(nil) { sum, part in sum.map { Add()($0, part)[0] } ?? part }
}

/// a + b; linear in both.
public struct Add: PrimitiveOperation {
  public let name = "Add"
  public let operandCount = 2
  public init() {}
  public func resultTypes(of operands: [TensorType]) throws -> [TensorType] { try scalar(operands) }
  public func evaluate(_ x: [Tensor]) -> [Tensor] { [Tensor(x[0].doubles[0] + x[1].doubles[0])] }
  public func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] { [total(rule.tangents)] }
  public func transpose(_ rule: PrimitiveCotangents) -> [TracedTensor?] {
    rule.isLinear.map { $0 ? rule.cotangents[0] : nil }
  }
  public var kernel: PrimitiveKernel { .composed { [$0[0] + $0[1]] } }
}

/// a · b; linear in each.
public struct Mul: PrimitiveOperation {
  public let name = "Mul"
  public let operandCount = 2
  public init() {}
  public func resultTypes(of operands: [TensorType]) throws -> [TensorType] { try scalar(operands) }
  public func evaluate(_ x: [Tensor]) -> [Tensor] { [Tensor(x[0].doubles[0] * x[1].doubles[0])] }
  public func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [
      total([
        rule.tangents[0].map { Mul()($0, rule.operands[1])[0] },
        rule.tangents[1].map { Mul()(rule.operands[0], $0)[0] },
      ])
    ]
  }
  public func transpose(_ rule: PrimitiveCotangents) -> [TracedTensor?] {
    guard let ct = rule.cotangents[0] else { return [nil, nil] }
    return [
      rule.isLinear[0] ? Mul()(ct, rule.operands[1])[0] : nil,
      rule.isLinear[1] ? Mul()(rule.operands[0], ct)[0] : nil,
    ]
  }
  public var kernel: PrimitiveKernel { .composed { [$0[0] * $0[1]] } }
}

/// −a; linear.
public struct Neg: PrimitiveOperation {
  public let name = "Neg"
  public let operandCount = 1
  public init() {}
  public func resultTypes(of operands: [TensorType]) throws -> [TensorType] { try scalar(operands) }
  public func evaluate(_ x: [Tensor]) -> [Tensor] { [Tensor(-x[0].doubles[0])] }
  public func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [rule.tangents[0].map { Neg()($0)[0] }]
  }
  public func transpose(_ rule: PrimitiveCotangents) -> [TracedTensor?] {
    [rule.cotangents[0].map { Neg()($0)[0] }]
  }
  public var kernel: PrimitiveKernel { .composed { [-$0[0]] } }
}

/// eᵃ, with its own result as the slope.
public struct Exp: PrimitiveOperation {
  public let name = "Exp"
  public let operandCount = 1
  public init() {}
  public func resultTypes(of operands: [TensorType]) throws -> [TensorType] { try scalar(operands) }
  public func evaluate(_ x: [Tensor]) -> [Tensor] { [Tensor(Glibc.exp(x[0].doubles[0]))] }
  public func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [rule.tangents[0].map { Mul()(rule.results[0], $0)[0] }]
  }
  public var kernel: PrimitiveKernel { .composed { [exp($0[0])] } }
}

/// The logistic function of a tensor of any shape, with a body in C. y′ = y·(1 − y)
public struct Logistic: PrimitiveOperation {
  public let name = "Logistic"
  public let operandCount = 1
  public init() {}
  public func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  public func evaluate(_ x: [Tensor]) -> [Tensor] {
    [Tensor(x[0].doubles.map { 1 / (1 + Glibc.exp(-$0)) }, shape: x[0].shape)]
  }
  public func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    let y = rule.results[0]
    return [rule.tangents[0].map { y * (1 - y) * $0 }]
  }
  public var kernel: PrimitiveKernel {
    .elementwise(body: "double exp(double); return 1.0 / (1.0 + exp(-x0));")
  }
}
