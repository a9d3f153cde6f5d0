// Reductions. Bodies that are one function become the reductions there are; of the places of extrema the
// usual form is known; any other body is a loop over the elements, which has derivatives too.
import Graph

extension StableHLOElaborator {
  static let reductionRules: [String: HLORule] = [
    "stablehlo.reduce": HLORule(2...Int.max) { elaborator, call in
      let axes = try call.needed(call.integers("dimensions"), "dimensions").sorted()
      for axis in axes where !call.operands[0].shape.indices.contains(axis) {
        throw TypeRuleError("has no axis \(axis) in \(call.operands[0].type)")
      }
      guard call.operands.count.isMultiple(of: 2) else {
        throw TypeRuleError("needs an initial value for each operand")
      }
      let count = call.operands.count / 2
      let reducer = try elaborator.reducer(call, count)
      return try reducer.reduced(
        Array(call.operands[..<count]), Array(call.operands[count...]), axes)
    },
    "stablehlo.map": HLORule(1...Int.max) { elaborator, call in
      try call.checkShapes()
      let elements = call.operands.indices.map(call.operandElement)
      let region = try elaborator.scalarRegion(call.region(0), call, elements)
      return try region.applied(to: call.operands, in: call.builder)
    },
  ]

  /// What combines two elements, or two of each operand.
  mutating func reducer(_ call: HLOCall, _ count: Int) throws -> Reducer {
    let elements = (0..<count).map(call.operandElement)
    for initial in call.operands[count..<2 * count] where initial.rank != 0 {
      throw TypeRuleError("needs initial values that are scalars, found \(initial.type)")
    }
    let words = call.operation.words
    if let place = words.firstIndex(of: "applies"), words.indices.contains(place + 1) {
      let name = MLIROperation.fullName(words[place + 1])
      guard let function = Reducer.functions[name] else {
        throw call.unsupported("that applies \(name)", help: "write it with a reducer region")
      }
      return Reducer(call, function: function(call.operands[0].dtype), elements)
    }
    let region = try scalarRegion(call.region(0), call, elements + elements)
    guard region.graph.outputs.count == count else {
      throw TypeRuleError(
        "has a body of \(region.graph.outputs.count) results for \(count) operands")
    }
    return Reducer(call, region: region, elements)
  }
}

/// How two elements become one.
struct Reducer {
  let call: HLOCall
  /// The function, where it is one.
  let function: ScalarFunction?
  let region: ScalarRegion?
  private let elements: [MLIRType.Element]

  static let functions: [String: @Sendable (DType) -> ScalarFunction] = [
    "stablehlo.add": { $0 == .bool ? .or : .add },
    "stablehlo.multiply": { $0 == .bool ? .and : .multiply },
    "stablehlo.maximum": { _ in .max }, "stablehlo.minimum": { _ in .min },
    "stablehlo.and": { _ in .and }, "stablehlo.or": { _ in .or }, "stablehlo.xor": { _ in .xor },
  ]

  init(_ call: HLOCall, function: ScalarFunction, _ elements: [MLIRType.Element]) {
    (self.call, self.function, self.elements, region) = (call, function, elements, nil)
  }

  init(_ call: HLOCall, region: ScalarRegion, _ elements: [MLIRType.Element]) {
    (self.call, self.region, self.elements) = (call, region, elements)
    function = region.function
  }

  /// The reduction that the function is.
  private func kind(_ dtype: DType) -> Reduction.Kind? {
    switch function {
    case .add?: .sum
    case .multiply?: .prod
    case .max?: .max
    case .min?: .min
    case .or? where dtype == .bool: .any
    case .and? where dtype == .bool: .all
    default: nil
    }
  }

  /// The reduced operands.
  func reduced(_ x: [Term], _ initial: [Term], _ axes: [Int]) throws -> [Term] {
    if x.count == 1, let kind = kind(x[0].dtype), let function {
      if elements[0].isUnsigned64, kind == .max || kind == .min {
        throw call.unsupported("of ui64")
      }
      let y = x[0].reduce(kind, over: axes)
      let whole = isIdentity(initial[0], function) ? y : apply(function, initial[0], y)
      return [elements[0].wholeNumbers?.wrapped(whole) ?? whole]
    }
    if let found = try extremum(x, initial, axes) { return found }
    return try folded(x, initial, axes)
  }

  func isIdentity(_ initial: Term, _ function: ScalarFunction) -> Bool {
    guard let literal = call.builder.literal(initial.value),
      let identity = function.identity(initial.dtype)
    else { return false }
    return literal == identity || literal.dtype.isFloat && literal.real == identity.real
  }

  // MARK: - Any body

  /// One element after the other, all results at once.
  private func folded(_ x: [Term], _ initial: [Term], _ axes: [Int]) throws -> [Term] {
    let builder = call.builder
    let kept = x[0].shape.indices.filter { !axes.contains($0) }
    let shape = kept.map { x[0].shape[$0] }
    let length = axes.reduce(1 as DimExpr) { $0 * x[0].shape[$1] }
    let rows = x.map { $0.transposed(axes + kept).reshaped(to: [length] + shape) }
    let start = initial.map { $0.broadcast(to: shape, axes: []) }
    let captured = region?.captured ?? []
    let results = try builder.loop(
      "reduce", bound: length, carry: start, rows: rows, captured: captured
    ) { step in
      (try combined(step.carried, step.rows, step.captured, step.builder), [])
    }
    return Array(results.prefix(x.count))
  }

  /// Arrays of results combined with arrays of elements.
  func combined(
    _ a: [Term], _ b: [Term], _ captured: [Term], _ builder: GraphBuilder
  ) throws -> [Term] {
    if let function {
      let y = apply(function, a[0], b[0])
      return [elements[0].wholeNumbers?.wrapped(y) ?? y]
    }
    guard var region else { return a }
    region.captured = captured
    return try region.applied(to: a + b, in: builder)
  }

  // MARK: - Places of extrema

  /// The extremum and its place, where the body is the one that finds these and the second operand
  /// counts along the axis.
  private func extremum(_ x: [Term], _ initial: [Term], _ axes: [Int]) throws -> [Term]? {
    guard x.count == 2, axes.count == 1, x[0].dtype.isFloat, x[1].dtype.isInteger,
      let region, region.captured.isEmpty,
      let iota = call.builder.graph.operation(defining: x[1].value) as? Iota, iota.axis == axes[0],
      let first = call.builder.literal(initial[0].value)?.real,
      call.builder.literal(initial[1].value)?.integer == 0
    else { return nil }
    for kind in ArgExtremum.Kind.allCases
    where first == (kind == .argmax ? -.infinity : .infinity)
      && Region(region.graph) == Self.body(kind, x[0].dtype, x[1].dtype)
    {
      let builder = call.builder
      let places = try builder.apply(ArgExtremum(kind: kind, axis: axes[0]), [x[0]])[0]
      let best = taken(x[0], along: axes[0], at: places.inserted(extents: [1], at: axes[0]))
      return [best.sum(over: axes), places.converted(to: x[1].dtype)]
    }
    return nil
  }

  /// The body that is written for argmax and argmin: NaN wins, then the better one, of equal ones
  /// the earlier.
  private static func body(_ kind: ArgExtremum.Kind, _ dtype: DType, _ index: DType) -> Region {
    let builder = GraphBuilder(name: "element")
    let a = builder.addInput("x0", TensorType(dtype))
    let i = builder.addInput("x1", TensorType(index))
    let b = builder.addInput("x2", TensorType(dtype))
    let j = builder.addInput("x3", TensorType(index))
    let better = kind == .argmax ? a > b : a < b
    let wins = apply(.or, better, apply(.notEqual, a, a))
    let first = apply(.or, wins, apply(.and, a == b, i < j))
    builder.addOutput("y0", choose(wins, a, b))
    builder.addOutput("y1", choose(first, i, j))
    return Region(builder.graph.pruned())
  }
}
