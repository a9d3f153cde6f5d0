// The position of the largest or smallest element.

/// `y[i…]` = the first k at which `x[i…, k]` is largest (smallest).
package struct ArgExtremum: Operation {
  package enum Kind: String, Sendable, CaseIterable { case argmax, argmin }

  package let kind: Kind
  package let axis: Int

  package init(kind: Kind, axis: Int) {
    self.kind = kind
    self.axis = axis
  }

  package var name: String { kind.rawValue }
  package var attributes: [Attribute] { [Attribute("axis", .dim(DimExpr(axis)))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try checkAxis(axis, operands[0], name)
    var shape = operands[0].shape
    shape.remove(at: axis)
    return [TensorType(.i64, shape)]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    guard operands[0].shape.indices.contains(axis) else { return [] }
    let condition = Guard(1, .lessOrEqual, operands[0].shape[axis])
    return condition.decided == true ? [] : [condition]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] { [nil] }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(ArgExtremum(kind: kind, axis: axis + 1), rule.operands)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let x = operands[0]
    let element = ScalarExpr.operand(0, Comprehension.indices(x.rank))
    // State 0 is the best place so far (−1: none), state 1 its element. The first NaN wins.
    let (place, best) = (ScalarExpr.state(0), ScalarExpr.state(1))
    let wins = ScalarExpr.apply(kind == .argmax ? .greater : .less, [element, best])
    let none = ScalarExpr.apply(.less, [place, .literal(Scalar(0 as Int64, .i64))])
    var better = ScalarExpr.apply(.or, [none, wins])
    if x.dtype.isFloat {
      let fresh = ScalarExpr.apply(
        .and, [.apply(.isNaN, [element]), .apply(.not, [.apply(.isNaN, [best])])])
      better = .apply(.or, [better, fresh])
    }
    return .fold(
      Comprehension(domain: x.shape, values: [place]), over: [axis],
      states: [
        FoldState(
          initial: Scalar(-1 as Int64, .i64),
          update: .apply(.select, [better, .index(.index(axis), .i64), place])),
        FoldState(
          initial: Scalar(0 as Int64, x.dtype),
          update: .apply(.select, [better, element, best])),
      ])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [
      Tensor(.i64, call.results[0].shape) { index in
        var best = 0
        for k in 1..<Swift.max(x.shape[axis], 1) {
          var (here, there) = (index, index)
          here.insert(k, at: axis)
          there.insert(best, at: axis)
          let (a, b) = (x[here].real, x[there].real)
          let wins = a.isNaN && !b.isNaN || (kind == .argmax ? a > b : a < b)
          if wins { best = k }
        }
        return Scalar(Int64(best), .i64)
      }
    ]
  }

  static let entries = Kind.allCases.map { kind in
    Entry(
      kind.rawValue, [.operand("x"), Parameter("axis", .dim, default: "0")],
      """
      The place of the first \(kind == .argmax ? "largest" : "smallest") element along an axis, \
      as i64; the first NaN if there is one. The axis must not be empty. No derivative.
      """,
      examples: [
        Example(ArgExtremum(kind: kind, axis: 0), ["n"], distinct: true),
        Example(ArgExtremum(kind: kind, axis: 1), [2, "n", "m"], distinct: true),
        Example(
          ArgExtremum(kind: kind, axis: 0), [Example.Operand(.i32, ["n", 2], in: -3...3)]),
      ]
    ) { call in
      try call.apply(
        ArgExtremum(kind: kind, axis: call.axis("axis", of: call.operands[0], default: 0)))
    }
  }
}
