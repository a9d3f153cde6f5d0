// Checks that a graph is what everybody takes it for. Runs after every pass in debug builds and on
// request; a finding is a bug of the pass before, never the user's.

/// What is wrong with a graph or a program: a bug in the pass that made it.
package struct VerifierError: Error, CustomStringConvertible, Sendable {
  /// The pass that handed it on.
  package let pass: String
  package let finding: String

  package init(pass: String, _ finding: String) {
    self.pass = pass
    self.finding = finding
  }

  package var description: String { "after \(pass): \(finding)" }
}

extension Graph {
  /// Operands stand before their uses, the numbering is dense, and every type rule holds.
  /// - Throws: `VerifierError` for the first thing that is wrong.
  package func verify(after pass: String) throws(VerifierError) {
    guard types.count == definingNodes.count else {
      throw VerifierError(pass: pass, "\(types.count) types for \(definingNodes.count) values")
    }
    var defined = definingNodes.map { $0 < 0 }
    for (index, node) in nodes.enumerated() {
      let name = node.operation.name
      for operand in operands(of: node) {
        guard defined.indices.contains(Int(operand.index)), defined[Int(operand.index)] else {
          throw VerifierError(
            pass: pass, "node \(index), \(name), reads value \(operand.index) before it is there")
        }
      }
      for result in node.resultRange {
        guard definingNodes.indices.contains(Int(result)), definingNodes[Int(result)] == index
        else {
          throw VerifierError(
            pass: pass, "value \(result) does not know its node \(index), \(name)")
        }
        defined[Int(result)] = true
      }
      let expected: [TensorType]
      do {
        expected = try node.operation.resultTypes(of: operandTypes(of: node))
      } catch {
        throw VerifierError(pass: pass, "node \(index): \(error.message)")
      }
      guard expected == resultTypes(of: node) else {
        throw VerifierError(
          pass: pass,
          "node \(index), \(name), has types \(resultTypes(of: node)) instead of \(expected)")
      }
    }
    for value in inputs.map(\.value) + outputs.map(\.value)
    where !defined.indices.contains(Int(value.index)) || !defined[Int(value.index)] {
      throw VerifierError(pass: pass, "value \(value.index) is an input or output and undefined")
    }
  }
}
