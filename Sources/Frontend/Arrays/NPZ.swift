// NumPy's `.npz`: a zip archive whose members are `.npy` files. Decides how members become named
// tensors and back; the container is ZipReader and ZipWriter, the members are NPY.
import Graph

/// A tensor and the name under which a container keeps it.
package struct NamedTensor: Sendable, Equatable {
  package var name: String
  package var tensor: Tensor
  /// The element type in the container, where that is no dtype and was converted.
  package var convertedType: String?

  package init(name: String, tensor: Tensor, convertedFrom type: String? = nil) {
    self.name = name
    self.tensor = tensor
    convertedType = type
  }
}

/// Reading and writing `.npz` files.
package enum NPZ {
  /// `numpy.savez` stores, `numpy.savez_compressed` deflates.
  package enum Compression: Sendable { case stored, deflated }

  /// Decodes every member, in the order of the archive's directory; names lose their `.npy`.
  ///
  /// - Members stored or deflated, zip64, data descriptors, comments and prefixes; CRC-32 checked.
  /// - `maximumByteCount` (nil: no bound) holds for the sum of all tensors, and for the sum of all
  ///   unpacked members, which stops at the bound whatever the archive declares.
  /// - Throws: as `NPY.decode`; `unsupported` for encrypted members, other methods and members that
  ///   are not `.npy`; `corrupt` for two members of one name.
  package static func decode(
    _ bytes: [UInt8], file: String, maximumByteCount: Int? = nil
  ) throws(ArrayFileError) -> [NamedTensor] {
    let source = ByteSource(bytes: bytes, file: file)
    let archive = try ZipReader(source)
    try checkNames(archive)
    var tensors: [NamedTensor] = []
    var unpackedRoom = maximumByteCount
    var tensorRoom = maximumByteCount
    for member in archive.members {
      let contents = try archive.contents(of: member, maximumByteCount: unpackedRoom)
      unpackedRoom = unpackedRoom.map { $0 - contents.count }
      let array = try NPY.array(
        String(member.name.dropLast(4)),
        ByteSource(bytes: contents, file: file, member: member.name), maximumByteCount: tensorRoom)
      tensorRoom = tensorRoom.map { $0 - array.tensor.bytes.count }
      tensors.append(array)
    }
    return tensors
  }

  private static func checkNames(_ archive: ZipReader) throws(ArrayFileError) {
    var seen: Set<String> = []
    for member in archive.members {
      guard member.name.hasSuffix(".npy") else {
        throw archive.source.error(
          .unsupported, at: member.headerOffset, needs: "members that end in .npy",
          found: "member \(quoted(member.name))",
          help: "write the file with numpy.savez; a plain zip of other files is not an .npz")
      }
      guard seen.insert(member.name).inserted else {
        throw archive.source.error(
          .corrupt, at: member.headerOffset, needs: "each member once",
          found: "a second \(quoted(member.name))")
      }
    }
  }

  /// Encodes `tensors` in their order, the same bytes every time (deflated: for one version of zlib).
  ///
  /// - Throws: `notRepresentable` for a name that occurs twice, has control characters, leads out of
  ///   the directory into which an archive is unpacked, or has more than 65 531 bytes of UTF-8.
  package static func encode(
    _ tensors: [NamedTensor], file: String, compression: Compression = .stored
  ) throws(ArrayFileError) -> [UInt8] {
    try encode(tensors, file: file, compression: compression, writer: ZipWriter())
  }

  static func encode(
    _ tensors: [NamedTensor], file: String, compression: Compression, writer: ZipWriter
  ) throws(ArrayFileError) -> [UInt8] {
    var writer = writer
    var seen: Set<String> = []
    for named in tensors {
      let name = named.name + ".npy"
      let isPlain = !name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
      let isNew = seen.insert(name).inserted
      if leadsOut(named.name) {
        throw ArrayFileError(
          kind: .notRepresentable, file: file, member: name,
          needed: "a name that leads to no other directory", found: quoted(named.name),
          help: "give the output another name")
      }
      guard isPlain, isNew, name.utf8.count <= Int(UInt16.max) else {
        throw ArrayFileError(
          kind: .notRepresentable, file: file, member: name,
          needed: "a short name without control characters, each once",
          found: !isNew ? "it twice" : isPlain ? byteText(name.utf8.count) : "control characters")
      }
      writer.append(name: name, contents: NPY.encode(named.tensor), compression: compression)
    }
    return writer.finished()
  }

  /// Whether an archive with a member of this name writes elsewhere when it is unpacked.
  private static func leadsOut(_ name: String) -> Bool {
    // As who unpacks it sees it: bytes, and no signs that accents belong to.
    let isSlash = { (byte: UInt8) in byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") }
    return name.utf8.first.map(isSlash) == true
      || name.utf8.split(omittingEmptySubsequences: false, whereSeparator: isSlash)
        .contains { $0.elementsEqual("..".utf8) }
  }
}
