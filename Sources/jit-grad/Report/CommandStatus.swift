// What the exit codes mean, and the only place that decides which error gets which. The numbers are
// those of sysexits.h and a promise to scripts. How errors look is decided in ErrorReport.swift.
import Autodiff
import Frontend
import Graph
import JIT

/// How the command ended.
enum CommandStatus: Int32, Sendable {
  case success = 0
  /// It ran, and the answer is no.
  case negative = 1
  /// The command line makes no sense.
  case usage = 64
  /// A graph or an array is wrong.
  case badData = 65
  /// An input, a size or a file is not there.
  case missingInput = 66
  /// Understood, and not offered.
  case unsupported = 69
  /// Our bug.
  case internalError = 70
  case cannotWrite = 73
}

/// An error that the command itself finds.
struct CommandError: Error, Sendable {
  var status: CommandStatus
  /// One line without a full stop.
  var message: String
  /// Facts that explain it, one a line.
  var notes: [String] = []
  /// What to do about it.
  var help: String?

  init(_ status: CommandStatus, _ message: String, notes: [String] = [], help: String? = nil) {
    self.status = status
    self.message = message
    self.notes = notes
    self.help = help
  }
}

extension CommandStatus {
  /// The status for an error of any part. What nobody expects is our bug.
  init(_ error: any Error) {
    switch error {
    case let error as CommandError: self = error.status
    case let error as FileError: self = CommandStatus(error.kind)
    case let error as ArrayFileError: self = error.kind == .unsupported ? .unsupported : .badData
    case is TensorTextError: self = .badData
    case let error as BindingError: self = CommandStatus(error)
    case is DimError, is ExecutionError: self = .badData
    case let error as PlacedError: self = CommandStatus(error.error)
    case is DerivativeRequestError: self = .usage
    case is DerivativeError, is NestingError: self = .unsupported
    case let error as NativeError: self = error.stage == .compile ? .internalError : .unsupported
    default: self = .internalError
    }
  }

  private init(_ kind: FileError.Kind) {
    switch kind {
    case .notFound, .notReadable, .isDirectory: self = .missingInput
    case .tooLarge: self = .badData
    case .cannotWrite: self = .cannotWrite
    }
  }

  private init(_ error: BindingError) {
    switch error {
    // Inputs are counted by the command, so a wrong number is its own mistake.
    case .inputCount: self = .internalError
    case .unknownSizes: self = .missingInput
    case .dtype, .rank, .extent, .impossibleExtent, .negativeSize, .guardFailed, .size, .memory,
      .noMemory:
      self = .badData
    }
  }
}
