// Operations in generic and pretty form. Pretty forms differ from operation to operation and drift
// from release to release, so one reader takes them all: operands, `name = value`, lone words,
// dictionaries, in any order, up to the types. What must be there is asked by the operation's rule.

extension MLIRParser {
  /// An operation; `nil` for what only a reader of MLIR needs.
  mutating func operation() throws(Diagnostic) -> MLIROperation? {
    var results: [MLIRResult] = []
    if token.kind == .value {
      results = try resultNames()
    }
    let span = token.span
    if token.kind == .string {
      let name = try string()
      var operation = MLIROperation(name: name, span: span, results: results)
      try parseGeneric(&operation)
      return operation
    }
    guard token.kind == .identifier else { throw expected("the name of an operation") }
    var operation = MLIROperation(
      name: MLIROperation.fullName(text(span)), span: span, results: results)
    advance()
    switch operation.name {
    case "func.func": try parseFunction(&operation)
    case "builtin.module":
      if token.kind == .symbol { advance() }
      if takes(word: "attributes") { _ = try dictionary() }
      operation.regions = [try region([])]
      try skipLocation()
    default: try parsePretty(&operation)
    }
    return operation
  }

  /// `%a, %b:2 =`
  private mutating func resultNames() throws(Diagnostic) -> [MLIRResult] {
    var results: [MLIRResult] = []
    repeat {
      guard token.kind == .value else { throw expected("the name of a result: %name") }
      var result = MLIRResult(name: name(of: token), count: 1, span: token.span)
      advance()
      if takes(":") {
        guard let count = Int(text(token.span)), token.kind == .integer, (1...100_000) ~= count
        else { throw expected("the number of results behind ':'") }
        result.count = count
        advance()
      }
      results.append(result)
    } while takes(",")
    try expect("=", "between results and their operation")
    return results
  }

  mutating func operand() throws(Diagnostic) -> MLIROperand {
    guard token.kind == .value else { throw expected("an operand: %name") }
    var operand = MLIROperand(name: name(of: token), index: 0, span: token.span)
    advance()
    if token.kind == .hash, let index = Int(text(token.span).dropFirst()), index >= 0 {
      operand.index = index
      operand.span = SourceSpan(operand.span.start, token.span.end)
      advance()
    }
    return operand
  }

  // MARK: - Generic form

  /// `(operands) <{properties}> (regions) {attributes} : (types) -> types`
  private mutating func parseGeneric(_ operation: inout MLIROperation) throws(Diagnostic) {
    try expect("(", "before the operands")
    operation.operands = try list(until: ")") { parser throws(Diagnostic) in
      try parser.operand()
    }
    if token.isSign("<"), following.isSign("{") {
      advance()
      operation.attributes += try dictionary()
      try expect(">", "behind the properties")
    }
    if takes("(") {
      operation.regions = try list(until: ")") { parser throws(Diagnostic) in
        try parser.region([])
      }
    }
    if token.isSign("{") { operation.attributes += try dictionary() }
    try expect(":", "before the types of an operation")
    try parseTypes(&operation)
    try skipLocation()
  }

  // MARK: - Pretty form

  private mutating func parsePretty(_ operation: inout MLIROperation) throws(Diagnostic) {
    var arguments: [MLIRArgument] = []
    var initial: [MLIROperand] = []
    var isInitial = false
    var needsComma = false
    items: while true {
      switch token.kind {
      case .value:
        if needsComma { throw expected("',' between operands") }
        needsComma = true
        let named = token
        let read = try operand()
        if takes("=") {
          // An argument of the regions with what it begins as: `%i = %0`.
          arguments.append(
            MLIRArgument(
              name: name(of: named), span: named.span, type: MLIRType(element: .bool)))
          operation.operands.append(try operand())
        } else if isInitial {
          initial.append(read)
          isInitial = false
        } else {
          operation.operands.append(read)
        }
      case .symbol:
        operation.attributes.append(
          MLIRNamedAttribute(name: "callee", value: try attribute()))
      case .string:
        operation.attributes.append(
          MLIRNamedAttribute(name: "name", value: try attribute()))
      case .integer, .float:
        operation.attributes.append(
          MLIRNamedAttribute(name: "value", value: try attribute()))
      case .identifier:
        if isWord("loc") { break items }
        try parseWord(&operation)
        if operation.words.last == "init", takes(":") {
          operation.words.removeLast()
          isInitial = true
          needsComma = false
        }
      case .sign(UInt8(ascii: "(")):
        advance()
        needsComma = false
      case .sign(UInt8(ascii: ")")): advance()
      case .sign(UInt8(ascii: ",")):
        advance()
        needsComma = false
      case .sign(UInt8(ascii: "-")):
        operation.attributes.append(
          MLIRNamedAttribute(name: "value", value: try attribute()))
      case .sign(UInt8(ascii: "[")):
        operation.attributes.append(MLIRNamedAttribute(name: "ranges", value: try ranges()))
      case .sign(UInt8(ascii: "{")): operation.attributes += try dictionary()
      case .sign(UInt8(ascii: "<")):
        advance()
        operation.attributes += try dictionary()
        try expect(">", "behind the properties")
      default: break items
      }
      if token.startsLine, !token.isSign(":"), !token.isSign(","), !token.isSign(")") {
        break items
      }
    }
    operation.operands += initial
    if takes(":") {
      try parseTypes(&operation)
    } else if case .dense(let dense)? = operation.attributes.last?.value.kind {
      operation.resultTypes = [dense.type]
    }
    try parseTail(&operation, arguments)
    try skipLocation()
  }

  /// `name = value`, a constant, or a word that stands alone.
  private mutating func parseWord(_ operation: inout MLIROperation) throws(Diagnostic) {
    if isWord("dense") || isWord("dense_resource") {
      operation.attributes.append(MLIRNamedAttribute(name: "value", value: try attribute()))
      return
    }
    let word = text(token.span)
    if word == "true" || word == "false" {
      operation.attributes.append(MLIRNamedAttribute(name: "value", value: try attribute()))
      return
    }
    advance()
    guard takes("=") else {
      operation.words.append(word)
      return
    }
    operation.attributes.append(MLIRNamedAttribute(name: word, value: try attributeValue()))
  }

  /// What stands behind the types of a pretty form: regions.
  private mutating func parseTail(
    _ operation: inout MLIROperation, _ arguments: [MLIRArgument]
  ) throws(Diagnostic) {
    if takes(word: "attributes") { operation.attributes += try dictionary() }
    if isWord("cond") || isWord("do") {
      var arguments = arguments
      for (k, type) in (operation.operandTypes ?? []).enumerated() where k < arguments.count {
        arguments[k].type = type
      }
      while takes(word: "cond") || takes(word: "do") {
        operation.regions.append(try region(arguments))
      }
    } else if takes(word: "reducer") {
      // One pair of arguments for each operand; the block has all first ones first.
      var pairs: [[MLIRArgument]] = []
      while takes("(") {
        pairs.append(
          try list(until: ")") { parser throws(Diagnostic) in try parser.argument() })
      }
      guard pairs.allSatisfy({ $0.count == 2 }) else {
        throw Diagnostic("a reducer needs two arguments for each operand", at: operation.span)
      }
      operation.regions.append(try region(pairs.map { $0[0] } + pairs.map { $0[1] }))
    }
  }

  /// `[0:1, 0:5:2]`, each as a list of two or three numbers.
  private mutating func ranges() throws(Diagnostic) -> MLIRAttribute {
    let start = token.span.start
    advance()
    let ranges = try list(until: "]") { parser throws(Diagnostic) -> MLIRAttribute in
      let start = parser.token.span.start
      var numbers = [try parser.attributeValue()]
      while parser.takes(":") { numbers.append(try parser.attributeValue()) }
      return MLIRAttribute(kind: .list(numbers), span: SourceSpan(start, parser.previousEnd))
    }
    return MLIRAttribute(kind: .list(ranges), span: SourceSpan(start, previousEnd))
  }

  // MARK: - Types

  /// `(types) -> types`, `types -> types`, or types that stand for operands and results.
  private mutating func parseTypes(_ operation: inout MLIROperation) throws(Diagnostic) {
    var types: [MLIRType] = []
    if takes("(") {
      types = try list(until: ")") { parser throws(Diagnostic) in try parser.type() }
      guard token.kind == .arrow else { throw expected("'->' before the types of the results") }
    } else {
      repeat { types.append(try type()) } while takes(",")
    }
    if token.kind == .arrow {
      advance()
      operation.operandTypes = types
      operation.resultTypes = try resultTypes()
      guard types.count == operation.operands.count else {
        throw Diagnostic(
          "\(operation.name) has \(counted(operation.operands.count, "operand")) and "
            + "\(counted(types.count, "type")) for them", at: operation.span)
      }
      return
    }
    let resultCount = operation.results.reduce(0) { $0 + $1.count }
    let count = operation.operands.count
    switch operation.name {
    case "func.return", "stablehlo.return": operation.operandTypes = types
    case "stablehlo.select" where types.count == 2:
      operation.operandTypes = [types[0], types[1], types[1]]
      operation.resultTypes = [types[1]]
    case "stablehlo.complex": operation.resultTypes = types
    default:
      if types.count == 1, resultCount == 1 {
        operation.operandTypes = [MLIRType](repeating: types[0], count: count)
        operation.resultTypes = types
      } else {
        operation.operandTypes = types
        operation.resultTypes = types
      }
    }
    if let found = operation.operandTypes?.count, found != count {
      throw Diagnostic(
        "\(operation.name) has \(counted(count, "operand")) and \(counted(found, "type")) for them",
        at: operation.span)
    }
  }

  private mutating func resultTypes() throws(Diagnostic) -> [MLIRType] {
    guard takes("(") else { return [try type()] }
    return try list(until: ")") { parser throws(Diagnostic) in try parser.type() }
  }

  // MARK: - Functions

  /// `private @name(%a: type {attributes}) -> (type {attributes}) attributes {…} { … }`
  private mutating func parseFunction(_ operation: inout MLIROperation) throws(Diagnostic) {
    func add(_ name: String, _ kind: MLIRAttribute.Kind) {
      operation.attributes.append(
        MLIRNamedAttribute(name: name, value: MLIRAttribute(kind: kind, span: operation.span)))
    }
    if token.kind == .identifier {
      add("sym_visibility", .string(text(token.span)))
      advance()
    }
    guard token.kind == .symbol else { throw expected("the name of a function: @name") }
    operation.span = token.span
    add("sym_name", .string(symbolName()))
    advance()
    try expect("(", "before the arguments of a function")
    var attributes: [MLIRAttribute] = []
    let arguments = try list(until: ")") { parser throws(Diagnostic) -> MLIRArgument in
      var argument = try parser.argument()
      attributes.append(try parser.optionalDictionary())
      argument.location = try parser.location() ?? argument.location
      return argument
    }
    add("arg_attrs", .list(attributes))
    var results: [MLIRType] = []
    attributes = []
    if token.kind == .arrow {
      advance()
      if takes("(") {
        results = try list(until: ")") { parser throws(Diagnostic) -> MLIRType in
          let type = try parser.type()
          attributes.append(try parser.optionalDictionary())
          return type
        }
      } else {
        results = [try type()]
      }
    }
    add("res_attrs", .list(attributes))
    add("function_type", .function(arguments.map(\.type), results))
    if takes(word: "attributes") { _ = try dictionary() }
    if token.isSign("{") {
      operation.regions = [try region(arguments)]
    }
    try skipLocation()
  }

  private mutating func optionalDictionary() throws(Diagnostic) -> MLIRAttribute {
    let span = token.span
    let entries = token.isSign("{") ? try dictionary() : []
    return MLIRAttribute(kind: .dictionary(entries), span: span)
  }
}

extension MLIROperation {
  /// The name with its dialect: functions are used to stand without.
  static func fullName(_ name: String) -> String {
    switch name {
    case "call", "return", "func": "func.\(name)"
    case "module": "builtin.module"
    default: name.hasPrefix("mhlo.") ? "stablehlo.\(name.dropFirst(5))" : name
    }
  }
}
