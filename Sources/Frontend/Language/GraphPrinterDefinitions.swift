// Solutions of equations and functions with rules, in a graph, as blocks.
import Graph

extension GraphPrinter {
  /// `x: f64[n] = a`: a value and the name that a block has for it.
  mutating func start(_ name: String, _ value: Value) -> LoopSyntax.Carried {
    let isBare = names[Int(value.index)] == nil && inline[Int(value.index)] == nil
    return .init(
      binding: binding(name, graph.type(of: value)), start: isBare ? bare(value) : reference(value))
  }

  /// The first operand is what stands in front of the block, the others are captured.
  mutating func solution(
    _ form: SolutionSyntax.Form, _ region: Region, _ operands: [Value]
  ) -> ExprID {
    let captured = operands.dropFirst().map { names[Int($0.index)] ?? "_" }
    var taken = symbols.union(captured)
    let own = Self.unique(region.graph.inputs[0].name, &taken)
    let unknown = start(own, operands[0])
    let body = block(region, [own] + captured, carriedCount: nil)
    return tree.add(
      .solution(tree.store(SolutionSyntax(form: form, unknown: unknown, body: body))))
  }

  mutating func custom(
    _ custom: CustomFunction, _ operands: [Value], tangents: [Value]?
  ) -> ExprID {
    var taken = symbols
    let own = custom.function.graph.inputs.map { Self.unique($0.name, &taken) }
    var inputs: [LoopSyntax.Carried] = []
    for (name, operand) in zip(own, operands) { inputs.append(start(name, operand)) }
    var list: ValueList?
    if let tangents {
      let values = tangents.map { reference($0) }
      list = ValueList(values: values)
    }
    var syntax = CustomSyntax(
      name: intern(custom.name), inputs: inputs, tangents: list,
      function: block(custom.function, own, carriedCount: nil))
    syntax.jvp = custom.jvp.map { rule($0, own, taken) }
    syntax.vjp = custom.vjp.map { rule($0, own, taken) }
    return tree.add(.custom(tree.store(syntax)))
  }

  private mutating func rule(
    _ region: Region, _ own: [String], _ taken: Set<String>
  ) -> CustomSyntax.Rule {
    var taken = taken
    let others = region.graph.inputs.dropFirst(own.count).map { Self.unique($0.name, &taken) }
    let names = others.map { Binding(name: intern($0)) }
    return .init(names: names, body: block(region, own + others, carriedCount: nil))
  }
}
