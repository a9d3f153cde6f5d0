// What simplification costs: in long chains as much for each node as in short ones.
import Glibc
import Graph
import Lowering
import Testing

@Suite struct SimplifyCostTests {
  @Test func timeIsLinearInTheLengthOfAChain() throws {
    // 8 times as many nodes; with the square of the length it was some 50 times as long.
    let (short, long) = (try Self.seconds(2000), try Self.seconds(16_000))
    #expect(long < 24 * short, "\(long) s after \(short) s")
  }

  /// To fold 1 + 1 + … and x + x + …, the better of two runs.
  private static func seconds(_ count: Int) throws -> Double {
    let builder = GraphBuilder(name: "f")
    let x = builder.addInput("x", TensorType(.f64))
    let one = builder.constant(1, .f64)
    var (sum, number) = (x, one)
    for _ in 0..<count {
      sum = sum + x
      number = number + one
    }
    builder.addOutput("y", sum)
    builder.addOutput("n", number)
    let graph = try builder.finished()
    return (0..<2).map { _ in
      let start = threadSeconds()
      let simplified = graph.simplified()
      #expect(simplified.literal(simplified.outputs[1].value)?.isExactly(Double(count + 1)) == true)
      return threadSeconds() - start
    }.min() ?? 0
  }

  private static func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
