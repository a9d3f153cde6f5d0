// What the array tests share: base64, error capture, a seeded mutator, and a way to ask NumPy.
import Glibc
import Graph

@testable import Frontend

/// Decodes base64 with line breaks.
func base64(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer: UInt32 = 0
  var bitCount = 0
  for character in text.utf8 {
    let digit: UInt8
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character + 4
    case UInt8(ascii: "+"): digit = 62
    case UInt8(ascii: "/"): digit = 63
    default: continue
    }
    buffer = buffer << 6 | UInt32(digit)
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bitCount)))
    }
  }
  return bytes
}

/// The error of decoding `bytes` as `.npy`, or nil when they decode.
func npyError(_ bytes: [UInt8], maximumByteCount: Int? = nil) -> ArrayFileError? {
  do throws(ArrayFileError) {
    _ = try NPY.decode(bytes, file: "x.npy", maximumByteCount: maximumByteCount)
    return nil
  } catch {
    return error
  }
}

/// The error of decoding `bytes` as `.npz`, or nil when they decode.
func npzError(_ bytes: [UInt8], maximumByteCount: Int? = nil) -> ArrayFileError? {
  do throws(ArrayFileError) {
    _ = try NPZ.decode(bytes, file: "x.npz", maximumByteCount: maximumByteCount)
    return nil
  } catch {
    return error
  }
}

/// An `.npy` file of version `major`.0 with a header written by hand.
func npyFile(_ header: String, data: [UInt8] = [], major: UInt8 = 1) -> [UInt8] {
  let count = header.utf8.count
  let length = (0..<(major == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
  return NPY.magic + [major, 0] + length + Array(header.utf8) + data
}

/// A few seeded changes of bytes: bits flipped, bytes set, pieces cut, doubled or grown.
func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
  var result = bytes
  for _ in 0..<Int.random(in: 1...3, using: &random) where !result.isEmpty {
    let at = Int.random(in: 0..<result.count, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: result[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random)!
    case 1:
      result.removeSubrange(at..<min(result.count, at + Int.random(in: 1...9, using: &random)))
    case 2: result.insert(contentsOf: result[at..<min(result.count, at + 8)], at: at)
    default: result[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
  }
  return result
}

/// A directory of its own under `/tmp`, removed after `body`.
func withTemporaryDirectory<R>(_ body: (String) throws -> R) throws -> R {
  var template = Array("/tmp/jit-grad-test-XXXXXX".utf8CString)
  let path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)!) }
  defer { _ = system("rm -rf '\(path)'") }
  return try body(path)
}

/// Python with NumPy, if this machine has it.
enum NumPy {
  static let isThere = system("python3 -c 'import numpy' >/dev/null 2>&1") == 0
  static let missing = "python3 with numpy is not on this machine"

  /// The standard output and exit status of a script run in `directory`.
  static func run(_ script: String, in directory: String) throws -> (output: String, status: Int32)
  {
    try FileIO.write(Array(script.utf8), to: directory + "/script.py")
    let status = system("cd '\(directory)' && python3 script.py > out.txt 2>&1")
    return (String(decoding: try FileIO.read(directory + "/out.txt"), as: UTF8.self), status)
  }
}
