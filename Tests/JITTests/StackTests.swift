// The stacks of rows that loops keep while only the run tells how many: what they count, and that calls
// keep nothing of them.
import Autodiff
import Frontend
import Glibc
import Graph
import JIT
import Testing
import runtime

@Suite struct StackTests {
  @Test func stacksCountWhatTheyHold() {
    var memory = jg_memory(limit: 1000, held: 0, needed: 0)
    var stacks = [(rows: UnsafeMutableRawPointer?, room: Int64)](repeating: (nil, 0), count: 2)
    defer { for stack in stacks { free(stack.rows) } }
    #expect(jg_memory_grow(&memory, &stacks[0], 10, 40))
    #expect(memory.held == stacks[0].room * 40 && memory.held >= 400 && memory.held <= 1000)
    #expect(jg_memory_grow(&memory, &stacks[1], 3, 8))
    #expect(memory.held == stacks[0].room * 40 + stacks[1].room * 8 && memory.held <= 1000)
    // What a stack holds already is not needed twice.
    let held = memory.held
    #expect(!jg_memory_grow(&memory, &stacks[0], 26, 40))
    #expect(memory.needed == stacks[1].room * 8 + 26 * 40 && memory.held == held)
    // Rows of nothing.
    var empty = (rows: UnsafeMutableRawPointer?.none, room: Int64(0))
    defer { free(empty.rows) }
    #expect(jg_memory_grow(&memory, &empty, 5, 0) && empty.room >= 5)
  }

  /// 10⁵ calls of a derivative in reverse through some thousand steps: 8 kB that stayed of each would be
  /// 800 MB, 200 000 pages.
  @Test func callsKeepNoMemory() throws {
    let text = """
      jitgrad 1
      func f(x: f64) -> (y: f64) { y = while y = x where y > 1.0 { y * (0.5 + y / (4 * y + 1)) } }
      """
    let graph = try #require(GraphFile(SourceFile(name: "f.jg", text: text)).graphs.first)
    let kernel = try Engine().compile(graph.derivative(.gradient))
    let x = Tensor(1e130)
    let first = try kernel([x])
    let before = residentPages()
    for _ in 0..<100_000 {
      let found = try kernel([x])
      if found[1].doubles != first[1].doubles { Issue.record("\(found) after \(first)") }
    }
    #expect(residentPages() - before < 100_000)
  }
}
