// The operators of the graph language: the one table of spelling, precedence and associativity
// that lexer, parser and printer share. What an operator means is decided in the elaborator.

/// How tightly parts of an expression hold together, loosest first.
package enum Precedence: Int, Sendable, Comparable {
  case or, and, comparison, shift, sum, product, prefix, power, postfix

  package static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }

  /// The next tighter one.
  package var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .postfix }
}

package enum Associativity: Sendable {
  case left, right
  /// `a < b < c` is a mistake.
  case none
}

/// An operator between two operands.
package enum BinaryOperator: UInt8, Sendable, Hashable, CaseIterable {
  case or, and
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  case shiftLeft, shiftRight
  case add, subtract
  case multiply, divide, floorDivide, remainder, matrixProduct
  case power

  private var row: (spelling: String, precedence: Precedence, associativity: Associativity) {
    switch self {
    case .or: ("|", .or, .left)
    case .and: ("&", .and, .left)
    case .equal: ("==", .comparison, .none)
    case .notEqual: ("!=", .comparison, .none)
    case .less: ("<", .comparison, .none)
    case .lessOrEqual: ("<=", .comparison, .none)
    case .greater: (">", .comparison, .none)
    case .greaterOrEqual: (">=", .comparison, .none)
    case .shiftLeft: ("<<", .shift, .left)
    case .shiftRight: (">>", .shift, .left)
    case .add: ("+", .sum, .left)
    case .subtract: ("-", .sum, .left)
    case .multiply: ("*", .product, .left)
    case .divide: ("/", .product, .left)
    case .floorDivide: ("//", .product, .left)
    case .remainder: ("%", .product, .left)
    case .matrixProduct: ("@", .product, .left)
    case .power: ("^", .power, .right)
    }
  }

  package var spelling: String { row.spelling }
  package var precedence: Precedence { row.precedence }
  package var associativity: Associativity { row.associativity }

  /// The loosest operator a left operand may have without parentheses.
  package var leftMinimum: Precedence {
    associativity == .left ? precedence : precedence.tighter
  }

  /// The loosest operator a right operand may have without parentheses. Prefix operators need
  /// none there: `2^-x`.
  package var rightMinimum: Precedence {
    associativity == .right ? precedence : precedence.tighter
  }
}

/// An operator before its operand.
package enum UnaryOperator: UInt8, Sendable, Hashable, CaseIterable {
  case negate, not

  package var spelling: String {
    switch self {
    case .negate: "-"
    case .not: "!"
    }
  }
}

/// Binary operators by their first two bytes, made from the table above.
struct OperatorSpellings: Sendable {
  private var single = [BinaryOperator?](repeating: nil, count: 256)
  private var double: [(first: UInt8, second: UInt8, operator: BinaryOperator)] = []

  static let shared = OperatorSpellings()

  private init() {
    for entry in BinaryOperator.allCases {
      let bytes = Array(entry.spelling.utf8)
      if bytes.count == 1 { single[Int(bytes[0])] = entry }
      if bytes.count == 2 { double.append((bytes[0], bytes[1], entry)) }
    }
  }

  /// The longest operator that starts with these bytes.
  func match(_ first: UInt8, _ second: UInt8) -> (operator: BinaryOperator, byteCount: Int)? {
    for entry in double where entry.first == first && entry.second == second {
      return (entry.operator, 2)
    }
    return single[Int(first)].map { ($0, 1) }
  }
}
