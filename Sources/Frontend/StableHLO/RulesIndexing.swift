// Reading and writing at indices that are data.
import Graph

extension StableHLOElaborator {
  static let indexingRules: [String: HLORule] = [
    "stablehlo.dynamic_slice": HLORule(1...Int.max) { _, call in
      let sizes = try call.needed(call.integers("slice_sizes", "sizes"), "sizes")
      return try call.builder.apply(DynamicSlice(shape: sizes.map { DimExpr($0) }), call.operands)
    },
    "stablehlo.dynamic_update_slice": HLORule(2...Int.max) { _, call in
      try call.builder.apply(DynamicUpdate(), call.operands)
    },
    "stablehlo.gather": HLORule(2) { _, call in
      let sizes = try call.needed(call.integers("slice_sizes"), "slice_sizes")
      return [try call.gathered(sizes.map { DimExpr($0) })]
    },
    "stablehlo.dynamic_gather": HLORule(3) { _, call in [try call.gathered(call.sizes(2))] },
    "stablehlo.torch_index_select": HLORule(2) { _, call in
      let axis = try call.integer("dim") ?? 0
      guard try call.integer("batch_dims") ?? 0 == 0 else {
        throw call.unsupported("with batch axes")
      }
      let (x, places) = (call.operands[0], call.operands[1])
      let y = try call.builder.apply(
        Gather(axes: [axis], batch: 0, mode: .clamp),
        [x, places.inserted(extents: [1], at: places.rank)])[0]
      let order =
        Array(places.rank..<places.rank + axis) + Array(0..<places.rank)
        + Array(places.rank + axis..<y.rank)
      return [y.transposed(order)]
    },
    "stablehlo.scatter": HLORule(3) { elaborator, call in
      let element = call.operandElement(0)
      let region = try elaborator.scalarRegion(call.region(0), call, [element, element])
      return [try call.scattered(region)]
    },
  ]
}

extension HLOCall {
  fileprivate func gathered(_ sizes: [DimExpr]) throws -> Term {
    let numbers = try inside("dimension_numbers")
    let windows = try numbers.integers("offset_dims") ?? []
    let x = operands[0]
    let plan = try IndexPlan(
      x, operands[1],
      IndexPlan.Numbers(
        window: windows, collapsed: numbers.integers("collapsed_slice_dims") ?? [],
        batch: numbers.integers("operand_batching_dims") ?? [],
        indexBatch: numbers.integers("start_indices_batching_dims") ?? [],
        map: numbers.integers("start_index_map") ?? [],
        vectorAxis: numbers.integer("index_vector_dim") ?? 0),
      sizes: sizes, outside: .clamped)
    let slices = try builder.apply(
      Gather(axes: plan.axes, batch: 0, mode: .clamp), [x, plan.indices])[0]
    return plan.result(slices, windowsAt: windows)
  }

  fileprivate func scattered(_ region: ScalarRegion) throws -> Term {
    let numbers = try inside("scatter_dimension_numbers")
    let windows = try numbers.integers("update_window_dims") ?? []
    let collapsed = try numbers.integers("inserted_window_dims") ?? []
    let batch = try numbers.integers("input_batching_dims") ?? []
    let (x, updates) = (operands[0], operands[2])
    // A window has extent 1 along the axes that updates do not have.
    var window = windows.makeIterator()
    let sizes = try x.shape.indices.map { axis -> DimExpr in
      if collapsed.contains(axis) || batch.contains(axis) { return 1 }
      guard let place = window.next(), updates.shape.indices.contains(place) else {
        throw TypeRuleError("has dimension numbers that do not fit \(updates.type)")
      }
      return updates.shape[place]
    }
    let plan = try IndexPlan(
      x, operands[1],
      IndexPlan.Numbers(
        window: windows, collapsed: collapsed, batch: batch,
        indexBatch: numbers.integers("scatter_indices_batching_dims") ?? [],
        map: numbers.integers("scatter_dims_to_operand_dims") ?? [],
        vectorAxis: numbers.integer("index_vector_dim") ?? 0),
      sizes: sizes, outside: .dropped)
    let slices = plan.slices(updates, windowsAt: windows)
    let y = try combined(x, plan, slices, combine(region))
    return try wrapped(y)
  }

  private func combine(_ region: ScalarRegion) throws -> Scatter.Combine {
    if region.passed == 1 { return .set }
    let isBool = operands[0].dtype == .bool
    switch region.function {
    case .add?: return .add
    case .multiply?: return .multiply
    case .max?: return .max
    case .min?: return .min
    case .or? where isBool: return .max
    case .and? where isBool: return .min
    default:
      throw unsupported(
        "with this body", help: "set, add, multiply, maximum and minimum are known")
    }
  }

  private func combined(
    _ x: Term, _ plan: IndexPlan, _ slices: Term, _ combine: Scatter.Combine
  ) throws -> Term {
    func scatter(_ combine: Scatter.Combine, _ x: Term, _ u: Term) throws -> Term {
      try builder.apply(
        Scatter(axes: plan.axes, batch: 0, mode: .drop, combine: combine), [x, plan.indices, u])[0]
    }
    if plan.axes.isEmpty { return try wholeUpdate(x, slices, combine) }
    if x.dtype == .bool, combine != .set {
      return try scatter(combine, x.converted(to: .i32), slices.converted(to: .i32))
        .converted(to: .bool)
    }
    if combine == .multiply, x.dtype.isFloat, try flag("unique_indices") == true {
      // Each place has one factor, or 1; so there is a derivative.
      let ones = x.literal(1).broadcast(to: x.shape, axes: [])
      return x * (try scatter(.set, ones, slices))
    }
    return try scatter(combine, x, slices)
  }

  /// One window that is the whole operand.
  private func wholeUpdate(
    _ x: Term, _ slices: Term, _ combine: Scatter.Combine
  ) throws -> Term {
    let u = slices.reshaped(to: x.shape)
    switch combine {
    case .set: return u
    case .add: return x + u
    case .multiply: return x * u
    case .max: return apply(.max, x, u)
    case .min: return apply(.min, x, u)
    }
  }
}
