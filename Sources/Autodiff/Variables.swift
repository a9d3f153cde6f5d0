// The values of a graph that derivatives are taken by, found by name.
import Graph

extension Graph {
  /// An input, an output or a named intermediate value.
  package func value(named name: String) -> Value? {
    inputs.first { $0.name == name }?.value ?? outputs.first { $0.name == name }?.value
      ?? names.value(named: name)
  }

  /// The value of that name, which must stand for nothing else in the source.
  ///
  /// - Throws: `DerivativeRequestError` where there is none, or where several names of the source
  ///   are one value, so that a derivative would be by all of them.
  func variable(named name: String) throws -> Value {
    if let input = inputs.first(where: { $0.name == name }) { return input.value }
    guard let value = value(named: name) ?? names.aliases[name] else {
      let inputs = inputs.map(\.name)
      let others = names.all.filter { !inputs.contains($0) } + names.aliases.keys.sorted()
      let list = others.prefix(8).joined(separator: ", ") + (others.count > 8 ? ", …" : "")
      throw DerivativeRequestError(
        "\(self.name) has no value named \(name)",
        help: "its inputs are \(inputs.joined(separator: ", "))"
          + (others.isEmpty ? "" : "; its named values are \(list)"))
    }
    if isDistinct(value) { return value }
    let same =
      Set(
        [names[value]].compactMap { $0 } + inputs.filter { $0.value == value }.map(\.name)
          + outputs.filter { $0.value == value }.map(\.name)
          + names.aliases.filter { $0.value == value }.map(\.key)
      ).subtracting([name]).sorted()
    if let other = same.first {
      throw DerivativeRequestError(
        "\(name) and \(other) are one value in \(self.name); a derivative by \(name) would be by both",
        help: inputs.contains { $0.value == value }
          ? "differentiate by \(inputs.first { $0.value == value }?.name ?? other), "
            + "or name \(name) as distinct when the file is read"
          : "name \(name) as distinct when the file is read, or make it an input")
    }
    return value
  }
}
