// Binding: from the shapes of given arrays to the sizes of a function, and the check that all fits.
// What a user gives and a function needs meet here, so most messages about data are made here.
import Graph

/// What was given does not fit what the function needs. A user's error.
public enum BindingError: Error, Hashable, Sendable {
  /// Another number of arrays than the function has inputs.
  case inputCount(needed: Int, found: Int)
  /// An array of another dtype.
  case dtype(input: String, needed: TensorType, found: DType)
  /// An array with another number of axes.
  case rank(input: String, needed: TensorType, found: [Int])
  /// An extent differs from a number, or from what another input says.
  case extent(input: String, axis: Int, needed: DimExpr, value: Int, found: Int, shape: [Int])
  /// An extent that its expression takes for no size, as an odd one for `2*n`.
  case impossibleExtent(input: String, axis: Int, needed: DimExpr, found: Int, shape: [Int])
  /// Sizes that no input's shape tells.
  case unknownSizes([String])
  /// A size below 0, by name.
  case negativeSize(String, Int)
  /// A condition on sizes that an operation needs does not hold.
  case guardFailed(Guard, lhs: Int, rhs: Int, operation: String?, origin: Origin)
  /// A size expression has no value.
  case size(DimError)
  /// More memory than allowed, in bytes.
  case memory(needed: Int, limit: Int)
  /// Memory that the system does not give, in bytes.
  case noMemory(needed: Int)
}

extension BindingError {
  /// Where the condition stands that does not hold; `.none` where there is no such place.
  public var origin: Origin {
    if case .guardFailed(_, _, _, _, let origin) = self { origin } else { .none }
  }

  /// What is wrong, without the line: for those who show the place themselves.
  public var message: String {
    guard case .guardFailed(let condition, let lhs, let rhs, let operation, _) = self else {
      return description
    }
    return BindingError.guardFailed(
      condition, lhs: lhs, rhs: rhs, operation: operation, origin: .none
    ).description
  }
}

extension BindingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inputCount(let needed, let found): return "needed \(needed) inputs, found \(found)"
    case .dtype(let input, let needed, let found):
      return "\(input) needs \(needed.dtype) (\(needed)), found \(found)"
    case .rank(let input, let needed, let found):
      return "\(input) needs rank \(needed.rank) (\(needed)), found shape \(found)"
    case .extent(let input, let axis, let needed, let value, let found, let shape):
      let meaning = needed.constantValue == nil ? "\(needed) = \(value)" : "\(value)"
      return "\(input) needs extent \(meaning) on axis \(axis), found \(found) (shape \(shape))"
    case .impossibleExtent(let input, let axis, let needed, let found, let shape):
      return "\(input) needs an extent of the form \(needed) on axis \(axis), found \(found) "
        + "(shape \(shape))"
    case .unknownSizes(let names):
      return names.count == 1
        ? "the size \(names[0]) is not told by any input, and was not given"
        : "the sizes \(names.joined(separator: ", ")) are not told by any input, and were not given"
    case .negativeSize(let name, let value): return "the size \(name) is \(value), less than 0"
    case .guardFailed(let condition, let lhs, let rhs, let operation, let origin):
      let line = operation != nil && origin.line > 0 ? ", line \(origin.line)" : ""
      // A number says its value itself.
      let found = [(condition.lhs, lhs), (condition.rhs, rhs)]
        .filter { side, _ in side.constantValue == nil }
        .map { side, value in "\(side) = \(value)" }
      return "\(operation ?? "the function")\(line) needs \(condition), found "
        + found.joined(separator: " and ")
    case .size(let error): return error.description
    case .memory(let needed, let limit):
      return "needs \(needed) bytes of memory, more than the limit of \(limit)"
    case .noMemory(let needed):
      return "needs \(needed) bytes of memory, which the system does not give"
    }
  }
}

/// A condition on sizes with the place that needs it.
struct PlacedGuard: Sendable {
  let condition: Guard
  let operation: String?
  let origin: Origin
}

/// How sizes follow from input shapes.
package struct SizeBinding: Sendable {
  let symbols: [String]
  let inputs: [(name: String, type: TensorType)]
  let guards: [PlacedGuard]
  /// For each symbol where it stands alone: input and axis.
  private let sources: [(input: Int, axis: Int)?]
  private let equations: SizeEquations
  private let range: SizeRange

  package init(_ graph: Graph, symbols: [String]) {
    let inputs = graph.inputs.map { (name: $0.name, type: graph.type(of: $0.value)) }
    self.symbols = symbols
    self.inputs = inputs
    equations = SizeEquations(graph)
    // What simplification needs no longer has no size, and no condition.
    let known = Set(symbols)
    range = SizeRange(graph, symbols: known)
    guards = graph.guards().filter { condition, _ in
      (condition.lhs.symbols + condition.rhs.symbols).allSatisfy(known.contains)
    }.map { condition, node in
      PlacedGuard(
        condition: condition, operation: node.map { graph.nodes[$0].calledName },
        origin: node.map { graph.nodes[$0].origin } ?? graph.constraintOrigins[condition] ?? .none)
    }
    sources = symbols.map { symbol in
      for (k, input) in inputs.enumerated() {
        if let axis = input.type.shape.firstIndex(of: .symbol(symbol)) { return (k, axis) }
      }
      return nil
    }
  }

  /// The sizes, in the order of `symbols`.
  ///
  /// - Parameter given: sizes bound by name; those the shapes tell must agree.
  package func sizes(
    _ shapes: [[Int]], _ given: [String: Int]
  ) throws(BindingError) -> [Int] {
    guard shapes.count == inputs.count else {
      throw .inputCount(needed: inputs.count, found: shapes.count)
    }
    var sizes: [Int?] = []
    for (k, symbol) in symbols.enumerated() {
      if let value = given.isEmpty ? nil : given[symbol] {
        sizes.append(value)
      } else if let source = sources[k], shapes[source.input].indices.contains(source.axis) {
        sizes.append(shapes[source.input][source.axis])
      } else {
        sizes.append(nil)
      }
    }
    if sizes.contains(nil) { solve(&sizes, shapes) }
    let missing = zip(symbols, sizes).compactMap { $1 == nil ? $0 : nil }
    if !missing.isEmpty {
      for (input, shape) in zip(inputs, shapes) where shape.count != input.type.rank {
        throw .rank(input: input.name, needed: input.type, found: shape)
      }
      throw unknown(missing, shapes)
    }
    let bound = sizes.compactMap { $0 }
    for (symbol, size) in zip(symbols, bound) where size < 0 { throw .negativeSize(symbol, size) }
    try check(shapes, bound)
    return bound
  }

  /// Sizes that stand nowhere alone; the check sees whether the answer holds.
  private func solve(_ sizes: inout [Int?], _ shapes: [[Int]]) {
    var equations = equations
    for (input, shape) in zip(inputs, shapes) where shape.count == input.type.rank {
      for (extent, found) in zip(input.type.shape, shape) { equations.add(extent, is: found) }
    }
    var known: [String: Int] = [:]
    for (symbol, size) in zip(symbols, sizes) { known[symbol] = size }
    let solved = equations.solved(known)
    sizes = symbols.map { solved[$0] }
  }

  /// Why sizes are not known: an extent to which no size leads, or nothing that tells them.
  /// - Parameter shapes: `nil` for inputs whose shapes the sizes will tell.
  package func unknown(_ missing: [String], _ shapes: [[Int]?]) -> BindingError {
    for (input, shape) in zip(inputs, shapes) {
      guard let shape, shape.count == input.type.rank else { continue }
      for (axis, extent) in input.type.shape.enumerated()
      where extent.symbols.count(where: missing.contains) == 1
        && !missing.contains(where: extent.rounds)
      {
        return .impossibleExtent(
          input: input.name, axis: axis, needed: extent, found: shape[axis], shape: shape)
      }
    }
    return .unknownSizes(missing)
  }

  private func check(_ shapes: [[Int]], _ sizes: [Int]) throws(BindingError) {
    for (input, shape) in zip(inputs, shapes) {
      guard shape.count == input.type.rank else {
        throw .rank(input: input.name, needed: input.type, found: shape)
      }
      for (axis, extent) in input.type.shape.enumerated() {
        let value = try evaluate(extent, sizes)
        if value != shape[axis] {
          throw .extent(
            input: input.name, axis: axis, needed: extent, value: value, found: shape[axis],
            shape: shape)
        }
      }
    }
    for placed in guards {
      let lhs = try evaluate(placed.condition.lhs, sizes)
      let rhs = try evaluate(placed.condition.rhs, sizes)
      if !placed.condition.holds(lhs, rhs) {
        throw .guardFailed(
          placed.condition, lhs: lhs, rhs: rhs, operation: placed.operation, origin: placed.origin)
      }
    }
    try range.check(sizes) { e throws(BindingError) in try evaluate(e, sizes) }
  }

  /// The value of an expression for sizes in the order of `symbols`.
  func evaluate(_ e: DimExpr, _ sizes: [Int]) throws(BindingError) -> Int {
    if let value = e.constantValue { return value }
    do {
      return try e.evaluate { name in
        for k in symbols.indices where symbols[k] == name { return sizes[k] }
        return nil
      }
    } catch {
      throw .size(error)
    }
  }
}
