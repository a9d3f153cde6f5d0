// Derivatives by intermediate values: y stands for what made it plus a variable of its own, so
// second derivatives are symmetric, and nothing that merely equals y varies with it.
import Autodiff
import Foundation
import Frontend
import Graph
import Testing

@Suite struct IntermediateTests {
  /// Outputs by name, of the derivative of the only function of a text.
  private func values(
    _ text: String, _ mode: DerivativeMode, wrt: [String], of outputs: [String]? = nil,
    inputs: [Double] = [0.5], isDistinct: Bool = true
  ) throws -> [String: Double] {
    let graph = try read(text, isDistinct ? wrt : [])
    return try values(try graph.derivative(mode, wrt: wrt, of: outputs), inputs)
  }

  private func values(_ graph: Graph, _ inputs: [Double]) throws -> [String: Double] {
    let results = try ReferenceEvaluator.run(
      graph, inputs: inputs.map { Tensor($0) }, sizes: [:])
    return Dictionary(
      uniqueKeysWithValues: zip(graph.outputs.map(\.name), results).map { ($0, $1.doubles[0]) })
  }

  private func read(_ text: String, _ distinct: [String] = []) throws -> Graph {
    let file = GraphFile(SourceFile(name: "f", text: "jitgrad 1\n" + text), distinct: distinct)
    return try #require(file.graphs.last, "\(file.diagnostics)")
  }

  private func isClose(_ found: Double?, _ wanted: Double) -> Bool {
    found.map { abs($0 - wanted) <= 1e-12 * max(1, abs(wanted)) } ?? false
  }

  /// Functions with their first and second derivative, at 0.5.
  private static let functions: [(String, Double, Double, Double)] = {
    let (e, t, root) = (exp(0.5), tanh(0.5), 0.5.squareRoot())
    let s = 1 / (1 + exp(-0.5))
    return [
      ("exp", e, e, e), ("tanh", t, 1 - t * t, -2 * t * (1 - t * t)),
      ("sigmoid", s, s * (1 - s), s * (1 - s) * (1 - 2 * s)),
      ("sqrt", root, 0.5 / root, -0.25 / (0.5 * root)),
    ]
  }()

  @Test(arguments: [true, false])
  func hessiansAreThoseOfAnAddedVariable(_ isDistinct: Bool) throws {
    for (name, y, first, second) in Self.functions {
      let text = "func f(x: f64) -> (s) {\n  y = \(name)(x)\n  s = y^2\n}\n"
      // s = (y(x) + d)², at d = 0.
      let h = try values(text, .hessian, wrt: ["x", "y"], isDistinct: isDistinct)
      #expect(isClose(h["grad.x"], 2 * y * first) && isClose(h["grad.y"], 2 * y), "\(name): \(h)")
      #expect(isClose(h["hessian.x.x"], 2 * first * first + 2 * y * second), "\(name): \(h)")
      #expect(isClose(h["hessian.x.y"], 2 * first), "\(name): \(h)")
      #expect(isClose(h["hessian.y.x"], 2 * first), "\(name): \(h)")
      #expect(isClose(h["hessian.y.y"], 2), "\(name): \(h)")
      let product = try values(
        text, .hvp, wrt: ["x", "y"], inputs: [0.5, 0, 1], isDistinct: isDistinct)
      #expect(isClose(product["hvp.x"], 2 * first), "\(name): \(product)")
      #expect(isClose(product["hvp.y"], 2), "\(name): \(product)")
    }
  }

  /// What a rule makes may equal the variable by chance: (x²)' is 2·x, like z.
  @Test func rulesThatMakeTheSameExpression() throws {
    let text = "func f(x: f64) -> (s) {\n  z = x*2\n  s = z*x^2\n}\n"
    let h = try values(text, .hessian, wrt: ["x", "z"])
    // s = (2x + d)·x².
    #expect(isClose(h["hessian.x.x"], 12 * 0.5), "\(h)")
    #expect(isClose(h["hessian.x.z"], 2 * 0.5) && isClose(h["hessian.z.x"], 2 * 0.5), "\(h)")
    #expect(isClose(h["hessian.z.z"], 0), "\(h)")
  }

  /// A derivative as a graph, differentiated again, also through its text.
  @Test func thirdOrder() throws {
    let source = try read("func f(x: f64) -> (s) {\n  y = exp(x)\n  s = y^3\n}\n", ["y"])
    let e = exp(0.5)
    let second = try source.derivative(.hessian, wrt: ["x", "y"], of: ["s"])
    for graph in [second, try read(String(second.languageText.dropFirst("jitgrad 1\n".count)))] {
      // s = (e + d)³: ∂²s/∂d∂x = 6(e + d)·e, by d 6e; by x 12e²; ∂³s/∂d³ = 6.
      let mixed = try graph.derivative(.gradient, wrt: ["x", "y"], of: ["hessian.x.y"])
      let found = try values(mixed, [0.5])
      #expect(isClose(found["grad.y.2"], 6 * e) || isClose(found["grad.y"], 6 * e), "\(found)")
      let outputs = mixed.outputs.map(\.name)
      let results = try ReferenceEvaluator.run(mixed, inputs: [Tensor(0.5)], sizes: [:])
        .map { $0.doubles[0] }
      #expect(isClose(results[outputs.count - 2], 12 * e * e), "\(outputs) \(results)")
      #expect(isClose(results[outputs.count - 1], 6 * e), "\(outputs) \(results)")
    }
  }

  private static let twins = """
    func f(x: f64) -> (s) {
      y = x
      z = x*2
      w = x*2
      s = y^2*x + z*w + z*(x*2)
    }

    """

  @Test func equalExpressionsAreToldApart() throws {
    // At x = 1.5: ∂s/∂z = w + 2x = 6, ∂s/∂w = z = 3, ∂s/∂y = 2·y·x = 4.5.
    for names in [["z"], ["w"], ["y"], ["z", "w"], ["w", "y", "z", "x"]] {
      let found = try values(Self.twins, .gradient, wrt: names, inputs: [1.5])
      let wanted = ["z": 6.0, "w": 3, "y": 4.5]
      for name in names.filter({ $0 != "x" }) {
        #expect(isClose(found["grad.\(name)"], wanted[name]!), "\(names): \(found)")
      }
      // s = x³ + 4x² + 4x².
      if names.contains("x") {
        #expect(isClose(found["grad.x"], 3 * 1.5 * 1.5 + 16 * 1.5), "\(found)")
      }
    }
    let h = try values(Self.twins, .hessian, wrt: ["z", "w"], inputs: [1.5])
    #expect(isClose(h["hessian.z.w"], 1) && isClose(h["hessian.w.z"], 1), "\(h)")
    #expect(isClose(h["hessian.z.z"], 0) && isClose(h["hessian.w.w"], 0), "\(h)")
    let outputs = "func f(x: f64) -> (a, b) {\n  a = x*2\n  b = x*2\n}\n"
    #expect(try values(outputs, .gradient, wrt: ["b"], of: ["a"])["grad.b"] == 0)
    #expect(try values(outputs, .gradient, wrt: ["b"], of: ["b"])["grad.b"] == 1)
    let copy = "func f(x: f64) -> (s) {\n  y = x*2\n  s = y\n}\n"
    #expect(try values(copy, .gradient, wrt: ["y"])["grad.y"] == 1)
  }

  /// A graph that was read without the names says so, instead of a number.
  @Test func mergedNamesAreAnError() throws {
    let graph = try read(Self.twins)
    for (name, other) in [("z", "w"), ("w", "z"), ("y", "x")] {
      let error = #expect(throws: DerivativeRequestError.self) {
        try graph.derivative(.gradient, wrt: [name])
      }
      #expect(error?.message.contains("\(name) and \(other) are one value") == true, "\(error!)")
    }
    #expect(isClose(try values(try graph.gradientOfX(), [1.5])["grad.x"], 6.75 + 24))
    let error = #expect(throws: DerivativeRequestError.self) {
      try graph.derivative(.gradient, wrt: ["q"])
    }
    #expect(error?.help == "its inputs are x; its named values are z, s, w, y")
  }
}

extension Graph {
  fileprivate func gradientOfX() throws -> Graph { try derivative(.gradient, wrt: ["x"]) }
}
