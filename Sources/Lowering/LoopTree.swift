// The loop nests while they grow: a tree of open loops into which later computations are fused.
// Frozen into LoopProgram statements at the end.
import Graph

/// A sequence of statements and loops.
final class Block {
  enum Item {
    case statement(Statement)
    case loop(GrowingLoop)
  }

  var items: [Item] = []

  func append(_ statement: Statement) { items.append(.statement(statement)) }

  /// The last loop, whatever stands behind it.
  var lastLoop: GrowingLoop? {
    for case .loop(let loop) in items.reversed() { return loop }
    return nil
  }

  func frozen() -> [Statement] {
    var statements: [Statement] = []
    statements.reserveCapacity(items.count)
    for item in items {
      switch item {
      case .statement(let statement): statements.append(statement)
      case .loop(let loop): statements += loop.frozen()
      }
    }
    return statements
  }
}

/// A loop that can still take more statements.
final class GrowingLoop {
  let index: Int
  let extent: DimExpr
  /// Which item of the block around it it is; items never move.
  let place: Int
  /// What is computed once, just before the loop.
  let prelude = Block()
  let body = Block()
  var notes: [Note] = []

  /// A loop at the end of `block`.
  init(index: Int, extent: DimExpr, in block: Block) {
    self.index = index
    self.extent = extent
    place = block.items.count
    block.items.append(.loop(self))
  }

  func frozen() -> [Statement] {
    prelude.frozen()
      + [.loop(LoopStatement(index: index, extent: extent, body: body.frozen(), notes: notes))]
  }
}

/// Where a stored value is computed.
struct Placement {
  /// The place in the root block of the outermost of `loops`; without loops, the first place at
  /// which everything that writes it has run.
  var position: Int
  /// The place of that statement in the innermost block.
  var place = 0
  /// The loops around that statement, outermost first.
  var loops: [GrowingLoop] = []
  /// For each loop the axis of the value that its index runs along, `nil` where the value is not
  /// complete before the loop ends.
  var axes: [Int?] = []
}
