// Random inputs that are the same on every machine: `random:normal:SEED`, `random:uniform:SEED`.
// Decides the generator, the distributions, and what integers and bools get. Only exact integer
// arithmetic and IEEE +, −, ×, ÷, √ are used, no libm, so the bits never depend on the platform.
import Graph

/// SplitMix64: a counter through a mixing function; passes BigCrush, period 2⁶⁴, any seed is good.
///
/// - Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA
///   2014; constants of S. Vigna's public-domain version (prng.di.unimi.it/splitmix64.c).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// How to fill a tensor with random elements.
///
/// One 64-bit number `x` of `SplitMix64(seed:)` makes one element, in row-major order:
///
/// | dtype | uniform | normal |
/// |---|---|---|
/// | f64 | top 53 bits of x · 2⁻⁵³, in [0, 1) | Φ⁻¹((top 52 bits + ½) · 2⁻⁵²), within ±8.3 |
/// | f32 | top 24 bits of x · 2⁻²⁴, in [0, 1) | the f64 value, rounded |
/// | i64, i32 | top 4 bits: 0…15 | top 4 bits − 8: −8…7, uniform too |
/// | bool | top bit, a fair coin | the same |
package struct RandomFill: Sendable, Equatable {
  package enum Distribution: String, Sendable, CaseIterable { case normal, uniform }

  package var distribution: Distribution
  package var seed: UInt64

  package init(_ distribution: Distribution, seed: UInt64) {
    self.distribution = distribution
    self.seed = seed
  }

  /// Whether `text` wants to be a specification: it begins with `random:`.
  package static func isSpecification(_ text: String) -> Bool { text.hasPrefix("random:") }

  /// Parses `random:normal:SEED` or `random:uniform:SEED`; the seed is a decimal number below 2⁶⁴.
  package init(specification text: String) throws(TensorTextError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let form = "write random:normal:SEED or random:uniform:SEED"
    guard parts.count == 3, parts[0] == "random" else {
      throw TensorTextError(
        text: text, column: 1, message: "not a random specification", help: form)
    }
    guard let distribution = Distribution(rawValue: String(parts[1])) else {
      throw TensorTextError(
        text: text, column: 8, message: "no distribution \(quoted(String(parts[1])))", help: form)
    }
    let isDecimal = parts[2].utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isDecimal, let seed = UInt64(parts[2]) else {
      throw TensorTextError(
        text: text, column: 9 + parts[1].unicodeScalars.count,
        message: "the seed \(quoted(String(parts[2]))) is not a whole number from 0 to 2^64-1",
        help: form)
    }
    self.init(distribution, seed: seed)
  }

  /// A tensor of random elements, or nil when its bytes cannot be counted or pass
  /// `maximumByteCount` (nil: no bound).
  package func tensor(dtype: DType, shape: [Int], maximumByteCount: Int? = nil) -> Tensor? {
    guard let byteCount = ArrayShape.byteCount(shape, elementByteCount: dtype.byteCount),
      byteCount <= maximumByteCount ?? .max
    else { return nil }
    let count = byteCount / dtype.byteCount
    var generator = SplitMix64(seed: seed)
    func elements<T>(_ make: (UInt64) -> T) -> [T] {
      (0..<count).map { _ in make(generator.next()) }
    }
    let lowest: Int64 = distribution == .normal ? -8 : 0
    switch (dtype, distribution) {
    case (.f64, .uniform): return Tensor(elements { Double($0 >> 11) * 0x1p-53 }, shape: shape)
    case (.f32, .uniform): return Tensor(elements { Float($0 >> 40) * 0x1p-24 }, shape: shape)
    case (.f64, .normal): return Tensor(elements(Self.normal), shape: shape)
    case (.f32, .normal): return Tensor(elements { Float(Self.normal($0)) }, shape: shape)
    case (.i64, _): return Tensor(elements { Int64($0 >> 60) + lowest }, shape: shape)
    case (.i32, _): return Tensor(elements { Int32($0 >> 60) + Int32(lowest) }, shape: shape)
    case (.bool, _): return Tensor(elements { $0 >> 63 == 1 }, shape: shape)
    }
  }

  /// Half steps keep p off 0 and 1 and the distribution symmetric; p and 1 − p are exact.
  private static func normal(_ x: UInt64) -> Double {
    NormalQuantile.value((Double(x >> 12) + 0.5) * 0x1p-52)
  }
}
