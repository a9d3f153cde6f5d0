// Bounds-checked reading of untrusted bytes, and the checked size of a shape. Every offset of the
// array readers goes through here, so no reader can leave the buffer or overflow a product.

/// The bytes of a file or of a member, and their name for messages.
struct ByteSource: Sendable {
  let bytes: [UInt8]
  let file: String
  var member: String? = nil

  /// The error at `offset` of this source.
  func error(
    _ kind: ArrayFileError.Kind, at offset: Int?, needs needed: String, found: String,
    help: String? = nil
  ) -> ArrayFileError {
    ArrayFileError(
      kind: kind, file: file, member: member, byteOffset: offset, needed: needed, found: found,
      help: help)
  }

  /// `count` bytes from `offset`; `what` names them in the error.
  /// - Throws: `truncated` at the end of the bytes when fewer are there.
  func slice(at offset: Int, count: Int, _ what: String) throws(ArrayFileError)
    -> ArraySlice<UInt8>
  {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw error(
        .truncated, at: min(max(offset, 0), bytes.count),
        needs: "\(byteText(max(count, 0))) of \(what)",
        found: byteText(max(0, bytes.count - max(offset, 0))))
    }
    return bytes[offset..<(offset + count)]
  }

  /// A little-endian unsigned integer at `offset`.
  func integer<T: FixedWidthInteger & UnsignedInteger>(
    at offset: Int, as type: T.Type, _ what: String
  ) throws(ArrayFileError) -> T {
    let slice = try slice(at: offset, count: T.bitWidth / 8, what)
    return slice.reversed().reduce(0) { $0 << 8 | T($1) }
  }
}

/// "1 byte", "12 bytes".
func byteText(_ count: Int) -> String { count == 1 ? "1 byte" : "\(count) bytes" }

/// Limits and sizes of shapes that come from outside.
package enum ArrayShape {
  /// The most axes that a file or literal may have; NumPy's own bound.
  package static let maximumRank = 64

  /// The bytes of a dense array of `shape`, or nil when an extent is negative or the product of the
  /// extents that are not 0 overflows (so that every order of multiplication is safe).
  package static func byteCount(_ shape: [Int], elementByteCount: Int) -> Int? {
    var product = elementByteCount
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow else { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}

/// A shape as NumPy writes it: `()`, `(3,)`, `(3, 4)`.
func tupleText(_ shape: [Int]) -> String {
  let extents = shape.map(String.init).joined(separator: ", ")
  return shape.count == 1 ? "(\(extents),)" : "(\(extents))"
}
