// Dead-code elimination: the part of a graph that its outputs need, numbered anew.

extension Graph {
  /// The same function without nodes that no output needs. All inputs stay.
  package func pruned() -> Graph {
    let live = liveNodes()
    // Values that nothing defines are inputs, or were variables of a transform.
    if live.allSatisfy({ $0 }), definingNodes.count(where: { $0 < 0 }) == inputs.count {
      return self
    }
    var result = Graph(named: name)
    result.constraints = constraints
    let count = live.reduce(0) { $1 ? $0 + 1 : $0 }
    result.nodes.reserveCapacity(count)
    result.operandList.reserveCapacity(2 * count)
    result.types.reserveCapacity(inputs.count + count)
    result.definingNodes.reserveCapacity(inputs.count + count)
    var renamed = [Value?](repeating: nil, count: types.count)
    func add(_ value: Value, node: Int32) {
      renamed[Int(value.index)] = Value(result.types.count)
      if let name = names[value] { result.names[Value(result.types.count)] = name }
      result.types.append(type(of: value))
      result.definingNodes.append(node)
    }
    for input in inputs {
      add(input.value, node: -1)
      result.inputs.append(
        GraphInput(name: input.name, value: Value(result.types.count - 1)))
    }
    for (index, node) in nodes.enumerated() where live[index] {
      let firstOperand = Int32(result.operandList.count)
      let firstResult = Int32(result.types.count)
      for operand in operands(of: node) {
        if let new = renamed[Int(operand.index)] { result.operandList.append(new) }
      }
      for value in self.results(of: node) { add(value, node: Int32(result.nodes.count)) }
      result.nodes.append(
        Node(
          primitive: node.primitive,
          operandRange: firstOperand..<Int32(result.operandList.count),
          resultRange: firstResult..<Int32(result.types.count), origin: node.origin))
    }
    result.outputs = outputs.compactMap { output in
      renamed[Int(output.value.index)].map { GraphOutput(name: output.name, value: $0) }
    }
    return result
  }
}
