// Which loops may make their steps in any order, on several threads: no step reads or writes what another
// one writes, but for floats that are added up.
//
// An element of a buffer that the loop writes belongs to one step where its place is S·i + r with r from 0 to
// S − 1: step i has the slab that begins at S·i to itself.
import Graph

/// What is known of a loop whose steps are independent of each other.
struct Independence {
  /// Locals from outside to which a step adds floats, and that nothing else in the loop touches.
  private(set) var sums: Set<Int> = []
  /// About how many additions a step costs.
  private(set) var work: DimExpr = 0

  private let loop: LoopStatement
  private let program: LoopProgram
  private var own: Set<Int> = []
  /// The loops inside, with the last value of their index.
  private var last: [Int: DimExpr] = [:]
  /// Indices that are read from data.
  private var found: Set<Int> = []
  private var isSlabbed: Set<Int> = []
  private var accesses: [Int: [DimExpr]] = [:]
  private var reads: [Int: Int] = [:]
  private var isPossible = true

  /// `nil` where one step may wait for another.
  init?(_ loop: LoopStatement, in program: LoopProgram) {
    guard loop.extent != nil, !loop.isDescending, !loop.isOfSteps else { return nil }
    self.loop = loop
    self.program = program
    visit(loop.body, times: 1, isInside: false)
    guard isPossible, sums.allSatisfy({ reads[$0] == 1 }) else { return nil }
    for buffer in isSlabbed where !isSplit(accesses[buffer] ?? []) { return nil }
    let inside = found.union(last.keys).union([loop.index])
    work = work.replacing { if case .index(let k) = $0, inside.contains(k) { 0 } else { nil } }
  }

  private mutating func visit(_ statements: [Statement], times: DimExpr, isInside: Bool) {
    for statement in statements where isPossible {
      work = work + times * DimExpr(statement.ownCost)
      statement.expression?.forEach {
        switch $0 {
        case .load(let buffer, let offset): accesses[buffer, default: []].append(offset)
        case .local(let k): reads[k, default: 0] += 1
        default: break
        }
      }
      switch statement {
      case .define(let k, _), .variable(let k, _): own.insert(k)
      case .defineIndex(let k, _): found.insert(k)
      case .assign(let k, let e):
        if !own.contains(k) { isPossible = !isInside && add(e, to: k) }
      case .store(let buffer, let offset, _):
        isSlabbed.insert(buffer)
        accesses[buffer, default: []].append(offset)
        if case .stack = program.buffers[buffer].storage { isPossible = false }
      case .loop(let inner):
        guard let extent = inner.extent, !inner.isOfSteps else {
          isPossible = false
          continue
        }
        last[inner.index] = extent - 1
        visit(inner.body, times: times * .max(extent, 0), isInside: true)
      case .when(_, let body): visit(body, times: times, isInside: true)
      case .branch(let branch):
        for body in branch.bodies { visit(body, times: times, isInside: true) }
      case .call, .exit, .swap, .grow, .check: isPossible = false
      }
    }
  }

  /// Whether it is `local = local + x`, of floats, once.
  private mutating func add(_ e: Expression, to local: Int) -> Bool {
    guard case .apply(.add, let dtype, let operands) = e, dtype.isFloat,
      case .local(local) = operands[0]
    else { return false }
    return sums.insert(local).inserted
  }

  /// Each step has a slab to itself in which all its accesses lie.
  private func isSplit(_ offsets: [DimExpr]) -> Bool {
    guard let slab = offsets.first?.stride(along: loop.index), slab.isCertainlyPositive else {
      return false
    }
    var start: DimExpr?
    return offsets.allSatisfy { offset in
      guard offset.stride(along: loop.index) == slab, !offset.mentions(anyOf: found),
        let (lowest, highest) = range(of: offset - slab * .index(loop.index))
      else { return false }
      let first = start ?? lowest
      start = first
      return (lowest - first).isNonNegative && (first + slab - 1 - highest).isNonNegative
    }
  }

  /// The lowest and the highest value while the loops inside run; `nil` where that is not known.
  private func range(of place: DimExpr) -> (lowest: DimExpr, highest: DimExpr)? {
    var (lowest, highest) = (place, place)
    for (index, end) in last where place.mentions(anyOf: [index]) {
      guard let stride = place.stride(along: index) else { return nil }
      if stride.isNonNegative {
        lowest = lowest - stride * .index(index)
        highest = highest + stride * (end - .index(index))
      } else if (0 - stride).isNonNegative {
        lowest = lowest + stride * (end - .index(index))
        highest = highest - stride * .index(index)
      } else {
        return nil
      }
    }
    return (lowest, highest)
  }
}

extension Statement {
  /// About how many additions it costs, without the statements inside.
  fileprivate var ownCost: Int {
    var cost = 1
    expression?.forEach {
      switch $0 {
      case .apply(let function, _, _): cost += function.cost
      case .load: cost += 1
      default: break
      }
    }
    return cost
  }
}
