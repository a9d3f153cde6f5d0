// Operations of one's own: kernels in C, of other operations, or none; rules that are missing; sets of
// them, and graph files that call them.
import Glibc
import JitGrad
import Testing

private struct Cube: PrimitiveOperation {
  let name = "cube"
  let operandCount = 1
  var kernel: PrimitiveKernel { .elementwise(body: "return x0 * x0 * x0;") }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  func evaluate(_ operands: [Tensor]) -> [Tensor] {
    [Tensor(operands[0].doubles.map { $0 * $0 * $0 }, shape: operands[0].shape)]
  }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [rule.tangents[0].map { 3 * rule.operands[0] * rule.operands[0] * $0 }]
  }
}

/// Linear, without a kernel: evaluated in Swift.
private struct Halve: PrimitiveOperation {
  let name = "halve"
  let operandCount = 1
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  func evaluate(_ operands: [Tensor]) -> [Tensor] {
    [Tensor(operands[0].doubles.map { $0 / 2 }, shape: operands[0].shape)]
  }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [rule.tangents[0].map { Halve()($0)[0] }]
  }
  func transpose(_ rule: PrimitiveCotangents) -> [TracedTensor?] {
    [rule.cotangents[0].map { Halve()($0)[0] }]
  }
}

/// The same, with a way back that has a kernel.
private struct Half: PrimitiveOperation {
  let name = "half"
  let operandCount = 1
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  func evaluate(_ operands: [Tensor]) -> [Tensor] { Halve().evaluate(operands) }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [rule.tangents[0].map { Half()($0)[0] }]
  }
  func transpose(_ rule: PrimitiveCotangents) -> [TracedTensor?] {
    [rule.cotangents[0].map { 0.5 * $0 }]
  }
}

private struct Bare: PrimitiveOperation {
  let name = "bare"
  let operandCount = 1
  var kernel: PrimitiveKernel { .elementwise(body: "return x0;") }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
}

/// With a parameter, and an order of operands that matters.
private struct Blend: PrimitiveOperation {
  let name = "blend"
  let operandCount = 2
  let weight: Double
  var kernel: PrimitiveKernel {
    .composed { [weight] in [weight * $0[0] + (1 - weight) * $0[1]] }
  }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { [operands[0]] }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    let zero = rule.operands[0].zeros
    return [Blend(weight: weight)(rule.tangents[0] ?? zero, rule.tangents[1] ?? zero)[0]]
  }
  func transpose(_ rule: PrimitiveCotangents) -> [TracedTensor?] {
    [weight, 1 - weight].map { w in rule.cotangents[0].map { w * $0 } }
  }
}

/// Two results; named like nothing that can be written without quotes.
private struct Both: PrimitiveOperation {
  let name = "sine & cosine"
  let operandCount = 1
  let resultCount = 2
  var kernel: PrimitiveKernel { .composed { [sin($0[0]), cos($0[0])] } }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { [operands[0], operands[0]] }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [
      rule.tangents[0].map { rule.results[1] * $0 },
      rule.tangents[0].map { -rule.results[0] * $0 },
    ]
  }
}

/// Its kernel gives another type than its type rule.
private struct Wrong: PrimitiveOperation {
  let name = "wrong"
  let operandCount = 1
  var kernel: PrimitiveKernel { .composed { [$0[0].sum()] } }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
}

@Suite struct PrimitiveTests {
  let engine = Engine()
  let x = TracedTensor([0.5, -2])

  @Test func bodyInC() throws {
    let y = Cube()(x)[0]
    #expect(try y.eval(engine).doubles == [0.125, -8])
    #expect(try y.sum().grad(wrt: x).eval(engine).doubles == [0.75, 12])
    #expect(try y.sum().hessian(wrt: x).eval(engine).doubles == [3, 0, 0, -12])
    let looped = forLoop(2, x) { _, x in Cube()(x)[0] }
    #expect(try looped.eval(engine).doubles == [Glibc.pow(0.5, 9), -512])
    let eager = EagerContext(engine).tensor(2.0, requiresGrad: true)
    #expect(try Cube()(eager)[0].backward()[eager]?.number == 12)
  }

  /// Bodies compute in double, f32 too, which is rounded once: 1 + 1e-9 is not 1 in between.
  @Test func bodiesOfFloats() throws {
    struct Beyond: PrimitiveOperation {
      let name = "beyond"
      let operandCount = 1
      var kernel: PrimitiveKernel { .elementwise(body: "return (x0 + 0x1p-30 - x0) * 0x1p30;") }
      func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
    }
    let y = try Beyond()(TracedTensor([Float(1), 3]))[0].eval(engine)
    #expect(y.dtype == .f32 && y.doubles == [1, 1])
  }

  @Test func evaluatedInSwift() throws {
    let y = exp(Halve()(x * 2)[0])
    expectClose(try y.eval(engine).doubles, [0.5, -2].map { Glibc.exp($0) })
    expectClose(
      try y.sum().grad(wrt: x).eval(engine).doubles, [0.5, -2].map { Glibc.exp($0) })
    let eager = EagerContext(engine).tensor(2.0, requiresGrad: true)
    #expect(try Halve()(eager)[0].backward()[eager]?.number == 0.5)
    let graph = try Graph("f", of: y)
    let error = #expect(throws: MissingKernelError.self) { try engine.compile(graph) }
    #expect(error?.operation == "halve")
  }

  @Test func missingRulesAreNamed() throws {
    let y = Bare()(x)[0]
    #expect(try y.eval(engine).doubles == [0.5, -2])
    let error = #expect(throws: MissingRuleError.self) { try y.sum().grad(wrt: x) }
    #expect(error == MissingRuleError(operation: "bare", rule: "jvp"))
    #expect(Cube()(x, x)[0].failure != nil)
    #expect(Wrong()(x)[0].failure?.message.contains("kernel of wrong gives f64") == true)
  }

  /// What is composed reads its operands, and data; what it cannot read is said when it is applied.
  @Test func compositionsReadTheirOperands() throws {
    struct Scaled: PrimitiveOperation {
      let name = "scaled"
      let operandCount = 1
      let factor: TracedTensor
      var parameters: String { "" }
      var kernel: PrimitiveKernel { .composed { [factor] in [factor * $0[0]] } }
      func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
      static func == (a: Self, b: Self) -> Bool { "\(a.factor)" == "\(b.factor)" }
      func hash(into hasher: inout Hasher) {}
    }
    #expect(try Scaled(factor: TracedTensor(3.0))(x)[0].eval(engine).doubles == [1.5, -6])
    let open = Scaled(factor: TracedTensor.input("z"))(x)[0]
    let reason = "scaled: the kernel reads the input z, which is not its own"
    #expect(open.failure?.message.contains(reason) == true)
    #expect(throws: TraceError.self) { try open.eval(engine, ["z": Tensor(2.0)]) }
    _ = forLoop(2, x) { index, x in
      let leaked = Scaled(factor: index.converted(to: .f64))(x)[0]
      #expect(leaked.failure?.message.contains("has no value outside of the closure") == true)
      return x
    }
  }

  @Test func duplicatesAreRefused() throws {
    #expect(throws: DuplicatePrimitiveError.self) { try PrimitiveSet("twice", [Cube(), Cube()]) }
    struct Sine: PrimitiveOperation {
      let name = "sin"
      let operandCount = 1
      func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
    }
    #expect(throws: DuplicatePrimitiveError.self) { try PrimitiveSet("taken", [Sine()]) }
    let set = try PrimitiveSet("own", [Cube(), Halve()])
    #expect(set["cube"]?.name == "cube")
    #expect(throws: DuplicatePrimitiveError.self) { try set.adding([Cube()]) }
  }
  @Test func parametersTellApplicationsApart() throws {
    let set = try PrimitiveSet("own", [Blend(weight: 0.25), Blend(weight: 0.5)])
    #expect(set.operations.map(\.parameters) == ["weight: 0.25", "weight: 0.5"])
    #expect(throws: DuplicatePrimitiveError.self) { try set.adding([Blend(weight: 0.5)]) }
    let a = TracedTensor(8.0)
    let b = TracedTensor(16.0)
    let y = [Blend(weight: 0.25)(a, b)[0], Blend(weight: 0.5)(a, b)[0]]
    #expect(try y.eval(engine).map(\.number) == [14, 12])
  }

  // MARK: - Files

  @Test func graphsWithThemAreReadBack() throws {
    let set = try PrimitiveSet(
      "own", [Cube(), Halve(), Blend(weight: 0.25), Blend(weight: 0.5), Both()])
    let x = TracedTensor.input("x", .f64, ["n"])
    let both = Both()(Blend(weight: 0.25)(x, 1 + x.zeros)[0])
    let y = forLoop(2, Cube()(both[0])[0]) { _, y in Blend(weight: 0.5)(y, both[1])[0] }
    let graph = try Graph("f", of: y.sum())
    #expect(graph.text.contains("`sine & cosine`("))
    #expect(graph.text.contains("parameters=\"weight: 0.5\""))
    let again = try GraphSource(graph.text, primitives: set).graphs[0]
    #expect(again == graph)
    // With u = x/4 + 3/4: Σ sin³u/4 + 3/4 cos u.
    let values = try engine.compile(again.gradient())([vector(0.4, -1)])
    let u = [0.85, 0.5]
    expectClose(
      values[0].number,
      u.map { Glibc.pow(Glibc.sin($0), 3) / 4 + 0.75 * Glibc.cos($0) }.reduce(0, +))
    expectClose(
      values[1].doubles,
      u.map {
        0.25 * (0.75 * Glibc.pow(Glibc.sin($0), 2) * Glibc.cos($0) - 0.75 * Glibc.sin($0))
      })
    // A graph of the name of its operation is no call of itself.
    let cube = try Graph("cube", of: Halve()(Cube()(x)[0])[0])
    #expect(try GraphSource(cube.text, primitives: set).graphs[0] == cube)
    #expect(
      try GraphSource(cube.text, primitives: set).graphs[0](x)[0]
        .eval(engine, ["x": vector(2, -4)]).doubles == [4, -32])
  }

  @Test func unknownOperationsInFiles() throws {
    let text = "jitgrad 1\nfunc f(x: f64) -> (y: f64) {\n  y = cube(x)\n}\n"
    let error = #expect(throws: GraphSourceError.self) { try GraphSource(text, name: "f.jg") }
    #expect(
      error?.description.hasPrefix("f.jg:3:7: error: there is no function named cube") == true)
    #expect(error?.description.contains("note: operations of a program are read with them") == true)
    let set = try PrimitiveSet("own", [Cube(), Blend(weight: 0.5)])
    let near = #expect(throws: GraphSourceError.self) {
      try GraphSource(text.replacing("cube", with: "cubes"), primitives: set)
    }
    #expect(near?.description.contains("help: did you mean 'cube'?") == true)
    let call = "blend(x, x, parameters=\"weight: 0.7\")"
    let other = #expect(throws: GraphSourceError.self) {
      try GraphSource(text.replacing("cube(x)", with: call), primitives: set)
    }
    #expect(other?.description.contains("blend needs \"weight: 0.5\" for parameters") == true)
    let count = #expect(throws: GraphSourceError.self) {
      try GraphSource(text.replacing("cube(x)", with: "cube(x, x)"), primitives: set)
    }
    #expect(count?.description.contains("graph:3:7: error: cube takes 1 argument, found 2") == true)
  }

  // MARK: - Without a kernel, in loops and branches

  /// x ↦ x/2, n times: 2⁻ⁿ.
  @Test func evaluatedInSwiftInLoops() throws {
    let x = TracedTensor([8.0, -24])
    let y = forLoop(3, x) { _, x in Halve()(x)[0] }
    #expect(try y.eval(engine).doubles == [1, -3])
    #expect(try y.sum().grad(wrt: x).eval(engine).doubles == [0.125, 0.125])
    #expect(try (y * y).sum().hessian(wrt: x).eval(engine).doubles == [1 / 32.0, 0, 0, 1 / 32.0])
    // With the number of steps and the sizes open; the way back reads rows of what each step squared.
    let z = TracedTensor.input("z", .f64, ["n"])
    try checkSquares(z, Halve())
    // The way back is compiled but for what reads those rows.
    try checkSquares(z, Half())
  }

  /// x ↦ x²/8 until all elements are below 1.
  private func checkSquares(_ z: TracedTensor, _ half: some PrimitiveOperation) throws {
    let (end, steps) = whileLoop(z, while: { $0.max() > 1 }) { z in half(z * z)[0] / 4 }
    for (values, count) in [([4.0], 2), ([6.0, 0.5], 3), ([0.5, 0.25, 0], 0)] {
      var (expected, slopes) = (values, values.map { _ in 1.0 })
      for _ in 0..<count {
        slopes = zip(slopes, expected).map { $0 * $1 / 4 }
        expected = expected.map { $0 * $0 / 8 }
      }
      let given: Bindings = ["z": Tensor(values, shape: [values.count])]
      let found = try [end, steps, end.sum().grad(wrt: z)].eval(engine, given)
      #expect(found[1].integers == [Int64(count)])
      expectClose(found[0].doubles, expected)
      expectClose(found[2].doubles, slopes)
    }
    #expect(throws: ExecutionError.self) {
      var options = EvaluationOptions()
      options.stepLimit = 2
      _ = try end.eval(engine, ["z": vector(16)], options: options)
    }
  }

  @Test func evaluatedInSwiftInBranchesAndBatches() throws {
    let (a, b) = (TracedTensor(3.0), TracedTensor(5.0))
    let y = branch(a < b) {
      Halve()(a * b)[0]
    } else: {
      a
    }
    #expect(try y.eval(engine).number == 7.5)
    #expect(try y.grad(wrt: [a, b]).eval(engine).map(\.number) == [2.5, 1.5])
    let rows = TracedTensor(matrix([[2, 4], [6, 8]]))
    let halved = vmap(rows) { Halve()($0)[0].sum() }
    #expect(try halved.eval(engine).doubles == [3, 7])
    // What is wrong with sizes is found there, too.
    let (p, q) = (TracedTensor.input("p", .f64, ["n"]), TracedTensor.input("q", .f64, ["m"]))
    let sum = forLoop(2, p + q) { _, x in Halve()(x)[0] + q }
    #expect(throws: BindingError.self) {
      try sum.eval(engine, ["p": vector(1, 2), "q": vector(1, 2, 3)])
    }
  }

  /// A graph file would call the library's.
  @Test func namesOfTheLibraryAreTaken() throws {
    struct Fake: PrimitiveOperation {
      let name = "exp"
      let operandCount = 1
      var kernel: PrimitiveKernel { .elementwise(body: "return 42.0;") }
      func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
    }
    let error = #expect(throws: TraceError.self) {
      try Graph("f", of: [Fake()(TracedTensor.input("x", .f64))[0]], inputs: ["x"])
    }
    #expect(error?.description.contains("exp is an operation of the library") == true)
  }

  /// A rule for tangents that is not linear in them has no transpose; that is its mistake.
  @Test func rulesThatAreNotLinear() throws {
    struct Square: PrimitiveOperation {
      let name = "squared"
      let operandCount = 1
      var kernel: PrimitiveKernel { .elementwise(body: "return x0 * x0;") }
      func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
      func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
        [rule.tangents[0].map { $0 * $0 }]
      }
    }
    let x = TracedTensor.input("x", .f64)
    let error = #expect(throws: DerivativeError.self) { try Square()(x)[0].grad(wrt: x) }
    #expect(error?.description.contains("a rule for tangents: is not linear") == true)
    let graph = try Graph("f", of: [Square()(x)[0]], inputs: ["x"])
    #expect(throws: DerivativeError.self) { try graph.gradient() }
  }
}
