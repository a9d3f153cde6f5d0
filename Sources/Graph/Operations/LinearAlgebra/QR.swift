// The QR factors of a matrix of any shape.

/// `A = Q·R` with K = min(m, n) orthonormal columns in Q and an upper triangular R.
package struct QR: Operation {
  package init() {}

  package var name: String { "qr_factor" }
  package var failure: String? { "LAPACK is not there, or the matrix is too large for it" }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let (type, shape) = (operands[0], try MatrixShape(operands[0], for: name))
    return [
      type.with(shape: shape.batch + [shape.rows, shape.least]),
      type.with(shape: shape.batch + [shape.least, shape.columns]),
    ]
  }

  /// With X = dA₁·R₁⁻¹ of the first K columns, C = QᵀX and U the upper triangle of C + Cᵀ (half of it
  /// on the diagonal): dQ = X − Q·U, dR₁ = U·R₁, dR₂ = dQᵀ·A₂ + Qᵀ·dA₂.
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dA = rule.tangents[0] else { return [nil, nil] }
    let (a, q, r) = (rule.operands[0], rule.results[0], rule.results[1])
    let shape = MatrixShape(a.type)
    let (k, all) = (shape.least, IndexRange(0, shape.rows))
    let (first, rest) = (IndexRange(0, k), IndexRange(k, shape.columns))
    let r1 = r.block(first, first)
    let x = TriangularSolve(side: .right, lower: false).applied(r1, dA.block(all, first))
    let c = q.flipped.times(x)
    let both = c + c.flipped
    let u = both.strictUpperTriangle + both.diagonalPart * 0.5
    let dQ = x - q.times(u)
    let dR1 = u.times(r1)
    let dR2 = dQ.flipped.times(a.block(all, rest)) + q.flipped.times(dA.block(all, rest))
    let whole = MatrixShape(r.type)
    return [dQ, dR1.placed(0, 0, in: whole) + dR2.placed(0, k, in: whole)]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, rule.operands)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let (shape, dtype) = (MatrixShape(operands[0]), operands[0].dtype)
    return .matrices(
      "jg_qr", operands, results, batch: shape.batch, hasStatus: true,
      [
        .number(shape.rows), .number(shape.columns), .operand(0), .result(0), .result(1),
        // The factored matrix, the scales of the reflectors, and 32 columns for LAPACK's blocks.
        .room(shape.rows * shape.columns + shape.least + 32 * shape.columns + 32, dtype),
      ])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: nil) { operands in
      var r = operands[0]
      let count = Swift.min(r.rows, r.columns)
      var q = ReferenceMatrix(r.rows, r.rows) { $0 == $1 ? 1 : 0 }
      for k in 0..<count {
        // The reflection that takes column k to −sign(α)·‖x‖; none where there is nothing below it.
        let tail = (k + 1..<Swift.max(r.rows, k + 1)).reduce(0) { $0 + r[$1, k] * r[$1, k] }
        if tail == 0 { continue }
        let norm = (r[k, k] * r[k, k] + tail).squareRoot()
        var v = (0..<r.rows).map { $0 < k ? 0 : r[$0, k] }
        v[k] += r[k, k] < 0 ? -norm : norm
        let square = v.reduce(0) { $0 + $1 * $1 }
        for j in 0..<r.columns {
          let along = (k..<r.rows).reduce(0) { $0 + v[$1] * r[$1, j] } * 2 / square
          for i in k..<r.rows { r[i, j] -= along * v[i] }
        }
        for i in 0..<q.rows {
          let along = (k..<r.rows).reduce(0) { $0 + v[$1] * q[i, $1] } * 2 / square
          for j in k..<r.rows { q[i, j] -= along * v[j] }
        }
      }
      return [
        ReferenceMatrix(r.rows, count) { q[$0, $1] }.elements,
        ReferenceMatrix(count, r.columns) { $0 <= $1 ? r[$0, $1] : 0 }.elements,
      ]
    }
  }

  static let entry = Entry(
    "qr_factor", [.operand("A")],
    """
    Two results: Q with orthonormal columns and the upper triangular R of `A = Q @ R`.

    `[…, m, n]` of any shape to `[…, m, k]` and `[…, k, n]`, k = min(m, n). The signs are LAPACK's, by \
    Householder reflections; `qr` can make the diagonal of R positive. The derivative needs that the \
    first k columns of A are independent.
    """,
    examples: [
      Example(QR(), [.init(.f64, ["m", "n"], in: -0.5...0.5, diagonal: 2)], tolerance: 1e-10),
      Example(QR(), [.init(.f64, [2, "n", "n"], in: -0.5...0.5, diagonal: 2)], tolerance: 1e-10),
    ]
  ) { call in try call.apply(QR()) }
}
