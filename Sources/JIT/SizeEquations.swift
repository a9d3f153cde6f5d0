// Sizes that follow from others: an extent that was found, `2*n + 1 == 7`, and the equations that a
// function declares, `n == 2*m`, tell the only size in them that is unknown.
import Graph

/// Equations between sizes.
package struct SizeEquations: Sendable {
  private var equations: [(lhs: DimExpr, rhs: DimExpr)] = []

  /// What the function declares.
  package init(_ graph: Graph) {
    for condition in graph.constraints where condition.relation == .equal {
      equations.append((condition.lhs, condition.rhs))
    }
  }

  /// An extent of the shape of an input.
  package mutating func add(_ extent: DimExpr, is found: Int) {
    equations.append((extent, DimExpr(found)))
  }

  /// `known`, and what follows from it. Whether all equations hold is not looked at.
  package func solved(_ known: [String: Int]) -> [String: Int] {
    var sizes = known
    // What stands alone first, so that no equation is solved for what is simply told.
    for (lhs, rhs) in equations {
      if let name = lhs.symbolName, let value = rhs.constantValue, sizes[name] == nil {
        sizes[name] = value
      }
    }
    var isNew = true
    while isNew {
      isNew = false
      for (lhs, rhs) in equations {
        let unknown = (lhs - rhs).symbols.filter { sizes[$0] == nil }
        guard unknown.count == 1, !(lhs - rhs).rounds(unknown[0]),
          let value = Self.root(of: lhs - rhs, unknown[0], sizes)
        else {
          continue
        }
        sizes[unknown[0]] = value
        isNew = true
      }
    }
    return sizes
  }

  /// The size for which an expression is 0: by the line through its values at 0 and 1, so that it
  /// is found wherever the expression is linear; else by halving where it grows with the size, as n*n.
  private static func root(of e: DimExpr, _ name: String, _ sizes: [String: Int]) -> Int? {
    func at(_ value: Int) -> Int? { try? e.evaluate { $0 == name ? value : sizes[$0] } }
    guard let zero = at(0), let one = at(1), one != zero, zero != .min else { return nil }
    let (slope, overflow) = one.subtractingReportingOverflow(zero)
    if overflow { return nil }
    let value = -zero / slope
    if value >= 0 && at(value) == 0 { return value }
    guard zero < 0 ? e.grows(with: name) : (-e).grows(with: name) else { return nil }
    var (low, high) = (0, value)
    while low < high {
      let middle = low + (high - low) / 2
      // What cannot be counted is too large.
      let isBelow = at(middle).map { zero < 0 ? $0 < 0 : $0 > 0 } ?? false
      if isBelow { low = middle + 1 } else { high = middle }
    }
    return at(low) == 0 ? low : nil
  }
}

extension DimExpr {
  /// A quotient or remainder in it has the size in it: many sizes give the same.
  func rounds(_ name: String) -> Bool {
    terms.contains { term in
      term.atoms.contains { atom in
        switch atom {
        case .symbol, .index, .overflow: false
        case .floorDiv(let a, let b), .mod(let a, let b):
          a.symbols.contains(name) || b.symbols.contains(name)
        case .min(let a, let b), .max(let a, let b), .broadcast(let a, let b):
          a.rounds(name) || b.rounds(name)
        }
      }
    }
  }

  /// A sum of products of sizes, each with `name` in it positive: never smaller for a larger size.
  fileprivate func grows(with name: String) -> Bool {
    terms.allSatisfy { term in
      let names = term.atoms.map { atom -> String? in
        if case .symbol(let name) = atom { name } else { nil }
      }
      return !names.contains(nil) && (term.coefficient > 0 || !names.contains(name))
    }
  }
}
