// A value together with the builder it lives in, so that derivative rules read like mathematics.
// Operators cannot throw: a type error is kept in the builder and thrown when the graph is taken.

/// A value being built.
package struct Term {
  package let builder: GraphBuilder
  package let value: Value

  package init(_ builder: GraphBuilder, _ value: Value) {
    self.builder = builder
    self.value = value
  }

  package var type: TensorType { builder.type(of: value) }
  package var shape: [DimExpr] { type.shape }
  package var dtype: DType { type.dtype }
  package var rank: Int { type.rank }

  /// A literal of this term's dtype.
  package func literal(_ value: Double) -> Term { builder.constant(value, dtype) }

  /// Zeros of this term's type.
  package var zeros: Term { literal(0).broadcast(to: shape) }
}

/// Applies an elementwise function, with broadcasting.
package func apply(_ function: ScalarFunction, _ x: Term) -> Term {
  x.builder.applying(function, CollectionOfOne(x.value))
}

package func apply(_ function: ScalarFunction, _ x: Term, _ y: Term) -> Term {
  x.builder.applying(function, ValuePair(x.value, y.value))
}

package func apply(_ function: ScalarFunction, _ operands: Term...) -> Term {
  operands[0].builder.applying(function, operands.map(\.value))
}

extension Term {
  package static func + (a: Term, b: Term) -> Term { apply(.add, a, b) }
  package static func - (a: Term, b: Term) -> Term { apply(.subtract, a, b) }
  package static func * (a: Term, b: Term) -> Term { apply(.multiply, a, b) }
  package static func / (a: Term, b: Term) -> Term { apply(.divide, a, b) }
  package static prefix func - (a: Term) -> Term { apply(.negate, a) }

  package static func + (a: Term, b: Double) -> Term { a + a.literal(b) }
  package static func - (a: Term, b: Double) -> Term { a - a.literal(b) }
  package static func * (a: Term, b: Double) -> Term { a * a.literal(b) }
  package static func / (a: Term, b: Double) -> Term { a / a.literal(b) }
  package static func + (a: Double, b: Term) -> Term { b.literal(a) + b }
  package static func - (a: Double, b: Term) -> Term { b.literal(a) - b }
  package static func * (a: Double, b: Term) -> Term { b.literal(a) * b }
  package static func / (a: Double, b: Term) -> Term { b.literal(a) / b }

  package static func == (a: Term, b: Term) -> Term { apply(.equal, a, b) }
  package static func == (a: Term, b: Double) -> Term { a == a.literal(b) }
  package static func < (a: Term, b: Term) -> Term { apply(.less, a, b) }
  package static func < (a: Term, b: Double) -> Term { a < a.literal(b) }
  package static func > (a: Term, b: Term) -> Term { apply(.greater, a, b) }
  package static func > (a: Term, b: Double) -> Term { a > a.literal(b) }
  package static func & (a: Term, b: Term) -> Term { apply(.and, a, b) }
}

/// `then` where `condition`, else `otherwise`.
package func choose(_ condition: Term, _ then: Term, _ otherwise: Term) -> Term {
  apply(.select, condition, then, otherwise)
}

/// `then` where `condition`, else the number.
package func choose(_ condition: Term, _ then: Term, _ otherwise: Double) -> Term {
  choose(condition, then, then.literal(otherwise))
}

package func choose(_ condition: Term, _ then: Double, _ otherwise: Term) -> Term {
  choose(condition, otherwise.literal(then), otherwise)
}

// MARK: - Shape

extension Term {
  /// The term with trailing-aligned broadcasting to `shape`; itself where nothing changes.
  package func broadcast(to shape: [DimExpr]) -> Term {
    if self.shape == shape { return self }
    let axes = Array(shape.count - rank..<shape.count)
    return broadcast(to: shape, axes: axes)
  }

  /// Axis k of the term becomes axis `axes[k]` of the result; the other axes are new.
  package func broadcast(to shape: [DimExpr], axes: [Int]) -> Term {
    if self.shape == shape && axes == Array(0..<rank) { return self }
    return builder.applying(Broadcast(shape: shape, axes: axes), [self])
  }

  /// New axes of given extents, the first of which becomes axis `position`.
  package func inserted(extents: [DimExpr], at position: Int) -> Term {
    var shape = shape
    shape.insert(contentsOf: extents, at: position)
    return broadcast(
      to: shape, axes: (0..<rank).map { $0 < position ? $0 : $0 + extents.count })
  }

  /// The transpose of trailing-aligned broadcasting from `shape`.
  package func unbroadcast(to shape: [DimExpr]) -> Term {
    if self.shape == shape { return self }
    return collapsed(to: shape, axes: Array(rank - shape.count..<rank))
  }

  /// The transpose of `broadcast(to: self.shape, axes: axes)` from `shape`: sums over all axes that
  /// the broadcast made or stretched.
  package func collapsed(to shape: [DimExpr], axes: [Int]) -> Term {
    if self.shape == shape && axes == Array(0..<rank) { return self }
    let fresh = (0..<rank).filter { !axes.contains($0) }
    if axes.indices.allSatisfy({ shape[$0] == self.shape[axes[$0]] }) {
      return sum(over: fresh)
    }
    return builder.applying(Collapse(shape: shape, axes: axes), [self])
  }

  package func sum(over axes: [Int]) -> Term { reduce(.sum, over: axes) }

  package func reduce(_ kind: Reduction.Kind, over axes: [Int]) -> Term {
    axes.isEmpty ? self : builder.applying(Reduction(kind: kind, axes: axes.sorted()), [self])
  }

  package func reshaped(to shape: [DimExpr]) -> Term {
    self.shape == shape ? self : builder.applying(Reshape(shape: shape), [self])
  }

  /// Axis k of the result is axis `permutation[k]` of the term.
  package func transposed(_ permutation: [Int]) -> Term {
    permutation == Array(0..<rank)
      ? self : builder.applying(Transpose(permutation: permutation), [self])
  }

  /// Axis `source` moved to position `target`.
  package func moved(axis source: Int, to target: Int) -> Term {
    var order = Array(0..<rank)
    order.remove(at: source)
    order.insert(source, at: target)
    return transposed(order)
  }

  package func converted(to dtype: DType) -> Term {
    self.dtype == dtype ? self : builder.applying(Convert(dtype: dtype), [self])
  }

  package func slice(axis: Int, from start: DimExpr, to stop: DimExpr) -> Term {
    var starts = [DimExpr](repeating: 0, count: rank)
    var stops = shape
    starts[axis] = start
    stops[axis] = stop
    return builder.applying(
      Slice(starts: starts, stops: stops, strides: [DimExpr](repeating: 1, count: rank)), [self])
  }

  package func padded(_ value: Double, low: [DimExpr], high: [DimExpr]) -> Term {
    builder.applying(
      Pad(low: low, high: high, interior: [DimExpr](repeating: 0, count: rank)),
      [self, literal(value)])
  }

  /// The sum of products over the contracting axes; batch axes come first in the result.
  package func dot(
    _ other: Term, contracting: ([Int], [Int]), batch: ([Int], [Int]) = ([], [])
  ) -> Term {
    builder.applying(
      Dot(
        leftContracting: contracting.0, rightContracting: contracting.1, leftBatch: batch.0,
        rightBatch: batch.1), [self, other])
  }
}

/// The sum of what is there; `nil` where nothing is.
package func sum(_ terms: some Sequence<Term?>) -> Term? {
  var total: Term?
  for case let term? in terms { total = total.map { $0 + term } ?? term }
  return total
}
