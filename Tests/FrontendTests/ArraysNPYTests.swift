// `.npy` files: NumPy's files decode to the right values, wrong ones are errors with the byte, and
// what is written is to the byte what NumPy writes.
import Graph
import Testing

@testable import Frontend

@Suite struct ArraysNPYTests {
  @Test(arguments: npyVectors.indices)
  func decodesNumPyFile(_ index: Int) throws {
    let vector = npyVectors[index]
    #expect(
      try NPY.decode(base64(vector.base64), file: "x.npy") == vector.tensor, "\(vector.name)")
  }

  @Test(arguments: npyRefusals.indices)
  func refusesWhatIsNoNumber(_ index: Int) throws {
    let vector = npyRefusals[index]
    let error = try #require(npyError(base64(vector.base64)), "\(vector.name)")
    #expect(error.kind == .unsupported)
    #expect(error.message.contains(vector.word), "\(error)")
    #expect(error.byteOffset == 20, "the descr begins behind {'descr': ")
  }

  /// Where the stored dtype is the one we write, in C order, the bytes are NumPy's own.
  @Test func encodesLikeNumPy() {
    var compared = 0
    for vector in npyVectors where !vector.name.contains("version=") {
      let bytes = base64(vector.base64)
      let header = String(decoding: bytes[10..<60], as: UTF8.self)
      guard header.contains("'<f8'") || header.contains("i4'") || header.contains("b1'"),
        !header.contains("True")
      else { continue }
      #expect(NPY.encode(vector.tensor) == bytes, "\(vector.name)")
      compared += 1
    }
    #expect(compared >= 4)
  }

  @Test(arguments: DType.allCases)
  func roundTripsEveryDTypeAndRank(_ dtype: DType) throws {
    for shape in [[], [0], [1], [3], [2, 3], [2, 0, 3], [2, 1, 3, 2]] {
      let fill = RandomFill(.normal, seed: UInt64(shape.count))
      let tensor = try #require(fill.tensor(dtype: dtype, shape: shape))
      let bytes = NPY.encode(tensor)
      #expect((bytes.count - tensor.bytes.count) % 64 == 0)
      #expect(try NPY.decode(bytes, file: "x.npy") == tensor)
    }
  }

  @Test func keepsTheBitsOfNaN() throws {
    let tensor = Tensor([Double(bitPattern: 0x7FF0_0000_DEAD_BEEF), -.nan], shape: [2])
    #expect(try NPY.decode(NPY.encode(tensor), file: "x.npy") == tensor)
  }

  /// Every binary16 value against its definition: (−1)ˢ · (1 + f/1024) · 2ᵉ⁻¹⁵, by arithmetic alone.
  @Test func convertsEveryHalfExactly() throws {
    var bytes: [UInt8] = []
    for half in UInt16.min ... .max { bytes += [UInt8(half & 0xFF), UInt8(half >> 8)] }
    let file = npyFile("{'descr': '<f2', 'fortran_order': False, 'shape': (65536,)}", data: bytes)
    let floats = try NPY.decode(file, file: "x.npy").elements(of: Float.self)
    func power(_ exponent: Int) -> Double {
      (0..<abs(exponent)).reduce(1) { value, _ in exponent < 0 ? value / 2 : value * 2 }
    }
    for half in 0..<65536 {
      let sign = half >= 32768 ? -1.0 : 1.0
      let exponent = half / 1024 % 32
      let fraction = Double(half % 1024)
      let x = floats[half]
      #expect((x.sign == .minus) == (half >= 32768))
      if exponent == 31 {
        #expect(fraction == 0 ? x.isInfinite : x.isNaN)
      } else if exponent == 0 {
        #expect(Double(x) == sign * fraction * power(-24))
      } else {
        #expect(Double(x) == sign * (1 + fraction / 1024) * power(exponent - 15))
      }
    }
  }

  @Test func namesTheElementAboveInt64() throws {
    for value in [1 << 63, UInt64.max] {
      let data = [UInt8](repeating: 0, count: 8) + (0..<8).map { UInt8(value >> (8 * $0) & 0xFF) }
      let file = npyFile("{'descr': '<u8', 'fortran_order': False, 'shape': (2,)}", data: data)
      let error = try #require(npyError(file))
      #expect(error.kind == .notRepresentable)
      #expect(error.byteOffset == file.count - 8)
      #expect(error.found == "\(value) (element 1 as stored)")
    }
  }

  @Test func readsUnusualButLawfulHeaders() throws {
    let expected = Tensor([1, 2] as [Int32], shape: [2])
    let data: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0]
    for header in [
      "{'shape':(2,),'fortran_order':False,'descr':'<i4'}",
      "{\"descr\": \"=i4\", \"fortran_order\": True, \"shape\": (2L,), }  \n",
      "  { 'descr' : '|i4' , 'fortran_order' : False , 'shape' : ( 2 , ) , } ",
      "{'descr': 'i4', 'fortran_order': False, 'shape': (2,)}\n",
    ] {
      #expect(try NPY.decode(npyFile(header, data: data), file: "x") == expected, "\(header)")
    }
  }

  @Test(arguments: [
    ("{'descr': '<f8', 'fortran_order': False}", "without one of them"),
    ("{'descr': '<f8', 'descr': '<f8', 'shape': ()}", "'descr'"),
    ("{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", "True or False"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", "(3,)"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "extent"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (1 2)}", "','"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", "2^63"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'evil': 1}", "'evil'"),
    ("{'descr': '<q9', 'fortran_order': False, 'shape': ()}", "unknown"),
    ("{'descr': '<f8\\'', 'fortran_order': False, 'shape': ()}", "backslash"),
    ("{'descr': '<f8", "closing quote"),
    ("{'descr': __import__('os'), 'shape': ()}", "quoted string"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': ()} + 1", "spaces"),
    ("[]", "'{'"),
    ("", "end of the header"),
  ])
  func refusesHeader(_ header: String, _ word: String) throws {
    let error = try #require(npyError(npyFile(header, data: Array(repeating: 0, count: 8))))
    #expect(error.kind == .corrupt)
    #expect(error.message.contains(word), "\(error)")
    #expect((error.byteOffset ?? -1) >= 10)
  }

  /// None of these may allocate what the header claims.
  @Test(arguments: [
    ("(4611686018427387904, 4)", ArrayFileError.Kind.corrupt),
    ("(0, 4611686018427387904, 4)", .corrupt),
    ("(1000000000000,)", .truncated),
    ("(0,)", .corrupt),
  ])
  func refusesShape(_ shape: String, _ kind: ArrayFileError.Kind) throws {
    let file = npyFile(
      "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape)}",
      data: Array(repeating: 0, count: 8))
    #expect(try #require(npyError(file)).kind == kind)
  }

  @Test func boundsRankAndBytesAndHeader() throws {
    let axes = String(repeating: "1, ", count: 65)
    let deep = npyFile("{'descr': '<i8', 'fortran_order': False, 'shape': (\(axes))}")
    #expect(try #require(npyError(deep)).kind == .unsupported)
    let file = base64(npyVectors[0].base64)
    #expect(try #require(npyError(file, maximumByteCount: 31)).kind == .tooLarge)
    #expect(npyError(file, maximumByteCount: 32) == nil)
    let endless = NPY.magic + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect(try #require(npyError(endless)).byteOffset == 8)
  }

  @Test func refusesBoolsThatAreNone() throws {
    var file = NPY.encode(Tensor([true, false], shape: [2]))
    file[129] = 2
    #expect(try #require(npyError(file)).byteOffset == 129)
  }

  @Test func saysWhatTheFileIsInstead() throws {
    #expect(try #require(npyError(Array("PK\u{3}\u{4}".utf8))).help?.contains(".npz") == true)
    #expect(try #require(npyError([0x80, 4, 0x95, 0, 0, 0])).found == "a Python pickle")
    #expect(try #require(npyError(Array("hello".utf8))).byteOffset == 0)
    #expect(try #require(npyError(NPY.magic + [9, 1])).found == "9.1")
  }

  @Test func rendersOneLine() throws {
    let error = try #require(npyError(Array(base64(npyVectors[0].base64).dropLast())))
    #expect(
      error.message
        == "x.npy, byte 159: needs 32 bytes of elements for shape (2, 2) from byte 128, "
        + "found 31 bytes")
    #expect(error.description.hasSuffix("\nhelp: \(error.help ?? "")"))
  }

  /// Cut anywhere, a file is an error at a byte inside it; with a byte more it is one too.
  @Test func everyTruncationIsAnError() throws {
    for vector in npyVectors {
      let file = base64(vector.base64)
      for count in 0..<file.count {
        let error = try #require(npyError(Array(file[..<count])), "\(vector.name) at \(count)")
        #expect((0...count).contains(error.byteOffset ?? -1))
        #expect(error.kind == .truncated, "\(error)")
      }
      #expect(try #require(npyError(file + [0])).byteOffset == file.count)
    }
  }

  @Test func mutationsNeverCrash() {
    let seed: UInt64 = 7
    var random = SplitMix64(seed: seed)
    let files = npyVectors.map { base64($0.base64) }
    var refused = 0
    for round in 0..<10_000 {
      let file = mutated(files[round % files.count], &random)
      guard let error = npyError(file, maximumByteCount: 1 << 20) else { continue }
      refused += 1
      #expect((0...file.count).contains(error.byteOffset ?? -1), "seed \(seed), round \(round)")
    }
    #expect(refused > 5_000)
  }
}
