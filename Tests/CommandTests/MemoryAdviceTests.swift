// What is said where a call needs more memory than allowed: the least over all that loops can keep, how it
// is asked for, and what it costs. The least is one: a call with so many bytes runs, with one less it does
// not.
import Testing

@testable import jit_grad

@Suite struct MemoryAdviceTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func recurrence(_ keep: String = "") throws -> String {
    try scratch.file(
      "recurrence.jg",
      """
      jitgrad 1
      func recurrence(xs: f64[n, 2], w: f64[2]) -> (y: f64) {
        h = for x in xs carry h = w \(keep) { tanh(w * h + x) }
        y = sum(h * h)
      }
      """)
  }

  private func call(_ file: String, _ memory: Int, _ options: [String] = []) throws -> Run {
    try jitGrad(
      ["run", file, "--grad", "--bind", "n=1000", "--max-memory", "\(memory)"]
        + ["-i", "xs=random:normal:1", "-i", "w=random:normal:2"] + options)
  }

  /// xs and its gradient, w and its gradient, the value: no call needs less.
  private static let arrays = 8 * (2 * 2000 + 2 * 2 + 1)

  /// The number behind a word of a message.
  private func number(_ text: String, behind word: String) throws -> Int {
    let tail = try #require(text.components(behind: word).first)
    return try #require(Int(tail.prefix { $0.isNumber }))
  }

  @Test func theLeastIsToldWithTheWayToIt() throws {
    let file = try recurrence()
    let run = try call(file, 100)
    #expect(run.status == 65 && run.out.isEmpty)
    let needed = try number(run.err, behind: "error: needs ")
    let least = try number(run.err, behind: "help: the least is ")
    // A state of two numbers for each step, in the one; in the other next to nothing.
    #expect(needed >= Self.arrays + 16_000)
    #expect(least > Self.arrays && least < Self.arrays + 1000)
    // 1000 · 999 / 2 + 1000 steps, of 1000.
    #expect(
      run.err
        == "error: needs \(needed) bytes of memory, more than the limit of 100\n"
        + "help: the least is \(least) bytes, with 'keep nothing' behind the headers of all loops, where "
        + "of 1000 steps each is done 500 times again; make the sizes smaller or --max-memory larger\n"
    )
    let free = try call(file, 1 << 30)
    let nothing = try recurrence("keep nothing")
    let fits = try call(nothing, least)
    #expect(fits.status == 0 && fits.out == free.out, "\(fits.err)")
    #expect(
      try call(nothing, least - 1).err
        == "error: needs \(least) bytes of memory, more than the limit of \(least - 1)\n"
        + "help: loops cannot keep less; make the sizes smaller or --max-memory larger\n")
  }

  @Test func whatFitsIsWhatToDo() throws {
    let file = try recurrence()
    let run = try call(file, 40_000)
    let states = try number(run.err, behind: "which needs at least ")
    #expect(
      run.err.hasSuffix(
        "help: keep less, with --checkpoint, which needs at least \(states) bytes, where of 1000 steps "
          + "each is done 500 times again\n"), "\(run.err)")
    let fits = try call(file, states, ["--checkpoint"])
    #expect(try fits.status == 0 && fits.out == call(file, 1 << 30).out, "\(fits.err)")
    let refused = try call(file, states - 1, ["--checkpoint"])
    #expect(refused.status == 65 && refused.err.hasPrefix("error: needs \(states) bytes of memory"))
  }

  @Test func theLeastIsNotThatOfThePolicyOfTheFile() throws {
    let file = try recurrence("keep every 50")
    let run = try call(file, 100, ["--checkpoint"])
    let least = try number(run.err, behind: "help: the least is ")
    #expect(
      run.err.contains(
        "bytes, with 'keep nothing' behind the headers of all loops, where of 1000 steps each is done "
          + "500 times again; make"), "\(run.err)")
    let nothing = try recurrence("keep nothing")
    #expect(try call(nothing, least).status == 0)
    #expect(try call(nothing, least - 1).status == 65)
  }

  @Test func statesThatAreAskedForCanBeFewer() throws {
    let run = try call(try recurrence(), 33_000, ["--checkpoint", "--bind", "checkpoints=900"])
    #expect(
      run.err.contains("help: keep less, with --bind checkpoints=1, which needs at least "),
      "\(run.err)")
  }

  /// One number for one program, whether its inputs fit or not.
  @Test func inputsAreNotRefusedByThemselves() throws {
    let file = try recurrence()
    let (few, more) = (try call(file, 100), try call(file, 20_000))
    #expect(
      try number(few.err, behind: "error: needs ") == number(more.err, behind: "error: needs "))
    let both = try ["1000", "30000"].map { memory in
      try jitGrad(["bench", file, "--bind", "n=1000", "--max-memory", memory, "--seconds", "0"])
    }
    #expect(both.allSatisfy { $0.status == 65 })
    #expect(
      try number(both[0].err, behind: "error: needs ")
        == number(both[1].err, behind: "error: needs "))
  }

  @Test func benchKeepsStatesToo() throws {
    let bench = ["bench", try recurrence(), "--bind", "n=1000", "--seconds", "0", "--json"]
    func sizes(_ options: [String]) throws -> JSON? {
      let run = try jitGrad(bench + ["--checkpoint"] + options)
      #expect(run.status == 0, "\(run.err)")
      return JSONReader.read(run.outBytes)?["sizes"]
    }
    #expect(try sizes(["--bind", "checkpoints=7"])?["checkpoints"] == .integer(7))
    let (few, all) = (try sizes(["--max-memory", "36000"]), try sizes([]))
    let states = try #require(few?["checkpoints"]?.double)
    #expect(states >= 1 && states < 100)
    #expect((all?["checkpoints"]?.double ?? 0) >= 1000)
  }

  @Test func withoutLoopsNothingIsSaidOfThem() throws {
    let file = try scratch.file(
      "f.jg", "jitgrad 1\nfunc f(x: f64[n]) -> (y: f64) { y = sum(x) }\n")
    for options in [[], ["--grad"], ["--grad", "--checkpoint"]] {
      let run = try jitGrad(
        ["run", file, "-i", "x=[1, 2, 3]", "--max-memory", "8"] + options)
      #expect(
        run.err.hasSuffix("help: make the sizes smaller or --max-memory larger\n"), "\(run.err)")
    }
  }

  @Test func manyStepsAgainAreToldBeforeTheyAreDone() throws {
    let file = try recurrence()
    let least = try number(try call(file, 40_000).err, behind: "which needs at least ")
    let run = try call(file, least, ["--checkpoint"])
    let states = try number(run.err, behind: "note: ")
    #expect(
      run.err.hasPrefix(
        "note: \(states) state\(states == 1 ? " fits" : "s fit") into the memory: of 1000 steps of the "
          + "loop that makes h, line 3, each is done "), "\(run.err)")
    #expect(run.err.hasSuffix(" times again\nhelp: make --max-memory larger\n"))
    #expect(try call(file, 1 << 30, ["--checkpoint"]).err.isEmpty)
  }

  /// Rows of unknown number: what helps is not what was given already.
  @Test func whatIsGivenIsNotAdvised() throws {
    let file = try scratch.file(
      "rows.jg",
      """
      jitgrad 1
      func f(x: f64) -> (total: f64) {
        _, all, steps = counted while y = x where y > 1.0 {
          yield y
          y - 0.5
        }
        total = for i in 0..<steps, y in all carry total = 0.0 { total + sin(y) }
      }
      """)
    func help(_ options: [String]) throws -> String {
      let run = try jitGrad(["run", file, "-i", "x=1000", "--max-memory", "4K"] + options)
      #expect(run.status == 65)
      return run.err.split(separator: "\n").last.map(String.init) ?? ""
    }
    #expect(try help([]) == "help: make --max-memory larger, or the steps fewer")
    #expect(
      try help(["--grad"])
        == "help: let the derivative keep less: --checkpoint, or keep at most 100 behind the header of "
        + "the loop; or make --max-memory larger")
    #expect(
      try help(["--grad", "--checkpoint"])
        == "help: --checkpoint keeps rows that the function yields; make --max-memory larger, or the "
        + "steps fewer")
  }

  // MARK: - info

  @Test func infoWarnsOfWhatIsRefused() throws {
    let file = try recurrence()
    let refused = try call(file, 100, ["--checkpoint"])
    let help = try #require(refused.err.split(separator: "\n").last)
    let info = ["info", file, "--grad", "--checkpoint", "--bind", "n=1000", "--max-memory"]
    let run = try jitGrad(info + ["100"])
    #expect(run.status == 0)
    let needed = try number(refused.err, behind: "error: needs ")
    #expect(
      run.err
        == "warning: a call needs \(needed) bytes of memory, more than the limit of 100\n\(help)\n")
    #expect(try jitGrad(info + ["\(needed)"]).err.isEmpty)
  }

  @Test func unknownCountsSayOfWhichLoop() throws {
    let file = try scratch.file(
      "loops.jg",
      """
      jitgrad 1
      func f(x: f64) -> (y: f64) {
        a = while s = x where s > 1.0 { s / 2 }
        b = while s = x where s > 2.0 { s * 3 / 4 }
        y = if x > 9.0 { while s = x where s > 1.0 { s - 1 } } else { a + b }
      }
      """)
    let run = try jitGrad(["info", file, "--json"])
    let info = try #require(JSONReader.read(run.outBytes), "\(run.err)")
    guard case .string(let flops)? = info["flops"]?["formula"] else {
      Issue.record("\(run.out)")
      return
    }
    // a / 2, s * 3 / 4, s − 1, a + b.
    #expect(
      Set(flops.components(behind: " + ", withFirst: true))
        == ["steps(line 5)", "2*steps(b, line 4)", "steps(a, line 3)", "1"], "\(flops)")
    guard case .array(let loops)? = info["loops"] else { return }
    #expect(loops.map { $0["makes"] } == [.string("a"), .string("b"), .null])
    let limit = try jitGrad(["run", file, "-i", "x=100", "--max-steps", "10"])
    #expect(limit.err.contains("f.jg") == false && limit.err.contains("loop"), "\(limit.err)")
    let inner = try jitGrad(["run", file, "-i", "x=100", "--max-steps", "50"])
    #expect(
      inner.err.contains(":5:20: error: the loop made 50 steps, the limit, and would go on\n"),
      "\(inner.err)")
  }
}

extension String {
  /// The parts behind each `separator`.
  fileprivate func components(behind separator: String, withFirst: Bool = false) -> [Substring] {
    let parts = split(separator: separator, omittingEmptySubsequences: false)
    return withFirst ? parts : Array(parts.dropFirst())
  }
}
