// What a name in the graph language stands for: its parameters, its documentation, how a call
// becomes nodes, and the examples on which the laws test it. Operations and functions derived from
// operations are listed the same way; the reference pages are made from these entries.

/// A function that can be called by name.
package struct Entry: Sendable {
  package let name: String
  package let parameters: [Parameter]
  /// What it computes: formula, shapes, derivative, edge cases. Markdown; the first sentence is the
  /// summary.
  package let documentation: String
  /// Calls of the primitive for the laws; empty for derived functions, which are made of others.
  package let examples: [Example]
  private let givenResultCount: Int?
  private let make: @Sendable (Call) throws -> [Term]

  package init(
    _ name: String, _ parameters: [Parameter], _ documentation: String, examples: [Example] = [],
    resultCount: Int? = nil, build: @escaping @Sendable (Call) throws -> [Term]
  ) {
    givenResultCount = resultCount
    self.name = name
    self.parameters = parameters
    self.documentation = documentation
    self.examples = examples
    make = build
  }

  /// The results of a call. What a derived function is made of remembers which it was.
  package func build(_ call: Call) throws -> [Term] {
    let origin = call.builder.origin
    guard examples.isEmpty, origin.derived == 0, let place = Catalog.derivedPlaces[name] else {
      return try make(call)
    }
    call.builder.origin.derived = place
    defer { call.builder.origin = origin }
    return try make(call)
  }

  /// How many results a call has: as given, or else as the first example has.
  package var resultCount: Int {
    if let givenResultCount { return givenResultCount }
    guard let example = examples.first else { return 1 }
    let types = example.operands.map { TensorType($0.dtype, $0.shape) }
    return (try? example.operation.resultTypes(of: types).count) ?? 1
  }

  /// `sum(x, axes=…, keep=false)`
  package var signature: String {
    "\(name)(\(parameters.map(\.text).joined(separator: ", ")))"
  }

  package var summary: String {
    documentation.split(separator: "\n\n", maxSplits: 1).first.map(String.init) ?? ""
  }
}

/// A parameter of an entry; operands and attributes alike, in the order of the call.
package struct Parameter: Sendable {
  package enum Kind: Sendable, Equatable {
    case operand, operands
    case dim, dims, dimLists, flag, dtype, number
    /// One of given words.
    case word([String])
    /// Any text.
    case text
  }

  package let name: String
  package let kind: Kind
  /// Shown for a parameter that may be left out; `nil` for one that must be given.
  package let fallback: String?
  /// The dtype of numbers that are written for this operand; `nil` for that of the others.
  package let numberDType: DType?

  package init(
    _ name: String, _ kind: Kind, default fallback: String? = nil, numbers: DType? = nil
  ) {
    self.name = name
    self.kind = kind
    self.fallback = fallback
    numberDType = numbers
  }

  package static func operand(_ name: String) -> Parameter { Parameter(name, .operand) }

  /// An operand of indices.
  package static func indices(_ name: String, _ kind: Kind = .operand) -> Parameter {
    Parameter(name, kind, numbers: .i64)
  }

  package var isOperand: Bool { kind == .operand || kind == .operands }

  package var text: String {
    (fallback.map { "\(name)=\($0)" } ?? name) + (kind == .operands ? "…" : "")
  }
}

/// A call of an entry, its arguments already matched with the parameters.
package struct Call {
  package let name: String
  package let builder: GraphBuilder
  package let operands: [Term]
  package let attributes: [String: AttributeValue]

  package init(
    _ name: String, _ builder: GraphBuilder, _ operands: [Term],
    _ attributes: [String: AttributeValue]
  ) {
    self.name = name
    self.builder = builder
    self.operands = operands
    self.attributes = attributes
  }

  package func apply(_ operation: some Operation) throws -> [Term] {
    try builder.apply(operation, operands)
  }

  package func dim(_ name: String) throws(TypeRuleError) -> DimExpr? {
    guard let value = attributes[name] else { return nil }
    if case .dim(let e) = value { return e }
    throw wrong(name, "a size", value)
  }

  package func integer(_ name: String) throws(TypeRuleError) -> Int? {
    guard let e = try dim(name) else { return nil }
    guard let value = e.constantValue else {
      throw TypeRuleError("\(self.name) needs a plain number for \(name), found \(e)")
    }
    return value
  }

  package func dims(_ name: String) throws(TypeRuleError) -> [DimExpr]? {
    guard let value = attributes[name] else { return nil }
    switch value {
    case .dims(let list): return list
    case .dim(let e): return [e]
    default: throw wrong(name, "a list of sizes", value)
    }
  }

  package func integers(_ name: String) throws(TypeRuleError) -> [Int]? {
    guard let list = try dims(name) else { return nil }
    var integers: [Int] = []
    for e in list {
      guard let value = e.constantValue else {
        throw TypeRuleError("\(self.name) needs plain numbers for \(name), found \(e)")
      }
      integers.append(value)
    }
    return integers
  }

  package func dimLists(_ name: String) throws(TypeRuleError) -> [[DimExpr]]? {
    guard let value = attributes[name] else { return nil }
    switch value {
    case .dimLists(let lists): return lists
    case .dims(let list) where list.isEmpty: return []
    default: throw wrong(name, "a list of lists of sizes", value)
    }
  }

  package func flag(_ name: String) throws(TypeRuleError) -> Bool? {
    guard let value = attributes[name] else { return nil }
    if case .flag(let flag) = value { return flag }
    throw wrong(name, "true or false", value)
  }

  /// A plain number.
  package func number(_ name: String) throws(TypeRuleError) -> Double? {
    guard let value = attributes[name] else { return nil }
    if case .scalar(let scalar) = value { return scalar.real }
    throw wrong(name, "a number", value)
  }

  package func dtype(_ name: String) throws(TypeRuleError) -> DType? {
    guard let value = attributes[name] else { return nil }
    if case .dtype(let dtype) = value { return dtype }
    throw wrong(name, "a dtype", value)
  }

  package func word<T: RawRepresentable & CaseIterable>(
    _ name: String, of type: T.Type
  ) throws(TypeRuleError) -> T? where T.RawValue == String {
    guard let value = attributes[name] else { return nil }
    if case .word(let word) = value, let choice = T(rawValue: word) { return choice }
    let choices = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    throw wrong(name, "one of \(choices)", value)
  }

  package func text(_ name: String) throws(TypeRuleError) -> String? {
    guard let value = attributes[name] else { return nil }
    if case .word(let text) = value { return text }
    throw wrong(name, "a text", value)
  }

  /// Axes of an operand: negative ones count from the end, none may be named twice. All axes where
  /// the attribute is left out.
  package func axes(_ name: String, of operand: Term) throws(TypeRuleError) -> [Int] {
    guard let listed = try integers(name) else { return Array(0..<operand.rank) }
    var axes: [Int] = []
    for axis in listed {
      let normal = try normalized(axis, rank: operand.rank)
      if axes.contains(normal) { throw TypeRuleError("\(self.name) names axis \(axis) twice") }
      axes.append(normal)
    }
    return axes.sorted()
  }

  package func axis(
    _ name: String, of operand: Term, default fallback: Int
  ) throws(TypeRuleError) -> Int {
    try normalized(try integer(name) ?? fallback, rank: operand.rank)
  }

  /// An axis counted from 0, for one that may count from the end.
  package func normalized(_ axis: Int, rank: Int) throws(TypeRuleError) -> Int {
    guard axis >= -rank && axis < rank else {
      throw TypeRuleError(
        "\(name) has no axis \(axis): the operand has rank \(rank)",
        help: rank == 0
          ? nil
          : rank == 1
            ? "its only axis is 0" : "axes run from 0 to \(rank - 1), or from -\(rank) to -1")
    }
    return axis < 0 ? axis + rank : axis
  }

  private func wrong(_ name: String, _ needed: String, _ found: AttributeValue) -> TypeRuleError {
    TypeRuleError("\(self.name) needs \(needed) for \(name), found \(found.text)")
  }
}

extension AttributeValue {
  /// As it is written in the graph language.
  package var text: String {
    switch self {
    case .dim(let e): e.description
    case .dims(let list): "[\(list.map(\.description).joined(separator: ", "))]"
    case .dimLists(let lists):
      "[\(lists.map { AttributeValue.dims($0).text }.joined(separator: ", "))]"
    case .flag(let flag): flag ? "true" : "false"
    case .dtype(let dtype): dtype.rawValue
    case .word(let word): "\"\(word)\""
    case .scalar(let scalar): scalar.description
    case .tensor(let tensor): "\(tensor.dtype)\(tensor.shape)"
    case .region(let region): "{\(region.graph.name)}"
    }
  }
}

/// An application of a primitive on which the laws are tested.
package struct Example: Sendable {
  package let operation: any Operation
  package let operands: [Operand]
  /// Relative to the largest element; absolute below 1. Doubled digits for f32 are derived.
  package let tolerance: Double

  package struct Operand: Sendable {
    package let dtype: DType
    package let shape: [DimExpr]
    /// Values are drawn uniformly from here; integers are rounded.
    package let range: ClosedRange<Double>
    /// All values differ by enough for differences to be taken safely.
    package let distinct: Bool
    /// Added to the diagonal of each matrix: so much to its first element, twice that to the second
    /// one, and so on. Makes matrices that are far from singular, with values far apart.
    package let diagonal: Double

    package init(
      _ dtype: DType, _ shape: [DimExpr], in range: ClosedRange<Double> = -2...2,
      distinct: Bool = false, diagonal: Double = 0
    ) {
      self.dtype = dtype
      self.shape = shape
      self.range = range
      self.distinct = distinct
      self.diagonal = diagonal
    }
  }

  package init(
    _ operation: some Operation, _ operands: [Operand], tolerance: Double = 1e-12
  ) {
    self.operation = operation
    self.operands = operands
    self.tolerance = tolerance
  }

  /// Float operands of given shapes.
  package init(
    _ operation: some Operation, _ shapes: [DimExpr]..., distinct: Bool = false,
    tolerance: Double = 1e-12
  ) {
    self.init(
      operation, shapes.map { Operand(.f64, $0, distinct: distinct) }, tolerance: tolerance)
  }
}

extension DimExpr: ExpressibleByStringLiteral {
  /// The size of that name.
  public init(stringLiteral value: String) { self = .symbol(value) }
}
