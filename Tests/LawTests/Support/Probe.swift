// Small functions of given arrays, run in all ways at once.
import Autodiff
import Graph
import JIT
import Lowering
import Testing

/// A function of arrays whose shapes are known.
struct Probe {
  let graph: Graph
  let inputs: [Tensor]

  /// The inputs are named a, b, c, …, the outputs y0, y1, ….
  init(_ inputs: [Tensor], _ body: ([Term]) throws -> [Term]) throws {
    let builder = GraphBuilder(name: "probe")
    let terms = inputs.enumerated().map { k, tensor in
      builder.addInput(
        Self.names[k], TensorType(tensor.dtype, tensor.shape.map { DimExpr($0) }))
    }
    for (k, term) in try body(terms).enumerated() { builder.addOutput("y\(k)", term) }
    graph = try builder.finished()
    self.inputs = inputs
  }

  static let names = ["a", "b", "c", "d", "e", "f"]

  /// The outputs; compiled, interpreted and by reference they agree.
  func values() throws -> [Tensor] { try Self.run(graph, inputs) }

  /// The gradient of the sum of all float outputs, one array a float input.
  func gradients() throws -> [Tensor] {
    let vjp = try graph.derivative(.vjp)
    let ones = try vjp.inputs.dropFirst(inputs.count).map { try Self.ones(vjp, $0.value) }
    return try Self.named("grad.", vjp, inputs + ones)
  }

  /// The tangents of the float outputs for given tangents of the float inputs.
  func tangents(_ directions: [Tensor]) throws -> [Tensor] {
    try Self.named("jvp.", try graph.derivative(.jvp), inputs + directions)
  }

  /// The Hessian of a scalar by its first input, as rows.
  func hessian() throws -> [Double] {
    try Self.named("hessian.a.a", try graph.derivative(.hessian, wrt: ["a"]), inputs)[0].doubles
  }

  private static func ones(_ graph: Graph, _ value: Value) throws -> Tensor {
    let shape = try graph.shape(value, [:])
    let dtype = graph.type(of: value).dtype
    return Tensor(repeating: Scalar(1.0, dtype), shape: shape)
  }

  private static func named(_ prefix: String, _ graph: Graph, _ inputs: [Tensor]) throws -> [Tensor]
  {
    zip(graph.outputs, try run(graph, inputs)).filter { $0.0.name.hasPrefix(prefix) }.map(\.1)
  }

  /// Runs a graph without symbols in every way.
  static func run(_ graph: Graph, _ inputs: [Tensor], tolerance: Double = 1e-13) throws -> [Tensor]
  {
    let expected = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: [:])
    let names = graph.outputs.map(\.name)
    let found = try Engine().compile(graph)(inputs)
    if let text = difference(found, from: expected, names: names, tolerance: tolerance) {
      Issue.record("compiled \(graph.name): \(text)")
    }
    let loops = try Interpreter.run(lower(graph.simplified(), .portable), inputs, [:])
    if let text = difference(loops, from: expected, names: names, tolerance: tolerance) {
      Issue.record("loops of \(graph.name): \(text)")
    }
    return found
  }
}

/// A call of an entry of the catalog by name.
func call(
  _ name: String, _ operands: [Term], _ attributes: [String: AttributeValue] = [:]
) throws -> [Term] {
  let entry = try #require(Catalog.entry(named: name))
  let builder = try #require(operands.first).builder
  return try entry.build(Call(name, builder, operands, attributes))
}

/// f64 vectors.
func vector(_ values: Double...) -> Tensor { Tensor(values, shape: [values.count]) }

/// Equal elements, where NaN equals NaN.
func isSame(_ tensor: Tensor, _ values: [Double]) -> Bool {
  tensor.count == values.count
    && zip(tensor.doubles, values).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
}
