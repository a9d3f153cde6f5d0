// Functions made of operations, against plain loops written here.
import Foundation
import Graph
import Testing

/// A dense array for the loops of this file.
private struct Grid {
  var shape: [Int]
  var values: [Double]

  init(_ shape: [Int], seed: Int) {
    var random = RandomSource(seed: seed)
    self.shape = shape
    values = (0..<shape.reduce(1, *)).map { _ in random.uniform(-2...2) }
  }

  init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    var values: [Double] = []
    forEachIndex(in: shape) { values.append(element($0)) }
    self.values = values
  }

  subscript(index: [Int]) -> Double { values[position(of: index, in: shape)] }
  var tensor: Tensor { Tensor(values, shape: shape) }
}

@Suite struct DerivedTests {
  private func expect(
    _ name: String, _ inputs: [Grid], _ attributes: [String: AttributeValue], _ wanted: Grid
  ) throws {
    let found = try Probe(inputs.map(\.tensor)) { try call(name, $0, attributes) }.values()[0]
    let text = LawTests.difference(found, from: wanted.tensor, tolerance: 1e-12)
    #expect(text == nil, "\(name) of \(inputs.map(\.shape)) \(attributes): \(text ?? "")")
  }

  private func expect(_ name: String, _ inputs: [Grid], _ wanted: Grid) throws {
    try expect(name, inputs, [:], wanted)
  }

  // MARK: - Products

  /// Shapes of a, of b, and of the product's axes in front of the last two.
  private static let shapes: [([Int], [Int], [Int])] = [
    ([3], [3], []), ([2, 3], [3], []), ([3], [3, 4], []), ([2, 3], [3, 4], []),
    ([5, 2, 3], [3], [5]), ([3], [5, 3, 4], [5]), ([5, 2, 3], [3, 4], [5]),
    ([2, 3], [5, 3, 4], [5]), ([5, 2, 3], [5, 3, 4], [5]), ([5, 2, 3], [1, 3, 4], [5]),
    ([1, 2, 3], [5, 3, 4], [5]), ([6, 1, 2, 3], [5, 3, 4], [6, 5]),
    ([5, 2, 3], [6, 1, 3, 4], [6, 5]), ([0, 3], [3, 4], []), ([2, 0], [0, 4], []),
    ([1, 1], [1, 1], []), ([6, 5, 2, 3], [3], [6, 5]), ([3], [6, 5, 3, 4], [6, 5]),
  ]

  @Test(arguments: shapes) func matmul(_ left: [Int], _ right: [Int], _ outer: [Int]) throws {
    let (a, b) = (Grid(left, seed: 1), Grid(right, seed: 2))
    let rows = left.count == 1 ? [] : [left[left.count - 2]]
    let columns = right.count == 1 ? [] : [right[right.count - 1]]
    /// The axes in front of a matrix, where an extent of 1 stretches.
    func front(_ shape: [Int], _ index: ArraySlice<Int>) -> [Int] {
      let own = shape.dropLast(2)
      return zip(own, index.suffix(own.count)).map { $0 == 1 ? 0 : $1 }
    }
    let wanted = Grid(outer + rows + columns) { index in
      let batch = index.prefix(outer.count)
      let i = rows.isEmpty ? [] : [index[outer.count]]
      let j = columns.isEmpty ? [] : [index[index.count - 1]]
      return (0..<left[left.count - 1]).reduce(0.0) {
        $0 + a[front(left, batch) + i + [$1]] * b[front(right, batch) + [$1] + j]
      }
    }
    try expect("matmul", [a, b], wanted)
  }

  @Test func outerAndRejected() throws {
    let (a, b) = (Grid([2, 3], seed: 1), Grid([4], seed: 2))
    try expect("outer", [a, b], Grid([2, 3, 4]) { a[[$0[0], $0[1]]] * b[[$0[2]]] })
    #expect(throws: TypeRuleError.self) {
      try Probe([a.tensor, Grid([2, 3], seed: 3).tensor]) { try call("matmul", $0) }
    }
    #expect(throws: TypeRuleError.self) {
      try Probe([a.tensor, Tensor(1.0)]) { try call("matmul", $0) }
    }
  }

  // MARK: - Statistics

  @Test(arguments: [[3, 4], [1, 1], [2, 5]]) func statistics(_ shape: [Int]) throws {
    let x = Grid(shape, seed: 7)
    let (n, m) = (shape[0], shape[1])
    func column(_ j: Int) -> [Double] { (0..<n).map { x[[$0, j]] } }
    func mean(_ v: [Double]) -> Double { v.reduce(0, +) / Double(v.count) }
    func variance(_ v: [Double]) -> Double { mean(v.map { ($0 - mean(v)) * ($0 - mean(v)) }) }
    func sumOfExponentials(_ v: [Double]) -> Double { v.reduce(0) { $0 + exponential($1) } }
    let axes: [String: AttributeValue] = ["axes": .dims([0])]
    let kept: [String: AttributeValue] = ["axes": .dims([0]), "keep": .flag(true)]
    try expect("mean", [x], axes, Grid([m]) { mean(column($0[0])) })
    try expect("mean", [x], Grid([]) { _ in mean(x.values) })
    try expect("mean", [x], kept, Grid([1, m]) { mean(column($0[1])) })
    try expect("variance", [x], axes, Grid([m]) { variance(column($0[0])) })
    try expect("variance", [x], kept, Grid([1, m]) { variance(column($0[1])) })
    try expect(
      "logsumexp", [x], axes, Grid([m]) { logarithm(sumOfExponentials(column($0[0]))) })
    try expect(
      "logsumexp", [x], kept, Grid([1, m]) { logarithm(sumOfExponentials(column($0[1]))) })
    try expect(
      "softmax", [x], ["axis": .dim(0)],
      Grid(shape) { exponential(x[$0]) / sumOfExponentials(column($0[1])) })
    try expect(
      "log_softmax", [x], ["axis": .dim(0)],
      Grid(shape) { x[$0] - logarithm(sumOfExponentials(column($0[1]))) })
  }

  // MARK: - Elements and shapes

  @Test func elements() throws {
    let x = Grid([5], seed: 3)
    let (low, high) = (Grid([]) { _ in -0.5 }, Grid([]) { _ in 0.75 })
    try expect("clamp", [x, low, high], Grid([5]) { min(max(x[$0], -0.5), 0.75) })
    try expect("relu", [x], Grid([5]) { max(x[$0], 0) })
    try expect("square", [x], Grid([5]) { x[$0] * x[$0] })
    try expect("zeros_like", [x], Grid([5]) { _ in 0 })
    try expect("ones_like", [x], Grid([5]) { _ in 1 })
    for (name, value) in [("zeros", 0.0), ("ones", 1)] {
      let made = try Probe([x.tensor]) {
        let entry = try #require(Catalog.entry(named: name))
        return try entry.build(Call(name, $0[0].builder, [], ["shape": .dims([2, 3])]))
      }.values()[0]
      #expect(isSame(made, [Double](repeating: value, count: 6)) && made.shape == [2, 3])
    }
  }

  @Test func changesOfShape() throws {
    let (x, y) = (Grid([2, 3], seed: 3), Grid([2, 3], seed: 4))
    for axis in 0...2 {
      let at: [String: AttributeValue] = ["axis": .dim(DimExpr(axis))]
      var shape = [2, 3]
      shape.insert(1, at: axis)
      try expect("expand", [x], at, Grid(shape) { $0.removed(axis).1(x) })
      let wide = Grid(shape, seed: 5)
      try expect("squeeze", [wide], at, Grid([2, 3]) { wide[$0.inserted(0, axis)] })
      shape[axis] = 2
      try expect(
        "stack", [x, y], at,
        Grid(shape) { index in
          let (which, read) = index.removed(axis)
          return read(which == 0 ? x : y)
        })
    }
    #expect(throws: TypeRuleError.self) {
      try Probe([x.tensor]) { try call("squeeze", $0, ["axis": .dim(0)]) }
    }
  }

  @Test func selections() throws {
    let x = Grid([3, 4], seed: 8)
    let indices = Tensor([2, 0, 9, -3] as [Int64], shape: [2, 2])
    let rows = [2, 0, 2, 0]
    let taken = try Probe([x.tensor, indices]) { try call("take", $0, ["axis": .dim(0)]) }
    let wanted = Grid([2, 2, 4]) { x[[rows[$0[0] * 2 + $0[1]], $0[2]]] }
    #expect(difference(try taken.values()[0], from: wanted.tensor, tolerance: 0) == nil)
    let columns = [2, 0, 3, 0]
    let across = try Probe([x.tensor, indices]) { try call("take", $0, ["axis": .dim(1)]) }
    let other = Grid([3, 2, 2]) { x[[$0[0], columns[$0[1] * 2 + $0[2]]]] }
    #expect(difference(try across.values()[0], from: other.tensor, tolerance: 0) == nil)

    let best = try Probe([x.tensor]) { try call("top_k", $0, ["k": .dim(2)]) }.values()
    for row in 0..<3 {
      let order = (0..<4).sorted { x[[row, $0]] > x[[row, $1]] }
      for k in 0..<2 {
        #expect(best[0].doubles[row * 2 + k] == x[[row, order[k]]])
        #expect(best[1].integers[row * 2 + k] == Int64(order[k]))
      }
    }
  }
}

extension [Int] {
  /// Without one axis: its index, and how to read a grid at the rest.
  fileprivate func removed(_ axis: Int) -> (Int, (Grid) -> Double) {
    var rest = self
    let own = rest.remove(at: axis)
    return (own, { $0[rest] })
  }

  fileprivate func inserted(_ value: Int, _ axis: Int) -> [Int] {
    var longer = self
    longer.insert(value, at: axis)
    return longer
  }
}

private func exponential(_ x: Double) -> Double { Foundation.exp(x) }
private func logarithm(_ x: Double) -> Double { Foundation.log(x) }
