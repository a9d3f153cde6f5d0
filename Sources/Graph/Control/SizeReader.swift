// Numbers of a graph that are sizes: what the arithmetic of shapes comes to. Importers ask for it where a
// shape is an operand or where a file asserts something about shapes; loops, where an index points.
// Size expressions are whole numbers that never wrap, so what is no whole number, what may wrap and
// what is told bit by bit has none.

/// Reads integers back as size expressions.
package struct SizeReader {
  private let graph: Graph
  private var known: [Value: [DimExpr]] = [:]
  private var unknown: Set<Value> = []
  /// Conditions that have been told.
  private var told: Set<Value> = []

  /// Elements of a shape, and operations between one and the sizes it comes from.
  private static let countLimit = 64
  private static let depthLimit = 100

  /// - Parameter seeds: what is known of values that the graph does not tell.
  package init(_ graph: Graph, seeds: [Value: DimExpr] = [:]) {
    self.graph = graph
    known = seeds.mapValues { [$0] }
  }

  /// What a number comes to.
  package mutating func size(_ value: Value) -> DimExpr? {
    guard graph.type(of: value).rank == 0 else { return nil }
    return sizes(value, depth: 0)?.first
  }

  /// The elements of a number or of a short array of numbers, row by row, where sizes tell them.
  package static func sizes(of term: Term) -> [DimExpr]? {
    var reader = SizeReader(term.builder.graph)
    return reader.sizes(term.value, depth: 0)
  }

  /// A number or a short array that sizes tell, made in another graph.
  package static func remade(_ term: Term, in builder: GraphBuilder) -> Term? {
    if let literal = term.builder.literal(term.value) { return builder.constant(literal) }
    guard term.rank <= 1, let sizes = sizes(of: term) else { return nil }
    let elements = sizes.map { builder.size($0, term.dtype) }
    if term.rank == 0 { return elements[0] }
    if elements.isEmpty { return nil }
    return try? builder.apply(
      Concatenate(axis: 0), elements.map { $0.reshaped(to: [1]) })[0]
  }

  /// A comparison of sizes as a condition; several where they are joined by and.
  package static func conditions(of term: Term) -> [Guard]? {
    var reader = SizeReader(term.builder.graph)
    return term.type == TensorType(.bool) ? reader.conditions(term.value, depth: 0) : nil
  }

  private mutating func conditions(_ value: Value, depth: Int) -> [Guard]? {
    guard told.insert(value).inserted else { return [] }
    if let literal = graph.literal(value) { return literal.integer != 0 ? [] : nil }
    guard depth < Self.depthLimit, let node = graph.definingNode(of: value),
      let function = graph.nodes[node].primitive.function
    else { return nil }
    let operands = Array(graph.operands(of: node))
    if function == .and {
      guard let a = conditions(operands[0], depth: depth + 1),
        let b = conditions(operands[1], depth: depth + 1)
      else { return nil }
      return a + b
    }
    guard operands.count == 2, let a = sizes(operands[0], depth: 0)?.first,
      let b = sizes(operands[1], depth: 0)?.first
    else { return nil }
    return Self.condition(function, a, b).map { [$0] }
  }

  private static func condition(
    _ function: ScalarFunction, _ a: DimExpr, _ b: DimExpr
  ) -> Guard? {
    switch function {
    case .equal: Guard(a, .equal, b)
    case .notEqual: Guard(a, .notEqual, b)
    case .less: Guard(a, .less, b)
    case .lessEqual: Guard(a, .lessOrEqual, b)
    case .greater: Guard(b, .less, a)
    case .greaterEqual: Guard(b, .lessOrEqual, a)
    default: nil
    }
  }

  private mutating func sizes(_ value: Value, depth: Int) -> [DimExpr]? {
    if let found = known[value] { return found }
    if unknown.contains(value) || depth > Self.depthLimit { return nil }
    let dtype = graph.type(of: value).dtype
    guard let found = read(value, depth: depth + 1), found.allSatisfy({ $0.fits(dtype) }) else {
      unknown.insert(value)
      return nil
    }
    known[value] = found
    return found
  }

  private mutating func read(_ value: Value, depth: Int) -> [DimExpr]? {
    let type = graph.type(of: value)
    guard type.rank <= 2, !type.dtype.isFloat, let node = graph.definingNode(of: value) else {
      return nil
    }
    if let literal = graph.literal(value) { return [DimExpr(Int(literal.integer))] }
    let operands = Array(graph.operands(of: node))
    if let function = graph.nodes[node].primitive.function {
      // Bit by bit an integer is no size.
      if [.and, .or, .not].contains(function), type.dtype != .bool { return nil }
      let count = type.elementCount.constantValue ?? .max
      if type.rank == 0, let known = decided(function, type.dtype, operands, depth) {
        return [known]
      }
      return combined(function, operands, count: count, depth)
    }
    switch graph.nodes[node].operation {
    case let extent as Extent: return [extent.extent]
    case let constant as Constant where constant.value.count <= Self.countLimit:
      return constant.value.integers.map { DimExpr(Int($0)) }
    case is Reshape: return sizes(operands[0], depth: depth)
    case is Convert:
      // A bool is whether there is anything, not how much.
      return type.dtype == .bool ? nil : sizes(operands[0], depth: depth)
    case let broadcast as Broadcast where broadcast.axes == broadcast.axes.sorted():
      guard let count = type.elementCount.constantValue else { return nil }
      return column(operands[0], count, depth)
    case let joined as Concatenate where joined.axis == 0:
      var all: [DimExpr] = []
      for operand in operands {
        guard let part = sizes(operand, depth: depth) else { return nil }
        all += part
      }
      return all.count <= Self.countLimit ? all : nil
    case let slice as Slice:
      guard let found = sizes(operands[0], depth: depth), slice.starts.count == 1,
        let start = slice.starts[0].constantValue, let stop = slice.stops[0].constantValue,
        let step = slice.strides[0].constantValue, stop <= found.count
      else { return nil }
      return stride(from: start, to: stop, by: step).map { found[$0] }
    default: return nil
    }
  }

  /// A function of sizes, element by element.
  private mutating func combined(
    _ function: ScalarFunction, _ operands: [Value], count: Int, _ depth: Int
  ) -> [DimExpr]? {
    if function == .select { return choice(operands, count, depth) }
    var columns: [[DimExpr]] = []
    for operand in operands {
      guard let found = column(operand, count, depth) else { return nil }
      columns.append(found)
    }
    var results: [DimExpr] = []
    for k in 0..<count {
      guard let result = Self.value(function, columns.map { $0[k] }), !result.isOverflow else {
        return nil
      }
      results.append(result)
    }
    return results
  }

  /// As many elements as there are, or one for all.
  private mutating func column(_ value: Value, _ count: Int, _ depth: Int) -> [DimExpr]? {
    guard count <= Self.countLimit, let found = sizes(value, depth: depth) else { return nil }
    if found.count == count { return found }
    return found.count == 1 ? Array(repeating: found[0], count: count) : nil
  }

  /// The value of `and` and `or` that one side decides, whatever the other is.
  private mutating func decided(
    _ function: ScalarFunction, _ dtype: DType, _ operands: [Value], _ depth: Int
  ) -> DimExpr? {
    guard dtype == .bool, function == .and || function == .or else { return nil }
    let deciding: DimExpr = function == .and ? 0 : 1
    for operand in operands where sizes(operand, depth: depth) == [deciding] { return deciding }
    let (a, b) = (operands[0], operands[1])
    if function == .and, neverRounds(a, b, depth) || neverRounds(b, a, depth) { return 0 }
    return nil
  }

  /// `sign(a) ≠ sign(b)` and `a mod b ≠ 0`, where a is not negative and b positive: never, since a
  /// is 0 where the signs differ. It is how a quotient is told that was rounded up.
  private mutating func neverRounds(_ signs: Value, _ rest: Value, _ depth: Int) -> Bool {
    guard let (s, t) = sides(signs), let (r, zero) = sides(rest),
      let a = signed(s, depth), let b = signed(t, depth), a.isNonNegative, b.isPositive,
      sizes(zero, depth: depth) == [0]
    else { return false }
    return sizes(r, depth: depth) == [.mod(a, b)]
  }

  /// The sides of an inequality.
  private func sides(_ value: Value) -> (Value, Value)? {
    guard let node = graph.definingNode(of: value),
      graph.nodes[node].primitive.function == .notEqual
    else { return nil }
    let operands = Array(graph.operands(of: node))
    return (operands[0], operands[1])
  }

  /// The number whose sign is taken.
  private mutating func signed(_ value: Value, _ depth: Int) -> DimExpr? {
    guard let node = graph.definingNode(of: value),
      graph.nodes[node].primitive.function == .sign,
      let operand = graph.operands(of: node).first
    else { return nil }
    return sizes(operand, depth: depth)?.first
  }

  /// The branch of a select that all elements take; the other one may be anything.
  private mutating func choice(
    _ operands: [Value], _ count: Int, _ depth: Int
  ) -> [DimExpr]? {
    guard let mask = sizes(operands[0], depth: depth), let first = mask.first?.constantValue,
      mask.allSatisfy({ $0 == DimExpr(first) })
    else { return nil }
    return column(operands[first != 0 ? 1 : 2], count, depth)
  }

  private static func value(_ function: ScalarFunction, _ x: [DimExpr]) -> DimExpr? {
    switch function {
    case .add: return x[0] + x[1]
    case .subtract: return x[0] - x[1]
    case .multiply: return x[0] * x[1]
    case .negate: return -x[0]
    case .max: return .max(x[0], x[1])
    case .min: return .min(x[0], x[1])
    case .floorDivide: return x[1].isPositive ? .floorDiv(x[0], x[1]) : nil
    case .mod: return x[1].isPositive ? .mod(x[0], x[1]) : nil
    case .sign:
      return x[0].isPositive ? 1 : x[0].isNonNegative ? .min(x[0], 1) : nil
    // Of what is decided; zero is a factor that decides a product of conditions.
    case .and:
      if x[0].isZero || x[1].isZero { return 0 }
      return x[0].isOne && x[1].isOne ? 1 : nil
    case .or:
      if x[0].isOne || x[1].isOne { return 1 }
      return x[0].isZero && x[1].isZero ? 0 : nil
    case .not: return x[0].isZero ? 1 : x[0].isOne ? 0 : nil
    default: return condition(function, x[0], x.last ?? x[0])?.decided.map { $0 ? 1 : 0 }
    }
  }
}

extension DimExpr {
  /// Whether what it tells is what arithmetic of the dtype gives. Sizes are taken to be so small that
  /// i32 holds what is computed of them, as programs do that compute shapes in i32.
  fileprivate func fits(_ dtype: DType) -> Bool {
    switch dtype {
    case .bool: isZero || isOne
    case .i32: constantValue.map { Int32(exactly: $0) != nil } ?? hasSmallNumbers
    case .i64: !isOverflow
    case .f32, .f64: false
    }
  }

  /// No number beside the sizes makes i32 wrap.
  private var hasSmallNumbers: Bool {
    let limit = 1 << 24
    return ([constant] + terms.map(\.coefficient)).allSatisfy((-limit...limit).contains)
      && terms.flatMap(\.atoms).allSatisfy { atom in
        switch atom {
        case .symbol, .index: true
        case .overflow: false
        case .floorDiv(let a, let b), .mod(let a, let b), .min(let a, let b), .max(let a, let b),
          .broadcast(let a, let b):
          a.hasSmallNumbers && b.hasSmallNumbers
        }
      }
  }
}

extension GraphBuilder {
  /// A size as a number of a dtype.
  package func size(_ size: DimExpr, _ dtype: DType) -> Term {
    size.constantValue.map { constant(Scalar(Int64($0), dtype)) }
      ?? applying(Extent(extent: size, dtype: dtype), [])
  }
}
