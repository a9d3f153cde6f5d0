// Planted faults that the laws must catch: a law that lets one pass is worth nothing.
import Autodiff
import Graph
import Testing

/// An operation with one rule spoilt.
struct FaultyOperation: Operation {
  enum Fault: String, CaseIterable, Sendable {
    case wrongSignInJVP, droppedTermInJVP, swappedTangents, scaledJVP
    case wrongSignInTranspose, swappedCotangents, droppedCotangent
    case unbatched, wrongReference

    var isInTranspose: Bool {
      switch self {
      case .wrongSignInTranspose, .swappedCotangents, .droppedCotangent: true
      default: false
      }
    }
  }

  let base: any Operation
  let fault: Fault

  static func == (a: Self, b: Self) -> Bool { a.fault == b.fault && a.base.isEqual(to: b.base) }
  func hash(into hasher: inout Hasher) { base.hash(into: &hasher) }

  var name: String { base.name }
  var attributes: [Attribute] { base.attributes + [Attribute("fault", .word(fault.rawValue))] }
  func resultTypes(of operands: [TensorType]) throws(TypeRuleError) -> [TensorType] {
    try base.resultTypes(of: operands)
  }
  func guards(of operands: [TensorType]) -> [Guard] { base.guards(of: operands) }

  func jvp(_ rule: JVPRule) throws -> [Term?] {
    var tangents = Array(rule.tangents)
    if fault.isInTranspose {
      // Linear operations are their own derivatives, so that the transpose meets the fault.
      let all = zip(tangents, rule.operands).map { $0 ?? $1.zeros }
      return [rule.builder.applying(self, all)]
    }
    if fault == .swappedTangents { tangents.reverse() }
    if fault == .droppedTermInJVP { tangents[tangents.count - 1] = nil }
    let made = try base.jvp(
      JVPRule(
        builder: rule.builder, operands: rule.operands, results: rule.results,
        tangents: OptionalTerms(rule.builder, tangents)))
    return made.enumerated().map { k, tangent in
      switch fault {
      case .wrongSignInJVP: tangent.map { -$0 }
      case .scaledJVP: tangent.map { $0 * 1.001 }
      case .droppedTermInJVP: tangent ?? rule.results[k].zeros
      default: tangent
      }
    }
  }

  func transpose(_ rule: TransposeRule) throws -> [Term?] {
    var made = try base.transpose(rule)
    switch fault {
    case .wrongSignInTranspose: made = made.map { $0.map { -$0 } }
    case .swappedCotangents: made.reverse()
    case .droppedCotangent: made[0] = nil
    default: break
    }
    return made
  }

  func batch(_ rule: BatchRule) throws -> [Term] {
    let made = try base.batch(rule)
    // The extra axis runs backward.
    return fault == .unbatched ? made.map { rule.builder.applying(Reverse(axes: [0]), [$0]) } : made
  }

  func meaning(_ operands: [TensorType], _ results: [TensorType]) -> Meaning {
    base.meaning(operands, results)
  }

  func evaluate(_ call: ReferenceCall) throws -> [Tensor] {
    let made = try base.evaluate(call)
    guard fault == .wrongReference else { return made }
    return made.map {
      Tensor(doubles: $0.doubles.map { $0 * 1.0001 }, dtype: $0.dtype, shape: $0.shape)
    }
  }
}

@Suite struct MutationTests {
  struct Plant: Sendable, CustomStringConvertible {
    let fault: FaultyOperation.Fault
    let base: any Operation
    let operands: [Example.Operand]
    let laws: [Law]
    var description: String { "\(fault.rawValue) of \(base.name)" }
  }

  /// What must be caught, and by which laws at least one of.
  static let plants: [Plant] = {
    let vector = Example.Operand(.f64, ["n"], in: 0.5...2)
    let square = Example.Operand(.f64, ["n", "n"], in: 0.5...2)
    let product = Elementwise(.multiply)
    let quotient = Elementwise(.divide)
    let matmul = Dot(leftContracting: [1], rightContracting: [0])
    let total = Reduction(kind: .sum, axes: [0])
    func plant(
      _ fault: FaultyOperation.Fault, _ base: any Operation, _ operands: [Example.Operand],
      _ laws: Law...
    ) -> Plant { Plant(fault: fault, base: base, operands: operands, laws: laws) }
    return [
      plant(.wrongSignInJVP, Elementwise(.tanh), [vector], .differences),
      plant(.wrongSignInJVP, total, [vector], .differences),
      plant(.scaledJVP, Elementwise(.exp), [vector], .differences),
      plant(.scaledJVP, Cumulative(kind: .prod, axis: 0, reversed: false), [vector], .differences),
      plant(.droppedTermInJVP, product, [vector, vector], .differences),
      plant(.droppedTermInJVP, quotient, [vector, vector], .differences),
      plant(.droppedTermInJVP, matmul, [square, square], .differences),
      plant(.swappedTangents, product, [vector, vector], .differences),
      plant(.swappedTangents, quotient, [vector, vector], .differences),
      plant(.swappedTangents, matmul, [square, square], .differences),
      plant(
        .wrongSignInTranspose, Slice(starts: [0], stops: ["n"], strides: [1]), [vector], .adjoint),
      plant(.wrongSignInTranspose, Elementwise(.negate), [vector], .adjoint),
      plant(.wrongSignInTranspose, Reverse(axes: [0]), [vector], .adjoint),
      plant(.swappedCotangents, Elementwise(.subtract), [vector, vector], .adjoint),
      plant(.droppedCotangent, Concatenate(axis: 0), [vector, vector], .adjoint),
      plant(.unbatched, Elementwise(.sin), [vector], .batching),
      plant(.unbatched, matmul, [square, square], .batching),
      plant(.wrongReference, Elementwise(.sin), [vector], .compiled),
      plant(.wrongReference, total, [vector], .compiled),
    ]
  }()

  @Test(arguments: plants) func isCaught(_ plant: Plant) throws {
    let faulty = try Subject(
      plant.description, FaultyOperation(base: plant.base, fault: plant.fault), plant.operands,
      tolerance: 1e-12)
    for law in plant.laws {
      #expect(!law.failures(faulty).isEmpty, "\(law) does not see \(plant)")
    }
    let sound = try Subject("sound", plant.base, plant.operands, tolerance: 1e-12)
    for law in plant.laws {
      #expect(law.failures(sound).isEmpty, "\(law) complains about the sound \(plant.base.name)")
    }
  }
}
