// The axes of operands and what they are called: matches subscripts with types, and says what does not
// fit. How products are made of labelled operands is decided in LabelledTerm.swift.

/// What an axis is called. Axes of one label run along together.
enum AxisLabel: Hashable {
  case letter(Unicode.Scalar)
  /// An axis that an ellipsis stands for, counted from the last one.
  case hidden(Int)

  var isHidden: Bool { if case .hidden = self { true } else { false } }
}

/// The labels of the axes of every operand and of the result.
struct Labelling {
  private let subscripts: Subscripts
  private(set) var operands: [[AxisLabel]] = []
  private(set) var result: [AxisLabel] = []
  /// The common extent of the axes of a label: those of a letter are equal, those under an ellipsis equal
  /// or 1. What only the call tells is a guard of the operations that are made.
  private(set) var extents: [AxisLabel: DimExpr] = [:]
  /// What further extents of a label are compared with, and where it stands: the first one, and the first
  /// number behind it.
  private var known: [AxisLabel: [(extent: DimExpr, term: Subscripts.Term)]] = [:]

  /// - Throws: `TypeRuleError`, with its place in the text where there is one.
  init(_ subscripts: Subscripts, of types: [TensorType]) throws(TypeRuleError) {
    self.subscripts = subscripts
    try Self.checkDTypes(types)
    let terms = subscripts.operands
    guard terms.count == types.count else {
      throw TypeRuleError(
        "einsum needs a term for each operand, found \(terms.count) for \(types.count)",
        at: subscripts.operandPlace, help: "commas part the terms; that of a scalar is empty")
    }
    for (term, type) in zip(terms, types) { try add(term, type) }
    result = try subscripts.result.map(explicit) ?? implicit
  }

  private static func checkDTypes(_ types: [TensorType]) throws(TypeRuleError) {
    guard let first = types.first else { throw TypeRuleError("einsum needs at least one operand") }
    let other = types.first { $0.dtype != first.dtype }
    guard let odd = other ?? (first.dtype == .bool ? first : nil) else { return }
    throw TypeRuleError(
      "einsum needs numbers of one dtype, found "
        + (other == nil ? "\(first)" : "\(first) and \(odd)"),
      help: other == nil ? "convert it: i64(…)" : "convert one of them: f64(…) or i64(…)")
  }

  // MARK: - Operands

  private mutating func add(
    _ term: Subscripts.Term, _ type: TensorType
  ) throws(TypeRuleError) {
    var labels = term.letters.map { AxisLabel.letter($0.scalar) }
    let hidden = type.rank - labels.count
    guard hidden == 0 || term.ellipsis != nil && hidden > 0 else {
      throw TypeRuleError(
        "the term \(subscripts.quoted(term)) has \(labels.count) label\(labels.count == 1 ? "" : "s")"
          + ", but its operand \(type) has rank \(type.rank)", at: term.place,
        help: hidden > 0 ? "write ... for axes without a label" : nil)
    }
    if let front = term.ellipsis {
      labels.insert(contentsOf: Self.hiddenLabels(hidden), at: front)
    }
    operands.append(labels)
    for (label, extent) in zip(labels, type.shape) { try unite(label, extent, term) }
  }

  private static func hiddenLabels(_ count: Int) -> [AxisLabel] {
    (0..<count).reversed().map { .hidden($0) }
  }

  private mutating func unite(
    _ label: AxisLabel, _ extent: DimExpr, _ term: Subscripts.Term
  ) throws(TypeRuleError) {
    let others = known[label, default: []]
    if others.contains(where: { $0.extent == extent }) { return }
    let relation = label.isHidden ? Guard.Relation.broadcastable : .equal
    for other in others where Guard(other.extent, relation, extent).decided == false {
      throw mismatch(label, other, (extent, term))
    }
    let isNumber = extent.constantValue != nil && !(label.isHidden && extent.isOne)
    if others.isEmpty || isNumber { known[label, default: []].append((extent, term)) }
    let common = extents[label] ?? extent
    extents[label] = label.isHidden ? .broadcast(common, extent) : common
  }

  private func mismatch(
    _ label: AxisLabel, _ first: (extent: DimExpr, term: Subscripts.Term),
    _ second: (extent: DimExpr, term: Subscripts.Term)
  ) -> TypeRuleError {
    let found = "found \(first.extent) and \(second.extent)"
    let notes = [first, second].map {
      "the operand of \(subscripts.quoted($0.term)) has \($0.extent)"
    }
    guard case .letter(let scalar) = label else {
      return TypeRuleError(
        "einsum needs axes under ... that are equal or 1, \(found)", at: second.term.place,
        notes: notes)
    }
    let letter = second.term.letters.last { $0.scalar == scalar }
    return TypeRuleError(
      "einsum needs equal extents for the label \(scalar), \(found)",
      at: letter?.place ?? second.term.place, notes: notes,
      help: first.extent.isOne || second.extent.isOne
        ? "an extent of 1 is repeated under ... only" : nil)
  }

  // MARK: - The result

  /// The axes under the longest ellipsis.
  private var hidden: [AxisLabel] {
    Self.hiddenLabels(extents.keys.count { $0.isHidden })
  }

  private func explicit(_ term: Subscripts.Term) throws(TypeRuleError) -> [AxisLabel] {
    var labels: [AxisLabel] = []
    for letter in term.letters {
      let label = AxisLabel.letter(letter.scalar)
      if labels.contains(label) {
        throw TypeRuleError(
          "the result of einsum has the label \(letter.scalar) twice", at: letter.place,
          help: "each label stands for one axis of the result")
      }
      if extents[label] == nil {
        throw TypeRuleError(
          "no operand of einsum has the label \(letter.scalar) of its result", at: letter.place)
      }
      labels.append(label)
    }
    if let front = term.ellipsis {
      labels.insert(contentsOf: hidden, at: front)
    } else if !hidden.isEmpty {
      throw TypeRuleError(
        "the result of einsum leaves out the \(hidden.count == 1 ? "axis" : "axes") under ...",
        at: term.place,
        help: "write ... in the result too, or labels in place of it to sum over them")
    }
    return labels
  }

  /// Without an arrow: the labels that occur once, in the order of the alphabet, behind axes under an
  /// ellipsis.
  private var implicit: [AxisLabel] {
    var counts: [Unicode.Scalar: Int] = [:]
    for letter in subscripts.operands.flatMap(\.letters) { counts[letter.scalar, default: 0] += 1 }
    return hidden + counts.filter { $1 == 1 }.keys.sorted().map { .letter($0) }
  }
}
