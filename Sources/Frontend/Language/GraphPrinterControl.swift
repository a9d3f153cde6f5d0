// Loops and conditionals of a graph as blocks. A region has names of its own; they may be those of
// values outside, unless it reads these. What a region captures has the name it has outside.
import Graph

extension GraphPrinter {
  /// A statement for a loop or a conditional.
  mutating func writeControl(_ node: Node) {
    var results = Array(graph.results(of: node))
    let operands = Array(graph.operands(of: node))
    let value: ExprID
    switch node.operation {
    case let loop as Loop:
      let isCounted = isWanted(results[loop.stepsResult]) || results.count == 1
      if !isCounted { results.removeLast() }
      value = self.loop(loop, operands, isCounted: isCounted)
    case let choice as Conditional: value = self.choice(choice, operands)
    case let root as Root: value = solution(.root, root.residual, operands)
    case let solve as LinearSolve: value = solution(.linearSolve, solve.map, operands)
    case let custom as CustomFunction: value = self.custom(custom, operands, tangents: nil)
    case let tangent as CustomTangent:
      let count = tangent.function.function.inputTypes.count
      value = custom(
        tangent.function, Array(operands[..<count]), tangents: Array(operands[count...]))
    default: return
    }
    let targets = results.map { value -> Binding in
      guard let name = names[Int(value.index)] else {
        return Binding(name: tree.names.intern("_"))
      }
      return binding(name, graph.type(of: value))
    }
    statements.append(Statement(targets: targets, value: value))
  }

  // MARK: - Loops

  private mutating func loop(_ loop: Loop, _ operands: [Value], isCounted: Bool) -> ExprID {
    let captured = operands[loop.capturedOperands].map { names[Int($0.index)] ?? "_" }
    let inputs = loop.body.graph.inputs
    let isIndexRead =
      loop.body.graph.reads(inputs[0].value)
      || loop.condition.map { $0.graph.reads($0.graph.inputs[0].value) } ?? false
    var taken = symbols.union(captured)
    var own = [isIndexRead ? Self.unique(inputs[0].name, &taken) : "_"]
    for input in inputs[1..<loop.capturedInputs.lowerBound] {
      own.append(Self.unique(input.name, &taken))
    }

    var syntax = LoopSyntax(form: .for)
    syntax.isCounted = isCounted
    syntax.isReversed = loop.isReversed
    for (operand, input) in zip(loop.scannedOperands, loop.rowInputs) {
      syntax.rows.append(.init(name: intern(own[input]), array: reference(operands[operand])))
    }
    for (operand, input) in zip(loop.carriedOperands, loop.carriedInputs) {
      syntax.carried.append(start(own[input], operands[operand]))
    }
    writeDomain(of: loop, operands, own[0], isIndexRead, &syntax)
    if let condition = loop.condition {
      let names = own[..<loop.carriedInputs.upperBound] + captured
      let block = self.block(condition, Array(names), carriedCount: nil)
      syntax.condition =
        block.statements.isEmpty
        ? block.values.map { .expression($0.values[0]) } : .block(block)
    }
    switch loop.keep {
    case .all: break
    case .nothing: syntax.keep = .nothing
    case .every(let k): syntax.keep = .every(extent(k))
    case .states(let s): syntax.keep = .atMost(extent(s))
    }
    syntax.body = block(loop.body, own + captured, carriedCount: loop.carriedCount)
    return tree.add(.loop(tree.store(syntax)))
  }

  /// The range, and what bounds it.
  private mutating func writeDomain(
    of loop: Loop, _ operands: [Value], _ index: String, _ isIndexRead: Bool,
    _ syntax: inout LoopSyntax
  ) {
    // What rows say by themselves is not said again.
    let height = loop.scannedOperands.first.map { graph.type(of: operands[$0]).shape[0] }
    let isBoundByRows = loop.bound != nil && loop.bound == height
    if loop.condition != nil, !loop.hasCount, loop.scannedCount == 0, loop.carriedCount > 0,
      !isIndexRead
    {
      syntax.form = .while
      syntax.limit = loop.bound.map { extent($0) }
      return
    }
    if !loop.hasCount, !isIndexRead, isBoundByRows { return }
    let lower = tree.add(.integer(0))
    var upper: ExprID?
    if loop.hasCount {
      upper = reference(operands[0])
      if !isBoundByRows { syntax.limit = loop.bound.map { extent($0) } }
    } else {
      upper = loop.bound.map { extent($0) }
    }
    syntax.range = .init(name: intern(index), lower: lower, upper: upper)
  }

  // MARK: - Conditionals

  private mutating func choice(_ choice: Conditional, _ operands: [Value]) -> ExprID {
    let selector = reference(operands[0])
    let captured = operands.dropFirst().map { names[Int($0.index)] ?? "_" }
    var branches: [Block] = []
    for branch in choice.branches { branches.append(block(branch, captured, carriedCount: nil)) }
    var syntax = ChoiceSyntax(
      selector: selector, cases: choice.cases?.map { .init(number: Int($0)) }, branches: branches)
    if choice.cases == nil, let link = link(in: branches[1]) {
      syntax.branches[1] = Block(statements: [], values: ValueList(values: [link]))
      syntax.isChained = true
    }
    return tree.add(.choice(tree.store(syntax)))
  }

  /// The if that is all there is in a block, for `else if`.
  private func link(in block: Block) -> ExprID? {
    guard block.statements.isEmpty, let value = block.values?.values.first,
      case .choice(let id) = tree[value].kind, tree[id].cases == nil
    else { return nil }
    return value
  }

  // MARK: - Regions

  /// A region as a block.
  /// - Parameters:
  ///   - names: of its inputs, in order.
  ///   - carriedCount: how many outputs are the next carried values; the others are yielded. `nil`
  ///     where none are.
  mutating func block(
    _ region: Region, _ names: [String], carriedCount: Int?
  ) -> Block {
    var printer = GraphPrinter(region.graph, inside: symbols, names, SyntaxTree())
    // The tree goes along and comes back, so that it is never copied.
    swap(&tree, &printer.tree)
    defer { swap(&tree, &printer.tree) }
    return printer.writeBlock(carriedCount)
  }

  private mutating func writeBlock(_ carriedCount: Int?) -> Block {
    nameNodes(inRegion: true)
    let isLive = graph.liveNodes()
    for (node, isLive) in zip(graph.nodes, isLive) where isLive { write(node) }
    let values = graph.outputs.map { reference($0.value) }
    let count = carriedCount ?? values.count
    var block = Block(statements: statements)
    if count < values.count { block.yield = ValueList(values: Array(values[count...])) }
    if count > 0 { block.values = ValueList(values: Array(values[..<count])) }
    // What the last statement gives may stand in the last line itself.
    if block.yield == nil, let last = statements.last, tree[last.value].kind.isControl,
      last.targets.map(\.name) == values.map({ tree[$0].kind.name })
    {
      block.statements.removeLast()
      block.values = ValueList(values: [last.value])
    }
    return block
  }

  /// A name like this one that is free, which it is no more.
  static func unique(_ name: String, _ taken: inout Set<String>) -> String {
    let base = NameTable.spellable(name)
    var unique = base
    var number = 1
    while unique == "_" || !taken.insert(unique).inserted {
      number += 1
      unique = "\(base)_\(number)"
    }
    return unique
  }
}

extension Graph {
  /// Whether some live node or an output reads a value.
  fileprivate func reads(_ value: Value) -> Bool {
    if outputs.contains(where: { $0.value == value }) { return true }
    return zip(nodes, liveNodes()).contains { $1 && operands(of: $0).contains(value) }
  }
}

extension Expr.Kind {
  fileprivate var name: NameID? {
    if case .name(let name) = self { name } else { nil }
  }
}
