// What the tests of the library share: closeness, differences, and short forms of tensors.
import JitGrad
import Testing

func vector(_ elements: Double...) -> Tensor { Tensor(elements, shape: [elements.count]) }

func matrix(_ rows: [[Double]]) -> Tensor {
  Tensor(rows.flatMap { $0 }, shape: [rows.count, rows.first?.count ?? 0])
}

extension Tensor {
  /// The only element.
  var number: Double { doubles[0] }
}

/// Relative to the larger one, absolute below 1.
func expectClose(
  _ found: [Double], _ expected: [Double], _ tolerance: Double = 1e-12,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, sourceLocation: sourceLocation)
  for (a, b) in zip(found, expected) {
    #expect(
      abs(a - b) <= tolerance * Swift.max(1, abs(a), abs(b)), "\(found) against \(expected)",
      sourceLocation: sourceLocation)
  }
}

func expectClose(
  _ found: Double, _ expected: Double, _ tolerance: Double = 1e-12,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose([found], [expected], tolerance, sourceLocation: sourceLocation)
}

/// The derivative of `f` at `x` along axis `k`, by central differences of fourth order.
func difference(_ x: [Double], _ k: Int, _ f: ([Double]) throws -> Double) rethrows -> Double {
  let h = 1e-3
  func at(_ step: Double) throws -> Double {
    var moved = x
    moved[k] += step
    return try f(moved)
  }
  return try (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
}
