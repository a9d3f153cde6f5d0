// Functions that are made of operations: they expand where they are called, so they need no rules
// of their own.

/// The list of derived functions.
package enum Derived {
  static let entries =
    [
      matmul, outer, mean, variance, logsumexp, softmax, logSoftmax, clamp, relu, square, zeros,
      ones, expand, squeeze, stack, take, topK, zerosLike, onesLike,
    ] + reductions + functions + activations + arrangements

  static let matmul = Entry(
    "matmul", [.operand("a"), .operand("b")],
    """
    The matrix product, also written `a @ b`: sums over the last axis of `a` and the last but one \
    of `b` (the only one of a vector).

    Axes before the last two broadcast against each other.
    """
  ) { call in [try product(call.operands[0], call.operands[1])] }

  package static func product(_ a: Term, _ b: Term) throws -> Term {
    guard a.rank > 0, b.rank > 0 else {
      throw TypeRuleError(
        "a @ b needs vectors or matrices, found \(a.type) and \(b.type)",
        help: "use * for products with a scalar")
    }
    if a.rank <= 2 || b.rank == 1 {
      if b.rank <= 2 {
        return try dot(a, b, ([a.rank - 1], [Swift.max(b.rank - 2, 0)]), ([], []))
      }
      // [k] or [n, k] @ [batch…, k, m]: the own axis of a comes out first.
      let y = try dot(a, b, ([a.rank - 1], [b.rank - 2]), ([], []))
      return a.rank == 1 ? y : y.moved(axis: 0, to: y.rank - 2)
    }
    if b.rank == 2 { return try dot(a, b, ([a.rank - 1], [0]), ([], [])) }
    let types = [a, b].map { TensorType(.f64, Array($0.shape.dropLast(2))) }
    let outer = try broadcastShape(of: types, for: "a @ b")
    let left = a.broadcast(to: outer + a.shape.suffix(2))
    let right = b.broadcast(to: outer + b.shape.suffix(2))
    let batch = Array(outer.indices)
    return try dot(left, right, ([outer.count + 1], [outer.count]), (batch, batch))
  }

  private static func dot(
    _ a: Term, _ b: Term, _ contract: ([Int], [Int]), _ batch: ([Int], [Int])
  ) throws -> Term {
    try a.builder.apply(
      Dot(
        leftContracting: contract.0, rightContracting: contract.1, leftBatch: batch.0,
        rightBatch: batch.1), [a, b])[0]
  }

  static let outer = Entry(
    "outer", [.operand("a"), .operand("b")],
    "All products of an element of `a` with one of `b`: `y[i…, j…] = a[i…]·b[j…]`."
  ) { call in [try dot(call.operands[0], call.operands[1], ([], []), ([], []))] }

  static let axesAndKeep = [
    Parameter("axes", .dims, default: "all"), Parameter("keep", .flag, default: "false"),
  ]

  /// The number of elements over some axes, as a scalar of the operand's dtype.
  static func count(_ x: Term, _ axes: [Int]) throws -> Term {
    let extent = axes.reduce(1 as DimExpr) { $0 * x.shape[$1] }
    return try x.builder.apply(Extent(extent: extent, dtype: x.dtype), [])[0]
  }

  static func needsFloat(_ x: Term, _ name: String) throws {
    guard x.dtype.isFloat else {
      throw TypeRuleError(
        "\(name) needs f64 or f32, found \(x.type)", help: "convert it: f64(…)")
    }
  }

  static let mean = Entry(
    "mean", [.operand("x")] + axesAndKeep, "The mean over axes; NaN for an empty axis."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "mean")
    let axes = try call.axes("axes", of: x)
    let y = x.sum(over: axes) / (try count(x, axes))
    return [try call.flag("keep") == true ? y.keeping(axes, of: x) : y]
  }

  static let variance = Entry(
    "variance", [.operand("x")] + axesAndKeep,
    "The mean squared distance from the mean over axes (divided by n, not n − 1)."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "variance")
    let axes = try call.axes("axes", of: x)
    let n = try count(x, axes)
    let centred = x - (x.sum(over: axes) / n).keeping(axes, of: x)
    let y = (centred * centred).sum(over: axes) / n
    return [try call.flag("keep") == true ? y.keeping(axes, of: x) : y]
  }

  /// The largest element over axes as a constant, 0 where it is infinite; kept axes.
  private static func shift(_ x: Term, _ axes: [Int]) -> Term {
    let m = apply(.stopGradient, x.reduce(.max, over: axes))
    return choose(apply(.isFinite, m), m, 0).keeping(axes, of: x)
  }

  static let logsumexp = Entry(
    "logsumexp", [.operand("x")] + axesAndKeep,
    "log Σ eˣ over axes, without overflow; −∞ for an empty axis."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "logsumexp")
    let axes = try call.axes("axes", of: x)
    let m = shift(x, axes)
    let y = apply(.log, apply(.exp, x - m).sum(over: axes)).keeping(axes, of: x) + m
    return [try call.flag("keep") == true ? y : y.sum(over: axes)]
  }

  static let softmax = Entry(
    "softmax", [.operand("x"), Parameter("axis", .dim, default: "-1")],
    "eˣ / Σ eˣ along an axis, without overflow."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "softmax")
    let axis = try call.axis("axis", of: x, default: -1)
    let e = apply(.exp, x - shift(x, [axis]))
    return [e / e.sum(over: [axis]).keeping([axis], of: x)]
  }

  static let logSoftmax = Entry(
    "log_softmax", [.operand("x"), Parameter("axis", .dim, default: "-1")],
    "x − log Σ eˣ along an axis, without overflow."
  ) { call in
    let x = call.operands[0]
    try needsFloat(x, "log_softmax")
    let axis = try call.axis("axis", of: x, default: -1)
    let centred = x - shift(x, [axis])
    let total = apply(.log, apply(.exp, centred).sum(over: [axis]))
    return [centred - total.keeping([axis], of: x)]
  }

  static let clamp = Entry(
    "clamp", [.operand("x"), .operand("low"), .operand("high")],
    "`min(max(x, low), high)`."
  ) { call in [apply(.min, apply(.max, call.operands[0], call.operands[1]), call.operands[2])] }

  static let relu = Entry(
    "relu", [.operand("x")], "`max(x, 0)`, with derivative ½ at 0."
  ) { call in
    let x = call.operands[0]
    return [apply(.max, x, x.builder.constant(Scalar(0 as Int64, x.dtype)))]
  }

  static let square = Entry("square", [.operand("x")], "`x * x`.") { call in
    [call.operands[0] * call.operands[0]]
  }

  private static func filled(_ value: Int64) -> @Sendable (Call) throws -> [Term] {
    { call in
      let scalar = call.builder.constant(Scalar(value, try call.dtype("dtype") ?? .f64))
      return [scalar.broadcast(to: try call.dims("shape") ?? [], axes: [])]
    }
  }
  private static let filling = [
    Parameter("shape", .dims), Parameter("dtype", .dtype, default: "f64"),
  ]
  static let zeros = Entry("zeros", filling, "An array of zeros.", build: filled(0))
  static let ones = Entry("ones", filling, "An array of ones.", build: filled(1))

  static let zerosLike = Entry(
    "zeros_like", [.operand("x")], "Zeros of the type of `x`."
  ) { call in
    let x = call.operands[0]
    return [x.builder.constant(Scalar(0 as Int64, x.dtype)).broadcast(to: x.shape, axes: [])]
  }
  static let onesLike = Entry(
    "ones_like", [.operand("x")], "Ones of the type of `x`."
  ) { call in
    let x = call.operands[0]
    return [x.builder.constant(Scalar(1 as Int64, x.dtype)).broadcast(to: x.shape, axes: [])]
  }

  static let expand = Entry(
    "expand", [.operand("x"), Parameter("axis", .dim, default: "0")],
    "A new axis of extent 1."
  ) { call in
    let x = call.operands[0]
    return [
      x.inserted(
        extents: [1], at: try call.normalized(call.integer("axis") ?? 0, rank: x.rank + 1))
    ]
  }

  static let squeeze = Entry(
    "squeeze", [.operand("x"), Parameter("axis", .dim)], "Removes an axis of extent 1."
  ) { call in
    let x = call.operands[0]
    let axis = try call.axis("axis", of: x, default: 0)
    guard Guard(x.shape[axis], .equal, 1).decided != false else {
      throw TypeRuleError("squeeze needs an axis of extent 1, found \(x.shape[axis])")
    }
    var shape = x.shape
    shape.remove(at: axis)
    return [x.reshaped(to: shape)]
  }

  static let stack = Entry(
    "stack", [Parameter("x", .operands), Parameter("axis", .dim, default: "0")],
    "The operands side by side along a new axis."
  ) { call in
    guard let first = call.operands.first else {
      throw TypeRuleError("stack needs at least one operand")
    }
    let axis = try call.normalized(call.integer("axis") ?? 0, rank: first.rank + 1)
    for other in call.operands where other.rank != first.rank {
      throw TypeRuleError(
        "stack needs operands of one shape, found \(first.type) and \(other.type)")
    }
    return try call.builder.apply(
      Concatenate(axis: axis), call.operands.map { $0.inserted(extents: [1], at: axis) })
  }

  static let take = Entry(
    "take",
    [
      .operand("x"), .indices("indices"), Parameter("axis", .dim, default: "0"),
      Parameter("mode", .word(IndexMode.allCases.map(\.rawValue)), default: "\"clamp\""),
    ],
    """
    The slices of `x` at integer indices along an axis: `y[…, p…, …] = x[…, indices[p…], …]`.

    Indices out of range as in `gather`.
    """
  ) { call in
    let (x, indices) = (call.operands[0], call.operands[1])
    let axis = try call.axis("axis", of: x, default: 0)
    let places = indices.rank
    let mode = try call.word("mode", of: IndexMode.self) ?? .clamp
    var y = try call.builder.apply(
      Gather(axes: [axis], batch: 0, mode: mode),
      [x, indices.inserted(extents: [1], at: places)])[0]
    // The places come first; they belong where the axis was.
    let order = Array(places..<places + axis) + Array(0..<places) + Array(places + axis..<y.rank)
    y = y.transposed(order)
    return [y]
  }

  static let topK = Entry(
    "top_k", [.operand("x"), Parameter("k", .dim), Parameter("axis", .dim, default: "-1")],
    "Two results: the `k` largest elements along an axis, largest first, and their indices.",
    resultCount: 2
  ) { call in
    let x = call.operands[0]
    let axis = try call.axis("axis", of: x, default: -1)
    let k = try call.dim("k") ?? 1
    for condition in [Guard(0, .lessOrEqual, k), Guard(k, .lessOrEqual, x.shape[axis])]
    where condition.decided == false {
      throw TypeRuleError(
        "top_k cannot take \(k) of the \(x.shape[axis]) elements along axis \(axis)",
        notes: ["it needs \(condition)"])
    }
    return try call.apply(Sort(axis: axis, descending: true)).map { sorted in
      var stops = x.shape
      stops[axis] = k
      return try call.builder.apply(
        Slice(
          starts: [DimExpr](repeating: 0, count: x.rank), stops: stops,
          strides: [DimExpr](repeating: 1, count: x.rank)), [sorted])[0]
    }
  }
}
