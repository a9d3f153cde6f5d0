// Walking and rewriting loop programs, for the passes that clean up.
import Graph

extension Expression {
  /// Calls `body` with this expression and all inside it.
  package func forEach(_ body: (Expression) -> Void) {
    body(self)
    switch self {
    case .literal, .index, .local, .load: break
    case .apply(_, _, let operands): for x in operands { x.forEach(body) }
    case .convert(let x, _, _), .clamp(let x, _, _): x.forEach(body)
    case .conditional(_, let a, let b):
      a.forEach(body)
      b.forEach(body)
    }
  }

  /// Calls `body` with every index expression in it: places, limits and sides of conditions.
  package func forEachIndexExpression(_ body: (DimExpr) -> Void) {
    forEach { e in
      switch e {
      case .index(let place, _), .load(_, let place), .clamp(_, _, let place): body(place)
      case .conditional(let conditions, _, _):
        for condition in conditions {
          body(condition.lhs)
          body(condition.rhs)
        }
      case .literal, .local, .apply, .convert: break
      }
    }
  }

  /// The expression with what has no operands replaced.
  package func mapLeaves(_ transform: (Expression) -> Expression) -> Expression {
    switch self {
    case .literal, .index, .local, .load: transform(self)
    case .apply(let f, let dtype, let operands):
      .applying(f, dtype, operands.map { $0.mapLeaves(transform) })
    case .convert(let x, let from, let to):
      .convert(x.mapLeaves(transform), from: from, to: to)
    case .clamp(let x, let dtype, let limit):
      .clamp(x.mapLeaves(transform), dtype, limit: limit)
    case .conditional(let conditions, let a, let b):
      .conditional(
        conditions, then: a.mapLeaves(transform), otherwise: b.mapLeaves(transform))
    }
  }

  /// The expression with one local replaced.
  func replacing(local number: Int, by value: Expression) -> Expression {
    mapLeaves { if case .local(number) = $0 { value } else { $0 } }
  }
}

extension Statement {
  /// The expression of a simple statement.
  package var expression: Expression? {
    switch self {
    case .define(_, let e), .defineIndex(_, let e), .variable(_, let e), .assign(_, let e),
      .store(_, _, let e), .exit(let e):
      e
    case .branch(let branch): branch.selector
    case .loop, .when, .call, .swap, .grow, .check: nil
    }
  }

  package func with(_ expression: Expression) -> Statement {
    if case .branch(var branch) = self {
      branch.selector = expression
      return .branch(branch)
    }
    return switch self {
    case .define(let k, _): .define(k, expression)
    case .defineIndex(let k, _): .defineIndex(k, expression)
    case .variable(let k, _): .variable(k, expression)
    case .assign(let k, _): .assign(k, expression)
    case .store(let buffer, let offset, _): .store(buffer: buffer, offset: offset, expression)
    case .exit: .exit(unless: expression)
    case .loop, .when, .call, .branch, .swap, .grow, .check: self
    }
  }

  /// Has statements inside.
  var isBlock: Bool {
    switch self {
    case .loop, .when, .branch: true
    case .define, .defineIndex, .variable, .assign, .store, .call, .exit, .swap, .grow, .check:
      false
    }
  }

  /// The statement with the statements inside it, one body at a time, replaced.
  func mapBodies(_ transform: ([Statement]) -> [Statement]) -> Statement {
    switch self {
    case .loop(var loop):
      loop.body = transform(loop.body)
      return .loop(loop)
    case .when(let conditions, let inner): return .when(conditions, transform(inner))
    case .branch(var branch):
      branch.bodies = branch.bodies.map(transform)
      return .branch(branch)
    case .define, .defineIndex, .variable, .assign, .store, .call, .exit, .swap, .grow, .check:
      return self
    }
  }

  /// How many blocks stand in each other, the innermost being this statement.
  fileprivate var depth: Int {
    let bodies: [[Statement]] =
      switch self {
      case .loop(let loop): [loop.body]
      case .when(_, let inner): [inner]
      case .branch(let branch): branch.bodies
      default: []
      }
    return bodies.reduce(0) { max($0, 1 + ($1.map(\.depth).max() ?? 0)) }
  }

  /// Calls `body` with this statement and all inside it.
  package func forEach(_ body: (Statement) -> Void) {
    body(self)
    switch self {
    case .loop(let loop): for statement in loop.body { statement.forEach(body) }
    case .when(_, let statements): for statement in statements { statement.forEach(body) }
    case .branch(let branch):
      for statements in branch.bodies { for statement in statements { statement.forEach(body) } }
    case .define, .defineIndex, .variable, .assign, .store, .call, .exit, .swap, .grow, .check:
      break
    }
  }

  /// Calls `body` with every local and every index variable that the statement, and all inside it,
  /// reads.
  package func forEachRead(_ body: (_ local: Int?, _ index: Int?) -> Void) {
    forEach { $0.forEachOwnRead(body) }
  }

  /// The same without the statements inside.
  package func forEachOwnRead(_ body: (_ local: Int?, _ index: Int?) -> Void) {
    func visit(_ e: DimExpr) {
      e.forEachLeaf { if case .index(let k) = $0 { body(nil, k) } }
    }
    expression?.forEach { if case .local(let k) = $0 { body(k, nil) } }
    expression?.forEachIndexExpression(visit)
    switch self {
    case .store(_, let offset, _): visit(offset)
    case .when(let conditions, _):
      for condition in conditions {
        visit(condition.lhs)
        visit(condition.rhs)
      }
    case .call(let call):
      for argument in call.arguments {
        switch argument {
        case .integer(let e), .pointer(_, let e, _): visit(e)
        }
      }
    case .loop(let loop):
      if let extent = loop.extent { visit(extent) }
      if let work = loop.parallel?.work { visit(work) }
    case .grow(_, let rows, _): visit(rows)
    case .check(.stepLimit(let steps), _): visit(steps)
    case .check(.rows(let found, let needed), _):
      visit(found)
      visit(needed)
    case .define, .defineIndex, .variable, .assign, .exit, .branch, .swap: break
    }
  }

  /// Calls `body` with every buffer the statement, and all inside it, touches.
  package func forEachBuffer(_ body: (_ buffer: Int, _ isRead: Bool) -> Void) {
    forEach { statement in
      statement.expression?.forEach { if case .load(let buffer, _) = $0 { body(buffer, true) } }
      switch statement {
      case .store(let buffer, _, _): body(buffer, false)
      case .call(let call):
        for case .pointer(let buffer, _, let isWritten) in call.arguments {
          body(buffer, !isWritten)
        }
      case .swap(let a, let b):
        body(a, true)
        body(b, true)
      case .grow(let buffer, _, _): body(buffer, false)
      case .loop(let loop):
        if let terms = loop.parallel?.terms.values { for buffer in terms { body(buffer, false) } }
      case .define, .defineIndex, .variable, .assign, .when, .exit, .branch, .check: break
      }
    }
  }
}

extension LoopProgram {
  /// How many loops and branches stand in each other.
  package var depth: Int { body.map(\.depth).max() ?? 0 }
}
