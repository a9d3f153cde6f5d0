// The element types of tensors. What an operation accepts is decided by its type rule.

/// The type of a tensor's elements.
///
/// `c128` and `c64` have their place behind `f32`; see ARCHITECTURE.md.
public enum DType: String, Sendable, Hashable, CaseIterable {
  case f64, f32, i64, i32, bool

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
  public var isInteger: Bool { self == .i64 || self == .i32 }

  // What an enum of strings has by itself compares and hashes the strings.
  public static func != (a: DType, b: DType) -> Bool { !(a == b) }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(UInt8(byteCount) | (isFloat ? 0x10 : 0))
  }
}
