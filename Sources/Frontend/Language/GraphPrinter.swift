// A graph as a function in the graph language. Values with names, and those that are used more than
// once, get a statement; others are written where they are used. Reading the text gives the same
// graph again.
import Graph

/// Writes one graph into a syntax tree.
struct GraphPrinter {
  let graph: Graph
  private(set) var tree: SyntaxTree
  private var useCounts: [Int]
  /// The name a value is referred to by.
  private var names: [String?]
  /// Expressions of values that are written where they are used, and how deep they are.
  private var inline: [ExprID?]
  private var depths: [Int]
  private var statements: [Statement] = []

  /// The deepest expression before a value gets a statement of its own.
  private static let deepest = 12

  init(_ graph: Graph, _ tree: SyntaxTree) {
    self.graph = graph
    self.tree = tree
    let count = graph.types.count
    useCounts = [Int](repeating: 0, count: count)
    names = [String?](repeating: nil, count: count)
    inline = [ExprID?](repeating: nil, count: count)
    depths = [Int](repeating: 0, count: count)
    for operand in graph.operandList { useCounts[Int(operand.index)] += 1 }
  }

  mutating func print() {
    nameValues()
    let parameters = graph.inputs.map { input in
      binding(input.name, graph.type(of: input.value))
    }
    for (index, node) in graph.nodes.enumerated() { write(node, index) }
    var results: [Binding] = []
    for output in graph.outputs {
      let type = graph.type(of: output.value)
      results.append(binding(output.name, type))
      if names[Int(output.value.index)] != output.name {
        statements.append(
          Statement(targets: [binding(output.name, type)], value: reference(output.value)))
      }
    }
    let constraints = self.constraints()
    tree.functions.append(
      FunctionSyntax(
        name: tree.names.intern(graph.name), parameters: parameters, results: results,
        constraints: constraints, body: Block(statements: statements)))
  }

  // MARK: - Names

  /// Names from the graph where they are free to use, `_1`, `_2`, … for the others that need one.
  private mutating func nameValues() {
    var taken: Set<String> = Set(graph.symbols)
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
    var next = 1
    for node in graph.nodes {
      for value in graph.results(of: node) where names[Int(value.index)] == nil {
        if let name = graph.names[value], !outputNames.contains(name), NameTable.isSpellable(name),
          taken.insert(name).inserted
        {
          names[Int(value.index)] = name
        } else if needsStatement(value, node) {
          while !taken.insert("_\(next)").inserted { next += 1 }
          names[Int(value.index)] = "_\(next)"
        }
      }
    }
  }

  private func needsStatement(_ value: Value, _ node: Node) -> Bool {
    if node.operation is Literal || node.operation is Extent { return false }
    return useCounts[Int(value.index)] > 1 || node.resultRange.count > 1
  }

  // MARK: - Statements

  private mutating func write(_ node: Node, _ index: Int) {
    let results = graph.results(of: node)
    let operands = Array(graph.operands(of: node))
    let depth = 1 + (operands.map { inline[Int($0.index)] == nil ? 0 : depths[Int($0.index)] }.max() ?? 0)
    if results.count == 1, names[Int(results[0].index)] == nil, depth < Self.deepest {
      // Literals and sizes are spelled where they are used, with the dtype their place gives them.
      if !(node.operation is Literal) && !(node.operation is Extent) {
        inline[Int(results[0].index)] = expression(node, operands)
        depths[Int(results[0].index)] = depth
      }
      return
    }
    let targets = results.enumerated().map { k, value in
      let name = names[Int(value.index)] ?? "_\(1_000_000 + Int(value.index))"
      names[Int(value.index)] = name
      return binding(name, graph.type(of: value))
    }
    let value = node.operation is Literal || node.operation is Extent
      ? typed(results[0]) : expression(node, operands)
    statements.append(Statement(targets: targets, value: value))
  }

  private mutating func binding(_ name: String, _ type: TensorType) -> Binding {
    let extents = type.shape.map { extent($0) }
    return Binding(
      name: tree.names.intern(name),
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

  // MARK: - Expressions

  private mutating func expression(_ node: Node, _ operands: [Value]) -> ExprID {
    if let elementwise = node.operation as? Elementwise {
      return self.elementwise(elementwise.function, operands)
    }
    if let constant = node.operation as? Constant { return array(constant.value) }
    if let product = node.operation as? Dot, isMatrixProduct(product, operands) {
      let parts = references(operands)
      return tree.add(.binary(.matrixProduct, parts[0], parts[1]))
    }
    if let slice = node.operation as? Slice, let text = subscripted(slice, operands[0]) {
      return text
    }
    let parts = references(operands)
    var arguments = parts.map { Argument(name: nil, value: $0) }
    for attribute in node.operation.attributes {
      arguments.append(
        Argument(
          name: tree.names.intern(attribute.name), value: self.attribute(attribute.value)))
    }
    return tree.add(.call(tree.names.intern(node.operation.name), tree.store(arguments)))
  }

  /// What `a @ b` stands for with vectors and matrices.
  private func isMatrixProduct(_ dot: Dot, _ operands: [Value]) -> Bool {
    let ranks = operands.map { graph.type(of: $0).rank }
    return ranks.allSatisfy { 1...2 ~= $0 } && dot.leftBatch.isEmpty
      && dot.leftContracting == [ranks[0] - 1] && dot.rightContracting == [max(ranks[1] - 2, 0)]
  }

  /// `x[a:b:s, :]`; `nil` where that would be no slice at all.
  private mutating func subscripted(_ slice: Slice, _ operand: Value) -> ExprID? {
    let shape = graph.type(of: operand).shape
    let isWhole = shape.indices.map { axis in
      slice.starts[axis].isZero && slice.stops[axis] == shape[axis] && slice.strides[axis].isOne
    }
    if isWhole.allSatisfy({ $0 }) { return nil }
    // The base must bind tightly; names and calls do, all else gets parentheses from the printer.
    let base = reference(operand)
    var items: [SubscriptItem] = []
    for axis in shape.indices {
      let lower = slice.starts[axis].isZero ? nil : extent(slice.starts[axis])
      let upper = slice.stops[axis] == shape[axis] ? nil : extent(slice.stops[axis])
      let step = slice.strides[axis].isOne ? nil : extent(slice.strides[axis])
      items.append(SubscriptItem(kind: .slice(lower: lower, upper: upper, step: step)))
    }
    while items.count > 1, isWhole[items.count - 1] { items.removeLast() }
    return tree.add(.subscript(base, tree.store(items)))
  }

  private mutating func elementwise(_ f: ScalarFunction, _ operands: [Value]) -> ExprID {
    let isSelection = if case .selection = f.domain { true } else { false }
    var parts: [ExprID]
    if isSelection {
      parts = references(Array(operands.dropFirst()))
      parts.insert(reference(operands[0]), at: 0)
    } else {
      parts = references(operands)
    }
    if f == .negate { return tree.add(.unary(.negate, parts[0])) }
    if f == .not { return tree.add(.unary(.not, parts[0])) }
    if parts.count == 2, let op = BinaryOperator.spelling(f) {
      return tree.add(.binary(op, parts[0], parts[1]))
    }
    let arguments = parts.map { Argument(name: nil, value: $0) }
    return tree.add(.call(tree.names.intern(f.name), tree.store(arguments)))
  }

  /// Operands; a literal beside a value of its dtype stands bare.
  private mutating func references(_ operands: [Value]) -> [ExprID] {
    let strong = operands.first { names[Int($0.index)] != nil || inline[Int($0.index)] != nil }
    let dtype = strong.map { graph.type(of: $0).dtype }
    return operands.map { operand in
      if names[Int(operand.index)] == nil, inline[Int(operand.index)] == nil,
        graph.type(of: operand).dtype == dtype
      {
        return bare(operand)
      }
      return reference(operand)
    }
  }

  /// A name, an expression written in place, or a literal with its dtype.
  private mutating func reference(_ value: Value) -> ExprID {
    if let name = names[Int(value.index)] { return tree.add(.name(tree.names.intern(name))) }
    if let expression = inline[Int(value.index)] { return expression }
    return typed(value)
  }

  private mutating func typed(_ value: Value) -> ExprID {
    let dtype = graph.type(of: value).dtype
    if dtype == .bool { return bare(value) }
    if let extent = graph.operation(defining: value) as? Extent, extent.extent.constantValue != nil
    {
      // A plain number would be a literal.
      let arguments = [
        Argument(name: nil, value: self.extent(extent.extent)),
        Argument(name: tree.names.intern("dtype"), value: attribute(.dtype(dtype))),
      ]
      return tree.add(.call(tree.names.intern("extent"), tree.store(arguments)))
    }
    let argument = Argument(name: nil, value: bare(value))
    return tree.add(.call(tree.names.intern(dtype.rawValue), tree.store([argument])))
  }

  /// A literal or a size without its dtype.
  private mutating func bare(_ value: Value) -> ExprID {
    switch graph.operation(defining: value) {
    case let literal as Literal: return scalar(literal.value)
    case let extent as Extent:
      return extent.extent.constantValue == nil ? self.extent(extent.extent) : typed(value)
    default: return tree.add(.integer(0))
    }
  }

  private mutating func scalar(_ scalar: Scalar) -> ExprID {
    switch scalar.dtype {
    case .bool: return tree.add(.bool(scalar.bits != 0))
    case .i64, .i32: return tree.add(.integer(Int(scalar.integer)))
    case .f64, .f32:
      let value = scalar.dtype == .f32 ? Self.shortest(scalar) : scalar.real
      // 2, not 2.0: a whole number takes the dtype of its place.
      if value == value.rounded(), abs(value) < 1e15, value != 0 || value.sign == .plus {
        return tree.add(.integer(Int(value)))
      }
      return tree.add(.float(value))
    }
  }

  /// The double of the shortest decimal that is read back as this f32, rounded twice or not.
  private static func shortest(_ scalar: Scalar) -> Double {
    guard let short = Double(scalar.description), Scalar(short, .f32) == scalar else {
      return scalar.real
    }
    return short
  }

  private mutating func array(_ tensor: Tensor) -> ExprID {
    func rows(
      _ axis: Int, _ printer: inout GraphPrinter, _ element: (inout GraphPrinter) -> ExprID
    ) -> ExprID {
      if axis == tensor.shape.count { return element(&printer) }
      let parts = (0..<tensor.shape[axis]).map { _ in rows(axis + 1, &printer, element) }
      return printer.tree.add(.array(printer.tree.store(parts)))
    }
    var scalars = (0..<tensor.count).map { tensor[$0] }.makeIterator()
    var printer = self
    let list = rows(0, &printer) { printer in
      scalars.next().map { printer.scalar($0) } ?? printer.tree.add(.integer(0))
    }
    self = printer
    let argument = Argument(name: nil, value: list)
    return tree.add(.call(tree.names.intern(tensor.dtype.rawValue), tree.store([argument])))
  }

  // MARK: - Attributes and sizes

  private mutating func attribute(_ value: AttributeValue) -> ExprID {
    switch value {
    case .dim(let e): return extent(e)
    case .dims(let list): return self.list(list)
    case .dimLists(let lists):
      let rows = lists.map { self.list($0) }
      return tree.add(.array(tree.store(rows)))
    case .flag(let flag): return tree.add(.bool(flag))
    case .dtype(let dtype): return tree.add(.name(tree.names.intern(dtype.rawValue)))
    case .word(let word): return tree.add(.string(tree.store(word)))
    case .scalar(let scalar): return self.scalar(scalar)
    case .tensor(let tensor): return array(tensor)
    }
  }

  private mutating func list(_ list: [DimExpr]) -> ExprID {
    let parts = list.map { extent($0) }
    return tree.add(.array(tree.store(parts)))
  }

  /// Highest degree first, as sizes are printed everywhere.
  private mutating func extent(_ e: DimExpr) -> ExprID {
    var sum: ExprID?
    for term in e.terms.reversed() {
      var product: ExprID?
      let magnitude = term.coefficient.magnitude
      if magnitude != 1 || term.atoms.isEmpty { product = tree.add(.integer(Int(magnitude))) }
      for atom in term.atoms {
        let factor = self.atom(atom)
        product = product.map { tree.add(.binary(.multiply, $0, factor)) } ?? factor
      }
      guard let product else { continue }
      if let left = sum {
        sum = tree.add(.binary(term.coefficient < 0 ? .subtract : .add, left, product))
      } else {
        sum = term.coefficient < 0 ? tree.add(.unary(.negate, product)) : product
      }
    }
    guard let sum else { return tree.add(.integer(e.constant)) }
    if e.constant == 0 { return sum }
    let constant = tree.add(.integer(abs(e.constant)))
    return tree.add(.binary(e.constant < 0 ? .subtract : .add, sum, constant))
  }

  private mutating func atom(_ atom: DimExpr.Atom) -> ExprID {
    func call(_ name: String, _ a: DimExpr, _ b: DimExpr, _ printer: inout GraphPrinter) -> ExprID {
      let arguments = [a, b].map { Argument(name: nil, value: printer.extent($0)) }
      return printer.tree.add(
        .call(printer.tree.names.intern(name), printer.tree.store(arguments)))
    }
    switch atom {
    case .symbol(let name): return tree.add(.name(tree.names.intern(name)))
    case .index, .overflow: return tree.add(.integer(0))
    case .floorDiv(let a, let b): return tree.add(.binary(.floorDivide, extent(a), extent(b)))
    case .mod(let a, let b): return tree.add(.binary(.remainder, extent(a), extent(b)))
    case .min(let a, let b): return call("min", a, b, &self)
    case .max(let a, let b): return call("max", a, b, &self)
    case .broadcast(let a, let b): return call("broadcast", a, b, &self)
    }
  }
}
