// `custom`: a function with rules for its derivative, written in place. Graphs with functions that
// have rules are printed like this; in files, `@vjp(…)` in front of a function says the same.
import Graph

extension Elaborator {
  mutating func custom(_ id: CustomID, _ expression: Expr, _ frame: inout Frame) -> Item {
    let syntax = tree[id]
    guard let inputs = inputs(of: syntax, &frame),
      let function = rule(
        syntax.function, names: [], types: [], syntax, inputs, expression, &frame)
    else { return .invalid }
    let results = function.outputTypes
    func types(_ read: [TensorType]) -> [TensorType] { results + read.filter(\.dtype.isFloat) }
    var (jvp, vjp): (Region?, Region?)
    if let rule = syntax.jvp {
      jvp = self.rule(
        rule.body, names: rule.names, types: types(inputs.map(\.type)), syntax, inputs, expression,
        &frame)
      if jvp == nil { return .invalid }
    }
    if let rule = syntax.vjp {
      vjp = self.rule(
        rule.body, names: rule.names, types: types(results), syntax, inputs, expression, &frame)
      if vjp == nil { return .invalid }
    }
    do {
      let operation = try CustomFunction(function: function, jvp: jvp, vjp: vjp)
      guard let list = syntax.tangents else {
        return apply(operation, inputs, expression, frame)
      }
      guard let more = tangents(list, types(inputs.map(\.type)), &frame) else { return .invalid }
      return apply(CustomTangent(of: operation), inputs + more, expression, frame)
    } catch {
      reportFailure(error, at: expression.span, expression.point)
      return .invalid
    }
  }

  private mutating func inputs(of syntax: CustomSyntax, _ frame: inout Frame) -> [Term]? {
    var inputs: [Term] = []
    var names: Set<NameID> = []
    var isRight = true
    for input in syntax.inputs {
      let (binding, span) = (input.binding, tree[input.start].span)
      let item = value(input.start, &frame)
      let found =
        binding.type.map { typed(item, $0, binding.nameSpan, &frame) }
        ?? term(item, dtype: nil, at: span, frame)
      if let found { inputs.append(found) } else { isRight = false }
      if frame.symbols[binding.name] != nil || !names.insert(binding.name).inserted {
        report(
          "\(tree[binding.name]) is the name of \(names.contains(binding.name) ? "another input" : "a size")",
          at: binding.nameSpan, help: "choose another name")
        isRight = false
      }
    }
    return isRight ? inputs : nil
  }

  /// The function or a rule: a block that reads the inputs and what `names` stand for, and nothing
  /// else.
  private mutating func rule(
    _ block: Block, names: [Binding], types: [TensorType], _ syntax: CustomSyntax,
    _ inputs: [Term], _ expression: Expr, _ frame: inout Frame
  ) -> Region? {
    guard names.count == types.count else {
      report(
        "this rule reads \(counted(types.count, "value")) beside the inputs, found "
          + "\(counted(names.count, "name"))", at: end(of: block),
        help: "results, then tangents or cotangents: "
          + types.map(\.description).joined(separator: ", "))
      return nil
    }
    frame.enter(GraphBuilder(name: tree[syntax.name]), block)
    let bindings = syntax.inputs.map(\.binding) + names
    for (binding, type) in zip(bindings, inputs.map(\.type) + types) {
      let input = frame.builder.addInput(tree[binding.name], type)
      frame.values.set(binding.name, .term(input))
      frame.usedNames.insert(tree[binding.name])
    }
    let (values, _) = lines(block, &frame)
    let draft = frame.leave()
    if let failure = draft.builder.takeFailure() {
      reportFailure(failure, at: expression.span, expression.point)
      return nil
    }
    if let outer = draft.captures.list.first {
      let name = draft.builder.graph.names[outer.inner.value] ?? "a value"
      report(
        "this block reads \(name), which stands outside", at: end(of: block),
        help: "make it an input: custom \(tree[syntax.name])(…, \(name) = \(name))")
      return nil
    }
    var outputs: [(String, Term)] = []
    for (k, part) in values.enumerated() {
      guard let term = term(part, dtype: nil, in: draft, &frame) else { return nil }
      outputs.append(("result\(k)", term))
    }
    if outputs.isEmpty {
      report("this block ends with the values it gives", at: end(of: block))
      return nil
    }
    return Region(Self.closed([(draft, outputs)]).0[0])
  }

  /// Results and tangents of inputs, behind `tangent`.
  private mutating func tangents(
    _ list: ValueList, _ types: [TensorType], _ frame: inout Frame
  ) -> [Term]? {
    let parts = parts(list, &frame)
    guard parts.count == types.count else {
      report(
        "the tangent reads \(counted(types.count, "value")), found \(parts.count)", at: list.span,
        help: "the results, then the tangents of the float inputs")
      return nil
    }
    var terms: [Term] = []
    for (part, type) in zip(parts, types) {
      guard let term = term(part.item, dtype: type.dtype, at: part.span, frame) else { return nil }
      terms.append(term)
    }
    return terms
  }
}
