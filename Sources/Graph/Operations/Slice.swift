// Slices with strides, and padding: each is the other's transpose.

/// `y[i…] = x[start + i·stride…]`, for every axis the indices start, start + stride, … below stop.
package struct Slice: Operation {
  package let starts: [DimExpr]
  package let stops: [DimExpr]
  /// At least 1.
  package let strides: [DimExpr]

  package init(starts: [DimExpr], stops: [DimExpr], strides: [DimExpr]) {
    self.starts = starts
    self.stops = stops
    self.strides = strides
  }

  package var name: String { "slice" }
  package var attributes: [Attribute] {
    [Attribute("start", .dims(starts)), Attribute("stop", .dims(stops))]
      + (strides.allSatisfy(\.isOne) ? [] : [Attribute("stride", .dims(strides))])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let x = operands[0]
    guard starts.count == x.rank, stops.count == x.rank, strides.count == x.rank else {
      throw TypeRuleError("slice needs \(x.rank) starts, stops and strides for \(x)")
    }
    for axis in 0..<x.rank {
      for condition in conditions(axis, x.shape[axis]) where condition.decided == false {
        throw TypeRuleError(
          "a slice of axis \(axis) from \(starts[axis]) to \(stops[axis]) does not fit: "
            + "it needs \(condition)",
          notes: ["axis \(axis) of \(x) has extent \(x.shape[axis])"])
      }
    }
    return [x.with(shape: starts.indices.map(extent))]
  }

  /// ⌈(stop − start) / stride⌉
  private func extent(_ axis: Int) -> DimExpr {
    .floorDiv(stops[axis] - starts[axis] + strides[axis] - 1, strides[axis])
  }

  private func conditions(_ axis: Int, _ extent: DimExpr) -> [Guard] {
    [
      Guard(0, .lessOrEqual, starts[axis]), Guard(starts[axis], .lessOrEqual, stops[axis]),
      Guard(stops[axis], .lessOrEqual, extent), Guard(1, .lessOrEqual, strides[axis]),
    ]
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    guard starts.count == operands[0].rank else { return [] }
    return starts.indices.flatMap { conditions($0, operands[0].shape[$0]) }
      .filter { $0.decided != true }
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0].map { rule.builder.applying(self, [$0]) }]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let shape = rule.operands[0].shape
    return rule.only(0) {
      let ct = rule.cotangent
      let high = shape.indices.map { axis in
        // What is left behind the last element that was taken: extent − start − stretched, where
        // stretched = (count − 1)·stride + 1, and 0 for none.
        shape[axis] - starts[axis] - stretchedExtent(ct.shape[axis], strides[axis] - 1)
      }
      return rule.builder.applying(
        Pad(low: starts, high: high, interior: strides.map { $0 - 1 }), [ct, ct.literal(0)])
    }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(
      Slice(starts: [0] + starts, stops: [rule.extent] + stops, strides: [1] + strides),
      rule.operands)
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let indices = starts.indices.map { starts[$0] + strides[$0] * .index($0) }
    return .map(Comprehension(domain: results[0].shape, values: [.operand(0, indices)]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    let start = try starts.map(call.size)
    let stride = try strides.map(call.size)
    return [
      Tensor(x.dtype, call.results[0].shape) { index in
        x[index.indices.map { start[$0] + stride[$0] * index[$0] }]
      }
    ]
  }

  static let entry = Entry(
    "slice",
    [
      .operand("x"), Parameter("start", .dims), Parameter("stop", .dims),
      Parameter("stride", .dims, default: "all 1"),
    ],
    """
    Every `stride`-th element from `start` up to but without `stop`, per axis; also written \
    `x[1:n:2, :]`.

    Where it must be known at the call that `0 ≤ start ≤ stop ≤ extent`, it is checked there: a \
    slice never reaches outside and is never shortened.
    """,
    examples: [
      Example(Slice(starts: [1], stops: ["n" + 1], strides: [1]), ["n" + 1]),
      Example(
        Slice(starts: [0, 1], stops: ["n", 7], strides: [2, 3]), ["n", 8]),
      Example(Slice(starts: ["k"], stops: ["n" + "k"], strides: [1]), ["n" + "k"]),
    ]
  ) { call in
    let rank = call.operands[0].rank
    return try call.apply(
      Slice(
        starts: call.dims("start") ?? [], stops: call.dims("stop") ?? [],
        strides: call.dims("stride") ?? [DimExpr](repeating: 1, count: rank)))
  }
}

/// An extent with `interior` places between neighbours; 0 stays 0.
private func stretchedExtent(_ extent: DimExpr, _ interior: DimExpr) -> DimExpr {
  if interior.isZero { return extent }
  return extent + .max(extent - 1, 0) * interior
}

/// `x` with a value around and between its elements; negative amounts cut elements off.
package struct Pad: Operation {
  package let low: [DimExpr]
  package let high: [DimExpr]
  package let interior: [DimExpr]

  package init(low: [DimExpr], high: [DimExpr], interior: [DimExpr]) {
    self.low = low
    self.high = high
    self.interior = interior
  }

  package var name: String { "pad" }
  package var attributes: [Attribute] {
    [Attribute("low", .dims(low)), Attribute("high", .dims(high))]
      + (interior.allSatisfy(\.isZero) ? [] : [Attribute("interior", .dims(interior))])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let x = operands[0]
    guard low.count == x.rank, high.count == x.rank, interior.count == x.rank else {
      throw TypeRuleError("pad needs \(x.rank) amounts low, high and interior for \(x)")
    }
    guard operands[1] == TensorType(x.dtype) else {
      throw TypeRuleError("pad needs a scalar \(x.dtype) to pad with, found \(operands[1])")
    }
    let shape = x.shape.indices.map { extent($0, x.shape[$0]) }
    // Elements are counted in steps of one more.
    if interior.contains(where: { ($0 + 1).isOverflow }) {
      throw TypeRuleError("pad gives a size that is out of range")
    }
    for axis in x.shape.indices
    where Guard(0, .lessOrEqual, shape[axis]).decided == false
      || Guard(0, .lessOrEqual, interior[axis]).decided == false
    {
      throw TypeRuleError("pad leaves axis \(axis) of \(x) with the extent \(shape[axis])")
    }
    return [x.with(shape: shape)]
  }
  private func extent(_ axis: Int, _ extent: DimExpr) -> DimExpr {
    low[axis] + high[axis] + stretchedExtent(extent, interior[axis])
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    guard low.count == operands[0].rank else { return [] }
    return low.indices.flatMap {
      [
        Guard(0, .lessOrEqual, extent($0, operands[0].shape[$0])),
        Guard(0, .lessOrEqual, interior[$0]),
      ]
    }.filter { $0.decided != true }
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    if rule.tangents.allSatisfy({ $0 == nil }) { return [nil] }
    let zero = rule.results[0].literal(0)
    let dx = rule.tangents[0] ?? rule.operands[0].zeros
    return [rule.builder.applying(self, [dx, rule.tangents[1] ?? zero])]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let ct = rule.cotangent
    let zero = ct.literal(0)
    // Undo the margins, then take every (interior + 1)-th element.
    let core = rule.builder.applying(
      Pad(
        low: low.map { -$0 }, high: high.map { -$0 },
        interior: [DimExpr](repeating: 0, count: low.count)), [ct, zero])
    let x = rule.builder.applying(
      Slice(
        starts: [DimExpr](repeating: 0, count: low.count), stops: core.shape,
        strides: interior.map { $0 + 1 }), [core]
    ).reshaped(to: rule.operands[0].shape)
    var result: [Term?] = [nil, nil]
    if rule.linear[0] { result[0] = x }
    if rule.linear[1] {
      // What does not come from x comes from the padding value.
      let inside = rule.builder.applying(
        self, [x.literal(0).broadcast(to: rule.operands[0].shape), ct.literal(1)])
      result[1] = choose(inside == 1, ct, 0).sum(over: Array(0..<ct.rank))
    }
    return result
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    let padded = Pad(low: [0] + low, high: [0] + high, interior: [0] + interior)
    if !rule.batched[1] {
      return try rule.builder.apply(padded, [rule.withAxis(0), rule.operands[1]])
    }
    // A value of its own for each element of the extra axis: pad a mask and choose.
    let x = rule.withAxis(0)
    let one = x.literal(1)
    let inside = rule.builder.applying(
      padded, [one.broadcast(to: x.shape), x.literal(0)])
    let moved = rule.builder.applying(padded, [x, x.literal(0)])
    let value = rule.operands[1].inserted(
      extents: [DimExpr](repeating: 1, count: x.rank - 1), at: 1)
    return [choose(inside == one, moved, value)]
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    var conditions: [IndexCondition] = []
    var indices: [DimExpr] = []
    for axis in low.indices {
      let place = DimExpr.index(axis) - low[axis]
      let extent = operands[0].shape[axis]
      if interior[axis].isZero {
        if !low[axis].isZero { conditions.append(IndexCondition(0, .lessOrEqual, place)) }
        if !high[axis].isZero { conditions.append(IndexCondition(place, .less, extent)) }
        indices.append(place)
      } else {
        let step = interior[axis] + 1
        conditions.append(IndexCondition(0, .lessOrEqual, place))
        conditions.append(IndexCondition(.mod(place, step), .equal, 0))
        conditions.append(IndexCondition(.floorDiv(place, step), .less, extent))
        indices.append(.floorDiv(place, step))
      }
    }
    let element = ScalarExpr.operand(0, indices)
    return .map(
      Comprehension(
        domain: results[0].shape,
        values: [
          conditions.isEmpty
            ? element : .guarded(conditions, then: element, otherwise: .operand(1, []))
        ]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    let start = try low.map(call.size)
    let step = try interior.map { try call.size($0) + 1 }
    var result = Tensor(repeating: call.operands[1][0], shape: call.results[0].shape)
    let shape = result.shape
    let size = x.dtype.byteCount
    forEachIndex(in: x.shape) { index in
      let target = index.indices.map { start[$0] + step[$0] * index[$0] }
      guard zip(target, shape).allSatisfy({ $0 >= 0 && $0 < $1 }) else { return }
      let (from, to) = (position(of: index, in: x.shape), position(of: target, in: shape))
      result.withMutableBytes { bytes in
        for b in 0..<size { bytes[to * size + b] = x.bytes[from * size + b] }
      }
    }
    return [result]
  }

  static let entry = Entry(
    "pad",
    [
      .operand("x"), .operand("value"), Parameter("low", .dims), Parameter("high", .dims),
      Parameter("interior", .dims, default: "all 0"),
    ],
    """
    Puts `value` before (`low`), behind (`high`) and between (`interior`) the elements of each \
    axis.

    Negative amounts at the ends cut elements off; what is left must not be less than nothing.
    """,
    examples: [
      Example(Pad(low: [1], high: [2], interior: [0]), ["n"], []),
      Example(Pad(low: [0, -1], high: [1, -1], interior: [1, 0]), ["n", "m" + 2], []),
      Example(Pad(low: [-1], high: [3], interior: [2]), ["n"], []),
    ]
  ) { call in
    let rank = call.operands[0].rank
    return try call.apply(
      Pad(
        low: call.dims("low") ?? [], high: call.dims("high") ?? [],
        interior: call.dims("interior") ?? [DimExpr](repeating: 0, count: rank)))
  }
}
