// Compiled objects on disk, for the next process. A file's name is the hash of what was compiled, by what
// and for which machine; all that stands behind the object in the file and is compared in full, with a
// checksum over everything, so a wrong or damaged file is as good as none.
//
//     object, key, bytes of the object (8), bytes of the key (8), crc of all before (8), mark (8)
//
// The directory belongs to the user alone: who could write there could run code here.
import Frontend
import Glibc

/// A directory of compiled objects.
struct NativeCache: Sendable {
  let directory: String
  /// Bytes of all files together; the least recently used go first.
  let capacity: Int

  private static let mark: UInt64 = 0x6a69_7467_7261_6431

  /// The user's: `$JITGRAD_CACHE`, or else `$XDG_CACHE_HOME/jit-grad` or `~/.cache/jit-grad`; `nil` where
  /// there is none that is private.
  static let ofUser: NativeCache? = {
    func directory(_ variable: String) -> String? {
      getenv(variable).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if getenv("JITGRAD_CACHE") != nil {
      return directory("JITGRAD_CACHE").flatMap { NativeCache(directory: $0) }
    }
    let base = directory("XDG_CACHE_HOME") ?? directory("HOME").map { $0 + "/.cache" }
    return base.flatMap { base in
      mkdir(base, 0o700)
      return NativeCache(directory: base + "/jit-grad")
    }
  }()

  /// The cache in a directory, which is made if need be; `nil` where others can write.
  init?(directory: String, capacity: Int = 256 << 20) {
    mkdir(directory, 0o700)
    guard let status = Self.status(directory), Self.isPrivate(status, S_IFDIR) else { return nil }
    self.directory = directory
    self.capacity = capacity
  }

  /// Where the object for a key is or will be.
  private func path(_ key: String) -> String {
    // FNV-1a, 64 bits. Keys are compared in full.
    let hash = key.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return "\(directory)/\(String(repeating: "0", count: 16 - digits.count))\(digits).so"
  }

  /// The file of the object for a key, if it is there and whole.
  func find(_ key: String) -> String? {
    let path = path(key)
    guard let status = Self.status(path), Self.isPrivate(status, S_IFREG),
      let bytes = try? FileIO.read(path), Self.isWhole(bytes, key)
    else { return nil }
    utimensat(AT_FDCWD, path, nil, 0)
    return path
  }

  /// Takes a compiled object into the cache and tells its file; `nil` where that cannot be done.
  func keep(_ object: [UInt8], for key: String) -> String? {
    let path = path(key)
    // What is there is not what was looked for: a damaged file, or one of other permissions.
    unlink(path)
    do throws(FileError) {
      try FileIO.write(object + Self.trailer(object, key), to: path, permissions: 0o600)
    } catch {
      return nil
    }
    makeRoom(besides: path)
    return path
  }

  // MARK: - Files

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  /// A file or directory that only the user can change.
  private static func isPrivate(_ status: stat, _ kind: mode_t) -> Bool {
    status.st_mode & S_IFMT == kind && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
  }

  private static func trailer(_ object: [UInt8], _ key: String) -> [UInt8] {
    var text = Array(key.utf8)
    let count = text.count
    text += bytes(UInt64(object.count)) + bytes(UInt64(count))
    return text + bytes(UInt64(Zlib.crc32(object + text))) + bytes(mark)
  }

  private static func isWhole(_ file: [UInt8], _ key: String) -> Bool {
    let key = Array(key.utf8)
    let end = file.count - 32
    guard end >= key.count, number(file, end + 24) == mark,
      number(file, end + 8) == UInt64(key.count), number(file, end) == UInt64(end - key.count),
      file[(end - key.count)..<end].elementsEqual(key)
    else { return false }
    return UInt64(Zlib.crc32(Array(file[..<(end + 16)]))) == number(file, end + 16)
  }

  private static func bytes(_ number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static func number(_ bytes: [UInt8], _ place: Int) -> UInt64 {
    (0..<8).reversed().reduce(0) { $0 << 8 | UInt64(bytes[place + $1]) }
  }

  // MARK: - Bounds

  /// All files of the cache, also what a process left behind that was ended while it wrote.
  var files: [(path: String, time: Int, byteCount: Int)] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var files: [(path: String, time: Int, byteCount: Int)] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let path = directory + "/" + name
      guard name.hasSuffix(".so") || FileIO.isTemporary(name), let status = Self.status(path),
        status.st_mode & S_IFMT == S_IFREG
      else { continue }
      files.append((path, status.st_mtim.tv_sec, Int(status.st_size)))
    }
    return files
  }

  /// Removes the least recently used files until the rest fits.
  private func makeRoom(besides newest: String) {
    let files = files
    var total = files.reduce(0) { $0 + $1.byteCount }
    for file in files.sorted(by: { $0.time < $1.time })
    where total > capacity && file.path != newest {
      unlink(file.path)
      total -= file.byteCount
    }
  }
}
