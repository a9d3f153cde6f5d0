// Sums that a backward loop carries: where every step adds to a part only, only the part is added to.
// A sum of padded arrays becomes sums of the arrays, padded behind the loop; a window that is added
// at one place becomes a scatter there. Requires sums that begin with +0: they are never −0, so that
// nothing is lost where a step would add 0.
import Graph

/// Carried sums in place of one, and how that one is made of them behind the loop.
struct SplitSum {
  /// Which carried value it was.
  let place: Int
  /// The parts, in the order in which their padded arrays are added up.
  let parts: [LoopParts.Carried]
  let pads: [Pad]
}

extension LoopParts {
  /// Splits sums of padded arrays, and adds windows in place.
  mutating func narrowSums(_ outside: GraphBuilder) throws -> [SplitSum] {
    if carried.allSatisfy({ builder.type(of: $0.input).rank == 0 }) { return [] }
    var splits: [SplitSum] = []
    var uses = usesOfValues()
    for k in carried.indices where isSumFromZero(k, uses, outside.graph) {
      let graph = builder.graph
      guard let node = graph.definingNode(of: carried[k].next) else { continue }
      let added = Array(graph.operands(of: node))[1]
      if let split = try split(k, added, outside) {
        splits.append(split)
      } else if let next = try scattered(carried[k].input, added) {
        carried[k].next = next
        uses = usesOfValues()
      }
    }
    for split in splits.reversed() { carried.remove(at: split.place) }
    for split in splits { carried += split.parts }
    return splits
  }

  private func usesOfValues() -> [Int] {
    let graph = builder.graph
    var uses = [Int](repeating: 0, count: graph.types.count)
    let needed = graph.nodesNeeded(for: targets)
    for (number, node) in graph.nodes.enumerated() where needed[number] {
      for operand in graph.operands(of: node) { uses[Int(operand.index)] += 1 }
    }
    for target in targets { uses[Int(target.index)] += 1 }
    return uses
  }

  /// `next = input + …`, which nothing else reads, and which begins with +0.
  private func isSumFromZero(_ k: Int, _ uses: [Int], _ outside: Graph) -> Bool {
    let graph = builder.graph
    let item = carried[k]
    guard graph.type(of: item.input).rank > 0, outside.isZeros(item.initial),
      let node = graph.definingNode(of: item.next),
      graph.nodes[node].primitive.function == .add,
      graph.operands(of: node).first == item.input,
      graph.type(of: Array(graph.operands(of: node))[1]) == graph.type(of: item.input)
    else { return false }
    return uses[Int(item.input.index)] == 1 && uses[Int(item.next.index)] == 1
  }

  /// A sum of padded arrays that do not meet.
  private func split(
    _ k: Int, _ added: Value, _ outside: GraphBuilder
  ) throws -> SplitSum? {
    let graph = builder.graph
    guard let leaves = graph.padsAdded(added), graph.doNotMeet(leaves) else { return nil }
    var parts: [Carried] = []
    for (number, leaf) in leaves.enumerated() {
      let type = graph.type(of: leaf.source)
      let input = builder.addHidden(type)
      let zero = outside.constant(0, type.dtype).broadcast(to: type.shape, axes: [])
      parts.append(
        Carried(
          name: "\(carried[k].name)_\(number)", initial: zero.value, input: input.value,
          next: (input + builder.term(leaf.source)).value))
    }
    return SplitSum(place: k, parts: parts, pads: leaves.map(\.pad))
  }

  /// `input` with a window added at one place, where `added` is the window among zeros.
  private func scattered(_ input: Value, _ added: Value) throws -> Value? {
    let graph = builder.graph
    guard let node = graph.definingNode(of: added), graph.nodes[node].operation is DynamicUpdate
    else { return nil }
    let operands = Array(graph.operands(of: node))
    let (shape, window) = (graph.type(of: operands[0]).shape, graph.type(of: operands[1]))
    guard graph.isZeros(operands[0]) else { return nil }
    let axes = shape.indices.filter { window.shape[$0] != shape[$0] }
    guard !axes.isEmpty, axes.allSatisfy({ window.shape[$0].isOne }) else { return nil }
    let starts = axes.map { builder.term(operands[2 + $0]).reshaped(to: [1]) }
    guard Set(starts.map(\.type.dtype)).count == 1 else { return nil }
    let place =
      starts.count == 1 ? starts[0] : builder.applying(Concatenate(axis: 0), starts)
    let update = builder.term(operands[1]).reshaped(
      to: shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
    return try builder.apply(
      Scatter(axes: axes, batch: 0, mode: .clamp, combine: .add),
      [builder.term(input), place, update])[0].value
  }
}

extension SplitSum {
  /// The sum behind the loop.
  func whole(_ results: [Value], _ builder: GraphBuilder) -> Value? {
    var sum: Term?
    for (result, pad) in zip(results, pads) {
      let part = builder.term(result)
      let padded = builder.applying(pad, [part, part.literal(0)])
      sum = sum.map { $0 + padded } ?? padded
    }
    return sum?.value
  }
}

extension Graph {
  /// An array of +0.
  fileprivate func isZeros(_ value: Value) -> Bool {
    guard let node = definingNode(of: value), nodes[node].operation is Broadcast,
      let source = operands(of: node).first
    else { return false }
    return literal(source)?.isExactly(0) == true
  }

  /// The padded arrays of a sum of such, in order; `nil` where something else is added.
  fileprivate func padsAdded(_ value: Value) -> [(source: Value, pad: Pad)]? {
    var found: [(source: Value, pad: Pad)] = []
    var pending = [value]
    while let value = pending.popLast() {
      guard let node = definingNode(of: value), found.count < 64 else { return nil }
      let operands = Array(operands(of: node))
      if let pad = nodes[node].operation as? Pad {
        guard literal(operands[1])?.isExactly(0) == true,
          (pad.low + pad.high).allSatisfy(\.isNonNegative), pad.interior.allSatisfy(\.isZero)
        else { return nil }
        found.append((operands[0], pad))
      } else if nodes[node].primitive.function == .add,
        operands.allSatisfy({ type(of: $0) == type(of: value) })
      {
        pending += operands.reversed()
      } else {
        return nil
      }
    }
    return found
  }

  /// Whether no element lies in two of them.
  fileprivate func doNotMeet(_ leaves: [(source: Value, pad: Pad)]) -> Bool {
    func ends(_ a: (source: Value, pad: Pad), before b: (source: Value, pad: Pad)) -> Bool {
      let shape = type(of: a.source).shape
      return shape.indices.contains {
        (b.pad.low[$0] - a.pad.low[$0] - shape[$0]).isNonNegative
      }
    }
    return leaves.indices.allSatisfy { k in
      leaves[..<k].allSatisfy { ends($0, before: leaves[k]) || ends(leaves[k], before: $0) }
    }
  }
}
