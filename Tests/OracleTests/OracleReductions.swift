// Rows: reductions, norms, products of vectors, and what picks elements.
import Graph

extension OracleTable {
  /// A reduction of the catalog over the record's axes.
  private static func reduction(_ name: String, _ position: Int? = nil) -> Row {
    Row { try $0.entry(name, nil, $0.reduction(position)) }
  }

  /// var and std, which name their correction in three ways.
  private static func spread(_ name: String) -> Row {
    Row { call in
      let arguments = call.arguments
      let unbiased = arguments.flag("unbiased") ?? (arguments.positional.first as? Bool)
      let correction = arguments.number("correction") ?? (unbiased == false ? 0 : 1)
      return try call.entry(
        name, nil,
        call.reduction().merging(["correction": .scalar(Scalar(correction, .f64))]) { $1 })
    }
  }

  private static let vectorNorm = Row { call in
    let order: Double
    switch call.arguments.value("ord", 0) {
    case nil: order = 2
    case let name as String where name == "fro": order = 2
    case let name as String where name == "nuc": throw Unsupported(reason: "nuclear norms")
    case .some: order = call.arguments.number("ord", 0) ?? 2
    }
    return try call.entry(
      "vector_norm", nil, call.reduction().merging(["ord": .scalar(Scalar(order, .f64))]) { $1 })
  }

  /// A number for a matrix means the norm of the linear map: the largest sum of a column, or of a row.
  private static let norm = Row { call in
    let x = call.x
    guard x.rank == 2, let order = call.arguments.number("p", 0) else {
      return try vectorNorm.build(call)
    }
    if abs(order) == 2 { throw Unsupported(reason: "spectral norms") }
    let sums = apply(.abs, x).sum(over: [abs(order) == 1 ? 0 : 1])
    let y = sums.reduce(order > 0 ? .max : .min, over: [0])
    return [call.arguments.flag("keepdim") == true ? y.broadcast(to: [1, 1], axes: []) : y]
  }

  static let reductions: [String: Row] = [
    "sum": reduction("sum"), "mean": reduction("mean"), "prod": reduction("prod", 0),
    "amax": reduction("max"), "amin": reduction("min"), "nansum": reduction("nansum"),
    "nanmean": reduction("nanmean"), "var": spread("var"), "std": spread("std"),
    "var_unbiased": spread("var"), "std_unbiased": spread("std"),
    "vector_norm": vectorNorm, "norm": norm,
    "vecdot": Row {
      try $0.entry("vecdot", nil, ["axis": .dim(DimExpr($0.arguments.integer("dim") ?? -1))])
    },
    "cross": Row {
      try $0.entry("cross", nil, ["axis": .dim(DimExpr($0.arguments.integer("dim") ?? -1))])
    },
    "diagonal": Row { call in
      let axes = [call.arguments.integer("dim1") ?? 0, call.arguments.integer("dim2") ?? 1]
      return try call.entry(
        "diagonal", nil,
        [
          "axes": .integers(axes),
          "offset": .dim(DimExpr(call.arguments.integer("offset") ?? 0)),
        ])
    },
    "vander": Row { call in
      // A scalar is a vector of one.
      let x = call.x.rank == 0 ? call.x.reshaped(to: [1]) : call.x
      let count = call.arguments.integer("N").map { ["count": AttributeValue.dim(DimExpr($0))] }
      return try call.entry("vander", [x], count ?? [:])
    },
  ]
}
