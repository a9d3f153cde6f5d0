// Writes a zip archive into memory, the same bytes for the same members: fixed date, no host data.
// Zip64 records appear where a size, offset or count needs them, and nowhere else.

/// Builds a zip archive member by member.
struct ZipWriter {
  /// When to write zip64 records; `always` exists for the tests, which cannot make 4 GiB files.
  enum Zip64: Sendable { case whenNeeded, always }

  private let zip64: Zip64
  private var archive: [UInt8] = []
  private var directory: [UInt8] = []
  private var memberCount = 0

  init(zip64: Zip64 = .whenNeeded) { self.zip64 = zip64 }

  /// Appends a member. Compression that does not shrink it is not used.
  /// - Precondition: the name has at most 65535 bytes of UTF-8 and is new.
  mutating func append(name: String, contents: [UInt8], compression: NPZ.Compression) {
    var stored = contents
    var method = Zip.Method.stored
    if compression == .deflated, let deflated = Zlib.deflate(contents),
      deflated.count < contents.count
    {
      stored = deflated
      method = .deflated
    }
    let offset = archive.count
    let localWide = wide([contents.count, stored.count], together: true)
    let centralWide = wide([contents.count, stored.count, offset], together: false)
    func fields(_ extra: [UInt8], narrow: (Int, Int)) -> [UInt8] {
      let version: UInt16 = extra.isEmpty ? 20 : 45
      let flags = name.utf8.allSatisfy { $0 < 0x80 } ? 0 : Zip.Flag.utf8Name
      // 1 January 1980, 00:00, the first date that zip can say.
      return little(version) + little(flags) + little(method.rawValue) + little(UInt16(0))
        + little(UInt16(0x0021)) + little(Zlib.crc32(contents)) + little32(narrow.1)
        + little32(narrow.0) + little16(name.utf8.count) + little16(extra.count)
    }
    archive += little(Zip.Signature.local)
    archive += fields(localWide.extra, narrow: (localWide.narrow[0], localWide.narrow[1]))
    archive += Array(name.utf8) + localWide.extra
    archive += stored

    let madeBy: UInt16 = 3 << 8 | 45  // Unix, so that the mode below is understood
    directory += little(Zip.Signature.central) + little(madeBy)
    directory += fields(centralWide.extra, narrow: (centralWide.narrow[0], centralWide.narrow[1]))
    // No comment, first disk, no internal attributes; the mode is 0600, as Python writes it.
    directory += little16(0) + little16(0) + little16(0) + little(UInt32(0o600 << 16))
    directory += little32(centralWide.narrow[2]) + Array(name.utf8) + centralWide.extra
    memberCount += 1
  }

  /// The archive with its directory.
  func finished() -> [UInt8] {
    let offset = archive.count
    var end: [UInt8] = []
    let needs64 =
      zip64 == .always || memberCount >= Int(Zip.saturated16)
      || max(offset, directory.count) >= Int(Zip.saturated32)
    if needs64 {
      end += little(Zip.Signature.end64) + little64(Zip.RecordSize.end64 - 12)
      end += little16(3 << 8 | 45) + little16(45) + little32(0) + little32(0)
      end += little64(memberCount) + little64(memberCount)
      end += little64(directory.count) + little64(offset)
      end += little(Zip.Signature.locator64) + little32(0)
      end += little64(offset + directory.count) + little32(1)
    }
    let saturates = zip64 == .always
    let count = saturates ? Int(Zip.saturated16) : min(memberCount, Int(Zip.saturated16))
    let limit = Int(Zip.saturated32)
    end += little(Zip.Signature.end) + little16(0) + little16(0) + little16(count) + little16(count)
    end += little32(saturates ? limit : min(directory.count, limit))
    end += little32(saturates ? limit : min(offset, limit)) + little16(0)
    return archive + directory + end
  }

  /// The 32-bit forms of `values` and the zip64 extra field for those that do not fit. A local
  /// header must widen its two sizes together.
  private func wide(_ values: [Int], together: Bool) -> (narrow: [Int], extra: [UInt8]) {
    let limit = Int(Zip.saturated32)
    let widenAll = zip64 == .always || (together && values.contains { $0 >= limit })
    let isWide = values.map { widenAll || $0 >= limit }
    let payload = zip(values, isWide).flatMap { $1 ? little64($0) : [] }
    let extra = payload.isEmpty ? [] : little(Zip.extraField64) + little16(payload.count) + payload
    return (zip(values, isWide).map { $1 ? limit : $0 }, extra)
  }

  private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
  private func little16(_ value: Int) -> [UInt8] { little(UInt16(truncatingIfNeeded: value)) }
  private func little32(_ value: Int) -> [UInt8] { little(UInt32(truncatingIfNeeded: value)) }
  private func little64(_ value: Int) -> [UInt8] { little(UInt64(truncatingIfNeeded: value)) }
}
