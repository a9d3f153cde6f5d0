// Tensors written by hand, like `[[1, 2], [3, 4]]`: the grammar, the inferred dtype, and every
// error with its column. Printing, the inverse, is TensorPrinting.swift.
//
//     literal = value            value = scalar | "[" [ value { "," value } ] "]"
//     scalar  = number | [sign] ("inf" | "nan") | "true" | "false" | '"' (the same inf, nan) '"'
import Graph

extension Tensor {
  /// The tensor that `literal` describes.
  ///
  /// - Dtype: the one asked for, otherwise f64 if any number has a point, an exponent, or is inf or
  ///   nan (or there are none), i64 for integers, bool for `true` and `false`. Integers become
  ///   floats; nothing else is converted. Each number is rounded once.
  /// - Shape: lists of one level have one length. `[]` has shape `[0]`, `[[],[]]` has `[2, 0]`.
  /// - Edge cases: a number beyond the dtype is an error, not inf; inf and nan may stand in quotes,
  ///   as JSON output writes them.
  /// - Complexity: linear in the text; no recursion. Memory is bounded by the text's length and
  ///   `maximumElementCount`.
  package init(
    literal: String, dtype: DType? = nil, maximumElementCount: Int = 1 << 24
  ) throws(TensorTextError) {
    var parser = TensorLiteralParser(literal, maximumElementCount: maximumElementCount)
    try parser.parse()
    self = try parser.tensor(dtype)
  }
}

/// One pass over the text that finds the scalars and the shape; conversion comes after, when the
/// dtype is known.
struct TensorLiteralParser {
  private struct Token {
    var kind: ScalarKind
    var range: Range<Int>
  }

  private let text: String
  private let bytes: [UInt8]
  private let maximumElementCount: Int
  private var position = 0
  private var tokens: [Token] = []
  /// For each open list: where it begins, and how many values it has so far.
  private var open: [(start: Int, count: Int)] = []
  /// The length of the lists of each level, once one of them was closed.
  private var extents: [Int?] = []
  /// The levels of lists around a scalar, once one scalar or empty list was seen.
  private var rank: Int?

  init(_ text: String, maximumElementCount: Int) {
    self.text = text
    bytes = Array(text.utf8)
    self.maximumElementCount = maximumElementCount
  }

  mutating func parse() throws(TensorTextError) {
    repeat {
      skipSpace()
      if peek == UInt8(ascii: "[") {
        try openList()
        skipSpace()
        guard peek == UInt8(ascii: "]") else { continue }
        if rank == nil { rank = open.count }
        try closeList()
      } else {
        try scalar()
      }
      try finishValue()
    } while !open.isEmpty
    guard position == bytes.count else { throw error(position, "the literal ends before this") }
  }

  /// After a value: closes the lists that end here and steps over the comma to the next value.
  private mutating func finishValue() throws(TensorTextError) {
    skipSpace()
    while let last = open.indices.last {
      open[last].count += 1
      switch peek {
      case UInt8(ascii: ","):
        position += 1
        return
      case UInt8(ascii: "]"):
        try closeList()
        skipSpace()
      case nil: throw error(open[last].start, "this list has no ']'")
      default: throw error(position, "needs ',' or ']' here")
      }
    }
  }

  private mutating func openList() throws(TensorTextError) {
    guard open.count < ArrayShape.maximumRank else {
      throw error(position, "lists nest more than \(ArrayShape.maximumRank) deep")
    }
    if let rank, open.count >= rank {
      throw error(position, "a list where the values before it are not lists")
    }
    open.append((start: position, count: 0))
    if extents.count < open.count { extents.append(nil) }
    position += 1
  }

  private mutating func closeList() throws(TensorTextError) {
    position += 1
    guard let list = open.popLast() else { return }
    if let extent = extents[open.count], extent != list.count {
      throw error(
        list.start, "this list has \(list.count) values, the ones before it have \(extent)",
        help: "all lists of one level need the same length")
    }
    extents[open.count] = list.count
  }

  private mutating func scalar() throws(TensorTextError) {
    let start = position
    while let next = peek, !",[] \t\r\n".utf8.contains(next) { position += 1 }
    guard start < position else {
      throw error(start, start == bytes.count ? "the literal ends too early" : "needs a value here")
    }
    if let rank, rank != open.count {
      throw error(start, "a single value where the values before it are lists")
    }
    rank = open.count
    guard tokens.count < maximumElementCount else {
      throw error(start, "more than \(maximumElementCount) elements", help: "use an .npy file")
    }
    tokens.append(try token(start..<position))
  }

  private func token(_ range: Range<Int>) throws(TensorTextError) -> Token {
    var word = bytes[range]
    if word.count > 2, word.first == UInt8(ascii: "\""), word.last == UInt8(ascii: "\"") {
      word = word.dropFirst().dropLast()
    }
    let isQuoted = word.count < range.count
    guard let kind = ScalarKind(word, isQuoted: isQuoted) else {
      throw error(
        range.lowerBound, "\(quoted(string(range))) is not a number, true, false, inf or nan",
        help: ScalarKind.suggestion(string(word.indices)))
    }
    return Token(kind: kind, range: word.indices)
  }

  /// The tensor of the scalars that were found.
  func tensor(_ requested: DType?) throws(TensorTextError) -> Tensor {
    let dtype = requested ?? inferred
    let shape = extents.map { $0 ?? 0 }
    if let wrong = tokens.first(where: { !$0.kind.fits(dtype) }) {
      throw mismatch(wrong, dtype, isRequested: requested != nil)
    }
    switch dtype {
    case .f64: return Tensor(try floats(as: Double.self, dtype), shape: shape)
    case .f32: return Tensor(try floats(as: Float.self, dtype), shape: shape)
    case .i64: return Tensor(try integers(as: Int64.self, dtype), shape: shape)
    case .i32: return Tensor(try integers(as: Int32.self, dtype), shape: shape)
    case .bool:
      return Tensor(tokens.map { bytes[$0.range.lowerBound] == UInt8(ascii: "t") }, shape: shape)
    }
  }

  private var inferred: DType {
    guard let first = tokens.first else { return .f64 }
    if first.kind == .bool { return .bool }
    return tokens.contains { $0.kind == .float } ? .f64 : .i64
  }

  private func mismatch(_ token: Token, _ dtype: DType, isRequested: Bool) -> TensorTextError {
    let word = quoted(string(token.range))
    guard isRequested else {
      return error(token.range.lowerBound, "\(word) among values of another kind: bools do not mix")
    }
    return error(
      token.range.lowerBound, "needs \(dtype) values, found \(word)",
      help: dtype == .bool ? "bools are written true and false" : nil)
  }

  private func floats<T: TensorElement & BinaryFloatingPoint & LosslessStringConvertible>(
    as type: T.Type, _ dtype: DType
  ) throws(TensorTextError) -> [T] {
    var elements: [T] = []
    elements.reserveCapacity(tokens.count)
    for token in tokens {
      let word = string(token.range)
      let isSpecial = (word.utf8.last ?? 0) > UInt8(ascii: "9")
      guard let value = word.hasSuffix("nan") ? T.nan : T(word), value.isFinite || isSpecial else {
        throw error(
          token.range.lowerBound, "\(quoted(word)) is beyond \(dtype)", help: "write inf")
      }
      elements.append(value)
    }
    return elements
  }

  private func integers<T: TensorElement & FixedWidthInteger>(
    as type: T.Type, _ dtype: DType
  ) throws(TensorTextError) -> [T] {
    var elements: [T] = []
    elements.reserveCapacity(tokens.count)
    for token in tokens {
      guard let value = T(string(token.range)) else {
        throw error(
          token.range.lowerBound,
          "\(quoted(string(token.range))) is beyond \(dtype), \(T.min) to \(T.max)")
      }
      elements.append(value)
    }
    return elements
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let next = peek, " \t\r\n".utf8.contains(next) { position += 1 }
  }

  private func string(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private func error(_ offset: Int, _ message: String, help: String? = nil) -> TensorTextError {
    let column = String(decoding: bytes[..<offset], as: UTF8.self).unicodeScalars.count + 1
    return TensorTextError(text: text, column: column, message: message, help: help)
  }
}
