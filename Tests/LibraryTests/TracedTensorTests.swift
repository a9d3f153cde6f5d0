// Traced tensors: operators, shapes, slices, every operation of the catalog by name, derivatives and
// combinators, against values from outside.
import Glibc
import JitGrad
import Testing

@Suite struct TracedTensorTests {
  let engine = Engine()

  @Test func arithmeticBroadcasts() throws {
    let x = TracedTensor(matrix([[1, 2, 3], [4, 5, 6]]))
    let y = TracedTensor([10.0, 20, 30])
    #expect(try (x * y + 1).eval(engine).doubles == [11, 41, 91, 41, 101, 181])
    #expect(try (2 - x / y).eval(engine).shape == [2, 3])
    #expect(try (-x).eval(engine).doubles == [-1, -2, -3, -4, -5, -6])
  }

  @Test func comparisonsAreTensors() throws {
    let x = TracedTensor([1.0, 2, 3])
    #expect(try (x > 1.5).eval(engine).elements(of: Bool.self) == [false, true, true])
    #expect(try ((x > 1) & !(x == 3)).eval(engine).elements(of: Bool.self) == [false, true, false])
    let chosen = TracedTensor.select(x < 2, x * 100, x)
    #expect(try chosen.eval(engine).doubles == [100, 2, 3])
    #expect(try TracedTensor.select(x < 2, x, 0).eval(engine).doubles == [1, 0, 0])
    #expect(try TracedTensor.select(x < 2, 0, x).eval(engine).doubles == [0, 2, 3])
    #expect(try max(x, 2).eval(engine).doubles == [2, 2, 3])
    #expect(try min(2, x).eval(engine).doubles == [1, 2, 2])
  }

  @Test func reductionsAndShapes() throws {
    let x = TracedTensor(matrix([[1, 2, 3], [4, 5, 6]]))
    #expect(try x.sum().eval(engine).number == 21)
    #expect(try x.sum(0).eval(engine).doubles == [5, 7, 9])
    #expect(try x.mean(-1, keep: true).eval(engine).shape == [2, 1])
    #expect(try x.max(1).eval(engine).doubles == [3, 6])
    #expect(try x.transposed().eval(engine).doubles == [1, 4, 2, 5, 3, 6])
    #expect(try x.reshaped(3, 2).eval(engine).shape == [3, 2])
    #expect(try x.converted(to: .i64).eval(engine).integers == [1, 2, 3, 4, 5, 6])
    #expect(try matmul(x, x.transposed()).eval(engine).doubles == [14, 32, 32, 77])
  }

  @Test func slices() throws {
    let x = TracedTensor(matrix([[1, 2, 3], [4, 5, 6]]))
    #expect(try x[0].eval(engine).doubles == [1, 2, 3])
    #expect(try x[-1, 1...].eval(engine).doubles == [5, 6])
    #expect(try x[.all, 0..<2].eval(engine).doubles == [1, 2, 4, 5])
    #expect(try x[.all, .range(step: 2)].eval(engine).doubles == [1, 3, 4, 6])
    let index = TracedTensor(Int64(1))
    #expect(try x[index, 0].eval(engine).number == 4)
    #expect(x[0, 0, 0].failure != nil)
    // Ranges with their last position; −1 is the last of the axis.
    #expect(try x[.all, 0...1].eval(engine).doubles == [1, 2, 4, 5])
    #expect(try x[0, ...1].eval(engine).doubles == [1, 2])
    #expect(try x[0, ...(-1)].eval(engine).doubles == [1, 2, 3])
    #expect(try x[0, -2...(-1)].eval(engine).doubles == [2, 3])
    #expect(try x[0, ...(-2)].eval(engine).doubles == [1, 2])
    #expect(x[0, 0...3].failure != nil)
    #expect(x[0, ...Int.max].failure != nil)
  }

  @Test func operationsByName() throws {
    let x = TracedTensor([3.0, 1, 2])
    expectClose(try op.erf(x).eval(engine).doubles, [3, 1, 2].map { Glibc.erf($0) })
    #expect(try op.cumsum(x, axis: 0).eval(engine).doubles == [3, 4, 6])
    #expect(try op.vector_norm(x, ord: 1).eval(engine).number == 6)
    #expect(try op.hardtanh(x, low: 1.5, high: 2.5).eval(engine).doubles == [2.5, 1.5, 2])
    #expect(op.hardtanh(x, low: "1").failure?.message.contains("cannot take 1 for low") == true)
    #expect(try op.sort(x, axis: 0, descending: true).eval(engine).doubles == [3, 2, 1])
    let top = op.call("top_k", x, attributes: ["k": 2])
    #expect(try top.map { try $0.eval(engine).doubles } == [[3, 2], [0, 2]])
    #expect(try op.concatenate([x, x], axis: 0).eval(engine).shape == [6])
    #expect(try op.clamp(x, 1.5, 2).eval(engine).doubles == [2, 1.5, 2])
    #expect(try op.maximum(x, 2).eval(engine).doubles == [3, 2, 2])
    #expect(try op.select(x > 1.5, x, 0).eval(engine).doubles == [3, 0, 2])
    let n = TracedTensor([3 as Int64, -1])
    #expect(try op.maximum(n, 0).eval(engine).integers == [3, 0])
    #expect(op.maximum(n, 0.5).failure?.message == "0.5 is no i64")
    #expect(op.erf(1.0).failure?.message.contains("erf needs a tensor") == true)
    let unknown = op.cumsun(x)
    #expect(throws: TraceError.self) { try unknown.eval(engine) }
    #expect(unknown.failure?.help?.contains("cumsum") == true)
    #expect(op.cumsum(x, along: 0).failure?.message.contains("no parameter along") == true)
  }

  /// Every name of the catalog is reachable by `op`, without code of its own in the library.
  @Test func everyOperationIsThere() {
    #expect(op.names.count > 120)
    for name in op.names {
      let message = NamedOperationProbe.message(name)
      #expect(!message.contains("there is no operation"), "\(name)")
    }
  }

  @Test func failuresAreThrownWhereAResultIsWanted() throws {
    let sum = TracedTensor([1.0, 2]) + TracedTensor([1.0, 2, 3])
    let error = #expect(throws: TraceError.self) { try exp(sum * 2).eval(engine) }
    #expect(error?.operation == "add")
    #expect(error?.message.contains("f64[2] and f64[3]") == true)
    #expect(error?.help != nil)
    #expect(throws: TraceError.self) { try sum.sum().grad(wrt: sum) }
    #expect(throws: TraceError.self) { try Graph("f", of: sum) }
  }

  @Test func arraysArePrinted() {
    let table = matrix([[1, -0.5], [.infinity, 3]])
    #expect("\(table)" == "[[1.0, -0.5], [inf, 3.0]]")
    #expect(String(reflecting: table) == "f64[2, 2] [[1.0, -0.5], [inf, 3.0]]")
    #expect("\(Tensor(7 as Int64)), \(Tensor([true, false], shape: [2]))" == "7, [true, false]")
    #expect("\(Tensor([Float](), shape: [0]))" == "[]")
    let long = Tensor((0..<2000).map { Double($0) }, shape: [2000])
    #expect("\(long)" == "[0.0, 1.0, 2.0, ..., 1997.0, 1998.0, 1999.0]")
    #expect(String(reflecting: long).hasSuffix(", 999.0, 1000.0, 1001.0, 1002.0\(tail(long))"))
  }

  private func tail(_ tensor: Tensor) -> String {
    tensor.doubles[1003...].map { ", \($0)" }.joined() + "]"
  }

  @Test func inputsAreBoundByName() throws {
    let x = TracedTensor.input("x", .f64, ["n"])
    let mean = x.sum() / TracedTensor.size("n", .f64)
    #expect(try mean.eval(engine, ["x": vector(1, 2, 6)]).number == 3)
    #expect(try mean.eval(engine, ["x": vector(1, 2)]).number == 1.5)
    let error = #expect(throws: EvaluationError.self) { try mean.eval(engine, ["y": vector(1)]) }
    #expect(
      "\(error.map { "\($0)" } ?? "")".contains("the input x: f64[n] has no value; given were y"))
  }
}

/// What a call without operands says.
enum NamedOperationProbe {
  static func message(_ name: String) -> String { op.call(name)[0].failure?.message ?? "" }
}
