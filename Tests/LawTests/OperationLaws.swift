// Every law for every operation of the catalog, on every example, in every dtype it claims.
import Autodiff
import Graph
import Testing

@Suite struct OperationLaws {
  static let names = Catalog.operations.map(\.name)

  private func check(_ law: Law, _ name: String) throws {
    let entry = try #require(Catalog.entry(named: name))
    for subject in entry.subjects {
      for failure in law.failures(subject) { Issue.record("\(failure)") }
    }
  }

  /// A missing derivative is an error, never a silent zero.
  @Test func missingDerivativesAreErrors() throws {
    for entry in Catalog.operations where entry.name != "stop_gradient" {
      for subject in entry.subjects where !subject.floatOutputs.isEmpty {
        let constants = subject.graph.inputs.filter {
          subject.graph.type(of: $0.value).dtype.isFloat && !subject.variables.contains($0.name)
        }
        for input in constants {
          #expect(throws: DerivativeError.self, "\(subject)") {
            try subject.graph.derivative(.jvp, wrt: [input.name])
          }
        }
      }
    }
  }

  @Test(arguments: names) func compiled(_ name: String) throws { try check(.compiled, name) }
  @Test(arguments: names) func interpreted(_ name: String) throws { try check(.interpreted, name) }
  @Test(arguments: names) func differences(_ name: String) throws { try check(.differences, name) }
  @Test(arguments: names) func adjoint(_ name: String) throws { try check(.adjoint, name) }
  @Test(arguments: names) func secondOrder(_ name: String) throws { try check(.secondOrder, name) }
  @Test(arguments: names) func batching(_ name: String) throws { try check(.batching, name) }
  @Test(arguments: names) func jacobian(_ name: String) throws { try check(.jacobian, name) }
}
