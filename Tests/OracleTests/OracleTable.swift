// Which operation of a record is which of ours: one row an operation, from its name to the graph. The
// rows of a family stand in a file of their own; a new family is one more term in `rows`.
import Graph

/// What a row sees: the record's inputs as operands, and its arguments.
struct OracleCall {
  let operands: [Term]
  let arguments: OracleArguments
  let record: OracleRecord

  var x: Term { operands[0] }
  /// The second operand.
  var y: Term { operands[operands.count > 1 ? 1 : 0] }

  /// The results of an entry of the catalog.
  func entry(
    _ name: String, _ operands: [Term]? = nil, _ attributes: [String: AttributeValue] = [:]
  ) throws -> [Term] {
    guard let entry = Catalog.entry(named: name) else {
      throw Unsupported(reason: "the catalog has no \(name)")
    }
    let results = try entry.build(Call(name, x.builder, operands ?? self.operands, attributes))
    if let failure = x.builder.takeFailure() { throw failure }
    return results
  }

  /// Axes that an argument names, all where it names none; a scalar has none.
  func axes(_ name: String = "dim", _ position: Int? = nil) -> [Int] {
    guard x.rank > 0 else { return [] }
    let listed: [Int]
    switch arguments.value(name, position) {
    case let list as [Int]: listed = list
    case .some: listed = arguments.integer(name, position).map { [$0] } ?? []
    case nil: listed = []
    }
    return listed.isEmpty ? Array(0..<x.rank) : listed
  }

  /// The attributes of a reduction over the axes that the record names.
  func reduction(_ position: Int? = nil) -> [String: AttributeValue] {
    [
      "axes": .integers(axes("dim", position)),
      "keep": .flag(arguments.flag("keepdim") ?? false),
    ]
  }
}

enum OracleTable {
  struct Row: Sendable {
    /// Relative to the largest wanted element, absolute below 1.
    var tolerance = 1e-9
    let build: @Sendable (OracleCall) throws -> [Term]
  }

  static let rows: [String: Row] = elementwise.merging(reductions) { first, _ in first }
    .merging(matrices) { first, _ in first }

  /// A row of one result.
  static func row(_ build: @escaping @Sendable (OracleCall) throws -> Term) -> Row {
    Row { [try build($0)] }
  }

  /// An entry of the catalog under its own name or another, on the operands as they are.
  static func entry(_ name: String) -> Row { Row { try $0.entry(name) } }
}
