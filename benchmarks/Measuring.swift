// Measuring: the best and the median of several runs, resident memory, and how figures are printed.
import Glibc

/// Seconds that runs of `body` take, sorted.
func seconds(_ rounds: Int, _ body: () throws -> Void) rethrows -> [Double] {
  let clock = ContinuousClock()
  var times: [Double] = []
  for _ in 0..<rounds {
    let start = clock.now
    try body()
    let elapsed = (clock.now - start).components
    times.append(Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
  }
  return times.sorted()
}

/// Seconds of the processor that runs of `body` take, sorted: what else the machine does counts less.
func processorSeconds(_ rounds: Int, _ body: () throws -> Void) rethrows -> [Double] {
  func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  var times: [Double] = []
  for _ in 0..<rounds {
    let start = now()
    try body()
    times.append(now() - start)
  }
  return times.sorted()
}

extension [Double] {
  var median: Double { self[count / 2] }
}

/// A time with a unit that fits.
func text(_ seconds: Double) -> String {
  let (scaled, unit) =
    seconds >= 1
    ? (seconds, "s") : seconds >= 1e-3 ? (seconds * 1e3, "ms") : (seconds * 1e6, "µs")
  return "\((scaled * 100).rounded() / 100) \(unit)"
}

/// One line of a table.
func row(_ what: String, _ times: [Double], goal: String? = nil) {
  let held = goal.map { "   goal \($0)" } ?? ""
  print("  \(what): best \(text(times[0])), median \(text(times.median))\(held)")
}

/// Resident memory of this process, in KiB.
func residentKiB() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
  let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    .split(separator: " ")
  return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024 : 0
}
