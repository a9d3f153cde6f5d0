// Calls of other functions of the file: each is written out where it is called. The types of the
// arguments say what its sizes stand for; mistakes in it are reported where it is defined, once.
import Graph

extension Elaborator {
  mutating func callFunction(
    _ index: Int, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    let function = tree.functions[index]
    if function.isInvalid {
      for argument in arguments where argument.name == nil { _ = value(argument.value, &frame) }
      return .invalid
    }
    guard let matched = match(function, arguments, expression) else { return .invalid }
    let items = matched.values.map { value($0, &frame) }
    // Recursive, or with a mistake: both have been reported.
    if !finished.contains(index) || failed.contains(index) { return .invalid }
    var inner = Frame(
      frame.builder, root: frame.root, function, index, isInlined: true)
    let spans = matched.values.map { tree[$0].span }
    guard let terms = bind(function, items, spans, &inner, frame),
      unify(function, terms, spans, matched.sizes, expression, &inner, &frame)
    else { return .invalid }
    let origin = frame.builder.origin
    let (made, mistake) = caught { elaborator in
      elaborator.addConstraints(function, &inner)
      return elaborator.written(terms, &inner)
    }
    frame.builder.origin = origin
    if var mistake {
      // By itself the function is well; it is the sizes of this call that do not fit.
      mistake.labels.insert(
        .init("this is in \(tree[function.name])", at: mistake.span), at: 0)
      mistake.message = "\(tree[function.name]) does not fit these inputs: \(mistake.message)"
      (mistake.span, mistake.point) = (expression.span, Int(expression.point))
      report(mistake)
      return .invalid
    }
    guard made.count == function.results.count else { return .invalid }
    return made.count == 1 ? .term(made[0].1) : .tuple(made.map(\.1))
  }

  /// `f(a: f64[n], b: f64) -> (y: f64)`
  private func signature(_ function: FunctionSyntax) -> String {
    func text(_ binding: Binding) -> String {
      guard let type = binding.type else { return tree[binding.name] }
      let extents = tree[type.extents].map { tree.text(of: $0) }.joined(separator: ", ")
      return "\(tree[binding.name]): \(type.dtype)" + (extents.isEmpty ? "" : "[\(extents)]")
    }
    return "\(tree[function.name])(\(function.parameters.map(text).joined(separator: ", ")))"
  }

  /// The arguments in the order of the inputs, and those that give sizes.
  private mutating func match(
    _ function: FunctionSyntax, _ arguments: [Argument], _ expression: Expr
  ) -> (values: [ExprID], sizes: [(name: NameID, value: ExprID)])? {
    let name = tree[function.name]
    let help = "it is called \(signature(function))"
    var values = [ExprID?](repeating: nil, count: function.parameters.count)
    var sizes: [(name: NameID, value: ExprID)] = []
    let symbols = declaredSymbols(function)
    for (position, argument) in arguments.enumerated() {
      guard let given = argument.name else {
        guard position < values.count else {
          report(
            "\(name) takes \(counted(values.count, "input")), found \(arguments.count)",
            at: expression.span, point: Int(expression.point), help: help)
          return nil
        }
        values[position] = argument.value
        continue
      }
      let place = function.parameters.firstIndex { $0.name == given }
      let isSize = symbols[given] != nil
      if place.map({ values[$0] != nil }) ?? sizes.contains(where: { $0.name == given }) {
        report("\(tree[given]) is given twice", at: argument.nameSpan, help: help)
        return nil
      }
      if let place {
        values[place] = argument.value
      } else if isSize {
        sizes.append((given, argument.value))
      } else {
        report(
          "\(name) has no input named \(tree[given])", at: argument.nameSpan,
          help: Suggestion.help(
            for: tree[given], in: function.parameters.map { tree[$0.name] }) ?? help)
        return nil
      }
    }
    for (parameter, value) in zip(function.parameters, values) where value == nil {
      report(
        "\(name) needs the input \(tree[parameter.name])", at: expression.span,
        point: Int(expression.point), help: help)
      return nil
    }
    return (values.compactMap { $0 }, sizes)
  }

  /// Gives the inputs of a called function their values, of the right dtype and rank.
  mutating func bind(
    _ function: FunctionSyntax, _ items: [Item], _ spans: [SourceSpan], _ inner: inout Frame,
    _ outer: Frame
  ) -> [Term]? {
    if items.contains(where: \.isInvalid) { return nil }
    var terms: [Term] = []
    var isRight = true
    for (parameter, (item, span)) in zip(function.parameters, zip(items, spans)) {
      guard let type = parameter.type, let term = term(item, dtype: type.dtype, at: span, outer)
      else { return nil }
      let rank = tree[type.extents].count
      if term.type.isUnbounded {
        report(
          "\(tree[function.name]) needs a value of known extents for \(tree[parameter.name]), "
            + "found \(term.type)", at: span, help: "give the loop it comes from a bound: limit n")
        return nil
      }
      if term.dtype != type.dtype || term.rank != rank {
        report(
          "\(tree[function.name]) needs \(type.dtype) "
            + "\(rank == 0 ? "without axes" : "with \(counted(rank, "axis"))") for "
            + "\(tree[parameter.name]), found \(term.type)", at: span,
          labels: [.init("\(tree[parameter.name]) is declared here", at: parameter.nameSpan)],
          help: term.rank == rank ? "convert it: \(type.dtype)(…)" : nil)
        isRight = false
      }
      terms.append(term)
      inner.values.set(parameter.name, .term(term))
    }
    return isRight ? terms : nil
  }

  /// Finds what the sizes of a called function stand for; what is left to the call becomes a guard.
  mutating func unify(
    _ function: FunctionSyntax, _ terms: [Term], _ spans: [SourceSpan],
    _ given: [(name: NameID, value: ExprID)], _ expression: Expr, _ inner: inout Frame,
    _ outer: inout Frame
  ) -> Bool {
    // Names that no argument can mention, until they are found.
    var open = declaredSymbols(function).mapValues { DimExpr.symbol("?\($0)") }
    inner.symbols = open
    for (name, value) in given {
      guard let e = extent(value, &outer) else { return false }
      inner.symbols[name] = e
      open[name] = nil
    }
    // First the extents that are one name, then those that are linear in one: 2*n + 1.
    for isPlain in [true, false] {
      for (parameter, term) in zip(function.parameters, terms) {
        guard let type = parameter.type else { continue }
        for (id, found) in zip(tree[type.extents], term.shape) {
          let missing = names(in: id).filter { open[$0] != nil }
          guard missing.count == 1, let name = missing.first else { continue }
          if case .name = tree[id].kind {
            inner.symbols[name] = found
          } else if !isPlain, let e = extent(id, &inner),
            let size = solved(e, for: open[name], equal: found)
          {
            inner.symbols[name] = size
          } else {
            continue
          }
          open[name] = nil
        }
      }
    }
    if let missing = open.keys.min(by: { $0.index < $1.index }) {
      report(
        "the inputs of \(tree[function.name]) do not say what its size \(tree[missing]) is",
        at: expression.span, point: Int(expression.point),
        help: "give it by name: \(tree[function.name])(…, \(tree[missing])=…)")
      return false
    }
    for (parameter, (term, span)) in zip(function.parameters, zip(terms, spans)) {
      guard let type = parameter.type else { continue }
      for (id, found) in zip(tree[type.extents], term.shape) {
        guard let needed = extent(id, &inner) else { return false }
        let condition = Guard(found, .equal, needed)
        if condition.decided == false {
          report(
            "\(tree[function.name]) needs an extent of \(needed) for "
              + "\(tree[parameter.name]), found \(found) in \(term.type)", at: span,
            labels: [.init("\(tree[parameter.name]) is declared here", at: parameter.nameSpan)])
          return false
        }
        require(condition, at: span, inner)
      }
    }
    return true
  }

  /// The names in an expression of sizes, each once.
  private func names(in id: ExprID) -> [NameID] {
    var names: [NameID] = []
    var pending = [id]
    while let id = pending.popLast() {
      switch tree[id].kind {
      case .name(let name): if !names.contains(name) { names.append(name) }
      case .binary(_, let a, let b): pending += [a, b]
      case .unary(_, let a): pending.append(a)
      case .call(_, let arguments): pending += tree[arguments].map(\.value)
      default: break
      }
    }
    return names
  }

  /// The size for which `e`, linear in it, equals `found`, if it is a whole number; the guard that
  /// `e` equals `found` sees to that.
  private func solved(_ e: DimExpr, for size: DimExpr?, equal found: DimExpr) -> DimExpr? {
    guard let size, let name = size.symbolName else { return nil }
    let rest = e.binding([name: 0])
    guard let factor = (e.binding([name: 1]) - rest).constantValue, factor > 0,
      e == rest + DimExpr(factor) * size
    else { return nil }
    return .floorDiv(found - rest, DimExpr(factor))
  }
}
