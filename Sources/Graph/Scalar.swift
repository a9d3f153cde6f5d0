// One element of any dtype, kept as its bits: literals in graphs, fold identities, fill values.

/// A single value of a dtype.
///
/// Equality is of bits, so NaN equals itself and 0 differs from −0, as hash-consing needs.
package struct Scalar: Hashable, Sendable {
  package let dtype: DType
  /// The element's bytes, zero-extended.
  package let bits: UInt64

  /// A number, rounded once to `dtype`; integers truncate toward 0 and saturate, bool is `!= 0`.
  package init(_ value: Double, _ dtype: DType) {
    self.dtype = dtype
    switch dtype {
    case .f64: bits = value.bitPattern
    case .f32: bits = UInt64(Float(value).bitPattern)
    case .i64: bits = UInt64(bitPattern: Int64(saturating: value))
    case .i32:
      let clamped = Int64(saturating: value).clamped(to: Int64(Int32.min)...Int64(Int32.max))
      bits = UInt64(UInt32(bitPattern: Int32(clamped)))
    case .bool: bits = value != 0 ? 1 : 0
    }
  }

  /// A whole number; floats round, i32 wraps, bool is `!= 0`.
  package init(_ value: Int64, _ dtype: DType) {
    self.dtype = dtype
    switch dtype {
    case .f64: bits = Double(value).bitPattern
    case .f32: bits = UInt64(Float(value).bitPattern)
    case .i64: bits = UInt64(bitPattern: value)
    case .i32: bits = UInt64(UInt32(bitPattern: Int32(truncatingIfNeeded: value)))
    case .bool: bits = value != 0 ? 1 : 0
    }
  }

  package init(_ value: Bool) { self.init(value ? 1 : 0 as Int64, .bool) }

  /// The value as a `Double`; an i64 may round.
  package var real: Double {
    switch dtype {
    case .f64: Double(bitPattern: bits)
    case .f32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .i64, .i32, .bool: Double(integer)
    }
  }

  /// The value as an `Int64`; floats truncate and saturate.
  package var integer: Int64 {
    switch dtype {
    case .f64, .f32: Int64(saturating: real)
    case .i64: Int64(bitPattern: bits)
    case .i32: Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .bool: Int64(bits)
    }
  }

  /// Exactly this number (−0 is not 0).
  package func isExactly(_ value: Double) -> Bool {
    dtype.isFloat ? real.bitPattern == value.bitPattern : real == value
  }
}

extension Scalar: CustomStringConvertible {
  package var description: String {
    switch dtype {
    case .f64: Double(bitPattern: bits).description
    case .f32: Float(bitPattern: UInt32(truncatingIfNeeded: bits)).description
    case .i64, .i32: String(integer)
    case .bool: bits == 0 ? "false" : "true"
    }
  }
}

extension Int64 {
  /// Truncation toward 0; NaN gives 0, values out of range the nearest limit.
  package init(saturating value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= 0x1p63 {
      self = .max
    } else if value < -0x1p63 {
      self = .min
    } else {
      self = Int64(value)
    }
  }

  package func clamped(to range: ClosedRange<Int64>) -> Int64 {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}

extension Tensor {
  /// A tensor filled with one value.
  package init(repeating value: Scalar, shape: [Int]) {
    let size = value.dtype.byteCount
    let count = Tensor.byteCount(value.dtype, shape) / size
    var bytes = [UInt8](repeating: 0, count: count * size)
    for i in 0..<count {
      for b in 0..<size { bytes[i * size + b] = UInt8(truncatingIfNeeded: value.bits >> (8 * b)) }
    }
    self.init(dtype: value.dtype, shape: shape, bytes: bytes)
  }

  /// The element at a row-major position.
  package subscript(position: Int) -> Scalar {
    switch dtype {
    case .f64: withElements(of: Double.self) { Scalar($0[position], .f64) }
    case .f32: withElements(of: Float.self) { Scalar(Double($0[position]), .f32) }
    case .i64: withElements(of: Int64.self) { Scalar($0[position], .i64) }
    case .i32: withElements(of: Int32.self) { Scalar(Int64($0[position]), .i32) }
    case .bool: Scalar(bytes[position] != 0)
    }
  }
}
