// Loops that keep states instead of everything: how many steps they make again, against the theory and
// against what is counted while they run, and that no bit of the derivative depends on it.
import Autodiff
import Graph
import JIT
import Synchronization
import Testing

@testable import Lowering

@Suite struct CheckpointTests {
  /// binomial(s + r, r): the steps that can be gone back with s states and r repetitions of each.
  private static func reach(_ states: Int, _ repetitions: Int) -> Int {
    (0..<repetitions).reduce(1) { $0 * (states + $1 + 1) / ($1 + 1) }
  }

  /// The fewest steps forward after the first sweep: r n − binomial(s + r, r − 1) in all, of which the
  /// sweep makes n − 1 (Griewank and Walther 2000, theorem 1).
  private static func fewest(_ steps: Int, _ states: Int) -> Int {
    let r = (0...steps).first { reach(states, $0) >= steps } ?? 0
    return r == 0 ? 0 : r * steps - reach(states + 1, r - 1) - (steps - 1)
  }

  @Test(arguments: [1, 2, 3, 5, 6, 10]) func placesAreTheBest(_ states: Int) {
    for steps in Array(1...60) + [100, 300, 1000] {
      let policy = Keep.states(DimExpr(states))
      #expect(
        policy.repeatedSteps(of: steps, slots: states, isOnline: false)
          == steps + Self.fewest(steps, states), "\(steps) steps")
    }
  }

  /// What is not known beforehand costs less than one more sweep.
  @Test(arguments: [1, 2, 3, 5, 6, 10]) func onlineIsNearlyAsGood(_ states: Int) {
    for steps in Array(1...60) + [100, 300, 1000] {
      let policy = Keep.states(DimExpr(states))
      let online = policy.repeatedSteps(of: steps, slots: states, isOnline: true)
      let best = steps + Self.fewest(steps, states)
      #expect(online >= best && online < best + steps, "\(steps) steps: \(online), \(best)")
    }
  }

  private static let kinds = [
    "for _ in 0..<n carry x = a", "while x = a, k = 0 where k < count",
    "while x = a, k = 0 where (k < count) & (sum(x) < 1e9)",
    "for _ in 0..<count carry x = a", "reversed for _ in 0..<n carry x = a",
  ]

  /// The gradient of a loop whose step counts itself where it runs.
  private func counted(_ keep: Keep, isEndless: Bool, _ counter: Counter) throws -> Graph {
    let step = ScalarFunction(
      "counted", arity: 1, domain: .float, spelling: ScalarFunction.sin.spelling,
      reference: .real { counter.count($0[0]) },
      derivative: .partials([{ x, _ in apply(.cos, x[0]) }]), summary: "sin x, counted.")
    let builder = GraphBuilder(name: "f")
    let x = builder.addInput("x", TensorType(.f64))
    let n = builder.addInput("count", TensorType(.i64))
    let room = builder.addInput("room", TensorType(.f64, ["n"]))
    _ = room
    let results = try builder.loop(
      bound: isEndless ? nil : "n", carry: [x], captured: [n], keep: keep,
      condition: isEndless ? { $0.index < $0.captured[0] } : nil
    ) { loop in
      ([loop.builder.applying(Elementwise(step), [loop.carried[0]])], [])
    }
    builder.addOutput("y", results[0])
    return try builder.finished().derivative(.gradient)
  }

  /// The steps that run are those that are foretold, and the first sweep is the value's own.
  @Test(arguments: [false, true]) func foretoldStepsAreMade(_ isEndless: Bool) throws {
    for steps in [0, 1, 2, 3, 7, 33, 60] {
      for (keep, slots) in [
        (Keep.nothing, 1), (.states(1), 1), (.states(3), 3), (.states(8), 8), (.states(60), 60),
        (.every(4), (steps + 3) / 4 + 4),
      ] {
        // Without a bound there is no saying how many states to keep.
        if case .every = keep, isEndless { continue }
        let counter = Counter()
        let graph = try counted(keep, isEndless: isEndless, counter).simplified()
        let inputs = [
          Tensor(0.7), Tensor(Int64(steps)), Tensor(zeros: .f64, shape: [steps]),
        ]
        _ = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: ["n": steps])
        #expect(
          counter.total
            == keep.repeatedSteps(of: steps, slots: slots, isOnline: isEndless),
          "\(keep), \(steps) steps")
      }
    }
  }

  /// The same bits whatever is kept, where the count is data, an extent or found by the run.
  @Test(arguments: kinds) func bitsAreTheSame(_ loop: String) throws {
    for steps in [0, 1, 2, 5, 40] {
      var first: [Tensor]?
      for keep in [
        "", "keep nothing", "keep at most 1", "keep at most 3", "keep at most 9", "keep every 1",
        "keep every 4",
      ] {
        let next = loop.hasPrefix("while") ? "step, k + 1" : "step"
        let results = loop.hasPrefix("while") ? "x, _" : "x"
        let graph = try LoopCostTests.graph(
          """
          func f(a: f64[d], w: f64[d], m: f64[n], count: i64) -> (y: f64) {
            \(results) = \(loop) \(keep) {
              step = w * sin(x) + x * x[0]
              \(next)
            }
            y = sum(x * x) + 0.0 * sum(m)
          }
          """)
        let gradient = try Engine().compile(graph.derivative(.gradient))
        let found = try gradient([
          Tensor([0.3, -0.2, 0.9], shape: [3]), Tensor([0.8, 0.4, -0.7], shape: [3]),
          Tensor(zeros: .f64, shape: [steps]), Tensor(Int64(steps)),
        ])
        if let first { #expect(found == first, "\(keep), \(steps)") } else { first = found }
      }
    }
  }
}

/// Counts how often a function is computed.
private final class Counter: Sendable {
  private let calls = Mutex(0)

  var total: Int { calls.withLock { $0 } }

  func count(_ x: Double) -> Double {
    calls.withLock { $0 += 1 }
    return ScalarFunction.sin.value([Scalar(x, .f64)]).real
  }
}
