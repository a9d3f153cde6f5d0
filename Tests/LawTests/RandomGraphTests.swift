// Random programs: compiled, interpreted and simplified they give what the reference gives, and so
// do their gradients. JG_SEEDS=from-to in the environment runs other seeds.
import Autodiff
import Foundation
import Graph
import JIT
import Lowering
import Testing

@Suite struct RandomGraphTests {
  static let seeds: [Int] = {
    let text = ProcessInfo.processInfo.environment["JG_SEEDS"] ?? "1-120"
    let bounds = text.split(separator: "-").compactMap { Int($0) }
    return bounds.count == 2 ? Array(bounds[0]...bounds[1]) : []
  }()

  @Test(arguments: seeds) func allWaysAgree(_ seed: Int) throws {
    let graph = try RandomGraph.make(seed: seed, count: 5 + seed % 36)
    try check(graph, seed)
  }

  @Test(arguments: seeds) func gradientsAgree(_ seed: Int) throws {
    let graph = try RandomGraph.make(seed: seed, count: 4 + seed % 18)
    let builder = GraphBuilder(graph)
    let parts = graph.outputs.compactMap { output -> Term? in
      let term = builder.term(output.value)
      guard term.dtype == .f64 else { return nil }
      return apply(.tanh, term).sum(over: Array(0..<term.rank))
    }
    builder.setOutputs([])
    builder.addOutput("loss", sum(parts) ?? builder.constant(0, .f64))
    try check(try builder.finished().pruned().derivative(.gradient), seed)
  }

  private func check(_ graph: Graph, _ seed: Int) throws {
    guard let text = mistake(in: graph, seed) else { return }
    let small = graph.shrunk { mistake(in: $0, seed) != nil }
    Issue.record(
      "seed \(seed): \(text)\nshrunk to: \(mistake(in: small, seed) ?? "")\n\(small.listing)")
  }

  /// What one way of running the graph gets wrong.
  private func mistake(in graph: Graph, _ seed: Int) -> String? {
    do {
      let kernel = try Engine().compile(graph)
      let simple = try graph.simplified()
      let programs = [LoweringOptions.jit, .portable].map { lower(simple, $0) }
      let names = graph.outputs.map(\.name)
      for sizes in graph.legalSizes(from: [0, 1, 2, 3, 4], limit: 6) {
        var random = RandomSource(seed: seed)
        let inputs = try graph.inputs.map {
          try Tensor.random(graph.type(of: $0.value), sizes, &random)
        }
        let expected = try ReferenceEvaluator.run(graph, inputs: inputs, sizes: sizes)
        let simplified = try ReferenceEvaluator.run(simple, inputs: inputs, sizes: sizes)
        for (k, (a, b)) in zip(expected, simplified).enumerated() where !areIdentical(a, b) {
          return "\(sizes): simplified \(names[k]) differs"
        }
        let found = try kernel(inputs, sizes: sizes)
        if let text = difference(found, from: expected, names: names, tolerance: 1e-9) {
          return "\(sizes): compiled: \(text)"
        }
        for program in programs {
          let found = try Interpreter.run(program, inputs, sizes)
          if let text = difference(found, from: expected, names: names, tolerance: 1e-9) {
            return "\(sizes): loops: \(text)"
          }
        }
      }
      return nil
    } catch {
      return "threw \(error)"
    }
  }
}
