// Seeded random programs over a few symbolic shapes, for what no example thinks of: which nests are
// fused, which buffers share memory, which views are read through. Values stay tame, and only
// inputs are compared or sorted, so that rounding cannot flip a decision.
import Graph

/// Grows one random graph.
struct RandomGraph {
  private let builder: GraphBuilder
  private var random: RandomSource
  private var values: [Term] = []
  /// Inputs and views of inputs: exact in every evaluation.
  private var exact: [Term] = []

  /// A graph of about `count` nodes with one to five outputs.
  static func make(seed: Int, count: Int) throws -> Graph {
    var maker = RandomGraph(seed: seed)
    for _ in 0..<count { try maker.grow() }
    return try maker.finished()
  }

  private init(seed: Int) {
    builder = GraphBuilder(name: "random_\(seed)")
    random = RandomSource(seed: seed)
    let shapes: [[DimExpr]] = [["n"], ["m"], ["n", "m"], [], ["n"], ["m", "n"]]
    for (k, shape) in shapes.enumerated() {
      exact.append(builder.addInput("x\(k)", TensorType(.f64, shape)))
    }
    if random.chance(0.2) { exact.append(builder.addInput("k", TensorType(.f64, ["k"]))) }
    if random.chance(0.2) { exact.append(builder.addInput("u", TensorType(.f64, ["n", 1]))) }
    values = exact
  }

  private mutating func finished() throws -> Graph {
    // Values that nothing uses yet mostly; sometimes any other, an input too, or one twice.
    let used = Set(builder.graph.operandList)
    let loose = values.filter { !used.contains($0.value) }
    for k in 0..<(1 + random.below(6)) {
      builder.addOutput(
        "y\(k)", random.chance(0.8) && !loose.isEmpty ? random.pick(loose) : random.pick(values))
    }
    if random.chance(0.2), let first = builder.graph.outputs.first {
      builder.addOutput("again", builder.term(first.value))
    }
    return try builder.finished()
  }

  private mutating func any() -> Term {
    random.chance(0.6) ? random.pick(Array(values.suffix(8))) : random.pick(values)
  }

  /// A value to which `shape` broadcasts or that broadcasts to it, as far as one is there.
  private mutating func partner(of term: Term) -> Term {
    let fitting = values.filter { other in
      let length = min(other.rank, term.rank)
      return zip(other.shape.suffix(length), term.shape.suffix(length)).allSatisfy {
        Guard($0, .broadcastable, $1).decided == true
          || random.chance(0.1) && $0.symbolName != nil && $1.symbolName != nil
      }
    }
    return fitting.isEmpty ? term : random.pick(Array(fitting.suffix(12)))
  }

  private mutating func grow() throws {
    let x = any()
    let made: Term
    switch random.below(21) {
    case 0: made = apply(random.pick([.sin, .tanh, .abs, .negate, .atan, .relu2]), x)
    case 1, 2: made = x + partner(of: x)
    case 3: made = x - partner(of: x)
    case 4, 5: made = x * apply(.tanh, partner(of: x))
    case 6: made = apply(random.pick([.max, .min]), x, partner(of: x))
    case 7: made = x / (apply(.abs, partner(of: x)) + 1.5)
    case 8:
      let condition = random.pick(exact)
      made = choose(condition < 0.1, x, partner(of: condition))
    case 9, 10: made = reduced(x)
    case 11:
      // Normalization: a reduction of a value meets the value again.
      let axes = someAxes(x)
      let total = apply(.abs, x).sum(over: axes) + 1.0
      made =
        x
        / total.broadcast(
          to: x.shape, axes: x.shape.indices.filter { !axes.contains($0) })
    case 12: made = viewed(x)
    case 13: made = viewed(x)
    case 14: made = try joined(x)
    case 15: made = try scanned(x)
    case 16: made = try product(x)
    case 17: made = try indexed(x)
    case 18:
      made = x.broadcast(to: ["m"] + x.shape, axes: x.shape.indices.map { $0 + 1 })
        .reduce(.max, over: [0])
    case 19: made = apply(.tanh, x) * x.literal(0.5)
    default:
      made = x.rank > 3 ? x.sum(over: [0]) : x + x.literal(random.uniform())
    }
    values.append(made.rank > 4 ? made.sum(over: [0, 1]) : made)
  }

  private mutating func someAxes(_ x: Term) -> [Int] {
    x.shape.indices.filter { _ in random.chance(0.6) }
  }

  private mutating func reduced(_ x: Term) -> Term {
    let kind = random.pick([Reduction.Kind.sum, .sum, .max, .min, .prod])
    return (kind == .prod ? apply(.tanh, x) : x).reduce(kind, over: someAxes(x))
  }

  private mutating func viewed(_ x: Term) -> Term {
    guard x.rank > 0 else { return x.broadcast(to: random.pick([["n"], ["m", "n"], ["n", 1]])) }
    let axis = random.below(x.rank)
    let zeros = [DimExpr](repeating: 0, count: x.rank)
    let ones = [DimExpr](repeating: 1, count: x.rank)
    func at(_ value: DimExpr, _ others: [DimExpr]) -> [DimExpr] {
      others.enumerated().map { $0 == axis ? value : $1 }
    }
    switch random.below(8) {
    case 0: return x.transposed(Array(x.shape.indices).shuffled(using: &random))
    case 1: return x.reshaped(to: [x.type.elementCount])
    case 2:
      return x.rank == 1 && x.shape[0] == DimExpr("n") * "m"
        ? x.reshaped(to: random.pick([["n", "m"], ["m", "n"]]))
        : x.inserted(extents: [1], at: axis)
    case 3: return builder.applying(Reverse(axes: [axis]), [x])
    case 4:
      // Shifted by one: the first or last element leaves, a literal comes in.
      let step: DimExpr = random.chance(0.5) ? 1 : -1
      return x.padded(0.25, low: at(step, zeros), high: at(-step, zeros))
    case 5:
      return builder.applying(
        Slice(starts: zeros, stops: x.shape, strides: at(2, ones)), [x])
    case 6:
      return builder.applying(
        Pad(low: at(1, zeros), high: zeros, interior: at(1, zeros)), [x, x.literal(0.5)])
    default:
      return x.slice(axis: axis, from: 0, to: .floorDiv(x.shape[axis] + 1, 2))
    }
  }

  private mutating func joined(_ x: Term) throws -> Term {
    guard x.rank > 0 else { return x }
    let axis = random.below(x.rank)
    let others = values.filter { $0.type == x.type }
    let y = try builder.apply(Concatenate(axis: axis), [x, random.pick(others), x])[0]
    return random.chance(0.5)
      ? y : y.slice(axis: axis, from: x.shape[axis], to: 2 * x.shape[axis])
  }

  private mutating func scanned(_ x: Term) throws -> Term {
    guard x.rank > 0 else { return x }
    let axis = random.below(x.rank)
    let reversed = random.chance(0.4)
    if random.chance(0.2) {
      return builder.applying(
        LinearRecurrence(axis: axis, reversed: reversed), [apply(.tanh, x), x])
    }
    let kind = random.pick([Cumulative.Kind.sum, .sum, .max, .min, .prod])
    let tame = kind == .prod ? apply(.tanh, x) : x
    return builder.applying(Cumulative(kind: kind, axis: axis, reversed: reversed), [tame])
  }

  private mutating func product(_ x: Term) throws -> Term {
    let fitting = values.filter { y in
      x.rank > 0 && x.rank <= 3 && (1...3).contains(y.rank)
        && y.shape.contains { $0 == x.shape[x.rank - 1] }
    }
    guard !fitting.isEmpty else { return x }
    let y = random.pick(fitting)
    let axis = y.shape.firstIndex { $0 == x.shape[x.rank - 1] } ?? 0
    if x.rank == 2 && x.type == y.type && random.chance(0.5) {
      return apply(.tanh, x).dot(y, contracting: ([0, 1], [0, 1]))
    }
    if x.shape[0] == y.shape[0] && x.rank > 1 && axis > 0 && random.chance(0.5) {
      return apply(.tanh, x).dot(y, contracting: ([x.rank - 1], [axis]), batch: ([0], [0]))
    }
    return apply(.tanh, x).dot(y, contracting: ([x.rank - 1], [axis]))
  }

  private mutating func indexed(_ x: Term) throws -> Term {
    guard x.rank > 0, let extent = x.shape.first else { return x }
    let keys = exact.filter { $0.rank == 1 }
    let sorted = try builder.apply(
      Sort(axis: 0, descending: random.chance(0.5)), [random.pick(keys)])
    let places = sorted[1].inserted(extents: [1], at: 1)
    if random.chance(0.4) {
      return builder.applying(Gather(axes: [0], batch: 0, mode: .drop), [x, places])
    }
    if random.chance(0.3) { return sorted[0] }
    let updates = sorted[0].shape + x.shape.dropFirst()
    let u = x.literal(0.5).broadcast(to: updates)
    let target = extent == sorted[0].shape[0] ? apply(.sin, x) : x
    return builder.applying(
      Scatter(
        axes: [0], batch: 0, mode: .drop, combine: random.pick([.add, .set])),
      [target, places, u])
  }
}

extension ScalarFunction {
  /// A second smooth function, so that the choice is wide enough.
  fileprivate static var relu2: ScalarFunction { .softplus }
}

// MARK: - Shrinking

extension Graph {
  /// The smallest graph found that still fails: fewer outputs, and nodes replaced by values of the
  /// same type that stand before them.
  func shrunk(while fails: (Graph) -> Bool) -> Graph {
    var best = self
    for output in outputs {
      var one = best
      one.setOutputs([output])
      one = one.pruned()
      if fails(one) {
        best = one
        break
      }
    }
    var changed = true
    while changed {
      changed = false
      for node in best.nodes.indices.reversed() {
        if let smaller = best.replacements(of: node).first(where: {
          $0.nodes.count < best.nodes.count && fails($0)
        }) {
          best = smaller
          changed = true
          break
        }
      }
    }
    return best
  }

  private mutating func setOutputs(_ outputs: [GraphOutput]) {
    let builder = GraphBuilder(self)
    builder.setOutputs(outputs)
    self = builder.graph
  }

  /// The graph with the first result of a node replaced by each earlier value of its type.
  private func replacements(of node: Int) -> [Graph] {
    let result = results(of: nodes[node])[0]
    let earlier = types.indices.filter {
      $0 < Int(result.index) && types[$0] == type(of: result)
    }
    return earlier.compactMap { replacing(result, by: Value($0)) }
  }

  private func replacing(_ old: Value, by new: Value) -> Graph? {
    var empty = Graph(named: name)
    empty.takeConstraints(of: self)
    let builder = GraphBuilder(empty)
    var renamed = [Value?](repeating: nil, count: types.count)
    for input in inputs {
      renamed[Int(input.value.index)] = builder.addInput(input.name, type(of: input.value)).value
    }
    for node in nodes {
      let operands = operands(of: node).compactMap { renamed[Int($0.index)] }
      guard let made = try? builder.apply(node.operation, operands) else { return nil }
      for (value, result) in zip(results(of: node), made) { renamed[Int(value.index)] = result }
      if results(of: node).contains(old) { renamed[Int(old.index)] = renamed[Int(new.index)] }
    }
    for output in outputs {
      guard let value = renamed[Int(output.value.index)] else { return nil }
      builder.addOutput(output.name, builder.term(value))
    }
    return builder.graph.pruned()
  }

  /// One line a node.
  var listing: String {
    func name(_ value: Value) -> String {
      inputs.first { $0.value == value }?.name ?? "v\(value.index)"
    }
    let lines = nodes.map { node in
      let results = results(of: node).map { "\(name($0)): \(type(of: $0))" }
      let attributes = node.operation.attributes.map { "\($0.name)=\($0.value.text)" }
      let arguments = operands(of: node).map(name) + attributes
      return "  \(results.joined(separator: ", ")) = "
        + "\(node.operation.name)(\(arguments.joined(separator: ", ")))"
    }
    let heads = inputs.map { "\($0.name): \(type(of: $0.value))" }
    return "\(heads.joined(separator: ", "))\n" + lines.joined(separator: "\n") + "\n  -> "
      + outputs.map { name($0.value) }.joined(separator: ", ")
  }
}
