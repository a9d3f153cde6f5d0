// The sizes of a function whose inputs have extents that are not known: one symbol for each, named as
// the program names it, and what the program asserts about them.
import Graph

/// What the unknown extents of inputs stand for.
struct InputSizes {
  /// By input and axis.
  private var extents: [[DimExpr]] = []
  /// By the symbols that were given first.
  private var substitutes: [String: DimExpr] = [:]
  private var learned: [String: DimExpr] = [:]
  private var taken: Set<String> = []
  /// Symbols that were made here.
  private var own: Set<String> = []
  private(set) var constraints: [Guard] = []

  init() {}

  init(_ function: MLIRFunction, _ module: MLIRModule) {
    for (index, argument) in function.body.arguments.enumerated() {
      taken.insert("in\(index)")
      extents.append(
        argument.type.shape.enumerated().map { axis, extent in
          extent.map { DimExpr($0) } ?? .symbol("n\(index)_\(axis)")
        })
    }
    own = Set(extents.flatMap { $0.compactMap(\.symbolName) })
  }

  func shape(of input: Int, _ type: MLIRType) -> [DimExpr] {
    extents[input].map { extent in
      // A size may be told by one that is told by another, but not for ever.
      (0..<8).reduce(extent) { extent, _ in
        extent.replacing { atom in
          if case .symbol(let name) = atom { substitutes[name] } else { nil }
        }
      }
    }
  }

  /// A parameter that the program says is a size.
  mutating func note(_ attributes: [MLIRNamedAttribute], _ term: Term) {
    for attribute in attributes where attribute.name == "jax.global_constant" {
      guard case .string(let name) = attribute.value.kind,
        NameTable.isIdentifier(name), !name.contains("."), !taken.contains(name),
        let symbol = SizeReader.sizes(of: term)?.first?.symbolName, symbol != name,
        isOwn(symbol), learned[symbol] == nil
      else { continue }
      taken.insert(name)
      learned[symbol] = .symbol(name)
    }
  }

  /// A symbol that was made here, and not yet named.
  private func isOwn(_ symbol: String) -> Bool {
    substitutes[symbol] == nil && own.contains(symbol)
  }

  /// A condition that the program asserts.
  mutating func require(_ condition: Guard) {
    if condition.relation == .equal {
      if condition.rhs.isZero, case .mod(let a, let b)? = condition.lhs.singleAtom,
        let symbol = a.symbolName, b.constantValue != nil, isOwn(symbol), learned[symbol] == nil
      {
        // A multiple of b is b times another size.
        own.insert("\(symbol)_part")
        learned[symbol] = b * .symbol("\(symbol)_part")
        return
      }
      for (a, b) in [(condition.rhs, condition.lhs), (condition.lhs, condition.rhs)] {
        if let symbol = a.symbolName, isOwn(symbol), learned[symbol] == nil,
          !b.symbols.contains(symbol)
        {
          learned[symbol] = b
          return
        }
      }
    }
    if !constraints.contains(condition) { constraints.append(condition) }
  }

  /// Takes over what was found out.
  /// - Returns: whether there was anything, so that all has to be made again.
  mutating func learn() -> Bool {
    if learned.isEmpty { return false }
    substitutes.merge(learned) { first, _ in first }
    learned = [:]
    constraints = []
    return true
  }
}
