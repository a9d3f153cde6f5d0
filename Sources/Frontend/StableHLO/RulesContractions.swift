// Products with sums: dot products of every kind, and convolution.
import Graph

extension StableHLOElaborator {
  static let contractionRules: [String: HLORule] = [
    "stablehlo.dot": HLORule(2) { _, call in
      let (a, b) = (call.operands[0], call.operands[1])
      return [try call.product([Swift.max(a.rank - 1, 0)], [0], [], [])]
    },
    "stablehlo.dot_general": HLORule(2) { _, call in
      let numbers = try call.inside("dot_dimension_numbers")
      let contracting = try call.sides("contracting_dims")
      let batch = try call.sides("batching_dims")
      return [
        try call.product(
          contracting?[0] ?? numbers.integers("lhs_contracting_dimensions") ?? [],
          contracting?[1] ?? numbers.integers("rhs_contracting_dimensions") ?? [],
          batch?[0] ?? numbers.integers("lhs_batching_dimensions") ?? [],
          batch?[1] ?? numbers.integers("rhs_batching_dimensions") ?? [])
      ]
    },
    "stablehlo.convolution": HLORule(2) { _, call in [try call.convolved(padding: nil)] },
    "stablehlo.dynamic_conv": HLORule(3) { _, call in
      let flat = try call.sizes(2)
      let padding = stride(from: 0, to: flat.count - 1, by: 2).map { [flat[$0], flat[$0 + 1]] }
      return [try call.convolved(padding: padding)]
    },
  ]
}

extension HLOCall {
  /// `[left] x [right]`
  fileprivate func sides(_ name: String) throws -> [[Int]]? {
    guard let found = attribute(name) else { return nil }
    guard case .lists(let lists) = found.kind, lists.count == 2 else {
      throw Diagnostic("expected [axes] x [axes]", at: found.span)
    }
    return try lists.map {
      try integers(MLIRAttribute(kind: .list($0), span: found.span))
    }
  }

  fileprivate func product(
    _ leftContracting: [Int], _ rightContracting: [Int], _ leftBatch: [Int], _ rightBatch: [Int]
  ) throws -> Term {
    // The result may have another type than the operands, in which the sums are then made.
    let dtype = try dtype()
    let term = try builder.apply(
      Dot(
        leftContracting: leftContracting, rightContracting: rightContracting,
        leftBatch: leftBatch, rightBatch: rightBatch),
      operands.map { $0.converted(to: dtype) })[0]
    return try wrapped(term)
  }

  // MARK: - Convolution

  /// Where batch, channels and space are: `[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`.
  private struct Layout {
    /// The axes in the order batch, channels, space; for the kernel channels out, in, space.
    var input: [Int]
    var kernel: [Int]
    var output: [Int]
  }

  private func layout() throws -> Layout {
    guard let found = attribute("dimension_numbers", "dim_numbers"),
      case .lists(let lists) = found.kind, lists.count == 3
    else { throw TypeRuleError("needs dimension numbers: [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]") }
    func axes(_ list: [MLIRAttribute], _ first: String, _ second: String) throws -> [Int] {
      var named: [String: Int] = [:]
      var space: [Int: Int] = [:]
      for (axis, item) in list.enumerated() {
        switch item.kind {
        case .word(let word): named[word] = axis
        case .integer(let place): space[place] = axis
        default: break
        }
      }
      guard let a = named[first], let b = named[second], space.count == list.count - 2,
        space.keys.sorted() == Array(0..<space.count)
      else {
        throw Diagnostic(
          "expected \(first), \(second) and the numbers from 0 on, each once", at: found.span)
      }
      return [a, b] + (0..<space.count).compactMap { space[$0] }
    }
    return Layout(
      input: try axes(lists[0], "b", "f"), kernel: try axes(lists[1], "o", "i"),
      output: try axes(lists[2], "b", "f"))
  }

  fileprivate func convolved(padding dynamic: [[DimExpr]]?) throws -> Term {
    let layout = try layout()
    let window = try inside("window")
    let rank = layout.input.count - 2
    guard operands[0].rank == rank + 2, operands[1].rank == rank + 2 else {
      throw TypeRuleError(
        "needs operands of rank \(rank + 2), found \(operands[0].type) and \(operands[1].type)")
    }
    let ones = [Int](repeating: 1, count: rank)
    let strides = try window.integers("window_strides", "stride") ?? ones
    let padding = try window.pairs("padding", "pad") ?? ones.map { _ in [0, 0] }
    let inner = try window.integers("lhs_dilation", "lhs_dilate") ?? ones
    let outer = try window.integers("rhs_dilation", "rhs_dilate") ?? ones
    let reversed = try window.integers("window_reversal", "reverse") ?? ones.map { _ in 0 }
    let groups = try integer("feature_group_count") ?? 1
    let batchGroups = try integer("batch_group_count") ?? 1
    guard [strides, inner, outer, reversed].allSatisfy({ $0.count == rank }),
      padding.allSatisfy({ $0.count == 2 }), groups > 0, batchGroups > 0
    else { throw TypeRuleError("needs \(rank) entries in each part of its window") }
    if groups > 1, batchGroups > 1 {
      throw TypeRuleError("has groups of channels or of the batch, not both")
    }

    let dtype = try dtype()
    var x = operands[0].converted(to: dtype).transposed(layout.input)
    var w = operands[1].converted(to: dtype).transposed(layout.kernel)
    let flipped = (0..<rank).filter { reversed[$0] != 0 }.map { $0 + 2 }
    if !flipped.isEmpty { w = builder.applying(Reverse(axes: flipped), [w]) }
    if batchGroups > 1 {
      // Groups of the batch become groups of channels: [G·n, c, …] → [n, G·c, …].
      let count = DimExpr(batchGroups)
      let each = DimExpr.floorDiv(x.shape[0], count)
      let split = x.reshaped(to: [count, each] + x.shape.dropFirst())
      x = split.moved(axis: 0, to: 1).reshaped(
        to: [each, count * x.shape[1]] + x.shape.dropFirst(2))
    }
    let y = try builder.apply(
      Convolution(
        role: .output, strides: strides.map { DimExpr($0) },
        padding: dynamic ?? padding.map { $0.map { DimExpr($0) } },
        inputDilation: inner.map { DimExpr($0) }, dilation: outer.map { DimExpr($0) },
        groups: DimExpr(max(groups, batchGroups)), shape: []), [x, w])[0]
    return y.transposed(
      layout.output.indices.map { axis in
        layout.output.firstIndex(of: axis) ?? axis
      })
  }
}
