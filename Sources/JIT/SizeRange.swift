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
    // Divisors may be 0, and constants too large, whatever the sizes.
    var alwaysLookedAt = false
    let computed = graph.computedSizes().filter { e in
      if let value = e.constantValue { return value < 0 }
      return e.symbols.allSatisfy(symbols.contains)
    }
    for e in computed where e.isOverflow || e.hasSymbolicDivisor { alwaysLookedAt = true }
    var safe = alwaysLookedAt ? -1 : Int.max
    while safe > 0, computed.contains(where: { $0.magnitude(Double(safe)) >= 0x1p62 }) { safe /= 2 }
    self.safe = safe
    // In one order, so that the same mistake has the same message.
    self.computed = computed.sorted { ($0.description) < ($1.description) }
  }

  /// - Throws: what `evaluate` does, for an expression that has no value.
  func check(
    _ sizes: [Int], _ evaluate: (DimExpr) throws(BindingError) -> Int
  ) throws(BindingError) {
    if sizes.allSatisfy({ $0 <= safe }) && safe >= 0 { return }
    for e in computed { _ = try evaluate(e) }
  }
}

extension DimExpr {
  /// Something in it is divided by what may be 0.
  fileprivate var hasSymbolicDivisor: Bool {
    terms.contains { term in
      term.atoms.contains { atom in
        switch atom {
        case .symbol, .index, .overflow: false
        case .floorDiv(let a, let b), .mod(let a, let b):
          b.constantValue == nil || a.hasSymbolicDivisor
        case .min(let a, let b), .max(let a, let b), .broadcast(let a, let b):
          a.hasSymbolicDivisor || b.hasSymbolicDivisor
        }
      }
    }
  }
}
