// The syntax tree of a StableHLO file. Pretty and generic form become the same tree: an operation
// with operands, attributes, regions and types; what its attributes are called in either form is
// known to the rule of the operation alone.

/// A file: its functions, and what its aliases stand for.
struct MLIRModule {
  var functions: [MLIRFunction] = []
  var names = NameTable()
  /// `#name = attribute`.
  var aliases: [NameID: MLIRAttribute] = [:]
  var operationCount = 0

  /// An attribute with aliases replaced.
  func resolved(_ attribute: MLIRAttribute) -> MLIRAttribute {
    var attribute = attribute
    // An alias may name another one, but not for ever.
    for _ in 0..<16 {
      guard case .alias(let name) = attribute.kind, let found = aliases[name] else { break }
      attribute = found
    }
    return attribute
  }
}

struct MLIRFunction {
  var name: String
  var nameSpan: SourceSpan
  var isPrivate: Bool
  var resultTypes: [MLIRType]
  var argumentAttributes: [[MLIRNamedAttribute]]
  var resultAttributes: [[MLIRNamedAttribute]]
  /// Its arguments are those of the block.
  var body: MLIRBlock
}

/// The only block of a region.
struct MLIRBlock {
  var arguments: [MLIRArgument] = []
  var operations: [MLIROperation] = []
  var span = SourceSpan.none
}

struct MLIRArgument {
  var name: NameID
  var span: SourceSpan
  var type: MLIRType
  /// The name in its `loc`, where there is one.
  var location: MLIRAttribute?
}

struct MLIROperation {
  var name: String
  /// Of the name.
  var span: SourceSpan
  var results: [MLIRResult] = []
  var operands: [MLIROperand] = []
  var attributes: [MLIRNamedAttribute] = []
  /// Words of the pretty form that stand alone: `GT`, `FLOAT`.
  var words: [String] = []
  var regions: [MLIRBlock] = []
  /// `nil` where the form does not tell.
  var operandTypes: [MLIRType]?
  var resultTypes: [MLIRType] = []
}

/// A name on the left, which stands for `count` results.
struct MLIRResult {
  var name: NameID
  var count: Int
  var span: SourceSpan
}

/// `%name` or `%name#index`.
struct MLIROperand {
  var name: NameID
  var index: Int
  var span: SourceSpan
}

struct MLIRNamedAttribute {
  var name: String
  var value: MLIRAttribute
}

struct MLIRAttribute {
  indirect enum Kind {
    case integer(Int)
    case float(Double)
    case flag(Bool)
    case string(String)
    /// `@name`
    case symbol(String)
    /// `GT`, or the last word of `#stablehlo<comparison_direction GT>`.
    case word(String)
    case list([MLIRAttribute])
    /// `[…] x [… ]` and `[…]x[…]->[…]`.
    case lists([[MLIRAttribute]])
    case dictionary([MLIRNamedAttribute])
    case dense(MLIRDense)
    case type(MLIRType)
    case function([MLIRType], [MLIRType])
    case alias(NameID)
    /// `loc("name")`; `nil` for any other place.
    case location(String?)
    /// Skipped.
    case opaque
  }

  var kind: Kind
  var span: SourceSpan
}

/// `dense<…> : type`
struct MLIRDense {
  enum Content {
    /// One literal for all elements.
    case splat(MLIRLiteral)
    case elements([MLIRLiteral], shape: [Int])
    /// Bytes as hexadecimal digits.
    case bytes(SourceSpan)
    case empty
  }

  var content: Content
  var type: MLIRType
}

/// A number or a bool as it is written; negative where a minus stands before it.
struct MLIRLiteral {
  var span: SourceSpan
  var isNegative: Bool
}

/// `tensor<2x?xf32>`; scalars without a tensor have no extents either.
struct MLIRType {
  enum Element: Hashable {
    case f64, f32, bool
    case integer(bits: Int, isSigned: Bool)
    /// What no tensor here can hold.
    case other(String)
  }

  var element: Element
  /// `nil` for `?`.
  var shape: [Int?] = []
  var span = SourceSpan.none

  func isSame(as other: MLIRType) -> Bool { element == other.element && shape == other.shape }
}

extension MLIRType: CustomStringConvertible {
  var description: String {
    "tensor<\(shape.map { ($0.map(String.init) ?? "?") + "x" }.joined())\(element)>"
  }
}

extension MLIRType.Element: CustomStringConvertible {
  var description: String {
    switch self {
    case .f64: "f64"
    case .f32: "f32"
    case .bool: "i1"
    case .integer(let bits, let isSigned): "\(isSigned ? "" : "u")i\(bits)"
    case .other(let text): text
    }
  }
}

/// The number of elements, where memory could be told to hold them.
func checkedCount(_ extents: [Int]) -> Int? {
  // Extents of 0 too count as 1, so that no part of the product overflows either.
  var count = 1
  for extent in extents {
    let (product, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
    if overflow || product > Int.max / 8 { return nil }
    count = product
  }
  return extents.contains(0) ? 0 : count
}
