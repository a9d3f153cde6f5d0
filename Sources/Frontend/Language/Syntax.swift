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

/// Statements in braces. Control flow, when it comes, is an expression that holds blocks.
package struct Block: Sendable {
  package var statements: [Statement]
  /// The braces and what is between them.
  package var span = SourceSpan.none
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
  package var body: Block
  /// Its header holds a mistake that has been reported: calls of it cannot be judged.
  package var isInvalid = false
  package var span = SourceSpan.none
  package var parameterSpan = SourceSpan.none
  package var resultSpan = SourceSpan.none
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

  private func append<T>(_ items: [T], to array: inout [T]) -> Run<T> {
    defer { array.append(contentsOf: items) }
    return Run(start: Int32(array.count), count: Int32(items.count))
  }
}
