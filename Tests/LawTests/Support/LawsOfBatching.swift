// The laws of extra axes: batching, and Jacobians, which are made by batching.
import Autodiff
import Graph
import JIT

extension LawCheck {
  /// For every subset of the inputs: batched at once equals one after the other.
  func batching() throws {
    let count = graph.inputs.count
    guard count > 0 else { return }
    for subset in 1..<(1 << count) where failures.isEmpty {
      try batching((0..<count).map { subset >> $0 & 1 == 1 })
    }
  }

  private func batching(_ isBatched: [Bool]) throws {
    let builder = GraphBuilder(graph)
    builder.setName("batched")
    var inputs = graph.inputs
    var seeds: [Value: Term] = [:]
    for (k, input) in graph.inputs.enumerated() where isBatched[k] {
      let type = graph.type(of: input.value)
      let term = builder.addInput("b\(k)", type.with(shape: ["batch"] + type.shape))
      seeds[input.value] = term
      inputs[k] = GraphInput(name: "b\(k)", value: term.value)
    }
    builder.setInputs(inputs)
    let batched = try Batched(
      builder, of: graph.outputs.map(\.value), seeds: seeds, extent: "batch")
    builder.setOutputs(
      graph.outputs.compactMap { output in
        batched[output.value].map { GraphOutput(name: output.name, value: $0.value) }
      })
    let all = try builder.finished().pruned()
    // What does not depend on the batched inputs stays as it is.
    let kept = graph.outputs.indices.filter { batched[graph.outputs[$0].value] != nil }
    if graph.outputs.count == 1 && kept.isEmpty { return fail("the output is not batched") }
    for (output, k) in zip(all.outputs, kept) {
      let rank = graph.type(of: graph.outputs[k].value).rank + 1
      if all.type(of: output.value).rank != rank {
        return fail("\(isBatched): \(output.name) is \(all.type(of: output.value))")
      }
    }
    let kernel = try Engine().compile(all)
    try forSomeSizes(limit: 4) { sizes, shared, random in
      for batch in [3, 0, 1] where failures.isEmpty {
        let rows = try (0..<batch).map { row in
          let own = try subject.arguments(sizes, seed: 500 + row)
          return shared.indices.map { isBatched[$0] ? own[$0] : shared[$0] }
        }
        let arguments = shared.indices.map { k in
          isBatched[k] ? Tensor(stacking: rows.map { $0[k] }, like: shared[k]) : shared[k]
        }
        var wide = sizes
        wide["batch"] = batch
        let found = try run(kernel, all, arguments, wide, tolerance: max(tolerance * 10, 1e-11))
        let one = try ReferenceEvaluator.run(graph, inputs: shared, sizes: sizes)
        let each = try rows.map { try ReferenceEvaluator.run(graph, inputs: $0, sizes: sizes) }
        let expected = kept.map { k in Tensor(stacking: each.map { $0[k] }, like: one[k]) }
        if let text = difference(
          found, from: expected, names: all.outputs.map(\.name), tolerance: max(tolerance, 1e-12))
        {
          fail("batched \(isBatched), \(batch) at once: \(text)")
        }
      }
    }
  }

  func jacobian() throws {
    guard subject.isDifferentiable else { return }
    let forward = try graph.derivative(.jacobian, wrt: subject.variables, direction: .forward)
    let reverse = try graph.derivative(.jacobian, wrt: subject.variables, direction: .reverse)
    let jvp = try graph.derivative(.jvp, wrt: subject.variables)
    let engine = Engine()
    let kernels = (try engine.compile(forward), try engine.compile(reverse))
    let bound = max(tolerance * 10, 1e-11)
    try forSomeSizes(from: [0, 1, 2, 3], limit: 4) { sizes, x, _ in
      let columns = try self.columns(jvp, x, sizes)
      for (kernel, graph) in [(kernels.0, forward), (kernels.1, reverse)] {
        // The columns are the reference; evaluating the batched graph as well would take long.
        let results = try kernel(x, sizes: sizes)
        for (output, found) in zip(graph.outputs, results) {
          guard let expected = columns[output.name] else { continue }
          if let text = difference(found, from: expected, tolerance: bound) {
            fail("\(graph.name) \(output.name): \(text)")
          }
        }
      }
    }
  }

  /// Every Jacobian by one jvp an input element, run by reference.
  private func columns(_ jvp: Graph, _ x: [Tensor], _ sizes: Sizes) throws -> [String: Tensor] {
    let names = subject.variables
    let inputs = try names.compactMap { name in
      try graph.value(named: name).map { (graph.type(of: $0).dtype, try graph.shape($0, sizes)) }
    }
    let zeros = inputs.map { Tensor(zeros: $0.0, shape: $0.1) }
    var made: [String: Tensor] = [:]
    for (k, (dtype, shape)) in inputs.enumerated() {
      let columns = try zeros[k].doubles.indices.map { place in
        var direction = [Double](repeating: 0, count: zeros[k].count)
        direction[place] = 1
        var tangents = zeros
        tangents[k] = Tensor(doubles: direction, dtype: dtype, shape: shape)
        return try ReferenceEvaluator.run(jvp, inputs: x + tangents, sizes: sizes)
      }
      for (number, output) in jvp.outputs.enumerated() where output.name.hasPrefix("jvp.") {
        let own = try jvp.shape(output.value, sizes)
        let rows = own.reduce(1, *)
        // [target…, variable…] from one column a variable's element.
        let values = (0..<rows).flatMap { row in columns.map { $0[number].doubles[row] } }
        made["jacobian.\(output.name.dropFirst(4)).\(names[k])"] = Tensor(
          doubles: values, dtype: jvp.type(of: output.value).dtype, shape: own + shape)
      }
    }
    return made
  }
}

extension Tensor {
  /// Tensors of one type behind each other along a new first axis.
  init(stacking tensors: [Tensor], like one: Tensor) {
    self.init(
      dtype: one.dtype, shape: [tensors.count] + one.shape, bytes: tensors.flatMap(\.bytes))
  }
}
