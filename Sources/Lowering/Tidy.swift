// Removes what fusion left over: buffers that nobody reads, locals that nobody needs, empty loops;
// and writes a local that is used once, in the next statement, where it is used.
// Requires a loop program. Establishes the same results with no dead statement.
import Graph

extension LoopProgram {
  /// The program without dead stores, dead locals and empty loops.
  func tidied() -> LoopProgram {
    var program = self
    program.removeDeadStores()
    var uses = Uses(program)
    while program.removeDeadLocals(uses) { uses = Uses(program) }
    program.body = Self.inlined(program.body, uses.ofLocals)
    return program
  }

  private mutating func removeDeadStores() {
    if buffers.allSatisfy(\.isParameter) { return }
    var isRead = buffers.map { buffer in
      if case .output = buffer.storage { true } else { false }
    }
    for statement in body {
      statement.forEachBuffer { buffer, reads in if reads { isRead[buffer] = true } }
      // A kernel that fills several buffers needs them all.
      statement.forEach {
        guard case .call(let call) = $0 else { return }
        for case .pointer(let buffer, _, _) in call.arguments { isRead[buffer] = true }
      }
    }
    body = Self.filtered(body) { statement in
      if case .store(let buffer, _, _) = statement { isRead[buffer] } else { true }
    }
  }

  /// Returns whether anything was removed.
  private mutating func removeDeadLocals(_ uses: Uses) -> Bool {
    var hasDead = false
    for statement in body { statement.forEach { if uses.isDead($0) { hasDead = true } } }
    if hasDead { body = Self.filtered(body) { !uses.isDead($0) } }
    return hasDead
  }

  private static func filtered(
    _ statements: [Statement], _ keep: (Statement) -> Bool
  ) -> [Statement] {
    statements.compactMap { statement in
      guard keep(statement) else { return nil }
      let kept = statement.mapBodies { filtered($0, keep) }
      switch kept {
      case .loop(let loop): return loop.body.isEmpty ? nil : kept
      case .when(_, let inner): return inner.isEmpty ? nil : kept
      case .branch(let branch): return branch.bodies.allSatisfy(\.isEmpty) ? nil : kept
      default: return kept
      }
    }
  }

  // MARK: - Locals used once

  /// Expressions grow no deeper than this; libtcc nests only so far.
  private static let deepest = 40

  private static func inlined(_ statements: [Statement], _ uses: [Int]) -> [Statement] {
    var result: [Statement] = []
    result.reserveCapacity(statements.count)
    for statement in statements {
      switch statement {
      case .loop, .when, .call, .swap, .grow, .check:
        result.append(statement.mapBodies { inlined($0, uses) })
      case .define, .defineIndex, .variable, .assign, .store, .exit, .branch:
        var current = statement.isBlock ? statement.mapBodies { inlined($0, uses) } : statement
        while case .define(let k, let value)? = result.last, uses[k] == 1,
          let e = current.expression, e.mentions(local: k), e.depth + value.depth <= deepest
        {
          current = current.with(e.replacing(local: k, by: value))
          result.removeLast()
        }
        result.append(current)
      }
    }
    return result
  }
}

/// What a program reads.
private struct Uses {
  /// How often each local is read.
  var ofLocals: [Int]
  /// The index variables that are read.
  var indices: Set<Int> = []

  init(_ program: LoopProgram) {
    var ofLocals = [Int](repeating: 0, count: program.locals.count)
    var indices: Set<Int> = []
    for statement in program.body {
      statement.forEachRead { local, index in
        if let local { ofLocals[local] += 1 }
        if let index { indices.insert(index) }
      }
    }
    self.ofLocals = ofLocals
    self.indices = indices
  }

  /// Gives a value to a variable that nobody reads.
  func isDead(_ statement: Statement) -> Bool {
    switch statement {
    case .define(let k, _), .variable(let k, _), .assign(let k, _): ofLocals[k] == 0
    case .defineIndex(let k, _): !indices.contains(k)
    case .store, .loop, .when, .call, .exit, .branch, .swap, .grow, .check: false
    }
  }
}
