// What an operation computes, as data: index arithmetic over the elements of its operands. This is
// all that lowering knows of an operation.
//
//     map      r[i…] = value                                   elementwise, views, generators
//     fold     s = initial; for the folded indices: s = update; r[i…] = s      reductions, products
//     scan     the same along one index, storing every state                   cumulative sums
//     scatter  r = operand 0; for all i…: r[target] = combine(r[target], value)
//     pieces   maps that each fill a part of the result                        concatenation
//     call     for all i…: a function of the runtime on the rows               sorting
//     loop     a region for every step, on carried values
//     branch   one of several regions
//
// Indices are DimExprs with `.index(k)` for the k-th axis of the domain. Order: a fold runs through
// its folded indices in row-major order; a scatter through its whole domain, so that a later
// element overwrites an earlier one. Results never alias operands.

/// Indirect: many nodes of a long program share one.
package indirect enum Meaning: Sendable {
  case map(Comprehension)
  case fold(Comprehension, over: [Int], states: [FoldState])
  case scan(Comprehension, along: Int, reversed: Bool, state: FoldState)
  case scatter(Comprehension, target: [DimExpr], where: [IndexCondition], combine: ScalarFunction?)
  case pieces([Piece])
  case call(RowCall)
  /// An array given in the source.
  case constant(Tensor)
  case loop(Loop)
  case branch(Conditional)
}

/// A loop domain with the values at each of its points.
package struct Comprehension: Sendable {
  /// The extents of indices 0, 1, …; the result's own axes in order, unless a fold says otherwise.
  package var domain: [DimExpr]
  /// Indices read from integer operands; they follow those of the domain.
  package var fetches: [Fetch] = []
  /// One value a result, over `.state(k)` for folds and scans.
  package var values: [ScalarExpr]

  package init(domain: [DimExpr], fetches: [Fetch] = [], values: [ScalarExpr]) {
    self.domain = domain
    self.fetches = fetches
    self.values = values
  }
}

/// An index read from data: `index = clamp(value, 0, limit)`, or as it is where `limit` is nil and
/// conditions guard every use.
package struct Fetch: Sendable {
  package var value: ScalarExpr
  /// The largest index that is still inside, `nil` to leave the value as it is.
  package var limit: DimExpr?

  package init(value: ScalarExpr, limit: DimExpr?) {
    self.value = value
    self.limit = limit
  }
}

package struct FoldState: Sendable {
  package var initial: Scalar
  /// The next state, over `.state(k)` and the elements at the current indices.
  package var update: ScalarExpr

  package init(initial: Scalar, update: ScalarExpr) {
    self.initial = initial
    self.update = update
  }
}

/// A part of a result that is filled by a map whose index i on `axis` stands at `offset + i`.
package struct Piece: Sendable {
  package var map: Comprehension
  package var axis: Int
  package var offset: DimExpr

  package init(map: Comprehension, axis: Int, offset: DimExpr) {
    self.map = map
    self.axis = axis
    self.offset = offset
  }
}

/// An element's value.
package indirect enum ScalarExpr: Hashable, Sendable {
  /// The element of an operand at indices, one an axis.
  case operand(Int, [DimExpr])
  case literal(Scalar)
  /// An index expression as a number of a dtype.
  case index(DimExpr, DType)
  case apply(ScalarFunction, [ScalarExpr])
  case convert(ScalarExpr, to: DType)
  /// `then` where all conditions hold, else `otherwise`; elements of `then` are read only there.
  case guarded([IndexCondition], then: ScalarExpr, otherwise: ScalarExpr)
  /// The k-th state of a fold, before the update; in a result's value, at the end.
  case state(Int)
}

/// A condition on indices.
package struct IndexCondition: Hashable, Sendable {
  package enum Relation: Sendable { case lessOrEqual, less, equal }
  package var lhs: DimExpr
  package var relation: Relation
  package var rhs: DimExpr

  package init(_ lhs: DimExpr, _ relation: Relation, _ rhs: DimExpr) {
    self.lhs = lhs
    self.relation = relation
    self.rhs = rhs
  }

  /// `0 ≤ index < extent`.
  package static func inside(_ index: DimExpr, _ extent: DimExpr) -> [IndexCondition] {
    [IndexCondition(0, .lessOrEqual, index), IndexCondition(index, .less, extent)]
  }
}

/// For every point of `domain`, one call of a runtime function on rows that run along one axis.
package struct RowCall: Sendable {
  package var domain: [DimExpr]
  /// The function's name without the dtype suffix of operand 0.
  package var function: String
  package var arguments: [Argument]
  /// It gives an int: 0, or another number where there is no result. Whether the call ends then is said by
  /// `Operation.failure`.
  package var hasStatus: Bool

  package init(
    domain: [DimExpr], function: String, arguments: [Argument], hasStatus: Bool = false
  ) {
    self.domain = domain
    self.function = function
    self.arguments = arguments
    self.hasStatus = hasStatus
  }

  package enum Argument: Sendable {
    case integer(DimExpr)
    /// The address of an operand's element; the indices of the row's axis are 0.
    case operand(Int, [DimExpr])
    case result(Int, [DimExpr])
    /// Room for so many elements, its content undefined.
    case workspace(DimExpr, DType)
  }
}

extension Comprehension {
  /// `.index(0)`, `.index(1)`, … for the axes of a shape.
  package static func indices(_ count: Int) -> [DimExpr] { (0..<count).map(DimExpr.index) }
}

extension ScalarExpr {
  /// Operations an element costs.
  package var cost: Int {
    switch self {
    case .operand, .literal, .index, .state: 0
    case .apply(let f, let operands): operands.reduce(f.cost) { $0 + $1.cost }
    case .convert(let x, _): x.cost
    case .guarded(_, let a, let b): 1 + a.cost + b.cost
    }
  }
}
