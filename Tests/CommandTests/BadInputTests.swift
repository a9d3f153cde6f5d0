// What is wrong with inputs, sizes, files and options: the exit code, and the facts in the message.
import Frontend
import Graph
import Testing

@Suite struct BadInputTests {
  let scratch: Scratch
  let ridge = example("ridge.jg")

  init() throws { scratch = try Scratch() }

  private func run(_ arguments: String...) throws -> Run { try jitGrad(["run"] + arguments) }

  @Test func aMissingInputIsNamedWithItsSignature() throws {
    let run = try run(ridge, "-i", "w=[1]", "-i", "X=[[1]]", "-i", "lambda=1")
    #expect(run.status == 66)
    #expect(run.err.contains("error: no value for the input y"))
    #expect(run.err.contains("w: f64[d], X: f64[n, d], y: f64[n], lambda: f64"))
    #expect(run.out.isEmpty)
  }

  @Test func aMisnamedInputHasASuggestion() throws {
    let run = try run(ridge, "-i", "lamda=1")
    #expect(run.status == 66)
    #expect(run.err.contains("ridge has no input lamda"))
    #expect(run.err.contains("did you mean 'lambda'?"))
  }

  @Test func anArchiveWithOtherNamesIsListed() throws {
    let bytes = try NPZ.encode(
      [NamedTensor(name: "ww", tensor: Tensor([1.0], shape: [1]))], file: "in.npz")
    let run = try run(ridge, "-i", try scratch.file("in.npz", bytes))
    #expect(run.status == 66)
    #expect(run.err.contains("the .npz has ww"))
  }

  @Test(arguments: [
    (["X=[[1,2]]"], "X needs extent d = 1 on axis 1, found 2"),
    (["X=[1]"], "X needs rank 2 (f64[n, d]), found shape [1]"),
    (["X=[[true]]"], "needs f64 values, found 'true'"),
    (["X=[[1],[2,3]]"], "this list has 2 values"),
  ])
  func wrongShapes(_ inputs: [String], _ expected: String) throws {
    let rest = ["w=[1]", "y=[1]", "lambda=1"]
    let run = try jitGrad(["run", ridge] + (inputs + rest).flatMap { ["-i", $0] })
    #expect(run.status == 65)
    #expect(run.err.contains(expected), "\(run.err)")
  }

  @Test func aWrongDtypeOfAFileIsNotConverted() throws {
    let path = try scratch.file("w.npy", NPY.encode(Tensor([Float(1)], shape: [1])))
    let run = try run(
      ridge, "-i", "w=\(path)", "-i", "X=[[1]]", "-i", "y=[1]", "-i", "lambda=1")
    #expect(run.status == 65)
    #expect(run.err.contains("w needs f64 (f64[d]), found f32"), "\(run.err)")
    #expect(run.err.contains("astype('float64')"))
  }

  @Test func outputsAreNoNpy() throws {
    let run = try run(ridge, "-o", "\(scratch.path)/out.npy")
    #expect(run.status == 64 && run.out.isEmpty)
    #expect(
      run.err
        == "error: -o writes an .npz, which holds all outputs by name, found \(scratch.path)/out.npy\n"
        + "help: write -o \(scratch.path)/out.npz\n")
    #expect(scratch.contents.isEmpty)
  }

  @Test(arguments: ["../y", "/y", "a/../../y", "..\\y"])
  func namesThatLeadElsewhereAreNotWritten(_ name: String) throws {
    let file = try scratch.file(
      "f.jg", "jitgrad 1\nfunc f(x: f64) -> (`\(name)`: f64) { `\(name)` = 2 * x }\n")
    let path = "\(scratch.path)/out.npz"
    let run = try run(file, "-i", "x=3", "-o", path)
    #expect(run.status == 65)
    // What cannot be written is still printed.
    #expect(run.out.contains("= 6.0"))
    #expect(run.err.contains("needs a name that leads to no other directory"), "\(run.err)")
    #expect(run.err.contains("help: give the output another name\n"))
    #expect(scratch.contents == ["f.jg"])
  }

  @Test func anExtentThatIsASquareTellsItsSize() throws {
    let file = try scratch.file(
      "f.jg", "jitgrad 1\nfunc f(x: f64[n*n]) -> (y: f64) { y = sum(x) * n }\n")
    #expect(try run(file, "-i", "x=[1, 2, 3, 4]").out == "y: f64 = 20.0\n")
    #expect(try run(file, "-i", "x=[]").out == "y: f64 = 0.0\n")
    let odd = try run(file, "-i", "x=[1, 2, 3]")
    #expect(
      odd.err
        == "error: x needs an extent of the form n*n on axis 0, found 3 (shape [3])\n")
    let open = try run(file, "-i", "x=random:normal:1")
    #expect(
      open.err
        == "error: the size n is not told by any input, and was not given\nhelp: bind it: --bind n=…\n"
    )
  }

  @Test func aFailedGuardShowsBothSides() throws {
    let path = try scratch.file(
      "guard.jg",
      """
      jitgrad 1
      func f(a: f64[n], b: f64[m]) -> (y: f64[n]) where n == 2 * m {
        y = a
      }
      """)
    let run = try run(path, "-i", "a=[1,2,3]", "-i", "b=[1]")
    #expect(run.status == 65)
    #expect(run.err.contains("found n = 3"), "\(run.err)")
  }

  @Test func sizesThatOverflowAreRefused() throws {
    let big = try run(
      ridge, "-i", "w=random:normal:1", "-i", "X=random:normal:1", "-i", "y=random:normal:1",
      "-i", "lambda=1", "--bind", "n=4611686018427387904", "--bind", "d=4611686018427387904")
    #expect(big.status == 65)
    #expect(big.err.contains("4611686018427387904"), "\(big.err)")
    let negative = try run(
      ridge, "-i", "w=random:normal:1", "-i", "X=random:normal:1", "-i", "y=random:normal:1",
      "-i", "lambda=1", "--bind", "n=-1", "--bind", "d=1")
    #expect(negative.status == 65, "\(negative.err)")
  }

  @Test func memoryIsRefusedBeforeItIsTaken() throws {
    let inputs = ["w", "X", "y"].flatMap { ["-i", "\($0)=random:normal:1"] }
    let sizes = ["-i", "lambda=1", "--bind", "n=100000000", "--bind", "d=100000"]
    let run = try jitGrad(["run", ridge] + inputs + sizes + ["--max-memory", "1G"])
    #expect(run.status == 65)
    #expect(run.err.contains("more than the limit of 1073741824"), "\(run.err)")
    // Without a limit the machine's memory is one.
    #expect(try jitGrad(["run", ridge] + inputs + sizes).status == 65)
    let small = try jitGrad([
      "run", ridge, "-i", "w=[1]", "-i", "X=[[1]]", "-i", "y=[1]", "-i", "lambda=1",
      "--max-memory", "16",
    ])
    #expect(small.status == 65 && small.err.contains("the limit of 16"), "\(small.err)")
  }

  @Test func randomInputsNeedSizes() throws {
    let run = try run(
      ridge, "-i", "w=random:normal:1", "-i", "X=random:normal:1", "-i", "y=[1,2]", "-i",
      "lambda=1")
    #expect(run.status == 66)
    #expect(
      run.err.contains("the size d is not told by any input, and was not given"), "\(run.err)")
    #expect(run.err.contains("bind it: --bind d=…"), "\(run.err)")
    let more = try self.run(
      ridge, "-i", "w=random:normal:1", "-i", "X=random:normal:1", "-i", "y=random:normal:1", "-i",
      "lambda=1")
    #expect(more.status == 66)
    #expect(
      more.err
        == """
        error: the sizes d, n are not told by any input, and were not given
        help: bind them: --bind d=… --bind n=…

        """
    )
  }

  @Test func aTruncatedArchiveIsRefused() throws {
    let bytes = try NPZ.encode(
      [NamedTensor(name: "w", tensor: Tensor([1.0, 2.0], shape: [2]))], file: "in.npz")
    for count in [0, 3, 40, bytes.count / 2, bytes.count - 1] {
      let run = try run(ridge, "-i", try scratch.file("cut.npz", Array(bytes.prefix(count))))
      #expect(run.status == 65, "\(count) bytes: \(run.err)")
      #expect(run.err.contains("cut.npz"))
    }
  }

  @Test func complexArraysAreUnsupported() throws {
    var bytes = NPY.encode(Tensor([1.0], shape: [1]))
    let dtype = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("<f8".utf8)) })
    bytes[dtype + 1] = UInt8(ascii: "c")
    let run = try run(ridge, "-i", "w=\(try scratch.file("w.npy", bytes))")
    #expect(run.status == 69, "\(run.err)")
  }

  @Test func anUnwritableOutputLeavesNothing() throws {
    let output = "\(scratch.path)/missing/out.npz"
    let run = try run(example("rosenbrock.jg"), "-i", "x=[1,2]", "-o", output)
    #expect(run.status == 73)
    // The values are not lost.
    #expect(run.out == "y: f64 = 100.0\n")
    #expect(scratch.contents.isEmpty)
    let directory = try self.run(example("rosenbrock.jg"), "-i", "x=[1,2]", "-o", scratch.path)
    #expect(directory.status == 73)
    #expect(scratch.contents.isEmpty)
    #expect(
      try jitGrad(["emit", ridge, "-o", "\(scratch.path)/a/b"]).status == 73)
    #expect(try jitGrad(["grad", ridge, "-o", output]).status == 73)
  }

  @Test func namesOfAFileAreHarmless() throws {
    let name = "x); system(\\\"touch /tmp/x\\\"); (*"
    let path = try scratch.file(
      "names.jg",
      """
      jitgrad 1
      func `\(name)`(`int`: f64[n], `*/ a`: f64[n]) -> (`\(name)`: f64[n]) {
        `\(name)` = `int` * `*/ a`
      }
      """)
    let values = ["-i", "int=[1,2]", "-i", "*/ a=[3,4]"]
    let check = try jitGrad(["check", path])
    #expect(check.status == 0, "\(check.err)")
    let seed = ["-i", "ct.\(name.split(separator: "\\").joined(separator: "\\"))=[1,1]"]
    let run = try jitGrad(["run", path, "--grad", "--mode", "vjp"] + values + seed)
    #expect(run.status == 0, "\(run.err)")
    #expect(run.out.contains("= [3.0, 8.0]"))
    let emitted = try jitGrad(["emit", path, "-o", scratch.path])
    #expect(emitted.status == 0, "\(emitted.err)")
    for file in scratch.contents where file.hasSuffix(".c") || file.hasSuffix(".h") {
      #expect(!file.contains("("))
      #expect(try !scratch.text(file).contains("system("))
    }
  }

  @Test func errorsOfAFileComeAllAtOnce() throws {
    let path = try scratch.file(
      "bad.jg",
      """
      jitgrad 1
      func f(x: f64[n]) -> (y: f64) {
        a = snu(x)
        b = x @ 3
        y = sum(c)
      }
      """)
    let run = try run(path, "-i", "x=[1]")
    #expect(run.status == 65)
    for line in [3, 4, 5] { #expect(run.err.contains("bad.jg:\(line):"), "\(run.err)") }
    #expect(run.out.isEmpty)
    #expect(!run.err.contains("\u{1B}"))
  }

  /// Words on the command line, and the exit code they get.
  static let mistakes: [String: Int32] = [
    "": 66, "--function f": 64, "-i w": 64, "-i w=1 -i w=2": 64, "--bind n": 64, "--bind q=1": 64,
    "--max-memory much": 64, "--wrt w": 64, "--grad --wrt v": 64, "--grad --mode x": 64,
    "--grad --wrt w,,y": 64, "--nonsense": 64, "--rtol 1": 64, "--json -o -": 64,
    "-i /nowhere/x.npz": 66, "-i w=/nowhere/x.npy": 66, "--expect /nowhere/x.npz": 66,
    "-i w=random:normal:x": 65, "--rtol -1 --expect /nowhere/x.npz": 64, "--max-steps -1": 64,
  ]

  @Test(arguments: mistakes.keys.sorted())
  func options(_ words: String) throws {
    // Everything is there but w, so that only the words are wrong.
    var arguments = ["run", ridge, "-i", "X=[[1]]", "-i", "y=[1]", "-i", "lambda=1"]
    arguments += words.split(separator: " ").map(String.init)
    if words.hasPrefix("--") { arguments += ["-i", "w=[1]"] }
    let run = try jitGrad(arguments)
    #expect(run.status == Self.mistakes[words], "\(run.err)")
    #expect(!run.err.isEmpty && run.out.isEmpty)
  }

  @Test func filesThatAreNotThere() throws {
    #expect(try jitGrad(["run", "/nowhere/x.jg"]).status == 66)
    #expect(try jitGrad(["run", scratch.path]).status == 66)
    #expect(try jitGrad(["nonsense"]).status == 64)
  }

  // MARK: - Sizes

  /// What is counted and never stored: steps of a loop, elements that are added up at once, numbers.
  @Test(arguments: [
    ("y = x * sum(f64(iota([m*m*m + 3])))", "8*m*m*m + 24"), ("y = x / (m*m*m)", "m*m*m"),
    ("y = for i in 0..<m*m*m + 3 carry y = x { y + 1 }", "m*m*m + 3"),
    ("y = sum(broadcast(x, [m, m, m]))", "8*m*m*m"), ("y = mean(broadcast(x, [m*m*m]))", "8*m*m*m"),
  ]) func sizesThatWrapAround(_ body: String, _ size: String) throws {
    let scratch = try Scratch()
    let text = "jitgrad 1\nfunc f(x: f64, z: bool[0, m]) -> (y: f64) { \(body) }\n"
    // 2²² to the third power is 0 in 64 bits.
    let z = try scratch.file("z.npy", [])
    try FileIO.write(
      NPY.encode(Tensor(dtype: .bool, shape: [0, 1 << 22], bytes: [])), to: z)
    for more in [[], ["--reference"], ["--grad"]] as [[String]] {
      let run = try jitGrad(["run", "-", "-i", "x=1", "-i", "z=\(z)"] + more, stdin: text)
      #expect(run.status == 65 && run.out.isEmpty, "\(more)")
      #expect(run.err.hasPrefix("error: the size "), "\(run.err)")
      #expect(run.err.contains("does not fit in 64 bits"), "\(run.err)")
      if more.isEmpty { #expect(run.err == "error: the size \(size) does not fit in 64 bits\n") }
    }
  }

  @Test func literalsThatWrapAround() throws {
    for (interior, status) in [("9223372036854775807", 65), ("4611686018427387904", 65)] {
      let text =
        "jitgrad 1\nfunc f(x: f64[n]) -> (y) { y = sum(pad(x, 0.0, [1], [1], [\(interior)])) }\n"
      let run = try jitGrad(["run", "-", "-i", "x=[1, 2, 3]"], stdin: text)
      #expect(run.status == status && run.out.isEmpty, "\(run.err)")
      #expect(!run.err.contains("bug"), "\(run.err)")
    }
  }

  /// More than the system gives is an error, also where it is allowed.
  @Test func memoryThatIsNotThere() throws {
    let text = "jitgrad 1\nfunc f(x: f64[n]) -> (y: f64[n]) { y = x * 2 }\n"
    for more in [[], ["--reference"]] as [[String]] {
      let run = try jitGrad(
        ["run", "-", "-i", "x=random:normal:1", "--bind", "n=1000000000000000", "--max-memory"]
          + ["100000000G"] + more, stdin: text)
      #expect(run.status == 65 && run.out.isEmpty, "\(run.err)")
      #expect(run.err.contains("bytes of memory, which the system does not give"), "\(run.err)")
    }
  }

  /// Conditions of the function choose the sizes that it is looked at with.
  @Test(arguments: ["n == 2*m", "m == n + 1", "n % 2 == 0", "n == m*m", "n >= 3*m"])
  func sizesUnderConditions(_ condition: String) throws {
    let text =
      "jitgrad 1\nfunc f(x: f64[n], y: f64[m]) -> (z: f64) where \(condition) { z = sum(x) * sum(y) }\n"
    let verify = try jitGrad(["verify", "-"], stdin: text)
    #expect(verify.status == 0 && !verify.out.contains("open"), "\(verify.out)\(verify.err)")
    let bench = try jitGrad(["bench", "-", "--seconds", "0"], stdin: text)
    #expect(bench.status == 0, "\(bench.err)")
  }

  /// A condition that does not hold is shown where it is declared.
  @Test func conditionsHaveAPlace() throws {
    let text = """
      jitgrad 1
      func f(x: f64[n], y: f64[m]) -> (z: f64)
        where m > 0, n == 2*m
      {
        z = sum(x) * sum(y)
      }

      """
    let run = try jitGrad(["run", "-", "-i", "x=[1, 2, 3]", "-i", "y=[1]", "--grad"], stdin: text)
    #expect(run.status == 65)
    #expect(
      run.err == """
        <stdin>:3:16: error: the function needs n == 2*m, found n = 3 and 2*m = 2
          where m > 0, n == 2*m
                       ^

        """)
  }
}
