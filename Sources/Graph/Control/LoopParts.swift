// A loop taken apart, for passes that change it: body and condition lie in one graph, so what they
// share is one node, and every carried, scanned and captured value stands beside its operand.

/// A loop with its operands, open for changes.
package struct LoopParts {
  /// A carried value: how it begins, how the body sees it, what it becomes.
  package struct Carried {
    package var name: String
    package var initial: Value
    package var input: Value
    package var next: Value

    package init(name: String, initial: Value, input: Value, next: Value) {
      self.name = name
      self.initial = initial
      self.input = input
      self.next = next
    }
  }

  /// A scanned or captured value: the operand, and how the body sees it (or its row).
  package struct Given {
    package var name: String
    package var operand: Value
    package var input: Value

    package init(name: String, operand: Value, input: Value) {
      self.name = name
      self.operand = operand
      self.input = input
    }
  }

  package struct Yielded {
    package var name: String
    package var value: Value

    package init(name: String, value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// Holds the body and the condition.
  package private(set) var builder: GraphBuilder
  package var indexName: String
  package private(set) var index: Value
  package var carried: [Carried] = []
  package var rows: [Given] = []
  package var captured: [Given] = []
  package var yielded: [Yielded] = []
  package var condition: Value?
  package var count: Value?
  package var bound: DimExpr?
  package let isReversed: Bool
  package var keep: Keep
  package let name: String

  /// - Parameter operands: values of the graph around the loop.
  package init(_ loop: Loop, _ operands: [Value]) throws {
    let graph = loop.body.graph.pruned()
    name = graph.name
    bound = loop.bound
    isReversed = loop.isReversed
    keep = loop.keep
    count = loop.hasCount ? operands[0] : nil
    let builder = GraphBuilder(graph)
    self.builder = builder
    let (inputs, outputs) = (graph.inputs, graph.outputs)
    indexName = inputs[0].name
    index = inputs[0].value
    func given(_ k: Int, _ operand: Int) -> Given {
      Given(name: graph.inputs[k].name, operand: operands[operand], input: inputs[k].value)
    }
    for (place, (k, operand)) in zip(loop.carriedInputs, loop.carriedOperands).enumerated() {
      carried.append(
        Carried(
          name: graph.inputs[k].name, initial: operands[operand], input: inputs[k].value,
          next: outputs[place].value))
    }
    rows = zip(loop.rowInputs, loop.scannedOperands).map(given)
    captured = zip(loop.capturedInputs, loop.capturedOperands).map(given)
    yielded = loop.stackResults.map {
      Yielded(name: graph.outputs[$0].name, value: outputs[$0].value)
    }
    if let condition = loop.condition {
      let read = [inputs[0]] + inputs[loop.carriedInputs] + inputs[loop.capturedInputs]
      let terms = read.map { builder.term($0.value) }
      self.condition = try builder.inline(condition.graph, terms)[0].value
    }
  }

  /// The loop put together again, with its operands.
  ///
  /// - Parameter finish: gets the body and the condition on the way.
  package func assembled(
    _ finish: (Graph) throws -> Graph = { $0 }
  ) throws -> (loop: Loop, operands: [Value]) {
    let graph = builder.graph
    let names = UniqueNames(
      [indexName] + carried.map(\.name) + rows.map(\.name) + captured.map(\.name))
    let start = [(names[0], index)]
    let carry = carried.enumerated().map { (names[1 + $0], $1.input) }
    let scan = rows.enumerated().map { (names[1 + carried.count + $0], $1.input) }
    let capture = captured.enumerated().map {
      (names[1 + carried.count + rows.count + $0], $1.input)
    }
    let results = UniqueNames(carried.map(\.name) + yielded.map(\.name))
    let body = graph.part(
      name, from: start + carry + scan + capture,
      to: (carried.map(\.next) + yielded.map(\.value)).enumerated().map { (results[$0], $1) })
    let test = condition.map {
      graph.part(name, from: start + carry + capture, to: [("goes_on", $0)])
    }
    let loop = Loop(
      body: Region(try finish(body)), condition: try test.map { Region(try finish($0)) },
      bound: bound,
      hasCount: count != nil,
      carriedCount: carried.count, scannedCount: rows.count, isReversed: isReversed,
      keep: keep)
    return (
      loop,
      (count.map { [$0] } ?? []) + carried.map(\.initial) + rows.map(\.operand)
        + captured.map(\.operand)
    )
  }

  /// What holds in a step.
  package var known: [Guard] { Loop.known(bound) }

  /// What a step computes: the next carried values, the rows, the condition.
  package var targets: [Value] {
    carried.map(\.next) + yielded.map(\.value) + (condition.map { [$0] } ?? [])
  }

  /// What stands for a value, made in a new body from inputs that stayed.
  package typealias Substitute = (_ body: GraphBuilder, _ input: (Value) -> Term) -> Term

  /// Builds the body anew, with inputs that were taken out of the lists replaced.
  ///
  /// - Parameters:
  ///   - substitutes: what stands for each input that is gone.
  ///   - nodes: what stands for the only result of nodes.
  package mutating func rebuild(
    replacing substitutes: [Value: Substitute], nodes: [Int: Substitute] = [:]
  ) throws {
    let old = builder.graph
    let fresh = GraphBuilder(name: name)
    var renamed = [Value?](repeating: nil, count: old.types.count)
    func new(_ value: Value) -> Value { renamed[Int(value.index)] ?? index }
    let inputs = carried.map(\.input) + rows.map(\.input) + captured.map(\.input)
    for value in [index] + inputs {
      renamed[Int(value.index)] = fresh.addHidden(old.type(of: value)).value
    }
    for (value, make) in substitutes.sorted(by: { $0.key.index < $1.key.index }) {
      renamed[Int(value.index)] = make(fresh) { fresh.term(new($0)) }.value
    }
    let needed = old.nodesNeeded(for: targets)
    for (number, node) in old.nodes.enumerated() where needed[number] {
      fresh.origin = node.origin
      let made =
        try nodes[number].map { ValueRange($0(fresh) { fresh.term(new($0)) }.value) }
        ?? fresh.copy(node, of: old, old.operands(of: node).map(new))
      for (value, result) in zip(old.results(of: node), made) {
        renamed[Int(value.index)] = result
        if let name = old.names[value] { fresh.name(fresh.term(result), name) }
      }
    }
    index = new(index)
    for k in carried.indices {
      carried[k].input = new(carried[k].input)
      carried[k].next = new(carried[k].next)
    }
    for k in rows.indices { rows[k].input = new(rows[k].input) }
    for k in captured.indices { captured[k].input = new(captured[k].input) }
    for k in yielded.indices { yielded[k].value = new(yielded[k].value) }
    condition = condition.map(new)
    builder = fresh
    if let failure = fresh.takeFailure() { throw failure }
  }

  /// Adds the parts of another loop of the same steps: its inputs beside these, its condition left
  /// out.
  /// - Returns: the condition of the other loop, in this body.
  package mutating func add(_ other: LoopParts) throws -> Value? {
    let graph = other.builder.graph
    var renamed = [Value?](repeating: nil, count: graph.types.count)
    renamed[Int(other.index.index)] = index
    for value in other.carried.map(\.input) + other.rows.map(\.input) + other.captured.map(\.input)
    {
      renamed[Int(value.index)] = builder.addHidden(graph.type(of: value)).value
    }
    let targets = other.targets
    let needed = graph.nodesNeeded(for: targets)
    for (number, node) in graph.nodes.enumerated() where needed[number] {
      builder.origin = node.origin
      let made = try builder.copy(node, of: graph, graph.operands(of: node, renamed: renamed))
      for (value, result) in zip(graph.results(of: node), made) {
        renamed[Int(value.index)] = result
        if let name = graph.names[value] { builder.name(builder.term(result), name) }
      }
    }
    func new(_ value: Value) -> Value { renamed[Int(value.index)] ?? index }
    carried += other.carried.map {
      Carried(name: $0.name, initial: $0.initial, input: new($0.input), next: new($0.next))
    }
    rows += other.rows.map { Given(name: $0.name, operand: $0.operand, input: new($0.input)) }
    captured += other.captured.map {
      Given(name: $0.name, operand: $0.operand, input: new($0.input))
    }
    yielded += other.yielded.map { Yielded(name: $0.name, value: new($0.value)) }
    return other.condition.map(new)
  }
}

/// Names of which each occurs once.
package struct UniqueNames {
  private var names: [String] = []

  /// - Parameters:
  ///   - others: names that are taken.
  ///   - separator: between a name and its number.
  package init(_ wanted: [String], besides others: Set<String> = [], separator: String = "") {
    var taken = others
    // The number that each name is to get next: lower ones are taken.
    var numbers: [String: Int] = [:]
    taken.reserveCapacity(others.count + wanted.count)
    names.reserveCapacity(wanted.count)
    for name in wanted {
      var unique = name
      if !taken.insert(name).inserted {
        var number = numbers[name] ?? 2
        repeat {
          unique = "\(name)\(separator)\(number)"
          number += 1
        } while !taken.insert(unique).inserted
        numbers[name] = number
      }
      names.append(unique)
    }
  }

  package subscript(index: Int) -> String { names[index] }
}
