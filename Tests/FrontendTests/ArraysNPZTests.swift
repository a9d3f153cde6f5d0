// `.npz` archives: what NumPy and Python's zipfile write is read; damage, tricks and bombs are
// errors; what is written is deterministic and reads back.
import Graph
import Testing

@testable import Frontend

/// What every archive of `npzVectors` holds.
let npzContents = [
  NamedTensor(name: "a", tensor: Tensor([1.5, -2.0], shape: [2])),
  NamedTensor(name: "i", tensor: Tensor([1, 2, 3] as [Int32], shape: [1, 3])),
]

@Suite struct ArraysNPZTests {
  @Test(arguments: npzVectors.indices)
  func decodesNumPyFile(_ index: Int) throws {
    let vector = npzVectors[index]
    let tensors = try NPZ.decode(base64(vector.base64), file: "x.npz")
    #expect(tensors == npzContents, "\(vector.name)")
  }

  @Test(arguments: npzRefusals.indices)
  func refuses(_ index: Int) throws {
    let vector = npzRefusals[index]
    let error = try #require(npzError(base64(vector.base64)), "\(vector.name)")
    #expect(error.message.contains(vector.word), "\(error)")
  }

  @Test(arguments: [NPZ.Compression.stored, .deflated], [ZipWriter.Zip64.whenNeeded, .always])
  func roundTrips(_ compression: NPZ.Compression, _ zip64: ZipWriter.Zip64) throws {
    var tensors = npzContents
    let large = try #require(RandomFill(.normal, seed: 1).tensor(dtype: .i64, shape: [300, 100]))
    tensors.append(NamedTensor(name: "grad.äöü/x); system(\"", tensor: large))
    tensors.append(NamedTensor(name: "empty", tensor: Tensor(zeros: .bool, shape: [0, 2])))
    let bytes = try NPZ.encode(
      tensors, file: "x.npz", compression: compression, writer: ZipWriter(zip64: zip64))
    #expect(try NPZ.decode(bytes, file: "x.npz") == tensors)
    let again = try NPZ.encode(
      tensors, file: "x.npz", compression: compression, writer: ZipWriter(zip64: zip64))
    #expect(bytes == again)
    // Offsets are relative to the archive: text in front of it changes nothing.
    #expect(try NPZ.decode(Array("#!/bin/sh\n".utf8) + bytes, file: "x.npz") == tensors)
    if compression == .deflated { #expect(bytes.count < large.bytes.count / 4) }
  }

  @Test func roundTripsAnEmptyArchive() throws {
    #expect(try NPZ.decode(NPZ.encode([], file: "x"), file: "x") == [])
  }

  /// One member more than a 16-bit count can say, so zip64 without being asked.
  @Test func countsManyMembers() throws {
    var writer = ZipWriter()
    for index in 0..<65_536 {
      writer.append(name: "\(index)", contents: [], compression: .stored)
    }
    let archive = try ZipReader(ByteSource(bytes: writer.finished(), file: "x.npz"))
    #expect(archive.members.count == 65_536)
    #expect(archive.members.last?.name == "65535")
  }

  @Test func refusesNamesThatCannotBeKept() throws {
    let tensor = Tensor(1.0)
    // The sign 301 is one character with what stands before it, and a path is bytes.
    let paths = ["..", "/a", "a/../b", "/\u{301}a", "../\u{301}a", "a/..\\\u{301}"]
    for names in paths.map({ [$0] })
      + [["a", "a"], ["a\nb"], [String(repeating: "n", count: 65_532)]]
    {
      #expect(throws: ArrayFileError.self) {
        try NPZ.encode(names.map { NamedTensor(name: $0, tensor: tensor) }, file: "x.npz")
      }
    }
    let longest = String(repeating: "n", count: 65_531)
    let bytes = try NPZ.encode([NamedTensor(name: longest, tensor: tensor)], file: "x.npz")
    #expect(try NPZ.decode(bytes, file: "x.npz")[0].name == longest)
  }

  @Test func boundsUnpackedAndTensorBytes() throws {
    // 2 MiB of zeros deflate to 2 KiB.
    let zeros = NamedTensor(name: "z", tensor: Tensor(zeros: .f64, shape: [1 << 18]))
    let bytes = try NPZ.encode([zeros], file: "x.npz", compression: .deflated)
    #expect(bytes.count < 4096)
    #expect(npzError(bytes, maximumByteCount: 1 << 22) == nil)
    #expect(try #require(npzError(bytes, maximumByteCount: 1 << 20)).kind == .tooLarge)
    // The bound holds for the sum.
    let two = try NPZ.encode(npzContents, file: "x.npz")
    #expect(npzError(two, maximumByteCount: 300) == nil)
    #expect(try #require(npzError(two, maximumByteCount: 200)).kind == .tooLarge)
  }

  /// Bytes widened to i32 take four times their room; the bound is on what they become.
  @Test func boundsTheSumOfWidenedTensors() throws {
    let file = npyFile(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1000,)}",
      data: [UInt8](repeating: 7, count: 1000))
    var writer = ZipWriter()
    for name in ["a.npy", "b.npy"] {
      writer.append(name: name, contents: file, compression: .stored)
    }
    #expect(npzError(writer.finished(), maximumByteCount: 8000) == nil)
    let error = try #require(npzError(writer.finished(), maximumByteCount: 7999))
    #expect(error.kind == .tooLarge && error.member == "b.npy", "\(error)")
  }

  /// A stream that delivers more than its directory entry declares stops there.
  @Test func doesNotTrustDeclaredSizes() throws {
    let zeros = NamedTensor(name: "z", tensor: Tensor(zeros: .f64, shape: [1 << 18]))
    let bytes = try NPZ.encode([zeros], file: "x.npz", compression: .deflated)
    let entry = try centralEntry(bytes)
    for size in [100, 1 << 17, 1 << 30] {
      var lie = bytes
      for shift in 0..<4 {
        lie[entry + 24 + shift] = UInt8(truncatingIfNeeded: size >> (8 * shift))
      }
      let error = try #require(npzError(lie))
      #expect(error.kind == .corrupt)
    }
  }

  /// The end of the stream is never reached: what unpacks is bounded while it unpacks.
  @Test func stopsInflatingAtTheDeclaredSize() throws {
    let deflated = try #require(Zlib.deflate([UInt8](repeating: 0, count: 1 << 22)))
    do throws(Zlib.InflateError) {
      _ = try Zlib.inflate(deflated[...], byteCount: 1 << 17)
      Issue.record("inflated beyond its size")
    } catch {
      guard case .tooLong(let at) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(at < deflated.count / 4)
    }
    #expect(
      throws: Zlib.InflateError.corrupt(
        at: deflated.count, reason: "bytes behind the end of the stream")
    ) {
      try Zlib.inflate((deflated + [0])[...], byteCount: 1 << 22)
    }
  }

  @Test func refusesBytesBehindTheEnd() throws {
    let bytes = try NPZ.encode(npzContents, file: "x.npz")
    #expect(npzError(bytes + [0]) != nil)
    // A comment that holds a whole end record, of an empty archive: the real one counts.
    let decoy: [UInt8] = [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)
    var commented = bytes + decoy + [0]
    commented[bytes.count - 2] = UInt8(decoy.count + 1)
    #expect(try NPZ.decode(commented, file: "x.npz") == npzContents)
  }

  @Test func checksTheCRC() throws {
    var bytes = try NPZ.encode(npzContents, file: "x.npz")
    bytes[30 + 5 + 128] ^= 1  // the first element of a
    let error = try #require(npzError(bytes))
    #expect(error.needed.contains("CRC-32"), "\(error)")
  }

  @Test func refusesEncryptionAndOverlap() throws {
    let bytes = try NPZ.encode(npzContents, file: "x.npz")
    let entry = try centralEntry(bytes)
    var encrypted = bytes
    encrypted[entry + 8] |= 1
    #expect(try #require(npzError(encrypted)).found == "member 'a.npy' encrypted")
    // The first entry claims the bytes of the second member too.
    var overlapping = bytes
    overlapping[entry + 20] &+= 1
    overlapping[entry + 24] &+= 1
    #expect(try #require(npzError(overlapping)).found.contains("another member"))
  }

  @Test func saysWhatTheFileIsInstead() throws {
    #expect(try #require(npzError(NPY.encode(Tensor(1.0)))).help?.contains(".npy") == true)
    #expect(try #require(npzError([])).kind == .truncated)
    #expect(try #require(npzError(Array("hello".utf8))).kind == .corrupt)
  }

  @Test(arguments: npzVectors.indices)
  func everyTruncationIsAnError(_ index: Int) throws {
    let file = base64(npzVectors[index].base64)
    for count in 0..<file.count {
      let error = try #require(npzError(Array(file[..<count])), "cut at \(count)")
      #expect((0...count).contains(error.byteOffset ?? -1))
    }
  }

  @Test func mutationsNeverCrash() {
    let seed: UInt64 = 11
    var random = SplitMix64(seed: seed)
    let files = npzVectors.map { base64($0.base64) }
    var refused = 0
    for round in 0..<10_000 {
      let file = mutated(files[round % files.count], &random)
      guard let error = npzError(file, maximumByteCount: 1 << 20) else { continue }
      refused += 1
      // Inside a member the offset counts unpacked bytes.
      let isInside = error.member != nil || (0...file.count).contains(error.byteOffset ?? -1)
      #expect(isInside, "seed \(seed), round \(round): \(error)")
    }
    #expect(refused > 5_000)
  }

  /// Every single bit of a stored archive: flipped, it is an error or changes no element.
  @Test func noFlippedBitChangesAnElement() throws {
    let bytes = try NPZ.encode(npzContents, file: "x.npz", compression: .stored)
    for bit in 0..<(8 * bytes.count) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      if npzError(flipped) == nil {
        #expect(try NPZ.decode(flipped, file: "x.npz").map(\.tensor) == npzContents.map(\.tensor))
      }
    }
  }

  /// The offset of the first entry of the central directory.
  private func centralEntry(_ bytes: [UInt8]) throws -> Int {
    try #require(bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
  }
}
