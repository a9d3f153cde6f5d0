// Reading and writing at indices that are data: gather and its transpose scatter. What happens to
// an index that is out of range is a parameter; no access ever leaves a buffer.

/// What an index out of range does.
package enum IndexMode: String, Sendable, CaseIterable {
  /// The nearest element is taken.
  case clamp
  /// Reads give 0, writes are dropped.
  case drop
}

/// `y[b…, p…, rest…] = x[b…, ix[b…, p…, :] at axes, rest…]`
///
/// The first `batch` axes are shared by both operands. The last axis of the indices holds one
/// index for each of `axes`; the other axes of `x` are taken whole.
package struct Gather: Operation {
  package let axes: [Int]
  package let batch: Int
  package let mode: IndexMode

  package init(axes: [Int], batch: Int, mode: IndexMode) {
    self.axes = axes
    self.batch = batch
    self.mode = mode
  }

  package var name: String { "gather" }
  package var attributes: [Attribute] {
    [Attribute("axes", .integers(axes))]
      + (batch == 0 ? [] : [Attribute("batch", .dim(DimExpr(batch)))])
      + (mode == .clamp ? [] : [Attribute("mode", .word(mode.rawValue))])
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let layout = try IndexedLayout(
      operands[0], operands[1], axes: axes, batch: batch, name: name)
    return [operands[0].with(shape: layout.sliceShape)]
  }
  package func guards(of operands: [TensorType]) -> [Guard] {
    indexGuards(operands, axes: axes, batch: batch, mode: mode)
  }
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    [rule.tangents[0].map { rule.builder.applying(self, [$0, rule.operands[1]]) }]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let x = rule.operands[0]
    return rule.only(0) {
      rule.builder.applying(
        Scatter(axes: axes, batch: batch, mode: mode, combine: .add),
        [x.literal(0).broadcast(to: x.shape), rule.operands[1], rule.cotangent])
    }
  }
  package func batch(_ rule: BatchRule) throws -> [Term] {
    if rule.batched[1] || batch > 0 {
      return try rule.builder.apply(
        Gather(axes: axes.map { $0 + 1 }, batch: batch + 1, mode: mode),
        [rule.withAxis(0), rule.withAxis(1)])
    }
    // Only x: the extra axis is one of those taken whole; it lands behind the places.
    let places = rule.operands[1].rank - 1
    let y = try rule.builder.apply(
      Gather(axes: axes.map { $0 + 1 }, batch: 0, mode: mode), rule.operands)[0]
    return [y.moved(axis: places, to: 0)]
  }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    guard
      let layout = try? IndexedLayout(
        operands[0], operands[1], axes: axes, batch: batch, name: name)
    else { return .map(Comprehension(domain: [], values: [])) }
    let domain = results[0].shape
    let fetches = layout.fetches(operand: 1, from: operands[0].shape, mode)
    let element = ScalarExpr.operand(0, layout.elementIndices(fetchBase: domain.count))
    let conditions = layout.conditions(fetchBase: domain.count, operands[0].shape, mode)
    return .map(
      Comprehension(
        domain: domain, fetches: fetches,
        values: [
          conditions.isEmpty
            ? element
            : .guarded(
              conditions, then: element, otherwise: .literal(Scalar(0 as Int64, results[0].dtype)))
        ]))
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [
      Tensor(x.dtype, call.results[0].shape) { index in
        let place = indexedPlace(
          index, x.shape, call.operands[1], axes: axes, batch: batch, mode)
        return place.map { x[$0] } ?? Scalar(0 as Int64, x.dtype)
      }
    ]
  }

  static let entry = Entry(
    "gather",
    [
      .operand("x"), .indices("indices"), Parameter("axes", .dims, default: "the first ones"),
      Parameter("batch", .dim, default: "0"),
      Parameter("mode", .word(IndexMode.allCases.map(\.rawValue)), default: "\"clamp\""),
    ],
    """
    Reads `x` at indices that are data: `y[b…, p…, rest…] = x[b…, indices[b…, p…, :], rest…]`.

    The last axis of `indices` holds one index for each of `axes`; the other axes of `x` are \
    taken whole. The first `batch` axes belong to both. An index out of range means the nearest \
    element (`mode="clamp"`) or reads 0 (`mode="drop"`); negative indices do not count from the \
    end. Its transpose is `scatter`.
    """,
    examples: [
      Example(
        Gather(axes: [0], batch: 0, mode: .clamp),
        [.init(.f64, ["n" + 1, "m"]), .init(.i64, ["k", 1], in: -1...6)]),
      Example(
        Gather(axes: [0, 2], batch: 0, mode: .drop),
        [.init(.f64, ["n" + 1, 2, 3]), .init(.i32, ["k", 2, 2], in: -1...4)]),
      Example(
        Gather(axes: [1], batch: 1, mode: .clamp),
        [.init(.f64, ["m", "n" + 1]), .init(.i64, ["m", "k", 1], in: 0...5)]),
    ]
  ) { call in
    let count = call.operands[1].shape.last?.constantValue ?? 1
    let batch = try call.integer("batch") ?? 0
    return try call.apply(
      Gather(
        axes: call.integers("axes") ?? Array(batch..<batch + count), batch: batch,
        mode: call.word("mode", of: IndexMode.self) ?? .clamp))
  }
}

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

// MARK: - Shared layout

/// How the axes of indexed operand, indices and slices belong together.
private struct IndexedLayout {
  let axes: [Int]
  let batch: Int
  /// The axes of the indices between the shared ones and the last.
  let placeCount: Int
  let rank: Int
  /// The type of what is read or written: shared axes, places, axes taken whole.
  let sliceShape: [DimExpr]

  init(
    _ x: TensorType, _ ix: TensorType, axes: [Int], batch: Int, name: String
  ) throws(TypeRuleError) {
    guard ix.dtype.isInteger, ix.rank >= batch + 1 else {
      throw TypeRuleError("\(name) needs integer indices of rank \(batch + 1) or more, found \(ix)")
    }
    guard axes.allSatisfy({ $0 >= batch && $0 < x.rank }), zip(axes, axes.dropFirst()).allSatisfy(<)
    else {
      throw TypeRuleError("\(name) needs increasing axes from \(batch) below \(x.rank), found \(axes)")
    }
    guard ix.shape[ix.rank - 1] == DimExpr(axes.count) else {
      throw TypeRuleError(
        "\(name) needs \(axes.count) indices for \(axes.count) axes along the last axis, found \(ix)")
    }
    self.axes = axes
    self.batch = batch
    rank = x.rank
    placeCount = ix.rank - 1 - batch
    let whole = (batch..<x.rank).filter { !axes.contains($0) }
    sliceShape = Array(ix.shape.dropLast()) + whole.map { x.shape[$0] }
  }

  func fetches(operand: Int, from shape: [DimExpr], _ mode: IndexMode) -> [Fetch] {
    axes.enumerated().map { k, axis in
      let indices = Comprehension.indices(batch + placeCount) + [DimExpr(k)]
      return Fetch(
        value: .operand(operand, indices), limit: mode == .clamp ? shape[axis] - 1 : nil)
    }
  }

  func elementIndices(fetchBase: Int) -> [DimExpr] {
    var whole = batch + placeCount
    return (0..<rank).map { axis in
      if axis < batch { return .index(axis) }
      if let k = axes.firstIndex(of: axis) { return .index(fetchBase + k) }
      defer { whole += 1 }
      return .index(whole)
    }
  }

  func conditions(fetchBase: Int, _ shape: [DimExpr], _ mode: IndexMode) -> [IndexCondition] {
    mode == .clamp
      ? []
      : axes.enumerated().flatMap { k, axis in
        IndexCondition.inside(.index(fetchBase + k), shape[axis])
      }
  }
}

private func indexGuards(
  _ operands: [TensorType], axes: [Int], batch: Int, mode: IndexMode
) -> [Guard] {
  let (x, ix) = (operands[0], operands[1])
  guard x.rank >= batch, ix.rank >= batch, axes.allSatisfy(x.shape.indices.contains) else {
    return []
  }
  var guards = (0..<batch).map { Guard(x.shape[$0], .equal, ix.shape[$0]) }
  // There must be an element to clamp to, unless there is nothing to read or write.
  if mode == .clamp {
    let count = ix.shape.dropLast().reduce(1, *)
    for axis in axes where !x.shape[axis].isPositive {
      guards.append(Guard(.min(count, 1), .lessOrEqual, x.shape[axis]))
    }
  }
  return guards.filter { $0.decided != true }
}

/// Where an element of the slices stands in the indexed operand, for reference evaluations; `nil`
/// where it is dropped.
private func indexedPlace(
  _ index: [Int], _ shape: [Int], _ indices: Tensor, axes: [Int], batch: Int, _ mode: IndexMode
) -> [Int]? {
  let places = indices.shape.count - 1
  var whole = places
  var result: [Int] = []
  for axis in shape.indices {
    if axis < batch {
      result.append(index[axis])
    } else if let k = axes.firstIndex(of: axis) {
      let i = Int(indices[Array(index[..<places]) + [k]].integer)
      if mode == .drop && (i < 0 || i >= shape[axis]) { return nil }
      result.append(Swift.min(Swift.max(i, 0), shape[axis] - 1))
    } else {
      result.append(index[whole])
      whole += 1
    }
  }
  return result
}
