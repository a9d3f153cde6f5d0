// Which loops may run in strips: each statement for a few hundred elements before the next one. And
// which loops add up floats, which has one order wherever the sum stands: that of the strips.
// Requires a tidied program. Establishes `strips` of its loops, and changes nothing else.
import Graph

/// How a loop runs in strips.
package struct StripForm: Sendable {
  /// No step reads what another one writes: statement after statement, each for a whole strip.
  package var isWhole: Bool
  /// Locals that floats are added to: gathered in strips and added then, whatever else a step does.
  package var sums: Set<Int>
}

extension LoopProgram {
  /// The program with the loops marked that run in strips.
  func withStrips() -> LoopProgram {
    var program = self
    program.body = Self.marked(body)
    return program
  }

  /// Fewer steps are added from the left, by strips too.
  private static let fewest = 8
  /// Each sum may take 2 KiB of the stack: a loop with more of them adds from the left.
  private static let mostSums = 64

  private static func marked(_ statements: [Statement]) -> [Statement] {
    if !statements.contains(where: \.isBlock) { return statements }
    return statements.map { statement in
      let inside = statement.mapBodies(marked)
      guard case .loop(var loop) = inside else { return inside }
      if let extent = loop.extent, !loop.isOfSteps, !loop.isDescending,
        extent.constantValue ?? fewest >= fewest
      {
        let form = StripForm(isWhole: loop.isWhole, sums: loop.sums)
        let isWorth = form.isWhole || !form.sums.isEmpty
        loop.strips = isWorth && form.sums.count <= mostSums ? form : nil
      }
      return .loop(loop)
    }
  }
}

extension LoopStatement {
  /// The locals from outside to which each step adds a float, and that nothing else here touches.
  fileprivate var sums: Set<Int> {
    var sums: Set<Int> = []
    for statement in body {
      if case .assign(let k, .apply(.add, let dtype, let operands)) = statement, dtype.isFloat,
        case .local(k) = operands[0]
      {
        sums.insert(k)
      }
    }
    return sums.intersection(accumulators)
  }

  /// The locals from outside that one statement of the body folds something into, and that nothing
  /// else in the loop reads or assigns.
  private var accumulators: Set<Int> {
    var found: Set<Int> = []
    var reads: [Int: Int] = [:]
    var assignments: [Int: Int] = [:]
    for statement in body {
      statement.forEach {
        switch $0 {
        case .assign(let k, _): assignments[k, default: 0] += 1
        // Defined here: not from outside.
        case .variable(let k, _): assignments[k, default: 0] += 2
        default: break
        }
      }
      statement.forEachRead { local, _ in if let local { reads[local, default: 0] += 1 } }
      if case .assign(let k, .apply(_, _, let operands)) = statement, operands.count == 2,
        case .local(k) = operands[0]
      {
        found.insert(k)
      }
    }
    return found.filter { reads[$0] == 1 && assignments[$0] == 1 }
  }

  /// Nothing that a step writes is read by another.
  fileprivate var isWhole: Bool {
    let accumulators = self.accumulators
    var inner: Set<Int> = []
    var places: [Int: DimExpr] = [:]
    for statement in body {
      switch statement {
      case .define: break
      case .defineIndex(let k, _): inner.insert(k)
      case .assign(let k, _): if !accumulators.contains(k) { return false }
      case .store(let buffer, let offset, _):
        guard places[buffer] ?? offset == offset, let stride = offset.stride(along: index),
          stride.isCertainlyPositive, !offset.mentions(anyOf: inner)
        else { return false }
        places[buffer] = offset
      case .variable, .loop, .when, .call, .exit, .branch, .swap, .grow, .check: return false
      }
    }
    var isWhole = true
    for statement in body {
      statement.expression?.forEach {
        if case .load(let buffer, let offset) = $0, let place = places[buffer], place != offset {
          isWhole = false
        }
      }
    }
    return isWhole
  }
}

extension DimExpr {
  /// How far apart the places of two steps of an index are; `nil` where that changes from step to
  /// step.
  package func stride(along index: Int) -> DimExpr? {
    var stride: DimExpr = 0
    for var term in terms {
      let mentions = term.atoms.filter { DimExpr($0).mentions(anyOf: [index]) }
      if mentions.isEmpty { continue }
      guard mentions == [.index(index)],
        let place = term.atoms.firstIndex(of: .index(index))
      else { return nil }
      term.atoms.remove(at: place)
      stride =
        stride
        + (term.atoms.isEmpty
          ? DimExpr(term.coefficient) : DimExpr(constant: 0, terms: [term]))
    }
    return stride
  }

  package func mentions(anyOf indices: Set<Int>) -> Bool {
    var found = false
    forEachLeaf { if case .index(let k) = $0, indices.contains(k) { found = true } }
    return found
  }

  /// A product of extents of loops that run.
  var isCertainlyPositive: Bool {
    if let constantValue { return constantValue > 0 }
    guard constant == 0, terms.count == 1, terms[0].coefficient > 0 else { return false }
    return terms[0].atoms.allSatisfy { if case .symbol = $0 { true } else { false } }
  }
}
