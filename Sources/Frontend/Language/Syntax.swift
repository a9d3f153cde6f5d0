// The syntax tree of a graph file. Expressions live in one array and are named by index, children
// before their parents: a tree of any depth is parsed, walked and freed without recursion, and a
// pass over the array in order is a walk bottom up.

import Graph

/// An expression of a `SyntaxTree`.
package struct ExprID: Sendable, Hashable {
  package let index: Int32
}

/// Some neighbours in one of the arrays of a `SyntaxTree`, which is subscripted with it.
package struct Run<Element>: Sendable, Hashable {
  package let start: Int32
  package let count: Int32

  package var isEmpty: Bool { count == 0 }
  var indices: Range<Int> { Int(start)..<(Int(start) + Int(count)) }
}

/// One node of an expression.
package struct Expr: Sendable {
  package enum Kind: Sendable {
    /// A mistake stood here and has been reported; say nothing more about it.
    case invalid
    case integer(Int)
    /// Also inf and nan. A sign that stands before a number is part of it.
    case float(Double)
    case bool(Bool)
    case string(Run<String>)
    case name(NameID)
    case unary(UnaryOperator, ExprID)
    case binary(BinaryOperator, ExprID, ExprID)
    /// An operation, a function of the file, or a dtype, called.
    case call(NameID, Run<Argument>)
    case array(Run<ExprID>)
    case `subscript`(ExprID, Run<SubscriptItem>)
    case loop(LoopID)
    case choice(ChoiceID)
    case solution(SolutionID)
    case custom(CustomID)
    /// `?`, the extent of a stack with a row for each step of a loop; only in types.
    case unknownExtent
  }

  package var kind: Kind
  /// Everything that belongs to it, parentheses around it included.
  package var span: SourceSpan
  /// Where a caret points: the operator, the callee, the `[` of a subscript, otherwise the start.
  /// Of a number: behind its sign.
  package var point: Int32
}

/// An argument of a call; named ones stand behind the others.
package struct Argument: Sendable {
  package var name: NameID?
  package var nameSpan = SourceSpan.none
  package var value: ExprID
}

/// One axis of a subscript.
package struct SubscriptItem: Sendable {
  package enum Kind: Sendable {
    /// `k`: removes the axis.
    case index(ExprID)
    /// `lower:upper:step`
    case slice(lower: ExprID?, upper: ExprID?, step: ExprID?)
    /// `...`: all axes that are not mentioned.
    case ellipsis
  }

  package var kind: Kind
  package var span = SourceSpan.none
}

/// `f64[n, 2*d]`, or `f64` for a scalar.
package struct TypeSyntax: Sendable {
  package var dtype: DType
  package var extents: Run<ExprID>
  package var span = SourceSpan.none
}

/// A name that is given a value, and its type where that is written.
package struct Binding: Sendable {
  package var name: NameID
  package var nameSpan = SourceSpan.none
  package var type: TypeSyntax?
}

/// `a: f64[n], b = value`
package struct Statement: Sendable {
  package var targets: [Binding]
  package var value: ExprID
  package var span = SourceSpan.none
}

/// Expressions on a line of their own: `a, b`.
package struct ValueList: Sendable {
  package var values: [ExprID]
  /// Of a yield, with the word.
  package var span = SourceSpan.none
}

/// Statements in braces. The body of a function has nothing else; that of a loop or of a branch ends
/// with what it gives.
package struct Block: Sendable {
  package var statements: [Statement]
  /// `yield a, b`, behind the statements.
  package var yield: ValueList?
  /// The last line.
  package var values: ValueList?
  /// The braces and what is between them.
  package var span = SourceSpan.none

  package init(
    statements: [Statement], yield: ValueList? = nil, values: ValueList? = nil,
    span: SourceSpan = .none
  ) {
    self.statements = statements
    self.yield = yield
    self.values = values
    self.span = span
  }
}

/// A loop of a `SyntaxTree`.
package struct LoopID: Sendable, Hashable {
  package let index: Int32
}

/// `counted for i in a..<b, x in xs carry s: f64 = 0 where c limit n keep all { … }` and its
/// relatives.
package struct LoopSyntax: Sendable {
  package enum Form: Sendable, Hashable {
    /// Over a range and rows.
    case `for`
    /// `while x = a where c { … }`
    case `while`
    /// `do x = a { … } while c`
    case `do`
    /// A `for` that yields what it carries.
    case scan
  }

  /// `i in lower..<upper`; without an upper end, where a condition ends the loop.
  package struct Range: Sendable {
    package var name: NameID
    package var nameSpan = SourceSpan.none
    package var lower: ExprID
    package var upper: ExprID?
    package var span = SourceSpan.none
  }

  /// `x in xs`
  package struct Rows: Sendable {
    package var name: NameID
    package var nameSpan = SourceSpan.none
    package var array: ExprID
  }

  /// `s: f64 = 0`
  package struct Carried: Sendable {
    package var binding: Binding
    package var start: ExprID
  }

  package var form: Form
  package var isCounted = false
  package var isReversed = false
  package var range: Range?
  package var rows: [Rows] = []
  package var carried: [Carried] = []
  package var condition: Condition?
  package var limit: ExprID?
  package var keep: KeepSyntax?
  package var body = Block(statements: [])
}

/// What the derivative in reverse keeps: `keep all`, `keep nothing`, `keep every k`, `keep at most s`.
package enum KeepSyntax: Sendable {
  case all
  case nothing
  case every(ExprID)
  case atMost(ExprID)

  package var size: ExprID? {
    switch self {
    case .all, .nothing: nil
    case .every(let id), .atMost(let id): id
    }
  }

  /// The words in front of the size.
  package var words: String {
    switch self {
    case .all: "keep all"
    case .nothing: "keep nothing"
    case .every: "keep every "
    case .atMost: "keep at most "
    }
  }
}

/// What decides whether a loop goes on: an expression, or a block with one value.
package enum Condition: Sendable {
  case expression(ExprID)
  case block(Block)
}

/// An `if` or a `switch` of a `SyntaxTree`.
package struct ChoiceID: Sendable, Hashable {
  package let index: Int32
}

/// `if c { … } else { … }`, `switch k { case 0 { … } else { … } }`
package struct ChoiceSyntax: Sendable {
  package struct Case: Sendable {
    package var number: Int
    /// From the word `case` on.
    package var span = SourceSpan.none
  }

  package var selector: ExprID
  /// One for each branch but the last; `nil` for an `if`.
  package var cases: [Case]?
  package var branches: [Block]
  /// The last branch of an `if` is written `else if`, and holds just that.
  package var isChained = false
}

/// `func name(parameters) -> (results) where constraints { body }`
package struct FunctionSyntax: Sendable {
  package var name: NameID
  package var nameSpan = SourceSpan.none
  /// Each has a type.
  package var parameters: [Binding]
  package var results: [Binding]
  /// Comparisons of extents.
  package var constraints: [ExprID] = []
  /// `@jvp(…)`, `@vjp(…)`, as they are written in front.
  package var rules: [RuleSyntax] = []
  package var body: Block
  /// Its header holds a mistake that has been reported: calls of it cannot be judged.
  package var isInvalid = false
  /// The words of such a header: what they stand for is not known.
  package var headerNames: Set<NameID> = []
  package var span = SourceSpan.none
  package var parameterSpan = SourceSpan.none
  package var resultSpan = SourceSpan.none

  /// A name was found where it should stand.
  package var hasName: Bool { nameSpan != .none }
}

/// A graph file as it is written.
package struct SyntaxTree: Sendable {
  package var version = 1
  /// Of the word `jitgrad` and the number.
  package var versionSpan = SourceSpan.none
  package var functions: [FunctionSyntax] = []
  package var names = NameTable()
  /// In the order in which they stand in the file.
  package var comments: [Comment] = []
  /// What was parsed; nil for a tree that was made otherwise.
  package var source: SourceFile?
  /// All expressions, children before their parents.
  package private(set) var expressions: [Expr] = []
  private var arguments: [Argument] = []
  private var elements: [ExprID] = []
  private var subscriptItems: [SubscriptItem] = []
  private var strings: [String] = []
  private var loops: [LoopSyntax] = []
  private var choices: [ChoiceSyntax] = []
  private var solutions: [SolutionSyntax] = []
  private var customs: [CustomSyntax] = []

  package init() {}

  package subscript(id: ExprID) -> Expr {
    get { expressions[Int(id.index)] }
    set { expressions[Int(id.index)] = newValue }
  }
  package subscript(run: Run<Argument>) -> ArraySlice<Argument> { arguments[run.indices] }
  package subscript(run: Run<ExprID>) -> ArraySlice<ExprID> { elements[run.indices] }
  package subscript(run: Run<SubscriptItem>) -> ArraySlice<SubscriptItem> {
    subscriptItems[run.indices]
  }
  package subscript(run: Run<String>) -> String { strings[run.indices].first ?? "" }
  package subscript(name: NameID) -> String { names[name] }
  package subscript(id: LoopID) -> LoopSyntax { loops[Int(id.index)] }
  package subscript(id: ChoiceID) -> ChoiceSyntax { choices[Int(id.index)] }
  package subscript(id: SolutionID) -> SolutionSyntax { solutions[Int(id.index)] }
  package subscript(id: CustomID) -> CustomSyntax { customs[Int(id.index)] }

  /// Adds an expression behind its parts.
  package mutating func add(
    _ kind: Expr.Kind, span: SourceSpan = .none, point: Int? = nil
  ) -> ExprID {
    let id = ExprID(index: Int32(expressions.count))
    expressions.append(Expr(kind: kind, span: span, point: Int32(clamping: point ?? span.start)))
    return id
  }

  package mutating func store(_ items: [Argument]) -> Run<Argument> {
    append(items, to: &arguments)
  }
  package mutating func store(_ items: [ExprID]) -> Run<ExprID> { append(items, to: &elements) }
  package mutating func store(_ items: [SubscriptItem]) -> Run<SubscriptItem> {
    append(items, to: &subscriptItems)
  }
  package mutating func store(_ text: String) -> Run<String> { append([text], to: &strings) }

  package mutating func store(_ loop: LoopSyntax) -> LoopID {
    loops.append(loop)
    return LoopID(index: Int32(loops.count - 1))
  }
  package mutating func store(_ choice: ChoiceSyntax) -> ChoiceID {
    choices.append(choice)
    return ChoiceID(index: Int32(choices.count - 1))
  }
  package mutating func store(_ solution: SolutionSyntax) -> SolutionID {
    solutions.append(solution)
    return SolutionID(index: Int32(solutions.count - 1))
  }
  package mutating func store(_ custom: CustomSyntax) -> CustomID {
    customs.append(custom)
    return CustomID(index: Int32(customs.count - 1))
  }

  private func append<T>(_ items: [T], to array: inout [T]) -> Run<T> {
    defer { array.append(contentsOf: items) }
    return Run(start: Int32(array.count), count: Int32(items.count))
  }
}

extension Block {
  /// The lines with what they hold, in order: statements, a yield, values.
  package var lines: [(span: SourceSpan, values: [ExprID])] {
    statements.map { ($0.span, [$0.value]) }
      + [yield, values].compactMap { $0 }.map { ($0.span, $0.values) }
  }

  /// The expressions that stand in the block itself.
  package var expressions: [ExprID] { lines.flatMap(\.values) }
}

extension LoopSyntax {
  /// The expressions in front of the body, in order.
  package var header: [ExprID] {
    [range?.lower, range?.upper].compactMap { $0 } + rows.map(\.array) + carried.map(\.start)
      + [limit, keep?.size].compactMap { $0 }
  }

  package var blocks: [Block] {
    if case .block(let block) = condition { [block, body] } else { [body] }
  }
}
