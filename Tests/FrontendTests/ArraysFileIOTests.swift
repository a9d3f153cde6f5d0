// Whole files: what is read is what was written, a failed write leaves the old file and no other,
// and every trouble has its kind.
import Glibc
import Testing

@testable import Frontend

@Suite struct ArraysFileIOTests {
  private func kind(_ body: () throws(FileError) -> Void) -> FileError.Kind? {
    do throws(FileError) {
      try body()
      return nil
    } catch {
      return error.kind
    }
  }

  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt32(status.st_mode) & 0o7777 : 0
  }

  private func names(_ directory: String) -> [String] {
    guard let handle = opendir(directory) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  @Test func writesAndReads() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a file"
      for count in [0, 1, 1 << 18, 1_000_003] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try FileIO.write(bytes, to: path)
        #expect(try FileIO.read(path) == bytes)
        #expect(names(directory) == ["a file"])
      }
      let bounded = kind { () throws(FileError) in
        _ = try FileIO.read(path, maximumByteCount: 9)
      }
      #expect(bounded == .tooLarge)
      #expect(try FileIO.read(path, maximumByteCount: 1_000_003).count == 1_000_003)
    }
  }

  @Test func keepsPermissionsAndLinks() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/x"
      let link = directory + "/link"
      try FileIO.write([1], to: path)
      #expect(chmod(path, 0o640) == 0)
      #expect(symlink("x", link) == 0)
      try FileIO.write([2], to: link)
      #expect(try FileIO.read(path) == [2])
      #expect(mode(path) == 0o640)
      #expect(names(directory) == ["link", "x"])
      var status = stat()
      #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }
  }

  /// What a link points to is made where it is not there yet, through other links too.
  @Test func aLinkToNothingIsFollowed() throws {
    try withTemporaryDirectory { directory in
      #expect(mkdir(directory + "/sub", 0o700) == 0)
      #expect(symlink("sub/second", directory + "/first") == 0)
      #expect(symlink("../target", directory + "/sub/second") == 0)
      try FileIO.write([7], to: directory + "/first")
      #expect(try FileIO.read(directory + "/target") == [7])
      #expect(names(directory) == ["first", "sub", "target"])
      #expect(names(directory + "/sub") == ["second"])
      #expect(symlink("circle", directory + "/circle") == 0)
      try FileIO.write([8], to: directory + "/circle")
      #expect(try FileIO.read(directory + "/circle") == [8])
    }
  }

  @Test func failuresHaveKinds() throws {
    try withTemporaryDirectory { directory in
      let missing = directory + "/none/x"
      #expect(kind { () throws(FileError) in _ = try FileIO.read(missing) } == .notFound)
      #expect(kind { () throws(FileError) in _ = try FileIO.read(directory) } == .isDirectory)
      #expect(kind { () throws(FileError) in try FileIO.write([1], to: missing) } == .cannotWrite)
      #expect(kind { () throws(FileError) in try FileIO.write([1], to: directory) } == .cannotWrite)
      #expect(names(directory).isEmpty)
      #expect(
        kind { () throws(FileError) in try FileIO.write([1], to: "/proc/none") } == .cannotWrite)
      #expect(
        FileError(kind: .notFound, path: "x.npy", reason: "No such file or directory").description
          == "cannot read 'x.npy': No such file or directory")
    }
  }

  @Test func failuresAfterOpeningLeaveNothing() throws {
    #expect(kind { () throws(FileError) in try FileIO.write([1], to: "/dev/full") } == .cannotWrite)
    try withTemporaryDirectory { directory in
      // The temporary file is written; then no file can have a name this long.
      let path = directory + "/" + String(repeating: "x", count: 300)
      #expect(kind { () throws(FileError) in try FileIO.write([1], to: path) } == .cannotWrite)
      #expect(names(directory).isEmpty)
    }
  }

  @Test func devicesAreWrittenInPlace() throws {
    try FileIO.write([1, 2, 3], to: "/dev/null")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    #expect(try FileIO.read("/dev/null") == [])
  }

  @Test func readOnlyFilesStay() throws {
    try withTemporaryDirectory { directory in
      guard getuid() != 0 else { return }  // root may write everything
      let path = directory + "/x"
      try FileIO.write([1], to: path)
      #expect(chmod(path, 0o444) == 0)
      #expect(kind { () throws(FileError) in try FileIO.write([2], to: path) } == .cannotWrite)
      #expect(try FileIO.read(path) == [1])
    }
  }
}
