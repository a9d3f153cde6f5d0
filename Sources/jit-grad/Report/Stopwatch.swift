// How long the phases of a command take, in the order they ran.

struct Stopwatch {
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant
  private var laps: [(name: String, nanoseconds: Double)] = []

  init() { last = clock.now }

  /// Ends a phase.
  mutating func lap(_ name: String) {
    let now = clock.now
    laps.append((name, (now - last).nanoseconds))
    last = now
  }

  /// Leaves out what was done since the last phase.
  mutating func skip() { last = clock.now }

  /// One line a phase, and their sum.
  var text: String {
    let total = laps.reduce(0) { $0 + $1.nanoseconds }
    let rows = (laps + [("together", total)]).map { name, nanoseconds in
      [name, OutputText.duration(nanoseconds: nanoseconds)]
    }
    return OutputText.table(rows)
  }
}

extension Duration {
  var nanoseconds: Double {
    Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9
  }
}
