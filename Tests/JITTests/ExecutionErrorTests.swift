// How a call ends that cannot go on: every status of generated code as the error that a caller sees, with
// the loop and what to know about it; and that nothing of such a call stays behind.
import Autodiff
import Frontend
import Graph
import JIT
import Testing

@Suite struct ExecutionErrorTests {
  /// Keeps 8 bytes of each step for the way back; only the argument tells how many.
  private static let counted = """
    func f(x: f64, n: i64) -> (y: f64) {
      y = for _ in 0..<n carry y = x { sin(y) }
    }
    """
  /// The same, where not even the argument tells.
  private static let ending = """
    func f(x: f64) -> (y: f64) {
      y = while y = x where y > 1.0 { y - 0.5 / y }
    }
    """
  /// Makes as many rows as 2 goes into x before 1 is reached, and reads k of them.
  private static let rows = """
    func f(x: f64, k: i64) -> (total: f64) {
      _, all = while y = x where y > 1.0 {
        yield y
        y / 2
      }
      total = for i in 0..<k, y in all carry total = 0.0 { total + y }
    }
    """

  private func graph(_ text: String) throws -> Graph {
    let file = GraphFile(SourceFile(name: "f.jg", text: "jitgrad 1\n" + text))
    try #require(
      !file.hasErrors, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    return file.graphs[0]
  }

  private func gradient(_ text: String) throws -> Kernel {
    try Engine().compile(graph(text).derivative(.gradient))
  }

  /// The error of a call.
  private func error(_ body: () throws -> [Tensor]) throws -> ExecutionError {
    do {
      let found = try body()
      throw TestFailure("the call returned \(found.map(\.doubles))")
    } catch let error as ExecutionError {
      return error
    }
  }

  private struct TestFailure: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  private let y = ExecutionError.LoopPlace(name: "y", origin: Origin(line: 3, column: 3))

  // MARK: - Status 3: steps

  /// Down to 0 in as many steps as x says, in the primal and in the derivative's loops.
  @Test func moreStepsThanAllowed() throws {
    let text = "func f(x: f64) -> (y: f64) {\n  y = while y = x where y > 0.5 { y - 1 }\n}"
    for kernel in [try Engine().compile(graph(text)), try gradient(text)] {
      #expect(try kernel([Tensor(7.0)], stepLimit: 7)[0].doubles == [0])
      let found = try error { try kernel([Tensor(7.0)], stepLimit: 6) }
      #expect(found == .stepLimit(limit: 6, loop: y))
      #expect(
        found.description
          == "the loop that makes y, line 3, made 6 steps, the limit, and would go on")
    }
  }

  /// A number of steps that is data and a condition: the limit holds whatever ends it.
  @Test func theLimitHoldsBesideACondition() throws {
    for header in [
      "for i in 0..<n carry y = x where y < 1e300", "reversed for i in 0..<n carry y = x",
    ] {
      let kernel = try Engine().compile(
        graph("func f(x: f64, n: i64) -> (y: f64) {\n  y = \(header) { y + 1.0 }\n}"))
      #expect(try kernel([Tensor(0.0), Tensor(Int64(9))], stepLimit: 9)[0].doubles == [9])
      let found = try error { try kernel([Tensor(0.0), Tensor(Int64(10))], stepLimit: 9) }
      #expect(found == .stepLimit(limit: 9, loop: y), "\(header)")
    }
  }

  // MARK: - Status 4: rows

  /// 6, 3, 1.5 are three rows.
  @Test func anotherNumberOfRows() throws {
    let kernel = try Engine().compile(graph(Self.rows))
    #expect(try kernel([Tensor(6.0), Tensor(Int64(3))])[0].doubles == [10.5])
    for k in [0, 2, 4] {
      let found = try error { try kernel([Tensor(6.0), Tensor(Int64(k))]) }
      #expect(found == .rows(.init(name: "total", origin: Origin(line: 7, column: 3))))
      #expect(
        found.description
          == "the loop that makes total, line 7, reads another number of rows than it makes steps")
    }
  }

  // MARK: - Status 2: memory

  /// n rows of 8 bytes fit into a limit of as many bytes and what else the call needs, not of one less.
  @Test func moreRowsThanTheLimit() throws {
    let kernel = try gradient(Self.counted)
    let rows = 1000
    let least = 8 * rows + (try kernel.byteCount(sizes: [:]))
    let arguments = [Tensor(0.5), Tensor(Int64(rows))]
    #expect(try kernel(arguments, memoryLimit: least) == kernel(arguments))
    let found = try error { try kernel(arguments, memoryLimit: least - 1) }
    #expect(found == .memoryLimit(needed: least, limit: least - 1, loop: y))
    #expect(
      found.description
        == "the loop that makes y, line 3, keeps rows: with them the call asks for \(least) "
        + "bytes of memory so far, more than the limit of \(least - 1)")
  }

  /// Rows that come one by one: y² loses 1 − 1/(4y²) a step, which makes a few steps more than x² from
  /// x to 1; every step needs a row.
  @Test func rowsThatComeOneByOne() throws {
    let kernel = try gradient(Self.ending)
    let x = Tensor(100.0)
    let other = try kernel.byteCount(sizes: [:])
    #expect(try kernel([x], memoryLimit: other + 8 * 10_010) == kernel([x]))
    for limit in [0, 8, 100, 4096, 8 * 5000] {
      let found = try error { try kernel([x], memoryLimit: other + limit) }
      // The first row that does not fit any more.
      let needed = other + 8 * (limit / 8 + 1)
      #expect(found == .memoryLimit(needed: needed, limit: other + limit, loop: y))
    }
  }

  /// Two stacks that grow together both get their part: a hundredth more than they need is enough.
  @Test func stacksShareTheLimit() throws {
    let kernel = try Engine().compile(
      graph(
        """
        func f(x: f64) -> (a: f64) {
          _, p, q, steps = counted while y = x where y > 0.5 {
            yield y, [y, y, y]
            y - 1
          }
          a = for i in 0..<steps, u in p, v in q carry a = 0.0 { a + u * sum(v) }
        }
        """))
    let needed = 32 * 3000
    // 3 (1² + … + 3000²)
    let squares = 3.0 * 3000 * 3001 * 6001 / 6
    let other = try kernel.byteCount(sizes: [:])
    #expect(
      try kernel([Tensor(3000.0)], memoryLimit: other + needed * 101 / 100)[0].doubles == [squares])
    #expect(throws: ExecutionError.self) {
      try kernel([Tensor(3000.0)], memoryLimit: other + needed - 1)
    }
  }

  /// So many rows that their bytes are more than an Int counts.
  @Test(arguments: [61, 62]) func moreBytesThanCanBeCounted(_ power: Int) throws {
    let kernel = try gradient(Self.counted)
    let arguments = [Tensor(0.5), Tensor(Int64(1) << Int64(power))]
    let found = try error { try kernel(arguments, memoryLimit: .max) }
    #expect(found == .memory(needed: .max, loop: y))
    let limited = try error { try kernel(arguments) }
    #expect(limited == .memoryLimit(needed: .max, limit: Kernel.physicalMemory, loop: y))
  }

  /// More than the address space of the machine, and no limit set.
  @Test func theMachineRefuses() throws {
    let kernel = try gradient(Self.counted)
    let needed = (8 << 50) + (try kernel.byteCount(sizes: [:]))
    let found = try error {
      try kernel([Tensor(0.5), Tensor(Int64(1) << 50)], memoryLimit: .max)
    }
    #expect(found == .memory(needed: needed, loop: y))
    #expect(
      found.description
        == "the loop that makes y, line 3, keeps rows: there is no memory for the \(needed) bytes "
        + "that the call asks for so far")
  }

  /// Whatever a call took is given back: 500 calls that fail with 4 MB each.
  @Test func errorsKeepNoMemory() throws {
    let kernel = try gradient(Self.ending)
    func fail(_ times: Int) throws {
      for _ in 0..<times {
        #expect(throws: ExecutionError.self) {
          try kernel([Tensor(1e9)], memoryLimit: 4 << 20)
        }
      }
    }
    try fail(10)
    let before = residentPages()
    try fail(500)
    #expect(residentPages() - before < 1 << 18)
  }
}
