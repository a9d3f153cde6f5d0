// On how many threads calls run.
import ArgumentParser
import JIT

struct ThreadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Threads for large loops and matrix products; all processors unless told. Results are the same.",
      valueName: "number"))
  var threads: Int?

  /// From here on calls use as many threads as were asked for.
  /// - Throws: `CommandError` for a number that cannot be.
  func use() throws {
    guard let threads else { return }
    guard (1...Threads.most).contains(threads) else {
      throw CommandError(
        .usage, "--threads needs a number from 1 to \(Threads.most), found \(threads)")
    }
    Threads.count = threads
  }
}
