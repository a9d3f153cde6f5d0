// Windows that slide over an array: reduce_window and its relatives look at an array once for each
// place in the window, as a strided slice of the padded array.
import Graph

/// A window of each axis.
struct Window {
  let sizes: [Int]
  let strides: [Int]
  let dilations: [Int]
  let baseDilations: [Int]
  let padding: [[Int]]

  /// Places of a window that are written out one by one; more are a loop.
  static let unrolledLimit = 32

  init(_ call: HLOCall) throws {
    let rank = call.operands[0].rank
    let ones = [Int](repeating: 1, count: rank)
    sizes = try call.needed(call.integers("window_dimensions"), "window_dimensions")
    strides = try call.integers("window_strides") ?? ones
    dilations = try call.integers("window_dilations") ?? ones
    baseDilations = try call.integers("base_dilations") ?? ones
    padding = try call.pairs("padding") ?? ones.map { _ in [0, 0] }
    guard [sizes, strides, dilations, baseDilations].allSatisfy({ $0.count == rank }),
      padding.count == rank, padding.allSatisfy({ $0.count == 2 }),
      (sizes + strides + dilations + baseDilations).allSatisfy({ (1...1 << 31).contains($0) })
    else { throw TypeRuleError("needs \(rank) entries from 1 on in each part of its window") }
    guard checkedCount(sizes) != nil else {
      throw TypeRuleError("has more places in a window than can be counted")
    }
  }

  /// The array with its margins.
  func padded(_ x: Term, with value: Term) throws -> Term {
    let isPlain = padding.allSatisfy { $0 == [0, 0] } && baseDilations.allSatisfy { $0 == 1 }
    if isPlain { return x }
    return try x.builder.apply(
      Pad(
        low: padding.map { DimExpr($0[0]) }, high: padding.map { DimExpr($0[1]) },
        interior: baseDilations.map { DimExpr($0 - 1) }), [x, value])[0]
  }

  /// How many windows there are on each axis of a padded array.
  func counts(_ padded: [DimExpr]) -> [DimExpr] {
    padded.enumerated().map { axis, extent in
      let reach = (sizes[axis] - 1) * dilations[axis] + 1
      return .max(.floorDiv(extent - DimExpr(reach), DimExpr(strides[axis])) + 1, 0)
    }
  }

  /// From the first window to the last along an axis.
  private func span(_ count: DimExpr, _ axis: Int) -> DimExpr {
    strides[axis] == 1 ? count : .max((count - 1) * DimExpr(strides[axis]) + 1, 0)
  }

  /// What stands at one place of every window.
  func slice(_ padded: Term, at offset: [Int]) throws -> Term {
    let counts = counts(padded.shape)
    if counts.contains(where: \.isZero) {
      // No window fits.
      return padded.builder.constant(Scalar(0 as Int64, padded.dtype)).broadcast(
        to: counts, axes: [])
    }
    let starts = offset.indices.map { DimExpr(offset[$0] * dilations[$0]) }
    return try padded.builder.apply(
      Slice(
        starts: starts, stops: starts.indices.map { starts[$0] + span(counts[$0], $0) },
        strides: strides.map { DimExpr($0) }), [padded])[0]
  }

  /// The transpose of `slice`.
  func spread(_ y: Term, at offset: [Int], over padded: [DimExpr]) throws -> Term {
    let starts = offset.indices.map { DimExpr(offset[$0] * dilations[$0]) }
    let high = starts.indices.map { padded[$0] - starts[$0] - span(y.shape[$0], $0) }
    return try y.builder.apply(
      Pad(low: starts, high: high, interior: strides.map { DimExpr($0 - 1) }),
      [y, y.builder.constant(Scalar(0 as Int64, y.dtype))])[0]
  }

  /// Without the margins again.
  func cropped(_ padded: Term) throws -> Term {
    try padded.builder.apply(
      Pad(
        low: padding.map { DimExpr(-$0[0]) }, high: padding.map { DimExpr(-$0[1]) },
        interior: padding.map { _ in 0 }),
      [padded, padded.builder.constant(Scalar(0 as Int64, padded.dtype))])[0]
  }

  /// The number of places in a window.
  var placeCount: Int { sizes.reduce(1, *) }

  /// The places in a window, in row-major order.
  var places: [[Int]] {
    var places: [[Int]] = []
    forEachIndex(in: sizes) { places.append($0) }
    return places
  }

  /// The same, of one axis alone.
  func along(_ axis: Int) -> Window {
    func only(_ list: [Int]) -> [Int] { list.indices.map { $0 == axis ? list[$0] : 1 } }
    return Window(
      sizes: only(sizes), strides: only(strides), dilations: only(dilations),
      baseDilations: sizes.map { _ in 1 }, padding: sizes.map { _ in [0, 0] })
  }

  private init(
    sizes: [Int], strides: [Int], dilations: [Int], baseDilations: [Int], padding: [[Int]]
  ) {
    (self.sizes, self.strides, self.dilations) = (sizes, strides, dilations)
    (self.baseDilations, self.padding) = (baseDilations, padding)
  }

  /// What `combine` makes of all places, beginning with `start`.
  func folded(
    _ padded: [Term], from start: [Term], captured: [Term] = [],
    _ combine: (_ sum: [Term], _ here: [Term], _ captured: [Term], GraphBuilder) throws -> [Term]
  ) throws -> [Term] {
    let builder = padded[0].builder
    let counts = counts(padded[0].shape)
    if counts.contains(where: \.isZero) { return start }
    if placeCount <= Self.unrolledLimit {
      return try places.reduce(start) { sum, place in
        try combine(sum, try padded.map { try slice($0, at: place) }, captured, builder)
      }
    }
    let extents = counts.indices.map { span(counts[$0], $0) }
    let results = try builder.loop(
      "window", bound: DimExpr(placeCount), carry: start, captured: padded + captured
    ) { step in
      // The step's number as a place, the last axis fastest.
      var rest = step.index
      var starts: [Term] = []
      for axis in sizes.indices.reversed() {
        let size = step.builder.integer(Int64(sizes[axis]))
        let place = apply(.mod, rest, size)
        starts.insert(place * step.builder.integer(Int64(dilations[axis])), at: 0)
        rest = apply(.floorDivide, rest, size)
      }
      let here = try step.captured.prefix(padded.count).map { array in
        let part = try step.builder.apply(DynamicSlice(shape: extents), [array] + starts)[0]
        return try step.builder.apply(
          Slice(
            starts: extents.map { _ in 0 }, stops: extents, strides: strides.map { DimExpr($0) }),
          [part])[0]
      }
      let own = Array(step.captured.dropFirst(padded.count))
      return (try combine(step.carried, here, own, step.builder), [])
    }
    return Array(results.prefix(start.count))
  }
}
