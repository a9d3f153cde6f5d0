// A zip record by offset, and the entries of the central directory: names, methods, sizes with
// their zip64 forms. Decides which members are refused; where the directory is, says ZipEnd.swift.

/// A record at an offset, with fields by position.
struct ZipRecord {
  let source: ByteSource
  let offset: Int
  /// The offset behind the record; known once `member` was read.
  private(set) var end = 0

  init(source: ByteSource, offset: Int) {
    self.source = source
    self.offset = offset
  }

  func field<T: FixedWidthInteger & UnsignedInteger>(
    _ position: Int, as type: T.Type
  ) throws(ArrayFileError) -> T {
    try source.integer(at: offset + position, as: T.self, "a zip record")
  }

  /// A 64-bit field that must fit an `Int`.
  func long(_ position: Int) throws(ArrayFileError) -> Int {
    let value = try field(position, as: UInt64.self)
    guard let result = Int(exactly: value) else {
      throw source.error(
        .corrupt, at: offset + position, needs: "a size or offset below 2^63", found: "\(value)")
    }
    return result
  }

  func expect(_ signature: UInt32, _ what: String) throws(ArrayFileError) {
    guard try field(0, as: UInt32.self) == signature else {
      throw source.error(.corrupt, at: offset, needs: what, found: "other bytes")
    }
  }

  /// Reads the record as an entry of the central directory.
  mutating func member(prefix: Int) throws(ArrayFileError) -> ZipMember {
    try expect(Zip.Signature.central, "an entry of the central directory")
    let nameCount = Int(try field(28, as: UInt16.self))
    let extraCount = Int(try field(30, as: UInt16.self))
    let commentCount = Int(try field(32, as: UInt16.self))
    let nameBytes = try source.slice(
      at: offset + Zip.RecordSize.central, count: nameCount, "member name")
    let extra = try source.slice(at: nameBytes.endIndex, count: extraCount, "extra field")
    end = try source.slice(at: extra.endIndex, count: commentCount, "comment").endIndex

    let name = try memberName(nameBytes)
    let method = try self.method(of: name)
    guard try field(34, as: UInt16.self) == 0 else {
      throw source.error(
        .unsupported, at: offset + 34, needs: "an archive in one file", found: "a part of several")
    }
    var sizes = Sizes(
      byteCount: try field(24, as: UInt32.self), storedByteCount: try field(20, as: UInt32.self),
      headerOffset: try field(42, as: UInt32.self))
    try sizes.widen(source, extra)
    let (headerOffset, overflow) = sizes.headerOffset.addingReportingOverflow(prefix)
    guard !overflow, headerOffset <= source.bytes.count else {
      throw source.error(
        .corrupt, at: offset + 42, needs: "a local header inside the file",
        found: "offset \(sizes.headerOffset)")
    }
    return ZipMember(
      name: name, method: method, crc32: try field(16, as: UInt32.self),
      storedByteCount: sizes.storedByteCount, byteCount: sizes.byteCount,
      headerOffset: headerOffset)
  }

  private func memberName(_ bytes: ArraySlice<UInt8>) throws(ArrayFileError) -> String {
    guard let name = String(validating: bytes, as: UTF8.self),
      !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else {
      throw source.error(
        .corrupt, at: bytes.startIndex, needs: "a member name in UTF-8 without control characters",
        found: quoted(String(decoding: bytes, as: UTF8.self)))
    }
    return name
  }

  private func method(of name: String) throws(ArrayFileError) -> Zip.Method {
    let flags = try field(8, as: UInt16.self)
    let code = try field(10, as: UInt16.self)
    let secret = Zip.Flag.encrypted | Zip.Flag.strongEncryption | Zip.Flag.maskedHeader
    guard flags & secret == 0 else {
      throw source.error(
        .unsupported, at: offset + 8, needs: "plain members",
        found: "member \(quoted(name)) encrypted", help: "unpack it and save it without a password")
    }
    guard flags & Zip.Flag.patch == 0, let method = Zip.Method(rawValue: code) else {
      let found = flags & Zip.Flag.patch == 0 ? Zip.Method.name(code) : "patched data"
      throw source.error(
        .unsupported, at: offset + 10, needs: "members stored or deflated",
        found: "member \(quoted(name)) with method \(found)",
        help: "numpy.savez and numpy.savez_compressed write what is read here")
    }
    return method
  }

  /// The three fields that zip64 may move to the extra field.
  private struct Sizes {
    var byteCount: Int
    var storedByteCount: Int
    var headerOffset: Int

    init(byteCount: UInt32, storedByteCount: UInt32, headerOffset: UInt32) {
      self.byteCount = Int(byteCount)
      self.storedByteCount = Int(storedByteCount)
      self.headerOffset = Int(headerOffset)
    }

    /// Takes each saturated field from the zip64 extra field, in the order of the format.
    mutating func widen(
      _ source: ByteSource, _ extra: ArraySlice<UInt8>
    ) throws(ArrayFileError) {
      let fields: [WritableKeyPath<Self, Int>] = [\.byteCount, \.storedByteCount, \.headerOffset]
      let wide = fields.filter { self[keyPath: $0] == Int(Zip.saturated32) }
      guard !wide.isEmpty else { return }
      var position = extra.startIndex
      while extra.endIndex - position >= 4 {
        let id = try source.integer(at: position, as: UInt16.self, "extra field")
        let count = Int(try source.integer(at: position + 2, as: UInt16.self, "extra field"))
        guard id == Zip.extraField64 else {
          position += 4 + count
          continue
        }
        guard count <= extra.endIndex - position - 4, count >= 8 * wide.count else { break }
        let record = ZipRecord(source: source, offset: position + 4)
        for (index, field) in wide.enumerated() {
          self[keyPath: field] = try record.long(8 * index)
        }
        return
      }
      throw source.error(
        .corrupt, at: extra.startIndex, needs: "a zip64 extra field with the sizes", found: "none")
    }
  }
}
