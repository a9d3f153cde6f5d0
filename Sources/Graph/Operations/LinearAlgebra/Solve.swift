// Linear equations with a square matrix. In kernels the operation stands for LU factors and two
// triangular solves; so a gradient factors the matrix once, for the solution and its cotangent.

/// `X = A⁻¹·B`, or with the transpose of A.
package struct Solve: Operation {
  package let transposed: Bool
  /// A singular matrix gives ±∞ or NaN, and the call goes on.
  package let orNaN: Bool

  package init(transposed: Bool = false, orNaN: Bool = false) {
    self.transposed = transposed
    self.orNaN = orNaN
  }

  package var name: String { "solve_matrix" }
  package var attributes: [Attribute] {
    (transposed ? [Attribute("transposed", .flag(true))] : [])
      + (orNaN ? [Attribute("or_nan", .flag(true))] : [])
  }

  package var failure: String? { orNaN ? nil : "the matrix is singular" }
  package var isComposed: Bool { true }

  func applied(_ matrix: Term, _ right: Term) -> Term {
    right.builder.applying(self, [matrix, right])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let a = try MatrixShape(operands[0], for: name)
    let b = try MatrixShape(operands[1], for: name)
    try a.checkSquare(name, operands[0])
    guard operands[0].dtype == operands[1].dtype, a.batch.count == b.batch.count else {
      throw TypeRuleError(
        "\(name) needs matrices of one dtype and with the same axes in front, found "
          + "\(operands[0]) and \(operands[1])")
    }
    if Guard(a.rows, .equal, b.rows).decided == false {
      throw TypeRuleError(
        "\(name) needs as many rows in the right hand side as the matrix has, found \(operands[0]) "
          + "and \(operands[1])")
    }
    return [operands[1]]
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    guard operands[0].rank == operands[1].rank, operands[0].rank >= 2 else { return [] }
    let (a, b) = (MatrixShape(operands[0]), MatrixShape(operands[1]))
    let same =
      zip(a.batch, b.batch).map { Guard($0, .equal, $1) } + [
        Guard(a.rows, .equal, b.rows)
      ]
    return a.squareGuards + same.filter { $0.decided != true }
  }

  /// dX = A⁻¹·(dB − dA·X).
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    let moved = rule.tangents[0].map { dA in
      -(transposed ? dA.flipped : dA).times(rule.results[0])
    }
    return [sum([rule.tangents[1], moved]).map { applied(rule.operands[0], $0) }]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    if rule.linear[0] { throw DerivativeError(name, "is not linear in the matrix") }
    return rule.only(1) {
      Solve(transposed: !transposed, orNaN: orNaN).applied(rule.operands[0], rule.cotangent)
    }
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, [rule.withAxis(0), rule.withAxis(1)])
  }

  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    let made = try builder.apply(LU(), [operands[0]])
    let (factors, order, b) = (made[0], made[1], operands[1])
    if transposed {
      // A[p] = L·U, so Aᵀ·X = B is Uᵀ·Y = B, Lᵀ·Z = Y, X[p] = Z.
      let y = TriangularSolve(side: .left, lower: false, transposed: true, orNaN: orNaN)
        .applied(factors, b)
      let z = TriangularSolve(side: .left, lower: true, transposed: true, unit: true)
        .applied(factors, y)
      let places = try builder.apply(Sort(axis: order.rank - 1, descending: false), [order])[1]
      return [z.rows(at: places).reshaped(to: b.shape)]
    }
    let y = TriangularSolve(side: .left, lower: true, unit: true)
      .applied(factors, b.rows(at: order))
    // The rows are as many as those of A; as those of B, too, where the sizes have other names.
    return [
      TriangularSolve(side: .left, lower: false, orNaN: orNaN).applied(factors, y)
        .reshaped(to: b.shape)
    ]
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    preconditionFailure("\(name) is expanded before it is lowered")
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try call.matrices(batchRank: call.operands[0].shape.count - 2, failure: failure) { operands in
      var a = transposed ? operands[0].flipped : operands[0]
      var x = operands[1]
      // Gauss and Jordan.
      for k in 0..<a.rows {
        let pivot = (k..<a.rows).max { abs(a[$0, k]) < abs(a[$1, k]) } ?? k
        if failure != nil, a[pivot, k] == 0 { return nil }
        a.swapRows(k, pivot)
        x.swapRows(k, pivot)
        for i in 0..<a.rows where i != k {
          let factor = a[i, k] / a[k, k]
          for j in 0..<a.columns { a[i, j] -= factor * a[k, j] }
          for j in 0..<x.columns { x[i, j] -= factor * x[k, j] }
        }
      }
      return [ReferenceMatrix(x.rows, x.columns) { x[$0, $1] / a[$0, $0] }.elements]
    }
  }

  static let entry = Entry(
    "solve_matrix",
    [
      .operand("A"), .operand("B"), Parameter("transposed", .flag, default: "false"),
      Parameter("or_nan", .flag, default: "false"),
    ],
    """
    The solution X of `A @ X = B`, by LU factors with row exchanges.

    A is `[…, n, n]`, B `[…, n, k]` with the same axes in front; `transposed` solves with the \
    transpose of A. A singular matrix ends the call with an error; with `or_nan` it gives ±∞ or NaN. \
    `solve` takes vectors too, and broadcasts.
    """,
    examples: [
      Example(Solve(), square, tolerance: 1e-10),
      Example(Solve(transposed: true), square, tolerance: 1e-10),
      Example(
        Solve(),
        [
          .init(.f64, [2, "n", "n"], in: -0.4...0.4, diagonal: 2), .init(.f64, [2, "n", 3]),
        ], tolerance: 1e-10),
    ]
  ) { call in
    try call.apply(
      Solve(
        transposed: call.flag("transposed") ?? false, orNaN: call.flag("or_nan") ?? false))
  }

  private static let square: [Example.Operand] = [
    .init(.f64, ["n", "n"], in: -0.4...0.4, diagonal: 2), .init(.f64, ["n", "k"]),
  ]
}
