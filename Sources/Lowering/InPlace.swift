// A carried array that a step can update where it lies: then it needs no second buffer. It can where
// each element is written behind all that read the old one.
import Graph

/// The body of a loop while it is decided where its carried arrays lie. Each decision looks at the
/// statements that touch the array; the body is rewritten once, at the end.
struct StepBody {
  private var statements: [Statement]
  /// For each statement the buffers it touches; a loop that carries no array need not know.
  private lazy var touched = statements.map(\.buffers)
  /// What statements access, of those that were looked at: several arrays often share one.
  private var accesses: [Int: Accesses] = [:]
  /// Where what was written to a buffer lies now.
  private var moved: [Int: (buffer: Int, base: DimExpr)] = [:]

  init(_ statements: [Statement]) { self.statements = statements }

  /// Puts `current` in the place of `next`, the array of the next step; false, and nothing changes,
  /// where something needs old elements behind new ones.
  ///
  /// - Requires: `next` is written before it is read, and whole.
  /// - Parameter newLocal: makes a local, for an element that is written later than it is computed.
  mutating func updateInPlace(_ current: Int, next: Int, newLocal: () -> Int) -> Bool {
    guard let first = touched.firstIndex(where: { $0.contains(next) }) else { return false }
    // Behind a copy nothing has changed yet, until something else is written.
    let isCopied = accesses(first).onlyCopies(current, to: next)
    let change =
      isCopied ? touched[(first + 1)...].firstIndex { $0.contains(next) } : first
    if let change {
      if isCopied, touched[change].contains(current) {
        guard case .store = statements[change] else { return false }
      }
      if touched[(change + 1)...].contains(where: { $0.contains(current) }) { return false }
    }
    if !isCopied, touched[first].contains(current) {
      guard let last = accesses(first).lastRead(of: current, next: next) else { return false }
      if let (store, read) = last {
        statements[first] = statements[first].postponing(
          store.dropFirst(), behind: read, in: newLocal())
        accesses[first] = nil
      }
    }
    moved[next] = (current, 0)
    return true
  }

  private mutating func accesses(_ place: Int) -> Accesses {
    if let known = accesses[place] { return known }
    let made = Accesses(statements[place])
    accesses[place] = made
    return made
  }

  /// Puts a place in the place of a buffer.
  mutating func move(_ buffer: Int, to place: Place) {
    moved[buffer] = (place.buffer, place.base)
  }

  /// Two buffers change places at the end of the step.
  mutating func swap(_ current: Int, _ next: Int) {
    touched.append([current, next])
    statements.append(.swap(current, next))
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

/// Where one nest reads and writes arrays.
private struct Accesses {
  private struct Store {
    let path: [Int]
    let offset: DimExpr
    /// Every element is written once.
    let isOnce: Bool
    /// The buffer of which the element at the same place is written.
    let source: Int?
  }

  private struct Read {
    let path: [Int]
    let offset: DimExpr
  }

  /// By buffer.
  private var stores: [Int: [Store]] = [:]
  private var reads: [Int: [Read]] = [:]
  /// Buffers that a loop of steps touches, which are followed for copies only.
  private var inSteps: Set<Int> = []
  /// Buffers that are accessed in a way that is not followed.
  private var others: Set<Int> = []

  init(_ statement: Statement) { visit([statement], path: [], loops: []) }

  private mutating func visit(_ statements: [Statement], path: [Int], loops: [Int]) {
    for (place, statement) in statements.enumerated() {
      let here = path + [place]
      switch statement {
      case .loop(let loop):
        if loop.isOfSteps { inSteps.formUnion(statement.buffers) }
        visit(loop.body, path: here, loops: loops + [loop.index])
      case .store(let buffer, let offset, let e):
        var source: Int?
        if case .load(let from, offset) = e { source = from }
        collect(e, here)
        stores[buffer, default: []].append(
          Store(
            path: here, offset: offset,
            isOnce: loops.allSatisfy { offset.mentions(index: $0) }, source: source))
      case .define(_, let e), .defineIndex(_, let e), .variable(_, let e), .assign(_, let e):
        collect(e, here)
      default: others.formUnion(statement.buffers)
      }
    }
  }

  private mutating func collect(_ e: Expression, _ path: [Int]) {
    e.forEach {
      if case .load(let buffer, let offset) = $0 {
        reads[buffer, default: []].append(Read(path: path, offset: offset))
      }
    }
  }

  /// Whether all that is written to `next` is what stands at that place of `current`, and nothing
  /// reads it.
  func onlyCopies(_ current: Int, to next: Int) -> Bool {
    reads[next] == nil && !others.contains(next)
      && (stores[next] ?? []).allSatisfy { $0.source == current }
  }

  /// One store of `next`, and all reads of `current` at its place and in its block. Where some are
  /// behind the store, its path and the last of them in the block, behind which it has to be; `nil`
  /// where that is not so.
  func lastRead(of current: Int, next: Int) -> (path: [Int], read: Int)?? {
    let isFollowed = [current, next].allSatisfy { !inSteps.contains($0) && !others.contains($0) }
    let reads = reads[current] ?? []
    guard isFollowed, let stores = stores[next], stores.count == 1, let store = stores.first,
      store.isOnce, let place = store.path.last,
      reads.allSatisfy({
        $0.path.dropLast() == store.path.dropLast() && $0.offset == store.offset
      })
    else { return nil }
    let last = reads.compactMap(\.path.last).max() ?? 0
    if last <= place { return .some(nil) }
    return self.reads[next] == nil ? .some((store.path, last)) : nil
  }
}

extension Statement {
  /// All buffers that it reads or writes.
  fileprivate var buffers: Set<Int> {
    var found: Set<Int> = []
    forEachBuffer { buffer, _ in found.insert(buffer) }
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
