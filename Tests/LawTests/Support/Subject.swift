// What the laws are about: a function with the ranges of its inputs. One is made of every example
// of every operation, in every dtype that the operation's type rule accepts.
import Graph

/// A function as a graph, with where its inputs are taken from.
struct Subject: Sendable, CustomStringConvertible {
  let description: String
  let graph: Graph
  /// One an input.
  let operands: [Example.Operand]
  let tolerance: Double
  /// The inputs that have a derivative.
  var variables: [String]

  init(
    _ description: String, _ graph: Graph, _ operands: [Example.Operand], tolerance: Double
  ) {
    self.description = description
    self.graph = graph
    self.operands = operands
    self.tolerance = tolerance
    variables = graph.inputs.filter { graph.type(of: $0.value).dtype.isFloat }.map(\.name)
  }

  /// The function that applies one operation.
  init(
    _ description: String, _ operation: any Operation, _ operands: [Example.Operand],
    tolerance: Double
  ) throws {
    let builder = GraphBuilder(name: "f")
    let inputs = operands.enumerated().map {
      builder.addInput("x\($0)", TensorType($1.dtype, $1.shape)).value
    }
    for (k, value) in try builder.apply(operation, inputs).enumerated() {
      builder.addOutput("y\(k)", builder.term(value))
    }
    self.init(description, try builder.finished(), operands, tolerance: tolerance)
  }

  /// Has float results that vary.
  var isDifferentiable: Bool { !variables.isEmpty && !floatOutputs.isEmpty }
  /// No f32 anywhere: precise enough for differences.
  var isDouble: Bool {
    let floats =
      graph.inputs.map { graph.type(of: $0.value) }
      + graph.outputs.map { graph.type(of: $0.value) }
    return !floats.contains { $0.dtype == .f32 }
  }
  var floatOutputs: [String] {
    graph.outputs.filter { graph.type(of: $0.value).dtype.isFloat }.map(\.name)
  }
}

extension Entry {
  /// Inputs of the examples in which an operation has no derivative, and says so by an error, and of
  /// stop_gradient, whose derivative is not that of its values.
  func constants(of example: Example) -> Set<String> {
    if let function = (example.operation as? Elementwise)?.function,
      case .partials(let partials) = function.derivative
    {
      return Set(partials.indices.filter { partials[$0] == nil }.map { "x\($0)" })
    }
    return switch name {
    case "stop_gradient": ["x0"]
    case "pseudo_inverse": ["x1"]
    case "scatter":
      (example.operation as? Scatter)?.combine == .multiply ? ["x0", "x2"] : []
    default: []
    }
  }

  /// Every example in every dtype.
  var subjects: [Subject] {
    var seen: Set<String> = []
    var subjects: [Subject] = []
    for (number, example) in examples.enumerated() {
      let own =
        example.operands.first { $0.dtype.isFloat }?.dtype ?? example.operands.first?.dtype
      for dtype in own == nil ? [.f64] : DType.allCases {
        let operands = example.operands.map {
          $0.dtype == own
            ? Example.Operand(
              dtype, $0.shape, in: $0.range, distinct: $0.distinct, diagonal: $0.diagonal) : $0
        }
        let types = operands.map { TensorType($0.dtype, $0.shape) }
        let key = "\(example.operation.attributes) \(types)"
        guard (try? example.operation.resultTypes(of: types)) != nil, seen.insert(key).inserted,
          var subject = try? Subject(
            "\(name), example \(number) on \(types)", example.operation, operands,
            tolerance: dtype == .f32 ? max(example.tolerance, 1e-5) : example.tolerance)
        else { continue }
        let constant = constants(of: example)
        subject.variables.removeAll { constant.contains($0) }
        subjects.append(subject)
      }
    }
    return subjects
  }
}

// MARK: - Sizes

typealias Sizes = [String: Int]

extension Graph {
  /// Sizes from a small set that satisfy all guards, `limit` of them or as many as it takes: every
  /// size takes every value it can, with others that are not 0 where that is possible.
  func legalSizes(from values: [Int] = [0, 1, 2, 3, 5], limit: Int) -> [Sizes] {
    var all: [Sizes] = [[:]]
    for symbol in symbols {
      all = all.flatMap { sizes in
        values.map { sizes.merging([symbol: $0]) { $1 } }
      }
    }
    var random = RandomSource(seed: 1)
    all = all.filter(isLegal).shuffled(using: &random)
    var chosen: [Sizes] = []
    for symbol in symbols {
      for value in values {
        // Where another size is 0, there may be nothing to see.
        func shows(_ sizes: Sizes) -> Bool {
          sizes[symbol] == value && sizes.allSatisfy { $0.key == symbol || $0.value > 0 }
        }
        if chosen.contains(where: shows) { continue }
        let found = all.first(where: shows) ?? all.first { $0[symbol] == value }
        if let found, !chosen.contains(found) { chosen.append(found) }
      }
    }
    for sizes in all where chosen.count < limit && !chosen.contains(sizes) {
      chosen.append(sizes)
    }
    return chosen
  }

  func isLegal(_ sizes: Sizes) -> Bool {
    let value = { (e: DimExpr) in try? e.evaluate { sizes[$0] } }
    let guardsHold = guards().allSatisfy { condition, _ in
      guard let a = value(condition.lhs), let b = value(condition.rhs) else { return false }
      return condition.holds(a, b)
    }
    let extents = inputs.flatMap { type(of: $0.value).shape }
    return guardsHold && extents.allSatisfy { (value($0) ?? -1) >= 0 }
  }

  /// The shape of a value.
  func shape(_ value: Value, _ sizes: Sizes) throws -> [Int] {
    try type(of: value).shape.map { try $0.evaluate { sizes[$0] } }
  }
}

// MARK: - Values

extension Subject {
  /// Inputs drawn from the operands' ranges.
  func arguments(_ sizes: Sizes, seed: Int) throws -> [Tensor] {
    var random = RandomSource(seed: seed)
    let shapes = try graph.inputs.map { try graph.shape($0.value, sizes) }
    let counts = shapes.map { $0.reduce(1, *) }
    // Distinct values share one set of slots, also between operands.
    let slotCount = zip(operands, counts).reduce(0) { $0 + ($1.0.distinct ? $1.1 : 0) }
    var slots = Array(0..<slotCount).shuffled(using: &random)[...]
    return zip(operands, zip(shapes, counts)).map { operand, layout in
      let (shape, count) = layout
      var values = (0..<count).map { _ -> Double in
        let range = operand.range
        guard operand.distinct, let slot = slots.popFirst() else { return random.uniform(range) }
        let place = (Double(slot) + 0.5 + random.uniform(-0.3...0.3)) / Double(slotCount)
        return range.lowerBound + place * (range.upperBound - range.lowerBound)
      }
      if operand.diagonal != 0, let columns = shape.last {
        let rows = shape[shape.count - 2]
        for place in values.indices {
          let (row, column) = (place / columns % rows, place % columns)
          if row == column { values[place] += operand.diagonal * Double(row + 1) }
        }
      }
      if operand.dtype.isFloat {
        return Tensor(doubles: values, dtype: operand.dtype, shape: shape)
      }
      let middle = (operand.range.lowerBound + operand.range.upperBound) / 2
      let whole = values.map {
        operand.dtype == .bool ? ($0 > middle ? 1 : 0) : Int64($0.rounded())
      }
      return Tensor(integers: whole, dtype: operand.dtype, shape: shape)
    }
  }
}

extension Tensor {
  /// Random numbers in −1 … 1 of the type of a value.
  static func random(_ type: TensorType, _ sizes: Sizes, _ random: inout RandomSource) throws
    -> Tensor
  {
    let shape = try type.shape.map { try $0.evaluate { sizes[$0] } }
    let values = (0..<shape.reduce(1, *)).map { _ in random.uniform() }
    return Tensor(doubles: values, dtype: type.dtype, shape: shape)
  }

  /// Σ aₖ·bₖ with Σ |aₖ·bₖ|.
  func inner(_ other: Tensor) -> (value: Double, magnitude: Double) {
    zip(doubles, other.doubles).reduce((0, 0)) { ($0.0 + $1.0 * $1.1, $0.1 + abs($1.0 * $1.1)) }
  }

  /// self + factor·direction.
  func moved(by factor: Double, along direction: Tensor) -> Tensor {
    Tensor(
      doubles: zip(doubles, direction.doubles).map { $0 + factor * $1 }, dtype: dtype,
      shape: shape)
  }
}
