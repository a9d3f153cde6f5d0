// NumPy's `.npy`: one array with a text header. Decides which files are read and the exact bytes
// that are written. The header's grammar is in NPYHeader.swift, element conversion in
// NPYElements.swift. Format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import Graph

/// Reading and writing `.npy` files.
package enum NPY {
  /// The first six bytes of every `.npy` file.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Decodes a whole `.npy` file.
  ///
  /// - Versions 1.0, 2.0, 3.0; both byte orders; Fortran order becomes row-major.
  /// - Element types: f8 f4 i8 i4 and bool as they are; f2 → f32; i2 i1 u1 u2 → i32; u4 u8 → i64.
  ///   Every conversion is exact; a u8 above 2⁶³−1 is an error.
  /// - Nothing is allocated before the shape was checked against the bytes that are there and the
  ///   tensor's bytes against `maximumByteCount` (nil: no bound).
  /// - Throws: `truncated`, `corrupt` (also for bytes after the elements), `unsupported` for pickles,
  ///   strings, complex and structured types, `tooLarge`, `notRepresentable`.
  package static func decode(
    _ bytes: [UInt8], file: String, maximumByteCount: Int? = nil
  ) throws(ArrayFileError) -> Tensor {
    try array("", bytes, file: file, maximumByteCount: maximumByteCount).tensor
  }

  /// The same, with a name and with what the file holds where that is converted.
  package static func array(
    _ name: String, _ bytes: [UInt8], file: String, maximumByteCount: Int? = nil
  ) throws(ArrayFileError) -> NamedTensor {
    try array(
      name, ByteSource(bytes: bytes, file: file), maximumByteCount: maximumByteCount)
  }

  static func array(
    _ name: String, _ source: ByteSource, maximumByteCount: Int?
  ) throws(ArrayFileError) -> NamedTensor {
    let header = try NPYHeader.parse(source)
    let shape = header.shape
    let dtype = header.item.dtype
    guard
      let stored = ArrayShape.byteCount(shape, elementByteCount: header.item.byteCount),
      let needed = ArrayShape.byteCount(shape, elementByteCount: dtype.byteCount)
    else {
      throw source.error(
        .corrupt, at: header.shapeOffset, needs: "a shape whose bytes can be counted in 63 bits",
        found: tupleText(shape))
    }
    let available = source.bytes.count - header.dataOffset
    guard stored <= available else {
      throw source.error(
        .truncated, at: source.bytes.count,
        needs: "\(byteText(stored)) of elements for shape \(tupleText(shape)) from byte "
          + "\(header.dataOffset)", found: byteText(available),
        help: "the file was cut off or its header is wrong; copy or save it again")
    }
    guard stored == available else {
      throw source.error(
        .corrupt, at: header.dataOffset + stored, needs: "the end of the file",
        found: "\(byteText(available - stored)) more",
        help: "one array a file; several arrays go into an .npz (numpy.savez)")
    }
    if let maximumByteCount, needed > maximumByteCount {
      throw source.error(
        .tooLarge, at: header.shapeOffset, needs: "at most \(byteText(maximumByteCount))",
        found: "\(byteText(needed)) for \(dtype) of shape \(tupleText(shape))")
    }
    var tensor = try NPYElements.tensor(
      source, from: header.dataOffset, item: header.item, shape: shape)
    if header.order == .columnMajor { tensor = NPYElements.rowMajor(columnMajor: tensor) }
    return NamedTensor(name: name, tensor: tensor, convertedFrom: header.item.convertedName)
  }

  /// Encodes a tensor: version 1.0 (2.0 if the header is too long for it), C order, little endian,
  /// to the byte what `numpy.save` writes for the same array.
  package static func encode(_ tensor: Tensor) -> [UInt8] {
    let descr =
      switch tensor.dtype {
      case .f64: "<f8"
      case .f32: "<f4"
      case .i64: "<i8"
      case .i32: "<i4"
      case .bool: "|b1"
      }
    var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': "
    header += "\(tupleText(tensor.shape)), }"
    if let first = tensor.shape.first {
      // NumPy leaves room to append along the first axis: its extent may grow to 21 digits.
      header += String(repeating: " ", count: max(0, 21 - String(first).utf8.count))
    }
    // Magic, version, length, header, padding and newline fill a multiple of 64 bytes. NumPy pads
    // a full block of 64 when they fit exactly; so do we.
    let length = header.utf8.count + 1
    let short = length + padding(after: 10 + length)
    let isLong = short > Int(UInt16.max)
    let total = isLong ? length + padding(after: 12 + length) : short

    var bytes = magic + [isLong ? 2 : 1, 0]
    bytes.reserveCapacity(12 + total + tensor.bytes.count)
    for index in 0..<(isLong ? 4 : 2) {
      bytes.append(UInt8(truncatingIfNeeded: total >> (8 * index)))
    }
    bytes.append(contentsOf: header.utf8)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: total - length))
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: NPYElements.littleEndianBytes(of: tensor))
    return bytes
  }

  private static func padding(after count: Int) -> Int { 64 - count % 64 }
}
