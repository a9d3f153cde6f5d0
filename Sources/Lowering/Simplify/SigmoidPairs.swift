// sigmoid(x) and sigmoid(−x), as a function and its derivative need them: both are made of one
// exponential, exp(−|x|), which is computed once where both are wanted. The same operations as in
// jg_sigmoid_f64, so the same bits.
import Graph

extension Graph {
  /// Every value x of which live nodes compute both sigmoid(x) and sigmoid(−x).
  func sigmoidPairs(_ live: [Bool]) -> Set<Value> {
    var plain: Set<Value> = []
    var negated: Set<Value> = []
    for index in nodes.indices where live[index] && nodes[index].primitive.applies(.sigmoid) {
      guard let x = operands(of: index).first, type(of: x).dtype == .f64 else { continue }
      plain.insert(x)
      if let source = negatedValue(x) { negated.insert(source) }
    }
    return plain.intersection(negated)
  }

  private func negatedValue(_ value: Value) -> Value? {
    guard let node = definingNode(of: value), nodes[node].primitive.function == .negate
    else { return nil }
    return operands(of: node).first
  }

  /// One of a pair, by what both share; `nil` for other nodes.
  func openSigmoid(
    _ node: Node, _ pairs: Set<Value>, _ builder: GraphBuilder, _ renamed: (Value) -> Value?
  ) -> ValueRange? {
    if pairs.isEmpty { return nil }
    guard node.primitive.function == .sigmoid, let operand = operands(of: node).first
    else { return nil }
    let source = negatedValue(operand)
    guard
      let x = pairs.contains(operand) ? operand : source.flatMap({ pairs.contains($0) ? $0 : nil }),
      let value = renamed(x)
    else { return nil }
    let term = builder.term(value)
    // For NaN neither holds, and e is NaN.
    let e = apply(.exp, choose(term < 0, term, -term))
    let isSmall = x == operand ? term < 0 : term > 0
    return ValueRange((choose(isSmall, e, e.literal(1)) / (1 + e)).value)
  }
}
