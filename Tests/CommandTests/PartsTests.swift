// Parts of the command in this process: which error gets which exit code, and the small parsers.
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
}
