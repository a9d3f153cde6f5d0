// Parts of the command in this process: which error gets which exit code, verification of an
// operation that is wrong, and the small parsers.
import Autodiff
import Glibc
import Graph
import Testing

@testable import Frontend
@testable import JIT
@testable import jit_grad

@Suite struct PartsTests {
  @Test func everyErrorHasItsExitCode() {
    func file(_ kind: FileError.Kind) -> FileError {
      FileError(kind: kind, path: "p", reason: "r")
    }
    func array(_ kind: ArrayFileError.Kind) -> ArrayFileError {
      ArrayFileError(kind: kind, file: "f", needed: "n", found: "f")
    }
    var cases: [(any Error, CommandStatus)] = [
      (file(.notFound), .missingInput), (file(.isDirectory), .missingInput),
      (file(.cannotWrite), .cannotWrite), (file(.tooLarge), .badData),
      (array(.truncated), .badData), (array(.corrupt), .badData),
      (array(.unsupported), .unsupported),
    ]
    cases.append((BindingError.unknownSizes(["n"]), .missingInput))
    cases.append((BindingError.memory(needed: 2, limit: 1), .badData))
    cases.append((BindingError.inputCount(needed: 1, found: 2), .internalError))
    cases.append((DimError.overflow(1), .badData))
    cases.append((DerivativeRequestError("m"), .usage))
    cases.append((DerivativeError("sort", "m"), .unsupported))
    cases.append((TCCError(stage: .compile, messages: [], source: ""), .internalError))
    cases.append((TypeRuleError("m"), .internalError))
    cases.append((CommandError(.negative, "m"), .negative))
    for (error, status) in cases { #expect(CommandStatus(error) == status, "\(error)") }
  }

  @Test(arguments: [
    ("0", 0), ("17", 17), ("1K", 1024), ("2m", 2 << 20), ("3GiB", 3 << 30), ("1kb", 1024),
  ])
  func byteCounts(_ text: String, _ count: Int) {
    #expect(ByteCount(argument: text)?.value == count)
  }

  @Test(arguments: ["", "K", "-1", "+1", "1.5G", "1Q", "9223372036854775807K", "0x10"])
  func notByteCounts(_ text: String) { #expect(ByteCount(argument: text) == nil) }

  @Test func jsonIsReadAsWritten() {
    let value = JSON.object([
      .init("a \"quoted\"\n\u{1}\u{202E}", .string("\\ ü 🙂 \u{1}")), .init("b", .number(1.5e-9)),
      .init("c", .array([.integer(-3), .bool(true), .null, .object([]), .array([])])),
    ])
    #expect(JSONReader.read(Array(value.text().utf8)) == value)
    for text in ["", "{", "[1,]", "{\"a\" 1}", "\"a", "1 2", String(repeating: "[", count: 99)] {
      #expect(JSONReader.read(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    (0.0, "0"), (0.1234, "0.1234"), (1.006, "1.01"), (12.34, "12.3"), (999.6, "1000"),
    (-4.25, "-4.25"), (1e9, "1.0e9"), (2.5e-7, "2.5e-7"), (9.99e-9, "1.0e-8"),
  ])
  func digits(_ x: Double, _ text: String) { #expect(OutputText.digits(x) == text) }

  @Test func theCOfABugIsKept() throws {
    let path = try #require(ErrorReport.keep("int x;\n"))
    #expect(try FileIO.read(path) == Array("int x;\n".utf8))
    #expect(path.hasSuffix(".c"))
    remove(path)
  }

  @Test func charactersThatSteerTerminalsAreShownHarmless() {
    #expect(Console.printable("a\u{1B}[31m\nb\t\u{202E}c ü") == "a\u{FFFD}[31m\nb\t\u{FFFD}c ü")
  }

  @Test func aRightGraphHasNoCulprit() throws {
    let verification = try Self.verification(Planted(fault: .none))
    #expect(try verification.run().allSatisfy { !$0.result.isFailure })
    #expect(try verification.culprit() == nil)
  }

  @Test(arguments: [
    (Planted.Fault.jvp, "jvp against central differences"),
    (.transpose, "⟨w, Jv⟩ = ⟨Jᵀw, v⟩"), (.meaning, "JIT against reference"),
  ])
  func aWrongOperationIsNamed(_ fault: Planted.Fault, _ law: String) throws {
    let verification = try Self.verification(Planted(fault: fault))
    #expect(try verification.run().contains { $0.result.isFailure })
    let culprit = try #require(try verification.culprit())
    #expect(culprit.name == "z: planted")
    #expect(culprit.origin.line == 7)
    #expect(culprit.law == law)
  }

  @Test func aWrongOperationBesideStopGradientIsNamed() throws {
    let right = try Self.verification(Planted(fault: .none), stopping: true)
    #expect(try right.run().allSatisfy { !$0.result.isFailure })
    #expect(try right.culprit() == nil)
    let wrong = try Self.verification(Planted(fault: .jvp), stopping: true)
    #expect(try wrong.run().contains { $0.result.isFailure })
    #expect(try wrong.culprit()?.name == "z: planted")
  }

  /// `y = Σ sin(planted(x · x))`, or with a factor x · x that is taken for constant.
  private static func verification(
    _ planted: Planted, stopping: Bool = false
  ) throws -> Verification {
    let builder = GraphBuilder(name: "f")
    let x = builder.addInput("x", TensorType(.f64, ["n"]))
    let square = x * x
    builder.origin = Origin(line: 7, column: 3)
    let factor = stopping ? try builder.apply(Elementwise(.stopGradient), [square])[0] : nil
    let z = try builder.apply(planted, [square])[0]
    builder.name(z, "z")
    builder.origin = Origin(line: 8, column: 3)
    let sine = try builder.apply(Elementwise(.sin), [z])[0]
    builder.addOutput("y", (factor.map { $0 * sine } ?? sine).sum(over: [0]))
    return Verification(
      laws: Laws(
        graph: try builder.finished(), inputs: [Tensor([0.5, -1.25, 2], shape: [3])],
        sizes: ["n": 3], engine: Engine(), seed: 1))
  }
}

/// `planted(x) = 3 x`, with one rule that is wrong.
struct Planted: Operation {
  enum Fault: String, Sendable { case none, jvp, transpose, meaning }

  let fault: Fault
  var name: String { "planted" }
  var attributes: [Attribute] { [Attribute("fault", .word(fault.rawValue))] }

  func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] { operands }

  func jvp(_ rule: JVPRule) throws -> [Term?] {
    guard let tangent = rule.tangents[0] else { return [nil] }
    let right = try rule.builder.apply(self, [tangent])[0]
    return [fault == .jvp ? -right : right]
  }

  func transpose(_ rule: TransposeRule) throws -> [Term?] {
    rule.only(0) { rule.cotangent * rule.cotangent.literal(fault == .transpose ? 2 : 3) }
  }

  func batch(_ rule: BatchRule) throws -> [Term] { try rule.builder.apply(self, rule.operands) }

  func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let indices = Comprehension.indices(operands[0].rank)
    let factor = Scalar(fault == .meaning ? 4.0 : 3.0, operands[0].dtype)
    return .map(
      Comprehension(
        domain: operands[0].shape,
        values: [.apply(.multiply, [.operand(0, indices), .literal(factor)])]))
  }

  func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let x = call.operands[0]
    return [Tensor(doubles: x.doubles.map { 3 * $0 }, dtype: x.dtype, shape: x.shape)]
  }
}
