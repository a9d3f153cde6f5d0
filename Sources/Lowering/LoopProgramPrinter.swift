// Loop programs as text for readers: the statements of LoopProgram.swift with names for buffers,
// locals and indices. Not a language: nothing reads it back.
import Graph

extension LoopProgram {
  /// The program, readable; lines end in newlines.
  package var text: String {
    var printer = LoopProgramPrinter(self)
    printer.write()
    return printer.text
  }
}

private struct LoopProgramPrinter {
  let program: LoopProgram
  private(set) var text = ""
  private var indent = 0
  /// Names that several buffers have.
  private let shared: Set<String>

  init(_ program: LoopProgram) {
    self.program = program
    var seen: Set<String> = []
    shared = Set(program.buffers.map(\.name).filter { !seen.insert($0).inserted })
  }

  mutating func write() {
    line("program \(program.name)(\(program.symbols.joined(separator: ", ")))")
    for (k, buffer) in program.buffers.enumerated() {
      let type = TensorType(buffer.dtype, buffer.shape)
      line("  \(buffer.storage.text) \(name(buffer: k)): \(type)\(buffer.storage.place)")
    }
    for condition in program.guards { line("  needs \(condition)") }
    if !program.workspaceByteCount.isZero {
      line("  workspace of \(program.workspaceByteCount) bytes")
    }
    line("")
    write(program.body)
  }

  private mutating func line(_ content: String) {
    text += (content.isEmpty ? "" : String(repeating: "  ", count: indent) + content) + "\n"
  }

  private mutating func write(_ statements: [Statement]) {
    for statement in statements { write(statement) }
  }

  private mutating func write(_ statement: Statement) {
    switch statement {
    case .define(let k, let e): line("define \(name(local: k)) = \(text(e))")
    case .defineIndex(let k, let e): line("define \(name(index: k)) = \(text(e))")
    case .variable(let k, let e): line("variable \(name(local: k)) = \(text(e))")
    case .assign(let k, let e): line("\(name(local: k)) = \(text(e))")
    case .store(let buffer, let offset, let e):
      line("\(name(buffer: buffer))[\(text(offset))] = \(text(e))")
    case .loop(let loop):
      let range =
        loop.extent.map { "0 ..< \(text($0))" + (loop.isDescending ? ", descending" : "") }
        ?? "0 ..."
      let shared = loop.parallel == nil ? "" : ", shared by threads"
      line("for \(name(index: loop.index)) in \(range)\(shared)\(comment(loop.notes))")
      nested(loop.body)
    case .exit(let condition): line("exit unless \(text(condition))")
    case .branch(let branch):
      for (k, body) in branch.bodies.enumerated() {
        let label =
          k == branch.bodies.count - 1
          ? "otherwise"
          : branch.cases.map { "\(text(branch.selector)) is \($0[k])" }
            ?? "if \(text(branch.selector))"
        line(label + (k == 0 ? comment(branch.notes) : ""))
        nested(body)
      }
    case .swap(let a, let b): line("swap \(name(buffer: a)), \(name(buffer: b))")
    case .grow(let buffer, let rows, _): line("grow \(name(buffer: buffer)) to \(text(rows)) rows")
    case .check(.stepLimit(let steps), _): line("check \(text(steps)) < the step limit")
    case .check(.rows(let found, let needed), _):
      line("check \(text(found)) == \(text(needed)), rows")
    case .when(let conditions, let statements):
      line("when \(text(conditions))")
      nested(statements)
    case .call(let call):
      let arguments = call.arguments.map { argument in
        switch argument {
        case .integer(let e): text(e)
        case .pointer(let buffer, let offset, let isWritten):
          "\(isWritten ? "out " : "")\(name(buffer: buffer))[\(text(offset))…]"
        }
      }
      line("call \(call.function)(\(arguments.joined(separator: ", ")))\(comment(call.notes))")
    }
  }

  private mutating func nested(_ statements: [Statement]) {
    indent += 1
    write(statements)
    indent -= 1
  }

  private func comment(_ notes: [Note]) -> String {
    if notes.isEmpty { return "" }
    let texts = notes.map { note in
      (note.name.map { "\($0): " } ?? "") + note.operation
        + (note.origin.line > 0 ? ", line \(note.origin.line)" : "")
    }
    return "  # " + texts.joined(separator: "; ")
  }

  // MARK: - Expressions

  private func text(_ e: Expression) -> String {
    switch e {
    case .literal(let scalar): return scalar.description
    case .index(let place, let dtype):
      return dtype == .i64 ? text(place) : "\(dtype)(\(text(place)))"
    case .local(let k): return name(local: k)
    case .load(let buffer, let offset): return "\(name(buffer: buffer))[\(text(offset))]"
    case .apply(let f, let dtype, let operands): return apply(f, dtype, operands)
    case .convert(let x, _, let to): return "\(to)(\(text(x)))"
    case .conditional(let conditions, let then, let otherwise):
      return "(\(text(conditions)) ? \(text(then)) : \(text(otherwise)))"
    case .clamp(let x, _, let limit): return "clamp(\(text(x)), 0, \(text(limit)))"
    }
  }

  private func apply(_ f: ScalarFunction, _ dtype: DType, _ operands: [Expression]) -> String {
    if case .infix(let symbol)? = f.spelling.form(for: dtype), operands.count == 2 {
      return "(\(text(operands[0])) \(symbol) \(text(operands[1])))"
    }
    return "\(f.name)(\(operands.map { text($0) }.joined(separator: ", ")))"
  }

  private func text(_ conditions: [IndexCondition]) -> String {
    conditions.map { condition in
      let symbol =
        switch condition.relation {
        case .lessOrEqual: "<="
        case .less: "<"
        case .equal: "=="
        }
      return "\(text(condition.lhs)) \(symbol) \(text(condition.rhs))"
    }.joined(separator: " and ")
  }

  private func text(_ e: DimExpr) -> String { e.text { name(index: $0) } }

  // MARK: - Names

  private func name(index: Int) -> String {
    program.indexNames[index].map { "\($0)%\(index)" } ?? "i\(index)"
  }

  private func name(buffer: Int) -> String {
    let name = program.buffers[buffer].name
    return shared.contains(name) ? "\(name)%\(buffer)" : name
  }

  /// The name from the source with the number, since several locals may share one.
  private func name(local: Int) -> String { "\(program.locals[local].name ?? "t")%\(local)" }
}

extension Buffer.Storage {
  fileprivate var text: String {
    switch self {
    case .input: "input    "
    case .output: "output   "
    case .workspace: "workspace"
    case .constant: "constant "
    case .stack: "stack    "
    }
  }

  fileprivate var place: String {
    if case .workspace(let offset) = self { " at byte \(offset)" } else { "" }
  }
}
