// Short innermost loops of known extent, as the three coordinates of a point, are written out: then
// their indices are numbers and conditions on them are decided. libtcc does not do that by itself;
// other compilers do, so that shipped C keeps the loops.
// Requires a tidied program. Establishes the same results, to the bit.
import Graph

extension LoopProgram {
  /// The program with short loops written out.
  func unrolled() -> LoopProgram {
    var program = self
    program.body = program.unrolled(body)
    return program
  }

  /// Steps at most, and statements at most when they are written out.
  private static let longest = 4
  private static let largest = 24

  private mutating func unrolled(_ statements: [Statement]) -> [Statement] {
    if !statements.contains(where: \.isBlock) { return statements }
    var result: [Statement] = []
    result.reserveCapacity(statements.count)
    for statement in statements {
      if case .loop(let loop) = statement, !loop.isOfSteps, !loop.isDescending,
        let extent = loop.extent?.constantValue, extent <= Self.longest,
        let size = loop.body.sizeToUnroll, size * extent <= Self.largest
      {
        for k in 0..<max(extent, 0) { result += step(loop, k, isLast: k == extent - 1) }
      } else {
        result.append(statement.mapBodies { unrolled($0) })
      }
    }
    return result
  }

  /// One step of a loop, with locals of its own unless it is the last.
  private mutating func step(_ loop: LoopStatement, _ number: Int, isLast: Bool) -> [Statement] {
    var names: [Int: Int] = [:]
    if !isLast {
      for statement in loop.body {
        switch statement {
        case .define(let k, _), .variable(let k, _):
          locals.append(locals[k])
          names[k] = locals.count - 1
        default: break
        }
      }
    }
    return loop.body.flatMap {
      $0.replacing(index: loop.index, by: DimExpr(number)).naming(names).decided
    }
  }
}

extension [Statement] {
  /// How many statements there are, if they can be written out.
  fileprivate var sizeToUnroll: Int? {
    var size = 0
    for statement in self {
      switch statement {
      case .define, .variable, .assign, .store: size += 1
      case .when(_, let inner):
        guard let more = inner.sizeToUnroll, inner.allSatisfy(\.isStore) else { return nil }
        size += more
      default: return nil
      }
    }
    return size
  }
}

extension Statement {
  fileprivate var isStore: Bool { if case .store = self { true } else { false } }

  /// The statement with an index variable replaced.
  fileprivate func replacing(index number: Int, by value: DimExpr) -> Statement {
    func place(_ e: DimExpr) -> DimExpr {
      e.replacing { if case .index(number) = $0 { value } else { nil } }
    }
    switch self {
    case .when(let conditions, let inner):
      return .when(
        conditions.map { IndexCondition(place($0.lhs), $0.relation, place($0.rhs)) },
        inner.map { $0.replacing(index: number, by: value) })
    case .store(let buffer, let offset, let e):
      return .store(buffer: buffer, offset: place(offset), e.mapPlaces(place))
    default: return expression.map { with($0.mapPlaces(place)) } ?? self
    }
  }

  /// The statement with definitions of locals under new names.
  fileprivate func naming(_ names: [Int: Int]) -> Statement {
    if names.isEmpty { return self }
    switch self {
    case .define(let k, let e): return .define(names[k] ?? k, e.renaming(names))
    case .variable(let k, let e): return .variable(names[k] ?? k, e.renaming(names))
    case .assign(let k, let e): return .assign(names[k] ?? k, e.renaming(names))
    case .when(let conditions, let inner):
      return .when(conditions, inner.map { $0.naming(names) })
    default: return expression.map { with($0.renaming(names)) } ?? self
    }
  }

  /// The statement without conditions that are known.
  fileprivate var decided: [Statement] {
    if case .when(let conditions, let inner) = self {
      if conditions.contains(where: { $0.decided == false }) { return [] }
      let open = conditions.filter { $0.decided == nil }
      return open.isEmpty ? inner.flatMap(\.decided) : [.when(open, inner.flatMap(\.decided))]
    }
    return [expression.map { with($0.decided) } ?? self]
  }
}

extension IndexCondition {
  fileprivate var decided: Bool? {
    guard let difference = (rhs - lhs).constantValue else { return nil }
    return switch relation {
    case .lessOrEqual: difference >= 0
    case .less: difference > 0
    case .equal: difference == 0
    }
  }
}

extension Expression {
  /// The expression with every index expression replaced.
  fileprivate func mapPlaces(_ place: (DimExpr) -> DimExpr) -> Expression {
    switch self {
    case .literal, .local: self
    case .index(let e, let dtype): .index(place(e), dtype)
    case .load(let buffer, let offset): .load(buffer: buffer, offset: place(offset))
    case .apply(let f, let dtype, let operands):
      .apply(f, dtype, operands.map { $0.mapPlaces(place) })
    case .convert(let x, let from, let to): .convert(x.mapPlaces(place), from: from, to: to)
    case .clamp(let x, let dtype, let limit):
      .clamp(x.mapPlaces(place), dtype, limit: place(limit))
    case .conditional(let conditions, let a, let b):
      .conditional(
        conditions.map { IndexCondition(place($0.lhs), $0.relation, place($0.rhs)) },
        then: a.mapPlaces(place), otherwise: b.mapPlaces(place))
    }
  }

  fileprivate var decided: Expression {
    switch self {
    case .literal, .index, .local, .load: return self
    case .apply(let f, let dtype, let operands):
      return .apply(f, dtype, operands.map(\.decided))
    case .convert(let x, let from, let to): return .convert(x.decided, from: from, to: to)
    case .clamp(let x, let dtype, let limit): return .clamp(x.decided, dtype, limit: limit)
    case .conditional(let conditions, let a, let b):
      if conditions.contains(where: { $0.decided == false }) { return b.decided }
      let open = conditions.filter { $0.decided == nil }
      return open.isEmpty
        ? a.decided : .conditional(open, then: a.decided, otherwise: b.decided)
    }
  }
}
