// Nodes whose results are written to memory and complete there: scatter, pieces, calls of the
// runtime, constant arrays.
import Graph

extension NestBuilder {
  // MARK: - Scatter

  /// A copy of the first operand, then the updates in order.
  func lowerScatter(
    _ map: Comprehension, _ target: [DimExpr], _ conditions: [IndexCondition],
    _ combine: ScalarFunction?, _ node: Node, _ index: Int
  ) {
    let value = graph.results(of: node)[0]
    let shape = graph.type(of: value).shape
    // Memory that nobody else needs is changed where it lies.
    let source = graph.operands(of: node)[graph.operands(of: node).startIndex]
    if placeOfValue[Int(value.index)] == nil {
      placeOfValue[Int(value.index)] = ownMemory(of: source)
    }
    let place = place(of: value)
    if placeOfValue[Int(source.index)].map({ $0.buffer == place.buffer }) != true {
      fill(
        place,
        with: Comprehension(
          domain: shape, values: [.operand(0, Comprehension.indices(shape.count))]),
        index, notes: [note(node)]
      ) { $0 }
    }

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
    let offset = place.offset(places)
    let old = Expression.load(buffer: place.buffer, offset: offset)
    let combined =
      combine.map { .apply($0, graph.type(of: value).dtype, [old, update.expression]) }
      ?? update.expression
    let store = Statement.store(buffer: place.buffer, offset: offset, combined)
    nest.block.append(here.isEmpty ? store : .when(here, [store]))
    completeHere(value)
  }

  /// Fills a place with a map, at indices given by `target`.
  private func fill(
    _ place: Place, with map: Comprehension, _ index: Int, notes: [Note],
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
        buffer: place.buffer, offset: place.offset(target(indices)), made.expression))
  }

  // MARK: - Pieces, calls, constants

  func lowerPieces(_ pieces: [Piece], _ node: Node, _ index: Int) {
    let value = graph.results(of: node)[0]
    let place = place(of: value)
    for piece in pieces {
      fill(place, with: piece.map, index, notes: [note(node)]) { indices in
        var places = indices
        places[piece.axis] = places[piece.axis] + piece.offset
        return places
      }
    }
    completeHere(value)
  }

  func lowerCall(_ call: RowCall, _ node: Node) {
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
        let place = place(of: operands[operands.startIndex + k])
        return .pointer(
          buffer: place.buffer, offset: place.offset(here(access)), isWritten: false)
      case .result(let k, let access):
        let place = place(of: results[k])
        return .pointer(
          buffer: place.buffer, offset: place.offset(here(access)), isWritten: true)
      case .workspace(let count, let dtype):
        let buffer = program.newBuffer("scratch", TensorType(dtype, [count]))
        return .pointer(buffer: buffer, offset: 0, isWritten: true)
      }
    }
    let suffix = graph.type(of: operands[operands.startIndex]).dtype.rawValue
    var ending = note(node)
    ending.failure = node.operation.failure
    nest.block.append(
      .call(
        KernelCall(
          function: "\(call.function)_\(suffix)", arguments: arguments, notes: [note(node)],
          hasStatus: call.hasStatus,
          failing: ending.failure == nil ? nil : program.checked(ending))))
    for value in results { completeHere(value) }
  }

  func copyConstant(_ table: Place, to value: Value, _ node: Node) {
    let shape = table.shape
    let order = shape.indices.filter { !shape[$0].isOne }
    let nest = openNest(
      extents: order.map { shape[$0] }, reads: [], loops: order, notes: [note(node)])
    let indices = domainIndices(shape, order, nest.loops)
    let target = place(of: value)
    nest.block.append(
      .store(
        buffer: target.buffer, offset: target.offset(indices),
        .load(buffer: table.buffer, offset: table.offset(indices))))
    place(value, nest, axes: order)
  }
}
