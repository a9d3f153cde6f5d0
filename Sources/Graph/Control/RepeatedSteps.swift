// What checkpointing costs, counted without running anything: the rules of FirstSweep and Checkpoints
// on numbers.

extension Keep {
  /// How many steps forward the way back of a loop does again; each step backward, which begins with
  /// the step itself, is one of them.
  ///
  /// - Parameters:
  ///   - slots: how many states there is room for.
  ///   - isOnline: the number of steps is not known before the last.
  package func repeatedSteps(of steps: Int, slots: Int, isOnline: Bool) -> Int {
    if case .all = self { return 0 }
    if steps <= 0 { return 0 }
    var kept = isOnline && isPlaced ? online(steps, slots) : placed(steps, slots)
    // The state before the last step is at hand.
    var repeated = steps
    if kept.last == steps - 1 { kept.removeLast() }
    for target in (0..<steps - 1).reversed() {
      var at = kept.last ?? 0
      while at < target {
        let room = slots - kept.count
        let distance = distance(target + 1 - at, room: room)
        repeated += distance
        at += distance
        if room > 0 && at < target { kept.append(at) }
      }
      if kept.last == target { kept.removeLast() }
    }
    return repeated
  }

  private func distance(_ steps: Int, room: Int) -> Int {
    switch self {
    case .all, .nothing: return steps - 1
    case .states: return revolve(steps, room + 1)
    case .every(let stride):
      let stride = stride.constantValue ?? 1
      return room == 0 ? steps - 1 : steps > stride ? stride : 1
    }
  }

  private func revolve(_ steps: Int, _ slots: Int) -> Int {
    let operands = [steps, slots].map { Scalar(Int64($0), .i64) }
    return Int(ScalarFunction.revolve.value(operands).integer)
  }

  /// The states kept on the way there.
  private func placed(_ steps: Int, _ slots: Int) -> [Int] {
    var kept: [Int] = []
    var next = 0
    while next < steps && kept.count < slots {
      kept.append(next)
      switch self {
      case .all, .nothing: return kept
      case .every(let stride): next += stride.constantValue ?? 1
      case .states: next += Swift.max(1, revolve(steps - next, slots + 1 - kept.count))
      }
    }
    return kept
  }

  /// The states kept on the way there by levels; the last one is that of the last step.
  private func online(_ steps: Int, _ slots: Int) -> [Int] {
    // What stands before the state that was raised last, that state and all behind it.
    var kept = [(place: 0, level: Int.max)]
    var raised = 0
    for place in 1..<Swift.max(steps, 1) {
      if kept.count <= slots {
        kept.append((place, 0))
      } else if raised > 0, kept[raised - 1].level < kept[raised].level {
        raised -= 1
        kept.remove(at: raised)
        kept.append((place, 0))
      } else {
        kept[kept.count - 1] = (place, kept[kept.count - 1].level + 1)
        raised = kept.count - 1
      }
    }
    return kept.map(\.place)
  }
}
