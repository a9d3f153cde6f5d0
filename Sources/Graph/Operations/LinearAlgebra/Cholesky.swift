// The Cholesky factor of a positive definite matrix.

/// `A = L·Lᵀ` with a lower triangular L; of A the lower triangle is read.
package struct Cholesky: Operation {
  /// Where there is no factor, it is NaN and the call goes on.
  package let orNaN: Bool

  package init(orNaN: Bool = false) { self.orNaN = orNaN }

  package var name: String { "cholesky_factor" }
  package var attributes: [Attribute] { orNaN ? [Attribute("or_nan", .flag(true))] : [] }
  package var failure: String? { orNaN ? nil : "the matrix is not positive definite" }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try MatrixShape(operands[0], for: name).checkSquare(name, operands[0])
    return operands
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    MatrixShape(operands[0]).squareGuards
  }

  /// With Y = L⁻¹·dA·L⁻ᵀ: dL = L·(Y below the diagonal, half of it on the diagonal).
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dA = rule.tangents[0] else { return [nil] }
    let factor = rule.results[0]
    let half = TriangularSolve(side: .left, lower: true, orNaN: orNaN)
      .applied(factor, dA.symmetricFromLower)
    let y = TriangularSolve(side: .right, lower: true, transposed: true, orNaN: orNaN).applied(
      factor, half)
    return [factor.times(y.strictLowerTriangle + y.diagonalPart * 0.5)]
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
      "jg_cholesky", operands, results, batch: shape.batch, hasStatus: true,
      [.number(shape.rows), .operand(0), .result(0)])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: failure) { operands in
      let a = operands[0]
      var factor = ReferenceMatrix(a.rows, a.rows)
      for j in 0..<a.rows {
        let pivot = a[j, j] - (0..<j).reduce(0) { $0 + factor[j, $1] * factor[j, $1] }
        guard pivot > 0 else { return nil }
        factor[j, j] = pivot.squareRoot()
        for i in j + 1..<Swift.max(a.rows, j + 1) {
          let rest = a[i, j] - (0..<j).reduce(0) { $0 + factor[i, $1] * factor[j, $1] }
          factor[i, j] = rest / factor[j, j]
        }
      }
      return [factor.elements]
    }
  }

  static let entry = Entry(
    "cholesky_factor", [.operand("A"), Parameter("or_nan", .flag, default: "false")],
    """
    The lower triangular L with `A = L @ transpose(L)`, of a symmetric positive definite matrix of which the \
    lower triangle is read.

    `[…, n, n]` to `[…, n, n]`, zeros above the diagonal. Where A is not positive definite, the call \
    ends with an error; with `or_nan` the factor is NaN. The \
    derivative is that along symmetric directions: what stands above the diagonal has none. \
    `cholesky` takes the symmetric part first.
    """,
    examples: [
      Example(
        Cholesky(), [.init(.f64, ["n", "n"], in: -0.5...0.5, diagonal: 2)], tolerance: 1e-10),
      Example(
        Cholesky(), [.init(.f64, [2, 3, "m", "m"], in: -0.5...0.5, diagonal: 2)],
        tolerance: 1e-10),
    ]
  ) { call in try call.apply(Cholesky(orNaN: call.flag("or_nan") ?? false)) }
}
