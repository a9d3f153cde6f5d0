// Kernels with their sizes bound, on spans of the caller: of several dtypes, end to end or apart, and
// without allocating anything.
import AllocationCount
import Glibc
import JitGrad
import Testing

@Suite struct SpanTests {
  /// Asking for the second tier, which a kernel does twice in its life, allocates.
  let engine = Engine(nativeTier: .off)

  /// table[places] and where in it: f64 and i64 both ways.
  private func lookup() throws -> BoundKernel {
    let table = TracedTensor.input("table", .f64, ["n"])
    let places = TracedTensor.input("places", .i64, ["k"])
    let found = op.gather(table, places.reshaped("k", 1), axes: [0])
    let graph = try Graph("lookup", of: [found, places + 1], inputs: ["table", "places"])
    return try engine.compile(graph).bound(sizes: ["n": 4, "k": 3])
  }

  @Test func severalDTypes() throws {
    let bound = try lookup()
    let (table, places) = ([0.5, 1.5, 2.5, 3.5], [3, 0, 2] as [Int64])
    var found = [Double](repeating: .nan, count: 3)
    var next = [Int64](repeating: -1, count: 3)
    var foundSpan = found.mutableSpan
    var nextSpan = next.mutableSpan
    try bound(table.span, places.span, into: &foundSpan, &nextSpan)
    #expect(found == [3.5, 0.5, 2.5])
    #expect(next == [4, 1, 3])
  }

  @Test func whatDoesNotFit() throws {
    let bound = try lookup()
    let (table, places) = ([0.5, 1.5, 2.5, 3.5], [3, 0, 2] as [Int64])
    func error(
      _ table: [Double], _ places: [Int64], _ found: Int = 3, _ next: Int = 3
    ) -> MemoryError? {
      var (a, b) = ([Double](repeating: 0, count: found), [Int64](repeating: 0, count: next))
      var first = a.mutableSpan
      var second = b.mutableSpan
      return #expect(throws: MemoryError.self) {
        try bound(table.span, places.span, into: &first, &second)
      }
    }
    let (f64, i64) = (TensorType(.f64, ["n"]), TensorType(.i64, ["k"]))
    #expect(error([0.5], places) == .size(name: "table", type: f64, needed: 32, found: 8))
    #expect(error(table, [1, 2]) == .size(name: "places", type: i64, needed: 24, found: 16))
    #expect(error(table + [0], places) == .dtype(name: "places", needed: .i64, found: .f64))
    #expect(error(table, places + [1, 2]) == .surplus(byteCount: 16))
    #expect(error(table, places, 3, 4) == .surplus(byteCount: 8))
    #expect(error(table, places, 4) == .dtype(name: "y1", needed: .i64, found: .f64))
    var found = [0.0, 0, 0]
    var span = found.mutableSpan
    #expect(throws: MemoryError.count(needed: 4, found: 3)) {
      try bound(table.span, places.span, into: &span)
    }
    #expect(throws: MemoryError.count(needed: 4, found: 1)) { try bound(table.span, into: &span) }
    #expect(throws: MemoryError.dtype(name: "table", needed: .f64, found: .i64)) {
      try bound(places.span, table.span, into: &span)
    }
    found = []
  }

  /// Arrays end to end, each in a span of its own, and empty ones among them.
  @Test func spansOfOneDType() throws {
    let x = TracedTensor.input("x", .f64, ["n"])
    let y = TracedTensor.input("y", .f64, ["m"])
    let graph = try Graph("f", of: [x.sum() * y, x], inputs: ["x", "y"])
    let kernel = try engine.compile(graph)
    for (xs, ys) in [([1.0, 2], [3.0]), ([], [3]), ([4], []), ([], [])] {
      let bound = try kernel.bound(to: [[xs.count], [ys.count]])
      let expected = ys.map { $0 * xs.reduce(0, +) } + xs
      var together = [Double](repeating: .nan, count: expected.count)
      var span = together.mutableSpan
      try bound((xs + ys).span, into: &span)
      #expect(together == expected)
      var first = [Double](repeating: .nan, count: ys.count)
      var second = [Double](repeating: .nan, count: xs.count)
      var firstSpan = first.mutableSpan
      var secondSpan = second.mutableSpan
      try bound(xs.span, ys.span, into: &firstSpan, &secondSpan)
      #expect(first + second == expected)
    }
    #expect(throws: BindingError.unknownSizes(["m", "n"])) { try kernel.bound() }
    #expect(throws: BindingError.unknownSizes(["m"])) { try kernel.bound(sizes: ["n": 1]) }
    #expect(throws: BindingError.negativeSize("n", -1)) {
      try kernel.bound(sizes: ["n": -1, "m": 1])
    }
  }

  // MARK: - Allocations

  /// What the counter counts.
  @Test func allocationsAreCounted() {
    let before = allocation_count()
    let array = [Double](repeating: 0, count: Int.random(in: 100...101))
    #expect(allocation_count() > before)
    var memory: UnsafeMutableRawPointer?
    let middle = allocation_count()
    let status = posix_memalign(&memory, 64, 128)
    free(memory)
    free(malloc(array.count))
    let after = allocation_count()
    #expect(after - middle == 2)
    #expect(status == 0)
  }

  /// The gradient of a function of 3 scalars, called again and again.
  @Test func smallGradientsAllocateNothing() throws {
    let (a, b, c) = (TracedTensor.input("a"), TracedTensor.input("b"), TracedTensor.input("c"))
    let graph = try Graph("f", of: a * b + sin(c), inputs: ["a", "b", "c"])
    let gradient = try engine.compile(graph.gradient()).bound()
    var arguments = [0.5, 1.5, 2.5]
    var result = [0.0, 0, 0, 0]
    try expectNoAllocations {
      arguments[0] += 1e-9
      var span = result.mutableSpan
      try gradient(arguments.span, into: &span)
    }
    expectClose(result, [arguments[0] * 1.5 + Glibc.sin(2.5), 1.5, arguments[0], Glibc.cos(2.5)])
  }

  @Test func workspacesAreKept() throws {
    let x = TracedTensor.input("x", .f64, [40])
    let bound = try engine.compile(Graph("f", of: op.cumsum(x) / x.sum())).bound()
    let values = [Double](repeating: 0.2, count: 40)
    var result = [Double](repeating: 0, count: 40)
    try expectNoAllocations {
      var span = result.mutableSpan
      try bound(values.span, into: &span)
    }
    #expect(engine.counters.workspaceByteCount > 0)
  }

  /// A workspace and a limit of steps are there as well.
  @Test func loopsAllocateNothing() throws {
    let x = TracedTensor.input("x", .f64, [40])
    let (y, _) = whileLoop(x, while: { ($0 * $0).sum() > 1 }) { $0 - 0.1 * ($0 / x.sum()) }
    let kernel = try engine.compile(Graph("f", of: [y, op.cumsum(y) / y.sum()]))
    let bound = try kernel.bound()
    let values = [Double](repeating: 0.2, count: 40)
    var result = [Double](repeating: 0, count: 80)
    try expectNoAllocations {
      var span = result.mutableSpan
      try bound(values.span, into: &span)
    }
    #expect(engine.counters.workspaceByteCount > 0)
    #expect(abs(result[79] - 1) < 1e-12)
  }

  @Test func severalDTypesAllocateNothing() throws {
    let bound = try lookup()
    let (table, places) = ([0.5, 1.5, 2.5, 3.5], [3, 0, 2] as [Int64])
    var found = [Double](repeating: .nan, count: 3)
    var next = [Int64](repeating: -1, count: 3)
    try expectNoAllocations {
      var foundSpan = found.mutableSpan
      var nextSpan = next.mutableSpan
      try bound(table.span, places.span, into: &foundSpan, &nextSpan)
    }
    #expect(found == [3.5, 0.5, 2.5])
  }

  /// In a thousand calls behind the first.
  private func expectNoAllocations(
    _ call: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) rethrows {
    try call()
    let before = allocation_count()
    for _ in 0..<1000 { try call() }
    #expect(allocation_count() - before == 0, sourceLocation: sourceLocation)
  }
}
