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
      guard select.graph.outputs.map({ select.graph.type(of: $0.value) }) == [TensorType(.bool)]
      else { throw TypeRuleError("needs a selection that gives an i1") }
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
    guard x.count == 1, let function, isIdentity(initial[0], function),
      let kind = Cumulative.Kind(function), x[0].dtype != .bool,
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

extension Cumulative.Kind {
  /// The running form of a function.
  init?(_ function: ScalarFunction) {
    switch function {
    case .add: self = .sum
    case .multiply: self = .prod
    case .max: self = .max
    case .min: self = .min
    default: return nil
    }
  }
}

extension HLOCall {
  /// Each element of the source goes to the element of its window that is selected: the first one,
  /// until `select(selected, other)` is false. Margins take no part.
  fileprivate func selectedAndScattered(_ select: ScalarRegion) throws -> Term {
    let window = try Window(self)
    let (x, source, initial) = (operands[0], operands[1], operands[2])
    guard window.placeCount <= 1024 else {
      throw unsupported("with windows of more than 1024 places")
    }
    func number(_ value: Int) -> Term { builder.constant(Scalar(Int64(value), .i32)) }
    let padded = try window.padded(x, with: builder.constant(Scalar(0 as Int64, x.dtype)))
    let inside = try window.padded(
      builder.constant(Scalar(true)).broadcast(to: x.shape, axes: []),
      with: builder.constant(Scalar(false)))
    let places = window.places
    var selected = try window.slice(padded, at: places[0])
    // Where in its window it stands; -1 before there is one.
    var place = choose(try window.slice(inside, at: places[0]), number(0), number(-1))
    for (k, offset) in places.enumerated().dropFirst() {
      let other = try window.slice(padded, at: offset)
      let stays = try select.applied(to: [selected, other], in: builder)[0]
      let isBetter = apply(.or, apply(.not, stays), apply(.less, place, number(0)))
      let isNext = try window.slice(inside, at: offset) & isBetter
      selected = choose(isNext, other, selected)
      place = choose(isNext, number(k), place)
    }
    var total: Term?
    for (k, offset) in places.enumerated() {
      let chosen = choose(apply(.equal, place, number(k)), source, 0)
      let spread = try window.spread(chosen, at: offset, over: padded.shape)
      total = total.map { $0 + spread } ?? spread
    }
    let result = try window.cropped(total ?? padded)
    let isZero = builder.literal(initial.value)?.real == 0
    return try wrapped(isZero ? result : result + initial)
  }
}
