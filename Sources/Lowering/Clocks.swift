// A program that measures itself: each nest between two calls that start and stop its clock. A nest is a loop
// over elements or a call of the runtime, wherever it stands; steps of loops that are regions of the graph
// are looked into.
//
//     loop of steps { s = …; loop k { … } }   →   loop of steps { s = …; start 0; loop k { … }; stop 0 }
import Graph

/// What one clock measures.
package struct TimedNest: Sendable {
  /// The loop or the call.
  package var statement: Statement
  package var notes: [Note]
}

extension LoopProgram {
  /// The program with a clock around each nest, and the nests in the order of the clocks' numbers.
  package func withClocks() -> (program: LoopProgram, nests: [TimedNest]) {
    var nests: [TimedNest] = []
    var program = self
    program.body = []
    program.partStarts = []
    for (place, statement) in body.enumerated() {
      if partStarts.contains(place) { program.partStarts.append(program.body.count) }
      program.body += Self.timed([statement], &nests)
    }
    return (program, nests)
  }

  private static func timed(_ statements: [Statement], _ nests: inout [TimedNest]) -> [Statement] {
    var result: [Statement] = []
    for statement in statements {
      let notes: [Note]
      switch statement {
      case .loop(let loop) where !loop.isOfSteps: notes = loop.notes
      case .call(let call): notes = call.notes
      default:
        result.append(statement.mapBodies { timed($0, &nests) })
        continue
      }
      let number = DimExpr(nests.count)
      nests.append(TimedNest(statement: statement, notes: notes))
      func clock(_ function: String) -> Statement {
        .call(KernelCall(function: function, arguments: [.integer(number)], notes: []))
      }
      result += [clock("jg_clock_start"), statement, clock("jg_clock_stop")]
    }
    return result
  }
}
