// Regions that compute on single elements: bodies of reductions, comparators, maps. They are made as
// graphs on scalars, looked at, and applied to whole arrays by batching.
import Graph

/// A region on scalars.
struct ScalarRegion {
  let graph: Graph
  /// What it reads from around it.
  var captured: [Term]
  /// The arguments of the region itself.
  let argumentCount: Int
  /// What narrow whole numbers are wrapped to.
  var numbers: WholeNumbers?

  /// Functions that take their operands in any order, and whose results may be wrapped at the end
  /// instead of behind each step.
  private static let commuting: [ScalarFunction] = [.add, .multiply, .max, .min, .and, .or, .xor]

  /// The function, where the region applies one of these to its two arguments.
  var function: ScalarFunction? {
    guard captured.isEmpty, graph.outputs.count == 1, argumentCount == 2 else { return nil }
    let output = graph.outputs[0].value
    guard let node = graph.definingNode(of: numbers?.unwrapped(output, in: graph) ?? output),
      let function = graph.nodes[node].primitive.function, Self.commuting.contains(function),
      Set(graph.operands(of: node)) == Set(graph.inputs.map(\.value))
    else { return nil }
    return function
  }

  /// The place of the argument that the region returns as it is.
  var passed: Int? {
    guard graph.outputs.count == 1 else { return nil }
    return graph.inputs.firstIndex { $0.value == graph.outputs[0].value }
  }

  /// The region applied to each element of arrays of one shape.
  func applied(to arrays: [Term], in builder: GraphBuilder) throws -> [Term] {
    let shape = arrays.first?.shape ?? []
    let extent = shape.reduce(1, *)
    // A graph of its own, so that what is batched depends on nothing else.
    let inner = GraphBuilder(name: graph.name)
    let hidden = arrays.map { inner.addHidden(TensorType($0.dtype)) }
    let outside = captured.map { inner.addInput("captured", $0.type) }
    let outputs = try inner.inline(graph, hidden + outside)
    var seeds: [Value: Term] = [:]
    var inputs: [Term] = []
    for (k, array) in arrays.enumerated() {
      let input = inner.addInput("element\(k)", TensorType(array.dtype, [extent]))
      seeds[hidden[k].value] = input
      inputs.append(input)
    }
    let batched = try Batched(inner, of: outputs.map(\.value), seeds: seeds, extent: extent)
    for (k, output) in outputs.enumerated() {
      let term = batched[output.value] ?? output.broadcast(to: [extent], axes: [])
      inner.addOutput("result\(k)", term)
    }
    let results = try builder.inline(
      try inner.finished(), captured + arrays.map { $0.reshaped(to: [extent]) })
    return results.map { $0.reshaped(to: shape) }
  }
}

extension StableHLOElaborator {
  /// A region whose arguments are scalars of the given elements.
  mutating func scalarRegion(
    _ block: MLIRBlock, _ call: HLOCall, _ elements: [MLIRType.Element],
    isFunction: Bool = false
  ) throws -> ScalarRegion {
    let dtypes = try elements.map { element -> DType in
      guard let dtype = element.storage else { throw call.unsupported("of \(element)") }
      return dtype
    }
    guard block.arguments.count == elements.count else {
      throw TypeRuleError(
        "needs a region with \(counted(elements.count, "argument")), "
          + "found \(block.arguments.count)")
    }
    let level = level + 1
    let (draft, results) = try draft(
      block, "element", at: call.span, isFunction: isFunction
    ) { builder in
      zip(elements, dtypes).enumerated().map { k, pair in
        Bound(
          terms: [builder.addInput("x\(k)", TensorType(pair.1))],
          types: [MLIRType(element: pair.0)],
          level: level, span: block.span)
      }
    }
    let outputs = results.enumerated().map { ("y\($0)", $1) }
    let (graphs, captured) = Elaborator.closed([(draft, outputs)])
    return ScalarRegion(
      graph: graphs[0], captured: captured, argumentCount: block.arguments.count,
      numbers: elements.first?.wholeNumbers)
  }
}
