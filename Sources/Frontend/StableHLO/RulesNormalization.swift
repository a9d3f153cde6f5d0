// Batch normalization, which is arithmetic under one name.
import Graph

extension StableHLOElaborator {
  static let normalizationRules: [String: HLORule] = [
    "stablehlo.batch_norm_inference": HLORule(5) { _, call in
      let norm = try Normalization(call)
      let (x, scale, offset) = (call.operands[0], call.operands[1], call.operands[2])
      return [norm.normalized(x, scale, offset, call.operands[3], call.operands[4])]
    },
    "stablehlo.batch_norm_training": HLORule(3) { _, call in
      let norm = try Normalization(call)
      let x = call.operands[0]
      let mean = norm.mean(x)
      let centred = x - norm.spread(mean)
      let variance = norm.mean(centred * centred)
      return [
        norm.normalized(x, call.operands[1], call.operands[2], mean, variance), mean, variance,
      ]
    },
    "stablehlo.batch_norm_grad": HLORule(5) { _, call in
      let norm = try Normalization(call)
      let (x, scale, mean) = (call.operands[0], call.operands[1], call.operands[2])
      let (variance, ct) = (call.operands[3], call.operands[4])
      let slope = apply(.rsqrt, variance + norm.epsilon)
      let centred = x - norm.spread(mean)
      let product = (ct * centred).sum(over: norm.others)
      // The part of the cotangent that mean and variance pass on is taken off.
      let along = centred * norm.spread(slope * slope * product / norm.count)
      let dx =
        norm.spread(scale * slope) * (ct - norm.spread(norm.mean(ct)) - along)
      return [dx, product * slope, ct.sum(over: norm.others)]
    },
  ]
}

/// Normalization over all axes but one.
private struct Normalization {
  let epsilon: Double
  let others: [Int]
  let count: Term
  private let axis: Int
  private let shape: [DimExpr]

  init(_ call: HLOCall) throws {
    let axis = try call.integer("feature_index") ?? 0
    let x = call.operands[0]
    guard x.shape.indices.contains(axis), x.dtype.isFloat else {
      throw TypeRuleError("has no axis \(axis) of floats in \(x.type)")
    }
    switch call.attribute("epsilon")?.kind {
    case .float(let value)?: epsilon = value
    case .integer(let value)?: epsilon = Double(value)
    default: throw TypeRuleError("needs epsilon")
    }
    self.axis = axis
    shape = x.shape
    others = x.shape.indices.filter { $0 != axis }
    count = call.builder.size(others.reduce(1) { $0 * x.shape[$1] }, x.dtype)
  }

  func spread(_ t: Term) -> Term { t.broadcast(to: shape, axes: [axis]) }

  func mean(_ x: Term) -> Term { x.sum(over: others) / count }

  func normalized(
    _ x: Term, _ scale: Term, _ offset: Term, _ mean: Term, _ variance: Term
  ) -> Term {
    (x - spread(mean)) * spread(scale * apply(.rsqrt, variance + epsilon)) + spread(offset)
  }
}
