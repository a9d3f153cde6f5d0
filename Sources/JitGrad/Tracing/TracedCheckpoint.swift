// Checkpoints for what is there already: a tensor whose way back keeps states of its loops instead of
// everything, with repeated segments of the trace as loops.
import Autodiff
import Graph

extension TracedTensor {
  /// The same numbers, with a derivative in reverse that keeps less and computes steps again.
  ///
  /// Steps that a loop in Swift has traced one by one become a loop of the program first; loops made by
  /// combinators that say themselves what they keep stay as they are. Derivatives by inputs, data and
  /// other leaves are the same to the bit; tensors in between are no part of the new trace, and a
  /// derivative by one of them is an error.
  ///
  ///     let gradient = try loss.checkpoint(.states(8)).grad(wrt: parameters)
  ///
  /// - Parameters:
  ///   - policy: what is kept for the way back.
  ///   - kept: tensors in between that stay what they are, for derivatives by them; what they are made
  ///     of stays as well.
  /// - Throws: the failure of a tensor that could not be built.
  public func checkpoint(
    _ policy: Checkpointing, keeping kept: [TracedTensor] = []
  ) throws -> TracedTensor {
    if let failure { throw failure }
    let kept = Set(kept.map { ObjectIdentifier($0.node) })
    var inner = TraceWriter(name: "checkpointed")
    var leaves: [TraceValue] = []
    var operations: [TraceNode] = []
    for node in TraceNode.order([node], isLeaf: { kept.contains(ObjectIdentifier($0)) }) {
      if node.primitive != nil, !kept.contains(ObjectIdentifier(node)) {
        operations.append(node)
        continue
      }
      if case .failure(let error) = node.kind { throw error }
      for result in node.types.indices {
        let leaf = TraceValue(node, result)
        let input = inner.builder.addInput("x\(leaves.count)", leaf.type)
        inner.bind(leaf, to: input.value)
        leaves.append(leaf)
      }
    }
    for node in operations.sorted(by: { $0.serial < $1.serial }) { try inner.write(node) }
    inner.builder.addOutput("y", inner.leaf(value))
    let graph = try inner.builder.finished().rolled().keeping(policy.keep)
    var writer = TraceWriter(name: "checkpointed")
    writer.replaced = inner.replaced.union([ReplacedNodes(operations)])
    let terms = leaves.map { writer.leaf($0) }
    return try writer.lift(writer.builder.inline(graph, terms))[0]
  }
}
