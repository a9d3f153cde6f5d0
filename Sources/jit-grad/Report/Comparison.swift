// Whether two arrays agree: |a − b| ≤ atol + rtol·|b| for every element, NaN equal to NaN, integers
// and bools exactly. Also where they differ most, as a table.
import Frontend
import Graph

/// How far two numbers may be apart.
struct Tolerance: Sendable {
  /// Relative to the expected value.
  var relative: Double
  /// In the units of the values.
  var absolute: Double

  /// What rounding explains in most programs.
  static func standard(_ dtype: DType) -> Tolerance {
    dtype == .f32
      ? Tolerance(relative: 1e-4, absolute: 1e-5)
      : Tolerance(relative: 1e-7, absolute: 1e-9)
  }
}

/// What a comparison of two arrays found.
struct Difference: Sendable {
  /// Elements beyond the tolerance.
  private(set) var count = 0
  private(set) var worst = 0.0
  private(set) var worstRelative = 0.0
  /// The element of the worst difference.
  private(set) var position = 0
  private(set) var found = 0.0
  private(set) var expected = 0.0

  var isNone: Bool { count == 0 }

  /// - Precondition: both have the same shape.
  init(_ found: Tensor, _ expected: Tensor, _ tolerance: Tolerance) {
    if !found.dtype.isFloat && !expected.dtype.isFloat {
      // As numbers i64 would round.
      for (k, (a, b)) in zip(found.integers, expected.integers).enumerated() where a != b {
        add(Double(a), Double(b), k, isBeyond: true)
      }
      return
    }
    for (k, (a, b)) in zip(found.doubles, expected.doubles).enumerated() {
      if a == b || a.isNaN && b.isNaN { continue }
      let isClose = abs(a - b) <= tolerance.absolute + tolerance.relative * abs(b)
      add(a, b, k, isBeyond: !(isClose && b.isFinite))
    }
  }

  private mutating func add(_ a: Double, _ b: Double, _ k: Int, isBeyond: Bool) {
    let distance = (a - b).isFinite ? abs(a - b) : .infinity
    if isBeyond { count += 1 }
    if distance > worst {
      (worst, position, found, expected) = (distance, k, a, b)
      worstRelative = b == 0 || !b.isFinite ? .infinity : distance / abs(b)
    }
  }
}

/// Outputs against expected ones, by name.
struct Comparison {
  private var rows: [[String]] = []
  /// What cannot be compared.
  private var complaints: [String] = []
  /// Outputs that nothing is expected of.
  private(set) var notCompared: [String] = []

  var agrees: Bool { rows.isEmpty && complaints.isEmpty }

  init(
    _ outputs: [NamedTensor], _ expected: [NamedTensor], tolerance: (DType) -> Tolerance
  ) {
    if expected.isEmpty { complaints.append("there is nothing to compare with") }
    for expected in expected {
      guard let output = outputs.first(where: { $0.name == expected.name }) else {
        complaints.append(
          "no output \(expected.name)"
            + (Suggestion.closest(to: expected.name, in: outputs.map(\.name))
              .map { "; the closest is \($0)" } ?? ""))
        continue
      }
      compare(output, expected, tolerance)
    }
    notCompared = outputs.map(\.name).filter { name in !expected.contains { $0.name == name } }
  }

  private mutating func compare(
    _ output: NamedTensor, _ reference: NamedTensor, _ tolerance: (DType) -> Tolerance
  ) {
    let (found, expected) = (output.tensor, reference.tensor)
    guard found.shape == expected.shape else {
      complaints.append(
        "\(output.name) is \(OutputText.type(output)), expected \(OutputText.type(reference))")
      return
    }
    let dtype = found.dtype == .f32 || expected.dtype == .f32 ? DType.f32 : .f64
    let difference = Difference(found, expected, tolerance(dtype))
    if difference.isNone { return }
    rows.append([
      output.name, "\(difference.count) of \(found.count)",
      OutputText.scientific(difference.worst), OutputText.scientific(difference.worstRelative),
      Self.index(difference.position, found.shape), "\(difference.found)",
      "\(difference.expected)",
    ])
  }

  /// The worst differences, one line an output.
  var text: String {
    var text = complaints.map { $0 + "\n" }.joined()
    if !rows.isEmpty {
      text += OutputText.table(
        [["output", "differ", "worst", "relative", "at", "found", "expected"]] + rows)
    }
    return text
  }

  /// `[1, 0]` for a row-major position.
  static func index(_ position: Int, _ shape: [Int]) -> String {
    var rest = position
    var indices: [Int] = []
    for extent in shape.reversed() where extent > 0 {
      indices.insert(rest % extent, at: 0)
      rest /= extent
    }
    return "\(indices)"
  }
}
