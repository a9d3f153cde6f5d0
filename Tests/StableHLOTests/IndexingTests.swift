// Gather, scatter, reductions, windows and sorting against plain loops over elements, for dimension numbers
// of every kind.

import Graph
import Testing

@Suite struct IndexingTests {
  /// A gather by the definition: the operand has the shape [3, 4, 2] and elements 0, 1, 2, ….
  struct GatherCase: Sendable, CustomStringConvertible {
    var indices: [Int32]
    var shape: [Int]
    var numbers: String
    var sizes: [Int]
    var result: [Int]
    var expected: [Double]
    var description: String { numbers }
  }

  static let gatherCases: [GatherCase] = [
    // Rows at given places, one of them too far.
    GatherCase(
      indices: [2, 0, 9], shape: [3, 1],
      numbers:
        "offset_dims = [1, 2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1",
      sizes: [1, 4, 2], result: [3, 4, 2],
      expected: (16..<24).map(Double.init) + (0..<8).map(Double.init) + (16..<24).map(Double.init)),
    // No axis for the vector, windows in front.
    GatherCase(
      indices: [3, 1], shape: [2],
      numbers:
        "offset_dims = [0, 1], collapsed_slice_dims = [1], start_index_map = [1], index_vector_dim = 1",
      sizes: [3, 1, 2], result: [3, 2, 2],
      expected: [6, 2, 7, 3, 14, 10, 15, 11, 22, 18, 23, 19]),
    // Single elements, indices swapped.
    GatherCase(
      indices: [1, 2, 0, 0], shape: [2, 2],
      numbers:
        "offset_dims = [1], collapsed_slice_dims = [0, 1], start_index_map = [1, 0], index_vector_dim = 1",
      sizes: [1, 1, 2], result: [2, 2], expected: [18, 19, 0, 1]),
    // A window of two rows that is moved inside.
    GatherCase(
      indices: [3], shape: [1],
      numbers: "offset_dims = [0, 1], collapsed_slice_dims = [0], start_index_map = [1]",
      sizes: [1, 2, 2], result: [2, 2], expected: [4, 5, 6, 7]),
    // A batch axis in common.
    GatherCase(
      indices: [3, 0, 1], shape: [3, 1],
      numbers:
        "offset_dims = [1], collapsed_slice_dims = [1], operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 1",
      sizes: [1, 1, 2], result: [3, 2], expected: [6, 7, 8, 9, 18, 19]),
  ]
  @Test(arguments: gatherCases)
  func gather(_ test: GatherCase) throws {
    let result = "tensor<\(test.result.map { "\($0)x" }.joined())f64>"
    let indices = "tensor<\(test.shape.map { "\($0)x" }.joined())i32>"
    let text = main(
      "%x: tensor<3x4x2xf64>, %i: \(indices)", result,
      """
      %0 = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<\(test.numbers)>, indices_are_sorted = false, slice_sizes = array<i64: \(test.sizes.map(String.init).joined(separator: ", "))>}> : (tensor<3x4x2xf64>, \(indices)) -> \(result)
      return %0 : \(result)
      """)
    let x = f64((0..<24).map(Double.init), [3, 4, 2])
    #expect(try outputs(text, [x, i32(test.indices, test.shape)])[0].doubles == test.expected)
  }

  /// Scatters into [[0, 1, 2], [3, 4, 5]]; a window that does not fit is left out as a whole.
  static let scatterCases: [(String, String, String, String, String, String, [Double])] = [
    (
      "stablehlo.add", "[1, 0]", "1x2",
      "update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0, 1], index_vector_dim = 1",
      "[[10.0, 20.0]]", "1x2", [0, 1, 2, 13, 24, 5]
    ),
    (
      "stablehlo.add", "[1, 2]", "1x2",
      "update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0, 1], index_vector_dim = 1",
      "[[10.0, 20.0]]", "1x2", [0, 1, 2, 3, 4, 5]
    ),
    (
      "stablehlo.add", "[-1, 0]", "1x2",
      "update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0, 1], index_vector_dim = 1",
      "[[10.0, 20.0]]", "1x2", [0, 1, 2, 3, 4, 5]
    ),
    (
      "stablehlo.multiply", "[2]", "1",
      "update_window_dims = [0], inserted_window_dims = [1], scatter_dims_to_operand_dims = [1]",
      "[10.0, 20.0]", "2", [0, 1, 20, 3, 4, 100]
    ),
    (
      "stablehlo.maximum", "[[0], [0]]", "2x1",
      "update_window_dims = [0], inserted_window_dims = [1], scatter_dims_to_operand_dims = [1], index_vector_dim = 1",
      "[[1.0, 2.0], [7.0, 1.0]]", "2x2", [2, 1, 2, 7, 4, 5]
    ),
    (
      "stablehlo.minimum", "[1]", "1",
      "update_window_dims = [0], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0]",
      "[9.0, 1.0, 2.0]", "3", [0, 1, 2, 3, 1, 2]
    ),
  ]
  @Test(arguments: scatterCases)
  func scatter(
    _ body: String, _ indices: String, _ shape: String, _ numbers: String, _ updates: String,
    _ updateShape: String, _ expected: [Double]
  ) throws {
    let nested = shape == "1x2" ? "[\(indices)]" : indices
    let types =
      "(tensor<2x3xf64>, tensor<\(shape)xi32>, tensor<\(updateShape)xf64>) -> tensor<2x3xf64>"
    let text = main(
      "%x: tensor<2x3xf64>", "tensor<2x3xf64>",
      """
      %i = stablehlo.constant dense<\(nested)> : tensor<\(shape)xi32>
      %u = stablehlo.constant dense<\(updates)> : tensor<\(updateShape)xf64>
      %0 = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<\(numbers)>, unique_indices = true}> ({
      ^bb0(%a: tensor<f64>, %b: tensor<f64>):
        %c = \(body) %a, %b : tensor<f64>
        stablehlo.return %c : tensor<f64>
      }) : \(types)
      return %0 : tensor<2x3xf64>
      """)
    #expect(try outputs(text, [f64([0, 1, 2, 3, 4, 5], [2, 3])])[0].doubles == expected)
  }

  /// Reductions of [[3, 1, 2], [−1, 5, 4]] in all forms.
  static let reductionsCases: [(String, [Double])] = [
    ("stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [0]", [2, 6, 6]),
    ("stablehlo.reduce(%x init: %o) applies stablehlo.maximum across dimensions = [0]", [3, 5, 4]),
    (
      "stablehlo.reduce(%x init: %o) applies stablehlo.multiply across dimensions = [0]",
      [-3, 5, 8]
    ),
    (
      "\"stablehlo.reduce\"(%x, %o) <{dimensions = array<i64: 0>}> ({\n^bb0(%a: tensor<f64>, %b: tensor<f64>):\n%s = stablehlo.multiply %b, %a : tensor<f64>\n\"stablehlo.return\"(%s) : (tensor<f64>) -> ()\n})",
      [-3, 5, 8]
    ),
    // (a, b) → a·2 + b, which no reduction is.
    (
      "\"stablehlo.reduce\"(%x, %z) <{dimensions = array<i64: 0>}> ({\n^bb0(%a: tensor<f64>, %b: tensor<f64>):\n%t = stablehlo.add %a, %a : tensor<f64>\n%s = stablehlo.add %t, %b : tensor<f64>\nstablehlo.return %s : tensor<f64>\n})",
      [5, 7, 8]
    ),
    // A value from around the region.
    (
      "\"stablehlo.reduce\"(%x, %z) <{dimensions = array<i64: 0>}> ({\n^bb0(%a: tensor<f64>, %b: tensor<f64>):\n%t = stablehlo.multiply %b, %w : tensor<f64>\n%s = stablehlo.add %a, %t : tensor<f64>\nstablehlo.return %s : tensor<f64>\n})",
      [20, 60, 60]
    ),
  ]
  @Test(arguments: reductionsCases)
  func reductions(_ form: String, _ expected: [Double]) throws {
    let text = main(
      "%x: tensor<2x3xf64>, %w: tensor<f64>", "tensor<3xf64>",
      """
      %z = stablehlo.constant dense<0.0> : tensor<f64>
      %o = stablehlo.constant dense<1.0> : tensor<f64>
      %0 = \(form) : (tensor<2x3xf64>, tensor<f64>) -> tensor<3xf64>
      return %0 : tensor<3xf64>
      """)
    let x = f64([3, 1, 2, -1, 5, 4], [2, 3])
    #expect(try outputs(text, [x, f64([10], [])])[0].doubles == expected)
  }

  static let window = """
    "stablehlo.reduce_window"(%x, %z) <{WINDOW}> ({
    ^bb0(%a: tensor<f64>, %b: tensor<f64>):
      BODY
    }) : (tensor<5xf64>, tensor<f64>) -> tensor<RESULTxf64>
    """

  /// Windows over [3, 1, 2, 5, 4] that begin with 0.
  static let windowsCases: [(String, String, String, [Double])] = [
    ("stablehlo.add", "window_dimensions = array<i64: 2>", "4", [4, 3, 7, 9]),
    (
      "stablehlo.add",
      "window_dimensions = array<i64: 5>, padding = dense<[[4, 0]]> : tensor<1x2xi64>", "5",
      [3, 4, 6, 11, 15]
    ),
    (
      "stablehlo.add",
      "window_dimensions = array<i64: 5>, padding = dense<[[0, 4]]> : tensor<1x2xi64>", "5",
      [15, 12, 11, 9, 4]
    ),
    (
      "stablehlo.add",
      "window_dimensions = array<i64: 2>, window_strides = array<i64: 2>, padding = dense<[[1, 0]]> : tensor<1x2xi64>",
      "3", [3, 3, 9]
    ),
    (
      "stablehlo.add", "window_dimensions = array<i64: 2>, window_dilations = array<i64: 3>", "2",
      [8, 5]
    ),
    (
      "stablehlo.add", "window_dimensions = array<i64: 3>, base_dilations = array<i64: 2>", "7",
      [4, 1, 3, 2, 7, 5, 9]
    ),
    // The initial value is no identity of the maximum: it takes part in every window.
    ("stablehlo.maximum", "window_dimensions = array<i64: 2>", "4", [3, 2, 5, 5]),
    ("stablehlo.subtract", "window_dimensions = array<i64: 2>", "4", [-4, -3, -7, -9]),
  ]
  @Test(arguments: windowsCases)
  func windows(_ function: String, _ window: String, _ count: String, _ expected: [Double]) throws {
    let form = Self.window.replacing("WINDOW", with: window).replacing("RESULT", with: count)
      .replacing(
        "BODY", with: "%s = \(function) %a, %b : tensor<f64>\nstablehlo.return %s : tensor<f64>")
    let text = main(
      "%x: tensor<5xf64>", "tensor<\(count)xf64>",
      "%z = stablehlo.constant dense<0.0> : tensor<f64>\n%0 = \(form)\nreturn %0 : tensor<\(count)xf64>"
    )
    #expect(try outputs(text, [f64([3, 1, 2, 5, 4])])[0].doubles == expected)
  }

  /// More places than are written out one by one.
  @Test func aLargeWindowIsALoop() throws {
    let form = Self.window.replacing("WINDOW", with: "window_dimensions = array<i64: 40>")
      .replacing("RESULT", with: "3").replacing("tensor<5xf64>", with: "tensor<42xf64>")
      .replacing(
        "BODY", with: "%s = stablehlo.add %a, %b : tensor<f64>\nstablehlo.return %s : tensor<f64>")
    let text = main(
      "%x: tensor<42xf64>", "tensor<3xf64>",
      "%z = stablehlo.constant dense<0.0> : tensor<f64>\n%0 = \(form)\nreturn %0 : tensor<3xf64>")
    let x = (0..<42).map(Double.init)
    #expect(try outputs(text, [f64(x)])[0].doubles == [780, 820, 860])
  }

  @Test func poolingHasItsDerivativeAsAnOperation() throws {
    let text = main(
      "%x: tensor<4xf64>, %s: tensor<2xf64>", "tensor<4xf64>",
      """
      %z = stablehlo.constant dense<0.0> : tensor<f64>
      %0 = "stablehlo.select_and_scatter"(%x, %s, %z) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
      ^bb0(%a: tensor<f64>, %b: tensor<f64>):
        %p = stablehlo.compare GE, %a, %b, FLOAT : (tensor<f64>, tensor<f64>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      }, {
      ^bb0(%a: tensor<f64>, %b: tensor<f64>):
        %c = stablehlo.add %a, %b : tensor<f64>
        stablehlo.return %c : tensor<f64>
      }) : (tensor<4xf64>, tensor<2xf64>, tensor<f64>) -> tensor<4xf64>
      return %0 : tensor<4xf64>
      """)
    #expect(try outputs(text, [f64([2, 2, 1, 3]), f64([10, 20])]) == [f64([10, 0, 0, 20])])
  }

  /// Comparators over keys a and values b: what the order of [2, 1, −3, 1] with [4, 3, 2, 1] is.
  static let sortingCases: [(String, String, [Double], [Double])] = [
    ("%p = stablehlo.compare LT, %a0, %a1, TOTALORDER", "", [-3, 1, 1, 2], [2, 3, 1, 4]),
    ("%p = stablehlo.compare GT, %a0, %a1, FLOAT", "", [2, 1, 1, -3], [4, 3, 1, 2]),
    ("%p = stablehlo.compare LT, %a1, %a0, FLOAT", "", [2, 1, 1, -3], [4, 3, 1, 2]),
    (
      "%p = stablehlo.compare LT, %m0, %m1, FLOAT",
      "%m0 = stablehlo.abs %a0 : tensor<f64>\n%m1 = stablehlo.abs %a1 : tensor<f64>",
      [1, 1, 2, -3], [3, 1, 4, 2]
    ),
  ]
  @Test(arguments: sortingCases)
  func sorting(
    _ compare: String, _ before: String, _ keys: [Double], _ values: [Double]
  ) throws {
    let found = try sorted("\(before)\n\(compare) : (tensor<f64>, tensor<f64>) -> tensor<i1>")
    #expect(found == [f64(keys), f64(values)])
  }

  @Test func sortingByTwoKeys() throws {
    let found = try sorted(
      """
      %l = stablehlo.compare LT, %a0, %a1, TOTALORDER : (tensor<f64>, tensor<f64>) -> tensor<i1>
      %e = stablehlo.compare EQ, %a0, %a1, FLOAT : (tensor<f64>, tensor<f64>) -> tensor<i1>
      %k = stablehlo.compare LT, %b0, %b1, TOTALORDER : (tensor<f64>, tensor<f64>) -> tensor<i1>
      %n = stablehlo.and %e, %k : tensor<i1>
      %p = stablehlo.or %l, %n : tensor<i1>
      """)
    #expect(found == [f64([-3, 1, 1, 2]), f64([2, 1, 3, 4])])
  }

  private func sorted(_ body: String) throws -> [Tensor] {
    let text = main(
      "%x: tensor<4xf64>, %y: tensor<4xf64>", "tensor<4xf64>, tensor<4xf64>",
      """
      %0:2 = "stablehlo.sort"(%x, %y) <{dimension = 0 : i64, is_stable = true}> ({
      ^bb0(%a0: tensor<f64>, %a1: tensor<f64>, %b0: tensor<f64>, %b1: tensor<f64>):
        \(body)
        stablehlo.return %p : tensor<i1>
      }) : (tensor<4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
      return %0#0, %0#1 : tensor<4xf64>, tensor<4xf64>
      """)
    return try outputs(text, [f64([2, 1, -3, 1]), f64([4, 3, 2, 1])])
  }

  @Test func theLargestOfAll() throws {
    let text = main(
      "%x: tensor<2x3xf64>", "tensor<2x2xf64>, tensor<2x2xi32>",
      """
      %values, %indices = chlo.top_k(%x, k = 2) : tensor<2x3xf64> -> (tensor<2x2xf64>, tensor<2x2xi32>)
      return %values, %indices : tensor<2x2xf64>, tensor<2x2xi32>
      """)
    let found = try outputs(text, [f64([1, 3, 2, 9, 7, 8], [2, 3])])
    #expect(found == [f64([3, 2, 9, 8], [2, 2]), i32([1, 2, 0, 2], [2, 2])])
  }

  /// One convolution in three layouts: [1, 2, 3] with the kernel [1, 10].
  static let convolutionsCases: [(String, String, String, String, String, [Double])] = [
    ("[b, f, 0]x[o, i, 0]->[b, f, 0]", "1x1x3", "1x1x2", "1x1x2", "", [21, 32]),
    ("[b, 0, f]x[0, i, o]->[0, b, f]", "1x3x1", "2x1x1", "2x1x1", "", [21, 32]),
    (
      "[b, f, 0]x[o, i, 0]->[b, f, 0]", "1x1x3", "1x1x2", "1x1x2", "window = {reverse = [true]}",
      [12, 23]
    ),
    (
      "[b, f, 0]x[o, i, 0]->[b, f, 0]", "1x1x3", "1x1x2", "1x1x4", "window = {pad = [[1, 1]]}",
      [10, 21, 32, 3]
    ),
    (
      "[b, f, 0]x[o, i, 0]->[b, f, 0]", "1x1x3", "1x1x2", "1x1x2",
      "window = {stride = [2], pad = [[0, 1]]}", [21, 3]
    ),
    (
      "[b, f, 0]x[o, i, 0]->[b, f, 0]", "1x1x3", "1x1x2", "1x1x1", "window = {rhs_dilate = [2]}",
      [31]
    ),
    (
      "[b, f, 0]x[o, i, 0]->[b, f, 0]", "1x1x3", "1x1x2", "1x1x4", "window = {lhs_dilate = [2]}",
      [1, 20, 2, 30]
    ),
  ]
  @Test(arguments: convolutionsCases)
  func convolutions(
    _ layout: String, _ x: String, _ w: String, _ y: String, _ window: String, _ expected: [Double]
  ) throws {
    let part = window.isEmpty ? "" : ", \(window)"
    let text = main(
      "%x: tensor<\(x)xf64>, %w: tensor<\(w)xf64>", "tensor<\(y)xf64>",
      """
      %0 = stablehlo.convolution(%x, %w) dim_numbers = \(layout)\(part) {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<\(x)xf64>, tensor<\(w)xf64>) -> tensor<\(y)xf64>
      return %0 : tensor<\(y)xf64>
      """)
    func shape(_ text: String) -> [Int] { text.split(separator: "x").map { Int($0)! } }
    let found = try outputs(text, [f64([1, 2, 3], shape(x)), f64([1, 10], shape(w))])
    #expect(found == [f64(expected, shape(y))])
  }

  @Test func groupsOfTheBatch() throws {
    let text = main(
      "%x: tensor<2x1x2xf64>, %w: tensor<2x1x1xf64>", "tensor<1x2x2xf64>",
      """
      %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0] {batch_group_count = 2 : i64, feature_group_count = 1 : i64} : (tensor<2x1x2xf64>, tensor<2x1x1xf64>) -> tensor<1x2x2xf64>
      return %0 : tensor<1x2x2xf64>
      """)
    let found = try outputs(text, [f64([1, 2, 3, 4], [2, 1, 2]), f64([10, 100], [2, 1, 1])])
    #expect(found == [f64([10, 20, 300, 400], [1, 2, 2])])
  }
}
