// In which order the indices of a domain become loops, outermost first. Rows of memory should be
// walked innermost; a fold whose innermost loop belongs to the result keeps its sums in the
// result's memory, any other in a local.
import Graph

/// The loops of a meaning.
struct LoopOrder {
  /// Domain indices, outermost first; extents of 1 are left out.
  private(set) var indices: [Int]
  /// The folded ones among them.
  let folded: Set<Int>

  init(_ meaning: Meaning?, _ comprehension: Comprehension) {
    let domain = comprehension.domain
    if domain.isEmpty {
      (indices, folded) = ([], [])
      return
    }
    let all = domain.indices.filter { !domain[$0].isOne }
    switch meaning {
    case .fold(_, let over, let states)?:
      folded = Set(over)
      let outer = all.filter { !over.contains($0) }
      let inner = all.filter(over.contains)
      indices = outer + inner
      guard states.count == 1, let last = inner.last, !outer.isEmpty else { return }
      // One index innermost: the one along which most accesses are contiguous.
      var scores = [Int](repeating: 0, count: domain.count)
      forEachAccess(.map(Comprehension(domain: [], values: [states[0].update]))) { _, access in
        for (axis, index) in access.enumerated() {
          for k in all where index.mentions(index: k) {
            scores[k] += axis == access.count - 1 && index == .index(k) ? 1 : -1
          }
        }
      }
      if let best = outer.last(where: { scores[$0] == scores.max() }), scores[best] > scores[last] {
        indices = outer.filter { $0 != best } + inner + [best]
      }
    case .scan(_, let along, _, _)?:
      folded = [along]
      indices = all.filter { $0 != along } + (all.contains(along) ? [along] : [])
    default:
      folded = []
      indices = all
    }
  }

  /// Whether the folded loops are the innermost ones, so that a local can hold the state.
  var foldsInLocal: Bool {
    let first = indices.firstIndex(where: folded.contains) ?? indices.count
    return indices[first...].allSatisfy(folded.contains)
  }

  /// Whether an access happens once for each element it reads: the loops that it does not depend
  /// on all lie inside those it depends on, so that it can be hoisted out of them.
  func readsOnce(_ access: [DimExpr]) -> Bool {
    let depends = indices.map { index in access.contains { $0.mentions(index: index) } }
    guard let last = depends.lastIndex(of: true) else { return true }
    return !depends[..<last].contains(false)
  }
}
