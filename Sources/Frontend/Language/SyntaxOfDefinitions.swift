// The syntax of values that are defined by an equation, of functions with rules for their
// derivatives, and what all expressions with blocks have in common.

/// A solution of a `SyntaxTree`.
package struct SolutionID: Sendable, Hashable {
  package let index: Int32
}

/// `root x: f64[n] = start { … }` and its relatives.
package struct SolutionSyntax: Sendable {
  package enum Form: String, Sendable, Hashable, CaseIterable {
    /// x = start, where the block is 0.
    case root
    /// x = start, where the block is x.
    case fixedPoint = "fixed_point"
    /// x = start, where the block is least.
    case argmin
    /// The x for which the block, which is linear in x, is what stands in front.
    case solve
    /// The same, as it is printed: whether the block is linear is not looked at.
    case linearSolve = "linear_solve"
  }

  package var form: Form
  package var unknown: LoopSyntax.Carried
  package var body: Block
}

/// A `custom` of a `SyntaxTree`.
package struct CustomID: Sendable, Hashable {
  package let index: Int32
}

/// `custom f(x: f64 = a) { … } jvp(y, tan.x) { … } vjp(y, ct.y) { … }`; with `tangent(b, c)` behind
/// the parentheses, the tangent of that.
package struct CustomSyntax: Sendable {
  /// The names of what a rule reads beside the inputs, and its block.
  package struct Rule: Sendable {
    package var names: [Binding]
    package var body: Block
  }

  package var name: NameID
  package var nameSpan = SourceSpan.none
  package var inputs: [LoopSyntax.Carried]
  /// The results and the tangents of the inputs.
  package var tangents: ValueList?
  package var function: Block
  package var jvp: Rule?
  package var vjp: Rule?
}

/// `@vjp(f_vjp, unchecked)`
package struct RuleSyntax: Sendable {
  package enum Kind: String, Sendable, Hashable {
    case jvp, vjp
  }

  package var kind: Kind
  package var function: NameID
  package var isUnchecked = false
  package var span = SourceSpan.none
}

extension Expr.Kind {
  /// Loops, conditionals, solutions and functions with rules.
  package var isControl: Bool {
    switch self {
    case .loop, .choice, .solution, .custom: true
    default: false
    }
  }
}

extension CustomSyntax {
  package var blocks: [Block] { [function] + [jvp, vjp].compactMap { $0?.body } }

  /// The expressions in front of the blocks, in order.
  package var header: [ExprID] { inputs.map(\.start) + (tangents?.values ?? []) }
}
