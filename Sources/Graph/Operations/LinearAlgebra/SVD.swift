// The singular value decomposition of a matrix of any shape.

/// `A = U·diag(s)·Vᵀ` with K = min(m, n) singular values, descending.
package struct SVD: Operation {
  /// Where there are no singular values, they are NaN and the call goes on.
  package let orNaN: Bool

  package init(orNaN: Bool = false) { self.orNaN = orNaN }

  package var name: String { "svd_factor" }
  package var attributes: [Attribute] { orNaN ? [Attribute("or_nan", .flag(true))] : [] }
  package var failure: String? { orNaN ? nil : lapackFailure }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let (type, shape) = (operands[0], try MatrixShape(operands[0], for: name))
    return [
      type.with(shape: shape.batch + [shape.rows, shape.least]),
      type.with(shape: shape.batch + [shape.least]),
      type.with(shape: shape.batch + [shape.least, shape.columns]),
    ]
  }

  /// With dP = Uᵀ·dA·V and Fᵢⱼ = 1/(sⱼ² − sᵢ²): ds is the diagonal of dP,
  /// dU = U·(F∘(dP·S + S·dPᵀ)) + (I − U·Uᵀ)·dA·V·S⁻¹, and dV likewise. Each projector vanishes by
  /// itself where the matrix is square, so sizes are not compared.
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dA = rule.tangents[0] else { return [nil, nil, nil] }
    let (u, s, vt) = (rule.results[0], rule.results[1], rule.results[2])
    let v = vt.flipped
    let (left, right) = (dA.times(v), dA.flipped.times(u))
    let dP = u.flipped.times(left)
    let gaps = (s * s).inverseGaps
    let (inU, inV) = (
      s.scalingColumns(of: dP) + s.scalingRows(of: dP.flipped),
      s.scalingRows(of: dP) + s.scalingColumns(of: dP.flipped)
    )
    let inverse = 1 / s
    let dU =
      u.times(gaps * inU) + inverse.scalingColumns(of: left - u.times(u.flipped.times(left)))
    let dV =
      v.times(gaps * inV) + inverse.scalingColumns(of: right - v.times(v.flipped.times(right)))
    return [dU, dP.diagonalVector, dV.flipped]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, rule.operands)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let (shape, dtype) = (MatrixShape(operands[0]), operands[0].dtype)
    let (m, n, k) = (shape.rows, shape.columns, shape.least)
    return .matrices(
      "jg_svd", operands, results, batch: shape.batch, hasStatus: true,
      [
        .number(m), .number(n), .operand(0), .result(0), .result(1), .result(2),
        // A copy that dgesdd destroys, and what it asks for, with room for blocks of 32.
        .room(m * n + 4 * k * k + 7 * k + 32 * (m + n) + 1, dtype), .room(8 * k + 1, .i32),
      ])
  }

  /// One-sided Jacobi: rotations make the columns orthogonal.
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: failure) { operands in
      let (rows, columns) = (operands[0].rows, operands[0].columns)
      let count = Swift.min(rows, columns)
      guard operands[0].elements.allSatisfy(\.isFinite) else { return nil }
      let isWide = columns > rows
      var a = isWide ? operands[0].flipped : operands[0]
      var v = ReferenceMatrix(count, count) { $0 == $1 ? 1 : 0 }
      func inner(_ p: Int, _ q: Int) -> Double {
        (0..<a.rows).reduce(0) { $0 + a[$1, p] * a[$1, q] }
      }
      for _ in 0..<60 {
        for p in 0..<count {
          for q in p + 1..<Swift.max(count, p + 1) {
            let product = inner(p, q)
            if product == 0 { continue }
            let zeta = (inner(q, q) - inner(p, p)) / (2 * product)
            let t = (zeta < 0 ? -1 : 1) / (abs(zeta) + (zeta * zeta + 1).squareRoot())
            let c = 1 / (t * t + 1).squareRoot()
            let s = t * c
            for k in 0..<a.rows {
              (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q])
            }
            for k in 0..<count {
              (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q])
            }
          }
        }
      }
      let norms = (0..<count).map { inner($0, $0).squareRoot() }
      let order = (0..<count).sorted { norms[$0] > norms[$1] }
      let unit = ReferenceMatrix(a.rows, count) { a[$0, order[$1]] / norms[order[$1]] }
      let turned = ReferenceMatrix(count, count) { v[$0, order[$1]] }
      let (left, right) = isWide ? (turned, unit) : (unit, turned)
      let signs = (0..<count).map { column in
        left[(0..<rows).max { abs(left[$0, column]) < abs(left[$1, column]) } ?? 0, column] < 0
          ? -1.0 : 1
      }
      return [
        ReferenceMatrix(rows, count) { left[$0, $1] * signs[$1] }.elements,
        order.map { norms[$0] },
        ReferenceMatrix(count, columns) { right[$1, $0] * signs[$0] }.elements,
      ]
    }
  }

  static let entry = Entry(
    "svd_factor", [.operand("A"), Parameter("or_nan", .flag, default: "false")],
    """
    Three results: U, the singular values s, descending, and Vᵀ of `A = U @ diag(s) @ Vᵀ`.

    `[…, m, n]` of any shape to `[…, m, k]`, `[…, k]` and `[…, k, n]`, k = min(m, n). In each column of \
    U the component of largest magnitude is positive. Where singular values are equal or 0, the \
    derivative of U and V is not finite; that of the values is. A number that is not finite ends the \
    call with an error; with `or_nan` the results are NaN.
    """,
    examples: [
      Example(SVD(), [.init(.f64, ["m", "n"], in: -0.3...0.3, diagonal: 1)], tolerance: 1e-9),
      Example(SVD(), [.init(.f64, [2, "n", "n"], in: -0.3...0.3, diagonal: 1)], tolerance: 1e-9),
    ]
  ) { call in try call.apply(SVD(orNaN: call.flag("or_nan") ?? false)) }
}
