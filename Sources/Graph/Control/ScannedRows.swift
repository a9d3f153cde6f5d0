// Loops that go through arrays: a step that reads row i of an array, the loop going through all rows,
// scans it, and an array of which each step writes row i is a stack. Importers write scans like this;
// as rows and stacks they cost each step its row in every derivative too.

/// An array that a loop carried and filled row by row.
struct FilledStack {
  /// Where it stood among the carried values.
  let place: Int
  /// The first step filled the last row.
  let isReversed: Bool
}

extension LoopParts {
  /// Makes rows of what is read row by row and stacks of what is written row by row.
  /// - Returns: the arrays that are stacks now, in order, the last ones of the loop.
  mutating func scanRows(_ outside: GraphBuilder) throws -> [FilledStack] {
    guard let bound, count == nil, condition == nil, !isReversed else { return [] }
    let stacks = fillStacks(bound)
    let slices = readRows(bound, outside)
    if stacks.isEmpty, slices.isEmpty { return [] }
    try rebuild(replacing: [:], nodes: slices)
    return stacks
  }

  /// Which row a number is in step i: row i, or row i from the end.
  private enum Direction { case forward, backward }

  private func direction(_ value: Value, _ bound: DimExpr) -> Direction? {
    var forward = SizeReader(builder.graph, seeds: [index: .index(0)])
    if forward.size(value) == .index(0) { return .forward }
    // With the index counted from the other end, which is never negative either.
    var backward = SizeReader(builder.graph, seeds: [index: bound - 1 - .index(0)])
    return backward.size(value) == .index(0) ? .backward : nil
  }

  /// A window that is one row of an array with as many rows as there are steps.
  private func isRow(_ window: [DimExpr], of shape: [DimExpr], _ bound: DimExpr) -> Bool {
    shape.first == bound && window.first?.isOne == true && window.dropFirst() == shape.dropFirst()
  }

  private mutating func fillStacks(_ bound: DimExpr) -> [FilledStack] {
    let graph = builder.graph
    var uses = [Int](repeating: 0, count: graph.types.count)
    for (node, isNeeded) in zip(graph.nodes, graph.nodesNeeded(for: targets)) where isNeeded {
      for operand in graph.operands(of: node) { uses[Int(operand.index)] += 1 }
    }
    for target in targets { uses[Int(target.index)] += 1 }
    var stacks: [FilledStack] = []
    for (place, item) in carried.enumerated() {
      guard uses[Int(item.input.index)] == 1, uses[Int(item.next.index)] == 1,
        let node = graph.definingNode(of: item.next), graph.nodes[node].operation is DynamicUpdate
      else { continue }
      let operands = Array(graph.operands(of: node))
      let shape = graph.type(of: item.input).shape
      guard operands[0] == item.input, operands[1] != item.input,
        isRow(graph.type(of: operands[1]).shape, of: shape, bound),
        let direction = direction(operands[2], bound)
      else { continue }
      let row = builder.term(operands[1]).reshaped(to: Array(shape.dropFirst()))
      yielded.append(Yielded(name: item.name, value: row.value))
      stacks.append(FilledStack(place: place, isReversed: direction == .backward))
    }
    let places = Set(stacks.map(\.place))
    carried = carried.enumerated().filter { !places.contains($0.offset) }.map(\.element)
    return stacks
  }

  /// Windows of captured arrays that are rows, with what stands for them.
  private mutating func readRows(
    _ bound: DimExpr, _ outside: GraphBuilder
  ) -> [Int: Substitute] {
    let graph = builder.graph
    var substitutes: [Int: Substitute] = [:]
    for (number, isNeeded) in graph.nodesNeeded(for: targets).enumerated() where isNeeded {
      guard let slice = graph.nodes[number].operation as? DynamicSlice else { continue }
      let operands = Array(graph.operands(of: number))
      guard let source = captured.first(where: { $0.input == operands[0] }),
        isRow(slice.shape, of: graph.type(of: operands[0]).shape, bound),
        let direction = direction(operands[1], bound)
      else { continue }
      var rowsOutside = outside.term(source.operand)
      if direction == .backward {
        rowsOutside = outside.applying(Reverse(axes: [0]), [rowsOutside])
      }
      let row: Value
      if let known = rows.first(where: { $0.operand == rowsOutside.value }) {
        row = known.input
      } else {
        row = builder.addHidden(rowsOutside.type.row).value
        rows.append(Given(name: source.name, operand: rowsOutside.value, input: row))
      }
      substitutes[number] = { _, input in input(row).reshaped(to: slice.shape) }
    }
    return substitutes
  }
}
