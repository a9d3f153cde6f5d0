// Rows: factors, solutions and norms of matrices.
import Graph

extension OracleTable {
  /// The transposed matrix.
  private static func flipped(_ x: Term) -> Term { x.moved(axis: x.rank - 1, to: x.rank - 2) }

  /// Records of symmetric matrices hold half of the matrix.
  private static func symmetric(_ call: OracleCall) -> Term { call.x + flipped(call.x) }

  /// Rounding of factors is that of the whole matrix.
  private static func factors(
    _ build: @escaping @Sendable (OracleCall) throws -> [Term]
  ) -> Row { Row(tolerance: 1e-7, build: build) }

  private static let cholesky = factors { call in
    try call.entry(
      "cholesky", [symmetric(call)], ["upper": .flag(call.arguments.flag("upper") ?? false)])
  }

  private static let solve = factors { call in
    if call.y.rank != call.x.rank - 1 { return try call.entry("solve") }
    // One vector for each matrix.
    let y = call.y.inserted(extents: [1], at: call.y.rank)
    let x = try call.entry("solve", [call.x, y])[0]
    return [x.sum(over: [x.rank - 1])]
  }

  private static let triangular = factors { call in
    guard call.x.rank == call.y.rank else { throw Unsupported(reason: "batches of two ranks") }
    return try call.entry(
      "triangular_solve", nil,
      [
        "side": .word(call.arguments.flag("left") == false ? "right" : "left"),
        "lower": .flag(call.arguments.flag("upper") == false),
        "unit": .flag(call.arguments.flag("unitriangular") == true),
      ])
  }

  /// What does not depend on the signs of singular vectors.
  private static let svd = factors { call in
    let made = try call.entry("svd")
    if call.record.observable.contains("u_abs") { return [apply(.abs, made[0])] }
    if call.record.observable.contains("vh_abs") { return [made[1], apply(.abs, made[2])] }
    if call.record.observable.contains("product") {
      return [made[1]] + (try call.entry("matmul", [made[0], made[2]]))
    }
    return [made[1]]
  }

  private static let eigh = factors { call in
    let made = try call.entry("eigh", [symmetric(call)])
    return [made[0], apply(.abs, made[1])]
  }

  private static func pinv(_ matrix: @escaping @Sendable (OracleCall) throws -> Term) -> Row {
    factors { call in
      let x = try matrix(call)
      let rtol = call.arguments.number("rtol").map { [x.literal($0)] } ?? []
      return try call.entry("pinv", [x] + rtol)
    }
  }

  private static let condition = factors { call in
    let s = try call.entry("svdvals")[0]
    return [s.reduce(.max, over: [s.rank - 1]) / s.reduce(.min, over: [s.rank - 1])]
  }

  /// The norm over two axes: by elements, by sums of rows or columns, by singular values.
  private static let matrixNorm = factors { call in
    let x = call.x
    let axes = (call.arguments.value("dim", 1) as? [Int] ?? [-2, -1]).map {
      $0 < 0 ? $0 + x.rank : $0
    }
    let rest = (0..<x.rank).filter { !axes.contains($0) }
    let matrix = x.transposed(rest + axes)
    let (row, column) = (x.rank - 2, x.rank - 1)
    let y: Term
    let name = call.arguments.value("ord", 0) as? String
    if name == "nuc" {
      y = try call.entry("svdvals", [matrix])[0].sum(over: [row])
    } else if name == "fro" {
      y = try call.entry("vector_norm", [matrix], ["axes": .integers([row, column])])[0]
    } else {
      let order = call.arguments.number("ord", 0) ?? 2
      let kind = order > 0 ? Reduction.Kind.max : .min
      y =
        abs(order) == 2
        ? try call.entry("svdvals", [matrix])[0].reduce(kind, over: [row])
        : apply(.abs, matrix).sum(over: [abs(order) == 1 ? row : column]).reduce(kind, over: [row])
    }
    guard call.arguments.flag("keepdim", 2) == true else { return [y] }
    let places = axes.sorted()
    return [
      y.inserted(extents: [1], at: places[0]).inserted(extents: [1], at: places[1])
    ]
  }

  static let matrices: [String: Row] = [
    "cholesky": cholesky, "cholesky_ex": cholesky, "solve": solve, "solve_ex": solve,
    "solve_triangular": triangular, "svd": svd, "eigh": eigh, "cond": condition,
    "matrix_norm": matrixNorm,
    "svdvals": factors { try $0.entry("svdvals") },
    "eigvalsh": factors { try $0.entry("eigvalsh", [symmetric($0)]) },
    "inv": factors { try $0.entry("inverse") }, "inv_ex": factors { try $0.entry("inverse") },
    "det": factors { try $0.entry("det") }, "slogdet": factors { try $0.entry("slogdet") },
    "qr": factors { try $0.entry("qr") },
    "lu": factors { Array(try $0.entry("lu").prefix(2)) },
    "lu_factor": factors { [try $0.entry("lu_factor")[0]] },
    "lu_factor_ex": factors { [try $0.entry("lu_factor")[0]] },
    "pinv": pinv { $0.x }, "pinv_hermitian": pinv(symmetric),
    "pinv_singular": pinv { try $0.entry("matmul", [$0.x, flipped($0.y)])[0] },
    "matrix_exp": factors { try $0.entry("matrix_exp") },
    "matrix_power": factors { call in
      try call.entry(
        "matrix_power", nil, ["n": .dim(DimExpr(call.arguments.integer("n", 0) ?? 1))])
    },
    "multi_dot": factors { call in
      try [call.operands.dropFirst().reduce(call.x) { try call.entry("matmul", [$0, $1])[0] }]
    },
  ]
}
