// The pool of threads: every step is made once, on as many threads as may be used, whoever calls.
import Glibc
import JIT
import Synchronization
import Testing
import runtime

/// What the steps of a loop did.
private final class Made: Sendable {
  let counts: Mutex<[Int]>
  let threads = Mutex<Set<UInt>>([])
  let begins = Mutex<[Int]>([])
  let pause: UInt32

  init(_ extent: Int, pause: UInt32 = 0) {
    counts = Mutex([Int](repeating: 0, count: extent))
    self.pause = pause
  }

  func run(unit: Int) {
    let extent = counts.withLock { $0.count }
    jg_parallel(
      { given, begin, end in
        guard let given else { return }
        let made = Unmanaged<Made>.fromOpaque(given).takeUnretainedValue()
        made.counts.withLock { counts in for k in Int(begin)..<Int(end) { counts[k] += 1 } }
        made.begins.withLock { $0.append(Int(begin)) }
        made.threads.withLock { _ = $0.insert(UInt(pthread_self())) }
        if made.pause > 0 { usleep(made.pause) }
      }, Unmanaged.passUnretained(self).toOpaque(), Int64(extent), Int64(unit), 1 << 20)
  }
}

@Suite(.serialized) struct ThreadTests {
  init() { jg_parallel_set_least_work(0) }

  @Test(arguments: [0, 1, 7, 256, 257, 5000], [1, 3, 256])
  func everyStepIsMadeOnce(_ extent: Int, _ unit: Int) {
    for threads in [1, 2, 5, 40] {
      let made = Made(extent)
      Threads.limited(to: threads) { made.run(unit: unit) }
      #expect(made.counts.withLock { $0.allSatisfy { $0 == 1 } })
      #expect(made.begins.withLock { $0.allSatisfy { $0 % unit == 0 } })
      #expect(made.threads.withLock { $0.count } <= threads)
    }
  }

  /// How many threads make the steps of a slow loop. Another test may have the pool at the moment.
  private func threadsThatTakePart() -> Int {
    var found = 0
    for _ in 0..<100 where found < 2 {
      let made = Made(64, pause: 2_000)
      made.run(unit: 1)
      found = made.threads.withLock { $0.count }
    }
    return found
  }

  @Test func threadsTakePart() {
    #expect(Threads.limited(to: 4) { threadsThatTakePart() } == 4)
    let alone = Made(64)
    Threads.limited(to: 1) { alone.run(unit: 1) }
    #expect(alone.threads.withLock { $0 } == [UInt(pthread_self())])
    #expect(alone.begins.withLock { $0 } == [0])
  }

  /// Loops within loops, and loops of callers that do not have the pool, go on alone.
  @Test func callersDoNotWait() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<200).allSatisfy { k in
            let made = Made(1000 + k)
            Threads.limited(to: 3) { made.run(unit: 1) }
            return made.counts.withLock { $0.allSatisfy { $0 == 1 } }
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  @Test func numbersAreKeptInTheirRange() {
    let before = Threads.count
    defer { Threads.count = before }
    for (asked, found) in [(-3, 1), (0, 1), (1, 1), (7, 7), (Int.max, Threads.most)] {
      Threads.count = asked
      #expect(Threads.count == found)
    }
    Threads.count = 3
    #expect(threadsThatTakePart() == 3)
    // A limit within a limit, and none again.
    Threads.limited(to: 1) {
      Threads.limited(to: 2) {}
      let alone = Made(9)
      alone.run(unit: 1)
      #expect(alone.begins.withLock { $0 } == [0])
    }
  }
}
