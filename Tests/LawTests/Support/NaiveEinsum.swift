// `einsum` by its definition: one loop over all combinations of labels. Reads subscripts by itself, so
// that it shares no mistake with the compiler.
import Graph

struct NaiveEinsum {
  /// A label for each axis; the axes under an ellipsis are "0", "1", … from the last one.
  private(set) var terms: [[Character]] = []
  private(set) var result: [Character] = []

  init(_ subscripts: String, ranks: [Int]) {
    let sides = subscripts.filter { $0 != " " }.replacing("->", with: ">").split(
      separator: ">", omittingEmptySubsequences: false
    ).map { String($0.replacing("...", with: "*")) }
    let written = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var longest = 0
    for (term, rank) in zip(written, ranks) {
      let hidden = rank - term.count(where: { $0 != "*" })
      longest = max(longest, hidden)
      terms.append(Self.expanded(term, hidden))
    }
    if sides.count > 1 {
      result = Self.expanded(sides[1], longest)
    } else {
      let all = written.joined()
      let once = Set(all).filter { letter in letter != "*" && all.count { $0 == letter } == 1 }
      result = Self.expanded("*" + String(once.sorted()), longest)
    }
  }

  private static func expanded(_ term: String, _ hidden: Int) -> [Character] {
    term.flatMap { $0 == "*" ? (0..<hidden).reversed().map { Character("\($0)") } : [$0] }
  }

  private func extent(_ label: Character, _ shapes: [[Int]]) -> Int {
    let all = zip(terms, shapes).flatMap { zip($0, $1) }.filter { $0.0 == label }.map(\.1)
    return all.first { $0 != 1 } ?? 1
  }

  /// The result, with sums of products in the order of the elements.
  func value(of operands: [Tensor]) -> Tensor {
    let shapes = operands.map(\.shape)
    var labels = result
    for label in terms.joined() where !labels.contains(label) { labels.append(label) }
    let extents = labels.map { extent($0, shapes) }
    let shape = Array(extents.prefix(result.count))
    var reals = [Double](repeating: 0, count: shape.reduce(1, *))
    var wholes = [Int64](repeating: 0, count: reals.count)
    let axes = terms.map { $0.map { labels.firstIndex(of: $0)! } }
    forEachIndex(in: extents) { index in
      var (real, whole) = (1.0, Int64(1))
      for (operand, axes) in zip(operands, axes) {
        let place = zip(axes, operand.shape).map { $1 == 1 ? 0 : index[$0] }
        real *= operand[place].real
        if !operand.dtype.isFloat { whole &*= operand[place].integer }
      }
      let target = position(of: Array(index.prefix(result.count)), in: shape)
      reals[target] += real
      wholes[target] &+= whole
    }
    let dtype = operands[0].dtype
    return dtype.isFloat
      ? Tensor(doubles: reals, dtype: dtype, shape: shape)
      : Tensor(integers: wholes, dtype: dtype, shape: shape)
  }
}
