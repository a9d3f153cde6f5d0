// The part of a trace that varies, as a graph in which derivatives are made: what is written, what stays a
// variable, and what is told apart from equal expressions.
import Graph

/// The part of a trace that depends on given variables, written into a graph.
struct VaryingPart {
  var writer: TraceWriter
  private let variables: [TracedTensor]

  /// - Throws: `TraceError` for variables that have no derivative, or that a checkpoint replaced. A
  ///   literal is the same wherever it stands, so what is derived by it would be all or nothing.
  init(_ name: String, of outputs: [TracedTensor], wrt variables: [TracedTensor]) throws {
    self.variables = variables
    writer = TraceWriter(name: name)
    for tensor in variables + outputs { if let failure = tensor.failure { throw failure } }
    if let other = variables.first(where: { !$0.dtype.isFloat }) {
      throw TraceError(name, "derivatives are with respect to floats, found \(other.type)")
    }
    if variables.contains(where: \.node.isLiteral) {
      throw TraceError(
        name, "a number in the program is no variable", help: "make it data: TracedTensor(2.0)")
    }
    // Inputs of one name are one input, whichever node was asked for.
    var inputs: [String: Term] = [:]
    var varies: Set<ObjectIdentifier> = []
    for variable in variables {
      if let name = variable.node.inputName, inputs[name] == nil {
        inputs[name] = writer.variable(variable.value)
      }
    }
    // What was made before the first variable cannot depend on any, unless an input of its name is
    // older.
    let first = variables.map(\.node.serial).min() ?? .max
    let order = TraceNode.order(outputs.map(\.node) + variables.map(\.node)) {
      $0.serial < first && (inputs.isEmpty || !$0.isSymbolic)
    }
    let chosen = Set(variables.map { ObjectIdentifier($0.node) })
    for node in order {
      if !node.replaced.isEmpty { writer.replaced.formUnion(node.replaced) }
      if let name = node.inputName, let input = inputs[name] {
        guard node.types[0] == input.type else {
          throw EvaluationError.conflict(input: name, node.types[0], input.type)
        }
        writer.bind(TraceValue(node), to: input.value)
        varies.insert(ObjectIdentifier(node))
        continue
      }
      let depends = node.operands.contains { varies.contains(ObjectIdentifier($0.node)) }
      // A variable that depends on no other is a leaf, one that does is told apart: equal expressions
      // elsewhere do not vary with it, nor do those that the rules of what makes it speak of.
      if depends {
        try writer.write(node)
        if chosen.contains(ObjectIdentifier(node)) { try writer.distinguish(node) }
        varies.insert(ObjectIdentifier(node))
      } else if chosen.contains(ObjectIdentifier(node)) {
        varies.insert(ObjectIdentifier(node))
        for result in node.types.indices { _ = writer.variable(TraceValue(node, result)) }
      } else if case .failure(let error) = node.kind {
        throw error
      }
    }
    for variable in variables
    where writer.replaced.contains(where: { $0.serials.contains(variable.node.serial) }) {
      throw TraceError(
        name, "\(variable) is no part of the trace any more: a checkpoint has replaced it",
        help: "differentiate by inputs or data, or keep it: checkpoint(…, keeping: [it])")
    }
  }

  /// Values of the graph for tensors; what the part does not compute becomes a variable of the graph.
  mutating func values(_ tensors: [TracedTensor]) -> [Value] {
    tensors.map { writer.leaf($0.value).value }
  }

  /// The variables in the graph; one that stands there twice is one value.
  mutating func variableValues() -> [Value] { values(variables) }

  /// Tangents of outputs from those of the variables; `nil` where one does not vary.
  mutating func tangents(of outputs: [TracedTensor], _ seeds: [Term]) throws -> [Term?] {
    let values = values(outputs)
    // A variable that stands there twice varies by both.
    let known = Dictionary(zip(variableValues(), seeds), uniquingKeysWith: { $0 + $1 })
    let tangents = try Tangents(writer.builder, of: values, seeds: known)
    return values.map { tangents[$0] }
  }

  mutating func lift(_ terms: [Term]) throws -> [TracedTensor] { try writer.lift(terms) }
}
