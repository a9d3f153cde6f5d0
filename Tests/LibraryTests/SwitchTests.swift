// Branches that an integer chooses, against the same written in Swift, and what is refused.
import Glibc
import JitGrad
import Testing

@Suite struct SwitchTests {
  let engine = Engine()
  let k = TracedTensor.input("k", .i64)

  private func choose(_ x: TracedTensor) -> TracedTensor {
    branch(k, cases: [0, -1]) { k in
      switch k {
      case 0: sin(x)
      case -1: cos(x)
      default: x * x
      }
    }
  }

  @Test(arguments: [0, -1, 5, Int64.min]) func values(_ chosen: Int64) throws {
    let x = TracedTensor(0.7)
    let y = choose(x)
    let (value, slope, second) =
      switch chosen {
      case 0: (Glibc.sin(0.7), Glibc.cos(0.7), -Glibc.sin(0.7))
      case -1: (Glibc.cos(0.7), -Glibc.sin(0.7), -Glibc.cos(0.7))
      default: (0.7 * 0.7, 1.4, 2.0)
      }
    let given: Bindings = ["k": Tensor(chosen)]
    expectClose(try y.eval(engine, given).number, value)
    expectClose(try y.grad(wrt: x).eval(engine, given).number, slope)
    expectClose(
      try y.jvp(wrt: x, tangent: TracedTensor(2.0)).eval(engine, given).number, 2 * slope)
    expectClose(try y.hessian(wrt: x).eval(engine, given).number, second)
  }

  /// Only what is chosen runs: the other branches never end, or divide by zero.
  @Test func onlyTheTakenBranchRuns() throws {
    var options = EvaluationOptions()
    options.stepLimit = 100
    func make(_ x: TracedTensor) -> TracedTensor {
      branch(k, cases: [1, 2]) { k in
        switch k {
        case 1: whileLoop(x, checkpointing: .nothing, while: { $0 < 2 }, body: { sin($0) }).state
        case 2: sqrt(x)
        default: 3 * x
        }
      }
    }
    let x = TracedTensor(0.0)
    let other: Bindings = ["k": Tensor(7 as Int64)]
    #expect(try make(x).eval(engine, other, options: options).number == 0)
    #expect(try make(x).grad(wrt: x).eval(engine, other, options: options).number == 3)
    #expect(throws: ExecutionError.self) {
      try make(x).eval(engine, ["k": Tensor(1 as Int64)], options: options)
    }
  }

  /// A table of functions, trees of results, a batch of selectors, and the text.
  @Test func tablesAndTrees() throws {
    let x = TracedTensor([1.0, 2])
    let powers = branch(k, cases: Array(0..<3)) { k -> [String: TracedTensor] in
      let n = k ?? 3
      return ["y": (0..<n).reduce(x.ones) { y, _ in y * x }, "n": TracedTensor.literal(Double(n))]
    }
    for n in [0, 1, 2, 3, 9] {
      let given: Bindings = ["k": Tensor(Int64(n))]
      let power = Double(min(n, 3))
      #expect(
        try powers["y"]?.eval(engine, given).doubles == [1, Glibc.pow(2, power)], "\(n)")
      #expect(try powers["n"]?.eval(engine, given).number == power)
    }
    let chosen = vmap(TracedTensor([0 as Int64, 1, 5])) { k in
      branch(k, cases: [0, 1]) { $0 == 0 ? x.sum() : $0 == 1 ? 10 * x.sum() : -x.sum() }
    }
    #expect(try chosen.eval(engine).doubles == [3, 30, -3])
    let y = TracedTensor.input("y")
    let graph = try Graph("f", of: choose(y), inputs: ["y", "k"])
    #expect(graph.text.contains("switch k {"))
    let again = try GraphSource(graph.text).graphs[0]
    #expect(try engine.compile(again)([Tensor(0.0), Tensor(-1 as Int64)])[0].number == 1)
  }

  @Test func whatIsRefused() throws {
    let x = TracedTensor(1.0)
    func message(_ tensor: TracedTensor) -> String { tensor.failure?.message ?? "" }
    #expect(
      message(branch(x, cases: [0]) { _ in x }) == "switch chooses by a scalar i64, found f64")
    #expect(message(branch(k, cases: [4, 4]) { _ in x }) == "the case 4 stands there twice")
    let other = branch(k, cases: [0, 7]) { $0 == 7 ? ["b": x] : ["a": x] }
    #expect(
      message(other["a"] ?? x)
        == "all branches give the same tensors; in the case 7, a is missing, b is added")
    #expect(
      message(branch(k, cases: [0]) { $0 == 0 ? x : x.reshaped(1) })
        == "the branches of switch differ: f64 in the first, f64[1] in number 2")
    struct Thrown: Error {}
    #expect(throws: Thrown.self) {
      try branch(k, cases: [0]) { _ -> TracedTensor in throw Thrown() }
    }
    // Without cases there is one branch, which is always taken.
    let only = branch(k, cases: []) { _ in x + 1 }
    #expect(try only.eval(engine, ["k": Tensor(3 as Int64)]).number == 2)
  }
}
