// What a nest computes, as a comment for readers.
import Lowering

extension CFunction {
  /// What a nest computes, by the lines of the source: `line 5: dot, grad_y (negate)`.
  mutating func comment(_ notes: [Note]) {
    if notes.isEmpty { return }
    let most = 8
    var places: [(line: Int32, texts: [String])] = []
    for note in notes {
      let place =
        places.firstIndex { $0.line == note.origin.line }
        ?? {
          places.append((note.origin.line, []))
          return places.count - 1
        }()
      if places[place].texts.count > most { continue }
      let name = note.name.map { CNames.identifier($0) }
      let text =
        note.operation == "output"
        ? name ?? "" : name.map { "\($0) (\(note.operation))" } ?? note.operation
      if !places[place].texts.contains(text) { places[place].texts.append(text) }
    }
    let parts = places.sorted { $0.line < $1.line }.map { line, texts in
      let list = texts.prefix(most).joined(separator: ", ") + (texts.count > most ? ", …" : "")
      return line > 0 ? "line \(line): \(list)" : list
    }
    lines += CLayout.comment(parts.joined(separator: "; "), indent: 2 * indent)
  }
}
