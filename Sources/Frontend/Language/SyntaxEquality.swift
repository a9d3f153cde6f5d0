// Whether two trees say the same: names by text, floats by bits (a nan equals itself, 0 is not
// −0), without regard to places, comments and the numbering of expressions.

extension SyntaxTree {
  /// Same version, functions, statements and expressions.
  package func isStructurallyEqual(to other: SyntaxTree) -> Bool {
    var comparison = SyntaxComparison(a: self, b: other)
    return comparison.run()
  }
}

private struct SyntaxComparison {
  let a: SyntaxTree
  let b: SyntaxTree
  /// Pairs that are still to be compared; no recursion on the depth of the trees.
  var pairs: [(ExprID, ExprID)] = []

  init(a: SyntaxTree, b: SyntaxTree) {
    self.a = a
    self.b = b
  }

  mutating func run() -> Bool {
    guard a.version == b.version, all(a.functions, b.functions, { $0.same($1, $2) }) else {
      return false
    }
    while let (x, y) = pairs.popLast() {
      guard same(a[x].kind, b[y].kind) else { return false }
    }
    return true
  }

  private mutating func all<C: Collection, D: Collection>(
    _ x: C, _ y: D, _ same: (inout SyntaxComparison, C.Element, D.Element) -> Bool
  ) -> Bool {
    guard x.count == y.count else { return false }
    for (p, q) in zip(x, y) where !same(&self, p, q) { return false }
    return true
  }

  private mutating func same(_ x: FunctionSyntax, _ y: FunctionSyntax) -> Bool {
    same(x.name, y.name)
      && all(x.parameters, y.parameters, { $0.same($1, $2) })
      && all(x.results, y.results, { $0.same($1, $2) })
      && all(x.constraints, y.constraints, { $0.later($1, $2) })
      && all(x.rules, y.rules) {
        $1.kind == $2.kind && $0.same($1.function, $2.function) && $1.isUnchecked == $2.isUnchecked
      }
      && same(x.body, y.body)
  }

  private mutating func same(_ x: Block, _ y: Block) -> Bool {
    all(x.statements, y.statements) {
      $0.all($1.targets, $2.targets, { $0.same($1, $2) }) && $0.later($1.value, $2.value)
    } && same(x.yield, y.yield) && same(x.values, y.values)
  }

  private mutating func same(_ x: ValueList?, _ y: ValueList?) -> Bool {
    guard let x, let y else { return (x == nil) == (y == nil) }
    return all(x.values, y.values) { $0.later($1, $2) }
  }

  private mutating func same(_ x: LoopSyntax, _ y: LoopSyntax) -> Bool {
    guard x.form == y.form, x.isCounted == y.isCounted, x.isReversed == y.isReversed,
      (x.range == nil) == (y.range == nil)
    else { return false }
    if let p = x.range, let q = y.range {
      guard same(p.name, q.name), later(p.lower, q.lower), later(p.upper, q.upper) else {
        return false
      }
    }
    switch (x.condition, y.condition) {
    case (nil, nil): break
    case (.expression(let p), .expression(let q)): pairs.append((p, q))
    case (.block(let p), .block(let q)): if !same(p, q) { return false }
    default: return false
    }
    return all(x.rows, y.rows) { $0.same($1.name, $2.name) && $0.later($1.array, $2.array) }
      && all(x.carried, y.carried) {
        $0.same($1.binding, $2.binding) && $0.later($1.start, $2.start)
      } && later(x.limit, y.limit) && x.keep?.words == y.keep?.words
      && later(x.keep?.size, y.keep?.size) && same(x.body, y.body)
  }

  private mutating func same(_ x: ChoiceSyntax, _ y: ChoiceSyntax) -> Bool {
    x.cases?.map(\.number) == y.cases?.map(\.number) && x.isChained == y.isChained
      && later(x.selector, y.selector) && all(x.branches, y.branches) { $0.same($1, $2) }
  }

  private mutating func same(_ x: SolutionSyntax, _ y: SolutionSyntax) -> Bool {
    x.form == y.form && same(x.unknown.binding, y.unknown.binding)
      && later(x.unknown.start, y.unknown.start) && same(x.body, y.body)
  }

  private mutating func same(_ x: CustomSyntax, _ y: CustomSyntax) -> Bool {
    same(x.name, y.name)
      && all(x.inputs, y.inputs) {
        $0.same($1.binding, $2.binding) && $0.later($1.start, $2.start)
      } && same(x.tangents, y.tangents) && same(x.function, y.function) && same(x.jvp, y.jvp)
      && same(x.vjp, y.vjp)
  }

  private mutating func same(_ x: CustomSyntax.Rule?, _ y: CustomSyntax.Rule?) -> Bool {
    guard let x, let y else { return (x == nil) == (y == nil) }
    return all(x.names, y.names) { $0.same($1, $2) } && same(x.body, y.body)
  }

  private mutating func same(_ x: Binding, _ y: Binding) -> Bool {
    guard same(x.name, y.name), x.type?.dtype == y.type?.dtype else { return false }
    guard let first = x.type, let second = y.type else { return true }
    return all(a[first.extents], b[second.extents], { $0.later($1, $2) })
  }

  private func same(_ x: NameID, _ y: NameID) -> Bool { a[x] == b[y] }

  private mutating func later(_ x: ExprID, _ y: ExprID) -> Bool {
    pairs.append((x, y))
    return true
  }

  private mutating func later(_ x: ExprID?, _ y: ExprID?) -> Bool {
    if let x, let y { return later(x, y) }
    return x == nil && y == nil
  }

  private mutating func same(_ x: Expr.Kind, _ y: Expr.Kind) -> Bool {
    switch (x, y) {
    case (.invalid, .invalid): return true
    case (.integer(let p), .integer(let q)): return p == q
    case (.float(let p), .float(let q)): return p.bitPattern == q.bitPattern
    case (.bool(let p), .bool(let q)): return p == q
    case (.string(let p), .string(let q)): return a[p] == b[q]
    case (.name(let p), .name(let q)): return same(p, q)
    case (.unary(let f, let p), .unary(let g, let q)): return f == g && later(p, q)
    case (.binary(let f, let p, let r), .binary(let g, let q, let s)):
      return f == g && later(p, q) && later(r, s)
    case (.call(let f, let p), .call(let g, let q)):
      return same(f, g) && all(a[p], b[q]) { $0.same($1, $2) }
    case (.array(let p), .array(let q)): return all(a[p], b[q]) { $0.later($1, $2) }
    case (.subscript(let p, let r), .subscript(let q, let s)):
      return later(p, q) && all(a[r], b[s]) { $0.same($1.kind, $2.kind) }
    case (.loop(let p), .loop(let q)): return same(a[p], b[q])
    case (.choice(let p), .choice(let q)): return same(a[p], b[q])
    case (.solution(let p), .solution(let q)): return same(a[p], b[q])
    case (.custom(let p), .custom(let q)): return same(a[p], b[q])
    case (.unknownExtent, .unknownExtent): return true
    default: return false
    }
  }

  private mutating func same(_ x: Argument, _ y: Argument) -> Bool {
    x.name.map { a[$0] } == y.name.map { b[$0] } && later(x.value, y.value)
  }

  private mutating func same(_ x: SubscriptItem.Kind, _ y: SubscriptItem.Kind) -> Bool {
    switch (x, y) {
    case (.index(let p), .index(let q)): later(p, q)
    case (.slice(let p, let r, let t), .slice(let q, let s, let u)):
      later(p, q) && later(r, s) && later(t, u)
    case (.ellipsis, .ellipsis): true
    default: false
    }
  }
}
