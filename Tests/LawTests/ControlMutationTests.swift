// Planted faults in the rules of loops and conditionals that the laws must catch.
import Frontend
import Graph
import Testing

@Suite struct ControlMutationTests {
  struct Plant: Sendable, CustomStringConvertible {
    let fault: ControlFault
    let program: Program
    let law: Law
    var description: String { "\(fault.rawValue) in \(program.name)" }
  }

  /// A program whose loop or conditional stands in the function itself.
  struct Program: Sendable {
    let name: String
    let ranges: [ClosedRange<Double>]
    let text: String

    /// The program with a fault in its loop or conditional.
    func subject(_ fault: ControlFault?) throws -> Subject {
      let file = GraphFile(SourceFile(name: name, text: "jitgrad 1\n" + text))
      try #require(
        !file.hasErrors, "\(DiagnosticRenderer().render(file.diagnostics, in: file.source))")
      let graph = try file.graphs[0].rebuilt { operation, operands, _, builder in
        try builder.apply(
          operation.regions.isEmpty ? operation : FaultyControl(base: operation, fault: fault),
          operands
        ).map { $0 }
      }
      let operands = zip(graph.inputs, ranges).map { input, range in
        let type = graph.type(of: input.value)
        return Example.Operand(type.dtype, type.shape, in: range)
      }
      let label = "\(name) with \(fault?.rawValue ?? "no fault")"
      return Subject(label, graph, operands, tolerance: 1e-11)
    }
  }

  private static let recurrence = Program(
    name: "recurrence", ranges: [-1...1, -1...1, -1...1],
    text: """
      func f(xs: f64[n, d], w: f64[d], h: f64[d]) -> (last: f64[d], all: f64[n]) {
        last, all = for x in xs carry h = h {
          yield sum(h * h)
          h * h * w + 0.5 * h + x
        }
      }
      """)
  /// Ends by its condition, or after six steps.
  private static let until = Program(
    name: "until", ranges: [1.05...1.4, 1.5...4],
    text: """
      func f(x: f64, most: f64) -> (y: f64) {
        y = while y = x where y < most limit 6 { 1.2 * y * y + 0.01 * most }
      }
      """)
  private static let unbounded = Program(
    name: "unbounded", ranges: [1.05...1.4, 1.5...4],
    text: """
      func f(x: f64, most: f64) -> (y: f64) {
        y = while y = x where y < 4.0 { 1.2 * y * y + 0.01 * most }
      }
      """)
  /// Five steps are the first that do some again; there must be elements to see it.
  private static let held = Program(
    name: "held", ranges: [-1...1, -1...1, -1...1],
    text: """
      func f(xs: f64[n, 2], w: f64[2], h: f64[2]) -> (y: f64[2]) {
        y = for x in xs carry h = h keep at most 2 { h * h * w + 0.5 * h + x }
      }
      """)
  private static let power = Program(
    name: "power", ranges: [-1...1, -1...4],
    text: """
      func f(x: f64, count: i64) -> (y: f64) {
        y = for i in 0..<count carry y = 1.0 { y * sin(x + y) }
      }
      """)
  private static let branch = Program(
    name: "branch", ranges: [0.2...1, -1...1, -1...1],
    text: """
      func f(x: f64[n], y: f64[n], t: f64) -> (z: f64[n]) {
        z = if t > 0.0 { sqrt(x) * y } else { x * x + 3 * y }
      }
      """)
  private static let choice = Program(
    name: "choice", ranges: [0.2...1, -1...3],
    text: """
      func f(x: f64[n], k: i64) -> (z: f64[n]) {
        z = switch k { case 0 { sqrt(x) } case 2 { x * x } else { -x } }
      }
      """)

  static let plants: [Plant] = [
    Plant(fault: .stepsInWrongOrder, program: recurrence, law: .compiled),
    Plant(fault: .swappedBranches, program: branch, law: .compiled),
    Plant(fault: .swappedBranches, program: choice, law: .compiled),

    Plant(fault: .droppedTangentOfCaptured, program: recurrence, law: .differences),
    Plant(fault: .droppedTangentOfCaptured, program: branch, law: .differences),
    Plant(fault: .droppedTangentOfRows, program: recurrence, law: .differences),
    Plant(fault: .tangentBeginsAtZero, program: recurrence, law: .differences),
    Plant(fault: .tangentNotCarried, program: recurrence, law: .differences),
    Plant(fault: .tangentNotCarried, program: unbounded, law: .differences),
    Plant(fault: .tangentOfOtherBranch, program: branch, law: .differences),
    Plant(fault: .tangentOfOtherBranch, program: choice, law: .differences),
    Plant(fault: .conditionReadsTangent, program: until, law: .differences),

    Plant(fault: .stepsForward, program: recurrence, law: .adjoint),
    Plant(fault: .stepsForward, program: held, law: .adjoint),
    Plant(fault: .droppedCotangentOfCaptured, program: recurrence, law: .adjoint),
    Plant(fault: .droppedCotangentOfCaptured, program: power, law: .adjoint),
    Plant(fault: .droppedCotangentOfRows, program: recurrence, law: .adjoint),
    Plant(fault: .droppedCotangentOfStack, program: recurrence, law: .adjoint),
    Plant(fault: .sumBeginsAtOne, program: recurrence, law: .adjoint),
    Plant(fault: .sumOfLastStepOnly, program: recurrence, law: .adjoint),
    Plant(fault: .sumOfLastStepOnly, program: unbounded, law: .adjoint),
    Plant(fault: .cotangentNotPassedOn, program: recurrence, law: .adjoint),
    Plant(fault: .residualOfNextStep, program: recurrence, law: .adjoint),
    Plant(fault: .residualOfNextStep, program: unbounded, law: .adjoint),
    Plant(fault: .boundForCount, program: until, law: .adjoint),
    Plant(fault: .transposeOfOtherBranch, program: branch, law: .adjoint),
    Plant(fault: .transposeOfOtherBranch, program: choice, law: .adjoint),
    Plant(fault: .otherCases, program: choice, law: .adjoint),
    Plant(fault: .firstStateForgotten, program: held, law: .adjoint),
    Plant(fault: .oneStepShort, program: held, law: .adjoint),

    Plant(fault: .firstElementDecides, program: choice, law: .batching),
    Plant(fault: .firstElementDecides, program: power, law: .batching),
  ]

  @Test(arguments: plants) func isCaught(_ plant: Plant) throws {
    let found = plant.law.failures(try plant.program.subject(plant.fault))
    #expect(!found.isEmpty, "\(plant.law) does not see \(plant)")
    // By a wrong value, not because the fault cannot be built.
    for failure in found { #expect(!failure.detail.contains("threw"), "\(failure)") }
    let sound = plant.law.failures(try plant.program.subject(nil))
    #expect(sound.isEmpty, "\(plant.law) complains: \(sound)")
  }

  @Test func everyFaultIsPlanted() {
    let planted = Set(Self.plants.map(\.fault))
    #expect(ControlFault.allCases.filter { !planted.contains($0) } == [])
  }
}
