// A graph as a function in the graph language. Values with names, and those that are used more than
// once, get a statement; others are written where they are used. Reading the text gives the same
// graph again.
import Graph

/// Writes one graph into a syntax tree.
struct GraphPrinter {
  let graph: Graph
  var tree: SyntaxTree
  private var useCounts: [Int]
  /// The name a value is referred to by.
  var names: [String?]
  /// Expressions of values that are written where they are used, and how deep they are.
  var inline: [ExprID?]
  private var depths: [Int]
  var statements: [Statement] = []
  private var taken: Set<String> = []
  /// The sizes of the function.
  let symbols: Set<String>
  /// What regions capture, and what the graph gives.
  private var isCaptured: [Bool]
  private var isOutput: [Bool]
  private var nextPlaceholder = 1
  /// The name of the function in the file.
  private let name: String

  /// The deepest expression before a value gets a statement of its own.
  private static let deepest = 12

  /// - Parameter name: the name of the function in the file.
  init(_ graph: Graph, as name: String, _ tree: SyntaxTree) {
    self.init(graph, as: name, symbols: Set(graph.symbols), tree)
  }

  /// For the graph of a region.
  /// - Parameter inputNames: as they are written in it.
  init(_ graph: Graph, inside symbols: Set<String>, _ inputNames: [String], _ tree: SyntaxTree) {
    self.init(graph, as: graph.name, symbols: symbols, tree)
    taken = symbols.union(inputNames)
    for (input, name) in zip(graph.inputs, inputNames) { names[Int(input.value.index)] = name }
  }

  private init(
    _ graph: Graph, as name: String, symbols: Set<String>, _ tree: SyntaxTree
  ) {
    self.graph = graph
    self.name = name
    self.symbols = symbols
    self.tree = tree
    let count = graph.types.count
    useCounts = [Int](repeating: 0, count: count)
    names = [String?](repeating: nil, count: count)
    inline = [ExprID?](repeating: nil, count: count)
    depths = [Int](repeating: 0, count: count)
    isCaptured = [Bool](repeating: false, count: count)
    isOutput = isCaptured
    for operand in graph.operandList { useCounts[Int(operand.index)] += 1 }
    for output in graph.outputs { isOutput[Int(output.value.index)] = true }
    for node in graph.nodes where node.hasRegions {
      let count: Int
      switch node.operation {
      case let loop as Loop: count = loop.capturedOperands.lowerBound
      case is CustomFunction, is CustomTangent: continue
      default: count = 1
      }
      for operand in graph.operands(of: node).dropFirst(count) {
        isCaptured[Int(operand.index)] = true
      }
    }
  }

  mutating func print() {
    nameValues()
    let parameters = graph.inputs.map { input in
      binding(input.name, graph.type(of: input.value))
    }
    for node in graph.nodes { write(node) }
    let results = graph.outputs.map { binding($0.name, graph.type(of: $0.value)) }
    writeResults()
    let constraints = self.constraints()
    tree.functions.append(
      FunctionSyntax(
        name: intern(name), parameters: parameters, results: results,
        constraints: constraints, body: Block(statements: statements)))
  }

  /// Statements for results that are not called what their values are called.
  private mutating func writeResults() {
    let renamed = graph.outputs.filter { names[Int($0.value.index)] != $0.name }
    // A result may have the name of an input that a later one still needs: those are set aside.
    let targets = Set(renamed.map(\.name))
    for (k, output) in renamed.enumerated() {
      guard let name = names[Int(output.value.index)], targets.contains(name),
        renamed[..<k].contains(where: { $0.name == name })
      else { continue }
      let type = graph.type(of: output.value)
      let aside = placeholder()
      statements.append(
        Statement(targets: [binding(aside, type)], value: tree.add(.name(intern(name)))))
      names[Int(output.value.index)] = aside
    }
    for output in renamed {
      let target = binding(output.name, graph.type(of: output.value))
      statements.append(Statement(targets: [target], value: reference(output.value)))
    }
  }

  // MARK: - Names

  /// Names from the graph where they are free to use, `_1`, `_2`, … for the others that need one.
  private mutating func nameValues() {
    taken = symbols
    for input in graph.inputs {
      names[Int(input.value.index)] = input.name
      taken.insert(input.name)
    }
    let outputNames = Set(graph.outputs.map(\.name))
    for output in graph.outputs where names[Int(output.value.index)] == nil {
      let isLiteral = graph.literal(output.value) != nil
      if !isLiteral && graph.names[output.value] == output.name && !taken.contains(output.name) {
        names[Int(output.value.index)] = output.name
        taken.insert(output.name)
      }
    }
    nameNodes(except: outputNames)
  }

  /// Names for the values of nodes. What a region gives needs none in it, unless it is read there.
  mutating func nameNodes(except reserved: Set<String> = [], inRegion: Bool = false) {
    for node in graph.nodes {
      for value in graph.results(of: node) where names[Int(value.index)] == nil {
        let index = Int(value.index)
        let isGiven =
          inRegion && isOutput[index] && useCounts[index] == 0 && node.resultRange.count == 1
        if let name = graph.names[value], !isGiven, !reserved.contains(name), !name.isPlaceholder,
          NameTable.isSpellable(name), taken.insert(name).inserted
        {
          names[index] = name
        } else if needsStatement(value, node) {
          names[index] = placeholder()
        }
      }
    }
  }

  private mutating func placeholder() -> String {
    while !taken.insert("_\(nextPlaceholder)").inserted { nextPlaceholder += 1 }
    return "_\(nextPlaceholder)"
  }

  /// Names that cannot be written are changed; names of values are checked before.
  mutating func intern(_ name: String) -> NameID {
    tree.names.intern(NameTable.spellable(name))
  }

  private func needsStatement(_ value: Value, _ node: Node) -> Bool {
    if node.operation is Literal || node.operation is Extent { return false }
    if node.hasRegions { return isWanted(value) }
    return isCaptured[Int(value.index)] || useCounts[Int(value.index)] > 1
      || node.resultRange.count > 1
  }

  /// Is read, or has a name to keep.
  func isWanted(_ value: Value) -> Bool {
    useCounts[Int(value.index)] > 0 || isOutput[Int(value.index)] || graph.names[value] != nil
  }

  // MARK: - Statements

  mutating func write(_ node: Node) {
    if node.hasRegions { return writeControl(node) }
    let results = graph.results(of: node)
    let operands = Array(graph.operands(of: node))
    let inner = operands.map { inline[Int($0.index)] == nil ? 0 : depths[Int($0.index)] }
    let depth = 1 + (inner.max() ?? 0)
    if results.count == 1, names[Int(results[0].index)] == nil, depth < Self.deepest {
      // Literals and sizes are spelled where they are used, with the dtype their place gives them.
      if !(node.operation is Literal) && !(node.operation is Extent) {
        inline[Int(results[0].index)] = expression(node, operands)
        depths[Int(results[0].index)] = depth
      }
      return
    }
    let targets = results.map { value in
      let name = names[Int(value.index)] ?? placeholder()
      names[Int(value.index)] = name
      return binding(name, graph.type(of: value))
    }
    let value =
      node.operation is Literal || node.operation is Extent
      ? typed(results[0]) : expression(node, operands)
    statements.append(Statement(targets: targets, value: value))
  }

  mutating func binding(_ name: String, _ type: TensorType) -> Binding {
    let extents = type.shape.map { extent($0) }
    return Binding(
      name: intern(name),
      type: TypeSyntax(dtype: type.dtype, extents: tree.store(extents)))
  }

  /// Declared conditions, and `n >= 0` for sizes that only the body mentions.
  private mutating func constraints() -> [ExprID] {
    var result: [ExprID] = []
    var mentioned: Set<String> = []
    func note(_ e: DimExpr) { mentioned.formUnion(e.symbols) }
    for value in graph.inputs.map(\.value) + graph.outputs.map(\.value) {
      graph.type(of: value).shape.forEach(note)
    }
    for condition in graph.constraints {
      let op: BinaryOperator
      switch condition.relation {
      case .equal: op = .equal
      case .notEqual: op = .notEqual
      case .less: op = .less
      case .lessOrEqual: op = .lessOrEqual
      case .broadcastable, .stretchable: continue
      }
      note(condition.lhs)
      note(condition.rhs)
      // n >= 1 reads better than 1 <= n.
      let swapped: BinaryOperator = op == .less ? .greater : .greaterOrEqual
      let isSwapped = (op == .less || op == .lessOrEqual) && condition.lhs.constantValue != nil
      let (a, b) = isSwapped ? (condition.rhs, condition.lhs) : (condition.lhs, condition.rhs)
      result.append(tree.add(.binary(isSwapped ? swapped : op, extent(a), extent(b))))
    }
    for symbol in graph.symbols where !mentioned.contains(symbol) {
      result.append(
        tree.add(.binary(.greaterOrEqual, extent(.symbol(symbol)), tree.add(.integer(0)))))
    }
    return result
  }
}
