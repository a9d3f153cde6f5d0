// Expressions for elements of values: what is stored is loaded, what is not is computed on the
// spot. What is needed twice, or does not change in the inner loops, goes into a local.
import Graph

/// Where an expression will stand.
struct Scope {
  var loops: [GrowingLoop]
  /// Conditions under which it is evaluated.
  var conditions: [IndexCondition] = []

  var depth: Int { loops.count }
}

/// A local or index variable and where it is defined.
struct Definition {
  let number: Int
  let block: Block
  /// The item of the block, or the loop in front of which it stands.
  let place: Int
}

/// An element that is in a local.
struct ElementKey: Hashable {
  var value: Value
  var indices: [DimExpr]
}

/// An index that was read from data.
struct FetchKey: Hashable {
  var node: Int
  var fetch: Int
  var indices: [DimExpr]
  var conditions: [IndexCondition]
}

/// An expression and how many loops, from outside, it depends on.
struct Element {
  var expression: Expression
  var depth: Int
}

extension NestBuilder {
  /// The element of `value` at `indices`, which are over index variables in scope.
  func element(_ value: Value, _ indices: [DimExpr], in scope: Scope) -> Element {
    let index = Int(value.index)
    if let scalar = scalarOfValue[index] { return scalar }
    // Scalars are in locals, or inputs, which are read where they lie.
    let isShared =
      plan.isStored[index] ? !indices.isEmpty : plan.useCounts[index] > 1
    if isShared, let known = known(value, indices, in: scope) {
      return Element(expression: .local(known), depth: program.localDepths[known])
    }
    if plan.isStored[index] {
      let place = place(of: value)
      return Element(
        expression: .load(buffer: place.buffer, offset: place.offset(indices)),
        depth: depth(of: indices))
    }
    guard let made = made(value, indices, in: scope) else {
      return Element(expression: .literal(Scalar(0 as Int64, .i64)), depth: 0)
    }
    if made.expression.isLeaf { return made }
    // Under conditions it would have to be guarded once more; cheap things are written twice.
    let isTransport = plan.ownCosts[index] == 0
    if !isTransport && scope.conditions.isEmpty
      && (plan.useCounts[index] > 1 || made.depth < scope.depth)
    {
      return bind(
        made, value, indices, graph.type(of: value).dtype, name: graph.names[value], in: scope)
    }
    return made
  }

  /// The element of a value that is computed where it is read.
  private func made(_ value: Value, _ indices: [DimExpr], in scope: Scope) -> Element? {
    guard let node = graph.definingNode(of: value) else { return nil }
    if let function = graph.functionOfScalars(node) { return applied(function, node, in: scope) }
    guard case .map(let map)? = plan.meanings[node] else { return nil }
    let result = Int(value.index) - Int(graph.nodes[node].resultRange.lowerBound)
    return build(map.values[result], map, node, indices, states: [], in: scope)
  }

  /// A function of scalars: what `build` makes of its meaning, without a look at it.
  func applied(_ function: ScalarFunction, _ node: Int, in scope: Scope) -> Element {
    let places = graph.nodes[node].operandRange
    var made: [Expression] = []
    made.reserveCapacity(places.count)
    var depth = 0
    for place in places {
      let element = element(graph.operandList[Int(place)], [], in: scope)
      made.append(element.expression)
      depth = max(depth, element.depth)
    }
    let first = graph.operandList[Int(places.lowerBound) + (function.domain == .selection ? 1 : 0)]
    let dtype = graph.types[Int(first.index)].dtype
    return Element(expression: .applying(function, dtype, made), depth: depth)
  }

  /// The local that holds an element, if it can be seen from the scope.
  private func known(_ value: Value, _ indices: [DimExpr], in scope: Scope) -> Int? {
    let entry =
      indices.isEmpty
      ? memoOfScalars[Int(value.index)] : memo[ElementKey(value: value, indices: indices)]
    if let entry, isVisible(entry, from: scope) { return entry.number }
    return nil
  }

  /// Notes that an element is in a local.
  func memorize(_ value: Value, _ indices: [DimExpr], _ definition: Definition) {
    if indices.isEmpty {
      memoOfScalars[Int(value.index)] = definition
    } else {
      memo[ElementKey(value: value, indices: indices)] = definition
    }
  }

  /// The definition stands in a block around the scope, before the loop that leads there.
  private func isVisible(_ definition: Definition, from scope: Scope) -> Bool {
    let level =
      definition.block === root
      ? 0 : scope.loops.firstIndex { $0.body === definition.block }.map { $0 + 1 }
    guard let level else { return false }
    return level == scope.depth || definition.place <= scope.loops[level].place
  }

  /// Puts an element into a local, outside of the loops it does not depend on.
  private func bind(
    _ element: Element, _ value: Value, _ indices: [DimExpr], _ dtype: DType, name: String?,
    in scope: Scope
  ) -> Element {
    let local = program.newLocal(dtype, name: name, depth: element.depth)
    let definition = place(
      .define(local, element.expression), number: local, depth: element.depth, in: scope)
    memorize(value, indices, definition)
    return Element(expression: .local(local), depth: element.depth)
  }

  /// Appends a statement at a depth: in front of the loop that the scope goes on into, or at the
  /// end of the innermost block.
  @discardableResult
  func place(_ statement: Statement, number: Int, depth: Int, in scope: Scope) -> Definition {
    let outer = depth == 0 ? root : scope.loops[depth - 1].body
    if depth < scope.depth {
      scope.loops[depth].prelude.append(statement)
      return Definition(number: number, block: outer, place: scope.loops[depth].place)
    }
    outer.append(statement)
    return Definition(number: number, block: outer, place: outer.items.count - 1)
  }

  // MARK: - Expressions of a meaning

  /// A scalar expression of a node, its domain indices replaced by `indices`.
  func build(
    _ e: ScalarExpr, _ map: Comprehension, _ node: Int, _ indices: [DimExpr],
    states: [Element], in scope: Scope
  ) -> Element {
    switch e {
    case .literal(let scalar): return Element(expression: .literal(scalar), depth: 0)
    case .state(let k): return states[k]
    case .index(let index, let dtype):
      let place = replaced(index, map, node, indices, in: scope)
      return Element(expression: .index(place, dtype), depth: depth(of: [place]))
    case .operand(let k, let access):
      let operands = graph.operands(of: node)
      let places = access.map { replaced($0, map, node, indices, in: scope) }
      return element(operands[operands.startIndex + k], places, in: scope)
    case .apply(let f, let operands):
      var made: [Expression] = []
      made.reserveCapacity(operands.count)
      var depth = 0
      for operand in operands {
        let element = build(operand, map, node, indices, states: states, in: scope)
        made.append(element.expression)
        depth = max(depth, element.depth)
      }
      let dtype = dtype(of: operands[f.domain == .selection ? 1 : 0], map, node, states)
      return Element(expression: .applying(f, dtype, made), depth: depth)
    case .convert(let x, let dtype):
      let made = build(x, map, node, indices, states: states, in: scope)
      let source = self.dtype(of: x, map, node, states)
      return Element(
        expression: .convert(made.expression, from: source, to: dtype), depth: made.depth)
    case .guarded(let conditions, let then, let otherwise):
      let here = conditions.map { condition in
        IndexCondition(
          replaced(condition.lhs, map, node, indices, in: scope), condition.relation,
          replaced(condition.rhs, map, node, indices, in: scope))
      }
      var inner = scope
      inner.conditions += here
      let a = build(then, map, node, indices, states: states, in: inner)
      let b = build(otherwise, map, node, indices, states: states, in: scope)
      return Element(
        expression: .conditional(here, then: a.expression, otherwise: b.expression),
        depth: max(depth(of: here), a.depth, b.depth))
    }
  }

  /// The dtype of a scalar expression.
  private func dtype(
    of e: ScalarExpr, _ map: Comprehension, _ node: Int, _ states: [Element]
  ) -> DType {
    switch e {
    case .literal(let scalar): return scalar.dtype
    case .index(_, let dtype), .convert(_, let dtype): return dtype
    case .operand(let k, _):
      let operands = graph.operands(of: node)
      return graph.type(of: operands[operands.startIndex + k]).dtype
    case .state(let k):
      if case .local(let local)? = states.indices.contains(k) ? states[k].expression : nil {
        return program.locals[local].dtype
      }
      if case .load(let buffer, _)? = states.indices.contains(k) ? states[k].expression : nil {
        return program.buffers[buffer].dtype
      }
      return .f64
    case .apply(let f, let operands):
      return f.isPredicate
        ? .bool : dtype(of: operands[f.domain == .selection ? 1 : 0], map, node, states)
    case .guarded(_, let then, _): return dtype(of: then, map, node, states)
    }
  }

  /// An index expression with domain indices replaced, and indices from data read into variables.
  func replaced(
    _ e: DimExpr, _ map: Comprehension, _ node: Int, _ indices: [DimExpr], in scope: Scope
  ) -> DimExpr {
    if e.terms.isEmpty { return e }
    if case .index(let k)? = e.singleAtom, k < indices.count { return indices[k] }
    return e.replacing { atom in
      guard case .index(let k) = atom else { return nil }
      return k < indices.count
        ? indices[k] : fetch(k - map.domain.count, map, node, indices, in: scope)
    }
  }

  private func fetch(
    _ number: Int, _ map: Comprehension, _ node: Int, _ indices: [DimExpr], in scope: Scope
  ) -> DimExpr {
    let key = FetchKey(
      node: node, fetch: number, indices: indices, conditions: scope.conditions)
    if let entry = fetched[key], isVisible(entry, from: scope) {
      return .index(entry.number)
    }
    let fetch = map.fetches[number]
    var made = build(fetch.value, map, node, indices, states: [], in: scope)
    let dtype = dtype(of: fetch.value, map, node, [])
    if let limit = fetch.limit {
      let bound = replaced(limit, map, node, indices, in: scope)
      if case .literal(let scalar) = made.expression, let last = bound.constantValue, last >= 0 {
        return DimExpr(Swift.min(Swift.max(Int(scalar.integer), 0), last))
      }
      // A loop's own index is known to lie inside.
      if case .index(let e, .i64) = made.expression, case .index(let k)? = e.singleAtom,
        let largest = program.indexLimits[k], (bound - largest).sign ?? -1 >= 0
      {
        return e
      }
      made.expression = .clamp(made.expression, dtype, limit: bound)
    }
    if !scope.conditions.isEmpty {
      made.expression = .conditional(
        scope.conditions, then: made.expression, otherwise: .literal(Scalar(0 as Int64, dtype)))
      made.depth = max(made.depth, depth(of: scope.conditions))
    }
    if let same = fetchedValues[made.expression], isVisible(same, from: scope) {
      fetched[key] = same
      return .index(same.number)
    }
    let index = program.newIndex(depth: made.depth)
    let definition = place(
      .defineIndex(index, made.expression), number: index, depth: made.depth, in: scope)
    fetched[key] = definition
    fetchedValues[made.expression] = definition
    return .index(index)
  }

  // MARK: - Depths

  func depth(of indices: [DimExpr]) -> Int {
    var depth = 0
    for e in indices {
      e.forEachLeaf { if case .index(let k) = $0 { depth = max(depth, program.indexDepths[k]) } }
    }
    return depth
  }

  private func depth(of conditions: [IndexCondition]) -> Int {
    depth(of: conditions.flatMap { [$0.lhs, $0.rhs] })
  }
}
