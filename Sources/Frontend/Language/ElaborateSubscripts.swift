// Subscripts: x[i], x[a:b:s], x[:, k], x[..., 0], with indices that are sizes or data.
import Graph

extension Elaborator {
  mutating func subscripted(
    _ base: Item, _ run: Run<SubscriptItem>, _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    guard case .subscript(let baseID, _) = expression.kind,
      let x = term(base, dtype: nil, at: tree[baseID].span, frame)
    else { return .invalid }
    guard let items = expanded(Array(tree[run]), x, expression) else { return .invalid }

    var starts = [DimExpr](repeating: 0, count: x.rank)
    var stops = x.shape
    var strides = [DimExpr](repeating: 1, count: x.rank)
    var reversed: [Int] = []
    var removed: [Int] = []
    var dynamic: [(axis: Int, index: Term)] = []
    for (axis, item) in items.enumerated() {
      switch item.kind {
      case .ellipsis: break
      case .index(let id):
        let index = value(id, &frame)
        if let place = index.dimExpr {
          starts[axis] = Self.fromStart(place, x.shape[axis])
          stops[axis] = starts[axis] + 1
          removed.append(axis)
          if Guard(0, .lessOrEqual, starts[axis]).decided == false
            || Guard(starts[axis], .less, x.shape[axis]).decided == false
          {
            report(
              "the index \(place) is out of range: axis \(axis) of \(x.type) has extent "
                + "\(x.shape[axis])", at: tree[id].span)
            return .invalid
          }
        } else if let term = indices(index, at: tree[id].span, frame) {
          dynamic.append((axis, term))
        } else {
          return .invalid
        }
      case .slice(let lower, let upper, let step):
        var stride: DimExpr = 1
        if let step {
          guard let e = bound(step, &frame) else { return .invalid }
          stride = e
          if e.isZero {
            report("the step of a slice cannot be 0", at: tree[step].span)
            return .invalid
          }
        }
        if let number = stride.constantValue, number < 0 {
          guard lower == nil, upper == nil else {
            report(
              "a slice with a negative step takes the whole axis: x[::\(number)]", at: item.span,
              help: "slice first, then reverse")
            return .invalid
          }
          reversed.append(axis)
          strides[axis] = -stride
          continue
        }
        strides[axis] = stride
        if let lower {
          guard let e = bound(lower, &frame) else { return .invalid }
          starts[axis] = Self.fromStart(e, x.shape[axis])
        }
        if let upper {
          guard let e = bound(upper, &frame) else { return .invalid }
          stops[axis] = Self.fromStart(e, x.shape[axis])
        }
        guard isInside(axis, starts[axis], stops[axis], x, item.span) else { return .invalid }
      }
    }
    do {
      var y = x
      if !reversed.isEmpty { y = try frame.builder.apply(Reverse(axes: reversed), [y])[0] }
      if starts.contains(where: { !$0.isZero }) || stops != y.shape
        || strides.contains(where: { !$0.isOne })
      {
        y = try frame.builder.apply(Slice(starts: starts, stops: stops, strides: strides), [y])[0]
      }
      y = try indexed(y, dynamic, &removed, frame)
      let shape = y.shape.indices.filter { !removed.contains($0) }.map { y.shape[$0] }
      return .term(y.reshaped(to: shape))
    } catch {
      reportFailure(error, at: expression.span, expression.point, [x])
      return .invalid
    }
  }

  /// An index that is data.
  private mutating func indices(_ item: Item, at span: SourceSpan, _ frame: Frame) -> Term? {
    switch item {
    case .invalid: return nil
    case .term(let term) where term.dtype.isInteger: return term
    case .array(let array) where array.naturalDType == .i64:
      return term(item, dtype: .i64, at: span, frame)
    default:
      let isBool = item.naturalDType == .bool
      report(
        "an index needs an integer, found \(item.description)", at: span,
        help: isBool ? "for a mask use select(mask, x, 0)" : "convert it: i64(…)")
      return nil
    }
  }

  /// Reports a slice that never fits.
  private mutating func isInside(
    _ axis: Int, _ start: DimExpr, _ stop: DimExpr, _ x: Term, _ span: SourceSpan
  ) -> Bool {
    let fits = [
      Guard(0, .lessOrEqual, start), Guard(start, .lessOrEqual, stop),
      Guard(stop, .lessOrEqual, x.shape[axis]),
    ]
    guard fits.contains(where: { $0.decided == false }) else { return true }
    report(
      "the slice from \(start) to \(stop) does not fit axis \(axis) of \(x.type)", at: span,
      notes: ["axis \(axis) has extent \(x.shape[axis])"],
      help: "a slice is never shortened: 0 <= start <= stop <= extent")
    return false
  }

  /// Indices that are data: scalars as one window, one array as a gather.
  private mutating func indexed(
    _ x: Term, _ dynamic: [(axis: Int, index: Term)], _ removed: inout [Int], _ frame: Frame
  ) throws -> Term {
    if dynamic.isEmpty { return x }
    func wrapped(_ index: Term, _ axis: Int) -> Term {
      // Negative indices count from the end.
      let extent = frame.builder.applying(Extent(extent: x.shape[axis], dtype: index.dtype), [])
      let zero = frame.builder.constant(Scalar(0 as Int64, index.dtype))
      return choose(index < zero, index + extent, index)
    }
    if dynamic.allSatisfy({ $0.index.rank == 0 }) {
      var starts = [Term](
        repeating: frame.builder.constant(Scalar(0 as Int64, .i64)), count: x.rank)
      var shape = x.shape
      for (axis, index) in dynamic {
        starts[axis] = wrapped(index, axis).converted(to: .i64)
        shape[axis] = 1
        removed.append(axis)
      }
      return try frame.builder.apply(DynamicSlice(shape: shape), [x] + starts)[0]
    }
    guard dynamic.count == 1, removed.isEmpty, let take = Catalog.entry(named: "take") else {
      throw TypeRuleError(
        "one array of indices is allowed in a subscript, and no other index beside it",
        help: "use gather for several")
    }
    let (axis, index) = dynamic[0]
    return try take.build(
      Call(
        "take", frame.builder, [x, wrapped(index, axis)], ["axis": .dim(DimExpr(axis))]))[0]
  }

  /// A bound of a slice: a number or an expression of sizes.
  private mutating func bound(_ id: ExprID, _ frame: inout Frame) -> DimExpr? {
    let item = value(id, &frame)
    if let e = item.dimExpr { return e }
    if !item.isInvalid {
      report(
        "the bounds of a slice are sizes, found \(item.description)", at: tree[id].span,
        help: item.naturalDType.isInteger ? "for a start that is data use dynamic_slice" : nil)
    }
    return nil
  }

  /// A negative place counts from the end.
  private static func fromStart(_ e: DimExpr, _ extent: DimExpr) -> DimExpr {
    if let value = e.constantValue { return value < 0 ? extent + e : e }
    return (-e).isNonNegative ? extent + e : e
  }

  /// One item an axis: the ellipsis and what is left out become whole axes.
  private mutating func expanded(
    _ items: [SubscriptItem], _ x: Term, _ expression: Expr
  ) -> [SubscriptItem]? {
    var whole = SubscriptItem(kind: .slice(lower: nil, upper: nil, step: nil))
    let isEllipsis = { (item: SubscriptItem) in
      if case .ellipsis = item.kind { true } else { false }
    }
    let count = items.filter { !isEllipsis($0) }.count
    guard count <= x.rank, items.filter(isEllipsis).count <= 1 else {
      report(
        count > x.rank
          ? "\(count) \(count == 1 ? "index" : "indices") for \(counted(x.rank, "axis")) of \(x.type)"
          : "only one ... is allowed", at: expression.span, point: Int(expression.point))
      return nil
    }
    let rest = [SubscriptItem](repeating: whole, count: x.rank - count)
    guard let place = items.firstIndex(where: isEllipsis) else { return items + rest }
    whole.span = items[place].span
    return items[..<place] + rest + items[(place + 1)...]
  }
}
