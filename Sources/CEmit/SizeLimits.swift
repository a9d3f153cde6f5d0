// Sizes for which shipped C would count beyond 64 bits. What arrays of the caller hold is counted within
// them; what is counted besides is bounded by polynomials of the sizes, which double precision can
// compute without overflow:
//
//     if (8.0*(double)n*(double)n*(double)n > 9e18) return 1;
import Graph
import Lowering

extension LoopProgram {
  /// What the program counts to, but for what its parameters and its workspace are as large as.
  var countedSizes: [DimExpr] {
    var counted: [DimExpr] = []
    for statement in body {
      statement.forEach { inner in
        if case .loop(let loop) = inner, let extent = loop.extent { counted.append(extent) }
        inner.expression?.forEachIndexExpression { counted.append($0) }
      }
    }
    let held = buffers.filter { $0.isParameter }.map(\.elementCount) + [workspaceByteCount]
    return Self.largest(counted, notIn: held)
  }

  /// What the workspace's size counts to, but for what the parameters are as large as.
  var workspaceSizes: [DimExpr] {
    Self.largest([workspaceByteCount], notIn: buffers.filter { $0.isParameter }.map(\.elementCount))
  }

  /// Bounds of expressions that are products of sizes, without those that others cover.
  private static func largest(_ counted: [DimExpr], notIn held: [DimExpr]) -> [DimExpr] {
    let held = held.map(\.bound)
    var seen: Set<DimExpr> = []
    var found: [DimExpr] = []
    for e in counted where e.constantValue == nil && seen.insert(e).inserted {
      let bound = e.bound
      // Single sizes are counted by whoever gives them.
      guard bound.terms.contains(where: { $0.atoms.count > 1 }),
        !(held + found).contains(where: { $0.covers(bound) })
      else { continue }
      found.removeAll { bound.covers($0) }
      found.append(bound)
    }
    return found
  }
}

extension DimExpr {
  /// A sum of products of sizes that is not smaller in absolute value; without indices, which are
  /// smaller than sizes.
  fileprivate var bound: DimExpr {
    terms.reduce(DimExpr(Swift.max(0, constant))) { sum, term in
      sum
        + term.atoms.reduce(DimExpr(abs(term.coefficient))) { product, atom in
          switch atom {
          case .symbol: product * DimExpr(atom)
          case .index, .overflow: product
          case .floorDiv(let a, _): product * a.bound
          case .mod(let a, let b), .min(let a, let b), .max(let a, let b), .broadcast(let a, let b):
            product * (a.bound + b.bound)
          }
        }
    }
  }

  /// Each product of `other` is part of one of these.
  fileprivate func covers(_ other: DimExpr) -> Bool {
    other.terms.allSatisfy { term in
      term.atoms.count < 2
        || terms.contains { own in
          var rest = own.atoms
          return term.atoms.allSatisfy { atom in
            guard let place = rest.firstIndex(of: atom) else { return false }
            rest.remove(at: place)
            return true
          }
        }
    }
  }
}

extension CFunction {
  /// The condition in C that a bound does not fit in 64 bits.
  mutating func overflow(_ bound: DimExpr) -> CText {
    let products = bound.terms.map { term in
      (["\(term.coefficient).0"] + term.atoms.map { "(double)\(index(DimExpr($0)).inside(.unary))" })
        .joined(separator: "*")
    }
    return CText(text: products.joined(separator: " + ") + " > 9e18", precedence: .relation)
  }
}
