// Sizes from the shapes of inputs and from declared equations.
import Graph
import JIT
import Testing

@Suite struct BindingTests {
  /// The sizes of a function with inputs of these shapes, by name.
  private func sizes(
    _ declared: [[DimExpr]], _ found: [[Int]], where constraints: [Guard] = [],
    given: [String: Int] = [:]
  ) throws -> [String: Int] {
    let builder = GraphBuilder(name: "f")
    for (k, shape) in declared.enumerated() {
      builder.addOutput("y\(k)", -builder.addInput("x\(k)", TensorType(.f64, shape)))
    }
    for constraint in constraints { builder.addConstraint(constraint) }
    let graph = try builder.finished()
    let values = try SizeBinding(graph, symbols: graph.symbols).sizes(found, given)
    return Dictionary(uniqueKeysWithValues: zip(graph.symbols, values))
  }

  @Test func anExtentIsSolved() throws {
    #expect(try sizes([[2 * "n"]], [[6]]) == ["n": 3])
    #expect(try sizes([[2 * "n"]], [[0]]) == ["n": 0])
    #expect(try sizes([[3 * "n" - 1, 4]], [[8, 4]]) == ["n": 3])
    #expect(try sizes([["n" + "m"], ["m"]], [[7], [2]]) == ["n": 5, "m": 2])
    #expect(try sizes([["n" * "m"], ["m"]], [[6], [2]]) == ["n": 3, "m": 2])
    // One after the other, in whatever order they stand.
    #expect(
      try sizes([["a" + "b"], ["b" + "c"], [2 * "c"]], [[9], [7], [6]]) == ["a": 5, "b": 4, "c": 3])
  }

  @Test func anEquationTellsASize() throws {
    #expect(
      try sizes([["m"]], [[4]], where: [Guard("n", .equal, 2 * "m")]) == ["m": 4, "n": 8])
    #expect(
      try sizes([["n"]], [[8]], where: [Guard("n", .equal, 2 * "m")]) == ["n": 8, "m": 4])
    #expect(
      try sizes([["n"]], [[8]], where: [Guard("n", .equal, "k" + 2)], given: ["k": 6])
        == ["n": 8, "k": 6])
    #expect(throws: BindingError.unknownSizes(["m"])) {
      try sizes([["n"]], [[7]], where: [Guard("n", .equal, 2 * "m")])
    }
    #expect(throws: (any Error).self) {
      try sizes([["n"], ["m"]], [[7], [3]], where: [Guard("n", .equal, 2 * "m")])
    }
  }

  @Test func aProductTellsASize() throws {
    #expect(try sizes([["n" * "n"]], [[49]]) == ["n": 7])
    #expect(try sizes([["n" * "n" * "n" + "n"]], [[1_030_301 + 101]]) == ["n": 101])
    #expect(try sizes([["n" * "n"], ["m" * "n"]], [[9], [12]]) == ["n": 3, "m": 4])
    #expect(try sizes([["n" * "n"]], [[0]]) == ["n": 0])
    let odd = BindingError.impossibleExtent(
      input: "x0", axis: 0, needed: "n" * "n", found: 50, shape: [50])
    #expect(throws: odd) { try sizes([["n" * "n"]], [[50]]) }
    // It falls before it grows: two sizes would do.
    #expect(throws: BindingError.self) { try sizes([["n" * "n" - 8 * "n" + 15]], [[3]]) }
  }

  @Test func whatFitsNoSizeIsNamed() throws {
    let odd = BindingError.impossibleExtent(
      input: "x0", axis: 0, needed: 2 * "n", found: 5, shape: [5])
    #expect(throws: odd) { try sizes([[2 * "n"]], [[5]]) }
    #expect(
      odd.description == "x0 needs an extent of the form 2*n on axis 0, found 5 (shape [5])")
    #expect(throws: BindingError.self) { try sizes([["n" + 3]], [[2]]) }
    // Two unknowns in one extent.
    #expect(throws: BindingError.unknownSizes(["m", "n"])) { try sizes([["n" + "m"]], [[5]]) }
    // What is given by name must agree.
    #expect(throws: BindingError.self) { try sizes([[2 * "n"]], [[6]], given: ["n": 2]) }
  }
}
