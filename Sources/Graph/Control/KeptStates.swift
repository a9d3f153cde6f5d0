// Some states of a loop, kept in rows for its way back. Two chains go through the rows: one from the
// latest state to the first, one through the rows that are free. Both are row numbers in one array,
// so keeping a state and giving one up are a few assignments, and no state is ever moved.

/// States that are kept, with their steps.
struct KeptStates {
  /// The row of the latest state, and the step before which it was.
  var last: Term
  var place: Term
  /// The first free row. There is always one, to write to where nothing can be kept.
  var free: Term
  /// How many more states can be kept.
  var room: Term
  /// For each row the next one of its chain; the first state is its own.
  var previous: Term
  /// For each row the step of its state.
  var places: Term
  /// For each carried value its rows.
  var states: [Term]

  static let names = ["last", "place", "free", "room", "previous", "places"]

  var terms: [Term] { [last, place, free, room, previous, places] + states }

  init(
    last: Term, place: Term, free: Term, room: Term, previous: Term, places: Term, states: [Term]
  ) {
    self.last = last
    self.place = place
    self.free = free
    self.room = room
    self.previous = previous
    self.places = places
    self.states = states
  }

  /// From `terms`, in another graph.
  init(_ terms: ArraySlice<Term>) {
    let terms = Array(terms)
    self.init(
      last: terms[0], place: terms[1], free: terms[2], room: terms[3], previous: terms[4],
      places: terms[5], states: Array(terms[6...]))
  }

  /// The state in a row.
  func state(in row: Term) -> [Term] { states.map { $0.row(row) } }

  /// Writes the state before step `place` to the free row, and keeps it where `isKept`.
  ///
  /// - Returns: the row.
  mutating func write(_ state: [Term], before place: Term, keepingIf isKept: Term) -> Term {
    let row = free
    let following = previous.row(row)
    states = zip(states, state).map { $0.replacing(row: row, by: $1) }
    places = places.replacing(row: row, by: place)
    previous = previous.replacing(row: row, by: choose(isKept, last, following))
    last = choose(isKept, row, last)
    self.place = choose(isKept, place, self.place)
    free = choose(isKept, following, row)
    room = choose(isKept, room - 1, room)
    return row
  }

  /// Gives up the latest state where that is the state before `step`.
  mutating func giveUp(_ step: Term) {
    let isUsedUp = place == step
    let before = previous.row(last)
    previous = previous.replacing(row: last, by: choose(isUsedUp, free, before))
    free = choose(isUsedUp, last, free)
    room = choose(isUsedUp, room + 1, room)
    place = choose(isUsedUp, places.row(before), place)
    last = choose(isUsedUp, before, last)
  }
}
