// From the start of the process to the printed gradient: the command, as a user runs it.
import Glibc

func measureStart() throws {
  // The command lies beside this program.
  let own = CommandLine.arguments[0]
  let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/")
  let data = "examples/data"
  let arguments = [
    "\(folder)/jit-grad", "run", "examples/logistic.jg", "--grad", "--wrt", "w,b", "-i",
    "w=random:normal:1", "-i", "b=0", "-i", "lambda=0.01", "-i",
    "X=\(data)/breast_cancer_features.npy", "-i", "y=\(data)/breast_cancer_labels.npy",
  ]
  guard access(arguments[0], X_OK) == 0, access(data, R_OK) == 0 else {
    print("  needs \(arguments[0]) and \(data); run `make bench` in the project's folder")
    return
  }
  var failures = 0
  let times = seconds(20) { if !run(arguments) { failures += 1 } }
  row("process start to printed gradient of examples/logistic.jg", times, goal: "30 ms")
  if failures > 0 { print("  \(failures) of the runs failed") }
}

/// Runs a program with its output thrown away; whether it ended with 0.
private func run(_ arguments: [String]) -> Bool {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
  var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  defer { for word in words { free(word) } }
  var child: pid_t = 0
  guard posix_spawn(&child, arguments[0], &actions, nil, &words, environ) == 0 else {
    return false
  }
  var status: Int32 = 0
  waitpid(child, &status, 0)
  return status == 0
}
