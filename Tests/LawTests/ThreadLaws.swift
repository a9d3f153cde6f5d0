// Threads share loops and change no bit: operations of the catalog with their derivatives and programs of
// every shape of loop, on one thread and on several, each loop shared however small it is.
import Autodiff
import Foundation
import Frontend
import Graph
import JIT
import Lowering
import Testing
import runtime

@Suite struct ThreadLaws {
  init() { jg_parallel_set_least_work(0) }

  /// Where results differ, by name; NaNs are equal whatever their bits are.
  private func difference(
    _ graph: Graph, _ inputs: [Tensor], _ sizes: [String: Int] = [:],
    tier: NativeTier = .off
  ) throws -> String? {
    let kernel = try Engine(nativeTier: tier).compile(graph)
    let alone = try Threads.limited(to: 1) { try kernel(inputs, sizes: sizes) }
    for threads in [2, 5] {
      let shared = try Threads.limited(to: threads) { try kernel(inputs, sizes: sizes) }
      for (k, (a, b)) in zip(alone, shared).enumerated() {
        for i in 0..<a.count
        where a[i].bits != b[i].bits && !(a.dtype.isFloat && a[i].real.isNaN && b[i].real.isNaN) {
          return "\(graph.outputs[k].name)[\(i)] of \(sizes) on \(threads): \(a[i]) and \(b[i])"
        }
      }
    }
    return nil
  }

  @Test(arguments: OperationLaws.names)
  func operations(_ name: String) throws {
    let entry = try #require(Catalog.entry(named: name))
    for (k, subject) in entry.subjects.enumerated() where k % 3 == 0 {
      var graph = subject.graph
      if subject.isDifferentiable { graph = try graph.derivative(.vjp, wrt: subject.variables) }
      guard let sizes = graph.legalSizes(from: [37, 5, 2], limit: 2).first else { continue }
      var random = RandomSource(seed: k)
      let own = try subject.arguments(sizes, seed: k)
      let more = try graph.inputs.dropFirst(own.count).map {
        try Tensor.random(graph.type(of: $0.value), sizes, &random)
      }
      #expect(try difference(graph, own + more, sizes) == nil, "\(subject)")
    }
  }

  @Test(arguments: ControlPrograms.all)
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

  /// A program, and how many of its loops threads share: in itself, and in its vjp.
  struct Program: CustomTestStringConvertible, Sendable {
    let text: String
    let shared: [Int]
    var testDescription: String { text }
    init(_ text: String, _ shared: Int...) {
      self.text = text
      self.shared = shared
    }

    func graph() throws -> Graph {
      try #require(
        GraphFile(SourceFile(name: "t.jg", text: "jitgrad 1\nfunc f\(text)\n")).graphs.first)
    }

    /// The program, and its vjp where it has one.
    func graphs() throws -> [Graph] {
      let graph = try graph()
      return shared.count == 1 ? [graph] : [graph, try graph.derivative(.vjp)]
    }
  }

  static let programs = [
    // Elements, alone and added up; other dtypes.
    Program("(x: f64[n]) -> (y: f64[n]) { y = tanh(x) * x }", 1, 1),
    Program("(x: f64[n], a: f64) -> (y: f64) { y = sum(tanh(a * x) * exp(-x * x)) }", 1, 1),
    Program("(x: f32[n], a: f32) -> (y: f32, z: f32) { y = sum(a * x); z = sum(x * x) }", 1, 1),
    Program("(x: i64[n]) -> (y: i64[n], z: i64) { y = x * x; z = sum(x) }", 0),
    Program("(x: f64[n]) -> (y: f64, z: f64) { y = max(x); z = sum(x) }", 0, 2),
    // Rows: each has what it writes to itself, and sums of its own.
    Program("(x: f64[n, m]) -> (y: f64[n, m]) { y = softmax(x) }", 1, 1),
    Program("(x: f64[n, m]) -> (y: f64) { y = sum(sin(x)) }", 1, 1),
    Program(
      "(x: f64[n, m]) -> (y: f64[n], z: f64) { y = logsumexp(x, axes=[1]); z = sum(y) }", 1, 1),
    Program("(x: f64[n, m, k]) -> (y: f64[n, k]) { y = sum(x * x, axes=[1]) }", 1, 1),
    Program("(x: f64[n, m]) -> (y: f64[n, m]) { y = cumsum(x, axis=1) }", 1, 1),
    Program("(x: f64[n, m]) -> (y: f64[m, n]) { y = transpose(exp(x)) }", 1, 2),
    Program("(x: f64[n]) -> (y: f64[n]) { y = concatenate(x[1:], [0.5]) - x }", 2, 2),
    // Steps that wait for each other, or write to one place: what is shared is filled with zeros.
    Program("(x: f64[n, m]) -> (y: f64[m]) { y = sum(x * x, axes=[0]) }", 1, 1),
    Program("(x: f64[n]) -> (y: f64[n]) { y = cumsum(x) }", 0, 0),
    Program("(x: f64[n], i: i64[n]) -> (y: f64[n]) { y = x[clamp(i, 0, 2)] }", 1, 1),
    Program("(x: f64[n]) -> (y: f64) { y = prod(1 + x * 0.01) }", 0, 1),
  ]

  private static func arguments(_ graph: Graph, _ sizes: [String: Int]) throws -> [Tensor] {
    var random = RandomSource(seed: 11)
    return try graph.inputs.map { input in
      let type = graph.type(of: input.value)
      if type.dtype.isFloat { return try Tensor.random(type, sizes, &random) }
      let shape = try type.shape.map { try $0.evaluate { sizes[$0] } }
      let numbers = (0..<shape.reduce(1, *)).map { Int64($0 * $0 % 5) }
      return Tensor(integers: numbers, dtype: type.dtype, shape: shape)
    }
  }

  @Test(arguments: programs) func loops(_ program: Program) throws {
    for sizes in [
      ["n": 1000, "m": 7, "k": 3], ["n": 3, "m": 700, "k": 2], ["n": 0, "m": 0, "k": 0],
    ]
    where sizes["n"] != 0
      || !program.text.contains("[1:]") && !program.text.contains("max(x)")
        && !program.text.contains("i:")
    {
      for graph in try program.graphs() {
        let own = sizes.filter { graph.symbols.contains($0.key) }
        let arguments = try Self.arguments(graph, own)
        #expect(try difference(graph, arguments, own) == nil)
        if NativeLaws.hasCompiler {
          #expect(try difference(graph, arguments, own, tier: .required) == nil)
        }
      }
    }
  }

  /// That loops are shared is seen, and that those are not that must not be.
  @Test(arguments: programs) func whichLoopsAreShared(_ program: Program) throws {
    let graph = try program.graph()
    let found = try program.graphs().map { graph in
      try lower(graph.simplified(), .jit).body.count {
        if case .loop(let loop) = $0 { loop.parallel != nil } else { false }
      }
    }
    #expect(found == program.shared)
    let portable = try lower(graph.simplified(), .portable).body
    #expect(
      !portable.contains { if case .loop(let loop) = $0 { loop.parallel != nil } else { false } })
  }

  /// Large products are made in blocks: by sums in the order of their own, each element by one thread.
  @Test(arguments: [
    [200, 30, 50], [1000, 70, 90], [30, 900, 300], [500, 500, 64], [385, 384, 383],
  ])
  func products(_ sizes: [Int]) throws {
    let text = "(A: f64[m, k], B: f64[k, n]) -> (y: f64[m, n]) { y = A @ B }"
    let graph = try Program(text).graph().derivative(.vjp)
    let own = ["m": sizes[0], "n": sizes[1], "k": sizes[2]]
    let arguments = try Self.arguments(graph, own)
    #expect(try difference(graph, arguments, own) == nil)
    let (a, b) = (arguments[0].doubles, arguments[1].doubles)
    let product = try Engine(nativeTier: .off).compile(graph)(arguments)[0].doubles
    for i in [0, sizes[0] / 2, sizes[0] - 1] {
      for j in [0, sizes[1] / 3, sizes[1] - 1] {
        let expected = (0..<sizes[2]).reduce(0.0) {
          $0 + a[i * sizes[2] + $1] * b[$1 * sizes[1] + j]
        }
        #expect(abs(product[i * sizes[1] + j] - expected) < 1e-10)
      }
    }
  }

  @Test func batchesOfProducts() throws {
    let graph = try Program(
      "(A: f64[b, m, k], B: f64[b, k, n]) -> (y: f64[b, m, n]) { y = A @ B }"
    ).graph().derivative(.vjp)
    let sizes = ["b": 40, "m": 20, "k": 30, "n": 25]
    #expect(try difference(graph, Self.arguments(graph, sizes), sizes) == nil)
  }

  /// Long programs are cut into functions; loops that are shared stand in several of them.
  @Test func partsOfPrograms() throws {
    var lines = "(x: f64[n], a: f64) -> (y: f64) {\n  s0 = a\n"
    for k in 1...4500 {
      let sum = k % 1000 == 0 ? " + sum(tanh(x * s\(k - 1)))" : ""
      lines += "  s\(k) = sin(s\(k - 1)) * 0.9 + s\(max(0, k - 7)) * 0.01\(sum)\n"
    }
    let graph = try Program(lines + "  y = s4500\n}").graph()
    let program = try lower(graph.simplified(), .jit)
    #expect(program.partStarts.count > 1)
    let found = program.body.count {
      if case .loop(let loop) = $0 { loop.parallel != nil } else { false }
    }
    #expect(found == 4)
    let arguments = try Self.arguments(graph, ["n": 3000])
    #expect(try difference(graph, arguments, ["n": 3000]) == nil)
    let kernel = try Engine(nativeTier: .off).compile(graph)
    let expected = try ReferenceEvaluator.run(graph, inputs: arguments, sizes: ["n": 3000])
    let (value, reference) = (try kernel(arguments)[0].doubles[0], expected[0].doubles[0])
    #expect(abs(value - reference) <= 1e-9 * abs(reference))
  }

  @Test func lengthsAndLimitsAreThoseOfTheRuntime() {
    #expect(LoopStatement.stripLength == Int(JG_STRIP_LENGTH))
    #expect(LoopProgram.leastSharedWork == Int(JG_LEAST_WORK))
  }
}
