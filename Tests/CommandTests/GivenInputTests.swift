// How inputs are given: names with signs in them, arrays of other element types, random values; and where
// outputs go.
import Frontend
import Glibc
import Graph
import Testing

@Suite struct GivenInputTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func sum() throws -> String {
    try scratch.file(
      "sum.jg",
      "jitgrad 1\nfunc f(x: f64[n], k: i64) -> (y: f64) {\n  y = sum(x) + f64(k)\n}\n")
  }

  @Test func namesWithSignsStandInBackquotes() throws {
    let file = try scratch.file(
      "names.jg",
      """
      jitgrad 1
      func f(`a=b`: f64[`n=m`], `c,d`: f64, `e f`: f64) -> (`y,z`) {
        `y,z` = sum(`a=b`) * `c,d` + `e f`
      }
      """)
    let values = ["-i", "`a=b`=[1,2]", "-i", "`c,d`=3", "-i", "e f=4", "--bind", "`n=m`=2"]
    let run = try jitGrad(["run", file, "--grad", "--wrt", "e f, `c,d`", "--of", "`y,z`"] + values)
    #expect(
      run.lines == ["y,z: f64 = 13.0", "grad.e f: f64 = 1.0", "grad.c,d: f64 = 3.0"], "\(run.err)")
    let vjp = try jitGrad(
      ["run", file, "--grad", "--mode", "vjp", "--wrt", "`c,d`", "-i", "`ct.y,z`=2"] + values)
    #expect(vjp.lines.last == "grad.c,d: f64 = 6.0", "\(vjp.err)")
    let wrong = try jitGrad(["run", file, "-i", "a=b=1"])
    #expect(wrong.status == 66)
    #expect(
      wrong.err.contains("the inputs of f: `a=b`: f64[`n=m`], `c,d`: f64, `e f`: f64")
        || wrong.err.contains("the inputs of f: `a=b`: f64[n=m], `c,d`: f64, `e f`: f64"),
      "\(wrong.err)")
    for words in [["--wrt", "`c,d"], ["--wrt", "`c`d"], ["--wrt", ""], ["-i", "`a=b"]] {
      #expect(try jitGrad(["run", file, "--grad"] + words).status == 64, "\(words)")
    }
  }

  @Test(arguments: [("<f2", 2, "f16", "f32"), ("|u1", 1, "u8", "i32"), ("<u4", 4, "u32", "i64")])
  func theTypeOfTheFileIsNamed(
    _ descr: String, _ width: Int, _ stored: String, _ dtype: String
  ) throws {
    var bytes = NPY.encode(Tensor([1.0, 2.0], shape: [2]))
    bytes.removeLast(16 - 2 * width)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("<f8".utf8)) })
    bytes.replaceSubrange(place..<place + 3, with: Array(descr.utf8))
    let path = try scratch.file("x.npy", bytes)
    let run = try jitGrad(["run", try sum(), "-i", "x=\(path)", "-i", "k=1"])
    #expect(run.status == 65)
    #expect(
      run.err.hasPrefix(
        "error: x needs f64 (f64[n]), found \(stored), which is read as \(dtype)\n"),
      "\(run.err)")
    #expect(run.err.contains("help: store the array with the declared dtype"))
  }

  @Test func aRandomValueThatIsNoneNamesItsInput() throws {
    let run = try jitGrad(["run", try sum(), "-i", "x=random:foo:1", "-i", "k=1"])
    #expect(run.status == 65)
    #expect(
      run.err.hasPrefix("error: the value of x is wrong in column 8: no distribution"), "\(run.err)"
    )
  }

  /// What holds at the call is said of the function that was called, at its place.
  @Test func guardsStandAtTheirPlace() throws {
    let file = try scratch.file(
      "top.jg",
      "jitgrad 1\nfunc f(x: f64[n]) -> (y, z) {\n  y, _ = top_k(x, k=3)\n  z = x[4:]\n}\n")
    let run = try jitGrad(["run", file, "-i", "x=[1,2]"])
    #expect(run.status == 65)
    #expect(
      run.err
        == "\(file):3:3: error: top_k needs 3 <= n, found n = 2\n  y, _ = top_k(x, k=3)\n  ^\n")
    let slice = try jitGrad(["run", file, "-i", "x=[1,2,3]"])
    #expect(slice.err.contains(":4:3: error: slice needs 4 <= n, found n = 3"), "\(slice.err)")
  }

  @Test func theOutputToChooseIsNamed() throws {
    let file = try scratch.file(
      "two.jg", "jitgrad 1\nfunc f(x: f64[n]) -> (v, y: f64) {\n  v = 2 * x\n  y = sum(x)\n}\n")
    let run = try jitGrad(["grad", file])
    #expect(run.status == 64)
    #expect(
      run.err.contains("help: choose one output: --of y, or use the mode vjp or jacobian"),
      "\(run.err)")
  }

  /// More than the system lets a file hold: an error, and nothing of it stays.
  @Test func aFileThatBecomesTooLarge() throws {
    let file = try scratch.file(
      "large.jg", "jitgrad 1\nfunc f(x: f64[n]) -> (y) {\n  y = 2 * x\n}\n")
    let arguments = [
      "run", file, "-i", "x=random:normal:1", "--bind", "n=9000", "-o", "\(scratch.path)/out.npz",
    ]
    let run = try jitGrad(arguments, before: "ulimit -f 64")
    #expect(run.status == 73)
    #expect(run.err.contains("out.npz': File too large"), "\(run.err)")
    #expect(scratch.contents == ["large.jg"])
  }
}
