// Small whole powers are products: as exact as products can be, and right at the ends.
import Graph
import JIT
import Testing

@testable import Lowering

@Suite struct SmallPowerTests {
  @Test(arguments: [-2.0, -1, 0, 1, 2, 3, 4]) func areProducts(_ exponent: Double) throws {
    let graph = try LoopCostTests.graph("func f(x: f64[n]) -> (y) { y = x^\(exponent) }")
    let program = try lower(graph.simplified(), .jit)
    for statement in program.body {
      statement.forEach {
        $0.expression?.forEach {
          if case .apply(.pow, _, _) = $0 { Issue.record("x^\(exponent) calls pow") }
        }
      }
    }
    let x: [Double] = [
      0, -0.0, 1, -1, 3, -0.7, 1e-5, 1.1e77, -1.1e77, 1e103, 1e155, -1e200, 1e-78, 1e-103, -1e-155,
      1e-200, .infinity, -.infinity, .nan, .leastNonzeroMagnitude,
    ]
    let found = try Engine().compile(graph)([Tensor(x, shape: [x.count])])[0].doubles
    for (x, y) in zip(x, found) {
      let power = ScalarFunction.pow.value([Scalar(x, .f64), Scalar(exponent, .f64)]).real
      let isSame = y == power && y.sign == power.sign || y.isNaN && power.isNaN
      #expect(isSame || abs(y - power) <= 3 * power.ulp, "\(x)^\(exponent) = \(power), found \(y)")
    }
  }
}
