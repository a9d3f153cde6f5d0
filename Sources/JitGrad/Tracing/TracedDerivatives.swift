// Derivatives of traced tensors: the part of the trace that varies is written into a graph, the walks
// of Graph/Transforms add tangents and cotangents to it, and what is new is lifted to nodes. So the
// derivative uses the nodes of the function itself, and both evaluated together compute each once.
import Autodiff
import Graph

extension TracedTensor {
  /// The gradient of a scalar.
  ///
  /// - Parameter wrt: an input, data, or any tensor this one is made of, in which case what made that
  ///   one is held fixed.
  /// - Returns: a tensor of the type of `wrt`; zeros where nothing depends on it.
  /// - Throws: `TraceError` where this is no float scalar, could not be built, or is made of a
  ///   `checkpoint` that replaced `wrt`, and where `wrt` is a literal; `DerivativeError` where an
  ///   operation has no derivative.
  public func grad(wrt: TracedTensor) throws -> TracedTensor { try grad(wrt: [wrt])[0] }

  /// The gradient of a scalar by all tensors of a tree, in one pass.
  ///
  /// Where one of them is made of another, the gradient by the other counts the way through it, as
  /// if something were added to each where it is made. A tensor that stands there twice has the same
  /// gradient in both places. Inputs of one name are one input.
  /// - Throws: as the gradient by one tensor.
  public func grad<Tree: TensorTree>(wrt tree: Tree) throws -> Tree {
    guard rank == 0, dtype.isFloat else {
      if let failure { throw failure }
      throw TraceError(
        "grad", "needs a scalar float, found \(type)",
        help: "sum it, or use vjp with a cotangent, or jacobian")
    }
    return try vjp(cotangent: TracedTensor.literal(1, dtype), wrt: tree)
  }

  /// The gradient of ⟨cotangent, self⟩ by all tensors of a tree, in one pass.
  /// - Parameters:
  ///   - cotangent: of the type of this tensor; it may be traced itself.
  ///   - tree: as for `grad`.
  /// - Throws: as `grad`; `TraceError` where the cotangent is of another type.
  public func vjp<Tree: TensorTree>(cotangent: TracedTensor, wrt tree: Tree) throws -> Tree {
    try TracedTensor.vjp(of: [self], cotangents: [cotangent], wrt: tree)
  }

  /// The gradient of Σ ⟨cotangent, output⟩ by all tensors of a tree, in one pass.
  /// - Parameters:
  ///   - outputs: several tensors, in a tree.
  ///   - cotangents: a tree of the same types; they may be traced themselves.
  ///   - tree: as for `grad`.
  /// - Throws: as `grad`; `TraceError` where a cotangent is not of the type of its output.
  public static func vjp<Outputs: TensorTree, Tree: TensorTree>(
    of outputs: Outputs, cotangents: Outputs, wrt tree: Tree
  ) throws -> Tree {
    let (results, given) = (outputs.leaves.map(\.tensor), cotangents.leaves.map(\.tensor))
    try check("vjp", results, given, "cotangent")
    var part = try VaryingPart("vjp", of: results, wrt: tree.leaves.map(\.tensor))
    let received = given.map { part.writer.leaf($0.value) }
    let made = try part.writer.builder.cotangents(
      of: part.values(results), received, by: part.variableValues())
    return tree.replacing(try part.lift(made))
  }

  /// The derivative along a direction.
  /// - Parameters:
  ///   - tree: the tensors that vary.
  ///   - tangent: the direction, a tree of the same types; it may be traced itself.
  /// - Returns: a tensor of the type of this one; zeros where it does not vary. The directions of a
  ///   tensor that stands in the tree twice add up.
  /// - Throws: as `grad`; `TraceError` where a tangent is of another type than what varies.
  public func jvp<Tree: TensorTree>(wrt tree: Tree, tangent: Tree) throws -> TracedTensor {
    try Self.jvp(of: self, wrt: tree, tangent: tangent)
  }

  /// The derivatives of several tensors along a direction, in one pass.
  /// - Parameters:
  ///   - outputs: several tensors, in a tree.
  ///   - tree: the tensors that vary.
  ///   - tangent: the direction, a tree of the same types as `tree`.
  /// - Returns: a tree of the types of `outputs`.
  /// - Throws: as the derivative of one tensor.
  public static func jvp<Outputs: TensorTree, Tree: TensorTree>(
    of outputs: Outputs, wrt tree: Tree, tangent: Tree
  ) throws -> Outputs {
    let (variables, directions) = (tree.leaves.map(\.tensor), tangent.leaves.map(\.tensor))
    let results = outputs.leaves.map(\.tensor)
    try check("jvp", variables, directions, "tangent")
    var part = try VaryingPart("jvp", of: results, wrt: variables)
    let seeds = directions.map { part.writer.leaf($0.value) }
    let tangents = try part.tangents(of: results, seeds)
    let terms = zip(results, tangents).map { $1 ?? part.writer.leaf($0.value).zeros }
    return outputs.replacing(try part.lift(terms))
  }

  /// The product of the Hessian of a scalar with a direction: the derivative of the gradient.
  /// - Throws: as `grad` and `jvp`.
  public func hvp<Tree: TensorTree>(wrt tree: Tree, tangent: Tree) throws -> Tree {
    try Self.jvp(of: grad(wrt: tree), wrt: tree, tangent: tangent)
  }

  /// All partial derivatives, as one batched derivative: `[shape of self…, shape of wrt…]`.
  ///
  /// - Parameters:
  ///   - wrt: as for `grad`.
  ///   - direction: by columns, by rows, or by what is fewer.
  /// - Returns: zeros where this tensor does not depend on `wrt`.
  /// - Throws: as `grad`; `TraceError` where this is no float.
  public func jacobian(
    wrt: TracedTensor, direction: JacobianDirection = .automatic
  ) throws -> TracedTensor {
    try Self.jacobian(of: self, wrt: wrt, direction: direction)[0]
  }

  /// All partial derivatives by all tensors of a tree.
  ///
  /// - Parameters:
  ///   - tree: as for `grad`.
  ///   - direction: by columns, by rows, or by what is fewer.
  /// - Returns: a tree of tensors `[shape of self…, shape of wrt…]`.
  /// - Throws: as by one tensor.
  public func jacobian<Tree: TensorTree>(
    wrt tree: Tree, direction: JacobianDirection = .automatic
  ) throws -> Tree {
    try Self.jacobian(of: self, wrt: tree, direction: direction)[0]
  }

  /// All partial derivatives of several tensors by all tensors of a tree: a Jacobian in blocks.
  ///
  /// - Parameters:
  ///   - outputs: several tensors, in a tree.
  ///   - tree: as for `grad`.
  ///   - direction: by columns, one batched derivative a tensor of `tree`; by rows, one a tensor of
  ///     `outputs`; or by what is fewer.
  /// - Returns: one tree a tensor of `outputs`, in the order of `leaves`, of tensors
  ///   `[shape of output…, shape of wrt…]`.
  /// - Throws: as by one tensor.
  public static func jacobian<Outputs: TensorTree, Tree: TensorTree>(
    of outputs: Outputs, wrt tree: Tree, direction: JacobianDirection = .automatic
  ) throws -> [Tree] {
    let (results, variables) = (outputs.leaves.map(\.tensor), tree.leaves.map(\.tensor))
    var part = try VaryingPart("jacobian", of: results, wrt: variables)
    if let other = results.first(where: { !$0.dtype.isFloat }) {
      throw TraceError("jacobian", "derivatives are of floats, found \(other.type)")
    }
    let (targets, sources) = (part.values(results), part.variableValues())
    let builder = part.writer.builder
    func count(_ tensors: [TracedTensor]) -> DimExpr {
      tensors.reduce(0) { $0 + $1.type.elementCount }
    }
    var rows: [[Term]]
    if direction.isByColumns(results: count(results), variables: count(variables)) {
      rows = targets.map { _ in [] }
      for source in sources {
        let column = try builder.jacobianColumns(of: targets, by: source)
        for k in rows.indices { rows[k].append(column[k]) }
      }
    } else {
      rows = try targets.map { try builder.jacobianRows(of: $0, by: sources) }
    }
    var blocks = try part.lift(rows.flatMap(\.self))[...]
    return rows.map { row in
      defer { blocks.removeFirst(row.count) }
      return tree.replacing(Array(blocks.prefix(row.count)))
    }
  }

  /// All second derivatives of a scalar: `[shape of wrt…, shape of wrt…]`.
  /// - Throws: as `grad`.
  public func hessian(wrt: TracedTensor) throws -> TracedTensor {
    try hessian(wrt: [wrt])[0][0]
  }

  /// All second derivatives of a scalar by all tensors of a tree: the Hessian in blocks.
  ///
  ///     let blocks = try loss.hessian(wrt: model)  // of a model with weights and a bias
  ///     blocks[0].bias                             // ∂²loss/∂weights∂bias
  ///
  /// - Returns: one tree a tensor of `tree`, in the order of `leaves`, of tensors
  ///   `[shape of that tensor…, shape of wrt…]`.
  /// - Throws: as `grad`.
  public func hessian<Tree: TensorTree>(wrt tree: Tree) throws -> [Tree] {
    try Self.jacobian(of: grad(wrt: tree), wrt: tree, direction: .forward)
  }

  private static func check(
    _ name: String, _ needed: [TracedTensor], _ given: [TracedTensor], _ what: String
  ) throws {
    for tensor in needed + given { if let failure = tensor.failure { throw failure } }
    guard needed.count == given.count else {
      throw TraceError(name, "needs \(needed.count) \(what)s, found \(given.count)")
    }
    for (tensor, other) in zip(needed, given) where tensor.type != other.type {
      throw TraceError(name, "needs a \(what) of type \(tensor.type), found \(other.type)")
    }
  }
}
