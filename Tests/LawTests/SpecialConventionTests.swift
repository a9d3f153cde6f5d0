// What special functions do at their poles, in their tails and at the points where a formula would be
// 0·∞. docs/conventions.md is the table.
import Graph
import Testing

private let inf = Double.infinity
private let nan = Double.nan

@Suite struct SpecialConventionTests {
  /// Values and, of the sum of the results, gradients; to 13 digits.
  private func expect(
    _ name: String, _ inputs: [Tensor], _ attributes: [String: AttributeValue] = [:],
    values: [Double], gradients: [[Double]]
  ) throws {
    let probe = try Probe(inputs) { try call(name, $0, attributes) }
    let wanted = [values] + gradients
    for (k, found) in ([try probe.values()[0]] + (try probe.gradients())).enumerated() {
      let text = difference(found, from: Tensor(wanted[k], shape: found.shape), tolerance: 1e-13)
      #expect(text == nil, "\(name), \(k == 0 ? "values" : "gradient \(k)"): \(text ?? "")")
    }
  }

  @Test func zeroTimesLogarithm() throws {
    let b = vector(0, 2, inf)
    let zeros = vector(0, 0, 0)
    let log2 = 0.6931471805599453
    try expect(
      "xlogy", [zeros, b], values: [0, 0, 0], gradients: [[-inf, log2, inf], [0, 0, 0]])
    try expect(
      "xlog1py", [zeros, vector(-1, 1, inf)], values: [0, 0, 0],
      gradients: [[-inf, log2, inf], [0, 0, 0]])
    try expect("xlogy", [vector(0), vector(nan)], values: [nan], gradients: [[nan], [0]])
    try expect(
      "entr", [vector(0, 1, -1, nan)], values: [0, 0, -inf, nan], gradients: [[inf, -1, nan, nan]])
  }

  @Test func polesOfInverses() throws {
    try expect(
      "logit", [vector(0, 1, 2)], values: [-inf, inf, nan], gradients: [[inf, inf, -0.5]])
    let eps: [String: AttributeValue] = ["eps": .scalar(Scalar(0.25, .f64))]
    let log3 = 1.0986122886681098
    try expect(
      "logit", [vector(0, 0.5, 2)], eps, values: [-log3, 0, log3], gradients: [[0, 4, 0]])
    try expect(
      "erfinv", [vector(-1, 1, 1.5)], values: [-inf, inf, nan], gradients: [[inf, inf, nan]])
    try expect(
      "ndtri", [vector(0, 1, -1)], values: [-inf, inf, nan], gradients: [[inf, inf, nan]])
  }

  @Test func tails() throws {
    // ndtr′/ndtr = −x − 1/x + …; log ndtr = −x²/2 − log(−x√(2π)) + ….
    try expect(
      "log_ndtr", [vector(-1e10, -inf, inf)], values: [-5e19, -inf, 0], gradients: [[1e10, inf, 0]])
    try expect(
      "ndtr", [vector(-inf, 0, inf)], values: [0, 0.5, 1], gradients: [[0, 0.3989422804014327, 0]])
    let rootPi = 1.7724538509055159
    try expect(
      "erfcx", [vector(1e10, inf)], values: [1e-10 / rootPi, 0], gradients: [[-1e-20 / rootPi, 0]])
    let root = 0.3989422804014327
    try expect(
      "i0e", [vector(1e10)], values: [root * 1e-5 * (1 + 0.125e-10)], gradients: [[0]])
    try expect("i0", [vector(0, inf)], values: [1, inf], gradients: [[0, inf]])
    try expect("i1", [vector(0)], values: [0], gradients: [[0.5]])
  }

  /// Far out derivatives keep all their digits, to the third order.
  @Test func derivativesInTails() throws {
    let x = -1e8
    let probe = try Probe([Tensor(x)]) { try call("log_ndtr", $0) }
    // h′ = −h(x + h) with h = −x − 1/x + 2/x³ …: −1 + 1/x² …, which the formula itself cannot tell.
    #expect(abs(try probe.hessian()[0] + 1) < 1e-13)
    // erfcx″ = 2/(√π x³) (1 + …)
    let scaled = try Probe([Tensor(1e8)]) { try call("erfcx", $0) }.hessian()[0]
    #expect(abs(scaled / (2e-24 / 1.7724538509055159) - 1) < 1e-13)
  }

  @Test func sincAtZero() throws {
    let third = 3.2898681336964528
    try expect(
      "sinc", [vector(0, 1, -2, inf)], values: [1, 0, 0, 0], gradients: [[0, -1, -0.5, 0]])
    let second = try Probe([Tensor(1e-200)]) { try call("sinc", $0) }.hessian()[0]
    #expect(abs(second + third) < 1e-14)
  }

  @Test func sumsOfExponentials() throws {
    try expect(
      "logaddexp", [vector(-inf, 1000, inf), vector(0, 1000, 0)],
      values: [0, 1000.6931471805599, inf], gradients: [[0, 0.5, 1], [1, 0.5, 0]])
    try expect(
      "logaddexp", [vector(-inf), vector(-inf)], values: [-inf], gradients: [[nan], [nan]])
  }

  @Test func missingValues() throws {
    let (a, b) = (vector(nan, 1, nan, 2), vector(3, nan, nan, 2))
    try expect(
      "fmax", [a, b], values: [3, 1, nan, 2], gradients: [[0, 1, 1, 0.5], [1, 0, 1, 0.5]])
    try expect("nansum", [vector(1, nan, 2)], values: [3], gradients: [[1, 0, 1]])
    try expect("nanmean", [vector(1, nan, 2)], values: [1.5], gradients: [[0.5, 0, 0.5]])
    try expect(
      "nan_to_num", [vector(nan, 2)], ["nan": .scalar(Scalar(7.0, .f64))], values: [7, 2],
      gradients: [[0, 1]])
    let largest = Double.greatestFiniteMagnitude
    let found = try Probe([vector(inf, -inf)]) { try call("nan_to_num", $0) }.values()[0]
    #expect(found.doubles == [largest, -largest])
  }

  @Test func norms() throws {
    for order in [0.5, 1, 2, 3, inf] {
      let ord: [String: AttributeValue] = ["ord": .scalar(Scalar(order, .f64))]
      try expect("vector_norm", [vector(0, 0)], ord, values: [0], gradients: [[0, 0]])
    }
    try expect("vector_norm", [vector(3, 4)], values: [5], gradients: [[0.6, 0.8]])
  }

  @Test func incompleteFunctions() throws {
    let a = vector(0.5, 1, 2)
    let zero = vector(0, 0, 0)
    let constant = { (terms: [Term]) in [apply(.stopGradient, terms[0]), terms[1]] }
    let probe = try Probe([a, zero]) { try call("gammainc", constant($0)) }
    #expect(isSame(try probe.values()[0], [0, 0, 0]))
    #expect(isSame(try probe.gradients()[1], [inf, 1, 0]))
    let upper = try Probe([a, vector(inf, inf, inf)]) { try call("gammaincc", constant($0)) }
    #expect(isSame(try upper.values()[0], [0, 0, 0]))
    for name in ["gammainc", "gammaincc"] {
      #expect(throws: DerivativeError.self) {
        try Probe([a, a]) { try call(name, $0) }.gradients()
      }
    }
  }

  @Test func corners() throws {
    let x = vector(-2, 0, 2)
    let alpha: [String: AttributeValue] = ["alpha": .scalar(Scalar(3.0, .f64))]
    let e2 = 0.1353352832366127
    try expect(
      "elu", [x], alpha, values: [3 * (e2 - 1), 0, 2], gradients: [[3 * e2, 3, 1]])
    try expect("hardtanh", [vector(-1, 0, 1)], values: [-1, 0, 1], gradients: [[0.5, 1, 0.5]])
    try expect("hardshrink", [vector(0.5, nan, 2)], values: [0, nan, 2], gradients: [[0, 1, 1]])
    try expect("softshrink", [vector(0.5, 2)], values: [0, 1.5], gradients: [[0, 1]])
    try expect("relu6", [vector(-1, 3, 7)], values: [0, 3, 6], gradients: [[0, 1, 0]])
    try expect(
      "frexp", [vector(8, -0.75, 0, .leastNonzeroMagnitude)], values: [0.5, -0.75, 0, 0.5],
      gradients: [
        [0.0625, 1, 1, 0x1p1000 * 0x1p73]
      ])
  }
}
