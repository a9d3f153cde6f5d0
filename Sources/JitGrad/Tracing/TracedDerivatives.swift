// Derivatives of traced tensors: the part of the trace that varies is written into a graph, the walks
// of Graph/Transforms add tangents and cotangents to it, and what is new is lifted to nodes. So the
// derivative uses the nodes of the function itself, and both evaluated together compute each once.
import Autodiff
import Graph

extension TracedTensor {
  /// The gradient of a scalar.
  ///
  /// - Parameter wrt: an input, data, or any tensor this one is made of, in which case what made that
  ///   one is held fixed.
  /// - Returns: a tensor of the type of `wrt`; zeros where nothing depends on it.
  /// - Throws: `TraceError` where this is no float scalar, could not be built, or is made of a
  ///   `checkpoint` that replaced `wrt`, and where `wrt` is a literal; `DerivativeError` where an
  ///   operation has no derivative.
  public func grad(wrt: TracedTensor) throws -> TracedTensor { try grad(wrt: [wrt])[0] }

  /// The gradient of a scalar by all tensors of a tree, in one pass.
  ///
  /// Where one of them is made of another, the gradient by the other counts the way through it, as
  /// if something were added to each where it is made. A tensor that stands there twice has the same
  /// gradient in both places. Inputs of one name are one input.
  /// - Throws: as the gradient by one tensor.
  public func grad<Tree: TensorTree>(wrt tree: Tree) throws -> Tree {
    guard rank == 0, dtype.isFloat else {
      if let failure { throw failure }
      throw TraceError(
        "grad", "needs a scalar float, found \(type)",
        help: "sum it, or use vjp with a cotangent, or jacobian")
    }
    return try vjp(cotangent: TracedTensor.literal(1, dtype), wrt: tree)
  }

  /// The gradient of ⟨cotangent, self⟩ by all tensors of a tree, in one pass.
  /// - Parameters:
  ///   - cotangent: of the type of this tensor; it may be traced itself.
  ///   - tree: as for `grad`.
  /// - Throws: as `grad`; `TraceError` where the cotangent is of another type.
  public func vjp<Tree: TensorTree>(cotangent: TracedTensor, wrt tree: Tree) throws -> Tree {
    try TracedTensor.vjp(of: [self], cotangents: [cotangent], wrt: tree)
  }

  /// The gradient of Σ ⟨cotangent, output⟩ by all tensors of a tree, in one pass.
  /// - Throws: `TraceError` where a cotangent is not of the type of its output.
  public static func vjp<Tree: TensorTree>(
    of outputs: [TracedTensor], cotangents: [TracedTensor], wrt tree: Tree
  ) throws -> Tree {
    let variables = tree.leaves.map(\.tensor)
    try check("vjp", outputs, cotangents, "cotangent")
    var part = try VaryingPart("vjp", of: outputs, wrt: variables)
    let received = cotangents.map { part.writer.leaf($0.value) }
    let seeds = variables.map { part.writer.builder.addHidden($0.type) }
    let tangents = try part.tangents(of: outputs, seeds)
    var linear: [(tangent: Value, cotangent: Term)] = []
    for (tangent, cotangent) in zip(tangents, received) {
      if let tangent { linear.append((tangent.value, cotangent)) }
    }
    let made = try Cotangents(part.writer.builder, inputs: seeds.map(\.value), outputs: linear)
    return tree.replacing(try part.lift(seeds.map { made[$0.value] ?? $0.zeros }))
  }

  /// The derivative along a direction.
  /// - Parameters:
  ///   - tree: the tensors that vary.
  ///   - tangent: the direction, a tree of the same types; it may be traced itself.
  /// - Returns: a tensor of the type of this one; zeros where it does not vary. The directions of a
  ///   tensor that stands in the tree twice add up.
  /// - Throws: as `grad`; `TraceError` where a tangent is of another type than what varies.
  public func jvp<Tree: TensorTree>(wrt tree: Tree, tangent: Tree) throws -> TracedTensor {
    let (variables, directions) = (tree.leaves.map(\.tensor), tangent.leaves.map(\.tensor))
    try Self.check("jvp", variables, directions, "tangent")
    var part = try VaryingPart("jvp", of: [self], wrt: variables)
    let seeds = directions.map { part.writer.leaf($0.value) }
    let result = try part.tangents(of: [self], seeds)[0]
    return try part.lift([result ?? part.writer.leaf(value).zeros])[0]
  }

  /// The product of the Hessian of a scalar with a direction: the derivative of the gradient.
  /// - Throws: as `grad` and `jvp`.
  public func hvp<Tree: TensorTree>(wrt tree: Tree, tangent: Tree) throws -> Tree {
    let gradient = try grad(wrt: tree)
    return tree.replacing(
      try gradient.leaves.map { try $0.tensor.jvp(wrt: tree, tangent: tangent) })
  }

  /// All partial derivatives, as one batched derivative: `[shape of self…, shape of wrt…]`.
  ///
  /// - Parameters:
  ///   - wrt: as for `grad`.
  ///   - direction: by columns, by rows, or by what is fewer.
  /// - Returns: zeros where this tensor does not depend on `wrt`.
  /// - Throws: as `grad`; `DerivativeRequestError` where this is no float.
  public func jacobian(
    wrt: TracedTensor, direction: JacobianDirection = .automatic
  ) throws -> TracedTensor {
    var part = try VaryingPart("jacobian", of: [self], wrt: [wrt])
    return try part.derivative(.jacobian, of: self, wrt: wrt, direction)
  }

  /// All second derivatives of a scalar: `[shape of wrt…, shape of wrt…]`.
  /// - Throws: as `grad`; `DerivativeRequestError` where this is no float scalar.
  public func hessian(wrt: TracedTensor) throws -> TracedTensor {
    var part = try VaryingPart("hessian", of: [self], wrt: [wrt])
    return try part.derivative(.hessian, of: self, wrt: wrt, .automatic)
  }

  private static func check(
    _ name: String, _ needed: [TracedTensor], _ given: [TracedTensor], _ what: String
  ) throws {
    for tensor in needed + given { if let failure = tensor.failure { throw failure } }
    guard needed.count == given.count else {
      throw TraceError(name, "needs \(needed.count) \(what)s, found \(given.count)")
    }
    for (tensor, other) in zip(needed, given) where tensor.type != other.type {
      throw TraceError(name, "needs a \(what) of type \(tensor.type), found \(other.type)")
    }
  }
}

/// The part of a trace that depends on given variables, written into a graph.
struct VaryingPart {
  var writer: TraceWriter
  private let variables: [TracedTensor]
  private let name: String

  /// - Throws: `TraceError` for variables that have no derivative, or that a checkpoint replaced. A
  ///   literal is the same wherever it stands, so what is derived by it would be all or nothing.
  init(_ name: String, of outputs: [TracedTensor], wrt variables: [TracedTensor]) throws {
    self.name = name
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

  /// Tangents of outputs from those of the variables; `nil` where one does not vary.
  mutating func tangents(of outputs: [TracedTensor], _ seeds: [Term]) throws -> [Term?] {
    let values = outputs.map { writer.leaf($0.value).value }
    var known: [Value: Term] = [:]
    for (variable, seed) in zip(variables, seeds) {
      let value = writer.leaf(variable.value).value
      // A variable that stands there twice varies by both.
      known[value] = known[value].map { $0 + seed } ?? seed
    }
    let tangents = try Tangents(writer.builder, of: values, seeds: known)
    return values.map { tangents[$0] }
  }

  mutating func lift(_ terms: [Term]) throws -> [TracedTensor] { try writer.lift(terms) }

  /// A derivative of the part as a graph of its own, put back where it came from.
  mutating func derivative(
    _ mode: DerivativeMode, of output: TracedTensor, wrt variable: TracedTensor,
    _ direction: JacobianDirection
  ) throws -> TracedTensor {
    let target = writer.leaf(output.value).value
    let source = writer.leaf(variable.value).value
    let graph = writer.builder.graph
    // Everything the part does not compute comes in from outside.
    let needed = graph.nodesNeeded(for: [target])
    let read = zip(graph.nodes, needed).flatMap { $1 ? Array(graph.operands(of: $0)) : [] }
    var outside: [Value] = [source]
    var seen: Set<Value> = [source]
    for value in read + [target]
    where graph.definingNode(of: value) == nil && seen.insert(value).inserted {
      outside.append(value)
    }
    let names = outside.indices.map { "v\($0)" }
    let part = graph.part(
      name, from: zip(names, outside).map { (name: $0, value: $1) },
      to: [(name: "y", value: target)])
    let derivative = try part.derivative(mode, wrt: [names[0]], direction: direction)
    let terms = try writer.builder.inline(derivative, outside.map(writer.builder.term))
    return try lift([terms[terms.count - 1]])[0]
  }
}
