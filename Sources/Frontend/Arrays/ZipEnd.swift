// The end of a zip archive, with its zip64 form: the record that says where the central directory
// is. Everything behind a zip reader starts here, searching backwards from the file's last byte.

/// What the end of an archive says about its central directory.
struct ZipEnd {
  var memberCount: Int
  var directoryByteCount: Int
  /// In the file, prefix included.
  var directoryOffset: Int
  /// Bytes in front of the archive, which its offsets do not count.
  var prefixByteCount: Int
  /// The record that said so.
  var recordOffset: Int

  static func find(_ source: ByteSource) throws(ArrayFileError) -> ZipEnd {
    let record = ZipRecord(source: source, offset: try endOffset(source))
    let disk = try record.field(4, as: UInt16.self)
    let count = try record.field(10, as: UInt16.self)
    let byteCount = try record.field(12, as: UInt32.self)
    let offset = try record.field(16, as: UInt32.self)
    if let wide = try end64(source, endOffset: record.offset) { return wide }
    guard count != Zip.saturated16, byteCount != Zip.saturated32, offset != Zip.saturated32 else {
      throw source.error(
        .corrupt, at: record.offset, needs: "a zip64 end record", found: "none before it")
    }
    guard disk == 0 else { throw parts(source, at: record.offset + 4) }
    return try located(
      source, record: record.offset, count: Int(count), byteCount: Int(byteCount),
      offset: Int(offset))
  }

  /// Searches backwards for the end record whose comment reaches the end of the file.
  private static func endOffset(_ source: ByteSource) throws(ArrayFileError) -> Int {
    let last = source.bytes.count - Zip.RecordSize.end
    for offset in stride(from: last, through: max(0, last - Int(UInt16.max)), by: -1)
    where source.bytes[offset] == 0x50 {
      let record = ZipRecord(source: source, offset: offset)
      guard try record.field(0, as: UInt32.self) == Zip.Signature.end else { continue }
      if Int(try record.field(20, as: UInt16.self)) == last - offset { return offset }
    }
    let needed = "a zip archive's end record"
    let head = source.bytes.prefix(6)
    if head.elementsEqual(NPY.magic) {
      throw source.error(
        .corrupt, at: 0, needs: needed, found: "an .npy file",
        help: "give it the extension .npy")
    }
    let isZip = head.starts(with: "PK".utf8) || "PK".utf8.starts(with: head)
    throw source.error(
      isZip ? .truncated : .corrupt, at: source.bytes.count, needs: needed,
      found: isZip ? "the end of the file" : "none: not an .npz file",
      help: isZip ? "the file was cut off; copy or save it again" : nil)
  }

  /// The zip64 form, if its locator stands before the end record.
  private static func end64(
    _ source: ByteSource, endOffset: Int
  ) throws(ArrayFileError) -> ZipEnd? {
    let locator = ZipRecord(source: source, offset: endOffset - Zip.RecordSize.locator64)
    guard locator.offset >= 0, try locator.field(0, as: UInt32.self) == Zip.Signature.locator64
    else { return nil }
    // With a prefix the declared offset is too small; then the record stands right before.
    let candidates = [try locator.long(8), locator.offset - Zip.RecordSize.end64]
    for offset in candidates where offset >= 0 && offset <= locator.offset - Zip.RecordSize.end64 {
      let record = ZipRecord(source: source, offset: offset)
      guard try record.field(0, as: UInt32.self) == Zip.Signature.end64 else { continue }
      guard try record.field(16, as: UInt32.self) == 0 else {
        throw parts(source, at: offset + 16)
      }
      return try located(
        source, record: offset, count: try record.long(32), byteCount: try record.long(40),
        offset: try record.long(48))
    }
    throw source.error(
      .corrupt, at: locator.offset, needs: "a zip64 end record where its locator says",
      found: "other bytes")
  }

  /// The directory ends where its end record begins; the difference to its declared offset is the
  /// prefix.
  private static func located(
    _ source: ByteSource, record: Int, count: Int, byteCount: Int, offset: Int
  ) throws(ArrayFileError) -> ZipEnd {
    guard byteCount <= record, offset <= record - byteCount else {
      throw source.error(
        .corrupt, at: record, needs: "the central directory before its end record",
        found: "\(byteText(byteCount)) at offset \(offset)")
    }
    let start = record - byteCount
    return ZipEnd(
      memberCount: count, directoryByteCount: byteCount, directoryOffset: start,
      prefixByteCount: start - offset, recordOffset: record)
  }

  private static func parts(_ source: ByteSource, at offset: Int) -> ArrayFileError {
    source.error(
      .unsupported, at: offset, needs: "an archive in one file", found: "a part of several")
  }
}
