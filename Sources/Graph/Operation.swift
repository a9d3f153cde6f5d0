// What an operation is: one type that holds its name, parameters, type rule, derivative,
// transpose and batching rules, its meaning for the compiler and an independent evaluation. All
// are requirements, so an operation without a rule does not compile. Nothing outside the file of
// an operation knows it by name.

/// A primitive: an operation with its parameters.
package protocol Operation: Hashable, Sendable {
  /// The name in the graph language, in messages and in documents.
  var name: String { get }

  /// The parameters, as written in the graph language. Together with the name they say everything
  /// that is in the primitive, unless `isToldByAttributes` says otherwise.
  var attributes: [Attribute] { get }

  /// Whether equal names and attributes make equal operations; where not, keys of graphs compare the
  /// operations themselves.
  var isToldByAttributes: Bool { get }

  /// The parameters that are written; all of them unless the reader knows the others otherwise.
  var writtenAttributes: [Attribute] { get }

  /// The type rule.
  func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType]

  /// Conditions on sizes that the type rule leaves to the call.
  func guards(of operands: [TensorType]) -> [Guard]

  /// The derivative: a tangent for each result, from the tangents of the operands (`nil` where an
  /// operand does not vary, and for a result that then does not vary). Linear in the tangents.
  func jvp(_ rule: JVPRule) throws -> [Term?]

  /// The transpose: a cotangent for each linear operand, from those of the results (`nil` where a
  /// result is not used). Asked only where the operation is linear in those operands jointly.
  func transpose(_ rule: TransposeRule) throws -> [Term?]

  /// The operation on operands of which some have an extra axis in front; every result gets it.
  func batch(_ rule: BatchRule) throws -> [Term]

  /// What it computes, as index arithmetic, for the compiler.
  func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning

  /// The function, for an operation that applies one to every element.
  var scalarFunction: ScalarFunction? { get }

  /// The value, for an operation that is one.
  var literalValue: Scalar? { get }

  /// The graphs inside, for an operation that runs some.
  var regions: [Region] { get }

  /// What the operation stands for, for one that is there for its derivative only: operations that
  /// compute the same, added to `builder`. Asked for when no derivative is wanted any more.
  func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]?

  /// Stands for other operations, though it has no region; `expansion` says for which.
  var isComposed: Bool { get }

  /// What is wrong with data for which there is no result, for an operation that ends the call then;
  /// `nil` for one that has a result for all data.
  var failure: String? { get }

  /// Has no meaning for the compiler: it is evaluated in Swift, between kernels.
  var runsOnHost: Bool { get }

  /// The same application in canonical form, for an operation with regions; `nil` where it is.
  func canonical(_ operands: [Value], in graph: Graph) -> Application?

  /// What it computes, straightforwardly and independently of `meaning`, for the reference
  /// evaluator. `size` gives the value of a size expression.
  func evaluate(_ call: ReferenceCall) throws -> [Tensor]
}

/// A parameter of a primitive.
package struct Attribute: Hashable, Sendable {
  package let name: String
  package let value: AttributeValue

  package init(_ name: String, _ value: AttributeValue) {
    self.name = name
    self.value = value
  }
}

package enum AttributeValue: Hashable, Sendable {
  case dim(DimExpr)
  case dims([DimExpr])
  case dimLists([[DimExpr]])
  case flag(Bool)
  case dtype(DType)
  case word(String)
  case scalar(Scalar)
  case tensor(Tensor)
  case region(Region)

  package static func integers(_ values: [Int]) -> AttributeValue {
    .dims(values.map { DimExpr($0) })
  }
}

extension Operation {
  package var attributes: [Attribute] { [] }
  package var isToldByAttributes: Bool { true }
  package var writtenAttributes: [Attribute] { attributes }
  package func guards(of operands: [TensorType]) -> [Guard] { [] }
  package var scalarFunction: ScalarFunction? { nil }
  package var literalValue: Scalar? { nil }
  package var regions: [Region] { [] }
  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? { nil }
  package func canonical(_ operands: [Value], in graph: Graph) -> Application? { nil }
  package var isComposed: Bool { false }
  package var failure: String? { nil }
  package var runsOnHost: Bool { false }

  package func isEqual(to other: any Operation) -> Bool { (other as? Self) == self }

  /// The size expressions among the attributes.
  package var sizes: [DimExpr] {
    attributes.flatMap { attribute -> [DimExpr] in
      switch attribute.value {
      case .dim(let e): [e]
      case .dims(let list): list
      case .dimLists(let lists): lists.flatMap { $0 }
      case .flag, .dtype, .word, .scalar, .tensor, .region: []
      }
    }
  }

}

extension Operation {
  /// The type rule, with what holds for every operation: sizes are in range, conditions that cannot
  /// hold are errors, and stacks of unknown height are read by loops only.
  package func checkedTypes(of operands: [TensorType]) throws -> [TensorType] {
    if let stack = operands.first(where: \.isUnbounded), !(self is Loop) {
      throw TypeRuleError(
        "\(name) cannot read \(stack), which has a row for each step of a loop",
        help: "scan it in a loop, or give the loop that makes it a limit")
    }
    let types = try resultTypes(of: operands)
    if let condition = guards(of: operands).first(where: { $0.decided == false }) {
      throw TypeRuleError("\(name) needs \(condition)")
    }
    for type in types {
      if type.shape.contains(where: \.isOverflow) {
        throw TypeRuleError("\(name) gives a size that is out of range")
      }
      if type.shape.contains(where: { $0.constantValue.map { $0 < 0 } ?? false }) {
        throw TypeRuleError("\(name) gives an array of negative size: \(type)")
      }
    }
    return types
  }
}

/// The operands do not fit the operation: a user's error, found by a type rule.
public struct TypeRuleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was needed and what was found.
  public var message: String
  /// Further facts, one a line.
  public var notes: [String] = []
  /// What to do about it.
  public var help: String?
  /// Where in a text among the parameters the mistake is, for those who can point at it.
  package var place: TextPlace?

  package init(_ message: String, notes: [String] = [], help: String? = nil) {
    self.message = message
    self.notes = notes
    self.help = help
  }

  public var description: String { message }
}

/// Some bytes of the text that was given for a parameter.
package struct TextPlace: Hashable, Sendable {
  package let parameter: String
  package let bytes: Range<Int>

  package init(parameter: String, bytes: Range<Int>) {
    self.parameter = parameter
    self.bytes = bytes
  }
}

/// A derivative that does not exist: asked for, and not defined.
public struct DerivativeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name of the operation that has no derivative.
  public var operation: String
  /// What was asked for.
  public var message: String

  package init(_ operation: String, _ message: String) {
    self.operation = operation
    self.message = message
  }

  public var description: String { "\(operation): \(message)" }
}

/// What a jvp rule sees.
package struct JVPRule {
  package let builder: GraphBuilder
  package let operands: Terms
  package let results: Terms
  /// One an operand; `nil` where it does not vary.
  package let tangents: OptionalTerms

  package init(
    builder: GraphBuilder, operands: Terms, results: Terms, tangents: OptionalTerms
  ) {
    self.builder = builder
    self.operands = operands
    self.results = results
    self.tangents = tangents
  }
}

/// What a transpose rule sees.
package struct TransposeRule {
  package let builder: GraphBuilder
  /// The operands; the value of a linear one must not be used, only its type.
  package let operands: Terms
  /// Which operands are linear, and so want a cotangent.
  package let linear: [Bool]
  /// One a result; `nil` where it is not used. At least one is there.
  package let cotangents: OptionalTerms
  /// More cotangents of a result, to be added: of stacks of unknown height, for loops.
  package let further: [Int: [Term]]

  package init(
    builder: GraphBuilder, operands: Terms, linear: [Bool], cotangents: OptionalTerms,
    further: [Int: [Term]] = [:]
  ) {
    self.builder = builder
    self.operands = operands
    self.linear = linear
    self.cotangents = cotangents
    self.further = further
  }

  /// The cotangent of the only result.
  package var cotangent: Term { cotangents[0] ?? cotangents.compactMap { $0 }[0] }

  /// A transpose for an operation that is linear in one operand only.
  package func only(_ operand: Int, _ cotangent: () throws -> Term) rethrows -> [Term?] {
    var result = [Term?](repeating: nil, count: operands.count)
    if linear[operand] { result[operand] = try cotangent() }
    return result
  }
}

/// What a batching rule sees.
package struct BatchRule {
  package let builder: GraphBuilder
  package let operands: [Term]
  /// Which operands have the extra axis in front.
  package let batched: [Bool]
  /// The extent of that axis.
  package let extent: DimExpr

  package init(builder: GraphBuilder, operands: [Term], batched: [Bool], extent: DimExpr) {
    self.builder = builder
    self.operands = operands
    self.batched = batched
    self.extent = extent
  }

  /// An operand with the extra axis in any case.
  package func withAxis(_ operand: Int) -> Term {
    batched[operand]
      ? operands[operand] : operands[operand].inserted(extents: [extent], at: 0)
  }

  /// The type of an operand without the extra axis.
  package func elementType(_ operand: Int) -> TensorType {
    let type = operands[operand].type
    return batched[operand] ? type.with(shape: Array(type.shape.dropFirst())) : type
  }
}

/// What a reference evaluation sees.
package struct ReferenceCall {
  /// Sees a region that is about to run, with its inputs.
  package typealias Enter = (Graph, [Tensor]) -> Void

  package let operands: [Tensor]
  /// The dtypes and extents of the results.
  package let results: [(dtype: DType, shape: [Int])]
  package let size: (DimExpr) throws -> Int
  /// The steps a loop may make; `nil` for as many as it likes.
  package let stepLimit: Int?
  /// Counts the rows that loops keep; `nil` for as many as they like.
  package let memory: ReferenceMemory?
  /// Called before each run of a region.
  package let enter: Enter?
  /// Of a loop, for what goes wrong in it.
  package let place: ExecutionError.LoopPlace

  package init(
    operands: [Tensor], results: [(dtype: DType, shape: [Int])], stepLimit: Int? = nil,
    memory: ReferenceMemory? = nil, enter: Enter? = nil,
    place: ExecutionError.LoopPlace = .init(),
    size: @escaping (DimExpr) throws -> Int
  ) {
    self.operands = operands
    self.results = results
    self.stepLimit = stepLimit
    self.memory = memory
    self.enter = enter
    self.place = place
    self.size = size
  }
}
