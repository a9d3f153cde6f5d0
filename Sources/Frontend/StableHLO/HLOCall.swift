// What the rule of an operation sees: operands as terms, attributes by any of their names, declared
// types.
import Graph

/// How an operation of a file becomes operations of a graph.
struct HLORule: Sendable {
  typealias Build = @Sendable (inout StableHLOElaborator, HLOCall) throws -> [Term]

  var arity: ClosedRange<Int> = 0...Int.max
  /// What to do instead, for an operation that is known and not supported.
  var refusal: String?
  var build: Build

  init(_ arity: ClosedRange<Int>, _ build: @escaping Build) {
    self.arity = arity
    self.build = build
  }

  /// - Parameter arity: the number of operands.
  init(_ arity: Int, _ build: @escaping Build) { self.init(arity...arity, build) }

  static func refused(_ help: String) -> HLORule {
    var rule = HLORule(0...Int.max) { _, _ in [] }
    rule.refusal = help
    return rule
  }
}

/// An application of an operation.
struct HLOCall {
  let operation: MLIROperation
  let operands: [Term]
  let builder: GraphBuilder
  private let module: MLIRModule
  private let bytes: [UInt8]

  init(
    _ operation: MLIROperation, _ operands: [Term], _ elaborator: borrowing StableHLOElaborator
  ) {
    self.operation = operation
    self.operands = operands
    builder = elaborator.builder
    module = elaborator.module
    bytes = elaborator.source.bytes
  }

  var span: SourceSpan { operation.span }

  func unsupported(_ what: String, help: String? = nil) -> Diagnostic {
    Diagnostic(
      "\(operation.name) \(what) is not supported", at: span, help: help, isUnsupported: true)
  }

  // MARK: - Types

  /// The declared type of a result.
  func type(_ k: Int = 0) throws -> MLIRType {
    guard operation.resultTypes.indices.contains(k) else {
      throw TypeRuleError("needs the type of its result")
    }
    return operation.resultTypes[k]
  }

  func element(_ k: Int = 0) throws -> MLIRType.Element { try type(k).element }

  /// The declared type of an operand's elements.
  func operandElement(_ k: Int) -> MLIRType.Element {
    if let types = operation.operandTypes, types.indices.contains(k) { return types[k].element }
    switch operands[k].dtype {
    case .f64: return .f64
    case .f32: return .f32
    case .bool: return .bool
    case .i64: return .integer(bits: 64, isSigned: true)
    case .i32: return .integer(bits: 32, isSigned: true)
    }
  }

  func dtype(_ k: Int = 0) throws -> DType {
    guard let dtype = try element(k).storage else {
      throw unsupported("of \(try element(k))")
    }
    return dtype
  }

  /// The declared extents of a result, all of which must be known.
  func shape(_ k: Int = 0) throws -> [DimExpr] {
    let type = try type(k)
    let known = type.shape.compactMap { $0 }
    guard known.count == type.shape.count else {
      throw TypeRuleError("needs known extents, found \(type)")
    }
    return known.map { DimExpr($0) }
  }

  /// A term with the extents that are declared for it.
  func conformed(_ term: Term, to type: MLIRType, _ what: String) throws -> Term {
    guard term.dtype == type.element.storage, term.rank == type.shape.count,
      !zip(term.shape, type.shape).contains(where: { found, declared in
        declared.map { Guard(found, .equal, DimExpr($0)).decided == false } ?? false
      })
    else { throw TypeRuleError("\(what) is \(term.type), declared as \(type)") }
    // What is declared holds, which is checked at the call.
    return term.reshaped(
      to: zip(term.shape, type.shape).map { found, declared in
        declared.map { DimExpr($0) } ?? found
      })
  }

  // MARK: - Attributes

  /// An attribute by the first of its names that is there.
  func attribute(_ names: String...) -> MLIRAttribute? { attribute(names) }

  private func attribute(_ names: [String]) -> MLIRAttribute? {
    for name in names {
      if let found = operation.attributes.first(where: { $0.name == name }) {
        return module.resolved(found.value)
      }
    }
    return nil
  }

  /// Numbers in a list or in a constant; `nil` where there is no such attribute.
  func integers(_ names: String...) throws -> [Int]? {
    try attribute(names).map { try integers($0) }
  }

  func integers(_ attribute: MLIRAttribute) throws -> [Int] {
    switch attribute.kind {
    case .integer(let value): return [value]
    case .list(let list):
      return try list.map { item in
        switch module.resolved(item).kind {
        case .integer(let value): return value
        case .flag(let flag): return flag ? 1 : 0
        default: throw Diagnostic("expected a whole number", at: item.span)
        }
      }
    case .dense(let dense):
      let tensor = try dense.tensor(bytes, at: attribute.span)
      guard !tensor.dtype.isFloat else {
        throw Diagnostic("expected whole numbers", at: attribute.span)
      }
      guard let count = checkedCount(dense.type.shape.compactMap { $0 }), count <= 1 << 16 else {
        throw Diagnostic("expected a few numbers", at: attribute.span)
      }
      let values = tensor.integers.map { Int($0) }
      return tensor.shape.isEmpty && !dense.type.shape.isEmpty
        ? [Int](repeating: values[0], count: count) : values
    default: throw Diagnostic("expected whole numbers", at: attribute.span)
    }
  }

  func integer(_ names: String...) throws -> Int? {
    try attribute(names).map { found in
      let values = try integers(found)
      guard values.count == 1 else {
        throw Diagnostic("expected one whole number", at: found.span)
      }
      return values[0]
    }
  }

  func needed<T>(_ value: T?, _ name: String) throws -> T {
    guard let value else { throw TypeRuleError("needs \(name)") }
    return value
  }

  /// Pairs of numbers: `[[1, 2], [0, 0]]` or a constant of two columns.
  func pairs(_ names: String...) throws -> [[Int]]? {
    guard let found = attribute(names) else { return nil }
    let flat: [Int]
    switch found.kind {
    case .list(let rows) where rows.contains { if case .list = $0.kind { true } else { false } }:
      return try rows.map(integers)
    default: flat = try integers(found)
    }
    return stride(from: 0, to: flat.count - 1, by: 2).map { [flat[$0], flat[$0 + 1]] }
  }

  func flag(_ names: String...) throws -> Bool? {
    guard let found = attribute(names) else { return nil }
    switch found.kind {
    case .flag(let flag): return flag
    case .integer(let value): return value != 0
    default: throw Diagnostic("expected true or false", at: found.span)
    }
  }

  /// A word: of the pretty form, by its place, or of an attribute.
  func word(_ place: Int, _ names: String...) -> String? {
    if operation.words.indices.contains(place) { return operation.words[place] }
    switch attribute(names)?.kind {
    case .word(let word)?, .string(let word)?, .symbol(let word)?: return word
    default: return nil
    }
  }

  /// A call that sees the entries of an attribute as attributes of its own: dimension numbers.
  func inside(_ names: String...) throws -> HLOCall {
    guard let found = attribute(names) else { return self }
    guard case .dictionary(let entries) = found.kind else {
      throw Diagnostic("expected {name = value, …}", at: found.span)
    }
    return with(attributes: entries + operation.attributes)
  }

  func with(attributes: [MLIRNamedAttribute]) -> HLOCall {
    HLOCall(self, attributes, operands)
  }

  func with(operands: [Term]) -> HLOCall { HLOCall(self, operation.attributes, operands) }

  private init(_ call: HLOCall, _ attributes: [MLIRNamedAttribute], _ operands: [Term]) {
    var operation = call.operation
    operation.attributes = attributes
    self.operation = operation
    self.operands = operands
    builder = call.builder
    module = call.module
    bytes = call.bytes
  }

  /// The constant in `value`.
  func constant() throws -> Term {
    guard let found = attribute("value"), case .dense(let dense) = found.kind else {
      throw TypeRuleError("needs a constant: dense<…>")
    }
    let term = builder.constant(try dense.tensor(bytes, at: found.span))
    let shape = dense.type.shape.compactMap { $0.map { DimExpr($0) } }
    return term.rank == 0 && !shape.isEmpty ? term.broadcast(to: shape, axes: []) : term
  }

  /// One of a few regions.
  func region(_ k: Int) throws -> MLIRBlock {
    guard operation.regions.indices.contains(k) else {
      throw TypeRuleError("needs \(counted(k + 1, "region")), found \(operation.regions.count)")
    }
    return operation.regions[k]
  }
}

/// Something went wrong that has been reported.
struct Poisoned: Error {}
