// What the derivative of a loop in reverse keeps of the way there, so that it finds it on the way
// back: everything it reads, or some states from which the steps between are done once more. The
// derivative is the same to the bit; memory and time are not.
//
//     keep all          what the way back reads, of every step
//     keep nothing      the first state; n steps are (n − 1)(n − 2)/2 more
//     keep every k      one state in k, and k states in between; every step is done once more
//     keep at most s    s states, placed so that few steps are done more than once: the fewest
//                       where the number of steps is known before the first
//
// FirstSweep and Checkpoints make loops of this, RepeatedSteps counts.

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

  /// Where states are kept follows from how many steps there are.
  var isPlaced: Bool { if case .states = self { true } else { false } }

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
