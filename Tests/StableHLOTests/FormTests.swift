// Every textual form of operations, with values: elementwise functions, shapes, constants, products,
// and the generic form of all.

import Graph
import Testing

@Suite struct FormTests {
  /// Expressions of %a and %b with their values for a = [1.5, −2, 0.25] and b = [2, 3, −1].
  static let functionsOfElementsCases: [(String, [Double])] = [
    ("stablehlo.add %a, %b : tensor<3xf64>", [3.5, 1, -0.75]),
    (
      "\"stablehlo.add\"(%a, %b) : (tensor<3xf64>, tensor<3xf64>) -> tensor<3xf64>",
      [3.5, 1, -0.75]
    ),
    ("mhlo.subtract %a, %b : tensor<3xf64>", [-0.5, -5, 1.25]),
    (
      "stablehlo.multiply %a, %b : (tensor<3xf64>, tensor<3xf64>) -> tensor<3xf64>", [3, -6, -0.25]
    ),
    ("stablehlo.divide %a, %b : tensor<3xf64>", [0.75, -2.0 / 3, -0.25]),
    ("stablehlo.remainder %a, %b : tensor<3xf64>", [1.5, -2, 0.25]),
    ("stablehlo.maximum %a, %b : tensor<3xf64>", [2, 3, 0.25]),
    ("stablehlo.minimum %a, %b : tensor<3xf64>", [1.5, -2, -1]),
    ("stablehlo.power %b, %b : tensor<3xf64>", [4, 27, -1]),
    ("stablehlo.negate %a : tensor<3xf64>", [-1.5, 2, -0.25]),
    ("stablehlo.abs %a : tensor<3xf64>", [1.5, 2, 0.25]),
    ("stablehlo.sign %a {some = 1 : i64} : tensor<3xf64>", [1, -1, 1]),
    ("stablehlo.floor %a : tensor<3xf64> loc(\"here\")", [1, -2, 0]),
    ("stablehlo.ceil %a : tensor<3xf64> loc(#loc1)", [2, -2, 1]),
    ("stablehlo.round_nearest_afz %a : tensor<3xf64>", [2, -2, 0]),
    ("stablehlo.round_nearest_even %a : tensor<3xf64>", [2, -2, 0]),
    ("stablehlo.clamp %b, %a, %b : tensor<3xf64>", [2, 3, -1]),
    ("chlo.square %a : tensor<3xf64> -> tensor<3xf64>", [2.25, 4, 0.0625]),
    (
      "chlo.broadcast_add %a, %b : (tensor<3xf64>, tensor<3xf64>) -> tensor<3xf64>",
      [3.5, 1, -0.75]
    ),
    (
      "stablehlo.custom_call @mhlo.erf(%z) {mhlo.attributes = {}} : (tensor<3xf64>) -> tensor<3xf64>",
      [0, 0, 0]
    ),
    (
      "stablehlo.custom_call @Sharding(%a) {backend_config = \"\"} : (tensor<3xf64>) -> tensor<3xf64>",
      [1.5, -2, 0.25]
    ),
    ("stablehlo.reverse %a, dims = [0] : tensor<3xf64>", [0.25, -2, 1.5]),
    ("stablehlo.optimization_barrier %a : tensor<3xf64>", [1.5, -2, 0.25]),
    ("stablehlo.reduce_precision %a, format = e11m52 : tensor<3xf64>", [1.5, -2, 0.25]),
    ("stablehlo.convert %a : tensor<3xf64>", [1.5, -2, 0.25]),
    ("chlo.constant_like %a {value = 2.5 : f64} : tensor<3xf64>", [2.5, 2.5, 2.5]),
  ]
  @Test(arguments: functionsOfElementsCases)
  func functionsOfElements(_ form: String, _ expected: [Double]) throws {
    let text = """
      #loc1 = loc("ls[0]"(#loc2))
      #loc2 = loc("cases.py":47:32 to :37)
      \(main(
        "%a: tensor<3xf64>, %b: tensor<3xf64>", "tensor<3xf64>",
        "%z = stablehlo.constant dense<0.0> : tensor<3xf64>\n    %0 = \(form)\n    return %0 : tensor<3xf64>"))
      """
    #expect(try outputs(text, [f64([1.5, -2, 0.25]), f64([2, 3, -1])]) == [f64(expected)])
  }

  static let constantsCases: [(String, String, [Double])] = [
    ("tensor<f32>", "dense<1.000000e+00>", [1.0]),
    ("tensor<f32>", "dense<0x40490FDB>", [3.1415927410125732]),
    ("tensor<f32>", "dense<-2.5>", [-2.5]),
    ("tensor<f64>", "dense<0x7FF0000000000000>", [.infinity]),
    ("tensor<2xf64>", "dense<3.0>", [3, 3]),
    ("tensor<2x2xi32>", "dense<[[1, -2], [3, 4]]>", [1, -2, 3, 4]),
    ("tensor<2xf32>", "dense<\"0x0000803F00000040\">", [1, 2]),
    ("tensor<2xf32>", "dense<\"0x0000803F\">", [1, 1]),
    ("tensor<3xi1>", "dense<[true, false, true]>", [1, 0, 1]), ("tensor<0xf32>", "dense<>", []),
    ("tensor<3xui8>", "dense<[1, 255, 7]>", [1, 255, 7]),
    ("tensor<2xi8>", "dense<\"0xFF7F\">", [-1, 127]),
    ("tensor<2xui32>", "dense<\"0xFFFFFFFF01000000\">", [4_294_967_295, 1]),
    ("tensor<i64>", "dense<-9223372036854775808>", [-9_223_372_036_854_775_808]),
  ]
  @Test(arguments: constantsCases)
  func constants(_ type: String, _ value: String, _ expected: [Double]) throws {
    let text = main("", type, "%0 = stablehlo.constant \(value) : \(type)\n    return %0 : \(type)")
    #expect(try outputs(text)[0].doubles == expected)
    let generic = main(
      "", type,
      "%0 = \"stablehlo.constant\"() <{value = \(value) : \(type)}> : () -> \(type)\n    return %0 : \(type)"
    )
    #expect(try outputs(generic)[0].doubles == expected)
  }

  /// Forms that move the elements of x = [[0, 1, 2], [3, 4, 5]].
  static let shapesCases: [(String, String, [Double])] = [
    (
      "stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf64>) -> tensor<3x2xf64>", "3x2",
      [0, 3, 1, 4, 2, 5]
    ),
    ("stablehlo.reshape %x : (tensor<2x3xf64>) -> tensor<6xf64>", "6", [0, 1, 2, 3, 4, 5]),
    (
      "stablehlo.slice %x [0:2, 0:3:2] : (tensor<2x3xf64>) -> tensor<2x2xf64>", "2x2", [0, 2, 3, 5]
    ),
    (
      "\"stablehlo.slice\"(%x) <{limit_indices = array<i64: 2, 3>, start_indices = array<i64: 1, 1>, strides = array<i64: 1, 1>}> : (tensor<2x3xf64>) -> tensor<1x2xf64>",
      "1x2", [4, 5]
    ),
    (
      "\"stablehlo.slice\"(%x) {limit_indices = dense<[2, 3]> : tensor<2xi64>, start_indices = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} : (tensor<2x3xf64>) -> tensor<1x2xf64>",
      "1x2", [4, 5]
    ),
    (
      "stablehlo.pad %x, %c, low = [0, 1], high = [0, -1], interior = [0, 0] : (tensor<2x3xf64>, tensor<f64>) -> tensor<2x3xf64>",
      "2x3", [9, 0, 1, 9, 3, 4]
    ),
    (
      "stablehlo.concatenate %x, %x, dim = 1 : (tensor<2x3xf64>, tensor<2x3xf64>) -> tensor<2x6xf64>",
      "2x6", [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]
    ),
    ("stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f64>) -> tensor<2xf64>", "2", [9, 9]),
    (
      "stablehlo.broadcast_in_dim %x, dims = [1, 0] : (tensor<2x3xf64>) -> tensor<3x2xf64>", "3x2",
      [0, 3, 1, 4, 2, 5]
    ),
    (
      "\"stablehlo.broadcast_in_dim\"(%x) <{broadcast_dimensions = array<i64: 0, 2>}> : (tensor<2x3xf64>) -> tensor<2x1x3xf64>",
      "2x1x3", [0, 1, 2, 3, 4, 5]
    ),
    ("stablehlo.iota dim = 1 : tensor<2x3xf64>", "2x3", [0, 1, 2, 0, 1, 2]),
    (
      "\"stablehlo.iota\"() <{iota_dimension = 0 : i64}> : () -> tensor<2x3xf64>", "2x3",
      [0, 0, 0, 1, 1, 1]
    ),
    ("stablehlo.select %p, %x, %x : tensor<i1>, tensor<2x3xf64>", "2x3", [0, 1, 2, 3, 4, 5]),
    (
      "stablehlo.dynamic_slice %x, %i, %i, sizes = [1, 2] : (tensor<2x3xf64>, tensor<i32>, tensor<i32>) -> tensor<1x2xf64>",
      "1x2", [4, 5]
    ),
    (
      "stablehlo.dynamic_update_slice %x, %u, %i, %i : (tensor<2x3xf64>, tensor<1x1xf64>, tensor<i32>, tensor<i32>) -> tensor<2x3xf64>",
      "2x3", [0, 1, 2, 3, 9, 5]
    ),
    (
      "stablehlo.dot_general %x, %x, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x3xf64>, tensor<2x3xf64>) -> tensor<2x2xf64>",
      "2x2", [5, 14, 14, 50]
    ),
    (
      "stablehlo.dot_general %x, %x, batching_dims = [0] x [0], contracting_dims = [1] x [1], algorithm = <lhs_precision_type = f64> : (tensor<2x3xf64>, tensor<2x3xf64>) -> tensor<2xf64>",
      "2", [5, 50]
    ),
    (
      "\"stablehlo.dot_general\"(%x, %x) <{dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision DEFAULT>]}> : (tensor<2x3xf64>, tensor<2x3xf64>) -> tensor<3x3xf64>",
      "3x3", [9, 12, 15, 12, 17, 22, 15, 22, 29]
    ),
    (
      "stablehlo.dot %x, %v, precision = [DEFAULT, DEFAULT] : (tensor<2x3xf64>, tensor<3xf64>) -> tensor<2xf64>",
      "2", [3, 12]
    ),
  ]
  @Test(arguments: shapesCases)
  func shapes(_ form: String, _ shape: String, _ expected: [Double]) throws {
    let type = "tensor<\(shape)xf64>"
    let text = main(
      "%x: tensor<2x3xf64>", type,
      """
      %c = stablehlo.constant dense<9.0> : tensor<f64>
      %u = stablehlo.constant dense<9.0> : tensor<1x1xf64>
      %v = stablehlo.constant dense<1.0> : tensor<3xf64>
      %i = stablehlo.constant dense<1> : tensor<i32>
      %p = stablehlo.constant dense<true> : tensor<i1>
      %0 = \(form)
      return %0 : \(type)
      """)
    let found = try outputs(text, [f64([0, 1, 2, 3, 4, 5], [2, 3])])
    #expect(found == [f64(expected, shape.split(separator: "x").map { Int($0)! })])
  }

  /// Comparisons in both forms, of floats, bools and unsigned numbers.
  static let comparisonsCases: [(String, [Bool])] = [
    (
      "stablehlo.compare LT, %a, %b, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
      [false, true]
    ),
    (
      "stablehlo.compare  GE, %a, %b,  TOTALORDER : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
      [true, false]
    ),
    (
      "\"stablehlo.compare\"(%a, %b) <{comparison_direction = #stablehlo<comparison_direction NE>}> : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
      [true, true]
    ),
    (
      "stablehlo.compare LT, %p, %q, UNSIGNED : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>",
      [true, false]
    ),
    (
      "stablehlo.compare LT, %u, %w, UNSIGNED : (tensor<2xui64>, tensor<2xui64>) -> tensor<2xi1>",
      [false, true]
    ),
    ("stablehlo.xor %p, %q : tensor<2xi1>", [true, true]),
    ("stablehlo.add %p, %q : tensor<2xi1>", [true, true]),
    ("stablehlo.multiply %p, %q : tensor<2xi1>", [false, false]),
    ("stablehlo.not %p : tensor<2xi1>", [true, false]),
    ("stablehlo.is_finite %a : (tensor<2xf32>) -> tensor<2xi1>", [true, true]),
    ("stablehlo.convert %a : (tensor<2xf32>) -> tensor<2xi1>", [true, false]),
  ]
  @Test(arguments: comparisonsCases)
  func comparisons(_ form: String, _ expected: [Bool]) throws {
    let text = main(
      "%a: tensor<2xf32>, %b: tensor<2xf32>", "tensor<2xi1>",
      """
      %p = stablehlo.constant dense<[false, true]> : tensor<2xi1>
      %q = stablehlo.constant dense<[true, false]> : tensor<2xi1>
      %u = stablehlo.constant dense<[-1, 2]> : tensor<2xui64>
      %w = stablehlo.constant dense<[1, 3]> : tensor<2xui64>
      %0 = \(form)
      return %0 : tensor<2xi1>
      """)
    #expect(try outputs(text, [f32([2, 0]), f32([1, 3])]) == [bools(expected)])
  }

  /// Names of results, uses of several, aliases in front of and behind the module.
  static let everything = """
    #alias = dense<2.0> : tensor<f32>
    // A comment.
    module @m attributes {mhlo.num_partitions = 1 : i32, x = [1, "a", @f, unit]} {
      func.func public @main(%arg0: tensor<?x2xf32> {jax.arg_info = "x", mhlo.sharding = ""} loc("x"), %arg1: tensor<i32>) -> (tensor<?x2xf32> {jax.result_info = "y"}) attributes {a = 1 : i32} {
        %0:2 = func.call @two(%arg0) : (tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
        %1 = stablehlo.add %0#0, %0#1 : tensor<?x2xf32> loc(callsite("a" at #loc3))
        %2 = "stablehlo.case"(%arg1) ({
          stablehlo.return %1 : tensor<?x2xf32> loc(#loc3)
        }, {
          %c = stablehlo.negate %1 : tensor<?x2xf32>
          stablehlo.return %c : tensor<?x2xf32>
        }) {some.attribute = #other.thing<[a, <b>] -> (c)>} : (tensor<i32>) -> tensor<?x2xf32>
        return %2 : tensor<?x2xf32>
      } loc(#loc3)
      func.func private @two(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
        %0 = stablehlo.sine %x : tensor<?x2xf32>
        return %x, %0 : tensor<?x2xf32>, tensor<?x2xf32>
      }
    } loc(#loc3)
    #loc3 = loc(fused<"x">["a", #alias])
    {-#
      external_resources: {}
    #-}
    """

  @Test func aWholeFile() throws {
    let graph = try function(Self.everything)
    #expect(graph.inputs.map(\.name) == ["in0", "in1"] && graph.outputs.map(\.name) == ["out0"])
    let x = f32([0, 0, 0, 0], [2, 2])
    #expect(try outputs(of: graph, [x, i32([1], [])])[0].shape == [2, 2])
  }
}
