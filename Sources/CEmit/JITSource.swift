// C for the compiler in this process: one text that needs no header. Every function gets sizes and
// buffers as two tables, because libtcc takes long over functions with many parameters.
//
//     int entry(const int64_t *sizes, void *const *buffers, void *workspace)
//
// Behind the sizes stands how many steps a loop without another end may make; behind the buffers, for
// programs whose loops keep rows of unknown number, what these may take (jg_memory.h).
import Graph
import Lowering

/// C for the compiler in this process.
package struct JITSource: Sendable {
  package let text: String
  /// The function's name in the text.
  package static let entry = "entry"

  private static let parameters = "const int64_t *sizes_, void *const *buffers_, void *workspace"

  package init(_ program: LoopProgram) {
    var prototypes: [String: String] = [:]
    var definitions: [String: String] = [:]
    var functions: [String] = []
    var program = program
    // libtcc finds names in a table of fixed size, so a text with very many names takes it quadratic
    // time. In numbers alone, every part has the same ones.
    if !program.partStarts.isEmpty {
      for k in program.locals.indices { program.locals[k].name = nil }
    }
    let parts = program.parts
    let stackCount = program.stackCount
    if parts.count == 1 && stackCount == 0 {
      functions = Self.function("int \(Self.entry)", program, &prototypes, &definitions)
    } else {
      // The entry gives back what the parts keep, however they end.
      let stacks = stackCount == 0 ? "" : ", jg_stack *stacks"
      let given = "sizes_, buffers_, workspace" + (stackCount == 0 ? "" : ", stacks")
      for (number, part) in parts.enumerated() {
        functions += Self.function(
          "static int part_\(number)", part, &prototypes, &definitions, stacks)
      }
      functions.append("int \(Self.entry)(\(Self.parameters)) {")
      if stackCount > 0 { functions.append("  jg_stack stacks[\(stackCount)];") }
      functions += (0..<stackCount).map { "  stacks[\($0)].rows = 0; stacks[\($0)].room = 0;" }
      functions.append("  int status = part_0(\(given));")
      functions += parts.indices.dropFirst().map {
        "  if (!status) status = part_\($0)(\(given));"
      }
      functions += (0..<stackCount).map { "  jg_stack_free(&stacks[\($0)]);" }
      functions += ["  return status;", "}"]
    }
    var head = [
      "typedef long long int64_t;", "typedef int int32_t;", "#define bool _Bool",
      "#define true 1", "#define false 0", "#define INFINITY (1.0f/0.0f)",
      "#define NAN (0.0f/0.0f)",
    ]
    if stackCount > 0 {
      head.append("typedef struct { void *rows; int64_t room; } jg_stack;")
      prototypes["jg_stack_free"] = "void jg_stack_free(jg_stack *)"
    }
    head += prototypes.sorted { $0.key < $1.key }.map { "\($0.value);" }
    let lines = head + definitions.sorted { $0.key < $1.key }.map(\.value) + functions
    text = lines.joined(separator: "\n") + "\n"
  }

  private static func function(
    _ name: String, _ program: LoopProgram, _ prototypes: inout [String: String],
    _ definitions: inout [String: String], _ more: String = ""
  ) -> [String] {
    var function = CFunction(program, spelling: .jit)
    let pointers = function.workspacePointers()
    prototypes.merge(function.prototypes) { first, _ in first }
    definitions.merge(function.definitions) { first, _ in first }
    var lines = ["\(name)(\(parameters)\(more)) {"]
    for (k, symbol) in program.symbols.enumerated() where function.usedSymbols.contains(symbol) {
      lines.append("  const int64_t \(function.symbolNames[symbol] ?? "") = sizes_[\(k)];")
    }
    if function.usesStepLimit {
      lines.append("  const int64_t limit_ = sizes_[\(program.symbols.count)];")
    }
    if function.usesMemory {
      lines.append("  void *const memory_ = buffers_[\(program.parameters.count)];")
    }
    let inputCount = program.inputCount
    for (k, buffer) in program.buffers.enumerated() where function.usedBuffers.contains(k) {
      let (name, type) = (function.bufferNames[k], buffer.dtype.cType)
      switch buffer.storage {
      case .input(let number):
        lines.append("  const \(type) *const \(name) = buffers_[\(number)];")
      case .output(let number):
        lines.append("  \(type) *const \(name) = buffers_[\(inputCount + number)];")
      case .workspace, .constant, .stack: break
      }
    }
    return lines + function.tables + function.sizeDefinitions + pointers
      + function.registerDefinitions + function.lines
      + ["  return 0;", "}"]
  }
}
