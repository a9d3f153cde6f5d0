// The operation that applies a scalar function to every element, with broadcasting: one type for
// the whole table of functions. Type, jvp, transpose and batching rules follow from the row.

/// `y[i…] = f(x₀[i…], x₁[i…], …)`, shapes aligned at their last axes; an extent of 1 stretches.
package struct Elementwise: Operation {
  package let function: ScalarFunction

  package init(_ function: ScalarFunction) { self.function = function }

  package var name: String { function.name }
  package var scalarFunction: ScalarFunction? { function }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard let dtype = function.resultDType(operands.count, of: { operands[$0].dtype }) else {
      throw mistake(operands)
    }
    return [TensorType(dtype, try broadcastShape(of: operands, for: name))]
  }

  /// Why the dtypes do not fit.
  private func mistake(_ operands: [TensorType]) -> TypeRuleError {
    guard operands.count == function.arity else {
      return TypeRuleError(
        "\(name) needs \(function.arity) operand\(function.arity == 1 ? "" : "s"), "
          + "found \(operands.count)")
    }
    let first = function.domain == .selection ? 1 : 0
    if first == 1, operands[0].dtype != .bool {
      return TypeRuleError("\(name) needs a bool condition, found \(operands[0])")
    }
    let dtype = operands[first].dtype
    for other in operands.dropFirst(first + 1) where other.dtype != dtype {
      return TypeRuleError(
        "\(name) needs operands of one dtype, found \(operands[first]) and \(other)",
        help: "convert one of them: \(dtype)(…) or \(other.dtype)(…)")
    }
    return TypeRuleError(
      "\(name) needs \(function.domain.text), found \(operands[first])",
      help: function.domain == .float ? "convert it: f64(…)" : nil)
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    guard operands.count > 1 else { return [] }
    return broadcastGuards(of: operands)
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    let result = rule.results[0]
    guard result.dtype.isFloat else { return [nil] }
    switch function.derivative {
    case .zero: return [nil]
    case .rule(let tangent): return [tangent(rule)?.broadcast(to: result.shape)]
    case .partials(let partials):
      var first: Term?
      var others: [Term] = []
      for (k, tangent) in rule.tangents.enumerated() {
        guard let tangent else { continue }
        guard let partial = partials[k] else {
          throw DerivativeError(name, "has no derivative in operand \(k + 1)")
        }
        let part = partial(rule.operands, result) * tangent
        if first == nil { first = part } else { others.append(part) }
      }
      return [first.map { others.reduce($0, +).broadcast(to: result.shape) }]
    }
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    guard case .rule(let cotangent) = function.linearity else {
      throw DerivativeError(name, "is not linear")
    }
    return rule.linear.indices.map { k in
      guard rule.linear[k] else { return nil }
      return cotangent(k, rule.cotangent, rule.operands)
        .unbroadcast(to: rule.operands[k].shape)
    }
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    try rule.builder.apply(self, rule.aligned)
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let shape = results[0].shape
    let elements = operands.enumerated().map { k, type in
      ScalarExpr.operand(k, broadcastIndices(from: type.shape, to: shape))
    }
    return .map(Comprehension(domain: shape, values: [.apply(function, elements)]))
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let (dtype, shape) = call.results[0]
    return [
      Tensor(dtype, shape) { index in
        function.value(call.operands.map { $0[broadcastPosition(of: index, in: $0.shape)] })
      }
    ]
  }
}

extension BatchRule {
  /// The operands of an operation that broadcasts. Batched ones of lower rank get axes of extent 1
  /// behind the extra axis, so that the others stay aligned.
  package var aligned: [Term] {
    let rank = operands.indices.map { elementType($0).rank }.max() ?? 0
    return operands.indices.map { k in
      let missing = rank - elementType(k).rank
      return batched[k] && missing > 0
        ? operands[k].inserted(extents: [DimExpr](repeating: 1, count: missing), at: 1)
        : operands[k]
    }
  }
}
