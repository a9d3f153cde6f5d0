// Derived functions that pick or arrange elements of matrices.

extension Derived {
  static let arrangements = [diagonal, vander]

  static let diagonal = Entry(
    "diagonal",
    [
      .operand("x"), Parameter("offset", .dim, default: "0"),
      Parameter("axes", .dims, default: "[-2, -1]"),
    ],
    """
    The diagonal over two axes, which becomes the last axis: `y[…, k] = x[…, k, k + offset]`.

    With a negative offset, `x[…, k - offset, k]`.
    """
  ) { call in
    let x = call.operands[0]
    let axes = try (call.integers("axes") ?? [-2, -1]).map { try call.normalized($0, rank: x.rank) }
    guard axes.count == 2, axes[0] != axes[1] else {
      throw TypeRuleError("diagonal needs two different axes")
    }
    let offset = try call.dim("offset") ?? 0
    let below = DimExpr.max(-1 * offset, 0)
    let right = DimExpr.max(offset, 0)
    let (n, m) = (x.shape[axes[0]], x.shape[axes[1]])
    let length = DimExpr.max(DimExpr.min(n - below, m - right), 0)
    let builder = call.builder
    let counts = builder.applying(Iota(shape: [length, 1], axis: 0, dtype: .i64), [])
    let starts = axes[0] < axes[1] ? [below, right] : [right, below]
    let pairs = starts.map { counts + builder.applying(Extent(extent: $0, dtype: .i64), []) }
    let places = try builder.apply(Concatenate(axis: 1), pairs)
    // The places come first.
    let y = try builder.apply(
      Gather(axes: axes.sorted(), batch: 0, mode: .drop), [x, places[0]])[0]
    return [y.moved(axis: 0, to: y.rank - 1)]
  }

  static let vander = Entry(
    "vander", [.operand("x"), Parameter("count", .dim, default: "the last extent")],
    "The powers of the elements along a new last axis: `y[…, i, j] = x[…, i]^j`, j below count."
  ) { call in
    let x = call.operands[0]
    guard let last = x.shape.last else {
      throw TypeRuleError("vander needs a vector, found a scalar")
    }
    let count = try call.dim("count") ?? last
    let powers = call.builder.applying(Iota(shape: [count], axis: 0, dtype: x.dtype), [])
    return [apply(.pow, x.inserted(extents: [1], at: x.rank), powers)]
  }
}
