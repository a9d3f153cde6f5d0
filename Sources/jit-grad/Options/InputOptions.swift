// Inputs as they are written on the command line: -i, --bind, --max-memory. What the words mean is
// decided here; how they meet a graph, in InputBinding.swift.
import ArgumentParser
import Frontend
import Glibc
import Graph

struct InputOptions: ParsableArguments {
  @Option(
    name: [.customShort("i"), .customLong("input")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "An input: a literal, FILE.npy, or random:normal:SEED (also uniform); or all of FILE.npz.",
      valueName: "name=value"),
    completion: .file(extensions: ["npz", "npy"]))
  var inputs: [String] = []

  @Option(
    name: .customLong("bind"), help: ArgumentHelp("The size n.", valueName: "n=5"))
  var bindings: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Refuse to use more bytes, inputs and rows that loops keep included; K, M and G are powers of \
      1024. The machine's memory unless told.
      """,
      valueName: "bytes"))
  var maxMemory: ByteCount?

  @Option(
    name: .customLong("max-steps"), parsing: .unconditional,
    help: ArgumentHelp(
      "An error where a loop that nothing else bounds makes more steps.", valueName: "steps"))
  var givenSteps: Int?

  /// - Throws: `CommandError` for a number that no loop makes.
  var maxSteps: Int? {
    get throws {
      if let givenSteps, givenSteps < 0 {
        throw CommandError(.usage, "--max-steps needs a number from 0 on, found \(givenSteps)")
      }
      return givenSteps
    }
  }

  var memoryLimit: Int { maxMemory?.value ?? ByteCount.ofMachine }

  /// The sizes of --bind.
  func boundSizes() throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for text in bindings {
      guard let (name, value) = WrittenName.split(text), let size = Int(value), !name.isEmpty else {
        throw CommandError(
          .usage, "--bind needs a size and a whole number, found \(text)",
          help: "write --bind n=5")
      }
      if sizes.updateValue(size, forKey: name) != nil {
        throw CommandError(.usage, "--bind names \(name) twice")
      }
    }
    return sizes
  }

  /// The arrays of -i, read from their files, by the names that inputs have in the graph.
  func given(_ names: InterfaceNames) throws -> GivenArrays {
    var given = GivenArrays(names: names)
    for text in inputs {
      // A directory may have a = in its name; a name with a slash is none that people write.
      let isPath =
        text.hasSuffix(".npz") && !text.hasPrefix("`") && text.prefix { $0 != "=" }.contains("/")
      if let (name, value) = WrittenName.split(text), !isPath {
        if given.named.updateValue(
          try Self.value(value, for: name, limit: memoryLimit), forKey: names.resolved(name)) != nil
        {
          throw CommandError(.usage, "-i names \(name) twice")
        }
      } else if text.hasSuffix(".npz") {
        try given.add(try Self.readArchive(text, memoryLimit), from: text)
      } else {
        throw CommandError(
          .usage, "-i needs NAME=VALUE or FILE.npz, found \(text)",
          help: text.hasSuffix(".npy") ? "name the input: -i NAME=\(text)" : nil)
      }
    }
    return given
  }

  private static func value(
    _ text: String, for name: String, limit: Int
  ) throws -> GivenArrays.Value {
    if RandomFill.isSpecification(text) {
      do {
        return .random(try RandomFill(specification: text))
      } catch {
        throw CommandError(.badData, "the value of \(name) is wrong in \(error)")
      }
    }
    if text.hasSuffix(".npy") || text == FileIO.standardStream {
      let bytes = try FileIO.read(text, maximumByteCount: limit)
      return .array(try NPY.array(name, bytes, file: text, maximumByteCount: limit))
    }
    if text.hasSuffix(".npz") {
      let arrays = try readArchive(text, limit)
      if let array = arrays.first(where: { $0.name == name })
        ?? (arrays.count == 1 ? arrays[0] : nil)
      {
        return .array(array)
      }
      throw CommandError(
        .missingInput, "\(text) has no array \(name)",
        notes: ["it has \(arrays.map(\.name).joined(separator: ", "))"],
        help: Suggestion.help(for: name, in: arrays.map(\.name)))
    }
    return .literal(text)
  }

  static func readArchive(_ path: String, _ limit: Int) throws -> [NamedTensor] {
    let bytes = try FileIO.read(path, maximumByteCount: limit)
    return try NPZ.decode(bytes, file: path, maximumByteCount: limit)
  }
}

/// What -i gave, before it meets a graph.
struct GivenArrays {
  enum Value {
    case array(NamedTensor)
    /// Read when the dtype is known.
    case literal(String)
    case random(RandomFill)
  }

  /// What inputs are called in the file.
  let names: InterfaceNames
  /// By `-i NAME=VALUE`; these stand above the others.
  var named: [String: Value] = [:]
  /// By `-i FILE.npz`.
  private(set) var filed: [String: NamedTensor] = [:]
  private(set) var filedNames: [String] = []

  init(names: InterfaceNames) { self.names = names }

  mutating func add(_ arrays: [NamedTensor], from file: String) throws {
    for array in arrays {
      if filed.updateValue(array, forKey: names.resolved(array.name)) != nil {
        throw CommandError(.usage, "two .npz files have \(array.name), the second is \(file)")
      }
      filedNames.append(array.name)
    }
  }

  subscript(name: String) -> Value? { named[name] ?? filed[name].map(Value.array) }
}

/// A number of bytes, as in `512M`.
struct ByteCount: ExpressibleByArgument, Sendable {
  var value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    var digits = argument.uppercased()[...]
    if digits.hasSuffix("B") { digits = digits.dropLast() }
    if digits.hasSuffix("I") { digits = digits.dropLast() }
    let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
    let shift = digits.last.flatMap { shifts[$0] } ?? 0
    if shift > 0 { digits = digits.dropLast() }
    guard let number = Int(digits), number >= 0, !digits.hasPrefix("+") else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    if overflow { return nil }
    value = bytes
  }

  /// The memory of this machine.
  static var ofMachine: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages * size : .max
  }
}
