// Broadcasting: shapes aligned at their last axes, extents equal or 1. Whether an extent is 1 may be
// known only at the call; then a guard checks it there, and indices are multiplied by 0 or 1.

/// The common shape of operands.
package func broadcastShape(
  of operands: [TensorType], for name: String
) throws(TypeRuleError) -> [DimExpr] {
  var shape = operands[0].shape
  for operand in operands.dropFirst() where operand.shape != shape {
    let longer = operand.rank > shape.count ? operand.shape : shape
    let shorter = operand.rank > shape.count ? shape : operand.shape
    let offset = longer.count - shorter.count
    var merged = longer
    for (axis, extent) in shorter.enumerated() {
      let other = longer[offset + axis]
      if Guard(other, .broadcastable, extent).decided == false {
        throw TypeRuleError(
          "\(name) needs shapes that are equal or broadcast, found "
            + operands.map(\.description).joined(separator: " and "),
          notes: ["the extents \(other) and \(extent) differ and neither is 1"],
          help: "slice the longer one, or give one of them an extent of 1")
      }
      merged[offset + axis] = .broadcast(other, extent)
    }
    shape = merged
  }
  return shape
}

/// What `broadcastShape` leaves to the call.
package func broadcastGuards(of operands: [TensorType]) -> [Guard] {
  var guards: [Guard] = []
  var shape = operands[0].shape
  for operand in operands.dropFirst() where operand.shape != shape {
    let longer = operand.rank > shape.count ? operand.shape : shape
    let shorter = operand.rank > shape.count ? shape : operand.shape
    let offset = longer.count - shorter.count
    var merged = longer
    for (axis, extent) in shorter.enumerated() {
      let other = longer[offset + axis]
      merged[offset + axis] = .broadcast(other, extent)
      // A shape that was made by broadcasting an extent fits it by construction.
      if other.isBroadcast(of: extent) || extent.isBroadcast(of: other) { continue }
      let condition = Guard(other, .broadcastable, extent)
      if condition.decided != true { guards.append(condition) }
    }
    shape = merged
  }
  return guards
}

/// The index into an axis of extent `source` for index `index` of an axis of extent `target` that
/// it broadcasts to: the same, or 0 where the extent is 1.
func stretched(_ index: DimExpr, from source: DimExpr, to target: DimExpr) -> DimExpr {
  if source == target { return index }
  if source.isOne { return 0 }
  if source.constantValue != nil { return index }
  // 0 for an extent of 1, 1 for a larger one; an extent of 0 is never read.
  return index * .min(source - 1, 1)
}

/// The indices of an operand's element for `.index(0…)` over the shape it broadcasts to.
package func broadcastIndices(from source: [DimExpr], to target: [DimExpr]) -> [DimExpr] {
  let offset = target.count - source.count
  return source.enumerated().map { axis, extent in
    stretched(.index(offset + axis), from: extent, to: target[offset + axis])
  }
}

// MARK: - For reference evaluations

/// Calls `body` with every index of a shape, in row-major order.
package func forEachIndex(in shape: [Int], _ body: ([Int]) throws -> Void) rethrows {
  if shape.contains(0) { return }
  var index = [Int](repeating: 0, count: shape.count)
  while true {
    try body(index)
    var axis = shape.count - 1
    while axis >= 0 {
      index[axis] += 1
      if index[axis] < shape[axis] { break }
      index[axis] = 0
      axis -= 1
    }
    if axis < 0 { return }
  }
}

/// The row-major position of an index.
package func position(of index: [Int], in shape: [Int]) -> Int {
  zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
}

/// The position in an operand of `shape` that broadcasts to an element at `index`.
func broadcastPosition(of index: [Int], in shape: [Int]) -> Int {
  let offset = index.count - shape.count
  return position(
    of: shape.indices.map { shape[$0] == 1 ? 0 : index[offset + $0] }, in: shape)
}

extension Tensor {
  /// A tensor of scalars of one dtype.
  package init(_ elements: [Scalar], _ dtype: DType, _ shape: [Int]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count * dtype.byteCount)
    for element in elements {
      for b in 0..<dtype.byteCount {
        bytes.append(UInt8(truncatingIfNeeded: element.bits >> (8 * b)))
      }
    }
    self.init(dtype: dtype, shape: shape, bytes: bytes)
  }

  /// A tensor whose element at each index is given by `element`.
  package init(
    _ dtype: DType, _ shape: [Int], _ element: ([Int]) throws -> Scalar
  ) rethrows {
    var elements: [Scalar] = []
    try forEachIndex(in: shape) { elements.append(try element($0)) }
    self.init(elements, dtype, shape)
  }

  /// The element at an index.
  package subscript(index: [Int]) -> Scalar { self[position(of: index, in: shape)] }
}
