// The element types of tensors. What an operation accepts is decided by its type rule.

/// The type of a tensor's elements.
///
/// `c128` and `c64` have their place behind `f32`; see ARCHITECTURE.md.
public enum DType: String, Sendable, Hashable, CaseIterable {
  /// Floating-point numbers of 64 bits, `Double`.
  case f64
  /// Floating-point numbers of 32 bits, `Float`.
  case f32
  /// Whole numbers of 64 bits, `Int64`.
  case i64
  /// Whole numbers of 32 bits, `Int32`.
  case i32
  /// Truth values, one byte each.
  case bool

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .bool: 1
    }
  }

  /// Has a derivative.
  public var isFloat: Bool { self == .f64 || self == .f32 }
  /// Holds whole numbers; `bool` does not.
  public var isInteger: Bool { self == .i64 || self == .i32 }

  // What an enum of strings has by itself compares and hashes the strings.

  /// Are two types.
  public static func != (a: DType, b: DType) -> Bool { !(a == b) }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(UInt8(byteCount) | (isFloat ? 0x10 : 0))
  }
}
