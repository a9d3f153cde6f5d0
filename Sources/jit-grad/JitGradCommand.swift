// The command's entry: the list of subcommands, and the way from an error to an exit code.
import ArgumentParser
import Glibc

/// `jit-grad`
@main
struct JitGradCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jit-grad",
    abstract: "Values and derivatives of tensor programs, compiled in milliseconds.",
    discussion: """
      A graph file (.jg) holds functions of tensors. Results go to stdout, everything else to \
      stderr. Exit codes: 0 done; 1 ran, and the answer is no; 64 usage; 65 bad graph or data; \
      66 missing input; 69 unsupported; 70 a bug of ours; 73 cannot write.
      """,
    version: version,
    subcommands: [
      RunCommand.self, GradCommand.self, ShowCommand.self, EmitCommand.self, CheckCommand.self,
      InfoCommand.self, VerifyCommand.self, BenchCommand.self, ProfileCommand.self,
      FormatCommand.self, OpsCommand.self, DoctorCommand.self,
    ])

  static let version = "0.1.0"

  /// Without a subcommand.
  func run() throws {
    Console.raw(Self.helpMessage() + "\n")
    throw CommandError(.usage, "which command?", help: "jit-grad help lists them")
  }

  static func main() {
    // A file that would become too large is an error of `write`, and what was begun is removed.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      do {
        try command.run()
      } catch {
        if isOfParser(error) { throw error }
        ErrorReport.show(error)
        Glibc.exit(CommandStatus(error).rawValue)
      }
    } catch {
      // Usage errors, requests for help, and exit codes.
      exit(withError: error)
    }
  }

  /// An exit code, or a request for help, which is a command of ArgumentParser's own.
  private static func isOfParser(_ error: any Error) -> Bool {
    error is ExitCode || exitCode(for: error) == .success
  }
}

extension ExitCode {
  /// It ran, and the answer is no.
  static let negative = ExitCode(CommandStatus.negative.rawValue)
}
