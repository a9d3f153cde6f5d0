// Lays the workspace buffers out in one arena. Buffers whose lifetimes do not meet share memory.
// Sizes are expressions, so sharing goes by size: first the same expression, then the nearest one.
// Requires a tidied program. Establishes byte offsets, 64-byte aligned, and the workspace's size.
import Graph

extension LoopProgram {
  /// The program with its workspace laid out.
  func withMemoryPlan() -> LoopProgram {
    if !buffers.contains(where: \.isInWorkspace) { return self }
    var program = self
    var slots: [Slot] = []
    var slotOfBuffer: [Int: Int] = [:]
    for (buffer, life) in Lifetimes(self).ofBuffer.sorted(by: {
      ($0.value.lowerBound, $0.key) < ($1.value.lowerBound, $1.key)
    }) {
      let byteCount = aligned(buffers[buffer])
      let slot =
        Self.bestSlot(for: byteCount, from: life.lowerBound, in: slots)
        ?? {
          slots.append(Slot(byteCount: byteCount, busyUntil: -1))
          return slots.count - 1
        }()
      slots[slot].byteCount = .max(slots[slot].byteCount, byteCount)
      slots[slot].busyUntil = life.upperBound
      slotOfBuffer[buffer] = slot
    }
    var offsets: [DimExpr] = []
    var end: DimExpr = 0
    for slot in slots {
      offsets.append(end)
      end = end + slot.byteCount
    }
    for (buffer, slot) in slotOfBuffer {
      program.buffers[buffer].storage = .workspace(byteOffset: offsets[slot])
    }
    program.workspaceByteCount = end
    return program
  }

  private struct Slot {
    var byteCount: DimExpr
    /// The last moment at which it is needed.
    var busyUntil: Int
  }

  /// Bytes of a buffer, up to a multiple of 64.
  private func aligned(_ buffer: Buffer) -> DimExpr {
    64 * .floorDiv(buffer.elementCount * DimExpr(buffer.dtype.byteCount) + 63, 64)
  }

  /// A free slot of the same size, or of one that differs by less than a factor of two when all
  /// sizes are 64.
  private static func bestSlot(for byteCount: DimExpr, from start: Int, in slots: [Slot]) -> Int? {
    let free = slots.indices.filter { slots[$0].busyUntil < start }
    if let same = free.first(where: { slots[$0].byteCount == byteCount }) { return same }
    guard let wanted = try? byteCount.evaluate({ _ in 64 }) else { return nil }
    return free.first { slot in
      guard let size = try? slots[slot].byteCount.evaluate({ _ in 64 }) else { return false }
      return size < 2 * wanted && wanted < 2 * size
    }
  }
}
