// Gather and scatter of StableHLO in terms of those of the graph. There, windows of any size are read
// or written at places whose indices are data, in any order of axes; here, single elements of some axes
// and the whole of the others. So the inner places of a window become indices of their own.
import Graph

/// How windows of an operand belong to a tensor of indices.
struct IndexPlan {
  /// Axes of the operand that indices point into, increasing.
  let axes: [Int]
  /// One index for each of `axes` along its last axis.
  let indices: Term
  /// Axes of the indices before those of windows: the places.
  private let placeCount: Int
  /// Axes of the operand whose part of a window is indexed and has more than one element.
  private let stretched: [Int]
  /// Axes of the operand that are taken whole.
  private let whole: [Int]
  /// Axes of the operand that windows have, in their order.
  private let windowAxes: [Int]
  private let sizes: [DimExpr]

  struct Numbers {
    /// Axes of windows in the result of a gather or in the updates of a scatter.
    var window: [Int]
    /// Axes of the operand that windows have not.
    var collapsed: [Int]
    var batch: [Int]
    var indexBatch: [Int]
    /// The axis of the operand for each index.
    var map: [Int]
    var vectorAxis: Int
  }

  enum Outside {
    /// A window is moved inside.
    case clamped
    /// A window that does not fit is left out.
    case dropped
  }

  /// - Parameter sizes: the extents of a window, by axis of the operand.
  init(
    _ x: Term, _ given: Term, _ numbers: Numbers, sizes: [DimExpr], outside: Outside
  ) throws {
    let builder = x.builder
    try Self.check(x, given, numbers, sizes)
    self.sizes = sizes
    let isIndexed = (0..<x.rank).map { axis in
      // The only place for a window as large as the axis is 0.
      numbers.batch.contains(axis) || sizes[axis] != x.shape[axis]
        || outside == .dropped && numbers.map.contains(axis)
    }
    axes = (0..<x.rank).filter { isIndexed[$0] }
    whole = (0..<x.rank).filter { !isIndexed[$0] }
    windowAxes = (0..<x.rank).filter {
      !numbers.collapsed.contains($0) && !numbers.batch.contains($0)
    }
    stretched = axes.filter { !sizes[$0].isOne }

    let hasVector = numbers.vectorAxis < given.rank
    let placeAxes = (0..<given.rank).filter { $0 != numbers.vectorAxis }
    let places = placeAxes.map { given.shape[$0] }
    placeCount = places.count
    let shape = places + stretched.map { sizes[$0] }
    let dtype = given.dtype
    func number(_ size: DimExpr) -> Term { builder.size(size, dtype) }
    // Where each window begins, in columns of the shape of places.
    var starts: [Int: Term] = [:]
    for (k, axis) in numbers.map.enumerated() {
      var column = given
      if hasVector {
        column = given.slice(axis: numbers.vectorAxis, from: DimExpr(k), to: DimExpr(k + 1))
      }
      starts[axis] = column.reshaped(to: places)
    }
    for (axis, place) in zip(numbers.batch, numbers.indexBatch) {
      let position = placeAxes.firstIndex(of: place) ?? 0
      starts[axis] = builder.applying(Iota(shape: places, axis: position, dtype: dtype), [])
    }
    var columns: [Term] = []
    let outer = Array(places.indices)
    for axis in axes {
      var start = starts[axis] ?? number(0).broadcast(to: places, axes: [])
      let last = x.shape[axis] - sizes[axis]
      let isStretched = stretched.contains(axis)
      if outside == .clamped, isStretched, starts[axis] != nil {
        start = apply(.min, apply(.max, start, number(0)), number(last))
      }
      var column = start.broadcast(to: shape, axes: outer)
      if let k = stretched.firstIndex(of: axis) {
        let inner = builder.applying(Iota(shape: shape, axis: placeCount + k, dtype: dtype), [])
        column = column + inner
        if outside == .dropped, starts[axis] != nil {
          let fits =
            apply(.greaterEqual, start, number(0)) & apply(.lessEqual, start, number(last))
          column = choose(fits.broadcast(to: shape, axes: outer), column, number(-1))
        }
      }
      columns.append(column.broadcast(to: shape + [1], axes: Array(shape.indices)))
    }
    if columns.isEmpty {
      indices = number(0).broadcast(to: shape + [0], axes: [])
    } else {
      indices =
        columns.count == 1
        ? columns[0] : try builder.apply(Concatenate(axis: shape.count), columns)[0]
    }
  }

  private static func check(
    _ x: Term, _ given: Term, _ numbers: Numbers, _ sizes: [DimExpr]
  ) throws {
    let named = numbers.map + numbers.batch
    let windows = x.rank - numbers.collapsed.count - numbers.batch.count
    let places = numbers.vectorAxis < given.rank ? given.rank - 1 : given.rank
    guard sizes.count == x.rank, named.allSatisfy(x.shape.indices.contains),
      Set(named).count == named.count, given.dtype.isInteger,
      numbers.collapsed.allSatisfy(x.shape.indices.contains),
      numbers.window.count == windows, numbers.batch.count == numbers.indexBatch.count,
      numbers.indexBatch.allSatisfy(given.shape.indices.contains),
      (0...given.rank).contains(numbers.vectorAxis),
      Set(numbers.collapsed + numbers.batch).count == numbers.collapsed.count + numbers.batch.count,
      zip(numbers.window, numbers.window.dropFirst()).allSatisfy({ $0 < $1 }),
      numbers.window.allSatisfy((0..<windows + places).contains)
    else {
      throw TypeRuleError(
        "has dimension numbers that do not fit \(x.type) and the indices \(given.type)")
    }
    let count = numbers.vectorAxis < given.rank ? given.shape[numbers.vectorAxis] : 1
    guard count == DimExpr(numbers.map.count) else {
      throw TypeRuleError(
        "needs \(numbers.map.count) indices along axis \(numbers.vectorAxis), found \(count)")
    }
    for (axis, size) in sizes.enumerated() {
      let hasNone = numbers.collapsed.contains(axis) || numbers.batch.contains(axis)
      if Guard(size, .lessOrEqual, x.shape[axis]).decided == false
        || hasNone && Guard(size, .equal, 1).decided == false
      {
        throw TypeRuleError(
          "has windows of extent \(size) along axis \(axis) of \(x.type)"
            + (hasNone ? ", an axis that they leave out" : ""))
      }
    }
  }

  /// The axes of slices in the graph: places, stretched windows, whole axes; as axes of the operand
  /// behind the places.
  private var inner: [Int] { stretched + whole }

  /// Slices of the graph as the result of a gather, whose windows lie along `axes`.
  func result(_ slices: Term, windowsAt positions: [Int]) -> Term {
    // Axes of extent 1 that the windows have and the slices have not.
    let shape = slices.shape.prefix(placeCount) + windowAxes.map { sizes[$0] }
    let order =
      Array(0..<placeCount)
      + windowAxes.compactMap { axis in inner.firstIndex(of: axis).map { $0 + placeCount } }
    let rest = (placeCount..<slices.rank).filter { !order.contains($0) }
    let windows = slices.transposed(order + rest).reshaped(to: Array(shape))
    return windows.transposed(permutation(positions, windows.rank))
  }

  /// The updates of a scatter as slices of the graph.
  func slices(_ updates: Term, windowsAt positions: [Int]) -> Term {
    let order = permutation(positions, updates.rank)
    let back = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
    let windows = updates.transposed(back)
    // The windows' axes in the order of the slices, those that the slices have not last.
    let kept = inner.filter { windowAxes.contains($0) }
    let places = kept.compactMap { windowAxes.firstIndex(of: $0) }.map { $0 + placeCount }
    let rest = (placeCount..<windows.rank).filter { !places.contains($0) }
    let turned = windows.transposed(Array(0..<placeCount) + places + rest)
    return turned.reshaped(
      to: Array(turned.shape.prefix(placeCount)) + inner.map { sizes[$0] })
  }

  /// Where each axis comes from, when windows lie along `positions` and places along the others.
  private func permutation(_ positions: [Int], _ rank: Int) -> [Int] {
    var (place, window) = (0, placeCount)
    return (0..<rank).map { axis in
      if positions.contains(axis) {
        defer { window += 1 }
        return window
      }
      defer { place += 1 }
      return place
    }
  }
}
