// The order of products: the exact search against all orders there are, the greedy one where it is known
// to be right.
import Testing

@testable import Graph

@Suite struct ContractionPlanTests {
  /// The multiplications of a plan, counted step by step.
  private func cost(_ steps: [ContractionPlan.Step], _ problem: ContractionProblem) -> Double {
    var operands: [Set<Int>?] = problem.operands.map { Set($0) }
    var cost = 0.0
    for step in steps {
      let all = (operands[step.left] ?? []).union(operands[step.right] ?? [])
      (operands[step.left], operands[step.right]) = (nil, nil)
      cost += all.reduce(1) { $0 * problem.sizes[$1] }
      let needed = Set(operands.compactMap(\.self).joined())
      operands.append(all.filter { problem.isKept[$0] || needed.contains($0) })
    }
    return cost
  }

  /// The least cost over all ways to take two and put their product back.
  private func least(_ operands: [Set<Int>], _ problem: ContractionProblem) -> Double {
    if operands.count == 1 { return 0 }
    var best = Double.infinity
    for i in operands.indices {
      for j in operands.indices where j > i {
        let all = operands[i].union(operands[j])
        var rest = operands
        rest.remove(at: j)
        rest.remove(at: i)
        let needed = Set(rest.joined())
        let product = all.filter { problem.isKept[$0] || needed.contains($0) }
        let own = all.reduce(1) { $0 * problem.sizes[$1] }
        best = min(best, own + least(rest + [product], problem))
      }
    }
    return best
  }

  /// Random networks whose labels stand in two operands or more, or in one and the result.
  private func problem(_ count: Int, seed: Int) -> ContractionProblem {
    var state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 | 1
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var problem = ContractionProblem()
    problem.operands = [[Int]](repeating: [], count: count)
    for label in 0..<count + 2 {
      problem.sizes.append(Double([1, 2, 3, 5, 8][random(5)]))
      let holders = Set((0..<2 + random(2)).map { _ in random(count) })
      problem.isKept.append(holders.count == 1 || random(4) == 0)
      for holder in holders { problem.operands[holder].append(label) }
    }
    return problem
  }

  @Test(arguments: [2, 3, 4, 5, 6]) func exactIsLeast(_ count: Int) {
    for seed in 0..<(count == 6 ? 5 : 30) {
      let problem = problem(count, seed: seed)
      let plan = ContractionPlan(problem)
      #expect(plan.steps.count == count - 1)
      #expect(
        cost(plan.steps, problem) == least(problem.operands.map { Set($0) }, problem), "\(seed)")
    }
  }

  /// Never less than the exact search, and every operand is used once.
  @Test(arguments: 3...7) func greedyIsAPlan(_ count: Int) {
    for seed in 0..<20 {
      let problem = problem(count, seed: seed)
      let steps = GreedyContraction.steps(problem)
      let used = steps.flatMap { [$0.left, $0.right] }.sorted()
      #expect(used == Array(0..<2 * count - 2), "\(seed)")
      #expect(cost(steps, problem) >= cost(ContractionPlan(problem).steps, problem))
    }
  }

  /// A hundred vectors along one label with a matrix among them: elements first, then the matrix.
  @Test func labelOfMany() {
    var problem = ContractionProblem()
    problem.operands = (0..<100).map { $0 == 30 ? [0, 1] : [0] } + [[1]]
    problem.sizes = [10, 50]
    problem.isKept = [false, false]
    // 98 products of elements, the matrix with its vector, and a last sum.
    #expect(cost(ContractionPlan(problem).steps, problem) == 98 * 10 + 500 + 10)
  }

  /// A chain of matrices with a vector at its end is taken from there: n products with a vector.
  @Test func chainFromItsVector() {
    let count = 60
    var problem = ContractionProblem()
    problem.operands = (0..<count).map { [$0, $0 + 1] } + [[count]]
    problem.sizes = [Double](repeating: 10, count: count + 1)
    problem.isKept = (0...count).map { $0 == 0 }
    #expect(cost(ContractionPlan(problem).steps, problem) == 100 * Double(count))
  }

  /// Chains, scalars and a label that all have, so many that looking at all pairs would take minutes.
  @Test(arguments: ["chain", "scalars", "hub"]) func thousands(_ kind: String) {
    let count = 4000
    var problem = ContractionProblem()
    problem.operands = (0..<count).map {
      kind == "chain" ? [$0, $0 + 1] : kind == "hub" ? [0] : []
    }
    problem.sizes = [Double](repeating: 3, count: count + 1)
    problem.isKept = (0...count).map { kind == "chain" && $0 % count == 0 }
    let steps = ContractionPlan(problem).steps
    let used = steps.flatMap { [$0.left, $0.right] }.sorted()
    #expect(used == Array(0..<2 * count - 2))
  }

  /// With a small operand an outer product is cheapest: u[i] v[j] first, then with the large A[i, j, k].
  @Test func outerProductsCount() {
    var problem = ContractionProblem()
    problem.operands = [[0], [0, 1, 2], [1]]
    problem.sizes = [2, 2, 1000]
    problem.isKept = [false, false, true]
    let steps = ContractionPlan(problem).steps
    #expect(steps[0].left == 0 && steps[0].right == 2)
    #expect(cost(steps, problem) == 4 + 4000)
  }

  @Test func nothingToDo() {
    var problem = ContractionProblem()
    #expect(ContractionPlan(problem).steps.isEmpty)
    problem.operands = [[]]
    #expect(ContractionPlan(problem).steps.isEmpty)
  }
}
