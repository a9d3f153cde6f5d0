// From the syntax tree of a StableHLO file to graphs: functions, names, types, and which rule makes
// an operation. Private functions are written out where they are called. All mistakes are found; a
// value that could not be made is left out, and what needs it is not looked at any further.
import Graph

/// The state of elaborating one file.
struct StableHLOElaborator {
  let module: MLIRModule
  let source: SourceFile
  /// Places of mistakes in the syntax.
  private let damaged: [Int]
  private(set) var log = DiagnosticLog(limit: 100)
  private var seen: Set<String> = []
  private let functions: [String: Int]
  /// Functions inside one another, and regions in these; the innermost last.
  var scopes: [Scope] = []
  /// Graphs inside one another, the innermost last.
  var drafts: [Elaborator.Draft] = []
  private var operationCount = 0
  /// The operation that is being made: steps along a line that is long are short.
  private var place = (offset: 0, location: SourceLocation(line: 1, column: 1))
  /// What the sizes of inputs stand for.
  var sizes = InputSizes()
  /// In the region of a sort.
  var isInComparator = false

  /// Calls and regions inside one another.
  static let depthLimit = 200
  /// Operations with calls written out.
  private let operationLimit: Int

  /// The names of a function or of a region.
  struct Scope {
    var values = NameMap<Bound>()
    /// Names around it mean nothing.
    let isFunction: Bool
    /// Some of its operations could not be read.
    let isDamaged: Bool
  }

  /// What a name stands for.
  struct Bound {
    /// `nil` for what could not be made.
    var terms: [Term?]
    var types: [MLIRType]
    /// The graph that the terms lie in.
    var level: Int
    var span: SourceSpan
  }

  init(
    _ module: MLIRModule, _ source: SourceFile, damaged: [Int],
    operationLimit: Int? = nil
  ) {
    // Calls may multiply; a short file is no long program.
    self.operationLimit = operationLimit ?? 100_000 + 100 * module.operationCount
    self.module = module
    self.source = source
    self.damaged = damaged
    functions = Dictionary(
      module.functions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  var builder: GraphBuilder { drafts[drafts.count - 1].builder }

  // MARK: - Reports

  mutating func report(_ diagnostic: Diagnostic) {
    // A function that is called twice has its mistakes once.
    guard seen.insert("\(diagnostic.point) \(diagnostic.message)").inserted else { return }
    log.report(diagnostic)
  }

  private mutating func report(_ error: any Error, at span: SourceSpan, in name: String) {
    switch error {
    case let error as Diagnostic: report(error)
    case let error as TypeRuleError:
      report(
        Diagnostic(
          "\(name): \(error.message)", at: span, notes: error.notes, help: error.help))
    default: report(Diagnostic("\(name): \(error)", at: span))
    }
  }

  // MARK: - Functions

  /// Functions that can be called from outside, as graphs, with what their inputs and outputs are
  /// called in the file.
  mutating func elaborate() -> [(graph: Graph, names: InterfaceNames)] {
    for (index, function) in module.functions.enumerated()
    where functions[function.name] != index {
      report(Diagnostic("the function @\(function.name) is defined twice", at: function.nameSpan))
    }
    let isOpen = module.functions.contains { !$0.isPrivate }
    return module.functions.filter { !isOpen || !$0.isPrivate }.compactMap { elaborate($0) }
  }

  private mutating func elaborate(
    _ function: MLIRFunction
  ) -> (graph: Graph, names: InterfaceNames)? {
    // Conditions on sizes may tell that two are the same; then all is made again with one name.
    sizes = InputSizes(function, module)
    for _ in 0..<8 {
      let before = (log, seen, operationCount)
      let graph = graph(of: function)
      if !sizes.learn() {
        return graph.map { ($0, InterfaceNames(function, module)) }
      }
      (log, seen, operationCount) = before
    }
    return graph(of: function).map { ($0, InterfaceNames(function, module)) }
  }

  private mutating func graph(of function: MLIRFunction) -> Graph? {
    let errors = log.diagnostics.count
    let builder = GraphBuilder(name: function.name)
    drafts = [Elaborator.Draft(builder: builder)]
    scopes = []
    var terms: [Term?] = []
    for (index, argument) in function.body.arguments.enumerated() {
      guard let dtype = argument.type.element.storage else {
        report(unsupported(argument.type, at: argument.type.span))
        terms.append(nil)
        continue
      }
      let shape = sizes.shape(of: index, argument.type)
      terms.append(builder.addInput("in\(index)", TensorType(dtype, shape)))
    }
    let results = written(function, terms)
    for condition in sizes.constraints { builder.addConstraint(condition) }
    guard log.diagnostics.count == errors, let results else { return nil }
    for (index, result) in results.enumerated() { builder.addOutput("out\(index)", result) }
    return builder.graph.pruned()
  }

  func unsupported(_ type: MLIRType, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "the type \(type.element) is not supported", at: span,
      help: "f64, f32, i1 and integers of 8 to 64 bits are", isUnsupported: true)
  }

  /// The results of a function for given arguments, in the graph that is being made; `nil` where
  /// one could not be made.
  private mutating func written(_ function: MLIRFunction, _ arguments: [Term?]) -> [Term]? {
    let body = function.body
    let isDamaged = damaged.contains { body.span.start <= $0 && $0 <= body.span.end }
    scopes.append(Scope(isFunction: true, isDamaged: isDamaged))
    defer { scopes.removeLast() }
    for (argument, term) in zip(body.arguments, arguments) {
      define(
        argument.name,
        Bound(terms: [term], types: [argument.type], level: level, span: argument.span))
    }
    let results = run(body, ending: "func.return")
    if let results, !isDamaged, results.count != function.resultTypes.count {
      report(
        Diagnostic(
          "@\(function.name) has \(counted(function.resultTypes.count, "result")) "
            + "and returns \(results.count)", at: function.nameSpan))
      return nil
    }
    if let last = body.operations.last, let found = last.operandTypes, !isDamaged,
      let (type, declared) = zip(found, function.resultTypes).first(where: { !$0.isSame(as: $1) })
    {
      report(
        Diagnostic("@\(function.name) returns \(type), declared as \(declared)", at: last.span))
      return nil
    }
    return results
  }

  /// The body of a function that is given as an attribute.
  func body(of name: String) -> MLIRBlock? { functions[name].map { module.functions[$0].body } }

  /// The results of a call.
  mutating func call(_ name: String, _ call: HLOCall) throws -> [Term] {
    guard let index = functions[name] else {
      if !damaged.isEmpty { throw Poisoned() }
      throw Diagnostic(
        "there is no function @\(name)", at: call.span,
        help: Suggestion.help(for: name, in: module.functions.map(\.name)))
    }
    let function = module.functions[index]
    guard scopes.count < Self.depthLimit else {
      throw Diagnostic(
        "calls and regions are more than \(Self.depthLimit) deep", at: call.span,
        help: "a function cannot call itself")
    }
    let parameters = function.body.arguments
    guard parameters.count == call.operands.count else {
      throw Diagnostic(
        "@\(name) has \(counted(parameters.count, "argument")), found \(call.operands.count)",
        at: call.span)
    }
    let arguments = try zip(parameters, call.operands).map {
      try call.conformed($1, to: $0.type, "argument %\(module.names[$0.name]) of @\(name)")
    }
    for (parameter, term) in zip(function.argumentAttributes, arguments) {
      sizes.note(parameter, term)
    }
    guard let results = written(function, arguments) else { throw Poisoned() }
    return results
  }

  // MARK: - Blocks

  /// A region as a graph of its own. `enter` adds its inputs and says what the arguments are.
  mutating func draft(
    _ block: MLIRBlock, _ name: String, at span: SourceSpan, isFunction: Bool = false,
    _ enter: (GraphBuilder) -> [Bound]
  ) throws -> (draft: Elaborator.Draft, results: [Term]) {
    guard scopes.count < Self.depthLimit else {
      throw Diagnostic("calls and regions are more than \(Self.depthLimit) deep", at: span)
    }
    let builder = GraphBuilder(name: name)
    builder.origin = self.builder.origin
    drafts.append(Elaborator.Draft(builder: builder))
    let arguments = enter(builder)
    guard arguments.count == block.arguments.count || block.arguments.isEmpty else {
      drafts.removeLast()
      throw Diagnostic(
        "this region has \(counted(block.arguments.count, "argument")), "
          + "and is given \(arguments.count)", at: span)
    }
    scopes.append(
      Scope(isFunction: isFunction, isDamaged: scopes.last?.isDamaged ?? false))
    for (argument, bound) in zip(block.arguments, arguments) {
      if let given = bound.types.first, !given.isSame(as: argument.type) {
        report(
          Diagnostic(
            "%\(module.names[argument.name]) is \(argument.type), given \(given)",
            at: argument.span))
      }
      define(argument.name, bound)
    }
    let results = run(block, ending: isFunction ? "func.return" : "stablehlo.return")
    scopes.removeLast()
    let draft = drafts.removeLast()
    guard let results else { throw Poisoned() }
    return (draft, results)
  }

  /// The level of the graph that is being made.
  var level: Int { drafts.count - 1 }

  /// What the operation at the end of a block returns; `nil` where something is missing.
  private mutating func run(_ block: MLIRBlock, ending: String) -> [Term]? {
    for operation in block.operations {
      if log.isFull { return nil }
      if operation.name == ending {
        if let last = block.operations.last, last.span != operation.span {
          report(Diagnostic("nothing can stand behind \(ending)", at: last.span))
        }
        return operands(of: operation)
      }
      operationCount += 1
      if operationCount > operationLimit + 1 { return nil }
      if operationCount > operationLimit {
        report(
          Diagnostic(
            "with all calls written out there are more than \(operationLimit) operations",
            at: operation.span))
        return nil
      }
      elaborate(operation)
    }
    if scopes.last?.isDamaged != true {
      report(
        Diagnostic(
          "this block ends without \(ending)",
          at: SourceSpan(block.span.end - 1, block.span.end)))
    }
    return nil
  }

  private mutating func elaborate(_ operation: MLIROperation) {
    let start = operation.span.start
    place = (start, source.location(at: start, from: place))
    builder.origin = Origin(
      line: Int32(clamping: place.location.line), column: Int32(clamping: place.location.column))
    let terms = made(operation)
    var next = 0
    for result in operation.results {
      let range = next..<next + result.count
      next = range.upperBound
      if let terms, terms.count < range.upperBound { break }
      bind(
        result, range.map { terms?[$0] },
        range.map { operation.resultTypes.indices.contains($0) ? operation.resultTypes[$0] : nil })
    }
  }

  private mutating func bind(_ result: MLIRResult, _ terms: [Term?], _ types: [MLIRType?]) {
    let unknown = MLIRType(element: .other("?"))
    define(
      result.name,
      Bound(
        terms: terms, types: types.map { $0 ?? unknown }, level: level, span: result.span))
  }

  private mutating func define(_ name: NameID, _ bound: Bound) {
    if let known = scopes[scopes.count - 1].values[name] {
      report(
        Diagnostic(
          "%\(module.names[name]) is defined twice", at: bound.span,
          labels: [.init("it is defined here first", at: known.span)]))
    }
    scopes[scopes.count - 1].values.set(name, bound)
  }

  /// The results of an operation, or a report.
  private mutating func made(_ operation: MLIROperation) -> [Term]? {
    guard let rule = Self.rules[operation.name] else {
      report(unknown(operation))
      return nil
    }
    guard let operands = operands(of: operation) else { return nil }
    do {
      if let type = operation.resultTypes.first(where: { $0.element.storage == nil }) {
        if let refusal = rule.refusal { throw refused(operation, refusal) }
        throw unsupported(type, at: type.span)
      }
      let call = HLOCall(operation, operands, self)
      if let refusal = rule.refusal { throw refused(operation, refusal) }
      if !rule.arity.contains(operands.count) {
        throw TypeRuleError(
          "needs \(rule.arity.lowerBound) operands, found \(operands.count)")
      }
      var results = try rule.build(&self, call)
      if let failure = builder.takeFailure() { throw failure }
      let count = operation.results.reduce(0) { $0 + $1.count }
      guard results.count == operation.resultTypes.count,
        count == results.count || count == 0
      else {
        throw TypeRuleError(
          "gives \(counted(results.count, "result")), found \(count) and "
            + counted(operation.resultTypes.count, "type"))
      }
      for (k, type) in operation.resultTypes.enumerated() {
        results[k] = try call.conformed(results[k], to: type, "the result")
      }
      return results
    } catch is Poisoned {
      _ = builder.takeFailure()
      return nil
    } catch {
      _ = builder.takeFailure()
      report(error, at: operation.span, in: operation.name)
      return nil
    }
  }

  private func refused(_ operation: MLIROperation, _ help: String) -> Diagnostic {
    Diagnostic(
      "the operation \(operation.name) is not supported", at: operation.span, help: help,
      isUnsupported: true)
  }

  private func unknown(_ operation: MLIROperation) -> Diagnostic {
    let known = Suggestion.help(for: operation.name, in: Self.rules.keys.sorted())
    return Diagnostic(
      "the operation \(operation.name) is not supported", at: operation.span,
      help: known ?? "export without it; docs/stablehlo.md lists what is read",
      isUnsupported: true)
  }
}
