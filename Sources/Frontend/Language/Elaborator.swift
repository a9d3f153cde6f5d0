// From a syntax tree to graphs: functions, statements, names and types. Expressions are elaborated
// in the files Elaborate….swift. All mistakes of a file are found; a mistake is reported once.
import Graph

/// The state of elaborating one file.
struct Elaborator {
  let tree: SyntaxTree
  let source: SourceFile
  /// Names of values that are kept apart from equal ones.
  private let distinct: Set<String>
  /// What can be called beside the catalog, by name; `nil` where nobody can say.
  let operations: [String: Entry]?
  var log = DiagnosticLog(limit: DiagnosticLog.usualLimit)
  private let functions: [NameID: Int]
  private let calls: CallGraph
  /// Functions that are elaborated, and those of them that hold a mistake, here or in their syntax.
  private(set) var finished: Set<Int> = []
  private(set) var failed: Set<Int>
  /// Counts also what the log has no room for.
  private var errorCount = 0
  /// What names of the catalog mean that have been called; `nil` for what is no function of elements.
  var functionsOfElements = NameMap<ScalarFunction?>()
  /// More than 0: what is elaborated is thrown away; only its types are asked for.
  var guessing = 0

  /// A function being elaborated: the builder is shared by functions that are written into it.
  struct Frame {
    /// Of the innermost scope, like all names and what they stand for.
    var builder: GraphBuilder
    /// Of the function that everything is written into.
    let root: GraphBuilder
    let function: FunctionSyntax
    var values = NameMap<Item>()
    /// What the sizes of the function stand for.
    var symbols: [NameID: DimExpr] = [:]
    /// Names in the graph that are taken.
    var usedNames: Set<String> = []
    /// The last number that was put behind each name.
    var numbers = NameMap<Int>()
    /// Its index in the file.
    let index: Int
    /// Written into another function.
    var isInlined = false
    /// How often each name will still be given a value.
    var remaining = NameMap<Int>()
    /// The types that are written for results.
    var resultTypes: [NameID: TypeSyntax] = [:]
    /// A statement went wrong; names may be missing that are no mistake.
    var hasErrors = false
    /// The scopes around the innermost one, outermost first.
    var outer: [Scope] = []
    /// The names of blocks that have ended.
    var ended: Set<NameID> = []
    /// What the innermost scope has captured.
    var captures = Captures()
    /// Names that stand beside a condition and that it does not see, with what to do about it.
    var unseen: [NameID: String] = [:]

    init(
      _ builder: GraphBuilder, root: GraphBuilder? = nil, _ function: FunctionSyntax, _ index: Int,
      isInlined: Bool
    ) {
      self.builder = builder
      self.root = root ?? builder
      self.function = function
      self.index = index
      self.isInlined = isInlined
      for result in function.results { resultTypes[result.name] = result.type }
      usedNames.reserveCapacity(function.body.statements.count)
      for statement in function.body.statements {
        for target in statement.targets { remaining[target.name, default: 0] += 1 }
      }
    }
  }

  /// Nodes of one function at most, calls of other functions written out.
  static let nodeLimit = 20_000_000
  /// Axes of a value at most.
  static let rankLimit = 32

  /// - Parameter damaged: places of mistakes in the syntax.
  init(
    _ tree: SyntaxTree, _ source: SourceFile, damaged: [Int] = [], distinct: Set<String> = [],
    operations: [Entry]? = nil
  ) {
    self.tree = tree
    self.distinct = distinct
    self.source = source
    failed = Set(
      tree.functions.indices.filter { index in
        let function = tree.functions[index]
        return function.isInvalid
          || damaged.contains { function.span.start <= $0 && $0 <= function.span.end }
      })
    var functions: [NameID: Int] = [:]
    for (index, function) in tree.functions.enumerated()
    where function.hasName && functions[function.name] == nil {
      functions[function.name] = index
    }
    self.functions = functions
    self.operations = operations.map { list in
      Dictionary(list.map { (NameTable.spellable($0.name), $0) }) { first, _ in first }
    }
    calls = CallGraph(tree, functions, operations: Set((self.operations ?? [:]).keys))
  }

  /// What is built in, and what a program brings.
  func entry(named name: String, argumentCount: Int = 0) -> Entry? {
    Catalog.entry(named: name, argumentCount: argumentCount) ?? operations?[name]
  }

  /// Does `name`, called in function `caller`, mean function `callee` of the file?
  func isCall(of callee: Int, named name: String, in caller: Int) -> Bool {
    calls.isCall(of: callee, named: name, in: caller)
  }

  func function(named name: NameID) -> Int? { functions[name] }
  var functionNames: [String] { tree.functions.filter(\.hasName).map { tree[$0.name] } }

  mutating func report(
    _ message: String, at span: SourceSpan, point: Int? = nil, labels: [Diagnostic.Label] = [],
    notes: [String] = [], help: String? = nil
  ) {
    report(
      Diagnostic(message, at: span, point: point, labels: labels, notes: notes, help: help))
  }

  mutating func report(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { errorCount += 1 }
    log.report(diagnostic)
  }

  /// What `body` reports first, kept out of the log.
  mutating func caught<R>(_ body: (inout Elaborator) -> R) -> (result: R, mistake: Diagnostic?) {
    let outer = (log, errorCount)
    log = DiagnosticLog(limit: 1_000_000)
    let result = body(&self)
    let mistake = log.diagnostics.first { $0.severity == .error }
    (log, errorCount) = outer
    return (result, mistake)
  }

  /// All functions without mistakes, in file order.
  mutating func elaborate() -> [Graph] {
    var seen: [NameID: SourceSpan] = [:]
    for (index, function) in tree.functions.enumerated() where function.hasName {
      if let first = seen[function.name] {
        report(
          "the function \(tree[function.name]) is defined twice", at: function.nameSpan,
          labels: [.init("it is defined here first", at: first)])
        failed.insert(index)
      }
      seen[function.name] = function.nameSpan
    }
    var graphs = [Graph?](repeating: nil, count: tree.functions.count)
    for index in calls.order {
      if log.isFull {
        failed.insert(index)
        continue
      }
      let errorsBefore = errorCount
      if let mistake = calls.mistakes[index] { report(mistake) }
      let graph = elaborate(tree.functions[index], index)
      finished.insert(index)
      if errorCount > errorsBefore || graph == nil { failed.insert(index) }
      if !failed.contains(index) { graphs[index] = graph }
    }
    return graphs.compactMap { $0 }
  }

  /// One function; `nil` where a mistake that has been reported before leaves no whole one.
  private mutating func elaborate(_ function: FunctionSyntax, _ index: Int) -> Graph? {
    let builder = GraphBuilder(name: tree[function.name])
    var frame = Frame(builder, function, index, isInlined: false)
    frame.symbols = declaredSymbols(function)
    // The body is looked at; what a header with a mistake should have said is not guessed.
    frame.hasErrors = function.isInvalid
    let declared = Set(function.parameters.filter { $0.type != nil }.map(\.name))
    for name in function.headerNames.subtracting(declared) where frame.symbols[name] == nil {
      frame.values.set(name, .invalid)
    }
    for parameter in function.parameters {
      guard let type = parameter.type else { continue }
      let name = tree[parameter.name]
      if frame.values[parameter.name] != nil {
        report(
          "the input \(name) is declared twice", at: parameter.nameSpan,
          help: "give one of them another name")
        continue
      }
      if frame.symbols[parameter.name] != nil {
        report(
          "\(name) is the name of an input and of a size", at: parameter.nameSpan,
          help: "give one of them another name")
        continue
      }
      guard let shape = shape(type, &frame), !shape.contains(where: \.isUnknown) else {
        frame.values.set(parameter.name, .invalid)
        frame.hasErrors = true
        continue
      }
      frame.values.set(
        parameter.name, .term(builder.addInput(name, TensorType(type.dtype, shape))))
      frame.usedNames.insert(name)
    }
    if frame.symbols.keys.contains(where: { tree[$0] == DimExpr.unknownName }) {
      report("a size cannot have the name `?`", at: function.nameSpan)
    }
    addConstraints(function, &frame)
    var resultNames: Set<NameID> = []
    for result in function.results where !resultNames.insert(result.name).inserted {
      report(
        "the result \(tree[result.name]) is declared twice", at: result.nameSpan,
        help: "give one of them another name")
    }
    let inputs = builder.graph.inputs.map { builder.term($0.value) }
    for (name, term) in written(inputs, &frame) { builder.addOutput(name, term) }
    if let failure = builder.failure { report("\(failure)", at: function.nameSpan) }
    checkRules(of: function, builder.graph)
    return frame.hasErrors ? nil : builder.graph.pruned()
  }

  // MARK: - Sizes and constraints

  /// Every name in the types and constraints of a header is a size.
  func declaredSymbols(_ function: FunctionSyntax) -> [NameID: DimExpr] {
    var symbols: [NameID: DimExpr] = [:]
    var pending: [ExprID] = function.constraints
    for binding in function.parameters + function.results {
      if let type = binding.type { pending += tree[type.extents] }
    }
    while let id = pending.popLast() {
      switch tree[id].kind {
      case .name(let name): symbols[name] = .symbol(tree[name])
      case .binary(_, let a, let b): pending += [a, b]
      case .unary(_, let a): pending.append(a)
      case .call(_, let arguments): pending += tree[arguments].map(\.value)
      default: break
      }
    }
    return symbols
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
      let (written, meant) = (
        tree.text(of: constraint), "\(lhs) \(op.spelling) \(rhs)"
      )
      require(
        condition, at: tree[constraint].span, point: Int(tree[constraint].point), frame,
        as: written == meant ? written : "\(written), here \(meant),")
    }
  }

  /// Keeps a condition for the call, or reports that it never holds.
  mutating func require(
    _ condition: Guard, at span: SourceSpan, point: Int? = nil, _ frame: Frame,
    as text: String? = nil
  ) {
    switch condition.decided {
    case true?: break
    case false?:
      report("\(text ?? condition.description) never holds", at: span, point: point)
    case nil: if guessing == 0 { frame.root.addConstraint(condition, at: origin(of: span)) }
    }
  }

  // MARK: - Statements

  mutating func elaborate(_ statement: Statement, _ frame: inout Frame) {
    var item = located(statement.value, at: statement.span, &frame)
    let expression = tree[statement.value]
    var items = [item]
    if case .tuple(let terms) = item { items = terms.map { .term($0) } }
    if !item.isInvalid, items.count != statement.targets.count {
      report(
        "\(counted(items.count, "result")) \(items.count == 1 ? "needs" : "need") as many names, "
          + "found \(statement.targets.count)", at: statement.span, point: Int(expression.point))
      item = .invalid
    }
    var names: Set<NameID> = []
    for target in statement.targets where statement.targets.count > 1 {
      if !names.insert(target.name).inserted && !tree[target.name].isPlaceholder {
        report(
          "\(tree[target.name]) is given two values here", at: target.nameSpan,
          help: "write _ for a result that is not needed")
      }
    }
    if item.isInvalid { items = statement.targets.map { _ in .invalid } }
    for (target, item) in zip(statement.targets, items) { bind(target, item, &frame) }
  }

  /// The value of a line, whose place the operations remember.
  mutating func located(_ id: ExprID, at span: SourceSpan, _ frame: inout Frame) -> Item {
    if guessing == 0 { frame.builder.origin = origin(of: span) }
    let item = value(id, &frame)
    guard let failure = frame.builder.takeFailure() else { return item }
    reportFailure(failure, at: tree[id].span, tree[id].point)
    return .invalid
  }

  /// Where a span begins, as nodes remember it.
  func origin(of span: SourceSpan) -> Origin {
    let location = source.location(at: span.start)
    return Origin(line: Int32(clamping: location.line), column: Int32(clamping: location.column))
  }

  /// Gives a name to a value; checks its type where one is written.
  private mutating func bind(_ target: Binding, _ item: Item, _ frame: inout Frame) {
    frame.remaining[target.name, default: 1] -= 1
    let isLast = frame.remaining[target.name] == 0
    if frame.symbols[target.name] != nil {
      report(
        "\(tree[target.name]) is a size and cannot be given a value", at: target.nameSpan,
        help: "choose another name")
      frame.hasErrors = true
      return
    }
    var item = item
    // The type of a result is that of the last value with its name.
    let declared = target.type ?? (isLast ? frame.resultTypes[target.name] : nil)
    if let declared, !item.isInvalid {
      item = typed(item, declared, target.nameSpan, &frame).map { .term($0) } ?? .invalid
    }
    if item.isInvalid { frame.hasErrors = true }
    if case .term(let term) = item {
      item = .term(named(term, target.name, isLast: isLast, &frame))
    }
    frame.values.set(target.name, item)
  }

  /// A value with a name in the graph, for readers. Each is given once; where one name is given to
  /// several values, the last of them has it bare and the others numbered. `_`, `_1`, `_2`, … stand
  /// for no name.
  private func named(_ term: Term, _ id: NameID, isLast: Bool, _ frame: inout Frame) -> Term {
    let name = tree[id]
    if frame.isInlined || name.isPlaceholder { return term }
    let hasName = frame.builder.hasName(term)
    if !hasName && isLast && distinct.isEmpty && frame.usedNames.insert(name).inserted {
      frame.builder.name(term, name)
      return term
    }
    if hasName && distinct.isEmpty {
      if isLast && frame.outer.isEmpty { frame.builder.addAlias(term, name) }
      return term
    }
    var unique = name
    var number = frame.numbers[id] ?? (isLast ? 1 : 0)
    let isNumbered = !isLast || frame.usedNames.contains(unique)
    if isNumbered {
      // Never below a number it had, or a name with many values would take quadratic time.
      repeat {
        number += 1
        unique = "\(name)_\(number)"
      } while frame.usedNames.contains(unique)
    }
    var term = term
    if distinct.contains(unique), frame.outer.isEmpty,
      let own = try? frame.builder.distinct(term)
    {
      term = own
    } else if hasName {
      if isLast && frame.outer.isEmpty { frame.builder.addAlias(term, unique) }
      return term
    }
    frame.usedNames.insert(unique)
    if isNumbered { frame.numbers.set(id, number) }
    frame.builder.name(term, unique)
    return term
  }
}

/// `1 result`, `2 results`
func counted(_ count: Int, _ noun: String) -> String {
  count == 1 ? "1 \(noun)" : "\(count) \(noun == "axis" ? "axes" : noun + "s")"
}

extension String {
  /// `_`, `_1`, `_2`, …: how values without a name are printed.
  var isPlaceholder: Bool {
    utf8.first == UInt8(ascii: "_") && utf8.dropFirst().allSatisfy(isDigit)
  }
}
