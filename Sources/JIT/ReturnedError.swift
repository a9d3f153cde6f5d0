// What a compiled function returns when a call could not go on, as the error that a caller sees.
import CEmit
import Graph
import Lowering
import runtime

extension ExecutionError {
  /// The error that a compiled function returned; `nil` where it returned none.
  ///
  /// - Parameter byteCount: of outputs and workspace.
  init?(
    _ returned: Int32, _ loops: [Note], stepLimit: Int, memory: jg_memory, memoryLimit: Int,
    byteCount: Int
  ) {
    let loop = LoopPlace(loops, Int(returned >> 8))
    switch CallStatus(rawValue: returned & 0xff) {
    case .done?: return nil
    case .memory?:
      let (sum, overflow) = byteCount.addingReportingOverflow(Int(memory.needed))
      let needed = overflow ? .max : sum
      self =
        needed > memoryLimit
        ? .memoryLimit(needed: needed, limit: memoryLimit, loop: loop)
        : .memory(needed: needed, loop: loop)
    case .stepLimit?: self = .stepLimit(limit: stepLimit, loop: loop)
    case .rows?: self = .rows(loop)
    case .noResult?:
      let number = Int(returned >> 8)
      let reason = loops.indices.contains(number) ? loops[number].failure : nil
      self = .noResult(reason: reason ?? "there is none for its data", operation: loop)
    case .sizes?, nil:
      preconditionFailure("sizes are checked before the call, and there is no status \(returned)")
    }
  }
}

extension ExecutionError.LoopPlace {
  fileprivate init(_ loops: [Note], _ number: Int) {
    let note = loops.indices.contains(number) ? loops[number] : nil
    self.init(
      operation: note?.operation ?? "loop", name: note?.name, origin: note?.origin ?? .none)
  }
}
