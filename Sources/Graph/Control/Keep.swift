// What the derivative of a loop in reverse keeps of the way there, so that it finds it on the way
// back: everything it reads, or some states from which the steps between are done once more. The
// derivative is the same to the bit; memory and time are not.
//
//     keep all          what the way back reads, of every step
//     keep nothing      the first state; n steps are n(n − 1)/2 more
//     keep every k      one state in k, and k states in between; every step is done once more
//     keep at most s    s states, placed so that the fewest steps are done more than once
//                       (binomial checkpointing: Griewank and Walther 2000, Algorithm 799)

/// A policy of checkpointing.
package enum Keep: Hashable, Sendable {
  case all
  case nothing
  /// One state in so many.
  case every(DimExpr)
  /// So many states at most.
  case states(DimExpr)

  package var attributes: [Attribute] {
    switch self {
    case .all: []
    case .nothing: [Attribute("keep", .word("nothing"))]
    case .every(let k): [Attribute("keep_every", .dim(k))]
    case .states(let s): [Attribute("keep_states", .dim(s))]
    }
  }

  /// The size expression in it.
  package var size: DimExpr? {
    switch self {
    case .all, .nothing: nil
    case .every(let e), .states(let e): e
    }
  }

  /// How many states there is room for, for a loop of at most `bound` steps; `nil` where that is
  /// not known or nothing but residuals is kept.
  package func slots(bound: DimExpr?) -> DimExpr? {
    switch self {
    case .all: nil
    case .nothing: 1
    case .states(let s): s
    case .every(let k): bound.map { .floorDiv($0 + k - 1, k) + k }
    }
  }

  /// How many steps the way back of a loop of `steps` does once more, with room for `slots` states.
  package func repeatedSteps(of steps: Int, slots: Int) -> Int {
    if case .all = self { return 0 }
    var kept = [0]
    var repeated = 0
    for target in (0..<Swift.max(steps, 0)).reversed() {
      var at = kept.last ?? 0
      while at < target {
        let free = slots - kept.count
        let distance = advance(target + 1 - at, free: free)
        repeated += distance
        at += distance
        if free > 0 && at < target { kept.append(at) }
      }
      // A step backward begins with the step itself.
      repeated += 1
      if kept.last == target { kept.removeLast() }
    }
    return repeated
  }

  private func advance(_ steps: Int, free: Int) -> Int {
    switch self {
    case .all, .nothing: return steps - 1
    case .states:
      let operands = [steps, free + 1].map { Scalar(Int64($0), .i64) }
      return Int(ScalarFunction.revolve.value(operands).integer)
    case .every(let stride):
      let stride = stride.constantValue ?? 1
      return free == 0 ? steps - 1 : steps > stride ? stride : 1
    }
  }

  /// As it is written in the graph language, without the word `keep`.
  package var text: String {
    switch self {
    case .all: "all"
    case .nothing: "nothing"
    case .every(let k): "every \(k)"
    case .states(let s): "at most \(s)"
    }
  }
}
