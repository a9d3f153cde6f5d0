// From a syntax tree to graphs: functions, statements, names and types. Expressions are elaborated
// in the files Elaborate….swift. All mistakes of a file are found; a mistake is reported once.
import Graph

/// The state of elaborating one file.
struct Elaborator {
  let tree: SyntaxTree
  let source: SourceFile
  var log = DiagnosticLog(limit: 100)
  private let functions: [NameID: Int]

  /// A function being elaborated: the builder is shared by functions that are written into it.
  struct Frame {
    let builder: GraphBuilder
    let function: FunctionSyntax
    var values: [NameID: Item] = [:]
    /// What the sizes of the function stand for.
    var symbols: [NameID: DimExpr] = [:]
    /// Names in the graph that are taken.
    var usedNames: Set<String> = []
    /// The functions around this one that are being written, outermost first.
    var callers: [Int] = []
    /// Written into another function.
    var isInlined: Bool { callers.count > 1 }
    /// A statement went wrong; names may be missing that are no mistake.
    var hasErrors = false
  }

  /// Nodes of one function at most, calls of other functions written out.
  static let nodeLimit = 20_000_000

  init(_ tree: SyntaxTree, _ source: SourceFile) {
    self.tree = tree
    self.source = source
    var functions: [NameID: Int] = [:]
    for (index, function) in tree.functions.enumerated() where functions[function.name] == nil {
      functions[function.name] = index
    }
    self.functions = functions
  }

  func function(named name: NameID) -> Int? { functions[name] }
  var functionNames: [String] { tree.functions.map { tree[$0.name] } }

  mutating func report(_ message: String, at span: SourceSpan, point: Int? = nil,
    labels: [Diagnostic.Label] = [], notes: [String] = [], help: String? = nil
  ) {
    log.report(
      Diagnostic(message, at: span, point: point, labels: labels, notes: notes, help: help))
  }

  mutating func elaborate() -> [Graph] {
    var graphs: [Graph] = []
    var seen: [NameID: SourceSpan] = [:]
    for (index, function) in tree.functions.enumerated() {
      if let first = seen[function.name] {
        report(
          "the function \(tree[function.name]) is defined twice", at: function.nameSpan,
          labels: [.init("it is defined here first", at: first)])
        continue
      }
      seen[function.name] = function.nameSpan
      if function.isInvalid { continue }
      if let graph = elaborate(function, index) { graphs.append(graph) }
    }
    return graphs
  }

  private mutating func elaborate(_ function: FunctionSyntax, _ index: Int) -> Graph? {
    let errorsBefore = log.diagnostics.count
    let builder = GraphBuilder(name: tree[function.name])
    var frame = Frame(builder: builder, function: function, callers: [index])
    declareSymbols(function, &frame)
    for parameter in function.parameters {
      guard let type = parameter.type else { continue }
      let name = tree[parameter.name]
      if frame.values[parameter.name] != nil {
        report("the input \(name) is declared twice", at: parameter.nameSpan)
        continue
      }
      if frame.symbols[parameter.name] != nil {
        report(
          "\(name) is the name of an input and of a size", at: parameter.nameSpan,
          help: "give one of them another name")
        continue
      }
      let shape = tree[type.extents].map { extent($0, &frame) ?? .overflow }
      frame.values[parameter.name] = .term(
        builder.addInput(name, TensorType(type.dtype, shape)))
      frame.usedNames.insert(name)
    }
    addConstraints(function, &frame)
    for statement in function.body.statements { elaborate(statement, &frame) }
    for (name, term) in results(of: function, &frame) {
      builder.addOutput(name, term)
    }
    if let failure = builder.failure {
      report("\(failure)", at: function.nameSpan)
    }
    guard log.diagnostics.count == errorsBefore else { return nil }
    return builder.graph.pruned()
  }

  // MARK: - Sizes and constraints

  /// Every name in the types and constraints of a header is a size.
  func declareSymbols(_ function: FunctionSyntax, _ frame: inout Frame) {
    var pending: [ExprID] = function.constraints
    for binding in function.parameters + function.results {
      if let type = binding.type { pending += tree[type.extents] }
    }
    while let id = pending.popLast() {
      switch tree[id].kind {
      case .name(let name):
        if frame.symbols[name] == nil { frame.symbols[name] = .symbol(tree[name]) }
      case .binary(_, let a, let b): pending += [a, b]
      case .unary(_, let a): pending.append(a)
      case .call(_, let arguments): pending += tree[arguments].map(\.value)
      default: break
      }
    }
  }

  /// The header's conditions, for the sizes that the frame knows.
  mutating func addConstraints(_ function: FunctionSyntax, _ frame: inout Frame) {
    for constraint in function.constraints {
      guard case .binary(let op, let a, let b) = tree[constraint].kind,
        let lhs = extent(a, &frame), let rhs = extent(b, &frame)
      else { continue }
      let condition: Guard
      switch op {
      case .equal: condition = Guard(lhs, .equal, rhs)
      case .notEqual: condition = Guard(lhs, .notEqual, rhs)
      case .less: condition = Guard(lhs, .less, rhs)
      case .lessOrEqual: condition = Guard(lhs, .lessOrEqual, rhs)
      case .greater: condition = Guard(rhs, .less, lhs)
      case .greaterOrEqual: condition = Guard(rhs, .lessOrEqual, lhs)
      default: continue
      }
      require(condition, at: tree[constraint].span, frame)
    }
  }

  /// Keeps a condition for the call, or reports that it never holds.
  mutating func require(_ condition: Guard, at span: SourceSpan, _ frame: Frame) {
    switch condition.decided {
    case true?: break
    case false?: report("\(condition) never holds", at: span)
    case nil: frame.builder.addConstraint(condition)
    }
  }

  // MARK: - Statements

  mutating func elaborate(_ statement: Statement, _ frame: inout Frame) {
    let location = source.location(at: statement.span.start)
    frame.builder.origin = Origin(
      line: Int32(clamping: location.line), column: Int32(clamping: location.column))
    var item = value(statement.value, &frame)
    if let failure = frame.builder.takeFailure() {
      reportFailure(failure, at: tree[statement.value].span, tree[statement.value].point)
      item = .invalid
    }
    if item.isInvalid {
      frame.hasErrors = true
      for target in statement.targets { frame.values[target.name] = .invalid }
      return
    }
    if case .tuple(let terms) = item {
      guard terms.count == statement.targets.count else {
        report(
          "\(terms.count) results need \(terms.count) names, found \(statement.targets.count)",
          at: statement.span, point: Int(tree[statement.value].point))
        for target in statement.targets { frame.values[target.name] = .invalid }
        frame.hasErrors = true
        return
      }
      for (target, term) in zip(statement.targets, terms) { bind(target, .term(term), &frame) }
      return
    }
    guard statement.targets.count == 1 else {
      report(
        "\(statement.targets.count) names need as many results, found one", at: statement.span,
        point: Int(tree[statement.value].point))
      for target in statement.targets { frame.values[target.name] = .invalid }
      frame.hasErrors = true
      return
    }
    bind(statement.targets[0], item, &frame)
  }

  /// Gives a name to a value; checks its type where one is written.
  private mutating func bind(_ target: Binding, _ item: Item, _ frame: inout Frame) {
    if frame.symbols[target.name] != nil {
      report(
        "\(tree[target.name]) is a size and cannot be given a value", at: target.nameSpan,
        help: "choose another name")
      return
    }
    var item = item
    let declared =
      target.type ?? frame.function.results.first { $0.name == target.name }?.type
    if let declared {
      guard let term = typed(item, declared, target.nameSpan, &frame) else {
        frame.values[target.name] = .invalid
        frame.hasErrors = true
        return
      }
      item = .term(term)
    }
    if case .term(let term) = item { name(term, tree[target.name], &frame) }
    frame.values[target.name] = item
  }

  /// A name in the graph, for readers; each is given once, `_1`, `_2`, … stand for no name.
  private func name(_ term: Term, _ name: String, _ frame: inout Frame) {
    if frame.isInlined || name.isPlaceholder { return }
    var unique = name
    var number = 2
    while frame.usedNames.contains(unique) {
      unique = "\(name)_\(number)"
      number += 1
    }
    if frame.builder.name(term, unique) { frame.usedNames.insert(unique) }
  }

  /// A value of a written type.
  mutating func typed(
    _ item: Item, _ syntax: TypeSyntax, _ span: SourceSpan, _ frame: inout Frame
  ) -> Term? {
    guard let term = term(item, dtype: syntax.dtype, at: span, frame) else { return nil }
    var shape: [DimExpr] = []
    for id in tree[syntax.extents] {
      guard let extent = extent(id, &frame) else { return nil }
      shape.append(extent)
    }
    let type = TensorType(syntax.dtype, shape)
    let fits =
      term.dtype == type.dtype && term.rank == type.rank
      && !zip(term.shape, shape).contains { Guard($0, .equal, $1).decided == false }
    guard fits else {
      report(
        "the type says \(type), but the value is \(term.type)", at: span,
        help: term.rank == type.rank && term.shape == shape
          ? "convert it: \(type.dtype)(…)" : nil)
      return nil
    }
    if term.shape == shape { return term }
    for (found, wanted) in zip(term.shape, shape) {
      require(Guard(found, .equal, wanted), at: span, frame)
    }
    return term.reshaped(to: shape)
  }

  // MARK: - Results

  /// The values of a function's results, by name.
  mutating func results(
    of function: FunctionSyntax, _ frame: inout Frame
  ) -> [(String, Term)] {
    var results: [(String, Term)] = []
    for result in function.results {
      let name = tree[result.name]
      guard let item = frame.values[result.name] else {
        if !frame.hasErrors {
          let names = frame.values.keys.map { tree[$0] }.sorted()
          report(
            "the result \(name) is never given a value", at: result.nameSpan,
            help: Suggestion.help(for: name, in: names))
        }
        continue
      }
      if item.isInvalid { continue }
      let term =
        result.type.map { typed(item, $0, result.nameSpan, &frame) }
        ?? self.term(item, dtype: nil, at: result.nameSpan, frame)
      if let term { results.append((name, term)) }
    }
    return results
  }
}

extension String {
  /// `_1`, `_2`, …: how values without a name are printed.
  var isPlaceholder: Bool {
    first == "_" && count > 1 && dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
  }
}
