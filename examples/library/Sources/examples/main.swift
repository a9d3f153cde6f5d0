// Runs the examples, all or those that are named. What one computes is checked against values from
// outside, so the process fails where the library is wrong.
import Glibc

let all: [(name: String, run: () throws -> Void)] = [
  ("eager", eagerSquare),
  ("primitives", ownPrimitives),
  ("logistic", logisticRegression),
  ("als", alternatingLeastSquares),
  ("chain", chainOfSpins),
  ("kepler", keplerOrbit),
  ("long", longTrace),
]

struct Wrong: Error, CustomStringConvertible {
  let description: String
}

/// - Throws: where two numbers differ by more than a relative tolerance.
func check(_ what: String, _ found: Double, _ expected: Double, _ tolerance: Double = 1e-9) throws {
  print("  \(what): \(found)")
  if !(abs(found - expected) <= tolerance * max(1, abs(expected))) {
    throw Wrong(description: "\(what) should be \(expected), and is \(found)")
  }
}

let wanted = Set(CommandLine.arguments.dropFirst())
for example in all where wanted.isEmpty || wanted.contains(example.name) {
  print(example.name)
  do {
    try example.run()
  } catch {
    print("  wrong: \(error)")
    exit(1)
  }
}
