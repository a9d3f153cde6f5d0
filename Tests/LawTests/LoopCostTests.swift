// What a step of a loop must not cost: work that grows with an array of which it changes a part,
// buffers that change places where one is enough, copies of what is only looked at. And the values,
// to the bit, of what is made cheaper.
import Autodiff
import CEmit
import Frontend
import Graph
import JIT
import Testing

@testable import Lowering

@Suite struct LoopCostTests {
  static func graph(_ body: String) throws -> Graph {
    let file = GraphFile(SourceFile(name: "cost.jg", text: "jitgrad 1\n" + body + "\n"))
    try #require(
      file.diagnostics.isEmpty,
      "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    return try #require(file.graphs.last)
  }

  /// The bodies of loops of steps.
  private func steps(_ graph: Graph, _ options: LoweringOptions = .jit) throws -> [[Lowering
    .Statement]]
  {
    var found: [[Lowering.Statement]] = []
    for statement in try lower(graph.simplified(), options).body {
      statement.forEach {
        if case .loop(let loop) = $0, loop.isOfSteps { found.append(loop.body) }
      }
    }
    return found
  }

  private func count(_ body: [Lowering.Statement], _ isWanted: (Lowering.Statement) -> Bool) -> Int
  {
    var count = 0
    for statement in body { statement.forEach { if isWanted($0) { count += 1 } } }
    return count
  }

  private func isLoop(_ statement: Lowering.Statement) -> Bool {
    if case .loop = statement { true } else { false }
  }

  private func isSwap(_ statement: Lowering.Statement) -> Bool {
    if case .swap = statement { true } else { false }
  }

  private static let filling = """
    func f(x: f64[n], a: f64, k: i64[m]) -> (y: f64[n], s: f64) {
      y, s = for j in k carry y = x, s = 0.0 {
        dynamic_update(y, reshape(a * y[j], [1]), j), s + y[j]^2
      }
    }
    """

  /// A window of a carried array is changed where it lies.
  @Test func windowsAreChangedInPlace() throws {
    let graph = try Self.graph(Self.filling)
    for options in [LoweringOptions.portable, .jit] {
      let bodies = try steps(graph, options)
      #expect(bodies.count == 1)
      #expect(bodies.allSatisfy { count($0, isLoop) == 0 && count($0, isSwap) == 0 })
    }
  }

  /// What a step adds to the gradient of an array is one element, not the array.
  @Test func gradientsOfElementsAddElements() throws {
    let graph = try Self.graph(
      """
      func f(x: f64[n], k: i64[m]) -> (s: f64) {
        s = for j in k carry s = 0.0 { s * 0.5 + x[j]^2 }
      }
      """
    ).derivative(.gradient)
    #expect(try steps(graph).allSatisfy { count($0, isLoop) == 0 && count($0, isSwap) == 0 })
  }

  private static let gates = """
    func f(w: f64[3, d], x: f64[n, d]) -> (s: f64) {
      h = for v in x carry h = zeros([d]) {
        h * sigmoid(w[0] * v) + tanh(w[1] * h) * w[2]
      }
      s = sum(h)
    }
    """

  /// The gradients of the rows of an array are sums of their own.
  @Test func sumsOfPaddedRowsAreSplit() throws {
    for body in try steps(Self.graph(Self.gates).derivative(.gradient), .portable) {
      #expect(
        count(body) { statement in
          var found = false
          statement.expression?.forEach { if case .conditional = $0 { found = true } }
          return found
        } == 0)
      #expect(count(body, isSwap) == 0)
    }
  }

  /// A function and its derivative take one exponential.
  @Test func sigmoidsShareTheExponential() throws {
    let graph = try Self.graph("func f(x: f64[n]) -> (y) { y = sigmoid(x) * sigmoid(-x) }")
    let source = JITSource(try lower(graph.simplified(), .jit)).text
    #expect(source.split(separator: "jg_strip_exp_f64(").count == 3, "\(source)")
    #expect(!source.contains("jg_sigmoid"))
    let x = Tensor([0, -0.0, 1, -1, 0.3, -40, 800, -800, .infinity, -.infinity, .nan], shape: [11])
    let plain = try Engine().compile(Self.graph("func f(x: f64[n]) -> (y) { y = sigmoid(x) }"))
    let (up, down) = (
      try plain([x])[0].doubles, try plain([Tensor(x.doubles.map { -$0 }, shape: [11])])[0].doubles
    )
    let found = try Engine().compile(graph)([x])[0].doubles
    for k in found.indices {
      let expected = up[k] * down[k]
      #expect(found[k] == expected || found[k].isNaN && expected.isNaN, "\(x.doubles[k])")
    }
  }

  /// A part of an array goes through a loop where it lies.
  @Test func slicesAreReadWhereTheyLie() throws {
    let graph = try Self.graph(
      """
      func f(x: f64[n, d]) -> (s: f64[d]) where n >= 2 {
        s = for a in x[:-1], b in x[1:] carry s = zeros([d]) { s + a * b }
      }
      """)
    #expect(try lower(graph.simplified(), .jit).workspaceByteCount.isZero)
  }

  @Test(arguments: [filling, gates]) func agrees(_ text: String) throws {
    let graph = try Self.graph(text)
    let sizes: Sizes = ["n": 5, "m": 4, "d": 3]
    for derived in [graph, try graph.derivative(.vjp), try graph.derivative(.jvp)] {
      var random = RandomSource(seed: 5)
      let arguments = try derived.inputs.map { input in
        let type = derived.type(of: input.value)
        return type.dtype == .i64
          ? Tensor([Int64(3), 0, 3, 9], shape: [4]) : try Tensor.random(type, sizes, &random)
      }
      let own = sizes.filter { derived.symbols.contains($0.key) }
      try LoopLoweringTests.expectAgreement(derived, arguments, own, derived.name)
    }
  }
}
