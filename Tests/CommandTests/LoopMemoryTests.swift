// The memory of loops as the command tells and limits it: what `info` foretells is what a call takes, and
// rows that loops keep count toward --max-memory.
import Autodiff
import Frontend
import Graph
import JIT
import Testing

@testable import jit_grad

@Suite struct LoopMemoryTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  // MARK: - What info foretells

  private static func recurrence(_ keep: String) -> String {
    """
    jitgrad 1
    func recurrence(xs: f64[n, d], w: f64[d], h: f64[d]) -> (y: f64) {
      last = for x in xs carry h = h \(keep) { tanh(w * h + x) }
      y = sum(last * last)
    }
    """
  }

  private static let policies: [(keep: String, options: [String])] = [
    ("", []), ("keep nothing", []), ("keep every 7", []), ("keep every 1", []),
    ("keep at most 1", []), ("keep at most 5", []), ("keep at most n + 1", []),
    ("", ["--checkpoint", "--bind", "checkpoints=1"]),
    ("", ["--checkpoint", "--bind", "checkpoints=9"]),
  ]

  /// The workspace that is allocated at the call, and the outputs, are the peak that info tells.
  @Test(arguments: policies.indices) func theWorkspaceIsWhatInfoSays(_ number: Int) throws {
    let (keep, options) = Self.policies[number]
    let text = Self.recurrence(keep)
    let file = try scratch.file("recurrence.jg", text)
    let primal = GraphFile(SourceFile(name: "recurrence.jg", text: text)).graphs[0]
    let graph = try primal.derivative(.gradient, isCheckpointed: options.contains("--checkpoint"))
    for (n, d) in [(0, 3), (1, 1), (7, 40), (60, 33), (1000, 5)] {
      let run = try jitGrad(
        ["info", file, "--grad", "--json", "--bind", "n=\(n)", "--bind", "d=\(d)"] + options)
      let info = try #require(JSONReader.read(run.outBytes), "\(run.err)")
      let engine = Engine()
      let arguments = [[n, d], [d], [d]].map { shape in
        RandomFill(.normal, seed: UInt64(n)).tensor(dtype: .f64, shape: shape)
      }
      var sizes: [String: Int] = [:]
      if let states = options.last?.split(separator: "=").last {
        sizes["checkpoints"] = Int(states)
      }
      let results = try engine.compile(graph)(arguments.compactMap { $0 }, sizes: sizes)
      let workspace = engine.counters.workspaceByteCount
      let outputs = results.reduce(0) { $0 + $1.bytes.count }
      #expect(info["workspace_bytes"]?["value"] == .integer(workspace), "\(keep), \(n), \(d)")
      #expect(info["peak_bytes"]?["value"] == .integer(workspace + outputs), "\(keep), \(n), \(d)")
    }
  }

  /// A number and a pair of each step, and an array of each step of the other loop.
  @Test func infoTellsOfRowsThatGrow() throws {
    let file = try scratch.file(
      "rows.jg",
      """
      jitgrad 1
      func f(x: f64, w: f64[d]) -> (total: f64) {
        _, p, q, steps = counted while y = x where y > 1.0 {
          yield y, [y, y]
          y / 2
        }
        _, r, others = counted while y = x where y > 1.0 {
          yield w * y
          y / 3
        }
        a = for i in 0..<steps, u in p, v in q carry a = 0.0 { a + u * sum(v) }
        total = for i in 0..<others, u in r carry total = a { total + sum(u) }
      }
      """)
    let run = try jitGrad(["info", file, "--json", "--bind", "d=5"])
    let info = try #require(JSONReader.read(run.outBytes), "\(run.err)")
    guard case .array(let rows)? = info["growing_rows"] else {
      Issue.record("\(run.out)")
      return
    }
    #expect(rows.map { $0["line"] } == [.integer(3), .integer(7)])
    #expect(rows.map { $0["bytes_each_step"]?["value"] } == [.integer(24), .integer(40)])
    #expect(try jitGrad(["info", file]).out.contains("growing rows"))
    let none = try jitGrad(["info", example("ridge.jg"), "--grad"])
    #expect(!none.out.contains("growing rows"))
  }

  // MARK: - What --max-memory limits

  /// 10 000 steps and a few, of which only the run tells.
  private static let descent = """
    jitgrad 1
    func descent(x: f64) -> (y: f64) { y = while y = x where y > 1.0 { y - 0.5 / y } }
    """

  @Test func rowsCount() throws {
    let file = try scratch.file("descent.jg", Self.descent)
    let call = ["run", file, "-i", "x=100", "--grad"]
    let free = try jitGrad(call)
    #expect(free.status == 0, "\(free.err)")
    let run = try jitGrad(call + ["--max-memory", "64K"])
    #expect(run.status == 65 && run.out.isEmpty)
    // A row more than fits beside an input and two outputs: 65536 − 24 is a number of rows.
    #expect(
      run.err.contains(
        ":2:36: error: the loop that makes y keeps rows: with them the call asks for 65544 bytes "
          + "of memory so far, more than the limit of 65536\n"), "\(run.err)")
    #expect(run.err.contains("help: let the derivative keep less: --checkpoint"), "\(run.err)")
    // What the help says helps.
    let states = try jitGrad(call + ["--max-memory", "64K", "--checkpoint"])
    #expect(states.status == 0 && states.out == free.out, "\(states.err)")
    let kept = try scratch.file(
      "kept.jg",
      Self.descent.split(separator: "where y > 1.0").joined(
        separator: "where y > 1.0 keep at most 100"))
    let policy = try jitGrad(["run", kept, "-i", "x=100", "--grad", "--max-memory", "64K"])
    #expect(policy.status == 0 && policy.out == free.out, "\(policy.err)")
    // Without the derivative nothing is kept.
    #expect(try jitGrad(["run", file, "-i", "x=100", "--max-memory", "64"]).status == 0)
  }

  /// Functions with rows of unknown number are evaluated by reference and verified, too.
  @Test func referencesHaveRows() throws {
    let file = try scratch.file(
      "rows.jg",
      """
      jitgrad 1
      func f(x: f64) -> (total: f64) {
        _, all, steps = counted while y = x where y > 1.0 {
          yield y
          y / 2
        }
        total = for i in 0..<steps, y in all carry total = 0.0 { total + y }
      }
      """)
    let run = try jitGrad(["run", file, "-i", "x=6", "--reference"])
    #expect(run.lines == ["total: f64 = 10.5"], "\(run.err)")
    let verified = try jitGrad(["verify", file])
    #expect(verified.status == 0, "\(verified.err)")
    // They count: eight of them, beside ten other numbers at most.
    let many = ["run", file, "-i", "x=200", "--reference", "--max-memory"]
    #expect(try jitGrad(many + ["160"]).status == 0)
    let few = try jitGrad(many + ["100"])
    #expect(few.status == 65)
    #expect(
      few.err.contains("rows.jg:3:3: error: the loop that makes all keeps rows"), "\(few.err)")
    #expect(few.err.contains("_, all, steps = counted while y = x where y > 1.0 {\n"))
  }

  // MARK: - Steps that are done again

  /// A loop as `info` tells of it.
  private func loop(_ options: [String]) throws -> JSON {
    let file = try scratch.file(
      "steps.jg",
      """
      jitgrad 1
      func counted(x: f64, n: i64) -> (y: f64) { y = for _ in 0..<2 * n carry y = x { sin(y) } }
      func ending(x: f64) -> (y: f64) { y = while y = x where y > 0.5 { sin(y) } }
      """)
    let run = try jitGrad(["info", file, "--grad", "--checkpoint", "--json"] + options)
    let info = try #require(JSONReader.read(run.outBytes), "\(run.err)")
    guard case .array(let loops)? = info["loops"] else { return .null }
    return loops[0]
  }

  @Test func givenNumbersTellTheSteps() throws {
    let keep = Keep.states(10)
    let options = ["--function", "counted", "--bind", "checkpoints=10"]
    let found = try loop(options + ["-i", "n=150"])
    #expect(found["given_steps"] == .integer(300))
    #expect(found["states"] == .integer(10))
    let again = Double(keep.repeatedSteps(of: 300, slots: 10, isOnline: false)) / 300
    #expect(found["steps_again"]?.double == again)
    #expect(try loop(options + ["-i", "n=0"])["steps_again"]?.double == 0)
    // Where nothing tells them, of some.
    let open = try loop(options)
    #expect(open["given_steps"] == nil)
    #expect(
      open["steps_again"]?["at_1000"]?.double
        == Double(keep.repeatedSteps(of: 1000, slots: 10, isOnline: false)) / 1000)
    let online = try loop(["--function", "ending", "--bind", "checkpoints=10"])
    #expect(
      online["steps_again"]?["at_1000000"]?.double
        == Double(keep.repeatedSteps(of: 1_000_000, slots: 10, isOnline: true)) / 1_000_000)
  }

  /// The states that info tells are those that a call keeps.
  @Test(arguments: ["1K", "2K", "1G"]) func theMemoryTellsTheStates(_ memory: String) throws {
    let found = try loop(["--function", "counted", "--max-memory", memory])
    let graph = try #require(
      GraphFile(SourceFile(name: "s.jg", text: "jitgrad 1\n" + Self.sines)).graphs.first)
    let kernel = try Engine().compile(graph.derivative(.gradient, isCheckpointed: true))
    let limit = try #require(ByteCount(argument: memory)).value
    let states = kernel.checkpoints(sizes: [:], memoryLimit: limit - 16)
    #expect(found["states"] == .integer(min(states, 64)), "\(memory)")
  }

  private static let sines =
    "func f(x: f64, n: i64) -> (y: f64) { y = for _ in 0..<2 * n carry y = x { sin(y) } }"
}
