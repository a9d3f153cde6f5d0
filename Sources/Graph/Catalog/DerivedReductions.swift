// Derived functions that reduce: statistics, norms and products of vectors.

extension Derived {
  static let reductions = [nansum, nanmean, `var`, std, vectorNorm, vecdot, cross]

  /// The result of a reduction with its axes, kept where that was asked for.
  private static func kept(
    _ call: Call, _ y: Term, _ axes: [Int], of x: Term
  ) throws -> [Term] {
    [try call.flag("keep") == true ? y.keeping(axes, of: x) : y]
  }

  static let nansum = Entry(
    "nansum", [.operand("x")] + axesAndKeep, "The sum over axes of all that is not NaN."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "nansum")
    let axes = try call.axes("axes", of: x)
    return try kept(call, choose(apply(.isNaN, x), 0, x).sum(over: axes), axes, of: x)
  }

  static let nanmean = Entry(
    "nanmean", [.operand("x")] + axesAndKeep,
    "The mean over axes of all that is not NaN; NaN where nothing is."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "nanmean")
    let axes = try call.axes("axes", of: x)
    let isNaN = apply(.isNaN, x)
    let n = choose(isNaN, x.literal(0), 1).sum(over: axes)
    return try kept(call, choose(isNaN, 0, x).sum(over: axes) / n, axes, of: x)
  }

  private static let correction = Parameter("correction", .number, default: "1")

  /// Σ (x − mean)² / max(n − correction, 0)
  private static func spread(_ call: Call) throws -> (Term, [Int]) {
    let x = call.operands[0]
    try needsFloat(x, call.name)
    let axes = try call.axes("axes", of: x)
    let n = try count(x, axes)
    let centred = x - (x.sum(over: axes) / n).keeping(axes, of: x)
    let freedom = n - (try call.number("correction") ?? 1)
    return (
      (centred * centred).sum(over: axes) / apply(.max, freedom, freedom.literal(0)), axes
    )
  }

  static let `var` = Entry(
    "var", [.operand("x")] + axesAndKeep + [correction],
    """
    The sample variance over axes: Σ(x − mean)² / (n − correction).

    `variance` divides by n. NaN or ∞ where n is not more than the correction.
    """
  ) { call in
    let (y, axes) = try spread(call)
    return try kept(call, y, axes, of: call.operands[0])
  }

  static let std = Entry(
    "std", [.operand("x")] + axesAndKeep + [correction],
    "The sample standard deviation over axes, √var. Its derivative is NaN where it is 0."
  ) { call in
    let (y, axes) = try spread(call)
    return try kept(call, apply(.sqrt, y), axes, of: call.operands[0])
  }

  static let vectorNorm = Entry(
    "vector_norm",
    [.operand("x"), Parameter("ord", .number, default: "2")] + axesAndKeep,
    """
    (Σ |x|^ord)^(1/ord) over axes; the largest |x| for `ord=inf`, the smallest for `ord=-inf`, the \
    number of elements that are not 0 for `ord=0`.

    The derivative is 0 where the norm is 0, and in an element that is 0. Powers that underflow count \
    as 0, those that overflow give ∞.
    """
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "vector_norm")
    let axes = try call.axes("axes", of: x)
    return try kept(call, norm(x, try call.number("ord") ?? 2, axes), axes, of: x)
  }

  private static func norm(_ x: Term, _ order: Double, _ axes: [Int]) -> Term {
    let size = apply(.abs, x)
    switch order {
    case .infinity:
      let largest = size.reduce(.max, over: axes)
      // The largest of none is −∞.
      return choose(largest < 0, 0, largest)
    case -.infinity: return size.reduce(.min, over: axes)
    case 0: return choose(x == 0, x.literal(0), 1).sum(over: axes)
    case 1: return size.sum(over: axes)
    default:
      var powers = order == 2 ? x * x : apply(.pow, size, x.literal(order))
      // An element 0 has no slope; that of its power is infinite for small orders.
      if order > 0 && order < 2 { powers = choose(x == 0, 0, powers) }
      let total = powers.sum(over: axes)
      let isNull = total == 0
      let base = choose(isNull, 1, total)
      let root = order == 2 ? apply(.sqrt, base) : apply(.pow, base, base.literal(1 / order))
      return choose(isNull, order > 0 ? 0 : .infinity, root)
    }
  }

  static let vecdot = Entry(
    "vecdot", [.operand("a"), .operand("b"), Parameter("axis", .dim, default: "-1")],
    "Σ a·b along an axis; the other axes broadcast."
  ) { call in
    let product = call.operands[0] * call.operands[1]
    return [product.sum(over: [try call.axis("axis", of: product, default: -1)])]
  }

  static let cross = Entry(
    "cross", [.operand("a"), .operand("b"), Parameter("axis", .dim, default: "-1")],
    "The vector product along an axis of extent 3; the other axes broadcast."
  ) { call in
    let rank = Swift.max(call.operands[0].rank, call.operands[1].rank)
    let axis = try call.normalized(try call.integer("axis") ?? -1, rank: rank)
    let parts = try call.operands.map { x -> [Term] in
      let own = axis - rank + x.rank
      guard own >= 0 else { throw TypeRuleError("cross needs axis \(axis) in both operands") }
      var shape = x.shape
      shape[own] = 3
      // Says at the call where the extent is another one.
      let x = x.reshaped(to: shape)
      return (0..<3).map { x.slice(axis: own, from: DimExpr($0), to: DimExpr($0 + 1)) }
    }
    let (a, b) = (parts[0], parts[1])
    let rows = (0..<3).map { k -> Term in
      let (i, j) = ((k + 1) % 3, (k + 2) % 3)
      return a[i] * b[j] - a[j] * b[i]
    }
    return try call.builder.apply(Concatenate(axis: axis), rows)
  }
}
