// Determinants, by the LU factors that solve equations with the same matrix.

/// The determinant, or its sign and the logarithm of its magnitude.
package struct Determinant: Operation {
  package let isLogarithmic: Bool

  package init(isLogarithmic: Bool) { self.isLogarithmic = isLogarithmic }

  package var name: String { isLogarithmic ? "slogdet" : "det" }
  package var isComposed: Bool { true }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let shape = try MatrixShape(operands[0], for: name)
    try shape.checkSquare(name, operands[0])
    let type = operands[0].with(shape: shape.batch)
    return isLogarithmic ? [type, type] : [type]
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    MatrixShape(operands[0]).squareGuards
  }

  /// d log |det A| = Σ (A⁻¹)ᵀ∘dA.
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dA = rule.tangents[0] else { return rule.results.map { _ in nil } }
    let a = rule.operands[0]
    let inverse = Solve(transposed: true, orNaN: true).applied(a, a.identityLike)
    let change = (inverse * dA).sum(over: [a.rank - 2, a.rank - 1])
    return isLogarithmic ? [nil, change] : [rule.results[0] * change]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, rule.operands)
  }

  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    let made = try builder.apply(LU(), [operands[0]])
    let (diagonal, order) = (made[0].diagonalVector, made[1])
    let axis = order.rank - 1
    // A permutation is odd where an odd number of pairs stands in the wrong order.
    let n = order.shape[axis]
    let (first, second) = (
      order.inserted(extents: [n], at: axis + 1), order.inserted(extents: [n], at: axis)
    )
    let wrong = (first > second).converted(to: .i64).strictUpperTriangle
      .sum(over: [axis, axis + 1])
    let parity = (1 - 2 * apply(.mod, wrong, wrong.literal(2))).converted(to: diagonal.dtype)
    if isLogarithmic {
      return [
        parity * apply(.sign, diagonal).reduce(.prod, over: [axis]),
        apply(.log, apply(.abs, diagonal)).sum(over: [axis]),
      ]
    }
    return [parity * diagonal.reduce(.prod, over: [axis])]
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    preconditionFailure("\(name) is expanded before it is lowered")
  }

  /// Laplace's expansion for small matrices would do; elimination is quicker.
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: nil) { operands in
      var a = operands[0]
      var (sign, logarithm, product) = (1.0, 0.0, 1.0)
      for k in 0..<a.rows {
        let pivot = (k..<a.rows).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
        if pivot != k { (sign, product) = (-sign, -product) }
        a.swapRows(k, pivot)
        if a[k, k] < 0 { sign = -sign }
        if a[k, k] == 0 { return isLogarithmic ? [[0], [-.infinity]] : [[0]] }
        logarithm += logarithmOf(abs(a[k, k]))
        product *= a[k, k]
        for i in k + 1..<Swift.max(a.rows, k + 1) {
          let factor = a[i, k] / a[k, k]
          for j in k..<a.columns { a[i, j] -= factor * a[k, j] }
        }
      }
      return isLogarithmic ? [[sign], [logarithm]] : [[product]]
    }
  }

  private func logarithmOf(_ x: Double) -> Double {
    ScalarFunction.log.value([Scalar(x, .f64)]).real
  }

  static let entries = [
    Entry(
      "det", [.operand("A")],
      """
      The determinant of a square matrix, `[…, n, n]` to `[…]`; 1 for an empty one.

      By LU factors. The derivative is det A · tr(A⁻¹·dA) and needs that A is not singular.
      """,
      examples: [
        Example(Determinant(isLogarithmic: false), [matrix], tolerance: 1e-10),
        Example(Determinant(isLogarithmic: false), [batch], tolerance: 1e-10),
      ]
    ) { call in try call.apply(Determinant(isLogarithmic: false)) },
    Entry(
      "slogdet", [.operand("A")],
      """
      Two results: the sign of the determinant and the logarithm of its magnitude, without overflow.

      `[…, n, n]` to `[…]` and `[…]`; 0 and −∞ for a singular matrix, 1 and 0 for an empty one.
      """,
      examples: [
        Example(Determinant(isLogarithmic: true), [matrix], tolerance: 1e-10),
        Example(Determinant(isLogarithmic: true), [batch], tolerance: 1e-10),
      ]
    ) { call in try call.apply(Determinant(isLogarithmic: true)) },
  ]

  private static let matrix = Example.Operand(.f64, ["n", "n"], in: -0.4...0.4, diagonal: 2)
  private static let batch = Example.Operand(.f64, [2, "n", "n"], in: -0.4...0.4, diagonal: 2)
}
