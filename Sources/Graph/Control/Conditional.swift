// The conditional: one of several regions runs, chosen by data. `if` chooses by a bool, `switch`
// by an i64; the other regions do not run, in the tangent and in the transpose neither.
//
//     operands   selector, captured…
//     branch     (captured…) → results…
//
// A bool chooses branch 0 when true and branch 1 when false. An i64 chooses the branch of the case
// it is equal to, or the last one.

/// Runs one of several regions.
package struct Conditional: Operation {
  package let branches: [Region]
  /// The number of each branch but the last; `nil` where the selector is a bool.
  package let cases: [Int64]?

  /// `if selector { then } else { otherwise }`
  package init(then: Region, otherwise: Region) {
    branches = [then, otherwise]
    cases = nil
  }

  /// - Precondition: one branch more than cases.
  package init(cases: [Int64]?, branches: [Region]) {
    precondition(branches.count == (cases?.count ?? 1) + 1, "one branch is for all other cases")
    self.branches = branches
    self.cases = cases
  }

  package var name: String { cases == nil ? "if" : "switch" }

  package var attributes: [Attribute] {
    (cases.map { [Attribute("cases", .integers($0.map(Int.init)))] } ?? [])
      + branches.enumerated().map { Attribute("branch\($0)", .region($1)) }
  }

  package var regions: [Region] { branches }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let needed = TensorType(cases == nil ? .bool : .i64)
    guard let selector = operands.first, selector == needed else {
      throw TypeRuleError(
        "\(name) chooses by a scalar \(needed), found \(operands.first?.description ?? "nothing")",
        help: cases == nil && operands.first?.dtype == .bool
          ? "for a choice element by element, write select(c, a, b)" : nil)
    }
    for branch in branches where branch.inputTypes != Array(operands.dropFirst()) {
      throw TypeRuleError("a branch of \(name) reads other types than it is given")
    }
    let results = branches[0].outputTypes
    for (k, branch) in branches.enumerated().dropFirst() {
      guard branch.outputTypes.count == results.count else {
        throw TypeRuleError(
          "the branches of \(name) give \(results.count) and \(branch.outputTypes.count) values")
      }
      for (first, other) in zip(results, branch.outputTypes) where first != other {
        throw TypeRuleError(
          "the branches of \(name) differ: \(first) in the first, \(other) in "
            + (cases == nil ? "the second" : "number \(k + 1)"),
          help: "convert or broadcast one of them")
      }
    }
    for type in results where type.shape.contains(where: \.isUnknown) {
      throw TypeRuleError("\(type), with a row for each step of a loop, cannot leave a branch")
    }
    return results
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .branch(self)
  }

  /// The branch that a value of the selector chooses.
  package func branch(for selector: Int64) -> Int {
    guard let cases else { return selector != 0 ? 0 : 1 }
    return cases.firstIndex(of: selector) ?? branches.count - 1
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let chosen = branches[branch(for: call.operands[0].integers[0])]
    return try ReferenceEvaluator.run(chosen.graph, Array(call.operands.dropFirst()), call)
  }

  // MARK: - Derivatives

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    // Which operands vary is the same in every branch; a result varies if it does in one.
    let varying = rule.tangents.indices.dropFirst().filter { rule.tangents[$0] != nil }
    if varying.isEmpty { return rule.results.map { _ in nil } }
    var made: [(builder: GraphBuilder, tangents: [Term?])] = []
    for branch in branches {
      let builder = GraphBuilder(name: branch.graph.name)
      let inputs = branch.addInputs(to: builder)
      let seeds = varying.map { k in
        builder.addInput("tan.\(branch.graph.inputs[k - 1].name)", inputs[k - 1].type)
      }
      let outputs = try builder.inline(branch.graph, inputs)
      let tangents = try Tangents(
        builder, of: outputs.map(\.value),
        seeds: Dictionary(
          zip(varying.map { inputs[$0 - 1].value }, seeds), uniquingKeysWith: { first, _ in first })
      )
      made.append((builder, outputs.map { tangents[$0.value] }))
    }
    let results = rule.results.indices.filter { k in made.contains { $0.tangents[k] != nil } }
    if results.isEmpty { return rule.results.map { _ in nil } }
    let regions = try made.map { builder, tangents in
      for k in results {
        builder.addResult("tangent\(k)", tangents[k] ?? builder.zeros(rule.results[k].type))
      }
      return Region(try builder.finished().pruned())
    }
    let terms = try rule.builder.apply(
      Conditional(cases: cases, branches: regions),
      rule.operands + varying.compactMap { rule.tangents[$0] })
    var tangents = [Term?](repeating: nil, count: rule.results.count)
    for (k, term) in zip(results, terms) { tangents[k] = term }
    return tangents
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    // The transposed branch gets the operands that are not linear, and the cotangents.
    let linear = rule.linear.indices.dropFirst().filter { rule.linear[$0] }
    let fixed = rule.linear.indices.dropFirst().filter { !rule.linear[$0] }
    let received = rule.cotangents.indices.filter { rule.cotangents[$0] != nil }
    let regions = try branches.map { branch in
      let builder = GraphBuilder(name: branch.graph.name)
      var inputs: [Term] = []
      for (k, input) in branch.graph.inputs.enumerated() {
        let type = branch.graph.type(of: input.value)
        inputs.append(
          rule.linear[k + 1] ? builder.addHidden(type) : builder.addInput(input.name, type))
      }
      let cotangents = received.map { k in
        builder.addInput("ct\(k)", branch.outputTypes[k])
      }
      let outputs = try builder.inline(branch.graph, inputs)
      let made = try Cotangents(
        builder, inputs: linear.map { inputs[$0 - 1].value },
        outputs: zip(received, cotangents).map { (outputs[$0].value, $1) })
      for k in linear {
        let input = inputs[k - 1]
        builder.addResult("ct.\(k)", made[input.value] ?? input.zeros)
      }
      try builder.graph.checkTransposed(
        builder.graph.outputs.map(\.value), of: name, in: linear.map { inputs[$0 - 1].value })
      return Region(try builder.finished().pruned())
    }
    let terms = try rule.builder.apply(
      Conditional(cases: cases, branches: regions),
      [rule.operands[0]] + fixed.map { rule.operands[$0] }
        + received.compactMap { rule.cotangents[$0] })
    var result = [Term?](repeating: nil, count: rule.operands.count)
    for (k, term) in zip(linear, terms) { result[k] = term }
    return result
  }

  // MARK: - Batching

  package func batch(_ rule: BatchRule) throws -> [Term] {
    if rule.batched[0] { return try overElements(of: rule) }
    let regions = try branches.map { branch in
      let builder = GraphBuilder(name: branch.graph.name)
      var seeds: [Value: Term] = [:]
      var inputs: [Term] = []
      for (k, input) in branch.graph.inputs.enumerated() {
        let type = branch.graph.type(of: input.value)
        if rule.batched[k + 1] {
          let hidden = builder.addHidden(type)
          seeds[hidden.value] = builder.addInput(input.name, type.stacked(rule.extent))
          inputs.append(hidden)
        } else {
          inputs.append(builder.addInput(input.name, type))
        }
      }
      let outputs = try builder.inline(branch.graph, inputs)
      let batched = try Batched(
        builder, of: outputs.map(\.value), seeds: seeds, extent: rule.extent)
      for (k, output) in outputs.enumerated() {
        builder.addResult(
          branch.graph.outputs[k].name,
          batched[output.value] ?? output.inserted(extents: [rule.extent], at: 0))
      }
      return Region(try builder.finished().pruned())
    }
    return try rule.builder.apply(Conditional(cases: cases, branches: regions), rule.operands)
  }
}

extension Region {
  /// Inputs of the same names and types in another graph.
  package func addInputs(to builder: GraphBuilder) -> [Term] {
    graph.inputs.map { builder.addInput($0.name, graph.type(of: $0.value)) }
  }
}

extension GraphBuilder {
  package func zeros(_ type: TensorType) -> Term {
    constant(Scalar(0 as Int64, type.dtype)).broadcast(to: type.shape)
  }
}
