// Checkpoints for what is there already: a tensor whose way back keeps states of its loops instead of
// everything, with repeated segments of the trace as loops.
import Autodiff
import Graph

extension TracedTensor {
  /// The same numbers, with a derivative in reverse that keeps less and computes steps again.
  ///
  /// Steps that a loop in Swift has traced one by one become a loop of the program first; loops made by
  /// combinators that say themselves what they keep stay as they are. Derivatives by inputs, data and
  /// other leaves are the same to the bit; tensors in between are no part of the new trace.
  ///
  ///     let gradient = try loss.checkpoint(.states(8)).grad(wrt: parameters)
  ///
  /// - Throws: the failure of a tensor that could not be built.
  public func checkpoint(_ policy: Checkpointing) throws -> TracedTensor {
    if let failure { throw failure }
    var inner = TraceWriter(name: "checkpointed")
    var leaves: [TraceValue] = []
    var operations: [TraceNode] = []
    for node in TraceNode.order([node], isLeaf: { _ in false }) {
      if node.primitive != nil {
        operations.append(node)
        continue
      }
      if case .failure(let error) = node.kind { throw error }
      let input = inner.builder.addInput("x\(leaves.count)", node.types[0])
      inner.bind(TraceValue(node), to: input.value)
      leaves.append(TraceValue(node))
    }
    for node in operations.sorted(by: { $0.serial < $1.serial }) { try inner.write(node) }
    inner.builder.addOutput("y", inner.leaf(value))
    let graph = try inner.builder.finished().rolled().keeping(policy.keep)
    var writer = TraceWriter(name: "checkpointed")
    let terms = leaves.map { writer.leaf($0) }
    return try writer.lift(writer.builder.inline(graph, terms))[0]
  }
}
