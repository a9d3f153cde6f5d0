// Programs with loops as a user runs them: reverse mode, memory, limits, and what is refused.
import Autodiff
import Frontend
import Graph
import JIT
import Testing

@testable import jit_grad

private let orbit = """
  jitgrad 1
  func orbit(x: f64[d], n: i64) -> (y: f64) {
    z = for _ in 0..<n carry x = x { sin(x) + 0.5 * x }
    y = sum(z)
  }
  """

@Suite struct LoopTests {
  let scratch: Scratch
  let orbitFile: String

  init() throws {
    scratch = try Scratch()
    orbitFile = try scratch.file("orbit.jg", orbit)
  }

  /// √3 and its derivative 1 / (2√3), through the steps of a while.
  @Test func newtonDifferentiates() throws {
    let run = try jitGrad(["run", example("newton.jg"), "-i", "a=3", "--grad"])
    #expect(run.status == 0, "\(run.err)")
    #expect(
      run.lines == [
        "x: f64 = 1.7320508075688772", "steps: i64 = 5", "grad.a: f64 = 0.2886751345948129",
      ])
  }

  @Test func checkpointsChangeNoBit() throws {
    let arguments = [
      "run", orbitFile, "-i", "x=random:normal:1", "--bind", "d=50", "-i", "n=300", "--grad",
    ]
    let all = try jitGrad(arguments)
    #expect(all.status == 0, "\(all.err)")
    for more in [
      ["--checkpoint"], ["--checkpoint", "--bind", "checkpoints=3"],
      ["--checkpoint", "--max-memory", "64K"],
    ] {
      let run = try jitGrad(arguments + more)
      #expect(run.status == 0, "\(more): \(run.err)")
      #expect(run.out == all.out, "\(more)")
    }
  }

  @Test func tooLittleMemoryIsRefusedWithTheLeast() throws {
    let run = try jitGrad([
      "run", orbitFile, "-i", "x=random:normal:1", "--bind", "d=1000", "-i", "n=300", "--grad",
      "--checkpoint", "--max-memory", "10K",
    ])
    #expect(run.status == 65)
    #expect(run.err.contains("bytes of memory, more than the limit of 10240"), "\(run.err)")
    #expect(run.out.isEmpty)
  }

  @Test(arguments: [[], ["--reference"]]) func aLoopThatNeverEnds(_ more: [String]) throws {
    let file = try scratch.file(
      "endless.jg",
      "jitgrad 1\nfunc f(x: f64) -> (y: f64) {\n  y = while y = x where y > 0.0 { y + 1.0 }\n}\n")
    let run = try jitGrad(["run", file, "-i", "x=1", "--max-steps", "1000"] + more)
    #expect(run.status == 65)
    #expect(run.err.contains("made 1000 steps, the limit, and would go on"), "\(run.err)")
    let none = try jitGrad(["run", file, "-i", "x=-1", "--max-steps", "0"] + more)
    #expect(none.status == 0 && none.lines == ["y: f64 = -1.0"], "\(none.err)")
  }

  @Test func theLimitCountsStepsThatAreData() throws {
    let arguments = ["run", orbitFile, "-i", "x=[1]", "--max-steps", "10", "-i"]
    #expect(try jitGrad(arguments + ["n=10"]).status == 0)
    #expect(try jitGrad(arguments + ["n=11"]).status == 65)
  }

  @Test func aNegativeLimitIsUsage() throws {
    let run = try jitGrad(["run", orbitFile, "-i", "x=[1]", "-i", "n=1", "--max-steps", "-1"])
    #expect(run.status == 64)
    #expect(run.err == "error: --max-steps needs a number from 0 on, found -1\n")
  }

  @Test func noStateAtAllIsRefused() throws {
    let grad = try jitGrad(["grad", orbitFile, "--checkpoint"])
    #expect(
      grad.out.contains("-> (y: f64, grad.x: f64[d]) where checkpoints >= 1 {"), "\(grad.out)")
    let run = try jitGrad([
      "run", orbitFile, "-i", "x=[1]", "-i", "n=5", "--grad", "--checkpoint", "--bind",
      "checkpoints=0",
    ])
    #expect(run.status == 65)
    #expect(run.err.contains("needs 1 <= checkpoints, found checkpoints = 0"), "\(run.err)")
  }

  /// Checkpointed derivatives have checkpointed derivatives; the number of states is one size.
  @Test func derivativesOfDerivativesKeepStates() throws {
    let file = try scratch.file(
      "sines.jg",
      """
      jitgrad 1
      func sines(x: f64, n: i64) -> (y: f64) { y = for _ in 0..<n carry y = x { sin(y) } }
      """)
    let (first, second) = ("\(scratch.path)/first.jg", "\(scratch.path)/second.jg")
    #expect(try jitGrad(["grad", file, "--checkpoint", "-o", first]).status == 0)
    let grad = try jitGrad(["grad", first, "--of", "grad.x", "--checkpoint", "-o", second])
    #expect(grad.status == 0, "\(grad.err)")
    let expected = try jitGrad([
      "run", file, "-i", "x=0.7", "-i", "n=50", "--grad", "--mode", "hessian", "-o",
      "\(scratch.path)/expected.npz",
    ])
    #expect(expected.status == 0)
    let hessian = try #require(arrays("\(scratch.path)/expected.npz")["hessian.x.x"])
    for states in [[], ["--bind", "checkpoints=1"], ["--bind", "checkpoints=7"]] {
      let out = "\(scratch.path)/found.npz"
      let run = try jitGrad(["run", second, "-i", "x=0.7", "-i", "n=50", "-o", out] + states)
      #expect(run.status == 0, "\(run.err)")
      let found = try #require(arrays(out)["grad.x.2"])
      #expect(abs(found.doubles[0] - hessian.doubles[0]) < 1e-14)
    }
    let taken = try scratch.file(
      "taken.jg",
      "jitgrad 1\nfunc f(x: f64[checkpoints]) -> (y: f64) { y = for v in x carry s = 0.0 { s + v } }"
    )
    let refused = try jitGrad(["grad", taken, "--checkpoint"])
    #expect(refused.status == 64)
    #expect(refused.err.contains("f has an input with a size named checkpoints"), "\(refused.err)")
  }

  /// Stiffness and length of a spring from where its mass was seen, by Newton's method on the loss:
  /// gradient and Hessian go through the simulation.
  @Test func theSpringIsFitted() throws {
    let text = String(decoding: try FileIO.read(example("spring.jg")), as: UTF8.self)
    let graph = try #require(GraphFile(SourceFile(name: "spring.jg", text: text)).graphs.last)
    let kernel = try Engine().compile(graph.derivative(.hessian, wrt: ["k", "l"]))
    let path = example("data/spring_path.npy")
    let seen = try NPY.decode(FileIO.read(path), file: path)
    var (k, l) = (39.0, 0.99)
    for _ in 0..<8 {
      let results = try kernel(
        [Tensor(k), Tensor(l), Tensor([0.6, -1.1], shape: [2]), Tensor(0.02), seen])
      let values = Dictionary(
        uniqueKeysWithValues: zip(kernel.outputs.map(\.name), results.map { $0.doubles[0] }))
      let gradient = (values["grad.k"] ?? .nan, values["grad.l"] ?? .nan)
      let (a, b) = (values["hessian.k.k"] ?? .nan, values["hessian.k.l"] ?? .nan)
      let d = values["hessian.l.l"] ?? .nan
      let determinant = a * d - b * b
      k -= (d * gradient.0 - b * gradient.1) / determinant
      l -= (a * gradient.1 - b * gradient.0) / determinant
    }
    #expect(abs(k - 40) < 1e-9 && abs(l - 1) < 1e-11, "k = \(k), l = \(l)")
  }

  /// What derivatives of loops look like as files reads back.
  @Test func gradientsAreFiles() throws {
    for name in ["newton.jg", "pendulum.jg"] {
      let of = name == "newton.jg" ? "x" : "q"
      let written = "\(scratch.path)/gradient.jg"
      let made = try jitGrad(["grad", example(name), "--of", of, "-o", written])
      #expect(made.status == 0, "\(made.err)")
      #expect(try jitGrad(["check", written]).status == 0)
      #expect(try jitGrad(["fmt", "--check", written]).status == 0)
    }
  }

  /// What never changes is the result of a loop only if the loop ends.
  @Test(arguments: [
    "y = while y = x where y > 0 { y * 1.0 }",
    "y, _ = while y = x, i = 0 where i >= 0 { y, i + 1 }",
  ]) func endlessLoopsOfWhatNeverChanges(_ loop: String) throws {
    let path = try scratch.file(
      "endless.jg", "jitgrad 1\nfunc f(x: f64) -> (y: f64) {\n  \(loop)\n}\n")
    for more in [[], ["--reference"], ["--grad"]] {
      let run = try jitGrad(["run", path, "-i", "x=1", "--max-steps", "1000"] + more)
      #expect(run.status == 65 && run.err.contains("made 1000 steps, the limit"), "\(run.err)")
    }
    let bench = try jitGrad(
      ["bench", path, "-i", "x=1", "--max-steps", "100", "--seconds", "0.001"])
    #expect(bench.status == 65 && bench.err.contains("made 100 steps"), "\(bench.err)")
  }

  /// Random inputs for which a loop does not end are not timed for ever.
  @Test func benchLooksForInputsThatEnd() throws {
    let run = try jitGrad(["bench", example("newton.jg"), "--seconds", "0"])
    #expect(run.status == 0, "\(run.err)")
    let endless =
      "jitgrad 1\nfunc f(x: f64) -> (y: f64) { y = while y = x where y == y { y + 1 } }\n"
    let other = try jitGrad(["bench", "-", "--max-steps", "50"], stdin: endless)
    #expect(other.status == 65)
    #expect(
      other.err == """
        error: f has a loop that goes on beyond 50 steps for all random inputs tried
        help: give inputs for which it ends, -i NAME=VALUE, or a larger --max-steps

        """)
  }

  /// A rule for cotangents that is not linear has no transpose, so the function has no tangent.
  @Test func tangentsOfRulesThatAreNotLinear() throws {
    let text = """
      jitgrad 1
      @vjp(f_vjp, unchecked)
      func f(x: f64[n]) -> (y: f64[n]) { y = x * x }
      func f_vjp(x: f64[n], y: f64[n], ct: f64[n]) -> (g: f64[n]) { g = ct * ct }
      func main(x: f64[n]) -> (z: f64) { z = for i in 0..<3 carry z = 0.0 { z + sum(f(x)) } }

      """
    let arguments = ["run", "-", "--function", "main", "-i", "x=[1, 2]", "--grad", "--mode"]
    let reverse = try jitGrad(arguments + ["vjp", "-i", "ct.z=2"], stdin: text)
    #expect(reverse.out.contains("grad.x: f64[2] = [12.0, 12.0]"), "\(reverse.err)")
    let forward = try jitGrad(arguments + ["jvp", "-i", "tan.x=[1, 1]"], stdin: text)
    #expect(forward.status == 69 && forward.out.isEmpty)
    #expect(forward.err.contains("the rule of f: is not linear"), "\(forward.err)")
  }
}
