// Work that several threads do at once: tasks of a group may well run one after the other.
import Foundation
import Synchronization

/// Runs `body` on so many threads, none of which begins before all are there.
/// - Throws: what one of them threw.
func atOnce(_ count: Int, _ body: @escaping @Sendable () throws -> Void) throws {
  let meeting = Meeting()
  for _ in 0..<count {
    Thread {
      meeting.arrived.wrappingAdd(1, ordering: .sequentiallyConsistent)
      while meeting.arrived.load(ordering: .sequentiallyConsistent) < count { sched_yield() }
      do {
        try body()
      } catch {
        meeting.failure.withLock { $0 = error }
      }
      meeting.done.signal()
    }.start()
  }
  for _ in 0..<count { meeting.done.wait() }
  if let error = meeting.failure.withLock({ $0 }) { throw error }
}

private final class Meeting: Sendable {
  let arrived = Atomic<Int>(0)
  let failure = Mutex<(any Error)?>(nil)
  let done = DispatchSemaphore(value: 0)
}
