// Derivatives by structures of tensors, and of structures: each block against closed forms and against
// the derivatives by single tensors.
import Glibc
import JitGrad
import Testing

private struct Line: TensorTree {
  var slope: TracedTensor
  var offset: TracedTensor

  mutating func visit(_ visitor: inout TensorVisitor) {
    visitor.visit(&slope, "slope")
    visitor.visit(&offset, "offset")
  }
}

@Suite struct TreeDerivativeTests {
  let engine = Engine()
  let x = TracedTensor([1.0, 2, 3])
  private let line = Line(slope: TracedTensor([0.5, -1, 2]), offset: TracedTensor(0.25))

  /// y, the sums of the first 1, 2, 3 of slope·x, plus the offset; and ⟨y, y⟩.
  private func outputs(_ line: Line) -> [String: TracedTensor] {
    let y = op.cumsum(line.slope * x) + line.offset
    return ["line": y, "square": (y * y).sum()]
  }

  @Test(arguments: JacobianDirection.allCases)
  func jacobiansInBlocks(_ direction: JacobianDirection) throws {
    // In the order of the paths: line, square.
    let blocks = try TracedTensor.jacobian(of: outputs(line), wrt: line, direction: direction)
    #expect(blocks.count == 2)
    let slope = try blocks[0].slope.eval(engine)
    #expect(slope.shape == [3, 3])
    #expect(slope.doubles == [1, 0, 0, 1, 2, 0, 1, 2, 3])
    #expect(try blocks[0].offset.eval(engine) == Tensor([1.0, 1, 1], shape: [3]))
    let square = try blocks.evaluated(engine)[1]
    expectClose(try square.slope.eval(engine).doubles, [8.5, 14, 28.5])
    expectClose(try square.offset.eval(engine).doubles, [8.5])
    #expect(try square.slope.eval(engine).shape == [3])
    let one = try #require(outputs(line)["square"]).jacobian(wrt: line, direction: direction)
    #expect(try one.slope.eval(engine) == square.slope.eval(engine))
  }

  @Test func hessiansInBlocks() throws {
    let square = try #require(outputs(line)["square"])
    let blocks = try square.hessian(wrt: line)
    #expect(
      try blocks[0].slope.eval(engine)
        == Tensor([6.0, 8, 6, 8, 16, 12, 6, 12, 18], shape: [3, 3]))
    #expect(try blocks[0].offset.eval(engine) == Tensor([6.0, 8, 6], shape: [3]))
    #expect(try blocks[1].slope.eval(engine) == Tensor([6.0, 8, 6], shape: [3]))
    #expect(try blocks[1].offset.eval(engine) == Tensor(6.0))
    #expect(try square.hessian(wrt: line.slope).eval(engine) == blocks[0].slope.eval(engine))
    #expect(throws: TraceError.self) { try x.hessian(wrt: line) }
  }

  /// All outputs along one direction, in one pass.
  @Test func directionsOfTrees() throws {
    let direction = Line(slope: TracedTensor([1.0, 0, -1]), offset: TracedTensor(10.0))
    let found = try TracedTensor.jvp(of: outputs(line), wrt: line, tangent: direction)
    #expect(try found["line"]?.eval(engine).doubles == [11, 11, 8])
    // Σ 2 y dy
    expectClose(try #require(found["square"]).eval(engine).number, 65)
    let square = try #require(outputs(line)["square"])
    let product = try square.hvp(wrt: line, tangent: direction)
    expectClose(try product.slope.eval(engine).doubles, [60, 76, 48])
    expectClose(try product.offset.eval(engine).number, 60)
    let pulled = try TracedTensor.vjp(
      of: outputs(line),
      cotangents: ["line": TracedTensor([1.0, 1, 1]), "square": TracedTensor(2.0)], wrt: line)
    expectClose(try pulled.slope.eval(engine).doubles, [20, 32, 60])
    expectClose(try pulled.offset.eval(engine).number, 20)
    #expect(throws: TraceError.self) {
      try TracedTensor.vjp(
        of: ["line": x], cotangents: ["line": TracedTensor(1.0)], wrt: line)
    }
    // What does not vary, integers among it, has the tangent 0.
    let fixed = [x, TracedTensor([1 as Int64])]
    let zeros = try TracedTensor.jvp(of: fixed, wrt: line, tangent: direction).evaluated(engine)
    #expect(try zeros[0].eval(engine).doubles == [0, 0, 0])
    #expect(try zeros[1].eval(engine).integers == [0])
    #expect(throws: TraceError.self) { try TracedTensor.jacobian(of: fixed, wrt: line) }
  }

  /// By x and by y = exp(x) made of it, (y + d) exp(x) at d = 0: as hvp says.
  @Test func dependentTensors() throws {
    let x = TracedTensor(0.5)
    let y = exp(x)
    let mixed = y * exp(x)
    let e = Glibc.exp(0.5)
    for direction in JacobianDirection.allCases {
      let slopes = try mixed.jacobian(wrt: [x, y], direction: direction)
      expectClose(try slopes.eval(engine).map(\.number), [2 * e * e, e])
    }
    let blocks = try mixed.hessian(wrt: [x, y])
    expectClose(try blocks.flatMap(\.self).eval(engine).map(\.number), [4 * e * e, e, e, 0])
  }

  /// The same tensor in two places has the derivative in both.
  @Test func tiedTensors() throws {
    let w = TracedTensor(2.0)
    let tied = Line(slope: w, offset: w)
    let cube = tied.slope * tied.offset * tied.slope
    for direction in JacobianDirection.allCases {
      let slopes = try cube.jacobian(wrt: tied, direction: direction).evaluated(engine)
      #expect(try slopes.slope.eval(engine).number == 12)
      #expect(try slopes.offset.eval(engine).number == 12)
    }
    #expect(try cube.hessian(wrt: tied)[0].offset.eval(engine).number == 12)
  }
}
