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
  mutating func pointToRows(of loop: LoopStatement) { point(to: loop.rows) }

  /// Defines pointers at the begin of a step, for what several statements access together.
  mutating func pointToPlaces(of loop: LoopStatement) {
    // A single index is as quick as the pointer.
    point(to: loop.places) { $0.singleAtom == nil }
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

extension LoopStatement {
  /// Where what its steps access begins, as far as the loop does not change it.
  fileprivate var rows: [(buffer: Int, offset: DimExpr)] {
    let (inner, moving) = changes
    var found: [(buffer: Int, offset: DimExpr)] = []
    var known: Set<RowKey> = []
    body.forEachOwnAccess { buffer, offset in
      if moving.contains(buffer) || offset.terms.isEmpty { return }
      let fixed = DimExpr(
        constant: 0,
        terms: offset.terms.filter { !$0.mentions(anyOf: inner.union([index])) })
      if fixed.terms.isEmpty { return }
      if known.insert(RowKey(buffer: buffer, offset: fixed)).inserted {
        found.append((buffer, fixed))
      }
    }
    return found
  }

  /// Where in a step several accesses begin that differ in a number only, and take a product.
  fileprivate var places: [(buffer: Int, offset: DimExpr)] {
    let (inner, moving) = changes
    var found: [RowKey] = []
    var counts: [RowKey: Int] = [:]
    body.forEachOwnAccess { buffer, offset in
      if moving.contains(buffer) || offset.terms.contains(where: { $0.mentions(anyOf: inner) }) {
        return
      }
      guard offset.terms.contains(where: { $0.mentions(anyOf: [index]) }),
        offset.terms.contains(where: { $0.coefficient != 1 || $0.atoms.count > 1 })
      else { return }
      let key = RowKey(buffer: buffer, offset: DimExpr(constant: 0, terms: offset.terms))
      counts[key, default: 0] += 1
      if counts[key] == 2 { found.append(key) }
    }
    return found.map { ($0.buffer, $0.offset) }
  }

  /// The index variables that statements inside define, and the buffers whose memory changes.
  private var changes: (inner: Set<Int>, moving: Set<Int>) {
    var inner: Set<Int> = []
    var moving: Set<Int> = []
    for statement in body {
      statement.forEach {
        switch $0 {
        case .loop(let loop): inner.insert(loop.index)
        case .defineIndex(let k, _): inner.insert(k)
        case .swap(let a, let b): moving.formUnion([a, b])
        case .grow(let buffer, _, _): moving.insert(buffer)
        default: break
        }
      }
    }
    return (inner, moving)
  }
}

private struct RowKey: Hashable {
  let buffer: Int
  let offset: DimExpr
}

extension [Statement] {
  /// Calls `body` with every access that is no argument of a call: of these statements, and of the
  /// pointers in front of the loops among them.
  fileprivate func forEachOwnAccess(_ body: (_ buffer: Int, _ offset: DimExpr) -> Void) {
    for statement in self {
      statement.expression?.forEach {
        if case .load(let buffer, let offset) = $0 { body(buffer, offset) }
      }
      switch statement {
      case .store(let buffer, let offset, _): body(buffer, offset)
      case .loop(let loop): for row in loop.rows { body(row.buffer, row.offset) }
      case .when(_, let inner): inner.forEachOwnAccess(body)
      case .branch(let branch): for inner in branch.bodies { inner.forEachOwnAccess(body) }
      default: break
      }
    }
  }
}

extension DimExpr.Term {
  fileprivate func mentions(anyOf indices: Set<Int>) -> Bool {
    var found = false
    DimExpr(constant: 0, terms: [self]).forEachLeaf {
      if case .index(let k) = $0, indices.contains(k) { found = true }
    }
    return found
  }
}
