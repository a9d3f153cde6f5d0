// What a derivative is by: inputs by their name, tensors that are asked for twice, tensors that a
// checkpoint has replaced, and those on which nothing depends.
import Glibc
import JitGrad
import Testing

/// A layer whose two matrices may be one.
private struct Tied: TensorTree {
  var encoder: TracedTensor
  var decoder: TracedTensor

  mutating func visit(_ visitor: inout TensorVisitor) {
    visitor.visit(&encoder, "encoder")
    visitor.visit(&decoder, "decoder")
  }
}

@Suite struct VariableTests {
  let engine = Engine()
  let three: Bindings = ["x": Tensor(3.0)]

  // MARK: - Inputs of one name are one input

  /// x·x with two nodes: the derivative by either, or by a third of the name, is 2x.
  @Test func inputsAreKnownByName() throws {
    let (a, b) = (TracedTensor.input("x"), TracedTensor.input("x"))
    let product = a * b
    for variable in [a, b, .input("x")] {
      #expect(try product.grad(wrt: variable).eval(engine, three).number == 6)
      #expect(
        try product.jvp(wrt: variable, tangent: TracedTensor(10.0)).eval(engine, three).number == 60
      )
      #expect(try product.hessian(wrt: variable).eval(engine, three).number == 2)
      #expect(try product.jacobian(wrt: variable).eval(engine, three).number == 6)
      #expect(
        try product.hvp(wrt: variable, tangent: TracedTensor(10.0)).eval(engine, three).number == 20
      )
    }
    #expect(try product.grad(wrt: [a, b]).map { try $0.eval(engine, three).number } == [6, 6])
    let graph = try Graph("f", of: product).gradient(wrt: ["x"])
    #expect(try engine.compile(graph)([Tensor(3.0)])[1].number == 6)
    let other = TracedTensor.input("x", .f64, [2])
    #expect(throws: EvaluationError.self) { try product.grad(wrt: other) }
    // Other names are other inputs.
    #expect(try product.grad(wrt: .input("y")).eval(engine, three).number == 0)
  }

  /// What was made before the input that is asked for reads an older one of its name.
  @Test func olderNodesReadTheInputToo() throws {
    let old = exp(TracedTensor.input("x"))
    let new = TracedTensor.input("x")
    expectClose(
      try (old * new).grad(wrt: new).eval(engine, three).number, 4 * Glibc.exp(3.0))
    // ∂/∂a √a = 1/(2·2), with the equation reading an input of its own.
    let a = TracedTensor.input("a")
    let x = root(TracedTensor(2.0)) { $0 * $0 - TracedTensor.input("a") }
    expectClose(try x.grad(wrt: a).eval(engine, ["a": Tensor(4.0)]).number, 0.25)
    let looped = forLoop(3, TracedTensor(1.0)) { _, y in y * TracedTensor.input("x") }
    #expect(try looped.grad(wrt: new).eval(engine, three).number == 27)
  }

  @Test func inputsOfAFunction() throws {
    let x = TracedTensor.input("x")
    let graph = try trace("f", x) { inner in try (inner * inner * inner).grad(wrt: x) }
    #expect(try engine.compile(graph)([Tensor(3.0)])[0].number == 27)
  }

  // MARK: - The same tensor twice

  @Test func bothPlacesGetTheGradient() throws {
    let x = TracedTensor(3.0)
    let y = x * x
    #expect(try y.grad(wrt: [x, x]).map { try $0.eval(engine).number } == [6, 6])
    let (zero, one) = (TracedTensor(0.0), TracedTensor(1.0))
    #expect(try y.jvp(wrt: [x, x], tangent: [zero, one]).eval(engine).number == 6)
    #expect(try y.jvp(wrt: [x, x], tangent: [one, one]).eval(engine).number == 12)
    // x³: 6x along 1 + 1.
    #expect(
      try (y * x).hvp(wrt: [x, x], tangent: [one, one]).map { try $0.eval(engine).number }
        == [36, 36])
    let v = TracedTensor([1.0, 2, 3])
    #expect(
      try (v * v).sum().grad(wrt: [v, v.reshaped(3)]).map { try $0.eval(engine).doubles }
        == [[2, 4, 6], [2, 4, 6]])
  }

  /// One matrix W in two places of wᵀ W W w: by either, the whole gradient of all uses.
  @Test func tiedWeights() throws {
    let w = TracedTensor(2.0)
    let model = Tied(encoder: w, decoder: w)
    let gradient = try (5 * model.encoder * model.decoder).grad(wrt: model)
    #expect(try gradient.encoder.eval(engine).number == 20)
    #expect(try gradient.decoder.eval(engine).number == 20)
  }

  @Test func namesInAGraphStandOnce() throws {
    let x = TracedTensor.input("x")
    let graph = try Graph("f", of: x * x)
    let error = #expect(throws: DerivativeRequestError.self) {
      try graph.gradient(wrt: ["x", "x"])
    }
    #expect(error?.message == "the derivative by x is asked for twice")
  }

  // MARK: - What a checkpoint has replaced

  @Test func replacedTensorsAreRefused() throws {
    let x = TracedTensor(3.0)
    let h = exp(x)
    let loss = h * h
    let kept = try loss.checkpoint(.nothing)
    let error = #expect(throws: TraceError.self) { try kept.grad(wrt: h) }
    #expect(error?.message.hasSuffix("a checkpoint has replaced it") == true)
    // Also where it is seen by another way, in derivatives, loops, branches and batches.
    let gradient = try kept.grad(wrt: x)
    let looped = forLoop(2, TracedTensor(1.0)) { _, s in s * kept }
    let inside = try forLoop(2, x) { _, s in try (s * h).checkpoint(.nothing) }
    let chosen = branch(x > 0, then: { kept + 1 }, else: { kept })
    let batched = vmap(TracedTensor([1.0, 2])) { $0 * kept }.sum()
    for result in [kept + h, gradient, looped, inside, chosen, batched] {
      #expect(throws: TraceError.self) { try result.grad(wrt: h) }
      #expect(throws: TraceError.self) { try result.jvp(wrt: h, tangent: x) }
      _ = try result.grad(wrt: x)
    }
    #expect(throws: TraceError.self) { try kept.jacobian(wrt: h) }
    #expect(throws: TraceError.self) { try kept.checkpoint(.everything).grad(wrt: h) }
    // The tensor it was made of is what it was.
    expectClose(try loss.grad(wrt: h).eval(engine).number, 2 * Glibc.exp(3.0))
    expectClose(try gradient.eval(engine).number, 2 * Glibc.exp(6.0))
  }

  @Test func tensorsThatAreKept() throws {
    let x = TracedTensor(3.0)
    let h = exp(x)
    var y = h
    for _ in 0..<20 { y = tanh(y) * h }
    for policy in [Checkpointing.nothing, .states(3)] {
      let kept = try y.checkpoint(policy, keeping: [h])
      #expect(
        try [kept.grad(wrt: h), kept.grad(wrt: x)].eval(engine)
          == [y.grad(wrt: h), y.grad(wrt: x)].eval(engine))
    }
    #expect(try y.checkpoint(.nothing, keeping: [y]).grad(wrt: y).eval(engine).number == 1)
  }

  // MARK: - Nothing depends on it

  @Test func zerosWhereNothingDependsOnIt() throws {
    let (x, other) = (TracedTensor([1.0, 2, 3]), TracedTensor([4.0, 5]))
    #expect(try x.sum().grad(wrt: other).eval(engine).doubles == [0, 0])
    for direction in JacobianDirection.allCases {
      let jacobian = try x.jacobian(wrt: other, direction: direction).eval(engine)
      #expect(jacobian == Tensor([0.0, 0, 0, 0, 0, 0], shape: [3, 2]))
    }
    #expect(try sin(x).jacobian(wrt: other).eval(engine).shape == [3, 2])
    #expect(try x.sum().hessian(wrt: other).eval(engine).doubles == [0, 0, 0, 0])
  }

  // MARK: - Numbers

  /// A number in the program is everywhere the same number: no derivative by it means one place.
  @Test func numbersInTheProgramAreNoVariables() throws {
    let (a, two) = (TracedTensor(5.0), TracedTensor.literal(2))
    let scaled = a * two
    let looped = forLoop(3, a) { _, x in x * two }
    for result in [scaled, looped, a * 2.0] {
      let error = #expect(throws: TraceError.self) { try result.grad(wrt: two) }
      #expect(error?.message == "a number in the program is no variable")
      #expect(error?.help == "make it data: TracedTensor(2.0)")
      #expect(throws: TraceError.self) { try result.grad(wrt: [a, two]) }
      #expect(throws: TraceError.self) { try result.jvp(wrt: two, tangent: a) }
      #expect(throws: TraceError.self) { try result.jacobian(wrt: two) }
      #expect(throws: TraceError.self) { try result.hessian(wrt: two) }
    }
    // 8a, whose derivative by a factor of the loop is 3·2²·5.
    let data = TracedTensor(2.0)
    let steps = forLoop(3, a) { _, x in x * data }
    #expect(try steps.grad(wrt: [a, data]).map { try $0.eval(engine).number } == [8, 60])
  }

  /// An operand of an operation of one's own may be a number: its rule differentiates by it all the same.
  @Test func operandsOfRulesMayBeNumbers() throws {
    struct Power: PrimitiveOperation {
      let name = "thrice"
      let operandCount = 2
      /// x·k³, by a loop.
      static func value(_ x: [TracedTensor]) -> TracedTensor {
        forLoop(3, x[0]) { _, y in y * x[1] }
      }
      var kernel: PrimitiveKernel { .composed { [Self.value($0)] } }
      func resultTypes(of operands: [TensorType]) -> [TensorType] { [operands[0]] }
      func jvp(_ rule: PrimitiveTangents) throws -> [TracedTensor?] {
        let tangents = zip(rule.operands, rule.tangents).map { $1 ?? $0.zeros }
        return [try Self.value(rule.operands).jvp(wrt: rule.operands, tangent: tangents)]
      }
    }
    let x = TracedTensor(5.0)
    let y = Power()(x, .literal(2))[0]
    #expect(try y.eval(engine).number == 40)
    #expect(try y.grad(wrt: x).eval(engine).number == 8)
    let k = Power()(.literal(5), x)[0]
    #expect(try k.grad(wrt: x).eval(engine).number == 5 * 3 * 25)
  }
}
