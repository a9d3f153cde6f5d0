// Operators on traced tensors, and beside numbers. A number takes the dtype of the tensor beside it
// and stands in the program itself.
import Graph

extension Scalar {
  /// A number beside a tensor of a dtype.
  /// - Throws: `TraceError` for one that the dtype does not have; floats round.
  init(number value: Double, _ dtype: DType) throws(TraceError) {
    self.init(value, dtype)
    // Compared as whole numbers: the largest i64 is equal to 2⁶³ as a Double.
    if !dtype.isFloat, Int64(exactly: value) != integer {
      throw TraceError(
        "literal", "\(value) is no \(dtype)",
        help: "convert the tensor first: x.converted(to: .f64)")
    }
  }
}

extension TracedTensor {
  /// A number as the dtype of this tensor has it, or another dtype, in the program itself.
  func number(_ value: Double, _ other: DType? = nil) -> TracedTensor {
    .literal(value, other ?? dtype)
  }

  // MARK: - Arithmetic, with broadcasting

  /// The sum.
  public static func + (a: Self, b: Self) -> Self { apply(.add, [a, b]) }
  /// The difference.
  public static func - (a: Self, b: Self) -> Self { apply(.subtract, [a, b]) }
  /// The product, element by element; `matmul` is that of matrices.
  public static func * (a: Self, b: Self) -> Self { apply(.multiply, [a, b]) }
  /// The quotient; rounded toward −∞ for integers.
  public static func / (a: Self, b: Self) -> Self {
    apply(a.dtype.isInteger ? .floorDivide : .divide, [a, b])
  }
  /// The remainder of the quotient rounded toward −∞: it has the sign of the divisor.
  public static func % (a: Self, b: Self) -> Self { apply(.mod, [a, b]) }
  /// The tensor with its sign changed.
  public static prefix func - (a: Self) -> Self { apply(.negate, [a]) }

  public static func + (a: Self, b: Double) -> Self { a + a.number(b) }
  public static func - (a: Self, b: Double) -> Self { a - a.number(b) }
  public static func * (a: Self, b: Double) -> Self { a * a.number(b) }
  public static func / (a: Self, b: Double) -> Self { a / a.number(b) }
  public static func + (a: Double, b: Self) -> Self { b.number(a) + b }
  public static func - (a: Double, b: Self) -> Self { b.number(a) - b }
  public static func * (a: Double, b: Self) -> Self { b.number(a) * b }
  public static func / (a: Double, b: Self) -> Self { b.number(a) / b }

  /// Replaces the variable by the sum; tensors made of it before stay what they are.
  public static func += (a: inout Self, b: Self) { a = a + b }
  /// Replaces the variable by the difference.
  public static func -= (a: inout Self, b: Self) { a = a - b }
  /// Replaces the variable by the product.
  public static func *= (a: inout Self, b: Self) { a = a * b }
  /// Replaces the variable by the quotient.
  public static func /= (a: inout Self, b: Self) { a = a / b }

  // MARK: - Comparisons, which give tensors of dtype bool and no `Bool`

  /// Where elements are equal; NaN equals nothing.
  public static func == (a: Self, b: Self) -> Self { apply(.equal, [a, b]) }
  /// Where elements differ; NaN differs from itself.
  public static func != (a: Self, b: Self) -> Self { apply(.notEqual, [a, b]) }
  /// Where the left element is smaller.
  public static func < (a: Self, b: Self) -> Self { apply(.less, [a, b]) }
  /// Where the left element is smaller or equal.
  public static func <= (a: Self, b: Self) -> Self { apply(.lessEqual, [a, b]) }
  /// Where the left element is larger.
  public static func > (a: Self, b: Self) -> Self { apply(.greater, [a, b]) }
  /// Where the left element is larger or equal.
  public static func >= (a: Self, b: Self) -> Self { apply(.greaterEqual, [a, b]) }
  public static func == (a: Self, b: Double) -> Self { a == a.number(b) }
  public static func != (a: Self, b: Double) -> Self { a != a.number(b) }
  public static func < (a: Self, b: Double) -> Self { a < a.number(b) }
  public static func <= (a: Self, b: Double) -> Self { a <= a.number(b) }
  public static func > (a: Self, b: Double) -> Self { a > a.number(b) }
  public static func >= (a: Self, b: Double) -> Self { a >= a.number(b) }

  // MARK: - Logic, element by element; bits of integers

  /// And, of bools or of the bits of integers; both sides are computed.
  public static func & (a: Self, b: Self) -> Self { apply(.and, [a, b]) }
  /// Or, of bools or of the bits of integers; both sides are computed.
  public static func | (a: Self, b: Self) -> Self { apply(.or, [a, b]) }
  /// Either but not both, of bools or of the bits of integers.
  public static func ^ (a: Self, b: Self) -> Self { apply(.xor, [a, b]) }
  /// Not, of bools or of the bits of integers.
  public static prefix func ! (a: Self) -> Self { apply(.not, [a]) }

  /// xʸ, with broadcasting.
  public func pow(_ exponent: TracedTensor) -> TracedTensor { Self.apply(.pow, [self, exponent]) }
  public func pow(_ exponent: Double) -> TracedTensor { pow(number(exponent)) }

  /// `then` where `condition` holds, else `otherwise`, element by element. Both are computed; what is
  /// not taken leaves no trace in the derivative. See `branch` to compute only one.
  public static func select(
    _ condition: TracedTensor, _ then: TracedTensor, _ otherwise: TracedTensor
  ) -> TracedTensor {
    apply(.select, [condition, then, otherwise])
  }
  public static func select(
    _ condition: TracedTensor, _ then: TracedTensor, _ otherwise: Double
  ) -> TracedTensor {
    select(condition, then, then.number(otherwise))
  }
  public static func select(
    _ condition: TracedTensor, _ then: Double, _ otherwise: TracedTensor
  ) -> TracedTensor {
    select(condition, otherwise.number(then), otherwise)
  }
}

/// The larger element of each pair, with broadcasting; ties share the cotangent.
public func max(_ a: TracedTensor, _ b: TracedTensor) -> TracedTensor {
  TracedTensor.apply(.max, [a, b])
}
public func max(_ a: TracedTensor, _ b: Double) -> TracedTensor { max(a, a.number(b)) }
public func max(_ a: Double, _ b: TracedTensor) -> TracedTensor { max(b.number(a), b) }

/// The smaller element of each pair, with broadcasting; ties share the cotangent.
public func min(_ a: TracedTensor, _ b: TracedTensor) -> TracedTensor {
  TracedTensor.apply(.min, [a, b])
}
public func min(_ a: TracedTensor, _ b: Double) -> TracedTensor { min(a, a.number(b)) }
public func min(_ a: Double, _ b: TracedTensor) -> TracedTensor { min(b.number(a), b) }

/// The absolute value; its derivative at 0 is 0.
public func abs(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.abs, [x]) }
/// The square root; NaN below 0.
public func sqrt(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.sqrt, [x]) }
/// eˣ.
public func exp(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.exp, [x]) }
/// The natural logarithm; −∞ at 0, NaN below.
public func log(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.log, [x]) }
/// The sine of an angle in radians.
public func sin(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.sin, [x]) }
/// The cosine of an angle in radians.
public func cos(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.cos, [x]) }
/// The tangent of an angle in radians.
public func tan(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.tan, [x]) }
/// The angle of the point (x, y) in radians, from −π to π.
public func atan2(_ y: TracedTensor, _ x: TracedTensor) -> TracedTensor {
  TracedTensor.apply(.atan2, [y, x])
}
/// The hyperbolic tangent.
public func tanh(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.tanh, [x]) }
/// 1 / (1 + e⁻ˣ), without overflow.
public func sigmoid(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.sigmoid, [x]) }
/// log(1 + eˣ), without overflow.
public func softplus(_ x: TracedTensor) -> TracedTensor { TracedTensor.apply(.softplus, [x]) }

/// The matrix product: sums over the last axis of `a` and the last but one of `b` (the only one of a
/// vector). Axes before the last two broadcast.
public func matmul(_ a: TracedTensor, _ b: TracedTensor) -> TracedTensor {
  TracedTensor.built("matmul", [a, b]) { _, terms in [try Derived.product(terms[0], terms[1])] }[0]
}

/// A sum of products, with a label for each axis: `einsum("ij,jk->ik", a, b)` is the matrix product.
///
/// Axes of one label run along together, and labels that the result does not have are summed over; see
/// `einsum` in docs/operations.md. For operands in an array there is `op.einsum(subscripts, array)`.
public func einsum(_ subscripts: String, _ operands: TracedTensor...) -> TracedTensor {
  NamedOperation(name: "einsum").results([("", subscripts), ("", operands)])[0]
}
