// `jit-grad verify` names what is wrong: faults that are planted in an operation, alone and in the
// regions of others, and rules that are not the derivative.
import Autodiff
import Graph
import Testing

@testable import Frontend
@testable import JIT
@testable import jit_grad

@Suite struct CulpritTests {
  @Test func aRightGraphHasNoCulprit() throws {
    let verification = try Self.verification(Planted(fault: .none))
    #expect(try verification.run().allSatisfy { !$0.result.isFailure })
    #expect(try verification.culprit() == nil)
  }

  @Test(arguments: [
    (Planted.Fault.jvp, "jvp against central differences"),
    (.transpose, "⟨w, Jv⟩ = ⟨Jᵀw, v⟩"), (.meaning, "JIT against reference"),
  ])
  func aWrongOperationIsNamed(_ fault: Planted.Fault, _ law: String) throws {
    let verification = try Self.verification(Planted(fault: fault))
    #expect(try verification.run().contains { $0.result.isFailure })
    let culprit = try #require(try verification.culprit())
    #expect(culprit.name == "z: planted")
    #expect(culprit.origin.line == 7)
    #expect(culprit.law == law)
  }

  @Test func aWrongOperationBesideStopGradientIsNamed() throws {
    let right = try Self.verification(Planted(fault: .none), stopping: true)
    #expect(try right.run().allSatisfy { !$0.result.isFailure })
    #expect(try right.culprit() == nil)
    let wrong = try Self.verification(Planted(fault: .jvp), stopping: true)
    #expect(try wrong.run().contains { $0.result.isFailure })
    #expect(try wrong.culprit()?.name == "z: planted")
  }

  /// `y = Σ sin(planted(x · x))`, or with a factor x · x that is taken for constant.
  private static func verification(
    _ planted: Planted, stopping: Bool = false
  ) throws -> Verification {
    let builder = GraphBuilder(name: "f")
    let x = builder.addInput("x", TensorType(.f64, ["n"]))
    let square = x * x
    builder.origin = Origin(line: 7, column: 3)
    let factor = stopping ? try builder.apply(Elementwise(.stopGradient), [square])[0] : nil
    let z = try builder.apply(planted, [square])[0]
    builder.name(z, "z")
    builder.origin = Origin(line: 8, column: 3)
    let sine = try builder.apply(Elementwise(.sin), [z])[0]
    builder.addOutput("y", (factor.map { $0 * sine } ?? sine).sum(over: [0]))
    return Verification(
      laws: Laws(
        graph: try builder.finished(), inputs: [Tensor([0.5, -1.25, 2], shape: [3])],
        sizes: ["n": 3], engine: Engine(), seed: 1))
  }

  // MARK: - In regions

  /// `reverse` is where the fault is planted, in the line of z.
  private static let regions = [
    "loop": """
    func f(x: f64[3]) -> (y: f64) {
      h = for _ in 0..<4 carry h = 0.0 * x {
        z = reverse(h + x, axes=[0])
        0.2 * sin(z)
      }
      y = sum(h * h)
    }
    """,
    "rows": """
    func f(x: f64[n, 3]) -> (y: f64) {
      _, rows = for r in x carry h = 0.5 {
        z = reverse(r * h, axes=[0])
        yield z
        0.5 * h + sum(z)
      }
      y = sum(cos(rows))
    }
    """,
    "branch": """
    func f(x: f64[3]) -> (y: f64) {
      y = if sum(x) > 100.0 { sum(x) } else {
        w = exp(0.1 * x)
        z = reverse(w, axes=[0])
        sum(z * z)
      }
    }
    """,
    "branch in a loop": """
    func f(x: f64[3]) -> (y: f64) {
      h = for i in 0..<3 carry h = x {
        if i % 2 == 0 { h * h } else {
          z = reverse(h, axes=[0])
          cos(z)
        }
      }
      y = sum(h)
    }
    """,
    "while": """
    func f(x: f64[3]) -> (y: f64) {
      h = while h = x where sum(h * h) > 0.01 {
        z = reverse(h, axes=[0])
        0.1 * z
      }
      y = sum(h)
    }
    """,
    "unknown rows": """
    func f(x: f64[3]) -> (y: f64) {
      _, rows, steps = counted while h = x where sum(h * h) > 0.01 {
        yield h
        0.3 * h
      }
      y = for _ in 0..<steps, r in rows carry s = 0.0 {
        z = reverse(r, axes=[0])
        s + sum(z * z)
      }
    }
    """,
    "beside stop_gradient": """
    func f(x: f64[3]) -> (y: f64) {
      h = for _ in 0..<3 carry h = x {
        z = reverse(h, axes=[0])
        sin(z) * stop_gradient(h)
      }
      y = sum(h * h)
    }
    """,
    "residual": """
    func f(a: f64[3]) -> (y: f64) {
      x = root x = a {
        z = reverse(x, axes=[0])
        x + z - 4.0 * a
      }
      y = sum(x * x)
    }
    """,
  ]

  private static let programs = regions.keys.sorted()

  @Test(arguments: programs, [Planted.Fault.jvp, .transpose, .meaning])
  func aWrongOperationInARegionIsNamed(_ program: String, _ fault: Planted.Fault) throws {
    let text = try #require(Self.regions[program])
    let verification = try Self.verification(text, fault)
    #expect(try verification.run().contains { $0.result.isFailure })
    let culprit = try #require(try verification.culprit())
    #expect(culprit.name == "z: planted", "\(culprit)")
    let line = text.split(separator: "\n").firstIndex { $0.contains("z = ") }
    #expect(Int(culprit.origin.line) == line.map { $0 + 2 })
  }

  @Test(arguments: programs) func aRightRegionHasNoCulprit(_ program: String) throws {
    let verification = try Self.verification(try #require(Self.regions[program]), .none)
    let results = try verification.run()
    #expect(results.allSatisfy { !$0.result.isFailure }, "\(results)")
    let culprit = try verification.culprit()
    #expect(culprit == nil, "\(String(describing: culprit))")
  }

  @Test func aWrongConditionIsNamed() throws {
    let text = """
      func f(x: f64[3]) -> (y: f64) {
        h = while h = x where sum(reverse(h * h, axes=[0])) > 0.013 { 0.7 * h }
        y = sum(h)
      }
      """
    let culprit = try #require(try Self.verification(text, .meaning).culprit())
    #expect(culprit.name == "planted" && culprit.origin.line == 3, "\(culprit)")
  }

  private static func verification(_ text: String, _ fault: Planted.Fault) throws -> Verification {
    let file = GraphFile(SourceFile(name: "f.jg", text: "jitgrad 1\n" + text))
    try #require(
      !file.hasErrors, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    let graph = try file.graphs[0].planted(fault)
    let inputs = graph.inputs.map { input in
      let shape = graph.type(of: input.value).shape.map { $0.constantValue ?? 4 }
      let count = shape.reduce(1, *)
      return Tensor((0..<count).map { 0.5 + 0.3 * Double($0 % 5) }, shape: shape)
    }
    return Verification(
      laws: Laws(
        graph: graph, inputs: inputs, sizes: ["n": 4], engine: Engine(), seed: 1,
        stepLimit: 10_000))
  }

  // MARK: - Rules

  /// Right where it is checked when the file is read, and wrong beyond.
  private static let rule = """
    jitgrad 1

    @jvp(square_jvp)
    func square(x: f64) -> (y: f64) {
      y = x * x
    }

    func square_jvp(x: f64, y: f64, dx: f64) -> (dy: f64) {
      dy = select(x > 1.0, 3.0, 2.0 * x) * dx
    }

    @vjp(cube_vjp)
    func cube(x: f64) -> (y: f64) {
      y = x * x * x
    }

    func cube_vjp(x: f64, y: f64, ct: f64) -> (dx: f64) {
      dx = select(x > 1.0, 1.0, 3.0 * x * x) * ct
    }

    func main(x: f64) -> (y: f64) {
      y = for _ in 0..<3 carry s = x { sin(square(s)) + 2.0 }
    }
    """

  @Test(arguments: [
    ("square", "jvp", "f.jg:3:1", "@jvp(square_jvp)"),
    ("main", "jvp", "f.jg:3:1", "@jvp(square_jvp)"),
    ("cube", "vjp", "f.jg:12:1", "@vjp(cube_vjp)"),
  ])
  func aWrongRuleIsNamed(_ function: String, _ kind: String, _ place: String, _ line: String) throws
  {
    let scratch = try Scratch()
    let file = try scratch.file("f.jg", Self.rule)
    let run = try jitGrad(["verify", file, "--function", function, "-i", "x=2"])
    #expect(run.status == 1)
    let subject = function == "main" ? "square" : function
    #expect(
      run.err.contains(
        "\(place): error: the first operation that is wrong is the \(kind) of \(subject)\n"
          + "\(line)\n^\n"), "\(run.err)")
    #expect(run.err.contains("note: jvp against central differences: "), "\(run.err)")
    let right = try jitGrad(["verify", file, "--function", function, "-i", "x=0.5"])
    #expect((right.status == 0) == (function != "main"), "\(right.out)\(right.err)")
  }

  /// What a rule calls is wrong, and not the rule.
  @Test func aWrongOperationInARuleIsNamed() throws {
    let text = """
      @jvp(g_jvp)
      func g(x: f64[3]) -> (y: f64[3]) {
        y = 3.0 * x
      }
      func g_jvp(x: f64[3], y: f64[3], dx: f64[3]) -> (dy: f64[3]) {
        z = reverse(dx, axes=[0])
        dy = reverse(z, axes=[0]) * 3.0
      }
      """
    let culprit = try #require(try Self.verification(text, .meaning).culprit())
    #expect(culprit.name == "z: planted" && culprit.origin.line == 7, "\(culprit)")
  }
}

extension Graph {
  /// The graph with the fault in the place of each `reverse`, in regions too.
  fileprivate func planted(_ fault: Planted.Fault) throws -> Graph {
    func region(_ region: Region) throws -> Region { Region(try region.graph.planted(fault)) }
    return try rebuilt { operation, operands, _, builder in
      let made: any Operation
      switch operation {
      case is Reverse: made = Planted(fault: fault)
      case let loop as Loop:
        made = Loop(
          body: try region(loop.body), condition: try loop.condition.map(region), bound: loop.bound,
          hasCount: loop.hasCount, carriedCount: loop.carriedCount,
          scannedCount: loop.scannedCount, isReversed: loop.isReversed, keep: loop.keep)
      case let conditional as Conditional:
        made = Conditional(
          cases: conditional.cases, branches: try conditional.branches.map(region))
      case let root as Root: made = Root(residual: try region(root.residual))
      case let custom as CustomFunction:
        var function = try CustomFunction(
          function: region(custom.function), jvp: custom.jvp.map(region),
          vjp: custom.vjp.map(region))
        function.isChecked = custom.isChecked
        made = function
      default: return nil
      }
      return try builder.apply(made, operands).map { $0 }
    }
  }
}

/// `planted(x) = 3 x`, with one rule that is wrong.
struct Planted: Operation {
  enum Fault: String, Sendable { case none, jvp, transpose, meaning }

  let fault: Fault
  var name: String { "planted" }
  var attributes: [Attribute] { [Attribute("fault", .word(fault.rawValue))] }

  func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] { operands }

  func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let tangent = rule.tangents[0] else { return [nil] }
    let right = try rule.builder.apply(self, [tangent])[0]
    return [fault == .jvp ? -right : right]
  }

  func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.cotangent * rule.cotangent.literal(fault == .transpose ? 2 : 3) }
  }

  func batch(_ rule: BatchRule) throws -> [Term] { try rule.builder.apply(self, rule.operands) }

  func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let indices = Comprehension.indices(operands[0].rank)
    let factor = Scalar(fault == .meaning ? 4.0 : 3.0, operands[0].dtype)
    return .map(
      Comprehension(
        domain: operands[0].shape,
        values: [.apply(.multiply, [.operand(0, indices), .literal(factor)])]))
  }

  func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [Tensor(doubles: x.doubles.map { 3 * $0 }, dtype: x.dtype, shape: x.shape)]
  }
}
