// `jit-grad verify` where the laws say less: loops that do not end, derivatives that are other ones by
// definition, points without a difference quotient.
import Testing

@Suite struct VerifyTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func verify(
    _ parameters: String, _ results: String, _ body: String, _ options: [String] = []
  ) throws -> Run {
    let file = try scratch.file(
      "f.jg", "jitgrad 1\n\nfunc f(\(parameters)) -> (\(results)) {\n  \(body)\n}\n")
    return try jitGrad(["verify", file] + options)
  }

  @Test(arguments: 1...4)
  func randomInputsForWhichALoopEndsAreFound(_ seed: Int) throws {
    // Negative numbers have no root.
    let run = try jitGrad(
      ["verify", example("newton.jg"), "--max-steps", "1000", "--seed", "\(seed)"])
    #expect(run.status == 0, "\(run.out)\(run.err)")
    #expect(run.lines.count { $0.hasPrefix("  ok ") } == 4, "\(run.out)")
  }

  @Test func loopsThatNeverEndAreAnError() throws {
    let run = try verify(
      "x: f64", "y: f64", "y = while s = x where s == s { s + 1 }", ["--max-steps", "50"])
    #expect(run.status == 65)
    #expect(run.err.contains("beyond 50 steps for all random inputs"), "\(run.err)")
    #expect(run.err.contains("-i NAME=VALUE"), "\(run.err)")
  }

  @Test func theStepLimitHoldsForGivenInputs() throws {
    let run = try jitGrad(["verify", example("newton.jg"), "-i", "a=-2", "--max-steps", "50"])
    #expect(run.status == 65)
    #expect(run.err.contains("made 50 steps, the limit"), "\(run.err)")
    let ends = try jitGrad(["verify", example("newton.jg"), "-i", "a=2", "--max-steps", "50"])
    #expect(ends.status == 0, "\(ends.out)\(ends.err)")
  }

  @Test(arguments: [
    "y = stop_gradient(x) * x", "y = stop_gradient(x * x)",
    "y = for _ in 0..<3 carry s = x { s * stop_gradient(sin(s)) }",
  ])
  func stopGradientIsNotWrong(_ body: String) throws {
    let run = try verify("x: f64", "y: f64", body)
    #expect(run.status == 0, "\(run.out)\(run.err)")
    #expect(
      run.out.contains("open    jvp against central differences") && !run.out.contains("wrong"),
      "\(run.out)")
  }

  @Test func stopGradientThatChangesNothingIsVerified() throws {
    let run = try verify("x: f64[n]", "y: f64", "y = logsumexp(x)")
    #expect(run.status == 0, "\(run.out)\(run.err)")
    #expect(run.lines.count { $0.hasPrefix("  ok ") } == 4, "\(run.out)")
  }

  @Test func uncheckedRulesAreNotWrong() throws {
    let run = try jitGrad(["verify", "--all", example("custom_rule.jg")])
    #expect(run.status == 0, "\(run.out)\(run.err)")
    #expect(run.out.contains("unchecked rule of rounded"), "\(run.out)")
  }

  @Test func aMaximumOfNothingIsNotWrong() throws {
    let run = try verify(
      "x: f64[n], z: f64", "y: f64, w: f64", "y = max(x)\n  w = z * z", ["--bind", "n=0"])
    #expect(run.status == 0, "\(run.out)\(run.err)")
    #expect(run.out.contains("ok      jvp against central differences"), "\(run.out)")
    let alone = try verify("x: f64[n]", "y: f64", "y = max(x)", ["--bind", "n=0"])
    #expect(alone.status == 0, "\(alone.out)\(alone.err)")
    #expect(alone.out.contains("open    jvp against central differences"), "\(alone.out)")
  }

  @Test(arguments: ["0.0005", "0.002", "0.02"])
  func nearTiesAreNotWrong(_ distance: String) throws {
    for operation in ["max", "min"] {
      let run = try verify(
        "x: f32[3]", "y: f32", "y = \(operation)(x)",
        ["-i", "x=[1, 1.\(distance.dropFirst(2)), 1]"])
      #expect(run.status == 0, "\(run.out)\(run.err)")
    }
  }
}
