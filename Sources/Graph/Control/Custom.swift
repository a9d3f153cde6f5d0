// A function with a derivative of its own: the rule is a graph that is put where the derivative of
// the function would be. The function itself is an ordinary graph, which takes the place of the
// operation when no derivative is wanted any more.

/// A function, with rules for its derivative.
///
///     function   (inputs…) → results…
///     jvp        (inputs…, results…, tangents of float inputs…) → tangents of float results…
///     vjp        (inputs…, results…, cotangents of float results…) → cotangents of float inputs…
package struct CustomFunction: Operation {
  package let function: Region
  package let jvp: Region?
  package let vjp: Region?
  /// Whether its rules were compared with the derivative of the function. Not part of what it is.
  package var isChecked = false
  /// Where its rules are declared; `.none` where there is no source.
  package var jvpOrigin = Origin.none
  package var vjpOrigin = Origin.none

  /// - Throws: `TypeRuleError` where a rule reads or gives other types than it should.
  package init(function: Region, jvp: Region?, vjp: Region?) throws(TypeRuleError) {
    self.function = function
    self.jvp = jvp
    self.vjp = vjp
    let (inputs, results) = (function.inputTypes, function.outputTypes)
    let (from, to) = (inputs.filter(\.dtype.isFloat), results.filter(\.dtype.isFloat))
    for (rule, name, read, made) in [(jvp, "jvp", from, to), (vjp, "vjp", to, from)] {
      guard let rule else { continue }
      let needed = inputs + results + read
      guard rule.inputTypes == needed, rule.outputTypes == made else {
        func list(_ types: [TensorType]) -> String {
          "(\(types.map(\.description).joined(separator: ", ")))"
        }
        throw TypeRuleError(
          "the \(name) of \(function.graph.name) is \(list(rule.inputTypes)) → "
            + "\(list(rule.outputTypes)), needed \(list(needed)) → \(list(made))",
          help: name == "jvp"
            ? "it reads inputs, results and tangents of the inputs, and gives tangents of the results"
            : "it reads inputs, results and cotangents of the results, and gives cotangents of the "
              + "inputs")
      }
    }
  }

  package var name: String { function.graph.name }
  package var attributes: [Attribute] {
    [Attribute("function", .region(function))] + (jvp.map { [Attribute("jvp", .region($0))] } ?? [])
      + (vjp.map { [Attribute("vjp", .region($0))] } ?? [])
  }
  package var regions: [Region] { [function] + [jvp, vjp].compactMap { $0 } }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard operands == function.inputTypes else {
      throw TypeRuleError("\(name) reads other types than it is given")
    }
    return function.outputTypes
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    let floats = rule.operands.indices.filter { rule.operands[$0].dtype.isFloat }
    let tangents = floats.map { rule.tangents[$0] ?? rule.operands[$0].zeros }
    let made = try rule.builder.apply(
      CustomTangent(of: self), rule.operands + Array(rule.results) + tangents)
    var results = [Term?](repeating: nil, count: rule.results.count)
    let places = rule.results.indices.filter { rule.results[$0].dtype.isFloat }
    for (k, term) in zip(places, made) { results[k] = term }
    return results
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }
  package func batch(_ rule: BatchRule) throws -> [Term] { try overElements(of: rule) }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    preconditionFailure("a function with a rule is expanded before it is lowered")
  }
  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    try builder.inline(function.graph, operands)
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try ReferenceEvaluator.run(function.graph, call.operands, call)
  }
}

/// The tangent of a function with rules: linear in the tangents, with the vjp as its transpose.
package struct CustomTangent: Operation {
  package let function: CustomFunction

  package init(of function: CustomFunction) { self.function = function }

  package var name: String { "\(function.name).tangent" }
  package var attributes: [Attribute] { function.attributes }
  package var regions: [Region] { function.regions }

  private var inputCount: Int { function.function.graph.inputs.count }
  private var resultCount: Int { function.function.graph.outputs.count }
  private var tangentTypes: [TensorType] {
    function.function.inputTypes.filter(\.dtype.isFloat)
  }
  private var resultTypes: [TensorType] {
    function.function.outputTypes.filter(\.dtype.isFloat)
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard operands == function.function.inputTypes + function.function.outputTypes + tangentTypes
    else { throw TypeRuleError("\(name) reads other types than it is given") }
    return resultTypes
  }

  /// (inputs…, results…, tangents…) → tangents; the transpose of the vjp where there is no jvp.
  private func forward() throws -> Graph {
    if let jvp = function.jvp { return jvp.graph }
    guard let vjp = function.vjp else { throw DerivativeError(name, "has no rule") }
    return try transposed(vjp.graph, resultTypes, "tan")
  }

  /// (inputs…, results…, cotangents…) → cotangents; the transpose of the jvp where there is no vjp.
  private func backward() throws -> Graph {
    if let vjp = function.vjp { return vjp.graph }
    return try transposed(forward(), tangentTypes, "ct")
  }

  /// - Parameter types: of what the rule is linear in.
  private func transposed(_ rule: Graph, _ types: [TensorType], _ name: String) throws -> Graph {
    let inner = GraphBuilder(name: rule.name)
    let fixed = rule.inputs.prefix(inputCount + resultCount).map {
      inner.addInput($0.name, rule.type(of: $0.value))
    }
    let linear = types.map(inner.addHidden)
    let outputs = try inner.inline(rule, fixed + linear)
    let received = outputs.enumerated().map { inner.addInput("\(name)\($0)", $1.type) }
    let made = try Cotangents(
      inner, inputs: linear.map(\.value), outputs: zip(outputs, received).map { ($0.value, $1) })
    for (k, input) in linear.enumerated() {
      inner.addResult("tangent\(k)", made[input.value] ?? input.zeros)
    }
    try inner.graph.checkTransposed(
      inner.graph.outputs.map(\.value), of: "the rule of \(function.name)",
      in: linear.map(\.value))
    return try inner.finished().pruned()
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    // The derivative of a rule is that of its text.
    let inner = GraphBuilder(name: name)
    let inputs = rule.operands.map { inner.addInput("x", $0.type) }
    let outputs = try inner.inline(forward(), inputs)
    let varying = rule.operands.indices.filter { rule.tangents[$0] != nil }
    let seeds = varying.map { inner.addInput("tan", rule.operands[$0].type) }
    let tangents = try Tangents(
      inner, of: outputs.map(\.value),
      seeds: Dictionary(
        zip(varying.map { inputs[$0].value }, seeds), uniquingKeysWith: { first, _ in first }))
    let made = outputs.map { tangents[$0.value] }
    let places = made.indices.filter { made[$0] != nil }
    for k in places { if let term = made[k] { inner.addResult("tangent\(k)", term) } }
    let terms = try rule.builder.inline(
      inner.finished().unnamed, rule.operands + varying.compactMap { rule.tangents[$0] })
    var results = [Term?](repeating: nil, count: made.count)
    for (k, term) in zip(places, terms) { results[k] = term }
    return results
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let fixed = Array(rule.operands.prefix(inputCount + resultCount))
    let cotangents = zip(rule.cotangents, resultTypes).map { $0 ?? rule.builder.zeros($1) }
    let made = try rule.builder.inline(backward().unnamed, fixed + cotangents)
    var results = [Term?](repeating: nil, count: rule.operands.count)
    for (k, term) in made.enumerated() where rule.linear[fixed.count + k] {
      results[fixed.count + k] = term
    }
    return results
  }

  package func batch(_ rule: BatchRule) throws -> [Term] { try overElements(of: rule) }
  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    preconditionFailure("a rule is expanded before it is lowered")
  }
  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    try builder.inline(forward(), operands)
  }
  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    try ReferenceEvaluator.run(forward(), call.operands, call)
  }
}
