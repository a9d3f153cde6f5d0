// Files that are wrong in ways that are easily let pass, and files made to take all memory or time: each
// has its message, soon.

import Frontend
import Graph
import Testing

@Suite struct RefusalTests {
  private func messages(of text: String) -> [String] {
    stableHLO(text).diagnostics.map(\.message)
  }

  private static let uncounted = "4294967296x4294967296"

  private static func constant(_ dense: String, _ type: String) -> String {
    "%0 = stablehlo.constant \(dense) : tensor<\(type)>"
  }
  private static func gather(_ numbers: String, _ sizes: String, _ result: String) -> String {
    "%0 = \"stablehlo.gather\"(%m, %i) <{dimension_numbers = #stablehlo.gather<\(numbers), "
      + "start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: \(sizes)>}> : "
      + "(tensor<3x4xf64>, tensor<2x1xi32>) -> tensor<\(result)>"
  }
  private static func body(_ operation: String) -> String {
    """
    {
      ^bb0(%p: tensor<f64>, %q: tensor<f64>):
        %r = stablehlo.\(operation)
        stablehlo.return %r : \(operation.hasPrefix("compare") ? "tensor<i1>" : "tensor<f64>")
      }
    """
  }
  private static let add = body("add %p, %q : tensor<f64>")
  private static let compare = body(
    "compare GE, %p, %q : (tensor<f64>, tensor<f64>) -> tensor<i1>")
  private static let manyPlaces = "{window_dimensions = array<i64: 2147483648, 2147483648, 4>}"

  /// Operations on %a: 2×2, %m: 3×4, %t: 2×2×2 and %c: a number, all of f64, and %i: 2×1 of i32.
  static let cases: [(String, String)] = [
    (
      "%0 = stablehlo.negate %a : tensor<2xtensor<3xf64>>",
      "expected the type of the elements, found 'tensor'"
    ),
    (
      constant("dense<\"0x0101\">", "9223372036854775807xi1"),
      "a constant of tensor<9223372036854775807xi1> has more elements than can be counted"
    ),
    (
      constant("dense<>", "\(uncounted)xf64"),
      "a constant of tensor<\(uncounted)xf64> has more elements than can be counted"
    ),
    (
      constant("dense<[]>", "\(uncounted)xf64"),
      "a constant of tensor<\(uncounted)xf64> has more elements than can be counted"
    ),
    (
      constant("dense<\"0x\">", "\(uncounted)xf64"),
      "a constant of tensor<\(uncounted)xf64> has more elements than can be counted"
    ),
    (
      "%0 = \"stablehlo.transpose\"(%a) {permutation = dense<0> : tensor<\(uncounted)xi64>}"
        + " : (tensor<2x2xf64>) -> tensor<2x2xf64>",
      "a constant of tensor<\(uncounted)xi64> has more elements than can be counted"
    ),
    (constant("dense<-129>", "i8"), "this is no i8"),
    (constant("dense<256>", "ui8"), "this is no ui8"),
    (
      "%0 = stablehlo.iota dim = 18446744073709551616 : tensor<2xf64>",
      "a whole number needs 64 bits at most"
    ),
    (
      "%0 = stablehlo.convolution(%t, %t) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} "
        + "{batch_group_count = 4294967296 : i64, feature_group_count = 4294967296 : i64} : "
        + "(tensor<2x2x2xf64>, tensor<2x2x2xf64>) -> tensor<1x1x1xf64>",
      "stablehlo.convolution: has groups of channels or of the batch, not both"
    ),
    (
      "%0 = \"stablehlo.reduce_window\"(%t, %c) (\(add)) \(manyPlaces) : "
        + "(tensor<2x2x2xf64>, tensor<f64>) -> tensor<0x0x0xf64>",
      "stablehlo.reduce_window: has more places in a window than can be counted"
    ),
    (
      "%0 = \"stablehlo.select_and_scatter\"(%t, %t, %c) (\(compare), \(add)) \(manyPlaces) : "
        + "(tensor<2x2x2xf64>, tensor<2x2x2xf64>, tensor<f64>) -> tensor<2x2x2xf64>",
      "stablehlo.select_and_scatter: has more places in a window than can be counted"
    ),
    (
      "%0 = stablehlo.reverse %a, dims = [0, 0] : tensor<2x2xf64>",
      "stablehlo.reverse: reverse needs each axis once, found [0, 0]"
    ),
    (
      gather("offset_dims = [1, 2]", "5, 4", "2x5x4xf64"),
      "stablehlo.gather: has windows of extent 5 along axis 0 of f64[3, 4]"
    ),
    (
      gather("offset_dims = [1], collapsed_slice_dims = [0]", "2, 4", "2x4xf64"),
      "stablehlo.gather: has windows of extent 2 along axis 0 of f64[3, 4], an axis that they leave "
        + "out"
    ),
    (
      gather("offset_dims = [7], collapsed_slice_dims = [0]", "1, 4", "2x4xf64"),
      "stablehlo.gather: has dimension numbers that do not fit f64[3, 4] and the indices i32[2, 1]"
    ),
    (
      gather("offset_dims = [2, 1]", "1, 4", "2x4x1xf64"),
      "stablehlo.gather: has dimension numbers that do not fit f64[3, 4] and the indices i32[2, 1]"
    ),
    (
      "%0 = \"stablehlo.map\"(%a, %m) (\(add)) {dimensions = array<i64: 0, 1>} : "
        + "(tensor<2x2xf64>, tensor<3x4xf64>) -> tensor<2x2xf64>",
      "stablehlo.map: needs operands of one shape, found f64[2, 2] and f64[3, 4]"
    ),
    (
      "%0 = stablehlo.add %a, %c : (tensor<2x2xf64>, tensor<f64>) -> tensor<2x2xf64>",
      "stablehlo.add: needs operands of one shape, found f64[2, 2] and f64"
    ),
    (
      "%0 = \"stablehlo.reduce\"(%a, %a) (\(add)) {dimensions = array<i64: 0>} : "
        + "(tensor<2x2xf64>, tensor<2x2xf64>) -> tensor<2xf64>",
      "stablehlo.reduce: needs initial values that are scalars, found f64[2, 2]"
    ),
  ]
  @Test(arguments: cases)
  func operations(_ operation: String, _ expected: String) {
    let text = main(
      "%a: tensor<2x2xf64>, %m: tensor<3x4xf64>, %t: tensor<2x2x2xf64>, %c: tensor<f64>, "
        + "%i: tensor<2x1xi32>", "tensor<2x2xf64>",
      "\(operation)\n    return %a : tensor<2x2xf64>")
    #expect(messages(of: text) == [expected])
  }

  // MARK: - Functions and blocks

  @Test func functionsReturnWhatTheyDeclare() {
    let text = main("%a: tensor<2xf64>", "tensor<3xi32>", "return %a : tensor<2xf64>")
    #expect(messages(of: text) == ["@main returns tensor<2xf64>, declared as tensor<3xi32>"])
  }

  @Test func argumentsHaveNamesOfTheirOwn() {
    let text = main("%a: tensor<f64>, %a: tensor<f64>", "tensor<f64>", "return %a : tensor<f64>")
    #expect(messages(of: text) == ["%a is defined twice"])
  }

  @Test func nothingStandsBehindAReturn() {
    let text = main(
      "%a: tensor<f64>", "tensor<f64>",
      "return %a : tensor<f64>\n    %0 = stablehlo.sine %a : tensor<f64>")
    #expect(messages(of: text) == ["nothing can stand behind func.return"])
  }

  @Test func argumentsOfLoopsAreWhatIsCarried() {
    let text = main(
      "%a: tensor<f64>", "tensor<f64>",
      """
      %0 = "stablehlo.while"(%a) ({
      ^bb0(%b: tensor<i32>):
        %p = stablehlo.compare LT, %a, %a : (tensor<f64>, tensor<f64>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      }, {
      ^bb0(%b: tensor<f64>):
        %p = stablehlo.add %b, %b : tensor<f64>
        stablehlo.return %p : tensor<f64>
      }) : (tensor<f64>) -> tensor<f64>
      return %0 : tensor<f64>
      """)
    #expect(messages(of: text) == ["%b is tensor<i32>, given tensor<f64>"])
  }

  @Test func aliasesInsideAFunctionAreToldOnce() {
    let text = main(
      "%a: tensor<f64>", "tensor<f64>", "#loc1 = loc(\"a\")\n    return %a : tensor<f64>")
    #expect(messages(of: text) == ["expected the name of an operation, found '#loc1'"])
  }

  // MARK: - Time and memory

  @Test func typesInsideTypesEnd() {
    let text =
      "module { func.func @main(%x: \(String(repeating: "tensor<", count: 200_000)))"
    #expect(stableHLO(text).hasErrors)
  }

  private func sorted(_ compare: String, returning result: String = "%p") -> GraphFile {
    stableHLO(
      main(
        "%x: tensor<3xf64>, %c: tensor<f64>", "tensor<3xf64>",
        """
        %0 = "stablehlo.sort"(%x) <{dimension = 0 : i64}> ({
        ^bb0(%a: tensor<f64>, %b: tensor<f64>):
          \(compare)
          stablehlo.return \(result) : tensor<i1>
        }) : (tensor<3xf64>) -> tensor<3xf64>
        return %0 : tensor<3xf64>
        """))
  }

  /// A comparator that finds all equal changes nothing.
  @Test func comparatorsOfWhatIsCaptured() throws {
    let file = sorted(
      "%p = stablehlo.compare LT, %c, %c : (tensor<f64>, tensor<f64>) -> tensor<i1>")
    let graph = try #require(file.graphs.first)
    #expect(try outputs(of: graph, [f64([3, 1, 2]), f64([0], [])]) == [f64([3, 1, 2])])
  }

  /// Each select uses the two before it twice.
  @Test func comparatorsThatMultiplyAreRefused() {
    let type = "(tensor<f64>, tensor<f64>) -> tensor<i1>"
    var lines = [
      "%e = stablehlo.compare EQ, %a, %b : \(type)", "%p0 = stablehlo.compare LT, %a, %b : \(type)",
      "%q0 = stablehlo.compare GT, %a, %b : \(type)",
    ]
    for k in 0..<14 {
      for (x, y) in [("p", "q"), ("q", "p")] {
        lines.append(
          "%\(x)\(k + 1) = stablehlo.select %e, %\(x)\(k), %\(y)\(k) : tensor<i1>, tensor<i1>")
      }
    }
    let file = sorted(lines.joined(separator: "\n"), returning: "%p14")
    #expect(
      file.diagnostics.map(\.message) == ["stablehlo.sort with this comparator is not supported"])
  }

  /// Thirty functions that each call the next one twice.
  @Test func aShortFileIsNoLongProgram() {
    var others = ""
    for k in 0..<30 {
      let next = k == 29 ? "stablehlo.sine" : "call @f\(k + 1)"
      func line(_ result: String, _ operand: String) -> String {
        k == 29
          ? "\(result) = \(next) \(operand) : tensor<f64>"
          : "\(result) = \(next)(\(operand)) : (tensor<f64>) -> tensor<f64>"
      }
      others += """
        func.func private @f\(k)(%x: tensor<f64>) -> tensor<f64> {
          \(line("%y", "%x"))
          \(line("%z", "%y"))
          return %z : tensor<f64>
        }

        """
    }
    let text = main(
      "%a: tensor<f64>", "tensor<f64>",
      "%0 = call @f0(%a) : (tensor<f64>) -> tensor<f64>\n    return %0 : tensor<f64>", others)
    let found = messages(of: text)
    #expect(found.count == 1 && found[0].hasPrefix("with all calls written out"))
  }

  /// Places along a line are those that are counted from its beginning.
  @Test func placesAreCountedOn() {
    let source = SourceFile(name: "t.mlir", text: "ab\nπ cd ef\ngh")
    var known = (offset: 0, location: source.location(at: 0))
    for offset in [1, 3, 6, 9, 10, 4, 12] {
      known = (offset, source.location(at: offset, from: known))
      #expect(known.location == source.location(at: offset))
    }
  }

  // MARK: - Forms

  @Test func theLanguageIsToldByWhatStandsBehindAliases() {
    let module = main("%a: tensor<f64>", "tensor<f64>", "return %a : tensor<f64>")
    for text in [module, "\u{FEFF}" + module, "#map = affine_map<(d0) -> (d0)>\n" + module] {
      let file = GraphFile(SourceFile(name: "<stdin>", text: text))
      #expect(file.diagnostics.isEmpty && file.graphs.count == 1)
    }
    let other = "# module of all\njitgrad 1\nfunc f(x: f64) -> (y: f64) { y = x + x }\n"
    #expect(GraphFile(SourceFile(name: "<stdin>", text: other)).graphs.count == 1)
  }

  private func bools(_ digits: String, _ count: Int) -> String {
    let type = "tensor<\(count)xi1>"
    return main(
      "", type, "%0 = stablehlo.constant dense<\"\(digits)\"> : \(type)\n    return %0 : \(type)")
  }

  /// Bools are bytes, one for all of them or one for each. They used to be bits, with all of them set
  /// for true everywhere (LLVM 22 and before).
  @Test func boolsAreBytesOrBits() throws {
    let no = [Bool](repeating: false, count: 6)
    for (digits, expected) in [
      ("0x0100", [true, false]), ("0x05", [true, false, true]), ("0x06", [false, true, true]),
      ("0x80", no + [false, true]), ("0x00", [false, false, false]), ("0xFF", [true, true, true]),
      ("0x07", [true, true, true]), ("0x0500", [true, false, true] + no), ("0x01", [true]),
      ("0x00", [false]), ("0x01", [Bool](repeating: true, count: 9)),
      ("0xFF", [Bool](repeating: true, count: 17)),
    ] {
      let found = try outputs(bools(digits, expected.count))
      #expect(found == [Tensor(expected, shape: [expected.count])], "\(digits)")
    }
  }

  /// 01 is one element for all, or the bits of true, false, …; 05 of more than 8 elements is nothing.
  @Test func boolsThatMayBeTwoThings() {
    for count in [2, 3, 8] {
      let found = mistakes(bools("0x01", count))
      #expect(found.count == 1 && found[0].contains("may be true throughout"), "\(found)")
    }
    #expect(!mistakes(bools("0x05", 9)).isEmpty)
    #expect(!mistakes(bools("0x02", 1)).isEmpty)
  }
}
