// Loops that run in strips have the bits of single steps: every function of elements against the same
// function of one number, and sums wherever they stand.
import Foundation
import Frontend
import Graph
import JIT
import Testing

@Suite struct StripLaws {
  static let names = Catalog.functions.map(\.name)

  private static let special: [Double] = [
    0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 17, -17, 1e-5, -1e-5, 700, -700, 1e15, 1e-300, 1e300,
    -1e300,
    1e307, .leastNonzeroMagnitude, 1e-40, .infinity, -.infinity, .nan,
  ]

  @Test(arguments: names) func manyAreAsOne(_ name: String) throws {
    let function = try #require(Catalog.functions.first { $0.name == name })
    for dtype in DType.allCases where function.domain.contains(dtype) {
      let operands = Self.operands(of: function, dtype)
      let count = operands[0].count
      let many = try Probe(operands) { [$0[0].builder.applying(Elementwise(function), $0)] }.graph
      let scalars = operands.map { Tensor([$0[0]], $0.dtype, []) }
      let one = try Probe(scalars) { [$0[0].builder.applying(Elementwise(function), $0)] }.graph
      let engine = Engine()
      let found = try engine.compile(many)(operands)[0]
      let kernel = try engine.compile(one)
      for i in 0..<count {
        let arguments = operands.map { Tensor([$0[i]], $0.dtype, []) }
        let expected = try kernel(arguments)[0][0]
        let isNaN =
          dtype.isFloat && !function.isPredicate && expected.real.isNaN && found[i].real.isNaN
        #expect(
          found[i].bits == expected.bits || isNaN,
          "\(name)(\(arguments.map { $0[0].description })) in \(dtype)")
      }
    }
  }

  /// Special values and others; more than a strip, and not a multiple of any vector.
  static func operands(of function: ScalarFunction, _ dtype: DType) -> [Tensor] {
    var random = RandomSource(seed: 7)
    let count = 256 + 75
    return (0..<function.arity).map { k -> Tensor in
      let own = function.domain == .selection && k == 0 ? DType.bool : dtype
      let elements = (0..<count).map { i in
        element(
          i < 2 * special.count ? special[i * (k + 1) % special.count] : random.uniform(-4...4), own
        )
      }
      return Tensor(elements, own, [count])
    }
  }

  private static func element(_ x: Double, _ dtype: DType) -> Scalar {
    switch dtype {
    case .f64, .f32: Scalar(x, dtype)
    case .i64, .i32: Scalar(Int64(Int32(exactly: x.rounded()) ?? 3), dtype)
    case .bool: Scalar(x > 0)
    }
  }

  /// The order of sums by its definition: strips of 256; fewer than 8 from the left, else sixteen parts.
  private static func sum(_ x: [Double]) -> Double {
    var total = 0.0
    for start in stride(from: 0, to: x.count, by: 256) {
      let strip = x[start..<min(start + 256, x.count)]
      if strip.count < 8 {
        for element in strip { total += element }
        continue
      }
      var parts = [Double](repeating: 0, count: 16)
      for (k, element) in strip.enumerated() { parts[k % 16] += element }
      for half in [8, 4, 2, 1] { for k in 0..<half { parts[k] += parts[k + half] } }
      total += parts[0]
    }
    return total
  }

  /// A sum alone, of elements that are gathered, of products, of what inner loops add up, and beside a
  /// running sum.
  private static let sums = """
    jitgrad 1

    func alone(x: f64[n], i: i64[n]) -> (s: f64) { s = sum(x) }

    func gathered(x: f64[n], i: i64[n]) -> (s: f64) { s = sum(x[i]) }

    func products(x: f64[n], i: i64[n]) -> (s: f64) { s = sum(x * f64(i >= 0)) }

    func rows(x: f64[n], i: i64[n]) -> (s: f64) {
      s = sum(sum(outer(x, [1.0, 0.0, 0.0]), axes=[1]))
    }

    func beside(x: f64[n], i: i64[n]) -> (s: f64, c: f64[n]) {
      c = cumsum(x, axis=0)
      s = sum(x)
    }

    """

  @Test(arguments: ["alone", "gathered", "products", "rows", "beside"])
  func sumsHaveOneOrder(_ name: String) throws {
    let file = GraphFile(SourceFile(name: "sums", text: Self.sums))
    try #require(!file.hasErrors)
    let graph = try #require(file.graphs.first { $0.name == name })
    let kernel = try Engine().compile(graph)
    var random = RandomSource(seed: 3)
    for count in [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 255, 256, 257, 263, 264, 1000] {
      let x = (0..<count).map { _ in random.uniform() }
      let found = try kernel(
        [Tensor(x, shape: [count]), Tensor((0..<count).map { Int64($0) }, shape: [count])])
      #expect(found[0].doubles == [Self.sum(x)], "\(name) of \(count)")
    }
  }

  /// Arrays of strips lie on the stack: there are never many, however much a loop adds up.
  @Test func manySumsFitTheStack() throws {
    let lines = (0..<200).map { "  s\($0) = sum(sum(x * \(Double($0) + 0.5), axes=[1])^2)" }
    let terms = (0..<200).map { "s\($0)" }.joined(separator: " + ")
    let file = GraphFile(
      SourceFile(
        name: "sums",
        text: "jitgrad 1\nfunc f(x: f64[n, m]) -> (y: f64) {\n\(lines.joined(separator: "\n"))\n"
          + "  y = \(terms)\n}\n"))
    try #require(!file.hasErrors)
    let kernel = try Engine(nativeTier: .off).compile(file.graphs[0])
    #expect(kernel.cSource.components(separatedBy: "[256];").count < 100)
    let found = try kernel([Tensor([Double](repeating: 1, count: 9 * 3), shape: [9, 3])])
    // Nine rows of (3 c)^2.
    let squares = (0..<200).map { k -> Double in
      let c = Double(k) + 0.5
      return 81 * c * c
    }
    let expected = squares.reduce(0, +)
    #expect(abs(found[0].doubles[0] / expected - 1) < 1e-13)
  }
}
