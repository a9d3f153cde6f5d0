// Slices whose start is data: reading a window and replacing one. The start is clamped so that the
// window lies inside.

/// `y[i…] = x[s + i…]` with `s = clamp(start, 0, extent − window)` on each axis.
package struct DynamicSlice: Operation {
  package let shape: [DimExpr]

  package init(shape: [DimExpr]) {
    self.shape = shape
  }

  package var name: String { "dynamic_slice" }
  package var attributes: [Attribute] { [Attribute("shape", .dims(shape))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try checkWindow(operands[0], shape, starts: Array(operands.dropFirst()), name)
    return [operands[0].with(shape: shape)]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    windowGuards(shape, operands[0].shape)
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [
      rule.tangents[0].map {
        rule.builder.applying(self, [$0] + rule.operands.dropFirst())
      }
    ]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let x = rule.operands[0]
    return rule.only(0) {
      rule.builder.applying(
        DynamicUpdate(),
        [x.literal(0).broadcast(to: x.shape), rule.cotangent]
          + rule.operands.dropFirst())
    }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    if rule.batched.dropFirst().contains(true) {
      return [
        try batchedWindow(rule, starts: 1, shape) { x, indices, gather in
          rule.builder.applying(gather, [x, indices])
        }
      ]
    }
    let zero = rule.builder.constant(Scalar(0 as Int64, .i64))
    return try rule.builder.apply(
      DynamicSlice(shape: [rule.extent] + shape),
      [rule.withAxis(0), zero] + rule.operands.dropFirst())
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let x = operands[0]
    return .map(
      Comprehension(
        domain: shape,
        fetches: shape.indices.map {
          Fetch(value: .operand($0 + 1, []), limit: x.shape[$0] - shape[$0])
        },
        values: [
          .operand(0, shape.indices.map { .index($0) + .index(shape.count + $0) })
        ]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let (x, window) = (call.operands[0], call.results[0].shape)
    let starts = clampedStarts(call.operands.dropFirst(), x.shape, window)
    return [Tensor(x.dtype, window) { index in x[zip(index, starts).map(+)] }]
  }

  static let entry = Entry(
    "dynamic_slice", [.operand("x"), .indices("starts", .operands), Parameter("shape", .dims)],
    """
    The window of `x` of a given shape that begins at indices that are data, one integer scalar \
    an axis.

    A start is clamped so that the window lies inside; also written `x[i]` and `x[:, i]` with a \
    run-time integer, which takes one element of an axis and counts from the end where negative.
    """,
    examples: [
      Example(
        DynamicSlice(shape: ["m"]), [.init(.f64, ["m" + "n"]), .init(.i64, [], in: -1...7)]),
      Example(
        DynamicSlice(shape: [2, "m"]),
        [.init(.f64, [4, "m" + 1]), .init(.i64, [], in: 0...4), .init(.i64, [], in: 0...2)]),
    ]
  ) { call in
    try call.apply(DynamicSlice(shape: call.dims("shape") ?? []))
  }
}

/// `x` with the window that begins at `starts` replaced by `u`.
package struct DynamicUpdate: Operation {
  package init() {}

  package var name: String { "dynamic_update" }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard operands[0].dtype == operands[1].dtype else {
      throw TypeRuleError(
        "dynamic_update needs operands of one dtype, found \(operands[0]) and \(operands[1])")
    }
    try checkWindow(operands[0], operands[1].shape, starts: Array(operands.dropFirst(2)), name)
    return [operands[0]]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    windowGuards(operands[1].shape, operands[0].shape)
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    if rule.tangents[0] == nil && rule.tangents[1] == nil { return [nil] }
    let dx = rule.tangents[0] ?? rule.operands[0].zeros
    let du = rule.tangents[1] ?? rule.operands[1].zeros
    return [rule.builder.applying(self, [dx, du] + rule.operands.dropFirst(2))]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let (ct, u) = (rule.cotangent, rule.operands[1])
    let starts = Array(rule.operands.dropFirst(2))
    var result = [Term?](repeating: nil, count: rule.operands.count)
    if rule.linear[0] {
      result[0] = rule.builder.applying(
        self, [ct, u.literal(0).broadcast(to: u.shape)] + starts)
    }
    if rule.linear[1] {
      result[1] = rule.builder.applying(DynamicSlice(shape: u.shape), [ct] + starts)
    }
    return result
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    if rule.batched.dropFirst(2).contains(true) {
      let u = rule.withAxis(1)
      return [
        try batchedWindow(rule, starts: 2, rule.elementType(1).shape) { x, ix, gather in
          rule.builder.applying(
            Scatter(axes: gather.axes, batch: gather.batch, mode: .clamp, combine: .set),
            [x, ix, u])
        }
      ]
    }
    let zero = rule.builder.constant(Scalar(0 as Int64, .i64))
    return try rule.builder.apply(
      self, [rule.withAxis(0), rule.withAxis(1), zero] + rule.operands.dropFirst(2))
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let (x, u) = (operands[0], operands[1])
    let axes = u.shape.indices
    // A copy and a window: a carried array is changed in place.
    return .scatter(
      Comprehension(
        domain: u.shape,
        fetches: axes.map {
          Fetch(value: .operand($0 + 2, []), limit: x.shape[$0] - u.shape[$0])
        },
        values: [.operand(1, Comprehension.indices(u.rank))]),
      target: axes.map { .index($0) + .index(u.rank + $0) }, where: [], combine: nil)
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let (x, u) = (call.operands[0], call.operands[1])
    let starts = clampedStarts(call.operands.dropFirst(2), x.shape, u.shape)
    return [
      Tensor(x.dtype, x.shape) { index in
        let place = zip(index, starts).map(-)
        let inside = zip(place, u.shape).allSatisfy { $0 >= 0 && $0 < $1 }
        return inside ? u[place] : x[index]
      }
    ]
  }

  static let entry = Entry(
    "dynamic_update", [.operand("x"), .operand("u"), .indices("starts", .operands)],
    """
    `x` with the window that begins at indices that are data replaced by `u`; one integer scalar \
    an axis.

    A start is clamped so that the window lies inside.
    """,
    examples: [
      Example(
        DynamicUpdate(),
        [.init(.f64, ["m" + "n"]), .init(.f64, ["m"]), .init(.i64, [], in: -1...7)]),
      Example(
        DynamicUpdate(),
        [
          .init(.f64, [4, "m" + 1]), .init(.f64, [2, "m"]), .init(.i64, [], in: 0...4),
          .init(.i64, [], in: 0...2),
        ]),
    ]
  ) { call in
    try call.apply(DynamicUpdate())
  }
}

// MARK: - Shared

private func checkWindow(
  _ x: TensorType, _ window: [DimExpr], starts: [TensorType], _ name: String
) throws(TypeRuleError) {
  guard window.count == x.rank else {
    throw TypeRuleError(
      "\(name) needs a window of rank \(x.rank) for \(x), found rank \(window.count)")
  }
  guard starts.count == x.rank, starts.allSatisfy({ $0.rank == 0 && $0.dtype.isInteger }) else {
    throw TypeRuleError(
      "\(name) needs \(x.rank) integer scalars as starts for \(x), found "
        + "(\(starts.map(\.description).joined(separator: ", ")))")
  }
  for (extent, whole) in zip(window, x.shape)
  where Guard(extent, .lessOrEqual, whole).decided == false {
    throw TypeRuleError("\(name) needs a window inside \(x), found an extent of \(extent)")
  }
}

private func windowGuards(_ window: [DimExpr], _ shape: [DimExpr]) -> [Guard] {
  zip(window, shape).map { Guard($0, .lessOrEqual, $1) }.filter { $0.decided != true }
}

private func clampedStarts(
  _ starts: ArraySlice<Tensor>, _ shape: [Int], _ window: [Int]
) -> [Int] {
  zip(starts, zip(shape, window)).map { start, extents in
    Swift.min(Swift.max(Int(start[0].integer), 0), extents.0 - extents.1)
  }
}

/// Windows at different places for each element of the extra axis, as a gather or scatter at the
/// index of every element.
private func batchedWindow(
  _ rule: BatchRule, starts first: Int, _ window: [DimExpr],
  _ access: (Term, Term, Gather) -> Term
) throws -> Term {
  let x = rule.withAxis(0)
  let rank = window.count
  let shape = [rule.extent] + window
  let columns = (0..<rank).map { axis -> Term in
    let start = rule.withAxis(first + axis).converted(to: .i64)
    let limit = rule.builder.applying(
      Extent(extent: x.shape[axis + 1] - window[axis], dtype: .i64), [])
    let zero = rule.builder.constant(Scalar(0 as Int64, .i64))
    let clamped = apply(.min, apply(.max, start, zero), limit)
    let steps = rule.builder.applying(Iota(shape: shape, axis: axis + 1, dtype: .i64), [])
    return (steps + clamped.broadcast(to: shape, axes: [0])).broadcast(
      to: shape + [1], axes: Array(0...rank))
  }
  let indices = try rule.builder.apply(Concatenate(axis: rank + 1), columns)[0]
  return access(x, indices, Gather(axes: Array(1...rank), batch: 1, mode: .clamp))
}
