// Operations, literals, attributes and sizes as expressions of the graph language, for the printer of
// graphs. What gets a statement and which name is decided in GraphPrinter.swift.
import Graph

extension GraphPrinter {
  mutating func expression(_ node: Node, _ operands: [Value]) -> ExprID {
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
    // Beside operands that fix the dtype of numbers, all literals say theirs.
    // So they do for operations of a program, whose type rules may want any dtype.
    let parameters = Catalog.entry(named: node.operation.name)?.parameters
    let parts =
      parameters?.contains { $0.numberDType != nil } ?? true
      ? operands.map { reference($0) } : references(operands)
    var arguments = parts.map { Argument(name: nil, value: $0) }
    for attribute in node.operation.writtenAttributes {
      arguments.append(
        Argument(
          name: tree.names.intern(attribute.name), value: self.attribute(attribute.value)))
    }
    return tree.add(.call(intern(node.operation.name), tree.store(arguments)))
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
  mutating func reference(_ value: Value) -> ExprID {
    if let name = names[Int(value.index)] { return tree.add(.name(intern(name))) }
    if let expression = inline[Int(value.index)] { return expression }
    return typed(value)
  }

  mutating func typed(_ value: Value) -> ExprID {
    let dtype = graph.type(of: value).dtype
    if dtype == .bool { return bare(value) }
    if let extent = graph.operation(defining: value) as? Extent, !isPlain(extent.extent) {
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
  mutating func bare(_ value: Value) -> ExprID {
    switch graph.operation(defining: value) {
    case let literal as Literal: return scalar(literal.value)
    case let extent as Extent:
      return isPlain(extent.extent) ? self.extent(extent.extent) : typed(value)
    default: return tree.add(.integer(0))
    }
  }

  /// Means the size also where a value stands: a number would be a literal, and `broadcast` is an
  /// operation there.
  private func isPlain(_ e: DimExpr) -> Bool {
    if e.constantValue != nil { return false }
    return e.terms.allSatisfy { term in
      term.atoms.allSatisfy { atom in
        switch atom {
        case .symbol: true
        case .index, .overflow, .broadcast: false
        case .floorDiv(let a, let b), .mod(let a, let b), .min(let a, let b), .max(let a, let b):
          (a.constantValue != nil || isPlain(a)) && (b.constantValue != nil || isPlain(b))
        }
      }
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
    var position = 0
    let list = rows(of: tensor, axis: 0, &position)
    let argument = Argument(name: nil, value: list)
    return tree.add(.call(tree.names.intern(tensor.dtype.rawValue), tree.store([argument])))
  }

  private mutating func rows(of tensor: Tensor, axis: Int, _ position: inout Int) -> ExprID {
    if axis == tensor.shape.count {
      position += 1
      return scalar(tensor[position - 1])
    }
    var parts: [ExprID] = []
    for _ in 0..<tensor.shape[axis] { parts.append(rows(of: tensor, axis: axis + 1, &position)) }
    return tree.add(.array(tree.store(parts)))
  }

  // MARK: - Attributes and sizes

  mutating func attribute(_ value: AttributeValue) -> ExprID {
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
    case .region: return tree.add(.invalid)
    }
  }

  private mutating func list(_ list: [DimExpr]) -> ExprID {
    let parts = list.map { extent($0) }
    return tree.add(.array(tree.store(parts)))
  }

  /// Highest degree first, as sizes are printed everywhere.
  mutating func extent(_ e: DimExpr) -> ExprID {
    var sum: ExprID?
    for term in e.terms.reversed() {
      // The least integer has no opposite; it keeps its sign.
      let isSubtracted = term.coefficient < 0 && term.coefficient != .min
      let factor = isSubtracted ? -term.coefficient : term.coefficient
      var product: ExprID?
      if factor != 1 || term.atoms.isEmpty { product = tree.add(.integer(factor)) }
      for atom in term.atoms {
        let factor = self.atom(atom)
        product = product.map { tree.add(.binary(.multiply, $0, factor)) } ?? factor
      }
      guard let product else { continue }
      if let left = sum {
        sum = tree.add(.binary(isSubtracted ? .subtract : .add, left, product))
      } else {
        sum = isSubtracted ? tree.add(.unary(.negate, product)) : product
      }
    }
    guard let sum else { return tree.add(.integer(e.constant)) }
    if e.constant == 0 { return sum }
    let isSubtracted = e.constant < 0 && e.constant != .min
    let constant = tree.add(.integer(isSubtracted ? -e.constant : e.constant))
    return tree.add(.binary(isSubtracted ? .subtract : .add, sum, constant))
  }

  private mutating func atom(_ atom: DimExpr.Atom) -> ExprID {
    func call(_ name: String, _ a: DimExpr, _ b: DimExpr, _ printer: inout GraphPrinter) -> ExprID {
      let arguments = [a, b].map { Argument(name: nil, value: printer.extent($0)) }
      return printer.tree.add(
        .call(printer.tree.names.intern(name), printer.tree.store(arguments)))
    }
    switch atom {
    case .symbol(DimExpr.unknownName): return tree.add(.unknownExtent)
    case .symbol(let name): return tree.add(.name(intern(name)))
    case .index, .overflow: return tree.add(.integer(0))
    case .floorDiv(let a, let b): return tree.add(.binary(.floorDivide, extent(a), extent(b)))
    case .mod(let a, let b): return tree.add(.binary(.remainder, extent(a), extent(b)))
    case .min(let a, let b): return call("min", a, b, &self)
    case .max(let a, let b): return call("max", a, b, &self)
    case .broadcast(let a, let b): return call("broadcast", a, b, &self)
    }
  }
}
