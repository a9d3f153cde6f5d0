// Shipped C: compiled by gcc and clang without a warning, run under UBSan against the reference.
// A few functions in the ordinary run, the whole catalog with JG_ALL_C=1 in the environment.
import Autodiff
import CEmit
import Foundation
import Frontend
import Graph
import Lowering
import Testing

@Suite struct PortableCTests {
  /// A function to ship, with sizes and inputs for its check.
  struct Program {
    var graph: Graph
    var sizes: Sizes
    var inputs: [Tensor]
  }

  @Test(arguments: ["gcc", "clang"]) func compilesSilentlyAndRuns(_ compiler: String) throws {
    guard let path = Self.find(compiler) else {
      print("note: no \(compiler) here, its check of shipped C is skipped")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "jg-laws-\(compiler)-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var sources = ["main.c"]
    var main = CheckWriter()
    for program in try Self.programs() {
      let text = PortableSource(
        try lower(program.graph.simplified(), .portable), summary: program.graph.name)
      try text.source.write(
        to: folder.appendingPathComponent("\(text.name).c"), atomically: true, encoding: .utf8)
      try text.header.write(
        to: folder.appendingPathComponent("\(text.name).h"), atomically: true, encoding: .utf8)
      sources.append("\(text.name).c")
      try main.add(program, named: text.name)
    }
    try main.text.write(
      to: folder.appendingPathComponent("main.c"), atomically: true, encoding: .utf8)
    let flags = [
      "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O1", "-ffp-contract=off",
      "-fsanitize=undefined", "-fno-sanitize-recover=undefined",
    ]
    let built = try Self.run(
      path, flags + sources + ["-o", "check", "-lm", "-lopenblas"], in: folder)
    #expect(built.status == 0, "\(built.output.prefix(6000))")
    guard built.status == 0 else { return }
    let ran = try Self.run(folder.appendingPathComponent("check").path, [], in: folder)
    #expect(ran.status == 0, "\(ran.output.prefix(3000))")
  }

  /// Second derivatives of operations: large enough to use most of what C can say.
  private static func programs() throws -> [Program] {
    let few: Set<String> = [
      "pow", "maximum", "mod", "lgamma", "log_ndtr", "ndtri", "bessel_i", "sinc_derivative",
      "gammaincc", "betainc", "fmax", "sigmoid", "copysign", "floor_divide", "prod", "max",
      "argmax", "cummax", "cumprod", "collapse", "reshape", "slice", "pad", "concatenate", "gather",
      "scatter", "dynamic_update", "dot", "conv", "conv_kernel", "sort", "convert", "not",
    ]
    let takesAll = ProcessInfo.processInfo.environment["JG_ALL_C"] != nil
    var programs: [Program] = []
    for entry in Catalog.operations where takesAll || few.contains(entry.name) {
      for (k, subject) in entry.subjects.enumerated() where takesAll || k % 4 == 0 {
        var graph = subject.graph
        if subject.isDifferentiable {
          graph = try graph.derivative(.vjp, wrt: subject.variables)
          let gradients = subject.variables.map { "grad.\($0)" }
          if k < 2 { graph = try graph.derivative(.jvp, wrt: subject.variables, of: gradients) }
        }
        graph.name = "\(entry.name)_\(k)"
        guard let sizes = graph.legalSizes(from: [2, 3, 1], limit: 3).last else { continue }
        var random = RandomSource(seed: k)
        let own = try subject.arguments(sizes, seed: k)
        let inputs =
          try own
          + graph.inputs.dropFirst(own.count).map {
            try Tensor.random(graph.type(of: $0.value), sizes, &random)
          }
        programs.append(Program(graph: graph, sizes: sizes, inputs: inputs))
      }
    }
    return programs + (try control()) + (try constants())
  }

  /// Arrays of constants that C has no digits for.
  private static func constants() throws -> [Program] {
    try [DType.f64, .f32].map { dtype in
      let builder = GraphBuilder(name: "constants_\(dtype)")
      let x = builder.addInput("x", TensorType(dtype, [7]))
      let table = Tensor(
        doubles: [.infinity, -.infinity, .nan, -0.0, 1e-40, -1, .greatestFiniteMagnitude],
        dtype: dtype, shape: [7])
      builder.addOutput("y", apply(.max, x, builder.constant(table)))
      return Program(
        graph: try builder.finished(), sizes: [:],
        inputs: [Tensor(doubles: [1, 1, 1, 0, 0, -2, 1], dtype: dtype, shape: [7])])
    }
  }

  /// Sizes beyond what 64 bits count are refused, by the function and for the workspace.
  @Test func sizesThatWrapAround() throws {
    guard let path = Self.find("gcc") else { return }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "jg-sizes-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let texts = [
      "func steps(x: f64, u: f64[k]) -> (y: f64) { y = x * sum(f64(iota([k*k*k]))) + 0*sum(u) }",
      "func room(x: f64[k]) -> (y: f64) { v, i = sort(broadcast(x, [k, k, k]), axis=0); y = sum(v) }",
    ]
    for text in texts {
      let file = GraphFile(SourceFile(name: "sizes", text: "jitgrad 1\n" + text))
      try #require(!file.hasErrors)
      let source = PortableSource(
        try lower(file.graphs[0].simplified(), .portable), summary: "sizes")
      for (name, text) in [("c", source.source), ("h", source.header)] {
        try text.write(
          to: folder.appendingPathComponent("\(source.name).\(name)"), atomically: true,
          encoding: .utf8)
      }
    }
    let main = """
      #include "steps.h"
      #include "room.h"
      int main(void) {
        const double x = 1, u[3] = {1, 2, 3};
        double y = 7;
        if (steps(3, &x, u, &y, 0) != 0 || y != 351) return 1;
        y = 7;
        if (steps(INT64_C(1) << 22, &x, u, &y, 0) != 1 || y != 7) return 2;
        if (room_workspace(3) == 0 || room_workspace(3) > 4096) return 3;
        return room_workspace(INT64_C(1) << 22) == SIZE_MAX ? 0 : 4;
      }

      """
    try main.write(
      to: folder.appendingPathComponent("main.c"), atomically: true, encoding: .utf8)
    let flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsanitize=undefined"]
    let built = try Self.run(
      path, flags + ["main.c", "steps.c", "room.c", "-o", "check", "-lm"], in: folder)
    #expect(built.status == 0, "\(built.output.prefix(3000))")
    let ran = try Self.run(folder.appendingPathComponent("check").path, [], in: folder)
    #expect(ran.status == 0 && ran.output.isEmpty, "\(ran.output.prefix(3000))")
  }

  /// Loops and conditionals, and their derivatives backward.
  private static func control() throws -> [Program] {
    var programs: [Program] = []
    for control in ControlPrograms.all {
      let sizes = control.sizes.last ?? [:]
      let graph = try control.graph()
      for graph in [graph, try graph.derivative(.vjp)] {
        for (k, own) in control.arguments(sizes).enumerated() {
          var random = RandomSource(seed: k)
          let more = try graph.inputs.dropFirst(own.count).map {
            try Tensor.random(graph.type(of: $0.value), sizes, &random)
          }
          var graph = graph
          graph.name = "\(graph.name.filter { $0 != "." })_\(k)"
          programs.append(Program(graph: graph, sizes: sizes, inputs: own + more))
        }
      }
    }
    return programs
  }

  private static func find(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  private static func run(
    _ path: String, _ arguments: [String], in folder: URL
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}

/// The C program that calls every function and compares.
private struct CheckWriter {
  private var includes: [String] = []
  private var checks: [String] = []
  private var calls: [String] = []

  mutating func add(_ program: PortableCTests.Program, named name: String) throws {
    let graph = program.graph
    let expected = try ReferenceEvaluator.run(
      graph, inputs: program.inputs, sizes: program.sizes)
    let symbols = try lower(graph.simplified(), .portable).symbols.map {
      "\(program.sizes[$0] ?? 0)"
    }
    includes.append("#include \"\(name).h\"")
    var lines = ["static int check_\(name)(void) {"]
    var arguments = symbols
    for (k, tensor) in program.inputs.enumerated() {
      lines.append("  static const \(Self.array(tensor, "in\(k)")) = {\(Self.elements(tensor))};")
      arguments.append("in\(k)")
    }
    for (k, tensor) in expected.enumerated() {
      lines.append("  static \(Self.array(tensor, "out\(k)"));")
      lines.append(
        "  static const double want\(k)[\(max(tensor.count, 1))] = "
          + "{\(Self.elements(Tensor(doubles: tensor.doubles, dtype: .f64, shape: tensor.shape)))};"
      )
      arguments.append("out\(k)")
    }
    lines += [
      "  int wrong = 0;",
      "  void *workspace = aligned(\(name)_workspace(\(symbols.joined(separator: ", "))));",
      "  if (\(name)(\((arguments + ["workspace"]).joined(separator: ", "))) != 0) return 1;",
    ]
    let tolerance = graph.inputs.contains { graph.type(of: $0.value).dtype == .f32 } ? 1e-3 : 1e-9
    for (k, tensor) in expected.enumerated() where tensor.count > 0 {
      let scale = tensor.doubles.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
      lines.append("  for (int i = 0; i < \(tensor.count); i++) {")
      lines.append(
        "    wrong |= differs(\"\(name)\", \"\(graph.outputs[k].name)\", i, (double)out\(k)[i], "
          + "want\(k)[i], \(scale * max(tolerance, 1e-12)));")
      lines.append("  }")
    }
    lines += ["  return wrong;", "}"]
    checks.append(lines.joined(separator: "\n"))
    calls.append("  wrong |= check_\(name)();")
  }

  private static func array(_ tensor: Tensor, _ name: String) -> String {
    let type =
      switch tensor.dtype {
      case .f64: "double"
      case .f32: "float"
      case .i64: "int64_t"
      case .i32: "int32_t"
      case .bool: "bool"
      }
    return "\(type) \(name)[\(max(tensor.count, 1))]"
  }

  private static func elements(_ tensor: Tensor) -> String {
    if tensor.count == 0 { return "0" }
    return (0..<tensor.count).map { k -> String in
      let real = tensor[k].real
      if real.isNaN { return "NAN" }
      if real.isInfinite { return real < 0 ? "-INFINITY" : "INFINITY" }
      return tensor.dtype == .f32 ? "\(Float(real))f" : tensor[k].description
    }.joined(separator: ", ")
  }

  var text: String {
    (["#include <math.h>", "#include <stdio.h>", "#include <stdlib.h>"] + includes + [
      """

      static void *aligned(size_t count) {
        static char *kept;
        free(kept);
        kept = malloc(count + 64);
        if (!kept) exit(2);
        return (void *)(kept + (64 - (uintptr_t)kept % 64));
      }

      static int differs(const char *function, const char *output, int i, double found, double want,
                         double bound) {
        if ((found != found && want != want) || found == want) return 0;
        if (fabs(found - want) <= bound) return 0;
        printf("%s %s[%d]: found %.17g, expected %.17g\\n", function, output, i, found, want);
        return 1;
      }

      """
    ] + checks + ["", "int main(void) {", "  int wrong = 0;"] + calls + [
      "  return wrong;", "}", "",
    ])
    .joined(separator: "\n")
  }
}
