// C for the compiler in this process: one text that needs no header. Every function gets sizes and
// buffers as two tables, because libtcc takes long over functions with many parameters.
//
//     int entry(const int64_t *sizes, void *const *buffers, void *workspace)
import Graph
import Lowering

/// C for the compiler in this process.
package struct JITSource: Sendable {
  package let text: String
  /// The function's name in the text.
  package static let entry = "entry"

  private static let parameters = "(const int64_t *sizes_, void *const *buffers_, void *workspace)"

  package init(_ program: LoopProgram) {
    var prototypes: [String: String] = [:]
    var functions: [String] = []
    var program = program
    // libtcc finds names in a table of fixed size, so a text with very many names takes it quadratic
    // time. In numbers alone, every part has the same ones.
    if !program.partStarts.isEmpty {
      for k in program.locals.indices { program.locals[k].name = nil }
    }
    let parts = program.parts
    if parts.count == 1 {
      functions += Self.function("int \(Self.entry)", program, &prototypes) + ["  return 0;", "}"]
    } else {
      for (number, part) in parts.enumerated() {
        functions += Self.function("static void part_\(number)", part, &prototypes) + ["}"]
      }
      functions.append("int \(Self.entry)\(Self.parameters) {")
      functions += parts.indices.map { "  part_\($0)(sizes_, buffers_, workspace);" }
      functions += ["  return 0;", "}"]
    }
    let head = [
      "typedef long long int64_t;", "typedef int int32_t;", "#define bool _Bool",
      "#define true 1", "#define false 0", "#define INFINITY (1.0f/0.0f)",
      "#define NAN (0.0f/0.0f)",
    ]
    let lines = head + prototypes.sorted { $0.key < $1.key }.map { "\($0.value);" } + functions
    text = lines.joined(separator: "\n") + "\n"
  }

  /// A function without its end.
  private static func function(
    _ name: String, _ program: LoopProgram, _ prototypes: inout [String: String]
  ) -> [String] {
    var function = CFunction(program)
    let pointers = function.workspacePointers()
    prototypes.merge(function.prototypes) { first, _ in first }
    var lines = ["\(name)\(parameters) {"]
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
    return lines + function.tables + function.sizeDefinitions + pointers + function.lines
  }
}
