// Operations whose shape is an operand. What the operand holds is read back as sizes, so the graph
// has symbolic extents and nothing dynamic is left.
import Graph

extension StableHLOElaborator {
  static let dynamicShapeRules: [String: HLORule] = [
    "stablehlo.get_dimension_size": HLORule(1) { _, call in
      let axis = try call.needed(call.integer("dimension", "dim"), "dim")
      let shape = call.operands[0].shape
      guard shape.indices.contains(axis) else {
        throw TypeRuleError("has no axis \(axis) in \(call.operands[0].type)")
      }
      return [call.builder.size(shape[axis], try call.dtype())]
    },
    "stablehlo.dynamic_broadcast_in_dim": HLORule(2) { _, call in
      let axes = try call.needed(call.integers("broadcast_dimensions", "dims"), "dims")
      return [try call.broadcast(call.operands[0], to: call.sizes(1), axes: axes)]
    },
    "stablehlo.dynamic_reshape": HLORule(2) { _, call in
      [call.operands[0].reshaped(to: try call.sizes(1))]
    },
    "stablehlo.dynamic_iota": HLORule(1) { _, call in
      let axis = try call.needed(call.integer("iota_dimension", "dim"), "dim")
      return [try call.iota(along: axis, call.sizes(0))]
    },
    "stablehlo.real_dynamic_slice": HLORule(4) { _, call in
      try call.builder.apply(
        Slice(starts: call.sizes(1), stops: call.sizes(2), strides: call.sizes(3)),
        [call.operands[0]])
    },
    "stablehlo.dynamic_pad": HLORule(5) { _, call in
      try call.builder.apply(
        Pad(low: call.sizes(2), high: call.sizes(3), interior: call.sizes(4)),
        Array(call.operands.prefix(2)))
    },
    "tensor.cast": HLORule(1) { _, call in call.operands },
    "chlo.dynamic_reshape": HLORule(2) { _, call in
      [call.operands[0].reshaped(to: try call.sizes(1))]
    },
  ]
}

extension HLOCall {
  /// The sizes that an operand holds.
  func sizes(_ k: Int) throws -> [DimExpr] {
    guard let sizes = SizeReader.sizes(of: operands[k]) else {
      throw Diagnostic(
        "\(operation.name) needs a shape that follows from the shapes of the inputs",
        at: operation.operands[k].span,
        help: "a shape that is data is not supported", isUnsupported: true)
    }
    return sizes
  }
}
