// Pointers to rows. libtcc computes every index anew where it stands, so for this process what does
// not change in a loop is computed in front of it: for `x[d*i + j]` in a loop over j there is a pointer
// to `x + d*i`. gcc and clang do that by themselves, and shipped C is for readers: it has none.
import Graph
import Lowering

/// A place in a buffer that has a pointer.
struct CRow {
  let buffer: Int
  /// How far behind the buffer's start.
  let offset: DimExpr
  let name: String
}

extension CFunction {
  /// Defines pointers in front of a loop, for what is read and written directly in it, and for the
  /// pointers that the loops inside it will need.
  mutating func pointToRows(of loop: LoopStatement) {
    point(to: accesses.rows[loop.index] ?? [])
  }

  /// Defines pointers at the begin of a step, for what several statements access together.
  mutating func pointToPlaces(of loop: LoopStatement) {
    // A single index is as quick as the pointer.
    point(to: accesses.places[loop.index] ?? []) { $0.singleAtom == nil }
  }

  private mutating func point(
    to places: [(buffer: Int, offset: DimExpr)], where isWorth: (DimExpr) -> Bool = { _ in true }
  ) {
    for (buffer, offset) in places {
      let base = row(of: buffer, offset)
      let rest = base.map { offset - $0.offset } ?? offset
      if rest.isZero || !isWorth(rest) { continue }
      let name = names.unique("row")
      emit(
        "\(pointerType(buffer))\(name) = \(base?.name ?? bufferNames[buffer]) + "
          + "\(index(rest).inside(.sum));")
      usedBuffers.insert(buffer)
      rows.append(CRow(buffer: buffer, offset: offset, name: name))
    }
  }

  /// The pointer that is nearest to an element, if there is one.
  func row(of buffer: Int, _ offset: DimExpr) -> CRow? {
    var best: CRow?
    for row in rows
    where row.buffer == buffer && row.offset.terms.count > best?.offset.terms.count ?? 0
      && row.offset.terms.allSatisfy(offset.terms.contains)
    {
      best = row
    }
    return best
  }

  private func pointerType(_ buffer: Int) -> String {
    let type = program.buffers[buffer].dtype.cType
    return switch program.buffers[buffer].storage {
    case .input, .constant: "const \(type) *const "
    case .output, .workspace, .stack: "\(type) *const "
    }
  }
}

/// What the steps of loops access: of each loop it is known once it is of those inside it.
struct LoopAccesses {
  typealias Place = (buffer: Int, offset: DimExpr)

  /// By the number of the loop's index: where what its steps access begins, as far as the loop does
  /// not change it.
  private(set) var rows: [Int: [Place]] = [:]
  /// Where in a step several accesses begin that differ in a number only, and take a product.
  private(set) var places: [Int: [Place]] = [:]

  init() {}

  init(_ body: [Statement]) {
    for statement in body {
      switch statement {
      case .loop, .when, .branch:
        var block = Block()
        visit(statement, &block)
      default: break
      }
    }
  }

  /// What is known of a block.
  private struct Block {
    /// Every access that is no argument of a call: of its statements, and of the pointers in front of
    /// the loops among them.
    var accesses: [Place] = []
    /// The index variables that statements in it define.
    var inner: Set<Int> = []
    /// The buffers whose memory changes.
    var moving: Set<Int> = []
  }

  private mutating func visit(_ statement: Statement, _ block: inout Block) {
    statement.expression?.forEach {
      if case .load(let buffer, let offset) = $0 { block.accesses.append((buffer, offset)) }
    }
    switch statement {
    case .store(let buffer, let offset, _): block.accesses.append((buffer, offset))
    case .defineIndex(let k, _): block.inner.insert(k)
    case .swap(let a, let b): block.moving.formUnion([a, b])
    case .grow(let buffer, _, _): block.moving.insert(buffer)
    case .when(_, let inner): for statement in inner { visit(statement, &block) }
    case .branch(let branch):
      for body in branch.bodies { for statement in body { visit(statement, &block) } }
    case .loop(let loop):
      var steps = Block()
      for statement in loop.body { visit(statement, &steps) }
      places[loop.index] = places(steps, loop.index)
      steps.inner.insert(loop.index)
      let rows = rows(steps)
      self.rows[loop.index] = rows
      block.accesses += rows
      block.inner.formUnion(steps.inner)
      block.moving.formUnion(steps.moving)
    case .define, .variable, .assign, .call, .exit, .check: break
    }
  }

  private func rows(_ steps: Block) -> [Place] {
    var found: [Place] = []
    var known: Set<RowKey> = []
    for (buffer, offset) in steps.accesses {
      if offset.terms.isEmpty || steps.moving.contains(buffer) { continue }
      let fixed = DimExpr(
        constant: 0, terms: offset.terms.filter { !$0.mentions(anyOf: steps.inner) })
      if !fixed.terms.isEmpty, known.insert(RowKey(buffer: buffer, offset: fixed)).inserted {
        found.append((buffer, fixed))
      }
    }
    return found
  }

  private func places(_ steps: Block, _ index: Int) -> [Place] {
    var found: [Place] = []
    var counts: [RowKey: Int] = [:]
    for (buffer, offset) in steps.accesses {
      guard offset.terms.contains(where: { $0.coefficient != 1 || $0.atoms.count > 1 }),
        offset.terms.contains(where: { $0.mentions(anyOf: [index]) }),
        !steps.moving.contains(buffer),
        !offset.terms.contains(where: { $0.mentions(anyOf: steps.inner) })
      else { continue }
      let start = DimExpr(constant: 0, terms: offset.terms)
      counts[RowKey(buffer: buffer, offset: start), default: 0] += 1
      if counts[RowKey(buffer: buffer, offset: start)] == 2 { found.append((buffer, start)) }
    }
    return found
  }
}

private struct RowKey: Hashable {
  let buffer: Int
  let offset: DimExpr
}

extension DimExpr.Term {
  fileprivate func mentions(anyOf indices: Set<Int>) -> Bool {
    atoms.contains { atom in
      switch atom {
      case .symbol, .overflow: return false
      case .index(let k): return indices.contains(k)
      case .floorDiv, .mod, .min, .max, .broadcast:
        var found = false
        DimExpr(atom).forEachLeaf {
          if case .index(let k) = $0, indices.contains(k) { found = true }
        }
        return found
      }
    }
  }
}
