// The LU factors of a matrix of any shape, with row exchanges.

/// `A[p] = L·U`: both factors packed in one array, U with the diagonal, L below it (its diagonal is
/// ones), and the order p of the rows.
package struct LU: Operation {
  package init() {}

  package var name: String { "lu_factor" }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let shape = try MatrixShape(operands[0], for: name)
    return [operands[0], TensorType(.i64, shape.batch + [shape.rows])]
  }

  /// Giles' rule in blocks: with B = dA[p] and G = L₁⁻¹·B₁₁·U₁⁻¹ the square part moves by
  /// L₁·(G below the diagonal) and (G above it)·U₁; what is right of it or under it follows.
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dA = rule.tangents[0] else { return [nil, nil] }
    let (factors, shape) = (rule.results[0], MatrixShape(rule.operands[0].type))
    let k = shape.least
    let (first, below, right) = (
      IndexRange(0, k), IndexRange(k, shape.rows), IndexRange(k, shape.columns)
    )
    let square = factors.block(first, first)
    let lower = TriangularSolve(side: .left, lower: true, unit: true)
    let upper = TriangularSolve(side: .right, lower: false)
    let b = dA.rows(at: rule.results[1])
    let g = upper.applied(square, lower.applied(square, b.block(first, first)))
    let dL = g.strictLowerTriangle + square.strictLowerTriangle.times(g.strictLowerTriangle)
    let dU = g.upperTriangle.times(square.upperTriangle)
    let dBelow = upper.applied(
      square, b.block(below, first) - factors.block(below, first).times(dU))
    let dRight = lower.applied(
      square, b.block(first, right) - dL.times(factors.block(first, right)))
    return [
      (dL + dU).placed(0, 0, in: shape) + dBelow.placed(k, 0, in: shape)
        + dRight.placed(0, k, in: shape), nil,
    ]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, rule.operands)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let shape = MatrixShape(operands[0])
    return .matrices(
      "jg_lu", operands, results, batch: shape.batch,
      [.number(shape.rows), .number(shape.columns), .operand(0), .result(0), .result(1)])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: nil) { operands in
      var a = operands[0]
      var order = Array(0..<a.rows)
      for k in 0..<Swift.min(a.rows, a.columns) {
        let pivot = (k..<a.rows).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
        a.swapRows(k, pivot)
        order.swapAt(k, pivot)
        if a[k, k] == 0 { continue }
        for i in k + 1..<Swift.max(a.rows, k + 1) {
          a[i, k] /= a[k, k]
          for j in k + 1..<Swift.max(a.columns, k + 1) { a[i, j] -= a[i, k] * a[k, j] }
        }
      }
      return [a.elements, order.map(Double.init)]
    }
  }

  static let entry = Entry(
    "lu_factor", [.operand("A")],
    """
    Two results: the factors of `A[p] = L @ U` packed in one array, and the order p of the rows (i64).

    `[…, m, n]` of any shape to `[…, m, n]` and `[…, m]`. U stands on and above the diagonal, L below \
    it; the diagonal of L is ones. Rows are exchanged so that each pivot is the largest in its column. \
    `lu` gives L and U apart.
    """,
    examples: [
      Example(LU(), [.init(.f64, ["m", "n"], in: -0.4...0.4, diagonal: 2)], tolerance: 1e-10),
      Example(LU(), [.init(.f64, [2, "n", "n"], in: -0.4...0.4, diagonal: 2)], tolerance: 1e-10),
    ]
  ) { call in try call.apply(LU()) }
}
