// An element that a loop changes in each step, and nothing else of its buffer, is held in a local while the
// loop runs: `row[0] += …` is a load and a store for each step, which no compiler may leave out where
// other memory is written.
//
//     s[0] = 0                         variable t = 0
//     loop k { s[0] += x[k] }    →     loop k { t += x[k] }
//                                      s[0] = t
//
// Requires a tidied program. Establishes the same results, to the bit.
import Graph

extension LoopProgram {
  /// The program with elements that loops change in locals.
  func holdingElements() -> LoopProgram {
    var program = self
    program.body = program.held(body)
    return program
  }

  /// So many statements are searched for the first value.
  private static let farthest = 64

  private mutating func held(_ statements: [Statement]) -> [Statement] {
    var statements = statements.map { $0.mapBodies { held($0) } }
    var place = 0
    while place < statements.count {
      if case .loop(let loop) = statements[place] {
        for element in loop.heldElements.reversed() {
          hold(element, around: place, in: &statements)
        }
      }
      place += 1
    }
    return statements
  }

  /// Holds one element while the loop at a place runs.
  private mutating func hold(
    _ element: HeldElement, around place: Int, in statements: inout [Statement]
  ) {
    // Written before in the same block, so it is there even if the loop makes no step; mostly just before.
    let before = statements[max(0, place - Self.farthest)..<place]
    guard let start = before.lastIndex(where: { $0.touches(element) }),
      case .store(element.buffer, element.offset, let value) = statements[start]
    else { return }
    let local = locals.count
    locals.append(
      Local(dtype: buffers[element.buffer].dtype, name: buffers[element.buffer].name))
    statements[start] = .variable(local, value)
    statements[place] = statements[place].holding(element, in: local)
    statements.insert(
      .store(buffer: element.buffer, offset: element.offset, .local(local)), at: place + 1)
  }
}

/// An element of a buffer.
private struct HeldElement: Hashable {
  let buffer: Int
  let offset: DimExpr

  /// It is another element for certain.
  func differs(from offset: DimExpr) -> Bool {
    (self.offset - offset).constantValue.map { $0 != 0 } ?? false
  }
}

extension LoopStatement {
  /// The elements that a step changes and that are the same ones in every step, where all accesses to their
  /// buffers are to elements like that.
  fileprivate var heldElements: [HeldElement] {
    // Most loops store to places that change from step to step.
    var own: Set<Int> = [index]
    var stores: [HeldElement] = []
    for statement in body {
      statement.forEach {
        switch $0 {
        case .loop(let loop): own.insert(loop.index)
        case .defineIndex(let k, _): own.insert(k)
        case .store(let buffer, let offset, _):
          let element = HeldElement(buffer: buffer, offset: offset)
          if !stores.contains(element) { stores.append(element) }
        default: break
        }
      }
    }
    var held = stores.filter { !$0.offset.mentions(anyOf: own) }
    if held.isEmpty { return [] }
    var others: Set<Int> = Set(stores.filter { !held.contains($0) }.map(\.buffer))
    func see(_ buffer: Int, _ offset: DimExpr) {
      for element in held where element.buffer == buffer {
        if offset != element.offset && !element.differs(from: offset) { others.insert(buffer) }
      }
    }
    for element in held { see(element.buffer, element.offset) }
    for statement in body {
      statement.forEach { inner in
        inner.expression?.forEach {
          if case .load(let buffer, let offset) = $0 { see(buffer, offset) }
        }
        switch inner {
        case .call, .swap, .grow: inner.forEachBuffer { buffer, _ in others.insert(buffer) }
        default: break
        }
      }
    }
    held.removeAll { others.contains($0.buffer) }
    return held
  }
}

extension Statement {
  /// Something here reads or writes the element, or may do so.
  fileprivate func touches(_ element: HeldElement) -> Bool {
    var found = false
    func see(_ buffer: Int, _ offset: DimExpr) {
      if buffer == element.buffer && !element.differs(from: offset) { found = true }
    }
    forEach { inner in
      inner.expression?.forEach {
        if case .load(let buffer, let offset) = $0 { see(buffer, offset) }
      }
      switch inner {
      case .store(let buffer, let offset, _): see(buffer, offset)
      case .call, .swap, .grow:
        inner.forEachBuffer { buffer, _ in if buffer == element.buffer { found = true } }
      default: break
      }
    }
    return found
  }

  /// The statement, and all inside it, with a local in an element's place.
  fileprivate func holding(_ element: HeldElement, in local: Int) -> Statement {
    var statement = mapBodies { $0.map { $0.holding(element, in: local) } }
    if let e = statement.expression {
      statement = statement.with(
        e.mapLeaves { leaf in
          if case .load(element.buffer, element.offset) = leaf { .local(local) } else { leaf }
        })
    }
    if case .store(element.buffer, element.offset, let e) = statement { return .assign(local, e) }
    return statement
  }
}
