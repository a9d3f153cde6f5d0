// What is read back as sizes: whenever there is an answer, evaluation gives the same numbers.

import Frontend
import Graph
import Testing

@Suite struct SizeReaderTests {
  private static let functions: [ScalarFunction] = [
    .add, .subtract, .multiply, .max, .min, .negate, .floorDivide, .mod, .sign, .and, .or, .xor,
    .not, .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual, .select,
  ]
  private static let sizes = ["n": 3, "m": 2]

  /// A graph of the sizes n and m that are extents of inputs.
  private static func builder() -> GraphBuilder {
    let builder = GraphBuilder(name: "sizes")
    for name in ["n", "m"] {
      _ = builder.addInput("of_\(name)", TensorType(.f64, [.symbol(name)]))
    }
    return builder
  }

  private static func values(of terms: [Term], _ builder: GraphBuilder) throws -> [Tensor] {
    for (k, term) in terms.enumerated() { builder.addOutput("out\(k)", term) }
    let inputs = [Tensor([1.0, 2, 3], shape: [3]), Tensor([1.0, 2], shape: [2])]
    return try ReferenceEvaluator.run(builder.graph, inputs: inputs, sizes: sizes)
  }

  /// Numbers of every dtype, alone and in pairs.
  private static func leaves(_ builder: GraphBuilder) -> [Term] {
    let numbers: [Scalar] =
      ([-2, 0, 1, 2, 3, 4, 5] as [Int64]).flatMap { [Scalar($0, .i32), Scalar($0, .i64)] } + [
        Scalar(Int64(Int32.max), .i32), Scalar(Int64(Int32.min), .i32),
        Scalar(4_294_967_301 as Int64, .i64), Scalar(0.2, .f64), Scalar(0.7, .f64), Scalar(true),
        Scalar(false),
      ]
    let pairs = [
      Tensor([true, false], shape: [2]), Tensor([1 as Int64, 20], shape: [2]),
      Tensor([3 as Int32, -4], shape: [2]),
    ]
    let sizes = ["n", "m"].flatMap { name in
      [DType.i64, .i32].map { builder.size(.symbol(name), $0) }
    }
    return numbers.map { builder.constant($0) } + pairs.map { builder.constant($0) } + sizes
  }

  private static func grown(
    _ builder: GraphBuilder, _ terms: [Term], _ random: inout RandomNumbers
  ) -> Term? {
    func pick() -> Term { terms[Int.random(in: 0..<terms.count, using: &random)] }
    let x = pick()
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      let dtype = [DType.i32, .i64, .bool, .f64].randomElement(using: &random) ?? .i64
      return try? builder.apply(Convert(dtype: dtype), [x])[0]
    case 1: return x.rank == 0 ? x.reshaped(to: [1]) : nil
    case 2: return x.rank == 0 ? x.broadcast(to: [2], axes: []) : nil
    case 3: return try? builder.apply(Concatenate(axis: 0), [x, pick()])[0]
    case 4:
      return x.rank == 1
        ? try? builder.apply(
          Slice(starts: [1], stops: [2], strides: [1]), [x])[0] : nil
    default:
      let function = functions[Int.random(in: 0..<functions.count, using: &random)]
      let operands = (0..<function.arity).map { _ in pick() }
      return try? builder.apply(Elementwise(function), operands)[0]
    }
  }

  @Test func whatIsReadIsWhatIsComputed() throws {
    var (answers, conditions) = (0, 0)
    for seed in 0..<400 {
      var random = RandomNumbers(seed: seed)
      let builder = Self.builder()
      var terms = Self.leaves(builder)
      for _ in 0..<60 {
        guard let term = Self.grown(builder, terms, &random), term.rank <= 1 else { continue }
        terms.append(term)
      }
      _ = builder.takeFailure()
      for (term, value) in zip(terms, try Self.values(of: terms, builder)) {
        if let found = SizeReader.sizes(of: term) {
          let read = found.map { $0.value(Self.sizes).map { Int64($0) } }
          #expect(read == value.integers, "seed \(seed): \(found) for \(value)")
          answers += 1
        }
        if let found = SizeReader.conditions(of: term) {
          let holds = try found.allSatisfy { condition in
            let a = try #require(condition.lhs.value(Self.sizes))
            return condition.holds(a, try #require(condition.rhs.value(Self.sizes)))
          }
          #expect(value.integers == [holds ? 1 : 0], "seed \(seed): \(found)")
          conditions += 1
        }
      }
    }
    #expect(answers > 1000 && conditions > 200)
  }

  @Test func whatIsNoSizeIsNotRead() throws {
    let builder = Self.builder()
    func number(_ value: Int64, _ dtype: DType = .i64) -> Term {
      builder.constant(Scalar(value, dtype))
    }
    let (low, high) = (builder.constant(0.2, .f64), builder.constant(0.7, .f64))
    let mask = builder.constant(Tensor([true, false], shape: [2]))
    let pairs = [[1, 2], [10, 20]].map { builder.constant(Tensor($0 as [Int64], shape: [2])) }
    let terms = [
      apply(.or, number(4), number(1)),
      number(5).converted(to: .bool).converted(to: .i64),
      number(4_294_967_301).converted(to: .i32).converted(to: .i64),
      apply(.less, low, high),
      low.converted(to: .i64),
      apply(.select, mask, pairs[0], pairs[1]),
      apply(.less, number(2_147_483_647, .i32) + number(1, .i32), number(1, .i32)),
      apply(.less, builder.size("n", .i32) + number(2_147_483_647, .i32), number(1, .i32)),
    ]
    for term in terms { #expect(SizeReader.sizes(of: term) == nil, "\(term.type)") }
    #expect(SizeReader.conditions(of: apply(.less, low, high)) == nil)
  }

  @Test func sizesAreStillRead() {
    let builder = Self.builder()
    let n = builder.size("n", .i32)
    let isThree = apply(.equal, builder.constant(Scalar(3 as Int64, .i32)), n)
    let one = builder.constant(Scalar(1 as Int64, .i32))
    #expect(SizeReader.sizes(of: (n + one).converted(to: .i64)) == ["n" + 1])
    #expect(SizeReader.sizes(of: n.converted(to: .i64).converted(to: .i32)) == ["n"])
    let holds = apply(.lessEqual, n - n, n).converted(to: .i64)
    #expect(SizeReader.sizes(of: holds) == [1])
    #expect(SizeReader.conditions(of: isThree)?.count == 1)
    let pair = n.broadcast(to: [2], axes: [])
    let always = apply(.greaterEqual, n, n - n).broadcast(to: [2], axes: [])
    #expect(SizeReader.sizes(of: apply(.select, always, pair, pair - pair)) == ["n", "n"])
  }

  /// A condition that is used twice, over and over, is told once.
  @Test func conditionsInCommonAreToldOnce() {
    let builder = Self.builder()
    let (n, m) = (builder.size("n", .i32), builder.size("m", .i32))
    var (a, b) = (apply(.notEqual, n, m), apply(.lessEqual, m, n))
    for _ in 0..<60 { (a, b) = (apply(.and, a, b), apply(.and, b, a)) }
    #expect(SizeReader.conditions(of: a)?.count == 2)
  }

  /// A row is read where the number is the step's, not where it is whether that is 0.
  @Test func whetherTheStepIsZeroIsNoRow() throws {
    let text = """
      jitgrad 1

      func f(x: f64[5]) -> (s: f64) {
        k, s = while k = 0, s = 0.0 where k < 5 { k + 1, 10 * s + x[i64(bool(k))] }
      }
      """
    let file = GraphFile(SourceFile(name: "t.jg", text: text))
    let graph = try #require(file.graphs.first)
    let x = Tensor([1.0, 2, 3, 4, 5], shape: [5])
    let y = try ReferenceEvaluator.run(graph, inputs: [x], sizes: [:])
    #expect(y == [Tensor([12222.0], shape: [])])
  }
}
