// Random numbers for the laws: the same in every run, so that a failure can be repeated from the
// seed it prints.

/// SplitMix64 (Steele, Lea, Flood 2014).
struct RandomSource: RandomNumberGenerator {
  private var state: UInt64

  /// Numbers from neighbouring seeds have nothing to do with each other: each begins somewhere else,
  /// not a step further on.
  init(seed: Int) { state = Self.mixed(UInt64(bitPattern: Int64(seed)) &* 0x9e37_79b9_7f4a_7c15) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mixed(state)
  }

  private static func mixed(_ number: UInt64) -> UInt64 {
    var z = number
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func uniform(_ range: ClosedRange<Double> = -1...1) -> Double {
    let unit = Double(next() >> 11) * 0x1p-53
    return range.lowerBound + unit * (range.upperBound - range.lowerBound)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  mutating func chance(_ probability: Double) -> Bool { uniform(0...1) < probability }

  mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }
}
