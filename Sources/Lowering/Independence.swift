// Which loops may make their steps in any order, on several threads: no step reads or writes what another
// one writes, but for floats that are added up.
//
// An element of a buffer that the loop writes belongs to one step where its place is S·i + r with r from 0 to
// S − 1: step i has the slab that begins at S·i to itself.
import Graph

/// What is known of a loop whose steps are independent of each other.
struct Independence {
  /// Locals from outside to which one statement adds floats, and that nothing else in the loop touches:
  /// those that a step adds to itself, and those that loops in it add to.
  private(set) var sums: Set<Int> = []
  private(set) var innerSums: Set<Int> = []
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
    guard isPossible, sums.union(innerSums).allSatisfy({ reads[$0] == 1 }) else { return nil }
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
        if !own.contains(k) { add(e, to: k, isInside: isInside) }
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

  /// `local = local + x`, of floats, once.
  private mutating func add(_ e: Expression, to local: Int, isInside: Bool) {
    guard case .apply(.add, let dtype, let operands) = e, dtype.isFloat,
      case .local(local) = operands[0], !sums.contains(local), !innerSums.contains(local)
    else {
      isPossible = false
      return
    }
    if isInside { innerSums.insert(local) } else { sums.insert(local) }
  }

  /// Each step has a slab to itself in which all its accesses lie.
  private func isSplit(_ offsets: [DimExpr]) -> Bool {
    guard let first = offsets.first, let slab = first.stride(along: loop.index),
      slab.isCertainlyPositive
    else { return false }
    let inner = Set(last.keys)
    let start = first.replacing {
      if case .index(let k) = $0, inner.contains(k) || k == loop.index { 0 } else { nil }
    }
    return offsets.allSatisfy { offset in
      guard offset.stride(along: loop.index) == slab, !offset.mentions(anyOf: found) else {
        return false
      }
      var highest = offset - slab * .index(loop.index) - start
      for (index, end) in last where highest.mentions(anyOf: [index]) {
        guard let stride = highest.stride(along: index), stride.isNonNegative else { return false }
        highest = highest + stride * (end - .index(index))
      }
      // What is left is the highest place; the lowest is that of the indices at 0.
      let lowest = (offset - slab * .index(loop.index) - start).replacing {
        if case .index(let k) = $0, inner.contains(k) { 0 } else { nil }
      }
      return lowest.isNonNegative && (slab - 1 - highest).isNonNegative
    }
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
