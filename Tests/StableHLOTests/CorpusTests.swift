// Programs that were exported from another system, with values and derivatives that it computed: each
// through the compiler, against the tolerances of the collection.

import Autodiff
import Foundation
import Frontend
import Graph
import JIT
import Testing

/// One program of the collection.
struct CorpusEntry: Decodable, CustomStringConvertible, Sendable {
  struct Input: Decodable { var diff: Bool }

  var name: String
  var format: String
  var files: [String: String]
  var data: String
  var inputs: [Input]
  var outputs: [String]
  var checks: [String]
  var tol: [String: [Double]]

  var description: String { name }
}

private struct Manifest: Decodable { var entries: [CorpusEntry] }

@Suite struct CorpusTests {
  /// Checks that held when this was written; the number may only rise.
  static let floor = 131
  /// Programs in other forms: generic, with places, derivatives as programs.
  static let variantFloor = 22

  static let folder = shared("corpus")

  static func entries() throws -> [CorpusEntry]? {
    guard let folder else {
      print("skipped: there is no folder shared/corpus beside the repository")
      return nil
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/manifest.json"))
    return try JSONDecoder().decode(Manifest.self, from: bytes).entries
      .filter { $0.format == "stablehlo" }
  }

  static func arrays(_ path: String) throws -> [String: Tensor] {
    let file = "\(folder ?? "")/\(path)"
    let list = try NPZ.decode(try FileIO.read(file), file: file)
    return Dictionary(list.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
  }

  static func graph(_ path: String) throws -> (graph: Graph?, isUnsupported: Bool) {
    let file = "\(folder ?? "")/\(path)"
    let read = GraphFile(SourceFile(name: file, bytes: try FileIO.read(file)))
    if read.hasErrors, !read.isUnsupported {
      Issue.record("\(DiagnosticRenderer().render(read.diagnostics, in: read.source))")
    }
    return (read.graphs.first { $0.name == "main" }, read.isUnsupported)
  }

  /// The outputs of a graph by name, inputs by name.
  static func run(_ graph: Graph, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
    let arguments = graph.inputs.map { input in
      inputs[input.name]
        ?? Tensor(
          zeros: graph.type(of: input.value).dtype,
          shape: graph.type(of: input.value).shape.compactMap(\.constantValue))
    }
    let results = try Engine().compile(graph)(arguments)
    return Dictionary(
      zip(graph.outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
  }

  /// Arrays of one kind that are not as expected.
  static func wrong(
    _ entry: CorpusEntry, _ kind: String, _ got: [String: Tensor], _ expected: [String: Tensor]
  ) -> [String] {
    entry.tol.sorted { $0.key < $1.key }.compactMap { name, tolerance in
      guard name.prefix(while: { !$0.isNumber }) == kind, let reference = expected[name] else {
        return nil
      }
      guard let found = got[name] else { return "\(name) is missing" }
      guard found.shape == reference.shape else { return "\(name) has the shape \(found.shape)" }
      for (a, b) in zip(found.doubles, reference.doubles) {
        let limit = tolerance[1] + tolerance[0] * abs(b)
        if !(abs(a - b) <= limit || a.isNaN && b.isNaN) { return "\(name): \(a) is not \(b)" }
      }
      return nil
    }
  }

  @Test func valuesAndDerivatives() throws {
    guard let entries = try Self.entries() else { return }
    var right = 0
    for entry in entries {
      let data = try Self.arrays(entry.data)
      let (graph, isUnsupported) = try Self.graph(try #require(entry.files["graph"]))
      guard let graph else {
        #expect(isUnsupported, "\(entry)")
        continue
      }
      var inputs: [String: Tensor] = [:]
      for k in entry.inputs.indices {
        inputs["in\(k)"] = data["in\(k)"]
        inputs["tan.in\(k)"] = data["tan\(k)"]
      }
      for k in entry.outputs.indices { inputs["ct.out\(k)"] = data["ct\(k)"] }
      for kind in entry.checks {
        let mode = DerivativeMode(rawValue: kind)
        let program = try mode.map { try graph.derivative($0) } ?? graph
        var got: [String: Tensor] = [:]
        for (name, tensor) in try Self.run(program, inputs) {
          // vjp0 is grad.in0 here.
          let known = name.replacing("grad.in", with: "vjp").replacing("jvp.out", with: "jvp")
          got[known.replacing("hvp.in", with: "hvp")] = tensor
        }
        let wrong = Self.wrong(entry, kind, got, data)
        #expect(wrong.isEmpty, "\(entry) \(kind)")
        if wrong.isEmpty { right += 1 }
      }
    }
    print("\(right) checks of the collection hold")
    #expect(right >= Self.floor)
  }

  @Test func otherForms() throws {
    guard let entries = try Self.entries() else { return }
    var right = 0
    for entry in entries {
      let data = try Self.arrays(entry.data)
      for form in ["generic", "debug", "vjp_graph"] {
        guard let path = entry.files[form] else { continue }
        let (graph, isUnsupported) = try Self.graph(path)
        guard let graph else {
          #expect(isUnsupported, "\(entry) \(form)")
          continue
        }
        // A derivative that is a program takes the cotangents behind the inputs.
        var inputs = entry.inputs.indices.compactMap { data["in\($0)"] }
        if form == "vjp_graph" { inputs += entry.outputs.indices.compactMap { data["ct\($0)"] } }
        var named: [String: Tensor] = [:]
        for (k, tensor) in inputs.enumerated() { named["in\(k)"] = tensor }
        let results = try Self.run(graph, named)
        let varied = entry.inputs.indices.filter { entry.inputs[$0].diff }.map { "vjp\($0)" }
        let names = entry.outputs.indices.map { "out\($0)" } + varied
        var got: [String: Tensor] = [:]
        for (k, name) in names.enumerated() { got[name] = results["out\(k)"] }
        var wrong = Self.wrong(entry, "out", got, data)
        if form == "vjp_graph" { wrong += Self.wrong(entry, "vjp", got, data) }
        #expect(wrong.isEmpty, "\(entry) \(form)")
        if wrong.isEmpty { right += 1 }
      }
    }
    #expect(right >= Self.variantFloor)
  }

  /// Files that are wrong in one place are refused, at the place where another parser refuses them.
  @Test func wrongFiles() throws {
    guard let folder = Self.folder else { return print("skipped: no shared/corpus") }
    struct Expected: Decodable {
      var ok: Bool
      var line: Int?
      var column: Int?
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/bad/expected.json"))
    for (name, expected) in try JSONDecoder().decode([String: Expected].self, from: bytes) {
      let path = "\(folder)/bad/\(name).mlir"
      let file = GraphFile(SourceFile(name: path, bytes: try FileIO.read(path)))
      #expect(file.hasErrors == !expected.ok, "\(name)")
      guard let first = file.diagnostics.first else { continue }
      let place = file.source.location(at: first.point)
      #expect(place.line == expected.line && place.column == expected.column, "\(name): \(place)")
    }
  }
}
