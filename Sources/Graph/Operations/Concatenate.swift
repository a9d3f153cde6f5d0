// Joining arrays along an axis.

/// The operands one after the other along an axis.
package struct Concatenate: Operation {
  package let axis: Int

  package init(axis: Int) {
    self.axis = axis
  }

  package var name: String { "concatenate" }
  package var attributes: [Attribute] { [Attribute("axis", .dim(DimExpr(axis)))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard var result = operands.first else {
      throw TypeRuleError("concatenate needs at least one operand")
    }
    try checkAxis(axis, result, name)
    for other in operands.dropFirst() {
      let fits =
        other.dtype == result.dtype && other.rank == result.rank
        && other.shape.indices.allSatisfy {
          $0 == axis || Guard(other.shape[$0], .equal, result.shape[$0]).decided != false
        }
      guard fits else {
        throw TypeRuleError(
          "concatenate along axis \(axis) needs operands that differ there only, found "
            + "\(operands[0]) and \(other)")
      }
      result.shape[axis] = result.shape[axis] + other.shape[axis]
    }
    return [result]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    operands.dropFirst().flatMap { other in
      zip(operands[0].shape, other.shape).enumerated().compactMap { k, extents in
        let condition = Guard(extents.0, .equal, extents.1)
        return k == axis || condition.decided == true ? nil : condition
      }
    }
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    if rule.tangents.allSatisfy({ $0 == nil }) { return [nil] }
    let tangents = zip(rule.tangents, rule.operands).map { $0 ?? $1.zeros }
    return [rule.builder.applying(self, tangents)]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    var start: DimExpr = 0
    return rule.operands.indices.map { k in
      let stop = start + rule.operands[k].shape[axis]
      defer { start = stop }
      return rule.linear[k] ? rule.cotangent.slice(axis: axis, from: start, to: stop) : nil
    }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(
      Concatenate(axis: axis + 1), rule.operands.indices.map(rule.withAxis))
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    var offset: DimExpr = 0
    return .pieces(
      operands.enumerated().map { k, type in
        defer { offset = offset + type.shape[axis] }
        return Piece(
          map: Comprehension(
            domain: type.shape, values: [.operand(k, Comprehension.indices(type.rank))]),
          axis: axis, offset: offset)
      })
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    [
      Tensor(call.results[0].dtype, call.results[0].shape) { index in
        var place = index
        for x in call.operands {
          if place[axis] < x.shape[axis] { return x[place] }
          place[axis] -= x.shape[axis]
        }
        return Scalar(0.0, call.results[0].dtype)
      }
    ]
  }

  static let entry = Entry(
    "concatenate", [Parameter("x", .operands), Parameter("axis", .dim, default: "0")],
    "The operands one after the other along an axis; their other extents agree.",
    examples: [
      Example(Concatenate(axis: 0), ["n"], [3], ["m"]),
      Example(Concatenate(axis: 1), [2, "n"], [2, "n"]),
    ]
  ) { call in
    let axis = try call.operands.first.map { try call.axis("axis", of: $0, default: 0) }
    return try call.apply(Concatenate(axis: axis ?? 0))
  }
}
