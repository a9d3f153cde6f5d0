// The command on StableHLO files: every subcommand takes them, names of the program are accepted, and what
// is not supported has an exit code of its own.

import Testing

private let program = """
  module @m {
    func.func public @main(%arg0: tensor<2xf64> {jax.arg_info = "params['w']"}, %x: tensor<?x2xf64>) -> (tensor<f64> {jax.result_info = "['loss']"}) {
      %0 = stablehlo.dot_general %x, %arg0, contracting_dims = [1] x [0] : (tensor<?x2xf64>, tensor<2xf64>) -> tensor<?xf64>
      %1 = stablehlo.multiply %0, %0 : tensor<?xf64>
      %c = stablehlo.constant dense<0.0> : tensor<f64>
      %2 = stablehlo.reduce(%1 init: %c) applies stablehlo.add across dimensions = [0] : (tensor<?xf64>, tensor<f64>) -> tensor<f64>
      return %2 : tensor<f64>
    }
  }
  """

@Suite struct StableHLOCommandTests {
  let scratch: Scratch
  let file: String

  init() throws {
    scratch = try Scratch()
    file = try scratch.file("loss.mlir", program)
  }

  @Test func inputsByPlaceAndByName() throws {
    let expected = ["out0: f64 = 25.0", "grad.in0: f64[2] = [10.0, 20.0]"]
    for inputs in [["in0=[1,2]", "in1=[[1,2]]"], ["params['w']=[1,2]", "x=[[1,2]]"]] {
      for wrt in ["in0", "params['w']"] {
        let run = try jitGrad(
          ["run", file, "-i", inputs[0], "-i", inputs[1], "--grad", "--wrt", wrt])
        #expect(run.status == 0 && run.lines == expected, "\(run.err)\(run.out)")
      }
    }
    let run = try jitGrad([
      "run", file, "-i", "x=[[1,2]]", "-i", "in0=[1,2]", "-i", "ct.['loss']=2", "--grad", "--mode",
      "vjp", "--of", "['loss']", "--wrt", "in0",
    ])
    #expect(run.lines.last == "grad.in0: f64[2] = [20.0, 40.0]", "\(run.err)")
  }

  @Test func everySubcommandReadsIt() throws {
    for arguments in [
      ["check"], ["show", "--stage", "parsed"], ["show", "--stage", "c"], ["grad", "--wrt", "x"],
      ["info"], ["verify"], ["emit", "-o", scratch.path],
    ] {
      let run = try jitGrad([arguments[0], file] + arguments.dropFirst())
      #expect(run.status == 0, "\(arguments): \(run.err)")
    }
    let piped = try jitGrad(["check", "-"], stdin: program)
    #expect(piped.lines == ["main(in0: f64[2], in1: f64[n1_0, 2]) -> (out0: f64)"], "\(piped.err)")
  }

  @Test func whatIsWrittenReadsBack() throws {
    let run = try jitGrad(["grad", file, "--wrt", "in0", "-o", "\(scratch.path)/g.jg"])
    #expect(run.status == 0, "\(run.err)")
    let again = try jitGrad(["run", "\(scratch.path)/g.jg", "-i", "in0=[1,2]", "-i", "in1=[[1,2]]"])
    #expect(again.lines == ["out0: f64 = 25.0", "grad.in0: f64[2] = [10.0, 20.0]"], "\(again.err)")
  }

  @Test func exitCodes() throws {
    let wrong = try scratch.file(
      "wrong.mlir", program.replacing("multiply %0, %0", with: "multiply %0, %9"))
    #expect(try jitGrad(["check", wrong]).status == 65)
    let unsupported = try scratch.file(
      "unsupported.mlir", program.replacing("stablehlo.multiply", with: "stablehlo.real"))
    let run = try jitGrad(["check", unsupported])
    #expect(run.status == 69)
    #expect(run.err.contains("unsupported.mlir:4:10: error: the operation stablehlo.real is not"))
    #expect(run.err.contains("help: compute with real and imaginary parts"))
  }
}
