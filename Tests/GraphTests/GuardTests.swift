// Guards: what is decided for all sizes really holds for all of them, and what one guard implies
// holds wherever it does. By brute force over small sizes.

import Graph
import Testing

@Suite struct GuardTests {
  static let relations: [Guard.Relation] = [
    .equal, .notEqual, .less, .lessOrEqual, .broadcastable, .stretchable,
  ]
  static let expressions: [DimExpr] = [
    0, 1, 2, -1, "n", "m", "n" + 1, "n" - 1, 2 * "n", "n" + "m", "n" * "m", 2 - "n", -"n",
    .floorDiv("n", 2), .mod("n", 3), .min("n", "m"), .max("n", 1), .broadcast("n", "m"),
    .floorDiv("n" - 3, 2), .mod("n" - 3, 2),
  ]

  private func holds(_ condition: Guard, _ sizes: [String: Int]) -> Bool? {
    guard let a = condition.lhs.value(sizes), let b = condition.rhs.value(sizes) else { return nil }
    return condition.holds(a, b)
  }

  private static let guards: [Guard] = relations.flatMap { relation in
    expressions.flatMap { a in expressions.map { Guard(a, relation, $0) } }
  }

  private static let sizes: [[String: Int]] = (0..<6).flatMap { n in
    (0..<6).map { ["n": n, "m": $0] }
  }

  @Test func decidedIsSound() {
    for condition in Self.guards {
      guard let decided = condition.decided else { continue }
      for sizes in Self.sizes {
        if let holds = holds(condition, sizes) {
          #expect(holds == decided, "\(condition) at \(sizes)")
        }
      }
    }
  }

  /// The plain cases are seen.
  @Test func decidedIsUseful() {
    #expect(Guard("n", .equal, "n").decided == true)
    #expect(Guard("n", .equal, "n" + 1).decided == false)
    #expect(Guard(0, .lessOrEqual, "n").decided == true)
    #expect(Guard("n", .less, 0).decided == false)
    #expect(Guard("n", .equal, "m").decided == nil)
    #expect(Guard(3, .broadcastable, 4).decided == false)
    #expect(Guard(3, .broadcastable, 1).decided == true)
    #expect(Guard("n", .broadcastable, "m").decided == nil)
    #expect(Guard("n" - 1, .lessOrEqual, "n").decided == true)
  }

  @Test(arguments: relations) func impliedIsSound(_ relation: Guard.Relation) {
    let premises = Self.guards.filter { $0.relation == relation }
    for premise in premises {
      let truth = Self.sizes.map { holds(premise, $0) }
      for conclusion in Self.guards where premise.implies(conclusion) {
        for (sizes, known) in zip(Self.sizes, truth) where known == true {
          #expect(
            holds(conclusion, sizes) != false, "\(premise) implies \(conclusion) at \(sizes)")
        }
      }
    }
  }

  @Test func overflowImpliesNothing() {
    let guards = Self.relations.map { Guard(.overflow, $0, "n") }
    for a in guards {
      #expect(a.decided == nil)
      for b in guards + [Guard("n", .equal, "n" + 1)] { #expect(!a.implies(b)) }
    }
  }
}
