// What makes two operations the same: never their names or what they print alone.
import JitGrad
import Testing

/// A number behind a reference, which prints the same for all.
private final class Factor: Sendable, Hashable {
  let value: Double
  init(_ value: Double) { self.value = value }
  static func == (a: Factor, b: Factor) -> Bool { a.value == b.value }
  func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

/// With a kernel.
private struct Times: PrimitiveOperation {
  let name = "times"
  let operandCount = 1
  let factor: Factor
  var kernel: PrimitiveKernel { .composed { [factor] in [factor.value * $0[0]] } }
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  func jvp(_ rule: PrimitiveTangents) -> [TracedTensor?] {
    [rule.tangents[0].map { factor.value * $0 }]
  }
}

/// Evaluated in Swift.
private struct TimesInSwift: PrimitiveOperation {
  let name = "times in Swift"
  let operandCount = 1
  let factor: Factor
  func resultTypes(of operands: [TensorType]) -> [TensorType] { operands }
  func evaluate(_ operands: [Tensor]) -> [Tensor] {
    [Tensor(operands[0].doubles.map { factor.value * $0 }, shape: operands[0].shape)]
  }
}

@Suite struct IdentityTests {
  let engine = Engine()
  private let two = Factor(2)
  private let three = Factor(3)

  @Test func operationsThatPrintTheSameAreTwo() throws {
    let x = TracedTensor(5.0)
    #expect(Times(factor: two).parameters == Times(factor: three).parameters)
    // In one graph, in regions, and as graphs of one structure.
    let both = [Times(factor: two)(x)[0], Times(factor: three)(x)[0]]
    #expect(try both.eval(engine).map(\.number) == [10, 15])
    let inSwift = [TimesInSwift(factor: two)(x)[0], TimesInSwift(factor: three)(x)[0]]
    #expect(try inSwift.eval(engine).map(\.number) == [10, 15])
    for (factor, expected) in [(two, 20.0), (three, 45)] {
      let looped = forLoop(2, x) { _, x in Times(factor: factor)(x)[0] }
      #expect(try looped.eval(engine).number == expected)
      #expect(try Times(factor: factor)(x)[0].eval(engine).number == 5 * factor.value)
    }
  }

  @Test func equalOperationsAreOne() throws {
    let x = TracedTensor(5.0)
    let both = [Times(factor: Factor(2))(x)[0], Times(factor: two)(x)[0]]
    #expect(try Graph("both", of: both) == Graph("both", of: [both[0], both[0]]))
    _ = try both[0].eval(engine)
    _ = try both[1].eval(engine)
    #expect(engine.counters.compiles == 1)
  }

  @Test func eagerOperationsThatPrintTheSameAreTwo() throws {
    let context = EagerContext(engine)
    let x = context.tensor(5.0, requiresGrad: true)
    for factor in [two, three] {
      let y = try Times(factor: factor)(x)[0]
      #expect(y.number == 5 * factor.value)
      #expect(try y.backward()[x]?.number == factor.value)
    }
  }

  /// A name says nothing of a closure: not for another number, not for a name of the library.
  @Test func eagerClosuresAreNoNames() throws {
    let context = EagerContext(engine)
    let x = context.tensor([1.0, 4], requiresGrad: true)
    for k in [2.0, 3] {
      let y = try x.map("scale") { $0 * k }
      #expect(y.value.doubles == [k, 4 * k])
      #expect(try y.sum().backward()[x]?.value.doubles == [k, k])
    }
    #expect(try sqrt(x).value.doubles == [1, 2])
    #expect(try x.map("sqrt") { -$0 }.value.doubles == [-1, -4])
    #expect(try x.map("exp") { $0 + 1 }.value.doubles == [2, 5])
    expectClose(try exp(context.tensor([0.0, 0])).value.doubles, [1, 1])
    let compiles = engine.counters.compiles
    _ = try x.map("another name") { $0 * 2 }
    #expect(engine.counters.compiles == compiles)
  }
}
