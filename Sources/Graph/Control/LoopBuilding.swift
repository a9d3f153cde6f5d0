// Building loops from closures, as transforms and tests write them.

/// What a step of a loop sees.
package struct LoopStep {
  package let builder: GraphBuilder
  package let index: Term
  package let carried: [Term]
  package let rows: [Term]
  package let captured: [Term]
}

extension GraphBuilder {
  /// A loop whose body is written by a closure.
  ///
  /// - Parameters:
  ///   - captured: what body and condition read from outside; they must not use anything else.
  ///   - body: the next carried values, and the rows of stacks.
  /// - Returns: the carried values at the end, the stacks, the number of steps.
  package func loop(
    _ name: String = "step", bound: DimExpr?, count: Term? = nil, carry: [Term], rows: [Term] = [],
    captured: [Term] = [], names: [String] = [], reversed: Bool = false, keep: Keep = .all,
    condition: ((LoopStep) throws -> Term)? = nil,
    body: (LoopStep) throws -> (next: [Term], rows: [Term])
  ) throws -> [Term] {
    let unique = UniqueNames(
      ["index"] + names + (names.count..<carry.count).map { "carried\($0)" }
        + rows.map { self.graph.names[$0.value] ?? "row" }
        + captured.map { self.graph.names[$0.value] ?? "given" })
    func region(withRows: Bool, _ write: (LoopStep) throws -> [Term]) throws -> Region {
      let builder = GraphBuilder(name: name)
      builder.origin = origin
      var next = 0
      func inputs(_ types: [TensorType]) -> [Term] {
        defer { next += types.count }
        return types.enumerated().map { builder.addInput(unique[next + $0], $1) }
      }
      let index = inputs([TensorType(.i64)])[0]
      let carried = inputs(carry.map(\.type))
      let seen = withRows ? inputs(rows.map(\.type.row)) : []
      next = 1 + carry.count + rows.count
      let given = inputs(captured.map(\.type))
      let results = try write(
        LoopStep(
          builder: builder, index: index, carried: carried, rows: seen, captured: given))
      for (k, result) in results.enumerated() { builder.addResult("next\(k)", result) }
      return Region(try builder.finished())
    }
    let main = try region(withRows: true) { step in
      let (next, rows) = try body(step)
      return next + rows
    }
    let test = try condition.map { condition in
      try region(withRows: false) { [try condition($0)] }
    }
    let loop = Loop(
      body: main, condition: test, bound: bound, hasCount: count != nil,
      carriedCount: carry.count, scannedCount: rows.count, isReversed: reversed, keep: keep)
    return try apply(loop, (count.map { [$0] } ?? []) + carry + rows + captured)
  }

  package func integer(_ value: Int64) -> Term { constant(Scalar(value, .i64)) }

  /// A size as a number.
  package func number(_ size: DimExpr) -> Term {
    size.constantValue.map { integer(Int64($0)) } ?? applying(Extent(extent: size, dtype: .i64), [])
  }
}

extension Term {
  /// `self[index]` along the first axis, which may have no element where no step asks for one;
  /// zeros where the index is outside.
  package func row(_ index: Term) -> Term {
    builder.applying(
      Gather(axes: [0], batch: 0, mode: .drop), [self, index.reshaped(to: [1])])
  }

  /// The same with row `index` replaced.
  package func replacing(row index: Term, by row: Term) -> Term {
    let zero = builder.integer(0)
    return builder.applying(
      DynamicUpdate(),
      [self, row.reshaped(to: [1] + row.shape), index]
        + [Term](repeating: zero, count: rank - 1))
  }
}
