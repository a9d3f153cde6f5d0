// Functions of the file with rules for their derivatives, `@jvp(…)` and `@vjp(…)`: a call of one is
// a CustomFunction, whose function and rules are written out for the sizes of the call.
import Graph

extension Elaborator {
  /// The results of a function for its inputs, by name, written into the builder of the frame.
  /// - Parameter inputs: the values that the frame knows by the names of the inputs.
  mutating func written(_ inputs: [Term], _ frame: inout Frame) -> [(String, Term)] {
    let function = frame.function
    if function.rules.isEmpty || frame.hasErrors || inputs.count != function.parameters.count {
      for statement in function.body.statements where !log.isFull { elaborate(statement, &frame) }
      return results(of: function, &frame)
    }
    guard let operation = custom(inputs, &frame) else {
      frame.hasErrors = true
      return []
    }
    do {
      let results = try frame.builder.apply(operation, inputs)
      return zip(function.results, results).map { (tree[$0.name], $1) }
    } catch {
      reportFailure(error, at: function.nameSpan, Int32(function.nameSpan.start))
      return []
    }
  }

  /// A function with its rules, for inputs of these types.
  private mutating func custom(_ inputs: [Term], _ frame: inout Frame) -> CustomFunction? {
    let function = frame.function
    var inner = Frame(
      GraphBuilder(name: tree[function.name]), root: frame.root, function, frame.index,
      isInlined: false)
    inner.symbols = frame.symbols
    let builder = inner.builder
    for (parameter, input) in zip(function.parameters, inputs) {
      let name = tree[parameter.name]
      inner.values.set(parameter.name, .term(builder.addInput(name, input.type)))
      inner.usedNames.insert(name)
    }
    for statement in function.body.statements where !log.isFull { elaborate(statement, &inner) }
    let results = results(of: function, &inner)
    if let failure = builder.takeFailure() {
      reportFailure(failure, at: function.nameSpan, Int32(function.nameSpan.start))
      return nil
    }
    if inner.hasErrors || results.count != function.results.count { return nil }
    builder.setOutputs(results.map { GraphOutput(name: $0, value: $1.value) })
    let region = Region(builder.graph.pruned())
    var rules: [RuleSyntax.Kind: Region] = [:]
    for rule in function.rules {
      guard let made = self.rule(rule, of: region, function, frame) else { return nil }
      rules[rule.kind] = made
    }
    do {
      var made = try CustomFunction(function: region, jvp: rules[.jvp], vjp: rules[.vjp])
      made.isChecked = !function.rules.contains(where: \.isUnchecked)
      for rule in function.rules {
        let origin = origin(of: rule.span)
        if rule.kind == .jvp { made.jvpOrigin = origin } else { made.vjpOrigin = origin }
      }
      return made
    } catch {
      reportFailure(error, at: function.rules[0].span, Int32(function.rules[0].span.start))
      return nil
    }
  }

  /// A function of the file as a rule of another one.
  private mutating func rule(
    _ rule: RuleSyntax, of region: Region, _ function: FunctionSyntax, _ frame: Frame
  ) -> Region? {
    guard let index = self.function(named: rule.function) else {
      report(
        "there is no function named \(tree[rule.function])", at: rule.span,
        help: Suggestion.help(for: tree[rule.function], in: functionNames)
          ?? "the \(rule.kind.rawValue) of a function is another function of the file")
      return nil
    }
    // Recursive, or with a mistake: both have been reported.
    if !finished.contains(index) || failed.contains(index) { return nil }
    let syntax = tree.functions[index]
    let floats = rule.kind == .jvp ? region.inputTypes : region.outputTypes
    let types = region.inputTypes + region.outputTypes + floats.filter(\.dtype.isFloat)
    guard syntax.parameters.count == types.count else {
      report(
        "the \(rule.kind.rawValue) of \(tree[function.name]) reads "
          + "\(counted(types.count, "value")), and \(tree[rule.function]) takes "
          + counted(syntax.parameters.count, "input"), at: rule.span,
        help: "it reads the inputs, the results, and "
          + (rule.kind == .jvp ? "tangents of the float inputs" : "cotangents of the float results")
          + ": (\(types.map(\.description).joined(separator: ", ")))")
      return nil
    }
    var inner = Frame(
      GraphBuilder(name: tree[syntax.name]), root: frame.root, syntax, index, isInlined: false)
    let builder = inner.builder
    let inputs = zip(syntax.parameters, types).map { builder.addInput(tree[$0.name], $1) }
    inner.usedNames.formUnion(inputs.compactMap { builder.graph.names[$0.value] })
    let spans = inputs.map { _ in rule.span }
    var outer = frame
    let place = Expr(kind: .invalid, span: rule.span, point: Int32(rule.span.start))
    guard bind(syntax, inputs.map { .term($0) }, spans, &inner, frame) != nil,
      unify(syntax, inputs, spans, [], place, &inner, &outer)
    else { return nil }
    addConstraints(syntax, &inner)
    let results = written(inputs, &inner)
    if let failure = builder.takeFailure() {
      reportFailure(failure, at: rule.span, Int32(rule.span.start))
      return nil
    }
    if inner.hasErrors || results.count != syntax.results.count { return nil }
    builder.setOutputs(results.map { GraphOutput(name: $0, value: $1.value) })
    let made = Region(builder.graph.pruned())
    do {
      _ = try CustomFunction(
        function: region, jvp: rule.kind == .jvp ? made : nil, vjp: rule.kind == .vjp ? made : nil)
      return made
    } catch {
      reportFailure(error, at: rule.span, Int32(rule.span.start))
      return nil
    }
  }

  /// Reports rules that are not the derivative, or were not compared with it, once for each function.
  mutating func checkRules(of function: FunctionSyntax, _ graph: Graph) {
    let checked = function.rules.filter { !$0.isUnchecked }
    guard let first = checked.first,
      let custom = graph.nodes.lazy.compactMap({ $0.operation as? CustomFunction }).first,
      custom.name == tree[function.name],
      // A rule that is not to be checked is not what another is compared with.
      let compared = try? CustomFunction(
        function: custom.function, jvp: checked.contains { $0.kind == .jvp } ? custom.jvp : nil,
        vjp: checked.contains { $0.kind == .vjp } ? custom.vjp : nil)
    else { return }
    func source(_ kind: RuleSyntax.Kind) -> String {
      checked.first { $0.kind == kind }.map { tree[$0.function] }
        ?? "the derivative of \(tree[function.name])"
    }
    let rule = tree[first.function]
    let unchecked = "write @\(first.kind.rawValue)(\(rule), unchecked)"
    func reportUnseen(_ why: String) {
      report(
        Diagnostic(
          "\(rule) was not compared with \(source(first.kind == .jvp ? .vjp : .jvp))",
          at: first.span, severity: .warning, notes: [why],
          help: "compare it at inputs of yours, jit-grad verify, or \(unchecked)"))
    }
    switch (try? RuleCheck(compared))?.verdict() {
    case .agree?: break
    case nil: reportUnseen("there is no such derivative")
    case .unknown?: reportUnseen("no random inputs gave numbers on both sides")
    case .tooLarge?: reportUnseen("the function has more elements than are compared")
    case .differ(let mismatch)?:
      report(
        checked.count == 2
          ? "the rules of \(tree[function.name]) are not one derivative, in \(mismatch.input)"
          : "\(rule) is not the \(first.kind.rawValue) of \(tree[function.name]), in "
            + mismatch.input,
        at: first.span,
        notes: mismatch.notes(forward: source(.jvp), backward: source(.vjp)),
        help: "if it is meant to differ, \(unchecked)")
    }
  }
}
