// Names as small integers, and the rule how a name is spelled: bare where it is an identifier,
// in backquotes otherwise.

/// A name of a `NameTable`; equal names have equal ids.
package struct NameID: Sendable, Hashable {
  package let index: Int32
}

/// A word that cannot be a bare name. Its id in every table is its raw value.
package enum Keyword: Int32, Sendable, CaseIterable {
  case jitgrad, `func`, `where`, `if`, `else`, `for`, `in`, `while`, `do`, scan
  case `switch`, `case`, `default`, carry, yield
  case `true`, `false`, inf, nan

  static let spellings = allCases.map { "\($0)" }
  package var spelling: String { Keyword.spellings[Int(rawValue)] }
}

/// The names of a syntax tree, numbered in the order in which they first appear.
package struct NameTable: Sendable {
  private var storage: [UInt8] = []
  /// Where each name ends in `storage`.
  private var ends: [Int32] = []
  private var hashes: [UInt64] = []
  /// Open addressing; −1 is free. The count is a power of two, at most half of it in use.
  private var slots = [Int32](repeating: -1, count: 256)

  /// Secret of this process, so that a file cannot be made to collide; the ids do not depend on it.
  static let multiplier = UInt64.random(in: 0...UInt64.max) | 1
  private static let reserved: NameTable = {
    var table = NameTable(empty: ())
    for word in Keyword.spellings { _ = table.intern(word) }
    return table
  }()

  private init(empty: Void) {}

  /// A table that holds the keywords only.
  package init() { self = NameTable.reserved }

  package var count: Int { ends.count }

  /// The text of a name.
  package subscript(name: NameID) -> String {
    String(decoding: storage[range(of: Int(name.index))], as: UTF8.self)
  }

  package mutating func intern(_ name: String) -> NameID {
    let bytes = Array(name.utf8)
    return intern(bytes, 0..<bytes.count)
  }

  /// The id of the name that `bytes` hold in `range`.
  package mutating func intern(_ bytes: [UInt8], _ range: Range<Int>) -> NameID {
    var hash: UInt64 = 0
    for index in range {
      hash = (hash ^ UInt64(bytes[index])) &* NameTable.multiplier
      hash ^= hash >> 32
    }
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let known = Int(slots[slot])
      if hashes[known] == hash, holds(known, bytes, range) { return NameID(index: slots[slot]) }
      slot = (slot + 1) & (slots.count - 1)
    }
    let id = Int32(ends.count)
    slots[slot] = id
    storage.append(contentsOf: bytes[range])
    ends.append(Int32(clamping: storage.count))
    hashes.append(hash)
    if ends.count * 2 > slots.count { grow() }
    return NameID(index: id)
  }

  /// The keyword that is spelled like this name.
  package func keyword(_ name: NameID) -> Keyword? { Keyword(rawValue: name.index) }

  /// The name as it is written in a graph file.
  package func spelling(of name: NameID) -> String {
    let text = self[name]
    return keyword(name) == nil && NameTable.isIdentifier(text) ? text : "`\(text)`"
  }

  /// Can be written without backquotes, as far as its letters go.
  package static func isIdentifier(_ text: String) -> Bool {
    var isFirst = true
    var needsLetter = true
    for byte in text.utf8 {
      if byte == UInt8(ascii: "."), !needsLetter {
        needsLetter = true
        continue
      }
      guard isFirst ? isIdentifierStart(byte) : isIdentifierPart(byte) else { return false }
      isFirst = false
      needsLetter = false
    }
    return !needsLetter
  }

  /// Can be written at all: not empty, no backquote, nothing unprintable. Other names have to be
  /// changed before they are put into a syntax tree.
  package static func isSpellable(_ text: String) -> Bool {
    !text.isEmpty && text.unicodeScalars.allSatisfy { $0 != "`" && !$0.isUnprintable }
  }

  /// The same name where it can be written, else one with other characters for those that cannot.
  package static func spellable(_ text: String) -> String {
    if isSpellable(text) { return text }
    var name = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      name.append(scalar == "`" || scalar.isUnprintable ? "_" : scalar)
    }
    return name.isEmpty ? "unnamed" : String(name)
  }

  private func range(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
  }

  private func holds(_ index: Int, _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    let own = self.range(of: index)
    guard own.count == range.count else { return false }
    for offset in 0..<own.count
    where storage[own.lowerBound + offset] != bytes[range.lowerBound + offset] {
      return false
    }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (index, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(index)
    }
  }
}

/// `[A-Za-z_]`
@inline(__always)
func isIdentifierStart(_ byte: UInt8) -> Bool {
  (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
}

/// `[A-Za-z0-9_]`
@inline(__always)
func isIdentifierPart(_ byte: UInt8) -> Bool { isIdentifierStart(byte) || isDigit(byte) }

/// `[0-9]`
@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
