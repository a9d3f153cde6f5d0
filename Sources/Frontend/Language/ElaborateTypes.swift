// Types that are written, and the results of functions, which have them.
import Graph

extension Elaborator {
  /// The extents of a written type.
  mutating func shape(_ syntax: TypeSyntax, _ frame: inout Frame) -> [DimExpr]? {
    let extents = Array(tree[syntax.extents])
    guard extents.count <= Self.rankLimit else {
      report(
        "a value has at most \(Self.rankLimit) axes, found \(extents.count)", at: syntax.span)
      return nil
    }
    var shape: [DimExpr] = []
    var isRight = true
    for id in extents {
      guard let e = extent(id, &frame) else {
        isRight = false
        continue
      }
      if let mistake = e.isOverflow
        ? "is out of range"
        : Guard(0, .lessOrEqual, e).decided == false ? "is negative" : nil
      {
        report("this extent \(mistake)", at: tree[id].span, point: Int(tree[id].point))
        isRight = false
      }
      shape.append(e)
    }
    return isRight ? shape : nil
  }

  /// A value of a written type.
  mutating func typed(
    _ item: Item, _ syntax: TypeSyntax, _ span: SourceSpan, _ frame: inout Frame
  ) -> Term? {
    guard let term = term(item, dtype: syntax.dtype, at: span, frame),
      let shape = shape(syntax, &frame)
    else { return nil }
    let type = TensorType(syntax.dtype, shape)
    let isUnknown = (term.shape + shape).contains(where: \.isUnknown)
    let fits =
      term.dtype == type.dtype && term.rank == type.rank && (!isUnknown || term.shape == shape)
      && !zip(term.shape, shape).contains { Guard($0, .equal, $1).decided == false }
    guard fits else {
      report(
        "the type says \(type), but the value is \(term.type)", at: span,
        labels: syntax.span.start < span.start
          ? [.init("the type is written here", at: syntax.span)] : [],
        help: term.rank == type.rank && term.shape == shape
          ? "convert it: \(type.dtype)(…)" : nil)
      return nil
    }
    if term.shape == shape { return term }
    for (found, wanted) in zip(term.shape, shape) {
      require(Guard(found, .equal, wanted), at: span, frame)
    }
    return term.reshaped(to: shape)
  }

  // MARK: - Results

  /// The values of a function's results, by name.
  mutating func results(
    of function: FunctionSyntax, _ frame: inout Frame
  ) -> [(String, Term)] {
    var results: [(String, Term)] = []
    for result in function.results {
      let name = tree[result.name]
      guard let item = frame.values[result.name] else {
        // After a mistake a name may be missing for a reason that was reported.
        if !frame.hasErrors && !failed.contains(frame.index) {
          let names = frame.values.keys.map { tree[$0] }.sorted()
          report(
            "the result \(name) is never given a value", at: result.nameSpan,
            help: Suggestion.help(for: name, in: names) ?? "add a statement: \(name) = …")
        }
        continue
      }
      if item.isInvalid { continue }
      let term =
        result.type.map { typed(item, $0, result.nameSpan, &frame) }
        ?? self.term(item, dtype: nil, at: result.nameSpan, frame)
      if let term, term.type.isUnbounded {
        report(
          "the result \(name) has a row for each step of a loop, and only the run tells how many",
          at: result.nameSpan, help: "give the loop a bound: limit n")
        continue
      }
      if let term { results.append((name, term)) }
    }
    return results
  }
}
