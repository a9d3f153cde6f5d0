// C that is shipped: a .c and a .h that stand alone, for C99 and C++ callers.
//
//     int name(int64_t n, …, const double *w, …, double *loss, void *workspace)
//     size_t name_workspace(int64_t n, …)
import Graph
import Lowering
import runtime

/// C that is shipped: a source and its header.
package struct PortableSource: Sendable {
  package let header: String
  package let source: String
  /// The function's name, and the base name of both files.
  package let name: String

  /// - Parameter summary: one line for the head of both files.
  package init(_ program: LoopProgram, summary: String) {
    let function = CFunction(
      shipping: program.parts.count == 1 && program.stackCount == 0
        ? program : program.with(body: []))
    var names = CNames.ofFunctions
    name = names.unique(program.name, or: "_function")
    let guardName = name.uppercased() + "_H"
    let sizes = program.symbols.map { "int64_t \(function.symbolNames[$0] ?? "")" }
    let parameters =
      sizes
      + program.parameters.map { k -> String in
        let buffer = program.buffers[k]
        let isInput = if case .input = buffer.storage { true } else { false }
        return isInput
          ? "const \(buffer.dtype.cType) *\(function.bufferNames[k])"
          : "\(buffer.dtype.cType) *restrict \(function.bufferNames[k])"
      } + ["void *workspace"]
    let signature = Self.wrapped("int \(name)(", parameters)
    let workspace =
      "size_t \(name)_workspace(\(sizes.isEmpty ? "void" : sizes.joined(separator: ", ")))"

    // Sizes in comments have the names that they have in C.
    let symbols = Dictionary(
      program.symbols.map { ($0, DimExpr.symbol(function.symbolNames[$0] ?? $0)) }
    ) { first, _ in first }
    let parameterNames = program.parameters.map { function.bufferNames[$0] }
    let column = (parameterNames.map(\.count).max() ?? 0) + 2
    var head = ["/* \(summary)", " *"]
    for (k, parameter) in zip(program.parameters, parameterNames) {
      let buffer = program.buffers[k]
      let direction = if case .input = buffer.storage { "in " } else { "out" }
      let extents = buffer.shape.map { $0.binding(symbols).description }.joined(separator: ", ")
      let type = buffer.dtype.cType + (extents.isEmpty ? "" : "[\(extents)]")
      let padding = String(repeating: " ", count: column - parameter.count)
      head.append(" * \(direction)  \(parameter)\(padding)\(Self.commentSafe(type))")
    }
    head += [
      " *",
      " * Arrays are dense and row-major; outputs overlap nothing. The workspace has the size that",
      " * \(name)_workspace gives, aligned to 64 bytes; its content is free.",
    ]
    if program.callsLAPACK {
      head.append(" * Link with -llapack, or with -lopenblas, which holds it.")
    }
    head += Self.statuses(program)

    header =
      (head + [
        "#ifndef \(guardName)", "#define \(guardName)", "", "#include <stdbool.h>",
        "#include <stddef.h>", "#include <stdint.h>", "", "#ifdef __cplusplus", "extern \"C\" {",
        "#define restrict", "#endif", "",
        program.workspaceSizes.isEmpty
          ? "/* Bytes of workspace for these sizes. */"
          : "/* Bytes of workspace for these sizes; SIZE_MAX where that does not fit. */",
        "\(workspace);", "", "\(signature);", "",
        "#ifdef __cplusplus", "#undef restrict", "}", "#endif", "", "#endif", "",
      ]).joined(separator: "\n")

    var body: [String] = []
    let parts = program.parts
    var called: Set<String> = []
    var definitions: [String: String] = [:]
    var main = function
    let stackCount = program.stackCount
    let isDivided = parts.count > 1 || stackCount > 0
    let canFail = program.canFail
    let partNames = parts.indices.map { [name] in
      parts.count > 1 ? "\(name)_part_\($0)" : "\(name)_body"
    }
    if isDivided {
      for (number, part) in parts.enumerated() {
        var piece = CFunction(shipping: part)
        let pointers = piece.workspacePointers()
        body += [
          Self.wrapped(
            "static \(canFail ? "int" : "void") \(partNames[number])(",
            parameters + (stackCount > 0 ? ["jg_stack *stacks"] : [])) + " {"
        ]
        body += piece.unusedParameters(sizes: true, stacks: stackCount > 0) + piece.tables
        body += piece.sizeDefinitions + pointers + piece.lines
        body += (canFail ? ["  return 0;"] : []) + ["}", ""]
        called.formUnion(piece.prototypes.keys)
        definitions.merge(piece.definitions) { first, _ in first }
      }
    }
    if stackCount > 0 { called.formUnion(["jg_stack", "jg_stack_free"]) }
    body.append("\(signature) {")
    // What can be said of the sizes as they are comes first, and covers some of `n < 0`.
    let early = program.guards.filter(\.isPlain)
    let negative = program.symbols.filter { symbol in
      !early.contains { $0.isLowerBound(of: symbol) }
    }.map { CText(text: "\(function.symbolNames[$0] ?? "") < 0", precedence: .relation) }
    let plain =
      negative + early.map { main.violation($0) } + program.countedSizes.map { main.overflow($0) }
    let others = program.guards.filter { !$0.isPlain }.map { main.violation($0) }
    if !isDivided { body += main.unusedParameters() }
    let pointers = main.workspacePointers()
    func checks(_ conditions: [CText]) -> [String] {
      if conditions.isEmpty { return [] }
      let any = conditions.map { conditions.count > 1 ? $0.inside(.equality) : $0.text }
      return CLayout.broken("if (\(any.joined(separator: " || "))) return 1;", indent: 2)
    }
    body += checks(plain) + main.sizeDefinitions + checks(others) + pointers + main.lines
    if isDivided {
      let arguments =
        program.symbols.map { function.symbolNames[$0] ?? "" }
        + program.parameters.map { function.bufferNames[$0] } + ["workspace"]
        + (stackCount > 0 ? ["stacks"] : [])
      if stackCount > 0 {
        let empty = [String](repeating: "{NULL, 0}", count: stackCount).joined(separator: ", ")
        body += CLayout.broken("jg_stack stacks[\(stackCount)] = {\(empty)};", indent: 2)
      }
      for number in parts.indices {
        let start = !canFail ? "  " : number == 0 ? "  int status = " : "  if (!status) status = "
        body.append(Self.wrapped("\(start)\(partNames[number])(", arguments) + ";")
      }
      if stackCount > 1 {
        body.append("  for (int i = 0; i < \(stackCount); i++) jg_stack_free(&stacks[i]);")
      } else if stackCount == 1 {
        body.append("  jg_stack_free(&stacks[0]);")
      }
    }
    body += [isDivided && canFail ? "  return status;" : "  return 0;", "}"]

    var sizing = CFunction(LoopProgram(sizing: program))
    let bytes = sizing.index(program.workspaceByteCount).text
    let limits = program.workspaceSizes.map { sizing.overflow($0) }
    var measure = ["\(workspace) {"]
    for symbol in program.symbols where !sizing.usedSymbols.contains(symbol) {
      measure.append("  (void)\(sizing.symbolNames[symbol] ?? "");")
    }
    for limit in limits {
      measure += CLayout.broken("if (\(limit.text)) return SIZE_MAX;", indent: 2)
    }
    measure += sizing.sizeDefinitions
    measure += [bytes == "0" ? "  return 0;" : "  return (size_t)(\(bytes));", "}"]

    called.formUnion(main.prototypes.keys)
    definitions.merge(main.definitions) { first, _ in first }
    called.formUnion(sizing.prototypes.keys)
    var lines = [
      "#include \"\(name).h\"", "", "#include <math.h>", "#include <stdbool.h>",
      "#include <stddef.h>", "#include <stdint.h>", "",
    ]
    if stackCount > 0 { lines.insert("#include <stdlib.h>", at: lines.count - 1) }
    lines += PortablePieces.definitions(of: called).flatMap { [$0, ""] }
    for (_, definition) in definitions.sorted(by: { $0.key < $1.key }) {
      lines += [definition, ""]
    }
    if !isDivided, !function.tables.isEmpty { lines += function.tables + [""] }
    lines += measure + [""] + body + [""]
    source = lines.joined(separator: "\n")
  }

  /// What the function returns, as the end of the comment at its head.
  private static func statuses(_ program: LoopProgram) -> [String] {
    var others: [String] = []
    if program.stackCount > 0 {
      others.append("\(CallStatus.memory.rawValue) where memory for rows is short")
    }
    var checksRows = false
    var reasons: [String] = []
    for statement in program.body {
      statement.forEach {
        switch $0 {
        case .check(.rows, _): checksRows = true
        case .call(let call):
          if let k = call.failing, let reason = program.stoppers[k].failure,
            !reasons.contains(reason)
          {
            reasons.append(reason)
          }
        default: break
        }
      }
    }
    if checksRows {
      others.append("\(CallStatus.rows.rawValue) where a loop meets another number of rows")
    }
    for reason in reasons {
      others.append("\(CallStatus.noResult.rawValue) where \(reason)")
    }
    let sizes = " * Returns 0, or 1 where sizes do not fit together; then nothing was written"
    if others.isEmpty { return [sizes + ". */"] }
    return [sizes + ";"]
      + others.enumerated().map { k, text in
        " * \(k > 0 ? "or " : "")\(text)\(k == others.count - 1 ? ". */" : ",")"
      }
  }

  /// `head` and the parameters, broken before 100 columns.
  private static func wrapped(_ head: String, _ parameters: [String]) -> String {
    var lines: [String] = []
    var line = head
    for (k, parameter) in parameters.enumerated() {
      let piece = parameter + (k == parameters.count - 1 ? ")" : ",")
      if line.count + piece.count + 1 > 98 && line != head {
        lines.append(line)
        line = String(repeating: " ", count: head.count) + piece
      } else {
        line += line == head ? piece : " " + piece
      }
    }
    return (lines + [line]).joined(separator: "\n")
  }

  private static func commentSafe(_ text: String) -> String {
    String(text.map { $0 == "*" ? "·" : $0 == "/" ? "÷" : $0 })
  }
}

extension LoopProgram {
  /// Some of the portable functions that it calls stand on LAPACK.
  fileprivate var callsLAPACK: Bool {
    let names = ["jg_qr", "jg_eigh", "jg_svd"]
    var found = false
    for statement in body {
      statement.forEach {
        if case .call(let call) = $0, names.contains(where: call.function.hasPrefix) {
          found = true
        }
      }
    }
    return found
  }
}

extension Guard {
  /// Nothing in it must be computed at the top of a function.
  fileprivate var isPlain: Bool {
    (lhs.terms + rhs.terms).allSatisfy { term in
      term.atoms.allSatisfy { if case .symbol = $0 { true } else { false } }
    }
  }

  /// `c <= n` or `c < n` for a c that is not negative.
  fileprivate func isLowerBound(of symbol: String) -> Bool {
    (relation == .lessOrEqual || relation == .less) && rhs == .symbol(symbol)
      && (lhs.constantValue ?? -1) >= 0
  }
}
