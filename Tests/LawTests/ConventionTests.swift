// What happens at the points where mathematics leaves a choice. docs/conventions.md is the table.
import Autodiff
import Graph
import JIT
import Testing

private let inf = Double.infinity
private let nan = Double.nan

@Suite struct ConventionTests {
  private func expectGradients(
    _ inputs: [Tensor], _ expected: [[Double]], _ note: Comment,
    _ body: @escaping ([Term]) throws -> [Term]
  ) throws {
    let found = try Probe(inputs, body).gradients()
    for (a, b) in zip(found, expected) { #expect(isSame(a, b), "\(note): \(a.doubles), not \(b)") }
  }

  private func expectValues(
    _ inputs: [Tensor], _ expected: [Double], _ note: Comment,
    _ body: @escaping ([Term]) throws -> [Term]
  ) throws {
    let found = try Probe(inputs, body).values()[0]
    #expect(isSame(found, expected), "\(note): \(found.doubles), not \(expected)")
  }

  // MARK: - Ties and corners

  @Test func tiesShareEqually() throws {
    let (a, b) = (vector(1, 2, 0), vector(1, 1, 1))
    for (name, half) in [("maximum", [0.5, 1, 0]), ("minimum", [0.5, 0, 1])] {
      try expectGradients([a, b], [half, half.map { 1 - $0 }], "\(name)") { try call(name, $0) }
      let probe = try Probe([a, b]) { try call(name, $0) }
      let dy = try probe.tangents([vector(1, 1, 1), vector(0, 0, 0)])[0]
      #expect(isSame(dy, half))
    }
    try expectGradients([vector(1, 3, 3)], [[0, 0.5, 0.5]], "max") { try call("max", $0) }
    try expectGradients([vector(1, 1, 3)], [[0.5, 0.5, 0]], "min") { try call("min", $0) }
    // y = (1, 1): the second 1 shares with the first.
    try expectGradients([vector(1, 1)], [[1.5, 0.5]], "cummax") { try call("cummax", $0) }
    try expectGradients([vector(-1, 0, 2)], [[0, 0.5, 1]], "relu") { try call("relu", $0) }
  }

  @Test func cornersAndPoles() throws {
    try expectGradients([vector(-2, 0, 3)], [[-1, 0, 1]], "abs") { try call("abs", $0) }
    try expectGradients([vector(0)], [[inf]], "sqrt") { try call("sqrt", $0) }
    try expectGradients([vector(0)], [[inf]], "cbrt") { try call("cbrt", $0) }
    try expectGradients([vector(0)], [[inf]], "log") { try call("log", $0) }
    try expectGradients([vector(0), vector(0)], [[0], [0]], "hypot") { try call("hypot", $0) }
    try expectGradients([vector(-1, 0, 1)], [[0, 0, 0]], "sign") { try call("sign", $0) }
    try expectValues([vector(-0.0, 0, nan)], [0, 0, nan], "sign") { try call("sign", $0) }
  }

  @Test func powers() throws {
    let (x, y) = (vector(0, 0, 0, 0, -2, 2), vector(0, 1, 2, 0.5, 3, 0))
    try expectValues([x, y], [1, 0, 0, 0, -8, 1], "x^y") { try call("pow", $0) }
    let probe = try Probe([x, y]) { try call("pow", $0) }
    let gradients = try probe.gradients()
    #expect(isSame(gradients[0], [0, 1, 0, inf, 12, 0]))
    let log2 = 0.6931471805599453
    #expect(isSame(gradients[1], [0, 0, 0, 0, nan, log2]))
    // d²/dx² x² = 2 at 0 also where the exponent is data.
    for exponent in [2.0, 1, 0] {
      let second = try Probe([Tensor(0.0)]) {
        [apply(.pow, $0[0], apply(.stopGradient, $0[0].literal(exponent)))]
      }.hessian()
      #expect(second == [exponent == 2 ? 2 : 0])
    }
  }

  // MARK: - Masks

  @Test func selectLeavesNoTrace() throws {
    // Each function has an infinite or undefined slope where it is masked.
    let bodies: [(String, ([Term]) throws -> Term)] = [
      ("sqrt", { try call("sqrt", $0)[0] }), ("log", { try call("log", $0)[0] }),
      ("x log x", { try $0[0] * call("log", $0)[0] }), ("1/x", { 1 / $0[0] }),
      ("x^0.5", { apply(.pow, $0[0], $0[0].literal(0.5)) }),
      ("acosh", { try call("acosh", $0)[0] }), ("exp(1/x)", { apply(.exp, 1 / $0[0]) }),
      ("sqrt sqrt", { apply(.sqrt, apply(.sqrt, $0[0])) }),
    ]
    for (name, body) in bodies {
      let probe = try Probe([vector(0, 0)]) { x in
        let value = try body(x)
        return [choose(x[0] > 0.5, value, x[0] * 3)]
      }
      #expect(isSame(try probe.gradients()[0], [3, 3]), "\(name), reverse")
      #expect(isSame(try probe.tangents([vector(1, 2)])[0], [3, 6]), "\(name), forward")
      let sum = try Probe([vector(0, 0)]) { x in
        [choose(x[0] > 0.5, try body(x), 0).sum(over: [0])]
      }
      #expect(isSame(try sum.gradients()[0], [0, 0]), "\(name), summed")
      #expect(try sum.hessian() == [0, 0, 0, 0], "\(name), second")
      let nested = try Probe([vector(0, 0)]) { x in
        let inner = choose(x[0] > 0.5, try body(x), 0)
        return [choose(x[0] < 2, inner, x[0] * x[0])]
      }
      #expect(isSame(try nested.gradients()[0], [0, 0]), "\(name), nested")
    }
  }

  // MARK: - Zeros of both signs

  /// max(−0, +0) = +0 and min(−0, +0) = −0, in every order, over whole axes and step by step: IEEE
  /// 754-2019 orders −0 below +0. One over them tells which it was.
  @Test(arguments: [DType.f64, .f32]) func extremaOfZeros(_ dtype: DType) throws {
    for (zeros, low, high) in [
      ([-0.0, 0], [-0.0, -0.0], [-0.0, 0]), ([0, -0.0], [0, -0.0], [0, 0]),
      ([-0.0, -0.0], [-0.0, -0.0], [-0.0, -0.0]), ([0, 0], [0, 0], [0, 0]),
    ] as [([Double], [Double], [Double])] {
      let x = Tensor(doubles: zeros, dtype: dtype, shape: [2])
      for (name, expected) in [
        ("max", [high[1]]), ("min", [low[1]]), ("cummax", high), ("cummin", low),
      ] {
        try expectValues([x], expected.map { 1 / $0 }, "\(name) of \(zeros)") {
          [$0[0].literal(1) / (try call(name, $0))[0]]
        }
      }
    }
  }

  // MARK: - NaN

  @Test func nanPropagates() throws {
    let x = vector(1, nan, 3)
    for name in ["max", "min", "sum", "prod"] {
      try expectValues([x], [nan], "\(name)") { try call(name, $0) }
    }
    for name in ["maximum", "minimum"] {
      try expectValues([x, vector(2, 2, nan)], [name == "maximum" ? 2 : 1, nan, nan], "\(name)") {
        try call(name, $0)
      }
    }
    try expectValues([x], [1], "argmax") { try call("argmax", $0) }
    try expectValues([x], [1], "argmin") { try call("argmin", $0) }
    try expectValues([x], [1, nan, nan], "cummax") { try call("cummax", $0) }
    try expectValues([x], [1, 3, nan], "sort") { try call("sort", $0) }
    try expectValues([x], [3, 1, nan], "sort descending") {
      try call("sort", $0, ["descending": .flag(true)])
    }
    try expectGradients([x], [[0, 0, 0]], "max of NaN") { try call("max", $0) }
  }

  // MARK: - Nothing

  @Test func emptyReductions() throws {
    let none = Tensor([Double](), shape: [0])
    let expected: [(String, Double)] = [
      ("sum", 0), ("prod", 1), ("max", -inf), ("min", inf), ("mean", nan), ("variance", nan),
      ("logsumexp", -inf),
    ]
    for (name, value) in expected {
      try expectValues([none], [value], "\(name)") { try call(name, $0) }
      #expect(try Probe([none]) { try call(name, $0) }.gradients()[0].count == 0)
    }
    let limits: [(String, Double, Double)] = [
      ("max", Double(Int32.min), 0), ("min", Double(Int32.max), 1),
    ]
    for (name, whole, truth) in limits {
      try expectValues([Tensor(zeros: .i32, shape: [0])], [whole], "\(name)") { try call(name, $0) }
      try expectValues([Tensor(zeros: .bool, shape: [0])], [truth], "\(name)") {
        try call(name, $0)
      }
    }
    try expectValues([Tensor(zeros: .bool, shape: [0])], [0], "any") { try call("any", $0) }
    try expectValues([Tensor(zeros: .bool, shape: [0])], [1], "all") { try call("all", $0) }
    #expect(throws: (any Error).self) { try Probe([none]) { try call("argmax", $0) } }
  }

  // MARK: - Integers and conversion

  /// What numpy 2.4 gives, the signs of zeros too.
  @Test(arguments: [DType.f64, .f32]) func floatDivisionIsNumpys(_ dtype: DType) throws {
    let rows: [(a: Double, b: Double, quotient: Double, remainder: Double)] = [
      (-3, 3, -1, 0), (3, -3, -1, -0.0), (-0.0, 3, -0.0, 0), (0, -3, -0.0, -0.0),
      (7, -2, -4, -1), (-7, 2, -4, 1), (6, 0.5, 12, 0), (1, inf, 0, 1), (-1, inf, -1, inf),
      (1, -inf, -1, -inf), (1, 0, inf, nan), (-1, 0, -inf, nan), (0, 0, nan, nan),
      (inf, 2, nan, nan), (nan, 2, nan, nan), (2, nan, nan, nan),
    ]
    for row in rows {
      let operands = [row.a, row.b].map { Tensor([Scalar($0, dtype)], dtype, [1]) }
      for (name, expected) in [("floor_divide", row.quotient), ("mod", row.remainder)] {
        let found = try Probe(operands) { try call(name, $0) }.values()[0].doubles[0]
        #expect(
          found == expected && found.sign == expected.sign || found.isNaN && expected.isNaN,
          "\(name)(\(row.a), \(row.b)) in \(dtype): \(found), not \(expected)")
      }
    }
    let tenth = [Tensor([1.0], shape: [1]), Tensor([0.1], shape: [1])]
    try expectValues(tenth, [9], "1 // 0.1") { try call("floor_divide", $0) }
  }

  @Test func integersNeverTrap() throws {
    let a = Tensor([7, -7, 7, .min, 5] as [Int64], shape: [5])
    let b = Tensor([2, 2, -2, -1, 0] as [Int64], shape: [5])
    try expectValues([a, b], [3, -4, -4, Double(Int64.min), 0], "//") {
      try call("floor_divide", $0)
    }
    try expectValues([a, b], [1, 1, -1, 0, 0], "%") { try call("mod", $0) }
    let base = Tensor([2, 0, -1, 1, 3] as [Int32], shape: [5])
    let power = Tensor([-1, -1, -3, -5, 0] as [Int32], shape: [5])
    try expectValues([base, power], [0, 0, -1, 1, 1], "^") { try call("pow", $0) }
    let shifted = Tensor([1, -8, -8, 1] as [Int32], shape: [4])
    let count = Tensor([31, 1, 40, -1] as [Int32], shape: [4])
    try expectValues([shifted, count], [Double(Int32.min), -16, 0, 0], "<<") {
      try call("shift_left", $0)
    }
    try expectValues([shifted, count], [0, -4, -1, 0], ">>") { try call("shift_right", $0) }
  }

  @Test func conversions() throws {
    let x = vector(1.9, -1.9, nan, inf, -inf, 3e9)
    let (low, high) = (Double(Int32.min), Double(Int32.max))
    try expectValues([x], [1, -1, 0, high, low, high], "i32") { [$0[0].converted(to: .i32)] }
    try expectValues([vector(nan, 0, -0.0, 0.5)], [1, 0, 0, 1], "bool") {
      [$0[0].converted(to: .bool)]
    }
    let wide = Tensor([1 << 32 + 5, -1] as [Int64], shape: [2])
    try expectValues([wide], [Double(Int32(truncatingIfNeeded: 1 << 32 + 5)), -1], "wraps") {
      [$0[0].converted(to: .i32)]
    }
  }

  // MARK: - Indices out of range

  @Test func indicesOutOfRange() throws {
    let x = vector(10, 20, 30)
    let ix = Tensor([-1, 1, 7] as [Int64], shape: [3, 1])
    let clamp: [String: AttributeValue] = ["mode": .word("clamp")]
    let drop: [String: AttributeValue] = ["mode": .word("drop")]
    try expectValues([x, ix], [10, 20, 30], "gather") { try call("gather", $0, clamp) }
    try expectValues([x, ix], [0, 20, 0], "gather") { try call("gather", $0, drop) }
    let u = vector(1, 2, 4)
    try expectValues([x, ix, u], [11, 22, 34], "scatter") { try call("scatter", $0, clamp) }
    try expectValues([x, ix, u], [10, 22, 30], "scatter") { try call("scatter", $0, drop) }
    // The last update of a place stays, and only it has a gradient.
    let twice = Tensor([1, 1, 0] as [Int64], shape: [3, 1])
    let set: [String: AttributeValue] = ["combine": .word("set")]
    try expectValues([x, twice, u], [4, 2, 30], "set") { try call("scatter", $0, set) }
    try expectGradients([x, twice, u], [[0, 0, 1], [0, 1, 1]], "set") {
      try call("scatter", $0, set)
    }
    for (start, first) in [(-5, 10.0), (9, 20)] {
      try expectValues([x, Tensor(Int64(start))], [first, first + 10], "window") {
        try call("dynamic_slice", $0, ["shape": .dims([2])])
      }
    }
  }

  // MARK: - Products with zeros

  @Test func productsWithZeros() throws {
    try expectGradients([vector(2, 0, 3)], [[0, 6, 0]], "prod") { try call("prod", $0) }
    try expectGradients([vector(2, 0, 0)], [[0, 0, 0]], "prod") { try call("prod", $0) }
    let second = try Probe([vector(2, 0, 3)]) { try call("prod", $0) }.hessian()
    #expect(second == [0, 3, 0, 3, 0, 2, 0, 2, 0])
    let third = try Probe([vector(5, 0, 0)]) { try call("prod", $0) }.hessian()
    #expect(third == [0, 0, 0, 0, 0, 5, 0, 5, 0])
    // y = (2, 0, 0): Σy = x₀ + x₀x₁ + x₀x₁x₂
    try expectGradients([vector(2, 0, 3)], [[1, 8, 0]], "cumprod") { try call("cumprod", $0) }
    let sum = try Probe([vector(2, 0, 3)]) { try call("cumprod", $0).map { $0.sum(over: [0]) } }
    #expect(try sum.hessian() == [0, 4, 0, 4, 0, 2, 0, 2, 0])
  }

  // MARK: - Stable forms

  @Test func stableForms() throws {
    let x = vector(-1000, 0, 1000)
    let log2 = 0.6931471805599453
    let rows: [(String, [Double], [Double])] = [
      ("sigmoid", [0, 0.5, 1], [0, 0.25, 0]), ("softplus", [0, log2, 1000], [0, 0.5, 1]),
      ("log_sigmoid", [-1000, -log2, 0], [1, 0.5, 0]), ("tanh", [-1, 0, 1], [0, 1, 0]),
    ]
    for (name, values, slopes) in rows {
      try expectValues([x], values, "\(name)") { try call(name, $0) }
      try expectGradients([x], [slopes], "\(name)") { try call(name, $0) }
    }
    try expectValues([vector(-inf, -inf)], [-inf], "logsumexp") { try call("logsumexp", $0) }
    try expectValues([vector(inf, 1)], [inf], "logsumexp") { try call("logsumexp", $0) }
    try expectValues([vector(1000, 1000)], [1000 + log2], "logsumexp") { try call("logsumexp", $0) }
    try expectGradients([vector(-inf, -inf)], [[nan, nan]], "logsumexp") {
      try call("logsumexp", $0)
    }
    try expectGradients([vector(-inf, 0)], [[0, 1]], "logsumexp") { try call("logsumexp", $0) }
    try expectValues([vector(-1000, 1000)], [0, 1], "softmax") { try call("softmax", $0) }
    try expectValues([vector(-1000, 1000)], [-2000, 0], "log_softmax") {
      try call("log_softmax", $0)
    }
  }
}
