// The order of products of many operands, one step after the other: good where no search could look at
// all orders.

/// Takes the pair whose product is smallest compared with its factors, again and again; among equals
/// the one that costs less.
///
/// Pairs without a common label come last, the smallest first. The order need not be the cheapest.
/// - Complexity: O(n · pairs with a common label), n² for a chain of n operands.
enum GreedyContraction {
  static func steps(_ problem: ContractionProblem) -> [ContractionPlan.Step] {
    var network = Network(problem)
    return (1..<problem.operands.count).map { _ in network.contract() }
  }

  /// A product that can be taken.
  private struct Candidate {
    /// By how many elements there would be more.
    let growth: Double
    /// In multiplications.
    let cost: Double
    let left: Int
    let right: Int

    static func < (a: Candidate, b: Candidate) -> Bool {
      (a.growth, a.cost, a.left, a.right) < (b.growth, b.cost, b.left, b.right)
    }
  }

  /// What is left to be multiplied.
  private struct Network {
    let problem: ContractionProblem
    /// By number; `nil` for what a product has taken up.
    var operands: [[Int]?]
    /// Which operands have a label.
    var holders: [Set<Int>]
    var candidates: [Candidate] = []

    init(_ problem: ContractionProblem) {
      self.problem = problem
      operands = problem.operands
      holders = [Set<Int>](repeating: [], count: problem.sizes.count)
      for (number, labels) in problem.operands.enumerated() {
        for label in labels { holders[label].insert(number) }
      }
      for number in operands.indices { addCandidates(of: number) }
    }

    mutating func contract() -> ContractionPlan.Step {
      let step =
        candidates.min(by: <).map { ContractionPlan.Step(left: $0.left, right: $0.right) }
        ?? smallestPair
      let product = labels(of: step)
      let number = operands.count
      operands.append(product)
      for taken in [step.left, step.right] {
        for label in operands[taken] ?? [] { holders[label].remove(taken) }
        operands[taken] = nil
      }
      for label in product { holders[label].insert(number) }
      // What other pairs give does not change: the product has what they still need.
      candidates.removeAll { operands[$0.left] == nil || operands[$0.right] == nil }
      addCandidates(of: number)
      return step
    }

    private mutating func addCandidates(of number: Int) {
      for other in Set((operands[number] ?? []).flatMap { holders[$0] }) where other < number {
        let step = ContractionPlan.Step(left: other, right: number)
        let growth = size(labels(of: step)) - size(operands[other]) - size(operands[number])
        candidates.append(
          Candidate(growth: growth, cost: size(union(step)), left: other, right: number))
      }
    }

    /// The labels of a product: those that the result or another operand needs.
    private func labels(of step: ContractionPlan.Step) -> [Int] {
      union(step).filter { label in
        problem.isKept[label] || !holders[label].isSubset(of: [step.left, step.right])
      }
    }

    private func union(_ step: ContractionPlan.Step) -> [Int] {
      let (left, right) = (operands[step.left] ?? [], operands[step.right] ?? [])
      return left + right.filter { !left.contains($0) }
    }

    /// Two operands without a common label.
    private var smallestPair: ContractionPlan.Step {
      let left = operands.indices.filter { operands[$0] != nil }
        .sorted { (size(operands[$0]), $0) < (size(operands[$1]), $1) }
        .prefix(2).sorted()
      return ContractionPlan.Step(left: left[0], right: left[1])
    }

    private func size(_ labels: [Int]?) -> Double {
      (labels ?? []).reduce(1) { $0 * problem.sizes[$1] }
    }
  }
}
