// The order of products of many operands, one step after the other: good where no search could look at
// all orders.

/// Takes the pair whose product is smallest compared with its factors, again and again; among equals
/// the one that costs less.
///
/// Pairs without a common label come last, the smallest first. Of a label that very many operands have,
/// only operands near to each other are pairs. The order need not be the cheapest.
/// - Complexity: O(s log s) for s letters in all terms and products.
struct GreedyContraction {
  private let problem: ContractionProblem
  /// By number; `nil` for what a product has taken up.
  private var operands: [[Int]?] = []
  /// Which operands have a label, and how many are left of them.
  private var holders: [[Int]]
  private var holderCounts: [Int]
  private var pairs = MinimumHeap<Pair>()
  /// All operands, for pairs without a common label.
  private var bySize = MinimumHeap<Sized>()

  /// How many of the operands with a label a new one is paired with.
  private static let neighbours = 8

  static func steps(_ problem: ContractionProblem) -> [ContractionPlan.Step] {
    var contraction = GreedyContraction(problem)
    return (1..<problem.operands.count).map { _ in contraction.contract() }
  }

  private init(_ problem: ContractionProblem) {
    self.problem = problem
    holders = [[Int]](repeating: [], count: problem.sizes.count)
    holderCounts = [Int](repeating: 0, count: problem.sizes.count)
    for label in problem.operands.joined() { holderCounts[label] += 1 }
    for labels in problem.operands { add(labels) }
  }

  /// A product that can be taken.
  private struct Pair: Comparable {
    /// By how many elements there would be more.
    let growth: Double
    /// In multiplications.
    let cost: Double
    let step: ContractionPlan.Step

    static func < (a: Pair, b: Pair) -> Bool {
      (a.growth, a.cost, a.step.left, a.step.right) < (b.growth, b.cost, b.step.left, b.step.right)
    }
  }

  private struct Sized: Comparable {
    let size: Double
    let number: Int

    static func < (a: Sized, b: Sized) -> Bool { (a.size, a.number) < (b.size, b.number) }
  }

  private mutating func contract() -> ContractionPlan.Step {
    let step = nextPair ?? smallestPair
    let product = labels(of: step)
    for number in [step.left, step.right] {
      for label in operands[number] ?? [] { holderCounts[label] -= 1 }
      operands[number] = nil
    }
    for label in product { holderCounts[label] += 1 }
    // What other pairs give does not change: the product has what they still need.
    add(product)
    return step
  }

  private var nextPair: ContractionPlan.Step? {
    mutating get {
      while let pair = pairs.popMinimum() {
        if operands[pair.step.left] != nil, operands[pair.step.right] != nil { return pair.step }
      }
      return nil
    }
  }

  /// Two operands without a common label.
  private var smallestPair: ContractionPlan.Step {
    mutating get {
      var found: [Int] = []
      while found.count < 2, let next = bySize.popMinimum() {
        if operands[next.number] != nil { found.append(next.number) }
      }
      found.sort()
      return ContractionPlan.Step(left: found[0], right: found[1])
    }
  }

  /// The next operand, with the pairs it makes.
  private mutating func add(_ labels: [Int]) {
    let number = operands.count
    operands.append(labels)
    bySize.insert(Sized(size: size(labels), number: number))
    var others: Set<Int> = []
    for label in labels {
      while let last = holders[label].last, operands[last] == nil { holders[label].removeLast() }
      others.formUnion(holders[label].suffix(Self.neighbours))
      holders[label].append(number)
    }
    for other in others {
      guard let partner = operands[other] else { continue }
      let step = ContractionPlan.Step(left: other, right: number)
      let growth = size(self.labels(of: step)) - size(partner) - size(labels)
      pairs.insert(Pair(growth: growth, cost: size(union(step)), step: step))
    }
  }

  /// The labels of a product: those that the result or another operand needs.
  private func labels(of step: ContractionPlan.Step) -> [Int] {
    let (left, right) = (operands[step.left] ?? [], operands[step.right] ?? [])
    return union(step).filter { label in
      let own = (left.contains(label) ? 1 : 0) + (right.contains(label) ? 1 : 0)
      return problem.isKept[label] || holderCounts[label] > own
    }
  }

  private func union(_ step: ContractionPlan.Step) -> [Int] {
    let (left, right) = (operands[step.left] ?? [], operands[step.right] ?? [])
    return left + right.filter { !left.contains($0) }
  }

  private func size(_ labels: [Int]) -> Double {
    labels.reduce(1) { $0 * problem.sizes[$1] }
  }
}

/// A binary heap: the least element comes out first.
private struct MinimumHeap<Element: Comparable> {
  private var elements: [Element] = []

  mutating func insert(_ element: Element) {
    elements.append(element)
    var place = elements.count - 1
    while place > 0, elements[place] < elements[(place - 1) / 2] {
      elements.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func popMinimum() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let minimum = elements.first else { return last }
    elements[0] = last
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < elements.count {
        if elements[child] < elements[least] { least = child }
      }
      if least == place { return minimum }
      elements.swapAt(place, least)
      place = least
    }
  }
}
