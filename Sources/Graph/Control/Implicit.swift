// Values that are defined by an equation: x solves F(x, p) = 0, and how it was found does not
// matter for its derivative. By the implicit function theorem ∂x/∂p = −(∂F/∂x)⁻¹ ∂F/∂p at the
// solution, so nothing is kept of the iterations, and derivatives have any order.
//
//     operands   x, captured…
//     residual   (x, captured…) → F, of the type of x
//     result     x

/// `x`, as a solution of an equation.
package struct Root: Operation {
  package let residual: Region

  package init(residual: Region) { self.residual = residual }

  package var name: String { "root" }
  package var attributes: [Attribute] { [Attribute("residual", .region(residual))] }
  package var regions: [Region] { [residual] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard residual.inputTypes == operands else {
      throw TypeRuleError("the residual of a root reads other types than it is given")
    }
    let x = operands[0]
    guard x.dtype.isFloat else { throw TypeRuleError("a root is a float, found \(x)") }
    guard residual.outputTypes == [x] else {
      throw TypeRuleError(
        "an equation for \(x) has as many residuals as unknowns, found "
          + residual.outputTypes.map(\.description).joined(separator: ", "))
    }
    return [x]
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    // F(x, p) = 0 stays 0: ∂F/∂x dx = −∂F/∂p dp. How x itself was found to vary is no matter.
    let builder = rule.builder
    let x = rule.results[0]
    let captured = Array(rule.operands.dropFirst())
    let varying = captured.indices.filter { rule.tangents[1 + $0] != nil }
    if varying.isEmpty { return [nil] }
    let inner = GraphBuilder(name: "residual")
    let inputs = residual.addInputs(to: inner)
    let seeds = varying.map { inner.addInput("tan\($0)", captured[$0].type) }
    let output = try inner.inline(residual.graph, inputs)[0]
    let tangents = try Tangents(
      inner, of: [output.value],
      seeds: Dictionary(
        zip(varying.map { inputs[1 + $0].value }, seeds), uniquingKeysWith: { first, _ in first }))
    guard let change = tangents[output.value] else { return [nil] }
    inner.addResult("change", change)
    let right = try builder.inline(
      inner.finished().pruned().unnamed,
      [x] + captured + varying.compactMap { rule.tangents[1 + $0] })[0]
    let solve = LinearSolve(map: try slope())
    return [builder.applying(solve, [-right, x] + captured)]
  }

  /// (v, x, captured…) → ∂F/∂x v
  private func slope() throws -> Region {
    let inner = GraphBuilder(name: residual.graph.name)
    let v = inner.addInput("direction", residual.inputTypes[0])
    let inputs = residual.addInputs(to: inner)
    let output = try inner.inline(residual.graph, inputs)[0]
    let tangents = try Tangents(inner, of: [output.value], seeds: [inputs[0].value: v])
    inner.addResult("slope", tangents[output.value] ?? output.zeros)
    return Region(try inner.finished().pruned())
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }
  package func batch(_ rule: BatchRule) throws -> [Term] { try overElements(of: rule) }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let x = operands[0]
    return .map(
      Comprehension(domain: x.shape, values: [.operand(0, Comprehension.indices(x.rank))]))
  }
  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    [operands[0]]
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] { [call.operands[0]] }
}

/// The solution v of A v = b, for a linear map A given as a region.
///
///     operands   b, captured…
///     map        (v, captured…) → A v, of the type of v
///     result     v, of the type of b
///
/// The matrix of A is made by one batched application and eliminated with partial pivoting
/// (Gauss and Jordan); where it is singular the result holds ∞ or NaN.
package struct LinearSolve: Operation {
  package let map: Region

  package init(map: Region) { self.map = map }

  package var name: String { "linear_solve" }
  package var attributes: [Attribute] { [Attribute("map", .region(map))] }
  package var regions: [Region] { [map] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard map.inputTypes == operands, map.outputTypes == [operands[0]] else {
      throw TypeRuleError("a linear map is solved for the type it maps to")
    }
    return [operands[0]]
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    // A dv = db − dA v
    let captured = Array(rule.operands.dropFirst())
    let varying = captured.indices.filter { rule.tangents[1 + $0] != nil }
    var right = rule.tangents[0]
    if !varying.isEmpty {
      let inner = GraphBuilder(name: map.graph.name)
      let inputs = map.addInputs(to: inner)
      let seeds = varying.map { inner.addInput("tan\($0)", captured[$0].type) }
      let output = try inner.inline(map.graph, inputs)[0]
      let tangents = try Tangents(
        inner, of: [output.value],
        seeds: Dictionary(
          zip(varying.map { inputs[1 + $0].value }, seeds), uniquingKeysWith: { first, _ in first })
      )
      if let change = tangents[output.value] {
        inner.addResult("change", change)
        let moved = try rule.builder.inline(
          inner.finished().pruned().unnamed,
          [rule.results[0]] + captured + varying.compactMap { rule.tangents[1 + $0] })[0]
        right = right.map { $0 - moved } ?? -moved
      }
    }
    return [right.map { rule.builder.applying(self, [$0] + captured) }]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let transposed = LinearSolve(map: try transposedMap())
    return rule.only(0) {
      rule.builder.applying(transposed, [rule.cotangent] + rule.operands.dropFirst())
    }
  }

  /// (w, captured…) → Aᵀ w
  private func transposedMap() throws -> Region {
    let inner = GraphBuilder(name: map.graph.name)
    let w = inner.addInput("direction", map.inputTypes[0])
    let v = inner.addHidden(map.inputTypes[0])
    let captured = map.graph.inputs.dropFirst().map {
      inner.addInput($0.name, map.graph.type(of: $0.value))
    }
    let output = try inner.inline(map.graph, [v] + captured)[0]
    let cotangents = try Cotangents(inner, inputs: [v.value], outputs: [(output.value, w)])
    inner.addResult("slope", cotangents[v.value] ?? w.zeros)
    try inner.graph.checkTransposed(inner.graph.outputs.map(\.value), of: name, in: [v.value])
    return Region(try inner.finished().pruned())
  }

  package func batch(_ rule: BatchRule) throws -> [Term] { try overElements(of: rule) }

  /// The operation is expanded before it is lowered.
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    preconditionFailure("a linear solve is expanded before it is lowered")
  }

  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    let type = operands[0].type
    let captured = Array(operands.dropFirst())
    if type.rank == 0 {
      let slope = try builder.inline(map.graph, [operands[0].literal(1)] + captured)[0]
      return [operands[0] / slope]
    }
    let solution = try eliminated(
      rows: matrix(captured, in: builder), operands[0].reshaped(to: [type.elementCount]))
    return [solution.reshaped(to: type.shape)]
  }

  /// The matrix, transposed: row k is A eₖ.
  private func matrix(_ captured: [Term], in builder: GraphBuilder) throws -> Term {
    let type = map.inputTypes[0]
    let v = builder.addHidden(type)
    let output = try builder.inline(map.graph, [v] + captured)[0]
    let n = type.elementCount
    let batched = try Batched(
      builder, of: [output.value], seeds: [v.value: builder.basis(of: type)], extent: n)
    let rows = batched[output.value] ?? output.inserted(extents: [n], at: 0)
    return rows.reshaped(to: [n, n])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let b = call.operands[0]
    let count = b.count
    var rows = [[Double]](repeating: [], count: count)
    for k in 0..<count {
      var unit = [Double](repeating: 0, count: count)
      unit[k] = 1
      let column = try ReferenceEvaluator.run(
        map.graph,
        [Tensor(doubles: unit, dtype: b.dtype, shape: b.shape)] + call.operands.dropFirst(), call)[
          0]
      for (i, value) in column.doubles.enumerated() { rows[i].append(value) }
    }
    for (i, value) in b.doubles.enumerated() { rows[i].append(value) }
    // Elimination below the diagonal, then substitution from the last row up.
    for k in 0..<count {
      let pivot = (k..<count).max { abs(rows[$0][k]) < abs(rows[$1][k]) } ?? k
      rows.swapAt(k, pivot)
      for i in k + 1..<Swift.max(count, k + 1) {
        let factor = rows[i][k] / rows[k][k]
        for j in k...count { rows[i][j] -= factor * rows[k][j] }
      }
    }
    var x = [Double](repeating: 0, count: count)
    for k in (0..<count).reversed() {
      let rest = (k + 1..<Swift.max(count, k + 1)).reduce(rows[k][count]) {
        $0 - rows[k][$1] * x[$1]
      }
      x[k] = rest / rows[k][k]
    }
    return [Tensor(doubles: x, dtype: b.dtype, shape: b.shape)]
  }
}

extension GraphBuilder {
  /// All directions of a type: `[elements, shape…]`, one-hot.
  package func basis(of type: TensorType) -> Term {
    let n = type.elementCount
    if n.isOne { return constant(1, type.dtype).broadcast(to: [1] + type.shape, axes: []) }
    let row = applying(Iota(shape: [n, n], axis: 0, dtype: .i64), [])
    let column = applying(Iota(shape: [n, n], axis: 1, dtype: .i64), [])
    let one = constant(1, type.dtype)
    return choose(row == column, one, 0).reshaped(to: [n] + type.shape)
  }
}

/// The solution of `aᵀ x = b`, by elimination of all other rows with the largest pivot.
private func eliminated(rows a: Term, _ b: Term) throws -> Term {
  let builder = b.builder
  let n = b.shape[0]
  let system = builder.applying(
    Concatenate(axis: 1), [a.transposed([1, 0]), b.inserted(extents: [1], at: 1)])
  let reduced = try builder.loop("eliminate", bound: n, carry: [system], names: ["system"]) {
    step in
    let (inner, k, system) = (step.builder, step.index, step.carried[0])
    let places = inner.applying(Iota(shape: [n], axis: 0, dtype: .i64), [])
    let columns = system.transposed([1, 0])
    let column = columns.row(k)
    // The largest element of the column that is not above the diagonal.
    let sizes = choose(places < k, -1, apply(.abs, column))
    let largest = sizes.reduce(.max, over: [0])
    let pivot = choose(sizes == largest, places, inner.number(n)).reduce(.min, over: [0])
    let source = choose(places == k, pivot, choose(places == pivot, k, places))
    let swapped = inner.applying(
      Gather(axes: [0], batch: 0, mode: .clamp), [system, source.inserted(extents: [1], at: 1)])
    let row = swapped.row(k)
    let factors = swapped.transposed([1, 0]).row(k) / row.row(k)
    let others = choose(places == k, 0, factors)
    let product = others.inserted(extents: [n + 1], at: 1) * row
    return ([swapped - product], [])
  }[0]
  let diagonal = choose(
    builder.applying(Iota(shape: [n, n], axis: 0, dtype: .i64), [])
      == builder.applying(Iota(shape: [n, n], axis: 1, dtype: .i64), []),
    reduced.slice(axis: 1, from: 0, to: n), 0
  ).sum(over: [1])
  return reduced.slice(axis: 1, from: n, to: n + 1).reshaped(to: [n]) / diagonal
}
