// Refusing what needs more memory than allowed: before it is allocated where the sizes tell, while it
// runs where loops keep rows whose number nothing else tells. Inputs count. What to do about it says
// MemoryAdvice.
import Autodiff
import Frontend
import Graph
import JIT

enum Memory {
  /// Inputs, outputs and workspace of a call.
  /// - Throws: `BindingError.memory`, `BindingError.noMemory`.
  static func check(_ kernel: Kernel, _ bound: BoundInputs, limit: Int) throws {
    try check(try kernel.byteCount(sizes: bound.sizes), bound, limit)
  }

  /// The same, and gives the loops as many states as fit, where that is left to the call.
  static func plan(
    _ kernel: Kernel, _ bound: inout BoundInputs, isOpen: Bool, _ advice: MemoryAdvice
  ) throws {
    // One is the least.
    if isOpen { bound.sizes[Graph.checkpoints] = 1 }
    try advice.explaining(bound.sizes) { try check(kernel, bound, limit: advice.limit) }
    if !isOpen { return }
    bound.sizes[Graph.checkpoints] = kernel.checkpoints(
      sizes: bound.sizes, memoryLimit: advice.limit - bound.byteCount)
    advice.warnOfRepeatedSteps(bound.sizes)
  }

  /// Calls the kernel with what the inputs leave of the limit.
  static func run(
    _ kernel: Kernel, _ bound: BoundInputs, _ arguments: [Tensor], limit: Int, stepLimit: Int = .max
  ) throws -> [Tensor] {
    let given = bound.byteCount
    do {
      return try kernel(
        arguments, sizes: bound.sizes, memoryLimit: limit - given, stepLimit: stepLimit)
    } catch ExecutionError.memoryLimit(let needed, _, let loop) {
      let (sum, overflow) = needed.addingReportingOverflow(given)
      throw ExecutionError.memoryLimit(needed: overflow ? .max : sum, limit: limit, loop: loop)
    }
  }

  /// All values at once, as the reference evaluator keeps them, and what counts the rows that loops
  /// keep while only the run tells how many.
  /// - Throws: `BindingError.memory`.
  static func ofReference(
    _ graph: Graph, _ bound: BoundInputs, limit: Int
  ) throws -> ReferenceMemory {
    var total: DimExpr = 0
    for (node, isLive) in zip(graph.nodes, graph.liveNodes()) where isLive {
      for type in graph.resultTypes(of: node) {
        total = total + type.elementCount * DimExpr(type.dtype.byteCount)
      }
    }
    let values = try total.evaluate { $0 == DimExpr.unknownName ? 0 : bound.sizes[$0] }
    return ReferenceMemory(limit: limit, held: try check(values, bound, limit))
  }

  /// - Returns: the bytes with those of the inputs.
  @discardableResult
  private static func check(_ byteCount: Int, _ bound: BoundInputs, _ limit: Int) throws -> Int {
    let (total, overflow) = byteCount.addingReportingOverflow(bound.byteCount)
    if overflow || total > limit {
      throw BindingError.memory(needed: overflow ? .max : total, limit: limit)
    }
    try SystemMemory.check(total - bound.heldByteCount)
    return total
  }
}
