// Every scalar function on special values: zeros of both signs, ∞, NaN, the ends of the integers,
// subnormals and huge numbers. Compiled code and the reference agree on each element.
import Graph
import JIT
import Testing

@Suite struct SpecialValueTests {
  static let names = Catalog.functions.map(\.name)

  private static let floats: [Double] = [
    0, -0.0, 1, -1, 0.5, -0.5, 0.1, 2, -2.5, 3, -3, 17, -17, 1e-5, 700, -700, 1e4, 1e15, -1e15,
    .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 1e30, -1e30,
  ]
  private static let integers: [Int64] = [
    0, 1, -1, 2, -2, 3, 7, -7, 31, 32, 63, 64, -64, 100, .max, .min, Int64(Int32.max),
    Int64(Int32.min),
  ]

  @Test(arguments: names) func agree(_ name: String) throws {
    let function = try #require(Catalog.functions.first { $0.name == name })
    let selects = function.domain == .selection
    for dtype in DType.allCases where function.domain.contains(dtype) {
      // All pairs; a third operand runs along with the first.
      let list = Self.values(dtype)
      let rows = list.indices.flatMap { i in list.indices.map { [i, $0, (3 * i + 1) % list.count] }
      }
      let operands = (0..<function.arity).map { k -> Tensor in
        selects && k == 0
          ? Tensor(rows.map { $0[0] % 2 == 0 }, shape: [rows.count])
          : Tensor(rows.map { list[$0[k]] }, dtype, [rows.count])
      }
      let graph = try Probe(operands) { [$0[0].builder.applying(Elementwise(function), $0)] }.graph
      let expected = try ReferenceEvaluator.run(graph, inputs: operands, sizes: [:])[0]
      let found = try Engine().compile(graph)(operands)[0]
      for k in rows.indices where !isClose(found[k], expected[k]) {
        let arguments = operands.map { $0[k].description }.joined(separator: ", ")
        Issue.record("\(name)(\(arguments)) in \(dtype): \(found[k]), reference \(expected[k])")
      }
    }
  }

  /// Products of all pairs: nothing is added up, so that −0 stays.
  @Test func productsOfAllPairsKeepNegativeZero() throws {
    let operands = [Tensor([0, 2], shape: [2]), Tensor([-1, -0.0, 3], shape: [3])]
    let graph = try Probe(operands) { [$0[0].dot($0[1], contracting: ([], []))] }.graph
    let expected = [-0.0, -0.0, 0, -2, -0.0, 6].map(\.bitPattern)
    let reference = try ReferenceEvaluator.run(graph, inputs: operands, sizes: [:])[0]
    #expect(reference.doubles.map(\.bitPattern) == expected)
    #expect(try Engine().compile(graph)(operands)[0].doubles.map(\.bitPattern) == expected)
  }

  private static func values(_ dtype: DType) -> [Scalar] {
    switch dtype {
    case .f64, .f32: floats.map { Scalar($0, dtype) }
    case .i64: integers.map { Scalar($0, dtype) }
    case .i32: integers.filter { Int32(exactly: $0) != nil }.map { Scalar($0, dtype) }
    case .bool: [Scalar(false), Scalar(true)]
    }
  }

  /// Equal, zeros with their signs; floats but for rounding.
  private func isClose(_ a: Scalar, _ b: Scalar) -> Bool {
    if a == b { return true }
    guard a.dtype.isFloat, b.dtype == a.dtype else { return false }
    if a.real.isNaN && b.real.isNaN { return true }
    let bound = a.dtype == .f32 ? 1e-6 : 1e-12
    let magnitude = max(abs(b.real), .leastNormalMagnitude)
    return a.real != 0 && b.real != 0 && abs(a.real - b.real) <= bound * magnitude
  }
}
