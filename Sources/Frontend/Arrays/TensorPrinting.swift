// Tensors as text: literals that parse back to the same values, and JSON. Both are one line; where
// to break lines is the command's business.
import Graph

extension Tensor {
  /// The tensor as a literal, like `[[1.0, 2.0], [3.0, 4.0]]`.
  ///
  /// Floats in the shortest digits that read back to the same value; `Tensor(literal:dtype:)` with
  /// the same dtype gives the tensor back, except for the bits of a NaN and the extents behind a 0.
  ///
  /// - Parameter elidingAbove: with more elements than this, each axis longer than six shows its
  ///   first and last three values around `...`; the result is for people and does not parse.
  package func literal(elidingAbove limit: Int = .max) -> String {
    TensorPrinter(self, notation: .literal, elides: count > limit).text
  }

  /// The tensor as JSON: nested lists, numbers, `true` and `false`; inf and nan, which JSON does
  /// not have, as the strings `"inf"`, `"-inf"`, `"nan"`.
  package var json: String { TensorPrinter(self, notation: .json, elides: false).text }
}

/// Writes the nested lists of one tensor.
private struct TensorPrinter {
  enum Notation { case literal, json }

  private static let edgeCount = 3
  /// An empty tensor has no bytes but may have 10¹⁵ empty rows; beyond this many it is written `[]`.
  private static let maximumEmptyListCount = 1 << 16

  private let shape: [Int]
  private let elides: Bool
  private let element: (Int) -> String
  private(set) var text = ""

  init(_ tensor: Tensor, notation: Notation, elides: Bool) {
    shape = tensor.shape
    self.elides = elides
    let specials = notation == .json ? "\"" : ""
    switch tensor.dtype {
    case .f64: element = Self.floats(tensor.elements(of: Double.self), specials)
    case .f32: element = Self.floats(tensor.elements(of: Float.self), specials)
    case .i64, .i32, .bool:
      let isBool = tensor.dtype == .bool
      let integers = tensor.integers
      element = { isBool ? (integers[$0] != 0 ? "true" : "false") : String(integers[$0]) }
    }
    if tensor.count == 0, Self.hasManyEmptyLists(shape) {
      text = "[]"
    } else {
      write(axis: 0, offset: 0, count: tensor.count)
    }
  }

  private static func floats<T: BinaryFloatingPoint & CustomStringConvertible>(
    _ elements: [T], _ quote: String
  ) -> (Int) -> String {
    { index in
      let x = elements[index]
      if x.isFinite { return x.description }
      return quote + (x.isNaN ? "nan" : x < 0 ? "-inf" : "inf") + quote
    }
  }

  private static func hasManyEmptyLists(_ shape: [Int]) -> Bool {
    let outer = Array(shape.prefix { $0 != 0 })
    return ArrayShape.byteCount(outer, elementByteCount: 1).map { $0 > maximumEmptyListCount }
      ?? true
  }

  /// Writes the `count` elements from `offset` as the lists of `axis` and deeper.
  private mutating func write(axis: Int, offset: Int, count: Int) {
    guard axis < shape.count else {
      text += element(offset)
      return
    }
    let extent = shape[axis]
    let inner = extent == 0 ? 0 : count / extent
    text += "["
    var index = 0
    while index < extent {
      if index > 0 { text += ", " }
      if elides, index == Self.edgeCount, extent > 2 * Self.edgeCount {
        text += "..., "
        index = extent - Self.edgeCount
      }
      write(axis: axis + 1, offset: offset + index * inner, count: inner)
      index += 1
    }
    text += "]"
  }
}
