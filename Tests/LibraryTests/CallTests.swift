// Kernels and what they are called with: memory of the caller, several tasks at once, sizes by name, and
// what is refused.
import Glibc
import JitGrad
import Testing

@Suite struct CallTests {
  let engine = Engine()
  let x = TracedTensor.input("x", .f64, ["n"])

  /// Memory that Swift does not manage, of two dtypes.
  @Test func kernelsTakeBuffers() throws {
    let k = TracedTensor.input("k", .i64)
    let graph = try Graph("f", of: [x * k.converted(to: .f64), x.sum()], inputs: ["x", "k"])
    let bound = try engine.compile(graph).bound(to: [[3], []])
    let elements = UnsafeMutableBufferPointer<Double>.allocate(capacity: 3)
    let factor = UnsafeMutableBufferPointer<Int64>.allocate(capacity: 1)
    let product = UnsafeMutableBufferPointer<Double>.allocate(capacity: 3)
    let sum = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1)
    defer {
      elements.deallocate()
      factor.deallocate()
      product.deallocate()
      sum.deallocate()
    }
    _ = elements.initialize(from: [1, 2, 4])
    _ = factor.initialize(from: [5])
    product.initialize(repeating: 0)
    sum.initialize(repeating: 0)
    let inputs = [UnsafeRawBufferPointer(elements), UnsafeRawBufferPointer(factor)]
    let outputs = [UnsafeMutableRawBufferPointer(product), UnsafeMutableRawBufferPointer(sum)]
    try bound(inputs, into: outputs)
    #expect(Array(product) == [5, 10, 20])
    #expect(sum[0] == 7)
    #expect(throws: MemoryError.self) { try bound([inputs[0]], into: outputs) }
    #expect(throws: MemoryError.self) { try bound([inputs[1], inputs[0]], into: outputs) }
    #expect(throws: MemoryError.self) { try bound(inputs, into: [outputs[1], outputs[0]]) }
    // Nothing is written over what is still to be read.
    let shared = [UnsafeMutableRawBufferPointer(elements), outputs[1]]
    #expect(throws: MemoryError.overlap("x", output: "y0")) { try bound(inputs, into: shared) }
    let within = [outputs[0], UnsafeMutableRawBufferPointer(rebasing: outputs[0][16..<24])]
    #expect(throws: MemoryError.self) { try bound(inputs, into: within) }
    let next = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(elements)[0..<8])
    #expect(throws: MemoryError.self) {
      try bound(
        [inputs[0], next], into: [outputs[0], .init(start: elements.baseAddress! + 2, count: 8)])
    }
    try bound([inputs[0], next], into: outputs)
    #expect(Array(elements) == [1, 2, 4])
  }

  /// One kernel and one bound kernel, with a workspace, called by many tasks at once.
  @Test func manyTasksCallOneKernel() async throws {
    let graph = try Graph("f", of: (sin(x) / exp(x).sum()).sum()).gradient()
    let kernel = try engine.compile(graph)
    let bound = try kernel.bound(to: [[50]])
    func arguments(_ k: Int) -> [Double] { (0..<50).map { Double($0 * (k + 1)) / 500 } }
    let expected = try (0..<8).map { k in
      try kernel([Tensor(arguments(k), shape: [50])]).flatMap(\.doubles)
    }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<16 {
        group.addTask {
          var isRight = true
          var result = [Double](repeating: 0, count: 51)
          for round in 0..<20 {
            let k = (task + round) % 8
            let found = try kernel([Tensor(arguments(k), shape: [50])]).flatMap(\.doubles)
            var span = result.mutableSpan
            try bound(arguments(k).span, into: &span)
            isRight = isRight && found == expected[k] && result == expected[k]
          }
          return isRight
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test func sizesThatNoShapeTells() throws {
    let n = TracedTensor.size("n", .f64)
    #expect(try (n * n).eval(engine, Bindings(sizes: ["n": 7])).number == 49)
    let y = TracedTensor(2.0).broadcast(to: ["n"]).sum() + TracedTensor.input("a")
    for size in [3, 5] {
      let bindings = Bindings(["a": Tensor(1.0)], sizes: ["n": size])
      #expect(try y.eval(engine, bindings).number == Double(2 * size + 1))
    }
    #expect(throws: BindingError.unknownSizes(["n"])) { try y.eval(engine, ["a": Tensor(1.0)]) }
    #expect(throws: BindingError.negativeSize("n", -1)) {
      try n.eval(engine, Bindings(sizes: ["n": -1]))
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let kernel = try engine.compile(Graph("f", of: x + 1))
    #expect(throws: BindingError.rank(input: "x", needed: TensorType(.f64, ["n"]), found: [])) {
      try kernel([Tensor(1.0)])
    }
    #expect(throws: BindingError.negativeSize("n", -5)) { try kernel.byteCount(sizes: ["n": -5]) }
    #expect("\(BindingError.unknownSizes(["n"]))".contains("--bind") == false)
    // Without a limit of the caller's that of the machine holds.
    let wide = try Graph("wide", of: TracedTensor.input("a").broadcast(to: [DimExpr(1 << 50)]))
    #expect(throws: BindingError.self) {
      try engine.compile(wide)([Tensor(1.0)], memoryLimit: .max)
    }
  }

  /// A mistake in the C of an operation is one of the program's.
  @Test func mistakesInABody() throws {
    struct Broken: PrimitiveOperation {
      let name = "broken"
      let operandCount = 1
      var kernel: PrimitiveKernel { .elementwise(body: "return x0 *;") }
      func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
    }
    let y = Broken()(TracedTensor(1.0))[0]
    let error = #expect(throws: KernelBodyError.self) { try y.eval(engine) }
    #expect(error?.operations == ["broken"])
    #expect(error?.description.hasPrefix("the C of broken does not compile: ") == true)
    let looped = forLoop(2, TracedTensor(1.0)) { _, s in Broken()(s)[0] }
    #expect(throws: KernelBodyError.self) { try looped.eval(engine) }
  }

  @Test func stepsOfARangeGoForward() throws {
    for step in [0, -1, Int.min] {
      let error = #expect(throws: TraceError.self) {
        try x[.range(step: step)].eval(engine, ["x": vector(1, 2)])
      }
      #expect(error?.message == "needs a step of at least 1, found \(step)")
    }
  }

  // MARK: - Names

  /// Two leaves of one path are two outputs, in a file as well.
  @Test func outputsHaveNamesOfTheirOwn() throws {
    struct Twins: TensorTree {
      var a: TracedTensor
      var b: TracedTensor
      mutating func visit(_ visitor: inout TensorVisitor) {
        visitor.visit(&a, "w")
        visitor.visit(&b, "w")
      }
    }
    let graph = try Graph("f", of: Twins(a: x + 1, b: x * 2))
    #expect(graph.outputs.map(\.name) == ["w", "w2"])
    let again = try GraphSource(graph.text).graphs[0]
    #expect(try engine.compile(again)([vector(3)]).map(\.number) == [4, 6])
  }
}
