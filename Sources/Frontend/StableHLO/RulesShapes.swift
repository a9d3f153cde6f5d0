// Operations that move elements about, with extents that the file tells.
import Graph

extension StableHLOElaborator {
  static let shapeRules: [String: HLORule] = [
    "stablehlo.broadcast_in_dim": HLORule(1) { _, call in
      let axes = try call.needed(call.integers("broadcast_dimensions", "dims"), "dims")
      return [try call.broadcast(call.operands[0], to: call.shape(), axes: axes)]
    },
    "stablehlo.broadcast": HLORule(1) { _, call in
      let x = call.operands[0]
      let extents = try call.needed(call.integers("broadcast_sizes", "sizes"), "sizes")
      return [x.inserted(extents: extents.map { DimExpr($0) }, at: 0)]
    },
    "stablehlo.reshape": HLORule(1) { _, call in
      [call.operands[0].reshaped(to: try call.shape())]
    },
    "stablehlo.transpose": HLORule(1) { _, call in
      let axes = try call.needed(call.integers("permutation", "dims"), "dims")
      return try call.builder.apply(Transpose(permutation: axes), call.operands)
    },
    "stablehlo.reverse": HLORule(1) { _, call in
      let axes = try call.needed(call.integers("dimensions", "dims"), "dims")
      return try call.builder.apply(Reverse(axes: axes), call.operands)
    },
    "stablehlo.slice": HLORule(1) { _, call in [try call.sliced()] },
    "stablehlo.pad": HLORule(2) { _, call in
      let low = try call.needed(call.integers("edge_padding_low", "low"), "low")
      let high = try call.needed(call.integers("edge_padding_high", "high"), "high")
      let interior =
        try call.integers("interior_padding", "interior") ?? [Int](repeating: 0, count: low.count)
      return try call.builder.apply(
        Pad(
          low: low.map { DimExpr($0) }, high: high.map { DimExpr($0) },
          interior: interior.map { DimExpr($0) }), call.operands)
    },
    "stablehlo.concatenate": HLORule(1...Int.max) { _, call in
      let axis = try call.needed(call.integer("dimension", "dim"), "dim")
      if call.operands.count == 1 { return call.operands }
      return try call.builder.apply(Concatenate(axis: axis), call.operands)
    },
    "stablehlo.iota": HLORule(0) { _, call in
      let axis = try call.needed(call.integer("iota_dimension", "dim"), "dim")
      return [try call.iota(along: axis, call.shape())]
    },
    "stablehlo.optimization_barrier": HLORule(0...Int.max) { _, call in call.operands },
  ]
}

extension HLOCall {
  /// Broadcast with axes in any order.
  func broadcast(_ x: Term, to shape: [DimExpr], axes: [Int]) throws -> Term {
    let order = axes.indices.sorted { axes[$0] < axes[$1] }
    let isSorted = order == Array(axes.indices) || axes.count != x.rank
    let turned = isSorted ? x : x.transposed(order)
    let increasing = isSorted ? axes : axes.sorted()
    if turned.shape == shape, increasing == Array(shape.indices) { return turned }
    return try builder.apply(Broadcast(shape: shape, axes: increasing), [turned])[0]
  }

  /// Counting along an axis, in the declared elements.
  func iota(along axis: Int, _ shape: [DimExpr]) throws -> Term {
    let dtype = try dtype()
    let made: DType = dtype == .bool ? .i32 : dtype
    return try builder.apply(Iota(shape: shape, axis: axis, dtype: made), [])[0]
      .converted(to: dtype)
  }

  fileprivate func sliced() throws -> Term {
    let x = operands[0]
    var parts: [[Int]] = []
    if let starts = try integers("start_indices"), let stops = try integers("limit_indices") {
      let steps = try integers("strides") ?? [Int](repeating: 1, count: starts.count)
      guard stops.count == starts.count, steps.count == starts.count else {
        throw TypeRuleError("needs as many starts, limits and strides")
      }
      parts = starts.indices.map { [starts[$0], stops[$0], steps[$0]] }
    } else if let ranges = attribute("ranges"), case .list(let list) = ranges.kind {
      parts = try list.map { range in
        let numbers = try integers(range)
        guard (2...3).contains(numbers.count) else {
          throw Diagnostic("expected start:limit or start:limit:stride", at: range.span)
        }
        return numbers.count == 2 ? numbers + [1] : numbers
      }
    } else {
      throw TypeRuleError("needs ranges: [start:limit, …]")
    }
    return try builder.apply(
      Slice(
        starts: parts.map { DimExpr($0[0]) }, stops: parts.map { DimExpr($0[1]) },
        strides: parts.map { DimExpr($0[2]) }), [x])[0]
  }
}
