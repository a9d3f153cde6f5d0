// C that is called in this process, for the compiler in it: one text that needs no header. Every function
// gets sizes and buffers as two tables, because libtcc takes long over functions with many parameters.
// The compiler of the system gets the same (NativeSource).
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

  package init(_ program: LoopProgram) {
    let functions = EntryFunctions(program, .jit)
    var head = [
      "typedef long long int64_t;", "typedef int int32_t;", "#define bool _Bool",
      "#define true 1", "#define false 0", "#define INFINITY (1.0f/0.0f)",
      "#define NAN (0.0f/0.0f)",
    ]
    if functions.hasStacks { head.append(EntryFunctions.stackType) }
    head += functions.prototypes.sorted { $0.key < $1.key }.map { "\($0.value);" }
    let lines =
      head + functions.definitions.sorted { $0.key < $1.key }.map(\.value) + functions.lines
    text = lines.joined(separator: "\n") + "\n"
  }
}

/// The entry of a program and its parts, without what must stand before them.
struct EntryFunctions {
  private(set) var lines: [String] = []
  /// Of the functions that are called, by name.
  private(set) var prototypes: [String: String] = [:]
  /// Functions that operations of a user bring with them, by name.
  private(set) var definitions: [String: String] = [:]
  let hasStacks: Bool

  static let stackType = "typedef struct { void *rows; int64_t room; } jg_stack;"
  static let parameters = "const int64_t *sizes_, void *const *buffers_, void *workspace"

  init(_ program: LoopProgram, _ spelling: CFunction.Spelling) {
    var program = program
    // libtcc finds names in a table of fixed size, so a text with very many names takes it quadratic
    // time. In numbers alone, every part has the same ones.
    if !program.partStarts.isEmpty {
      for k in program.locals.indices { program.locals[k].name = nil }
    }
    let parts = program.parts
    let stackCount = program.stackCount
    hasStacks = stackCount > 0
    if parts.count == 1 && !hasStacks {
      write("int \(JITSource.entry)", program, spelling, prefix: "")
    } else {
      // The entry gives back what the parts keep, however they end.
      let stacks = stackCount == 0 ? "" : ", jg_stack *stacks"
      let given = "sizes_, buffers_, workspace" + (stackCount == 0 ? "" : ", stacks")
      for (number, part) in parts.enumerated() {
        write("static int part_\(number)", part, spelling, stacks, prefix: "part_\(number)_")
      }
      lines.append("int \(JITSource.entry)(\(Self.parameters)) {")
      if hasStacks { lines.append("  jg_stack stacks[\(stackCount)];") }
      lines += (0..<stackCount).map { "  stacks[\($0)].rows = 0; stacks[\($0)].room = 0;" }
      lines.append("  int status = part_0(\(given));")
      lines += parts.indices.dropFirst().map {
        "  if (!status) status = part_\($0)(\(given));"
      }
      lines += (0..<stackCount).map { "  jg_stack_free(&stacks[\($0)]);" }
      lines += ["  return status;", "}"]
    }
    if hasStacks { prototypes["jg_stack_free"] = "void jg_stack_free(jg_stack *)" }
  }

  private mutating func write(
    _ name: String, _ program: LoopProgram, _ spelling: CFunction.Spelling, _ more: String = "",
    prefix: String
  ) {
    var function = CFunction(program, spelling: spelling, prefix: prefix)
    let body = function.bodyForThisProcess()
    prototypes.merge(function.prototypes) { first, _ in first }
    definitions.merge(function.definitions) { first, _ in first }
    lines += function.sharedLoops
    lines.append("\(name)(\(Self.parameters)\(more)) {")
    lines += body + ["  return 0;", "}"]
  }
}

extension CFunction {
  /// The statements with what must stand before them, for a function that has `sizes_`, `buffers_` and
  /// `workspace`.
  mutating func bodyForThisProcess() -> [String] {
    let pointers = workspacePointers()
    var head: [String] = []
    for (k, symbol) in program.symbols.enumerated() where usedSymbols.contains(symbol) {
      head.append("  const int64_t \(symbolNames[symbol] ?? "") = sizes_[\(k)];")
    }
    if usesStepLimit {
      head.append("  const int64_t limit_ = sizes_[\(program.symbols.count)];")
    }
    if usesMemory {
      head.append("  void *const memory_ = buffers_[\(program.parameters.count)];")
    }
    let inputCount = program.inputCount
    for (k, buffer) in program.buffers.enumerated() where usedBuffers.contains(k) {
      let (name, type) = (bufferNames[k], buffer.dtype.cType)
      switch buffer.storage {
      case .input(let number):
        head.append("  const \(type) *const \(name) = buffers_[\(number)];")
      case .output(let number):
        head.append("  \(type) *const \(name) = buffers_[\(inputCount + number)];")
      case .workspace, .constant, .stack: break
      }
    }
    return head + tables + sizeDefinitions + pointers + registerDefinitions + lines
  }
}
