// Calls: of operations and derived functions by their catalog entries, of dtypes, and of other
// functions of the file, which are written out where they are called.
import Graph

extension Elaborator {
  mutating func call(
    _ name: NameID, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    let text = tree[name]
    if let index = function(named: name) {
      return callFunction(index, arguments, expression, &frame)
    }
    if let dtype = DType(rawValue: text) {
      return convert(to: dtype, arguments, expression, &frame)
    }
    let unnamed = arguments.filter { $0.name == nil }.count
    guard let entry = Catalog.entry(named: text, argumentCount: unnamed) else {
      let known = Catalog.all.map(\.name) + functionNames
      report(
        "there is no function named \(text)", at: expression.span, point: Int(expression.point),
        help: Suggestion.help(for: text, in: known) ?? "the command `jit-grad ops` lists all functions")
      return .invalid
    }
    return callEntry(entry, arguments, expression, &frame)
  }

  // MARK: - Entries of the catalog

  private mutating func callEntry(
    _ entry: Entry, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    guard let matched = match(entry, arguments, expression) else { return .invalid }
    var items: [Item] = []
    var spans: [SourceSpan] = []
    var attributes: [String: AttributeValue] = [:]
    var failed = false
    for (parameter, id) in matched {
      if parameter.isOperand {
        items.append(value(id, &frame))
        spans.append(tree[id].span)
      } else if let value = attribute(parameter, of: entry, id, &frame) {
        attributes[parameter.name] = value
      } else {
        failed = true
      }
    }
    if failed { return .invalid }
    let function = Catalog.function(named: entry.name)
    let isFloatOnly = function.map { if case .float = $0.domain { true } else { false } } ?? false
    let isSelection =
      function.map { if case .selection = $0.domain { true } else { false } } ?? false
    guard
      let operands = terms(
        items, spans, preferring: isFloatOnly ? .f64 : nil, ignoring: isSelection ? 0 : nil, frame)
    else { return .invalid }
    do {
      let results = try entry.build(Call(entry.name, frame.builder, operands, attributes))
      if let failure = frame.builder.takeFailure() { throw failure }
      return results.count == 1 ? .term(results[0]) : .tuple(results)
    } catch {
      reportFailure(error, at: expression.span, expression.point, operands)
      return .invalid
    }
  }

  /// Which argument belongs to which parameter.
  private mutating func match(
    _ entry: Entry, _ arguments: [Argument], _ expression: Expr
  ) -> [(Parameter, ExprID)]? {
    var matched: [(Parameter, ExprID)] = []
    var open = entry.parameters[...]
    var failed = false
    for argument in arguments {
      if let name = argument.name {
        let text = tree[name]
        guard let parameter = entry.parameters.first(where: { $0.name == text }) else {
          report(
            "\(entry.name) has no parameter named \(text)", at: argument.nameSpan,
            help: Suggestion.help(for: text, in: entry.parameters.map(\.name))
              ?? "it is called \(entry.signature)")
          failed = true
          continue
        }
        if matched.contains(where: { $0.0.name == text }) {
          report("\(text) is given twice", at: argument.nameSpan)
          failed = true
        }
        matched.append((parameter, argument.value))
        open.removeAll { $0.name == text }
      } else if let parameter = open.first {
        matched.append((parameter, argument.value))
        if parameter.kind != .operands { open.removeFirst() }
      } else {
        report(
          "\(entry.name) takes at most \(entry.parameters.count) arguments, "
            + "found \(arguments.count)", at: expression.span, point: Int(expression.point),
          help: "it is called \(entry.signature)")
        return nil
      }
    }
    for parameter in open
    where parameter.fallback == nil && !matched.contains(where: { $0.0.name == parameter.name }) {
      if parameter.kind == .operands { continue }
      report(
        "\(entry.name) needs \(parameter.name)", at: expression.span,
        point: Int(expression.point), help: "it is called \(entry.signature)")
      failed = true
    }
    return failed ? nil : matched
  }

  private mutating func attribute(
    _ parameter: Parameter, of entry: Entry, _ id: ExprID, _ frame: inout Frame
  ) -> AttributeValue? {
    let expression = tree[id]
    func wrong(_ needed: String) -> AttributeValue? {
      if case .invalid = expression.kind { return nil }
      log.report(
        Diagnostic(
          "\(entry.name) needs \(needed) for \(parameter.name)", at: expression.span,
          help: "it is called \(entry.signature)"))
      return nil
    }
    switch parameter.kind {
    case .operand, .operands: return nil
    case .dim: return extent(id, &frame).map { .dim($0) }
    case .dims: return extents(id, &frame).map { .dims($0) }
    case .dimLists:
      guard case .array(let rows) = expression.kind else { return wrong("a list of lists") }
      var lists: [[DimExpr]] = []
      for row in tree[rows] {
        guard let list = extents(row, &frame) else { return nil }
        lists.append(list)
      }
      return .dimLists(lists)
    case .flag:
      guard case .bool(let flag) = expression.kind else { return wrong("true or false") }
      return .flag(flag)
    case .dtype:
      guard case .name(let name) = expression.kind, let dtype = DType(rawValue: tree[name]) else {
        return wrong("a dtype (\(DType.allCases.map(\.rawValue).joined(separator: ", ")))")
      }
      return .dtype(dtype)
    case .scalar: return wrong("a number")
    case .word(let words):
      guard case .string(let text) = expression.kind else {
        return wrong(words.map { "\"\($0)\"" }.joined(separator: " or "))
      }
      return .word(tree[text])
    }
  }

  // MARK: - dtypes

  /// `f32(x)`: a number, a size or an array in that dtype, or a value converted.
  private mutating func convert(
    to dtype: DType, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    guard arguments.count == 1, arguments[0].name == nil else {
      report(
        "\(dtype)(…) converts one value, found \(arguments.count)", at: expression.span,
        point: Int(expression.point))
      return .invalid
    }
    let item = value(arguments[0].value, &frame)
    let span = tree[arguments[0].value].span
    if case .real(let value) = item, !dtype.isFloat {
      return .term(frame.builder.constant(Scalar(value, dtype)))
    }
    guard let operand = term(item, dtype: dtype, at: span, frame) else { return .invalid }
    return operand.dtype == dtype
      ? .term(operand) : apply(Convert(dtype: dtype), [operand], expression, frame)
  }

  // MARK: - Functions of the file

  private mutating func callFunction(
    _ index: Int, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> Item {
    let function = tree.functions[index]
    let name = tree[function.name]
    if function.isInvalid { return .invalid }
    if frame.callers.contains(index) {
      let cycle = (frame.callers.drop { $0 != index } + [index])
        .map { tree[tree.functions[$0].name] }.joined(separator: " → ")
      report(
        "\(name) calls itself", at: expression.span, point: Int(expression.point),
        notes: ["the calls are \(cycle)"], help: "functions cannot be recursive")
      return .invalid
    }
    guard let values = match(function, arguments, expression, &frame) else { return .invalid }
    var inner = Frame(
      builder: frame.builder, function: function, callers: frame.callers + [index])
    declareSymbols(function, &inner)
    guard bind(function, values, expression, &inner, frame) else { return .invalid }
    addConstraints(function, &inner)
    let errorsBefore = log.diagnostics.count
    let origin = frame.builder.origin
    for statement in function.body.statements { elaborate(statement, &inner) }
    let made = results(of: function, &inner)
    frame.builder.origin = origin
    // Its mistakes were reported where it is defined; here they would be said again.
    guard log.diagnostics.count == errorsBefore, made.count == function.results.count else {
      return .invalid
    }
    return made.count == 1 ? .term(made[0].1) : .tuple(made.map(\.1))
  }

  private mutating func match(
    _ function: FunctionSyntax, _ arguments: [Argument], _ expression: Expr, _ frame: inout Frame
  ) -> [ExprID]? {
    let name = tree[function.name]
    var values = [ExprID?](repeating: nil, count: function.parameters.count)
    for (position, argument) in arguments.enumerated() {
      let place =
        argument.name.map { given in function.parameters.firstIndex { $0.name == given } }
        ?? (position < values.count ? position : nil)
      guard let place, values[place] == nil else {
        report(
          argument.name.map { "\(name) has no input named \(tree[$0]), or it is given twice" }
            ?? "\(name) takes \(values.count) inputs, found \(arguments.count)",
          at: expression.span, point: Int(expression.point))
        return nil
      }
      values[place] = argument.value
    }
    for (parameter, value) in zip(function.parameters, values) where value == nil {
      report(
        "\(name) needs the input \(tree[parameter.name])", at: expression.span,
        point: Int(expression.point))
      return nil
    }
    return values.compactMap { $0 }
  }

  /// Gives the inputs of a called function their values, and its sizes their meaning.
  private mutating func bind(
    _ function: FunctionSyntax, _ arguments: [ExprID], _ expression: Expr,
    _ inner: inout Frame, _ outer: Frame
  ) -> Bool {
    var outer = outer
    var terms: [Term] = []
    for (parameter, id) in zip(function.parameters, arguments) {
      let item = value(id, &outer)
      guard let type = parameter.type, let term = term(item, dtype: type.dtype, at: tree[id].span, outer)
      else { return false }
      let extents = Array(tree[type.extents])
      guard term.dtype == type.dtype, term.rank == extents.count else {
        report(
          "\(tree[function.name]) needs \(type.dtype) of rank \(extents.count) for "
            + "\(tree[parameter.name]), found \(term.type)", at: tree[id].span)
        return false
      }
      // An extent that is one name says what that size is.
      for (extent, found) in zip(extents, term.shape) {
        if case .name(let symbol) = tree[extent].kind,
          inner.symbols[symbol] == .symbol(tree[symbol])
        {
          inner.symbols[symbol] = found
        }
      }
      terms.append(term)
      inner.values[parameter.name] = .term(term)
    }
    for (parameter, (id, term)) in zip(function.parameters, zip(arguments, terms)) {
      guard let type = parameter.type else { continue }
      for (extentID, found) in zip(tree[type.extents], term.shape) {
        guard let needed = extent(extentID, &inner) else { return false }
        let condition = Guard(found, .equal, needed)
        if condition.decided == false {
          report(
            "\(tree[function.name]) needs \(tree[parameter.name]) with extent \(needed), "
              + "found \(term.type)", at: tree[id].span)
          return false
        }
        require(condition, at: tree[id].span, inner)
      }
    }
    return true
  }
}
