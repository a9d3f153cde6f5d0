// Small programs as people write them, under every law, and the modes of a scalar loss against each
// other: gradient, hvp and Hessian say the same.
import Autodiff
import Graph
import JIT
import Testing

@Suite struct CompositionTests {
  @Test(arguments: SmallPrograms.all) func obeysAllLaws(_ program: Subject) throws {
    // Batching of every subset of many inputs would take long and show little.
    for law in Law.allCases where law != .batching || program.graph.inputs.count <= 3 {
      for failure in law.failures(program) { Issue.record("\(failure)") }
    }
  }

  @Test(arguments: SmallPrograms.all.filter(\.isLoss)) func modesAgree(_ program: Subject) throws {
    let graph = program.graph
    let names = program.variables
    let gradient = try graph.derivative(.gradient, wrt: names)
    let hvp = try graph.derivative(.hvp, wrt: names)
    let hessian = try graph.derivative(.hessian, wrt: names)
    let vjp = try graph.derivative(.vjp, wrt: names)
    let check = LawCheck(law: .secondOrder, subject: program)
    let engine = Engine()
    try check.forSomeSizes(from: [0, 1, 2, 3], limit: 4) { sizes, x, random in
      let v = try names.compactMap { name in
        try graph.value(named: name).map {
          try Tensor.random(graph.type(of: $0), sizes, &random)
        }
      }
      func run(_ graph: Graph, _ extra: [Tensor] = []) throws -> [String: Tensor] {
        let results = try check.run(
          engine.compile(graph), graph, x + extra, sizes, tolerance: 1e-9)
        return Dictionary(zip(graph.outputs.map(\.name), results)) { first, _ in first }
      }
      let (g, p, h) = (try run(gradient), try run(hvp, v), try run(hessian))
      let r = try run(vjp, [Tensor(1.0)])
      for (j, name) in names.enumerated() {
        guard let own = g["grad.\(name)"], let product = p["hvp.\(name)"],
          let reverse = r["grad.\(name)"], let again = p["grad.\(name)"]
        else { return check.fail("an output is missing for \(name)") }
        for (other, text) in [(reverse, "vjp"), (again, "hvp")] {
          if let text = difference(other, from: own, tolerance: 1e-10).map({ "\(text): \($0)" }) {
            check.fail("gradient of \(name) by \(text)")
          }
        }
        var sums = [Double](repeating: 0, count: product.count)
        for (k, other) in names.enumerated() {
          guard let block = h["hessian.\(name).\(other)"],
            let mirror = h["hessian.\(other).\(name)"]
          else { return check.fail("hessian.\(name).\(other) is missing") }
          for row in sums.indices {
            for column in 0..<v[k].count {
              let entry = block.doubles[row * v[k].count + column]
              sums[row] += entry * v[k].doubles[column]
              let mirrored = mirror.doubles[column * sums.count + row]
              if abs(entry - mirrored) > 1e-9 * max(1, abs(entry)) {
                check.fail("hessian.\(name).\(other)[\(row), \(column)] is not symmetric")
              }
            }
          }
        }
        let wanted = Tensor(doubles: sums, dtype: v[j].dtype, shape: v[j].shape)
        if let text = difference(product, from: wanted, tolerance: 1e-9) {
          check.fail("hvp.\(name) against the Hessian: \(text)")
        }
      }
    }
    for failure in check.failures { Issue.record("\(failure)") }
  }

  /// One kernel for all sizes, also where it broadcasts 1 against n.
  @Test func oneCompileForManySizes() throws {
    let program = try #require(
      SmallPrograms.all.first { $0.description == "broadcast at the call" })
    let gradient = try program.graph.derivative(.gradient)
    let engine = Engine()
    var count = 0
    for n in 0..<5 {
      for k in Set([1, n]) {
        let sizes = ["n": n, "k": k]
        let kernel = try engine.compile(gradient)
        let x = try program.arguments(sizes, seed: n + k)
        let expected = try ReferenceEvaluator.run(gradient, inputs: x, sizes: sizes)
        let text = difference(
          try kernel(x), from: expected, names: gradient.outputs.map(\.name), tolerance: 1e-12)
        #expect(text == nil, "n = \(n), k = \(k): \(text ?? "")")
        count += 1
      }
    }
    #expect(engine.counters.compiles == 1 && count == 9)
  }
}

extension Subject {
  /// One scalar float output.
  var isLoss: Bool {
    graph.outputs.count == 1 && graph.type(of: graph.outputs[0].value) == TensorType(.f64)
  }
}
