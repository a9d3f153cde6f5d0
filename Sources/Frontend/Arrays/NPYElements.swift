// The elements of `.npy` files: which stored types are read, as which dtype, and the conversion of
// their bytes. One of the few files with unsafe pointers. Every conversion is exact.
import Graph

/// A stored element type, with its byte order.
struct NPYItem: Sendable, Equatable {
  enum Format: String, Sendable, CaseIterable {
    case f8, f4, f2, i8, i4, i2, i1, u8, u4, u2, u1, b1
  }
  enum ByteOrder: Sendable { case little, big }

  var format: Format
  var byteOrder: ByteOrder

  /// Bytes of one stored element: the digit in its name.
  var byteCount: Int {
    switch format {
    case .f8, .i8, .u8: 8
    case .f4, .i4, .u4: 4
    case .f2, .i2, .u2: 2
    case .i1, .u1, .b1: 1
    }
  }

  /// The smallest dtype that holds every value (u8: every value below 2⁶³).
  var dtype: DType {
    switch format {
    case .f8: .f64
    case .f4, .f2: .f32
    case .i8, .u8, .u4: .i64
    case .i4, .i2, .i1, .u2, .u1: .i32
    case .b1: .bool
    }
  }

  /// Its name with a number of bits, if it is no dtype.
  var convertedName: String? {
    switch format {
    case .f8, .f4, .i8, .i4, .b1: nil
    case .f2, .i2, .i1, .u8, .u4, .u2, .u1: "\(format.rawValue.prefix(1))\(8 * byteCount)"
    }
  }

  /// Why a descr is not read.
  struct Refusal: Error, Equatable {
    var found: String
    var help: String?
    var isWellFormed = true
  }

  /// Parses an array-interface type string: an optional `<`, `>`, `=` or `|`, a letter, a size.
  static func parse(_ descr: String) -> Result<NPYItem, Refusal> {
    var text = Substring(descr)
    #if _endian(big)
      var byteOrder = ByteOrder.big
    #else
      var byteOrder = ByteOrder.little
    #endif
    if let first = text.first, "<>=|".contains(first) {
      if first != "=" && first != "|" { byteOrder = first == ">" ? .big : .little }
      text.removeFirst()
    }
    if text == "?" { text = "b1" }
    if let format = Format(rawValue: String(text)) {
      return .success(NPYItem(format: format, byteOrder: byteOrder))
    }
    let numbers = "convert it to numbers first, for instance a.astype('float64')"
    switch text.first {
    case "O": return .failure(Refusal(found: "Python objects (a pickle)", help: numbers))
    case "U", "S", "a": return .failure(Refusal(found: "strings", help: numbers))
    case "c":
      return .failure(
        Refusal(found: "complex numbers", help: "save a.real and a.imag as two arrays"))
    case "M", "m": return .failure(Refusal(found: "dates or durations", help: numbers))
    case "V":
      return .failure(
        Refusal(found: "raw or structured bytes (bfloat16 is stored so)", help: numbers))
    case "f" where text == "f16" || text == "f12":
      return .failure(Refusal(found: "long double", help: "save a.astype('float64')"))
    default: return .failure(Refusal(found: "an unknown type", isWellFormed: false))
    }
  }
}

/// Conversion between stored bytes and tensors.
enum NPYElements {
  /// The tensor of `shape` stored from `offset` on, in the order in which it is stored.
  /// - Precondition: the bytes from `offset` to the end are `shape` elements of `item`.
  static func tensor(
    _ source: ByteSource, from offset: Int, item: NPYItem, shape: [Int]
  ) throws(ArrayFileError) -> Tensor {
    let bytes = source.bytes[offset...]
    let order = item.byteOrder
    switch item.format {
    case .f8: return Tensor(map(bytes, order, Double.init(bitPattern:)), shape: shape)
    case .f4: return Tensor(map(bytes, order, Float.init(bitPattern:)), shape: shape)
    case .f2: return Tensor(map(bytes, order, float(fromHalf:)), shape: shape)
    case .i8: return Tensor(map(bytes, order) { (x: Int64) in x }, shape: shape)
    case .i4: return Tensor(map(bytes, order) { (x: Int32) in x }, shape: shape)
    case .i2: return Tensor(map(bytes, order) { (x: Int16) in Int32(x) }, shape: shape)
    case .i1: return Tensor(map(bytes, order) { (x: Int8) in Int32(x) }, shape: shape)
    case .u2: return Tensor(map(bytes, order) { (x: UInt16) in Int32(x) }, shape: shape)
    case .u1: return Tensor(map(bytes, order) { (x: UInt8) in Int32(x) }, shape: shape)
    case .u4: return Tensor(map(bytes, order) { (x: UInt32) in Int64(x) }, shape: shape)
    case .u8:
      let elements = map(bytes, order) { (x: UInt64) in Int64(bitPattern: x) }
      if let index = elements.firstIndex(where: { $0 < 0 }) {
        throw source.error(
          .notRepresentable, at: offset + 8 * index, needs: "an unsigned value below 2^63",
          found: "\(UInt64(bitPattern: elements[index])) (element \(index) as stored)")
      }
      return Tensor(elements, shape: shape)
    case .b1:
      if let index = bytes.firstIndex(where: { $0 > 1 }) {
        throw source.error(
          .corrupt, at: index, needs: "0 or 1 for a bool", found: "\(bytes[index])")
      }
      return Tensor(dtype: .bool, shape: shape, bytes: Array(bytes))
    }
  }

  private static func map<Stored: FixedWidthInteger & BitwiseCopyable, Element>(
    _ bytes: ArraySlice<UInt8>, _ order: NPYItem.ByteOrder, _ convert: (Stored) -> Element
  ) -> [Element] {
    let width = Stored.bitWidth / 8
    let count = bytes.count / width
    return [Element](unsafeUninitializedCapacity: count) { elements, initializedCount in
      bytes.withUnsafeBytes { raw in
        for i in 0..<count {
          let word = raw.loadUnaligned(fromByteOffset: i * width, as: Stored.self)
          elements.initializeElement(
            at: i,
            to: convert(order == .big ? Stored(bigEndian: word) : Stored(littleEndian: word)))
        }
      }
      initializedCount = count
    }
  }

  /// IEEE 754 binary16 to binary32, exactly; NaN keeps sign and payload.
  ///
  /// By bits and not through `Float16`, which is missing on some platforms and quiets NaNs.
  static func float(fromHalf half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10) & 0x1F
    let fraction = UInt32(half) & 0x3FF
    switch exponent {
    case 0:
      // Zero or subnormal: fraction · 2⁻²⁴, exact because the fraction has 10 bits.
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: sign | magnitude.bitPattern)
    case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// `tensor` holds the elements of a column-major array in stored order; the same array row-major.
  static func rowMajor(columnMajor tensor: Tensor) -> Tensor {
    let shape = tensor.shape
    guard tensor.count > 1, shape.count(where: { $0 > 1 }) > 1 else { return tensor }
    let width = tensor.dtype.byteCount
    // Column-major strides in bytes: the first axis is the fastest.
    var strides: [Int] = []
    var stride = width
    for extent in shape {
      strides.append(stride)
      stride *= extent
    }
    var index = [Int](repeating: 0, count: shape.count)
    var from = 0
    var result = Tensor(zeros: tensor.dtype, shape: shape)
    result.withMutableBytes { target in
      tensor.bytes.withUnsafeBytes { source in
        for to in Swift.stride(from: 0, to: source.count, by: width) {
          for byte in 0..<width { target[to + byte] = source[from + byte] }
          for axis in shape.indices.reversed() {
            index[axis] += 1
            from += strides[axis]
            if index[axis] < shape[axis] { break }
            from -= strides[axis] * shape[axis]
            index[axis] = 0
          }
        }
      }
    }
    return result
  }

  /// The tensor's bytes in little-endian order.
  static func littleEndianBytes(of tensor: Tensor) -> [UInt8] {
    #if _endian(big)
      let width = tensor.dtype.byteCount
      return stride(from: 0, to: tensor.bytes.count, by: width).flatMap {
        tensor.bytes[$0..<($0 + width)].reversed()
      }
    #else
      return tensor.bytes
    #endif
  }
}
