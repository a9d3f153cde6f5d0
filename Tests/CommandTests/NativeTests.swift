// --native: the second tier on the command line, and what it says without a compiler.
import Frontend
import Testing

@Suite struct NativeTests {
  private static let function = """
    jitgrad 1
    func f(x: f64[n]) -> (y: f64) { y = sum(tanh(x) * x) }

    """

  private static let hasCompiler = (try? jitGrad(["doctor"]).out.contains("cc: none")) == false

  @Test(.enabled(if: hasCompiler)) func valuesAreTheSame() throws {
    let arguments = ["run", "-", "-i", "x=random:normal:1", "--bind", "n=1000", "--grad"]
    let first = try jitGrad(arguments, stdin: Self.function)
    let second = try jitGrad(arguments + ["--native"], stdin: Self.function)
    #expect(first.status == 0 && second.status == 0, "\(second.err)")
    #expect(first.out == second.out)
  }

  /// Objects are kept where the user says.
  @Test(.enabled(if: hasCompiler)) func objectsAreKept() throws {
    let scratch = try Scratch()
    let run = try jitGrad(
      ["run", "-", "-i", "x=[1, 2]", "--native"], stdin: Self.function,
      environment: ["JITGRAD_CACHE=\(scratch.path)/kernels"])
    #expect(run.status == 0, "\(run.err)")
    let report = try jitGrad(["doctor"], environment: ["JITGRAD_CACHE=\(scratch.path)/kernels"]).out
    #expect(report.contains("second tier: 1 in \(scratch.path)/kernels"), "\(report)")
  }

  @Test(.enabled(if: hasCompiler)) func benchTimesBothTiers() throws {
    let run = try jitGrad(
      ["bench", "-", "--bind", "n=100", "--native", "--seconds", "0.01", "--json"],
      stdin: Self.function)
    #expect(run.status == 0, "\(run.err)")
    for name in ["primal.call", "primal.native", "gradient.call", "gradient.native"] {
      #expect(run.out.contains("\"\(name)\""), "\(run.out)")
    }
  }

  /// Tables are walked in another order by each process; what is written is not.
  @Test(arguments: ["--jit", "--native"]) func textIsTheSameInEveryRun(_ spelling: String) throws {
    let texts = try (0..<5).map { _ in
      try jitGrad(["show", example("lstm.jg"), "--grad", "--stage", "c", spelling]).out
    }
    #expect(!texts[0].isEmpty && Set(texts).count == 1)
  }

  @Test func withoutACompiler() throws {
    let run = try jitGrad(
      ["run", "-", "-i", "x=[1, 2]", "--native"], stdin: Self.function, environment: ["CC=/no/cc"])
    #expect(run.status == 69 && run.out.isEmpty)
    #expect(
      run.err == """
        error: no C compiler: /no/cc: No such file or directory
        help: install gcc or clang, or name one in the environment variable CC; without, kernels run in the first tier

        """)
    let plain = try jitGrad(
      ["run", "-", "-i", "x=[1, 2]"], stdin: Self.function, environment: ["CC=/no/cc"])
    #expect(plain.status == 0)
    let doctor = try jitGrad(["doctor"], environment: ["CC=/no/cc"])
    #expect(doctor.out.contains("cc: none, so kernels stay in the first tier"))
  }

  /// What cannot be understood starts no compiler, and the doctor knows why.
  @Test func unknownTier() throws {
    let doctor = try jitGrad(["doctor"], environment: ["JITGRAD_NATIVE=false"])
    #expect(doctor.status == 1)
    #expect(
      doctor.out.contains(
        """
        not ok  JITGRAD_NATIVE is 'false', so there is no second tier
                help: set it to off, background, required
        """), "\(doctor.out)")
  }

  @Test func optionsThatExcludeEachOther() throws {
    let file = try Scratch()
    let path = try file.file("f.jg", Self.function)
    #expect(try jitGrad(["run", path, "-i", "x=[1]", "--native", "--reference"]).status == 64)
    #expect(try jitGrad(["show", path, "--stage", "loops", "--native"]).status == 64)
    #expect(try jitGrad(["show", path, "--stage", "c", "--native", "--jit"]).status == 64)
    let text = try jitGrad(["show", path, "--stage", "c", "--native"]).out
    #expect(text.contains("JG_INDEPENDENT") && text.contains("JUMP(jg_strip_tanh_f64, "))
  }
}
