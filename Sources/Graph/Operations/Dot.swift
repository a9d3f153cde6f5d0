// Products of arrays with sums over common axes: matrix products of every kind.

/// `y[b…, i…, j…] = Σₖ a[b…, i…, k…] · c[b…, j…, k…]`, axes in any order in the operands.
package struct Dot: Operation {
  package let leftContracting: [Int]
  package let rightContracting: [Int]
  package let leftBatch: [Int]
  package let rightBatch: [Int]

  package var name: String { "dot" }
  package var attributes: [Attribute] {
    let contract = [leftContracting, rightContracting].map { $0.map { DimExpr($0) } }
    let batch = [leftBatch, rightBatch].map { $0.map { DimExpr($0) } }
    return [Attribute("contract", .dimLists(contract))]
      + (leftBatch.isEmpty ? [] : [Attribute("batch", .dimLists(batch))])
  }

  package init(
    leftContracting: [Int], rightContracting: [Int], leftBatch: [Int] = [],
    rightBatch: [Int] = []
  ) {
    self.leftContracting = leftContracting
    self.rightContracting = rightContracting
    self.leftBatch = leftBatch
    self.rightBatch = rightBatch
  }

  /// The product of the operands in the other order.
  package var swapped: Dot {
    Dot(
      leftContracting: rightContracting, rightContracting: leftContracting, leftBatch: rightBatch,
      rightBatch: leftBatch)
  }

  /// The axes of an operand that stay, in order.
  private func free(_ side: Int, _ rank: Int) -> [Int] {
    let taken = side == 0 ? leftContracting + leftBatch : rightContracting + rightBatch
    return (0..<rank).filter { !taken.contains($0) }
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let (a, c) = (operands[0], operands[1])
    guard a.dtype == c.dtype, a.dtype != .bool else {
      throw TypeRuleError("\(name) needs numbers of one dtype, found \(a) and \(c)")
    }
    let left = leftContracting + leftBatch
    let right = rightContracting + rightBatch
    guard leftContracting.count == rightContracting.count, leftBatch.count == rightBatch.count,
      left.allSatisfy(a.shape.indices.contains), right.allSatisfy(c.shape.indices.contains),
      Set(left).count == left.count, Set(right).count == right.count
    else { throw TypeRuleError("dot needs pairs of different axes of \(a) and \(c)") }
    for (k, l) in zip(left, right) where Guard(a.shape[k], .equal, c.shape[l]).decided == false {
      throw TypeRuleError(
        "a product of \(a) and \(c) needs equal extents, found \(a.shape[k]) and \(c.shape[l])",
        notes: ["axis \(k) of the left operand meets axis \(l) of the right one"])
    }
    return [
      a.with(
        shape: leftBatch.map { a.shape[$0] } + free(0, a.rank).map { a.shape[$0] }
          + free(1, c.rank).map { c.shape[$0] })
    ]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    zip(leftContracting + leftBatch, rightContracting + rightBatch).compactMap { k, l in
      guard operands[0].shape.indices.contains(k), operands[1].shape.indices.contains(l) else {
        return nil
      }
      let condition = Guard(operands[0].shape[k], .equal, operands[1].shape[l])
      return condition.decided == true ? nil : condition
    }
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    let (a, c) = (rule.operands[0], rule.operands[1])
    return [
      sum([
        rule.tangents[0].map { rule.builder.applying(self, [$0, c]) },
        rule.tangents[1].map { rule.builder.applying(self, [a, $0]) },
      ])
    ]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let (a, c) = (rule.operands[0], rule.operands[1])
    let ct = rule.cotangent
    let batch = Array(0..<leftBatch.count)
    let leftFree = free(0, a.rank)
    let rightFree = free(1, c.rank)
    let leftPlaces = leftFree.indices.map { batch.count + $0 }
    let rightPlaces = rightFree.indices.map { batch.count + leftFree.count + $0 }
    var result: [Term?] = [nil, nil]
    if rule.linear[0] {
      // ā[b…, i…, k…]: the contracting axes come out in the order in which c has them.
      let product = ct.dot(
        c, contracting: (rightPlaces, rightFree), batch: (batch, rightBatch))
      let order = rightContracting.enumerated().sorted { $0.element < $1.element }
        .map { leftContracting[$0.offset] }
      result[0] = product.transposed(inverse(leftBatch + leftFree + order))
    }
    if rule.linear[1] {
      let product = ct.dot(a, contracting: (leftPlaces, leftFree), batch: (batch, leftBatch))
      let order = leftContracting.enumerated().sorted { $0.element < $1.element }
        .map { rightContracting[$0.offset] }
      result[1] = product.transposed(inverse(rightBatch + rightFree + order))
    }
    return result
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    func up(_ axes: [Int]) -> [Int] { axes.map { $0 + 1 } }
    switch (rule.batched[0], rule.batched[1]) {
    case (true, true):
      return try rule.builder.apply(
        Dot(
          leftContracting: up(leftContracting), rightContracting: up(rightContracting),
          leftBatch: [0] + up(leftBatch), rightBatch: [0] + up(rightBatch)), rule.operands)
    case (true, false):
      // The extra axis is the first of the left operand's own axes.
      let y = try rule.builder.apply(
        Dot(
          leftContracting: up(leftContracting), rightContracting: rightContracting,
          leftBatch: up(leftBatch), rightBatch: rightBatch), rule.operands)[0]
      return [y.moved(axis: leftBatch.count, to: 0)]
    case (false, _):
      let y = try rule.builder.apply(
        Dot(
          leftContracting: leftContracting, rightContracting: up(rightContracting),
          leftBatch: leftBatch, rightBatch: up(rightBatch)), rule.operands)[0]
      let place = leftBatch.count + free(0, rule.operands[0].rank).count
      return [y.moved(axis: place, to: 0)]
    }
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let (a, c) = (operands[0], operands[1])
    let rank = results[0].rank
    var left = [DimExpr](repeating: 0, count: a.rank)
    var right = [DimExpr](repeating: 0, count: c.rank)
    for (k, axis) in leftBatch.enumerated() { left[axis] = .index(k) }
    for (k, axis) in rightBatch.enumerated() { right[axis] = .index(k) }
    var next = leftBatch.count
    for axis in free(0, a.rank) {
      left[axis] = .index(next)
      next += 1
    }
    for axis in free(1, c.rank) {
      right[axis] = .index(next)
      next += 1
    }
    for (k, axis) in leftContracting.enumerated() { left[axis] = .index(rank + k) }
    for (k, axis) in rightContracting.enumerated() { right[axis] = .index(rank + k) }
    if leftContracting.isEmpty {
      let product = ScalarExpr.apply(.multiply, [.operand(0, left), .operand(1, right)])
      return .map(Comprehension(domain: results[0].shape, values: [product]))
    }
    return .fold(
      Comprehension(
        domain: results[0].shape + leftContracting.map { a.shape[$0] }, values: [.state(0)]),
      over: leftContracting.indices.map { rank + $0 },
      states: [
        FoldState(
          initial: Scalar(0 as Int64, a.dtype),
          update: .apply(
            .add,
            [.state(0), .apply(.multiply, [.operand(0, left), .operand(1, right)])]))
      ])
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let (a, c) = (call.operands[0], call.operands[1])
    let summed = leftContracting.map { a.shape[$0] }
    let (leftFree, rightFree) = (free(0, a.shape.count), free(1, c.shape.count))
    return [
      Tensor(a.dtype, call.results[0].shape) { index in
        var left = [Int](repeating: 0, count: a.shape.count)
        var right = [Int](repeating: 0, count: c.shape.count)
        for (i, axis) in (leftBatch + leftFree).enumerated() { left[axis] = index[i] }
        for (i, axis) in rightBatch.enumerated() { right[axis] = index[i] }
        for (i, axis) in rightFree.enumerated() {
          right[axis] = index[leftBatch.count + leftFree.count + i]
        }
        var real = 0.0
        var whole: Int64 = 0
        forEachIndex(in: summed) { k in
          for (i, axis) in leftContracting.enumerated() { left[axis] = k[i] }
          for (i, axis) in rightContracting.enumerated() { right[axis] = k[i] }
          if a.dtype.isFloat {
            let product = a[left].real * c[right].real
            // Where nothing is summed, nothing is added to: −0 stays.
            real = leftContracting.isEmpty ? product : real + product
          } else {
            whole &+= a[left].integer &* c[right].integer
          }
        }
        return a.dtype.isFloat ? Scalar(real, a.dtype) : Scalar(whole, a.dtype)
      }
    ]
  }

  static let entry = Entry(
    "dot",
    [
      .operand("a"), .operand("c"), Parameter("contract", .dimLists),
      Parameter("batch", .dimLists, default: "[[], []]"),
    ],
    """
    Sums products over pairs of axes: `y[b…, i…, j…] = Σₖ a[b…, i…, k…]·c[b…, j…, k…]`.

    `contract=[[axes of a], [axes of c]]` are summed over, `batch=[[…], […]]` run along together \
    and come first in the result; then the other axes of `a`, then those of `c`. `a @ c` is \
    `matmul`, the usual case.
    """,
    examples: [
      Example(Dot(leftContracting: [1], rightContracting: [0]), ["n", "k"], ["k", "m"]),
      Example(Dot(leftContracting: [0], rightContracting: [0]), ["n"], ["n"]),
      Example(Dot(leftContracting: [], rightContracting: []), ["n"], ["m"]),
      Example(
        Dot(leftContracting: [0], rightContracting: [1], leftBatch: [2], rightBatch: [0]),
        ["k", 2, "n"], ["n", "k", "m"]),
      Example(
        Dot(leftContracting: [2, 0], rightContracting: [0, 1]), ["k", 3, 2], [2, "k"]),
      Example(
        Dot(leftContracting: [1], rightContracting: [0]),
        [.init(.i32, [2, "k"], in: -5...5), .init(.i32, ["k", 3], in: -5...5)]),
    ]
  ) { call in
    func lists(_ name: String) throws -> [[Int]] {
      let lists = try call.dimLists(name) ?? [[], []]
      guard lists.count == 2 || lists.isEmpty else {
        throw TypeRuleError("dot needs two lists of axes for \(name), found \(lists.count)")
      }
      return try lists.map { list in
        try list.map { axis in
          guard let number = axis.constantValue else {
            throw TypeRuleError("dot needs plain numbers for \(name), found \(axis)")
          }
          return number
        }
      }
    }
    var (contract, batch) = (try lists("contract"), try lists("batch"))
    if contract.isEmpty { contract = [[], []] }
    if batch.isEmpty { batch = [[], []] }
    let ranks = [call.operands[0].rank, call.operands[1].rank]
    for side in 0...1 {
      contract[side] = try contract[side].map { try call.normalized($0, rank: ranks[side]) }
      batch[side] = try batch[side].map { try call.normalized($0, rank: ranks[side]) }
    }
    return try call.apply(
      Dot(
        leftContracting: contract[0], rightContracting: contract[1], leftBatch: batch[0],
        rightBatch: batch[1]))
  }
}

/// The permutation that undoes a transpose.
func inverse(_ permutation: [Int]) -> [Int] {
  permutation.indices.map { axis in permutation.firstIndex(of: axis) ?? axis }
}
