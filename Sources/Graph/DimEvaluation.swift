// Evaluation and substitution of size expressions. Every step is checked: sizes come from users,
// and a product that wraps around would become a wrong allocation.

/// Why a size expression has no value.
public enum DimError: Error, Hashable, Sendable {
  /// A size by name that has no value.
  case unbound(symbol: String)
  /// A value, or a step on the way to it, that does not fit in 64 bits.
  case overflow(DimExpr)
  /// A quotient or remainder whose divisor is 0.
  case divisionByZero(DimExpr)
}

extension DimError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unbound(let symbol): "the size \(symbol) is not known"
    case .overflow(let e) where e.isOverflow: "a size of the function does not fit in 64 bits"
    case .overflow(let e): "the size \(e) does not fit in 64 bits"
    case .divisionByZero(let e): "the size \(e) divides by zero"
    }
  }
}

extension DimExpr {
  /// The value for given sizes.
  /// - Throws: `DimError` when a symbol has no size, a step leaves 64 bits, or a divisor is 0.
  public func evaluate(_ size: (String) -> Int?) throws(DimError) -> Int {
    if terms.isEmpty { return constant }
    var sum = constant
    var overflow = false
    for term in terms {
      var product = term.coefficient
      for atom in term.atoms {
        let factor = try atom.evaluate(size, in: self)
        (product, overflow) = product.multipliedReportingOverflow(by: factor)
        if overflow { throw .overflow(self) }
      }
      (sum, overflow) = sum.addingReportingOverflow(product)
      if overflow { throw .overflow(self) }
    }
    return sum
  }

  /// A bound of the absolute values of the expression and of every step of its evaluation, for sizes from 0
  /// to `size`. Indices of loops are taken for sizes.
  package func magnitude(_ size: Double) -> Double {
    terms.reduce(abs(Double(constant))) { sum, term in
      sum
        + term.atoms.reduce(abs(Double(term.coefficient))) { $0 * Swift.max(1, $1.magnitude(size)) }
    }
  }

  /// The same expression with atoms replaced, in normal form again; `nil` keeps the atom.
  package func replacing(_ replacement: (Atom) -> DimExpr?) -> DimExpr {
    if terms.isEmpty { return self }
    var sum = DimExpr(constant)
    for term in terms {
      var product = DimExpr(term.coefficient)
      for atom in term.atoms { product = product * atom.replacing(replacement) }
      sum = sum + product
    }
    return sum
  }

  /// The same expression with sizes replaced.
  package func binding(_ symbols: [String: DimExpr]) -> DimExpr {
    if terms.isEmpty || symbols.isEmpty { return self }
    return replacing { if case .symbol(let name) = $0 { symbols[name] } else { nil } }
  }

  /// Calls `body` for every symbol and index in the expression, inner ones included.
  package func forEachLeaf(_ body: (Atom) -> Void) {
    for term in terms {
      for atom in term.atoms {
        switch atom {
        case .symbol, .index, .overflow: body(atom)
        case .floorDiv(let a, let b), .mod(let a, let b), .min(let a, let b), .max(let a, let b),
          .broadcast(let a, let b):
          a.forEachLeaf(body)
          b.forEachLeaf(body)
        }
      }
    }
  }

  /// The names of the sizes it depends on, in order of appearance.
  package var symbols: [String] {
    var names: [String] = []
    forEachLeaf {
      if case .symbol(let name) = $0, !names.contains(name) { names.append(name) }
    }
    return names
  }

  package func mentions(index: Int) -> Bool {
    var found = false
    forEachLeaf { if case .index(index) = $0 { found = true } }
    return found
  }

  /// The factor of a loop index where the expression is linear in it, else `nil`.
  package func coefficient(ofIndex number: Int) -> DimExpr? {
    var factor: DimExpr = 0
    for term in terms {
      let hits = term.atoms.filter { $0 == .index(number) }.count
      let rest = term.atoms.filter { $0 != .index(number) }
      if hits > 1 || rest.contains(where: { DimExpr($0).mentions(index: number) }) { return nil }
      if hits == 1 {
        factor =
          factor
          + (rest.isEmpty
            ? DimExpr(term.coefficient)
            : DimExpr(constant: 0, terms: [Term(coefficient: term.coefficient, atoms: rest)]))
      }
    }
    return factor
  }
}

extension DimExpr.Atom {
  /// As of expressions; a quotient is not larger than the dividend.
  fileprivate func magnitude(_ size: Double) -> Double {
    switch self {
    case .symbol, .index: size
    case .overflow: .infinity
    case .floorDiv(let a, let b), .mod(let a, let b), .min(let a, let b), .max(let a, let b),
      .broadcast(let a, let b):
      Swift.max(a.magnitude(size), b.magnitude(size))
    }
  }

  fileprivate func evaluate(
    _ size: (String) -> Int?, in whole: DimExpr
  ) throws(DimError) -> Int {
    switch self {
    case .symbol(let name):
      guard let value = size(name) else { throw .unbound(symbol: name) }
      return value
    case .index(let number): throw .unbound(symbol: "index \(number)")
    case .overflow: throw .overflow(whole)
    case .floorDiv(let a, let b):
      let divisor = try b.evaluate(size)
      if divisor == 0 { throw .divisionByZero(whole) }
      let dividend = try a.evaluate(size)
      if dividend == .min && divisor == -1 { throw .overflow(whole) }
      return dividend.flooredQuotient(by: divisor)
    case .mod(let a, let b):
      let divisor = try b.evaluate(size)
      if divisor == 0 { throw .divisionByZero(whole) }
      let dividend = try a.evaluate(size)
      if divisor == -1 { return 0 }
      return dividend - divisor * dividend.flooredQuotient(by: divisor)
    case .min(let a, let b): return Swift.min(try a.evaluate(size), try b.evaluate(size))
    case .max(let a, let b): return Swift.max(try a.evaluate(size), try b.evaluate(size))
    case .broadcast(let a, let b):
      let x = try a.evaluate(size)
      return x == 1 ? try b.evaluate(size) : x
    }
  }

  fileprivate func replacing(_ replacement: (Self) -> DimExpr?) -> DimExpr {
    if let new = replacement(self) { return new }
    return switch self {
    case .symbol, .index, .overflow: DimExpr(self)
    case .floorDiv(let a, let b): .floorDiv(a.replacing(replacement), b.replacing(replacement))
    case .mod(let a, let b): .mod(a.replacing(replacement), b.replacing(replacement))
    case .min(let a, let b): .min(a.replacing(replacement), b.replacing(replacement))
    case .max(let a, let b): .max(a.replacing(replacement), b.replacing(replacement))
    case .broadcast(let a, let b):
      .broadcast(a.replacing(replacement), b.replacing(replacement))
    }
  }
}
