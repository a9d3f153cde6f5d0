// Sizes for which nothing that is computed from them leaves 64 bits. Machine code counts without a look at
// that, and a number of steps that wraps around would be a wrong result.
import Graph

/// What is computed from sizes, and up to where that is safe.
struct SizeRange: Sendable {
  /// Sizes up to this one fit, whatever is computed.
  private let safe: Int
  /// What there is to compute for others.
  private let computed: [DimExpr]

  /// - Parameter symbols: the sizes that calls have.
  init(_ graph: Graph, symbols: Set<String>) {
    computed = graph.computedSizes().filter { $0.symbols.allSatisfy(symbols.contains) }
    var safe = Int.max
    while safe > 0, computed.contains(where: { $0.magnitude(Double(safe)) >= 0x1p62 }) { safe /= 2 }
    // What is too large for all sizes, or divides by what may be 0, is always looked at.
    self.safe = computed.contains { $0.isOverflow || $0.mayDivideByZero } ? -1 : safe
  }

  /// - Throws: what `evaluate` does, for an expression that has no value.
  func check(
    _ sizes: [Int], _ evaluate: (DimExpr) throws(BindingError) -> Int
  ) throws(BindingError) {
    if safe >= 0, sizes.allSatisfy({ $0 <= safe }) { return }
    for e in computed { _ = try evaluate(e) }
  }
}

extension DimExpr {
  /// Something in it is divided by what may be 0.
  fileprivate var mayDivideByZero: Bool {
    terms.contains { term in
      term.atoms.contains { atom in
        switch atom {
        case .symbol, .index, .overflow: false
        case .floorDiv(let a, let b), .mod(let a, let b):
          !b.isPositive || a.mayDivideByZero || b.mayDivideByZero
        case .min(let a, let b), .max(let a, let b), .broadcast(let a, let b):
          a.mayDivideByZero || b.mayDivideByZero
        }
      }
    }
  }
}
