// Convolution in any number of dimensions, with its two transposes as one family: input x[n, g·c, p],
// kernel w[g·o, c, k] and output y[n, g·o, q] are tied by
//
//     p·inputDilation + padding = q·stride + k·dilation
//
// and each of the three is the sum of products of the two others over the pairs that meet. So the
// derivatives of every member are members, to any order.

/// One side of the convolution relation from the two others.
package struct Convolution: Operation {
  package enum Role: String, Sendable, CaseIterable {
    /// y from x and w.
    case output = "conv"
    /// x from y and w.
    case input = "conv_input"
    /// w from x and y.
    case kernel = "conv_kernel"
  }

  package let role: Role
  package let strides: [DimExpr]
  package let padding: [[DimExpr]]
  package let inputDilation: [DimExpr]
  package let dilation: [DimExpr]
  package let groups: DimExpr
  /// The spatial extents of the result, where the operands do not tell them.
  package let shape: [DimExpr]

  package init(
    role: Role, strides: [DimExpr], padding: [[DimExpr]], inputDilation: [DimExpr],
    dilation: [DimExpr], groups: DimExpr, shape: [DimExpr]
  ) {
    self.role = role
    self.strides = strides
    self.padding = padding
    self.inputDilation = inputDilation
    self.dilation = dilation
    self.groups = groups
    self.shape = shape
  }

  package var name: String { role.rawValue }
  package var attributes: [Attribute] {
    let common = [
      Attribute("strides", .dims(strides)), Attribute("padding", .dimLists(padding)),
      Attribute("input_dilation", .dims(inputDilation)), Attribute("dilation", .dims(dilation)),
      Attribute("groups", .dim(groups)),
    ]
    return role == .output ? common : common + [Attribute("shape", .dims(shape))]
  }

  private var spatialRank: Int { strides.count }

  private func with(_ role: Role, shape: [DimExpr], groups: DimExpr? = nil) -> Convolution {
    Convolution(
      role: role, strides: strides, padding: padding, inputDilation: inputDilation,
      dilation: dilation, groups: groups ?? self.groups, shape: shape)
  }

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    let (a, b) = (operands[0], operands[1])
    let rank = spatialRank + 2
    guard a.dtype == b.dtype, a.dtype.isFloat, a.rank == rank, b.rank == rank else {
      throw TypeRuleError(
        "\(name) needs two float operands of rank \(rank), found \(a) and \(b)",
        help: "inputs are [batch, channels, …], kernels [channels out, channels in, …]")
    }
    guard padding.count == spatialRank, padding.allSatisfy({ $0.count == 2 }),
      inputDilation.count == spatialRank, dilation.count == spatialRank
    else { throw TypeRuleError("\(name) needs \(spatialRank) pairs of padding and dilations") }
    if role != .output && shape.count != spatialRank {
      throw TypeRuleError("\(name) needs \(spatialRank) extents as its shape, found \(shape.count)")
    }
    if let known = groups.constantValue, known < 1 {
      throw TypeRuleError("\(name) needs at least one group, found \(known)")
    }
    let result: [DimExpr]
    switch role {
    case .output:
      result = [a.shape[0], b.shape[0]] + outputExtents(a.shape.dropFirst(2), b.shape.dropFirst(2))
    case .input: result = [a.shape[0], b.shape[1] * groups] + shape
    case .kernel: result = [b.shape[1], a.shape[1].quotient(by: groups)] + shape
    }
    for condition in guards(of: operands) where condition.decided == false {
      throw TypeRuleError("\(name) of \(a) and \(b) needs \(condition)")
    }
    return [a.with(shape: result)]
  }

  /// How many steps of a kernel an input has room for, on each spatial axis.
  private func outputExtents(
    _ input: ArraySlice<DimExpr>, _ kernel: ArraySlice<DimExpr>
  ) -> [DimExpr] {
    zip(input, kernel).enumerated().map { d, extents in
      let reach = dilation[d] * (extents.1 - 1) + 1
      let room = inputDilation[d] * (extents.0 - 1) + 1 + padding[d][0] + padding[d][1]
      return .max(.floorDiv(room - reach + strides[d], strides[d]), 0)
    }
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    let (a, b) = (operands[0].shape, operands[1].shape)
    guard a.count == spatialRank + 2, b.count == spatialRank + 2 else { return [] }
    var guards: [Guard] = []
    /// The groups divide a number of channels. No division where factors cancel: a batch of 0
    /// makes 0 groups of 0 channels.
    func areDivided(_ channels: DimExpr) -> Guard {
      Guard(channels.quotient(by: groups) * groups, .equal, channels)
    }
    switch role {
    case .output: guards = [Guard(b[1] * groups, .equal, a[1]), areDivided(b[0])]
    case .input:
      guards = [Guard(a[1], .equal, b[0]), areDivided(b[0])]
      guards += zip(a.dropFirst(2), outputExtents(shape[...], b.dropFirst(2))).map {
        Guard($0, .equal, $1)
      }
    case .kernel:
      guards = [Guard(a[0], .equal, b[0]), areDivided(b[1]), areDivided(a[1])]
      guards += zip(b.dropFirst(2), outputExtents(a.dropFirst(2), shape[...])).map {
        Guard($0, .equal, $1)
      }
    }
    guards += (strides + inputDilation + dilation).map { Guard(1, .lessOrEqual, $0) }
    return guards.filter { $0.decided != true }
  }

  package func jvp(_ rule: JVPRule) throws -> [Term?] {
    let (a, b) = (rule.operands[0], rule.operands[1])
    return [
      sum([
        rule.tangents[0].map { rule.builder.applying(self, [$0, b]) },
        rule.tangents[1].map { rule.builder.applying(self, [a, $0]) },
      ])
    ]
  }
  package func transpose(_ rule: TransposeRule) throws -> [Term?] {
    let (a, b, ct) = (rule.operands[0], rule.operands[1], rule.cotangent)
    func spatial(_ t: Term) -> [DimExpr] { Array(t.shape.dropFirst(2)) }
    func make(_ role: Role, like t: Term, _ left: Term, _ right: Term) -> Term {
      rule.builder.applying(with(role, shape: role == .output ? [] : spatial(t)), [left, right])
        .reshaped(to: t.shape)
    }
    var result: [Term?] = [nil, nil]
    // (role, operand) → the role of the operand, and which two make it.
    switch role {
    case .output:
      if rule.linear[0] { result[0] = make(.input, like: a, ct, b) }
      if rule.linear[1] { result[1] = make(.kernel, like: b, a, ct) }
    case .input:
      if rule.linear[0] { result[0] = make(.output, like: a, ct, b) }
      if rule.linear[1] { result[1] = make(.kernel, like: b, ct, a) }
    case .kernel:
      if rule.linear[0] { result[0] = make(.input, like: a, b, ct) }
      if rule.linear[1] { result[1] = make(.output, like: b, a, ct) }
    }
    return result
  }

  package func batch(_ rule: BatchRule) throws -> [Term] {
    // The extra axis becomes part of the groups: [B, n, g·c, …] → [n, B·g·c, …] and
    // [B, g·o, c, …] → [B·g·o, c, …]; the result is taken apart the same way.
    let (a, b) = (rule.withAxis(0), rule.withAxis(1))
    func image(_ t: Term) -> Term {
      let moved = t.moved(axis: 0, to: 1)
      return moved.reshaped(
        to: [moved.shape[0], moved.shape[1] * moved.shape[2]] + moved.shape.dropFirst(3))
    }
    func kernel(_ t: Term) -> Term {
      t.reshaped(to: [t.shape[0] * t.shape[1]] + t.shape.dropFirst(2))
    }
    let type = try resultTypes(of: [rule.elementType(0), rule.elementType(1)])[0]
    let wide = with(role, shape: shape, groups: groups * rule.extent)
    let operands =
      switch role {
      case .output, .input: [image(a), kernel(b)]
      case .kernel: [image(a), image(b)]
      }
    let y = try rule.builder.apply(wide, operands)[0]
    if role == .kernel { return [y.reshaped(to: [rule.extent] + type.shape)] }
    return [
      y.reshaped(to: [type.shape[0], rule.extent] + type.shape.dropFirst()).moved(axis: 1, to: 0)
    ]
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    let s = spatialRank
    let result = results[0].shape
    // The result's axes come first: 0, 1 and the spatial 2 ..< s+2; then the folded ones.
    let f = s + 2
    let own = (0..<s).map { DimExpr.index(2 + $0) }
    let inner = (0..<s).map { DimExpr.index(f + 1 + $0) }
    var conditions: [IndexCondition] = []
    /// The place that meets two others, by solving the relation for it.
    func solve(_ numerator: DimExpr, by divisor: DimExpr, below extent: DimExpr) -> DimExpr {
      conditions.append(IndexCondition(0, .lessOrEqual, numerator))
      if !divisor.isOne {
        conditions.append(IndexCondition(.mod(numerator, divisor), .equal, 0))
      }
      let place = DimExpr.floorDiv(numerator, divisor)
      conditions.append(IndexCondition(place, .less, extent))
      return place
    }
    func x(_ d: Int, q: DimExpr, k: DimExpr, in extent: DimExpr) -> DimExpr {
      solve(q * strides[d] + k * dilation[d] - padding[d][0], by: inputDilation[d], below: extent)
    }
    let (a, b) = (operands[0].shape, operands[1].shape)
    var domain = result
    let left: [DimExpr]
    let right: [DimExpr]
    switch role {
    case .output:
      let perGroup = b[0].quotient(by: groups)
      domain += [b[1]] + b.dropFirst(2)
      let group = groups.isOne ? 0 : DimExpr.floorDiv(.index(1), perGroup)
      let p = (0..<s).map { x($0, q: own[$0], k: inner[$0], in: a[$0 + 2]) }
      left = [.index(0), group * b[1] + .index(f)] + p
      right = [.index(1), .index(f)] + inner
    case .input:
      // q·stride = p·inputDilation + padding − k·dilation
      let perGroup = b[0].quotient(by: groups)
      domain += [perGroup] + b.dropFirst(2)
      let group = groups.isOne ? 0 : DimExpr.floorDiv(.index(1), b[1])
      let channel = groups.isOne ? DimExpr.index(1) : .mod(.index(1), b[1])
      let q = (0..<s).map { d in
        solve(
          own[d] * inputDilation[d] + padding[d][0] - inner[d] * dilation[d], by: strides[d],
          below: a[d + 2])
      }
      left = [.index(0), group * perGroup + .index(f)] + q
      right = [group * perGroup + .index(f), channel] + inner
    case .kernel:
      let perGroup = b[1].quotient(by: groups)
      domain += [a[0]] + b.dropFirst(2)
      let group = groups.isOne ? 0 : DimExpr.floorDiv(.index(0), perGroup)
      let p = (0..<s).map { x($0, q: inner[$0], k: own[$0], in: a[$0 + 2]) }
      left = [.index(f), group * result[1] + .index(1)] + p
      right = [.index(f), .index(0)] + inner
    }
    let product = ScalarExpr.apply(.multiply, [.operand(0, left), .operand(1, right)])
    let zero = Scalar(0.0, operands[0].dtype)
    return .fold(
      Comprehension(domain: domain, values: [.state(0)]), over: Array(f..<domain.count),
      states: [
        FoldState(
          initial: zero,
          update: .apply(
            .add, [.state(0), .guarded(conditions, then: product, otherwise: .literal(zero))]))
      ])
  }

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let g = try call.size(groups)
    let stride = try strides.map(call.size)
    let low = try padding.map { try call.size($0[0]) }
    let inner = try inputDilation.map(call.size)
    let outer = try dilation.map(call.size)
    let (dtype, shape) = call.results[0]
    let s = spatialRank
    // Shapes of x, w, y in the relation.
    let shapes =
      switch role {
      case .output: [call.operands[0].shape, call.operands[1].shape, shape]
      case .input: [shape, call.operands[1].shape, call.operands[0].shape]
      case .kernel: [call.operands[0].shape, shape, call.operands[1].shape]
      }
    var sums = [Double](repeating: 0, count: shape.reduce(1, *))
    let perGroup = shapes[1][0] / Swift.max(g, 1)
    forEachIndex(in: shapes[2]) { y in
      forEachIndex(in: [shapes[1][1]] + shapes[1].dropFirst(2)) { w in
        var x = [y[0], (y[1] / Swift.max(perGroup, 1)) * shapes[1][1] + w[0]]
        for d in 0..<s {
          let numerator = y[d + 2] * stride[d] + w[d + 1] * outer[d] - low[d]
          guard numerator >= 0, numerator % inner[d] == 0, numerator / inner[d] < shapes[0][d + 2]
          else { return }
          x.append(numerator / inner[d])
        }
        let kernel = [y[1]] + w
        let (a, b) = (call.operands[0], call.operands[1])
        switch role {
        case .output: sums[position(of: y, in: shape)] += a[x].real * b[kernel].real
        case .input: sums[position(of: x, in: shape)] += a[y].real * b[kernel].real
        case .kernel: sums[position(of: kernel, in: shape)] += a[x].real * b[y].real
        }
      }
    }
    return [Tensor(doubles: sums, dtype: dtype, shape: shape)]
  }
}

extension Convolution {
  static let entries = Role.allCases.map { role in
    Entry(
      role.rawValue,
      [
        .operand(role == .input ? "y" : "x"), .operand(role == .kernel ? "y" : "w"),
        Parameter("strides", .dims, default: "all 1"),
        Parameter("padding", .dimLists, default: "all [0, 0]"),
        Parameter("dilation", .dims, default: "all 1"),
        Parameter("input_dilation", .dims, default: "all 1"),
        Parameter("groups", .dim, default: "1"),
      ] + (role == .output ? [] : [Parameter("shape", .dims)]),
      role.details, examples: role.examples
    ) { call in
      let rank = Swift.max(call.operands[0].rank - 2, 0)
      let ones = [DimExpr](repeating: 1, count: rank)
      return try call.apply(
        Convolution(
          role: role, strides: call.dims("strides") ?? ones,
          padding: call.dimLists("padding") ?? [[DimExpr]](repeating: [0, 0], count: rank),
          inputDilation: call.dims("input_dilation") ?? ones,
          dilation: call.dims("dilation") ?? ones, groups: call.dim("groups") ?? 1,
          shape: call.dims("shape") ?? []))
    }
  }
}

extension Convolution.Role {
  fileprivate var details: String {
    switch self {
    case .output:
      """
      Convolution (without flipping the kernel): `y[n, o, q] = Σ x[n, c, p]·w[o, c, k]` over all \
      c, k with `p·input_dilation + low = q·stride + k·dilation`.

      `x: [batch, channels, …]`, `w: [channels out, channels in / groups, …]`, any number of \
      spatial axes; `padding=[[low, high], …]` counts zeros (negative amounts cut off).
      """
    case .input:
      "The transpose of `conv` in its input: spreads `y` back through `w` to an input whose "
        + "spatial extents are `shape`. Also known as transposed convolution."
    case .kernel:
      "The transpose of `conv` in its kernel: correlates `x` with `y` to a kernel whose spatial "
        + "extents are `shape`."
    }
  }

  fileprivate var examples: [Example] {
    func make(
      _ strides: [DimExpr], _ padding: [[DimExpr]], _ inner: [DimExpr], _ outer: [DimExpr],
      _ groups: DimExpr, _ shape: [DimExpr]
    ) -> Convolution {
      Convolution(
        role: self, strides: strides, padding: padding, inputDilation: inner, dilation: outer,
        groups: groups, shape: shape)
    }
    switch self {
    case .output:
      return [
        Example(make([1], [[0, 0]], [1], [1], 1, []), [2, 3, "n" + 2], [4, 3, 2]),
        Example(make([2], [[1, 2]], [1], [2], 2, []), [1, 4, "n" + 3], [6, 2, 3]),
        Example(
          make([1, 2], [[1, 1], [0, -1]], [2, 1], [1, 1], 1, []), ["m", 2, 3, 5], [3, 2, 2, 3]),
      ]
    case .input:
      return [
        Example(
          make([2], [[1, 1]], [1], [1], 2, ["n" + 4]),
          [1, 4, .floorDiv("n" + 5, 2)], [4, 2, 3]),
        Example(
          make([1, 1], [[1, 0], [0, 0]], [1, 1], [1, 2], 1, [4, 5]), [2, 3, 4, 3], [3, 2, 2, 2]),
      ]
    case .kernel:
      return [
        Example(make([2], [[1, 1]], [1], [1], 2, [3]), ["m", 4, 6], ["m", 4, 3]),
        Example(
          make([1, 1], [[1, 0], [0, 0]], [1, 1], [1, 2], 1, [2, 2]), [2, 2, 4, 5], [2, 3, 4, 3]),
      ]
    }
  }
}
