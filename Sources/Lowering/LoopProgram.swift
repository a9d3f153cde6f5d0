// The loop-nest language: what a graph becomes before it is C.
//
//     program   = buffers, locals, body
//     statement = define local = expression        once, constant from then on
//               | variable local = expression      changes by assign
//               | assign local = expression
//               | store buffer[offset] = expression
//               | loop index in 0 ..< extent { statements }     also endless, or descending
//               | when conditions { statements }
//               | call function(arguments)
//               | exit unless expression                       leaves the innermost loop
//               | branch expression { statements } …           runs one of them
//               | swap buffer, buffer                          each gets the other's memory
//               | grow buffer to rows                          for stacks
//               | check                                        ends the program with a status
//
// Semantics: statements run in order. A loop whose extent is 0 or less does not run. Expressions
// have no effects; a conditional evaluates only the branch it takes, so that loads stay inside
// their buffers. Float arithmetic is IEEE in the dtype of the expression, integers wrap.
// Buffers do not overlap, except inputs with inputs. Offsets are in elements. The memory of a stack
// is given back when the program ends, however it ends; its rows stay where they are when it grows.
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
  /// Names for readers, of index variables that have one.
  package var indexNames: [Int: String] = [:]
  /// The loops and operations that can end the program, for messages.
  package var stoppers: [Note] = []

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
    /// Memory of its own that grows row by row; the first extent is `?`.
    case stack(Int)
  }

  package var name: String
  package var dtype: DType
  package var shape: [DimExpr]
  package var storage: Storage

  package var elementCount: DimExpr { shape.reduce(1, *) }

  var isInWorkspace: Bool { if case .workspace = storage { true } else { false } }

  package var isParameter: Bool {
    switch storage {
    case .input, .output: true
    case .workspace, .constant, .stack: false
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
  indirect case loop(LoopStatement)
  case when([IndexCondition], [Statement])
  indirect case call(KernelCall)
  /// Stands in the body of a loop itself, not deeper.
  case exit(unless: Expression)
  indirect case branch(BranchStatement)
  /// Two buffers of the workspace, of one type.
  case swap(Int, Int)
  /// A stack gets room for so many rows, which a loop makes, by its number in `stoppers`; without
  /// memory the program ends.
  case grow(buffer: Int, rows: DimExpr, loop: Int)
  /// What must hold for a loop, by its number in `stoppers`, to go on.
  indirect case check(RunCheck, loop: Int)
}

package struct LoopStatement: Sendable {
  /// The number of the index variable.
  package var index: Int
  /// `nil` for a loop that only an exit ends.
  package var extent: DimExpr?
  /// From `extent - 1` down to 0.
  package var isDescending = false
  /// A step is a region of the graph, which writes what is its own before it reads it.
  package var isOfSteps = false
  /// Whether and how it runs in strips; `nil` for step by step.
  package var strips: StripForm?
  /// How threads share it; `nil` where one makes all steps.
  package var parallel: ParallelForm?
  package var body: [Statement]
  /// What it computes, for readers: names or operations with source lines.
  package var notes: [Note]
}

/// One of several bodies runs.
package struct BranchStatement: Sendable {
  package var selector: Expression
  /// The number of each body but the last, which is for all others; `nil` for a bool, which runs
  /// the first body when it is true and else the second.
  package var cases: [Int64]?
  package var bodies: [[Statement]]
  package var notes: [Note]
}

/// A condition that only the run can tell.
package enum RunCheck: Sendable {
  /// The steps made so far are less than the call allows. Shipped C has no limit.
  case stepLimit(DimExpr)
  /// A stack has as many rows as are read.
  case rows(found: DimExpr, needed: DimExpr)
}

/// How a call ended: what the C function returns. The number of the loop at which it ended stands in
/// the bits from 8 on, in C for this process.
package enum CallStatus: Int32, Sendable {
  case done = 0
  /// Sizes do not fit together; shipped C only.
  case sizes = 1
  case memory = 2
  case stepLimit = 3
  case rows = 4
  case noResult = 5
}

extension RunCheck {
  package var status: CallStatus {
    switch self {
    case .stepLimit: .stepLimit
    case .rows: .rows
    }
  }
}

extension LoopProgram {
  /// How many stacks it keeps.
  package var stackCount: Int {
    buffers.reduce(0) { if case .stack = $1.storage { $0 + 1 } else { $0 } }
  }

  /// Some statement ends it before its end.
  package var canFail: Bool {
    var found = false
    for statement in body {
      statement.forEach {
        switch $0 {
        case .check, .grow: found = true
        case .call(let call) where call.failing != nil: found = true
        default: break
        }
      }
    }
    return found
  }
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
  /// It gives an int: 0, or another number where there is no result.
  package var hasStatus = false
  /// The operation that ends the program then, by its number in `stoppers`; `nil` to go on.
  package var failing: Int?
}

/// A scalar's value. Most are leaves and functions of leaves: those lie where they stand.
package enum Expression: Hashable, Sendable {
  case literal(Scalar)
  /// Index arithmetic as a number.
  case index(DimExpr, DType)
  case local(Int)
  case load(buffer: Int, offset: DimExpr)
  /// A scalar function; the dtype is that of its operands (of the branches, for select).
  case apply(ScalarFunction, DType, [Expression])
  indirect case convert(Expression, from: DType, to: DType)
  indirect case conditional([IndexCondition], then: Expression, otherwise: Expression)
  /// An integer kept between 0 and a limit.
  indirect case clamp(Expression, DType, limit: DimExpr)
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
