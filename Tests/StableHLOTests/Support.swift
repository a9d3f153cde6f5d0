// Short ways to read StableHLO text and evaluate what it says.

import Foundation
import Frontend
import Graph
import JIT
import Testing

func stableHLO(_ text: String) -> GraphFile {
  GraphFile(SourceFile(name: "t.mlir", text: text))
}

/// The rendered messages for a file.
func messages(_ text: String) -> String {
  let file = stableHLO(text)
  return DiagnosticRenderer().render(file.diagnostics, in: file.source)
}

/// `line:column: message` of every mistake.
func mistakes(_ text: String) -> [String] {
  let file = stableHLO(text)
  return file.diagnostics.map { diagnostic in
    let place = file.source.location(at: diagnostic.point)
    return "\(place.line):\(place.column): \(diagnostic.message)"
  }
}

/// The function `main` of a file without mistakes.
func function(_ text: String) throws -> Graph {
  let file = stableHLO(text)
  if !file.diagnostics.isEmpty {
    Issue.record("\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
  }
  return try #require(file.graphs.first { $0.name == "main" } ?? file.graphs.last)
}

/// A function around the text of its body: `%a`, `%b`, … are its arguments.
func main(_ arguments: String, _ results: String, _ body: String, _ others: String = "") -> String {
  """
  module @m {
    func.func public @main(\(arguments)) -> (\(results)) {
      \(body)
    }
    \(others)
  }
  """
}

/// The outputs for given inputs; sizes come from extents that are single names.
func outputs(of graph: Graph, _ inputs: [Tensor]) throws -> [Tensor] {
  var sizes: [String: Int] = [:]
  for (input, tensor) in zip(graph.inputs, inputs) {
    for (extent, size) in zip(graph.type(of: input.value).shape, tensor.shape) {
      if let name = extent.symbolName { sizes[name] = size }
    }
  }
  return try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes)
}

func outputs(_ text: String, _ inputs: [Tensor] = []) throws -> [Tensor] {
  try outputs(of: function(text), inputs)
}

func f32(_ values: [Float], _ shape: [Int]? = nil) -> Tensor {
  Tensor(values, shape: shape ?? [values.count])
}
func f64(_ values: [Double], _ shape: [Int]? = nil) -> Tensor {
  Tensor(values, shape: shape ?? [values.count])
}
func i32(_ values: [Int32], _ shape: [Int]? = nil) -> Tensor {
  Tensor(values, shape: shape ?? [values.count])
}
func i64(_ values: [Int64], _ shape: [Int]? = nil) -> Tensor {
  Tensor(values, shape: shape ?? [values.count])
}
func bools(_ values: [Bool]) -> Tensor { Tensor(values, shape: [values.count]) }

/// A folder beside the repository, where there is one.
func shared(_ path: String) -> String? {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  let found = root.deletingLastPathComponent().appendingPathComponent("shared/\(path)").path
  return FileManager.default.fileExists(atPath: found) ? found : nil
}
