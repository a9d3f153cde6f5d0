// Eigenvalues and eigenvectors of a symmetric matrix.

/// `A = V·diag(w)·Vᵀ`, w ascending; of A the lower triangle is read.
package struct SymmetricEigen: Operation {
  /// Where there are no eigenvalues, they are NaN and the call goes on.
  package let orNaN: Bool

  package init(orNaN: Bool = false) { self.orNaN = orNaN }

  package var name: String { "eigh_factor" }
  package var attributes: [Attribute] { orNaN ? [Attribute("or_nan", .flag(true))] : [] }
  package var failure: String? { orNaN ? nil : lapackFailure }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let shape = try MatrixShape(operands[0], for: name)
    try shape.checkSquare(name, operands[0])
    return [operands[0].with(shape: shape.batch + [shape.rows]), operands[0]]
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    MatrixShape(operands[0]).squareGuards
  }

  /// With dP = Vᵀ·dA·V: dw is its diagonal, and dV = V·(F∘dP) with Fᵢⱼ = 1/(wⱼ − wᵢ).
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dA = rule.tangents[0] else { return [nil, nil] }
    let (w, v) = (rule.results[0], rule.results[1])
    let dP = v.flipped.times(dA.symmetricFromLower).times(v)
    return [dP.diagonalVector, v.times(w.inverseGaps * dP)]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, rule.operands)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let (shape, dtype) = (MatrixShape(operands[0]), operands[0].dtype)
    let n = shape.rows
    return .matrices(
      "jg_eigh", operands, results, batch: shape.batch, hasStatus: true,
      [
        .number(n), .operand(0), .result(0), .result(1),
        // What dsyevd asks for.
        .room(2 * n * n + 6 * n + 1, dtype), .room(5 * n + 3, .i32),
      ])
  }

  /// Cyclic Jacobi rotations.
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: failure) { operands in
      let n = operands[0].rows
      var a = ReferenceMatrix(n, n) { operands[0][Swift.max($0, $1), Swift.min($0, $1)] }
      guard a.elements.allSatisfy(\.isFinite) else { return nil }
      var v = ReferenceMatrix(n, n) { $0 == $1 ? 1 : 0 }
      for _ in 0..<60 {
        for p in 0..<n {
          for q in p + 1..<Swift.max(n, p + 1) where a[p, q] != 0 {
            let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
            let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
            let c = 1 / (t * t + 1).squareRoot()
            let s = t * c
            for k in 0..<n {
              (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q])
            }
            for k in 0..<n {
              (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k])
              (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q])
            }
          }
        }
      }
      let order = (0..<n).sorted { a[$0, $0] < a[$1, $1] }
      let signs = order.map { column in
        v[(0..<n).max { abs(v[$0, column]) < abs(v[$1, column]) } ?? 0, column] < 0 ? -1.0 : 1
      }
      return [
        order.map { a[$0, $0] },
        ReferenceMatrix(n, n) { v[$0, order[$1]] * signs[$1] }.elements,
      ]
    }
  }

  static let entry = Entry(
    "eigh_factor", [.operand("A"), Parameter("or_nan", .flag, default: "false")],
    """
    Two results: the eigenvalues of a symmetric matrix, ascending, and its eigenvectors as columns.

    `[…, n, n]` to `[…, n]` and `[…, n, n]`; the lower triangle is read. In each eigenvector the \
    component of largest magnitude is positive. Where eigenvalues are equal, the derivative of the \
    eigenvectors is not finite. A number that is not finite ends the call with an error; with `or_nan` the \
    results are NaN. `eigh` takes the symmetric part first.
    """,
    examples: [
      Example(
        SymmetricEigen(), [.init(.f64, ["n", "n"], in: -0.3...0.3, diagonal: 1)],
        tolerance: 1e-10),
      Example(
        SymmetricEigen(), [.init(.f64, [2, "n", "n"], in: -0.3...0.3, diagonal: 1)],
        tolerance: 1e-10),
    ]
  ) { call in try call.apply(SymmetricEigen(orNaN: call.flag("or_nan") ?? false)) }
}
