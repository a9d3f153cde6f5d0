// The order of sums over several axes: floats that loops in a step add up are added up for each step first, so
// the sum over a matrix is that of the sums of its rows, wherever it stands and whatever it was fused with.
// Steps then wait for each other only where their own sum is added.
//
//     loop i { loop j { s += x[n*i + j] } }   →   loop i { t = -0; loop j { t += x[n*i + j] }; s += t }
//
// Requires a tidied program. Establishes: no loop adds to a local from outside of the loop around it.
import Graph

extension LoopProgram {
  /// The program with a sum of its own in each step.
  func withRowSums() -> LoopProgram {
    var program = self
    program.body = program.rowSums(body)
    return program
  }

  private mutating func rowSums(_ statements: [Statement]) -> [Statement] {
    if !statements.contains(where: \.isBlock) { return statements }
    return statements.map { statement in
      let inside = statement.mapBodies { rowSums($0) }
      guard case .loop(var loop) = inside, !loop.isOfSteps else { return inside }
      for local in loop.innerSums {
        let dtype = locals[local].dtype
        let own = locals.count
        locals.append(Local(dtype: dtype, name: locals[local].name))
        loop.body = loop.body.map { $0.adding(to: own, insteadOf: local) }
        // Nothing is changed by adding −0.
        loop.body.insert(.variable(own, .literal(Scalar(-0.0, dtype))), at: 0)
        loop.body.append(.assign(local, .apply(.add, dtype, [.local(local), .local(own)])))
      }
      return .loop(loop)
    }
  }
}

extension LoopStatement {
  /// Locals from outside to which a loop in a step adds floats, and that nothing else here touches.
  fileprivate var innerSums: [Int] {
    if !body.contains(where: \.isBlock) { return [] }
    var reads: [Int: Int] = [:]
    var assignments: [Int: Int] = [:]
    var sums: Set<Int> = []
    for statement in body {
      statement.forEachRead { local, _ in if let local { reads[local, default: 0] += 1 } }
      statement.forEach {
        switch $0 {
        case .assign(let k, _): assignments[k, default: 0] += 1
        // Defined here: not from outside.
        case .variable(let k, _): assignments[k, default: 0] += 2
        default: break
        }
      }
      if case .loop(let inner) = statement, !inner.isOfSteps {
        for case .assign(let k, .apply(.add, let dtype, let operands)) in inner.body
        where dtype.isFloat && operands[0] == .local(k) {
          sums.insert(k)
        }
      }
    }
    return sums.filter { reads[$0] == 1 && assignments[$0] == 1 }.sorted()
  }
}

extension Statement {
  /// The statement with another local that is added to.
  fileprivate func adding(to own: Int, insteadOf local: Int) -> Statement {
    if case .assign(local, .apply(let add, let dtype, let operands)) = self {
      return .assign(own, .apply(add, dtype, [.local(own), operands[1]]))
    }
    return mapBodies { $0.map { $0.adding(to: own, insteadOf: local) } }
  }
}
