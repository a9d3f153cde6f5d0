// The loop-nest language: what a graph becomes before it is C.
//
//     program   = buffers, locals, body
//     statement = define local = expression        once, constant from then on
//               | variable local = expression      changes by assign
//               | assign local = expression
//               | store buffer[offset] = expression
//               | loop index in 0 ..< extent { statements }
//               | when conditions { statements }
//               | call function(arguments)
//
// Semantics: statements run in order. A loop whose extent is 0 or less does not run. Expressions
// have no effects; a conditional evaluates only the branch it takes, so that loads stay inside
// their buffers. Float arithmetic is IEEE in the dtype of the expression, integers wrap.
// Buffers do not overlap, except inputs with inputs. Offsets are in elements.
import Graph

/// A function as loops over buffers.
package struct LoopProgram: Sendable {
  package var name: String
  /// The sizes, in the order in which they are passed.
  package var symbols: [String]
  package var buffers: [Buffer]
  package var locals: [Local]
  /// Conditions on the sizes under which the program may run.
  package var guards: [Guard]
  package var body: [Statement]
  /// Where in the body each part begins that is to be a function of its own; locals are defined
  /// anew in every part. Empty for one function.
  package var partStarts: [Int] = []
  /// Bytes of the workspace, in which the workspace buffers lie.
  package var workspaceByteCount: DimExpr = 0

  package init(
    name: String, symbols: [String], buffers: [Buffer], locals: [Local], guards: [Guard],
    body: [Statement]
  ) {
    self.name = name
    self.symbols = symbols
    self.buffers = buffers
    self.locals = locals
    self.guards = guards
    self.body = body
  }
}

/// An array in memory.
package struct Buffer: Sendable {
  package enum Storage: Sendable {
    case input(Int)
    case output(Int)
    /// Part of the workspace, at so many bytes from its start.
    case workspace(byteOffset: DimExpr)
    case constant(Tensor)
  }

  package var name: String
  package var dtype: DType
  package var shape: [DimExpr]
  package var storage: Storage

  package var elementCount: DimExpr { shape.reduce(1, *) }

  package var isParameter: Bool {
    switch storage {
    case .input, .output: true
    case .workspace, .constant: false
    }
  }
}

/// A scalar variable.
package struct Local: Sendable {
  package var dtype: DType
  /// From the source, where it has one.
  package var name: String?
}

package enum Statement: Sendable {
  case define(Int, Expression)
  /// An index read from data: `.index(number)` from here on.
  case defineIndex(Int, Expression)
  case variable(Int, Expression)
  case assign(Int, Expression)
  case store(buffer: Int, offset: DimExpr, Expression)
  case loop(LoopStatement)
  case when([IndexCondition], [Statement])
  case call(KernelCall)
}

package struct LoopStatement: Sendable {
  /// The number of the index variable.
  package var index: Int
  package var extent: DimExpr
  package var body: [Statement]
  /// What it computes, for readers: names or operations with source lines.
  package var notes: [Note]
}

/// Where a piece of the program comes from.
package struct Note: Hashable, Sendable {
  package var operation: String
  package var name: String?
  package var origin: Origin
}

/// A call of a runtime function.
package struct KernelCall: Sendable {
  package enum Argument: Sendable {
    case integer(DimExpr)
    /// The address of an element.
    case pointer(buffer: Int, offset: DimExpr, isWritten: Bool)
  }

  package var function: String
  package var arguments: [Argument]
  package var notes: [Note]
}

/// A scalar's value.
package indirect enum Expression: Hashable, Sendable {
  case literal(Scalar)
  /// Index arithmetic as a number.
  case index(DimExpr, DType)
  case local(Int)
  case load(buffer: Int, offset: DimExpr)
  /// A scalar function; the dtype is that of its operands (of the branches, for select).
  case apply(ScalarFunction, DType, [Expression])
  case convert(Expression, from: DType, to: DType)
  case conditional([IndexCondition], then: Expression, otherwise: Expression)
  /// An integer kept between 0 and a limit.
  case clamp(Expression, DType, limit: DimExpr)
}

extension Expression {
  /// The longest chain of nested operations.
  package var depth: Int {
    switch self {
    case .literal, .index, .local, .load: 1
    case .apply(_, _, let operands): 1 + (operands.map(\.depth).max() ?? 0)
    case .convert(let x, _, _), .clamp(let x, _, _): 1 + x.depth
    case .conditional(_, let a, let b): 1 + max(a.depth, b.depth)
    }
  }

  /// Nothing to compute.
  package var isLeaf: Bool {
    switch self {
    case .literal, .index, .local: true
    default: false
    }
  }
}

extension Buffer {
  /// The row-major offset of an element.
  package func offset(_ indices: [DimExpr]) -> DimExpr {
    var offset: DimExpr = 0
    for (axis, index) in indices.enumerated() { offset = offset * shape[axis] + index }
    return offset.joined
  }
}

extension DimExpr {
  /// The expression with `b·⌊a / b⌋ + a mod b` written as `a`: the place in a dense array of an
  /// element that was counted through another shape.
  var joined: DimExpr {
    for term in terms {
      for (k, atom) in term.atoms.enumerated() {
        guard case .mod(let a, let b) = atom else { continue }
        var others = term
        others.atoms.remove(at: k)
        let factor =
          others.atoms.isEmpty
          ? DimExpr(others.coefficient) : DimExpr(constant: 0, terms: [others])
        let quotient = DimExpr(.floorDiv(a, b))
        let candidate = self + factor * (a - b * quotient - DimExpr(atom))
        if candidate.terms.allSatisfy({ !$0.atoms.contains(quotient.terms[0].atoms[0]) }) {
          return candidate.joined
        }
      }
    }
    return self
  }
}
