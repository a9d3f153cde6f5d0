// One nest for each node with stored results, by the form of its meaning.
import Graph

extension NestBuilder {
  func lower(_ node: Node, _ index: Int) {
    guard node.resultRange.contains(where: { plan.isStored[Int($0)] }),
      let meaning = plan.meanings[index]
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
    case .loop(let loop): lowerLoop(loop, node)
    case .branch(let conditional): lowerBranch(conditional, node)
    case .constant(let tensor):
      let value = graph.results(of: node)[0]
      let table = Place(
        buffer: program.newBuffer(
          graph.names[value] ?? "table", graph.type(of: value), .constant(tensor)),
        shape: graph.type(of: value).shape)
      if isOutput[Int(value.index)] {
        copyConstant(table, to: value, node)
      } else {
        placeOfValue[Int(value.index)] = table
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
    let isRead = plan.useCounts[slot] > (isOutput[slot] ? 1 : 0)
    if isRead {
      let local = program.newLocal(
        type.dtype, name: graph.names[value], depth: nest.loops.count)
      nest.block.append(.define(local, expression))
      expression = .local(local)
      if type.rank == 0 && nest.loops.isEmpty {
        scalarOfValue[slot] = Element(expression: expression, depth: 0)
      } else {
        remember(value, indices, local, in: nest)
      }
    }
    if type.rank > 0 || isOutput[slot] {
      let place = place(of: value)
      nest.block.append(
        .store(buffer: place.buffer, offset: place.offset(indices), expression))
    }
  }

  private func remember(_ value: Value, _ indices: [DimExpr], _ local: Int, in nest: Nest) {
    memorize(
      value, indices,
      Definition(number: local, block: nest.block, place: nest.block.items.count - 1))
  }

  // MARK: - Maps

  private func lowerMap(_ map: Comprehension, _ node: Node, _ index: Int) {
    let order = map.domain.isEmpty ? [] : LoopOrder(.map(map), map).indices
    let nest =
      order.isEmpty
      ? Nest(loops: [], block: root)
      : openNest(
        extents: order.map { map.domain[$0] }, reads: reads(of: .map(map), index, nil),
        loops: order, notes: [note(node)])
    let indices = domainIndices(map.domain, order, nest.loops)
    for (k, result) in node.resultRange.enumerated() where plan.isStored[Int(result)] {
      let value = Value(Int(result))
      let element =
        graph.functionOfScalars(index).map { applied($0, index, in: nest.scope) }
        ?? build(map.values[k], map, index, indices, states: [], in: nest.scope)
      store(element, value, indices, in: nest)
      place(value, nest, axes: order)
    }
  }

  /// Notes that the last statement of a nest completes a value.
  func place(_ value: Value, _ nest: Nest, axes: [Int?]) {
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
      let local = program.newLocal(state.initial.dtype, name: k == 0 ? name : nil, depth: outer)
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
      if outer == 0, graph.type(of: value).rank > 0 || scalarOfValue[Int(value.index)] == nil {
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
      scalarOfValue[Int(value.index)] = Element(
        expression: element.expression, depth: program.localDepths[local])
    } else {
      remember(value, indices, local, in: nest)
    }
    if graph.type(of: value).rank > 0 || isOutput[Int(value.index)] {
      let place = place(of: value)
      nest.block.append(
        .store(buffer: place.buffer, offset: place.offset(indices), element.expression))
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
        let local = program.newLocal(
          program.locals[accumulators[k]].dtype, name: nil, depth: nest.loops.count)
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
    let target = place(of: value)
    let kept = map.domain.indices.filter { !isFolded($0, meaning) }
    let offset = target.offset(kept.map { indices[$0] })

    // Set the memory once, before the first folded loop.
    let inner = order.indices.dropFirst(outer).filter { !order.folded.contains($0) }
    var fresh = indices
    var setting = nest.loops[outer].prelude
    for (level, k) in inner.enumerated() {
      let loop = GrowingLoop(
        index: program.newIndex(depth: outer + level + 1), extent: map.domain[k], in: setting)
      fresh[k] = .index(loop.index)
      setting = loop.body
    }
    setting.append(
      .store(
        buffer: target.buffer, offset: target.offset(kept.map { fresh[$0] }),
        .literal(state.initial)))

    let old = Element(
      expression: .load(buffer: target.buffer, offset: offset), depth: nest.loops.count)
    let made = build(state.update, map, index, indices, states: [old], in: nest.scope)
    nest.block.append(.store(buffer: target.buffer, offset: offset, made.expression))
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
    let accumulator = program.newLocal(
      state.initial.dtype, name: graph.names[value], depth: outer)
    place(
      .variable(accumulator, .literal(state.initial)), number: accumulator, depth: outer,
      in: nest.scope)
    let inside = Element(expression: .local(accumulator), depth: nest.loops.count)
    let made = build(state.update, map, index, indices, states: [inside], in: nest.scope)
    nest.block.append(.assign(accumulator, made.expression))
    let stored = program.newLocal(state.initial.dtype, name: nil, depth: nest.loops.count)
    nest.block.append(.define(stored, .local(accumulator)))
    remember(value, indices, stored, in: nest)
    let target = place(of: value)
    nest.block.append(
      .store(buffer: target.buffer, offset: target.offset(indices), .local(stored)))
    place(value, nest, axes: order.indices.map { reversed && $0 == along ? nil : $0 })
  }

  private func reversedIndices(_ domain: [DimExpr], _ along: Int) -> [DimExpr] {
    domain.indices.map { $0 == along ? domain[$0] - 1 - .index($0) : .index($0) }
  }
}
