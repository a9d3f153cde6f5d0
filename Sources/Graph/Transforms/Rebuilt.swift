// Rebuilding a graph node by node: what every pass does that replaces some operations by others.

extension Graph {
  /// The operands of a node as `renamed` has them; those without a name there are left out.
  package func operands(of node: Node, renamed: [Value?]) -> [Value] {
    var operands: [Value] = []
    setOperands(&operands, of: node, renamed: renamed)
    return operands
  }

  /// The same in an array that is used again.
  package func setOperands(_ operands: inout [Value], of node: Node, renamed: [Value?]) {
    operands.removeAll(keepingCapacity: true)
    operands.reserveCapacity(node.operandRange.count)
    for place in node.operandRange {
      if let new = renamed[Int(operandList[Int(place)].index)] { operands.append(new) }
    }
  }

  /// A builder for a graph of the same name, constraints and inputs, and for each value what stands for
  /// it there: as yet the inputs.
  package func emptied() -> (builder: GraphBuilder, values: [Value?]) {
    var empty = Graph(named: name)
    empty.takeConstraints(of: self)
    let builder = GraphBuilder(empty, expecting: nodes.count)
    var renamed = [Value?](repeating: nil, count: types.count)
    for input in inputs {
      renamed[Int(input.value.index)] = builder.addInput(input.name, type(of: input.value)).value
    }
    return (builder, renamed)
  }

  /// The graph node by node through `replace`, which gives a value for each result that is read, or
  /// `nil` where the operation stays.
  /// - Throws: what `replace` throws.
  package func rebuilt(
    _ replace: (any Operation, [Value], ValueRange, GraphBuilder) throws -> [Value?]?
  ) throws -> Graph {
    let (builder, given) = emptied()
    var renamed = given
    let live = liveNodes()
    for (index, node) in nodes.enumerated() where live[index] {
      builder.origin = node.origin
      // An operand that is missing is one that nobody reads.
      let operands = self.operands(of: node).map { operand in
        renamed[Int(operand.index)] ?? builder.zeros(type(of: operand)).value
      }
      let replaced =
        node.primitive.function == nil
        ? try replace(node.operation, operands, results(of: node), builder) : nil
      let made = try replaced ?? builder.copy(node, of: self, operands).map { $0 }
      for (old, new) in zip(node.resultRange, made) {
        renamed[Int(old)] = new
        if let new, let name = names[Value(Int(old))] { builder.name(builder.term(new), name) }
      }
    }
    // An output of a region has a name that no reader knows: it names no value.
    builder.setOutputs(
      outputs.compactMap { output in
        renamed[Int(output.value.index)].map { GraphOutput(name: output.name, value: $0) }
      })
    return builder.graph.pruned()
  }
}
