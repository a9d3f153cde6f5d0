// The words that stand for one element in a tensor literal: which are numbers, and of what kind.
import Graph

/// What a scalar of a literal looks like.
enum ScalarKind {
  case integer, float, bool

  /// The kind of `word`, or nil when it is none; in quotes only inf and nan are.
  init?(_ word: ArraySlice<UInt8>, isQuoted: Bool) {
    let unsigned = "+-".utf8.contains(word.first ?? 0) ? word.dropFirst() : word
    if ["inf", "nan"].contains(where: { unsigned.elementsEqual($0.utf8) }) {
      self = .float
    } else if isQuoted {
      return nil
    } else if ["true", "false"].contains(where: { word.elementsEqual($0.utf8) }) {
      self = .bool
    } else {
      self.init(number: unsigned)
    }
  }

  /// "0x" digits [ "." digits ] "p" exponent: a float with exactly these bits.
  private static func isHexadecimal(_ word: ArraySlice<UInt8>) -> Bool {
    func isDigit(_ byte: UInt8) -> Bool { Character(Unicode.Scalar(byte)).isHexDigit }
    let parts = word.dropFirst(2).split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { "pP".utf8.contains($0) })
    guard word.starts(with: "0x".utf8), parts.count == 2 else { return false }
    let digits = parts[0].split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    let sign = parts[1].first.map { "+-".utf8.contains($0) } ?? false
    let exponent = sign ? parts[1].dropFirst() : parts[1]
    return digits.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) } && !exponent.isEmpty
      && exponent.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// digits [ "." [digits] ] [exponent], or "." digits [exponent], or a hexadecimal float
  private init?(number word: ArraySlice<UInt8>) {
    func digits(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      text.prefix { (0x30...0x39).contains($0) }
    }
    if Self.isHexadecimal(word) {
      self = .float
      return
    }
    let whole = digits(word)
    var rest = word[whole.endIndex...]
    guard !rest.isEmpty || whole.isEmpty else {
      self = .integer
      return
    }
    var fraction = rest.prefix(0)
    if rest.first == UInt8(ascii: ".") {
      fraction = digits(rest.dropFirst())
      rest = word[fraction.endIndex...]
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    if let first = rest.first, "eE".utf8.contains(first) {
      rest = rest.dropFirst()
      if let sign = rest.first, "+-".utf8.contains(sign) { rest = rest.dropFirst() }
      let exponent = digits(rest)
      guard !exponent.isEmpty else { return nil }
      rest = word[exponent.endIndex...]
    }
    guard rest.isEmpty else { return nil }
    self = .float
  }

  /// Whether such a scalar can be an element of `dtype`: integers become floats, nothing else
  /// changes its kind.
  func fits(_ dtype: DType) -> Bool {
    switch self {
    case .integer: dtype != .bool
    case .float: dtype.isFloat
    case .bool: dtype == .bool
    }
  }

  /// For spellings of other languages, what to write here.
  static func suggestion(_ word: String) -> String? {
    let spellings = [
      "true": "true", "false": "false", "nan": "nan", "+nan": "nan", "-nan": "nan", "inf": "inf",
      "+inf": "inf", "-inf": "-inf", "infinity": "inf", "-infinity": "-inf",
    ]
    return spellings[word.lowercased()].map { "did you mean \($0)?" }
  }
}
