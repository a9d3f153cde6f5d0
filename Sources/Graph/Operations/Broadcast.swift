// Broadcasting as an operation, and its transpose.

/// Axis k of `x` becomes axis `axes[k]` of the result; other axes are new; extents of 1 stretch.
package struct Broadcast: Operation {
  package let shape: [DimExpr]
  package let axes: [Int]

  package init(shape: [DimExpr], axes: [Int]) {
    self.shape = shape
    self.axes = axes
  }

  package var name: String { "broadcast" }
  package var attributes: [Attribute] {
    [Attribute("shape", .dims(shape)), Attribute("axes", .integers(axes))]
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try checkAxes(axes, of: operands[0], in: shape, name)
    for (k, axis) in axes.enumerated() {
      let extent = operands[0].shape[k]
      if Guard(extent, .stretchable, shape[axis]).decided == false {
        throw TypeRuleError(
          "broadcast needs an extent of 1 or \(shape[axis]) for axis \(k), found \(extent)")
      }
    }
    return [operands[0].with(shape: shape)]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    stretchGuards(from: operands[0].shape, to: shape, axes)
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0]?.broadcast(to: shape, axes: axes)]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.cotangent.collapsed(to: rule.operands[0].shape, axes: axes) }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    [
      rule.operands[0].broadcast(
        to: [rule.extent] + shape, axes: [0] + axes.map { $0 + 1 })
    ]
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let indices = axes.enumerated().map { k, axis in
      stretched(.index(axis), from: operands[0].shape[k], to: shape[axis])
    }
    return .map(Comprehension(domain: shape, values: [.operand(0, indices)]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [
      Tensor(x.dtype, call.results[0].shape) { index in
        x[axes.enumerated().map { k, axis in x.shape[k] == 1 ? 0 : index[axis] }]
      }
    ]
  }

  static let entry = Entry(
    "broadcast",
    [.operand("x"), Parameter("shape", .dims), Parameter("axes", .dims, default: "the last ones")],
    """
    Repeats along new axes and along axes of extent 1.

    Axis k of `x` becomes axis `axes[k]` of the result; without `axes`, the last axes. Its \
    transpose is `collapse`.
    """,
    examples: [
      Example(Broadcast(shape: ["n", "m"], axes: [0]), ["n"]),
      Example(Broadcast(shape: [3, "n", "m"], axes: [0, 2]), [1, "m"]),
      // Whether the operand stretches is known at the call only.
      Example(Broadcast(shape: [.broadcast("n", "k")], axes: [0]), ["k"]),
    ]
  ) { call in
    let shape = try call.dims("shape") ?? []
    let rank = call.operands[0].rank
    let axes =
      try call.integers("axes") ?? Array(Swift.max(shape.count - rank, 0)..<shape.count)
    return try call.apply(Broadcast(shape: shape, axes: axes))
  }
}

/// The transpose of `Broadcast`: sums over the axes it made and the axes it stretched.
package struct Collapse: Operation {
  package let shape: [DimExpr]
  package let axes: [Int]

  package init(shape: [DimExpr], axes: [Int]) {
    self.shape = shape
    self.axes = axes
  }

  package var name: String { "collapse" }
  package var attributes: [Attribute] {
    [Attribute("shape", .dims(shape)), Attribute("axes", .integers(axes))]
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try checkAxes(axes, of: operands[0].with(shape: shape), in: operands[0].shape, name)
    guard operands[0].dtype != .bool else {
      throw TypeRuleError("collapse needs numbers, found \(operands[0])")
    }
    return [operands[0].with(shape: shape)]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    stretchGuards(from: shape, to: operands[0].shape, axes)
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0]?.collapsed(to: shape, axes: axes)]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.cotangent.broadcast(to: rule.operands[0].shape, axes: axes) }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    [
      rule.operands[0].collapsed(
        to: [rule.extent] + shape, axes: [0] + axes.map { $0 + 1 })
    ]
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let source = operands[0].shape
    // An axis that was stretched from 1 is summed over its whole extent n, any other over 1
    // element: n // max(t, 1) elements for a target extent t, both times at index j + r.
    var domain = shape
    var indices = [DimExpr](repeating: 0, count: source.count)
    for axis in source.indices {
      if let k = axes.firstIndex(of: axis) {
        if shape[k] == source[axis] {
          indices[axis] = .index(k)
        } else {
          indices[axis] = .index(k) + .index(domain.count)
          domain.append(.floorDiv(source[axis], .max(shape[k], 1)))
        }
      } else {
        indices[axis] = .index(domain.count)
        domain.append(source[axis])
      }
    }
    let dtype = operands[0].dtype
    return .fold(
      Comprehension(domain: domain, values: [.state(0)]),
      over: Array(shape.count..<domain.count),
      states: [
        FoldState(
          initial: Scalar(0.0, dtype), update: .apply(.add, [.state(0), .operand(0, indices)]))
      ])
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    let (dtype, shape) = call.results[0]
    var sums = [Double](repeating: 0, count: shape.reduce(1, *))
    var wholes = [Int64](repeating: 0, count: sums.count)
    forEachIndex(in: x.shape) { index in
      let target = position(
        of: axes.enumerated().map { k, axis in shape[k] == 1 ? 0 : index[axis] }, in: shape)
      if dtype.isFloat {
        sums[target] += x[index].real
      } else {
        wholes[target] &+= x[index].integer
      }
    }
    return [
      dtype.isFloat
        ? Tensor(doubles: sums, dtype: dtype, shape: shape)
        : Tensor(integers: wholes, dtype: dtype, shape: shape)
    ]
  }

  static let entry = Entry(
    "collapse",
    [.operand("x"), Parameter("shape", .dims), Parameter("axes", .dims, default: "the last ones")],
    """
    Sums over what a broadcast from `shape` would repeat: the transpose of `broadcast`.

    Axis k of the result is axis `axes[k]` of `x`; the other axes are summed over, and so are \
    axes whose extent in `shape` is 1.
    """,
    examples: [
      Example(Collapse(shape: ["n"], axes: [0]), ["n", "m"]),
      Example(Collapse(shape: [1, "m"], axes: [0, 2]), [3, "n", "m"]),
      Example(Collapse(shape: ["k"], axes: [0]), [.broadcast("n", "k")]),
    ]
  ) { call in
    let shape = try call.dims("shape") ?? []
    let rank = call.operands[0].rank
    let axes = try call.integers("axes") ?? Array(Swift.max(rank - shape.count, 0)..<rank)
    return try call.apply(Collapse(shape: shape, axes: axes))
  }
}

/// One axis each, in range and increasing.
private func checkAxes(
  _ axes: [Int], of small: TensorType, in large: [DimExpr], _ name: String
) throws(TypeRuleError) {
  guard axes.count == small.rank else {
    throw TypeRuleError("\(name) needs \(small.rank) axes, found \(axes.count)")
  }
  guard axes.allSatisfy(large.indices.contains), zip(axes, axes.dropFirst()).allSatisfy(<) else {
    throw TypeRuleError(
      "\(name) needs increasing axes from 0 to \(large.count - 1), found \(axes)")
  }
}

private func stretchGuards(from small: [DimExpr], to large: [DimExpr], _ axes: [Int]) -> [Guard] {
  guard axes.count == small.count else { return [] }
  return axes.enumerated().flatMap { k, axis -> [Guard] in
    if small[k].isOne || small[k] == large[axis] { return [] }
    // A shape that was made by broadcasting this extent fits it where it is one.
    if large[axis].isBroadcast(of: small[k]) { return large[axis].broadcastGuards }
    let condition = Guard(small[k], .stretchable, large[axis])
    return condition.decided == true ? [] : [condition]
  }
}
