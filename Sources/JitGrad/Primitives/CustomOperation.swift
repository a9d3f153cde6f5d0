// An operation of a user as one of the graph. Rules that are written with traced tensors are run on
// variables that stand for the terms of the graph, and what they build is written into it.
import Graph
import Synchronization

/// A `PrimitiveOperation` in a graph.
struct CustomOperation: Operation {
  let primitive: any PrimitiveOperation
  let identity: String
  /// The function of elements, for an operation with a body in C.
  private let element: ScalarFunction?
  private let compositions = Compositions()

  init(_ primitive: any PrimitiveOperation) {
    self.primitive = primitive
    identity = Self.identity(of: primitive)
    if case .elementwise(let body) = primitive.kernel {
      element = Self.function(primitive, identity, body)
    } else {
      element = nil
    }
  }

  /// Type and parameters: what tells the operation apart in messages. What is behind a reference or
  /// in a closure does not show there, so operations are compared themselves, too.
  static func identity(of primitive: some PrimitiveOperation) -> String {
    "\(String(reflecting: type(of: primitive)))(\(primitive.parameters))"
  }

  static func == (a: CustomOperation, b: CustomOperation) -> Bool {
    a.identity == b.identity && a.primitive.isEqual(to: b.primitive)
  }
  func hash(into hasher: inout Hasher) {
    hasher.combine(identity)
    primitive.hash(into: &hasher)
  }

  var name: String { primitive.name }
  var attributes: [Attribute] {
    [Attribute("identity", .word(identity))]
      + (element.map { [Attribute("body", .word("\($0.spelling.float as Any)"))] } ?? [])
  }

  var isToldByAttributes: Bool { false }

  /// Whoever reads a file says which type a name stands for.
  var writtenAttributes: [Attribute] {
    primitive.parameters.isEmpty ? [] : [Attribute("parameters", .word(primitive.parameters))]
  }

  /// Is of the same type, and not the same.
  func differsOnlyInParameters(from other: CustomOperation) -> Bool {
    type(of: primitive) == type(of: other.primitive) && identity != other.identity
  }

  /// The library has the name: graph files could not tell the two apart.
  var isCalledLikeOurs: Bool {
    Catalog.entry(named: name) != nil || DType(rawValue: name) != nil
  }

  func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    if isCalledLikeOurs {
      throw TypeRuleError(
        "\(name) is an operation of the library, and a graph file would call that one",
        help: "give the operation of this program a name of its own")
    }
    guard operands.count == primitive.operandCount else {
      throw TypeRuleError(
        "\(name) needs \(primitive.operandCount) operands, found \(operands.count)")
    }
    let types: [TensorType]
    do {
      types = try primitive.resultTypes(of: operands)
    } catch let error as TypeRuleError {
      throw error
    } catch {
      throw TypeRuleError("\(name): \(error)")
    }
    guard types.count == primitive.resultCount else {
      throw TypeRuleError(
        "the type rule of \(name) gives \(types.count) results, and it says it has "
          + "\(primitive.resultCount)")
    }
    try checkComposition(operands, types)
    if element != nil {
      guard types.count == 1, let first = operands.first, first.dtype.isFloat,
        (operands + types).allSatisfy({ $0.dtype == first.dtype })
      else {
        throw TypeRuleError(
          "\(name) has a body for elements: it needs operands of one float dtype and gives one result "
            + "of it, found \(operands.map(\.description).joined(separator: ", ")) and "
            + types.map(\.description).joined(separator: ", "))
      }
      let shape = try broadcastShape(of: operands, for: name)
      guard types[0].shape == shape else {
        throw TypeRuleError(
          "\(name) has a body for elements: its result has the shape of its operands, \(shape), and "
            + "the type rule gives \(types[0])")
      }
    }
    return types
  }

  /// What the operation is composed of is looked at when it is applied: behind the derivatives it is too
  /// late for a mistake of the program.
  private func checkComposition(
    _ operands: [TensorType], _ results: [TensorType]
  ) throws(TypeRuleError) {
    guard case .composed(let compose) = primitive.kernel else { return }
    let found: [TensorType]
    do {
      let graph = try compositions.graph(name, operands, compose)
      found = graph.outputs.map { graph.type(of: $0.value) }
    } catch {
      throw TypeRuleError("the kernel of \(name) cannot be composed: \(error)")
    }
    guard found == results else {
      throw TypeRuleError(
        "the kernel of \(name) gives \(found.map(\.description).joined(separator: ", ")), and its "
          + "type rule \(results.map(\.description).joined(separator: ", "))",
        help: "one of the two is wrong")
    }
  }

  func guards(of operands: [TensorType]) -> [Guard] {
    element == nil || operands.count < 2 ? [] : broadcastGuards(of: operands)
  }

  // MARK: - Rules

  func jvp(_ rule: JVPRule) throws -> [Term?] {
    var bridge = RuleBridge(rule.builder)
    let made = try primitive.jvp(
      PrimitiveTangents(
        operands: rule.operands.map { bridge.variable($0) },
        results: rule.results.map { bridge.variable($0) },
        tangents: rule.tangents.map { $0.map { bridge.variable($0) } }))
    return try bridge.terms(made, name, "jvp", rule.results.map(\.type))
  }

  func transpose(_ rule: TransposeRule) throws -> [Term?] {
    var bridge = RuleBridge(rule.builder)
    let made = try primitive.transpose(
      PrimitiveCotangents(
        operands: rule.operands.map { bridge.variable($0) }, isLinear: rule.linear,
        cotangents: rule.cotangents.map { $0.map { bridge.variable($0) } }))
    return try bridge.terms(made, name, "transpose", rule.operands.map(\.type))
  }

  func batch(_ rule: BatchRule) throws -> [Term] {
    element == nil ? try overElements(of: rule) : try rule.builder.apply(self, rule.aligned)
  }

  // MARK: - Values

  var isComposed: Bool { if case .composed = primitive.kernel { true } else { false } }
  var runsOnHost: Bool { if case .none = primitive.kernel { true } else { false } }

  func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    guard case .composed(let compose) = primitive.kernel else { return nil }
    return try builder.inline(compositions.graph(name, operands.map(\.type), compose), operands)
  }

  func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    guard let element else {
      preconditionFailure("an operation without a body is expanded or run in Swift")
    }
    let shape = results[0].shape
    let elements = operands.enumerated().map { k, type in
      ScalarExpr.operand(k, broadcastIndices(from: type.shape, to: shape))
    }
    return .map(Comprehension(domain: shape, values: [.apply(element, elements)]))
  }

  func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let results = try primitive.evaluate(call.operands)
    guard results.count == primitive.resultCount else {
      throw TraceError(
        name, "evaluate gave \(results.count) results, and it says it has \(primitive.resultCount)")
    }
    for (found, needed) in zip(results, call.results)
    where found.dtype != needed.dtype || found.shape != needed.shape {
      throw TraceError(
        name,
        "evaluate gave \(found.type), needed \(Tensor.type(needed.dtype, needed.shape)) here",
        help: "the type rule and evaluate should say the same")
    }
    return results
  }

  private static func function(
    _ primitive: any PrimitiveOperation, _ identity: String, _ body: String
  ) -> ScalarFunction {
    let letters = primitive.name.utf8.map { byte -> Character in
      let scalar = Unicode.Scalar(byte)
      return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        ? Character(scalar) : "_"
    }
    // A name of its own for each definition: kernels hold several.
    let hash = (identity + body).utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let name = "user_\(String(letters))_\(String(hash, radix: 16))"
    let parameters = (0..<primitive.operandCount).map { "double x\($0)" }
    return ScalarFunction(
      primitive.name, arity: primitive.operandCount, domain: .float,
      spelling: ScalarFunction.Spelling(
        float: .defined(
          name,
          definition:
            "static double \(name)(\(parameters.joined(separator: ", "))) {\n  \(body)\n}")),
      reference: .real { _ in .nan }, derivative: .zero, summary: "")
  }
}

extension PrimitiveOperation {
  fileprivate func isEqual(to other: any PrimitiveOperation) -> Bool { other as? Self == self }
}

/// What an operation is composed of, for each choice of operand types: the closure of the program runs
/// when the operation is applied, and not again while it is compiled.
private final class Compositions: Sendable {
  private let known = Mutex<[[TensorType]: Graph]>([:])

  func graph(
    _ name: String, _ operands: [TensorType],
    _ compose: ([TracedTensor]) throws -> [TracedTensor]
  ) throws -> Graph {
    if let found = known.withLock({ $0[operands] }) { return found }
    let variables = operands.map { TracedTensor(TraceNode(.input(nil), $0)) }
    let made = try compose(variables)
    let graph = try Graph(
      name, variables.enumerated().map { ("x\($0)", $1.value) }, made)
    if let input = graph.inputs.dropFirst(operands.count).first {
      throw TraceError(
        name, "the kernel reads the input \(input.name), which is not its own",
        help: "make it an operand of \(name)")
    }
    known.withLock { $0[operands] = graph }
    return graph
  }
}

/// Traced tensors that stand for terms of a graph.
private struct RuleBridge {
  private var writer: TraceWriter

  init(_ builder: GraphBuilder) { writer = TraceWriter(builder) }

  mutating func variable(_ term: Term) -> TracedTensor {
    let node = TraceNode(.input(nil), term.type)
    writer.bind(TraceValue(node), to: term.value)
    return TracedTensor(node)
  }

  /// Terms for what a rule gave, each of the type of what it belongs to.
  mutating func terms(
    _ made: [TracedTensor?], _ operation: String, _ rule: String, _ types: [TensorType]
  ) throws -> [Term?] {
    guard made.count == types.count else {
      throw TraceError(
        operation, "the \(rule) rule gives \(made.count) tensors, needed \(types.count)")
    }
    for (tensor, type) in zip(made, types) {
      guard let tensor else { continue }
      if let failure = tensor.failure { throw failure }
      if tensor.type != type {
        throw TraceError(
          operation, "the \(rule) rule gives \(tensor.type), needed \(type)",
          help: rule == "transpose" ? "sum over the axes that were broadcast" : nil)
      }
    }
    try writer.writeAll(under: made.compactMap { $0?.node }) { name, type in
      throw TraceError(
        operation, "the \(rule) rule reads the input \(name), which is not its own",
        help: "make it an operand of \(operation)")
    }
    return made.map { $0.flatMap { writer[$0.value].map(writer.builder.term) } }
  }
}
