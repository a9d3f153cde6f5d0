// Reductions in sliding windows: pooling, running sums, and the derivative of pooling.
import Graph

extension StableHLOElaborator {
  static let windowRules: [String: HLORule] = [
    "stablehlo.reduce_window": HLORule(2...Int.max) { elaborator, call in
      guard call.operands.count.isMultiple(of: 2) else {
        throw TypeRuleError("needs an initial value for each operand")
      }
      let count = call.operands.count / 2
      return try elaborator.reducer(call, count).reduced(
        Array(call.operands[..<count]), Array(call.operands[count...]), in: Window(call))
    },
    "stablehlo.select_and_scatter": HLORule(3) { elaborator, call in
      let element = call.operandElement(0)
      let select = try elaborator.scalarRegion(call.region(0), call, [element, element])
      let scatter = try elaborator.scalarRegion(call.region(1), call, [element, element])
      guard scatter.function == .add else {
        throw call.unsupported("that does not add")
      }
      return [try call.selectedAndScattered(select)]
    },
  ]
}

extension Reducer {
  /// The operands reduced in every window.
  func reduced(
    _ x: [Term], _ initial: [Term], in window: Window
  ) throws -> [Term] {
    if let running = try cumulative(x, initial, window) { return [running] }
    let padded = try zip(x, initial).map { try window.padded($0, with: $1) }
    let counts = window.counts(padded[0].shape)
    if let function, x.count == 1, isExact(function, initial[0]) {
      // Axis by axis, since the function may take the elements in any order.
      var y = padded[0]
      for axis in window.sizes.indices {
        let alone = window.along(axis)
        if alone.sizes[axis] == 1, alone.strides[axis] == 1 { continue }
        let first = try alone.slice(y, at: y.shape.map { _ in 0 })
        if alone.sizes[axis] <= Window.unrolledLimit {
          y = try alone.places.dropFirst().reduce(first) {
            apply(function, $0, try alone.slice(y, at: $1))
          }
        } else {
          let start = initial[0].broadcast(to: alone.counts(y.shape), axes: [])
          y = try alone.folded([y], from: [start]) { sum, here, _, _ in
            [apply(function, sum[0], here[0])]
          }[0]
        }
      }
      return [try call.wrapped(y)]
    }
    let start = initial.map { $0.broadcast(to: counts, axes: []) }
    return try window.folded(padded, from: start, captured: region?.captured ?? []) {
      try combined($0, $1, $2, $3)
    }
  }

  /// The initial value changes nothing, so it may take part any number of times.
  private func isExact(_ function: ScalarFunction, _ initial: Term) -> Bool {
    [.add, .multiply, .max, .min, .and, .or].contains(function)
      && isIdentity(initial, function)
  }

  /// Windows that begin at the first element or end at the last one.
  private func cumulative(
    _ x: [Term], _ initial: [Term], _ window: Window
  ) throws -> Term? {
    let kinds: [(ScalarFunction, Cumulative.Kind)] = [
      (.add, .sum), (.multiply, .prod), (.max, .max), (.min, .min),
    ]
    guard x.count == 1, let function, isIdentity(initial[0], function),
      let kind = kinds.first(where: { $0.0 == function })?.1, x[0].dtype != .bool,
      window.strides.allSatisfy({ $0 == 1 }), window.dilations.allSatisfy({ $0 == 1 }),
      window.baseDilations.allSatisfy({ $0 == 1 })
    else { return nil }
    let axes = window.sizes.indices.filter { window.sizes[$0] != 1 }
    guard axes.count == 1, x[0].shape[axes[0]] == DimExpr(window.sizes[axes[0]]) else {
      return nil
    }
    let margin = window.sizes[axes[0]] - 1
    for (isReversed, pair) in [(false, [margin, 0]), (true, [0, margin])] {
      let isRunning = window.padding.indices.allSatisfy {
        window.padding[$0] == ($0 == axes[0] ? pair : [0, 0])
      }
      if isRunning {
        let y = try call.builder.apply(
          Cumulative(kind: kind, axis: axes[0], reversed: isReversed), x)[0]
        return try call.wrapped(y)
      }
    }
    return nil
  }
}

extension HLOCall {
  /// Each element of the source goes to the element of its window that is selected.
  fileprivate func selectedAndScattered(_ select: ScalarRegion) throws -> Term {
    let window = try Window(self)
    let (x, source, initial) = (operands[0], operands[1], operands[2])
    let largest: Double
    switch select.function {
    case .greaterEqual?, .greater?: largest = -.infinity
    case .lessEqual?, .less?: largest = .infinity
    default:
      throw unsupported("by this selection", help: "select the largest or the smallest element")
    }
    guard window.placeCount <= 1024 else {
      throw unsupported("with windows of more than 1024 places")
    }
    let padded = try window.padded(x, with: builder.constant(Scalar(largest, x.dtype)))
    let places = window.places
    // The best of each window, and where in the window it stands; of equal ones the first.
    var best = try window.slice(padded, at: places[0])
    var place = builder.constant(Scalar(0 as Int64, .i32)).broadcast(to: best.shape, axes: [])
    for (k, offset) in places.enumerated().dropFirst() {
      let other = try window.slice(padded, at: offset)
      let isBetter = largest < 0 ? other > best : other < best
      best = choose(isBetter, other, best)
      place = choose(isBetter, builder.constant(Scalar(Int64(k), .i32)), place)
    }
    var total: Term?
    for (k, offset) in places.enumerated() {
      let chosen = choose(place == Double(k), source, 0)
      let spread = try window.spread(chosen, at: offset, over: padded.shape)
      total = total.map { $0 + spread } ?? spread
    }
    let result = try window.cropped(total ?? padded)
    let isZero = builder.literal(initial.value)?.real == 0
    return isZero ? result : result + initial
  }
}
