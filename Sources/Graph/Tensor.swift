// Dense host arrays: what goes into and comes out of a computation. Row-major, no strides, no
// views; the layout inside a kernel is Lowering's business.

/// A Swift type that stands for one `DType` in memory.
public protocol TensorElement: Sendable, BitwiseCopyable {
  /// The element type of tensors of these.
  static var dtype: DType { get }
}

extension Double: TensorElement { public static var dtype: DType { .f64 } }
extension Float: TensorElement { public static var dtype: DType { .f32 } }
extension Int64: TensorElement { public static var dtype: DType { .i64 } }
extension Int32: TensorElement { public static var dtype: DType { .i32 } }
extension Bool: TensorElement { public static var dtype: DType { .bool } }

/// A dense, row-major array of one element type.
///
/// Equality compares dtype, shape and bytes: two NaNs of the same bits are equal, 0 and −0 are not.
public struct Tensor: Sendable, Hashable {
  /// The type of the elements.
  public let dtype: DType
  /// Extents in elements; empty for a scalar.
  public let shape: [Int]
  /// The elements in row-major order, native byte order; a bool is one byte, 0 or 1.
  public private(set) var bytes: [UInt8]

  /// The number of elements; 1 for a scalar.
  public var count: Int { bytes.count / dtype.byteCount }

  /// A tensor of elements that lie in bytes, in row-major order and native byte order.
  /// - Precondition: no extent is negative; `bytes.count` is the product of `shape` times the element's
  ///   size.
  public init(dtype: DType, shape: [Int], bytes: [UInt8]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "\(shape) has a negative extent")
    precondition(
      bytes.count == Self.byteCount(dtype, shape), "bytes do not match the shape")
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }

  /// A tensor of `elements` in row-major order.
  /// - Precondition: `elements.count` is the product of `shape`.
  public init<T: TensorElement>(_ elements: [T], shape: [Int]) {
    self.init(dtype: T.dtype, shape: shape, bytes: elements.withUnsafeBytes(Array.init))
  }

  /// A scalar.
  public init<T: TensorElement>(_ element: T) { self.init([element], shape: []) }

  /// All elements zero (false).
  public init(zeros dtype: DType, shape: [Int]) {
    self.init(
      dtype: dtype, shape: shape,
      bytes: [UInt8](repeating: 0, count: Self.byteCount(dtype, shape)))
  }

  /// The bytes of an array; 0 where an extent is 0, however large the others are.
  package static func byteCount(_ dtype: DType, _ shape: [Int]) -> Int {
    shape.contains(0) ? 0 : shape.reduce(dtype.byteCount, *)
  }

  /// Calls `body` with the elements, in row-major order.
  /// - Precondition: `T.dtype == dtype`.
  public func withElements<T: TensorElement, R>(
    of type: T.Type, _ body: (UnsafeBufferPointer<T>) throws -> R
  ) rethrows -> R {
    precondition(T.dtype == dtype, "a tensor of \(dtype) was read as \(T.dtype)")
    return try bytes.withUnsafeBytes { try body($0.bindMemory(to: T.self)) }
  }

  /// Calls `body` with the elements for writing, in row-major order.
  /// - Precondition: `T.dtype == dtype`.
  public mutating func withMutableElements<T: TensorElement, R>(
    of type: T.Type, _ body: (UnsafeMutableBufferPointer<T>) throws -> R
  ) rethrows -> R {
    precondition(T.dtype == dtype, "a tensor of \(dtype) was written as \(T.dtype)")
    return try bytes.withUnsafeMutableBytes { try body($0.bindMemory(to: T.self)) }
  }

  /// Calls `body` with the raw bytes for writing.
  public mutating func withMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    try bytes.withUnsafeMutableBytes(body)
  }

  /// The elements as an array.
  /// - Precondition: `T.dtype == dtype`.
  public func elements<T: TensorElement>(of type: T.Type = T.self) -> [T] {
    withElements(of: type, Array.init)
  }

  /// Every element as a `Double` (bools as 0 and 1), whatever the dtype.
  public var doubles: [Double] {
    switch dtype {
    case .f64: elements(of: Double.self)
    case .f32: elements(of: Float.self).map(Double.init)
    case .i64: elements(of: Int64.self).map(Double.init)
    case .i32: elements(of: Int32.self).map(Double.init)
    case .bool: bytes.map { $0 == 0 ? 0 : 1 }
    }
  }

  /// Every element as an `Int64` (bools as 0 and 1).
  /// - Precondition: the dtype is not a float.
  public var integers: [Int64] {
    switch dtype {
    case .i64: elements(of: Int64.self)
    case .i32: elements(of: Int32.self).map(Int64.init)
    case .bool: bytes.map(Int64.init)
    case .f64, .f32: preconditionFailure("a tensor of floats has no integers")
    }
  }

  /// A float tensor from `Double`s, each rounded once to `dtype`.
  /// - Precondition: `dtype` is a float; `doubles.count` is the product of `shape`.
  public init(doubles: [Double], dtype: DType, shape: [Int]) {
    switch dtype {
    case .f32: self.init(doubles.map(Float.init), shape: shape)
    case .f64: self.init(doubles, shape: shape)
    case .i64, .i32, .bool: preconditionFailure("\(dtype) is not a float")
    }
  }

  /// An integer or bool tensor from `Int64`s; i32 wraps, bool is `!= 0`.
  /// - Precondition: `dtype` is no float; `integers.count` is the product of `shape`.
  public init(integers: [Int64], dtype: DType, shape: [Int]) {
    switch dtype {
    case .i64: self.init(integers, shape: shape)
    case .i32: self.init(integers.map { Int32(truncatingIfNeeded: $0) }, shape: shape)
    case .bool: self.init(integers.map { $0 != 0 }, shape: shape)
    case .f64, .f32: preconditionFailure("\(dtype) is not an integer type")
    }
  }
}
