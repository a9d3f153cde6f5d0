// `einsum`: sums of products of arrays, written with a label for each axis. It is made of diagonals,
// sums and products of two; which labels there are decides Labelling.swift, the order of products
// ContractionPlan.swift.

/// The entry of the catalog and what it expands to.
enum Einsum {
  /// The name of the parameter that holds the labels.
  static let subscripts = "subscripts"

  /// What an extent that only the call tells is taken for where costs are compared.
  static let standInExtent = 64

  static let entry = Entry(
    "einsum", [Parameter(subscripts, .text), Parameter("operands", .operands)],
    """
    A sum of products, with a label for each axis: `einsum("ij,jk->ik", A, B)` is `A @ B`.

    A term of letters stands for each operand, and behind `->` one for the result: axes of one label run \
    along together, and labels that the result does not have are summed over. So `"ii->i"` is a diagonal, \
    `"ij->ji"` a transpose, `"ij,ij->"` the sum of the products of elements, and `",ij->ij"` scales by \
    a number. `...` stands for axes without a label, from the last one on; they broadcast, \
    labelled ones must be equal. Without `->` the result has the axes under `...` and then the labels \
    that occur once, in the order of the alphabet, capital letters first. Labels are letters of any \
    alphabet; spaces mean nothing.

    Products are taken two at a time, in the order that needs the fewest multiplications: of up to \
    \(ContractionPlan.exactCount) operands the very fewest, of more those whose product is smallest \
    compared with its factors first. Extents that only the call tells count as \(standInExtent) there.
    """
  ) { call in
    let subscripts = try Subscripts(call.text(Self.subscripts) ?? "")
    return [try product(of: call.operands, subscripts)]
  }

  private static func product(of operands: [Term], _ subscripts: Subscripts) throws -> Term {
    let labelling = try Labelling(subscripts, of: operands.map(\.type))
    let given = zip(operands, labelling.operands).map { operand, labels in
      LabelledTerm(term: operand, labels: labels).diagonals.stretched(to: labelling.extents)
    }
    var network = Network(given, result: labelling.result)
    // What only one operand has is summed before any product.
    for number in given.indices { network.sum(number) }
    for step in ContractionPlan(network.problem).steps { network.multiply(step) }
    return network.product.arranged(as: labelling.result).term
  }

  /// Operands that are still to be multiplied, and the products of those that were.
  private struct Network {
    /// By number; `nil` for what a product has taken up.
    private var operands: [LabelledTerm?]
    private let result: [AxisLabel]
    private var counts: [AxisLabel: Int] = [:]

    init(_ operands: [LabelledTerm], result: [AxisLabel]) {
      self.operands = operands
      self.result = result
      for label in operands.flatMap(\.labels) { counts[label, default: 0] += 1 }
    }

    /// Sums an operand over the labels that nothing else has.
    mutating func sum(_ number: Int) {
      operands[number] = operands[number].map { operand in
        operand.summed { counts[$0, default: 0] > 1 || result.contains($0) }
      }
    }

    mutating func multiply(_ step: ContractionPlan.Step) {
      guard let left = operands[step.left], let right = operands[step.right] else { return }
      (operands[step.left], operands[step.right]) = (nil, nil)
      for label in left.labels + right.labels { counts[label, default: 0] -= 1 }
      let reader = step.reader.flatMap { operands.indices.contains($0) ? operands[$0] : nil }
      let product = left.times(
        right, keeping: { counts[$0, default: 0] > 0 || result.contains($0) },
        like: reader?.labels ?? result)
      for label in product.labels { counts[label, default: 0] += 1 }
      operands.append(product)
    }

    /// The only one that is left.
    var product: LabelledTerm { operands.compactMap(\.self)[0] }

    /// What the order of products depends on.
    var problem: ContractionProblem {
      let given = operands.compactMap(\.self)
      var numbers: [AxisLabel: Int] = [:]
      var problem = ContractionProblem()
      for operand in given {
        for (label, extent) in zip(operand.labels, operand.term.shape) where numbers[label] == nil {
          numbers[label] = problem.sizes.count
          let size = try? extent.evaluate { _ in standInExtent }
          problem.sizes.append(Double(max(size ?? standInExtent, 0)))
          problem.isKept.append(result.contains(label))
        }
      }
      problem.operands = given.map { $0.labels.compactMap { numbers[$0] } }
      return problem
    }
  }
}
