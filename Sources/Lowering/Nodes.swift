// One nest for each node with stored results, by the form of its meaning.
import Graph

extension NestBuilder {
  func lower(_ node: Node, _ index: Int) {
    guard let meaning = plan.meanings[index],
      node.resultRange.contains(where: { plan.isStored[Int($0)] })
    else { return }
    if plan.isContraction[index],
      let product = Contraction(graph, node, meaning, contractions),
      lowerContraction(product, node)
    {
      return
    }
    switch meaning {
    case .map(let map): lowerMap(map, node, index)
    case .fold(let map, _, let states):
      let order = LoopOrder(meaning, map)
      if order.foldsInLocal {
        lowerFold(map, states, order, node, index)
      } else {
        lowerFoldInMemory(map, states[0], order, node, index)
      }
    case .scan(let map, let along, let reversed, let state):
      lowerScan(map, along, reversed, state, node, index)
    case .scatter(let map, let target, let conditions, let combine):
      lowerScatter(map, target, conditions, combine, node, index)
    case .pieces(let pieces): lowerPieces(pieces, node, index)
    case .call(let call): lowerCall(call, node)
    case .loop, .branch: preconditionFailure("control flow is not lowered yet")
    case .constant(let tensor):
      let value = graph.results(of: node)[0]
      buffers.append(
        Buffer(
          name: graph.names[value] ?? "table", dtype: tensor.dtype,
          shape: tensor.shape.map { DimExpr($0) }, storage: .constant(tensor)))
      if isOutput(value) {
        copyConstant(buffers.count - 1, to: value, node)
      } else {
        bufferOfValue[Int(value.index)] = buffers.count - 1
        placements[Int(value.index)] = Placement(position: -1)
      }
    }
  }

  /// The domain indices in terms of the loops of a nest.
  func domainIndices(
    _ domain: [DimExpr], _ order: [Int], _ loops: [GrowingLoop]
  ) -> [DimExpr] {
    domain.indices.map { k in
      order.firstIndex(of: k).map { .index(loops[$0].index) } ?? 0
    }
  }

  /// Makes an element of a stored value known to what comes: as a local, and in its buffer.
  private func store(
    _ element: Element, _ value: Value, _ indices: [DimExpr], in nest: Nest
  ) {
    let type = graph.type(of: value)
    let slot = Int(value.index)
    var expression = element.expression
    let isRead = plan.useCounts[slot] > (isOutput(value) ? 1 : 0)
    if isRead {
      let local = newLocal(type.dtype, name: graph.names[value], depth: nest.loops.count)
      nest.block.append(.define(local, expression))
      expression = .local(local)
      if type.rank == 0 && nest.loops.isEmpty {
        localOfValue[slot] = local
      } else {
        remember(value, indices, local, in: nest)
      }
    }
    if type.rank > 0 || isOutput(value) {
      let buffer = buffer(of: value)
      nest.block.append(
        .store(buffer: buffer, offset: buffers[buffer].offset(indices), expression))
    }
  }

  private func remember(_ value: Value, _ indices: [DimExpr], _ local: Int, in nest: Nest) {
    memo[ElementKey(value: value, indices: indices)] = Definition(
      number: local, block: nest.block, place: nest.block.items.count - 1)
  }

  // MARK: - Maps

  private func lowerMap(_ map: Comprehension, _ node: Node, _ index: Int) {
    let order = LoopOrder(.map(map), map)
    let nest =
      order.indices.isEmpty
      ? Nest(loops: [], block: root)
      : openNest(
        extents: order.indices.map { map.domain[$0] },
        reads: reads(of: .map(map), index, nil), loops: order.indices, notes: [note(node)])
    let indices = domainIndices(map.domain, order.indices, nest.loops)
    for (k, value) in graph.results(of: node).enumerated() where plan.isStored[Int(value.index)] {
      let element = build(map.values[k], map, index, indices, states: [], in: nest.scope)
      store(element, value, indices, in: nest)
      place(value, nest, axes: order.indices)
    }
  }

  /// Notes that the last statement of a nest completes a value.
  private func place(_ value: Value, _ nest: Nest, axes: [Int?]) {
    guard let outermost = nest.loops.first else { return completeHere(value) }
    placements[Int(value.index)] = Placement(
      position: outermost.place, place: nest.block.items.count - 1, loops: nest.loops, axes: axes)
  }

  /// Notes that a value is complete behind everything that stands now, and in none of its loops.
  func completeHere(_ value: Value) {
    placements[Int(value.index)] = Placement(position: root.items.count)
  }

  // MARK: - Folds

  /// The state in locals: they are set before the folded loops and complete behind them.
  private func lowerFold(
    _ map: Comprehension, _ states: [FoldState], _ order: LoopOrder, _ node: Node, _ index: Int
  ) {
    let meaning = plan.meanings[index]
    let nest = openNest(
      extents: order.indices.map { map.domain[$0] }, reads: reads(of: meaning, index, nil),
      loops: order.indices, notes: [note(node)])
    let outer = order.indices.prefix { !order.folded.contains($0) }.count
    let indices = domainIndices(map.domain, order.indices, nest.loops)
    let results = graph.results(of: node)
    let accumulators = states.enumerated().map { k, state in
      let name = graph.names[results[0]] ?? graph.nameFromOperation(results[0])
      let local = newLocal(state.initial.dtype, name: k == 0 ? name : nil, depth: outer)
      place(
        .variable(local, .literal(state.initial)), number: local, depth: outer, in: nest.scope)
      return local
    }
    // Inside the loops a state changes with every step.
    let inside = accumulators.map { Element(expression: .local($0), depth: nest.loops.count) }
    update(accumulators, states, map, index, indices, inside, nest)
    let behind = accumulators.map { Element(expression: .local($0), depth: outer) }
    let outerNest = Nest(
      loops: Array(nest.loops.prefix(outer)),
      block: outer == 0 ? root : nest.loops[outer - 1].body)
    // The axes of a result are the domain's indices that are not folded, in order.
    let kept = map.domain.indices.filter { !isFolded($0, meaning) }
    let places = kept.map { indices[$0] }
    for (k, value) in results.enumerated() {
      var axes: [Int?] = order.indices.prefix(outer).map { kept.firstIndex(of: $0) }
      axes += [Int?](repeating: nil, count: nest.loops.count - outer)
      let made = build(
        map.values[k], map, index, indices, states: behind, in: outerNest.scope)
      storeFolded(made, value, places, in: outerNest)
      place(value, nest, axes: axes)
      // What was stored at the end of the root block is complete only there.
      if outer == 0, graph.type(of: value).rank > 0 || localOfValue[Int(value.index)] == nil {
        completeHere(value)
      }
    }
  }

  private func isFolded(_ index: Int, _ meaning: Meaning?) -> Bool {
    if case .fold(_, let over, _)? = meaning { over.contains(index) } else { false }
  }

  /// A folded value is already in a local; only what must be in memory is stored.
  private func storeFolded(
    _ element: Element, _ value: Value, _ indices: [DimExpr], in nest: Nest
  ) {
    guard case .local(let local) = element.expression else {
      store(element, value, indices, in: nest)
      return
    }
    if graph.type(of: value).rank == 0 {
      localOfValue[Int(value.index)] = local
    } else {
      remember(value, indices, local, in: nest)
    }
    if graph.type(of: value).rank > 0 || isOutput(value) {
      let buffer = buffer(of: value)
      nest.block.append(
        .store(buffer: buffer, offset: buffers[buffer].offset(indices), element.expression))
    }
  }

  /// Assigns new states; by way of constants where one update reads another state.
  private func update(
    _ accumulators: [Int], _ states: [FoldState], _ map: Comprehension, _ index: Int,
    _ indices: [DimExpr], _ inside: [Element], _ nest: Nest
  ) {
    if updateTogether(accumulators, states, map, index, indices, inside, nest) { return }
    var made = states.map {
      build($0.update, map, index, indices, states: inside, in: nest.scope).expression
    }
    if made.count > 1 {
      made = made.enumerated().map { k, expression in
        let local = newLocal(
          locals[accumulators[k]].dtype, name: nil, depth: nest.loops.count)
        nest.block.append(.define(local, expression))
        return .local(local)
      }
    }
    for (accumulator, expression) in zip(accumulators, made) {
      nest.block.append(.assign(accumulator, expression))
    }
  }

  /// The state in the result's memory: for folds whose innermost loop runs along the result.
  private func lowerFoldInMemory(
    _ map: Comprehension, _ state: FoldState, _ order: LoopOrder, _ node: Node, _ index: Int
  ) {
    let meaning = plan.meanings[index]
    let nest = openNest(
      extents: order.indices.map { map.domain[$0] }, reads: reads(of: meaning, index, nil),
      loops: order.indices, notes: [note(node)])
    let outer = order.indices.prefix { !order.folded.contains($0) }.count
    let indices = domainIndices(map.domain, order.indices, nest.loops)
    let value = graph.results(of: node)[0]
    let target = buffer(of: value)
    let kept = map.domain.indices.filter { !isFolded($0, meaning) }
    let offset = buffers[target].offset(kept.map { indices[$0] })

    // Set the memory once, before the first folded loop.
    let inner = order.indices.dropFirst(outer).filter { !order.folded.contains($0) }
    var fresh = indices
    var setting = nest.loops[outer].prelude
    for (level, k) in inner.enumerated() {
      let loop = GrowingLoop(
        index: newIndex(depth: outer + level + 1), extent: map.domain[k], in: setting)
      fresh[k] = .index(loop.index)
      setting = loop.body
    }
    setting.append(
      .store(
        buffer: target, offset: buffers[target].offset(kept.map { fresh[$0] }),
        .literal(state.initial)))

    let old = Element(
      expression: .load(buffer: target, offset: offset), depth: nest.loops.count)
    let made = build(state.update, map, index, indices, states: [old], in: nest.scope)
    nest.block.append(.store(buffer: target, offset: offset, made.expression))
    var axes: [Int?] = order.indices.prefix(outer).map { kept.firstIndex(of: $0) }
    axes += [Int?](repeating: nil, count: nest.loops.count - outer)
    place(value, nest, axes: axes)
  }

  // MARK: - Scans

  private func lowerScan(
    _ map: Comprehension, _ along: Int, _ reversed: Bool, _ state: FoldState, _ node: Node,
    _ index: Int
  ) {
    let meaning = plan.meanings[index]
    let order = LoopOrder(meaning, map)
    let nest = openNest(
      extents: order.indices.map { map.domain[$0] },
      reads: reversed
        ? reads(of: meaning, index, reversedIndices(map.domain, along))
        : reads(of: meaning, index, nil),
      loops: order.indices, notes: [note(node)])
    var indices = domainIndices(map.domain, order.indices, nest.loops)
    if reversed { indices[along] = map.domain[along] - 1 - indices[along] }
    let value = graph.results(of: node)[0]
    let outer = order.indices.filter { $0 != along }.count
    let accumulator = newLocal(
      state.initial.dtype, name: graph.names[value], depth: outer)
    place(
      .variable(accumulator, .literal(state.initial)), number: accumulator, depth: outer,
      in: nest.scope)
    let inside = Element(expression: .local(accumulator), depth: nest.loops.count)
    let made = build(state.update, map, index, indices, states: [inside], in: nest.scope)
    nest.block.append(.assign(accumulator, made.expression))
    let stored = newLocal(state.initial.dtype, name: nil, depth: nest.loops.count)
    nest.block.append(.define(stored, .local(accumulator)))
    remember(value, indices, stored, in: nest)
    let target = buffer(of: value)
    nest.block.append(
      .store(buffer: target, offset: buffers[target].offset(indices), .local(stored)))
    place(value, nest, axes: order.indices.map { reversed && $0 == along ? nil : $0 })
  }

  private func reversedIndices(_ domain: [DimExpr], _ along: Int) -> [DimExpr] {
    domain.indices.map { $0 == along ? domain[$0] - 1 - .index($0) : .index($0) }
  }

  // MARK: - Scatter

  /// A copy of the first operand, then the updates in order.
  private func lowerScatter(
    _ map: Comprehension, _ target: [DimExpr], _ conditions: [IndexCondition],
    _ combine: ScalarFunction?, _ node: Node, _ index: Int
  ) {
    let value = graph.results(of: node)[0]
    let shape = graph.type(of: value).shape
    let buffer = buffer(of: value)
    copy(
      Comprehension(domain: shape, values: [.operand(0, Comprehension.indices(shape.count))]),
      index, to: buffer, notes: [note(node)]
    ) { $0 }

    let order = LoopOrder(.map(map), map)
    let nest = openNest(
      extents: order.indices.map { map.domain[$0] }, reads: [], loops: order.indices,
      shareable: 0, notes: [note(node)])
    let indices = domainIndices(map.domain, order.indices, nest.loops)
    let places = target.map { replaced($0, map, index, indices, in: nest.scope) }
    let here = conditions.map { condition in
      IndexCondition(
        replaced(condition.lhs, map, index, indices, in: nest.scope), condition.relation,
        replaced(condition.rhs, map, index, indices, in: nest.scope))
    }
    let update = build(map.values[0], map, index, indices, states: [], in: nest.scope)
    let offset = buffers[buffer].offset(places)
    let old = Expression.load(buffer: buffer, offset: offset)
    let combined =
      combine.map { .apply($0, buffers[buffer].dtype, [old, update.expression]) }
      ?? update.expression
    let store = Statement.store(buffer: buffer, offset: offset, combined)
    nest.block.append(here.isEmpty ? store : .when(here, [store]))
    completeHere(value)
  }

  /// Fills a buffer with a map, at places given by `target`.
  private func copy(
    _ map: Comprehension, _ index: Int, to buffer: Int, notes: [Note],
    target: ([DimExpr]) -> [DimExpr]
  ) {
    let order = LoopOrder(.map(map), map)
    let nest = openNest(
      extents: order.indices.map { map.domain[$0] },
      reads: reads(of: .map(map), index, nil), loops: order.indices, notes: notes)
    let indices = domainIndices(map.domain, order.indices, nest.loops)
    let made = build(map.values[0], map, index, indices, states: [], in: nest.scope)
    nest.block.append(
      .store(
        buffer: buffer, offset: buffers[buffer].offset(target(indices)), made.expression))
  }

  // MARK: - Pieces, calls, constants

  private func lowerPieces(_ pieces: [Piece], _ node: Node, _ index: Int) {
    let value = graph.results(of: node)[0]
    let buffer = buffer(of: value)
    for piece in pieces {
      copy(piece.map, index, to: buffer, notes: [note(node)]) { indices in
        var places = indices
        places[piece.axis] = places[piece.axis] + piece.offset
        return places
      }
    }
    completeHere(value)
  }

  private func lowerCall(_ call: RowCall, _ node: Node) {
    let operands = graph.operands(of: node)
    let results = graph.results(of: node)
    let order = call.domain.indices.filter { !call.domain[$0].isOne }
    let nest = openNest(
      extents: order.map { call.domain[$0] }, reads: [], loops: order, shareable: 0,
      notes: [note(node)])
    let indices = domainIndices(call.domain, order, nest.loops)
    func here(_ access: [DimExpr]) -> [DimExpr] {
      access.map { e in
        e.replacing { if case .index(let k) = $0 { indices[k] } else { nil } }
      }
    }
    let arguments = call.arguments.map { argument -> KernelCall.Argument in
      switch argument {
      case .integer(let e): return .integer(e)
      case .operand(let k, let access):
        let buffer = buffer(of: operands[operands.startIndex + k])
        return .pointer(
          buffer: buffer, offset: buffers[buffer].offset(here(access)), isWritten: false)
      case .result(let k, let access):
        let buffer = buffer(of: results[k])
        return .pointer(
          buffer: buffer, offset: buffers[buffer].offset(here(access)), isWritten: true)
      case .workspace(let count, let dtype):
        buffers.append(
          Buffer(
            name: "scratch", dtype: dtype, shape: [count], storage: .workspace(byteOffset: 0)))
        return .pointer(buffer: buffers.count - 1, offset: 0, isWritten: true)
      }
    }
    let suffix = graph.type(of: operands[operands.startIndex]).dtype.rawValue
    nest.block.append(
      .call(
        KernelCall(
          function: "\(call.function)_\(suffix)", arguments: arguments, notes: [note(node)])))
    for value in results { completeHere(value) }
  }

  private func copyConstant(_ table: Int, to value: Value, _ node: Node) {
    let shape = buffers[table].shape
    let order = shape.indices.filter { !shape[$0].isOne }
    let nest = openNest(
      extents: order.map { shape[$0] }, reads: [], loops: order, notes: [note(node)])
    let indices = domainIndices(shape, order, nest.loops)
    let offset = buffers[table].offset(indices)
    nest.block.append(
      .store(buffer: buffer(of: value), offset: offset, .load(buffer: table, offset: offset)))
    place(value, nest, axes: order)
  }
}
