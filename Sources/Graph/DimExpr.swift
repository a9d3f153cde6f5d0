// Integer expressions over the sizes that are bound at the call: extents, offsets, byte counts.
// Every expression is kept in one normal form (a polynomial over atoms, sorted), so equal means
// identical: `2*n` and `n + n` are the same value. Lowering uses the same algebra for array
// indices, with loop indices as atoms. How an expression is evaluated is in DimEvaluation.swift,
// how it is written in DimExpr+Text.swift.

/// An integer expression in normal form: `constant + Σ coefficient · atom · atom …`.
///
/// Symbols stand for extents, so they are never negative. Arithmetic cannot fail while building:
/// where a coefficient does not fit 64 bits, or the expression would grow beyond its bounds, the
/// whole becomes `overflow`, whose evaluation is an error.
public struct DimExpr: Hashable, Sendable {
  package var constant: Int
  package var terms: [Term]

  /// A product of atoms with its coefficient; the atoms are sorted.
  package struct Term: Hashable, Sendable {
    package var coefficient: Int
    package var atoms: [Atom]
  }

  /// What a polynomial is made of.
  package indirect enum Atom: Hashable, Sendable {
    /// A size bound at the call.
    case symbol(String)
    /// An integer variable of a loop nest (a loop index, or an index read from data).
    case index(Int)
    case floorDiv(DimExpr, DimExpr)
    case mod(DimExpr, DimExpr)
    case min(DimExpr, DimExpr)
    case max(DimExpr, DimExpr)
    /// The common extent of two extents that are equal or of which one is 1.
    case broadcast(DimExpr, DimExpr)
    /// Something left the range of 64 bits or the bounds; it always stands alone.
    case overflow
  }

  package init(constant: Int, terms: [Term]) {
    self.constant = constant
    self.terms = terms
  }

  /// A number.
  public init(_ constant: Int) { self.init(constant: constant, terms: []) }

  package init(_ atom: Atom) {
    self.init(constant: 0, terms: [Term(coefficient: 1, atoms: [atom])])
  }

  /// The size named `name`.
  public static func symbol(_ name: String) -> DimExpr { DimExpr(.symbol(name)) }

  package static func index(_ number: Int) -> DimExpr { DimExpr(.index(number)) }

  package static let overflow = DimExpr(.overflow)

  /// The number, if no symbol is left.
  public var constantValue: Int? { terms.isEmpty ? constant : nil }

  /// The name, if the expression is one bare symbol.
  public var symbolName: String? {
    if case .symbol(let name)? = singleAtom { name } else { nil }
  }

  /// The atom, if the expression is exactly one.
  package var singleAtom: Atom? {
    guard constant == 0, terms.count == 1, terms[0].coefficient == 1, terms[0].atoms.count == 1
    else { return nil }
    return terms[0].atoms[0]
  }

  /// Left the range of 64 bits or the bounds.
  package var isOverflow: Bool {
    terms.count == 1 && terms[0].atoms.count == 1 && terms[0].atoms[0] == .overflow
  }

  package var isZero: Bool { terms.isEmpty && constant == 0 }
  package var isOne: Bool { terms.isEmpty && constant == 1 }
}

extension DimExpr: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}

// MARK: - Ring arithmetic

extension DimExpr {
  /// The sum, in the normal form in which equal expressions are one.
  public static func + (a: DimExpr, b: DimExpr) -> DimExpr {
    if a.isOverflow || b.isOverflow { return .overflow }
    let (constant, overflow) = a.constant.addingReportingOverflow(b.constant)
    if overflow { return .overflow }
    if b.terms.isEmpty { return DimExpr(constant: constant, terms: a.terms) }
    if a.terms.isEmpty { return DimExpr(constant: constant, terms: b.terms) }
    var terms: [Term] = []
    terms.reserveCapacity(a.terms.count + b.terms.count)
    var i = 0
    var j = 0
    while i < a.terms.count && j < b.terms.count {
      switch order(a.terms[i].atoms, b.terms[j].atoms) {
      case ..<0:
        terms.append(a.terms[i])
        i += 1
      case 1...:
        terms.append(b.terms[j])
        j += 1
      default:
        let (sum, overflow) = a.terms[i].coefficient.addingReportingOverflow(
          b.terms[j].coefficient)
        if overflow { return .overflow }
        if sum != 0 { terms.append(Term(coefficient: sum, atoms: a.terms[i].atoms)) }
        i += 1
        j += 1
      }
    }
    terms += a.terms[i...]
    terms += b.terms[j...]
    return DimExpr(constant: constant, terms: terms)
  }

  /// The expression with its sign changed.
  public static prefix func - (a: DimExpr) -> DimExpr { a * -1 }
  /// The difference.
  public static func - (a: DimExpr, b: DimExpr) -> DimExpr { a + b * -1 }

  /// The product, multiplied out.
  public static func * (a: DimExpr, b: DimExpr) -> DimExpr {
    if let k = b.constantValue { return a.scaled(by: k) }
    if let k = a.constantValue { return b.scaled(by: k) }
    let degree = (a.terms.last?.atoms.count ?? 0) + (b.terms.last?.atoms.count ?? 0)
    if a.isOverflow || b.isOverflow || degree > degreeLimit
      || a.terms.count * b.terms.count > productLimit
    {
      return .overflow
    }
    var sum = a.scaled(by: b.constant)
    for term in b.terms {
      for left in a.terms {
        let (k, overflow) = left.coefficient.multipliedReportingOverflow(by: term.coefficient)
        if overflow { return .overflow }
        let atoms = (left.atoms + term.atoms).sorted { order($0, $1) < 0 }
        sum = sum + DimExpr(constant: 0, terms: [Term(coefficient: k, atoms: atoms)])
      }
      sum = sum + DimExpr(constant: 0, terms: [term]).scaled(by: a.constant)
    }
    return sum
  }

  private func scaled(by k: Int) -> DimExpr {
    if k == 1 || isOverflow { return self }
    if k == 0 { return 0 }
    var result = self
    var overflow: Bool
    (result.constant, overflow) = constant.multipliedReportingOverflow(by: k)
    if overflow { return .overflow }
    for i in result.terms.indices {
      (result.terms[i].coefficient, overflow) = terms[i].coefficient
        .multipliedReportingOverflow(by: k)
      if overflow { return .overflow }
    }
    return result
  }
}

// MARK: - Bounds

extension DimExpr {
  // Far above what programs need; without them a short file could make an expression that takes
  // hours to build or whose nesting exhausts the stack.
  private static var productLimit: Int { 1000 }
  private static var degreeLimit: Int { 64 }
  private static var weightLimit: Int { 1000 }

  /// A compound atom, unless it would be too large.
  private init(bounded atom: Atom, _ a: DimExpr, _ b: DimExpr) {
    var budget = Self.weightLimit
    let fits = !a.isOverflow && !b.isOverflow && a.spend(&budget) && b.spend(&budget)
    self.init(fits ? atom : .overflow)
  }

  /// Takes one for every term and atom out of the budget; false where that does not suffice.
  private func spend(_ budget: inout Int) -> Bool {
    for term in terms {
      budget -= 1 + term.atoms.count
      if budget < 0 { return false }
      for atom in term.atoms {
        switch atom {
        case .symbol, .index, .overflow: break
        case .floorDiv(let a, let b), .mod(let a, let b), .min(let a, let b), .max(let a, let b),
          .broadcast(let a, let b):
          if !a.spend(&budget) || !b.spend(&budget) { return false }
        }
      }
    }
    return true
  }
}

// MARK: - Division, order and broadcasting

extension DimExpr {
  /// ⌊a / b⌋. Terms that a constant `b` divides leave the division: `(4*n + i) // 4 = n + i // 4`.
  public static func floorDiv(_ a: DimExpr, _ b: DimExpr) -> DimExpr {
    if b.isOne { return a }
    guard let k = b.constantValue, k > 0, !a.isOverflow else {
      return DimExpr(bounded: .floorDiv(a, b), a, b)
    }
    let (quotient, remainder) = a.split(by: k)
    if let r = remainder.constantValue { return quotient + DimExpr(r.flooredQuotient(by: k)) }
    return quotient + DimExpr(bounded: .floorDiv(remainder, b), remainder, b)
  }

  /// a − b·⌊a / b⌋, with the sign of `b`.
  public static func mod(_ a: DimExpr, _ b: DimExpr) -> DimExpr {
    if b.isOne { return a.isOverflow ? .overflow : 0 }
    guard let k = b.constantValue, k > 0, !a.isOverflow else {
      return DimExpr(bounded: .mod(a, b), a, b)
    }
    let (_, remainder) = a.split(by: k)
    if let r = remainder.constantValue { return DimExpr(r - k * r.flooredQuotient(by: k)) }
    return DimExpr(bounded: .mod(remainder, b), remainder, b)
  }

  /// `self = k · quotient + remainder`, where `k` divides no coefficient left in the remainder
  /// and the remainder's constant lies in `0..<k`.
  private func split(by k: Int) -> (quotient: DimExpr, remainder: DimExpr) {
    let q = constant.flooredQuotient(by: k)
    var quotient = DimExpr(q)
    var remainder = DimExpr(constant - k * q)
    for term in terms {
      if term.coefficient.isMultiple(of: k) {
        quotient.terms.append(Term(coefficient: term.coefficient / k, atoms: term.atoms))
      } else {
        remainder.terms.append(term)
      }
    }
    return (quotient, remainder)
  }

  /// The smaller of two.
  public static func min(_ a: DimExpr, _ b: DimExpr) -> DimExpr {
    if let d = (a - b).sign { return d <= 0 ? a : b }
    return DimExpr(bounded: order(a, b) < 0 ? .min(a, b) : .min(b, a), a, b)
  }

  /// The larger of two.
  public static func max(_ a: DimExpr, _ b: DimExpr) -> DimExpr {
    if let d = (a - b).sign { return d >= 0 ? a : b }
    return DimExpr(bounded: order(a, b) < 0 ? .max(a, b) : .max(b, a), a, b)
  }

  /// The common extent of `a` and `b`, which are equal or of which one is 1 (a guard sees to it).
  public static func broadcast(_ a: DimExpr, _ b: DimExpr) -> DimExpr {
    if a == b || b.isOne || a.isOverflow { return a }
    if a.isOne || b.isOverflow { return b }
    if a.constantValue != nil { return a }
    if b.constantValue != nil { return b }
    // What was made from the other one fits it by construction.
    if a.isBroadcast(of: b) { return a }
    if b.isBroadcast(of: a) { return b }
    return DimExpr(bounded: order(a, b) < 0 ? .broadcast(a, b) : .broadcast(b, a), a, b)
  }

  /// Is `extent`, or was made from it by broadcasting.
  package func isBroadcast(of extent: DimExpr) -> Bool {
    if self == extent { return true }
    guard case .broadcast(let a, let b)? = singleAtom else { return false }
    return a.isBroadcast(of: extent) || b.isBroadcast(of: extent)
  }

  /// Where an extent that was made by broadcasting is one: where those it was made from fit each other.
  package var broadcastGuards: [Guard] {
    guard case .broadcast(let a, let b)? = singleAtom else { return [] }
    return a.broadcastGuards + b.broadcastGuards + [Guard(a, .broadcastable, b)]
  }

  /// −1, 0 or 1 where the sign is the same for all sizes; 1 stands for ≥ 0 too when terms are left.
  package var sign: Int? {
    if terms.isEmpty { return constant.signum() }
    if constant >= 0, terms.allSatisfy({ $0.coefficient > 0 && $0.isNonNegative }) { return 1 }
    if constant <= 0, terms.allSatisfy({ $0.coefficient < 0 && $0.isNonNegative }) { return -1 }
    return nil
  }

  /// Not negative for any sizes.
  package var isNonNegative: Bool {
    constant >= 0 && terms.allSatisfy { $0.coefficient > 0 && $0.isNonNegative }
  }

  /// At least 1 for any sizes.
  package var isPositive: Bool {
    if case .max(let a, let b)? = singleAtom { return a.isPositive || b.isPositive }
    return constant >= 1 && isNonNegative
  }
}

extension DimExpr.Term {
  /// The product of the atoms, without the coefficient, is never negative.
  fileprivate var isNonNegative: Bool { atoms.allSatisfy(\.isNonNegative) }
}

extension DimExpr.Atom {
  fileprivate var isNonNegative: Bool {
    switch self {
    case .symbol, .index: true
    case .overflow: false
    case .floorDiv(let a, let b): a.isNonNegative && b.isNonNegative
    case .mod(_, let b): b.isNonNegative
    case .min(let a, let b), .broadcast(let a, let b): a.isNonNegative && b.isNonNegative
    case .max(let a, let b): a.isNonNegative || b.isNonNegative
    }
  }
}

extension Int {
  /// Division that rounds toward −∞. The divisor is not 0.
  package func flooredQuotient(by k: Int) -> Int {
    let (q, r) = quotientAndRemainder(dividingBy: k)
    return r != 0 && (r < 0) != (k < 0) ? q - 1 : q
  }
}

// MARK: - The order of the normal form

/// Products by degree, then atom by atom.
private func order(_ a: [DimExpr.Atom], _ b: [DimExpr.Atom]) -> Int {
  if a.count != b.count { return a.count < b.count ? -1 : 1 }
  for (x, y) in zip(a, b) {
    let o = order(x, y)
    if o != 0 { return o }
  }
  return 0
}

private func order(_ a: DimExpr.Atom, _ b: DimExpr.Atom) -> Int {
  switch (a, b) {
  case (.symbol(let x), .symbol(let y)): x == y ? 0 : x < y ? -1 : 1
  case (.index(let x), .index(let y)): (x - y).signum()
  case (.floorDiv(let x, let y), .floorDiv(let z, let w)),
    (.mod(let x, let y), .mod(let z, let w)),
    (.min(let x, let y), .min(let z, let w)),
    (.max(let x, let y), .max(let z, let w)),
    (.broadcast(let x, let y), .broadcast(let z, let w)):
    order(x, z) != 0 ? order(x, z) : order(y, w)
  default: (a.rank - b.rank).signum()
  }
}

private func order(_ a: DimExpr, _ b: DimExpr) -> Int {
  if a.terms.count != b.terms.count { return a.terms.count < b.terms.count ? -1 : 1 }
  for (x, y) in zip(a.terms, b.terms) {
    let o = order(x.atoms, y.atoms)
    if o != 0 { return o }
    if x.coefficient != y.coefficient { return x.coefficient < y.coefficient ? -1 : 1 }
  }
  return a.constant == b.constant ? 0 : a.constant < b.constant ? -1 : 1
}

extension DimExpr.Atom {
  fileprivate var rank: Int {
    switch self {
    case .symbol: 0
    case .index: 1
    case .floorDiv: 2
    case .mod: 3
    case .min: 4
    case .max: 5
    case .broadcast: 6
    case .overflow: 7
    }
  }
}
