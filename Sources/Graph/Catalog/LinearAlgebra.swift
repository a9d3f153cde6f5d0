// Functions of matrices that are made of operations: what users call, with the symmetric part taken,
// vectors and batches brought into shape, factors taken apart.

/// The list of derived functions of linear algebra.
enum LinearAlgebra {
  static let entries = [
    cholesky, solve, inverse, lu, qr, eigh, eigvalsh, svd, svdvals, pinv, lstsq, trace, diag,
    tril, triu, matrixPower, matrixExp, kron,
  ]

  /// The matrix of a call, which must be one.
  private static func matrix(_ call: Call, _ k: Int = 0) throws -> Term {
    let x = call.operands[k]
    guard x.rank >= 2 else {
      throw TypeRuleError("\(call.name) needs a matrix, or a batch of them, found \(x.type)")
    }
    return x
  }

  private static func symmetric(_ x: Term) -> Term { (x + x.flipped) * 0.5 }

  static let cholesky = Entry(
    "cholesky",
    [
      .operand("A"), Parameter("upper", .flag, default: "false"),
      Parameter("or_nan", .flag, default: "false"),
    ],
    """
    The lower triangular L with `A = L @ transpose(L)`, of the symmetric part of A; with `upper` its transpose.

    `[…, n, n]`. Where the matrix is not positive definite, the call ends with an error; with `or_nan` the \
    factor is NaN.
    """
  ) { call in
    let factor = call.builder.applying(
      Cholesky(orNaN: try call.flag("or_nan") ?? false), [symmetric(try matrix(call))])
    return [try call.flag("upper") == true ? factor.flipped : factor]
  }

  static let solve = Entry(
    "solve",
    [
      .operand("A"), .operand("b"), Parameter("transposed", .flag, default: "false"),
      Parameter("or_nan", .flag, default: "false"),
    ],
    """
    The solution of `A @ x = b` for a square matrix; b is a vector, a matrix, or a batch of them.

    A is `[…, n, n]` and b `[n]` or `[…, n, k]`; axes in front broadcast. The matrix is factored once, \
    also for derivatives. A singular matrix ends the call with an error; with `or_nan` it gives ±∞ or NaN.
    """
  ) { call in
    let a = try matrix(call)
    var b = call.operands[1]
    guard b.rank > 0 else {
      throw TypeRuleError("solve needs a vector or a matrix, found \(b.type)")
    }
    let isVector = b.rank == 1
    if isVector { b = b.inserted(extents: [1], at: 1) }
    let fronts = [a, b].map { TensorType(.f64, Array($0.shape.dropLast(2))) }
    let front = try broadcastShape(of: fronts, for: "solve")
    let operation = Solve(
      transposed: try call.flag("transposed") ?? false, orNaN: try call.flag("or_nan") ?? false)
    let x = try call.builder.apply(
      operation,
      [
        a.broadcast(to: front + a.shape.suffix(2)), b.broadcast(to: front + b.shape.suffix(2)),
      ])[0]
    return [isVector ? x.sum(over: [x.rank - 1]) : x]
  }

  static let inverse = Entry(
    "inverse", [.operand("A"), Parameter("or_nan", .flag, default: "false")],
    """
    The inverse of a square matrix, `[…, n, n]`. A singular one ends the call with an error; with `or_nan` \
    it gives ±∞ or NaN.
    """
  ) { call in
    let a = try matrix(call)
    return try call.builder.apply(
      Solve(orNaN: call.flag("or_nan") ?? false), [a, a.identityLike])
  }

  static let lu = Entry(
    "lu", [.operand("A")],
    """
    Three results: L with ones on its diagonal, U, and the order p of the rows of `A[p] = L @ U`.

    `[…, m, n]` of any shape to `[…, m, k]`, `[…, k, n]` and `[…, m]` (i64), k = min(m, n).
    """,
    resultCount: 3
  ) { call in
    let a = try matrix(call)
    let made = try call.builder.apply(LU(), [a])
    let shape = MatrixShape(a.type)
    let k = shape.least
    let lower = made[0].block(IndexRange(0, shape.rows), IndexRange(0, k)).strictLowerTriangle
    let ones = lower.literal(1).broadcast(to: lower.shape).diagonalPart
    return [
      lower + ones, made[0].block(IndexRange(0, k), IndexRange(0, shape.columns)).upperTriangle,
      made[1],
    ]
  }

  static let qr = Entry(
    "qr", [.operand("A"), Parameter("positive", .flag, default: "false")],
    """
    Two results: Q with orthonormal columns and the upper triangular R of `A = Q @ R`.

    `[…, m, n]` of any shape to `[…, m, k]` and `[…, k, n]`, k = min(m, n). The signs are LAPACK's; with \
    `positive` the diagonal of R is not negative, which makes the factors unique.
    """,
    resultCount: 2
  ) { call in
    let made = try call.builder.apply(QR(), [try matrix(call)])
    let (q, r) = (made[0], made[1])
    guard try call.flag("positive") == true else { return made }
    let k = MatrixShape(r.type).rows
    let signs = choose(
      r.block(IndexRange(0, k), IndexRange(0, k)).diagonalVector < 0, -1, r.literal(1))
    return [signs.scalingColumns(of: q), signs.scalingRows(of: r)]
  }

  static let eigh = Entry(
    "eigh", [.operand("A")],
    """
    Two results: the eigenvalues of the symmetric part of A, ascending, and its eigenvectors as columns.

    `[…, n, n]` to `[…, n]` and `[…, n, n]`. In each eigenvector the component of largest magnitude is \
    positive.
    """,
    resultCount: 2
  ) { call in try call.builder.apply(SymmetricEigen(), [symmetric(try matrix(call))]) }

  static let eigvalsh = Entry(
    "eigvalsh", [.operand("A")],
    "The eigenvalues of the symmetric part of A, ascending: `[…, n, n]` to `[…, n]`."
  ) { call in [try call.builder.apply(SymmetricEigen(), [symmetric(try matrix(call))])[0]] }

  static let svd = Entry(
    "svd", [.operand("A")],
    """
    Three results: U, the singular values s, descending, and Vᵀ of `A = U @ diag(s) @ Vᵀ`.

    `[…, m, n]` of any shape to `[…, m, k]`, `[…, k]` and `[…, k, n]`, k = min(m, n). In each column of \
    U the component of largest magnitude is positive.
    """,
    resultCount: 3
  ) { call in try call.builder.apply(SVD(), [try matrix(call)]) }

  static let svdvals = Entry(
    "svdvals", [.operand("A")],
    "The singular values of a matrix, descending: `[…, m, n]` to `[…, k]`."
  ) { call in [try call.builder.apply(SVD(), [try matrix(call)])[1]] }

  static let pinv = Entry(
    "pinv", [.operand("A"), Parameter("rtol", .operand, default: "max(m, n)·ε")],
    """
    The Moore–Penrose inverse of a matrix, `[…, m, n]` of any shape to `[…, n, m]`.

    Singular values up to `rtol` times the largest one count as 0; ε is that of the dtype. The \
    derivative is that along matrices of the same rank.
    """
  ) { call in
    let a = try matrix(call)
    let shape = MatrixShape(a.type)
    let epsilon = a.dtype == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let rtol =
      call.operands.count > 1
      ? call.operands[1]
      : call.builder.applying(
        Extent(extent: .max(shape.rows, shape.columns), dtype: a.dtype), []) * epsilon
    return try call.builder.apply(PseudoInverse(), [a, rtol])
  }

  static let lstsq = Entry(
    "lstsq", [.operand("A"), .operand("b")],
    """
    The least squares solution of `A @ x = b` for a matrix whose columns are independent, by QR.

    A is `[…, m, n]` with m ≥ n, b `[m]` or `[…, m, k]` with the same axes in front.
    """
  ) { call in
    let a = try matrix(call)
    var b = call.operands[1]
    let isVector = b.rank == 1
    if isVector { b = b.inserted(extents: [1], at: 1) }
    let made = try call.builder.apply(QR(), [a])
    let n = MatrixShape(a.type).columns
    let square = made[1].block(IndexRange(0, n), IndexRange(0, n))
    let x = TriangularSolve(side: .left, lower: false).applied(square, made[0].flipped.times(b))
    return [isVector ? x.sum(over: [x.rank - 1]) : x]
  }

  static let trace = Entry(
    "trace", [.operand("A")], "The sum of the diagonal of a matrix: `[…, m, n]` to `[…]`."
  ) { call in
    let a = try matrix(call)
    return [a.diagonalPart.sum(over: [a.rank - 2, a.rank - 1])]
  }

  static let diag = Entry(
    "diag", [.operand("x")],
    "The matrix with a vector on its diagonal and zeros elsewhere: `[…, n]` to `[…, n, n]`."
  ) { call in
    let x = call.operands[0]
    guard x.rank > 0 else { throw TypeRuleError("diag needs a vector, found \(x.type)") }
    return [x.inserted(extents: [x.shape[x.rank - 1]], at: x.rank).diagonalPart]
  }

  static let tril = Entry(
    "tril", [.operand("A")], "The matrix with zeros above the diagonal."
  ) { call in [try matrix(call).lowerTriangle] }

  static let triu = Entry(
    "triu", [.operand("A")], "The matrix with zeros below the diagonal."
  ) { call in [try matrix(call).upperTriangle] }

  static let matrixPower = Entry(
    "matrix_power", [.operand("A"), Parameter("n", .dim)],
    """
    The product of a square matrix with itself, n times, by squaring; n is a plain number.

    The identity for n = 0; powers of the inverse for negative n.
    """
  ) { call in
    var base = try matrix(call)
    try MatrixShape(base.type).checkSquare("matrix_power", base.type)
    var n = try call.integer("n") ?? 1
    guard abs(n) <= 1 << 20 else {
      throw TypeRuleError("matrix_power needs a smaller n, found \(n)")
    }
    if n < 0 { (base, n) = (try call.builder.apply(Solve(), [base, base.identityLike])[0], -n) }
    var power: Term?
    while n > 0 {
      if n % 2 == 1 { power = power.map { $0.times(base) } ?? base }
      n /= 2
      if n > 0 { base = base.times(base) }
    }
    return [power ?? base.identityLike]
  }

  static let matrixExp = Entry(
    "matrix_exp", [.operand("A")],
    """
    The exponential of a square matrix, `[…, n, n]`: the sum of Aᵏ/k!, not that of the elements.

    By scaling and squaring with the Padé approximant of degree 13 (Higham, SIAM J. Matrix Anal. Appl. \
    26, 2005); the number of squarings follows from the 1-norm, the largest of a batch.
    """
  ) { call in
    let given = try matrix(call)
    let shape = MatrixShape(given.type)
    try shape.checkSquare("matrix_exp", given.type)
    // One name for both extents, so that a step of the loop keeps the type.
    let a = given.reshaped(to: shape.batch + [shape.rows, shape.rows])
    let builder = call.builder
    let norm = apply(.stopGradient, apply(.abs, a)).sum(over: [a.rank - 2])
    let largest = apply(.max, norm.reduce(.max, over: Array(0..<a.rank - 1)), a.literal(0))
    let wanted = apply(.ceil, apply(.log2, largest / 5.371920351148152))
    // 1100 squarings take the largest double below 1; more is no number.
    let count = apply(.min, apply(.max, wanted, a.literal(0)), a.literal(1100))
    let scaled = a * apply(.exp2, -count)
    let start = try pade(scaled)
    let made = try builder.loop(
      "square", bound: nil, count: count.converted(to: .i64), carry: [start], names: ["power"]
    ) { step in ([step.carried[0].times(step.carried[0])], []) }
    return [made[0].reshaped(to: given.shape)]
  }

  /// The diagonal approximant of degree 13 to the exponential.
  private static func pade(_ a: Term) throws -> Term {
    let b = [
      64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600, 1_187_353_796_428_800,
      129_060_195_264_000, 10_559_470_521_600, 670_442_572_800, 33_522_128_640, 1_323_241_920,
      40_840_800, 960_960, 16_380, 182, 1,
    ]
    // Divided by the first one, which the quotient does not see: the powers then stay in the range of f32.
    let c = b.map { Double($0) / Double(b[0]) }
    let a2 = a.times(a)
    let a4 = a2.times(a2)
    let a6 = a2.times(a4)
    let identity = a.identityLike
    let odd =
      a6.times(a6 * c[13] + a4 * c[11] + a2 * c[9]) + a6 * c[7] + a4 * c[5] + a2 * c[3]
      + identity * c[1]
    let even =
      a6.times(a6 * c[12] + a4 * c[10] + a2 * c[8]) + a6 * c[6] + a4 * c[4] + a2 * c[2] + identity
    let u = a.times(odd)
    return try a.builder.apply(Solve(orNaN: true), [even - u, even + u])[0]
  }

  static let kron = Entry(
    "kron", [.operand("A"), .operand("B")],
    "The Kronecker product of two matrices: `[m, n]` and `[p, q]` to `[m·p, n·q]`."
  ) { call in
    let (a, b) = (call.operands[0], call.operands[1])
    guard a.rank == 2, b.rank == 2 else {
      throw TypeRuleError("kron needs two matrices, found \(a.type) and \(b.type)")
    }
    let product =
      a.inserted(extents: [b.shape[0]], at: 1).inserted(extents: [b.shape[1]], at: 3)
      * b.inserted(extents: [a.shape[1]], at: 1)
    return [product.reshaped(to: [a.shape[0] * b.shape[0], a.shape[1] * b.shape[1]])]
  }
}
