// Control flow: loops, choices, calls. A loop that counts becomes one of known length; a value that a
// loop only hands on is captured instead of carried.
import Graph

extension StableHLOElaborator {
  static let controlRules: [String: HLORule] = [
    "stablehlo.while": HLORule(0...Int.max) { elaborator, call in try elaborator.loop(call) },
    "stablehlo.case": HLORule(1) { elaborator, call in
      guard !call.operation.regions.isEmpty else { throw TypeRuleError("needs a region") }
      return try elaborator.choice(call)
    },
    "stablehlo.if": HLORule(1) { elaborator, call in
      guard call.operation.regions.count == 2 else { throw TypeRuleError("needs two regions") }
      return try elaborator.choice(call)
    },
    "func.call": HLORule(0...Int.max) { elaborator, call in
      let name = try call.needed(call.word(0, "callee"), "the name of a function")
      return try elaborator.call(name, call)
    },
    "stablehlo.composite": HLORule(0...Int.max) { elaborator, call in
      let name = try call.needed(call.word(0, "decomposition"), "a decomposition")
      return try elaborator.call(name, call)
    },
    "stablehlo.custom_call": HLORule(0...Int.max) { elaborator, call in
      try elaborator.customCall(call)
    },
    // Where things are placed on devices changes nothing here.
    "sdy.sharding_constraint": HLORule(1) { _, call in call.operands },
  ]

  // MARK: - Calls of what is no operation

  /// Targets that hand their operands on.
  private static let transparent: Set<String> = [
    "Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape", "annotate_device_placement",
    "LayoutConstraint", "xla.sdy.FuncResultSharding", "xla.sdy.Sharding",
  ]

  private mutating func customCall(_ call: HLOCall) throws -> [Term] {
    let target = try call.needed(call.word(0, "callee", "call_target_name"), "the name of a target")
    if Self.transparent.contains(target) { return call.operands }
    switch target {
    case "shape_assertion":
      try assertShape(call)
      return []
    case "stablehlo.dynamic_reduce_window":
      return [try dynamicWindow(call)]
    case "jitgrad.stop_gradient":
      return call.operands.map { apply(.stopGradient, $0) }
    default: break
    }
    // Functions of the client dialect are written as calls where that is to be read anywhere.
    for prefix in ["mhlo.", "chlo.", "stablehlo."] where target.hasPrefix(prefix) {
      let name = String(target.dropFirst(prefix.count))
      let row = Self.rules["chlo.\(name)"] ?? Self.rules["stablehlo.\(name)"]
      let entries = call.attribute("mhlo.attributes")
      if let row, row.refusal == nil, row.arity.contains(call.operands.count) {
        guard case .dictionary(let attributes)? = entries?.kind else {
          return try row.build(&self, call)
        }
        return try row.build(&self, call.with(attributes: attributes))
      }
    }
    // Real linear algebra has its place here: lapack_*potrf, *trsm, *getrf, *geqrf, *syevd.
    throw Diagnostic(
      "the custom call @\(target) is not supported", at: call.span,
      help: target.hasPrefix("lapack_") || target.hasPrefix("blas_")
        ? "write the solution as a loop, or leave it out of the exported program"
        : "export the program without it", isUnsupported: true)
  }

  /// A condition on shapes, which is checked when the sizes are known.
  private mutating func assertShape(_ call: HLOCall) throws {
    guard let condition = call.operands.first else { throw TypeRuleError("needs a condition") }
    if let value = SizeReader.sizes(of: condition)?.first?.constantValue {
      if value != 0 { return }
      throw TypeRuleError("asserts what never holds")
    }
    guard let conditions = SizeReader.conditions(of: condition) else {
      throw call.unsupported("of what is no comparison of sizes")
    }
    for condition in conditions {
      if condition.decided == false {
        throw TypeRuleError("asserts what never holds: \(condition)")
      }
      sizes.require(condition)
    }
  }

  // MARK: - Choices

  private mutating func choice(_ call: HLOCall) throws -> [Term] {
    let regions = call.operation.regions
    var selector = call.operands[0]
    guard selector.rank == 0 else {
      throw TypeRuleError("chooses by a scalar, found \(selector.type)")
    }
    var order = Array(regions.indices)
    var cases: [Int64]?
    if selector.dtype != .bool {
      if regions.count == 2, let flag = converted(selector) {
        // The number was a bool: case 0 is what runs when it is false.
        (selector, order) = (flag, [1, 0])
      } else {
        cases = (0..<regions.count - 1).map { Int64($0) }
        selector = selector.converted(to: .i64)
      }
    }
    var drafts: [(draft: Elaborator.Draft, outputs: [(String, Term)])] = []
    for (k, place) in order.enumerated() {
      let name = cases == nil ? (k == 0 ? "then" : "else") : "case\(place)"
      let (draft, results) = try draft(regions[place], name, at: call.span) { _ in [] }
      let outputs = try results.enumerated().map { k, term in
        ("out\(k)", try call.conformed(term, to: call.type(k), "a result of a branch"))
      }
      drafts.append((draft, outputs))
    }
    let (graphs, captured) = Elaborator.closed(drafts)
    return try builder.apply(
      Conditional(cases: cases, branches: graphs.map { Region($0) }), [selector] + captured)
  }

  /// The bool that a number was made of.
  private func converted(_ term: Term) -> Term? {
    let graph = builder.graph
    guard let node = graph.definingNode(of: term.value), graph.nodes[node].operation is Convert,
      let source = graph.operands(of: node).first, graph.type(of: source).dtype == .bool
    else { return nil }
    return builder.term(source)
  }

  // MARK: - Loops

  private mutating func loop(_ call: HLOCall) throws -> [Term] {
    let condition = try call.region(0)
    let body = try call.region(1)
    let types = try call.operands.indices.map { try call.type($0) }
    // What a step returns as it got it does not change.
    let isFixed = Self.fixedArguments(of: body, call.operands.count)
    let places = call.operands.indices.filter { !isFixed[$0] }
    let initial = try call.operands.indices.map { k in
      try call.conformed(call.operands[k], to: types[k], "what is carried")
    }
    let outside = level
    let names = module.names

    func enter(_ block: MLIRBlock, _ builder: GraphBuilder) -> [Bound] {
      _ = builder.addInput("index", TensorType(.i64))
      return initial.indices.map { k in
        let span = block.arguments.indices.contains(k) ? block.arguments[k].span : call.span
        if isFixed[k] {
          return Bound(terms: [initial[k]], types: [types[k]], level: outside, span: span)
        }
        let name = block.arguments.indices.contains(k) ? names[block.arguments[k].name] : ""
        let input = builder.addInput(name.isEmpty ? "carried" : name, initial[k].type)
        return Bound(terms: [input], types: [types[k]], level: outside + 1, span: span)
      }
    }
    let test = try draft(condition, "condition", at: call.span) { enter(condition, $0) }
    let step = try draft(body, "body", at: call.span) { enter(body, $0) }
    guard test.results.count == 1, test.results[0].type == TensorType(.bool) else {
      throw TypeRuleError(
        "needs a condition that is a scalar i1, found "
          + test.results.map(\.type.description).joined(separator: ", "))
    }
    guard step.results.count == types.count else {
      throw TypeRuleError(
        "carries \(counted(types.count, "value")), and its step returns \(step.results.count)")
    }
    let next = try places.map { k in
      ("next\(k)", try call.conformed(step.results[k], to: types[k], "what a step returns"))
    }
    let (graphs, captured) = Elaborator.closed([
      (step.draft, next), (test.draft, [("goes_on", test.results[0])]),
    ])
    let loop = Loop(
      body: Region(graphs[0]), condition: Region(graphs[1]), bound: nil,
      carriedCount: places.count)
    let results = try builder.addLoop(loop, places.map { initial[$0] } + captured)
    var all = initial
    for (k, result) in zip(places, results) { all[k] = result }
    return all
  }

  /// Arguments of a body that it returns at their own place.
  private static func fixedArguments(of body: MLIRBlock, _ count: Int) -> [Bool] {
    guard let last = body.operations.last, last.name == "stablehlo.return",
      last.operands.count == count, body.arguments.count == count
    else { return [Bool](repeating: false, count: count) }
    return (0..<count).map {
      last.operands[$0].name == body.arguments[$0].name && last.operands[$0].index == 0
    }
  }
}
