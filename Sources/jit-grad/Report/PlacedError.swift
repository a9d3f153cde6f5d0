// Errors of a call whose place in the source is known: shown with it, as the errors of the file are.
import Frontend
import Graph
import JIT

/// An error of a call, and the file that holds what was called.
struct PlacedError: Error {
  let error: any Error
  let source: SourceFile

  /// The message at its place; `nil` where the error has none.
  var diagnostic: Diagnostic? {
    let (message, origin, help): (String, Origin, String?)
    switch error {
    case let error as ExecutionError:
      (message, origin, help) = (error.message, error.loop.origin, ErrorReport.help(error))
    case let error as BindingError:
      (message, origin, help) = (error.message, error.origin, ErrorReport.help(error))
    default: return nil
    }
    return source.offset(of: origin).map {
      Diagnostic(message, at: SourceSpan($0, $0 + 1), help: help)
    }
  }
}

extension SourceFile {
  /// Runs what calls functions of this file.
  /// - Throws: `PlacedError` for what a call throws.
  func placing<R>(_ call: () throws -> R) throws -> R {
    do {
      return try call()
    } catch  where error is ExecutionError || error is BindingError {
      throw PlacedError(error: error, source: self)
    }
  }
}
