// Parameters that are plain numbers: what can stand there, and what is said where it cannot.
import Graph
import Testing

@testable import Frontend

@Suite struct NumberParameterTests {
  static let calls: [(String, [Double])] = [
    ("hardtanh(x, -2, 2.5)", [-2, 0.5, 2.5]), ("hardtanh(x, high=2)", [-1, 0.5, 2]),
    ("hardtanh(x)", [-1, 0.5, 1]), ("vector_norm(x, ord=inf)", [4]),
    ("vector_norm(x, ord=-inf)", [0.5]), ("hardshrink(x, 1 / 2)", [-3, 0, 4]),
    ("threshold(x, value=7)", [7, 0.5, 4]),
  ]

  @Test(arguments: calls) func numbers(_ call: String, _ wanted: [Double]) throws {
    let found = try outputs("func f(x: f64[n]) -> (y) { y = \(call) }", [Tensor([-3, 0.5, 4])])
    #expect(found[0].doubles == wanted)
  }

  @Test(arguments: ["n", "x", "[1]", "true"]) func others(_ argument: String) {
    let text = elaborationMessages("func f(x: f64[n]) -> (y) { y = hardtanh(x, high=\(argument)) }")
    #expect(text.contains("error: hardtanh needs a plain number for high"), "\(text)")
    #expect(text.contains("it is called hardtanh(x, low=-1.0, high=1.0)"), "\(text)")
  }
}
