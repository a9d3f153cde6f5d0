// The compiler of the system, as a process of its own: how it is found and started, with what options,
// and what becomes of its messages. Where objects are kept is NativeCache's.
import CEmit
import Frontend
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
    let answer = try Self.run([command, "--version"], within: .seconds(10))
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
  /// - Throws: `NativeError` with the first messages of the compiler.
  func compile(_ text: String, options: [String]) throws(NativeError) -> NativeObject {
    let object = try NativeObject()
    do throws(FileError) {
      try FileIO.write(Array(text.utf8), to: object.source)
    } catch {
      throw NativeError(stage: .compile, messages: "\(error)")
    }
    let answer = try Self.run(
      [command] + options + Self.linking + ["-o", object.path, object.source],
      within: Self.timeLimit)
    guard answer.status == 0 else {
      throw NativeError(stage: .compile, messages: String(answer.output.prefix(2000)))
    }
    return object
  }

  private static let linking = [
    "-std=gnu11", "-w", "-pipe", "-fPIC", "-shared", "-fvisibility=default",
  ]
  /// A compiler that takes longer is ended.
  private static let timeLimit: Duration = .seconds(120)

  /// What distinguishes machines for `-march=native`: the first processor's model and abilities.
  private static var machine: String {
    guard let text = try? FileIO.read("/proc/cpuinfo") else { return "" }
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
    _ arguments: [String], within limit: Duration
  ) throws(NativeError) -> (status: Int32, output: String) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw NativeError(stage: .start, messages: String(cString: strerror(errno)))
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
    let output = read(ends[0], until: .now + limit, ending: process)
    var code: Int32 = 0
    while waitpid(process, &code, 0) == -1 && errno == EINTR {}
    return (code, output)
  }

  /// What comes out of a pipe until it is closed; ends the process where that takes too long.
  private static func read(
    _ pipe: Int32, until deadline: ContinuousClock.Instant, ending process: pid_t
  ) -> String {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      let left = deadline - .now
      let found = left > .zero ? poll(&waiting, 1, Int32(left / .milliseconds(1) + 1)) : 0
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

/// A compiled object that can be loaded, in a directory of its own; both are removed with the value, which
/// does not harm who has it loaded.
struct NativeObject: ~Copyable {
  private let directory: String

  /// Where the compiler's result is.
  var path: String { directory + "/kernel.so" }
  /// Where the C is.
  fileprivate var source: String { directory + "/kernel.c" }

  /// - Throws: `NativeError` where no directory can be made.
  fileprivate init() throws(NativeError) {
    let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let temporary = named.isEmpty ? "/tmp" : named
    var template = Array((temporary + "/jit-grad-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw NativeError(
        stage: .compile,
        messages: "no directory in \(temporary): \(String(cString: strerror(errno)))")
    }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    unlink(source)
    unlink(path)
    rmdir(directory)
  }
}
