// What a user reads when something fails: message, notes, help. For our own bugs also where the C
// was kept. Which exit code follows is decided in CommandStatus.swift.
import Autodiff
import Frontend
import Glibc
import Graph
import JIT

enum ErrorReport {
  /// Prints the error on stderr.
  static func show(_ error: any Error) {
    switch error {
    case let error as CommandError:
      show(error.message, notes: error.notes, help: error.help)
    case let error as PlacedError:
      guard let diagnostic = error.diagnostic else {
        return show("\(error.error)", help: error.help)
      }
      Console.raw(DiagnosticRenderer(Console.style).render(diagnostic, in: error.source))
    case let error as DerivativeRequestError: show(error.message, help: error.help)
    case let error as DerivativeError:
      show("\(error)", help: "differentiate by other inputs: --wrt")
    case let error as ArrayFileError: show(error.message, help: error.help)
    case let error as BindingError: show(error.description, help: help(error))
    case let error as ExecutionError: show(error.description, help: help(error))
    case is NestingError:
      show("\(error)", help: "emit the C and compile it with another compiler")
    case let error as NativeError where error.stage != .compile:
      show(error.message, help: error.help)
    case is FileError, is TensorTextError, is DimError: show("\(error)")
    default: showBug(error)
    }
  }

  private static func show(_ message: String, notes: [String] = [], help: String? = nil) {
    Console.tagged(.error, message)
    for note in notes { Console.tagged(.note, note) }
    if let help { Console.tagged(.help, help) }
  }

  static func help(_ error: BindingError) -> String? {
    switch error {
    case .dtype(_, let needed, _):
      return
        "store the array with the declared dtype, in NumPy: x.astype('\(needed.dtype.numPyName)')"
    case .memory: return MemoryAdvice.larger
    case .unknownSizes(let names):
      return "bind \(names.count == 1 ? "it" : "them"): "
        + names.map { "--bind \($0)=…" }.joined(separator: " ")
    case .noMemory: return "bind smaller sizes, or free memory"
    case .inputCount, .rank, .extent, .impossibleExtent, .negativeSize, .guardFailed, .size:
      return nil
    }
  }

  static func help(_ error: ExecutionError) -> String? {
    switch error {
    case .stepLimit, .rows, .noResult: nil
    case .memoryLimit, .memory: MemoryAdvice.largerForRows
    }
  }

  private static func showBug(_ error: any Error) {
    show("this is a bug in jit-grad: \(error)")
    if let error = error as? TCCError {
      if let path = keep(error.source) {
        Console.tagged(.note, "the C is kept in \(path)")
      }
    }
    Console.tagged(.help, "please report it, with the graph file and this message")
  }

  /// Keeps text in a new file of the system's temporary directory, readable by its user only.
  /// - Returns: its path, `nil` where it could not be written.
  static func keep(_ text: String) -> String? {
    let directory = Console.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array("\(directory)/jit-grad-XXXXXX.c".utf8CString)
    let descriptor = mkstemps(&template, 2)
    guard descriptor >= 0 else { return nil }
    close(descriptor)
    let path = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
      try FileIO.write(Array(text.utf8), to: path)
      return path
    } catch {
      return nil
    }
  }
}

extension DType {
  /// What NumPy calls it.
  fileprivate var numPyName: String {
    switch self {
    case .f64: "float64"
    case .f32: "float32"
    case .i64: "int64"
    case .i32: "int32"
    case .bool: "bool"
    }
  }
}
