// `jit-grad run`: values, every mode of derivative, inputs of every kind, and what is written.
import Frontend
import Graph
import Testing

@testable import jit_grad

private let quadratic = """
  jitgrad 1
  func f(x: f64[n], a: f64) -> (y: f64, z: f64[n]) {
    z = a * x^2
    y = sum(z)
  }
  """

private let cubic = """
  jitgrad 1
  func g(x: f64[n]) -> (y: f64) {
    y = sum(x^3)
  }
  """

@Suite struct RunTests {
  let scratch: Scratch
  let file: String
  let scalar: String

  init() throws {
    scratch = try Scratch()
    file = try scratch.file("f.jg", quadratic)
    scalar = try scratch.file("g.jg", cubic)
  }

  @Test func valuesAreNamedAndTyped() throws {
    let run = try jitGrad(["run", file, "-i", "x=[1,2,3]", "-i", "a=2"])
    #expect(run.status == 0, "\(run.err)")
    #expect(run.lines == ["y: f64 = 28.0", "z: f64[3] = [2.0, 8.0, 18.0]"])
    #expect(run.err.isEmpty)
  }

  @Test func jsonIsOneObject() throws {
    let run = try jitGrad(["run", file, "-i", "x=[1,2,3]", "-i", "a=2", "--json"])
    #expect(JSONReader.read(run.outBytes)?["y"] == .number(28))
    #expect(JSONReader.read(run.outBytes)?["z"] == .array([.number(2), .number(8), .number(18)]))
  }

  @Test func referenceAgrees() throws {
    let arguments = ["run", scalar, "-i", "x=random:normal:3", "--bind", "n=9", "--grad"]
    let compiled = try jitGrad(arguments)
    let reference = try jitGrad(arguments + ["--reference"])
    #expect(compiled.status == 0 && reference.status == 0, "\(compiled.err)\(reference.err)")
    #expect(compiled.out == reference.out)
    #expect(compiled.out.contains("grad.x: f64[9] = ["))
  }

  @Test(arguments: [
    (["--mode", "gradient"], "grad.x: f64[2] = [3.0, 12.0]"),
    (["--mode", "vjp"], "grad.x: f64[2] = [3.0, 12.0]"),
    (["--mode", "vjp", "-i", "ct.y=2"], "grad.x: f64[2] = [6.0, 24.0]"),
    (["--mode", "jvp", "-i", "tan.x=[1,1]"], "jvp.y: f64 = 15.0"),
    (["--mode", "hvp", "-i", "tan.x=[1,0]"], "hvp.x: f64[2] = [6.0, 0.0]"),
    (["--mode", "jacobian"], "jacobian.y.x: f64[2] = [3.0, 12.0]"),
    (["--mode", "jacobian", "--direction", "forward"], "jacobian.y.x: f64[2] = [3.0, 12.0]"),
    (["--mode", "hessian"], "hessian.x.x: f64[2, 2] = [[6.0, 0.0], [0.0, 12.0]]"),
  ])
  func modes(_ options: [String], _ expected: String) throws {
    let run = try jitGrad(["run", scalar, "-i", "x=[1,2]", "--grad"] + options)
    #expect(run.status == 0, "\(run.err)")
    #expect(run.lines.contains(expected), "\(run.out)")
    #expect(run.lines.first == "y: f64 = 9.0")
  }

  @Test func missingCotangentsAreZero() throws {
    let run = try jitGrad([
      "run", file, "-i", "x=[1,2]", "-i", "a=2", "--grad", "--mode", "vjp", "--wrt", "x",
      "-i", "ct.z=[1,0]",
    ])
    #expect(run.lines.last == "grad.x: f64[2] = [4.0, 0.0]", "\(run.err)")
  }

  /// Zeros are what was asked for, and hardly what was meant: a warning says so.
  @Test func withoutAnyCotangentOrTangentAllAreZero() throws {
    let call = ["run", file, "-i", "x=[1,2]", "-i", "a=2", "--grad"]
    let vjp = try jitGrad(call + ["--mode", "vjp", "--wrt", "x"])
    #expect(vjp.status == 0 && vjp.lines.last == "grad.x: f64[2] = [0.0, 0.0]", "\(vjp.out)")
    #expect(
      vjp.err == "warning: no cotangent was given, so all of them are zero\n"
        + "help: -i ct.y=VALUE -i ct.z=VALUE\n")
    let jvp = try jitGrad(call + ["--mode", "jvp", "--of", "y", "--wrt", "x"])
    #expect(jvp.status == 0 && jvp.lines.last == "jvp.y: f64 = 0.0", "\(jvp.out)")
    #expect(jvp.err.contains("no tangent was given"), "\(jvp.err)")
    // A single scalar output has a derivative by itself.
    let scalar = try jitGrad(call + ["--mode", "vjp", "--of", "y", "--wrt", "a"])
    #expect(scalar.lines.last == "grad.a: f64 = 5.0" && scalar.err.isEmpty, "\(scalar.err)")
  }

  @Test func oneOutputOfSeveralIsChosen() throws {
    let run = try jitGrad([
      "run", file, "-i", "x=[1,2]", "-i", "a=2", "--grad", "--of", "y", "--wrt", "a,x",
    ])
    #expect(run.lines.suffix(2) == ["grad.a: f64 = 5.0", "grad.x: f64[2] = [4.0, 8.0]"])
  }

  @Test func inputsComeFromArchivesArraysAndStandardInput() throws {
    let x = Tensor([1.0, 2.0], shape: [2])
    let npz = try scratch.file(
      "in.npz", NPZ.encode([NamedTensor(name: "x", tensor: x)], file: "in.npz"))
    let npy = try scratch.file("x.npy", NPY.encode(x))
    for given in [["-i", npz], ["-i", "x=\(npy)"], ["-i", "x=\(npz)"], ["-i", "x=[1,2]"]] {
      let run = try jitGrad(["run", scalar] + given)
      #expect(run.lines == ["y: f64 = 9.0"], "\(given) \(run.err)")
    }
    // What is named on the command line stands above a file.
    let run = try jitGrad(["run", scalar, "-i", npz, "-i", "x=[2]"])
    #expect(run.lines == ["y: f64 = 8.0"])
    let piped = try jitGrad(["run", "-", "-i", "x=[1,2]"], stdin: cubic)
    #expect(piped.lines == ["y: f64 = 9.0"])
  }

  @Test func outputsAreWrittenAsArchive() throws {
    let path = "\(scratch.path)/out.npz"
    let run = try jitGrad(["run", scalar, "-i", "x=[1,2]", "--grad", "-o", path])
    #expect(run.status == 0)
    #expect(try arrays(path) == ["y": Tensor(9.0), "grad.x": Tensor([3.0, 12.0], shape: [2])])
    // To stdout nothing but the archive goes there.
    let piped = try jitGrad(["run", scalar, "-i", "x=[1,2]", "-o", "-"])
    let members = try NPZ.decode(piped.outBytes, file: "-")
    #expect(members == [NamedTensor(name: "y", tensor: Tensor(9.0))])
  }

  @Test func expectationsAreComparedByName() throws {
    let path = "\(scratch.path)/out.npz"
    let arguments = ["run", scalar, "-i", "x=[1,2]"]
    _ = try jitGrad(arguments + ["-o", path])
    #expect(try jitGrad(arguments + ["--expect", path]).status == 0)
    let other = try jitGrad(["run", scalar, "-i", "x=[1,2.001]", "--expect", path])
    #expect(other.status == 1)
    #expect(other.err.contains("y       1 of 1"), "\(other.err)")
    let loose = ["run", scalar, "-i", "x=[1,2.001]", "--expect", path, "--rtol", "0.01"]
    #expect(try jitGrad(loose).status == 0)
    let wrong = try scratch.file(
      "wrong.npz", NPZ.encode([NamedTensor(name: "yy", tensor: Tensor(9.0))], file: "w"))
    let missing = try jitGrad(arguments + ["--expect", wrong])
    #expect(missing.status == 1 && missing.err.contains("no output yy; the closest is y"))
    // Nothing compared is no agreement, and what was not compared is told.
    let empty = try scratch.file("empty.npz", NPZ.encode([], file: "e"))
    let nothing = try jitGrad(arguments + ["--expect", empty])
    #expect(nothing.status == 1 && nothing.err.contains("there is nothing to compare with"))
    let gradient = try jitGrad(arguments + ["--grad", "--expect", path])
    #expect(gradient.status == 0 && gradient.err == "note: \(path) says nothing about grad.x\n")
  }

  @Test func theFirstNaNHasAName() throws {
    let path = try scratch.file(
      "nan.jg",
      """
      jitgrad 1
      func f(x: f64[n]) -> (y: f64) {
        r = sqrt(x)
        y = sum(r * 2)
      }
      """)
    let run = try jitGrad(["run", path, "-i", "x=[1,-4]", "--check-nan"])
    #expect(run.status == 1)
    #expect(run.err.contains("nan.jg:3:"), "\(run.err)")
    #expect(run.err.contains("sqrt (r) made the first NaN at [1]"), "\(run.err)")
    let fine = try jitGrad(["run", path, "-i", "x=[1,4]", "--check-nan"])
    #expect(fine.status == 0 && fine.lines == ["y: f64 = 6.0"])
    let given = try jitGrad(["run", path, "-i", "x=[1,nan]", "--check-nan"])
    #expect(given.status == 1 && given.err.contains("the input x has a NaN at [1]"))
  }

  @Test func theFirstNaNInALoopHasTheNameOfItsOperation() throws {
    let path = try scratch.file(
      "nan-in-loop.jg",
      """
      jitgrad 1
      func f(x: f64[3], k: i64) -> (y: f64) {
        y, _ = while v = 4.0, i = 0 where i < k {
          d = if v > 0.0 {
            log(v) * 2.0
          } else {
            r = sqrt(v)
            r + 1.0
          }
          v - sum(x) + 0.0 * d, i + 1
        }
      }
      """)
    let run = try jitGrad(["run", path, "-i", "x=[1,1,1]", "-i", "k=5", "--check-nan"])
    #expect(run.status == 1)
    #expect(run.err.contains("nan-in-loop.jg:7:7"), "\(run.err)")
    #expect(run.err.contains("sqrt (r) made the first NaN, from operands"), "\(run.err)")
    #expect(run.err.contains("v is -2.0 there"), "\(run.err)")
    #expect(run.err.contains("this is step 2 of the loop of line 3, counted from 0"), "\(run.err)")
    // Also where it does not come out: in a condition, and under a select in a loop within a loop.
    let hidden = try scratch.file(
      "hidden-nan.jg",
      """
      jitgrad 1
      func f(x: f64) -> (y: f64) { y = while v = x where sqrt(v) > 1.0 { v - 3.0 } }
      func g(x: f64[n]) -> (y: f64) {
        y = for _ in 0..<2 carry s = 0.0 {
          for v in x carry t = s {
            select(v > 0, log(v), 0.0) + t
          }
        }
      }
      """)
    let condition = try jitGrad(["run", hidden, "--function", "f", "-i", "x=2", "--check-nan"])
    #expect(condition.status == 1 && condition.err.contains("sqrt made the first NaN"))
    let nested = try jitGrad(
      ["run", hidden, "--function", "g", "-i", "x=[1,2,-1]", "--check-nan"])
    #expect(nested.status == 1 && nested.err.contains("hidden-nan.jg:6:"), "\(nested.err)")
    #expect(nested.err.contains("step 2 of the loop of line 5"), "\(nested.err)")
    #expect(nested.err.contains("step 0 of the loop of line 4"), "\(nested.err)")
    // On the way back of a loop whose number of steps only the run tells.
    let back = try jitGrad(
      ["run", path, "-i", "x=[1,1,1]", "-i", "k=5", "--grad", "--check-nan"])
    #expect(back.status == 1 && back.err.contains("sqrt"), "\(back.err)")
    let fine = try jitGrad(["run", path, "-i", "x=[1,1,1]", "-i", "k=2", "--check-nan"])
    #expect(fine.status == 0 && fine.lines == ["y: f64 = -2.0"], "\(fine.out)")
  }

  @Test func emptyArraysAreOrdinary() throws {
    for mode in ["gradient", "hessian", "jacobian"] {
      let run = try jitGrad(["run", scalar, "-i", "x=[]", "--grad", "--mode", mode])
      #expect(run.status == 0, "\(run.err)")
      #expect(run.lines.first == "y: f64 = 0.0")
    }
    let bound = try jitGrad(["run", scalar, "-i", "x=random:normal:1", "--bind", "n=0", "--json"])
    #expect(bound.out == "{\"y\": 0.0}\n")
    // [] has as many axes as are needed; what it does not tell of them others tell.
    let path = try scratch.file(
      "rows.jg",
      """
      jitgrad 1
      func f(x: f64[n, d], w: f64[d]) -> (y: f64[n], s: f64[d]) {
        y = x @ w
        s = sum(x, axes=[0]) + w
      }
      """)
    let rows = try jitGrad(["run", path, "-i", "x=[]", "-i", "w=[1,2]"])
    #expect(rows.lines == ["y: f64[0] = []", "s: f64[2] = [1.0, 2.0]"], "\(rows.err)")
    let other = try jitGrad(["run", path, "-i", "x=[]", "-i", "w=[1,2]", "--bind", "n=3"])
    #expect(other.status == 65 && other.err.contains("n"), "\(other.out)\(other.err)")
    let fixed = try scratch.file(
      "fixed.jg", "jitgrad 1\nfunc f(X: f64[2, 2]) -> (Y: f64[2, 2]) { Y = X + 1 }")
    let none = try jitGrad(["run", fixed, "-i", "X=[]"])
    #expect(none.status == 65 && none.out.isEmpty, "\(none.out)\(none.err)")
    let open = try jitGrad(["run", path, "-i", "x=[]", "-i", "w=random:normal:1"])
    #expect(open.status == 66 && open.err.contains("d"), "\(open.err)")
  }

  @Test func threadsChangeNothing() throws {
    let path = try scratch.file(
      "threads.jg", "jitgrad 1\nfunc f(x: f64[n]) -> (y: f64) { y = sum(sin(x) * x) }")
    let inputs = ["-i", "x=random:normal:1", "--bind", "n=100000", "--grad", "--json"]
    let alone = try jitGrad(["run", path] + inputs + ["--threads", "1"])
    let shared = try jitGrad(["run", path] + inputs + ["--threads", "3"])
    #expect(alone.status == 0 && alone.out == shared.out)
    let wrong = try jitGrad(["run", path] + inputs + ["--threads", "0"])
    #expect(wrong.status == 64 && wrong.err.contains("from 1 to 256, found 0"), "\(wrong.err)")
    let doctor = try jitGrad(["doctor"], environment: ["JITGRAD_THREADS=3"])
    #expect(doctor.out.contains("ok      threads: 3"), "\(doctor.out)")
    let unknown = try jitGrad(["doctor"], environment: ["JITGRAD_THREADS=many"])
    #expect(unknown.status == 1 && unknown.out.contains("JITGRAD_THREADS is 'many'"))
  }

  @Test func timingsGoToStandardError() throws {
    let run = try jitGrad(["run", scalar, "-i", "x=[1]", "--grad", "--timings"])
    #expect(run.lines.count == 2)
    for phase in ["parse", "differentiation", "compile", "run"] {
      #expect(run.err.contains(phase))
    }
  }

  @Test func functionsAreChosenByName() throws {
    let two = """
      jitgrad 1
      func twice(x: f64) -> (y: f64) {
        y = 2 * x
      }
      func thrice(x: f64) -> (y: f64) {
        y = twice(x) + x
      }
      """
    let path = try scratch.file("two.jg", two)
    #expect(try jitGrad(["run", path, "-i", "x=1"]).lines == ["y: f64 = 3.0"])
    #expect(
      try jitGrad(["run", path, "--function", "twice", "-i", "x=1"]).lines == ["y: f64 = 2.0"])
    let run = try jitGrad(["run", path, "--function", "twise", "-i", "x=1"])
    #expect(run.status == 64)
    #expect(run.err.contains("it has twice, thrice") && run.err.contains("did you mean 'twice'?"))
  }

  @Test func theMainJobOfTheDemo() throws {
    let path = "\(scratch.path)/demo.npz"
    let arguments = [
      "run", example("logistic.jg"), "--grad", "--wrt", "w,b", "-i", "w=random:normal:1", "-i",
      "b=0", "-i", "lambda=0.01", "-i", "X=\(example("data/breast_cancer_features.npy"))", "-i",
      "y=\(example("data/breast_cancer_labels.npy"))",
    ]
    #expect(try jitGrad(arguments + ["-o", path]).status == 0)
    #expect(try jitGrad(arguments + ["--reference", "--expect", path]).status == 0)
    #expect(try arrays(path).keys.sorted() == ["grad.b", "grad.w", "loss"])
  }
}
