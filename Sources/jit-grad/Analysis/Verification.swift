// Checks a function by its laws. Which operation breaks them is found by CulpritSearch.
import Autodiff
import Graph

/// A check with what came of it.
struct VerifiedLaw {
  var name: String
  var result: LawResult
}

struct Verification {
  let laws: Laws

  /// All laws; those of derivatives only where there are derivatives.
  func run() throws -> [VerifiedLaw] {
    try Law.allCases.map { law in
      VerifiedLaw(name: law.rawValue, result: try result(of: law))
    }
  }

  private func result(of law: Law) throws -> LawResult {
    do {
      let result = try laws.result(of: law)
      guard case .open = result, laws.graph.derivativesOfTheirOwn != nil else { return result }
      // What the law does not tell of the whole, it tells of the parts.
      let culprit = try CulpritSearch(laws: laws).firstWrongAlone(
        laws.graph, laws.inputs, isPrimal: true)
      return culprit.map { .fails("\($0.name), \($0.law): \($0.details)") } ?? result
    } catch let error as DerivativeRequestError {
      return .open("\(error)")
    } catch let error as DerivativeError {
      return .open("\(error)")
    }
  }

  /// The first operation that is wrong; `nil` where each one is right and only together they fail.
  func culprit() throws -> Culprit? { try CulpritSearch(laws: laws).first() }
}
