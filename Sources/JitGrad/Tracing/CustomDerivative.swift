// Functions of tensors with a derivative of their own: what `@jvp` and `@vjp` say in a graph file, for
// closures. The operation and the comparison with the function's own derivative are the same.
import Frontend
import Graph
import JIT
import Synchronization

/// A function of tensors that says itself what its derivative is.
///
///     let norm = CustomDerivative("norm") { (x: TracedTensor) in
///       sqrt((x * x).sum())
///     } vjp: { x, y, ct in
///       ct * x / TracedTensor.select(y > 0, y, y.ones)  // 0 at 0, and not 0/0
///     }
///     let length = try norm(x)
///
/// The rule takes the place of the derivative, at any order. A function with one rule is differentiated
/// in both directions: the rule is transposed. Closures are run at each call, on variables of the types
/// of the arguments, and read nothing else than what they are given.
///
/// A rule is compared with the derivative of the function, two rules with each other, by the adjoint
/// identity ⟨w, J v⟩ = ⟨Jᵀ w, v⟩ at small sizes, once for each program that the closures build: for random
/// numbers from 0.25 to 0.9 and from −0.9 to 0.9; where these give no finite numbers, for positive definite
/// matrices, and then at the arguments of the call, if they are known. A rule that gives NaN or ∞ where
/// the function has a value and a derivative is wrong. Where by some input nothing could be compared, the
/// call fails. Functions of more than 10 000 elements are not compared. A rule that is compared is linear
/// in the tangents or cotangents; one that is not compared and not linear, as a clipped gradient, has no
/// transpose: it serves its own direction only.
public struct CustomDerivative<Input: TensorTree, Output: TensorTree>: Sendable {
  /// The name in graphs and messages.
  public let name: String
  /// Whether rules are compared with the function.
  public let isChecked: Bool

  private let function: @Sendable (Input) throws -> Output
  private let jvp: (@Sendable (Input, Output, Input) throws -> Output)?
  private let vjp: (@Sendable (Input, Output, Output) throws -> Input)?
  private let accepted = AcceptedRules()

  /// A function with one rule or two.
  /// - Parameters:
  ///   - name: in graphs and messages.
  ///   - checked: `false` for a rule that is meant to differ, as a straight-through estimator does, or
  ///     that cannot be compared.
  ///   - function: the values.
  ///   - jvp: from a tangent of the input to one of the output, linear in it. The tangents of tensors
  ///     that are no floats are zeros, and those of such results are not looked at.
  ///   - vjp: from a cotangent of the output to one of the input, linear in it.
  public init(
    _ name: String, checked: Bool = true,
    function: @escaping @Sendable (_ input: Input) throws -> Output,
    jvp: (@Sendable (_ input: Input, _ output: Output, _ tangent: Input) throws -> Output)? = nil,
    vjp: (@Sendable (_ input: Input, _ output: Output, _ cotangent: Output) throws -> Input)? = nil
  ) {
    self.name = name
    isChecked = checked
    self.function = function
    self.jvp = jvp
    self.vjp = vjp
  }

  /// The function of some tensors.
  /// - Throws: `TraceError` where a rule is not the derivative, could not be compared with it, is not
  ///   linear, has other types than it should, or reads what is not its own; what the closures throw.
  public func callAsFunction(_ input: Input) throws -> Output {
    guard jvp != nil || vjp != nil else {
      throw TraceError(name, "\(name) has neither a jvp nor a vjp", help: "give it one of them")
    }
    let operands = input.leaves.map(\.tensor)
    for operand in operands { if let failure = operand.failure { throw failure } }
    var shape: Output?
    let types = operands.map(\.type)
    let paths = input.leaves.map(\.path)
    let region = try closed("function", paths, types) { variables in
      let made = try function(input.replacing(variables))
      shape = made
      return made.leaves.map(\.tensor)
    }
    guard let output = shape else { preconditionFailure("the function was run") }
    let results = region.outputTypes
    let names = paths + output.leaves.map { $0.path.isEmpty ? "y" : $0.path }
    let forward = try jvp.map { jvp in
      try closed("jvp", names, types + results, types) { known, tangents in
        let (x, y) = (known.prefix(types.count), known.dropFirst(types.count))
        return try jvp(
          input.replacing(Array(x)), output.replacing(Array(y)), input.replacing(tangents)
        ).leaves.map(\.tensor)
      }
    }
    let backward = try vjp.map { vjp in
      try closed("vjp", names, types + results, results) { known, cotangents in
        let (x, y) = (known.prefix(types.count), known.dropFirst(types.count))
        return try vjp(
          input.replacing(Array(x)), output.replacing(Array(y)), output.replacing(cotangents)
        ).leaves.map(\.tensor)
      }
    }
    let known = operands.compactMap(\.knownValue)
    let operation = try self.operation(
      region, forward, backward, arguments: known.count == operands.count ? known : nil)
    let made = RegionTrace.combined(name, results.count) { (operation, operands.map(\.value), []) }
    if let failure = made.lazy.compactMap(\.failure).first { throw failure }
    return output.replacing(made)
  }

  private func operation(
    _ function: Region, _ jvp: Region?, _ vjp: Region?, arguments: [Tensor]?
  ) throws -> CustomFunction {
    var operation: CustomFunction
    do {
      operation = try CustomFunction(function: function, jvp: jvp, vjp: vjp)
    } catch {
      throw TraceError(name, error)
    }
    operation.isChecked = isChecked
    if accepted.contains(operation) { return operation }
    if isChecked {
      for (rule, kind, read) in [
        (jvp, "jvp", function.inputTypes), (vjp, "vjp", function.outputTypes),
      ] {
        let directions = read.count(where: \.dtype.isFloat)
        let names = kind == "jvp" ? "tangents" : "cotangents"
        if let rule, let problem = Linearity.problem(ofRule: rule, directions: directions, names) {
          throw TraceError(name, "the \(kind) of \(name) is not linear in the \(names): \(problem)")
        }
      }
      let rule = jvp == nil ? "vjp" : "jvp"
      switch (try? RuleCheck(operation))?.verdict(at: arguments) ?? .unknown {
      case .agree, .tooLarge: break
      case .unknown:
        throw TraceError(
          name, "the \(rule) of \(name) could not be compared with its derivative",
          notes: ["neither random inputs nor known arguments gave numbers on both sides"],
          help: "if it is right all the same, say checked: false")
      case .differ(let mismatch):
        throw TraceError(
          name,
          jvp != nil && vjp != nil
            ? "the rules of \(name) are not one derivative, in \(mismatch.input)"
            : "the \(rule) of \(name) is not its derivative, in \(mismatch.input)",
          notes: mismatch.notes(
            forward: jvp == nil ? "the derivative of \(name)" : "the jvp",
            backward: vjp == nil ? "the derivative of \(name)" : "the vjp"),
          help: "if it is meant to differ, say checked: false")
      }
    }
    accepted.insert(operation)
    return operation
  }

  /// A rule: it reads `known`, and a direction for each float of `varying`; it gives the floats of what
  /// the closure gives.
  private func closed(
    _ part: String, _ names: [String], _ known: [TensorType], _ varying: [TensorType],
    _ body: ([TracedTensor], [TracedTensor]) throws -> [TracedTensor]
  ) throws -> Region {
    let floats = varying.filter(\.dtype.isFloat)
    let labels = names + floats.indices.map { "direction\($0)" }
    return try closed(part, labels, known + floats) { variables in
      var rest = variables.dropFirst(known.count)
      let directions = varying.map { type in
        type.dtype.isFloat
          ? rest.removeFirst()
          : TracedTensor(TraceNode.literal(Scalar(0 as Int64, type.dtype))).broadcast(
            to: type.shape)
      }
      return try body(Array(variables.prefix(known.count)), directions).filter {
        $0.failure != nil || $0.dtype.isFloat
      }
    }
  }

  /// What a closure builds of variables, as a region that reads nothing else.
  private func closed(
    _ part: String, _ names: [String], _ types: [TensorType],
    _ body: ([TracedTensor]) throws -> [TracedTensor]
  ) throws -> Region {
    let variables = types.map { TracedTensor(TraceNode(.input(nil), $0)) }
    let start = TraceNode.nextSerial()
    let outputs = try body(variables)
    for output in outputs { if let failure = output.failure { throw failure } }
    func refuse(_ what: String) -> TraceError {
      TraceError(
        name, "the \(part) of \(name) reads \(what), which stands outside",
        help: "make it a part of the input, or make it inside")
    }
    let own = Set(variables.map { ObjectIdentifier($0.node) })
    for node in TraceNode.order(outputs.map(\.node), isLeaf: { $0.serial < start })
    where node.serial < start && !own.contains(ObjectIdentifier(node)) {
      // What reads nothing is the same everywhere.
      let isFree = node.primitive != nil && node.operands.isEmpty
      if !isFree { throw refuse(TracedTensor(node).description) }
    }
    var writer = TraceWriter(name: name)
    let unique = UniqueNames(names.map { $0.isEmpty ? "x" : $0 })
    for (k, variable) in variables.enumerated() {
      let input = writer.builder.addInput(unique[k], variable.type)
      writer.bind(variable.value, to: input.value)
    }
    try writer.writeAll(under: outputs.map(\.node)) { input, _ in throw refuse(input) }
    for (k, output) in outputs.enumerated() {
      writer.builder.addOutput("result\(k)", writer.leaf(output.value))
    }
    return Region(try writer.builder.finished().pruned())
  }
}

/// The functions whose rules were found to be their derivative.
private final class AcceptedRules: Sendable {
  private let operations = Mutex(RecentCache<CustomFunction, Void>(capacity: 256))

  func contains(_ operation: CustomFunction) -> Bool {
    operations.withLock { $0.value(for: operation) != nil }
  }

  func insert(_ operation: CustomFunction) {
    operations.withLock { _ = $0.insert((), for: operation) }
  }
}
