// "Did you mean": the known name that is closest to one that is not known.

/// Finds likely spelling mistakes.
package enum Suggestion {
  /// The candidate closest to `name`, nil if none is close; of equals the one that begins like it
  /// for longer, then the first.
  ///
  /// Close means: at most a third of the letters (at least one) inserted, deleted, replaced, or
  /// swapped with their neighbour; case counts nothing.
  /// - Complexity: O(candidates · length²); names over 64 bytes are never compared.
  package static func closest<Candidates: Sequence<String>>(
    to name: String, in candidates: Candidates
  ) -> String? {
    let letters = Array(name.lowercased().utf8)
    guard letters.count <= 64 else { return nil }
    var best: String?
    var bestDistance = max(1, letters.count / 3) + 1
    var bestPrefix = 0
    for candidate in candidates where candidate != name {
      let other = Array(candidate.lowercased().utf8)
      guard other.count <= 64, abs(other.count - letters.count) <= bestDistance else { continue }
      let distance = distance(letters, other)
      let prefix = zip(letters, other).prefix { $0 == $1 }.count
      // A name of one or two letters resembles every other one.
      guard distance < max(letters.count, other.count),
        distance < bestDistance || best != nil && distance == bestDistance && prefix > bestPrefix
      else { continue }
      best = candidate
      (bestDistance, bestPrefix) = (distance, prefix)
    }
    return best
  }

  /// "did you mean 'x'?", if something is close.
  package static func help<Candidates: Sequence<String>>(
    for name: String, in candidates: Candidates
  ) -> String? {
    closest(to: name, in: candidates).map { "did you mean '\($0)'?" }
  }

  /// The optimal string alignment distance: Levenshtein's with swaps of neighbours.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in 0..<b.count {
        var cost = min(row[j], last[j + 1]) + 1
        cost = min(cost, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          cost = min(cost, beforeLast[j - 1] + 1)
        }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
