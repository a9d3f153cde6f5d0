// Floats as the integers of their bits and back, by arithmetic that is exact: all in f64, in which every
// f32 and every power of two that is needed has its place. None of it varies, so none has a derivative.
import Graph

/// IEEE 754 numbers of 32 or 64 bits.
struct FloatFormat {
  let dtype: DType
  let bits: Int
  /// Bits behind the leading one.
  private let fraction: Int
  private let bias: Int

  init?(_ element: MLIRType.Element) {
    switch element {
    case .f64: (dtype, bits, fraction, bias) = (.f64, 64, 52, 1023)
    case .f32: (dtype, bits, fraction, bias) = (.f32, 32, 23, 127)
    default: return nil
    }
  }

  /// The exponent field of ∞ and NaN.
  private var topField: Int64 { 2 * Int64(bias) + 1 }

  /// The bits as an i64; those of 32 bits from 0 on. Every NaN gives the quiet one.
  func bits(of float: Term) -> Term {
    let builder = float.builder
    let x = apply(.abs, apply(.stopGradient, float)).converted(to: .f64)
    func number(_ value: Int64) -> Term { builder.integer(value) }
    let least = x.literal(Double(sign: .plus, exponent: 1 - bias, significand: 1))
    let isNormal = apply(.greaterEqual, x, least) & apply(.isFinite, x)
    // The logarithm may be rounded across a whole number, which one step repairs.
    let normal = choose(isNormal, x, 1)
    var exponent = apply(.floor, apply(.log2, normal))
    let scaled = normal * apply(.exp2, -exponent)
    exponent = choose(
      apply(.greaterEqual, scaled, x.literal(2)), exponent + 1,
      choose(scaled < 1, exponent - 1, exponent))
    let significand = normal * apply(.exp2, -exponent) - 1
    let regular =
      (exponent + Double(bias)).converted(to: .i64) * number(1 << Int64(fraction))
      + (significand * Double(1 << fraction)).converted(to: .i64)
    // Subnormal numbers count in the smallest one, which is too small for one factor.
    let half = Double(sign: .plus, exponent: (fraction + bias - 1) / 2, significand: 1)
    let rest = Double(sign: .plus, exponent: (fraction + bias) / 2, significand: 1)
    let subnormal = (choose(x < least, x, 0) * half * rest).converted(to: .i64)
    let infinite = number(topField << Int64(fraction))
    let quiet = number(topField << Int64(fraction) | 1 << Int64(fraction - 1))
    let magnitude = choose(
      isNormal, regular,
      choose(apply(.isNaN, x), quiet, choose(apply(.isInf, x), infinite, subnormal)))
    let sign = number(bits == 64 ? .min : 1 << 31)
    return choose(apply(.signbit, float), apply(.or, magnitude, sign), magnitude)
  }

  /// The float of such bits.
  func float(of pattern: Term) -> Term {
    let builder = pattern.builder
    func number(_ value: Int64) -> Term { builder.integer(value) }
    let low = apply(.and, pattern, number(1 << Int64(fraction) - 1))
    let field = apply(
      .and, apply(.shiftRight, pattern, number(Int64(fraction))), number(topField))
    let zero = number(0)
    let whole = choose(field == zero, low, low + number(1 << Int64(fraction))).converted(to: .f64)
    let exponent = apply(.max, field, number(1)) - number(Int64(bias + fraction))
    let finite = whole * apply(.exp2, apply(.min, exponent, number(1023)).converted(to: .f64))
    let special = choose(low == zero, finite.literal(.infinity), finite.literal(.nan))
    let magnitude = choose(field == number(topField), special, finite)
    let top = apply(.and, pattern, number(bits == 64 ? .min : 1 << 31))
    return choose(apply(.notEqual, top, zero), -magnitude, magnitude).converted(to: dtype)
  }

  /// The float behind `x` in the direction of `y`.
  func next(_ x: Term, toward y: Term) -> Term {
    let pattern = bits(of: x)
    let one = pattern.builder.integer(1)
    let zero = x.literal(0)
    // Away from 0 the bits count up, on either side.
    let grows = apply(.equal, x < y, zero < x)
    let moved = float(of: choose(grows, pattern + one, pattern - one))
    let smallest = float(of: one)
    let fromZero = choose(zero < y, smallest, -smallest)
    let stepped = choose(x == zero, fromZero, moved)
    let isNaN = apply(.or, apply(.isNaN, x), apply(.isNaN, y))
    return choose(isNaN, x + y, choose(x == y, y, stepped))
  }
}
