// Special functions against values of mpmath, in ulps. The points and values stand in SpecialVectors.txt,
// which benchmarks/special_functions.py writes; the bounds stand here and in docs/special-functions.md.
import Foundation
import Testing
import runtime

@Suite struct SpecialVectorTests {
  /// One range of operands of one function.
  struct Bound: Sendable {
    let function: String
    let range: String
    /// The worst error allowed, in ulps of the result.
    let ulps: Double
    /// Further ulps for each unit of |log result|: what the exponent of a tiny result costs.
    var perLog = 0.0

    /// The row of the page.
    var text: String {
      let more = perLog > 0 ? " + \(Int(perLog))·\\|log y\\|" : ""
      return "| `\(function)` | \(range) | \(Int(ulps))\(more) |"
    }
  }

  /// In the order of the file.
  static let bounds: [Bound] = [
    Bound(function: "erfcx", range: "0 … 5", ulps: 4),
    Bound(function: "erfcx", range: "5 … 50", ulps: 3),
    Bound(function: "erfcx", range: "−26 … 0", ulps: 4),
    Bound(function: "erfcx", range: "−1 … 1", ulps: 4),
    Bound(function: "erfcx_integral", range: "a ≤ 3, b in −5 … 0", ulps: 4),
    Bound(function: "erfcx_integral", range: "a ≤ 3, b in 0 … ½", ulps: 12),
    Bound(function: "erfcx_integral", range: "a ≤ 3, b in ½ … 3", ulps: 5),
    Bound(function: "erfcx_integral", range: "a ≤ 3, b in 3 … 30", ulps: 5),
    Bound(function: "erfcx_integral", range: "a = 5, 10, 20, b in ½ … 10", ulps: 10),
    Bound(function: "erfinv", range: "−½ … ½", ulps: 3),
    Bound(function: "erfinv", range: "½ … 1", ulps: 6),
    Bound(function: "erfinv", range: "1e-300 … 0.1", ulps: 3),
    Bound(function: "erfinv", range: "1 − 1e-15 … 0.9", ulps: 4),
    Bound(function: "ndtr", range: "−37 … −1", ulps: 4),
    Bound(function: "ndtr", range: "−1 … 9", ulps: 2),
    Bound(function: "log_ndtr", range: "−1000 … −30", ulps: 2),
    Bound(function: "log_ndtr", range: "−30 … −1", ulps: 3),
    Bound(function: "log_ndtr", range: "−1 … 1", ulps: 5),
    Bound(function: "log_ndtr", range: "1 … 30", ulps: 4),
    Bound(function: "ndtri", range: "¼ … ¾", ulps: 3),
    Bound(function: "ndtri", range: "0 … ¼", ulps: 6),
    Bound(function: "ndtri", range: "1e-307 … 0.1", ulps: 3),
    Bound(function: "ndtri", range: "¾ … 1", ulps: 6),
    Bound(function: "bessel_i", range: "a ≤ 3, |b| < 25", ulps: 10),
    Bound(function: "bessel_i", range: "a ≤ 3, b in 25 … 700", ulps: 8),
    Bound(function: "bessel_ie", range: "a ≤ 3, |b| < 25", ulps: 10),
    Bound(function: "bessel_ie", range: "a ≤ 3, b in 25 … 100", ulps: 8),
    Bound(function: "bessel_ie", range: "a ≤ 3, b in 100 … 10 000", ulps: 6),
    Bound(function: "bessel_ie", range: "a = 5, 10, b in 0 … 200", ulps: 24),
    Bound(function: "bessel_ie", range: "a ≤ 3, b in 1e-20 … 0.1", ulps: 4),
    Bound(function: "sinc_derivative", range: "a = 0, |b| < 20", ulps: 4),
    Bound(function: "sinc_derivative", range: "a = 1, 2, 3, |b| < 0.3", ulps: 8),
    Bound(function: "sinc_derivative", range: "a = 1, 2, 3, b in 1e-12 … 0.1", ulps: 6),
    Bound(function: "logit", range: "0 … 1", ulps: 3),
    Bound(function: "logit", range: "0.4 … 0.6", ulps: 3),
    Bound(function: "logit", range: "1e-300 … 0.1", ulps: 2),
    Bound(function: "gammainc", range: "a in 0.01 … 1", ulps: 12),
    Bound(function: "gammainc", range: "a in 1 … 10", ulps: 20, perLog: 4),
    Bound(function: "gammainc", range: "a in 10 … 1000", ulps: 32, perLog: 4),
    Bound(function: "gammainc", range: "a in 1000 … 20 000", ulps: 32, perLog: 4),
    Bound(function: "gammaincc", range: "a in 1e-6 … 0.1", ulps: 32),
    Bound(function: "gammaincc", range: "a in 0.1 … 1", ulps: 32),
    Bound(function: "gammaincc", range: "a in 1 … 10", ulps: 32, perLog: 4),
    Bound(function: "gammaincc", range: "a in 10 … 1000", ulps: 32, perLog: 4),
    Bound(function: "gammaincc", range: "a in 1000 … 20 000", ulps: 32, perLog: 4),
    Bound(function: "gamma_density", range: "a in 0.1 … 10", ulps: 16, perLog: 2),
    Bound(function: "gamma_density", range: "a in 10 … 1000", ulps: 16, perLog: 2),
    Bound(function: "gamma_density", range: "a in 1000 … 20 000", ulps: 16, perLog: 2),
    Bound(function: "betainc", range: "a, b in ½ … 5, c in 0.01 … 0.4", ulps: 32, perLog: 4),
    Bound(function: "betainc", range: "a, b in 20 … 100, c in 0.3 … 0.5", ulps: 32, perLog: 4),
    Bound(function: "beta_density", range: "a, b in ½ … 5, c in 0.01 … 0.99", ulps: 32, perLog: 4),
    Bound(function: "beta_density", range: "a, b in 20 … 100, c in 0.3 … 0.7", ulps: 32, perLog: 4),
  ]

  struct Vector {
    let function: String
    let range: Int
    let operands: [Double]
    let value: Double
  }

  private static func vectors() throws -> [Vector] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("SpecialVectors.txt")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      let numbers = try words.dropFirst(2).map { try #require(Double($0)) }
      return Vector(
        function: String(words[0]), range: try #require(Int(words[1])),
        operands: Array(numbers.dropLast()), value: try #require(numbers.last))
    }
  }

  private static func call(_ function: String, _ x: [Double]) -> Double {
    let name = "jg_\(function)_f64"
    switch x.count {
    case 1: return runtimeFunction(name, as: (@convention(c) (Double) -> Double).self)(x[0])
    case 2:
      return runtimeFunction(name, as: (@convention(c) (Double, Double) -> Double).self)(x[0], x[1])
    default:
      return runtimeFunction(name, as: (@convention(c) (Double, Double, Double) -> Double).self)(
        x[0], x[1], x[2])
    }
  }

  private static func call(_ function: String, _ x: [Float]) -> Float {
    let name = "jg_\(function)_f32"
    switch x.count {
    case 1: return runtimeFunction(name, as: (@convention(c) (Float) -> Float).self)(x[0])
    case 2:
      return runtimeFunction(name, as: (@convention(c) (Float, Float) -> Float).self)(x[0], x[1])
    default:
      return runtimeFunction(name, as: (@convention(c) (Float, Float, Float) -> Float).self)(
        x[0], x[1], x[2])
    }
  }

  @Test func errorsInUlps() throws {
    let vectors = try Self.vectors()
    var ranges: [String: Int] = [:]
    for bound in Self.bounds {
      let number = ranges[bound.function, default: 0]
      ranges[bound.function] = number + 1
      let own = vectors.filter { $0.function == bound.function && $0.range == number }
      #expect(own.count == 12, "\(bound.function), range \(number)")
      for vector in own {
        let found = Self.call(vector.function, vector.operands)
        let error = abs(found - vector.value) / vector.value.ulp
        let allowed = bound.ulps + bound.perLog * abs(Foundation.log(abs(vector.value)))
        #expect(
          error <= allowed || found == vector.value,
          "\(vector.function)(\(vector.operands)): \(found), \(error) ulp from \(vector.value)")
      }
    }
    #expect(vectors.count == 12 * Self.bounds.count)
  }

  /// The f32 functions are the f64 ones, rounded once.
  @Test func singlesAreRoundedDoubles() throws {
    for vector in try Self.vectors() {
      let x = vector.operands.map { Float($0) }
      let expected = Float(Self.call(vector.function, x.map { Double($0) }))
      let found = Self.call(vector.function, x)
      #expect(found == expected || (found.isNaN && expected.isNaN), "\(vector.function)(\(x))")
    }
  }

  /// The page holds the bounds that are asserted here.
  @Test func thePageSaysTheBounds() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("docs/special-functions.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let begin = "| function | range | worst error, ulp |\n|---|---|---|\n"
    let table = begin + Self.bounds.map { $0.text + "\n" }.joined()
    if ProcessInfo.processInfo.environment["JITGRAD_REGENERATE"] != nil,
      let start = text.range(of: begin)
    {
      let behind = text[start.lowerBound...].range(of: "\n\n")?.lowerBound ?? text.endIndex
      try (text[..<start.lowerBound] + table + text[behind...].dropFirst()).write(
        to: page, atomically: true, encoding: .utf8)
    }
    #expect(
      try String(contentsOf: page, encoding: .utf8).contains(table),
      "the table of errors is not what is asserted; run the tests with JITGRAD_REGENERATE=1")
  }
}
