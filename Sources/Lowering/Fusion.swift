// Where a new nest goes: the choice of the loops it shares with earlier ones.
import Graph

/// A nest that is open for statements.
struct Nest {
  /// All loops around the innermost block, outermost first.
  let loops: [GrowingLoop]
  /// The innermost block.
  let block: Block

  var scope: Scope { Scope(loops: loops) }
}

/// A read of a stored value by a nest, at indices over the nest's own domain.
struct Read {
  let value: Value
  let indices: [DimExpr]
}

extension NestBuilder {
  /// How many root statements back a nest is looked for.
  private static let window = 24

  /// Opens loops with `extents` around a new computation, sharing as many as possible.
  ///
  /// - Parameters:
  ///   - loops: the domain index of each loop, as it stands in `reads`.
  ///   - shareable: how many of the loops, from outside, may be shared.
  func openNest(
    extents: [DimExpr], reads: [Read], loops: [Int], shareable: Int = .max, notes: [Note]
  ) -> Nest {
    let earliest = reads.map { placements[Int($0.value.index)]?.position ?? -1 }.max() ?? -1
    var best: (depth: Int, position: Int, found: Int) = (0, root.items.count, 0)
    if !extents.isEmpty && shareable > 0 {
      var position = root.items.count - 1
      while position >= max(earliest, root.items.count - Self.window, firstPosition) {
        if case .loop(let tree) = root.items[position] {
          let depth = min(sharedDepth(tree, extents, reads, loops), shareable)
          // The deepest, and of those the one that has most of what is read at hand.
          if depth > 0 && depth >= best.depth {
            let found = reads.count { computes($0, tree) }
            if depth > best.depth || found > best.found { best = (depth, position, found) }
          }
        }
        position -= 1
      }
    }
    var path: [GrowingLoop] = []
    var block = root
    for (level, extent) in extents.enumerated() {
      let loop: GrowingLoop
      if level < best.depth, let shared = level == 0 ? rootLoop(best.position) : block.lastLoop {
        loop = shared
      } else {
        loop = GrowingLoop(index: program.newIndex(depth: level + 1), extent: extent, in: block)
      }
      path.append(loop)
      block = loop.body
    }
    if let outermost = path.first {
      for note in notes where !outermost.notes.contains(note) { outermost.notes.append(note) }
    }
    return Nest(loops: path, block: block)
  }

  private func computes(_ read: Read, _ tree: GrowingLoop) -> Bool {
    placements[Int(read.value.index)]?.loops.first === tree
  }

  private func rootLoop(_ position: Int) -> GrowingLoop? {
    if case .loop(let loop) = root.items[position] { loop } else { nil }
  }

  /// How many loops of `tree`, from outside, a nest may share.
  private func sharedDepth(
    _ tree: GrowingLoop, _ extents: [DimExpr], _ reads: [Read], _ loops: [Int]
  ) -> Int {
    var path: [GrowingLoop] = []
    var next: GrowingLoop? = tree
    while let loop = next, path.count < extents.count, loop.extent == extents[path.count] {
      path.append(loop)
      next = loop.body.lastLoop
    }
    var depth = path.count
    for read in reads {
      guard let placement = placements[Int(read.value.index)],
        placement.loops.first === tree
      else { continue }
      var legal = 0
      while legal < depth && legal < placement.loops.count
        && placement.loops[legal] === path[legal],
        let axis = placement.axes[legal], read.indices[axis] == .index(loops[legal])
      { legal += 1 }
      // Loops the value is not in are no matter, unless they start before it is complete.
      let common = zip(path, placement.loops).prefix { $0 === $1 }.count
      if legal < min(depth, common) { depth = legal }
      if common == placement.loops.count && common < depth && path[common].place < placement.place {
        depth = common
      }
    }
    return depth
  }

  /// The stored values that reading an element touches, through all that is computed in place.
  func reads(of value: Value, _ indices: [DimExpr]) -> [Read] {
    if plan.isStored[Int(value.index)] { return [Read(value: value, indices: indices)] }
    guard let node = graph.definingNode(of: value) else { return [] }
    return reads(of: plan.meanings[node], node, indices)
  }

  /// The stored values that a meaning reads, its domain indices replaced by `indices`.
  func reads(of meaning: Meaning?, _ node: Int, _ indices: [DimExpr]?) -> [Read] {
    let operands = graph.operands(of: node)
    // The index along an axis of one element is 0.
    let indices =
      indices
      ?? meaning?.domain.map { domain in
        domain.indices.map { domain[$0].isOne ? 0 : .index($0) }
      }
    var result: [Read] = []
    forEachAccess(meaning) { k, access in
      guard k < operands.count else { return }
      let value = operands[operands.startIndex + k]
      result += reads(of: value, indices.map { replaced(access, by: $0) } ?? access)
    }
    return result
  }

  /// Index expressions with domain indices replaced; indices read from data stay unknown.
  private func replaced(_ access: [DimExpr], by indices: [DimExpr]) -> [DimExpr] {
    access.map { e in
      e.replacing {
        guard case .index(let k) = $0 else { return nil }
        return k < indices.count ? indices[k] : .index(-1)
      }
    }
  }
}

extension Meaning {
  /// The indices over which it computes, where it has such.
  fileprivate var domain: [DimExpr]? {
    switch self {
    case .map(let c), .fold(let c, _, _), .scan(let c, _, _, _), .scatter(let c, _, _, _): c.domain
    case .pieces, .call, .constant, .loop, .branch: nil
    }
  }
}
