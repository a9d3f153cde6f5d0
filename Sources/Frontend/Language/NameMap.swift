// What names of a file stand for. Names are small numbers already, so finding one is a product and
// a glance; a Dictionary would spend most of the time of elaboration on hashing them.

/// A dictionary from names.
struct NameMap<Value> {
  private(set) var names: [NameID] = []
  private var values: [Value] = []
  /// Open addressing: where a name stands in `names`, −1 for none. At most half are in use, and
  /// their count is a power of two.
  private var slots: [Int32] = []

  subscript(name: NameID) -> Value? { find(name).map { values[$0] } }

  /// - Parameter fallback: what a name stands for that is not there.
  subscript(name: NameID, default fallback: Value) -> Value {
    get { self[name] ?? fallback }
    set { set(name, newValue) }
  }

  mutating func set(_ name: NameID, _ value: Value) {
    if let place = find(name) {
      values[place] = value
      return
    }
    names.append(name)
    values.append(value)
    if names.count * 2 > slots.count { grow() } else { enter(names.count - 1) }
  }

  private func find(_ name: NameID) -> Int? {
    if slots.isEmpty { return nil }
    var slot = home(of: name)
    while slots[slot] >= 0 {
      if names[Int(slots[slot])] == name { return Int(slots[slot]) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private func home(of name: NameID) -> Int {
    let product = UInt64(UInt32(bitPattern: name.index)) &* NameTable.multiplier
    return Int(truncatingIfNeeded: product >> 32) & (slots.count - 1)
  }

  private mutating func enter(_ place: Int) {
    var slot = home(of: names[place])
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(place)
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: max(16, slots.count * 2))
    for place in names.indices { enter(place) }
  }
}
