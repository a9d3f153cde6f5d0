// Runs the built command as a user would: a process with arguments, files and streams.
import Frontend
import Glibc
import Graph
import Testing

/// What a run of the command left behind.
struct Run {
  var status: Int32
  var out: String
  var err: String
  var outBytes: [UInt8]

  /// All on one line, for comparisons of numbers.
  var lines: [String] { out.split(separator: "\n").map(String.init) }
}

/// A directory for one test, gone with its owner.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/jit-grad-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SpawnError(what: "mkdtemp", code: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in contents { remove("\(path)/\(name)") }
    rmdir(path)
  }

  /// The names of the files in it, sorted.
  var contents: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Writes a file and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    try file(name, Array(text.utf8))
  }

  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = "\(path)/\(name)"
    try FileIO.write(bytes, to: path)
    return path
  }

  func text(_ name: String) throws -> String {
    String(decoding: try FileIO.read("\(path)/\(name)"), as: UTF8.self)
  }
}

struct SpawnError: Error {
  var what: String
  var code: Int32
}

/// The directory of the test bundle, where the command is built too.
private let products: String = {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &buffer, buffer.count)
  let path = String(
    decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
}()

/// The repository's root.
let root: String = {
  var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
  parts.removeLast(4)
  return parts.joined(separator: "/")
}()

func example(_ name: String) -> String { "\(root)/examples/\(name)" }

/// Runs `jit-grad` with arguments and text on stdin.
/// - Parameter before: a line of the shell that starts it, as `ulimit …`.
func jitGrad(
  _ arguments: [String], stdin: String = "", environment: [String] = [], before: String? = nil
) throws -> Run {
  let scratch = try Scratch()
  let input = try scratch.file("stdin", stdin)
  let out = "\(scratch.path)/stdout"
  let err = "\(scratch.path)/stderr"

  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  let create = O_WRONLY | O_CREAT | O_TRUNC
  posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, out, create, 0o600)
  posix_spawn_file_actions_addopen(&actions, 2, err, create, 0o600)

  var call = ["\(products)/jit-grad"] + arguments
  if let before { call = ["/bin/sh", "-c", "\(before); exec \"$0\" \"$@\""] + call }
  let program = call[0]
  let words = call.map { strdup($0) }
  let variables = (["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"] + environment).map { strdup($0) }
  defer { for word in words + variables { free(word!) } }
  var child: pid_t = 0
  let code = posix_spawn(&child, program, &actions, nil, words + [nil], variables + [nil])
  guard code == 0 else { throw SpawnError(what: "posix_spawn \(program)", code: code) }
  var status: Int32 = 0
  while waitpid(child, &status, 0) < 0 {
    guard errno == EINTR else { throw SpawnError(what: "waitpid", code: errno) }
  }
  let bytes = try FileIO.read(out)
  return Run(
    // A signal shows as 128 and its number, as in a shell.
    status: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F),
    out: String(decoding: bytes, as: UTF8.self),
    err: String(decoding: try FileIO.read(err), as: UTF8.self), outBytes: bytes)
}

/// Arrays of an `.npz` by name.
func arrays(_ path: String) throws -> [String: Tensor] {
  let members = try NPZ.decode(FileIO.read(path), file: path)
  return Dictionary(members.map { ($0.name, $0.tensor) }) { first, _ in first }
}
