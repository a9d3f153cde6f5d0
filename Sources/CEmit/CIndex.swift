// Index arithmetic in C. What depends on sizes alone and takes more than a few products is computed
// once, at the top of the function; there a division by 0 gives 0 instead of ending the process.
import Graph
import Lowering

extension CFunction {
  mutating func index(_ e: DimExpr) -> CText {
    if e.terms.isEmpty {
      return CText(text: String(e.constant), precedence: e.constant < 0 ? .unary : .primary)
    }
    if let factored = factored(e) { return factored }
    var text = ""
    for term in Self.readable(e.terms) {
      let product = self.product(term)
      if text.isEmpty {
        text = term.coefficient < 0 ? "-\(product.inside(.product))" : product.inside(.sum)
      } else {
        text += (term.coefficient < 0 ? " - " : " + ") + product.inside(.product)
      }
    }
    if e.constant != 0 {
      text += e.constant < 0 ? " - \(e.constant.magnitude)" : " + \(e.constant)"
    }
    if e.terms.count > 1 || e.constant != 0 { return CText(text: text, precedence: .sum) }
    let isNegative = e.terms[0].coefficient < 0
    return CText(text: text, precedence: isNegative ? .unary : product(e.terms[0]).precedence)
  }

  /// A term without its sign.
  private mutating func product(_ term: DimExpr.Term) -> CText {
    var factors = term.atoms.map { atom($0) }
    let magnitude = term.coefficient.magnitude
    if magnitude != 1 {
      factors.insert(CText(text: String(magnitude), precedence: .primary), at: 0)
    }
    if factors.count == 1 { return factors[0] }
    return CText(
      text: factors.map { $0.inside(.unary) }.joined(separator: "*"), precedence: .product)
  }

  /// The order in which a sum reads best: the longest strides first, as in `w*i + j`, and a positive
  /// term in front.
  private static func readable(_ terms: [DimExpr.Term]) -> [DimExpr.Term] {
    var sorted = terms.enumerated().sorted { a, b in
      let (x, y) = (a.element, b.element)
      if x.atoms.count != y.atoms.count { return x.atoms.count > y.atoms.count }
      if x.hasIndex != y.hasIndex { return x.hasIndex }
      if x.coefficient.magnitude != y.coefficient.magnitude {
        return x.coefficient.magnitude > y.coefficient.magnitude
      }
      return a.offset < b.offset
    }.map(\.element)
    if let first = sorted.firstIndex(where: { $0.coefficient > 0 }) {
      sorted.insert(sorted.remove(at: first), at: 0)
    }
    return sorted
  }

  /// `(i + j)*s` for `i*s + j*s`, where s is a size that is computed.
  private mutating func factored(_ e: DimExpr) -> CText? {
    guard e.constant == 0, e.terms.count > 1,
      let common = e.terms[0].atoms.first(where: { atom in
        atom.isCompound && e.terms.allSatisfy { $0.atoms.contains(atom) }
      })
    else { return nil }
    var rest = e
    for k in rest.terms.indices {
      if let place = rest.terms[k].atoms.firstIndex(of: common) {
        rest.terms[k].atoms.remove(at: place)
      }
      // What is left may be a number.
      if rest.terms[k].atoms.isEmpty { return nil }
    }
    let sum = index(rest)
    return CText(
      text: "\(sum.inside(.unary))*\(atom(common).inside(.unary))", precedence: .product)
  }

  private mutating func atom(_ atom: DimExpr.Atom) -> CText {
    switch atom {
    case .symbol(let name):
      usedSymbols.insert(name)
      return CText(text: symbolNames[name] ?? "0", precedence: .primary)
    case .index(let k): return CText(text: indexNames[k] ?? "0", precedence: .primary)
    case .overflow:
      // Undeclared: wrong code must not compile.
      return CText(text: "size_out_of_range", precedence: .primary)
    case .floorDiv, .mod, .min, .max, .broadcast:
      if let name = hoisted[atom] { return CText(text: name, precedence: .primary) }
      let made = compound(atom)
      var dependsOnIndex = false
      DimExpr(atom).forEachLeaf { if case .index = $0 { dependsOnIndex = true } }
      if dependsOnIndex { return made }
      let name = names.unique("size")
      hoisted[atom] = name
      hoistedLines.append("const int64_t \(name) = \(made.text);")
      return CText(text: name, precedence: .primary)
    }
  }

  private mutating func compound(_ atom: DimExpr.Atom) -> CText {
    func binary(_ name: String, _ a: CText, _ b: CText) -> CText {
      CText(text: "\(name)(\(a.text), \(b.text))", precedence: .primary)
    }
    func plain(_ a: DimExpr, _ b: DimExpr) -> Bool {
      a.isNonNegative && b.isPositive
    }
    switch atom {
    case .floorDiv(let a, let b):
      let (x, y) = (index(a), index(b))
      if plain(a, b) {
        return CText(text: "\(x.inside(.unary))/\(y.inside(.unary))", precedence: .product)
      }
      _ = call("jg_floor_divide_i64", [], .i64, [.i64, .i64])
      return binary("jg_floor_divide_i64", x, y)
    case .mod(let a, let b):
      let (x, y) = (index(a), index(b))
      if plain(a, b) {
        return CText(text: "\(x.inside(.unary))%\(y.inside(.unary))", precedence: .product)
      }
      _ = call("jg_mod_i64", [], .i64, [.i64, .i64])
      return binary("jg_mod_i64", x, y)
    case .min(let a, let b):
      let (x, y) = (index(a), index(b))
      _ = call("jg_min_i64", [], .i64, [.i64, .i64])
      return binary("jg_min_i64", x, y)
    case .max(let a, let b):
      let (x, y) = (index(a), index(b))
      _ = call("jg_max_i64", [], .i64, [.i64, .i64])
      return binary("jg_max_i64", x, y)
    case .broadcast(let a, let b):
      let (x, y) = (index(a), index(b))
      return CText(
        text: "\(x.inside(.shift)) == 1 ? \(y.inside(.or)) : \(x.inside(.or))",
        precedence: .conditional)
    case .symbol, .index, .overflow: return CText(text: "0", precedence: .primary)
    }
  }
}

extension DimExpr.Term {
  fileprivate var hasIndex: Bool {
    var found = false
    DimExpr(constant: 0, terms: [self]).forEachLeaf { if case .index = $0 { found = true } }
    return found
  }
}

extension DimExpr.Atom {
  fileprivate var isCompound: Bool {
    switch self {
    case .symbol, .index, .overflow: false
    case .floorDiv, .mod, .min, .max, .broadcast: true
    }
  }
}
