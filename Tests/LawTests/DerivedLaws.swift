// Functions made of operations: their values against formulas written here, and the laws of derivatives
// on each of them.
import Foundation
import Testing

@testable import Graph

@Suite struct DerivedLaws {
  /// A call of an entry with its operands.
  struct Sample: Sendable, CustomStringConvertible {
    let name: String
    var attributes: [String: AttributeValue] = [:]
    let operands: [Example.Operand]
    var tolerance = 1e-10

    var description: String { "\(name)\(attributes.isEmpty ? "" : " \(attributes.keys.sorted())")" }

    init(
      _ name: String, _ attributes: [String: AttributeValue] = [:],
      of shapes: [[DimExpr]] = [["n"]], in range: ClosedRange<Double> = -3...3
    ) {
      self.name = name
      self.attributes = attributes
      operands = shapes.map { Example.Operand(.f64, $0, in: range, distinct: true) }
    }

    func subject() throws -> Subject {
      let builder = GraphBuilder(name: "f")
      let inputs = operands.enumerated().map {
        builder.addInput("x\($0)", TensorType($1.dtype, $1.shape))
      }
      let entry = try #require(Catalog.entry(named: name))
      let made = try entry.build(Call(name, builder, inputs, attributes))
      for (k, term) in made.enumerated() { builder.addOutput("y\(k)", term) }
      return Subject(
        description, try builder.finished(), operands, tolerance: tolerance)
    }
  }

  static func number(_ value: Double) -> AttributeValue { .scalar(Scalar(value, .f64)) }

  static func subscripts(_ text: String) -> [String: AttributeValue] {
    ["subscripts": .word(text)]
  }

  static let samples: [Sample] = {
    let plain = [
      "relu6", "leaky_relu", "elu", "celu", "selu", "silu", "gelu", "mish", "softsign",
      "tanhshrink",
      "softshrink", "hardshrink", "hardtanh", "hardsigmoid", "threshold", "i0", "i1", "i0e", "i1e",
      "sinc", "deg2rad", "rad2deg", "frac", "nan_to_num",
    ].map { Sample($0) }
    let orders = [0.5, 1.5, 2, 3, -2.5, 0, .infinity, -.infinity].map {
      Sample(
        "vector_norm", ["ord": number($0), "axes": .integers([1])], of: [["n", 3]], in: 0.4...3)
    }
    return plain + orders + [
      Sample("celu", ["alpha": number(0.5)]),
      Sample("mvlgamma", ["p": .dim(3)], in: 1.5...5),
      Sample("logit", in: 0.1...0.9), Sample("logit", ["eps": number(0.2)], in: 0.05...0.95),
      Sample("reciprocal", in: 0.4...3), Sample("frexp", in: 0.3...9),
      Sample("ldexp", of: [["n"], ["n"]]), Sample("prelu", of: [["n", 3], [3]]),
      Sample("nansum"), Sample("nanmean", ["axes": .integers([1])], of: [["n", 3]]),
      Sample("var", ["axes": .integers([0])], of: [[4, "n"]]),
      Sample("std", ["axes": .integers([0]), "keep": .flag(true)], of: [[4, "n"]]),
      Sample("std", ["correction": number(0)], of: [[3, 2]]),
      Sample("vecdot", of: [["n", "m"], ["m"]]), Sample("cross", of: [["n", 3], [3]]),
      Sample("cross", ["axis": .dim(0)], of: [[3, "n"], [3, "n"]]),
      Sample("diagonal", of: [["n", "m"]]),
      Sample("diagonal", ["offset": .dim(-1), "axes": .integers([2, 0])], of: [["n", "k", "m"]]),
      Sample("vander", of: [["n"]]), Sample("vander", ["count": .dim(4)], of: [["n", "m"]]),
      Sample("einsum", subscripts("ij,jk->ki"), of: [["n", "m"], ["m", "k"]]),
      Sample("einsum", subscripts("iji,j->j"), of: [["n", "k", "n"], ["k"]]),
      Sample("einsum", subscripts("ab,apc,bpd->cd"), of: [["n", 2], ["n", 2, "m"], [2, 2, 3]]),
      Sample("einsum", subscripts("...ij,...j->i..."), of: [["n", 2, 3], ["m", 3]]),
      Sample("einsum", subscripts("i,i,,ij->ij"), of: [["n"], ["n"], [], ["n", "m"]]),
    ]
  }()

  @Test(arguments: samples) func laws(_ sample: Sample) throws {
    let subject = try sample.subject()
    for law in [Law.compiled, .differences, .adjoint, .secondOrder, .batching] {
      for failure in law.failures(subject) { Issue.record("\(failure)") }
    }
  }

  /// Every derived function of one array of these families is here.
  @Test func nothingIsLeftOut() {
    let names = Set(Self.samples.map(\.name))
    for entry in Derived.activations + Derived.functions + Derived.reductions
      + Derived.arrangements + [Einsum.entry]
    {
      #expect(names.contains(entry.name), "\(entry.name)")
    }
  }

  // MARK: - Values

  /// Formulas as textbooks have them.
  static let formulas: [(String, @Sendable (Double) -> Double)] = [
    ("relu6", { min(max($0, 0), 6) }), ("leaky_relu", { $0 > 0 ? $0 : 0.01 * $0 }),
    ("elu", { $0 > 0 ? $0 : exp($0) - 1 }), ("celu", { max($0, 0) + min(0, exp($0) - 1) }),
    ("selu", { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * (exp($0) - 1)) }),
    ("silu", { $0 / (1 + exp(-$0)) }), ("gelu", { 0.5 * $0 * (1 + erf($0 * 0.7071067811865476)) }),
    ("mish", { $0 * tanh(log(1 + exp($0))) }), ("softsign", { $0 / (1 + abs($0)) }),
    ("tanhshrink", { $0 - tanh($0) }),
    ("softshrink", { $0 > 0.5 ? $0 - 0.5 : $0 < -0.5 ? $0 + 0.5 : 0 }),
    ("hardshrink", { abs($0) > 0.5 ? $0 : 0 }), ("hardtanh", { min(max($0, -1.0), 1.0) }),
    ("hardsigmoid", { min(max($0 / 6 + 0.5, 0), 1) }), ("threshold", { $0 > 0 ? $0 : 0 }),
    ("sinc", { sin(Double.pi * $0) / (Double.pi * $0) }), ("deg2rad", { $0 * Double.pi / 180 }),
    ("rad2deg", { $0 * 180 / Double.pi }), ("frac", { $0 - $0.rounded(.towardZero) }),
    ("nan_to_num", { $0 }), ("reciprocal", { 1 / $0 }),
  ]

  @Test func values() throws {
    let x = [-7.25, -2, -0.75, -0.3, 0.2, 0.8, 3.5, 9]
    for (name, formula) in Self.formulas {
      let found = try Probe([Tensor(x, shape: [8])]) { try call(name, $0) }.values()[0]
      let wanted = Tensor(x.map(formula), shape: [8])
      let text = difference(found, from: wanted, tolerance: 1e-13)
      #expect(text == nil, "\(name): \(text ?? "")")
    }
  }

  @Test func valuesOfReductions() throws {
    let x = Tensor([1, 2, 4, 8, 5, 5], shape: [2, 3])
    func expect(
      _ name: String, _ inputs: [Tensor], _ attributes: [String: AttributeValue] = [:],
      _ wanted: [Double]
    ) throws {
      let found = try Probe(inputs) { try call(name, $0, attributes) }.values()[0]
      let text = difference(found, from: Tensor(wanted, shape: found.shape), tolerance: 1e-14)
      #expect(text == nil, "\(name): \(text ?? "")")
    }
    let rows: [String: AttributeValue] = ["axes": .integers([1])]
    try expect("var", [x], rows, [7.0 / 3, 3])
    try expect(
      "std", [x], rows.merging(["correction": Self.number(0)]) { $1 },
      [
        Foundation.sqrt(14.0 / 9), Foundation.sqrt(2.0),
      ])
    try expect("vector_norm", [x], rows, [Foundation.sqrt(21.0), Foundation.sqrt(114.0)])
    try expect("vector_norm", [x], ["ord": Self.number(.infinity)], [8])
    try expect("vector_norm", [x], ["ord": Self.number(3)], [Foundation.pow(835, 1.0 / 3)])
    try expect("vecdot", [x, vector(1, 0, -1)], [:], [-3, 3])
    try expect("cross", [x, vector(0, 0, 1)], [:], [2, -1, 0, 5, -8, 0])
    try expect("diagonal", [x], [:], [1, 5])
    try expect("diagonal", [x], ["offset": .dim(1)], [2, 5])
    try expect("diagonal", [x], ["offset": .dim(-1)], [8])
    try expect("diagonal", [x], ["offset": .dim(3)], [])
    try expect("diagonal", [x], ["offset": .dim(1), "axes": .integers([1, 0])], [8])
    try expect("vander", [vector(2, 3)], ["count": .dim(3)], [1, 2, 4, 1, 3, 9])
    try expect("frexp", [vector(-6, 1, 0.3)], [:], [-0.75, 0.5, 0.6])
    try expect("ldexp", [vector(3, 5), vector(2, -1)], [:], [12, 2.5])
    // log π/2 + log Γ(2) + log Γ(3/2)
    try expect("mvlgamma", [vector(2)], ["p": .dim(2)], [0.5 * log(.pi) + lgamma(1.5)])
    try expect("i0", [vector(1)], [:], [1.2660658777520084])
    try expect("i1e", [vector(-2)], [:], [-0.21526928924893768])
  }

  @Test func refused() throws {
    let x = vector(1, 2)
    for (name, inputs, attributes) in [
      ("cross", [x, x], [:]), ("diagonal", [x], [:]), ("mvlgamma", [x], ["p": .dim(0)]),
      ("logit", [x], ["eps": Self.number(0.7)]),
      ("diagonal", [Tensor([1.0], shape: [1, 1])], ["axes": .integers([1, 1])]),
    ] as [(String, [Tensor], [String: AttributeValue])] {
      #expect(throws: TypeRuleError.self, "\(name)") {
        try Probe(inputs) { try call(name, $0, attributes) }
      }
    }
  }
}
