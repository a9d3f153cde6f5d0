// Reductions: sum, product, extrema, any and all over axes.

/// `y[i…] = x[i…, k…] ∘ x[i…, k′…] ∘ …` over the axes, which disappear.
package struct Reduction: Operation {
  package enum Kind: String, Sendable, CaseIterable {
    case sum, prod, max, min, any, all
  }

  package let kind: Kind
  /// Increasing.
  package let axes: [Int]

  package init(kind: Kind, axes: [Int]) {
    self.kind = kind
    self.axes = axes
  }

  package var name: String { kind.rawValue }
  package var attributes: [Attribute] { [Attribute("axes", .integers(axes))] }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let x = operands[0]
    let fits =
      switch kind {
      case .sum, .prod: x.dtype != .bool
      case .max, .min: true
      case .any, .all: x.dtype == .bool
      }
    guard fits else {
      throw TypeRuleError(
        kind == .any || kind == .all
          ? "\(name) needs bool, found \(x)" : "\(name) needs numbers, found \(x)",
        help: x.dtype == .bool ? "convert it: i64(…)" : "compare it first: x != 0")
    }
    guard axes.allSatisfy(x.shape.indices.contains), zip(axes, axes.dropFirst()).allSatisfy(<)
    else { throw TypeRuleError("\(name) needs increasing axes below \(x.rank), found \(axes)") }
    return [x.with(shape: x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })]
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let dx = rule.tangents[0] else { return [nil] }
    let (x, y) = (rule.operands[0], rule.results[0])
    switch kind {
    case .sum: return [dx.sum(over: axes)]
    case .any, .all: return [nil]
    case .max, .min:
      // Ties share the tangent.
      let hit = x == y.broadcast(to: x.shape, axes: kept(x.rank))
      let count = choose(hit, x.literal(1), 0).sum(over: axes)
      // Nothing hits in an empty axis, nor where the result is NaN.
      return [choose(hit, dx, 0).sum(over: axes) / apply(.max, count, count.literal(1))]
    case .prod:
      return [productTangent(x, dx)]
    }
  }

  /// d ∏ xₖ = Σₖ dxₖ ∏ⱼ₍ⱼ≠ₖ₎ xⱼ, without dividing by factors that may be 0.
  private func productTangent(_ x: Term, _ dx: Term) -> Term {
    let outer = kept(x.rank)
    let shape = outer.map { x.shape[$0] }
    let length = axes.reduce(1 as DimExpr) { $0 * x.shape[$1] }
    func row(_ t: Term) -> Term {
      t.transposed(outer + axes).reshaped(to: shape + [length])
    }
    let axis = outer.count
    let factors = row(x)
    // Products of what stands before and behind each factor.
    let before = shifted(
      x.builder.applying(Cumulative(kind: .prod, axis: axis, reversed: false), [factors]),
      axis, by: 1)
    let behind = shifted(
      x.builder.applying(Cumulative(kind: .prod, axis: axis, reversed: true), [factors]),
      axis, by: -1)
    return (row(dx) * before * behind).sum(over: [axis])
  }

  private func kept(_ rank: Int) -> [Int] { (0..<rank).filter { !axes.contains($0) } }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    guard kind == .sum else { throw DerivativeError(name, "is not linear") }
    let shape = rule.operands[0].shape
    return rule.only(0) { rule.cotangent.broadcast(to: shape, axes: kept(shape.count)) }
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(
      Reduction(kind: kind, axes: axes.map { $0 + 1 }), rule.operands)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    // The domain is that of the operand, in its order; results and folds pick their axes.
    let x = operands[0]
    let element = ScalarExpr.operand(0, Comprehension.indices(x.rank))
    let function = kind.function
    return .fold(
      Comprehension(domain: x.shape, values: [.state(0)]), over: axes,
      states: [
        FoldState(
          initial: function.foldStart(x.dtype),
          update: .apply(function, [.state(0), element]))
      ])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    let (dtype, shape) = call.results[0]
    var slots = [[Scalar]](repeating: [], count: shape.reduce(1, *))
    let outer = kept(x.shape.count)
    forEachIndex(in: x.shape) { index in
      slots[position(of: outer.map { index[$0] }, in: shape)].append(x[index])
    }
    return [Tensor(slots.map { kind.folded($0, dtype) }, dtype, shape)]
  }
}

extension Reduction.Kind {
  package var function: ScalarFunction {
    switch self {
    case .sum: .add
    case .prod: .multiply
    case .max: .max
    case .min: .min
    case .any: .or
    case .all: .and
    }
  }

  fileprivate func folded(_ x: [Scalar], _ dtype: DType) -> Scalar {
    switch self {
    case .sum where dtype.isFloat: Scalar(x.reduce(0) { $0 + $1.real }, dtype)
    case .sum: Scalar(x.reduce(0) { $0 &+ $1.integer }, dtype)
    case .prod where dtype.isFloat: Scalar(x.reduce(1) { $0 * $1.real }, dtype)
    case .prod: Scalar(x.reduce(1) { $0 &* $1.integer }, dtype)
    case .any: Scalar(x.contains { $0.bits != 0 })
    case .all: Scalar(x.allSatisfy { $0.bits != 0 })
    case .max, .min:
      x.reduce(function.foldStart(dtype)) { function.value([$0, $1]) }
    }
  }

  private var details: String {
    switch self {
    case .sum: "Sums over axes. An empty axis gives 0. Linear."
    case .prod:
      "Multiplies over axes. An empty axis gives 1. The derivative is exact where factors are 0."
    case .max:
      "The largest element over axes; NaN if there is one. An empty axis gives −∞ (the least "
        + "integer, false). Elements that tie share the tangent equally."
    case .min:
      "The smallest element over axes; NaN if there is one. An empty axis gives ∞ (the greatest "
        + "integer, true). Elements that tie share the tangent equally."
    case .any: "True where an element is true; false for an empty axis."
    case .all: "True where all elements are true; true for an empty axis."
    }
  }

  fileprivate var entry: Entry {
    let operand: ([DimExpr]) -> Example.Operand = { shape in
      self == .any || self == .all
        ? Example.Operand(.bool, shape, in: 0...1)
        : Example.Operand(.f64, shape, distinct: self == .max || self == .min)
    }
    var examples = [
      Example(Reduction(kind: self, axes: [0]), [operand(["n"])]),
      Example(Reduction(kind: self, axes: [1]), [operand(["n", "m"])]),
      Example(Reduction(kind: self, axes: [0, 2]), [operand([2, "n", "m"])]),
    ]
    if self != .any && self != .all {
      examples.append(
        Example(
          Reduction(kind: self, axes: [0]), [Example.Operand(.i32, ["n", 2], in: -5...5)]))
    }
    return Entry(
      rawValue,
      [
        .operand("x"), Parameter("axes", .dims, default: "all"),
        Parameter("keep", .flag, default: "false"),
      ],
      details + "\n\nThe axes disappear, or stay with extent 1 where `keep=true`.",
      examples: examples
    ) { call in
      let x = call.operands[0]
      let axes = try call.axes("axes", of: x)
      let y = try call.apply(Reduction(kind: self, axes: axes))
      return try call.flag("keep") == true ? y.map { $0.keeping(axes, of: x) } : y
    }
  }
}

extension Reduction {
  static let entries = Kind.allCases.map(\.entry)
}

extension Term {
  /// A reduction of `x` over `axes`, with the axes back as extents of 1.
  func keeping(_ axes: [Int], of x: Term) -> Term {
    broadcast(
      to: x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] },
      axes: x.shape.indices.filter { !axes.contains($0) })
  }
}

/// `t` moved along an axis by one place, with 1 where nothing comes in.
func shifted(_ t: Term, _ axis: Int, by step: Int) -> Term {
  var low = [DimExpr](repeating: 0, count: t.rank)
  var high = low
  low[axis] = DimExpr(step)
  high[axis] = DimExpr(-step)
  return t.padded(1, low: low, high: high)
}
