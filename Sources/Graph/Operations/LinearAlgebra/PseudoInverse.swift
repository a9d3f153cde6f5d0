// The inverse of Moore and Penrose, of matrices of any shape and rank. An operation of its own, since its
// derivative along matrices of the same rank exists where that of the singular vectors does not.

/// `P = V·diag(1/s)·Uᵀ`, where singular values up to rtol times the largest one count as 0.
package struct PseudoInverse: Operation {
  package init() {}

  package var name: String { "pseudo_inverse" }
  package var isComposed: Bool { true }
  package var failure: String? { SVD().failure }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let shape = try MatrixShape(operands[0], for: name)
    guard operands[1] == TensorType(operands[0].dtype) else {
      throw TypeRuleError(
        "\(name) needs a scalar \(operands[0].dtype) for rtol, found \(operands[1])")
    }
    return [operands[0].with(shape: shape.batch + [shape.columns, shape.rows])]
  }

  /// Golub and Pereyra: dP = −P·dA·P + P·Pᵀ·dAᵀ·(I − A·P) + (I − P·A)·dAᵀ·Pᵀ·P.
  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    if rule.tangents[1] != nil {
      throw DerivativeError(name, "has no derivative by rtol: the rank does not vary with it")
    }
    guard let dA = rule.tangents[0] else { return [nil] }
    let (a, p) = (rule.operands[0], rule.results[0])
    let left = p.times(p.flipped.times(dA.flipped))
    let right = dA.flipped.times(p.flipped).times(p)
    return [
      (left - left.times(a).times(p)) + (right - p.times(a.times(right)))
        - p.times(dA).times(p)
    ]
  }

  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    throw DerivativeError(name, "is not linear")
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    // One rtol serves a batch of matrices; several go through it one by one.
    if rule.batched[1] { return try overElements(of: rule) }
    return try rule.builder.apply(self, rule.operands)
  }

  package func expansion(_ operands: [Term], in builder: GraphBuilder) throws -> [Term]? {
    let made = try builder.apply(SVD(), [operands[0]])
    let (u, s, vt) = (made[0], made[1], made[2])
    let axis = s.rank - 1
    let least = (s.reduce(.max, over: [axis]) * operands[1])
      .inserted(extents: [s.shape[axis]], at: axis)
    let isKept = s > least
    let inverse = choose(isKept, 1 / choose(isKept, s, 1), 0)
    return [inverse.scalingColumns(of: vt.flipped).times(u.flipped)]
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    preconditionFailure("\(name) is expanded before it is lowered")
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let (a, rtol) = (call.operands[0], call.operands[1][0].real)
    let batch = Array(a.shape.dropLast(2))
    let (m, n) = (a.shape[a.shape.count - 2], a.shape[a.shape.count - 1])
    let k = Swift.min(m, n)
    let parts = try SVD().evaluate(
      ReferenceCall(
        operands: [a],
        results: [
          (a.dtype, batch + [m, k]), (a.dtype, batch + [k]), (a.dtype, batch + [k, n]),
        ], place: call.place, size: call.size))
    return [
      Tensor(a.dtype, call.results[0].shape) { index in
        let member = Array(index.dropLast(2))
        let (i, j) = (index[index.count - 2], index[index.count - 1])
        let least = rtol * (k == 0 ? 0 : parts[1][member + [0]].real)
        var sum = 0.0
        for l in 0..<k where parts[1][member + [l]].real > least {
          sum +=
            parts[2][member + [l, i]].real * parts[0][member + [j, l]].real
            / parts[1][member + [l]].real
        }
        return Scalar(sum, a.dtype)
      }
    ]
  }

  static let entry = Entry(
    "pseudo_inverse", [.operand("A"), .operand("rtol")],
    """
    The Moore–Penrose inverse of a matrix, `[…, m, n]` of any shape to `[…, n, m]`.

    Singular values up to `rtol` (a scalar) times the largest one count as 0. The derivative is that \
    along matrices of the same rank. `pinv` chooses rtol.
    """,
    examples: [
      Example(
        PseudoInverse(),
        [.init(.f64, ["m", "n"], in: -0.3...0.3, diagonal: 1), .init(.f64, [], in: 1e-7...1e-6)],
        tolerance: 1e-9),
      Example(
        PseudoInverse(),
        [
          .init(.f64, [2, "m", 3], in: -0.3...0.3, diagonal: 1), .init(.f64, [], in: 1e-7...1e-6),
        ], tolerance: 1e-9),
    ]
  ) { call in try call.apply(PseudoInverse()) }
}
