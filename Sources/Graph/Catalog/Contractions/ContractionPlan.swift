// In which order a product of many operands is taken, two at a time. Exact for few operands; what is
// done for many is in GreedyContraction.swift. How a step is computed is none of its business.

/// Operands by the labels they have, and what labels cost.
///
/// Every label stands in two operands or in an operand and the result: what only one operand has is
/// summed before.
struct ContractionProblem {
  /// The labels of each operand, each once, as indices into `sizes`.
  var operands: [[Int]] = []
  /// The extent of each label.
  var sizes: [Double] = []
  /// Whether the result has it.
  var isKept: [Bool] = []
}

/// Products of two, in order.
struct ContractionPlan: Equatable {
  /// Operands by their numbers; the result of the first step has the number behind the last operand, and
  /// so on.
  struct Step: Equatable {
    let left: Int
    let right: Int
    /// What the product is multiplied with later; `nil` for the last one.
    var reader: Int?
  }

  private(set) var steps: [Step] = []

  /// So many operands are searched exactly: 3⁸ splits take less than a millisecond.
  static let exactCount = 8

  init(_ problem: ContractionProblem) {
    let count = problem.operands.count
    if count < 2 { return }
    if count > Self.exactCount {
      steps = GreedyContraction.steps(problem)
    } else {
      var number = count
      let search = ExactContraction(problem)
      _ = add(search.all, search, &number)
    }
    var partners: [Int: Int] = [:]
    for (place, step) in steps.enumerated().reversed() {
      steps[place].reader = partners[count + place]
      (partners[step.left], partners[step.right]) = (step.right, step.left)
    }
  }

  /// Adds the steps that make the product of a subset; the number of that product.
  private mutating func add(
    _ subset: Int, _ search: ExactContraction, _ next: inout Int
  ) -> Int {
    guard let part = search.best[subset].part else { return subset.trailingZeroBitCount }
    let left = add(part, search, &next)
    let right = add(subset & ~part, search, &next)
    steps.append(Step(left: left, right: right))
    next += 1
    return next - 1
  }
}

/// The cheapest way to make the product of each subset of operands, from smaller subsets.
///
/// A step costs as many multiplications as the labels of both its operands have combinations. Least is
/// the sum over all steps; among equals, the number of elements of all products between. Outer products
/// count among the ways, as they must: with a small operand they can be cheapest.
/// - Complexity: O(3ⁿ · labels) for n operands.
/// - Source: cost and search space as in Pfeifer, Haegeman and Verstraete, Phys. Rev. E 90, 033315
///   (2014), searched by dynamic programming over subsets instead of breadth first.
private struct ExactContraction {
  struct Best {
    var cost: Double
    var elements: Double
    /// The operands of the left factor; `nil` for a single operand.
    var part: Int?
  }

  let all: Int
  /// By the bits of the operands in the subset.
  private(set) var best: [Best]
  private let problem: ContractionProblem
  /// Which operands have a label, as bits.
  private let holders: [Int]

  init(_ problem: ContractionProblem) {
    self.problem = problem
    all = 1 << problem.operands.count - 1
    var holders = [Int](repeating: 0, count: problem.sizes.count)
    for (operand, labels) in problem.operands.enumerated() {
      for label in labels { holders[label] |= 1 << operand }
    }
    self.holders = holders
    best = [Best](repeating: Best(cost: 0, elements: 0), count: all + 1)
    for subset in 1...all where subset.nonzeroBitCount > 1 { best[subset] = cheapest(subset) }
  }

  private func cheapest(_ subset: Int) -> Best {
    let first = subset & -subset
    let elements = size { isOpen($0, subset) }
    var found: Best?
    // Every way to part the subset in two, the first operand on the left.
    var part = (subset - 1) & subset
    while part > 0 {
      if part & first != 0 {
        let rest = subset & ~part
        let cost = best[part].cost + best[rest].cost + size { isOpen($0, part) || isOpen($0, rest) }
        let between = best[part].elements + best[rest].elements + elements
        if found.map({ (cost, between) < ($0.cost, $0.elements) }) ?? true {
          found = Best(cost: cost, elements: between, part: part)
        }
      }
      part = (part - 1) & subset
    }
    return found ?? Best(cost: 0, elements: 0)
  }

  /// Whether the product of a subset has the label: something else needs it.
  private func isOpen(_ label: Int, _ subset: Int) -> Bool {
    holders[label] & subset != 0 && (problem.isKept[label] || holders[label] & ~subset != 0)
  }

  private func size(_ isCounted: (Int) -> Bool) -> Double {
    var product = 1.0
    for label in problem.sizes.indices where isCounted(label) { product *= problem.sizes[label] }
    return product
  }
}
