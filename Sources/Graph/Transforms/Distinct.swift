// Values that are told apart from equal ones. A builder shares equal expressions, so a value that a
// derivative is taken by would also stand for everything that equals it: for the same expression
// elsewhere in the source, and for what the rules of the operation that makes it say with its
// result (the tangent of y = exp(x) is y·dx). A reshape to the same shape, which nothing else
// makes, keeps it apart and costs nothing in a kernel.

extension GraphBuilder {
  /// A new value that equals `term` and stands for nothing else.
  ///
  /// Stacks of unknown height are not reshaped: they stay as they are.
  package func distinct(_ term: Term) throws -> Term {
    if term.type.isUnbounded { return term }
    var source = term
    while true {
      let count = nodeCount
      let made = try apply(Reshape(shape: term.shape), [source])[0]
      if nodeCount > count { return made }
      // Another value is told apart from the same one: by another way round.
      source = try apply(Reshape(shape: [1] + source.shape), [source])[0]
    }
  }
}

extension Graph {
  /// The same function, in which each of `values` is distinct from what equals it: all that reads
  /// it reads a value of its own. Inputs are distinct as they are.
  package func distinguishing(_ values: [Value]) throws -> (graph: Graph, values: [Value]) {
    let chosen = Set(values.filter { definingNode(of: $0) != nil && !isDistinct($0) })
    if chosen.isEmpty { return (self, values) }
    var empty = Graph(named: name)
    empty.takeConstraints(of: self)
    let builder = GraphBuilder(empty)
    var renamed = types.indices.map { Value($0) }
    for input in inputs {
      renamed[Int(input.value.index)] = builder.addInput(input.name, type(of: input.value)).value
    }
    for node in nodes {
      builder.origin = node.origin
      let made = try builder.copy(
        node, of: self, operands(of: node).map { renamed[Int($0.index)] })
      for (old, new) in zip(results(of: node), made) {
        var term = builder.term(new)
        if chosen.contains(old) { term = try builder.distinct(term) }
        renamed[Int(old.index)] = term.value
        if let name = names[old] { builder.name(term, name) }
      }
    }
    for output in outputs {
      builder.addOutput(output.name, builder.term(renamed[Int(output.value.index)]))
    }
    return (try builder.finished(), values.map { renamed[Int($0.index)] })
  }

  /// Was told apart from all that equals it.
  package func isDistinct(_ value: Value) -> Bool {
    guard let node = definingNode(of: value), let reshape = nodes[node].operation as? Reshape
    else { return false }
    return type(of: operands(of: node).first ?? value).shape == reshape.shape
  }
}
