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

  private mutating func held(_ statements: [Statement]) -> [Statement] {
    var result: [Statement] = []
    result.reserveCapacity(statements.count)
    for statement in statements {
      let statement = statement.mapBodies { held($0) }
      guard case .loop(let loop) = statement else {
        result.append(statement)
        continue
      }
      var places: [HeldElement: Int] = [:]
      var storesBehind: [Statement] = []
      for (element, start) in result.lastStores(to: loop.invariantElements) {
        guard case .store(let buffer, let offset, let value) = result[start] else { continue }
        let local = locals.count
        locals.append(Local(dtype: buffers[buffer].dtype, name: buffers[buffer].name))
        places[element] = local
        result[start] = .variable(local, value)
        storesBehind.append(.store(buffer: buffer, offset: offset, .local(local)))
      }
      result.append(places.isEmpty ? statement : statement.replacing(places))
      result += storesBehind
    }
    return result
  }
}

/// An element of a buffer.
private struct HeldElement: Hashable {
  let buffer: Int
  let offset: DimExpr
}

extension LoopStatement {
  /// The elements that a step changes and that are the same ones in every step, where all accesses to their
  /// buffers are to elements at known distances, so that no two can be one.
  fileprivate var invariantElements: [HeldElement] {
    // Most loops store to places that change from step to step.
    var own: Set<Int> = [index]
    var elements: [HeldElement] = []
    var seen: Set<HeldElement> = []
    var origins: [Int: DimExpr] = [:]
    var others: Set<Int> = []
    for statement in body {
      statement.forEach {
        switch $0 {
        case .loop(let loop): own.insert(loop.index)
        case .defineIndex(let k, _): own.insert(k)
        case .store(let buffer, let offset, _):
          if offset.mentions(anyOf: own) {
            others.insert(buffer)
          } else if seen.insert(HeldElement(buffer: buffer, offset: offset)).inserted {
            elements.append(HeldElement(buffer: buffer, offset: offset))
            origins[buffer] = origins[buffer] ?? offset
          }
        default: break
        }
      }
    }
    elements.removeAll { others.contains($0.buffer) }
    if elements.isEmpty { return [] }
    for statement in body {
      statement.forEachAccess { buffer, offset in
        guard let origin = origins[buffer] else { return }
        if (offset.map { ($0 - origin).constantValue } ?? nil) == nil { others.insert(buffer) }
      }
    }
    elements.removeAll { others.contains($0.buffer) }
    return elements
  }
}

extension [Statement] {
  /// So many statements are searched for the first values, which mostly stand just before the loop.
  private static var farthest: Int { 64 }

  /// Where in the block the elements get the values that they have at its end. A loop that makes no step
  /// leaves these, so only an element that is written in the block itself can be held, and only if nobody
  /// looks at it in between: nor leaves the block, for the store behind the loop would not come.
  fileprivate func lastStores(to elements: [HeldElement]) -> [(HeldElement, Int)] {
    var wanted: [Int: [HeldElement]] = Dictionary(grouping: elements, by: \.buffer)
    var found: [(HeldElement, Int)] = []
    for place in indices.suffix(Self.farthest).reversed() where !wanted.isEmpty {
      if case .exit = self[place] { break }
      if case .store(let buffer, let offset, _) = self[place],
        wanted[buffer]?.contains(HeldElement(buffer: buffer, offset: offset)) == true
      {
        found.append((HeldElement(buffer: buffer, offset: offset), place))
      }
      self[place].forEachAccess { buffer, offset in
        wanted[buffer]?.removeAll { element in
          guard let distance = offset.map({ $0 - element.offset })?.constantValue else {
            return true
          }
          return distance == 0
        }
        if wanted[buffer]?.isEmpty == true { wanted[buffer] = nil }
      }
    }
    return found
  }
}

extension Statement {
  /// Calls `body` with every element that the statement, and all inside it, reads or writes; without an
  /// offset where it may be any.
  fileprivate func forEachAccess(_ body: (_ buffer: Int, _ offset: DimExpr?) -> Void) {
    forEach { inner in
      inner.expression?.forEach {
        if case .load(let buffer, let offset) = $0 { body(buffer, offset) }
      }
      switch inner {
      case .store(let buffer, let offset, _): body(buffer, offset)
      case .call, .swap, .grow: inner.forEachBuffer { buffer, _ in body(buffer, nil) }
      default: break
      }
    }
  }

  /// The statement, and all inside it, with locals in the place of elements.
  fileprivate func replacing(_ places: [HeldElement: Int]) -> Statement {
    var statement = mapBodies { $0.map { $0.replacing(places) } }
    if let e = statement.expression {
      statement = statement.with(
        e.mapLeaves { leaf in
          guard case .load(let buffer, let offset) = leaf else { return leaf }
          return places[HeldElement(buffer: buffer, offset: offset)].map { .local($0) } ?? leaf
        })
    }
    if case .store(let buffer, let offset, let e) = statement,
      let local = places[HeldElement(buffer: buffer, offset: offset)]
    {
      return .assign(local, e)
    }
    return statement
  }
}
