// What is known of a value while building: dtype and extents, and the conditions on sizes that
// can only be checked at the call.

/// The type of a value: `f64[n, d]`.
public struct TensorType: Hashable, Sendable {
  /// The type of the elements.
  public var dtype: DType
  /// Extents, outermost first; empty for a scalar.
  public var shape: [DimExpr]

  /// A type of elements and extents, a scalar unless told.
  public init(_ dtype: DType, _ shape: [DimExpr] = []) {
    self.dtype = dtype
    self.shape = shape
  }

  /// The number of axes.
  public var rank: Int { shape.count }

  /// The number of elements.
  package var elementCount: DimExpr { shape.reduce(1, *) }

  package func with(dtype: DType) -> TensorType { TensorType(dtype, shape) }
  package func with(shape: [DimExpr]) -> TensorType { TensorType(dtype, shape) }
}

extension TensorType: CustomStringConvertible {
  public var description: String {
    shape.isEmpty
      ? dtype.rawValue : "\(dtype.rawValue)[\(shape.map(\.description).joined(separator: ", "))]"
  }
}

/// A condition between sizes that is checked when they are bound.
public struct Guard: Hashable, Sendable {
  public enum Relation: String, Sendable {
    /// The same number.
    case equal = "=="
    /// Another number.
    case notEqual = "!="
    /// A smaller number.
    case less = "<"
    /// A number that is not larger.
    case lessOrEqual = "<="
    /// Equal, or one of them is 1.
    case broadcastable
    /// Equal, or the left one is 1.
    case stretchable
  }

  /// The left side.
  public var lhs: DimExpr
  /// How the left side stands to the right one.
  public var relation: Relation
  /// The right side.
  public var rhs: DimExpr

  package init(_ lhs: DimExpr, _ relation: Relation, _ rhs: DimExpr) {
    self.lhs = lhs
    self.relation = relation
    self.rhs = rhs
  }

  /// Whether the condition holds for all sizes (true), for none (false), or depends (nil).
  package var decided: Bool? {
    let difference = rhs - lhs
    switch relation {
    case .equal:
      if difference.isZero { return true }
      return difference.constantValue != nil || difference.isPositive || (-difference).isPositive
        ? false : nil
    case .notEqual:
      if difference.isZero { return false }
      return difference.constantValue != nil || difference.isPositive || (-difference).isPositive
        ? true : nil
    case .less:
      if difference.isPositive { return true }
      return (-difference).isNonNegative ? false : nil
    case .lessOrEqual:
      if difference.isNonNegative { return true }
      return (-difference).isPositive ? false : nil
    case .broadcastable:
      if difference.isZero || lhs.isOne || rhs.isOne { return true }
      if lhs.constantValue != nil && rhs.constantValue != nil { return false }
      return nil
    case .stretchable:
      if difference.isZero || lhs.isOne { return true }
      if lhs.constantValue != nil && rhs.constantValue != nil { return false }
      return nil
    }
  }

  /// Whether `other` holds wherever this holds, as far as that is plain to see.
  package func implies(_ other: Guard) -> Bool {
    if [lhs, rhs, other.lhs, other.rhs].contains(where: \.isOverflow) { return false }
    return switch (relation, other.relation) {
    case (.lessOrEqual, .lessOrEqual), (.less, .lessOrEqual), (.less, .less):
      // a ≤ b implies c ≤ d where d − c ≥ b − a.
      ((other.rhs - other.lhs) - (rhs - lhs)).isNonNegative
    case (.equal, .equal), (.equal, .broadcastable):
      other.rhs - other.lhs == rhs - lhs || other.rhs - other.lhs == lhs - rhs
    case (.broadcastable, .broadcastable):
      self == other || lhs == other.rhs && rhs == other.lhs
    default: self == other
    }
  }

  /// Whether the condition holds for given values of the two sides.
  package func holds(_ a: Int, _ b: Int) -> Bool {
    switch relation {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .broadcastable: a == b || a == 1 || b == 1
    case .stretchable: a == b || a == 1
    }
  }
}

extension Guard: CustomStringConvertible {
  public var description: String {
    switch relation {
    case .broadcastable: "\(lhs) == \(rhs), or one of them 1"
    case .stretchable: "\(lhs) == \(rhs), or \(lhs) == 1"
    case .equal, .notEqual, .less, .lessOrEqual: "\(lhs) \(relation.rawValue) \(rhs)"
    }
  }
}
