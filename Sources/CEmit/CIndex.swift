// Index arithmetic in C. What depends on sizes alone and takes more than a few products is computed
// once, at the top of the function; there a division by 0 gives 0 instead of ending the process.
import Graph
import Lowering

extension CFunction {
  mutating func index(_ e: DimExpr) -> CText {
    if e.terms.isEmpty {
      return CText(text: String(e.constant), precedence: e.constant < 0 ? .unary : .primary)
    }
    var text = ""
    // A difference begins with what is not taken away.
    var terms = Array(e.terms.reversed())
    if let first = terms.firstIndex(where: { $0.coefficient > 0 }) {
      terms.swapAt(0, first)
    }
    for term in terms {
      let magnitude = term.coefficient.magnitude
      var factors = term.atoms.map { atom($0) }
      if magnitude != 1 {
        factors.insert(CText(text: String(magnitude), precedence: .primary), at: 0)
      }
      let product =
        factors.count == 1
        ? factors[0].inside(.product) : factors.map { $0.inside(.unary) }.joined(separator: "*")
      if text.isEmpty {
        text = term.coefficient < 0 ? "-\(product)" : product
      } else {
        text += (term.coefficient < 0 ? " - " : " + ") + product
      }
    }
    if e.constant != 0 {
      text += e.constant < 0 ? " - \(e.constant.magnitude)" : " + \(e.constant)"
    }
    if e.terms.count > 1 || e.constant != 0 { return CText(text: text, precedence: .sum) }
    let isAlone = e.terms[0].coefficient == 1 && e.terms[0].atoms.count == 1
    return CText(
      text: text,
      precedence: isAlone
        ? atom(e.terms[0].atoms[0]).precedence : e.terms[0].coefficient < 0 ? .unary : .product)
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
      a.isNonNegative && (b.constantValue ?? 0) > 0
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
