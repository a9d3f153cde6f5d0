// Whole numbers of any width and sign in the two integer dtypes there are: narrow ones live in i32,
// unsigned ones in i64, and what leaves the range is wrapped back behind each operation that may
// leave it. ui64 has the bits of an i64.
import Graph

/// The integers of a type like `i8` or `ui32`.
struct WholeNumbers: Hashable {
  let bits: Int
  let isSigned: Bool

  /// The dtype whose elements hold them.
  var storage: DType { bits == 64 || !isSigned ? .i64 : .i32 }

  /// The numbers from the least to the greatest one; those of ui64 are told by their bits.
  var range: ClosedRange<Int64> {
    if bits == 64 { return .min ... .max }
    return isSigned ? -1 << Int64(bits - 1)...1 << Int64(bits - 1) - 1 : 0...1 << Int64(bits) - 1
  }

  func wrapped(_ value: Int64) -> Int64 {
    if bits == 64 { return value }
    let low = value & (1 << Int64(bits) - 1)
    return isSigned && low >> Int64(bits - 1) != 0 ? low - 1 << Int64(bits) : low
  }

  func scalar(_ value: Int64) -> Scalar { Scalar(wrapped(value), storage) }

  /// The numbers that a result of arithmetic stands for.
  func wrapped(_ term: Term) -> Term {
    // What fills its dtype has wrapped by itself.
    if bits == 8 * term.dtype.byteCount { return term }
    let builder = term.builder
    func number(_ value: Int64) -> Term { builder.constant(Scalar(value, term.dtype)) }
    if !isSigned { return apply(.and, term, number(range.upperBound)) }
    // The sign bit goes to the top and back.
    let shift = number(Int64(8 * term.dtype.byteCount - bits))
    return apply(.shiftRight, apply(.shiftLeft, term, shift), shift)
  }

  /// The nearest numbers.
  func clamped(_ term: Term) -> Term {
    if bits == 8 * term.dtype.byteCount { return term }
    func number(_ value: Int64) -> Term { term.builder.constant(Scalar(value, term.dtype)) }
    return apply(
      .min, apply(.max, term, number(range.lowerBound)), number(range.upperBound))
  }

  /// What `wrapped` was applied to; the value itself where it was not.
  func unwrapped(_ value: Value, in graph: Graph) -> Value {
    func operand(of value: Value, _ function: ScalarFunction, _ number: Int64) -> Value? {
      guard let node = graph.definingNode(of: value),
        graph.nodes[node].primitive.function == function
      else { return nil }
      let operands = Array(graph.operands(of: node))
      return graph.literal(operands[1])?.integer == number ? operands[0] : nil
    }
    if bits == 8 * storage.byteCount { return value }
    if !isSigned { return operand(of: value, .and, range.upperBound) ?? value }
    let shift = Int64(8 * storage.byteCount - bits)
    return operand(of: value, .shiftRight, shift).flatMap { operand(of: $0, .shiftLeft, shift) }
      ?? value
  }
}

extension MLIRType.Element {
  var wholeNumbers: WholeNumbers? {
    if case .integer(let bits, let isSigned) = self {
      return WholeNumbers(bits: bits, isSigned: isSigned)
    }
    return nil
  }

  /// The dtype whose elements hold those of the type; `nil` where none can.
  var storage: DType? {
    switch self {
    case .f64: .f64
    case .f32: .f32
    case .bool: .bool
    case .integer(let bits, let isSigned): WholeNumbers(bits: bits, isSigned: isSigned).storage
    case .other: nil
    }
  }

  /// Bytes of an element in a file.
  var byteCount: Int {
    switch self {
    case .f64: 8
    case .f32: 4
    case .bool: 1
    case .integer(let bits, _): bits / 8
    case .other: 1
    }
  }

  var isFloat: Bool { self == .f64 || self == .f32 }

  var isUnsigned64: Bool { self == .integer(bits: 64, isSigned: false) }
}
