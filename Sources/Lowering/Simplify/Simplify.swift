// Algebraic simplification: rebuilds a graph node by node, so that equal nodes merge, literals fold
// and identities vanish. Every rule holds for all values, NaN, ∞ and −0 included, to the bit; the one
// exception are small whole powers, which as products are one or two roundings away.
// Requires and establishes a well-typed graph. No rule holds `builder.graph` in a variable while it
// builds: the builder would then copy the whole graph for each node.
import Graph

extension Graph {
  /// The same function, simplified, with what its loops and conditionals share and do not need
  /// gone.
  /// - Throws: `DerivativeError` where the tangent of a function is needed whose rule for cotangents is not
  ///   linear in them, so that it has none.
  package func simplified() throws -> Graph {
    var graph = try expanded().algebraicallySimplified()
    guard graph.nodes.indices.contains(where: { graph.nodes[$0].hasRegions }) else { return graph }
    let simplified = SimplifiedRegions()
    // What one round lays open, the next one finds.
    for _ in 0..<4 {
      let merged = graph.withMergedRegions()
      let lean = try (merged ?? graph).withLeanRegions(simplified)
      guard let changed = lean ?? merged else { break }
      graph = changed.algebraicallySimplified()
    }
    return graph
  }

  /// The graph with ordinary operations in place of those that are there for their derivatives.
  private func expanded() throws -> Graph {
    let isOrdinary = nodes.indices.allSatisfy { k in
      !nodes[k].mayExpand || nodes[k].operation is Loop || nodes[k].operation is Conditional
    }
    if isOrdinary { return self }
    var graph = self
    var isExpanded = true
    // What is expanded may hold more of them.
    while isExpanded {
      isExpanded = false
      graph = try graph.rebuilt { operation, operands, _, builder in
        if !operation.regions.isEmpty || operation.isComposed,
          let terms = try operation.expansion(operands.map(builder.term), in: builder)
        {
          isExpanded = true
          return terms.map(\.value)
        }
        return nil
      }
    }
    return graph
  }

  private func algebraicallySimplified() -> Graph {
    let (builder, given) = emptied()
    var renamed = given
    let live = liveNodes()
    let useCounts = self.useCounts()
    let pairs = sigmoidPairs(live)
    var operands: [Value] = []
    for (index, node) in nodes.enumerated() where live[index] {
      builder.origin = node.origin
      setOperands(&operands, of: node, renamed: renamed)
      let results =
        swappedProduct(node, operands, useCounts, builder)
        ?? openSigmoid(node, pairs, builder) { renamed[Int($0.index)] }
        ?? rewritten(node.primitive, operands, builder) ?? copied(node, operands, builder)
      for (old, new) in zip(node.resultRange, results) {
        renamed[Int(old)] = new
        if let name = names[Value(Int(old))] { builder.name(builder.term(new), name) }
      }
    }
    for output in outputs {
      if let value = renamed[Int(output.value.index)] {
        builder.addOutput(output.name, builder.term(value))
      }
    }
    return builder.graph.pruned()
  }

  /// What a rule makes of the operation; `nil` where none holds.
  private func rewritten(
    _ primitive: Primitive, _ operands: [Value], _ builder: GraphBuilder
  ) -> ValueRange? {
    if let function = primitive.function {
      let elementwise = Elementwise(function)
      if builder.areScalars(operands) {
        return simplifiedElementwise(elementwise, operands, builder).map { ValueRange($0) }
      }
      if let value = ofScalars(elementwise, operands, builder)
        ?? timesOnes(elementwise, operands, builder)
      {
        return ValueRange(value)
      }
      let direct = withoutBroadcasts(elementwise, operands, builder)
      if let value = simplifiedElementwise(elementwise, direct, builder) {
        return ValueRange(value)
      }
      return direct == operands ? nil : applied(elementwise, direct, builder)
    }
    // The outer product with a scalar is a product.
    let operation = primitive.operation
    if let dot = operation as? Dot, dot.leftContracting.isEmpty, dot.leftBatch.isEmpty,
      operands.contains(where: { builder.type(of: $0).rank == 0 })
    {
      return rewritten(.elementwise(.multiply), operands, builder)
        ?? applied(Elementwise(.multiply), operands, builder)
    }
    return simplifiedView(operation, operands, builder).map { ValueRange($0) }
  }

  /// The operation as it is.
  private func copied(_ node: Node, _ operands: [Value], _ builder: GraphBuilder) -> ValueRange {
    (try? builder.copy(node, of: self, operands)) ?? ValueRange(0..<0)
  }

  /// The operands have types that fit, so the type rule holds.
  private func applied(
    _ operation: any Operation, _ operands: [Value], _ builder: GraphBuilder
  ) -> ValueRange {
    (try? builder.apply(operation, operands)) ?? ValueRange(0..<0)
  }

  // MARK: - Elementwise

  /// f(broadcast a, broadcast b, c) = broadcast f(a, b, c) for scalars a, b, c.
  private func ofScalars(
    _ operation: Elementwise, _ operands: [Value], _ builder: GraphBuilder
  ) -> Value? {
    var scalars: [Value] = []
    for operand in operands {
      if builder.type(of: operand).rank == 0 {
        scalars.append(operand)
      } else if let node = builder.graph.definingNode(of: operand),
        builder.graph.nodes[node].operation is Broadcast,
        let source = builder.graph.operands(of: node).first,
        builder.type(of: source).rank == 0
      {
        scalars.append(source)
      } else {
        return nil
      }
    }
    guard
      let type = try? operation.resultTypes(of: operands.map { builder.type(of: $0) })[0],
      let scalar = simplifiedElementwise(operation, scalars, builder)
        ?? (try? builder.apply(operation, scalars)[0])
    else { return nil }
    return builder.term(scalar).broadcast(to: type.shape, axes: []).value
  }

  /// x · broadcast 1 = broadcast x, where no condition on sizes would be lost.
  private func timesOnes(
    _ operation: Elementwise, _ operands: [Value], _ builder: GraphBuilder
  ) -> Value? {
    guard operation.function == .multiply else { return nil }
    let types = operands.map { builder.type(of: $0) }
    func isOnes(_ value: Value) -> Bool {
      guard let node = builder.graph.definingNode(of: value),
        builder.graph.nodes[node].operation is Broadcast,
        let source = builder.graph.operands(of: node).first
      else { return false }
      return builder.literal(source)?.isExactly(1) == true
    }
    guard let k = operands.indices.first(where: { isOnes(operands[1 - $0]) }),
      let type = try? operation.resultTypes(of: types)[0], operation.guards(of: types).isEmpty
    else { return nil }
    return builder.term(operands[k]).broadcast(to: type.shape).value
  }

  /// The operands without broadcasts that the operation does by itself.
  private func withoutBroadcasts(
    _ operation: Elementwise, _ operands: [Value], _ builder: GraphBuilder
  ) -> [Value] {
    if operands.count < 2
      || !operands.contains(where: { builder.graph.operation(defining: $0) is Broadcast })
    {
      return operands
    }
    guard let type = try? operation.resultTypes(of: operands.map { builder.type(of: $0) })
    else { return operands }
    var direct = operands
    for k in operands.indices {
      guard let node = builder.graph.definingNode(of: operands[k]),
        let broadcast = builder.graph.nodes[node].operation as? Broadcast,
        let source = builder.graph.operands(of: node).first
      else { continue }
      let rank = builder.type(of: source).rank
      guard broadcast.axes == Array(broadcast.shape.count - rank..<broadcast.shape.count) else {
        continue
      }
      let before = direct[k]
      direct[k] = source
      if (try? operation.resultTypes(of: direct.map { builder.type(of: $0) })) != type {
        direct[k] = before
      }
    }
    return direct
  }

  private func simplifiedElementwise(
    _ operation: Elementwise, _ operands: [Value], _ builder: GraphBuilder
  ) -> Value? {
    // Without a literal only these have a rule.
    if !builder.hasLiteral(operands) {
      switch operation.function {
      // a + (−b) = a − b
      case .add:
        guard let b = builder.operands(of: operands[1], if: .negate)?.first else { return nil }
        return try? builder.apply(Elementwise(.subtract), [operands[0], b])[0]
      // −(−x) = x
      case .negate: return builder.operands(of: operands[0], if: .negate)?.first
      // select of one value
      case .select where operands[1] == operands[2]:
        let type = try? operation.resultTypes(of: operands.map { builder.type(of: $0) })[0]
        return builder.type(of: operands[1]) == type ? operands[1] : nil
      // x < x, and for integers x == x: a NaN equals nothing
      case .less where operands[0] == operands[1], .greater where operands[0] == operands[1]:
        return builder.bools(false, like: operands[0])
      case .equal where builder.areSameInteger(operands),
        .lessEqual where builder.areSameInteger(operands),
        .greaterEqual where builder.areSameInteger(operands):
        return builder.bools(true, like: operands[0])
      case .notEqual where builder.areSameInteger(operands):
        return builder.bools(false, like: operands[0])
      default: return nil
      }
    }
    let literals = operands.map { builder.literal($0) }
    if let folded = folded(operation, literals) { return builder.constant(folded).value }
    guard let type = try? operation.resultTypes(of: operands.map { builder.type(of: $0) })[0]
    else { return nil }
    func keeps(_ k: Int) -> Value? { builder.type(of: operands[k]) == type ? operands[k] : nil }
    func isLiteral(_ k: Int, _ value: Double) -> Bool { literals[k]?.isExactly(value) == true }
    switch operation.function {
    // x · 1 = 1 · x = x
    case .multiply where isLiteral(1, 1): return keeps(0)
    case .multiply where isLiteral(0, 1): return keeps(1)
    // x / 1 = x
    case .divide where isLiteral(1, 1): return keeps(0)
    // x + (−0) = x; for integers x + 0 = x
    case .add where isLiteral(1, type.dtype.isFloat ? -0.0 : 0): return keeps(0)
    case .add where isLiteral(0, type.dtype.isFloat ? -0.0 : 0): return keeps(1)
    case .add:
      return (builder.operands(of: operands[1], if: .negate)?.first).flatMap {
        try? builder.apply(Elementwise(.subtract), [operands[0], $0])[0]
      }
    // x − 0 = x
    case .subtract where isLiteral(1, 0): return keeps(0)
    // x^0 = 1, also for NaN; x^1 = x, x^2 = x·x; pow is exact in all
    case .pow where isLiteral(1, 0):
      return builder.constant(1, type.dtype).broadcast(to: type.shape, axes: []).value
    case .pow where isLiteral(1, 1): return keeps(0)
    case .pow where isLiteral(1, 2):
      return keeps(0).flatMap { try? builder.apply(Elementwise(.multiply), [$0, $0])[0] }
    // x^3 = x·x·x, x^4 = (x·x)·(x·x), x^−1 = 1 / x, x^−2 = (1 / x)·(1 / x)
    case .pow where isLiteral(1, 3) || isLiteral(1, 4):
      return keeps(0).map { x in
        let x = builder.term(x)
        let square = x * x
        return (isLiteral(1, 3) ? square * x : square * square).value
      }
    case .pow where type.dtype.isFloat && (isLiteral(1, -1) || isLiteral(1, -2)):
      return keeps(0).map { x in
        let inverse = 1 / builder.term(x)
        return (isLiteral(1, -1) ? inverse : inverse * inverse).value
      }
    case .select:
      if operands[1] == operands[2] { return keeps(1) }
      if let condition = literals[0] { return keeps(condition.bits != 0 ? 1 : 2) }
      return nil
    default: return nil
    }
  }

  /// The value of a function of literals where C computes exactly the same: operations that IEEE
  /// rounds correctly, and tests.
  private func folded(_ operation: Elementwise, _ literals: [Scalar?]) -> Scalar? {
    let operands = literals.compactMap { $0 }
    guard operands.count == literals.count else { return nil }
    let exact: Set<ScalarFunction> = [
      .add, .subtract, .multiply, .divide, .negate, .abs, .sqrt, .equal, .notEqual, .less,
      .lessEqual, .greater, .greaterEqual,
    ]
    guard exact.contains(operation.function) else { return nil }
    return operation.function.value(operands)
  }

  // MARK: - Products

  /// transpose (a · b) = b · a, where nothing else reads the product.
  private func swappedProduct(
    _ node: Node, _ operands: [Value], _ useCounts: [Int32], _ builder: GraphBuilder
  ) -> ValueRange? {
    guard case .other = node.primitive, let transpose = node.operation as? Transpose,
      let value = self.operands(of: node).first,
      let inner = builder.graph.definingNode(of: operands[0]),
      let dot = builder.graph.nodes[inner].operation as? Dot
    else { return nil }
    let factors = Array(builder.graph.operands(of: inner))
    let ranks = factors.map { builder.type(of: $0).rank }
    let batch = dot.leftBatch.count
    let left = ranks[0] - batch - dot.leftContracting.count
    let right = ranks[1] - batch - dot.rightContracting.count
    let order = [0..<batch, batch + left..<batch + left + right, batch..<batch + left]
    guard transpose.permutation == order.flatMap(Array.init), useCounts[Int(value.index)] == 1
    else { return nil }
    return rewritten(Primitive(dot.swapped), factors.reversed(), builder)
      ?? applied(dot.swapped, factors.reversed(), builder)
  }

  /// How often each value is read, outputs included.
  private func useCounts() -> [Int32] {
    var counts = [Int32](repeating: 0, count: types.count)
    for operand in operandList { counts[Int(operand.index)] += 1 }
    for output in outputs { counts[Int(output.value.index)] += 1 }
    return counts
  }

  // MARK: - Views

  private func simplifiedView(
    _ operation: any Operation, _ operands: [Value], _ builder: GraphBuilder
  ) -> Value? {
    switch operation {
    // transpose ∘ transpose
    case let outer as Transpose:
      guard let node = builder.graph.definingNode(of: operands[0]),
        let inner = builder.graph.nodes[node].operation as? Transpose,
        let source = builder.graph.operands(of: node).first
      else { return nil }
      let joined = outer.permutation.map { inner.permutation[$0] }
      return builder.term(source).transposed(joined).value
    case let outer as Reshape: return simplifiedReshape(operands[0], to: outer.shape, builder)
    // broadcast of a broadcast
    case let outer as Broadcast:
      guard let node = builder.graph.definingNode(of: operands[0]),
        let inner = builder.graph.nodes[node].operation as? Broadcast,
        let source = builder.graph.operands(of: node).first
      else { return nil }
      return builder.term(source).broadcast(
        to: outer.shape, axes: inner.axes.map { outer.axes[$0] }
      ).value
    // A sum of one element that is a sum, which is never −0; other folds of one element.
    case let reduction as Reduction:
      let type = builder.type(of: operands[0])
      guard reduction.axes.allSatisfy({ type.shape[$0].isOne }),
        reduction.kind != .sum || type.dtype.isInteger || isSum(operands[0], builder.graph)
      else { return nil }
      let kept = type.shape.indices.filter { !reduction.axes.contains($0) }
      return simplifiedReshape(operands[0], to: kept.map { type.shape[$0] }, builder)
    case let convert as Convert:
      return builder.type(of: operands[0]).dtype == convert.dtype ? operands[0] : nil
    default: return nil
    }
  }
  /// reshape ∘ reshape, and a reshape to the same shape
  private func simplifiedReshape(
    _ operand: Value, to shape: [DimExpr], _ builder: GraphBuilder
  ) -> Value {
    let isReshaped = builder.graph.operation(defining: operand) is Reshape
    let source = builder.graph.definingNode(of: operand).flatMap {
      builder.graph.operands(of: $0).first
    }
    return builder.term(isReshaped ? source ?? operand : operand).reshaped(to: shape).value
  }

  /// Begins with 0 and adds.
  private func isSum(_ value: Value, _ graph: Graph) -> Bool {
    switch graph.operation(defining: value) {
    case let reduction as Reduction: reduction.kind == .sum
    case is Collapse: true
    default: false
    }
  }
}

extension GraphBuilder {
  /// One integer on both sides.
  fileprivate func areSameInteger(_ operands: [Value]) -> Bool {
    operands[0] == operands[1] && !type(of: operands[0]).dtype.isFloat
  }

  /// A truth value for each element.
  fileprivate func bools(_ value: Bool, like other: Value) -> Value {
    constant(Scalar(value)).broadcast(to: type(of: other).shape, axes: []).value
  }
}
