// Raw DEFLATE and CRC-32 through zlib: the only file that calls it. Input and output are whole
// arrays; output grows as the stream delivers and never beyond what the caller declared.
import CZlib

/// zlib's streams as functions on arrays.
package enum Zlib {
  /// Why a stream cannot be inflated; offsets in bytes of compressed input.
  enum InflateError: Error, Equatable {
    case corrupt(at: Int, reason: String)
    case truncated(at: Int)
    /// The stream holds more than the declared bytes.
    case tooLong(at: Int)
    case outOfMemory
  }

  private static let chunkByteCount = 1 << 16

  /// The contents of a raw deflate stream that fills `input` and makes at most `byteCount` bytes.
  static func inflate(
    _ input: ArraySlice<UInt8>, byteCount: Int
  ) throws(InflateError) -> [UInt8] {
    let stream = newStream()
    defer { stream.deallocate() }
    // Negative window bits: no zlib header. 15 is the largest window, which any stream fits.
    guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .outOfMemory }
    defer { inflateEnd(stream) }
    var output: [UInt8] = []
    output.reserveCapacity(min(byteCount, 1 << 20))
    let status = drive(
      stream, input, step: { CZlib.inflate(stream, Z_NO_FLUSH) },
      emit: { chunk in
        output.append(contentsOf: chunk)
        return output.count <= byteCount
      })
    let position = Int(stream.pointee.total_in)
    if output.count > byteCount { throw .tooLong(at: position) }
    switch status {
    case Z_STREAM_END where position == input.count: return output
    case Z_STREAM_END: throw .corrupt(at: position, reason: "bytes behind the end of the stream")
    case Z_OK, Z_BUF_ERROR: throw .truncated(at: position)
    case Z_MEM_ERROR: throw .outOfMemory
    default:
      let reason = stream.pointee.msg.map { String(cString: $0) }
      throw .corrupt(at: position, reason: reason ?? "invalid data")
    }
  }

  /// `input` as a raw deflate stream at zlib's default level; nil when zlib has no memory. The bytes
  /// depend on the input and on the version of zlib only.
  static func deflate(_ input: [UInt8]) -> [UInt8]? {
    let stream = newStream()
    defer { stream.deallocate() }
    // 8 is zlib's default memory level (DEF_MEM_LEVEL).
    guard
      deflateInit2_(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(stream) }
    var output: [UInt8] = []
    let status = drive(
      stream, input[...],
      step: {
        let offered = Int(stream.pointee.total_in) + Int(stream.pointee.avail_in)
        return CZlib.deflate(stream, offered == input.count ? Z_FINISH : Z_NO_FLUSH)
      },
      emit: { chunk in
        output.append(contentsOf: chunk)
        return true
      })
    return status == Z_STREAM_END ? output : nil
  }

  /// CRC-32 as in zip (polynomial 0xEDB88320).
  package static func crc32(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer {
      // A nil address would ask zlib for the initial value, which is 0, the CRC of no bytes, too.
      UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count))
    }
  }

  /// A stream at an address of its own: zlib keeps the address and refuses a stream that moved.
  private static func newStream() -> UnsafeMutablePointer<z_stream> {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    return stream
  }

  /// Feeds all of `input` to `step` and hands its output to `emit`, a chunk at a time, until the
  /// stream ends, fails, makes no progress, or `emit` returns false. Returns the last status.
  private static func drive(
    _ stream: UnsafeMutablePointer<z_stream>, _ input: ArraySlice<UInt8>, step: () -> Int32,
    emit: (UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Int32 {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: chunkByteCount) { chunk in
      input.withUnsafeBufferPointer { source in
        while true {
          // avail_in has 32 bits; the input may be longer.
          let consumed = Int(stream.pointee.total_in)
          let rest = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
          stream.pointee.next_in = rest
          stream.pointee.avail_in = UInt32(min(source.count - consumed, 1 << 30))
          stream.pointee.next_out = chunk.baseAddress
          stream.pointee.avail_out = UInt32(chunkByteCount)
          let status = step()
          let count = chunkByteCount - Int(stream.pointee.avail_out)
          let goesOn = emit(UnsafeBufferPointer(rebasing: chunk[..<count]))
          guard status == Z_OK, goesOn else { return status }
        }
      }
    }
  }
}
