// Zip archives as a list of members, found through the central directory at the end of the file.
// Decides which archives are accepted and checks every record against the bytes that are there;
// what the members mean is NPZ.swift.

/// One member, as the central directory describes it; sizes and offsets in bytes.
struct ZipMember: Sendable {
  var name: String
  var method: Zip.Method
  var crc32: UInt32
  /// Bytes in the archive.
  var storedByteCount: Int
  /// Bytes when unpacked, as declared.
  var byteCount: Int
  /// Where the local header stands in the file, prefix included.
  var headerOffset: Int
}

/// The directory of a zip archive in memory.
struct ZipReader: Sendable {
  let source: ByteSource
  /// In the order of the central directory.
  let members: [ZipMember]
  /// Where the central directory begins: no member may reach beyond.
  private let directoryOffset: Int

  init(_ source: ByteSource) throws(ArrayFileError) {
    let end = try ZipEnd.find(source)
    self.source = source
    directoryOffset = end.directoryOffset
    members = try Self.directory(source, end)
    try checkDisjoint()
  }

  private static func directory(
    _ source: ByteSource, _ end: ZipEnd
  ) throws(ArrayFileError) -> [ZipMember] {
    // Each entry needs 46 bytes, so a false count cannot make us allocate.
    guard end.memberCount <= end.directoryByteCount / Zip.RecordSize.central else {
      throw source.error(
        .corrupt, at: end.recordOffset,
        needs: "a central directory of \(end.memberCount) members",
        found: byteText(end.directoryByteCount))
    }
    var members: [ZipMember] = []
    var position = end.directoryOffset
    for _ in 0..<end.memberCount {
      var record = ZipRecord(source: source, offset: position)
      members.append(try record.member(prefix: end.prefixByteCount))
      position = record.end
    }
    guard position == end.directoryOffset + end.directoryByteCount else {
      throw source.error(
        .corrupt, at: position, needs: "the central directory to end after its members",
        found: "its declared end at byte \(end.directoryOffset + end.directoryByteCount)")
    }
    return members
  }

  /// Members that share bytes are how small files unpack to enormous ones; no writer makes them.
  private func checkDisjoint() throws(ArrayFileError) {
    var free = 0
    for member in members.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      let room = directoryOffset - member.headerOffset
      let least = Zip.RecordSize.local + member.name.utf8.count
      guard member.headerOffset >= free, room >= least, member.storedByteCount <= room - least
      else {
        throw source.error(
          .corrupt, at: member.headerOffset,
          needs: "\(byteText(member.storedByteCount)) of its own for \(quoted(member.name))",
          found: "another member or the central directory there")
      }
      free = member.headerOffset + least + member.storedByteCount
    }
  }

  /// Unpacks a member and checks its size and CRC-32. At most `maximumByteCount` bytes are made.
  func contents(
    of member: ZipMember, maximumByteCount: Int?
  ) throws(ArrayFileError) -> [UInt8] {
    let stored = try storedBytes(of: member)
    if let maximumByteCount, member.byteCount > maximumByteCount {
      throw source.error(
        .tooLarge, at: member.headerOffset, needs: "at most \(byteText(maximumByteCount))",
        found: "\(byteText(member.byteCount)) in member \(quoted(member.name))")
    }
    let contents: [UInt8]
    switch member.method {
    case .stored: contents = Array(stored)
    case .deflated: contents = try inflated(stored, member)
    }
    guard contents.count == member.byteCount else {
      throw source.error(
        .corrupt, at: stored.startIndex,
        needs: "\(byteText(member.byteCount)) in member \(quoted(member.name))",
        found: byteText(contents.count))
    }
    let crc32 = Zlib.crc32(contents)
    guard crc32 == member.crc32 else {
      throw source.error(
        .corrupt, at: stored.startIndex,
        needs: "CRC-32 \(hex(member.crc32)) in member \(quoted(member.name))", found: hex(crc32),
        help: "the file was damaged; copy or save it again")
    }
    return contents
  }

  /// The bytes of a member as they are in the archive, behind its local header.
  private func storedBytes(of member: ZipMember) throws(ArrayFileError) -> ArraySlice<UInt8> {
    let offset = member.headerOffset
    let header = ZipRecord(source: source, offset: offset)
    try header.expect(Zip.Signature.local, "a local header for \(quoted(member.name))")
    let nameCount = Int(try header.field(26, as: UInt16.self))
    let extraCount = Int(try header.field(28, as: UInt16.self))
    let name = try source.slice(at: offset + 30, count: nameCount, "member name")
    guard name.elementsEqual(member.name.utf8) else {
      throw source.error(
        .corrupt, at: offset + 30, needs: "the name \(quoted(member.name)) of the directory",
        found: quoted(String(decoding: name, as: UTF8.self)))
    }
    let method = try header.field(8, as: UInt16.self)
    guard method == member.method.rawValue else {
      throw source.error(
        .corrupt, at: offset + 8, needs: "method \(member.method) as in the directory",
        found: Zip.Method(rawValue: method).map { "\($0)" } ?? Zip.Method.name(method))
    }
    let start = offset + Zip.RecordSize.local + nameCount + extraCount
    guard start <= directoryOffset, member.storedByteCount <= directoryOffset - start else {
      throw source.error(
        .corrupt, at: offset + 26,
        needs: "\(byteText(member.storedByteCount)) of member \(quoted(member.name)) from byte "
          + "\(start)",
        found: "\(byteText(max(0, directoryOffset - start))) before the central directory")
    }
    return try source.slice(at: start, count: member.storedByteCount, "member contents")
  }

  private func inflated(
    _ stored: ArraySlice<UInt8>, _ member: ZipMember
  ) throws(ArrayFileError) -> [UInt8] {
    let name = quoted(member.name)
    let start = stored.startIndex
    do {
      return try Zlib.inflate(stored, byteCount: member.byteCount)
    } catch {
      switch error {
      case .corrupt(let at, let reason):
        throw source.error(
          .corrupt, at: start + at, needs: "deflated bytes of member \(name)", found: reason)
      case .truncated(let at):
        throw source.error(
          .truncated, at: start + at, needs: "the end of member \(name)'s deflate stream",
          found: "no more of its bytes")
      case .tooLong(let at):
        throw source.error(
          .corrupt, at: start + at,
          needs: "\(byteText(member.byteCount)) in member \(name), as declared", found: "more")
      case .outOfMemory:
        throw source.error(.tooLarge, at: start, needs: "memory for zlib", found: "none left")
      }
    }
  }

  private func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
