// Recognizes products: a fold that sums the product of two operands, which then becomes a call of
// the runtime's matrix product on strided views. What counts is the form, not the name.
import Graph

/// A sum of products as batch, row, column and sum indices.
struct Contraction {
  enum Policy: Sendable {
    /// Calls of the runtime's product.
    case kernels
    /// Plain loops, for C that stands alone.
    case loops
  }

  let left: (operand: Int, indices: [DimExpr])
  let right: (operand: Int, indices: [DimExpr])
  let domain: [DimExpr]
  /// Domain indices in both operands and the result.
  let batch: [Int]
  let rows: [Int]
  let columns: [Int]
  let summed: [Int]
  let dtype: DType

  init?(_ graph: Graph, _ node: Node, _ meaning: Meaning?, _ policy: Policy) {
    guard policy == .kernels, case .fold(let map, let over, let states)? = meaning,
      states.count == 1, map.fetches.isEmpty, case .state? = map.values.first,
      case .apply(.add, let sum) = states[0].update, sum.count == 2,
      case .state = sum[0], case .apply(.multiply, let factors) = sum[1],
      case .operand(let a, let ai) = factors[0], case .operand(let b, let bi) = factors[1],
      states[0].initial.dtype.isFloat
    else { return nil }
    // Every index must stand alone on an axis.
    guard (ai + bi).allSatisfy({ $0.isPlainIndex }) else { return nil }
    domain = map.domain
    dtype = states[0].initial.dtype
    left = (a, ai)
    right = (b, bi)
    var groups: [[Int]] = [[], [], [], []]
    for index in domain.indices {
      let inLeft = ai.contains(.index(index))
      let inRight = bi.contains(.index(index))
      switch (over.contains(index), inLeft, inRight) {
      case (true, true, true): groups[3].append(index)
      case (false, true, true): groups[0].append(index)
      case (false, true, false): groups[1].append(index)
      case (false, false, true): groups[2].append(index)
      default: return nil
      }
    }
    (batch, rows, columns, summed) = (groups[0], groups[1], groups[2], groups[3])
    // Without a sum, or without rows and columns, loops do as well.
    guard !summed.isEmpty, !(rows.isEmpty && columns.isEmpty) else { return nil }
    // Small known sizes are faster in place than through a call.
    let product = (rows + columns + summed).reduce(1 as DimExpr) { $0 * domain[$1] }
    if let known = product.constantValue, known <= 64 { return nil }
  }
}

extension DimExpr {
  fileprivate var isPlainIndex: Bool {
    if case .index? = singleAtom { true } else { false }
  }
}
