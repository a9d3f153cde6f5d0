// Numbers at the edges, as another implementation of the format gives them: wrapped and unsigned
// integers, NaN and signed zeros, orders of operands, ties.

import Frontend
import Graph
import Testing

@Suite struct ValueTests {
  private static let (nan, infinity) = (Double.nan, Double.infinity)

  /// An operation on arguments %a, %b, … of the given types, and its only result.
  private func result(
    _ operation: String, _ types: [String], _ result: String, _ inputs: [Tensor]
  ) throws -> Tensor {
    let arguments = zip(["%a", "%b", "%c"], types).map { "\($0): tensor<\($1)>" }
    let text = main(
      arguments.joined(separator: ", "), "tensor<\(result)>",
      "%0 = \(operation)\n    return %0 : tensor<\(result)>")
    return try outputs(text, inputs)[0]
  }

  // MARK: - Comparisons

  static let totalOrderCases: [(String, [Bool])] = [
    ("EQ", [false, false, false, false, false, false, true, false, true]),
    ("NE", [true, true, true, true, true, true, false, true, false]),
    ("LT", [true, true, false, true, true, false, false, false, false]),
    ("LE", [true, true, false, true, true, false, true, false, true]),
    ("GT", [false, false, true, false, false, true, false, true, false]),
    ("GE", [false, false, true, false, false, true, true, true, true]),
  ]
  @Test(arguments: totalOrderCases)
  func totalOrder(_ direction: String, _ expected: [Bool]) throws {
    let (nan, infinity) = (Self.nan, Self.infinity)
    let a = f64([-0.0, 1, nan, 1, -nan, -infinity, nan, 0, 2])
    let b = f64([0, nan, 1, 2, -infinity, -nan, nan, -0.0, 2])
    let compare = "(tensor<9xf64>, tensor<9xf64>) -> tensor<9xi1>"
    #expect(
      try result(
        "stablehlo.compare \(direction), %a, %b, TOTALORDER : \(compare)", ["9xf64", "9xf64"],
        "9xi1", [a, b]) == bools(expected))
  }

  @Test func boundsOfUnsignedNumbers() throws {
    let x = i64([1, .min + 5, 50])
    let text = main(
      "%x: tensor<3xui64>", "tensor<3xui64>",
      """
      %l = stablehlo.constant dense<2> : tensor<ui64>
      %h = stablehlo.constant dense<100> : tensor<ui64>
      %0 = stablehlo.clamp %l, %x, %h : (tensor<ui64>, tensor<3xui64>, tensor<ui64>) -> tensor<3xui64>
      return %0 : tensor<3xui64>
      """)
    #expect(try outputs(text, [x]) == [i64([2, 100, 50])])
  }

  @Test func largestUnsignedNumbers() throws {
    let text = main(
      "%x: tensor<3xui64>", "tensor<2xui64>, tensor<2xi32>",
      """
      %0, %1 = chlo.top_k(%x, k = 2) : tensor<3xui64> -> (tensor<2xui64>, tensor<2xi32>)
      return %0, %1 : tensor<2xui64>, tensor<2xi32>
      """)
    #expect(try outputs(text, [i64([1, .min, 5])]) == [i64([.min, 5]), i32([1, 2])])
  }

  // MARK: - Integers

  static let bitCases: [(String, String, Tensor, Tensor, Tensor)] = [
    (
      "shift_right_arithmetic", "ui32", i64([0x8000_0000, 6]), i64([1, 1]),
      i64([0xC000_0000, 3])
    ),
    ("shift_right_arithmetic", "ui8", i64([0x80, 6]), i64([1, 1]), i64([0xC0, 3])),
    ("shift_right_logical", "i64", i64([-1, -1]), i64([65, 64]), i64([0, 0])),
    ("shift_right_logical", "i64", i64([-1, -8]), i64([-3, 1]), i64([0, .max - 3])),
    ("shift_right_logical", "ui64", i64([-1, -1]), i64([63, 0]), i64([1, -1])),
    ("divide", "i8", i32([-128, 7]), i32([-1, 2]), i32([-128, 3])),
    ("divide", "i8", i32([-7, -100]), i32([2, 3]), i32([-3, -33])),
    ("divide", "i16", i32([-32768, 100]), i32([-1, -1]), i32([-32768, -100])),
  ]
  @Test(arguments: bitCases)
  func integers(
    _ name: String, _ type: String, _ a: Tensor, _ b: Tensor, _ expected: Tensor
  ) throws {
    let types = ["2x\(type)", "2x\(type)"]
    #expect(
      try result("stablehlo.\(name) %a, %b : tensor<2x\(type)>", types, types[0], [a, b])
        == expected)
  }

  /// Of 300.7, −300.7, NaN, 10³⁰, −10³⁰, −1.5, 70000, 5·10⁹.
  static let conversionCases: [(String, [Int64])] = [
    ("i8", [127, -128, 0, 127, -128, -1, 127, 127]),
    ("i16", [300, -300, 0, 32767, -32768, -1, 32767, 32767]),
    (
      "i32", [300, -300, 0, 2_147_483_647, -2_147_483_648, -1, 70000, 2_147_483_647]
    ),
    ("ui8", [255, 0, 0, 255, 0, 0, 255, 255]),
    ("ui16", [300, 0, 0, 65535, 0, 0, 65535, 65535]),
    ("ui32", [300, 0, 0, 4_294_967_295, 0, 0, 70000, 4_294_967_295]),
    ("ui64", [300, 0, 0, -1, 0, 0, 70000, 5_000_000_000]),
  ]
  @Test(arguments: conversionCases)
  func conversions(_ type: String, _ expected: [Int64]) throws {
    let x = f64([300.7, -300.7, Self.nan, 1e30, -1e30, -1.5, 70000, 5e9])
    let y = try result(
      "stablehlo.convert %a : (tensor<8xf64>) -> tensor<8x\(type)>", ["8xf64"], "8x\(type)", [x])
    #expect(y.integers == expected)
  }

  /// A number is rounded to its own type before it meets another.
  @Test func numbersHaveTypes() throws {
    let one = "tensor<1xf64>"
    let text = main(
      "%x: tensor<1x1xf64>, %s: \(one), %z: \(one)", "tensor<1x1xf64>",
      """
      %0 = "stablehlo.batch_norm_inference"(%x, %s, %z, %z, %z) <{epsilon = 0.1 : f32, feature_index = 1 : i64}> : (tensor<1x1xf64>, \(one), \(one), \(one), \(one)) -> tensor<1x1xf64>
      return %0 : tensor<1x1xf64>
      """)
    let y = try outputs(text, [f64([1], [1, 1]), f64([1]), f64([0])])[0].doubles[0]
    #expect(abs(y - 1 / Double(Float(0.1)).squareRoot()) < 1e-12)
  }

  // MARK: - Bodies

  private static func body(_ operation: String, _ element: String) -> String {
    """
    ({
      ^bb0(%p: tensor<\(element)>, %q: tensor<\(element)>):
        %r = \(operation) : tensor<\(element)>
        stablehlo.return %r : tensor<\(element)>
      })
    """
  }

  /// Reductions of 1, 2, 4 from 0 by bodies whose operands are in either order.
  static let orderCases: [(String, Double)] = [
    ("stablehlo.subtract %p, %q", -7), ("stablehlo.subtract %q, %p", 3),
    ("stablehlo.add %q, %p", 7), ("stablehlo.power %q, %p", 16),
  ]
  @Test(arguments: orderCases)
  func bodiesKeepTheirOrder(_ operation: String, _ expected: Double) throws {
    let reduce =
      "\"stablehlo.reduce\"(%a, %b) \(Self.body(operation, "f64")) {dimensions = array<i64: 0>} "
      + ": (tensor<3xf64>, tensor<f64>) -> tensor<f64>"
    #expect(
      try result(reduce, ["3xf64", "f64"], "f64", [f64([1, 2, 4]), f64([0], [])])
        == f64([expected], []))
  }

  /// Narrow numbers are sums like others, wrapped at the end.
  @Test func sumsOfNarrowNumbers() throws {
    let reduce =
      "\"stablehlo.reduce\"(%a, %b) \(Self.body("stablehlo.add %p, %q", "ui32")) "
      + "{dimensions = array<i64: 0>} : (tensor<3xui32>, tensor<ui32>) -> tensor<ui32>"
    let text = main(
      "%a: tensor<3xui32>, %b: tensor<ui32>", "tensor<ui32>",
      "%0 = \(reduce)\n    return %0 : tensor<ui32>")
    let graph = try function(text)
    #expect(!graph.nodes.contains { $0.operation is Loop })
    #expect(
      try outputs(of: graph, [i64([4_294_967_295, 4_294_967_295, 5]), i64([1], [])])
        == [i64([4], [])])
  }

  static let scatterCases: [(String, String, Tensor, Tensor, Tensor)] = [
    ("add", "i8", i32([100, 1]), i32([100, 5]), i32([-51, 1])),
    ("add", "ui32", i64([4_294_967_295, 1]), i64([1, 5]), i64([5, 1])),
    ("maximum", "i8", i32([-3, 1]), i32([-5, 7]), i32([7, 1])),
    ("multiply", "ui8", i64([100, 1]), i64([3, 2]), i64([88, 1])),
  ]
  @Test(arguments: scatterCases)
  func scatteredNarrowNumbers(
    _ name: String, _ type: String, _ x: Tensor, _ u: Tensor, _ expected: Tensor
  ) throws {
    let numbers =
      "scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], "
      + "scatter_dims_to_operand_dims = [0], index_vector_dim = 1>"
    let scatter =
      "\"stablehlo.scatter\"(%a, %b, %c) <{\(numbers)}> "
      + "\(Self.body("stablehlo.\(name) %p, %q", type)) "
      + ": (tensor<2x\(type)>, tensor<2x1xi32>, tensor<2x\(type)>) -> tensor<2x\(type)>"
    let places = i32([0, 0], [2, 1])
    #expect(
      try result(scatter, ["2x\(type)", "2x1xi32", "2x\(type)"], "2x\(type)", [x, places, u])
        == expected)
  }

  // MARK: - Windows

  private func selected(
    _ compare: String, _ type: String, _ x: Tensor, _ source: Tensor, _ padding: Int
  ) throws -> Tensor {
    let (n, m) = ("\(x.shape[0])x\(type)", "\(source.shape[0])x\(type)")
    let text = main(
      "%x: tensor<\(n)>, %s: tensor<\(m)>", "tensor<\(n)>",
      """
      %z = stablehlo.constant dense<0> : tensor<i32>
      %c = stablehlo.convert %z : (tensor<i32>) -> tensor<\(type)>
      %0 = "stablehlo.select_and_scatter"(%x, %s, %c) ({
      ^bb0(%a: tensor<\(type)>, %b: tensor<\(type)>):
        %p = stablehlo.compare \(compare) : (tensor<\(type)>, tensor<\(type)>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      }, \(Self.body("stablehlo.add %q, %p", type).dropFirst(1)) {window_dimensions = array<i64: 2>, window_strides = array<i64: 2>, padding = dense<\(padding)> : tensor<1x2xi64>} : (tensor<\(n)>, tensor<\(m)>, tensor<\(type)>) -> tensor<\(n)>
      return %0 : tensor<\(n)>
      """)
    return try outputs(text, [x, source])[0]
  }

  static let selectionCases: [(String, [Double], Int, [Double])] = [
    ("GT, %a, %b", [1, 1, 4, 4], 0, [0, 10, 0, 20]),
    ("GE, %a, %b", [1, 1, 4, 4], 0, [10, 0, 20, 0]),
    ("GE, %b, %a", [1, 2, 4, 3], 0, [10, 0, 0, 20]),
    ("GE, %a, %b", [nan, 1, 4, nan], 0, [0, 10, 0, 20]),
    ("GE, %a, %b", [1, nan, nan, 4], 0, [0, 10, 0, 20]),
    ("GE, %a, %b", [-infinity, -infinity, 1, -infinity], 1, [10, 0, 20, 30]),
    ("LE, %a, %b", [infinity, 3, 1, infinity], 1, [10, 0, 20, 30]),
  ]
  @Test(arguments: selectionCases)
  func selections(
    _ compare: String, _ x: [Double], _ padding: Int, _ expected: [Double]
  ) throws {
    let source = padding == 0 ? f64([10, 20]) : f64([10, 20, 30])
    #expect(try selected(compare, "f64", f64(x), source, padding) == f64(expected))
  }

  @Test func selectionsOfNarrowNumbers() throws {
    let y = try selected("GE, %a, %b", "i8", i32([-3, -5, 1, 7]), i32([100, 50]), 0)
    #expect(y == i32([100, 0, 0, 50]))
  }

  /// A window that is longer than the array is nowhere.
  @Test(arguments: ["stablehlo.maximum %p, %q", "stablehlo.subtract %p, %q"])
  func windowsThatDoNotFit(_ operation: String) throws {
    let reduce =
      "\"stablehlo.reduce_window\"(%a, %b) <{window_dimensions = array<i64: 1, 3>}> "
      + "\(Self.body(operation, "f64")) : (tensor<1x2xf64>, tensor<f64>) -> tensor<1x0xf64>"
    let y = try result(
      reduce, ["1x2xf64", "f64"], "1x0xf64", [f64([1, 2], [1, 2]), f64([-.infinity], [])])
    #expect(y.shape == [1, 0])
  }

  // MARK: - Numbers that are no sizes

  /// Of ten times the sum so far and x at the place that is computed.
  static let placeCases: [(String, Double)] = [
    (
      """
      %b = stablehlo.convert %i : (tensor<i64>) -> tensor<i1>
      %k = stablehlo.convert %b : (tensor<i1>) -> tensor<i64>
      """, 12222
    ),
    (
      """
      %f = stablehlo.constant dense<0.2> : tensor<f64>
      %g = stablehlo.constant dense<0.7> : tensor<f64>
      %b = stablehlo.compare LT, %f, %g : (tensor<f64>, tensor<f64>) -> tensor<i1>
      %k = stablehlo.select %b, %zero, %i : tensor<i1>, tensor<i64>
      """, 11111
    ),
    (
      """
      %k = stablehlo.subtract %n, %i : tensor<i64>
      """, 54321
    ),
  ]
  @Test(arguments: placeCases)
  func placesInLoops(_ place: String, _ expected: Double) throws {
    let text = main(
      "%x: tensor<5xf64>", "tensor<f64>",
      """
      %zero = stablehlo.constant dense<0> : tensor<i64>
      %one = stablehlo.constant dense<1> : tensor<i64>
      %n = stablehlo.constant dense<4> : tensor<i64>
      %s0 = stablehlo.constant dense<0.0> : tensor<f64>
      %ten = stablehlo.constant dense<10.0> : tensor<f64>
      %r:2 = stablehlo.while(%i = %zero, %s = %s0) : tensor<i64>, tensor<f64>
      cond {
        %c = stablehlo.compare LE, %i, %n : (tensor<i64>, tensor<i64>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      } do {
        \(place)
        %v = stablehlo.dynamic_slice %x, %k, sizes = [1] : (tensor<5xf64>, tensor<i64>) -> tensor<1xf64>
        %w = stablehlo.reshape %v : (tensor<1xf64>) -> tensor<f64>
        %t = stablehlo.multiply %s, %ten : tensor<f64>
        %u = stablehlo.add %t, %w : tensor<f64>
        %j = stablehlo.add %i, %one : tensor<i64>
        stablehlo.return %j, %u : tensor<i64>, tensor<f64>
      }
      return %r#1 : tensor<f64>
      """)
    #expect(try outputs(text, [f64([1, 2, 3, 4, 5])]) == [f64([expected], [])])
  }

  /// Numbers that a branch captures: a type, a way to compute %k, and its value.
  static let capturedCases: [(String, String, Tensor)] = [
    ("i64", "%k = stablehlo.or %four, %one : tensor<i64>", i64([5], [])),
    (
      "i64",
      """
      %b = stablehlo.convert %four : (tensor<i64>) -> tensor<i1>
      %k = stablehlo.convert %b : (tensor<i1>) -> tensor<i64>
      """, i64([1], [])
    ),
    (
      "i64",
      """
      %l = stablehlo.constant dense<4294967301> : tensor<i64>
      %b = stablehlo.convert %l : (tensor<i64>) -> tensor<i32>
      %k = stablehlo.convert %b : (tensor<i32>) -> tensor<i64>
      """, i64([5], [])
    ),
    (
      "2xi64",
      """
      %u = stablehlo.constant dense<[1, 2]> : tensor<2xi64>
      %v = stablehlo.constant dense<[10, 20]> : tensor<2xi64>
      %m = stablehlo.constant dense<[true, false]> : tensor<2xi1>
      %k = stablehlo.select %m, %u, %v : tensor<2xi1>, tensor<2xi64>
      """, i64([1, 20])
    ),
    (
      "i1",
      """
      %f = stablehlo.constant dense<0.2> : tensor<f64>
      %g = stablehlo.constant dense<0.7> : tensor<f64>
      %k = stablehlo.compare LT, %f, %g : (tensor<f64>, tensor<f64>) -> tensor<i1>
      """, Tensor([true], shape: [])
    ),
    (
      "i1",
      """
      %l = stablehlo.constant dense<2147483647> : tensor<i32>
      %f = stablehlo.constant dense<1> : tensor<i32>
      %g = stablehlo.add %l, %f : tensor<i32>
      %k = stablehlo.compare LT, %g, %f : (tensor<i32>, tensor<i32>) -> tensor<i1>
      """, Tensor([true], shape: [])
    ),
  ]
  @Test(arguments: capturedCases)
  func numbersInBranches(_ type: String, _ lines: String, _ expected: Tensor) throws {
    let text = main(
      "%p: tensor<i1>", "tensor<\(type)>",
      """
      %four = stablehlo.constant dense<4> : tensor<i64>
      %one = stablehlo.constant dense<1> : tensor<i64>
      %z = stablehlo.constant dense<0> : tensor<\(type)>
      \(lines)
      %r = "stablehlo.if"(%p) ({
        stablehlo.return %k : tensor<\(type)>
      }, {
        stablehlo.return %z : tensor<\(type)>
      }) : (tensor<i1>) -> tensor<\(type)>
      return %r : tensor<\(type)>
      """)
    #expect(try outputs(text, [Tensor([true], shape: [])]) == [expected])
  }
}
