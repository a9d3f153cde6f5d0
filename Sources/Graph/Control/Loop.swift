// The loop: a region that runs again and again on carried values. All loops of the language are
// this one operation; so are their tangents (more is carried), their transposes (the same steps
// backward) and their batched forms.
//
//     operands    count?, carried…, scanned…, captured…
//     body        (index, carried…, rows…, captured…) → (next carried…, yielded…)
//     condition   (index, carried…, captured…) → bool, before each step
//     results     carried…, stacks…, steps
//
// A loop makes at most `bound` steps, and `count` where that is given, and ends before the first
// step whose condition is false. `steps` is how many it made. The index counts from 0; where the
// loop is reversed, it goes from the last step down to 0, and rows are read and written at the
// index all the same. Rows of steps that were not made are zeros.

/// Repeats a region.
package struct Loop: Operation {
  package let body: Region
  package let condition: Region?
  /// The steps at most, and the extent of what is scanned and stacked; `nil` where nothing but the
  /// run tells: then stacks have the extent `?`.
  package let bound: DimExpr?
  /// The first operand is the number of steps (i64, less than 0 is 0).
  package let hasCount: Bool
  package let carriedCount: Int
  package let scannedCount: Int
  package let isReversed: Bool
  /// What the derivative in reverse keeps of the steps.
  package let keep: Keep

  package init(
    body: Region, condition: Region? = nil, bound: DimExpr?, hasCount: Bool = false,
    carriedCount: Int, scannedCount: Int = 0, isReversed: Bool = false, keep: Keep = .all
  ) {
    self.body = body
    self.condition = condition
    self.bound = bound
    self.hasCount = hasCount
    self.carriedCount = carriedCount
    self.scannedCount = scannedCount
    self.isReversed = isReversed
    self.keep = keep
  }

  package var name: String { "loop" }

  package var attributes: [Attribute] {
    [Attribute("body", .region(body))]
      + (condition.map { [Attribute("condition", .region($0))] } ?? [])
      + (bound.map { [Attribute("bound", .dim($0))] } ?? [])
      + [
        Attribute("has_count", .flag(hasCount)),
        Attribute("carried", .dim(DimExpr(carriedCount))),
        Attribute("scanned", .dim(DimExpr(scannedCount))),
        Attribute("reversed", .flag(isReversed)),
      ] + keep.attributes
  }

  package var regions: [Region] { [body] + (condition.map { [$0] } ?? []) }

  // MARK: - What is where

  package var stackCount: Int { body.graph.outputs.count - carriedCount }
  package var capturedCount: Int { body.graph.inputs.count - 1 - carriedCount - scannedCount }
  package var operandCount: Int { (hasCount ? 1 : 0) + body.graph.inputs.count - 1 }

  /// The operands by role.
  package var carriedOperands: Range<Int> {
    let start = hasCount ? 1 : 0
    return start..<start + carriedCount
  }
  package var scannedOperands: Range<Int> {
    carriedOperands.upperBound..<carriedOperands.upperBound + scannedCount
  }
  package var capturedOperands: Range<Int> { scannedOperands.upperBound..<operandCount }

  /// The inputs of the body by role; input 0 is the index.
  package var carriedInputs: Range<Int> { 1..<1 + carriedCount }
  package var rowInputs: Range<Int> { 1 + carriedCount..<1 + carriedCount + scannedCount }
  package var capturedInputs: Range<Int> {
    1 + carriedCount + scannedCount..<body.graph.inputs.count
  }

  /// The results by role.
  package var stackResults: Range<Int> { carriedCount..<carriedCount + stackCount }
  package var stepsResult: Int { carriedCount + stackCount }

  /// The extent of stacks.
  package var stackExtent: DimExpr { bound ?? .unknown }

  /// What holds in a step of a loop of at most so many steps.
  static func known(_ bound: DimExpr?) -> [Guard] {
    guard let bound else { return [] }
    let whole = [Guard(1, .lessOrEqual, bound)]
    // Neither is smaller than the smaller one.
    guard case .min(let a, let b)? = bound.singleAtom else { return whole }
    return whole + known(a) + known(b)
  }

  /// How many steps there will be is known when the sizes are.
  package var countIsKnown: Bool { bound != nil && !hasCount && condition == nil }

  /// Runs for ever, as far as the graph tells.
  package var isEndless: Bool { bound == nil && !hasCount }

  // MARK: - Types

  package func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    guard operands.count == operandCount else {
      throw TypeRuleError("a loop needs \(operandCount) operands, found \(operands.count)")
    }
    if hasCount && operands[0] != TensorType(.i64) {
      throw TypeRuleError(
        "the number of steps of a loop is a scalar i64, found \(operands[0])")
    }
    if isEndless && condition == nil {
      throw TypeRuleError(
        "this loop never ends: it has no condition and no number of steps")
    }
    if isReversed && (isEndless || condition != nil) {
      throw TypeRuleError(
        "a loop that runs backward needs a number of steps and no condition",
        help: "count the other way: n - 1 - i")
    }
    if bound == nil && scannedCount > 0 && !(hasCount && condition == nil) {
      throw TypeRuleError("a loop over rows of unknown number needs their number, and no condition")
    }
    let inputs = body.inputTypes
    let names = body.graph.inputs.map(\.name)
    guard inputs[0] == TensorType(.i64) else {
      throw TypeRuleError("the index of a loop is a scalar i64, found \(inputs[0])")
    }
    for (operand, input) in zip(carriedOperands, carriedInputs)
    where operands[operand] != inputs[input] {
      throw TypeRuleError(
        "\(names[input]) begins as \(operands[operand]) and is carried as \(inputs[input])")
    }
    for input in carriedInputs where inputs[input].shape.contains(where: \.isUnknown) {
      throw TypeRuleError(
        "\(names[input]) is \(inputs[input]), with a row for each step of another loop, and cannot "
          + "be carried", help: TensorType.helpForUnbounded)
    }
    for (operand, input) in zip(scannedOperands, rowInputs) {
      let type = operands[operand]
      guard type.rank > 0, type.row == inputs[input] else {
        throw TypeRuleError("the rows of \(names[input]) are \(inputs[input]), found \(type)")
      }
      guard type.isUnbounded == (bound == nil) else {
        throw TypeRuleError("\(names[input]): \(type) cannot be scanned in \(stackExtent) steps")
      }
    }
    for (operand, input) in zip(capturedOperands, capturedInputs)
    where operands[operand] != inputs[input] {
      throw TypeRuleError("\(names[input]) is \(inputs[input]), found \(operands[operand])")
    }
    let outputs = body.outputTypes
    guard outputs.count >= carriedCount else {
      throw TypeRuleError("a step gives \(outputs.count) values for \(carriedCount) carried ones")
    }
    for (output, input) in zip(outputs, carriedInputs) where output != inputs[input] {
      throw TypeRuleError(
        "\(names[input]) is \(inputs[input]) before a step and \(output) after it",
        help: "a carried value keeps its type; convert or reshape it at the end of the step")
    }
    for type in outputs where type.shape.contains(where: \.isUnknown) {
      throw TypeRuleError("\(type), with a row for each step of a loop, cannot leave a step")
    }
    if let condition {
      let expected = inputs.indices.filter { !rowInputs.contains($0) }.map { inputs[$0] }
      guard condition.inputTypes == expected else {
        throw TypeRuleError("the condition of a loop reads what the body carries and captures")
      }
      guard condition.outputTypes == [TensorType(.bool)] else {
        throw TypeRuleError(
          "the condition of a loop is a scalar bool, found \(condition.outputTypes[0])")
      }
    }
    return Array(outputs.prefix(carriedCount))
      + outputs.dropFirst(carriedCount).map { $0.stacked(stackExtent) } + [TensorType(.i64)]
  }

  package func guards(of operands: [TensorType]) -> [Guard] {
    var guards: [Guard] = []
    if let bound {
      guards.append(Guard(0, .lessOrEqual, bound))
      for k in scannedOperands { guards.append(Guard(operands[k].shape[0], .equal, bound)) }
    }
    if let size = keep.size { guards.append(Guard(1, .lessOrEqual, size)) }
    return guards
  }

  package func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    .loop(self)
  }

  // MARK: - Reference

  package func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    var limit = try bound.map { Swift.max(try call.size($0), 0) } ?? Int.max
    if hasCount { limit = min(limit, Swift.max(Int(call.operands[0].integers[0]), 0)) }
    let scanned = call.operands[scannedOperands]
    let captured = Array(call.operands[capturedOperands])
    if bound == nil, scanned.contains(where: { $0.shape[0] != limit }) {
      throw ExecutionError.rows(call.place)
    }
    var carried = Array(call.operands[carriedOperands])
    var rows: [[Tensor]] = [[Tensor]](repeating: [], count: stackCount)
    var steps = 0
    while steps < limit {
      let index = isReversed ? limit - 1 - steps : steps
      let step = Tensor(Int64(index))
      if let condition {
        let goesOn = try ReferenceEvaluator.run(condition.graph, [step] + carried + captured, call)
        if goesOn[0].integers[0] == 0 { break }
      }
      if bound == nil, let most = call.stepLimit, steps >= most {
        throw ExecutionError.stepLimit(limit: most, loop: call.place)
      }
      let here = scanned.map { $0.row(index) }
      let made = try ReferenceEvaluator.run(
        body.graph, [step] + carried + here + captured, call)
      carried = Array(made.prefix(carriedCount))
      for (k, row) in made.dropFirst(carriedCount).enumerated() {
        if bound == nil { try call.memory?.grow(by: row.bytes.count, call.place) }
        rows[k].append(row)
      }
      steps += 1
    }
    let height = try bound.map { Swift.max(try call.size($0), 0) } ?? steps
    let stacks = try zip(rows, body.outputTypes.dropFirst(carriedCount)).map { made, type in
      let zeros = Tensor(zeros: type.dtype, shape: try type.shape.map(call.size))
      let absent = [Tensor](repeating: zeros, count: height - made.count)
      // A backward loop makes its rows from the last one made down to row 0.
      return Tensor(rows: (isReversed ? made.reversed() : made) + absent, like: zeros)
    }
    return carried + stacks + [Tensor(Int64(steps))]
  }
}

extension Tensor {
  /// Row `index` along the first axis.
  package func row(_ index: Int) -> Tensor {
    let shape = Array(shape.dropFirst())
    let size = Self.byteCount(dtype, shape)
    return Tensor(
      dtype: dtype, shape: shape, bytes: Array(bytes[index * size..<(index + 1) * size]))
  }

  /// Rows of equal type, stacked; `zeros` is one of them.
  package init(rows: [Tensor], like zeros: Tensor) {
    self.init(
      dtype: zeros.dtype, shape: [rows.count] + zeros.shape, bytes: rows.flatMap(\.bytes))
  }
}
