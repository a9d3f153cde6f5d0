// What is wrong with a StableHLO file: where, what, and what to do; all of it where possible.

import Graph
import Testing

@testable import Frontend

@Suite struct MistakeTests {
  @Test func messagesShowThePlace() {
    let text = main(
      "%a: tensor<2xf32>, %b: tensor<3xf32>", "tensor<2xf32>",
      """
      %0 = stablehlo.add %a, %b : tensor<2xf32>
      return %0 : tensor<2xf32>
      """)
    #expect(
      messages(text) == """
        t.mlir:3:28: error: %b is tensor<3xf32>, used as tensor<2xf32>
            %0 = stablehlo.add %a, %b : tensor<2xf32>
                                   ^~
        t.mlir:2:45: note: it is defined here
          func.func public @main(%a: tensor<2xf32>, %b: tensor<3xf32>) -> (tensor<2xf32>) {
                                                    ^~

        """)
  }

  /// Bodies with one mistake each, whose first line is line 3.
  static let oneMistakeCases: [(String, String)] = [
    ("%0 = stablehlo.add %a, %c : tensor<2xf32>", "3:28: %c is not defined"),
    ("%0 = stablehlo.add %a %a : tensor<2xf32>", "3:27: expected ',' between operands, found '%a'"),
    ("%0 = stablehlo.add %a, %a : tensor<2yf32>", "3:40: expected 'x' behind an extent"),
    ("%0 = stablehlo.add %a : tensor<2xf32>", "3:10: stablehlo.add: needs 2 operands, found 1"),
    (
      "%0 = stablehlo.addd %a, %a : tensor<2xf32>",
      "3:10: the operation stablehlo.addd is not supported"
    ),
    (
      "%0 = stablehlo.reshape %a : (tensor<2xf32>) -> tensor<3xf32>",
      "3:10: stablehlo.reshape: reshape needs as many elements as f32[2] has (2), found f32[3] (3)"
    ),
    (
      "%0 = stablehlo.constant dense<[1.0, true]> : tensor<2xf32>",
      "3:41: this is no f32"
    ),
    (
      "%0 = stablehlo.constant dense<[[1.0], [2.0, 3.0]]> : tensor<2x1xf32>",
      "3:35: the rows of this constant differ in length"
    ),
    (
      "%0 = stablehlo.constant dense<\"0x00\"> : tensor<2xf32>",
      "3:35: tensor<2xf32> has 8 bytes, found 1"
    ),
    ("%0 = call @f(%a) : (tensor<2xf32>) -> tensor<2xf32>", "3:10: there is no function @f"),
    (
      "%0 = stablehlo.compare XX, %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
      "3:10: stablehlo.compare: needs a direction, found XX"
    ),
    (
      "%0 = stablehlo.iota dim = 1 : tensor<2xf32>",
      "3:10: stablehlo.iota: iota has no axis 1: the shape has rank 1"
    ),
    (
      "%0 = stablehlo.convert %a : (tensor<2xf32>) -> tensor<2xf16>",
      "3:52: the type f16 is not supported"
    ),
    (
      "%0 = stablehlo.transpose %a, dims = [1] : (tensor<2xf32>) -> tensor<2xf32>",
      "3:10: stablehlo.transpose: transpose needs each of 1 axes once, found [1]"
    ),
  ]
  @Test(arguments: oneMistakeCases)
  func oneMistake(_ line: String, _ expected: String) {
    let text = main(
      "%a: tensor<2xf32>", "tensor<2xf32>", "\(line)\n    return %a : tensor<2xf32>")
    #expect(mistakes(text) == [expected])
  }

  @Test func allMistakesAreFound() {
    let text = main(
      "%a: tensor<2xf32>", "tensor<2xf32>",
      """
      %0 = stablehlo.tanhh %a : tensor<2xf32>
      %1 = stablehlo.add %0, %a : tensor<2xf32>
      %2 = stablehlo.add %a, : tensor<2xf32>
      %3 = stablehlo.sine %1 : tensor<2xf32>
      %4 = stablehlo.fft %a, type = FFT, length = [2] : (tensor<2xf32>) -> tensor<2xf32>
      return %1 : tensor<2xf32>
      """)
    // What a mistake leaves undefined is no mistake of its own, and no name is asked for once an
    // operation could not be read.
    #expect(
      mistakes(text) == [
        "3:10: the operation stablehlo.tanhh is not supported",
        "5:6: stablehlo.add: needs 2 operands, found 1",
        "7:6: the operation stablehlo.fft is not supported",
      ])
  }

  @Test func aMistakeOfAFunctionIsToldOnce() {
    let text = main(
      "%a: tensor<f32>", "tensor<f32>",
      """
      %0 = call @f(%a) : (tensor<f32>) -> tensor<f32>
      %1 = call @f(%0) : (tensor<f32>) -> tensor<f32>
      %2 = call @f(%a) : (tensor<f32>) -> tensor<f32>
      return %2 : tensor<f32>
      """,
      """
      func.func private @f(%x: tensor<f32>) -> tensor<f32> {
        %y = stablehlo.nothing %x : tensor<f32>
        return %y : tensor<f32>
      }
      """)
    #expect(mistakes(text).count == 1)
  }

  @Test func whatIsNotOfferedIsNoMistake() {
    let unsupported = main(
      "%a: tensor<2xf32>", "tensor<2xf32>",
      """
      %0 = "stablehlo.all_reduce"(%a) : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
      """)
    #expect(stableHLO(unsupported).isUnsupported)
    let complex = main(
      "%a: tensor<2xcomplex<f32>>", "tensor<2xcomplex<f32>>",
      "return %a : tensor<2xcomplex<f32>>")
    #expect(stableHLO(complex).isUnsupported)
    #expect(mistakes(complex) == ["2:30: the type complex<f32> is not supported"])
    let wrong = main("%a: tensor<2xf32>", "tensor<2xf32>", "return %b : tensor<2xf32>")
    #expect(stableHLO(wrong).hasErrors && !stableHLO(wrong).isUnsupported)
  }

  @Test func functionsThatCallThemselvesEnd() {
    let text = main(
      "%a: tensor<f32>", "tensor<f32>",
      "%0 = call @f(%a) : (tensor<f32>) -> tensor<f32>\n    return %0 : tensor<f32>",
      """
      func.func private @f(%x: tensor<f32>) -> tensor<f32> {
        %y = call @f(%x) : (tensor<f32>) -> tensor<f32>
        return %y : tensor<f32>
      }
      """)
    let found = mistakes(text)
    #expect(found.count == 1 && found[0].hasSuffix("calls and regions are more than 200 deep"))
  }

  /// Calls of calls of calls would be written out without end.
  @Test func callsThatMultiplyAreBounded() {
    var others = ""
    for k in 0..<60 {
      let inner =
        k == 59
        ? "%y = stablehlo.sine %x : tensor<f32>\n%z = stablehlo.sine %y : tensor<f32>"
        : """
        %y = call @f\(k + 1)(%x) : (tensor<f32>) -> tensor<f32>
        %z = call @f\(k + 1)(%y) : (tensor<f32>) -> tensor<f32>
        """
      others += """
        func.func private @f\(k)(%x: tensor<f32>) -> tensor<f32> {
          \(inner)
          return %z : tensor<f32>
        }

        """
    }
    let text = main(
      "%a: tensor<f32>", "tensor<f32>",
      "%0 = call @f0(%a) : (tensor<f32>) -> tensor<f32>\n    return %0 : tensor<f32>", others)
    let source = SourceFile(name: "t.mlir", text: text)
    var elaborator = StableHLOElaborator(
      MLIRParser.parse(source).module, source, damaged: [], operationLimit: 10_000)
    #expect(elaborator.elaborate().isEmpty)
    #expect(
      elaborator.log.diagnostics.map(\.message)
        == ["with all calls written out there are more than 10000 operations"])
  }

  @Test(arguments: ["(", "[", "<", "{", "\"stablehlo.case\"(%a) ({"])
  func nestingIsBounded(_ piece: String) {
    let text =
      "module { func.func @main(%a: tensor<i32>) -> tensor<i32> {\n"
      + String(repeating: piece, count: 100_000)
    #expect(stableHLO(text).hasErrors)
  }

  /// Whatever is cut off or changed, the reader ends and tells a place inside the file.
  @Test func damagedFilesAreRefused() {
    let text = Array(FormTests.everything.utf8)
    var random = SystemRandomNumberGenerator()
    for step in 0..<400 {
      var bytes = text
      if step.isMultiple(of: 2) {
        bytes = Array(bytes.prefix(Int.random(in: 0..<text.count, using: &random)))
      } else {
        for _ in 0..<3 {
          let place = Int.random(in: 0..<text.count, using: &random)
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
      }
      let file = GraphFile(SourceFile(name: "t.mlir", bytes: bytes))
      for diagnostic in file.diagnostics {
        #expect((0...bytes.count).contains(diagnostic.point))
      }
    }
  }
}
