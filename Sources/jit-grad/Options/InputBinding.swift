// Where given arrays meet a graph: every input gets a value, every size a number, and nothing large
// is allocated before both are known to fit.
import Autodiff
import Frontend
import Graph
import JIT

/// The inputs of one call, checked, not yet filled.
struct BoundInputs {
  private enum Value {
    case tensor(Tensor)
    case random(RandomFill, DType)
    /// Random where nobody said what it should be: whole numbers are 0, 1 or 2, since many mean
    /// labels or places.
    case sample(RandomFill, DType)
    case constant(Scalar)
    /// A literal without elements that says nothing about the axes behind these.
    case empty(DType, leading: [Int])
  }

  var sizes: [String: Int]
  let shapes: [[Int]]
  /// Bytes of all inputs.
  let byteCount: Int
  private let values: [Value]

  /// Bytes of the inputs that are arrays already.
  var heldByteCount: Int {
    values.reduce(0) { if case .tensor(let tensor) = $1 { $0 + tensor.bytes.count } else { $0 } }
  }

  /// The inputs of the function, and ones for the tangents or cotangents of its derivative.
  func tensors(for derivative: Graph) throws -> [Tensor] {
    let given = try tensors()
    return try given
      + derivative.inputs.dropFirst(given.count).map { input in
        let type = derivative.type(of: input.value)
        let shape = try type.shape.map { extent in try extent.evaluate { sizes[$0] } }
        return Tensor(repeating: Scalar(1.0, type.dtype), shape: shape)
      }
  }

  /// All inputs as arrays.
  func tensors() throws -> [Tensor] {
    try zip(values, shapes).map { value, shape in
      switch value {
      case .tensor(let tensor): return tensor
      case .constant(let scalar): return Tensor(repeating: scalar, shape: shape)
      case .empty(let dtype, _): return Tensor(zeros: dtype, shape: shape)
      case .random(let fill, let dtype): return try Self.filled(fill, dtype, shape)
      case .sample(let fill, let dtype):
        let tensor = try Self.filled(fill, dtype, shape)
        if !dtype.isInteger { return tensor }
        return Tensor(
          integers: tensor.integers.map { ($0 % 3).magnitude }.map(Int64.init), dtype: dtype,
          shape: shape)
      }
    }
  }

  private static func filled(_ fill: RandomFill, _ dtype: DType, _ shape: [Int]) throws -> Tensor {
    guard let tensor = fill.tensor(dtype: dtype, shape: shape) else {
      throw CommandError(.badData, "an array of shape \(shape) is too large")
    }
    return tensor
  }

  /// Gives the inputs of `graph` the arrays that were given.
  ///
  /// - Parameters:
  ///   - primal: the graph whose derivative `graph` is, or `graph` itself. Inputs that are not its
  ///     own are tangents and cotangents, which may be left out.
  ///   - missing: what other inputs become that were not given; `nil` refuses.
  /// - Throws: `CommandError`, `BindingError`, `TensorTextError`.
  init(
    _ graph: Graph, of primal: Graph, _ given: GivenArrays, bind: [String: Int],
    missing: ((Int) -> RandomFill)? = nil
  ) throws {
    let extra = primal.inputs.count
    try Self.checkNames(graph, given, bind, required: missing == nil ? extra : 0)
    let values = try Self.values(of: graph, given, primalCount: extra, missing)
    self.values = values.compactMap { $0 }

    let known = Self.knownShapes(values)
    let sizes = try Self.sizes(of: graph, values, bind)
    let binding = SizeBinding(graph, symbols: graph.symbols)
    let unknown = graph.symbols.filter { sizes[$0] == nil }
    if !unknown.isEmpty { throw binding.unknown(unknown, known) }
    self.sizes = sizes
    shapes = try Self.shapes(of: graph, values, sizes)
    byteCount = try Self.byteCount(of: graph, shapes)
    _ = try binding.sizes(shapes, sizes)
  }

  /// The sizes that given arrays and --bind tell, for reports that run nothing.
  static func knownSizes(
    of graph: Graph, _ given: GivenArrays, bind: [String: Int]
  ) throws -> [String: Int] {
    try checkNames(graph, given, bind, required: 0)
    let values = try values(of: graph, given, primalCount: graph.inputs.count, nil)
    return try sizes(of: graph, values, bind)
  }

  /// The arrays that were given, in the order of the inputs; `nil` for others, and random ones.
  static func knownTensors(of graph: Graph, _ given: GivenArrays) throws -> [Tensor?] {
    try values(of: graph, given, primalCount: graph.inputs.count, nil).map {
      if case .tensor(let tensor)? = $0 { tensor } else { nil }
    }
  }

  private static func values(
    of graph: Graph, _ given: GivenArrays, primalCount: Int, _ missing: ((Int) -> RandomFill)?
  ) throws -> [Value?] {
    let seeds = Array(graph.inputs.dropFirst(primalCount))
    let isSeedless = !seeds.isEmpty && !seeds.contains { given[$0.name] != nil }
    // A single scalar output has a derivative by itself.
    let isOne =
      isSeedless && seeds.count == 1 && seeds[0].name.hasPrefix("ct.")
      && graph.type(of: seeds[0].value).rank == 0
    if isSeedless && !isOne { warnOfZeros(seeds) }
    return try graph.inputs.enumerated().map { index, input in
      let type = graph.type(of: input.value)
      switch given[input.name] {
      case .array(let array)?:
        if array.tensor.dtype != type.dtype { throw wrongDType(input.name, type, array) }
        return .tensor(array.tensor)
      case .literal(let text)?:
        let tensor = try literal(text, for: input.name, type)
        return tensor.count == 0 && !tensor.shape.isEmpty && tensor.shape.count < type.rank
          ? .empty(type.dtype, leading: tensor.shape) : .tensor(tensor)
      case .random(let fill)?: return .random(fill, type.dtype)
      case nil:
        if index < primalCount { return missing.map { .sample($0(index), type.dtype) } }
        return .constant(Scalar(isOne ? 1.0 : 0.0, type.dtype))
      }
    }
  }

  /// Without any seed the derivative is zero, which is what was asked for and hardly what was meant.
  private static func warnOfZeros(_ seeds: [GraphInput]) {
    let kind = seeds[0].name.hasPrefix("tan.") ? "tangent" : "cotangent"
    Console.tagged(.warning, "no \(kind) was given, so all of them are zero")
    Console.tagged(
      .help, seeds.map { "-i \(WrittenName.spelled($0.name))=VALUE" }.joined(separator: " "))
  }

  /// The file holds another dtype, or what is read as another.
  private static func wrongDType(
    _ name: String, _ needed: TensorType, _ array: NamedTensor
  ) -> any Error {
    let error = BindingError.dtype(input: name, needed: needed, found: array.tensor.dtype)
    guard let stored = array.convertedType else { return error }
    return CommandError(
      .badData,
      "\(name) needs \(needed.dtype) (\(needed)), found \(stored), which is read as "
        + "\(array.tensor.dtype)", help: ErrorReport.help(error))
  }

  private static func knownShapes(_ values: [Value?]) -> [[Int]?] {
    values.map { if case .tensor(let tensor)? = $0 { tensor.shape } else { nil } }
  }

  private static func literal(_ text: String, for name: String, _ type: TensorType) throws -> Tensor
  {
    do {
      return try Tensor(literal: text, dtype: type.dtype)
    } catch {
      throw CommandError(
        .badData, "the value of \(name): \(type) is wrong in \(error)")
    }
  }

  // MARK: - Sizes

  /// All sizes that can be told: bound ones, and what shapes and declared equations make of them.
  private static func sizes(
    of graph: Graph, _ values: [Value?], _ bind: [String: Int]
  ) throws(BindingError) -> [String: Int] {
    var equations = SizeEquations(graph)
    for (input, value) in zip(graph.inputs, values) {
      let needed = graph.type(of: input.value)
      switch value {
      case .tensor(let tensor)?:
        if tensor.shape.count != needed.rank {
          throw .rank(input: input.name, needed: needed, found: tensor.shape)
        }
        for (extent, found) in zip(needed.shape, tensor.shape) { equations.add(extent, is: found) }
      case .empty(_, let leading)?:
        for (extent, found) in zip(needed.shape, leading) { equations.add(extent, is: found) }
      case .random?, .sample?, .constant?, nil: break
      }
    }
    return equations.solved(bind)
  }

  private static func shapes(
    of graph: Graph, _ values: [Value?], _ sizes: [String: Int]
  ) throws -> [[Int]] {
    try zip(graph.inputs, values).map { input, value in
      let told: [Int]
      switch value {
      case .tensor(let tensor)?: told = tensor.shape
      // What is told of it must fit, like the shape of any array.
      case .empty(_, let leading)?: told = leading
      case .random?, .sample?, .constant?, nil: told = []
      }
      return try told
        + graph.type(of: input.value).shape.dropFirst(told.count).map { extent in
          let value = try extent.evaluate { sizes[$0] }
          if value < 0 {
            throw CommandError(
              .badData, "the extent \(extent) of \(input.name) is \(value), less than 0")
          }
          return value
        }
    }
  }

  private static func byteCount(of graph: Graph, _ shapes: [[Int]]) throws -> Int {
    var total = 0
    for (input, shape) in zip(graph.inputs, shapes) {
      let type = graph.type(of: input.value)
      let bytes = ArrayShape.byteCount(shape, elementByteCount: type.dtype.byteCount)
      let (sum, overflow) = total.addingReportingOverflow(bytes ?? .max)
      if bytes == nil || overflow {
        throw CommandError(
          .badData,
          "\(input.name): \(type) of shape \(shape) has more bytes than 64 bits can count")
      }
      total = sum
    }
    return total
  }

  // MARK: - Names

  /// Which derivative reads a cotangent or a tangent.
  private static func helpForSeed(_ name: String) -> String? {
    if name.hasPrefix("ct.") { return "cotangents are for --grad --mode vjp" }
    if name.hasPrefix("tan.") { return "tangents are for --grad --mode jvp, and hvp" }
    return nil
  }

  /// Every name that was given means something, and of the inputs that must be there none is
  /// missing: the first `required`.
  private static func checkNames(
    _ graph: Graph, _ given: GivenArrays, _ bind: [String: Int], required: Int
  ) throws {
    let symbols = graph.symbols
    if let wrong = bind.keys.sorted().first(where: { !symbols.contains($0) }) {
      let list = symbols.isEmpty ? "none" : symbols.joined(separator: ", ")
      throw CommandError(
        .usage, "\(graph.name) has no size \(wrong)", notes: ["its sizes: \(list)"],
        help: Suggestion.help(for: wrong, in: symbols))
    }
    let names = graph.inputs.map(\.name)
    let wrong = given.named.keys.filter { !names.contains($0) }.sorted()
    let absent = graph.inputs.prefix(required).filter { given[$0.name] == nil }
    if wrong.isEmpty && absent.isEmpty { return }
    let signature = graph.inputs.map {
      "\(WrittenName.spelled($0.name)): \(graph.type(of: $0.value))"
    }
    var notes = ["the inputs of \(graph.name): \(signature.joined(separator: ", "))"]
    if !given.filedNames.isEmpty {
      notes.append("the .npz has \(given.filedNames.joined(separator: ", "))")
    }
    if let name = wrong.first {
      throw CommandError(
        .missingInput, "\(graph.name) has no input \(name)", notes: notes,
        help: Suggestion.help(for: name, in: names) ?? helpForSeed(name))
    }
    let missing = absent.map(\.name)
    let close = missing.lazy.compactMap { name in
      Suggestion.closest(to: name, in: given.filedNames.filter { !names.contains($0) })
        .map { "is '\($0)' meant to be \(name)? give it as -i \(name)=…" }
    }.first
    throw CommandError(
      .missingInput,
      "no value for the input\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", "))",
      notes: notes,
      help: close
        ?? "-i \(WrittenName.spelled(missing[0]))=VALUE, where VALUE is a literal, FILE.npy or "
        + "random:normal:1"
    )
  }
}
