// How a size expression is written: in the graph language, in messages, in comments. The same
// text parses back to the same expression.

extension DimExpr: CustomStringConvertible {
  public var description: String { text { "_\($0)" } }

  /// The expression with loop indices named by `indexName`.
  package func text(indexName: (Int) -> String) -> String {
    if terms.isEmpty { return String(constant) }
    var text = ""
    // Highest degree first reads best; the constant comes last.
    for term in terms.reversed() {
      let magnitude = term.coefficient.magnitude
      if text.isEmpty {
        if term.coefficient < 0 { text += "-" }
      } else {
        text += term.coefficient < 0 ? " - " : " + "
      }
      let factors = term.atoms.map { $0.text(indexName: indexName) }
      text += (magnitude == 1 ? factors : [String(magnitude)] + factors).joined(separator: "*")
    }
    if constant != 0 { text += constant < 0 ? " - \(constant.magnitude)" : " + \(constant)" }
    return text
  }
}

extension DimExpr.Atom {
  fileprivate func text(indexName: (Int) -> String) -> String {
    func operand(_ e: DimExpr) -> String {
      let text = e.text(indexName: indexName)
      return e.terms.isEmpty && e.constant >= 0 || e.singleAtom != nil
        ? text : "(\(text))"
    }
    func call(_ name: String, _ a: DimExpr, _ b: DimExpr) -> String {
      "\(name)(\(a.text(indexName: indexName)), \(b.text(indexName: indexName)))"
    }
    switch self {
    case .symbol(let name): return name
    case .index(let number): return indexName(number)
    case .floorDiv(let a, let b): return "(\(operand(a)) // \(operand(b)))"
    case .mod(let a, let b): return "(\(operand(a)) % \(operand(b)))"
    case .min(let a, let b): return call("min", a, b)
    case .max(let a, let b): return call("max", a, b)
    case .broadcast(let a, let b): return call("broadcast", a, b)
    case .overflow: return "(too large)"
    }
  }

}
