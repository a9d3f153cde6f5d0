// The client dialect: functions that StableHLO itself has not, and forms that broadcast by themselves.
import Graph

extension StableHLOElaborator {
  static let chloRules: [String: HLORule] = {
    var rules: [String: HLORule] = [
      "square": HLORule(1) { _, call in [call.operands[0] * call.operands[0]] },
      "erf_inv": HLORule(1) { _, call in [inverseErrorFunction(call.operands[0])] },
      "is_inf": HLORule(1) { _, call in try call.plain(.isInf) },
      "is_pos_inf": HLORule(1) { _, call in [call.operands[0] == .infinity] },
      "is_neg_inf": HLORule(1) { _, call in [call.operands[0] == -.infinity] },
      "constant_like": HLORule(1) { _, call in
        let value = call.attribute("value")?.kind
        let x = call.operands[0]
        switch value {
        case .float(let number)?:
          return [x.literal(number).broadcast(to: x.shape, axes: [])]
        case .integer(let number)?:
          let scalar = call.builder.constant(Scalar(Int64(number), x.dtype))
          return [scalar.broadcast(to: x.shape, axes: [])]
        default: throw TypeRuleError("needs a number as its value")
        }
      },
      "next_after": HLORule(2) { _, call in
        guard let format = FloatFormat(call.operandElement(0)) else {
          throw call.unsupported("of \(call.operandElement(0))")
        }
        return [format.next(call.operands[0], toward: call.operands[1])]
      },
      "top_k": HLORule(1) { _, call in
        let k = try call.needed(call.integer("k"), "k")
        let x = call.operands[0]
        let last = x.rank - 1
        let sorted = try call.builder.apply(
          Sort(axis: last, descending: true), [call.ordered(x)])
        return try sorted.enumerated().map { place, term in
          let part = term.slice(axis: last, from: 0, to: DimExpr(k))
          return place == 0 ? call.ordered(part) : part.converted(to: try call.dtype(1))
        }
      },
    ]
    for (name, function) in functions {
      rules[name] = HLORule(function.arity) { _, call in try call.plain(function) }
    }
    // The rules of the plain forms, on operands of one shape.
    let plain = elementwiseRules
    for name in broadcasting {
      guard let row = plain["stablehlo.\(name)"] else { continue }
      rules["broadcast_\(name)"] = HLORule(row.arity) { elaborator, call in
        try row.build(&elaborator, call.with(operands: call.broadcast()))
      }
    }
    return Dictionary(uniqueKeysWithValues: rules.map { ("chlo.\($0)", $1) })
  }()

  private static let functions: [(String, ScalarFunction)] = [
    ("acos", .acos), ("acosh", .acosh), ("asin", .asin), ("asinh", .asinh), ("atan", .atan),
    ("atanh", .atanh), ("cosh", .cosh), ("sinh", .sinh), ("tan", .tan), ("erf", .erf),
    ("erfc", .erfc), ("lgamma", .lgamma), ("digamma", .digamma), ("polygamma", .polygamma),
  ]

  private static let broadcasting = [
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "atan2", "remainder",
    "and", "or", "xor", "compare", "select",
  ]

  /// The number whose error function is `x`: an approximation to seven digits (Giles 2010), and two
  /// steps of Newton's method, which also make its derivatives right.
  private static func inverseErrorFunction(_ x: Term) -> Term {
    func polynomial(_ w: Term, _ coefficients: [Double]) -> Term {
      coefficients.dropFirst().reduce(w.literal(coefficients[0])) { $0 * w + $1 }
    }
    let isInside = apply(.abs, x) < 1
    let inner = choose(isInside, x, 0)
    let w = -apply(.log, (1 - inner) * (1 + inner))
    let near = polynomial(
      w - 2.5,
      [
        2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
        -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
      ])
    let far = polynomial(
      apply(.sqrt, apply(.max, w, w.literal(5))) - 3,
      [
        -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
        -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
      ])
    var y = choose(w < 5, near, far) * inner
    for _ in 0..<2 {
      // erf′ = 2/√π·e^(−y²); near the ends the distance to ±1 is what counts.
      let tail = apply(.erfc, apply(.abs, y)) - (1 - apply(.abs, inner))
      let error = choose(
        apply(.abs, inner) < 0.5, apply(.erf, y) - inner, -apply(.sign, inner) * tail)
      y = y - error * (0.886226925452758 * apply(.exp, y * y))
    }
    let edge = apply(.abs, x) == 1
    return choose(isInside, y, choose(edge, x * x.literal(.infinity), x.literal(.nan)))
  }
}

extension HLOCall {
  /// The operands with one shape; `broadcast_dimensions` says where the axes of the smaller go.
  fileprivate func broadcast() throws -> [Term] {
    let shape = try broadcastShape(
      of: operands.map { TensorType(.f64, $0.shape) }, for: operation.name)
    let axes = try integers("broadcast_dimensions")
    return operands.map { term in
      if term.rank == 0 && operation.name == "chlo.broadcast_select" { return term }
      if let axes, term.rank < shape.count, axes.count == term.rank {
        return term.broadcast(to: shape, axes: axes)
      }
      return term.broadcast(to: shape)
    }
  }
}
