// The compiler of the system, as a process of its own: how it is found and started, with what options,
// and what becomes of its messages. Where objects are kept is NativeCache's.
import CEmit
import Glibc

/// The compiler of the system.
struct NativeCompiler: Sendable {
  /// Its name or path, given to `execvp` and to no shell.
  let command: String
  /// What it says of itself, and the machine it compiles for: objects of another one are of no use.
  let identity: String

  /// The compiler that the environment variable CC names, or `cc`. Found once.
  static let ofSystem: Result<NativeCompiler, NativeError> = Result {
    () throws(NativeError) -> NativeCompiler in
    try NativeCompiler(command: getenv("CC").map { String(cString: $0) } ?? "cc")
  }

  /// - Throws: `NativeError` where it cannot be started or does not know its version.
  init(command: String) throws(NativeError) {
    let answer = try Self.run([command, "--version"], within: 10)
    guard answer.status == 0 else {
      throw NativeError(stage: .start, messages: "\(command) --version: \(answer.output)")
    }
    self.command = command
    identity = answer.output + Self.machine
  }

  /// What an object is found by.
  func key(_ source: NativeSource) -> String {
    ([identity] + source.options + Self.linking + [source.text]).joined(separator: "\n")
  }

  /// Compiles C to an object that can be loaded.
  /// - Parameters:
  ///   - directory: where the C is written, and removed by the caller.
  ///   - object: where the result is written.
  /// - Throws: `NativeError` with the first messages of the compiler.
  func compile(
    _ text: String, options: [String], in directory: String, to object: String
  ) throws(NativeError) {
    let file = directory + "/kernel.c"
    guard Files.write(Array(text.utf8), to: file) else {
      throw NativeError(stage: .compile, messages: "cannot write \(file): \(Files.lastError)")
    }
    let answer = try Self.run(
      [command] + options + Self.linking + ["-o", object, file], within: Self.secondsAtMost)
    guard answer.status == 0 else {
      throw NativeError(stage: .compile, messages: String(answer.output.prefix(2000)))
    }
  }

  private static let linking = [
    "-std=gnu11", "-w", "-pipe", "-fPIC", "-shared", "-fvisibility=default",
  ]
  /// A compiler that takes longer is ended.
  private static let secondsAtMost = 120.0

  /// What distinguishes machines for `-march=native`: the first processor's model and abilities.
  private static var machine: String {
    guard let text = Files.read("/proc/cpuinfo") else { return "" }
    let first = String(decoding: text, as: UTF8.self).split(
      separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: true)
    return (first.first ?? "").split(separator: "\n")
      .filter { line in
        ["model name", "flags", "Features", "CPU "].contains { line.hasPrefix($0) }
      }
      .joined(separator: "\n")
  }

  /// Runs a program to its end, with what it says on both ways out.
  private static func run(
    _ arguments: [String], within seconds: Double
  ) throws(NativeError) -> (status: Int32, output: String) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw NativeError(stage: .start, messages: Files.lastError)
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let status = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
    close(ends[1])
    guard status == 0 else {
      throw NativeError(
        stage: .start, messages: "\(arguments[0]): \(String(cString: strerror(status)))")
    }
    // The program that waits for a result goes first.
    setpriority(Int32(PRIO_PROCESS.rawValue), id_t(process), 10)
    let output = read(ends[0], until: Files.now + seconds, ending: process)
    var code: Int32 = 0
    while waitpid(process, &code, 0) == -1 && errno == EINTR {}
    return (code, output)
  }

  /// What comes out of a pipe until it is closed; ends the process where that takes too long.
  private static func read(
    _ pipe: Int32, until deadline: Double, ending process: pid_t
  ) -> String {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      let left = deadline - Files.now
      let found = left > 0 ? poll(&waiting, 1, Int32(min(left * 1000 + 1, 1e6))) : 0
      if found == -1 && errno == EINTR { continue }
      if found <= 0 {
        kill(process, SIGKILL)
        return String(decoding: output, as: UTF8.self) + "took too long\n"
      }
      let count = Glibc.read(pipe, &buffer, buffer.count)
      if count <= 0 { return String(decoding: output, as: UTF8.self) }
      if output.count < 1 << 16 { output += buffer[..<count] }
    }
  }
}
