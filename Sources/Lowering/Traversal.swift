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

  /// The expression with one local replaced.
  func replacing(local number: Int, by value: Expression) -> Expression {
    switch self {
    case .local(number): value
    case .literal, .index, .local, .load: self
    case .apply(let f, let dtype, let operands):
      .applying(f, dtype, operands.map { $0.replacing(local: number, by: value) })
    case .convert(let x, let from, let to):
      .convert(x.replacing(local: number, by: value), from: from, to: to)
    case .clamp(let x, let dtype, let limit):
      .clamp(x.replacing(local: number, by: value), dtype, limit: limit)
    case .conditional(let conditions, let a, let b):
      .conditional(
        conditions, then: a.replacing(local: number, by: value),
        otherwise: b.replacing(local: number, by: value))
    }
  }
}

extension Statement {
  /// The expression of a simple statement.
  package var expression: Expression? {
    switch self {
    case .define(_, let e), .defineIndex(_, let e), .variable(_, let e), .assign(_, let e),
      .store(_, _, let e):
      e
    case .loop, .when, .call: nil
    }
  }

  func with(_ expression: Expression) -> Statement {
    switch self {
    case .define(let k, _): .define(k, expression)
    case .defineIndex(let k, _): .defineIndex(k, expression)
    case .variable(let k, _): .variable(k, expression)
    case .assign(let k, _): .assign(k, expression)
    case .store(let buffer, let offset, _): .store(buffer: buffer, offset: offset, expression)
    case .loop, .when, .call: self
    }
  }

  /// Calls `body` with this statement and all inside it.
  package func forEach(_ body: (Statement) -> Void) {
    body(self)
    switch self {
    case .loop(let loop): for statement in loop.body { statement.forEach(body) }
    case .when(_, let statements): for statement in statements { statement.forEach(body) }
    case .define, .defineIndex, .variable, .assign, .store, .call: break
    }
  }

  /// Calls `body` with every local and every index variable that the statement, and all inside it,
  /// reads.
  package func forEachRead(_ body: (_ local: Int?, _ index: Int?) -> Void) {
    func visit(_ e: DimExpr) {
      e.forEachLeaf { if case .index(let k) = $0 { body(nil, k) } }
    }
    func visit(_ conditions: [IndexCondition]) {
      for condition in conditions {
        visit(condition.lhs)
        visit(condition.rhs)
      }
    }
    forEach { statement in
      statement.expression?.forEach { e in
        switch e {
        case .local(let k): body(k, nil)
        case .index(let place, _): visit(place)
        case .load(_, let offset): visit(offset)
        case .clamp(_, _, let limit): visit(limit)
        case .conditional(let conditions, _, _): visit(conditions)
        case .literal, .apply, .convert: break
        }
      }
      switch statement {
      case .store(_, let offset, _): visit(offset)
      case .when(let conditions, _): visit(conditions)
      case .call(let call):
        for argument in call.arguments {
          switch argument {
          case .integer(let e), .pointer(_, let e, _): visit(e)
          }
        }
      case .loop(let loop): visit(loop.extent)
      case .define, .defineIndex, .variable, .assign: break
      }
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
      case .define, .defineIndex, .variable, .assign, .loop, .when: break
      }
    }
  }
}
