// Operations that only move elements: reshape, transpose, reverse, slice. In a kernel they are
// index arithmetic and cost nothing.

/// The same elements in row-major order under another shape.
package struct Reshape: Operation {
  package let shape: [DimExpr]

  package init(shape: [DimExpr]) {
    self.shape = shape
  }

  package var name: String { "reshape" }
  package var attributes: [Attribute] { [Attribute("shape", .dims(shape))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let result = operands[0].with(shape: shape)
    if Guard(result.elementCount, .equal, operands[0].elementCount).decided == false {
      throw TypeRuleError(
        "reshape needs as many elements as \(operands[0]) has (\(operands[0].elementCount)), "
          + "found \(result) (\(result.elementCount))")
    }
    return [result]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    let condition = Guard(
      operands[0].elementCount, .equal, operands[0].with(shape: shape).elementCount)
    return condition.decided == true ? [] : [condition]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] { [rule.tangents[0]?.reshaped(to: shape)] }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.cotangent.reshaped(to: rule.operands[0].shape) }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    [rule.operands[0].reshaped(to: [rule.extent] + shape)]
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .map(
      Comprehension(
        domain: shape, values: [.operand(0, reshapedIndices(from: operands[0].shape, to: shape))]
      ))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    [
      Tensor(
        dtype: call.operands[0].dtype, shape: call.results[0].shape, bytes: call.operands[0].bytes)
    ]
  }

  static let entry = Entry(
    "reshape", [.operand("x"), Parameter("shape", .dims)],
    """
    The same elements in row-major order under another shape.

    One extent may be −1: what is left over for it (the others must not be 0 then).
    """,
    examples: [
      Example(Reshape(shape: [2 * DimExpr("n")]), [2, "n"]),
      Example(Reshape(shape: ["n", 1, 2, 3]), ["n", 6]),
      Example(Reshape(shape: [3, DimExpr("n")]), ["n", 3]),
      Example(Reshape(shape: []), [1, 1]),
    ]
  ) { call in
    var shape = try call.dims("shape") ?? []
    let x = call.operands[0]
    if let free = shape.firstIndex(of: -1) {
      shape[free] = 1
      let known = shape.reduce(1, *)
      shape[free] = x.type.elementCount.quotient(by: known)
    }
    return try call.apply(Reshape(shape: shape))
  }
}

extension DimExpr {
  /// `self / divisor`, without a division where the factors cancel.
  func quotient(by divisor: DimExpr) -> DimExpr {
    guard terms.count == 1, constant == 0, divisor.constant == 0 || divisor.terms.isEmpty else {
      return .floorDiv(self, divisor)
    }
    let term = divisor.terms.first ?? Term(coefficient: divisor.constant, atoms: [])
    guard divisor.terms.count <= 1, term.coefficient != 0,
      terms[0].coefficient.isMultiple(of: term.coefficient)
    else { return .floorDiv(self, divisor) }
    var atoms = terms[0].atoms
    for atom in term.atoms {
      guard let place = atoms.firstIndex(of: atom) else { return .floorDiv(self, divisor) }
      atoms.remove(at: place)
    }
    let k = terms[0].coefficient / term.coefficient
    return atoms.isEmpty
      ? DimExpr(k) : DimExpr(constant: 0, terms: [Term(coefficient: k, atoms: atoms)])
  }
}

/// Where an element of the reshaped array stands in the source. Groups of axes with equal products
/// are taken apart one by one, so that axes that stay as they are need no division.
func reshapedIndices(from source: [DimExpr], to target: [DimExpr]) -> [DimExpr] {
  var indices: [DimExpr] = []
  var s = 0
  var t = 0
  while s < source.count {
    // The shortest groups source[s..<sEnd], target[t..<tEnd] of equal product.
    var (sEnd, tEnd) = (s + 1, t)
    var (left, right) = (source[s], 1 as DimExpr)
    grow: while left != right {
      if tEnd < target.count && (sEnd == source.count || !(right - left).isPositive) {
        right = right * target[tEnd]
        tEnd += 1
      } else if sEnd < source.count {
        left = left * source[sEnd]
        sEnd += 1
      } else {
        break grow
      }
    }
    if left != right { (sEnd, tEnd) = (source.count, target.count) }
    if sEnd == s + 1 && tEnd == t + 1 {
      indices.append(.index(t))
    } else {
      var linear: DimExpr = 0
      for axis in t..<tEnd { linear = linear * target[axis] + .index(axis) }
      indices += delinearized(linear, Array(source[s..<sEnd]))
    }
    (s, t) = (sEnd, tEnd)
  }
  return indices
}

/// The indices of the `linear`-th element of a row-major shape.
private func delinearized(_ linear: DimExpr, _ shape: [DimExpr]) -> [DimExpr] {
  var indices: [DimExpr] = []
  var stride: DimExpr = 1
  for (axis, extent) in shape.enumerated().reversed() {
    let quotient = DimExpr.floorDiv(linear, stride)
    indices.insert(extent.isOne ? 0 : axis == 0 ? quotient : .mod(quotient, extent), at: 0)
    stride = stride * extent
  }
  return indices
}

/// Axis k of the result is axis `permutation[k]` of the operand.
package struct Transpose: Operation {
  package let permutation: [Int]

  package init(permutation: [Int]) {
    self.permutation = permutation
  }

  package var name: String { "transpose" }
  package var attributes: [Attribute] { [Attribute("axes", .integers(permutation))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let x = operands[0]
    guard permutation.sorted() == Array(0..<x.rank) else {
      throw TypeRuleError("transpose needs each of \(x.rank) axes once, found \(permutation)")
    }
    return [x.with(shape: permutation.map { x.shape[$0] })]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0]?.transposed(permutation)]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.cotangent.transposed(inverse(permutation)) }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    [rule.operands[0].transposed([0] + permutation.map { $0 + 1 })]
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .map(
      Comprehension(
        domain: results[0].shape, values: [.operand(0, inverse(permutation).map(DimExpr.index))]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [
      Tensor(x.dtype, call.results[0].shape) { index in
        var source = index
        for (k, axis) in permutation.enumerated() { source[axis] = index[k] }
        return x[source]
      }
    ]
  }

  static let entry = Entry(
    "transpose", [.operand("x"), Parameter("axes", .dims, default: "all, reversed")],
    "Permutes axes: axis k of the result is axis `axes[k]` of `x`.",
    examples: [
      Example(Transpose(permutation: [1, 0]), ["n", "m"]),
      Example(Transpose(permutation: [2, 0, 1]), [2, "n", "m"]),
    ]
  ) { call in
    let x = call.operands[0]
    let axes = try call.integers("axes") ?? Array((0..<x.rank).reversed())
    return try call.apply(
      Transpose(permutation: axes.map { try call.normalized($0, rank: x.rank) }))
  }
}

/// The elements of some axes in reverse order.
package struct Reverse: Operation {
  package let axes: [Int]

  package init(axes: [Int]) {
    self.axes = axes
  }

  package var name: String { "reverse" }
  package var attributes: [Attribute] { [Attribute("axes", .integers(axes))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    for axis in axes { try checkAxis(axis, operands[0], name) }
    guard Set(axes).count == axes.count else {
      throw TypeRuleError("\(name) needs each axis once, found \(axes)")
    }
    return operands
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0].map { rule.builder.applying(self, [$0]) }]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.builder.applying(self, [rule.cotangent]) }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(Reverse(axes: axes.map { $0 + 1 }), rule.operands)
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let shape = operands[0].shape
    let indices = shape.indices.map {
      axes.contains($0) ? shape[$0] - 1 - .index($0) : .index($0)
    }
    return .map(Comprehension(domain: shape, values: [.operand(0, indices)]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [
      Tensor(x.dtype, x.shape) { index in
        x[index.indices.map { axes.contains($0) ? x.shape[$0] - 1 - index[$0] : index[$0] }]
      }
    ]
  }

  static let entry = Entry(
    "reverse", [.operand("x"), Parameter("axes", .dims, default: "all")],
    "Reverses the order of elements along axes.",
    examples: [
      Example(Reverse(axes: [0]), ["n"]), Example(Reverse(axes: [0, 2]), [2, "n", "m"]),
    ]
  ) { call in
    try call.apply(Reverse(axes: call.axes("axes", of: call.operands[0])))
  }
}
