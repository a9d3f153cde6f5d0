// Size expressions: the laws of the normal form, and every operation against direct evaluation over
// random values, 0 and negative ones among them.

import Frontend
import Graph
import Testing

/// splitmix64, so that failures can be repeated.
struct RandomNumbers: RandomNumberGenerator {
  var state: UInt64
  init(seed: Int) { state = UInt64(seed) &* 0x9E37 &+ 11 }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// An expression that is not normalized, with its value by plain arithmetic.
indirect enum Reference {
  case number(Int)
  case symbol(String)
  case add(Reference, Reference), subtract(Reference, Reference), multiply(Reference, Reference)
  case floorDiv(Reference, Reference), mod(Reference, Reference)
  case min(Reference, Reference), max(Reference, Reference)

  static func random(_ depth: Int, _ random: inout RandomNumbers) -> Reference {
    if depth == 0 || Int.random(in: 0..<6, using: &random) == 0 {
      return Bool.random(using: &random)
        ? .number(Int.random(in: -4...6, using: &random))
        : .symbol(["n", "m", "k"].randomElement(using: &random) ?? "n")
    }
    let (a, b) = (Self.random(depth - 1, &random), Self.random(depth - 1, &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0: return .add(a, b)
    case 1: return .subtract(a, b)
    case 2: return .multiply(a, b)
    case 3: return .floorDiv(a, b)
    case 4: return .mod(a, b)
    case 5: return .min(a, b)
    default: return .max(a, b)
    }
  }

  var expression: DimExpr {
    switch self {
    case .number(let value): DimExpr(value)
    case .symbol(let name): .symbol(name)
    case .add(let a, let b): a.expression + b.expression
    case .subtract(let a, let b): a.expression - b.expression
    case .multiply(let a, let b): a.expression * b.expression
    case .floorDiv(let a, let b): .floorDiv(a.expression, b.expression)
    case .mod(let a, let b): .mod(a.expression, b.expression)
    case .min(let a, let b): .min(a.expression, b.expression)
    case .max(let a, let b): .max(a.expression, b.expression)
    }
  }

  /// `nil` where something divides by 0.
  func value(_ sizes: [String: Int]) -> Int? {
    func both(_ a: Reference, _ b: Reference, _ f: (Int, Int) -> Int?) -> Int? {
      guard let x = a.value(sizes), let y = b.value(sizes) else { return nil }
      return f(x, y)
    }
    switch self {
    case .number(let value): return value
    case .symbol(let name): return sizes[name]
    case .add(let a, let b): return both(a, b) { $0 + $1 }
    case .subtract(let a, let b): return both(a, b) { $0 - $1 }
    case .multiply(let a, let b): return both(a, b) { $0 * $1 }
    case .floorDiv(let a, let b):
      return both(a, b) { $1 == 0 ? nil : Int((Double($0) / Double($1)).rounded(.down)) }
    case .mod(let a, let b):
      return both(a, b) { $1 == 0 ? nil : $0 - $1 * Int((Double($0) / Double($1)).rounded(.down)) }
    case .min(let a, let b): return both(a, b) { Swift.min($0, $1) }
    case .max(let a, let b): return both(a, b) { Swift.max($0, $1) }
    }
  }
}

extension DimExpr {
  func value(_ sizes: [String: Int]) -> Int? { try? evaluate { sizes[$0] } }
}

@Suite struct DimExprTests {
  static let sizes: [[String: Int]] = [0, 1, 2, 5].flatMap { n in
    [0, 1, 3].flatMap { m in [0, 1, 4].map { ["n": n, "m": m, "k": $0] } }
  }

  /// The expression means what was written. A division by 0 may vanish (0·(n/0) is 0), but none
  /// appears that was not there.
  @Test(arguments: 0..<20) func evaluation(seed: Int) {
    var random = RandomNumbers(seed: seed)
    for _ in 0..<100 {
      let reference = Reference.random(4, &random)
      let e = reference.expression
      for sizes in Self.sizes {
        guard let value = reference.value(sizes), abs(value) < 1 << 40 else { continue }
        #expect(e.value(sizes) == value, "\(reference) → \(e) at \(sizes)")
      }
    }
  }

  @Test(arguments: 0..<20) func ringLaws(seed: Int) {
    var random = RandomNumbers(seed: seed + 100)
    for _ in 0..<50 {
      let (a, b, c) = (
        Reference.random(2, &random).expression, Reference.random(2, &random).expression,
        Reference.random(2, &random).expression
      )
      #expect(a + b == b + a)
      #expect((a + b) + c == a + (b + c))
      #expect(a * b == b * a)
      #expect((a * b) * c == a * (b * c))
      #expect(a * (b + c) == a * b + a * c)
      #expect(a + 0 == a && a * 1 == a && a * 0 == 0 && a - a == 0 && -(-a) == a)
      #expect(a + a == 2 * a)
      #expect(.min(a, b) == DimExpr.min(b, a) && .max(a, b) == DimExpr.max(b, a))
      #expect(.min(a, a) == a && .max(a, a) == a && DimExpr.broadcast(a, a) == a)
      #expect(DimExpr.broadcast(a, b) == .broadcast(b, a) || a.constantValue != nil)
      #expect(DimExpr.broadcast(a, 1) == a && DimExpr.broadcast(1, a) == a)
    }
  }

  @Test(arguments: 0..<10) func substitution(seed: Int) {
    var random = RandomNumbers(seed: seed + 200)
    for _ in 0..<50 {
      let e = Reference.random(3, &random)
      let inner = Reference.random(2, &random)
      let replaced = e.expression.binding(["n": inner.expression])
      for sizes in Self.sizes {
        guard let n = inner.value(sizes) else { continue }
        var moved = sizes
        moved["n"] = n
        guard let value = e.value(moved) else { continue }
        // Symbols are never negative, and the normal form may use that.
        if n >= 0 { #expect(replaced.value(sizes) == value, "\(e.expression), n = \(inner)") }
      }
    }
  }

  /// The text is an expression of the graph language that means the same.
  @Test(arguments: 0..<10) func text(seed: Int) throws {
    var random = RandomNumbers(seed: seed + 300)
    for _ in 0..<50 {
      let (a, b) = (
        Reference.random(3, &random).expression, Reference.random(2, &random).expression
      )
      for e in [a, .broadcast(a, b)] where !e.isOverflow {
        let file = GraphFile(
          SourceFile(
            name: "t.jg",
            text: "jitgrad 1\nfunc f() -> (y) where n + m + k >= 0 { y = extent(\(e)) }"))
        // The language refuses what divides by 0 for all sizes.
        if file.diagnostics.contains(where: { $0.message == "this divides by zero" }) { continue }
        let graph = try #require(file.graphs.first, "\(e)")
        #expect((graph.operation(defining: graph.outputs[0].value) as? Extent)?.extent == e)
      }
    }
  }

  @Test func normalForm() {
    let (n, m): (DimExpr, DimExpr) = ("n", "m")
    #expect(n + n == 2 * n)
    #expect((n + 1) * (n - 1) == n * n - 1)
    #expect(DimExpr.floorDiv(4 * n + 2, 2) == 2 * n + 1)
    #expect(DimExpr.floorDiv(4 * n + m, 4) == n + .floorDiv(m, 4))
    #expect(DimExpr.mod(4 * n + 5, 4) == 1)
    #expect(DimExpr.floorDiv(-1, 2) == -1 && DimExpr.mod(-1, 2) == 1)
    #expect(DimExpr.min(n, n + 1) == n && DimExpr.max(n, n + m) == n + m)
    #expect(DimExpr.max(n, 0) == n && DimExpr.min(n, -1) == -1)
    #expect(DimExpr.broadcast(3, n) == 3 && DimExpr.broadcast(n, 3) == 3)
    #expect("\(2 * n * m - n + 1)" == "2*m*n - n + 1")
    #expect("\(DimExpr.floorDiv(n + 1, 2) * m)" == "m*((n + 1) // 2)")
  }

  @Test func broadcastEvaluates() throws {
    for (a, b, both) in [(1, 5, 5), (5, 1, 5), (4, 4, 4), (1, 0, 0), (0, 1, 0), (1, 1, 1)] {
      let common = DimExpr.broadcast("n", "m")
      #expect(common.value(["n": a, "m": b]) == both)
      #expect(.broadcast(common, "n") == common && .broadcast("m", common) == common)
    }
  }

  // MARK: - Errors

  @Test func overflowIsAnError() {
    let n: DimExpr = "n"
    let huge = DimExpr(.max)
    for e in [huge + 1, huge * 2, huge * n + n * huge, -DimExpr(.min), huge * n * huge] {
      #expect(throws: DimError.self) { try e.evaluate { _ in 1 } }
      #expect(e.isOverflow)
      // Nothing cancels it.
      for f in [e - e, e * 0, e + 1, .min(e, n), .floorDiv(e, 1), .mod(e, 1), .mod(n, e), 0 * e] {
        #expect(f.isOverflow, "\(f)")
      }
    }
    #expect(throws: DimError.overflow(n * n)) { try (n * n).evaluate { _ in 1 << 32 } }
    #expect(throws: DimError.overflow(n + huge)) { try (n + huge).evaluate { _ in 1 } }
    #expect(throws: DimError.unbound(symbol: "n")) { try n.evaluate { _ in nil } }
    let e = DimExpr.floorDiv(7, n)
    #expect(throws: DimError.divisionByZero(e)) { try e.evaluate { _ in 0 } }
    #expect(throws: DimError.divisionByZero(.mod(7, n))) {
      try DimExpr.mod(7, n).evaluate { _ in 0 }
    }
    #expect(DimExpr.mod(DimExpr(.min), n).value(["n": -1]) == 0)
    #expect(DimExpr.floorDiv(DimExpr(.min), n).value(["n": -1]) == nil)
  }

  @Test func extremesCompare() {
    let (least, most) = (DimExpr(.min), DimExpr(.max))
    #expect(DimExpr.min(least, most).value([:]) == .min)
    #expect(DimExpr.max(least, 5).value([:]) == 5)
    #expect(DimExpr.min(least, 5).value([:]) == .min)
    #expect(Guard(least, .lessOrEqual, most).decided != false)
    #expect(Guard(most, .lessOrEqual, least).decided != true)
  }
}
