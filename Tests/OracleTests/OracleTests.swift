// Derivatives against independent values: every record of the file is replayed by one graph of symbolic
// sizes for its signature. What is supported may only grow.
import Graph
import Testing

@Suite struct OracleTests {
  /// Records that agree, at least. Raise it with what it counts; never lower it.
  static let floor = 1160

  @Test func recordsAgree() throws {
    guard let file = OracleRecord.file else {
      print("note: no file of derivative records here (JITGRAD_ORACLES); their replay is skipped")
      return
    }
    let records = try OracleRecord.read(file)
    #expect(!records.isEmpty)
    let replay = OracleReplay()
    for record in records { replay.replay(record) }
    print(Self.report(replay.counts))
    for (operation, count) in replay.counts.sorted(by: { $0.key < $1.key }) {
      if let failure = count.failure {
        Issue.record("\(operation): \(count.failed) records disagree, the first \(failure)")
      }
    }
    let passed = replay.counts.values.reduce(0) { $0 + $1.passed }
    #expect(passed >= Self.floor)
    if passed > Self.floor { print("note: \(passed) records agree; the floor can rise") }
    // The same graph may serve two operations.
    #expect(replay.compiles <= replay.compiledSignatures)
  }

  private static func report(_ counts: [String: OracleCount]) -> String {
    let rows = counts.sorted { $0.key < $1.key }.map { operation, count in
      let reasons = count.reasons.sorted().joined(separator: ", ")
      return "  \(operation): \(count.passed) agree, \(count.failed) disagree, "
        + "\(count.unsupported) unsupported" + (reasons.isEmpty ? "" : " (\(reasons))")
    }
    let total = counts.values.reduce(into: (0, 0, 0)) {
      $0 = ($0.0 + $1.passed, $0.1 + $1.failed, $0.2 + $1.unsupported)
    }
    return (rows + ["records: \(total.0) agree, \(total.1) disagree, \(total.2) unsupported"])
      .joined(separator: "\n")
  }
}
