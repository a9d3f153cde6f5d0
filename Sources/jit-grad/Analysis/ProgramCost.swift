// What a loop program costs, as formulas of the sizes: float operations, bytes moved, calls. Counted
// from the loops themselves: operations in a body times the extents around it. Branches count as
// taken, so the numbers are bounds from above. Steps that only a run can tell have a symbol that says
// of which loop they are: `steps(y, line 4)`.
import Graph
import Lowering

struct ProgramCost {
  /// Float arithmetic and functions, each as one; comparisons and choices are not counted.
  private(set) var operations: DimExpr = 0
  /// Bytes read from and written to buffers, caches ignored.
  private(set) var bytesRead: DimExpr = 0
  private(set) var bytesWritten: DimExpr = 0
  /// Runtime functions other than products, with how often they are called.
  private(set) var calls: [(function: String, count: DimExpr)] = []

  private let program: LoopProgram

  init(_ program: LoopProgram) { self.init(of: program.body, in: program) }

  /// The cost of statements alone, each run once.
  init(of statements: [Statement], in program: LoopProgram) {
    self.program = program
    count(statements, times: 1)
  }

  /// The steps of a loop; a loop in one of the same place is another one.
  private func steps(of loop: LoopStatement, times: DimExpr) -> DimExpr {
    if let known = loop.stepsKnown { return known }
    let note = loop.notes.first
    var steps = DimExpr.steps(of: note?.name, note?.origin ?? .none)
    while let name = steps.symbolName, times.symbols.contains(name) {
      steps = .symbol("inner \(name)")
    }
    return steps
  }

  private mutating func count(_ statements: [Statement], times: DimExpr) {
    for statement in statements {
      if let expression = statement.expression { count(expression, times: times) }
      switch statement {
      case .loop(let loop): count(loop.body, times: times * steps(of: loop, times: times))
      case .when(_, let inner): count(inner, times: times)
      case .branch(let branch): for body in branch.bodies { count(body, times: times) }
      case .store(let buffer, _, _):
        bytesWritten = bytesWritten + times * byteCount(buffer)
      case .call(let call): count(call, times: times)
      case .define, .defineIndex, .variable, .assign, .exit, .swap, .grow, .check: break
      }
    }
  }

  private mutating func count(_ expression: Expression, times: DimExpr) {
    var arithmetic = 0
    var loaded: DimExpr = 0
    expression.forEach { part in
      switch part {
      case .apply(let function, let dtype, _):
        if dtype.isFloat && !function.isPredicate && !function.isChoice { arithmetic += 1 }
      case .load(let buffer, _): loaded = loaded + byteCount(buffer)
      case .literal, .index, .local, .convert, .conditional, .clamp: break
      }
    }
    operations = operations + times * DimExpr(arithmetic)
    bytesRead = bytesRead + times * loaded
  }

  private mutating func count(_ call: KernelCall, times: DimExpr) {
    guard call.function.hasPrefix("jg_matmul_"), call.arguments.count > 9,
      case .integer(let m) = call.arguments[0], case .integer(let n) = call.arguments[1],
      case .integer(let k) = call.arguments[2], case .pointer(let a, _, _) = call.arguments[3]
    else {
      if let known = calls.firstIndex(where: { $0.function == call.function }) {
        calls[known].count = calls[known].count + times
      } else {
        calls.append((call.function, times))
      }
      return
    }
    operations = operations + times * 2 * m * n * k
    bytesRead = bytesRead + times * (m * k + k * n) * byteCount(a)
    bytesWritten = bytesWritten + times * m * n * byteCount(a)
  }

  private func byteCount(_ buffer: Int) -> DimExpr {
    DimExpr(program.buffers[buffer].dtype.byteCount)
  }
}

extension DimExpr {
  /// The steps of a loop, as a symbol: `steps(y, line 4)`.
  static func steps(of name: String?, _ origin: Origin) -> DimExpr {
    let line = origin.line > 0 ? "line \(origin.line)" : nil
    let place = [name, line].compactMap { $0 }
    return .symbol("steps(\(place.isEmpty ? "loop" : place.joined(separator: ", ")))")
  }
}

extension LoopStatement {
  /// Its extent, where sizes tell it.
  fileprivate var stepsKnown: DimExpr? {
    guard let extent else { return nil }
    var isKnown = true
    extent.forEachLeaf { if case .index = $0 { isKnown = false } }
    return isKnown ? extent : nil
  }
}

extension ScalarFunction {
  fileprivate var isChoice: Bool { if case .selection = domain { true } else { false } }
}
