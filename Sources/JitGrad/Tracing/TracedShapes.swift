// Reductions, changes of shape and slices under the names people look for. Each is one operation of
// the catalog; `op` has all the others.
import Graph

extension TracedTensor {
  private func built(_ name: String, _ body: (Term) throws -> Term) -> TracedTensor {
    Self.built(name, [self]) { _, terms in [try body(terms[0])] }[0]
  }

  private func reduced(_ name: String, _ axes: [Int]?, _ keep: Bool) -> TracedTensor {
    let results = NamedOperation(name: name).results(
      [("", self)] + (axes.map { [("axes", $0)] } ?? []) + (keep ? [("keep", true)] : []))
    return results[0]
  }

  /// Sums over `axes`, all unless told; negative ones count from the end. `keep` leaves them with
  /// extent 1. An empty axis gives 0.
  public func sum(_ axes: Int..., keep: Bool = false) -> TracedTensor {
    reduced("sum", axes.isEmpty ? nil : axes, keep)
  }
  /// The mean over `axes`, all unless told; NaN for an empty axis.
  public func mean(_ axes: Int..., keep: Bool = false) -> TracedTensor {
    reduced("mean", axes.isEmpty ? nil : axes, keep)
  }
  /// The largest element along `axes`, all unless told.
  public func max(_ axes: Int..., keep: Bool = false) -> TracedTensor {
    reduced("max", axes.isEmpty ? nil : axes, keep)
  }
  /// The smallest element along `axes`, all unless told.
  public func min(_ axes: Int..., keep: Bool = false) -> TracedTensor {
    reduced("min", axes.isEmpty ? nil : axes, keep)
  }

  /// The elements in another shape, in row-major order.
  public func reshaped(_ shape: DimExpr...) -> TracedTensor {
    built("reshape") { $0.reshaped(to: shape) }
  }
  /// Trailing-aligned broadcasting to a shape.
  public func broadcast(to shape: [DimExpr]) -> TracedTensor {
    if shape.count < rank { return op.broadcast(self, shape: shape) }
    return built("broadcast") { $0.broadcast(to: shape) }
  }
  /// Axis k of the result is axis `axes[k]`; reversed without any.
  public func transposed(_ axes: Int...) -> TracedTensor {
    axes.isEmpty ? op.transpose(self) : op.transpose(self, axes: axes)
  }
  /// The numbers in another dtype: floats are rounded, and truncated toward 0 for integers; everything but 0
  /// is true.
  public func converted(to dtype: DType) -> TracedTensor {
    self.dtype == dtype ? self : op.convert(self, to: dtype)
  }
  /// Zeros of the same type.
  public var zeros: TracedTensor { op.zeros_like(self) }
  /// Ones of the same type.
  public var ones: TracedTensor { op.ones_like(self) }

  /// Elements by position, axis by axis:
  ///
  ///     x[0]              // the first row; the axis is gone
  ///     x[-1, 2..<5]      // negative positions count from the end
  ///     x[.all, .range(from: 0, to: "n", step: 2)]
  ///     x[index]          // a scalar i64 that is data; clamped to what there is
  ///
  /// Axes that are not mentioned stay whole.
  public subscript(_ positions: any TensorIndex...) -> TracedTensor {
    guard positions.count <= rank else {
      return Self.failure(
        TraceError("slice", "\(positions.count) positions for \(type), which has rank \(rank)"),
        type)
    }
    var result = self
    var axis = 0
    for position in positions {
      switch position.axisIndex {
      case .slice(let start, let stop, let step):
        guard step >= 1 else {
          return Self.failure(
            TraceError(
              "slice", "needs a step of at least 1, found \(step)",
              help: "backward: op.reverse(x, axes: [\(axis)]), then slice"), type)
        }
        if let sliced = result.sliced(axis, start, stop, step) { result = sliced }
        axis += 1
      case .position(let k):
        let extent = result.shape[axis]
        let start = k < 0 ? extent + DimExpr(k) : DimExpr(k)
        var shape = result.shape
        shape.remove(at: axis)
        if let row = result.sliced(axis, start, start + 1, 1) { result = row }
        result = result.built("reshape") { $0.reshaped(to: shape) }
      case .data(let index):
        result = op.take(result, index, axis: axis)
        axis += index.rank
      }
    }
    return result
  }

  private func sliced(
    _ axis: Int, _ start: DimExpr, _ stop: DimExpr?, _ step: Int
  ) -> TracedTensor? {
    let extent = shape[axis]
    func counted(_ e: DimExpr) -> DimExpr { (e.constantValue ?? 0) < 0 ? extent + e : e }
    let (first, last) = (counted(start), stop.map(counted) ?? extent)
    if first.isZero && last == extent && step == 1 { return nil }
    var starts = [DimExpr](repeating: 0, count: rank)
    var stops = shape
    var strides = [DimExpr](repeating: 1, count: rank)
    (starts[axis], stops[axis], strides[axis]) = (first, last, DimExpr(step))
    return Self.apply(Slice(starts: starts, stops: stops, strides: strides), [self])
  }
}

/// What can stand in the subscript of a traced tensor: a position, a range of positions, `.all`, a
/// scalar or an array of i64 that is data.
public protocol TensorIndex: Sendable {
  /// Which elements it means.
  var axisIndex: AxisIndex { get }
}

/// Which elements of an axis.
public enum AxisIndex: Sendable {
  /// One position, whose axis is gone; negative ones count from the end.
  case position(Int)
  /// From `start` below `stop` (the end where it is `nil`); negative ones count from the end.
  case slice(start: DimExpr, stop: DimExpr?, step: Int)
  /// Positions that are data: the axes of the index take the place of the axis.
  case data(TracedTensor)
}

/// A range of an axis whose ends may be sizes.
public struct AxisRange: TensorIndex {
  /// The range.
  public let axisIndex: AxisIndex
}

extension TensorIndex where Self == AxisRange {
  /// The whole axis.
  public static var all: AxisRange { range() }
  /// Every `step`-th element from `start` below `stop`; to the end where that is `nil`.
  public static func range(
    from start: DimExpr = 0, to stop: DimExpr? = nil, step: Int = 1
  ) -> AxisRange {
    AxisRange(axisIndex: .slice(start: start, stop: stop, step: step))
  }
}

extension Int: TensorIndex {
  public var axisIndex: AxisIndex { .position(self) }
}
extension Range: TensorIndex where Bound == Int {
  public var axisIndex: AxisIndex {
    .slice(start: DimExpr(lowerBound), stop: DimExpr(upperBound), step: 1)
  }
}
extension ClosedRange: TensorIndex where Bound == Int {
  public var axisIndex: AxisIndex {
    .slice(start: DimExpr(lowerBound), stop: .behind(upperBound), step: 1)
  }
}
extension PartialRangeFrom: TensorIndex where Bound == Int {
  public var axisIndex: AxisIndex { .slice(start: DimExpr(lowerBound), stop: nil, step: 1) }
}
extension PartialRangeUpTo: TensorIndex where Bound == Int {
  public var axisIndex: AxisIndex { .slice(start: 0, stop: DimExpr(upperBound), step: 1) }
}
extension PartialRangeThrough: TensorIndex where Bound == Int {
  public var axisIndex: AxisIndex { .slice(start: 0, stop: .behind(upperBound), step: 1) }
}
extension TracedTensor: TensorIndex {
  /// The tensor as positions that are data.
  public var axisIndex: AxisIndex { .data(self) }
}

extension DimExpr? {
  /// The end of a slice whose last position this is; behind −1 is the end of the axis.
  fileprivate static func behind(_ last: Int) -> DimExpr? { last == -1 ? nil : DimExpr(last) + 1 }
}
