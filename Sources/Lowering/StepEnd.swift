// The end of a step: carried variables get their new values, all at once, and as few of them as can be
// by way of a second variable. A new value that is computed when nobody needs the old one any more is
// computed into the variable itself.
import Graph

extension NestBuilder {
  /// The body with the assignment of new values to variables.
  ///
  /// - Parameter newLocal: makes a local, for values that change places.
  func endOfStep(
    _ body: [Statement], _ next: [(variable: Int, value: Expression)],
    _ newLocal: (DType) -> Int
  ) -> [Statement] {
    var definedAt: [Int: Int] = [:]
    var lastRead: [Int: Int] = [:]
    for (place, statement) in body.enumerated() {
      switch statement {
      case .define(let k, _), .variable(let k, _): definedAt[k] = place
      default: break
      }
      statement.forEachRead { local, _ in if let local { lastRead[local] = place } }
    }
    for (_, value) in next { value.forEachLocal { lastRead[$0] = body.count } }

    var renamed: [Int: Int] = [:]
    var rest: [(variable: Int, value: Expression)] = []
    for (variable, value) in next {
      if case .local(variable) = value { continue }
      if case .local(let made) = value, let place = definedAt[made], renamed[made] == nil,
        lastRead[variable] ?? -1 <= place
      {
        renamed[made] = variable
      } else {
        rest.append((variable, value))
      }
    }
    let renamedBody = renamed.isEmpty ? body : body.map { $0.assigning(renamed) }
    rest = rest.map { ($0.variable, $0.value.renaming(renamed)) }
    return renamedBody + inOrder(rest, newLocal)
  }

  /// Assignments at once as assignments one after the other.
  private func inOrder(
    _ next: [(variable: Int, value: Expression)], _ newLocal: (DType) -> Int
  ) -> [Statement] {
    var pending = next
    var statements: [Statement] = []
    while !pending.isEmpty {
      // One whose old value no other needs.
      let ready = pending.indices.first { k in
        pending.indices.allSatisfy { j in
          j == k || !pending[j].value.mentions(local: pending[k].variable)
        }
      }
      if let ready {
        let (variable, value) = pending.remove(at: ready)
        statements.append(.assign(variable, value))
        continue
      }
      // A circle: keep one old value.
      let old = pending[0].variable
      let copy = newLocal(program.locals[old].dtype)
      statements.append(.define(copy, .local(old)))
      pending = pending.map { ($0.variable, $0.value.renaming([old: copy])) }
    }
    return statements
  }
}

extension Expression {
  func forEachLocal(_ body: (Int) -> Void) {
    forEach { if case .local(let k) = $0 { body(k) } }
  }

  func mentions(local number: Int) -> Bool {
    var found = false
    forEachLocal { if $0 == number { found = true } }
    return found
  }

  func renaming(_ names: [Int: Int]) -> Expression {
    // Most mention none of them, and stay as they are.
    var mentionsSome = false
    forEachLocal { if names[$0] != nil { mentionsSome = true } }
    if !mentionsSome { return self }
    return mapLeaves { if case .local(let k) = $0, let new = names[k] { .local(new) } else { $0 } }
  }
}

extension Statement {
  /// The statement with locals replaced by variables that exist already: definitions assign.
  fileprivate func assigning(_ names: [Int: Int]) -> Statement {
    switch self {
    case .define(let k, let e):
      return names[k].map { .assign($0, e.renaming(names)) } ?? .define(k, e.renaming(names))
    case .variable(let k, let e):
      return names[k].map { .assign($0, e.renaming(names)) } ?? .variable(k, e.renaming(names))
    case .assign(let k, let e): return .assign(names[k] ?? k, e.renaming(names))
    default:
      let inner = mapBodies { $0.map { $0.assigning(names) } }
      return inner.expression.map { inner.with($0.renaming(names)) } ?? inner
    }
  }
}
