// An `if` and a `switch` of an element, over a batch of elements: each goes its own way in the loop over
// the batch, and nothing of the ways not taken reaches value or derivative of any element.
import Autodiff
import Frontend
import Graph
import JIT
import Testing

@testable import Lowering

@Suite struct BranchBatchTests {
  /// What is not taken is NaN or infinite where it is not taken, in value and slope.
  private static let root = """
    func f(x: f64) -> (y: f64) { y = if x > 0.0 { sqrt(x) * 3 } else { 1 / (x - 1) } }
    """
  private static let choice = """
    func f(x: f64, k: i64) -> (y: f64) {
      y = switch k { case 0 { log(x) } case 1 { sqrt(-x) } case 7 { 1 / x } else { x * x } }
    }
    """

  /// The function of a batch, all inputs with an axis in front.
  private func batched(_ graph: Graph, _ rows: DimExpr = "rows") throws -> Graph {
    let builder = GraphBuilder(name: graph.name)
    let hidden = graph.inputs.map { builder.addHidden(graph.type(of: $0.value)) }
    let inputs = graph.inputs.map { input in
      builder.addInput(input.name, graph.type(of: input.value).stacked(rows))
    }
    let outputs = try builder.inline(graph, hidden)
    let made = try Batched(
      builder, of: outputs.map(\.value),
      seeds: Dictionary(uniqueKeysWithValues: zip(hidden.map(\.value), inputs)), extent: rows)
    for (output, value) in zip(graph.outputs, outputs) {
      builder.addOutput(output.name, try #require(made[value.value]))
    }
    return try builder.finished()
  }

  private func graph(_ text: String) throws -> Graph {
    let file = GraphFile(SourceFile(name: "test", text: "jitgrad 1\n" + text))
    try #require(
      !file.hasErrors, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
    return file.graphs[0]
  }

  /// Value, first and second derivative by x, element by element.
  private typealias Jet = (value: Double, slope: Double, bend: Double)

  private func expectJets(
    _ text: String, _ arguments: [Tensor], _ expected: [Jet]
  ) throws {
    let one = try graph(text)
    let count = expected.count
    let ones = Tensor([Double](repeating: 1, count: count), shape: [count])
    // The derivative of the batch, and the batch of the derivative; forward over reverse for both.
    let vjp = try one.derivative(.vjp, wrt: ["x"])
    let ways = [
      try batched(one).derivative(.vjp, wrt: ["x"])
        .derivative(.jvp, wrt: ["x"], of: ["y", "grad.x"]),
      try batched(vjp.derivative(.jvp, wrt: ["x"], of: ["y", "grad.x"])),
      try batched(vjp).derivative(.jvp, wrt: ["x"], of: ["y", "grad.x"]),
    ]
    for (number, way) in ways.enumerated() {
      // Cotangents and tangents stand behind, and all are 1.
      let more = [Tensor](repeating: ones, count: way.inputs.count - arguments.count)
      let kernel = try Engine().compile(way)
      let results = [
        try kernel(arguments + more),
        try ReferenceEvaluator.run(way, inputs: arguments + more, sizes: ["rows": count]),
      ]
      for found in results {
        let named = Dictionary(uniqueKeysWithValues: zip(way.outputs.map(\.name), found))
        for (k, jet) in expected.enumerated() {
          for (name, value) in [
            ("y", jet.value), ("grad.x", jet.slope), ("jvp.y", jet.slope), ("jvp.grad.x", jet.bend),
          ] {
            let one = named[name]?.doubles[k] ?? .nan
            #expect(
              abs(one - value) <= 1e-13 * max(1, abs(value)),
              "way \(number), \(name)[\(k)] = \(one), expected \(value)")
          }
        }
      }
    }
  }

  @Test func ifTakesItsOwnBranch() throws {
    // √x has no slope at 0, 1 / (x − 1) no value at 1: both are in the batch, on the other side.
    let x = [4.0, 0, 1, -1, 0.25, -3, .leastNormalMagnitude]
    let expected = x.map { x -> Jet in
      if x > 0 {
        let root = x.squareRoot()
        return (3 * root, 1.5 / root, -0.75 / (root * x))
      }
      let d = x - 1
      return (1 / d, -1 / (d * d), 2 / (d * d * d))
    }
    // The smallest one overflows in its own branch; it is there for the values of the others.
    try expectJets(
      Self.root, [Tensor(Array(x.dropLast()), shape: [x.count - 1])], expected.dropLast())
    let all = try Engine().compile(batched(graph(Self.root)))([Tensor(x, shape: [x.count])])
    #expect(all[0].doubles.allSatisfy { $0.isFinite })
  }

  @Test func switchTakesItsOwnCase() throws {
    // log of negative numbers, √ of positive ones, 1 / 0: never in the element's own case.
    let elements: [(x: Double, k: Int64)] = [
      (2, 0), (-4, 1), (-2, 7), (0, 3), (-1, -1), (0.5, 0), (-9, 1), (4, 7), (0, 100),
    ]
    let expected = elements.map { x, k -> Jet in
      switch k {
      case 0: (ScalarFunction.log.value([Scalar(x, .f64)]).real, 1 / x, -1 / (x * x))
      case 1: ((-x).squareRoot(), -0.5 / (-x).squareRoot(), -0.25 / ((-x).squareRoot() * -x))
      case 7: (1 / x, -1 / (x * x), 2 / (x * x * x))
      default: (x * x, 2 * x, 2)
      }
    }
    try expectJets(
      Self.choice,
      [
        Tensor(elements.map(\.x), shape: [elements.count]),
        Tensor(integers: elements.map(\.k), dtype: .i64, shape: [elements.count]),
      ], expected)
  }

  /// A function with a branch that is called for every row in a loop, and batched from outside.
  @Test func branchesInLoopsTakeTheirOwn() throws {
    let text = """
      func f(x: f64) -> (y: f64) {
        y = for i in 0..<3 carry y = x { if y > 0.0 { sqrt(y) } else { y * y + 1 / y } }
      }
      """
    let x = [4.0, -2, 0.5, -1.5, -0.5]
    let expected = x.map { x -> Jet in
      var (y, slope, bend) = (x, 1.0, 0.0)
      for _ in 0..<3 {
        let jet: Jet
        if y > 0 {
          let root = y.squareRoot()
          jet = (root, 0.5 / root, -0.25 / (root * y))
        } else {
          jet = (y * y + 1 / y, 2 * y - 1 / (y * y), 2 + 2 / (y * y * y))
        }
        bend = jet.bend * slope * slope + jet.slope * bend
        (y, slope) = (jet.value, jet.slope * slope)
      }
      return (y, slope, bend)
    }
    try expectJets(text, [Tensor(x, shape: [x.count])], expected)
  }

  /// In C there is a branch in the loop over the batch, and nothing of the branches stands outside of it.
  @Test(arguments: [(root, "sqrt"), (choice, "log")]) func oneBranchAnElement(
    _ text: String, _ function: String
  ) throws {
    let one = try graph(text)
    for graph in [try batched(one), try batched(one).derivative(.vjp, wrt: ["x"])] {
      let program = try lower(graph.simplified(), .jit)
      var inBranches = 0
      var elsewhere = 0
      func count(_ statements: [Lowering.Statement], _ isInLoop: Bool, _ isInBranch: Bool) {
        for statement in statements {
          statement.expression?.forEach { e in
            guard case .apply(let f, _, _) = e, f.name == function else { return }
            if isInBranch { inBranches += 1 } else { elsewhere += 1 }
          }
          switch statement {
          case .loop(let loop): count(loop.body, true, isInBranch)
          case .when(_, let inner): count(inner, isInLoop, isInBranch)
          case .branch(let branch):
            for body in branch.bodies { count(body, isInLoop, isInLoop) }
          default: break
          }
        }
      }
      count(program.body, false, false)
      #expect(inBranches > 0 && elsewhere == 0, "\(program.text)")
    }
  }
}
