// Replays a record: one graph of symbolic sizes for each signature (operation, dtype, ranks, arguments),
// compiled once, with value, jvp, vjp and the derivative of the vjp as its results.
import Autodiff
import Graph
import JIT

/// Why a record cannot be replayed.
struct Unsupported: Error {
  let reason: String
}

/// What became of the records of one operation.
struct OracleCount {
  var passed = 0
  /// The first failure is kept.
  var failed = 0
  var failure: String?
  var unsupported = 0
  var reasons: Set<String> = []
}

final class OracleReplay {
  private let engine = Engine()
  private var kernels: [String: Result<Kernel, any Error>] = [:]
  private(set) var counts: [String: OracleCount] = [:]

  var compiles: Int { engine.counters.compiles }
  /// The signatures for which there is a kernel.
  var compiledSignatures: Int { kernels.values.count { (try? $0.get()) != nil } }

  func replay(_ record: OracleRecord) {
    do {
      guard let row = OracleTable.rows[record.operation] else {
        throw Unsupported(reason: "no row in the table")
      }
      if let failure = try failure(of: record, row) {
        counts[record.operation, default: OracleCount()].failed += 1
        if counts[record.operation]?.failure == nil {
          counts[record.operation]?.failure = "\(record.name): \(failure)"
        }
      } else {
        counts[record.operation, default: OracleCount()].passed += 1
      }
    } catch let unsupported as Unsupported {
      counts[record.operation, default: OracleCount()].unsupported += 1
      counts[record.operation]?.reasons.insert(unsupported.reason)
    } catch {
      counts[record.operation, default: OracleCount()].failed += 1
      if counts[record.operation]?.failure == nil {
        counts[record.operation]?.failure = "\(record.name) threw \(error)"
      }
    }
  }

  /// What is wrong; `nil` where all agrees.
  private func failure(of record: OracleRecord, _ row: OracleTable.Row) throws -> String? {
    if record.isRefused { throw Unsupported(reason: "no refusals are replayed") }
    let inputs = try record.inputs.map { try tensor($0.array) }
    let kernel = try kernel(for: record, row, inputs.map(\.type))
    for probe in record.probes {
      // The names of results are sorted: output_0, output_1, … or value.
      let results = probe.cotangent.keys.sorted()
      let cotangents = try results.map { try tensor(probe.cotangent[$0]) }
      let directions = try record.inputs.map { try tensor(probe.direction[$0.name]) }
      let found = try kernel(inputs + cotangents + directions)
      let tangents = found.prefix(results.count)
      let gradients = found.dropFirst(results.count).prefix(inputs.count)
      let seconds = found.suffix(inputs.count)
      var wanted: [(String, Tensor, OracleArray?)] = []
      for (k, tangent) in tangents.enumerated() {
        wanted.append(("jvp of \(results[k])", tangent, probe.jvp[results[k]]))
      }
      for (input, (gradient, second)) in zip(record.inputs, zip(gradients, seconds)) {
        wanted.append(("vjp of \(input.name)", gradient, probe.vjp[input.name]))
        wanted.append(("hvp of \(input.name)", second, probe.hvp[input.name]))
      }
      for case (let what, let found, let array?) in wanted {
        if let text = difference(found, try tensor(array), row.tolerance) {
          return "\(what): \(text)"
        }
      }
    }
    return nil
  }

  private func tensor(_ array: OracleArray?) throws -> Tensor {
    guard let array else { throw OracleFormatError(text: "an array is missing") }
    guard let tensor = array.tensor else { throw Unsupported(reason: array.dtype) }
    return tensor
  }

  /// jvp of every result, gradient of every input, derivative of every gradient.
  private func kernel(
    for record: OracleRecord, _ row: OracleTable.Row, _ types: [(DType, Int)]
  ) throws -> Kernel {
    let key = [
      record.operation, record.dtype, record.observable, "\(types.map(\.1))",
      record.arguments.text,
    ].joined(separator: "; ")
    if let known = kernels[key] { return try known.get() }
    let made = Result { () throws -> Kernel in
      let graph = try Self.graph(of: record, row, types)
      let vjp = try graph.derivative(.vjp)
      let gradients = graph.inputs.map { "grad.\($0.name)" }
      let second = try vjp.derivative(
        .jvp, wrt: graph.inputs.map(\.name), of: graph.outputs.map(\.name) + gradients)
      let wanted =
        graph.outputs.map { "jvp.\($0.name)" } + gradients + gradients.map { "jvp.\($0)" }
      return try engine.compile(try second.keeping(wanted))
    }
    kernels[key] = made
    return try made.get()
  }

  /// The operation on arrays of which nothing is known but dtype and rank.
  private static func graph(
    of record: OracleRecord, _ row: OracleTable.Row, _ types: [(DType, Int)]
  ) throws -> Graph {
    let builder = GraphBuilder(name: "oracle")
    let operands = zip(record.inputs, types).map { input, type in
      builder.addInput(
        input.name,
        TensorType(type.0, (0..<type.1).map { DimExpr.symbol("\(input.name)\($0)") }))
    }
    let call = OracleCall(operands: operands, arguments: record.arguments, record: record)
    for (k, term) in try row.build(call).enumerated() { builder.addOutput("y\(k)", term) }
    return try builder.finished()
  }
}

extension Tensor {
  fileprivate var type: (DType, Int) { (dtype, shape.count) }
}

extension Graph {
  /// The same graph with some of its outputs, in that order.
  fileprivate func keeping(_ names: [String]) throws -> Graph {
    let builder = GraphBuilder(name: name)
    let terms = inputs.map { builder.addInput($0.name, type(of: $0.value)) }
    let made = try builder.inline(self, terms)
    for name in names {
      guard let place = outputs.firstIndex(where: { $0.name == name }) else {
        throw OracleFormatError(text: "no output \(name) among \(outputs.map(\.name))")
      }
      builder.addOutput(name, made[place])
    }
    return try builder.finished()
  }
}

/// What is wrong with `found`, relative to the largest wanted element, absolute below 1.
private func difference(_ found: Tensor, _ wanted: Tensor, _ tolerance: Double) -> String? {
  guard found.shape == wanted.shape, found.dtype == wanted.dtype else {
    return "\(found.dtype)\(found.shape), not \(wanted.dtype)\(wanted.shape)"
  }
  let (a, b) = (found.doubles, wanted.doubles)
  let scale = b.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
  for k in a.indices where a[k] != b[k] && !(a[k].isNaN && b[k].isNaN) {
    let error = abs(a[k] - b[k]) / scale
    if !(error <= tolerance) { return "element \(k): \(a[k]), not \(b[k])" }
  }
  return nil
}
