// Where loops keep and find rows: stacks of scalars that lie together, and arrays that are a part of
// another array, which are read where they lie.
import Graph

extension NestBuilder {
  /// Gives stacks of scalars that only loops go through one buffer for all of one type.
  func keepTogether(_ stacks: [Value]) {
    guard program.keepsStepsTogether, stacks.count > 1 else { return }
    let readOtherwise = self.readOtherwise
    var groups: [(dtype: DType, members: [Value])] = []
    for stack in stacks
    where graph.type(of: stack).rank == 1 && placeOfValue[Int(stack.index)] == nil
      && !readOtherwise[Int(stack.index)]
    {
      let dtype = graph.type(of: stack).dtype
      if let k = groups.firstIndex(where: { $0.dtype == dtype }) {
        groups[k].members.append(stack)
      } else {
        groups.append((dtype, [stack]))
      }
    }
    for group in groups where group.members.count > 1 {
      let shape = graph.type(of: group.members[0]).shape
      let width = DimExpr(group.members.count)
      let buffer = program.newBuffer("steps", TensorType(group.dtype, shape + [width]))
      for (k, member) in group.members.enumerated() {
        placeOfValue[Int(member.index)] = Place(
          buffer: buffer, base: DimExpr(k), shape: shape, stride: width)
      }
    }
  }

  /// Values that something else reads than loops that go through their rows.
  private var readOtherwise: [Bool] {
    var found = [Bool](repeating: false, count: graph.types.count)
    for output in graph.outputs { found[Int(output.value.index)] = true }
    for node in graph.nodes {
      let scanned =
        node.hasRegions ? (node.operation as? Loop)?.scannedOperands ?? 0..<0 : 0..<0
      for (k, operand) in graph.operands(of: node).enumerated() where !scanned.contains(k) {
        found[Int(operand.index)] = true
      }
    }
    return found
  }

  /// Where a value lies that may be a part of an array.
  func viewedPlace(of value: Value) -> Place {
    guard !plan.isStored[Int(value.index)], let view = plan.denseView(of: value, graph) else {
      return place(of: value)
    }
    let whole = place(of: view.base)
    return Place(
      buffer: whole.buffer, base: whole.base + view.offset, shape: graph.type(of: value).shape)
  }
}

extension StoragePlan {
  /// The stored array, and from where on in it, that holds the elements of a value one behind the
  /// other: for slices along the first axis, and reshapes.
  func denseView(of value: Value, _ graph: Graph) -> (base: Value, offset: DimExpr)? {
    guard let node = graph.definingNode(of: value), case .map(let map)? = meanings[node],
      map.fetches.isEmpty, map.values.count == 1, case .operand(let k, let access) = map.values[0]
    else { return nil }
    let base = graph.operands(of: node)[graph.operands(of: node).startIndex + k]
    let type = graph.type(of: base)
    guard type.rank > 0, !type.isUnbounded else { return nil }
    let own = graph.type(of: value).shape
    // The index along an axis of one element is 0.
    func place(_ indices: [DimExpr], _ shape: [DimExpr]) -> DimExpr {
      Place(buffer: 0, shape: shape).offsetInside(
        indices.map { e in
          e.replacing {
            if case .index(let j) = $0, j < own.count, own[j].isOne { 0 } else { nil }
          }
        })
    }
    let offset = place(access, type.shape) - place(Comprehension.indices(own.count), own)
    var isFixed = true
    offset.forEachLeaf { if case .index = $0 { isFixed = false } }
    guard isFixed else { return nil }
    if isStored[Int(base.index)] { return (base, offset) }
    guard let inner = denseView(of: base, graph) else { return (base, offset) }
    return (inner.base, inner.offset + offset)
  }
}
