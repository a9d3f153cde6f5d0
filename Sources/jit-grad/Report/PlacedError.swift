// Errors of a call whose place in the source is known: shown with it, as the errors of the file are.
import Frontend
import Graph
import JIT

/// An error of a call, and the file that holds what was called.
struct PlacedError: Error {
  let error: any Error
  let source: SourceFile
  /// What to do about it.
  let help: String?

  /// The message at its place; `nil` where the error has none.
  var diagnostic: Diagnostic? {
    let (message, origin): (String, Origin)
    switch error {
    case let error as ExecutionError: (message, origin) = (error.message, error.loop.origin)
    case let error as BindingError: (message, origin) = (error.message, error.origin)
    default: return nil
    }
    return source.offset(of: origin).map {
      Diagnostic(message, at: SourceSpan($0, $0 + 1), help: help)
    }
  }
}

extension SourceFile {
  /// Runs what calls functions of this file.
  /// - Parameter advice: what knows what to do about too little memory.
  /// - Throws: `PlacedError` for what a call throws.
  func placing<R>(_ advice: MemoryAdvice? = nil, _ call: () throws -> R) throws -> R {
    do {
      return try call()
    } catch let error as ExecutionError {
      let help = advice.map { $0.help(error) } ?? ErrorReport.help(error)
      throw PlacedError(error: error, source: self, help: help)
    } catch let error as BindingError {
      throw PlacedError(error: error, source: self, help: ErrorReport.help(error))
    }
  }
}
