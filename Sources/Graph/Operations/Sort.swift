// Sorting along an axis, with the permutation.

/// The elements along an axis in order, and where each stood.
package struct Sort: Operation {
  package let axis: Int
  package let descending: Bool

  package init(axis: Int, descending: Bool) {
    self.axis = axis
    self.descending = descending
  }

  package var name: String { "sort" }
  package var attributes: [Attribute] {
    [Attribute("axis", .dim(DimExpr(axis)))]
      + (descending ? [Attribute("descending", .flag(true))] : [])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try checkAxis(axis, operands[0], name)
    return [operands[0], operands[0].with(dtype: .i64)]
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0].map { taken($0, along: axis, at: rule.results[1]) }, nil]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(Sort(axis: axis + 1, descending: descending), rule.operands)
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let shape = operands[0].shape
    let row = shape.indices.map {
      $0 == axis ? 0 : DimExpr.index($0 < axis ? $0 : $0 - 1)
    }
    var outer = shape
    outer.remove(at: axis)
    return .call(
      RowCall(
        domain: outer, function: "jg_sort",
        arguments: [
          .integer(shape[axis]), .integer(shape[(axis + 1)...].reduce(1, *)),
          .integer(descending ? 1 : 0), .operand(0, row), .result(0, row), .result(1, row),
          .workspace(shape[axis], .i64),
        ]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    var values = (0..<x.count).map { x[$0] }
    var places = [Int64](repeating: 0, count: x.count)
    var outer = x.shape
    outer[axis] = 1
    forEachIndex(in: outer) { index in
      let row = (0..<x.shape[axis]).map { k -> Int in
        var place = index
        place[axis] = k
        return position(of: place, in: x.shape)
      }
      let order = row.indices.sorted { i, j in
        let (a, b) = (x[row[i]], x[row[j]])
        if a.real.isNaN || b.real.isNaN {
          return a.real.isNaN == b.real.isNaN ? i < j : b.real.isNaN
        }
        if x.dtype.isFloat {
          if a.real == b.real { return i < j }
          return (a.real < b.real) != descending
        }
        if a.integer == b.integer { return i < j }
        return (a.integer < b.integer) != descending
      }
      for (k, source) in order.enumerated() {
        values[row[k]] = x[row[source]]
        places[row[k]] = Int64(source)
      }
    }
    return [
      Tensor(values, x.dtype, x.shape), Tensor(integers: places, dtype: .i64, shape: x.shape),
    ]
  }

  static let entry = Entry(
    "sort",
    [
      .operand("x"), Parameter("axis", .dim, default: "-1"),
      Parameter("descending", .flag, default: "false"),
    ],
    """
    Two results: the elements along an axis in order, and the index (i64) each had before.

    Stable; NaN come last in either order. The tangent is sorted the same way.
    """,
    examples: [
      Example(Sort(axis: 0, descending: false), ["n"], distinct: true),
      Example(Sort(axis: 1, descending: true), [2, "n", "m"], distinct: true),
      Example(Sort(axis: 0, descending: true), [.init(.i32, ["n", 2], in: -3...3)]),
    ]
  ) { call in
    try call.apply(
      Sort(
        axis: call.axis("axis", of: call.operands[0], default: -1),
        descending: call.flag("descending") ?? false))
  }
}

/// `y[…, i, …] = x[…, indices[…, i, …], …]`: one index an element along an axis.
package func taken(_ x: Term, along axis: Int, at indices: Term) -> Term {
  let last = x.rank - 1
  let rows = x.moved(axis: axis, to: last)
  let places = indices.moved(axis: axis, to: last)
  let y = x.builder.applying(
    Gather(axes: [last], batch: last, mode: .clamp),
    [rows, places.inserted(extents: [1], at: last + 1)])
  return y.moved(axis: last, to: axis)
}
