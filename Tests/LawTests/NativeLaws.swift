// The second tier has the bits of the first: every scalar function, operations of the catalog with their
// derivatives, loops and branches, random programs. JG_ALL_C=1 in the environment takes all of the catalog.
import Autodiff
import CEmit
import Foundation
import Frontend
import Graph
import JIT
import Lowering
import Testing

@Suite struct NativeLaws {
  static let hasCompiler: Bool = {
    do {
      _ = try Engine(nativeTier: .required).compile(Probe([Tensor(1.0)]) { $0 }.graph)
      return true
    } catch {
      print("note: \(error), its checks are skipped")
      return false
    }
  }()
  private static let takesAll = ProcessInfo.processInfo.environment["JG_ALL_C"] != nil

  /// Where the tiers differ, by name; NaNs are equal whatever their bits are.
  private func difference(
    _ graph: Graph, _ inputs: [Tensor], _ sizes: [String: Int] = [:]
  ) throws -> String? {
    let first = try Engine(nativeTier: .off).compile(graph)(inputs, sizes: sizes)
    let kernel = try Engine(nativeTier: .required).compile(graph)
    #expect(kernel.isNative)
    let second = try kernel(inputs, sizes: sizes)
    for (k, (a, b)) in zip(first, second).enumerated() {
      for i in 0..<a.count
      where a[i].bits != b[i].bits && !(a.dtype.isFloat && a[i].real.isNaN && b[i].real.isNaN) {
        return "\(graph.outputs[k].name)[\(i)] of \(sizes): \(a[i]) and \(b[i])"
      }
    }
    return nil
  }

  /// Values that are hard on functions, then ordinary ones; more than a strip, and no multiple of a vector.
  @Test(.enabled(if: hasCompiler), arguments: StripLaws.names)
  func functions(_ name: String) throws {
    let function = try #require(Catalog.functions.first { $0.name == name })
    var operands: [Tensor] = []
    var dtypes: [DType] = []
    for dtype in DType.allCases where function.domain.contains(dtype) {
      dtypes.append(dtype)
      operands += StripLaws.operands(of: function, dtype)
    }
    let builder = GraphBuilder(name: "probe")
    let terms = operands.enumerated().map { k, tensor in
      builder.addInput("x\(k)", TensorType(tensor.dtype, tensor.shape.map { DimExpr($0) }))
    }
    for (k, dtype) in dtypes.enumerated() {
      let own = Array(terms[(k * function.arity)..<((k + 1) * function.arity)])
      let y = builder.applying(Elementwise(function), own)
      builder.addOutput("\(dtype)", y)
      // In the middle of others, and folded.
      if y.dtype.isFloat, let x = own.first(where: { $0.dtype == y.dtype }) {
        let other = apply(.tanh, x * y + x)
        builder.addOutput("\(dtype)_fused", other * y - x)
        builder.addOutput("\(dtype)_sum", (other * y).sum(over: [0]))
      }
    }
    #expect(try difference(builder.finished(), operands) == nil)
  }

  @Test(.enabled(if: hasCompiler), arguments: OperationLaws.names)
  func operations(_ name: String) throws {
    let entry = try #require(Catalog.entry(named: name))
    for (k, subject) in entry.subjects.enumerated() where Self.takesAll || k % 5 == 0 {
      var graph = subject.graph
      if subject.isDifferentiable { graph = try graph.derivative(.vjp, wrt: subject.variables) }
      guard let sizes = graph.legalSizes(from: [9, 3, 1], limit: 3).first else { continue }
      var random = RandomSource(seed: k)
      let own = try subject.arguments(sizes, seed: k)
      let more = try graph.inputs.dropFirst(own.count).map {
        try Tensor.random(graph.type(of: $0.value), sizes, &random)
      }
      #expect(try difference(graph, own + more, sizes) == nil, "\(subject)")
    }
  }

  @Test(.enabled(if: hasCompiler), arguments: ControlPrograms.all)
  func control(_ control: ControlPrograms.Program) throws {
    let sizes = control.sizes.last ?? [:]
    let graph = try control.graph().derivative(.vjp)
    for (k, own) in control.arguments(sizes).enumerated() {
      var random = RandomSource(seed: k)
      let more = try graph.inputs.dropFirst(own.count).map {
        try Tensor.random(graph.type(of: $0.value), sizes, &random)
      }
      #expect(try difference(graph, own + more, sizes) == nil)
    }
  }

  /// Loops that are cut into sweeps in ways of their own: products, which have no kernel, sums of products of
  /// functions, and reads at places from data of what is there only under a condition.
  static let cuts = [
    "func f(x: f64[n]) -> (y: f64) { y = prod(1 + x * 0.001) }",
    "func f(x: f32[n]) -> (y: f32, z: f32) { y = prod(1 + x * 0.001); z = sum(x * prod(x)) }",
    "func f(x: f64[n]) -> (y: f64, z: f64) { y = sum(exp(x) * (x + 1)); z = sum(exp(x) * tanh(x)) }",
    """
    func f(x: f64[n], s: f64) -> (y: f64[n], z: f64[n]) {
      p = pad(broadcast(s, [n]), 0.5, low=[2], high=[3])
      y = p[i64(exp(x * 2))]
      i = i64(x * 3)
      z = p[i] * exp(exp(x * 2) * 3) + exp(p[i])
    }
    """,
  ]

  @Test(.enabled(if: hasCompiler), arguments: cuts) func sweeps(_ text: String) throws {
    let file = GraphFile(SourceFile(name: "cuts", text: "jitgrad 1\n" + text))
    try #require(!file.hasErrors)
    for n in [3001, 9, 1, 0] {
      var random = RandomSource(seed: n)
      let graph = file.graphs[0]
      let inputs = try graph.inputs.map {
        try Tensor.random(graph.type(of: $0.value), ["n": n], &random)
      }
      #expect(try difference(graph, inputs, ["n": n]) == nil, "\(n)")
    }
  }

  /// Arrays of constants that C has no digits for, in both tiers.
  @Test func constants() throws {
    for dtype in [DType.f64, .f32] {
      let table = Tensor(
        doubles: [.infinity, -.infinity, .nan, -0.0, 1e-40, -1, .greatestFiniteMagnitude],
        dtype: dtype, shape: [7])
      let x = Tensor(doubles: [1, 1, 1, 0, 0, -2, 1], dtype: dtype, shape: [7])
      let builder = GraphBuilder(name: "constants")
      let term = builder.addInput("x", TensorType(dtype, [7]))
      builder.addOutput("y", apply(.max, term, builder.constant(table)))
      let graph = try builder.finished()
      let y = try Engine(nativeTier: .off).compile(graph)([x])[0].doubles
      #expect(y[2].isNaN)
      let large = table.doubles[6]
      #expect(
        [0, 1, 3, 4, 5, 6].map { y[$0] }
          == [.infinity, 1, 0, table.doubles[4], -1, large])
      if Self.hasCompiler { #expect(try difference(graph, [x]) == nil) }
    }
  }

  /// What a kernel computes is read; a sum of products computes none twice.
  @Test func noKernelRunsTwice() throws {
    let file = GraphFile(SourceFile(name: "cuts", text: "jitgrad 1\n" + Self.cuts[2]))
    let text = NativeSource(try lower(file.graphs[0].simplified(), .jit)).text
    #expect(text.components(separatedBy: "\n").count { $0.contains("jg_strip_exp_f64(count") } == 1)
  }

  @Test(.enabled(if: hasCompiler), arguments: takesAll ? RandomGraphTests.seeds : Array(1...24))
  func randomPrograms(_ seed: Int) throws {
    let graph = try RandomGraph.make(seed: seed, count: 5 + seed % 36)
    for sizes in graph.legalSizes(from: [17, 9, 2], limit: 2) {
      var random = RandomSource(seed: seed)
      let inputs = try graph.inputs.map {
        try Tensor.random(graph.type(of: $0.value), sizes, &random)
      }
      #expect(try difference(graph, inputs, sizes) == nil)
    }
  }
}
