// The golden C, compiled and run: its outputs against the reference evaluator, its workspace no larger
// than it says, and sizes that do not fit refused.

import CEmit
import Foundation
import Graph
import Testing

@Suite struct GoldenRunTests {
  /// Programs with sizes to run them at; the last ones are refused.
  static let cases: [(String, [String: Int], isRefused: Bool)] = [
    ("ridge", ["n": 5, "d": 3], false), ("ridge_gradient", ["n": 4, "d": 2], false),
    ("ridge_gradient", ["n": 0, "d": 2], false), ("logistic_gradient", ["n": 6, "d": 3], false),
    ("softmax_rows", ["n": 3, "k": 4], false), ("rosenbrock_hvp", ["n": 5], false),
    ("similarity_gradient", ["n": 4, "m": 4], false),
    ("similarity_gradient", ["n": 1, "m": 3], false),
    ("heat", ["h": 4, "w": 5], false), ("views", ["n": 3], false),
    ("statistics", ["n": 4, "d": 3], false), ("lookup", [:], false), ("mix", ["n": 4], false),
    ("moving", ["n": 6], false), ("embed_gradient", ["words": 5, "d": 2, "n": 3], false),
    ("filter_gradient", ["b": 2, "c": 2, "t": 5, "o": 3], false),
    ("huber_gradient", ["n": 7], false), ("blocks", ["n": 5, "m": 6], false),
    ("bowl_hessian", ["n": 3], false), ("pendulum_jacobian", [:], false), ("horner", [:], false),
    ("double_function", ["size of": 3], false),
    ("cross_entropy_gradient", ["n": 4, "d": 2, "k": 3], false),
    ("rosenbrock_hvp", ["n": 1], true), ("similarity_gradient", ["n": 2, "m": 3], true),
    ("heat", ["h": -1, "w": 5], true),
  ]

  @Test func runs() throws {
    guard let compiler = ["gcc", "clang", "tcc"].lazy.compactMap(Tool.find).first else {
      print("note: no C compiler here, the golden C is not run")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "jg-golden-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, sizes, isRefused) in Self.cases {
      let golden = Golden(name: name)
      let graph = try golden.graph()
      let inputs = try isRefused ? [] : Self.inputs(of: graph, sizes)
      let main = folder.appendingPathComponent("main.c")
      try Self.program(golden, graph, sizes, inputs).write(
        to: main, atomically: true, encoding: .utf8)
      let binary = folder.appendingPathComponent("run").path
      let built = try Tool.run(
        compiler,
        ["-I", Golden.folder.path, main.path, golden.file("c").path, "-o", binary, "-lm"])
      try #require(built.status == 0, "\(name): \(built.output.prefix(3000))")
      let ran = try Tool.run(binary, [])
      if isRefused {
        #expect(ran.status == 1, "\(name) at \(sizes)")
        continue
      }
      try #require(ran.status == 0, "\(name) at \(sizes): \(ran.output)")
      let values = ran.output.split(separator: "\n").map { Double($0) ?? .nan }
      let expected = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes)
      try #require(values.count == expected.reduce(0) { $0 + $1.count }, "\(name) at \(sizes)")
      var position = 0
      for (output, tensor) in zip(graph.outputs, expected) {
        let tolerance = tensor.dtype == .f32 ? 1e-5 : 1e-12
        for (index, value) in tensor.doubles.enumerated() {
          let found = values[position + index]
          let isClose =
            found == value || abs(found - value) <= tolerance * max(1, abs(value))
            || found.isNaN && value.isNaN
          #expect(
            isClose, "\(name) at \(sizes): \(output.name)[\(index)] is \(found), not \(value)")
        }
        position += tensor.count
      }
    }
  }

  /// Values that repeat from run to run.
  private static func inputs(of graph: Graph, _ sizes: [String: Int]) throws -> [Tensor] {
    var state: UInt64 = 7
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-52 - 1
    }
    return try graph.inputs.map { input in
      let type = graph.type(of: input.value)
      let shape = try type.shape.map { try $0.evaluate { sizes[$0] } }
      let values = (0..<shape.reduce(1, *)).map { _ in next() }
      return type.dtype.isFloat
        ? Tensor(doubles: values, dtype: type.dtype, shape: shape)
        : Tensor(
          integers: values.map { Int64(($0 * 9).rounded()) }, dtype: type.dtype, shape: shape)
    }
  }

  /// A program that calls the function once and prints what it gave, a number a line. A byte behind
  /// the workspace must stay as it was.
  private static func program(
    _ golden: Golden, _ graph: Graph, _ sizes: [String: Int], _ inputs: [Tensor]
  ) throws -> String {
    let types: [DType: String] = [
      .f64: "double", .f32: "float", .i64: "int64_t", .i32: "int32_t", .bool: "bool",
    ]
    var lines: [String] = []
    let numbers = graph.symbols.map { "\(sizes[$0] ?? 0)" }
    var arguments = numbers
    for (k, input) in graph.inputs.enumerated() {
      let type = types[graph.type(of: input.value).dtype] ?? ""
      // Without inputs the call is refused before anything is read.
      let elements =
        inputs.isEmpty
        ? [] : inputs[k].doubles.map { inputs[k].dtype.isFloat ? "\($0)" : "\(Int64($0))" }
      lines.append(
        "  static const \(type) in\(k)[] = {\((elements + ["0"]).joined(separator: ", "))};")
      arguments.append("in\(k)")
    }
    var prints: [String] = []
    for (k, output) in graph.outputs.enumerated() {
      let type = graph.type(of: output.value)
      let count = inputs.isEmpty ? 0 : try type.elementCount.evaluate { sizes[$0] }
      lines.append("  static \(types[type.dtype] ?? "") out\(k)[\(count + 1)];")
      arguments.append("out\(k)")
      prints.append(
        "  for (i = 0; i < \(count); i++) printf(\"%.17g\\n\", (double)out\(k)[i]);")
    }
    let bytes = "\(golden.name)_workspace(\(numbers.joined(separator: ", ")))"
    return """
      #include <stdio.h>
      #include <stdlib.h>
      #include "\(golden.name).h"
      int main(void) {
        int i;
      \(lines.joined(separator: "\n"))
        const size_t bytes = \(inputs.isEmpty ? "0" : bytes);
        char *const memory = malloc(bytes + 128);
        char *const workspace = memory + 64 - (uintptr_t)memory % 64;
        workspace[bytes] = 42;
        if (\(golden.name)(\(arguments.joined(separator: ", ")), workspace) != 0) return 1;
        if (workspace[bytes] != 42) return 2;
      \(prints.joined(separator: "\n"))
        free(memory);
        return 0;
      }

      """
  }
}
