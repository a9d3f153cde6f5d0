// Bodies in C, whatever they are called and whatever they call: alike for one number and for many, and in
// both tiers.
import Glibc
import JitGrad
import Testing

@Suite struct BodyTests {
  /// Called like a function of ours, or like one of C's library.
  private struct Named: PrimitiveOperation {
    let name: String
    var operandCount = 1
    var body = "return 2 * x0;"
    var kernel: PrimitiveKernel { .elementwise(body: body) }
    func resultTypes(of operands: [TensorType]) -> [TensorType] { [operands[0]] }
  }

  private let engine = Engine()

  @Test(arguments: ["copy", "multiply_add", "fold_max", "bool_from", "entry"])
  func aNameDecidesNothing(_ name: String) throws {
    for count in [1, 7, 8, 300] {
      let x = TracedTensor((0..<count).map { Double($0) })
      let y = Named(name: name)(x)[0]
      #expect(try y.eval(engine).doubles == (0..<count).map { 2 * Double($0) })
    }
  }

  @Test func bodiesHaveTheSameBitsInBothTiers() throws {
    let bodies = [
      "double exp(double), tanh(double); return exp(x0) * tanh(x0) + x0;",
      "double sin(double); double s = 0; for (int k = 1; k < 5; k++) s += sin(k * x0); return s;",
      "double sqrt(double), fabs(double); return sqrt(fabs(x0)) * x0 + 0.1;",
    ]
    for body in bodies {
      let x = TracedTensor.input("x", .f64, ["n"])
      let graph = try Graph("f", of: Named(name: "own", body: body)(x)[0] * x)
      let numbers = Tensor((0..<301).map { 0.017 * Double($0) - 2 }, shape: [301])
      let first = try Engine(nativeTier: .off).compile(graph)([numbers])
      let kernel: Kernel
      do {
        kernel = try Engine(nativeTier: .required).compile(graph)
      } catch let error as NativeError where error.stage == .start {
        return print("note: \(error), a check is skipped")
      }
      #expect(kernel.isNative)
      #expect(try kernel([numbers]) == first)
    }
  }
}
