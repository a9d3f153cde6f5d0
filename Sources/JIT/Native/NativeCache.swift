// Compiled objects on disk, for the next process. A file's name is the hash of what was compiled, by what
// and for which machine; all that stands behind the object in the file and is compared in full, with a
// checksum over everything, so a wrong or damaged file is as good as none.
//
//     object, key, bytes of the object (8), bytes of the key (8), crc of all before (8), mark (8)
//
// The directory belongs to the user alone: who could write there could run code here.
import CZlib
import Glibc

/// A directory of compiled objects.
struct NativeCache: Sendable {
  let directory: String
  /// Bytes of all files together; the least recently used go first.
  let capacity: Int

  private static let mark: UInt64 = 0x6a69_7467_7261_6431

  /// The user's: `$XDG_CACHE_HOME/jit-grad` or `~/.cache/jit-grad`; `nil` where there is none that is
  /// private.
  static let ofUser: NativeCache? = {
    let base =
      getenv("XDG_CACHE_HOME").map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? getenv("HOME").map { String(cString: $0) + "/.cache" }
    return base.flatMap { base in
      mkdir(base, 0o700)
      return NativeCache(directory: base + "/jit-grad")
    }
  }()

  /// The cache in a directory, which is made if need be; `nil` where others can write.
  init?(directory: String, capacity: Int = 256 << 20) {
    mkdir(directory, 0o700)
    guard let status = Files.status(directory), status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == geteuid(), status.st_mode & 0o022 == 0
    else { return nil }
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
    guard let status = Files.status(path), status.st_mode & S_IFMT == S_IFREG,
      status.st_uid == geteuid(), let bytes = Files.read(path), Self.isWhole(bytes, key)
    else { return nil }
    utimensat(AT_FDCWD, path, nil, 0)
    return path
  }

  /// Takes a compiled object into the cache; `nil` where that cannot be done.
  func keep(_ object: String, for key: String) -> String? {
    guard let bytes = Files.read(object) else { return nil }
    let whole = bytes + Self.trailer(bytes, key)
    guard Files.write(whole, to: object) else { return nil }
    let path = path(key)
    guard rename(object, path) == 0 else { return nil }
    makeRoom(besides: path)
    return path
  }

  // MARK: - Files

  private static func trailer(_ object: [UInt8], _ key: String) -> [UInt8] {
    var text = Array(key.utf8)
    let count = text.count
    text += bytes(UInt64(object.count)) + bytes(UInt64(count))
    return text + bytes(checksum(object + text)) + bytes(mark)
  }

  private static func isWhole(_ file: [UInt8], _ key: String) -> Bool {
    let key = Array(key.utf8)
    let end = file.count - 32
    guard end >= key.count, number(file, end + 24) == mark,
      number(file, end + 8) == UInt64(key.count), number(file, end) == UInt64(end - key.count),
      file[(end - key.count)..<end].elementsEqual(key)
    else { return false }
    return checksum(file[..<(end + 16)]) == number(file, end + 16)
  }

  private static func bytes(_ number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static func number(_ bytes: [UInt8], _ place: Int) -> UInt64 {
    (0..<8).reversed().reduce(0) { $0 << 8 | UInt64(bytes[place + $1]) }
  }

  private static func checksum(_ bytes: some Collection<UInt8>) -> UInt64 {
    Array(bytes).withUnsafeBufferPointer { UInt64(crc32(0, $0.baseAddress, UInt32($0.count))) }
  }

  // MARK: - Bounds

  /// All objects that are kept.
  var files: [(path: String, time: Int, byteCount: Int)] {
    Files.names(in: directory).filter { $0.hasSuffix(".so") }.compactMap { name in
      let path = directory + "/" + name
      return Files.status(path).map { (path, $0.st_mtim.tv_sec, Int($0.st_size)) }
    }
  }

  /// Removes the least recently used files until the rest fits, and what broken compiles left behind.
  private func makeRoom(besides newest: String) {
    let files = files
    var total = files.reduce(0) { $0 + $1.byteCount }
    for file in files.sorted(by: { $0.time < $1.time })
    where total > capacity && file.path != newest {
      unlink(file.path)
      total -= file.byteCount
    }
    for name in Files.names(in: directory) where name.hasPrefix(Self.compiling) {
      let path = directory + "/" + name
      if let status = Files.status(path), time(nil) - status.st_mtim.tv_sec > 24 * 3600 {
        Files.removeDirectory(path)
      }
    }
  }

  /// A new directory for a compile, in the cache, so that its result can be renamed.
  func makeDirectory() -> String? { Files.makeDirectory(prefix: directory + "/" + Self.compiling) }

  private static let compiling = "compiling-"
}
