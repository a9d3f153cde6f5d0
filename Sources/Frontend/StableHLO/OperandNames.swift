// What the names of operands stand for: values of this graph, or of one around it, which are captured.
import Graph

extension StableHLOElaborator {
  /// The operands of an operation; `nil` where one could not be made or means nothing.
  mutating func operands(of operation: MLIROperation) -> [Term]? {
    var terms: [Term] = []
    var isWhole = true
    for (k, operand) in operation.operands.enumerated() {
      guard let (bound, isOuter) = find(operand.name) else {
        isWhole = false
        if scopes.last?.isDamaged == true { continue }
        report(Diagnostic("%\(module.names[operand.name]) is not defined", at: operand.span))
        continue
      }
      guard operand.index < bound.terms.count else {
        report(
          Diagnostic(
            "%\(module.names[operand.name]) stands for \(counted(bound.terms.count, "value")), "
              + "counted from 0", at: operand.span))
        isWhole = false
        continue
      }
      let found = bound.types[operand.index]
      if let needed = operation.operandTypes?[k], !needed.isSame(as: found),
        bound.terms[operand.index] != nil
      {
        report(
          Diagnostic(
            "%\(module.names[operand.name]) is \(found), used as \(needed)", at: operand.span,
            labels: [.init("it is defined here", at: bound.span)]))
        isWhole = false
        continue
      }
      guard let term = bound.terms[operand.index] else {
        isWhole = false
        continue
      }
      terms.append(isOuter ? lifted(term, from: bound.level) : term)
    }
    return isWhole ? terms : nil
  }

  private func find(_ name: NameID) -> (bound: Bound, isOuter: Bool)? {
    for scope in scopes.reversed() {
      if let bound = scope.values[name] { return (bound, bound.level < level) }
      if scope.isFunction { return nil }
    }
    return nil
  }

  /// A value of an outer graph in the innermost one. Numbers that sizes tell are made anew, so that
  /// they stay sizes.
  private mutating func lifted(_ term: Term, from level: Int) -> Term {
    if let made = SizeReader.remade(term, in: builder) { return made }
    var term = term
    for k in drafts.indices.dropFirst(level + 1) {
      term = drafts[k].captures.capture(term, in: drafts[k].builder)
    }
    return term
  }
}
