// Functions of a file at small sizes and random places, by the reference evaluator: enough to see
// that two ways to write a derivative differ.
import Graph

extension Graph {
  /// Elements of all inputs at most, or the function is not run.
  private static let elementLimit = 10_000

  /// Some sizes that satisfy all conditions: small ones, different and equal.
  var smallSizes: [[String: Int]] {
    let symbols = self.symbols
    let values = [2, 3, 1, 4, 5, 0]
    var candidates: [[Int]] = []
    if symbols.count <= 4 {
      candidates = [[]]
      for _ in symbols { candidates = candidates.flatMap { list in values.map { list + [$0] } } }
      // Small numbers first, and those that differ before those that do not.
      candidates =
        candidates.enumerated().sorted { a, b in
          (Set(b.element).count, a.offset) < (Set(a.element).count, b.offset)
        }.map(\.element).filter { !$0.contains(0) && !$0.contains(5) } + candidates
    } else {
      candidates =
        [symbols.indices.map { 2 + $0 % 2 }]
        + values.map { [Int](repeating: $0, count: symbols.count) }
    }
    // Some functions want more.
    candidates += [8, 12, 16, 32, 64].map { [Int](repeating: $0, count: symbols.count) }
    let conditions = guards().map(\.condition)
    var found: [[String: Int]] = []
    for candidate in candidates where found.count < 2 {
      let sizes = Dictionary(uniqueKeysWithValues: zip(symbols, candidate))
      func value(_ e: DimExpr) -> Int? { try? e.evaluate { sizes[$0] } }
      let isLegal =
        conditions.allSatisfy {
          guard let a = value($0.lhs), let b = value($0.rhs) else { return false }
          return $0.holds(a, b)
        }
        && inputs.allSatisfy { type(of: $0.value).shape.allSatisfy { (value($0) ?? -1) >= 0 } }
      if isLegal, !found.contains(sizes) { found.append(sizes) }
    }
    return found
  }

  /// Random inputs: floats from a range, integers 0, 1, 2. `nil` where there are too many.
  func smallInputs(
    _ sizes: [String: Int], _ range: ClosedRange<Double>, _ random: inout SplitMix64
  ) -> [Tensor]? {
    var tensors: [Tensor] = []
    var total = 0
    for input in inputs {
      let type = type(of: input.value)
      guard let shape = try? type.shape.map({ try $0.evaluate { sizes[$0] } }) else { return nil }
      for extent in shape where extent > Self.elementLimit { return nil }
      var count = 1
      for extent in shape {
        count *= extent
        if count > Self.elementLimit { return nil }
      }
      total += count
      if total > Self.elementLimit { return nil }
      tensors.append(
        Tensor(
          (0..<count).map { _ in
            type.dtype.isFloat
              ? Scalar(Double.random(in: range, using: &random), type.dtype)
              : type.dtype == .bool
                ? Scalar(Bool.random(using: &random))
                : Scalar(Int64.random(in: 0...2, using: &random), type.dtype)
          }, type.dtype, shape))
    }
    return tensors
  }

  /// Small inputs whose square matrices are symmetric and positive definite; `nil` where there are
  /// none to make so.
  func smallDefiniteInputs(_ sizes: [String: Int], _ random: inout SplitMix64) -> [Tensor]? {
    guard let tensors = smallInputs(sizes, 0.25...0.9, &random) else { return nil }
    func isSquare(_ x: Tensor) -> Bool {
      x.dtype.isFloat && x.shape.count >= 2 && x.shape.suffix(1) == x.shape.dropLast().suffix(1)
    }
    if !tensors.contains(where: isSquare) { return nil }
    return tensors.map { x in
      guard isSquare(x), let n = x.shape.last, n > 0 else { return x }
      let old = x.doubles
      let new = old.indices.map { place in
        let (start, i, j) = (place / (n * n) * n * n, place / n % n, place % n)
        // Its diagonal outweighs the rest of each row.
        return (old[place] + old[start + j * n + i]) / 2 + (i == j ? Double(n) : 0)
      }
      return Tensor(doubles: new, dtype: x.dtype, shape: x.shape)
    }
  }

  /// - Throws: also where the run could take long.
  func smallRun(_ inputs: [Tensor], _ sizes: [String: Int]) throws -> [Tensor] {
    guard isSmall(sizes) else { throw TypeRuleError("\(name) is too large to be run here") }
    let limits = [1000, 1000, 100, 20]
    return try ReferenceEvaluator.run(
      self, inputs: inputs, sizes: sizes, stepLimit: limits[min(loopDepth, 3)])
  }

  private var loopDepth: Int {
    nodes.map { node in
      (node.operation is Loop ? 1 : 0)
        + (node.operation.regions.map(\.graph.loopDepth).max() ?? 0)
    }.max() ?? 0
  }

  /// All values have few elements, in the regions too.
  func isSmall(_ sizes: [String: Int]) -> Bool {
    for type in types {
      let count = try? type.elementCount.evaluate { $0 == DimExpr.unknownName ? 0 : sizes[$0] }
      if count ?? .max > Self.elementLimit { return false }
    }
    for node in nodes {
      if node.operation is LinearSolve, let unknown = operandTypes(of: node).first,
        (try? unknown.elementCount.evaluate { sizes[$0] }) ?? .max > 100
      {
        return false
      }
      if !node.operation.regions.allSatisfy({ $0.graph.isSmall(sizes) }) { return false }
    }
    return true
  }
}
