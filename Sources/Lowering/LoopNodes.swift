// A loop of the graph becomes a loop of C: carried scalars are variables, carried arrays buffers, a
// row is a place in its stack, and the body's nests stand in the loop as those of a function stand
// in the function.
import Graph

extension NestBuilder {
  func lowerLoop(_ loop: Loop, _ node: Node) {
    let operands = Array(graph.operands(of: node))
    let results = Array(graph.results(of: node))
    let isUsed = results.map { plan.useCounts[Int($0.index)] > 0 }
    let usedStacks = loop.stackResults.filter { isUsed[$0] }
    let name = note(node, results.first { graph.names[$0] != nil })

    // How many steps.
    let extent = extent(of: loop, operands)
    let index = program.newIndex(depth: 0, limit: (extent ?? loop.bound).map { $0 - 1 })
    let here = DimExpr.index(index)
    let stops = loop.condition != nil
    let countsSteps =
      stops
      && (isUsed[loop.stepsResult] || !usedStacks.isEmpty)
    var steps = extent.map { DimExpr.max($0, 0) } ?? 0
    var counter: Int?
    if countsSteps {
      let local = program.newLocal(.i64, name: "steps", depth: 0)
      root.append(.variable(local, .literal(Scalar(0 as Int64, .i64))))
      counter = local
    }

    // What the body reads.
    let inputs = loop.body.graph.inputs
    let carried = zip(loop.carriedOperands, loop.carriedInputs).enumerated().map { k, places in
      Carried(
        operands[places.0], results[k], inputs[places.1], loop.body.graph.outputs[k].value, in: self
      )
    }
    let captured = loop.capturedOperands.map { self.captured(operands[$0]) }
    var checked: Set<DimExpr> = [steps]
    for k in loop.scannedOperands {
      guard let height = heightOfValue[operands[k]], checked.insert(height).inserted else {
        continue
      }
      root.append(.check(.rows(found: height, needed: steps), loop: program.checked(name)))
    }
    // A number of steps that is data may be any number.
    if loop.bound == nil, !stops {
      root.append(.check(.stepLimit(steps - 1), loop: program.checked(name)))
    }
    keepTogether(usedStacks.map { results[$0] })
    let stacks = usedStacks.map { (result: $0, place: place(of: results[$0])) }
    let grown = Set(stacks.map(\.place.buffer)).sorted()
    let growsAtOnce = loop.bound == nil && !stops
    if growsAtOnce {
      for buffer in grown {
        root.append(.grow(buffer: buffer, rows: steps, loop: program.checked(name)))
      }
    }

    // A step.
    let block = Block()
    if let condition = loop.condition {
      let inner = region(condition, in: block)
      bind(
        condition, in: inner,
        [.scalar(.index(here, .i64))] + carried.map(\.binding) + captured)
      inner.lower(to: [nil])
      block.append(.exit(unless: inner.scalar(condition.graph.outputs[0].value)))
      if loop.bound == nil {
        block.append(.check(.stepLimit(here), loop: program.checked(name)))
      }
    }
    if loop.bound == nil && stops {
      for buffer in grown {
        block.append(.grow(buffer: buffer, rows: here + 1, loop: program.checked(name)))
      }
    }
    let rows = zip(loop.scannedOperands, loop.rowInputs).map { operand, input in
      row(of: operands[operand], here, inputs[input].name, in: block)
    }
    let inner = region(loop.body, in: block)
    bind(
      loop.body, in: inner,
      [.scalar(.index(here, .i64))] + carried.map(\.binding) + rows + captured)
    inner.giveUp(carried, inputs[loop.carriedInputs])
    var targets = carried.map(\.target)
    for k in loop.stackResults {
      targets.append(stacks.first { $0.result == k }.map { $0.place.row(here) })
    }
    inner.lower(to: targets, firstRow: loop.carriedCount)
    var next = zip(carried, loop.body.graph.outputs).compactMap { carried, output in
      carried.variable.map { (variable: $0, value: inner.scalar(output.value)) }
    }
    if let counter { next.append((counter, .index(here + 1, .i64))) }
    var body = StepBody(
      endOfStep(block.frozen(), next) { self.program.newLocal($0, name: nil, depth: 0) })

    // Arrays: in place where a step allows it, else by turns in two buffers.
    var kept: [Place?] = []
    for value in carried {
      let settled = settle(value, &body)
      if let settled, !settled.isFilled {
        copy(value.operand, to: settled.place, notes: [name])
      }
      kept.append(settled?.place)
    }
    root.append(
      .loop(
        LoopStatement(
          index: index, extent: extent, isDescending: loop.isReversed, isOfSteps: true,
          body: body.finished(),
          notes: [name])))

    // What is behind the loop.
    if let counter {
      let made = program.newIndex(depth: 0, name: "steps_made", limit: loop.bound)
      root.append(.defineIndex(made, .local(counter)))
      steps = .index(made)
    }
    for (k, value) in carried.enumerated() {
      if let variable = value.variable {
        complete(results[k], .local(variable))
      } else if let place = kept[k] {
        complete(results[k], place)
      }
    }
    for stack in stacks {
      if loop.bound == nil { heightOfValue[results[stack.result]] = steps }
      if let bound = loop.bound, stops || loop.hasCount,
        !isReadBySteps(results[stack.result], of: results[loop.stepsResult])
      {
        clear(stack.place, from: steps, to: bound, name)
      }
      completeHere(results[stack.result])
    }
    if isUsed[loop.stepsResult] { complete(results[loop.stepsResult], .index(steps, .i64)) }
  }

  /// The steps at most, read from data where they must be; `nil` for an endless loop.
  private func extent(of loop: Loop, _ operands: [Value]) -> DimExpr? {
    guard loop.hasCount else { return loop.bound }
    let count = element(operands[0], [], in: Scope(loops: [])).expression
    if case .literal(let scalar) = count {
      let number = DimExpr(Swift.max(0, Int(scalar.integer)))
      return loop.bound.map { .min($0, number) } ?? number
    }
    // What another loop counted.
    if case .index(let steps, .i64) = count {
      guard let bound = loop.bound else { return steps }
      if case .index(let k)? = steps.singleAtom, program.indexLimits[k] == bound { return steps }
      if (bound - steps).sign ?? -1 >= 0 { return steps }
    }
    let index = program.newIndex(depth: 0, name: "count", limit: loop.bound)
    let zero = Expression.literal(Scalar(0 as Int64, .i64))
    root.append(
      .defineIndex(
        index,
        loop.bound.map { .clamp(count, .i64, limit: $0) } ?? .apply(.max, .i64, [count, zero])))
    return .index(index)
  }

  /// Row `index` of an array; a scalar is read once.
  private func row(
    of value: Value, _ index: DimExpr, _ name: String, in block: Block
  ) -> Binding {
    let place = viewedPlace(of: value).row(index)
    guard place.shape.isEmpty else { return .array(place, height: nil) }
    let local = program.newLocal(graph.type(of: value).dtype, name: name, depth: 0)
    block.append(.define(local, .load(buffer: place.buffer, offset: place.base)))
    return .scalar(.local(local))
  }

  /// Nobody reads a row of a step that was not made: all readers are loops of as many steps.
  private func isReadBySteps(_ stack: Value, of steps: Value) -> Bool {
    if isOutput[Int(stack.index)] || graph.outputs.contains(where: { $0.value == stack }) {
      return false
    }
    return graph.nodes.allSatisfy { node in
      let operands = Array(graph.operands(of: node))
      guard operands.contains(stack) else { return true }
      guard let loop = node.operation as? Loop, loop.hasCount, operands[0] == steps else {
        return false
      }
      return operands.indices.allSatisfy {
        operands[$0] != stack || loop.scannedOperands.contains($0)
      }
    }
  }

  /// Zeros in the rows of steps that were not made.
  private func clear(_ place: Place, from steps: DimExpr, to bound: DimExpr, _ name: Note) {
    let extents = [bound - steps] + place.shape.dropFirst()
    let nest = openNest(
      extents: extents, reads: [], loops: Array(extents.indices), notes: [name])
    var indices = nest.loops.map { DimExpr.index($0.index) }
    indices[0] = indices[0] + steps
    nest.block.append(
      .store(
        buffer: place.buffer, offset: place.offset(indices),
        .literal(Scalar(0 as Int64, program.buffers[place.buffer].dtype))))
  }
}

/// A carried value while its loop is lowered.
struct Carried {
  /// A scalar's variable.
  private(set) var variable: Int?
  /// An array before a step, and after it where that is something else.
  private(set) var current: Place?
  private(set) var next: Place?
  /// `current` holds the initial value already.
  private(set) var isFilled = false
  let operand: Value
  let result: Value

  init(
    _ operand: Value, _ result: Value, _ input: GraphInput, _ output: Value,
    in builder: NestBuilder
  ) {
    self.operand = operand
    self.result = result
    let type = builder.graph.type(of: operand)
    let program = builder.program
    if type.rank == 0 {
      let local = program.newLocal(
        type.dtype, name: builder.graph.names[result] ?? input.name, depth: 0)
      builder.root.append(
        .variable(local, builder.element(operand, [], in: Scope(loops: [])).expression))
      variable = local
      return
    }
    if let place = builder.ownMemory(of: operand) {
      current = place
      isFilled = true
    } else {
      current = Place(buffer: program.newBuffer(input.name, type), shape: type.shape)
    }
    if output != input.value {
      next = Place(buffer: program.newBuffer("next_\(input.name)", type), shape: type.shape)
    }
  }

  var binding: NestBuilder.Binding {
    if let variable { return .scalar(.local(variable)) }
    return current.map { .array($0, height: nil) } ?? .scalar(.local(-1))
  }
  var target: Place? { next }
}

extension NestBuilder {
  /// The memory of a value that nobody but its one reader needs.
  func ownMemory(of value: Value) -> Place? {
    let slot = Int(value.index)
    guard plan.useCounts[slot] == 1, !isOutput[slot], graph.definingNode(of: value) != nil,
      let place = placeOfValue[slot], place.base.isZero,
      case .workspace = program.buffers[place.buffer].storage
    else { return nil }
    return place
  }

  /// Decides where a carried array lies: in place where a step allows it, and then where its initial
  /// value lies or its result belongs.
  ///
  /// - Returns: that place, and whether the initial value is there.
  private func settle(_ value: Carried, _ body: inout StepBody) -> (place: Place, isFilled: Bool)? {
    guard let current = value.current else { return nil }
    if let next = value.next {
      let isInPlace = body.updateInPlace(current.buffer, next: next.buffer) {
        program.newLocal(program.buffers[next.buffer].dtype, name: nil, depth: 0)
      }
      if !isInPlace {
        body.swap(current.buffer, next.buffer)
        return (current, value.isFilled)
      }
    }
    if value.isFilled { return (current, true) }
    if let given = givenUp[value.operand] {
      body.move(current.buffer, to: given)
      return (given, true)
    }
    if isOutput[Int(value.result.index)], let own = placeOfValue[Int(value.result.index)] {
      body.move(current.buffer, to: own)
      return (own, false)
    }
    return (current, false)
  }

  /// Lets a loop within the step have the memory of a carried array that nothing else reads.
  private func giveUp(_ carried: [Carried], _ inputs: ArraySlice<GraphInput>) {
    for (value, input) in zip(carried, inputs) where value.next != nil {
      guard plan.useCounts[Int(input.value.index)] == 1, let place = value.current else { continue }
      givenUp[input.value] = place
    }
  }

  // MARK: - Results

  /// Makes a scalar result of control flow known.
  func complete(_ value: Value, _ expression: Expression) {
    scalarOfValue[Int(value.index)] = Element(expression: expression, depth: 0)
    if isOutput[Int(value.index)], let place = placeOfValue[Int(value.index)] {
      root.append(.store(buffer: place.buffer, offset: place.base, expression))
    }
    completeHere(value)
  }

  /// Makes an array result known, and copies it to where it is wanted.
  private func complete(_ value: Value, _ place: Place) {
    guard isOutput[Int(value.index)], let target = placeOfValue[Int(value.index)] else {
      placeOfValue[Int(value.index)] = place
      return completeHere(value)
    }
    if target.buffer != place.buffer {
      let domain = place.shape.indices.filter { !place.shape[$0].isOne }
      let nest = openNest(
        extents: domain.map { place.shape[$0] }, reads: [], loops: domain, shareable: 0,
        notes: [])
      let indices = place.shape.indices.map { axis in
        domain.firstIndex(of: axis).map { DimExpr.index(nest.loops[$0].index) } ?? 0
      }
      nest.block.append(
        .store(
          buffer: target.buffer, offset: target.offset(indices),
          .load(buffer: place.buffer, offset: place.offset(indices))))
    }
    completeHere(value)
  }
}
