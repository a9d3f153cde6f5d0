// The Swift that README and tutorial show, line by line as it stands there, with what it gives. A test
// looks for each of their snippets in this file, so none can be wrong for long.
import Foundation
import JitGrad
import Testing

struct Model: TensorTree {
  var weights: TracedTensor
  var bias: TracedTensor

  mutating func visit(_ visitor: inout TensorVisitor) {
    visitor.visit(&weights, "weights")
    visitor.visit(&bias, "bias")
  }
}

func loss(_ model: Model, _ x: TracedTensor, _ y: TracedTensor) -> TracedTensor {
  let z = matmul(x, model.weights) + model.bias
  return (softplus(z) - y * z).mean()
}

@Suite struct TutorialTests {
  let features = matrix([[1, 0], [0, 2], [1, 1], [-1, 0.5]])
  let labels = vector(1, 0, 1, 0)

  @Test func overview() throws {
    func print(_ found: [Double]) { #expect(found == [2, 4, 6]) }
    let engine = Engine()
    let x = TracedTensor([1.0, 2.0, 3.0])
    let loss = (x * x).sum()
    let gradient = try loss.grad(wrt: x)
    print(try gradient.eval(engine).doubles)  // [2.0, 4.0, 6.0]
  }

  @Test func readme() throws {
    func print(_ found: [Double]) { expectClose(found, [0.5 / 2.0.squareRoot()], 1e-8) }
    let engine = Engine()
    var x = TracedTensor(1.0)
    let a = TracedTensor(2.0)
    while true {  // any Swift; evaluated midway
      let next = x - (x * x - a) / (2 * x)
      if try abs(next - x).eval(engine).doubles[0] < 1e-12 { break }
      x = next
    }
    print(try x.grad(wrt: a).eval(engine).doubles)  // through all steps: [0.35355339…]
  }

  @Test func descent() throws {
    let engine = Engine()
    let (x, y) = (TracedTensor(features), TracedTensor(labels))
    var model = Model(weights: TracedTensor([0.0, 0.0]), bias: TracedTensor(0.0))
    for _ in 0..<400 {
      let gradient = try loss(model, x, y).grad(wrt: model)
      model = try model.combined(with: gradient) { $0 - 0.5 * $1 }.evaluated(engine)
    }
    let curvature = try loss(model, x, y).hessian(wrt: model)
    let mixed = curvature[0].bias  // ∂²loss/∂weights∂bias, of the shape of the weights
    // Σ s(1 − s)x / 4, which goes to 0 with the loss.
    let values = try mixed.eval(engine)
    #expect(values.shape == [2])
    #expect(values.doubles.allSatisfy { abs($0) < 0.05 && $0 != 0 })
    // The two classes can be separated by a line: the loss goes to 0.
    #expect(try loss(model, x, y).eval(engine).number < 0.05)
    #expect(engine.counters.compiles <= 4)
  }

  /// x ← x/2 + p until x is less than 1e-9 away from 2p, so that the loss (x − 1)² is known.
  @Test func midway() throws {
    let engine = Engine()
    let (start, limit) = (TracedTensor(8.0), 100)
    let parameters = TracedTensor(0.75)
    func f(_ x: TracedTensor, _ p: TracedTensor) -> TracedTensor { abs(x - 2 * p) }
    func g(_ y: TracedTensor) -> TracedTensor { 2 * parameters + y / 2 }
    func loss(_ x: TracedTensor) -> TracedTensor { (x - 1) * (x - 1) }
    var x = start
    for _ in 0..<limit {
      let y = f(x, parameters)
      if try y.eval(engine).doubles[0] < 1e-9 { break }
      x = g(y)
    }
    let sensitivity = try loss(x).grad(wrt: parameters).eval(engine)
    expectClose(sensitivity.number, 2 * (1.5 - 1) * 2, 1e-8)
  }

  @Test func loopsEquationsAndRules() throws {
    let engine = Engine()
    let a = TracedTensor(2.0)
    let (found, steps) = whileLoop(a, while: { x in abs(x * x - a) > 1e-12 }) { x in
      x - (x * x - a) / (2 * x)
    }
    let slope = try found.grad(wrt: a)
    #expect(try steps.eval(engine).integers == [5])
    expectClose(try slope.eval(engine).number, 0.5 / 2.0.squareRoot())
    let x = root(found) { x in x * x - a }
    let exact = try x.grad(wrt: a)
    expectClose(try exact.eval(engine).number, 0.5 / 2.0.squareRoot())
    let v = TracedTensor([0.0, 0.0])
    let norm = CustomDerivative("norm") { (x: TracedTensor) in
      sqrt((x * x).sum())
    } vjp: { x, y, ct in
      ct * x / TracedTensor.select(y > 0, y, y.ones)  // 0 at 0, and not 0/0
    }
    let atZero = try norm(v).grad(wrt: v)
    #expect(try atZero.eval(engine).doubles == [0, 0])
  }

  @Test func kernelsAndFiles() throws {
    let engine = Engine()
    let (w, b) = (vector(1, -1), Tensor(0.5))
    let graph = try trace(
      "loss", Model(weights: .input("w", .f64, ["d"]), bias: .input("b")),
      TracedTensor.input("x", .f64, ["n", "d"]), TracedTensor.input("y", .f64, ["n"])
    ) { model, x, y in loss(model, x, y) }
    let kernel = try engine.compile(graph.gradient(wrt: ["w", "b"]))
    let results = try kernel([w, b, features, labels])  // any sizes: nothing is compiled again
    func value(_ p: [Double]) -> Double {
      let z = (0..<4).map { k in
        p[0] * features.doubles[2 * k] + p[1] * features.doubles[2 * k + 1] + p[2]
      }
      return zip(z, labels.doubles).map { log1p(exp($0)) - $1 * $0 }.reduce(0, +) / 4
    }
    expectClose(results[0].number, value([1, -1, 0.5]))
    let slopes = (0..<3).map { difference([1, -1, 0.5], $0, value) }
    expectClose(results[1].doubles + results[2].doubles, slopes, 1e-9)
    let arguments = [w, b, features, labels].flatMap(\.doubles)
    let bound = try kernel.bound(sizes: ["n": 4, "d": 2])
    var found = [Double](repeating: 0, count: bound.outputElementCount)
    var span = found.mutableSpan
    try bound(arguments.span, into: &span)  // w, b, x and y, end to end
    #expect(found == results.flatMap(\.doubles))

    let folder = FileManager.default.temporaryDirectory
    let path = folder.appendingPathComponent("\(UUID().uuidString).jg").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try graph.text.write(toFile: path, atomically: true, encoding: .utf8)
    let again = try GraphSource(String(contentsOfFile: path, encoding: .utf8)).graphs[0]
    #expect(again == graph)
  }

  /// Every snippet stands in this file, but for its indentation.
  @Test(arguments: [
    "README.md", "Sources/JitGrad/JitGrad.docc/JitGrad.md",
    "Sources/JitGrad/JitGrad.docc/Fitting.md",
  ])
  func snippetsAreTested(_ page: String) throws {
    func lines(_ text: some StringProtocol) -> String {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }.joined(separator: "\n")
    }
    let here = URL(fileURLWithPath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let own = lines(try String(contentsOf: here, encoding: .utf8))
    let text = try String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)
    let snippets = text.components(separatedBy: "```swift\n").dropFirst()
      .map { $0.components(separatedBy: "\n```")[0] }
    #expect(!snippets.isEmpty)
    for snippet in snippets { #expect(own.contains(lines(snippet)), "\(snippet)") }
  }
}
