// Writing at indices that are data: the transpose of gather, and its relatives that overwrite,
// multiply, or keep the smaller or larger.

/// `y = x; y[b…, ix[b…, p…, :] at axes, rest…] ∘= u[b…, p…, rest…]` in row-major order of u.
package struct Scatter: Operation {
  package enum Combine: String, Sendable, CaseIterable { case add, set, multiply, min, max }

  package let axes: [Int]
  package let batch: Int
  package let mode: IndexMode
  package let combine: Combine

  package init(axes: [Int], batch: Int, mode: IndexMode, combine: Combine) {
    self.axes = axes
    self.batch = batch
    self.mode = mode
    self.combine = combine
  }

  package var name: String { "scatter" }
  package var attributes: [Attribute] {
    [Attribute("axes", .integers(axes))]
      + (batch == 0 ? [] : [Attribute("batch", .dim(DimExpr(batch)))])
      + (mode == .drop ? [] : [Attribute("mode", .word(mode.rawValue))])
      + (combine == .add ? [] : [Attribute("combine", .word(combine.rawValue))])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let layout = try IndexedLayout(
      operands[0], operands[1], axes: axes, batch: batch, name: name)
    let update = operands[0].with(shape: layout.sliceShape)
    guard operands[2].dtype == update.dtype, operands[2].rank == update.rank,
      !zip(operands[2].shape, update.shape).contains(where: {
        Guard($0, .equal, $1).decided == false
      })
    else {
      throw TypeRuleError("scatter needs updates of type \(update), found \(operands[2])")
    }
    guard operands[0].dtype != .bool || combine == .set else {
      throw TypeRuleError("scatter needs numbers to combine, found \(operands[0])")
    }
    return [operands[0]]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    let base = indexGuards(operands, axes: axes, batch: batch, mode: mode)
    guard
      let layout = try? IndexedLayout(
        operands[0], operands[1], axes: axes, batch: batch, name: name)
    else { return base }
    return base
      + zip(operands[2].shape, layout.sliceShape).map { Guard($0, .equal, $1) }
      .filter { $0.decided != true }
  }

  private var gather: Gather { Gather(axes: axes, batch: batch, mode: mode) }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    if rule.tangents[0] == nil && rule.tangents[2] == nil { return [nil] }
    let (x, ix, u, y) = (
      rule.operands[0], rule.operands[1], rule.operands[2], rule.results[0]
    )
    let builder = rule.builder
    let dx = rule.tangents[0] ?? x.zeros
    let du = rule.tangents[2] ?? u.zeros
    switch combine {
    case .add, .set: return [builder.applying(self, [dx, ix, du])]
    case .min, .max:
      // What equals the result at its place shares the tangent.
      let hitX = choose(x == y, x.literal(1), 0)
      let hitU = choose(u == builder.applying(gather, [y, ix]), u.literal(1), 0)
      let add = Scatter(axes: axes, batch: batch, mode: mode, combine: .add)
      let count = builder.applying(add, [hitX, ix, hitU])
      let total = builder.applying(
        add, [choose(hitX == 1, dx, 0), ix, choose(hitU == 1, du, 0)])
      return [total / count]
    case .multiply:
      throw DerivativeError(
        name, "has no derivative with combine=\"multiply\"; take logarithms and add")
    }
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let (x, ix, u) = (rule.operands[0], rule.operands[1], rule.operands[2])
    let (ct, builder) = (rule.cotangent, rule.builder)
    var result: [Term?] = [nil, nil, nil]
    switch combine {
    case .add:
      if rule.linear[0] { result[0] = ct }
      if rule.linear[2] { result[2] = builder.applying(gather, [ct, ix]) }
    case .set:
      if rule.linear[0] {
        result[0] = builder.applying(self, [ct, ix, u.literal(0).broadcast(to: u.shape)])
      }
      if rule.linear[2] {
        // Of updates to one place only the last one counts: number them, write the numbers, and
        // see whose number stayed.
        let numbers = builder.applying(
          Iota(shape: [u.type.elementCount], axis: 0, dtype: .i64), []
        ).reshaped(to: u.shape)
        let none = builder.constant(Scalar(-1 as Int64, .i64)).broadcast(to: x.shape)
        let last = builder.applying(self, [none, ix, numbers])
        let stayed = builder.applying(gather, [last, ix]) == numbers
        result[2] = choose(stayed, builder.applying(gather, [ct, ix]), 0)
      }
    case .multiply, .min, .max: throw DerivativeError(name, "is not linear")
    }
    return result
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(
      Scatter(axes: axes.map { $0 + 1 }, batch: batch + 1, mode: mode, combine: combine),
      (0...2).map(rule.withAxis))
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    guard
      let layout = try? IndexedLayout(
        operands[0], operands[1], axes: axes, batch: batch, name: name)
    else { return .map(Comprehension(domain: [], values: [])) }
    let domain = operands[2].shape
    return .scatter(
      Comprehension(
        domain: domain, fetches: layout.fetches(operand: 1, from: operands[0].shape, mode),
        values: [.operand(2, Comprehension.indices(domain.count))]),
      target: layout.elementIndices(fetchBase: domain.count),
      where: layout.conditions(fetchBase: domain.count, operands[0].shape, mode),
      combine: combine.function)
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let (x, u) = (call.operands[0], call.operands[2])
    var elements = (0..<x.count).map { x[$0] }
    forEachIndex(in: u.shape) { index in
      guard
        let place = indexedPlace(
          index, x.shape, call.operands[1], axes: axes, batch: batch, mode)
      else { return }
      let p = position(of: place, in: x.shape)
      elements[p] = combine.combined(elements[p], u[index])
    }
    return [Tensor(elements, x.dtype, x.shape)]
  }

  static let entry = Entry(
    "scatter",
    [
      .operand("x"), .indices("indices"), .operand("updates"),
      Parameter("axes", .dims, default: "the first ones"),
      Parameter("batch", .dim, default: "0"),
      Parameter("mode", .word(IndexMode.allCases.map(\.rawValue)), default: "\"drop\""),
      Parameter("combine", .word(Combine.allCases.map(\.rawValue)), default: "\"add\""),
    ],
    """
    `x` with updates written at indices that are data; indices as in `gather`.

    Updates are combined with what stands there, in row-major order: added, multiplied, the \
    smaller or larger kept, or set (the last one stays). An index out of range drops its update \
    (`mode="drop"`) or means the nearest place (`mode="clamp"`). Derivatives: exact for add and \
    set, repeated indices included; ties share for min and max; none for multiply.
    """,
    examples: Combine.allCases.map { combine in
      Example(
        Scatter(axes: [0], batch: 0, mode: combine == .min ? .drop : .clamp, combine: combine),
        [
          .init(.f64, ["n" + 1, "m"], distinct: true), .init(.i64, ["k", 1], in: -1...6),
          .init(.f64, ["k", "m"], in: -2.05...1.95, distinct: true),
        ])
    } + [
      Example(
        Scatter(axes: [1], batch: 1, mode: .drop, combine: .add),
        [
          .init(.f64, ["m", "n" + 1]), .init(.i64, ["m", "k", 1], in: -1...5),
          .init(.f64, ["m", "k"]),
        ])
    ]
  ) { call in
    let count = call.operands[1].shape.last?.constantValue ?? 1
    let batch = try call.integer("batch") ?? 0
    return try call.apply(
      Scatter(
        axes: call.integers("axes") ?? Array(batch..<batch + count), batch: batch,
        mode: call.word("mode", of: IndexMode.self) ?? .drop,
        combine: call.word("combine", of: Combine.self) ?? .add))
  }
}

extension Scatter.Combine {
  /// `nil` overwrites.
  var function: ScalarFunction? {
    switch self {
    case .add: .add
    case .set: nil
    case .multiply: .multiply
    case .min: .min
    case .max: .max
    }
  }

  fileprivate func combined(_ a: Scalar, _ b: Scalar) -> Scalar {
    guard a.dtype.isFloat else {
      let (x, y) = (a.integer, b.integer)
      return switch self {
      case .add: Scalar(x &+ y, a.dtype)
      case .set: b
      case .multiply: Scalar(x &* y, a.dtype)
      case .min: Scalar(Swift.min(x, y), a.dtype)
      case .max: Scalar(Swift.max(x, y), a.dtype)
      }
    }
    return switch self {
    case .add: Scalar(a.real + b.real, a.dtype)
    case .set: b
    case .multiply: Scalar(a.real * b.real, a.dtype)
    case .min: Scalar(Swift.min(a.real, b.real), a.dtype)
    case .max: Scalar(Swift.max(a.real, b.real), a.dtype)
    }
  }
}
