// Where pieces of a program come from, for readers.
import Graph

/// Where a piece of the program comes from.
package struct Note: Hashable, Sendable {
  package var operation: String
  package var name: String?
  package var origin: Origin
  /// What is wrong where it has no result.
  package var failure: String?
}

extension [Note] {
  /// What a piece computes, by the lines of the source: `line 5: dot, grad_y (negate)`; of each line not
  /// more than eight things.
  package func text(_ identifier: (String) -> String = { $0 }) -> String {
    let most = 8
    var places: [(line: Int32, texts: [String])] = []
    for note in self {
      let place =
        places.firstIndex { $0.line == note.origin.line }
        ?? {
          places.append((note.origin.line, []))
          return places.count - 1
        }()
      if places[place].texts.count > most { continue }
      let name = note.name.map(identifier)
      let text =
        note.operation == "output"
        ? name ?? "" : name.map { "\($0) (\(note.operation))" } ?? note.operation
      if !places[place].texts.contains(text) { places[place].texts.append(text) }
    }
    let parts = places.sorted { $0.line < $1.line }.map { line, texts in
      let list = texts.prefix(most).joined(separator: ", ") + (texts.count > most ? ", …" : "")
      return line > 0 ? "line \(line): \(list)" : list
    }
    return parts.joined(separator: "; ")
  }
}
