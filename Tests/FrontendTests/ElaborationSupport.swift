// Short ways to elaborate and evaluate graph files, for the tests of what the language means.

import Graph
import Testing

@testable import Frontend

func elaborated(_ text: String) -> GraphFile {
  GraphFile(SourceFile(name: "t.jg", text: "jitgrad 1\n" + text + "\n"))
}

/// The rendered messages for a file, whose first line after the version is line 2.
func elaborationMessages(_ text: String) -> String {
  let file = elaborated(text)
  return DiagnosticRenderer().render(file.diagnostics, in: file.source)
}

/// The last function of a file without mistakes.
func graph(_ text: String) throws -> Graph {
  let file = elaborated(text)
  if !file.diagnostics.isEmpty {
    Issue.record("\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
  }
  return try #require(file.graphs.last)
}

/// The outputs of the last function; sizes come from inputs whose extents are single names.
func outputs(
  _ text: String, _ inputs: [Tensor] = [], sizes given: [String: Int] = [:]
) throws -> [Tensor] {
  let graph = try graph(text)
  var sizes = given
  for (input, tensor) in zip(graph.inputs, inputs) {
    for (extent, size) in zip(graph.type(of: input.value).shape, tensor.shape) {
      if let name = extent.symbolName { sizes[name] = size }
    }
  }
  return try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes)
}

extension Tensor {
  init(_ values: [Double]) { self.init(values, shape: [values.count]) }
  init(_ values: [Int64]) { self.init(values, shape: [values.count]) }
  init(_ rows: [[Double]]) {
    self.init(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
  }
}
