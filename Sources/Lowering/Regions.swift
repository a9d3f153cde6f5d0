// What loops and conditionals have in common: a builder for the graph of a region, which writes into
// a block of the statement, and reads what the graph around it has.
import Graph

extension NestBuilder {
  /// A builder for a region whose statements come behind those of `block`.
  func region(_ region: Region, in block: Block) -> NestBuilder {
    NestBuilder(region.graph, contractions: contractions, program: program, root: block)
  }

  func bind(_ region: Region, in builder: NestBuilder, _ bindings: [Binding]) {
    for (input, binding) in zip(region.graph.inputs, bindings) {
      builder.bind(input.value, binding)
    }
  }

  /// An operand as a region sees it: a scalar is computed once, outside.
  func captured(_ value: Value) -> Binding {
    let type = graph.type(of: value)
    if type.rank > 0 { return .array(viewedPlace(of: value), height: heightOfValue[value]) }
    let expression = scalar(value)
    if expression.isLeaf { return .scalar(expression) }
    // An input of one number can be read from everywhere.
    if case .load(let buffer, _) = expression, case .input = program.buffers[buffer].storage,
      program.buffers[buffer].shape.isEmpty
    {
      return .scalar(expression)
    }
    let local = program.newLocal(type.dtype, name: graph.names[value], depth: 0)
    root.append(.define(local, expression))
    return .scalar(.local(local))
  }

  /// A scalar, at the end of the root block.
  func scalar(_ value: Value) -> Expression {
    element(value, [], in: Scope(loops: [])).expression
  }

  // MARK: - Conditionals

  /// Every branch computes the results where they belong.
  func lowerBranch(_ conditional: Conditional, _ node: Node) {
    let operands = Array(graph.operands(of: node))
    let selector = scalar(operands[0])
    let bindings = operands.dropFirst().map { captured($0) }
    let results = Array(graph.results(of: node))
    let variables = results.map { value -> Int? in
      let type = graph.type(of: value)
      guard type.rank == 0, plan.useCounts[Int(value.index)] > 0 else { return nil }
      let local = program.newLocal(type.dtype, name: graph.names[value], depth: 0)
      root.append(.variable(local, .literal(Scalar(0 as Int64, type.dtype))))
      return local
    }
    let targets = results.map { value in
      graph.type(of: value).rank > 0 && plan.useCounts[Int(value.index)] > 0
        ? place(of: value) : nil
    }
    let bodies = conditional.branches.map { branch in
      let block = Block()
      let inner = region(branch, in: block)
      bind(branch, in: inner, Array(bindings))
      inner.lower(to: targets)
      let next = zip(variables, branch.graph.outputs).compactMap { variable, output in
        variable.map { (variable: $0, value: inner.scalar(output.value)) }
      }
      return endOfStep(block.frozen(), next) { self.program.newLocal($0, name: nil, depth: 0) }
    }
    root.append(
      .branch(
        BranchStatement(
          selector: selector, cases: conditional.cases, bodies: bodies,
          notes: [note(node, results.first { graph.names[$0] != nil })])))
    for (value, variable) in zip(results, variables) {
      if let variable { complete(value, .local(variable)) } else { completeHere(value) }
    }
  }
}
