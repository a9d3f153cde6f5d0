// What cannot be built or does not fit: each result fails, with an error that names what was wrong.
import JitGrad
import Testing

/// Two results, evaluated in Swift as it is told.
private struct Told: PrimitiveOperation {
  let name = "told"
  let operandCount = 1
  let resultCount = 2
  let results: [Tensor]
  func resultTypes(of operands: [TensorType]) -> [TensorType] { [operands[0], operands[0]] }
  func evaluate(_ operands: [Tensor]) -> [Tensor] { results }
}

@Suite struct FailureTests {
  let engine = Engine()
  let x = TracedTensor([1.0, 2])

  @Test func eachResultFails() throws {
    let results = Told(results: [])(x, x)
    #expect(results.count == 2)
    #expect(results.allSatisfy { $0.failure?.operation == "told" })
    let sorted = op.call("top_k", x, attributes: ["k": 3])
    #expect(sorted.count == 2)
    #expect(sorted.allSatisfy { $0.failure?.operation == "top_k" })
    #expect(op.call("top_k", x, attributes: ["n": 1]).count == 2)
    #expect(
      op.call("top_k", results[0], attributes: ["k": 1]).map { $0.failure != nil } == [true, true])
    // As many as there are where nothing fails.
    #expect(op.call("top_k", x, attributes: ["k": 1]).count == 2)
    for name in op.names { #expect(!op.call(name).isEmpty) }
  }

  @Test func evaluateGivesWhatTheTypeRuleSays() throws {
    let right = vector(3, 4)
    #expect(try Told(results: [right, right])(x)[1].eval(engine) == right)
    for wrong in [Tensor([1 as Float, 2], shape: [2]), vector(1, 2, 3), Tensor(1.0)] {
      let y = Told(results: [right, wrong])(x)[1]
      let error = #expect(throws: TraceError.self) { try y.eval(engine) }
      #expect(error?.operation == "told")
      #expect(error?.message.hasSuffix("needed f64[2] here") == true)
      #expect(throws: TraceError.self) {
        try Told(results: [right, wrong])(EagerContext(engine).tensor([1.0, 2]))
      }
    }
  }

  // MARK: - Trees that change

  @Test func statesKeepTheirTensors() throws {
    let longer = forLoop(3, [x]) { _, s in s + [s[0]] }
    #expect(longer[0].failure?.message == "a step changes what the state consists of: 1 is added")
    let shorter = whileLoop([x, x], while: { $0[0].sum() < 9 }) { [$0[0] * 2] }.state
    #expect(shorter.map { $0.failure != nil } == [true, true])
    #expect(shorter[1].failure?.message.hasSuffix("1 is missing") == true)
    let renamed = scan(x, ["a": x[0]]) { row, state in (["b": row], row) }
    #expect(renamed.state["a"]?.failure?.message.hasSuffix("a is missing, b is added") == true)
    #expect(renamed.results.failure != nil)
    let kept = forLoop(3, ["a": x]) { _, s in s.mapValues { $0 * 2 } }
    #expect(try kept["a"]?.eval(engine).doubles == [8, 16])
  }

  @Test func branchesGiveTheSameTensors() throws {
    let condition = x[0] > 0
    let other = branch(condition, then: { ["a": x] }, else: { ["b": x] })
    #expect(other["a"]?.failure?.message.hasSuffix("a is missing, b is added") == true)
    let more = branch(condition, then: { [x] }, else: { [x, x] })
    #expect(more[0].failure?.message.hasSuffix("1 is added") == true)
    #expect(try branch(condition, then: { [x] }, else: { [-x] })[0].eval(engine).doubles == [1, 2])
  }

  @Test func combinedTreesHaveTheSameTensors() throws {
    #expect(["a": x].combined(with: ["b": x], +)["a"]?.failure?.operation == "combined")
    #expect([x, x].combined(with: [x], +).map { $0.failure != nil } == [true, true])
    #expect(try [x].combined(with: [x], +)[0].eval(engine).doubles == [2, 4])
  }
}
