// What gather and scatter share: how the axes of the indexed operand, the indices and the slices
// belong together, and what an index out of range means.

/// What an index out of range does.
package enum IndexMode: String, Sendable, CaseIterable {
  /// The nearest element is taken.
  case clamp
  /// Reads give 0, writes are dropped.
  case drop
}

/// How the axes of indexed operand, indices and slices belong together.
struct IndexedLayout {
  let axes: [Int]
  let batch: Int
  /// The axes of the indices between the shared ones and the last.
  let placeCount: Int
  let rank: Int
  /// The type of what is read or written: shared axes, places, axes taken whole.
  let sliceShape: [DimExpr]

  init(
    _ x: TensorType, _ ix: TensorType, axes: [Int], batch: Int, name: String
  ) throws(TypeRuleError) {
    guard ix.dtype.isInteger, ix.rank >= batch + 1 else {
      throw TypeRuleError("\(name) needs integer indices of rank \(batch + 1) or more, found \(ix)")
    }
    guard axes.allSatisfy({ $0 >= batch && $0 < x.rank }), zip(axes, axes.dropFirst()).allSatisfy(<)
    else {
      throw TypeRuleError(
        "\(name) needs increasing axes from \(batch) below \(x.rank), found \(axes)")
    }
    guard ix.shape[ix.rank - 1] == DimExpr(axes.count) else {
      throw TypeRuleError(
        "\(name) needs \(axes.count) indices for \(axes.count) axes along the last axis, found \(ix)"
      )
    }
    self.axes = axes
    self.batch = batch
    rank = x.rank
    placeCount = ix.rank - 1 - batch
    let whole = (batch..<x.rank).filter { !axes.contains($0) }
    sliceShape = Array(ix.shape.dropLast()) + whole.map { x.shape[$0] }
  }

  func fetches(operand: Int, from shape: [DimExpr], _ mode: IndexMode) -> [Fetch] {
    axes.enumerated().map { k, axis in
      let indices = Comprehension.indices(batch + placeCount) + [DimExpr(k)]
      return Fetch(
        value: .operand(operand, indices), limit: mode == .clamp ? shape[axis] - 1 : nil)
    }
  }

  func elementIndices(fetchBase: Int) -> [DimExpr] {
    var whole = batch + placeCount
    return (0..<rank).map { axis in
      if axis < batch { return .index(axis) }
      if let k = axes.firstIndex(of: axis) { return .index(fetchBase + k) }
      defer { whole += 1 }
      return .index(whole)
    }
  }

  func conditions(fetchBase: Int, _ shape: [DimExpr], _ mode: IndexMode) -> [IndexCondition] {
    mode == .clamp
      ? []
      : axes.enumerated().flatMap { k, axis in
        IndexCondition.inside(.index(fetchBase + k), shape[axis])
      }
  }
}

func indexGuards(
  _ operands: [TensorType], axes: [Int], batch: Int, mode: IndexMode
) -> [Guard] {
  let (x, ix) = (operands[0], operands[1])
  guard x.rank >= batch, ix.rank >= batch, axes.allSatisfy(x.shape.indices.contains) else {
    return []
  }
  var guards = (0..<batch).map { Guard(x.shape[$0], .equal, ix.shape[$0]) }
  // There must be an element to clamp to, unless there is nothing to read or write.
  if mode == .clamp {
    let count = ix.shape.dropLast().reduce(1, *)
    for axis in axes where !x.shape[axis].isPositive {
      guards.append(Guard(.min(count, 1), .lessOrEqual, x.shape[axis]))
    }
  }
  return guards.filter { $0.decided != true }
}

/// Where an element of the slices stands in the indexed operand, for reference evaluations; `nil`
/// where it is dropped.
func indexedPlace(
  _ index: [Int], _ shape: [Int], _ indices: Tensor, axes: [Int], batch: Int, _ mode: IndexMode
) -> [Int]? {
  let places = indices.shape.count - 1
  var whole = places
  var result: [Int] = []
  for axis in shape.indices {
    if axis < batch {
      result.append(index[axis])
    } else if let k = axes.firstIndex(of: axis) {
      let i = Int(indices[Array(index[..<places]) + [k]].integer)
      if mode == .drop && (i < 0 || i >= shape[axis]) { return nil }
      result.append(Swift.min(Swift.max(i, 0), shape[axis] - 1))
    } else {
      result.append(index[whole])
      whole += 1
    }
  }
  return result
}
