// Every other subcommand once, on an example.
import Frontend
import Glibc
import Graph
import Testing

@testable import jit_grad

@Suite struct SubcommandTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func gradWritesAGraphFile() throws {
    let path = "\(scratch.path)/g.jg"
    let run = try jitGrad(["grad", example("rosenbrock.jg"), "-o", path])
    #expect(run.status == 0 && run.out.isEmpty, "\(run.err)")
    let direct = try jitGrad(["run", example("rosenbrock.jg"), "-i", "x=[1,3,2]", "--grad"])
    #expect(try jitGrad(["run", path, "-i", "x=[1,3,2]"]).out == direct.out)
    #expect(try jitGrad(["grad", example("rosenbrock.jg")]).out == scratch.text("g.jg"))
    #expect(try jitGrad(["fmt", "--check", path]).status == 0)
  }

  /// By h alone, though h is 2·x, which stands there once more.
  @Test func gradKeepsAValueApart() throws {
    let file = try scratch.file(
      "f.jg",
      "jitgrad 1\nfunc f(x: f64) -> (y: f64) {\n  h = 2 * x\n  y = h * x * h + 2 * x\n}\n")
    let path = "\(scratch.path)/g.jg"
    #expect(try jitGrad(["grad", file, "--wrt", "h", "-o", path]).status == 0)
    let again = try jitGrad(
      ["run", path, "-i", "x=3", "--grad", "--wrt", "h", "--of", "grad.h", "--json"])
    let values = try #require(JSONReader.read(again.outBytes), "\(again.err)")
    // ∂y/∂h = 2·x·h, ∂²y/∂h² = 2·x.
    #expect(values["grad.h"]?.double == 36)
    #expect(values["grad.h.2"]?.double == 6)
  }

  @Test(arguments: ["parsed", "simplified", "linearized", "transposed", "loops", "c"])
  func showStages(_ stage: String) throws {
    let run = try jitGrad(["show", example("ridge.jg"), "--stage", stage])
    #expect(run.status == 0, "\(run.err)")
    let expected = [
      "parsed": "residual: f64[n] = X @ w - y", "simplified": "residual * residual",
      "linearized": "jvp.loss", "transposed": "grad.lambda", "loops": "for i0 in 0 ..< n",
      "c": "int ridge(",
    ]
    #expect(run.out.contains(expected[stage] ?? "?"), "\(run.out)")
    if stage != "loops" && stage != "c" {
      #expect(try jitGrad(["check", "-"], stdin: run.out).status == 0)
    }
    #expect(try jitGrad(["show", example("ridge.jg"), "--stage", stage]).out == run.out)
  }

  /// A sum of many products is products of matrices, two for a site here and three on the way back.
  @Test func einsumIsMatrixProducts() throws {
    let loops = ["--stage", "loops", "--jit", "--grad", "--wrt", "A"]
    let run = try jitGrad(["show", example("mps.jg")] + loops)
    #expect(run.out.split(separator: "\n").count { $0.contains("call jg_matmul_f64(") } == 5)
  }

  @Test func emitWritesCThatCompiles() throws {
    let run = try jitGrad(["emit", example("ridge.jg"), "--grad", "-o", scratch.path])
    #expect(run.status == 0, "\(run.err)")
    #expect(scratch.contents == ["ridge_gradient.c", "ridge_gradient.h"])
    #expect(try scratch.text("ridge_gradient.h").contains("size_t ridge_gradient_workspace("))
    guard access("/usr/bin/cc", X_OK) == 0 else { return }
    let words = "cc -std=c99 -Wall -Wextra -Wconversion -Werror -c"
    // As root, an assembler may put a file in the place of a device: the object gets a name.
    let files = "\(scratch.path)/ridge_gradient.c -o \(scratch.path)/ridge_gradient.o"
    #expect(system("\(words) \(files)") == 0)
  }

  @Test func checkPrintsSignatures() throws {
    let run = try jitGrad(["check", example("ridge.jg")])
    #expect(run.status == 0)
    #expect(run.out == "ridge(w: f64[d], X: f64[n, d], y: f64[n], lambda: f64) -> (loss: f64)\n")
    let odd = try jitGrad(
      ["check", "-"],
      stdin: "jitgrad 1\nfunc `a b`(`x,y`: f64) -> (`../y`: f64) { `../y` = `x,y` }\n")
    #expect(odd.out == "`a b`(`x,y`: f64) -> (`../y`: f64)\n")
    let rosenbrock = try jitGrad(["check", "--guards", example("rosenbrock.jg")])
    #expect(rosenbrock.out.contains("where 2 <= n"))
  }

  @Test func infoCounts() throws {
    let arguments = ["info", example("ridge.jg"), "--bind", "n=100", "--bind", "d=3"]
    let run = try jitGrad(arguments + ["--json"])
    let info = try #require(JSONReader.read(run.outBytes), "\(run.err)")
    #expect(info["sizes"]?["n"] == .integer(100))
    // X @ w − y and the squares: 2dn + 3n; w²: 2d; the rest: 3.
    #expect(info["flops"]?["formula"] == .string("2*d*n + 3*n + 2*d + 3"))
    #expect(info["flops"]?["value"] == .integer(909))
    #expect(info["output_bytes"]?["value"] == .integer(8))
    guard case .array(let residuals)? = info["residuals"] else {
      Issue.record("no residuals")
      return
    }
    #expect(residuals.first?["name"] == .string("residual"))
    let human = try jitGrad(arguments)
    #expect(human.out.contains("2*d*n + 3*n + 2*d + 3 = 909"), "\(human.out)")
    #expect(try jitGrad(["info", example("ridge.jg"), "--grad"]).status == 0)
  }

  @Test(arguments: ["logistic.jg", "digits.jg", "rosenbrock.jg", "ridge.jg"])
  func verifyExamples(_ name: String) throws {
    let run = try jitGrad(["verify", "--all", example(name)])
    #expect(run.status == 0, "\(run.out)\(run.err)")
    #expect(run.lines.count { $0.hasPrefix("  ok ") } == 4, "\(run.out)")
  }

  @Test func benchTimesAndCompares() throws {
    let arguments = ["bench", example("rosenbrock.jg"), "--bind", "n=10", "--seconds", "0.002"]
    let run = try jitGrad(arguments + ["--json"])
    let report = try #require(JSONReader.read(run.outBytes), "\(run.err)")
    let phases = [
      "parse", "differentiate", "primal.lower", "primal.compile", "primal.call",
      "gradient.lower", "gradient.compile", "gradient.call",
    ]
    for phase in phases {
      #expect((report["nanoseconds"]?[phase]?.double ?? 0) > 0, "\(phase)")
    }
    #expect((report["ratio"]?.double ?? 0) > 0)
    let before = try scratch.file("before.json", run.outBytes)
    let second = try jitGrad(arguments + ["--compare", before])
    #expect(second.status == 0 && second.out.contains("now / before"), "\(second.err)")
    #expect(second.err.isEmpty, "\(second.err)")
    let other = try jitGrad([
      "bench", example("ridge.jg"), "--bind", "n=4", "--bind", "d=2", "--seconds", "0.002",
      "--mode", "vjp", "--compare", before,
    ])
    #expect(other.status == 0)
    #expect(
      other.err
        == "warning: \(before) is of another file: rosenbrock.jg, now ridge.jg\n"
        + "warning: \(before) is of another function: rosenbrock, now ridge\n"
        + "warning: \(before) is of another mode: gradient, now vjp\n"
        + "warning: \(before) has other sizes: n=10, now d=2, n=4\n",
      "\(other.err)")
    let wrong = try scratch.file("wrong.json", "{")
    #expect(try jitGrad(arguments + ["--compare", wrong]).status == 65)
  }

  @Test func fmtFormats() throws {
    let ugly = "jitgrad 1\nfunc f(x:f64)->(y:f64){\ny=x+1  # one\n}\n"
    let pretty = "jitgrad 1\n\nfunc f(x: f64) -> (y: f64) {\n  y = x + 1  # one\n}\n"
    #expect(try jitGrad(["fmt", "-"], stdin: ugly).out == pretty)
    #expect(try jitGrad(["fmt"], stdin: pretty).out == pretty)
    let path = try scratch.file("f.jg", ugly)
    let check = try jitGrad(["fmt", "--check", path])
    #expect(check.status == 1 && check.out == path + "\n")
    #expect(try scratch.text("f.jg") == ugly)
    #expect(try jitGrad(["fmt", path]).status == 0)
    #expect(try scratch.text("f.jg") == pretty)
    let broken = try scratch.file("b.jg", "jitgrad 1\nfunc f(")
    #expect(try jitGrad(["fmt", broken]).status == 65)
    #expect(try scratch.text("b.jg") == "jitgrad 1\nfunc f(")
    for name in ["logistic.jg", "digits.jg", "rosenbrock.jg", "ridge.jg"] {
      #expect(try jitGrad(["fmt", "--check", example(name)]).status == 0, "\(name)")
    }
  }

  @Test func opsListAndExplain() throws {
    let list = try jitGrad(["ops"])
    #expect(list.lines.count == Catalog.all.count)
    let one = try jitGrad(["ops", "sum"])
    #expect(one.status == 0 && one.out.contains("axes"))
    for (word, section) in [
      ("if", "Conditionals"), ("for", "Loops"), ("while", "Loops"), ("scan", "Loops"),
      ("root", "Values defined by an equation"), ("custom", "Functions with rules"),
    ] {
      let form = try jitGrad(["ops", word])
      #expect(form.status == 0 && form.out.hasPrefix("\(word) "), "\(form.out)")
      #expect(
        form.out.hasSuffix(
          "\n\nA form of the language, no operation: see \(section) in docs/language.md.\n"))
      let page = try FileIO.read("\(root)/docs/language.md")
      #expect(String(decoding: page, as: UTF8.self).contains("\n## \(section)\n"))
    }
    let einsum = try jitGrad(["ops", "einsum"]).out
    #expect(einsum.hasPrefix("einsum(subscripts, operands…)\n\nA sum of products, with a label"))
    #expect(einsum.contains("  subscripts  a text in quotes\n"))
    let wrong = try jitGrad(["ops", "sofmax"])
    #expect(wrong.status == 64 && wrong.err.contains("did you mean 'softmax'?"))
  }

  @Test func doctorExamines() throws {
    let run = try jitGrad(["doctor"])
    #expect(run.status == 0 || run.status == 1)
    #expect(run.out.contains("libtcc: a kernel was compiled"))
    #expect((run.status == 1) == run.out.contains("not ok"))
  }

  @Test func helpVersionAndCompletion() throws {
    #expect(try jitGrad(["--version"]).out == JitGradCommand.version + "\n")
    let nothing = try jitGrad([])
    #expect(nothing.status == 64 && nothing.out.isEmpty)
    #expect(nothing.err.contains("SUBCOMMANDS:"))
    #expect(nothing.err.hasSuffix("error: which command?\nhelp: jit-grad help lists them\n"))
    let help = try jitGrad(["--help"])
    #expect(help.status == 0)
    for name in [
      "run", "grad", "show", "emit", "check", "info", "verify", "bench", "fmt", "ops", "doctor",
    ] {
      #expect(help.out.contains("  \(name) "))
      #expect(try jitGrad([name, "--help"]).status == 0)
    }
    for shell in ["bash", "zsh", "fish"] {
      let run = try jitGrad(["--generate-completion-script", shell])
      #expect(run.status == 0 && run.out.contains("jit-grad"))
    }
  }
}
