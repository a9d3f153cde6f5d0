// Linear equations with a triangular matrix.

/// `X = T⁻¹·B`, or `B·T⁻¹`, with T or its transpose. Of T only the triangle is read, with a unit
/// diagonal only what is strictly in it.
package struct TriangularSolve: Operation {
  package enum Side: String, Sendable, CaseIterable { case left, right }

  package let side: Side
  package let lower: Bool
  package let transposed: Bool
  package let unit: Bool
  /// A zero on the diagonal gives ±∞ or NaN, and the call goes on.
  package let orNaN: Bool

  package init(
    side: Side, lower: Bool, transposed: Bool = false, unit: Bool = false, orNaN: Bool = false
  ) {
    self.orNaN = orNaN
    self.side = side
    self.lower = lower
    self.transposed = transposed
    self.unit = unit
  }

  package var name: String { "triangular_solve" }
  package var attributes: [Attribute] {
    (side == .left ? [] : [Attribute("side", .word(side.rawValue))])
      + (lower ? [] : [Attribute("lower", .flag(false))])
      + (transposed ? [Attribute("transposed", .flag(true))] : [])
      + (unit ? [Attribute("unit", .flag(true))] : [])
      + (orNaN ? [Attribute("or_nan", .flag(true))] : [])
  }

  package var failure: String? {
    orNaN || unit ? nil : "the matrix is singular: a number on its diagonal is 0"
  }

  func applied(_ triangle: Term, _ right: Term) -> Term {
    right.builder.applying(self, [triangle, right])
  }

  private func met(_ b: MatrixShape) -> DimExpr { side == .left ? b.rows : b.columns }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let t = try MatrixShape(operands[0], for: name)
    let b = try MatrixShape(operands[1], for: name)
    try t.checkSquare(name, operands[0])
    guard operands[0].dtype == operands[1].dtype, t.batch.count == b.batch.count else {
      throw TypeRuleError(
        "\(name) needs matrices of one dtype and with the same axes in front, found "
          + "\(operands[0]) and \(operands[1])")
    }
    if Guard(t.rows, .equal, met(b)).decided == false {
      throw TypeRuleError(
        "\(name) needs as many \(side == .left ? "rows" : "columns") in the right hand side as the "
          + "matrix has, found \(operands[0]) and \(operands[1])")
    }
    return [operands[1]]
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    guard operands[0].rank == operands[1].rank, operands[0].rank >= 2 else { return [] }
    let (t, b) = (MatrixShape(operands[0]), MatrixShape(operands[1]))
    let same =
      zip(t.batch, b.batch).map { Guard($0, .equal, $1) } + [
        Guard(t.rows, .equal, met(b))
      ]
    return t.squareGuards + same.filter { $0.decided != true }
  }

  /// dX = T⁻¹·(dB − dT·X), where dT is the triangle of the tangent.
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    let x = rule.results[0]
    let moved = rule.tangents[0].map { tangent -> Term in
      let triangle =
        switch (lower, unit) {
        case (true, false): tangent.lowerTriangle
        case (false, false): tangent.upperTriangle
        case (true, true): tangent.strictLowerTriangle
        case (false, true): tangent.strictUpperTriangle
        }
      let dT = transposed ? triangle.flipped : triangle
      return -(side == .left ? dT.times(x) : x.times(dT))
    }
    return [sum([rule.tangents[1], moved]).map { applied(rule.operands[0], $0) }]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    if rule.linear[0] { throw DerivativeError(name, "is not linear in the matrix") }
    return rule.only(1) {
      TriangularSolve(
        side: side, lower: lower, transposed: !transposed, unit: unit, orNaN: orNaN
      ).applied(rule.operands[0], rule.cotangent)
    }
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, [rule.withAxis(0), rule.withAxis(1)])
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let b = MatrixShape(operands[1])
    return .matrices(
      "jg_triangular_solve", operands, results, batch: b.batch, hasStatus: true,
      [
        .number(b.rows), .number(b.columns), .flag(side == .left), .flag(lower),
        .flag(transposed), .flag(unit), .operand(0), .operand(1), .result(0),
      ])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: failure) { operands in
      // X·T = B is Tᵀ·Xᵀ = Bᵀ.
      let isFlipped = transposed != (side == .right)
      let t = isFlipped ? operands[0].flipped : operands[0]
      var x = side == .left ? operands[1] : operands[1].flipped
      let isLower = lower != isFlipped
      if failure != nil, (0..<t.rows).contains(where: { t[$0, $0] == 0 }) { return nil }
      for i in isLower ? Array(0..<t.rows) : (0..<t.rows).reversed() {
        for j in 0..<x.columns {
          var rest = x[i, j]
          for k in isLower ? 0..<i : i + 1..<Swift.max(t.rows, i + 1) {
            rest -= t[i, k] * x[k, j]
          }
          x[i, j] = unit ? rest : rest / t[i, i]
        }
      }
      return [(side == .left ? x : x.flipped).elements]
    }
  }

  static let entry = Entry(
    "triangular_solve",
    [
      .operand("T"), .operand("B"),
      Parameter("side", .word(Side.allCases.map(\.rawValue)), default: "\"left\""),
      Parameter("lower", .flag, default: "true"),
      Parameter("transposed", .flag, default: "false"), Parameter("unit", .flag, default: "false"),
      Parameter("or_nan", .flag, default: "false"),
    ],
    """
    The solution X of `T @ X = B` with a triangular T, or of `X @ T = B` with `side="right"`.

    T is `[…, n, n]`, B `[…, n, k]` (`[…, k, n]` on the right) with the same axes in front. Only the \
    triangle of T is read, `lower` or upper; with `unit` its diagonal is taken as ones and not read. \
    `transposed` solves with the transpose of T. A zero on the \
    diagonal ends the call with an error; with `or_nan` it gives ±∞ or NaN.
    """,
    examples: [
      example(.init(side: .left, lower: true)),
      example(.init(side: .left, lower: false, transposed: true)),
      example(.init(side: .right, lower: true, transposed: true)),
      example(.init(side: .right, lower: false, unit: true)),
      Example(
        TriangularSolve(side: .left, lower: true, unit: true),
        [
          .init(.f64, ["b", "n", "n"], in: -0.5...0.5, diagonal: 2), .init(.f64, ["b", "n", 2]),
        ], tolerance: 1e-10),
    ]
  ) { call in
    try call.apply(
      TriangularSolve(
        side: call.word("side", of: Side.self) ?? .left, lower: call.flag("lower") ?? true,
        transposed: call.flag("transposed") ?? false, unit: call.flag("unit") ?? false,
        orNaN: call.flag("or_nan") ?? false))
  }

  private static func example(_ operation: TriangularSolve) -> Example {
    Example(
      operation,
      [
        .init(.f64, ["n", "n"], in: -0.5...0.5, diagonal: 2),
        .init(.f64, operation.side == .left ? ["n", "k"] : ["k", "n"]),
      ], tolerance: 1e-10)
  }
}
