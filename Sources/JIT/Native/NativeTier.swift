// The second tier: kernels that ran for long enough are compiled by the system's compiler, on a thread
// beside the program, and from then on called there. Both tiers give the same bits, so nobody notices
// but by the time it takes.
import CEmit
import Frontend
import Glibc
import Lowering
import Synchronization

/// Whether an engine lets the system's C compiler make its kernels faster.
public enum NativeTier: String, Sendable, Hashable, CaseIterable {
  /// libtcc's code only: nothing is started, and nothing written to disk.
  case off
  /// Kernels that run for long are compiled in the background, and kept in the user's cache directory for
  /// the next process. Without a compiler everything stays in the first tier.
  case background
  /// Each kernel is compiled before it is first called; an error where that cannot be done.
  case required

  /// What the environment variable JITGRAD_NATIVE says, `off`, `background` or `required`; `background`
  /// where it says nothing, and `off` where it says anything else, which `jit-grad doctor` tells.
  public static let standard: NativeTier =
    asked.map { NativeTier(rawValue: $0) ?? .off } ?? .background

  /// What the environment says, if it says something.
  static var asked: String? { getenv("JITGRAD_NATIVE").map { String(cString: $0) } }
}

/// What the second tier of an engine did.
final class NativeCounters: Sendable {
  let compiles = Atomic<Int>(0)
  let loads = Atomic<Int>(0)
  let failures = Atomic<Int>(0)
}

/// One program in the second tier: not there, in the making, or there for good.
final class NativeProgram: Sendable {
  /// The address of the entry; 0 as long as there is none.
  private let address = Atomic<UInt>(0)
  private let calls = Atomic<Int>(0)
  /// How long all calls took, in nanoseconds, as far as it was measured.
  private let spent = Atomic<Int>(0)
  private let stage = Atomic<UInt8>(Stage.new.rawValue)
  private let made: Mutex<Made>
  private let counters: NativeCounters
  /// Nanoseconds that a compile is thought to take.
  private let price: Int

  private struct Made: ~Copyable {
    /// What is to be compiled, until that was tried.
    var program: LoopProgram?
    var code: NativeCode?
    var error: NativeError?
  }

  private enum Stage: UInt8 {
    /// After a millisecond of calls it is looked for on disk.
    case new
    /// It is not there, and compiled when its calls took as long as the compiler would.
    case earning
    /// Somebody is at it, or has been.
    case decided
  }

  /// Texts that are longer stay in the first tier: optimizing compilers take long over them.
  static let longestText = 1 << 20

  /// - Parameter textByteCount: of the C for the first tier.
  init?(_ program: LoopProgram, textByteCount: Int, _ counters: NativeCounters) {
    if textByteCount > Self.longestText { return nil }
    made = Mutex(Made(program: program))
    // About 30 ms and 10 µs a byte by gcc -O3.
    price = 30_000_000 + 10_000 * textByteCount
    self.counters = counters
  }

  /// The entry, once there is one.
  var entry: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) }

  /// Whether the call that is about to be made is to be timed: the 1st, 2nd, 4th, 8th, …
  func isTimed() -> Bool {
    if stage.load(ordering: .relaxed) == Stage.decided.rawValue { return false }
    let count = calls.add(1, ordering: .relaxed).newValue
    return count & (count - 1) == 0
  }

  /// Notes what a timed call took, which stands for all since the last timed one.
  func note(_ duration: Duration) {
    let since = Double(max(1, calls.load(ordering: .relaxed) / 2))
    let added = Int(min(duration / .nanoseconds(1) * since, 1e15))
    let total = spent.add(added, ordering: .relaxed).newValue
    switch Stage(rawValue: stage.load(ordering: .relaxed)) {
    case .new where total > 1_000_000: request(from: .new) { $0.make(compiling: false) }
    case .earning where total > price: request(from: .earning) { $0.make(compiling: true) }
    default: break
    }
  }

  private func request(from old: Stage, _ job: @escaping @Sendable (NativeProgram) -> Void) {
    let (isFirst, _) = stage.compareExchange(
      expected: old.rawValue, desired: Stage.decided.rawValue, ordering: .relaxed)
    guard isFirst else { return }
    // Nobody waits for a kernel that is gone.
    NativeQueue.add { [weak self] in if let self { job(self) } }
  }

  /// Compiles now, if that was not done.
  /// - Throws: `NativeError` where it cannot be done.
  func compile() throws(NativeError) {
    stage.store(Stage.decided.rawValue, ordering: .relaxed)
    make(compiling: true)
    if let error = made.withLock({ $0.error }) { throw error }
  }

  /// Finds the object on disk, or compiles it.
  private func make(compiling: Bool) {
    made.withLock { made in
      guard let program = made.program else { return }
      do throws(NativeError) {
        guard let code = try object(for: NativeSource(program), compiling) else {
          stage.store(Stage.earning.rawValue, ordering: .relaxed)
          return
        }
        let entry = code.entry
        made.code = consume code
        address.store(UInt(bitPattern: entry), ordering: .releasing)
      } catch {
        counters.failures.add(1, ordering: .relaxed)
        made.error = error
      }
      made.program = nil
    }
  }

  private func object(
    for source: NativeSource, _ compiling: Bool
  ) throws(NativeError) -> NativeCode? {
    let compiler = try NativeCompiler.ofSystem.get()
    let key = compiler.key(source)
    let cache = NativeCache.ofUser
    if let path = cache?.find(key) {
      counters.loads.add(1, ordering: .relaxed)
      return try NativeCode(path: path, called: source.called)
    }
    if !compiling { return nil }
    let object = try compiler.compile(source.text, options: source.options)
    counters.compiles.add(1, ordering: .relaxed)
    let kept = cache.flatMap { cache in
      (try? FileIO.read(object.path)).flatMap { cache.keep($0, for: key) }
    }
    return try NativeCode(path: kept ?? object.path, called: source.called)
  }
}

/// What is to be done beside the program, one after the other, on a thread that lives as long as there is
/// something.
private enum NativeQueue {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isRunning = false
  }

  private static let state = Mutex(State())

  static func add(_ job: @escaping @Sendable () -> Void) {
    let mustStart = state.withLock { state in
      state.jobs.append(job)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if mustStart, !start() {
      // Without a thread the kernels stay where they are.
      state.withLock { $0 = State() }
    }
  }

  private static func start() -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // As much as the first thread has: printing C follows the nesting of loops.
    pthread_attr_setstacksize(&attributes, 8 << 20)
    var thread = pthread_t()
    return pthread_create(
      &thread, &attributes,
      { _ in
        while let job = NativeQueue.next() { job() }
        return nil
      }, nil) == 0
  }

  private static func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      if state.jobs.isEmpty {
        state.isRunning = false
        return nil
      }
      return state.jobs.removeFirst()
    }
  }
}
