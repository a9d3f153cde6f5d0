// Refusing what needs more memory than allowed, before it is allocated.
import Frontend
import Graph
import JIT

enum Memory {
  /// Inputs, outputs and workspace of a call.
  /// - Throws: `BindingError.memory`.
  static func check(_ kernel: Kernel, _ bound: BoundInputs, limit: Int) throws {
    try check(try kernel.byteCount(sizes: bound.sizes), bound, limit)
  }

  /// All values at once, as the reference evaluator keeps them.
  /// - Throws: `BindingError`.
  static func checkReference(_ graph: Graph, _ bound: BoundInputs, limit: Int) throws {
    var total: DimExpr = 0
    for (node, isLive) in zip(graph.nodes, graph.liveNodes()) where isLive {
      for type in graph.resultTypes(of: node) {
        total = total + type.elementCount * DimExpr(type.dtype.byteCount)
      }
    }
    do {
      try check(try total.evaluate { bound.sizes[$0] }, bound, limit)
    } catch DimError.unbound(let symbol) {
      throw BindingError.unknownSize(symbol)
    }
  }

  private static func check(_ byteCount: Int, _ bound: BoundInputs, _ limit: Int) throws {
    let (total, overflow) = byteCount.addingReportingOverflow(bound.byteCount)
    if overflow || total > limit {
      throw BindingError.memory(needed: overflow ? .max : total, limit: limit)
    }
  }
}
