// C that is called in this process, for the compiler of the system: the functions that libtcc gets, with
// what an optimizing compiler needs to give the same bits.
//
// Arithmetic, and what is exact or rounded once (sqrt, floor, fma, the runtime's small functions), is the
// compiler's. Everything else is called where the other tier calls it: for each such function there is
// a jump through a table, which is filled when the code is loaded. So nothing of the process needs to be
// visible to the linker, and exp is the runtime's and not libm's.
import Graph
import Lowering
import runtime

/// C for the compiler of the system.
package struct NativeSource: Sendable {
  package let text: String
  /// The functions that the text calls through its table, in the order of the table.
  package let called: [String]
  /// The name of the function that tells where the table is.
  package static let table = "jg_table"

  /// What the compiler may not do: contract, replace or reorder floating-point operations, take what it
  /// knows of a function of that name for ours, or trust the types of memory that is used again.
  package var options: [String] {
    [
      "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
      "-fwrapv",
      "-fno-strict-aliasing",
    ] + called.filter { !$0.hasPrefix("jg_") }.map { "-fno-builtin-\($0)" }
  }

  package init(_ program: LoopProgram) {
    let functions = EntryFunctions(program, .native)
    let exact = PortablePieces.exactDefinitions(of: Set(functions.prototypes.keys))
    let inlined = Set(exact.compactMap(PortablePieces.definedName))
    var lines = Self.head
    if functions.hasStacks { lines.append(EntryFunctions.stackType) }
    lines += exact
    lines += functions.prototypes.filter { !inlined.contains($0.key) }.sorted { $0.key < $1.key }
      .map { "\($0.value);" }
    lines += functions.definitions.sorted { $0.key < $1.key }.map(\.value)
    lines += functions.lines
    let body = lines.joined(separator: "\n") + "\n"
    called = Self.symbols(calledIn: body).filter {
      !inlined.contains($0) && !Self.exactFunctions.contains($0)
    }
    text = body + Self.jumps(to: called)
  }

  /// What the headers of C's library would say; a function of a user may be called like one there.
  private static let head = [
    "typedef long long int64_t;", "typedef int int32_t;", "typedef unsigned long long uint64_t;",
    "typedef unsigned int uint32_t;", "#define bool _Bool", "#define true 1", "#define false 0",
    "#define INFINITY __builtin_inff()", "#define NAN __builtin_nanf(\"\")",
    "#define INT64_MAX 0x7fffffffffffffffLL", "#define INT64_MIN (-INT64_MAX - 1)",
    "#define INT32_MAX 0x7fffffff", "#define INT32_MIN (-INT32_MAX - 1)",
    // Loops whose steps are independent of each other.
    "#ifdef __clang__", "#define JG_INDEPENDENT _Pragma(\"clang loop vectorize(assume_safety)\")",
    "#else", "#define JG_INDEPENDENT _Pragma(\"GCC ivdep\")", "#endif",
    "double copysign(double, double);", "float copysignf(float, float);",
    "double fmod(double, double);", "double floor(double);", "double sqrt(double);",
  ]

  /// Functions of C's library that have one result: the compiler's own are as good.
  private static let exactFunctions: Set<String> = {
    let floats = [
      "ceil", "copysign", "fabs", "floor", "fma", "fmod", "rint", "round", "sqrt", "trunc",
    ]
    return Set(floats + floats.map { $0 + "f" } + ["memcpy", "memmove", "memset"])
  }()

  /// Whether the compiler has vectors for a function of C's library.
  static func isVectorized(_ name: String) -> Bool {
    !["fmod", "round"].contains(name) && exactFunctions.contains(name)
  }

  private static func symbols(calledIn text: String) -> [String] {
    final class Names { var all: [String] = [] }
    let names = Names()
    jg_symbol_visit_called(text, Unmanaged.passUnretained(names).toOpaque()) { names, symbol in
      guard let names, let symbol else { return }
      Unmanaged<Names>.fromOpaque(names).takeUnretainedValue().all
        .append(String(cString: symbol.pointee.name))
    }
    return names.all.sorted()
  }

  /// The table, and a jump for each of its functions; hidden, so that a call goes nowhere else.
  private static func jumps(to functions: [String]) -> String {
    var lines = [
      "__attribute__((visibility(\"hidden\"), used)) void *jg_slots[\(max(1, functions.count))];",
      "__attribute__((visibility(\"default\"))) void **\(table)(void) { return jg_slots; }",
      "#if defined(__x86_64__)",
      "#define THROUGH(place) \"  jmp *jg_slots+8*\" #place \"(%rip)\\n\"",
      "#elif defined(__aarch64__)",
      "#define THROUGH(place) \"  adrp x16, jg_slots+8*\" #place \"\\n"
        + "  ldr x16, [x16, #:lo12:jg_slots+8*\" #place \"]\\n  br x16\\n\"",
      "#endif",
      "#define JUMP(name, place) __asm__(\".text\\n.globl \" #name \"\\n.hidden \" #name \"\\n"
        + ".type \" #name \", %function\\n\" #name \":\\n\" THROUGH(place));",
    ]
    lines += functions.enumerated().map { "JUMP(\($1), \($0))" }
    return lines.joined(separator: "\n") + "\n"
  }
}
