// Cumulative sums, products and extrema, and the first-order linear recurrence in which their
// derivatives are written.

/// `y[…,i,…] = x[…,0,…] ∘ … ∘ x[…,i,…]` along one axis, from its end where reversed.
package struct Cumulative: Operation {
  package enum Kind: String, Sendable, CaseIterable { case sum, prod, max, min }

  package let kind: Kind
  package let axis: Int
  package let reversed: Bool

  package init(kind: Kind, axis: Int, reversed: Bool) {
    self.kind = kind
    self.axis = axis
    self.reversed = reversed
  }

  package var name: String { "cum\(kind.rawValue)" }
  package var attributes: [Attribute] {
    [Attribute("axis", .dim(DimExpr(axis)))]
      + (reversed ? [Attribute("reverse", .flag(true))] : [])
  }

  private var function: ScalarFunction {
    switch kind {
    case .sum: .add
    case .prod: .multiply
    case .max: .max
    case .min: .min
    }
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try checkAxis(axis, operands[0], name)
    guard operands[0].dtype != .bool else {
      throw TypeRuleError("\(name) needs numbers, found \(operands[0])")
    }
    return operands
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dx = rule.tangents[0] else { return [nil] }
    let (x, y, builder) = (rule.operands[0], rule.results[0], rule.builder)
    switch kind {
    case .sum: return [builder.applying(self, [dx])]
    case .prod:
      // yᵢ = xᵢ·yᵢ₋₁, so dyᵢ = xᵢ·dyᵢ₋₁ + yᵢ₋₁·dxᵢ.
      let previous = shifted(y, axis, by: reversed ? -1 : 1)
      return [
        builder.applying(
          LinearRecurrence(axis: axis, reversed: reversed), [x, previous * dx])
      ]
    case .max, .min:
      // dyᵢ is dxᵢ where xᵢ is a new extremum, dyᵢ₋₁ elsewhere; at a tie half of each.
      let previous = shiftedIn(y, kind == .max ? -.infinity : .infinity)
      let fresh = kind == .max ? x > previous : x < previous
      let tie = x == previous
      let weight = choose(fresh, x.literal(1), choose(tie, x.literal(0.5), 0))
      return [
        builder.applying(
          LinearRecurrence(axis: axis, reversed: reversed), [1 - weight, weight * dx])
      ]
    }
  }

  private func shiftedIn(_ t: Term, _ value: Double) -> Term {
    var low = [DimExpr](repeating: 0, count: t.rank)
    var high = low
    low[axis] = reversed ? -1 : 1
    high[axis] = reversed ? 1 : -1
    return t.padded(value, low: low, high: high)
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    guard kind == .sum else { throw DerivativeError(name, "is not linear") }
    return rule.only(0) {
      rule.builder.applying(
        Cumulative(kind: .sum, axis: axis, reversed: !reversed), [rule.cotangent])
    }
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(
      Cumulative(kind: kind, axis: axis + 1, reversed: reversed), rule.operands)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let x = operands[0]
    return .scan(
      Comprehension(domain: x.shape, values: [.state(0)]), along: axis, reversed: reversed,
      state: FoldState(
        initial: function.foldStart(x.dtype),
        update: .apply(
          function, [.state(0), .operand(0, Comprehension.indices(x.rank))])))
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    let reduction = Reduction(
      kind: Reduction.Kind(rawValue: kind.rawValue) ?? .sum, axes: [0])
    return [
      try Tensor(x.dtype, x.shape) { index in
        let range = reversed ? index[axis]..<x.shape[axis] : 0..<index[axis] + 1
        let row = range.map { k -> Scalar in
          var place = index
          place[axis] = k
          return x[place]
        }
        let part = Tensor(row, x.dtype, [row.count])
        return try reduction.evaluate(
          ReferenceCall(operands: [part], results: [(x.dtype, [])], size: call.size))[0][0]
      }
    ]
  }

  static let entries = Kind.allCases.map { kind in
    Entry(
      "cum\(kind.rawValue)",
      [
        .operand("x"), Parameter("axis", .dim, default: "0"),
        Parameter("reverse", .flag, default: "false"),
      ],
      [
        Kind.sum: "Cumulative sums along an axis; from its end with `reverse=true`. Linear.",
        .prod: "Cumulative products along an axis. The derivative is exact where factors are 0.",
        .max: "Running maxima along an axis; at a tie the tangent is shared.",
        .min: "Running minima along an axis; at a tie the tangent is shared.",
      ][kind] ?? "",
      examples: [
        Example(
          Cumulative(kind: kind, axis: 0, reversed: false), ["n"],
          distinct: kind == .max || kind == .min),
        Example(
          Cumulative(kind: kind, axis: 1, reversed: true), [2, "n", "m"],
          distinct: kind == .max || kind == .min),
        Example(
          Cumulative(kind: kind, axis: 0, reversed: false),
          [Example.Operand(.i64, ["n", 2], in: -3...3)]),
      ]
    ) { call in
      try call.apply(
        Cumulative(
          kind: kind, axis: call.axis("axis", of: call.operands[0], default: 0),
          reversed: call.flag("reverse") ?? false))
    }
  }
}

/// `yᵢ = aᵢ·yᵢ₋₁ + bᵢ` along one axis, starting from 0.
package struct LinearRecurrence: Operation {
  package let axis: Int
  package let reversed: Bool

  package init(axis: Int, reversed: Bool) {
    self.axis = axis
    self.reversed = reversed
  }

  package var name: String { "linear_recurrence" }
  package var attributes: [Attribute] {
    [Attribute("axis", .dim(DimExpr(axis)))]
      + (reversed ? [Attribute("reverse", .flag(true))] : [])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try checkAxis(axis, operands[0], name)
    guard operands[0] == operands[1], operands[0].dtype.isFloat else {
      throw TypeRuleError(
        "linear_recurrence needs two float operands of one type, found "
          + "\(operands[0]) and \(operands[1])")
    }
    return [operands[0]]
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    // dyᵢ = aᵢ·dyᵢ₋₁ + (yᵢ₋₁·daᵢ + dbᵢ)
    let (a, y) = (rule.operands[0], rule.results[0])
    let source = sum([rule.tangents[0].map { previous(y) * $0 }, rule.tangents[1]])
    return [source.map { rule.builder.applying(self, [a, $0]) }]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    if rule.linear[0] { throw DerivativeError(name, "is not linear in its first operand") }
    // b̄ᵢ = ȳᵢ + aᵢ₊₁·b̄ᵢ₊₁
    let next = LinearRecurrence(axis: axis, reversed: !reversed)
    return rule.only(1) {
      rule.builder.applying(next, [next.previous(rule.operands[0]), rule.cotangent])
    }
  }

  /// The element that the recurrence passes just before, 0 at the start.
  private func previous(_ t: Term) -> Term {
    var low = [DimExpr](repeating: 0, count: t.rank)
    var high = low
    low[axis] = reversed ? -1 : 1
    high[axis] = reversed ? 1 : -1
    return t.padded(0, low: low, high: high)
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(
      LinearRecurrence(axis: axis + 1, reversed: reversed), [rule.withAxis(0), rule.withAxis(1)])
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let indices = Comprehension.indices(operands[0].rank)
    return .scan(
      Comprehension(domain: operands[0].shape, values: [.state(0)]), along: axis,
      reversed: reversed,
      state: FoldState(
        initial: Scalar(0.0, operands[0].dtype),
        update: .apply(
          .add, [.apply(.multiply, [.operand(0, indices), .state(0)]), .operand(1, indices)])))
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let (a, b) = (call.operands[0], call.operands[1])
    return [
      Tensor(a.dtype, a.shape) { index in
        var y = 0.0
        let steps =
          reversed
          ? Array((index[axis]..<a.shape[axis]).reversed()) : Array(0...index[axis])
        for k in steps {
          var place = index
          place[axis] = k
          y = a[place].real * y + b[place].real
        }
        return Scalar(y, a.dtype)
      }
    ]
  }

  static let entry = Entry(
    "linear_recurrence",
    [
      .operand("a"), .operand("b"), Parameter("axis", .dim, default: "0"),
      Parameter("reverse", .flag, default: "false"),
    ],
    """
    `yᵢ = aᵢ·yᵢ₋₁ + bᵢ` along an axis, from y₋₁ = 0; from the end with `reverse=true`.

    Closed under derivatives: its own derivative is a linear recurrence.
    """,
    examples: [
      Example(LinearRecurrence(axis: 0, reversed: false), ["n"], ["n"]),
      Example(LinearRecurrence(axis: 1, reversed: true), [2, "n", "m"], [2, "n", "m"]),
    ]
  ) { call in
    try call.apply(
      LinearRecurrence(
        axis: call.axis("axis", of: call.operands[0], default: 0),
        reversed: call.flag("reverse") ?? false))
  }
}

func checkAxis(_ axis: Int, _ type: TensorType, _ name: String) throws(TypeRuleError) {
  guard type.shape.indices.contains(axis) else {
    throw TypeRuleError("\(name) has no axis \(axis): the operand is \(type)")
  }
}
