// Unknown extents as sizes, integers of every width, and what inputs and outputs are called.

import Frontend
import Graph
import JIT
import Testing

@Suite struct SizeTests {
  @Test func unknownExtentsAreSizes() throws {
    let text = main(
      "%x: tensor<?x3xf64>, %y: tensor<?xf64>", "tensor<?x3xf64>",
      """
      %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x3xf64>) -> tensor<i32>
      %m = stablehlo.get_dimension_size %y, dim = 0 : (tensor<?xf64>) -> tensor<i32>
      %p = stablehlo.compare EQ, %n, %m, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.custom_call @shape_assertion(%p, %m) {error_message = "no"} : (tensor<i1>, tensor<i32>) -> ()
      %0 = call @f(%n, %x, %y) : (tensor<i32>, tensor<?x3xf64>, tensor<?xf64>) -> tensor<?x3xf64>
      return %0 : tensor<?x3xf64>
      """,
      """
      func.func private @f(%b: tensor<i32> {jax.global_constant = "batch"}, %x: tensor<?x3xf64>, %y: tensor<?xf64>) -> tensor<?x3xf64> {
        %c = stablehlo.constant dense<3> : tensor<1xi32>
        %0 = stablehlo.reshape %b : (tensor<i32>) -> tensor<1xi32>
        %1 = stablehlo.concatenate %0, %c, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
        %2 = stablehlo.dynamic_broadcast_in_dim %y, %1, dims = [0] : (tensor<?xf64>, tensor<2xi32>) -> tensor<?x3xf64>
        %3 = stablehlo.add %x, %2 : tensor<?x3xf64>
        return %3 : tensor<?x3xf64>
      }
      """)
    let graph = try function(text)
    #expect(graph.symbols == ["batch"])
    #expect(graph.type(of: graph.inputs[1].value).shape == [.symbol("batch")])
    let y = try outputs(of: graph, [f64([1, 2, 3, 4, 5, 6], [2, 3]), f64([10, 20])])
    #expect(y == [f64([11, 12, 13, 24, 25, 26], [2, 3])])
  }

  /// Shapes by arithmetic: 2·n − 1 elements, half of them, and a reshape of both.
  @Test func shapesAreArithmetic() throws {
    let text = main(
      "%x: tensor<?x2xf64>", "tensor<?xf64>, tensor<?xi32>",
      """
      %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x2xf64>) -> tensor<i32>
      %two = stablehlo.constant dense<2> : tensor<i32>
      %m = stablehlo.multiply %n, %two : tensor<i32>
      %s = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
      %0 = stablehlo.dynamic_reshape %x, %s : (tensor<?x2xf64>, tensor<1xi32>) -> tensor<?xf64>
      %h = stablehlo.divide %n, %two : tensor<i32>
      %t = stablehlo.reshape %h : (tensor<i32>) -> tensor<1xi32>
      %1 = stablehlo.dynamic_iota %t, dim = 0 : (tensor<1xi32>) -> tensor<?xi32>
      return %0, %1 : tensor<?xf64>, tensor<?xi32>
      """)
    let y = try outputs(text, [f64([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5, 2])])
    #expect(y[0].shape == [10] && y[1] == i32([0, 1]))
  }

  /// n is asserted to be a multiple of 2, so it is 2·b; quotients as they are exported, rounded down
  /// where the signs differ.
  @Test func multiplesAreSizesOfTheirOwn() throws {
    let text = main(
      "%x: tensor<?xf64>", "tensor<?x2xf64>",
      """
      %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf64>) -> tensor<i32>
      %two = stablehlo.constant dense<2> : tensor<i32>
      %zero = stablehlo.constant dense<0> : tensor<i32>
      %one = stablehlo.constant dense<1> : tensor<i32>
      %r = stablehlo.remainder %n, %two : tensor<i32>
      %p = stablehlo.compare EQ, %r, %zero, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.custom_call @shape_assertion(%p, %n) {error_message = "no"} : (tensor<i1>, tensor<i32>) -> ()
      %q = stablehlo.divide %n, %two : tensor<i32>
      %s = stablehlo.sign %n : tensor<i32>
      %t = stablehlo.sign %two : tensor<i32>
      %d = stablehlo.compare NE, %s, %t, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %e = stablehlo.compare NE, %r, %zero, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %f = stablehlo.and %d, %e : tensor<i1>
      %g = stablehlo.subtract %q, %one : tensor<i32>
      %b = stablehlo.select %f, %g, %q : tensor<i1>, tensor<i32>
      %0 = call @f(%b, %x) : (tensor<i32>, tensor<?xf64>) -> tensor<?x2xf64>
      return %0 : tensor<?x2xf64>
      """,
      """
      func.func private @f(%b: tensor<i32> {jax.global_constant = "b"}, %x: tensor<?xf64>) -> tensor<?x2xf64> {
        %two = stablehlo.constant dense<2> : tensor<1xi32>
        %0 = stablehlo.reshape %b : (tensor<i32>) -> tensor<1xi32>
        %1 = stablehlo.concatenate %0, %two, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
        %2 = stablehlo.dynamic_reshape %x, %1 : (tensor<?xf64>, tensor<2xi32>) -> tensor<?x2xf64>
        return %2 : tensor<?x2xf64>
      }
      """)
    let graph = try function(text)
    #expect(graph.type(of: graph.inputs[0].value).description == "f64[2*b]")
    #expect(graph.type(of: graph.outputs[0].value).description == "f64[b, 2]")
    #expect(graph.guards().isEmpty)
  }

  @Test func runningSumsOfUnknownLength() throws {
    let text = main(
      "%x: tensor<?xf64>", "tensor<?xf64>",
      """
      %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf64>) -> tensor<i32>
      %less = stablehlo.constant dense<-1> : tensor<i32>
      %m = stablehlo.add %n, %less : tensor<i32>
      %c = stablehlo.constant dense<1> : tensor<1xi32>
      %z = stablehlo.constant dense<0> : tensor<1xi32>
      %w = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
      %l = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
      %k = stablehlo.concatenate %l, %z, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
      %p = stablehlo.reshape %k : (tensor<2xi32>) -> tensor<1x2xi32>
      %i = stablehlo.constant dense<0.0> : tensor<f64>
      %0 = stablehlo.custom_call @stablehlo.dynamic_reduce_window(%x, %i, %w, %c, %c, %c, %p) {called_computations = [@add]} : (tensor<?xf64>, tensor<f64>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1x2xi32>) -> tensor<?xf64>
      return %0 : tensor<?xf64>
      """,
      """
      func.func private @add(%a: tensor<f64>, %b: tensor<f64>) -> tensor<f64> {
        %0 = stablehlo.add %a, %b : tensor<f64>
        return %0 : tensor<f64>
      }
      """)
    #expect(try outputs(text, [f64([1, 2, 3])]) == [f64([1, 3, 6])])
  }

  @Test func whatIsAssertedIsCheckedAtTheCall() throws {
    let text = main(
      "%x: tensor<?xf64>", "tensor<?xf64>",
      """
      %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?xf64>) -> tensor<i32>
      %two = stablehlo.constant dense<2> : tensor<i32>
      %p = stablehlo.compare GE, %n, %two, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.custom_call @shape_assertion(%p, %n) {error_message = "no"} : (tensor<i1>, tensor<i32>) -> ()
      return %x : tensor<?xf64>
      """)
    let graph = try function(text)
    #expect(graph.constraints.map(\.description) == ["2 <= n0_0"])
    #expect(throws: BindingError.self) { try Engine().compile(graph)([f64([1])]) }
  }

  @Test func aShapeThatIsDataIsNotSupported() {
    let text = main(
      "%x: tensor<f64>, %s: tensor<1xi32>", "tensor<?xf64>",
      """
      %0 = stablehlo.dynamic_broadcast_in_dim %x, %s, dims = [] : (tensor<f64>, tensor<1xi32>) -> tensor<?xf64>
      return %0 : tensor<?xf64>
      """)
    #expect(stableHLO(text).isUnsupported)
  }

  /// Operations on a = [200, 3] and b = [100, 250] of narrow and unsigned types.
  static let wholeNumbersCases: [(String, String, [Int64])] = [
    ("ui8", "stablehlo.add %a, %b", [44, 253]), ("ui8", "stablehlo.subtract %a, %b", [100, 9]),
    ("ui8", "stablehlo.multiply %a, %b", [32, 238]), ("ui8", "stablehlo.divide %a, %b", [2, 0]),
    ("ui8", "stablehlo.not %a", [55, 252]), ("ui8", "stablehlo.negate %a", [56, 253]),
    ("i8", "stablehlo.add %a, %b", [44, -3]), ("i8", "stablehlo.maximum %a, %b", [100, 3]),
    ("i16", "stablehlo.multiply %a, %b", [20000, 750]), ("i8", "stablehlo.divide %a, %b", [0, 0]),
    ("ui32", "stablehlo.subtract %b, %a", [4_294_967_196, 247]),
    ("ui32", "stablehlo.popcnt %a", [3, 2]), ("i8", "stablehlo.popcnt %a", [3, 2]),
    ("ui32", "stablehlo.count_leading_zeros %a", [24, 30]),
    ("ui16", "stablehlo.count_leading_zeros %a", [8, 14]),
    ("i32", "stablehlo.remainder %b, %a", [100, 1]), ("i32", "stablehlo.xor %a, %b", [172, 249]),
    ("ui8", "stablehlo.shift_left %a, %s", [144, 6]),
    ("ui8", "stablehlo.shift_right_logical %a, %s", [100, 1]),
    ("i8", "stablehlo.shift_right_logical %a, %s", [100, 1]),
    ("i8", "stablehlo.shift_right_arithmetic %a, %s", [-28, 1]),
    (
      "ui64", "stablehlo.shift_right_logical %m, %s",
      [9_223_372_036_854_775_807, 9_223_372_036_854_775_807]
    ),
    ("i32", "stablehlo.shift_right_logical %m, %s", [2_147_483_647, 2_147_483_647]),
  ]
  @Test(arguments: wholeNumbersCases)
  func wholeNumbers(_ type: String, _ form: String, _ expected: [Int64]) throws {
    let array = "tensor<2x\(type)>"
    let text = main(
      "", array,
      """
      %a = stablehlo.constant dense<[200, 3]> : \(array)
      %b = stablehlo.constant dense<[100, 250]> : \(array)
      %s = stablehlo.constant dense<1> : \(array)
      %m = stablehlo.constant dense<-1> : \(array)
      %0 = \(form) : \(array)
      return %0 : \(array)
      """)
    #expect(try outputs(text)[0].integers == expected)
  }

  /// Truncated division of −7 by 2 and its remainder; conversions of numbers at the edges.
  @Test func divisionRoundsTowardZero() throws {
    let text = main(
      "%a: tensor<2xi32>, %b: tensor<2xi32>", "tensor<2xi32>, tensor<2xi32>",
      """
      %0 = stablehlo.divide %a, %b : tensor<2xi32>
      %1 = stablehlo.remainder %a, %b : tensor<2xi32>
      return %0, %1 : tensor<2xi32>, tensor<2xi32>
      """)
    #expect(
      try outputs(text, [i32([-7, 7]), i32([2, -2])]) == [i32([-3, -3]), i32([-1, 1])])
  }

  @Test func conversionsOfUnsignedNumbers() throws {
    let text = main(
      "%x: tensor<2xf64>", "tensor<2xf64>, tensor<2xi32>, tensor<2xui8>",
      """
      %0 = stablehlo.convert %x : (tensor<2xf64>) -> tensor<2xui64>
      %1 = stablehlo.convert %0 : (tensor<2xui64>) -> tensor<2xf64>
      %2 = stablehlo.constant dense<[-1, 5]> : tensor<2xui32>
      %3 = stablehlo.bitcast_convert %2 : (tensor<2xui32>) -> tensor<2xi32>
      %4 = stablehlo.convert %3 : (tensor<2xi32>) -> tensor<2xui8>
      return %1, %3, %4 : tensor<2xf64>, tensor<2xi32>, tensor<2xui8>
      """)
    let x = f64([0x1p63 + 0x1p20, 3])
    #expect(try outputs(text, [x]) == [x, i32([-1, 5]), i64([255, 5])])
  }

  /// Floats of every kind with their bits, and back.
  static let floats: [Double] = [
    0, 1, -1, 1.5, -2, .pi, 0x1p-1022, 0x1p-1074, -0x1.8p-1060, 0x1.fffffffffffffp1023, 0x1p1023,
    .infinity, -.infinity, 1 - 0x1p-53, 1 + 0x1p-52, 8, 1e-300, .leastNormalMagnitude.nextDown,
  ]

  @Test func bitsOfFloats() throws {
    let n = Self.floats.count
    let text = main(
      "%x: tensor<\(n)xf64>", "tensor<\(n)xi64>, tensor<\(n)xf64>",
      """
      %0 = stablehlo.bitcast_convert %x : (tensor<\(n)xf64>) -> tensor<\(n)xi64>
      %1 = stablehlo.bitcast_convert %0 : (tensor<\(n)xi64>) -> tensor<\(n)xf64>
      return %0, %1 : tensor<\(n)xi64>, tensor<\(n)xf64>
      """)
    let patterns = Self.floats.map { Int64(bitPattern: $0.bitPattern) }
    let compiled = try Engine().compile(function(text))([f64(Self.floats)])
    #expect(compiled == [i64(patterns), f64(Self.floats)])
    #expect(try outputs(text, [f64(Self.floats)]) == compiled)
  }

  @Test func bitsOfShortFloats() throws {
    let floats: [Float] = [
      0, -0.0, 1, -1.5, .pi, .infinity, 0x1p-149, -0x1p-126, 0x1.fffffep127, 1 - 0x1p-24, 0.1,
    ]
    let n = floats.count
    let text = main(
      "%x: tensor<\(n)xf32>, %y: tensor<\(n)xf32>",
      "tensor<\(n)xui32>, tensor<\(n)xf32>, tensor<\(n)xf32>",
      """
      %0 = stablehlo.bitcast_convert %x : (tensor<\(n)xf32>) -> tensor<\(n)xui32>
      %1 = stablehlo.bitcast_convert %0 : (tensor<\(n)xui32>) -> tensor<\(n)xf32>
      %2 = chlo.next_after %x, %y : tensor<\(n)xf32>, tensor<\(n)xf32> -> tensor<\(n)xf32>
      return %0, %1, %2 : tensor<\(n)xui32>, tensor<\(n)xf32>, tensor<\(n)xf32>
      """)
    let upward = f32([Float](repeating: .infinity, count: n))
    let found = try Engine().compile(function(text))([f32(floats), upward])
    #expect(found[0] == i64(floats.map { Int64($0.bitPattern) }) && found[1] == f32(floats))
    #expect(found[2] == f32(floats.map(\.nextUp)))
  }

  // MARK: - Names

  @Test func inputsHaveTheNamesOfTheProgram() throws {
    let text = """
      module {
        func.func @main(%arg0: tensor<f64> {jax.arg_info = "params['w']"}, %theta: tensor<f64>, %arg2: tensor<f64> loc("x")) -> (tensor<f64> {jax.result_info = "['loss']"}) {
          %0 = stablehlo.add %arg0, %theta : tensor<f64>
          return %0 : tensor<f64>
        }
      }
      """
    let file = stableHLO(text)
    let graph = try #require(file.graphs.first)
    let names = file.names(of: graph)
    #expect(graph.inputs.map(\.name) == ["in0", "in1", "in2"])
    let found = [
      "params['w']", "theta", "x", "['loss']", "ct.['loss']", "tan.theta", "in1", "nothing",
    ]
    #expect(
      found.map(names.resolved)
        == ["in0", "in1", "in2", "out0", "ct.out0", "tan.in1", "in1", "nothing"])
  }

  @Test func functionsThatAreNotPrivateAreGraphs() {
    let text = """
      func.func @f(%x: tensor<f64>) -> tensor<f64> { return %x : tensor<f64> }
      func.func private @g(%x: tensor<f64>) -> tensor<f64> { return %x : tensor<f64> }
      func.func public @h(%x: tensor<f64>) -> tensor<f64> { return %x : tensor<f64> }
      """
    #expect(stableHLO(text).graphs.map(\.name) == ["f", "h"])
  }

  static let languageIsToldByNameOrTextCases: [(String, String, GraphLanguage)] = [
    ("a.jg", "module {}", GraphLanguage.graph), ("a.mlir", "jitgrad 1", .stableHLO),
    ("<stdin>", "module @m {}", .stableHLO), ("<stdin>", "\n// x\nmodule {}", .stableHLO),
    ("<stdin>", "# x\njitgrad 1", .graph), ("<stdin>", "#loc = loc(unknown)", .stableHLO),
  ]
  @Test(arguments: languageIsToldByNameOrTextCases)
  func languageIsToldByNameOrText(_ name: String, _ text: String, _ expected: GraphLanguage) {
    #expect(GraphLanguage(of: SourceFile(name: name, text: text)) == expected)
  }
}
