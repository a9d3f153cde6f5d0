// A cache that is bounded: what was not used for longest goes first. Not for several threads at once; who
// shares one puts it behind a lock.

/// Values by key, up to a total weight.
package struct RecentCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var value: Value
    let weight: Int
    var lastUse: Int
  }

  private var entries: [Key: Entry] = [:]
  private var clock = 0
  /// Of all entries together.
  package private(set) var weight = 0
  /// The weight that is kept.
  package let capacity: Int

  package init(capacity: Int) { self.capacity = capacity }

  package var count: Int { entries.count }

  /// The value for a key, which is now the last that was used.
  package mutating func value(for key: Key) -> Value? {
    guard let place = entries.index(forKey: key) else { return nil }
    clock += 1
    entries.values[place].lastUse = clock
    return entries.values[place].value
  }

  /// Keeps a value, and forgets others until the weight is in bounds; the new one stays, however heavy.
  /// - Returns: how many were forgotten.
  @discardableResult
  package mutating func insert(_ value: Value, for key: Key, weight added: Int = 1) -> Int {
    clock += 1
    let before = entries.updateValue(
      Entry(value: value, weight: added, lastUse: clock), forKey: key)
    weight += added - (before?.weight ?? 0)
    if weight <= capacity { return 0 }
    // A quarter more than needed, so that the entries are not sorted again for each new one.
    let target = capacity - capacity / 4
    var evicted = 0
    for (key, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }).dropLast()
    where weight > target {
      entries[key] = nil
      weight -= entry.weight
      evicted += 1
    }
    return evicted
  }
}
