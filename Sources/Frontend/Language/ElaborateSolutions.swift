// Solutions of equations: root, fixed_point, argmin, solve. All but the linear ones become a Root,
// whose residual is made here: x − g(x) for a fixed point, the gradient for a least value.
import Graph

extension Elaborator {
  mutating func solution(_ id: SolutionID, _ expression: Expr, _ frame: inout Frame) -> Item {
    let syntax = tree[id]
    let name = syntax.unknown.binding.name
    if frame.symbols[name] != nil {
      report(
        "\(tree[name]) is a size and cannot be given a value",
        at: syntax.unknown.binding.nameSpan, help: "choose another name")
      return .invalid
    }
    guard let start = start(syntax, &frame) else { return .invalid }
    if guessing > 0 { return .term(frame.builder.addHidden(start.type)) }
    let (draft, x) = block(of: syntax, .term(start), &frame)
    return built(syntax, start, draft, x, expression, &frame)
  }

  /// The block with its unknown; where that is a number, as the number.
  private mutating func block(
    of syntax: SolutionSyntax, _ start: Item, _ frame: inout Frame
  ) -> (draft: Draft, unknown: Term?) {
    let name = syntax.unknown.binding.name
    frame.enter(GraphBuilder(name: syntax.form.rawValue), syntax.body)
    var unknown: Term?
    if let term = start.term {
      let input = frame.builder.addInput(tree[name], term.type)
      frame.values.set(name, .term(input))
      unknown = input
    } else {
      frame.values.set(name, start)
    }
    frame.usedNames.insert(tree[name])
    let (values, _) = lines(syntax.body, &frame)
    var draft = frame.leave()
    draft.values = values
    return (draft, unknown)
  }

  /// What is in front of the block, a float; a number takes the dtype of what the block gives.
  private mutating func start(_ syntax: SolutionSyntax, _ frame: inout Frame) -> Term? {
    let (binding, id) = (syntax.unknown.binding, syntax.unknown.start)
    let item = value(id, &frame)
    if item.isInvalid { return nil }
    var term: Term?
    if let type = binding.type {
      term = typed(item, type, binding.nameSpan, &frame)
    } else {
      var dtype = item.term?.dtype
      if case .tuple = item { dtype = .f64 }
      if dtype == nil {
        let hadErrors = frame.hasErrors
        guessing += 1
        let draft = caught { $0.block(of: syntax, item, &frame) }.result.draft
        guessing -= 1
        frame.hasErrors = hadErrors
        dtype = draft.values.first?.item.term?.dtype
      }
      term = self.term(
        item, dtype: dtype.map { $0.isFloat ? $0 : .f64 } ?? .f64, at: tree[id].span, frame)
    }
    if let found = term, !found.dtype.isFloat {
      report(
        "\(syntax.form.rawValue) is of floats, found \(found.type)", at: tree[id].span,
        help: "convert it: f64(…)")
      return nil
    }
    return term
  }

  private mutating func built(
    _ syntax: SolutionSyntax, _ start: Term, _ draft: Draft, _ x: Term?, _ expression: Expr,
    _ frame: inout Frame
  ) -> Item {
    if let failure = draft.builder.takeFailure() {
      reportFailure(failure, at: expression.span, expression.point)
      return .invalid
    }
    if draft.values.contains(where: { $0.item.isInvalid }) { return .invalid }
    guard let x, let part = draft.values.first, draft.values.count == 1 else {
      report(
        "\(syntax.form.rawValue) is of one array, and its block gives "
          + counted(draft.values.count, "value"), at: end(of: syntax.body),
        help: "several unknowns are put into one array: concatenate(…)")
      return .invalid
    }
    guard let made = term(part, dtype: x.dtype, in: draft, &frame) else { return .invalid }
    let name = tree[syntax.unknown.binding.name]
    let needed = syntax.form == .argmin ? TensorType(x.dtype) : x.type
    if made.type != needed {
      report(
        syntax.form == .argmin
          ? "argmin needs a scalar \(needed), found \(made.type)"
          : "\(name) is \(x.type), and the block gives \(made.type)",
        at: part.span,
        labels: [.init("\(name) is the unknown", at: syntax.unknown.binding.nameSpan)],
        help: syntax.form == .argmin
          ? made.dtype == needed.dtype ? "sum it: sum(…)" : "convert it: \(needed.dtype)(…)"
          : "an equation has as many parts as unknowns")
      return .invalid
    }
    do {
      let output = try equation(syntax.form, x, made)
      let (graphs, captured) = Self.closed([(draft, [("residual", output)])])
      let region = Region(graphs[0])
      if syntax.form == .solve, let obstacle = Linearity.obstacle(of: region) {
        report(
          obstacle.message(name), at: part.span,
          help: obstacle == .unseen
            ? "if it is linear, write linear_solve \(name) = …, which does not check"
            : "for other equations write root x = start { … }")
        return .invalid
      }
      switch syntax.form {
      case .root, .fixedPoint, .argmin:
        return apply(Root(residual: region), [start] + captured, expression, frame)
      case .solve, .linearSolve:
        return apply(LinearSolve(map: region), [start] + captured, expression, frame)
      }
    } catch {
      reportFailure(error, at: expression.span, expression.point)
      return .invalid
    }
  }

  /// What is 0, or what a linear map gives.
  private func equation(
    _ form: SolutionSyntax.Form, _ x: Term, _ made: Term
  ) throws -> Term {
    switch form {
    case .root, .solve, .linearSolve: return made
    case .fixedPoint: return x - made
    case .argmin:
      let builder = x.builder
      let direction = builder.addHidden(x.type)
      let tangents = try Tangents(builder, of: [made.value], seeds: [x.value: direction])
      guard let slope = tangents[made.value] else { return x.zeros }
      let gradient = try Cotangents(
        builder, inputs: [direction.value], outputs: [(slope.value, made.literal(1))])
      if let failure = builder.takeFailure() { throw failure }
      return gradient[direction.value] ?? x.zeros
    }
  }
}

/// Whether a map is linear in some of its inputs. It is where its derivative is the map itself; where
/// that is written another way, both are compared at random places.
package enum Linearity {
  /// What is in the way of a map that shall be linear in its first input; `nil` where nothing is.
  package static func obstacle(of map: Region) -> Obstacle? {
    guard let slope = try? slope(of: map, 0..<1) else { return .noDerivative }
    return obstacle(map, slope, 0..<1)
  }

  /// Why a rule is not linear in its directions, the last inputs, called by `names`; `nil` where it is,
  /// and where nothing tells: `RuleCheck` compares rules with linear maps.
  package static func problem(
    ofRule rule: Region, directions count: Int, _ names: String
  ) -> String? {
    let places = rule.graph.inputs.count - count..<rule.graph.inputs.count
    guard let slope = try? slope(of: rule, places) else { return nil }
    switch obstacle(rule, slope, places) {
    case nil, .unseen?, .noDerivative?: return nil
    case .shift?: return "it is not 0 where the \(names) are"
    case .bend?: return "its derivative depends on the \(names)"
    }
  }

  package enum Obstacle {
    /// A part that does not depend on the inputs.
    case shift
    /// The derivative is not the same everywhere.
    case bend
    case noDerivative
    /// Nothing shows that the map is linear, nor that it is not.
    case unseen

    /// What is wrong with a map that shall be linear in `name`.
    package func message(_ name: String) -> String {
      switch self {
      case .shift: "this is not linear in \(name): it is not 0 where \(name) is 0"
      case .bend: "this is not linear in \(name): its derivative depends on \(name)"
      case .noDerivative: "this is not linear in \(name): it has no derivative"
      case .unseen:
        "this could not be seen to be linear in \(name): it gives no numbers at small sizes and "
          + "random places"
      }
    }
  }

  private static func obstacle(
    _ map: Region, _ slope: Graph, _ places: Range<Int>
  ) -> Obstacle? {
    let behind = map.graph.inputs.count..<slope.inputs.count
    let isFree = !behind.contains { slope.readsInput($0) }
    if isFree, Region(slope.dropping(behind)) == map { return nil }
    if map.outputTypes.allSatisfy(\.elementCount.isZero) { return nil }
    if isFree || map.graph.hasRegions {
      switch agree(map.graph, slope, places) {
      case true?: return nil
      case nil: return .unseen
      case false?: break
      }
    }
    return isFree ? .shift : .bend
  }

  /// The inputs of the map with v in `places`, and behind them the x of these → ∂map/∂x v
  private static func slope(of map: Region, _ places: Range<Int>) throws -> Graph {
    let builder = GraphBuilder(name: map.graph.name)
    var inputs = map.addInputs(to: builder)
    let directions = inputs[places]
    for k in places { inputs[k] = builder.addInput("x\(k)", map.inputTypes[k]) }
    let outputs = try builder.inline(map.graph, inputs)
    let tangents = try Tangents(
      builder, of: outputs.map(\.value),
      seeds: Dictionary(uniqueKeysWithValues: zip(inputs[places].map(\.value), directions)))
    for (k, output) in outputs.enumerated() {
      builder.addOutput("slope\(k)", tangents[output.value] ?? output.zeros)
    }
    return try builder.finished().pruned()
  }

  /// Whether the map of v and its derivative along v, at another x, give the same at random places;
  /// `nil` where at none of them all that they give are numbers.
  private static func agree(_ map: Graph, _ slope: Graph, _ places: Range<Int>) -> Bool? {
    var random = SplitMix64(seed: 1)
    var isSeen = false
    for sizes in map.smallSizes {
      // Some maps want positive numbers, others matrices of a kind.
      for range in [-1...1, -1...1, 0.25...0.9, nil] as [ClosedRange<Double>?]
      where !isSeen || range == -1...1 {
        func inputs() -> [Tensor]? {
          range.map { map.smallInputs(sizes, $0, &random) }
            ?? map.smallDefiniteInputs(sizes, &random)
        }
        guard let v = inputs(), let x = inputs(), let a = try? map.smallRun(v, sizes),
          let b = try? slope.smallRun(v + x[places], sizes)
        else { continue }
        if zip(a, b).contains(where: differ) { return false }
        let elements = a.flatMap(\.doubles)
        if !elements.isEmpty, elements.allSatisfy(\.isFinite) { isSeen = true }
      }
    }
    return isSeen ? true : nil
  }

  /// Beyond what rounding makes of numbers up to 1, and what a loop makes that ends when it is near:
  /// slopes may be small, and what is small beside them is linear.
  private static func differ(_ a: Tensor, _ b: Tensor) -> Bool {
    let pairs = Array(zip(a.doubles, b.doubles))
    if pairs.contains(where: { $0.isFinite != $1.isFinite }) { return true }
    let scale = pairs.reduce(0) { $1.0.isFinite ? max($0, abs($1.0), abs($1.1)) : $0 }
    let (relative, absolute) = a.dtype == .f32 ? (1e-4, 1e-6) : (1e-6, 1e-13)
    let tolerance = relative * scale + absolute
    return pairs.contains { $0.isFinite && abs($0 - $1) > tolerance }
  }
}

extension Graph {
  fileprivate var hasRegions: Bool { nodes.contains { !$0.operation.regions.isEmpty } }

  fileprivate func readsInput(_ k: Int) -> Bool {
    zip(nodes, liveNodes()).contains { $1 && operands(of: $0).contains(inputs[k].value) }
      || outputs.contains { $0.value == inputs[k].value }
  }

  /// The same without some inputs.
  fileprivate func dropping(_ places: Range<Int>) -> Graph {
    let builder = GraphBuilder(self)
    var rest = inputs
    rest.removeSubrange(places)
    builder.setInputs(rest)
    return builder.graph.pruned()
  }
}
