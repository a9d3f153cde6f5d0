// What an expression stands for while a file is elaborated. Numbers, sizes and array literals take
// the dtype of what they meet; until then they have none.
import Graph

/// The meaning of an expression.
enum Item {
  case term(Term)
  /// A call with several results.
  case tuple([Term])
  case integer(Int)
  case real(Double)
  /// An expression of sizes, as a number.
  case extent(DimExpr)
  case array(ArrayLiteral)
  /// A mistake that has been reported.
  case invalid

  /// An expression of sizes; a plain number where no size is left in it.
  static func size(_ e: DimExpr) -> Item { e.constantValue.map { .integer($0) } ?? .extent(e) }

  /// Has a dtype of its own.
  var term: Term? {
    if case .term(let term) = self { term } else { nil }
  }

  var isInvalid: Bool {
    if case .invalid = self { true } else { false }
  }

  /// The sizes it is, for a plain number or an expression of sizes.
  var dimExpr: DimExpr? {
    switch self {
    case .integer(let value): DimExpr(value)
    case .extent(let e): e
    default: nil
    }
  }

  /// As it is said what was found where something else is needed.
  var description: String {
    switch self {
    case .term(let term): "\(term.type)"
    case .tuple(let terms): counted(terms.count, "result")
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .extent(let e): "the size \(e)"
    case .array: "an array"
    case .invalid: "a mistake"
    }
  }

  /// The dtype it takes where nothing says otherwise.
  var naturalDType: DType {
    switch self {
    case .term(let term): term.dtype
    case .tuple, .invalid, .real: .f64
    case .integer, .extent: .i64
    case .array(let array): array.naturalDType
    }
  }
}

/// Numbers in brackets.
struct ArrayLiteral {
  enum Element {
    case integer(Int)
    case real(Double)
    case bool(Bool)
  }

  var shape: [Int]
  var elements: [Element]

  var naturalDType: DType {
    var dtype = DType.i64
    for element in elements {
      switch element {
      case .real: return .f64
      case .bool: dtype = .bool
      case .integer: break
      }
    }
    return elements.isEmpty ? .f64 : dtype
  }

  /// The same with the opposite signs; `nil` for bools and where that does not fit 64 bits.
  var negated: ArrayLiteral? {
    var result = self
    for (index, element) in elements.enumerated() {
      switch element {
      case .integer(.min), .bool: return nil
      case .integer(let value): result.elements[index] = .integer(-value)
      case .real(let value): result.elements[index] = .real(-value)
      }
    }
    return result
  }

  /// The array in a dtype, or `nil` where an element has no place in it.
  func tensor(_ dtype: DType) -> Tensor? {
    var scalars: [Scalar] = []
    scalars.reserveCapacity(elements.count)
    for element in elements {
      switch element {
      case .integer(let value):
        guard dtype != .bool, let scalar = Scalar(exactly: value, dtype) else { return nil }
        scalars.append(scalar)
      case .real(let value):
        guard dtype.isFloat else { return nil }
        scalars.append(Scalar(value, dtype))
      case .bool(let value):
        guard dtype == .bool else { return nil }
        scalars.append(Scalar(value))
      }
    }
    return Tensor(scalars, dtype, shape)
  }
}

extension Scalar {
  /// A whole number in a dtype; `nil` where an i32 cannot hold it.
  init?(exactly value: Int, _ dtype: DType) {
    if dtype == .bool || dtype == .i32 && Int32(exactly: value) == nil { return nil }
    self.init(Int64(value), dtype)
  }
}
