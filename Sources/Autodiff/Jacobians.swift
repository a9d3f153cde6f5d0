// Jacobians as batched derivatives: by columns, one jvp for all directions of a variable, or by rows,
// one vjp for all directions of a result. Never a loop on the host.
import Graph

extension JacobianDirection {
  /// Whether a Jacobian of so many results by so many variables, counted in elements, is made by columns:
  /// the fewer directions where that can be told; one output a gradient is the common case.
  package func isByColumns(results: DimExpr, variables: DimExpr) -> Bool {
    switch self {
    case .forward: true
    case .reverse: false
    case .automatic: variables == results || (results - variables).isNonNegative
    }
  }
}

extension GraphBuilder {
  /// ∂target/∂variable of each target, `[target…, variable…]`, by one batched jvp.
  package func jacobianColumns(of targets: [Value], by variable: Value) throws -> [Term] {
    let type = term(variable).type
    let seed = addHidden(type)
    let tangents = try Tangents(self, of: targets, seeds: [variable: seed])
    let batched = try Batched(
      self, of: targets.compactMap { tangents[$0]?.value },
      seeds: [seed.value: basis(of: type)], extent: type.elementCount)
    return targets.map { target in
      let result = term(target)
      let shape = result.shape
      let column =
        tangents[target].flatMap { batched[$0.value] }
        ?? result.literal(0).broadcast(to: [type.elementCount] + shape, axes: [])
      // [variable, target…] → [target…, variable…]
      return column.moved(axis: 0, to: shape.count).reshaped(to: shape + type.shape)
    }
  }

  /// ∂target/∂variable by each variable, `[target…, variable…]`, by one batched vjp. A variable that
  /// stands there twice has the whole derivative in both places.
  package func jacobianRows(of target: Value, by variables: [Value]) throws -> [Term] {
    let type = term(target).type
    let received = addHidden(type)
    let made = try cotangents(of: [target], [received], by: variables)
    let batched = try Batched(
      self, of: made.map(\.value), seeds: [received.value: basis(of: type)],
      extent: type.elementCount)
    return made.map { ct in
      let row =
        batched[ct.value]
        ?? ct.literal(0).broadcast(to: [type.elementCount] + ct.shape, axes: [])
      return row.converted(to: type.dtype).reshaped(to: type.shape + ct.shape)
    }
  }

  /// Cotangents of variables for given cotangents of targets; zeros where nothing depends on one. A
  /// variable that stands there twice has the whole cotangent in both places.
  package func cotangents(
    of targets: [Value], _ received: [Term], by variables: [Value]
  ) throws -> [Term] {
    let seeds = variables.map { addHidden(term($0).type) }
    let tangents = try Tangents(
      self, of: targets,
      seeds: Dictionary(zip(variables, seeds), uniquingKeysWith: { $0 + $1 }))
    var outputs: [(tangent: Value, cotangent: Term)] = []
    for (target, cotangent) in zip(targets, received) {
      if let tangent = tangents[target] { outputs.append((tangent.value, cotangent)) }
    }
    let made = try Cotangents(self, inputs: seeds.map(\.value), outputs: outputs)
    let results = seeds.map { made[$0.value] ?? $0.zeros }
    // A rule of a program may be anything.
    try graph.checkTransposed(
      results.map(\.value), of: "a rule for tangents", in: seeds.map(\.value))
    return results
  }
}
