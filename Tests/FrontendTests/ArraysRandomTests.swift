// The random fill: known numbers of the generator, quantiles computed by Python, and that the
// distributions are what they say.
import Graph
import Testing

@testable import Frontend

@Suite struct ArraysRandomTests {
  /// The first outputs for seed 1234567, as published with the generator and by other libraries.
  @Test func knownNumbers() {
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
    #expect(generator.next() == 9_817_491_932_198_370_423)
  }

  /// Python 3.11: the generator in integers, statistics.NormalDist().inv_cdf for the normal column.
  @Test func knownTensors() throws {
    let uniform = RandomFill(.uniform, seed: 42)
    let normal = RandomFill(.normal, seed: 42)
    #expect(
      uniform.tensor(dtype: .f64, shape: [3])
        == Tensor([0.7415648787718233, 0.1599103928769201, 0.27860113025513866], shape: [3]))
    #expect(
      uniform.tensor(dtype: .f32, shape: [2])
        == Tensor([0.7415648698806763, 0.1599103808403015] as [Float], shape: [2]))
    let expected = [
      0.648177361328852, -0.9948262318051991, -0.5870021533389611, -0.40105255214178553,
      -1.774017007897951, 1.118054196995651,
    ]
    let z = try #require(normal.tensor(dtype: .f64, shape: [6])).elements(of: Double.self)
    for (a, b) in zip(z, expected) { #expect(abs(a - b) <= 2 * b.ulp) }
    #expect(
      normal.tensor(dtype: .i32, shape: [6])
        == Tensor([3, -6, -4, -3, -8, 5] as [Int32], shape: [6])
    )
    #expect(
      uniform.tensor(dtype: .i64, shape: [2, 1]) == Tensor([11, 2] as [Int64], shape: [2, 1]))
    #expect(
      normal.tensor(dtype: .bool, shape: [6])
        == Tensor([true, false, false, false, false, true], shape: [6]))
  }

  /// Python 3.11, statistics.NormalDist().inv_cdf; the tails take the logarithm.
  @Test(arguments: [
    (0.5, 0.0), (0.25, -0.6744897501960817), (0.95, 1.6448536269514715),
    (1e-3, -3.090232306167813), (0.999999, 4.753424308817089), (1e-12, -7.034483825301132),
    (0x1p-53, -8.209536151601386), (1 - 0x1p-53, 8.209536151601386),
  ])
  func quantile(_ p: Double, _ z: Double) {
    #expect(abs(NormalQuantile.value(p) - z) <= 4 * z.ulp)
  }

  @Test func logarithm() {
    // Exact cases and identities instead of libm: ln 1 = 0, ln 2ⁿ = n·ln 2, ln xy = ln x + ln y.
    #expect(NormalQuantile.log(1) == 0)
    #expect(NormalQuantile.log(0x1p-60) == -60 * 0.693_147_180_559_945_309_4)
    for k in 1..<200 {
      let x = Double(k) / 200
      let sum = NormalQuantile.log(x) + NormalQuantile.log(x + 1)
      #expect(abs(NormalQuantile.log(x * (x + 1)) - sum) <= 1e-15 * max(1, abs(sum)) * 4)
    }
  }

  /// Means within five standard errors of 10⁵ elements; the seed is fixed, so this never flickers.
  @Test func moments() throws {
    let count = 100_000
    func mean(_ distribution: RandomFill.Distribution, _ dtype: DType, _ power: Int) throws
      -> Double
    {
      let fill = RandomFill(distribution, seed: 2024)
      let values = try #require(fill.tensor(dtype: dtype, shape: [count])).doubles
      let powers = values.map { x in (0..<power).reduce(1) { y, _ in y * x } }
      return powers.reduce(0, +) / Double(count)
    }
    let error = 5 / Double(count).squareRoot()
    #expect(abs(try mean(.uniform, .f64, 1) - 0.5) < error * 0.289)
    #expect(abs(try mean(.normal, .f64, 1)) < error)
    #expect(abs(try mean(.normal, .f64, 2) - 1) < error * 1.42)
    #expect(abs(try mean(.normal, .f32, 4) - 3) < error * 9.8)
    #expect(abs(try mean(.uniform, .i64, 1) - 7.5) < error * 4.62)
    #expect(abs(try mean(.normal, .i32, 1) + 0.5) < error * 4.62)
    #expect(abs(try mean(.uniform, .bool, 1) - 0.5) < error * 0.5)
  }

  @Test func specification() throws {
    #expect(try RandomFill(specification: "random:normal:7") == RandomFill(.normal, seed: 7))
    #expect(
      try RandomFill(specification: "random:uniform:18446744073709551615")
        == RandomFill(.uniform, seed: .max))
    for (text, column) in [
      ("random", 1), ("random:normal", 1), ("random:cauchy:1", 8), ("random:normal:", 15),
      ("random:normal:-1", 15), ("random:uniform:18446744073709551616", 16),
      ("random:normal:1:2", 1),
    ] {
      do throws(TensorTextError) {
        _ = try RandomFill(specification: text)
        Issue.record("\(text) was accepted")
      } catch {
        #expect(error.column == column, "\(error)")
      }
    }
  }

  @Test func boundsBytes() {
    let fill = RandomFill(.normal, seed: 1)
    #expect(fill.tensor(dtype: .f64, shape: [1 << 40, 1 << 40]) == nil)
    #expect(fill.tensor(dtype: .f64, shape: [-1]) == nil)
    #expect(fill.tensor(dtype: .f64, shape: [10], maximumByteCount: 79) == nil)
    #expect(fill.tensor(dtype: .f64, shape: [10], maximumByteCount: 80) != nil)
    #expect(fill.tensor(dtype: .f32, shape: [3, 0]) == Tensor(zeros: .f32, shape: [3, 0]))
  }
}
