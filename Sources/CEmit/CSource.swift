// Whole C files around a function body: for the JIT, a text that needs no header; for shipping, a
// .c and a .h that stand alone.
//
// JIT entry:  int entry(const int64_t *sizes, void *const *buffers, void *workspace)
// Shipped:    int name(int64_t n, …, const double *w, …, double *loss, void *workspace)
//             size_t name_workspace(int64_t n, …)
import Graph
import Lowering
import runtime

/// C for the compiler in this process.
package struct JITSource: Sendable {
  package let text: String
  /// The function's name in the text.
  package static let entry = "entry"

  package init(_ program: LoopProgram) {
    var function = CFunction(program)
    var lines = [
      "typedef long long int64_t;", "typedef int int32_t;", "#define bool _Bool",
      "#define true 1", "#define false 0", "#define restrict __restrict",
      "#define INFINITY (1.0f/0.0f)", "#define NAN (0.0f/0.0f)",
    ]
    let prologue = function.hoistedAndWorkspace()
    lines += function.prototypes.sorted { $0.key < $1.key }.map { "\($0.value);" }
    lines += function.tables
    lines.append(
      "int \(Self.entry)(const int64_t *sizes_, void *const *buffers_, void *workspace) {")
    for (k, symbol) in program.symbols.enumerated() where function.usedSymbols.contains(symbol) {
      lines.append("  const int64_t \(function.symbolNames[symbol] ?? "") = sizes_[\(k)];")
    }
    let inputCount = program.inputCount
    for (k, buffer) in program.buffers.enumerated() where function.usedBuffers.contains(k) {
      let (name, type) = (function.bufferNames[k], buffer.dtype.cType)
      switch buffer.storage {
      case .input(let number):
        lines.append("  const \(type) *const \(name) = buffers_[\(number)];")
      case .output(let number):
        lines.append("  \(type) *const \(name) = buffers_[\(inputCount + number)];")
      case .workspace, .constant: break
      }
    }
    lines += prologue
    lines += function.lines
    lines += ["  return 0;", "}", ""]
    text = lines.joined(separator: "\n")
  }
}

/// C that is shipped: a source and its header.
package struct PortableSource: Sendable {
  package let header: String
  package let source: String
  /// The function's name, and the base name of both files.
  package let name: String

  /// - Parameter summary: one line for the head of both files.
  package init(_ program: LoopProgram, summary: String) {
    let function = CFunction(program)
    name = CNames.identifier(program.name)
    let guardName = name.uppercased() + "_H"
    let sizes = program.symbols.map { "int64_t \(function.symbolNames[$0] ?? "")" }
    let parameters = sizes + program.parameters.map { k -> String in
      let buffer = program.buffers[k]
      let isInput = if case .input = buffer.storage { true } else { false }
      return isInput
        ? "const \(buffer.dtype.cType) *\(function.bufferNames[k])"
        : "\(buffer.dtype.cType) *restrict \(function.bufferNames[k])"
    } + ["void *workspace"]
    let signature = Self.wrapped("int \(name)(", parameters)
    let workspace =
      "size_t \(name)_workspace(\(sizes.isEmpty ? "void" : sizes.joined(separator: ", ")))"

    var head = ["/* \(summary)"]
    for k in program.parameters {
      let buffer = program.buffers[k]
      let direction = if case .input = buffer.storage { "in " } else { "out" }
      let type = TensorType(buffer.dtype, buffer.shape)
      head.append(" * \(direction)  \(function.bufferNames[k]): \(Self.commentSafe(type.description))")
    }
    head.append(" * Returns 0, or 1 where sizes do not fit together; then nothing was written.")
    head.append(" * Arrays are dense and row-major; outputs overlap nothing. The workspace has the")
    head.append(" * size that \(name)_workspace gives, aligned to 64 bytes; its content is free. */")

    header =
      (head + [
        "#ifndef \(guardName)", "#define \(guardName)", "", "#include <stdbool.h>",
        "#include <stddef.h>", "#include <stdint.h>", "", "#ifdef __cplusplus", "extern \"C\" {",
        "#define restrict", "#endif", "",
        "/* Bytes of workspace for these sizes. */", "\(workspace);", "", "\(signature);", "",
        "#ifdef __cplusplus", "#undef restrict", "}", "#endif", "", "#endif", "",
      ]).joined(separator: "\n")

    var body: [String] = ["\(signature) {"]
    var counter = function
    let guards = program.guards.map { counter.condition($0) }
    let nonNegative = program.symbols.map { "\(function.symbolNames[$0] ?? "") >= 0" }
    body += counter.unusedParameters()
    for condition in nonNegative + guards { body.append("  if (!(\(condition))) return 1;") }
    body += counter.hoistedAndWorkspace()
    body += function.lines
    body += ["  return 0;", "}"]

    var sizing = CFunction(LoopProgram(sizing: program))
    let bytes = sizing.index(program.workspaceByteCount).text
    var measure = ["\(workspace) {"]
    for symbol in program.symbols where !sizing.usedSymbols.contains(symbol) {
      measure.append("  (void)\(sizing.symbolNames[symbol] ?? "");")
    }
    measure += sizing.hoistedLines.map { "  " + $0 }
    measure += ["  return (size_t)(\(bytes));", "}"]

    let called = Set(counter.prototypes.keys).union(sizing.prototypes.keys)
    var lines = [
      "#include \"\(name).h\"", "", "#include <math.h>", "#include <stdbool.h>",
      "#include <stddef.h>", "#include <stdint.h>", "",
    ]
    lines += Self.helpers(called)
    lines += function.tables
    if !function.tables.isEmpty { lines.append("") }
    lines += measure + [""] + body + [""]
    source = lines.joined(separator: "\n")
  }

  /// The definitions of runtime functions that are called, in the order of the runtime's headers.
  private static func helpers(_ called: Set<String>) -> [String] {
    var pieces: [String] = []
    for file in ["jg_int.h", "jg_float.h", "jg_special.h", "jg_sort.h"] {
      guard let text = jg_portable_text(file) else { continue }
      pieces += PortablePieces(String(cString: text)).pieces
    }
    // A piece is needed if what it defines is called, by the function or by a needed piece.
    var needed = called
    var kept: [String] = []
    for piece in pieces.reversed() {
      let defined = PortablePieces.definedName(piece)
      guard let defined, needed.contains(defined) else { continue }
      kept.append(piece)
      needed.formUnion(PortablePieces.names(in: piece))
    }
    return kept.reversed().flatMap { [$0, ""] }
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
  var inputCount: Int {
    buffers.reduce(0) { if case .input = $1.storage { $0 + 1 } else { $0 } }
  }

  /// Buffers of inputs and outputs, in order.
  var parameters: [Int] { buffers.indices.filter { buffers[$0].isParameter } }

  /// A program with the same sizes and nothing to do.
  fileprivate init(sizing program: LoopProgram) {
    self.init(
      name: program.name, symbols: program.symbols, buffers: [], locals: [], guards: [], body: [])
  }
}

extension CFunction {
  /// Constant arrays, as file-level definitions.
  var tables: [String] {
    program.buffers.indices.compactMap { k in
      guard case .constant(let tensor) = program.buffers[k].storage, usedBuffers.contains(k)
      else { return nil }
      let elements = (0..<tensor.count).map { tensor[$0].cLiteral }
      var lines: [String] = []
      var line = "  "
      for element in elements.isEmpty ? ["0"] : elements {
        if line.count + element.count > 96 {
          lines.append(line)
          line = "  "
        }
        line += element + ", "
      }
      lines.append(line)
      return "static const \(tensor.dtype.cType) \(bufferNames[k])[] = {\n"
        + lines.joined(separator: "\n") + "\n};"
    }
  }

  /// Sizes computed once, then the buffers of the workspace.
  mutating func hoistedAndWorkspace() -> [String] {
    var pointers: [String] = []
    for (k, buffer) in program.buffers.enumerated() where usedBuffers.contains(k) {
      guard case .workspace(let offset) = buffer.storage else { continue }
      let place = offset.isZero ? "workspace" : "((char *)workspace + \(index(offset).inside(.sum)))"
      let type = buffer.dtype.cType
      pointers.append("  \(type) *const \(bufferNames[k]) = (\(type) *)\(place);")
    }
    return hoistedLines.map { "  " + $0 } + pointers
  }

  /// `(void)x;` for parameters that the body does not mention.
  func unusedParameters() -> [String] {
    var lines: [String] = []
    for (k, buffer) in program.buffers.enumerated()
    where buffer.isParameter && !usedBuffers.contains(k) {
      lines.append("  (void)\(bufferNames[k]);")
    }
    let needsWorkspace = program.buffers.indices.contains { k in
      if case .workspace = program.buffers[k].storage { usedBuffers.contains(k) } else { false }
    }
    if !needsWorkspace { lines.append("  (void)workspace;") }
    return lines
  }
}
