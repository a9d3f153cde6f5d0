// Names while a function is elaborated. A block of a loop or a conditional is a scope inside that of
// its function: names given in it hide those outside and end with it. Its values live in a graph of
// their own, so a value from outside that is read becomes an input of it: it is captured.
import Graph

extension Elaborator {
  /// A scope that is not the innermost one.
  struct Scope {
    let builder: GraphBuilder
    let values: NameMap<Item>
    let usedNames: Set<String>
    let remaining: NameMap<Int>
    let resultTypes: [NameID: TypeSyntax]
    var captures: Captures
  }

  /// What a block reads from around it.
  struct Captures {
    private(set) var list: [(outer: Term, inner: Term)] = []
    private var places: [Value: Int] = [:]

    func inner(_ outer: Value) -> Term? { places[outer].map { list[$0].inner } }

    mutating func capture(_ outer: Term, in builder: GraphBuilder) -> Term {
      if let known = inner(outer.value) { return known }
      let name = outer.builder.graph.names[outer.value] ?? "captured"
      let inner = builder.addInput(name, outer.type)
      places[outer.value] = list.count
      list.append((outer, inner))
      return inner
    }
  }

  /// A block that has been elaborated, before it is closed.
  struct Draft {
    let builder: GraphBuilder
    var captures = Captures()
    /// What it gives and yields.
    var values: [Part] = []
    var yields: [Part] = []
  }

  /// A value of a list and where it is written.
  struct Part {
    let item: Item
    let span: SourceSpan
  }
}

extension Elaborator.Frame {
  typealias Scope = Elaborator.Scope

  /// Begins a scope whose values are made by `builder`.
  mutating func enter(_ builder: GraphBuilder, _ block: Block?) {
    builder.origin = self.builder.origin
    outer.append(
      Scope(
        builder: self.builder, values: values, usedNames: usedNames, remaining: remaining,
        resultTypes: resultTypes, captures: captures))
    self.builder = builder
    (values, usedNames, remaining, resultTypes) = (NameMap(), [], NameMap(), [:])
    captures = Elaborator.Captures()
    for statement in block?.statements ?? [] {
      for target in statement.targets { remaining[target.name, default: 0] += 1 }
    }
  }

  /// Ends the innermost scope.
  mutating func leave() -> Elaborator.Draft {
    let draft = Elaborator.Draft(builder: builder, captures: captures)
    ended.formUnion(values.names)
    guard let scope = outer.popLast() else { return draft }
    (builder, values, usedNames) = (scope.builder, scope.values, scope.usedNames)
    (remaining, resultTypes, captures) = (scope.remaining, scope.resultTypes, scope.captures)
    return draft
  }

  /// What a name stands for, without reading it.
  func visible(_ name: NameID) -> Item? {
    if let item = values[name] { return item }
    for scope in outer.reversed() {
      if let item = scope.values[name] { return item }
    }
    return nil
  }

  /// What a name stands for, captured by every block between.
  mutating func read(_ name: NameID) -> Item? {
    if let item = values[name] { return item }
    for level in outer.indices.reversed() {
      guard let item = outer[level].values[name] else { continue }
      guard case .term(let term) = item else { return item }
      return .term(captured(term, from: level))
    }
    return nil
  }

  /// A value of an outer scope, in the innermost one.
  mutating func captured(_ term: Term, from level: Int) -> Term {
    var term = term
    for k in outer.indices.dropFirst(level + 1) {
      term = outer[k].captures.capture(term, in: outer[k].builder)
    }
    return captures.capture(term, in: builder)
  }

  /// A value of the next outer scope, in the innermost one.
  mutating func captured(_ term: Term) -> Term { captured(term, from: outer.count - 1) }

  /// All names that stand for something.
  var visibleNames: [NameID] {
    values.names + outer.flatMap { $0.values.names } + symbols.keys
  }
}
