// Calls of operations and derived functions, by their catalog entries, and of dtypes. What the
// parameters need is looked up there; nothing here knows an operation by name.
import Graph

extension Elaborator {
  /// A call of a function of elements as the catalog has it, with nothing but operands: what long
  /// programs are made of. `nil` for other calls.
  mutating func callFunctionOfElements(
    _ name: NameID, _ arguments: ArraySlice<Argument>, _ expression: Expr, _ frame: inout Frame
  ) -> Item? {
    guard let function = functionOfElements(named: name, argumentCount: arguments.count),
      arguments.allSatisfy({ $0.name == nil })
    else { return nil }
    var items: [Item] = []
    var operands: [Term] = []
    for argument in arguments {
      let item = value(argument.value, &frame)
      items.append(item)
      if case .term(let term) = item { operands.append(term) }
    }
    if operands.count == items.count { return apply(function, operands, expression, frame) }
    guard let entry = Catalog.entry(named: function.name) else { return nil }
    return build(
      entry, items, arguments.map { tree[$0.value].span }, entry.parameters.map(\.numberDType), [:],
      expression, &frame)
  }

  /// The function of the catalog of that name and so many operands, unless the file has one of the name.
  /// Looked up once for each name; what means different things, as `max` does, is none.
  private mutating func functionOfElements(
    named name: NameID, argumentCount: Int
  ) -> ScalarFunction? {
    if let known = functionsOfElements[name] {
      return known?.arity == argumentCount ? known : nil
    }
    let text = tree[name]
    let found =
      function(named: name) == nil && DType(rawValue: text) == nil
      ? Catalog.function(named: text) : nil
    functionsOfElements.set(name, found)
    return found?.arity == argumentCount ? found : nil
  }

  mutating func call(
    _ name: NameID, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    let text = tree[name]
    if let index = function(named: name),
      isCall(of: index, named: text, in: frame.index)
    {
      return callFunction(index, arguments, expression, &frame)
    }
    if let dtype = DType(rawValue: text) {
      return convert(to: dtype, arguments, expression, &frame)
    }
    let unnamed = arguments.filter { $0.name == nil }.count
    if let entry = entry(named: text, argumentCount: unnamed) {
      return callEntry(entry, arguments, expression, &frame)
    }
    return unknown(name, arguments, expression, &frame)
  }

  /// A call of what is no function. A function of its own, because calls nest deep.
  private mutating func unknown(
    _ name: NameID, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    let text = tree[name]
    let isValue = frame.visible(name) != nil || frame.symbols[name] != nil
    let known =
      Catalog.all.map(\.name) + (operations?.keys.sorted() ?? []) + functionNames
      + DType.allCases.map(\.rawValue)
    report(
      isValue ? "\(text) is a value, not a function" : "there is no function named \(text)",
      at: expression.span, point: Int(expression.point),
      notes: isValue || operations == nil
        ? [] : ["operations of a program are read with them: GraphSource(…, primitives: …)"],
      help: isValue
        ? "write * for a product, [ ] for an element"
        : Suggestion.help(for: text, in: known)
          ?? "the command `jit-grad ops` lists all functions")
    // Its arguments may hold mistakes of their own.
    for argument in arguments where !isAttribute(argument) { _ = value(argument.value, &frame) }
    return .invalid
  }

  /// Named arguments, texts and dtypes are not looked at where nothing is known of the function.
  private func isAttribute(_ argument: Argument) -> Bool {
    switch tree[argument.value].kind {
    case .string: true
    case .name(let name): argument.name != nil || DType(rawValue: tree[name]) != nil
    default: argument.name != nil
    }
  }

  // MARK: - Entries of the catalog

  private mutating func callEntry(
    _ entry: Entry, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    guard let matched = match(entry, arguments, expression) else { return .invalid }
    var items: [Item] = []
    var spans: [SourceSpan] = []
    var fixed: [DType?] = []
    var attributes: [String: AttributeValue] = [:]
    var texts: [String: SourceSpan] = [:]
    var failed = false
    for (parameter, id) in matched {
      if parameter.isOperand {
        items.append(value(id, &frame))
        spans.append(tree[id].span)
        fixed.append(parameter.numberDType)
      } else if let value = attribute(parameter, of: entry, id, &frame) {
        attributes[parameter.name] = value
        if parameter.kind == .text {
          // In parentheses it begins behind them.
          texts[parameter.name] = SourceSpan(Int(tree[id].point), tree[id].span.end)
        }
      } else {
        failed = true
      }
    }
    if failed { return .invalid }
    return build(entry, items, spans, fixed, attributes, texts: texts, expression, &frame)
  }

  /// - Parameter texts: where the texts among the attributes stand, quotes included.
  private mutating func build(
    _ entry: Entry, _ items: [Item], _ spans: [SourceSpan], _ fixed: [DType?],
    _ attributes: [String: AttributeValue], texts: [String: SourceSpan] = [:],
    _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    if items.count == 2, let x = items[0].dimExpr, let y = items[1].dimExpr {
      if entry.name == ScalarFunction.min.name { return .size(.min(x, y)) }
      if entry.name == ScalarFunction.max.name { return .size(.max(x, y)) }
    }
    let domain = Catalog.function(named: entry.name)?.domain
    var fixed = fixed
    if domain == .selection, items.count > 0 { fixed[0] = .bool }
    guard
      let operands = terms(
        items, spans, fixed: fixed, preferring: domain == .float ? .f64 : nil, frame)
    else { return .invalid }
    do {
      let results = try entry.build(Call(entry.name, frame.builder, operands, attributes))
      if let failure = frame.builder.takeFailure() { throw failure }
      return results.count == 1 ? .term(results[0]) : .tuple(results)
    } catch {
      let place = (error as? TypeRuleError)?.place
      if let place, let inside = texts[place.parameter]?.inside(place.bytes) {
        reportFailure(error, at: inside, Int32(clamping: inside.start), operands)
      } else {
        reportFailure(error, at: expression.span, expression.point, operands)
      }
      return .invalid
    }
  }

  /// Which argument belongs to which parameter.
  private mutating func match(
    _ entry: Entry, _ arguments: [Argument], _ expression: Expr
  ) -> [(Parameter, ExprID)]? {
    var signature: String { "it is called \(entry.signature)" }
    var matched: [(Parameter, ExprID)] = []
    var open = entry.parameters[...]
    var failed = false
    for argument in arguments {
      if let name = argument.name {
        let text = tree[name]
        if let parameter = open.first(where: { $0.name == text }) {
          matched.append((parameter, argument.value))
          open.removeAll { $0.name == text }
        } else {
          let names = entry.parameters.map(\.name)
          report(
            names.contains(text)
              ? "\(text) is given twice" : "\(entry.name) has no parameter named \(text)",
            at: argument.nameSpan, help: Suggestion.help(for: text, in: names) ?? signature)
          failed = true
        }
      } else if let parameter = open.first {
        matched.append((parameter, argument.value))
        if parameter.kind != .operands { open.removeFirst() }
      } else {
        report(
          "\(entry.name) takes \(entry.parameters.count == 1 ? "" : "at most ")"
            + "\(counted(entry.parameters.count, "argument")), found \(arguments.count)",
          at: expression.span, point: Int(expression.point), help: signature)
        return nil
      }
    }
    for parameter in open
    where parameter.fallback == nil && !matched.contains(where: { $0.0.name == parameter.name }) {
      report(
        "\(entry.name) needs \(parameter.kind == .operands ? "at least one of " : "")"
          + "\(parameter.name)", at: expression.span,
        point: Int(expression.point), help: signature)
      failed = true
    }
    return failed ? nil : matched
  }

  private mutating func attribute(
    _ parameter: Parameter, of entry: Entry, _ id: ExprID, _ frame: inout Frame
  ) -> AttributeValue? {
    let expression = tree[id]
    func wrong(_ needed: String, help: String? = nil) -> AttributeValue? {
      if case .invalid = expression.kind { return nil }
      report(
        "\(entry.name) needs \(needed) for \(parameter.name)", at: expression.span,
        help: help ?? "it is called \(entry.signature)")
      return nil
    }
    switch parameter.kind {
    case .operand, .operands: return nil
    case .dim:
      guard isSize(id) else { return wrong("a size") }
      return extent(id, &frame).map { .dim($0) }
    case .dims:
      guard isSize(id) || isList(id, where: isSize) else { return wrong("a list of sizes") }
      return extents(id, &frame).map { .dims($0) }
    case .dimLists:
      guard case .array(let rows) = expression.kind,
        isList(id, where: { isList($0, where: isSize) })
      else { return wrong("a list of lists of sizes") }
      var lists: [[DimExpr]] = []
      for row in tree[rows] {
        guard let list = extents(row, &frame) else { return nil }
        lists.append(list)
      }
      return .dimLists(lists)
    case .flag:
      guard case .bool(let flag) = expression.kind else { return wrong("true or false") }
      return .flag(flag)
    case .number:
      switch value(id, &frame) {
      case .integer(let number): return .scalar(Scalar(Double(number), .f64))
      case .real(let number): return .scalar(Scalar(number, .f64))
      case .invalid: return nil
      default: return wrong("a plain number")
      }
    case .dtype:
      guard case .name(let name) = expression.kind, let dtype = DType(rawValue: tree[name]) else {
        return wrong("a dtype (\(DType.allCases.map(\.rawValue).joined(separator: ", ")))")
      }
      return .dtype(dtype)
    case .word(let words):
      let needed = words.map { "\"\($0)\"" }.joined(separator: " or ")
      guard case .string(let run) = expression.kind else { return wrong(needed) }
      let word = tree[run]
      if words.contains(word) { return .word(word) }
      return wrong(
        needed,
        help: Suggestion.closest(to: word, in: words).map { "did you mean \"\($0)\"?" })
    case .text:
      guard case .string(let run) = expression.kind else { return wrong("a text in quotes") }
      return .word(tree[run])
    }
  }

  /// Can be read as a size; what is wrong inside is said where it is read.
  private func isSize(_ id: ExprID) -> Bool {
    switch tree[id].kind {
    case .invalid, .integer, .name, .unary, .binary, .call: true
    case .float, .bool, .string, .array, .subscript, .loop, .choice, .solution, .custom,
      .unknownExtent:
      false
    }
  }

  private func isList(_ id: ExprID, where isElement: (ExprID) -> Bool) -> Bool {
    guard case .array(let elements) = tree[id].kind else { return false }
    return tree[elements].allSatisfy(isElement)
  }

  // MARK: - dtypes

  /// `f32(x)`: a number, a size or an array in that dtype, or a value converted.
  private mutating func convert(
    to dtype: DType, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    guard arguments.count == 1, arguments[0].name == nil else {
      report(
        "\(dtype)(…) converts one value, found \(arguments.count)", at: expression.span,
        point: Int(expression.point), help: "for several values write an array: \(dtype)([…])")
      return .invalid
    }
    let item = value(arguments[0].value, &frame)
    let span = tree[arguments[0].value].span
    // A number that the dtype cannot hold is converted like a value.
    if case .real(let value) = item, !dtype.isFloat {
      return .term(frame.builder.constant(Scalar(value, dtype)))
    }
    if case .integer(let value) = item, dtype == .bool {
      return .term(frame.builder.constant(Scalar(value != 0)))
    }
    guard let operand = term(item, dtype: dtype, at: span, frame) else { return .invalid }
    return operand.dtype == dtype
      ? .term(operand) : apply(Convert(dtype: dtype), [operand], expression, frame)
  }
}

extension SourceSpan {
  /// Some bytes of the text of a string that stands here in quotes, at least one sign. What stands in
  /// front of them is taken to be free of escapes.
  fileprivate func inside(_ bytes: Range<Int>) -> SourceSpan {
    let first = min(start + 1 + bytes.lowerBound, end - 1)
    return SourceSpan(first, max(min(start + 1 + bytes.upperBound, end - 1), first + 1))
  }
}
