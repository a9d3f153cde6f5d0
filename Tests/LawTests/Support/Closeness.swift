// When two arrays count as equal, and what is said where they do not.
import Graph

/// What is wrong with `found`, or `nil` where it is right.
///
/// - Parameter tolerance: relative to the largest finite element of `expected`, absolute below 1.
///   NaN equals NaN, ∞ equals ∞ of the same sign; integers and bools must be equal.
func difference(_ found: Tensor, from expected: Tensor, tolerance: Double) -> String? {
  guard found.dtype == expected.dtype, found.shape == expected.shape else {
    return "found \(found.dtype)\(found.shape), expected \(expected.dtype)\(expected.shape)"
  }
  if !expected.dtype.isFloat {
    let (a, b) = (found.integers, expected.integers)
    guard let k = a.indices.first(where: { a[$0] != b[$0] }) else { return nil }
    return "element \(k) of \(found.shape): found \(a[k]), expected \(b[k])"
  }
  let (a, b) = (found.doubles, expected.doubles)
  let scale = b.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
  var worst = (error: tolerance, place: -1)
  for k in a.indices {
    if a[k] == b[k] || (a[k].isNaN && b[k].isNaN) { continue }
    let error = abs(a[k] - b[k]) / scale
    if !(error <= worst.error) { worst = (error.isNaN ? .infinity : error, k) }
  }
  if worst.place < 0 { return nil }
  let k = worst.place
  return "element \(k) of \(found.shape): found \(a[k]), expected \(b[k]), "
    + "relative error \(worst.error) > \(tolerance)"
}

/// The first output that is wrong, with its name.
func difference(
  _ found: [Tensor], from expected: [Tensor], names: [String], tolerance: Double
) -> String? {
  guard found.count == expected.count else {
    return "found \(found.count) results, expected \(expected.count)"
  }
  for (k, (a, b)) in zip(found, expected).enumerated() {
    if let text = difference(a, from: b, tolerance: tolerance) { return "\(names[k]): \(text)" }
  }
  return nil
}

/// The same bits, where all NaN count as one.
func areIdentical(_ a: Tensor, _ b: Tensor) -> Bool {
  guard a.dtype == b.dtype, a.shape == b.shape else { return false }
  if !a.dtype.isFloat { return a == b }
  return zip(a.doubles, b.doubles).allSatisfy {
    $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
  }
}
