// Traces as graphs: a closure is run once on inputs without values, and what it builds becomes a named
// function, to be differentiated, compiled, printed, or written to a file.
import Graph

/// A function of the closure's inputs as a graph.
///
///     let graph = try trace("ridge", Model.inputs, .input("x", .f64, ["n", "d"])) { model, x in … }
///
/// The closure is run once. Its arguments are the trees given, with every tensor replaced by an input
/// of its type: concrete ones as well, so a model with values serves as its own description. An input
/// keeps its name; others are called by their path, behind the number of the argument where there are
/// several, with a number behind it where an input has that name. Outputs are called by their path, a
/// single tensor by the name of the function; one whose name is taken gets a number behind it. Tensors
/// with values that the closure captures become constants of the graph.
///
/// - Throws: `TraceError` for what could not be built; what the closure throws.
public func trace<each Argument: TensorTree, Result: TensorTree>(
  _ name: String, _ arguments: repeat each Argument,
  body: (repeat each Argument) throws -> Result
) throws -> Graph {
  var inputs = TraceInputs()
  var number = 0
  var count = 0
  for _ in repeat each arguments { count += 1 }
  func placed<Tree: TensorTree>(_ tree: Tree) -> Tree {
    defer { number += 1 }
    return inputs.add(tree, prefix: count == 1 ? "" : "\(number)")
  }
  let result = try body(repeat placed(each arguments))
  return try Graph(name, inputs.list, result)
}

/// The inputs of a function in the making.
private struct TraceInputs {
  private(set) var list: [(name: String, value: TraceValue)] = []
  private var taken: Set<String> = []

  /// What has no name of its own becomes a variable, for which the graph finds a name that is free.
  mutating func add<Tree: TensorTree>(_ tree: Tree, prefix: String) -> Tree {
    let inputs = tree.leaves.map { path, tensor in
      var name = [prefix, path].filter { !$0.isEmpty }.joined(separator: ".")
      if name.isEmpty { name = "x" }
      if name.first?.isNumber == true { name = "x\(name)" }
      var given = tensor.node.inputName
      if let own = given {
        name = own
        if !taken.insert(own).inserted { given = nil }
      }
      let input = TracedTensor(TraceNode(.input(given), tensor.type))
      list.append((name, input.value))
      return input
    }
    return tree.replacing(inputs)
  }
}

extension Graph {
  /// The function that computes the tensors of `results`, of the inputs they are made of.
  ///
  /// - Parameters:
  ///   - name: of the function.
  ///   - results: outputs are called by their path, a single tensor by `name`; one whose name is taken
  ///     gets a number behind it.
  ///   - inputs: names, in the order the inputs should have; inputs that are not mentioned follow.
  /// - Throws: `TraceError` for what could not be built, `EvaluationError` for variables that left
  ///   their closure.
  public init(_ name: String, of results: some TensorTree, inputs: [String] = []) throws {
    var found: [(name: String, value: TraceValue)] = []
    for node in TraceNode.order(results.leaves.map(\.tensor.node), isLeaf: { !$0.isSymbolic }) {
      if case .input(let input?) = node.kind { found.append((input, TraceValue(node))) }
    }
    let listed = inputs.flatMap { name in found.filter { $0.name == name } }
    try self.init(name, listed + found.filter { !inputs.contains($0.name) }, results)
  }

  /// - Parameter inputs: the name of a variable gives way to those of inputs.
  init(
    _ name: String, _ inputs: [(name: String, value: TraceValue)], _ results: some TensorTree
  ) throws {
    let leaves = results.leaves
    var writer = TraceWriter(name: name)
    let builder = writer.builder
    var list: [(name: String, term: Term)] = []
    var known: [String: Term] = [:]
    func term(_ name: String, _ type: TensorType) throws -> Term {
      if let term = known[name] {
        if term.type != type { throw EvaluationError.conflict(input: name, term.type, type) }
        return term
      }
      let term = builder.addHidden(type)
      known[name] = term
      list.append((name, term))
      return term
    }
    for (input, value) in inputs {
      if value.node.inputName == nil {
        list.append((input, writer.variable(value)))
      } else {
        writer.bind(value, to: try term(input, value.type).value)
      }
    }
    try writer.writeAll(under: leaves.map(\.tensor.node), input: term)
    // Names that inputs were given stay.
    let isGiven = list.map { known[$0.name]?.value == $0.term.value }
    let others = UniqueNames(
      zip(list, isGiven).filter { !$1 }.map(\.0.name), besides: Set(known.keys), separator: "_")
    var next = 0
    builder.setInputs(
      zip(list, isGiven).map { input, isGiven in
        if !isGiven { next += 1 }
        let name = isGiven ? input.name : others[next - 1]
        builder.name(input.term, name)
        return GraphInput(name: name, value: input.term.value)
      })
    let outputs = UniqueNames(
      leaves.map { path, _ in
        path.isEmpty ? name : path.first?.isNumber == true ? "y\(path)" : path
      })
    for (k, leaf) in leaves.enumerated() {
      guard let value = writer[leaf.tensor.value] else { continue }
      writer.builder.addOutput(outputs[k], writer.builder.term(value))
    }
    self = try writer.builder.finished().pruned()
  }
}

extension Graph {
  /// The graph applied to tensors, one an input, in order: a function from a file as a part of a
  /// trace. The results stand in the order of the outputs.
  public func callAsFunction(_ arguments: TracedTensor...) throws -> [TracedTensor] {
    guard arguments.count == inputs.count else {
      throw TraceError(
        name, "\(name) needs \(inputs.count) inputs, found \(arguments.count)",
        help: "they are "
          + inputs.map { "\($0.name): \(type(of: $0.value))" }.joined(separator: ", "))
    }
    for (input, argument) in zip(inputs, arguments) {
      if let failure = argument.failure { throw failure }
      guard argument.type == type(of: input.value) else {
        throw TraceError(
          name, "\(input.name) is \(type(of: input.value)), found \(argument.type)",
          help: "an input of the same sizes by name: TracedTensor.input")
      }
    }
    return TracedTensor.built(name, arguments, count: outputs.count) { builder, terms in
      try builder.inline(self, terms)
    }
  }
}
