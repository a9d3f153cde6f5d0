// The inverse of the normal distribution function, for RandomFill: the same bits on every machine.
// By rational approximation and not Box–Muller, because that needs sin, cos and log of libm, whose
// last bits differ between platforms; this needs one log in the tails, computed here.

/// Φ⁻¹ to about 16 digits.
///
/// - Source: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution",
///   Applied Statistics 37 (1988), 477–484, function PPND16; its coefficients, highest power first.
enum NormalQuantile {
  /// The z with Φ(z) = p.
  /// - Precondition: 0 < p < 1.
  static func value(_ p: Double) -> Double {
    let q = p - 0.5
    guard q.magnitude > 0.425 else {
      let r = 0.180625 - q * q
      return q * polynomial(centre.numerator, r) / polynomial(centre.denominator, r)
    }
    let r = (-log(q < 0 ? p : 1 - p)).squareRoot()
    let tail = r <= 5 ? near : far
    let t = r - (r <= 5 ? 1.6 : 5)
    let z = polynomial(tail.numerator, t) / polynomial(tail.denominator, t)
    return q < 0 ? -z : z
  }

  private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
  }

  /// ln x for normal x > 0, from exact parts and + − × ÷ only, to a few units in the last place.
  ///
  ///     x = m·2ᵉ with √½ ≤ m < √2;  ln x = e·ln 2 + 2·artanh s,  s = (m − 1)/(m + 1), |s| < 0.172
  ///
  /// The series Σ s²ᵏ/(2k+1) ends at k = 10: the next term is below 2⁻⁵³ of the sum.
  static func log(_ x: Double) -> Double {
    var m = x.significand
    var e = Double(x.exponent)
    if m > 1.414_213_562_373_095 {
      m *= 0.5
      e += 1
    }
    let s = (m - 1) / (m + 1)
    let odd = stride(from: 21.0, through: 1, by: -2)
    let series = odd.reduce(0) { $0 * (s * s) + 1 / $1 }
    return e * 0.693_147_180_559_945_309_4 + 2 * s * series
  }

  private typealias Rational = (numerator: [Double], denominator: [Double])

  private static let centre: Rational = (
    [
      2.509_080_928_730_122_672_7e3, 3.343_057_558_358_812_810_5e4,
      6.726_577_092_700_870_085_3e4, 4.592_195_393_154_987_145_7e4,
      1.373_169_376_550_946_112_5e4, 1.971_590_950_306_551_442_7e3,
      1.331_416_678_917_843_774_5e2, 3.387_132_872_796_366_608_0,
    ],
    [
      5.226_495_278_852_854_561_0e3, 2.872_908_573_572_194_267_4e4,
      3.930_789_580_009_271_061_0e4, 2.121_379_430_158_659_586_7e4,
      5.394_196_021_424_751_107_7e3, 6.871_870_074_920_579_083_0e2,
      4.231_333_070_160_091_125_2e1, 1,
    ]
  )

  private static let near: Rational = (
    [
      7.745_450_142_783_414_076_40e-4, 2.272_384_498_926_918_458_33e-2,
      2.417_807_251_774_506_117_70e-1, 1.270_458_252_452_368_382_58,
      3.647_848_324_763_204_605_04, 5.769_497_221_460_691_405_50,
      4.630_337_846_156_545_295_90, 1.423_437_110_749_683_577_34,
    ],
    [
      1.050_750_071_644_416_843_24e-9, 5.475_938_084_995_344_946_00e-4,
      1.519_866_656_361_645_719_66e-2, 1.481_039_764_274_800_745_90e-1,
      6.897_673_349_851_000_045_50e-1, 1.676_384_830_183_803_849_40,
      2.053_191_626_637_758_821_87, 1,
    ]
  )

  private static let far: Rational = (
    [
      2.010_334_399_292_288_132_65e-7, 2.711_555_568_743_487_578_15e-5,
      1.242_660_947_388_078_438_60e-3, 2.653_218_952_657_612_309_30e-2,
      2.965_605_718_285_048_912_30e-1, 1.784_826_539_917_291_335_80,
      5.463_784_911_164_114_369_90, 6.657_904_643_501_103_777_20,
    ],
    [
      2.044_263_103_389_939_785_64e-15, 1.421_511_758_316_445_888_70e-7,
      1.846_318_317_510_054_681_80e-5, 7.868_691_311_456_132_591_00e-4,
      1.487_536_129_085_061_485_25e-2, 1.369_298_809_227_358_053_10e-1,
      5.998_322_065_558_879_376_90e-1, 1,
    ]
  )
}
