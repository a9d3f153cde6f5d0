// A carried array that a step can update where it lies: then it needs no second buffer. It can where
// each element is written behind all that read the old one.
import Graph

/// The body of a loop while it is decided where its carried arrays lie. Each decision looks at the
/// statements that touch the array; the body is rewritten once, at the end.
struct StepBody {
  private var statements: [Statement]
  /// For each statement the buffers it touches.
  private var touched: [Set<Int>]
  /// Where what was written to a buffer lies now.
  private var moved: [Int: (buffer: Int, base: DimExpr)] = [:]

  init(_ statements: [Statement]) {
    self.statements = statements
    touched = statements.map(\.buffers)
  }

  /// Puts `current` in the place of `next`, the array of the next step; false, and nothing changes,
  /// where something needs old elements behind new ones.
  ///
  /// - Requires: `next` is written before it is read, and whole.
  /// - Parameter newLocal: makes a local, for an element that is written later than it is computed.
  mutating func updateInPlace(_ current: Int, next: Int, newLocal: () -> Int) -> Bool {
    guard let first = touched.firstIndex(where: { $0.contains(next) }) else { return false }
    // Behind a copy nothing has changed yet, until something else is written.
    let isCopied = statements[first].onlyCopies(current, to: next)
    let change =
      isCopied ? touched[(first + 1)...].firstIndex { $0.contains(next) } : first
    if let change {
      if isCopied, touched[change].contains(current) {
        guard case .store = statements[change] else { return false }
      }
      if touched[(change + 1)...].contains(where: { $0.contains(current) }) { return false }
    }
    if !isCopied, touched[first].contains(current) {
      var accesses = Accesses(current: current, next: next)
      guard accesses.visit([statements[first]], path: [], loops: []), let last = accesses.lastRead
      else { return false }
      if let (store, read) = last {
        statements[first] = statements[first].postponing(
          store.dropFirst(), behind: read, in: newLocal())
      }
    }
    moved[next] = (current, 0)
    return true
  }

  /// Puts a place in the place of a buffer.
  mutating func move(_ buffer: Int, to place: Place) {
    moved[buffer] = (place.buffer, place.base)
  }

  /// Two buffers change places at the end of the step.
  mutating func swap(_ current: Int, _ next: Int) {
    statements.append(.swap(current, next))
    touched.append([current, next])
  }

  func finished() -> [Statement] {
    if moved.isEmpty { return statements }
    // A next array that lies where the current one does goes where that one went.
    func place(_ buffer: Int, _ offset: DimExpr) -> (Int, DimExpr) {
      guard let (new, base) = moved[buffer] else { return (buffer, offset) }
      return place(new, base.isZero ? offset : base + offset)
    }
    return statements.compactMap { $0.mapPlaces(place).withoutSelfStores }
  }
}

/// Where one nest reads the old array and writes the new one.
private struct Accesses {
  let current: Int
  let next: Int
  private var stores: [(path: [Int], offset: DimExpr)] = []
  private var reads: [(path: [Int], offset: DimExpr)] = []
  private var readsNew = false

  init(current: Int, next: Int) {
    self.current = current
    self.next = next
  }

  /// Collects accesses; false where some are of a kind that is not followed.
  mutating func visit(_ statements: [Statement], path: [Int], loops: [Int]) -> Bool {
    for (place, statement) in statements.enumerated() {
      let here = path + [place]
      switch statement {
      case .loop(let loop):
        if loop.isOfSteps && touchesEither(statement) { return false }
        if !visit(loop.body, path: here, loops: loops + [loop.index]) { return false }
      case .store(next, let offset, let e):
        // Every element once.
        if !loops.allSatisfy({ offset.mentions(index: $0) }) { return false }
        collect(e, here)
        stores.append((here, offset))
      case .store(_, _, let e), .define(_, let e), .defineIndex(_, let e), .variable(_, let e),
        .assign(_, let e):
        collect(e, here)
      default: if touchesEither(statement) { return false }
      }
    }
    return true
  }

  private func touchesEither(_ statement: Statement) -> Bool {
    statement.touches(current) || statement.touches(next)
  }

  private mutating func collect(_ e: Expression, _ path: [Int]) {
    e.forEach {
      if case .load(current, let offset) = $0 { reads.append((path, offset)) }
      if case .load(next, _) = $0 { readsNew = true }
    }
  }

  /// One store, and all reads at its place and in its block. Where some are behind the store, its
  /// path and the last of them in the block, behind which it has to be; `nil` where that is not so.
  var lastRead: (path: [Int], read: Int)?? {
    guard stores.count == 1, let store = stores.first, let place = store.path.last,
      reads.allSatisfy({
        $0.path.dropLast() == store.path.dropLast() && $0.offset == store.offset
      })
    else { return nil }
    let last = reads.compactMap(\.path.last).max() ?? 0
    if last <= place { return .some(nil) }
    return readsNew ? nil : .some((store.path, last))
  }
}

extension Statement {
  /// Whether all that is written to `next` is what stands at that place of `current`.
  fileprivate func onlyCopies(_ current: Int, to next: Int) -> Bool {
    if !touches(next) { return true }
    switch self {
    case .store(next, let offset, .load(current, let source)): return offset == source
    case .loop(let loop): return loop.body.allSatisfy { $0.onlyCopies(current, to: next) }
    default: return false
    }
  }

  /// All buffers that it reads or writes.
  fileprivate var buffers: Set<Int> {
    var found: Set<Int> = []
    forEachBuffer { buffer, _ in found.insert(buffer) }
    return found
  }

  fileprivate func touches(_ wanted: Int) -> Bool {
    var found = false
    forEachBuffer { buffer, _ in if buffer == wanted { found = true } }
    return found
  }

  /// The statement with a store inside it moved behind another statement of its block; what is
  /// stored is computed where it was.
  ///
  /// - Parameter path: the place of the store in the blocks of nests, outermost first.
  fileprivate func postponing(_ path: ArraySlice<Int>, behind read: Int, in local: Int) -> Statement
  {
    guard let place = path.first else { return self }
    return mapBodies { body in
      var body = body
      guard path.count == 1, case .store(let buffer, let offset, let e) = body[place] else {
        body[place] = body[place].postponing(path.dropFirst(), behind: read, in: local)
        return body
      }
      body[place] = .define(local, e)
      body.insert(.store(buffer: buffer, offset: offset, .local(local)), at: read + 1)
      return body
    }
  }

  /// The statement without stores of what is there already.
  fileprivate var withoutSelfStores: Statement? {
    if case .store(let buffer, let offset, .load(let from, let place)) = self,
      buffer == from, offset == place
    {
      return nil
    }
    return mapBodies { $0.compactMap(\.withoutSelfStores) }
  }

  /// The statement with every access to a buffer replaced.
  func mapPlaces(_ transform: (Int, DimExpr) -> (Int, DimExpr)) -> Statement {
    func mapped(_ e: Expression) -> Expression {
      e.mapLeaves {
        guard case .load(let buffer, let offset) = $0 else { return $0 }
        let (new, place) = transform(buffer, offset)
        return .load(buffer: new, offset: place)
      }
    }
    let inner = mapBodies { $0.map { $0.mapPlaces(transform) } }
    switch inner {
    case .store(let buffer, let offset, let e):
      let (new, place) = transform(buffer, offset)
      return .store(buffer: new, offset: place, mapped(e))
    case .call(var call):
      call.arguments = call.arguments.map { argument in
        guard case .pointer(let buffer, let offset, let isWritten) = argument else {
          return argument
        }
        let (new, place) = transform(buffer, offset)
        return .pointer(buffer: new, offset: place, isWritten: isWritten)
      }
      return .call(call)
    default: return inner.expression.map { inner.with(mapped($0)) } ?? inner
    }
  }
}
