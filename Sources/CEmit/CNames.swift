// Names for C: identifiers that C accepts, that mean nothing else there, and that differ from each
// other. Names from a file never reach C in any other way.
import Graph
import Lowering

/// Identifiers in one C function.
struct CNames {
  private var taken: Set<String>
  private var ofOtherKinds: Set<String>
  /// The number that was last put behind a base name.
  private var numbers: [String: Int] = [:]
  /// What was taken, with the base's number before.
  private var log: [(name: String, base: String, number: Int?)] = []
  private var released: [String] = []

  init() {
    taken = Self.reserved
    ofOtherKinds = taken
  }

  /// For functions that others link with: none of them may take the name of one of the C library.
  static var ofFunctions: CNames {
    var names = CNames()
    names.taken.formUnion(libraryFunctions)
    names.ofOtherKinds = names.taken
    return names
  }

  /// A new identifier as close to `wish` as possible.
  /// - Parameter alternative: what stands behind the name of something of another kind; names of
  ///   one kind are numbered.
  mutating func unique(_ wish: String, or alternative: String? = nil) -> String {
    var base = Self.identifier(wish)
    if let alternative, ofOtherKinds.contains(base) { base += alternative }
    var name = base
    let last = numbers[base]
    // What has a number is taken.
    if last != nil || !taken.insert(base).inserted {
      var number = last ?? 1
      repeat {
        number += 1
        name = base + "_" + String(number)
      } while !taken.insert(name).inserted
      numbers[base] = number
    }
    log.append((name, base, last))
    return name
  }

  /// What is named from here on is of another kind than what has a name.
  mutating func beginKind() { ofOtherKinds = taken }

  /// The state to which `release` goes back.
  var mark: Int { log.count }

  /// Frees the names that were taken since `mark`, until `endScopes` takes them for good.
  mutating func release(to mark: Int) {
    while log.count > mark {
      let entry = log.removeLast()
      taken.remove(entry.name)
      numbers[entry.base] = entry.number
      released.append(entry.name)
    }
  }

  mutating func endScopes() {
    taken.formUnion(released)
    released = []
  }

  /// Letters, digits and underscores, beginning with a letter, at most 48 long.
  static func identifier(_ text: String) -> String {
    var name = text
    if text.utf8.count > 48 || !text.utf8.allSatisfy(isPlain) {
      name = String(
        decoding: text.unicodeScalars.prefix(48).map { scalar in
          scalar.isASCII && isPlain(UInt8(scalar.value)) ? UInt8(scalar.value) : UInt8(ascii: "_")
        }, as: UTF8.self)
    }
    guard let first = name.utf8.first else { return "x" }
    if first <= UInt8(ascii: "9") { return "x" + name }
    // Names that begin with an underscore belong to the implementation, those with jg_ are ours, and
    // macros of the headers are recognized by how they are spelled.
    if first == UInt8(ascii: "j") && name.hasPrefix("jg_") || Self.looksLikeMacro(name) {
      return name + "_"
    }
    return first == UInt8(ascii: "_") ? "x" + name : name
  }

  /// A letter, a digit or an underscore.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// `INT64_MAX`, `M_PI`, `FP_NAN`, `UINT8_C`
  private static func looksLikeMacro(_ name: String) -> Bool {
    name.utf8.contains(UInt8(ascii: "_")) && name == name.uppercased()
      && (["_MAX", "_MIN", "_C", "_WIDTH", "_H"].contains { name.hasSuffix($0) }
        || ["M_", "FP_", "MATH_", "HUGE_"].contains { name.hasPrefix($0) })
  }

  /// Keywords of C99 to C23, and what our own C and its headers define.
  private static let reserved: Set<String> = {
    let keywords = """
      auto break case char const continue default do double else enum extern float for goto if \
      inline int long register restrict return short signed sizeof static struct switch typedef \
      union unsigned void volatile while bool true false nullptr constexpr thread_local typeof \
      alignas alignof static_assert asm fortran main NULL INFINITY NAN HUGE_VAL int64_t int32_t \
      size_t uint64_t uint32_t intptr_t uintptr_t ptrdiff_t errno signgam j0 j1 jn y0 y1 yn \
      gamma lgamma tgamma abs labs div memcpy memset memmove malloc free exit workspace stacks status limit_ memory_ sizes_ given given_ begin_ end_ \
      buffers_ entry int8_t int16_t uint8_t uint16_t intmax_t uintmax_t wchar_t max_align_t \
      float_t double_t offsetof isnan isinf isfinite isnormal signbit fpclassify isgreater \
      isgreaterequal isless islessequal islessgreater isunordered linux unix i386 class new delete \
      this template namespace operator private public protected virtual friend using try catch \
      throw typename explicit export mutable and or not xor compl bitand bitor
      """
    var names = Set(keywords.split(separator: " ").map(String.init))
    for function in Catalog.functions {
      if case .libm(let name)? = function.spelling.float {
        names.formUnion([name, name + "f", name + "l"])
      }
    }
    return names
  }()
}

extension DType {
  /// The C type of an element.
  var cType: String {
    switch self {
    case .f64: "double"
    case .f32: "float"
    case .i64: "int64_t"
    case .i32: "int32_t"
    case .bool: "bool"
    }
  }
}

extension Scalar {
  /// What stands for the value where C wants a constant: libtcc folds no `-INFINITY`.
  var cConstant: String {
    guard dtype.isFloat, real == -.infinity else { return cLiteral }
    return dtype == .f32 ? "-1.0f/0.0f" : "-1.0/0.0"
  }

  /// The C literal of exactly this value.
  var cLiteral: String {
    switch dtype {
    case .f64, .f32:
      let suffix = dtype == .f32 ? "f" : ""
      if real.isNaN { return "NAN" }
      if real.isInfinite { return real < 0 ? "-INFINITY" : "INFINITY" }
      return description + suffix
    case .i64, .i32:
      if integer == .min { return "(-9223372036854775807 - 1)" }
      if dtype == .i32 && integer == Int64(Int32.min) { return "(-2147483647 - 1)" }
      return String(integer)
    case .bool: return description
    }
  }
}
