// On how many threads compiled loops run.
import runtime

/// The threads that share the work of a call: loops over elements whose steps are independent, where they are
/// worth it, and large matrix products. Results are the same to the bit for any number.
///
/// One call at a time has the other threads; calls that run beside it go on alone.
public enum Threads {
  /// The most there can be.
  public static let most = Int(JG_MOST_THREADS)

  /// For all calls of the process, the caller's thread included: at first what the environment variable
  /// `JITGRAD_THREADS` says, or else the processors that the process may use. What is set is kept from 1 to
  /// `most`.
  public static var count: Int {
    get { Int(jg_threads()) }
    set { jg_threads_set(Int32(clamping: newValue)) }
  }

  /// Runs `body`; calls that it makes on this thread use `count` threads, whatever the process has. 0 is
  /// as many as the process has.
  public static func limited<R>(to count: Int, _ body: () throws -> R) rethrows -> R {
    let before = jg_threads_use(Int32(clamping: count))
    defer { jg_threads_use(before) }
    return try body()
  }
}
