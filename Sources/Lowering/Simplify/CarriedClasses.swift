// Carried values that are always equal: they begin equal, and if all that are taken for equal are
// equal, they stay so. Starts from the boldest guess and splits until nothing contradicts it
// (partition refinement).
import Graph

extension LoopParts {
  /// Makes one of carried, scanned, captured and yielded values that are equal.
  ///
  /// - Returns: for each carried and each yielded value, its place among those that are left.
  mutating func mergeEqual() throws -> (carried: [Int], yielded: [Int]) {
    let carriedPlaces = try mergeCarried(mergeGivens())
    var places: [Value: Int] = [:]
    var kept: [Yielded] = []
    let yieldedPlaces = yielded.map { item in
      if let place = places[item.value] { return place }
      places[item.value] = kept.count
      kept.append(item)
      return kept.count - 1
    }
    yielded = kept
    return (carriedPlaces, yieldedPlaces)
  }

  /// The same operand is scanned or captured once.
  ///
  /// - Returns: for each input that is gone, the one that is equal.
  private mutating func mergeGivens() -> [Value: Value] {
    var same: [Value: Value] = [:]
    func merged(_ items: [Given]) -> [Given] {
      var first: [Value: Value] = [:]
      return items.filter { item in
        guard let known = first[item.operand] else {
          first[item.operand] = item.input
          return true
        }
        same[item.input] = known
        return false
      }
    }
    rows = merged(rows)
    captured = merged(captured)
    return same
  }

  /// - Parameter same: other inputs that are equal.
  private mutating func mergeCarried(_ same: [Value: Value]) throws -> [Int] {
    // The class of each carried value is its first member.
    var classes = carried.indices.map { k in
      carried.firstIndex { $0.initial == carried[k].initial } ?? k
    }
    splitByHash(&classes, same)
    while true {
      let kept = classes.indices.filter { classes[$0] == $0 }
      if kept.count == carried.count && same.isEmpty { return Array(carried.indices) }
      let (merged, nexts) = try assuming(classes, same)
      let refined = Self.refined(classes, nexts)
      if refined == classes {
        self = merged
        return classes.map { kept.firstIndex(of: $0) ?? 0 }
      }
      classes = refined
    }
  }

  /// Splits classes whose members become different things at a glance, which spares building the loop
  /// for most guesses.
  private func splitByHash(_ classes: inout [Int], _ same: [Value: Value]) {
    while classes != Array(classes.indices) {
      let hashes = self.hashes(classes, same)
      let refined = classes.indices.map { k in
        classes.indices.first {
          classes[$0] == classes[k]
            && hashes[Int(carried[$0].next.index)] == hashes[Int(carried[k].next.index)]
        } ?? k
      }
      if refined == classes { return }
      classes = refined
    }
  }

  /// For each value of the body a number that is equal for values that are equal if the members of a
  /// class are.
  private func hashes(_ classes: [Int], _ same: [Value: Value]) -> [UInt64] {
    let graph = builder.graph
    var hashes = graph.types.indices.map { UInt64($0) }
    for (input, known) in same { hashes[Int(input.index)] = UInt64(known.index) }
    for (k, first) in classes.enumerated() {
      hashes[Int(carried[k].input.index)] = UInt64(carried[first].input.index)
    }
    for node in graph.nodes {
      // Loops that read equal values may become equal in other ways.
      var hash = node.hasRegions ? 0 : node.primitive.processHash
      if !node.hasRegions {
        for place in node.operandRange {
          hash ^= hashes[Int(graph.operandList[Int(place)].index)]
          hash = hash &* 0x9e37_79b9_7f4a_7c15
          hash ^= hash >> 29
        }
      }
      for (place, result) in node.resultRange.enumerated() {
        hashes[Int(result)] = hash &+ UInt64(place)
      }
    }
    return hashes
  }

  /// The loop if the members of a class are equal, and what each carried value then becomes.
  private func assuming(
    _ classes: [Int], _ same: [Value: Value]
  ) throws -> (LoopParts, nexts: [Value]) {
    var parts = self
    // Rows that are only there to be rebuilt with the rest.
    let count = yielded.count
    parts.yielded += carried.map { Yielded(name: $0.name, value: $0.next) }
    parts.carried = classes.indices.filter { classes[$0] == $0 }.map { carried[$0] }
    var substitutes: [Value: Substitute] = same.mapValues { known in { _, input in input(known) } }
    for (k, first) in classes.enumerated() where k != first {
      let known = carried[first].input
      substitutes[carried[k].input] = { _, input in input(known) }
    }
    try parts.rebuild(replacing: substitutes)
    let nexts = parts.yielded[count...].map(\.value)
    parts.yielded.removeSubrange(count...)
    return (parts, nexts)
  }

  /// Classes split by what their members become.
  private static func refined(_ classes: [Int], _ nexts: [Value]) -> [Int] {
    classes.indices.map { k in
      classes.indices.first { classes[$0] == classes[k] && nexts[$0] == nexts[k] } ?? k
    }
  }
}
