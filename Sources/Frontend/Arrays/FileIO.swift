// Whole files in and out, with typed errors. Decides what happens at the edges: stdin and stdout,
// directories, bounds, and that a file that was there stays whole until its successor is complete.
import Glibc

/// A file that the system does not let us read or write.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    case notFound, notReadable, isDirectory, tooLarge, cannotWrite
  }

  package var kind: Kind
  package var path: String
  /// The system's reason, like "Permission denied".
  package var reason: String

  /// One line: what failed, the path, the reason.
  package var description: String {
    "cannot \(kind == .cannotWrite ? "write" : "read") \(quoted(path)): \(reason)"
  }
}

/// Reading and writing of whole files.
package enum FileIO {
  /// The name that stands for stdin when reading and for stdout when writing.
  package static let standardStream = "-"

  /// The bytes of the file at `path`, or of stdin for `-`; at most `maximumByteCount` (nil: no
  /// bound), checked while reading, since pipes and devices do not know their size.
  package static func read(
    _ path: String, maximumByteCount: Int? = nil
  ) throws(FileError) -> [UInt8] {
    if path == standardStream {
      return try readAll(STDIN_FILENO, path, maximumByteCount)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      let isMissing = code == ENOENT || code == ENOTDIR
      throw FileError(
        kind: isMissing ? .notFound : .notReadable, path: path, reason: text(of: code))
    }
    defer { close(descriptor) }
    return try readAll(descriptor, path, maximumByteCount)
  }

  private static func readAll(
    _ descriptor: Int32, _ path: String, _ maximumByteCount: Int?
  ) throws(FileError) -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(kind: .notReadable, path: path, reason: text(of: errno))
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw FileError(kind: .isDirectory, path: path, reason: text(of: EISDIR))
    }
    let limit = maximumByteCount ?? .max
    var bytes: [UInt8] = []
    if status.st_mode & S_IFMT == S_IFREG { bytes.reserveCapacity(min(Int(status.st_size), limit)) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw FileError(kind: .notReadable, path: path, reason: text(of: errno))
      }
      guard count <= limit - bytes.count else {
        throw FileError(kind: .tooLarge, path: path, reason: "more than \(byteText(limit))")
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Writes `bytes` to `path` so that a reader sees the old file or the new one, never a part.
  ///
  /// A temporary file in the same directory is written, synced, given the old file's permissions
  /// and renamed; on failure it is removed and the old file is as before. A symbolic link stays, and
  /// what it points to is replaced or made. A file that may not be written is left alone even where the directory
  /// would allow it. Pipes and devices are written in place; `-` is stdout. A new file gets the
  /// `permissions` that the umask leaves.
  package static func write(
    _ bytes: [UInt8], to path: String, permissions: mode_t = 0o666
  ) throws(FileError) {
    if path == standardStream { return try writeAll(bytes, STDOUT_FILENO, path) }
    let target = resolved(path)
    var status = stat()
    let exists = stat(target, &status) == 0
    if exists {
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw FileError(kind: .cannotWrite, path: path, reason: text(of: EISDIR))
      }
      guard access(target, W_OK) == 0 else { throw writeError(path) }
      if status.st_mode & S_IFMT != S_IFREG { return try writeInPlace(bytes, target, path) }
    }
    let (descriptor, temporary) = try openTemporary(beside: target, path, permissions)
    do throws(FileError) {
      defer { close(descriptor) }
      try writeAll(bytes, descriptor, path)
      if exists, fchmod(descriptor, status.st_mode & 0o7777) != 0 { throw writeError(path) }
      if fsync(descriptor) != 0 { throw writeError(path) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, target) == 0 else {
      let error = writeError(path)
      unlink(temporary)
      throw error
    }
  }

  /// The file behind symbolic links, also where it is not there yet; `path` itself where links lead
  /// in a circle.
  private static func resolved(_ path: String) -> String {
    var target = path
    for _ in 0..<40 {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(target, &buffer, buffer.count)
      if count < 0 { return target }
      let link = String(
        decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      // A link is relative to the directory in which it lies.
      let directory = target.lastIndex(of: "/").map { target[...$0] } ?? ""
      target = link.hasPrefix("/") ? link : directory + link
    }
    return path
  }

  private static func writeInPlace(
    _ bytes: [UInt8], _ target: String, _ path: String
  ) throws(FileError) {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw writeError(path) }
    defer { close(descriptor) }
    try writeAll(bytes, descriptor, path)
  }

  /// A new file next to `target`.
  private static func openTemporary(
    beside target: String, _ path: String, _ permissions: mode_t
  ) throws(FileError) -> (descriptor: Int32, name: String) {
    let slash = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
    // The name itself may already have the longest length that the system allows; ours is short.
    for _ in 0..<16 {
      let tag = String(UInt64.random(in: 0 ... .max), radix: 36)
      let name = target[..<slash] + temporaryPrefix + tag + temporarySuffix
      let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
      if descriptor >= 0 { return (descriptor, name) }
      guard errno == EEXIST else { break }
    }
    throw writeError(path)
  }

  private static let temporaryPrefix = ".jit-grad-"
  private static let temporarySuffix = ".tmp"

  /// A file of this name is one that was, or is, to be renamed when it is complete.
  package static func isTemporary(_ name: String) -> Bool {
    name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix)
  }

  private static func writeAll(
    _ bytes: [UInt8], _ descriptor: Int32, _ path: String
  ) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw writeError(path) }
      rest = rest.dropFirst(count)
    }
  }

  private static func writeError(_ path: String) -> FileError {
    FileError(kind: .cannotWrite, path: path, reason: text(of: errno))
  }

  private static func text(of code: Int32) -> String { String(cString: strerror(code)) }
}
