// Independent derivative values as they lie in a file: one JSON record a line, compressed. What the
// fields mean is said here; what is done with them, in OracleReplay.swift.
import Foundation
import Graph

/// An array of a record: real, or complex as pairs.
struct OracleArray {
  let dtype: String
  let shape: [Int]
  /// Row-major; a complex number is two after each other.
  let numbers: [Double]

  init(_ json: Any?) throws {
    guard let json = json as? [String: Any], let dtype = json["dtype"] as? String,
      let shape = json["shape"] as? [Int], let data = json["data"] as? [Any]
    else { throw OracleFormatError(text: "an array has dtype, shape and data") }
    self.dtype = dtype
    self.shape = shape
    numbers = try data.flatMap { element -> [Double] in
      let parts = element as? [Any] ?? [element]
      return try parts.map {
        guard let number = OracleArguments.number($0) else {
          throw OracleFormatError(text: "data are numbers, found \($0)")
        }
        return number
      }
    }
  }

  /// The array as the library has it; `nil` for a dtype that it lacks.
  var tensor: Tensor? { dtype == "float64" ? Tensor(numbers, shape: shape) : nil }
}

struct OracleFormatError: Error {
  let text: String
}

/// What an operation was called with beside its arrays.
struct OracleArguments {
  let positional: [Any]
  let named: [String: Any]

  /// By name, or else by position; `nil` where it was left out or null.
  func value(_ name: String, _ position: Int? = nil) -> Any? {
    let found =
      named[name] ?? position.flatMap { positional.indices.contains($0) ? positional[$0] : nil }
    return found is NSNull ? nil : found
  }

  func number(_ name: String, _ position: Int? = nil) -> Double? {
    value(name, position).flatMap(Self.number)
  }
  func integer(_ name: String, _ position: Int? = nil) -> Int? {
    (value(name, position) as? NSNumber)?.intValue
  }
  func flag(_ name: String, _ position: Int? = nil) -> Bool? {
    (value(name, position) as? NSNumber)?.boolValue
  }

  static func number(_ value: Any) -> Double? {
    switch value {
    case let number as NSNumber: number.doubleValue
    case let text as String: Double(text)
    default: nil
    }
  }

  /// The same text for the same arguments.
  var text: String {
    let pairs = named.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let all = (positional.map { "\($0)" } + pairs).joined(separator: ", ")
    return String(all.filter { !$0.isNewline })
  }
}

/// One direction and one cotangent, with the values of reference.
struct OracleProbe {
  let direction: [String: OracleArray]
  let cotangent: [String: OracleArray]
  let jvp: [String: OracleArray]
  let vjp: [String: OracleArray]
  /// The derivative of the vjp along the direction; empty where there is none.
  let hvp: [String: OracleArray]
}

struct OracleRecord {
  let name: String
  let operation: String
  let dtype: String
  /// What is observed of the result: all of it, or what does not depend on a choice of signs.
  let observable: String
  /// In the order of their names.
  let inputs: [(name: String, array: OracleArray)]
  let arguments: OracleArguments
  /// The operation is expected to refuse.
  let isRefused: Bool
  let probes: [OracleProbe]

  init(_ json: [String: Any]) throws {
    func arrays(_ value: Any?) throws -> [String: OracleArray] {
      try (value as? [String: Any] ?? [:]).mapValues { try OracleArray($0) }
    }
    name = json["case_id"] as? String ?? ""
    operation = json["op"] as? String ?? ""
    dtype = json["dtype"] as? String ?? ""
    observable = (json["observable"] as? [String: Any])?["kind"] as? String ?? ""
    inputs = try arrays(json["inputs"]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    arguments = OracleArguments(
      positional: json["op_args"] as? [Any] ?? [],
      named: json["op_kwargs"] as? [String: Any] ?? [:])
    isRefused = json["expected_behavior"] as? String == "error"
    probes = try (json["probes"] as? [[String: Any]] ?? []).map { probe in
      let reference = probe["pytorch_ref"] as? [String: Any] ?? [:]
      return OracleProbe(
        direction: try arrays(probe["direction"]), cotangent: try arrays(probe["cotangent"]),
        jvp: try arrays(reference["jvp"]), vjp: try arrays(reference["vjp"]),
        hvp: try arrays(reference["hvp"]))
    }
  }

  /// The file that JITGRAD_ORACLES names, by default beside the package; `nil` where there is none.
  static var file: URL? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path =
      ProcessInfo.processInfo.environment["JITGRAD_ORACLES"]
      ?? "../shared/oracles/derivatives.jsonl.gz"
    let url = URL(fileURLWithPath: path, relativeTo: root)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }

  static func read(_ file: URL) throws -> [OracleRecord] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw OracleFormatError(text: "gzip cannot read \(file.lastPathComponent)")
    }
    return try text.split(separator: "\n").map { line in
      // Written by Python, which has names for what JSON lacks.
      var line = String(line)
      for (name, number) in [("-Infinity", "-inf"), ("Infinity", "inf"), ("NaN", "nan")]
      where line.contains(name) {
        line = line.replacingOccurrences(of: name, with: "\"\(number)\"")
      }
      guard let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      else { throw OracleFormatError(text: "a record is an object") }
      return try OracleRecord(json)
    }
  }
}
