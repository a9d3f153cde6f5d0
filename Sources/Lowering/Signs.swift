// Where the sign of a float expression is written: `a + -b * c` is `a - b * c`. Every rule holds for all
// values to the bit, because IEEE rounds symmetrically; only the sign of a NaN may differ, which
// nothing can ask for without `signbit` of it.
import Graph

extension Expression {
  /// `f` of operands, with signs moved into sums and out of products.
  static func applying(_ f: ScalarFunction, _ dtype: DType, _ operands: [Expression]) -> Expression
  {
    guard dtype.isFloat, operands.contains(where: \.hasOpposite) else {
      return .apply(f, dtype, operands)
    }
    switch f {
    // a + −b = a − b, −a + b = b − a
    case .add:
      if let b = operands[1].opposite { return .apply(.subtract, dtype, [operands[0], b]) }
      if let a = operands[0].opposite { return .apply(.subtract, dtype, [operands[1], a]) }
    // a − −b = a + b
    case .subtract:
      if let b = operands[1].opposite { return .apply(.add, dtype, [operands[0], b]) }
    // −(−a) = a
    case .negate:
      if let a = operands[0].opposite { return a }
    // −a · −b = a · b
    case .multiply, .divide:
      if let a = operands[0].opposite, let b = operands[1].opposite {
        return .apply(f, dtype, [a, b])
      }
    default: break
    }
    return .apply(f, dtype, operands)
  }

  /// Whether `opposite` is something, without making it.
  private var hasOpposite: Bool {
    switch self {
    case .literal(let scalar): scalar.dtype.isFloat && scalar.real < 0
    case .apply(.negate, let dtype, _): dtype.isFloat
    case .apply(let f, let dtype, let operands) where f == .multiply || f == .divide:
      dtype.isFloat && (operands[0].hasOpposite || operands[1].hasOpposite)
    default: false
    }
  }

  /// The expression x for one that is written `−x`, or is a product with such a factor.
  private var opposite: Expression? {
    switch self {
    case .literal(let scalar):
      return scalar.dtype.isFloat && scalar.real < 0
        ? .literal(Scalar(-scalar.real, scalar.dtype)) : nil
    case .apply(.negate, let dtype, let operands): return dtype.isFloat ? operands[0] : nil
    case .apply(let f, let dtype, let operands) where f == .multiply || f == .divide:
      guard dtype.isFloat else { return nil }
      if let a = operands[0].opposite { return .apply(f, dtype, [a, operands[1]]) }
      return operands[1].opposite.map { .apply(f, dtype, [operands[0], $0]) }
    default: return nil
    }
  }
}
