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
    result.takeConstraints(of: self)
    let count = live.reduce(0) { $1 ? $0 + 1 : $0 }
    result.reserve(inputs.count + count)
    var renamed = [Value?](repeating: nil, count: types.count)
    for input in inputs {
      let value = result.addValue(type(of: input.value), names[input.value], node: -1)
      renamed[Int(input.value.index)] = value
      result.inputs.append(GraphInput(name: input.name, value: value))
    }
    for index in nodes.indices where live[index] {
      let firstOperand = Int32(result.operandList.count)
      let firstResult = Int32(result.types.count)
      for place in nodes[index].operandRange {
        if let new = renamed[Int(operandList[Int(place)].index)] { result.operandList.append(new) }
      }
      for k in nodes[index].resultRange {
        let value = Value(Int(k))
        renamed[Int(k)] = result.addValue(
          types[Int(k)], names[value], node: Int32(result.nodes.count))
      }
      result.nodes.append(
        Node(
          primitive: nodes[index].primitive,
          operandRange: firstOperand..<Int32(result.operandList.count),
          resultRange: firstResult..<Int32(result.types.count), origin: nodes[index].origin))
    }
    result.outputs = outputs.compactMap { output in
      renamed[Int(output.value.index)].map { GraphOutput(name: output.name, value: $0) }
    }
    for (name, value) in names.aliases {
      if let new = renamed[Int(value.index)] { result.names.aliases[name] = new }
    }
    return result
  }

  private mutating func addValue(_ type: TensorType, _ name: String?, node: Int32) -> Value {
    let value = Value(types.count)
    if let name { names[value] = name }
    types.append(type)
    definingNodes.append(node)
    return value
  }
}
