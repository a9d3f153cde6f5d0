// Loops, branches and batches of traced tensors, as combinators: a closure is run once on variables,
// and what it builds becomes a region of one operation. What it reads from outside is captured.
import Graph

/// What the derivative of a loop in reverse keeps of the way there. The derivative is the same to the
/// bit; memory and time are not.
public enum Checkpointing: Sendable, Hashable {
  /// What the way back reads, of every step.
  case everything
  /// The first state alone: n steps are n(n − 1)/2 more.
  case nothing
  /// One state in so many steps; every step is done once more.
  case every(DimExpr)
  /// So many states at most, placed so that the fewest steps are done again.
  case states(DimExpr)

  var keep: Keep {
    switch self {
    case .everything: .all
    case .nothing: .nothing
    case .every(let k): .every(k)
    case .states(let s): .states(s)
    }
  }
}

/// Runs `body` so many times on a state.
///
///     let x = forLoop(100, start) { index, x in x - rate * gradient(x) }
///
/// - Parameters:
///   - count: the number of steps; less than 0 is an error at the call.
///   - state: tensors that each step replaces, of the types the step gives.
///   - checkpointing: what the derivative in reverse keeps.
///   - body: one step; the index is a scalar i64 and counts from 0.
/// - Returns: the state behind the last step; failed tensors where a step changes a type. Whatever the
///   body throws is thrown.
public func forLoop<State: TensorTree>(
  _ count: DimExpr, _ state: State, checkpointing: Checkpointing = .everything,
  body: (_ index: TracedTensor, _ state: State) throws -> State
) rethrows -> State {
  try LoopTrace(bound: count, checkpointing).run(state, condition: { _ in nil }, body: body).state
}

/// Runs `body` on a state as often as data say.
/// - Parameters:
///   - count: a scalar i64; less than 0 is 0.
///   - limit: so many steps at most; without it derivatives keep rows on a stack that grows.
///   - state: tensors that each step replaces, of the types the step gives.
///   - checkpointing: what the derivative in reverse keeps.
///   - body: one step; the index is a scalar i64 and counts from 0.
/// - Returns: the state behind the last step; failed tensors where the count is no scalar i64 or a step
///   changes a type. Whatever the body throws is thrown.
public func forLoop<State: TensorTree>(
  _ count: TracedTensor, limit: DimExpr? = nil, _ state: State,
  checkpointing: Checkpointing = .everything,
  body: (_ index: TracedTensor, _ state: State) throws -> State
) rethrows -> State {
  try LoopTrace(count: count, bound: limit, checkpointing).run(
    state, condition: { _ in nil }, body: body
  ).state
}

/// Runs `body` on a state for as long as a condition holds.
///
///     let (root, steps) = whileLoop(a, while: { x in abs(x * x - a) > 1e-12 }) { x in
///       x - (x * x - a) / (2 * x)
///     }
///
/// - Parameters:
///   - state: tensors that each step replaces, of the types the step gives.
///   - limit: so many steps at most.
///   - checkpointing: what the derivative in reverse keeps.
///   - condition: a scalar bool; asked before each step.
///   - body: one step.
/// - Returns: the state behind the last step, and how many steps there were (i64); failed tensors where
///   the condition is no scalar bool or a step changes a type.
public func whileLoop<State: TensorTree>(
  _ state: State, limit: DimExpr? = nil, checkpointing: Checkpointing = .everything,
  while condition: (_ state: State) throws -> TracedTensor, body: (_ state: State) throws -> State
) rethrows -> (state: State, steps: TracedTensor) {
  let result = try LoopTrace(bound: limit, checkpointing)
    .run(state, condition: condition) { _, state in try body(state) }
  return (result.state, result.steps)
}

/// Runs `body` once for each row of some tensors, and stacks what it gives.
///
/// - Parameters:
///   - rows: tensors of one extent along their first axis, which is the number of steps.
///   - state: tensors that each step replaces, of the types the step gives.
///   - reversed: begins with the last row; results stand at the place of their row all the same.
///   - checkpointing: what the derivative in reverse keeps.
///   - body: from a row and the state to the next state and a result.
/// - Returns: the state behind the last step, and the results of all steps stacked along a new first
///   axis; failed tensors where there are no rows, where their extents differ, or where a step changes
///   the type of the state.
public func scan<Rows: TensorTree, State: TensorTree, Result: TensorTree>(
  _ rows: Rows, _ state: State, reversed: Bool = false, checkpointing: Checkpointing = .everything,
  body: (_ row: Rows, _ state: State) throws -> (State, Result)
) rethrows -> (state: State, results: Result) {
  var stacked: Result?
  let extent = rows.leaves.first?.tensor.shape.first ?? 0
  let loop = LoopTrace(bound: extent, checkpointing, isReversed: reversed)
  let result = try loop.run(state, rows: rows.leaves.map(\.tensor), condition: { _ in nil }) {
    _, state, row in
    let (next, result) = try body(rows.replacing(row), state)
    stacked = result
    return (next, result.leaves.map(\.tensor))
  }
  guard let shape = stacked else { preconditionFailure("the body of a scan is run once") }
  if rows.leaves.isEmpty {
    let failed = TracedTensor.failure(
      TraceError(
        "scan", "needs rows to go through, found none", help: "for steps without rows use forLoop"))
    return (state.mapTensors { _, _ in failed }, shape.mapTensors { _, _ in failed })
  }
  return (result.state, shape.replacing(result.stacks))
}

/// Computes one of two results: only the branch that is taken runs, in derivatives too.
///
/// - Parameters:
///   - condition: a scalar bool. See `TracedTensor.select` for a choice by element.
///   - then: the result where it holds.
///   - otherwise: the result where it does not, of the same types.
/// - Returns: tensors of the types that both branches give; failed ones where these differ.
public func branch<Result: TensorTree>(
  _ condition: TracedTensor, then: () throws -> Result, else otherwise: () throws -> Result
) rethrows -> Result {
  let start = TraceNode.nextSerial()
  return conditional("if", condition, cases: nil, [try then(), try otherwise()], since: start)
}

/// Computes one of several results, chosen by an integer: only the branch that is taken runs, in
/// derivatives too.
///
///     let y = branch(k, cases: [0, -1]) { k in
///       switch k {
///       case 0: sin(x)
///       case -1: cos(x)
///       default: x
///       }
///     }
///
/// - Parameters:
///   - selector: a scalar i64.
///   - cases: the integers that have a branch of their own, each once.
///   - body: the result for a case, and for all others, which are `nil`, of the same types; run once
///     for each while the trace is built.
/// - Returns: tensors of the types that all branches give; failed ones where these differ, where the
///   selector is no scalar i64, or where a case stands there twice. Whatever the body throws is thrown.
public func branch<Result: TensorTree>(
  _ selector: TracedTensor, cases: [Int], body: (_ choice: Int?) throws -> Result
) rethrows -> Result {
  let start = TraceNode.nextSerial()
  return conditional(
    "switch", selector, cases: cases, try cases.map { try body($0) } + [try body(nil)], since: start
  )
}

/// The conditional of branches that were traced one after the other.
/// - Parameter cases: of all branches but the last; `nil` where a bool chooses.
private func conditional<Result: TensorTree>(
  _ name: String, _ selector: TracedTensor, cases: [Int]?, _ branches: [Result],
  since start: UInt64
) -> Result {
  let first = branches[0]
  let results = RegionTrace.combined(name, first.leaves.count) {
    if let failure = selector.failure { throw failure }
    if let cases, let twice = cases.indices.first(where: { cases[..<$0].contains(cases[$0]) }) {
      throw TraceError(name, "the case \(cases[twice]) stands there twice")
    }
    let places = cases.map { $0.map { "case \($0)" } + ["other cases"] } ?? ["first", "second"]
    for (place, branch) in zip(places, branches) {
      guard let change = first.change(to: branch) else { continue }
      throw TraceError(
        name,
        "\(cases == nil ? "both" : "all") branches give the same tensors; in the \(place), \(change)"
      )
    }
    let inside = try branches.map {
      try RegionTrace($0.leaves.map(\.tensor), [], since: start, isHoisting: false)
    }
    let captured = RegionTrace.captured(inside)
    let regions = try inside.map { try $0.region("branch", captured: captured) }
    return (
      Conditional(cases: cases?.map(Int64.init), branches: regions), [selector.value] + captured,
      RegionTrace.replaced(inside)
    )
  }
  return first.replacing(results)
}

/// Applies a function of one element to every element along the first axis at once.
///
/// - Parameters:
///   - batch: tensors of one extent along their first axis.
///   - body: the function of one element.
/// - Returns: what `body` gives, with that axis in front; failed tensors where the tensors of the batch
///   have no common first extent, or there are none. Whatever the body throws is thrown.
public func vmap<Batch: TensorTree, Result: TensorTree>(
  _ batch: Batch, body: (_ element: Batch) throws -> Result
) rethrows -> Result {
  let operands = batch.leaves.map(\.tensor)
  let elements = operands.map { operand in
    TracedTensor(TraceNode(.input(nil), operand.rank == 0 ? operand.type : operand.type.row))
  }
  let result = try body(batch.replacing(elements))
  let outputs = result.leaves.map(\.tensor)
  do {
    for tensor in operands + outputs { if let failure = tensor.failure { throw failure } }
    guard let extent = operands.first?.shape.first,
      operands.allSatisfy({ $0.shape.first == extent })
    else {
      throw TraceError(
        "vmap",
        "needs tensors of one extent along their first axis, found "
          + operands.map(\.type.description).joined(separator: ", "))
    }
    let inside = try RegionTrace(outputs, elements, since: elements[0].node.serial)
    var writer = TraceWriter(name: "vmap")
    for element in elements { _ = writer.variable(element.value) }
    for node in inside.nodes { try writer.write(node) }
    var seeds: [Value: Term] = [:]
    for (element, operand) in zip(elements, operands) {
      seeds[writer.leaf(element.value).value] = writer.leaf(operand.value)
    }
    let values = outputs.map { writer.leaf($0.value) }
    let batched = try Batched(
      writer.builder, of: values.map(\.value), seeds: seeds, extent: extent)
    return result.replacing(
      try writer.lift(
        values.map { batched[$0.value] ?? $0.inserted(extents: [extent], at: 0) }))
  } catch {
    return result.mapTensors { tensor, _ in .failure(TraceError("vmap", error), tensor.type) }
  }
}
