// What can be wrong in the rules of loops and conditionals: each a change of what the rule makes.
import Graph

enum ControlFault: String, CaseIterable, Sendable {
  // In what is compiled.
  case stepsInWrongOrder, swappedBranches
  // In the tangent.
  case droppedTangentOfCaptured, droppedTangentOfRows, tangentBeginsAtZero, tangentNotCarried
  case tangentOfOtherBranch, conditionReadsTangent
  // In the transpose.
  case stepsForward, droppedCotangentOfCaptured, droppedCotangentOfRows, droppedCotangentOfStack
  case sumBeginsAtOne, sumOfLastStepOnly, cotangentNotPassedOn, residualOfNextStep, boundForCount
  case transposeOfOtherBranch, otherCases
  // In the transpose from states.
  case firstStateForgotten, oneStepShort
  // In batching.
  case firstElementDecides

  enum Station { case code, tangent, transpose, batch }

  var station: Station {
    switch self {
    case .stepsInWrongOrder, .swappedBranches: .code
    case .droppedTangentOfCaptured, .droppedTangentOfRows, .tangentBeginsAtZero,
      .tangentNotCarried, .tangentOfOtherBranch, .conditionReadsTangent:
      .tangent
    case .stepsForward, .droppedCotangentOfCaptured, .droppedCotangentOfRows,
      .droppedCotangentOfStack, .sumBeginsAtOne, .sumOfLastStepOnly, .cotangentNotPassedOn,
      .residualOfNextStep, .boundForCount, .transposeOfOtherBranch, .otherCases,
      .firstStateForgotten, .oneStepShort:
      .transpose
    case .firstElementDecides: .batch
    }
  }

  /// The operands whose tangent or cotangent is forgotten.
  func droppedOperands(of base: any Operation, _ station: Station) -> Range<Int> {
    let loop = base as? Loop
    switch (self, station) {
    case (.droppedTangentOfCaptured, .tangent), (.droppedCotangentOfCaptured, .transpose):
      return loop?.capturedOperands ?? 1..<2
    case (.droppedTangentOfRows, .tangent), (.droppedCotangentOfRows, .transpose):
      return loop?.scannedOperands ?? 0..<0
    default: return 0..<0
    }
  }

  /// The results whose cotangent is forgotten.
  func droppedResults(of base: any Operation) -> Range<Int> {
    self == .droppedCotangentOfStack ? (base as? Loop)?.stackResults ?? 0..<0 : 0..<0
  }

  /// The operation with the fault in itself.
  func spoilt(_ operation: any Operation) -> (any Operation)? {
    switch (self, operation) {
    case (.stepsInWrongOrder, let loop as Loop), (.stepsForward, let loop as Loop):
      return Loop(
        body: loop.body, condition: loop.condition, bound: loop.bound, hasCount: loop.hasCount,
        carriedCount: loop.carriedCount, scannedCount: loop.scannedCount,
        isReversed: self == .stepsInWrongOrder, keep: loop.keep)
    case (.swappedBranches, let branch as Conditional),
      (.tangentOfOtherBranch, let branch as Conditional),
      (.transposeOfOtherBranch, let branch as Conditional):
      return Conditional(cases: branch.cases, branches: branch.branches.reversed())
    case (.otherCases, let branch as Conditional):
      return Conditional(cases: branch.cases?.map { $0 + 1 }, branches: branch.branches)
    default: return nil
    }
  }

  /// What stands in the place of an operation that a rule made; `nil` where it stays.
  func edited(
    _ operation: any Operation, _ operands: [Value], _ builder: GraphBuilder
  ) throws -> (any Operation, [Value])? {
    if let spoilt = spoilt(operation) { return (spoilt, operands) }
    guard let loop = operation as? Loop else { return nil }
    switch self {
    case .boundForCount where loop.hasCount && loop.bound != nil:
      let other = Loop(
        body: loop.body, bound: loop.bound, carriedCount: loop.carriedCount,
        scannedCount: loop.scannedCount, isReversed: loop.isReversed)
      return (other, Array(operands.dropFirst()))
    case .conditionReadsTangent:
      return loop.condition.map { (loop.with(condition: $0.readingTangents), operands) }
    case .oneStepShort:
      return (try loop.shortened(), operands)
    default: return try edited(parts: loop, operands, builder)
    }
  }

  private func edited(
    parts loop: Loop, _ operands: [Value], _ builder: GraphBuilder
  ) throws -> (any Operation, [Value])? {
    guard var parts = try? LoopParts(loop, operands) else { return nil }
    func term(_ value: Value) -> Term { parts.builder.term(value) }
    func carried(_ prefix: String) -> [Int] {
      parts.carried.indices.filter { parts.carried[$0].name.hasPrefix(prefix) }
    }
    switch self {
    case .tangentBeginsAtZero:
      for k in carried("tan.") {
        parts.carried[k].initial = builder.term(parts.carried[k].initial).zeros.value
      }
    case .tangentNotCarried:
      for k in carried("tan.") { parts.carried[k].next = parts.carried[k].input }
    case .sumBeginsAtOne:
      for k in carried("sum") {
        parts.carried[k].initial = (builder.term(parts.carried[k].initial).zeros + 1).value
      }
    case .sumOfLastStepOnly:
      for k in carried("sum") {
        parts.carried[k].next = (term(parts.carried[k].next) - term(parts.carried[k].input)).value
      }
    case .cotangentNotPassedOn:
      for k in carried("ct") {
        parts.carried[k].next = term(parts.carried[k].next).zeros.value
      }
    case .residualOfNextStep where !loop.isReversed:
      for (k, row) in parts.yielded.enumerated() {
        guard let value = parts.carried.first(where: { $0.input == row.value }) else { continue }
        parts.yielded[k].value = value.next
      }
    case .firstStateForgotten:
      for k in carried("carried") {
        parts.carried[k].initial = builder.term(parts.carried[k].initial).zeros.value
      }
    default: return nil
    }
    return try parts.assembled()
  }
}

extension Loop {
  fileprivate func with(body: Region? = nil, condition: Region? = nil) -> Loop {
    Loop(
      body: body ?? self.body, condition: condition ?? self.condition, bound: bound,
      hasCount: hasCount, carriedCount: carriedCount, scannedCount: scannedCount,
      isReversed: isReversed, keep: keep)
  }

  /// The loop with a step less in counted loops inside of it that scan nothing.
  fileprivate func shortened() throws -> Loop {
    let body = try body.graph.rebuilt { operation, operands, _, builder in
      guard let inner = operation as? Loop else {
        return try builder.apply(operation, operands).map { $0 }
      }
      var operands = operands
      if inner.hasCount, inner.scannedCount == 0 {
        operands[0] = (builder.term(operands[0]) - builder.integer(1)).value
      }
      return try builder.apply(inner.shortened(), operands).map { $0 }
    }
    return with(body: Region(body))
  }
}

extension Region {
  /// The same region with tangents in the places of what they are tangents of.
  fileprivate var readingTangents: Region {
    let builder = GraphBuilder(name: graph.name)
    let inputs = addInputs(to: builder)
    let read = graph.inputs.indices.map { k in
      graph.inputs.firstIndex { $0.name == "tan.\(graph.inputs[k].name)" }.map { inputs[$0] }
        ?? inputs[k]
    }
    guard let made = try? builder.inline(graph, read) else { return self }
    builder.addOutput("goes_on", made[0])
    return Region(builder.graph)
  }
}
