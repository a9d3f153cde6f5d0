// The facts of the zip format that reader and writer share: signatures, record sizes, flags and
// method names. Source: PKWARE APPNOTE.TXT 6.3.10; numbers are byte counts unless said otherwise.

/// Constants of the zip format.
enum Zip {
  enum Signature {
    static let local: UInt32 = 0x0403_4B50
    static let central: UInt32 = 0x0201_4B50
    static let end: UInt32 = 0x0605_4B50
    static let end64: UInt32 = 0x0606_4B50
    static let locator64: UInt32 = 0x0706_4B50
  }

  /// Sizes of the records without their variable parts.
  enum RecordSize {
    static let local = 30
    static let central = 46
    static let end = 22
    static let end64 = 56
    static let locator64 = 20
  }

  enum Flag {
    static let encrypted: UInt16 = 1 << 0
    static let patch: UInt16 = 1 << 5
    static let strongEncryption: UInt16 = 1 << 6
    static let utf8Name: UInt16 = 1 << 11
    static let maskedHeader: UInt16 = 1 << 13
  }

  /// How a member's bytes are kept.
  enum Method: UInt16, Sendable {
    case stored = 0
    case deflated = 8

    /// The name of a method that is not read.
    static func name(_ code: UInt16) -> String {
      let names: [UInt16: String] = [
        1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstd", 95: "xz",
        98: "ppmd", 99: "AES encryption",
      ]
      return names[code] ?? "number \(code)"
    }
  }

  /// The extra field that carries 64-bit sizes and offsets.
  static let extraField64: UInt16 = 0x0001
  /// In a 16- or 32-bit field: "see the zip64 record".
  static let saturated16 = UInt16.max
  static let saturated32 = UInt32.max
}
