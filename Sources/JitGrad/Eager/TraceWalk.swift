// The values and steps of a recorded trace, numbered, and the functions that its derivatives are: the
// steps are written into one graph, the walks of Graph/Transforms add tangents and cotangents, and what
// has a value comes in as an input.
import Graph

/// What the function of a way back reads.
enum Reading: Hashable {
  /// Everything that has a value.
  case values
  /// Only what began outside of the trace, so that the way back varies with it.
  case leaves
}

/// The values and steps of a trace, numbered.
struct TraceWalk<Key: Hashable & Sendable, Concrete: Sendable> {
  let steps: [RecordedTrace<Key, Concrete>]
  private(set) var values: [(key: Key, value: Concrete?)] = []
  private(set) var places: [Key: Int] = [:]
  /// Leaves that require a gradient.
  private(set) var requiring: [Int] = []
  private var inputs: [[Int]] = []

  /// - Throws: `BackwardError.notInTrace` for an input that is no output of the trace it comes with.
  init(_ trace: RecordedTrace<Key, Concrete>) throws(BackwardError) {
    steps = trace.steps
    // Leaves that no use so far requires a gradient of.
    var constants: Set<Int> = []
    for step in steps {
      var read: [Int] = []
      for input in step.inputs {
        if let trace = input.trace, !trace.outputs.contains(where: { $0.key == input.key }) {
          throw .notInTrace(key: "\(input.key)")
        }
        if places[input.key] == nil {
          constants.insert(values.count)
          add(input.key, nil)
        }
        guard let place = places[input.key] else { continue }
        read.append(place)
        // One use that has the value, or requires a gradient, is enough.
        if values[place].value == nil { values[place].value = input.value }
        if input.requiresGrad, constants.remove(place) != nil { requiring.append(place) }
      }
      inputs.append(read)
      for output in step.outputs { add(output.key, output.value) }
    }
  }

  private mutating func add(_ key: Key, _ value: Concrete?) {
    places[key] = values.count
    values.append((key, value))
  }

  func shape(
    _ target: Int, varying: [Int]? = nil, reading: Reading = .values
  ) -> TraceShape {
    TraceShape(
      steps: zip(steps, inputs).map { .init(graph: $0.graph.identity, inputs: $1) },
      requiring: varying == nil ? requiring : [], varying: varying, reading: reading,
      target: target)
  }

  /// The values at some places.
  func concrete(_ places: [Int]) throws(BackwardError) -> [Concrete] {
    var list: [Concrete] = []
    for place in places {
      guard let value = values[place].value else {
        throw .missingValue(key: "\(values[place].key)")
      }
      list.append(value)
    }
    return list
  }

  /// From values and the cotangent of `target` to cotangents of what requires a gradient.
  func reverse(_ target: Int, reading: Reading = .values) throws -> ReverseGraph {
    let (builder, terms) = try written()
    let output = try float(terms, target)
    let variables = requiring.filter { terms[$0]?.dtype.isFloat == true }
    let seeds = try variables.map { builder.addHidden(try float(terms, $0).type) }
    let tangent = try self.tangent(of: output, builder, terms, variables, seeds)
    let received = builder.addHidden(output.type)
    guard let tangent else { return ReverseGraph(graph: builder.graph, read: [], reached: []) }
    let made = try Cotangents(
      builder, inputs: seeds.map(\.value), outputs: [(tangent.value, received)])
    var outputs: [Term] = []
    var reached: [Int] = []
    for (place, seed) in zip(variables, seeds) {
      guard let cotangent = made[seed.value] else { continue }
      outputs.append(cotangent)
      reached.append(requiring.firstIndex(of: place) ?? 0)
    }
    return try function(builder, terms, [received], outputs, reached, reading)
  }

  /// From values and tangents of `varying` to the tangent of `target`.
  func forward(_ target: Int, _ varying: [Int]) throws -> ReverseGraph {
    let (builder, terms) = try written()
    let output = try float(terms, target)
    let seeds = try varying.map { builder.addHidden(try float(terms, $0).type) }
    guard let tangent = try self.tangent(of: output, builder, terms, varying, seeds) else {
      return ReverseGraph(graph: builder.graph, read: [], reached: [])
    }
    return try function(builder, terms, seeds, [tangent], [], .values)
  }

  private func tangent(
    of output: Term, _ builder: GraphBuilder, _ terms: [Term?], _ places: [Int], _ seeds: [Term]
  ) throws -> Term? {
    var known: [Value: Term] = [:]
    for (place, seed) in zip(places, seeds) {
      if let term = terms[place] { known[term.value] = seed }
    }
    return try Tangents(builder, of: [output.value], seeds: known)[output.value]
  }

  private func float(_ terms: [Term?], _ place: Int) throws(BackwardError) -> Term {
    guard let term = terms[place], term.dtype.isFloat else {
      throw .notFloat(key: "\(values[place].key)", terms[place]?.type ?? TensorType(.f64))
    }
    return term
  }

  /// All steps in one graph, with a term for each value.
  private func written() throws -> (builder: GraphBuilder, terms: [Term?]) {
    let builder = GraphBuilder(name: "recorded")
    var terms = [Term?](repeating: nil, count: values.count)
    for (step, read) in zip(steps, inputs) {
      let types = step.graph.inputTypes
      for (k, place) in read.enumerated() where terms[place] == nil {
        terms[place] = builder.addHidden(types[k])
      }
      let results = try builder.inline(step.graph.graph, read.compactMap { terms[$0] })
      for (output, term) in zip(step.outputs, results) {
        if let place = places[output.key] { terms[place] = term }
      }
    }
    return (builder, terms)
  }

  /// A function of the values that are read, and of `last` behind them.
  private func function(
    _ builder: GraphBuilder, _ terms: [Term?], _ last: [Term], _ outputs: [Term],
    _ reached: [Int], _ reading: Reading
  ) throws -> ReverseGraph {
    var inputs: [(name: String, value: Value)] = []
    var read: [Int] = []
    var seen: Set<Value> = []
    for (place, term) in terms.enumerated() {
      guard let term, builder.literal(term.value) == nil, seen.insert(term.value).inserted,
        reading == .values || builder.graph.definingNode(of: term.value) == nil
      else { continue }
      inputs.append(("v\(place)", term.value))
      read.append(place)
    }
    inputs += last.enumerated().map { ("direction\($0)", $1.value) }
    let part = try builder.finished().part(
      "backward", from: inputs, to: outputs.enumerated().map { ("result\($0)", $1.value) })
    let used = part.usedInputs()
    let kept = part.inputs.indices.filter {
      $0 >= read.count || used.contains(part.inputs[$0].value)
    }
    let final = GraphBuilder(part)
    final.setInputs(kept.map { part.inputs[$0] })
    return ReverseGraph(
      graph: try final.finished().pruned(), read: kept.filter { $0 < read.count }.map { read[$0] },
      reached: reached)
  }
}

extension Graph {
  /// The inputs that some output depends on.
  fileprivate func usedInputs() -> Set<Value> {
    let live = liveNodes()
    var used = Set(outputs.map(\.value))
    for (k, node) in nodes.enumerated() where live[k] { used.formUnion(operands(of: node)) }
    return used
  }
}
