// Rows: operations element by element.
import Graph

extension OracleTable {
  static let elementwise: [String: Row] = {
    var rows = arithmetic.merging(activations) { first, _ in first }
    // Same name, same meaning.
    for name in """
    abs acos acosh asin asinh atan atan2 atanh add ceil copysign cos cosh deg2rad digamma erf erfc \
    erfinv exp exp2 expm1 floor fmax fmin frac hypot i0 ldexp lgamma log log10 log1p log2 logaddexp \
    logit maximum minimum nan_to_num reciprocal rad2deg rsqrt sigmoid sign sin sinc sinh sqrt \
    square tan tanh trunc xlogy pow
    """.split(separator: " ") where rows[String(name)] == nil {
      rows[String(name)] = entry(String(name))
    }
    for name in ["entr", "erfcx", "i0e", "i1", "i1e", "log_ndtr", "ndtr", "ndtri", "xlog1py"] {
      rows["special_\(name)"] = entry(name)
    }
    return rows
  }()

  private static let identity = row { $0.x }

  private static let polygamma = row {
    apply(.polygamma, $0.x.literal($0.arguments.number("n", 0) ?? 0), $0.x)
  }

  private static let mvlgamma = Row {
    try $0.entry("mvlgamma", nil, ["p": .dim(DimExpr($0.arguments.integer("p", 0) ?? 1))])
  }

  private static let rounded = row {
    let units: [Int: Double] = [0: 1, 3: 1000, -3: 0.001]
    let unit = units[$0.arguments.integer("decimals") ?? 0] ?? 1
    return apply(.roundEven, $0.x * unit) / unit
  }

  private static let arithmetic: [String: Row] = [
    "__radd__": entry("add"), "__rmul__": entry("multiply"), "mul": entry("multiply"),
    "__rdiv__": row { $0.y / $0.x }, "__rsub__": row { $0.y - $0.x },
    "__rmod__": row { apply(.mod, $0.y, $0.x) }, "__rpow__": row { apply(.pow, $0.y, $0.x) },
    "add": row { $0.x + ($0.arguments.number("alpha") ?? 1) * $0.y },
    "sub": row { $0.x - ($0.arguments.number("alpha") ?? 1) * $0.y },
    "rsub": row { $0.y - ($0.arguments.number("alpha") ?? 1) * $0.x },
    "true_divide": entry("divide"), "div_no_rounding_mode": entry("divide"),
    "neg": entry("negate"), "float_power": entry("pow"),
    "sgn": entry("sign"), "round": entry("round_even"), "round_decimals_0": rounded,
    "round_decimals_3": rounded, "round_decimals_neg_3": rounded,
    "clamp_max": entry("minimum"), "clamp_min": entry("maximum"),
    "max_binary": entry("maximum"), "min_binary": entry("minimum"),
    "positive": identity, "conj": identity, "conj_physical": identity, "real": identity,
    "double": identity, "angle": row { choose($0.x < 0, $0.x.literal(.pi), 0) },
    "fill": row {
      $0.x.literal($0.arguments.number("value") ?? 0).broadcast(to: $0.x.shape)
    },
    "frexp": row { try $0.entry("frexp")[0] },
    "polygamma_polygamma_n_0": polygamma, "polygamma_polygamma_n_1": polygamma,
    "polygamma_polygamma_n_2": polygamma, "polygamma_polygamma_n_3": polygamma,
    "polygamma_polygamma_n_4": polygamma,
    "special_polygamma_special_polygamma_n_0": polygamma,
    "mvlgamma_mvlgamma_p_1": mvlgamma, "mvlgamma_mvlgamma_p_3": mvlgamma,
    "mvlgamma_mvlgamma_p_5": mvlgamma,
  ]

  /// An activation with numbers: our names for those of the record, which may give them by place.
  private static func activation(
    _ name: String, _ numbers: [(ours: String, theirs: String)] = []
  ) -> Row {
    Row { call in
      var attributes: [String: AttributeValue] = [:]
      for (k, number) in numbers.enumerated() {
        if let value = call.arguments.number(number.theirs, k) {
          attributes[number.ours] = .scalar(Scalar(value, .f64))
        }
      }
      return try call.entry(name, nil, attributes)
    }
  }

  private static let activations: [String: Row] = {
    let rows: [String: Row] = [
      "celu": activation("celu", [("alpha", "alpha")]),
      "elu": activation("elu", [("alpha", "alpha")]),
      "hardshrink": activation("hardshrink", [("threshold", "lambd")]),
      "softshrink": activation("softshrink", [("threshold", "lambd")]),
      "hardtanh": activation("hardtanh", [("low", "min_val"), ("high", "max_val")]),
      "threshold": activation("threshold", [("threshold", "threshold"), ("value", "value")]),
      "logsigmoid": entry("log_sigmoid"),
      "mish": entry("mish"), "relu": entry("relu"), "relu6": entry("relu6"),
      "selu": entry("selu"), "silu": entry("silu"), "softsign": entry("softsign"),
      "tanhshrink": entry("tanhshrink"),
      // The values of reference multiply by 1/6 rounded to single precision.
      "hardsigmoid": Row(tolerance: 1e-7) { try $0.entry("hardsigmoid") },
      // The weight runs along the second axis.
      "prelu": Row { call in
        var weight = call.y
        if weight.rank == 1, call.x.rank > 2 {
          weight = weight.inserted(
            extents: [DimExpr](repeating: 1, count: call.x.rank - 2), at: 1)
        }
        return try call.entry("prelu", [call.x, weight])
      },
      "rrelu": Row { call in
        if call.arguments.flag("training") == true {
          throw Unsupported(reason: "the slopes are random and not in the record")
        }
        let slope = (1.0 / 8 + 1.0 / 3) / 2
        return try call.entry("leaky_relu", nil, ["slope": .scalar(Scalar(slope, .f64))])
      },
      // Linear above the threshold.
      "softplus": row { call in
        let beta = call.arguments.number("beta") ?? 1
        let scaled = beta * call.x
        return choose(
          scaled > (call.arguments.number("threshold") ?? 20), call.x,
          apply(.softplus, scaled) / beta)
      },
    ]
    return Dictionary(uniqueKeysWithValues: rows.map { ("nn_functional_\($0.key)", $0.value) })
  }()
}
