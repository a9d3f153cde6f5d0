// Operands with a label for each axis, and the operations on them that an `einsum` is made of:
// diagonals, sums, products, transposes. The order of products is decided in ContractionPlan.swift.

/// A value whose axes have labels.
struct LabelledTerm {
  let term: Term
  let labels: [AxisLabel]

  private func extent(_ label: AxisLabel) -> DimExpr {
    labels.firstIndex(of: label).map { term.shape[$0] } ?? 1
  }

  // MARK: - One operand

  /// Each label once: `y[i, …] = x[i, i, …]`, the diagonals in front.
  var diagonals: LabelledTerm {
    var y = self
    while let label = y.labels.first(where: { label in y.labels.count { $0 == label } > 1 }) {
      y = y.diagonal(label)
    }
    return y
  }

  private func diagonal(_ label: AxisLabel) -> LabelledTerm {
    let axes = labels.indices.filter { labels[$0] == label }
    // Each of the axes up to the extent of the next one: that exists only where all are equal, and is
    // the whole then.
    var stops = term.shape
    for (axis, next) in zip(axes, axes.dropFirst() + axes.prefix(1)) {
      stops[axis] = term.shape[next]
    }
    let builder = term.builder
    let zeros = [DimExpr](repeating: 0, count: term.rank)
    let ones = [DimExpr](repeating: 1, count: term.rank)
    let whole =
      stops == term.shape
      ? term : builder.applying(Slice(starts: zeros, stops: stops, strides: ones), [term])
    let count = whole.shape[axes[0]]
    let places = builder.applying(
      Iota(shape: [count, DimExpr(axes.count)], axis: 0, dtype: .i64), [])
    return LabelledTerm(
      term: builder.applying(Gather(axes: axes, batch: 0, mode: .drop), [whole, places]),
      labels: [label] + labels.filter { $0 != label })
  }

  /// With axes under an ellipsis as long as all operands together have them. Where one is known to have
  /// the extent 1 and others are longer, it goes: the products repeat what has no such axis.
  func stretched(to extents: [AxisLabel: DimExpr]) -> LabelledTerm {
    let whole = labels.map { $0.isHidden ? extents[$0] ?? extent($0) : extent($0) }
    let kept = labels.indices.filter { whole[$0] == term.shape[$0] || !term.shape[$0].isOne }
    return LabelledTerm(
      term: term.reshaped(to: kept.map { term.shape[$0] }).broadcast(to: kept.map { whole[$0] }),
      labels: kept.map { labels[$0] })
  }

  /// Summed over all axes but those of some labels.
  func summed(keeping kept: (AxisLabel) -> Bool) -> LabelledTerm {
    LabelledTerm(
      term: term.sum(over: labels.indices.filter { !kept(labels[$0]) }), labels: labels.filter(kept)
    )
  }

  /// With its axes in another order.
  func arranged(as order: [AxisLabel]) -> LabelledTerm {
    LabelledTerm(
      term: term.transposed(order.compactMap { labels.firstIndex(of: $0) }), labels: order)
  }

  // MARK: - Two operands

  /// The product with another operand, summed over the labels both have that nothing else needs.
  ///
  /// Of the two ways to write it, the one whose axes come out more as in `order`, for what reads it next.
  func times(
    _ other: LabelledTerm, keeping kept: (AxisLabel) -> Bool, like order: [AxisLabel]
  ) -> LabelledTerm {
    let shared = labels.filter(other.labels.contains)
    if shared.allSatisfy({ kept($0) && extent($0) == other.extent($0) }) {
      if shared.count == other.labels.count { return scaled(by: other) }
      if shared.count == labels.count { return other.scaled(by: self) }
    }
    // Axes in batches come out in whatever order they are named.
    let batch = order.filter(shared.contains) + shared.filter { !order.contains($0) }
    let pairs = [(self, other), (other, self)].map {
      Contraction(
        left: $0, right: $1, batch: batch.filter(kept), summed: shared.filter { !kept($0) })
    }
    let swaps = pairs[1].breaks(in: order) < pairs[0].breaks(in: order)
    return pairs[swaps ? 1 : 0].term
  }

  /// The product of elements with an operand all of whose labels this one has.
  private func scaled(by other: LabelledTerm) -> LabelledTerm {
    // Axes in front of its first one are repeated without a word.
    let order = Array(labels.drop { !other.labels.contains($0) })
    let factor = other.arranged(as: order.filter(other.labels.contains)).term.broadcast(
      to: order.map(extent), axes: order.indices.filter { other.labels.contains(order[$0]) })
    return LabelledTerm(term: term * factor, labels: labels)
  }
}

/// A sum of products of two operands, one way round.
private struct Contraction {
  let left: LabelledTerm
  let right: LabelledTerm
  let batch: [AxisLabel]
  let summed: [AxisLabel]

  /// The labels of the result.
  var labels: [AxisLabel] {
    batch + (left.labels + right.labels).filter { !batch.contains($0) && !summed.contains($0) }
  }

  var term: LabelledTerm {
    func axes(_ labels: [AxisLabel], of operand: LabelledTerm) -> [Int] {
      labels.compactMap { operand.labels.firstIndex(of: $0) }
    }
    return LabelledTerm(
      term: left.term.dot(
        right.term, contracting: (axes(summed, of: left), axes(summed, of: right)),
        batch: (axes(batch, of: left), axes(batch, of: right))), labels: labels)
  }

  /// How many neighbours in `order` are none in the result, of the labels both have.
  func breaks(in order: [AxisLabel]) -> Int {
    let labels = labels
    let wanted = order.filter(labels.contains)
    return zip(wanted, wanted.dropFirst()).count { a, b in
      guard let place = labels.firstIndex(of: a) else { return true }
      return place + 1 >= labels.count || labels[place + 1] != b
    }
  }
}
