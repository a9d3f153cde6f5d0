// What loops in a step add up is added up for each step first, where steps are independent otherwise: then
// steps may be made in any order, and the sum over all elements of a matrix is that of the sums of its rows.
//
//     loop i { loop j { s += x[n*i + j] } }   →   loop i { t = -0; loop j { t += x[n*i + j] }; s += t }
//
// Requires a tidied program. Establishes: floats that such loops add up have this order in every tier.
import Graph

extension LoopProgram {
  /// The program with a sum of its own in each step.
  func withRowSums() -> LoopProgram {
    var program = self
    program.body = body.map { statement in
      guard case .loop(var loop) = statement,
        let sums = Independence(loop, in: program)?.innerSums.sorted(), !sums.isEmpty
      else { return statement }
      var body = loop.body
      for local in sums {
        let dtype = program.locals[local].dtype
        let own = program.locals.count
        program.locals.append(Local(dtype: dtype, name: program.locals[local].name))
        // Nothing is changed by adding −0.
        body.insert(.variable(own, .literal(Scalar(-0.0, dtype))), at: 0)
        body = body.map { $0.adding(to: own, insteadOf: local) }
        body.append(.assign(local, .apply(.add, dtype, [.local(local), .local(own)])))
      }
      loop.body = body
      return .loop(loop)
    }
    return program
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
