// The derivatives people ask for, as compositions of linearize, transpose and batching. Each is a
// graph with the primal outputs first and the derivatives behind them, named by what they are:
//
//     gradient   grad.NAME            of one scalar output
//     vjp        grad.NAME            from inputs ct.OUT
//     jvp        jvp.OUT              from inputs tan.NAME
//     hvp        grad.NAME, hvp.NAME  from inputs tan.NAME
//     jacobian   jacobian.OUT.NAME    [shape of OUT…, shape of NAME…], dtype of OUT
//     hessian    hessian.A.B          [shape of A…, shape of B…]
//
// Where a name is taken, in derivatives of derivatives, the next one ends in .2, .3, …
import Graph

/// Why a derivative cannot be asked for like this: a user's error.
public struct DerivativeRequestError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with the request.
  public var message: String
  /// What to do about it.
  public var help: String?

  package init(_ message: String, help: String? = nil) {
    self.message = message
    self.help = help
  }

  public var description: String { message }
}

/// Which derivative.
public enum DerivativeMode: String, Sendable, CaseIterable {
  /// Of one scalar output, by each input.
  case gradient
  /// Products of cotangents of the outputs with the Jacobian.
  case vjp
  /// Products of the Jacobian with tangents of the inputs.
  case jvp
  /// Products of the Hessian of one scalar output with tangents of the inputs, and the gradient.
  case hvp
  /// All partial derivatives of each output by each input.
  case jacobian
  /// All second derivatives of one scalar output, and the gradient.
  case hessian
}

/// How a Jacobian is made.
public enum JacobianDirection: String, Sendable, CaseIterable {
  /// By columns: one batched jvp.
  case forward
  /// By rows: one batched vjp.
  case reverse
  /// Forward where that needs fewer directions, as far as the sizes tell; else reverse.
  case automatic
}

extension Graph {
  /// The derivative of the graph with respect to values.
  ///
  /// - Parameters:
  ///   - wrt: names of inputs or of intermediate values; `nil` means every float input.
  ///   - of: names of outputs; `nil` means every float output.
  ///   - isCheckpointed: loops keep states for the way back, as many as the size `checkpoints` says.
  /// - Throws: `DerivativeRequestError` for a request that makes no sense, `DerivativeError` where
  ///   an operation has no derivative.
  package func derivative(
    _ mode: DerivativeMode, wrt: [String]? = nil, of outputs: [String]? = nil,
    direction: JacobianDirection = .automatic, isCheckpointed: Bool = false
  ) throws -> Graph {
    // Some of what reading found out is about this graph only.
    for name in wrt ?? [] { _ = try variable(named: name) }
    let graph = isCheckpointed ? try checkpointed() : self
    let request = try DerivativeRequest(graph, wrt: wrt, of: outputs)
    return try request.graph(mode, direction)
  }
}

/// A graph with the values to differentiate, found by name.
struct DerivativeRequest {
  typealias Named = (name: String, value: Value)

  let graph: Graph
  let variables: [Named]
  let results: [Named]

  init(_ graph: Graph, wrt: [String]?, of outputs: [String]?) throws {
    let isFloat = { (value: Value) in graph.type(of: value).dtype.isFloat }
    let variables: [Named]
    if let wrt {
      if let twice = wrt.indices.first(where: { wrt[..<$0].contains(wrt[$0]) }) {
        throw DerivativeRequestError(
          "the derivative by \(wrt[twice]) is asked for twice", help: "name it once")
      }
      variables = try wrt.map { name in
        let value = try graph.variable(named: name)
        guard isFloat(value) else {
          throw DerivativeRequestError(
            "\(name) is \(graph.type(of: value)); derivatives are with respect to floats")
        }
        return (name, value)
      }
    } else {
      variables = graph.inputs.filter { isFloat($0.value) }.map { ($0.name, $0.value) }
    }
    // Hereafter only what reads the variables depends on them, not what equals them.
    let (graph, values) = try graph.distinguishing(variables.map(\.value))
    self.graph = graph
    self.variables = zip(variables, values).map { ($0.name, $1) }
    if let outputs {
      results = try outputs.map { name in
        guard let output = graph.outputs.first(where: { $0.name == name }) else {
          let names = graph.outputs.map(\.name).joined(separator: ", ")
          throw DerivativeRequestError(
            "\(graph.name) has no output named \(name)", help: "its outputs are \(names)")
        }
        guard isFloat(output.value) else {
          throw DerivativeRequestError(
            "\(name) is \(graph.type(of: output.value)); only floats have derivatives")
        }
        return (name, output.value)
      }
    } else {
      results = graph.outputs.filter { graph.type(of: $0.value).dtype.isFloat }.map {
        ($0.name, $0.value)
      }
    }
    if variables.isEmpty {
      throw DerivativeRequestError("\(graph.name) has no float input to differentiate by")
    }
    if results.isEmpty {
      throw DerivativeRequestError("\(graph.name) has no float output to differentiate")
    }
  }

  func graph(_ mode: DerivativeMode, _ direction: JacobianDirection) throws -> Graph {
    let builder = GraphBuilder(graph)
    builder.setName("\(graph.name).\(mode.rawValue)")
    switch mode {
    case .gradient:
      _ = try scalarResult(mode)
      try addGradient(builder)
    case .vjp: try addVJP(builder)
    case .jvp: try addJVP(builder)
    case .hvp: try addHVP(builder)
    case .jacobian: try addJacobian(builder, direction)
    case .hessian: try addHessian(builder)
    }
    builder.origin = .none
    return try builder.finished().pruned()
  }

  // MARK: - Pieces

  /// The one scalar output that gradients need.
  private func scalarResult(_ mode: DerivativeMode) throws -> Named {
    let scalars = results.filter { graph.type(of: $0.value).rank == 0 }
    if scalars.count == 1 && results.count == 1 { return scalars[0] }
    let list = results.map { "\($0.name): \(graph.type(of: $0.value))" }.joined(separator: ", ")
    throw DerivativeRequestError(
      "\(mode == .hvp ? "an" : "a") \(mode.rawValue) needs exactly one scalar float output, found \(list)",
      help: (scalars.first.map { "choose one output: --of \($0.name), or " } ?? "")
        + "use the mode vjp or jacobian")
  }

  /// Tangents of `targets` for given tangents of the variables.
  private func tangents(
    _ builder: GraphBuilder, of targets: [Value], _ seeds: [Term]
  ) throws -> Tangents {
    try Tangents(
      builder, of: targets,
      seeds: Dictionary(zip(variables.map(\.value), seeds)) { first, _ in first })
  }

  /// Cotangents of the variables for given cotangents of values.
  private func cotangents(
    _ builder: GraphBuilder, of targets: [Value], _ received: [Term]
  ) throws -> [Term] {
    try builder.cotangents(of: targets, received, by: variables.map(\.value))
  }

  private func addGradient(_ builder: GraphBuilder) throws {
    let result = try scalarResult(.gradient)
    let one = builder.term(result.value).literal(1)
    for (variable, ct) in zip(variables, try cotangents(builder, of: [result.value], [one])) {
      builder.addNamedOutput("grad.\(variable.name)", ct)
    }
  }

  private func addVJP(_ builder: GraphBuilder) throws {
    let received = results.map {
      builder.addNamedInput("ct.\($0.name)", graph.type(of: $0.value))
    }
    let made = try cotangents(builder, of: results.map(\.value), received)
    for (variable, ct) in zip(variables, made) {
      builder.addNamedOutput("grad.\(variable.name)", ct)
    }
  }

  private func addJVP(_ builder: GraphBuilder) throws {
    let seeds = variables.map { builder.addNamedInput("tan.\($0.name)", graph.type(of: $0.value)) }
    let tangents = try tangents(builder, of: results.map(\.value), seeds)
    for (name, value) in results {
      builder.addNamedOutput("jvp.\(name)", tangents[value] ?? builder.term(value).zeros)
    }
  }

  private func addHVP(_ builder: GraphBuilder) throws {
    let result = try scalarResult(.hvp)
    let one = builder.term(result.value).literal(1)
    let gradients = try cotangents(builder, of: [result.value], [one])
    let seeds = variables.map { builder.addNamedInput("tan.\($0.name)", graph.type(of: $0.value)) }
    let tangents = try tangents(builder, of: gradients.map(\.value), seeds)
    for (variable, gradient) in zip(variables, gradients) {
      builder.addNamedOutput("grad.\(variable.name)", gradient)
    }
    for (variable, gradient) in zip(variables, gradients) {
      builder.addNamedOutput(
        "hvp.\(variable.name)", tangents[gradient.value] ?? gradient.zeros)
    }
  }

  private func addJacobian(_ builder: GraphBuilder, _ direction: JacobianDirection) throws {
    if direction.isByColumns(results: count(results), variables: count(variables)) {
      for (name, column, result) in try columns(builder, of: results) {
        builder.addNamedOutput("jacobian.\(result).\(name)", column)
      }
    } else {
      try addRows(builder)
    }
  }

  private func addHessian(_ builder: GraphBuilder) throws {
    let result = try scalarResult(.hessian)
    let one = builder.term(result.value).literal(1)
    let gradients = try cotangents(builder, of: [result.value], [one])
    let named = zip(variables, gradients).map { ($0.name, $1.value) }
    for (variable, gradient) in zip(variables, gradients) {
      builder.addNamedOutput("grad.\(variable.name)", gradient)
    }
    for (name, column, row) in try columns(builder, of: named) {
      builder.addNamedOutput("hessian.\(row).\(name)", column)
    }
  }

  private func count(_ values: [Named]) -> DimExpr {
    values.reduce(0) { $0 + graph.type(of: $1.value).elementCount }
  }

  /// ∂target/∂variable for each pair, by one batched jvp a variable.
  private func columns(
    _ builder: GraphBuilder, of targets: [Named]
  ) throws -> [(variable: String, jacobian: Term, target: String)] {
    var made: [(String, Term, String)] = []
    for (name, value) in variables {
      let jacobians = try builder.jacobianColumns(of: targets.map(\.value), by: value)
      for (target, jacobian) in zip(targets, jacobians) {
        made.append((name, jacobian, target.name))
      }
    }
    return made
  }

  /// ∂output/∂variable for each pair, by one batched vjp an output.
  private func addRows(_ builder: GraphBuilder) throws {
    for (name, value) in results {
      let rows = try builder.jacobianRows(of: value, by: variables.map(\.value))
      for (variable, row) in zip(variables, rows) {
        builder.addNamedOutput("jacobian.\(name).\(variable.name)", row)
      }
    }
  }
}

extension GraphBuilder {
  fileprivate func addNamedInput(_ name: String, _ type: TensorType) -> Term {
    addInput(name.unused(in: graph.inputs.map(\.name)), type)
  }

  fileprivate func addNamedOutput(_ name: String, _ term: Term) {
    addOutput(name.unused(in: graph.outputs.map(\.name)), term)
  }
}

extension String {
  /// The name itself, or with the first number behind it that makes it new.
  fileprivate func unused(in taken: [String]) -> String {
    if !taken.contains(self) { return self }
    var number = 2
    while taken.contains("\(self).\(number)") { number += 1 }
    return "\(self).\(number)"
  }
}
