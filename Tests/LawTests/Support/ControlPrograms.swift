// Programs of loops and conditionals, each with arguments that reach its corners.
import Graph

enum ControlPrograms {
  struct Program: Sendable, CustomStringConvertible {
    let name: String
    var sizes: [Sizes] = [[:]]
    var isDifferentiable = true
    let build: @Sendable (GraphBuilder) throws -> [Term]
    let arguments: @Sendable (Sizes) -> [[Tensor]]

    var description: String { name }

    func graph() throws -> Graph {
      let builder = GraphBuilder(name: name)
      for (k, term) in try build(builder).enumerated() { builder.addOutput("y\(k)", term) }
      return try builder.finished()
    }
  }

  static let f64 = TensorType(.f64)
  static let i64 = TensorType(.i64)
  static func vector(_ n: DimExpr) -> TensorType { TensorType(.f64, [n]) }
  static func numbers(_ count: Int) -> Tensor {
    Tensor((0..<count).map { 0.3 + 0.37 * Double($0 * $0 % 7) }, shape: [count])
  }
  static let counts: [Sizes] = [0, 1, 2, 5].map { ["n": $0] }

  static let all: [Program] = scalars + arrays + stacks + nested

  // MARK: - Scalars

  private static let scalars: [Program] = [
    Program(name: "product", sizes: counts) { b in
      let x = b.addInput("x", vector("n"))
      let step = try region { r in
        _ = r.addInput("i", i64)
        let p = r.addInput("p", f64)
        let row = r.addInput("row", f64)
        return [p * row, apply(.sin, p)]
      }
      return try b.apply(
        Loop(body: step, bound: "n", carriedCount: 1, scannedCount: 1), [b.constant(1, .f64), x])
    } arguments: {
      [[numbers($0["n"] ?? 0)]]
    },

    Program(name: "newton") { b in
      let a = b.addInput("a", f64)
      let step = try region { r in
        _ = r.addInput("i", i64)
        let x = r.addInput("x", f64)
        let a = r.addInput("a", f64)
        return [0.5 * (x + a / x)]
      }
      let condition = try region("condition") { r in
        _ = r.addInput("i", i64)
        let x = r.addInput("x", f64)
        let a = r.addInput("a", f64)
        return [apply(.abs, x * x - a) > 1e-9]
      }
      return try b.apply(
        Loop(body: step, condition: condition, bound: nil, carriedCount: 1), [a, a])
    } arguments: { _ in
      [[Tensor(2.0)], [Tensor(1e4)]]
    },

    Program(name: "counted") { b in
      let n = b.addInput("count", i64)
      let x = b.addInput("x", f64)
      let step = try region { r in
        let i = r.addInput("i", i64)
        let x = r.addInput("x", f64)
        let y = r.addInput("y", f64)
        return [y + i.converted(to: .f64), x * 0.5 + apply(.sin, y)]
      }
      return try b.apply(
        Loop(body: step, bound: nil, hasCount: true, carriedCount: 2), [n, x, x * 2])
    } arguments: { _ in
      [-3, 0, 1, 4].map { [Tensor(Int64($0)), Tensor(0.7)] }
    },

    // Values change places, one of them keeps its own.
    Program(name: "circle") { b in
      let x = (0..<3).map { b.addInput("x\($0)", f64) }
      let step = try region { r in
        _ = r.addInput("i", i64)
        let x = (0..<4).map { r.addInput("x\($0)", f64) }
        return [x[1], x[2], x[0], x[3] + x[0]]
      }
      return try b.apply(Loop(body: step, bound: 4, carriedCount: 4), x + [x[0]])
    } arguments: { _ in
      [[Tensor(1.0), Tensor(2.0), Tensor(3.0)]]
    },

    // A flag that says whether it changes itself, and then whether another value does.
    Program(name: "flags", isDifferentiable: false) { b in
      let x = b.addInput("x", f64)
      let step = try region { r in
        let i = r.addInput("i", i64)
        let flag = r.addInput("flag", TensorType(.bool))
        let y = r.addInput("y", f64)
        let x = r.addInput("x", f64)
        let next = choose(flag, x > i.converted(to: .f64), flag)
        return [next, choose(next, y + x, y)]
      }
      return try b.apply(Loop(body: step, bound: 5, carriedCount: 2), [x > 0, x, x])
    } arguments: { _ in
      [[Tensor(2.5)], [Tensor(-1.0)]]
    },

    Program(name: "dtypes") { b in
      let x = b.addInput("x", TensorType(.f32))
      let k = b.addInput("k", TensorType(.i32))
      let step = try region { r in
        let i = r.addInput("i", i64)
        let x = r.addInput("x", TensorType(.f32))
        let k = r.addInput("k", TensorType(.i32))
        let flag = r.addInput("flag", TensorType(.bool))
        let sum = r.addInput("sum", i64)
        return [
          choose(flag, x * 1.5, x - 1), k + k.literal(3), apply(.not, flag), sum + i * i,
        ]
      }
      return try b.apply(
        Loop(body: step, bound: 5, carriedCount: 4),
        [x, k, x > 0, b.constant(Scalar(0 as Int64, .i64))])
    } arguments: { _ in
      [
        [
          Tensor(doubles: [0.5], dtype: .f32, shape: []),
          Tensor(integers: [7], dtype: .i32, shape: []),
        ]
      ]
    },
  ]

  // MARK: - Arrays

  static func repeated(
    _ b: GraphBuilder, _ bound: DimExpr, isReversed: Bool = false, _ x: [Term],
    _ step: (Term, [Term]) throws -> [Term]
  ) throws -> [Term] {
    let body = try region { r in
      let i = r.addInput("i", i64)
      return try step(i, x.enumerated().map { r.addInput("x\($0)", $1.type) })
    }
    return try b.apply(
      Loop(body: body, bound: bound, carriedCount: x.count, isReversed: isReversed), x)
  }

  private static let arrays: [Program] = [
    Program(name: "decay", sizes: counts) { b in
      let x = b.addInput("x", vector("n"))
      return try repeated(b, 3, [x]) { _, x in [x[0] * 0.9 + apply(.sin, x[0])] }.dropLast()
    } arguments: {
      [[numbers($0["n"] ?? 0)]]
    },

    Program(name: "stencil", sizes: counts.map { ["n": ($0["n"] ?? 0) + 2] }) { b in
      let x = b.addInput("x", vector("n"))
      return try repeated(b, 3, [x]) { _, x in
        let n: DimExpr = "n"
        let middle = x[0].slice(axis: 0, from: 1, to: n - 1)
        let sides =
          x[0].slice(axis: 0, from: 0, to: n - 2) + x[0].slice(axis: 0, from: 2, to: n)
        return [x[0] + 0.1 * (sides - 2 * middle).padded(0, low: [1], high: [1])]
      }
    } arguments: {
      [[numbers($0["n"] ?? 0)]]
    },

    // Two arrays, one read by the other's update; a sum of both on the side.
    Program(name: "waves", sizes: counts) { b in
      let x = b.addInput("x", vector("n"))
      return try repeated(b, 4, [x, x * 2, b.constant(0, .f64)]) { i, x in
        let v = x[1] - 0.1 * x[0]
        return [x[0] + 0.1 * v, v, x[2] + (x[0] * x[1]).sum(over: [0])]
      }
    } arguments: {
      [[numbers($0["n"] ?? 0)]]
    },

    Program(name: "leapfrog", sizes: counts) { b in
      let x = b.addInput("x", vector("n"))
      return try repeated(b, 3, [x, x + 1]) { _, x in [x[1], x[0] * 0.5 + x[1]] }
    } arguments: {
      [[numbers($0["n"] ?? 0)]]
    },

    Program(name: "power", sizes: counts) { b in
      let m = b.addInput("m", TensorType(.f64, ["n", "n"]))
      let x = b.addInput("x", vector("n"))
      let body = try region { r in
        _ = r.addInput("i", i64)
        let x = r.addInput("x", vector("n"))
        let m = r.addInput("m", TensorType(.f64, ["n", "n"]))
        let y = m.dot(x, contracting: ([1], [0]))
        return [y / (1 + (y * y).sum(over: [0])).broadcast(to: ["n"])]
      }
      return try b.apply(Loop(body: body, bound: 3, carriedCount: 1), [x, m])
    } arguments: {
      let n = $0["n"] ?? 0
      return [[numbers(n * n).with(shape: [n, n]), numbers(n)]]
    },
  ]

  // MARK: - Stacks

  private static func scan(
    _ b: GraphBuilder, _ x: Term, isReversed: Bool, limit: Double? = nil
  ) throws -> [Term] {
    let row = x.type.row
    let start = b.addInput("start", row)
    let body = try region { r in
      let i = r.addInput("i", i64)
      let state = r.addInput("state", row)
      let here = r.addInput("here", row)
      let next = state * 0.5 + here * i.converted(to: .f64).broadcast(to: row.shape)
      return [next, apply(.sin, next), state]
    }
    let condition = try limit.map { limit in
      try region("condition") { r in
        _ = r.addInput("i", i64)
        let state = r.addInput("state", row)
        return [state < limit]
      }
    }
    return try b.apply(
      Loop(
        body: body, condition: condition, bound: "n", carriedCount: 1, scannedCount: 1,
        isReversed: isReversed), [start, x])
  }

  static let rowSizes: [Sizes] = [
    ["n": 0, "m": 2], ["n": 1, "m": 0], ["n": 2, "m": 1], ["n": 4, "m": 3],
  ]

  private static let stacks: [Program] = [
    Program(name: "rows", sizes: rowSizes) { b in
      try scan(b, b.addInput("x", TensorType(.f64, ["n", "m"])), isReversed: false)
    } arguments: {
      let (n, m) = ($0["n"] ?? 0, $0["m"] ?? 0)
      return [[numbers(n * m).with(shape: [n, m]), numbers(m)]]
    },
    Program(name: "rows_reversed", sizes: rowSizes) { b in
      try scan(b, b.addInput("x", TensorType(.f64, ["n", "m"])), isReversed: true)
    } arguments: {
      let (n, m) = ($0["n"] ?? 0, $0["m"] ?? 0)
      return [[numbers(n * m).with(shape: [n, m]), numbers(m)]]
    },
    Program(name: "stops_early", sizes: counts) { b in
      try scan(b, b.addInput("x", vector("n")), isReversed: false, limit: 1.5)
    } arguments: {
      [[numbers($0["n"] ?? 0), Tensor(0.1)]]
    },
    Program(name: "counted_rows", sizes: counts) { b in
      let count = b.addInput("count", i64)
      let x = b.addInput("x", vector("n"))
      let body = try region { r in
        _ = r.addInput("i", i64)
        let sum = r.addInput("sum", f64)
        let here = r.addInput("here", f64)
        return [sum + here * here, sum * here]
      }
      return try b.apply(
        Loop(
          body: body, bound: "n", hasCount: true, carriedCount: 1, scannedCount: 1,
          isReversed: true), [count, b.constant(0, .f64), x])
    } arguments: { sizes in
      [-1, 0, 2, 9].map { [Tensor(Int64($0)), numbers(sizes["n"] ?? 0)] }
    },
    // Rows of unknown number, made by one loop and read by another.
    Program(name: "unknown_rows") { b in
      let a = b.addInput("a", f64)
      let body = try region { r in
        _ = r.addInput("i", i64)
        let x = r.addInput("x", f64)
        return [x * 0.7, apply(.sin, x), x.broadcast(to: [3])]
      }
      let condition = try region("condition") { r in
        _ = r.addInput("i", i64)
        return [r.addInput("x", f64) > 0.01]
      }
      let made = try b.apply(
        Loop(body: body, condition: condition, bound: nil, carriedCount: 1), [a])
      let back = try region { r in
        let i = r.addInput("i", i64)
        let sum = r.addInput("sum", f64)
        let one = r.addInput("one", f64)
        let three = r.addInput("three", vector(3))
        return [sum * 0.9 + one + three.sum(over: [0]) * i.converted(to: .f64)]
      }
      let read = try b.apply(
        Loop(
          body: back, bound: nil, hasCount: true, carriedCount: 1, scannedCount: 2,
          isReversed: true), [made[3], b.constant(0, .f64), made[1], made[2]])
      return [made[0], made[3], read[0]]
    } arguments: { _ in
      [[Tensor(0.001)], [Tensor(1.0)], [Tensor(100.0)]]
    },
  ]
}

extension Tensor {
  func with(shape: [Int]) -> Tensor { Tensor(dtype: dtype, shape: shape, bytes: bytes) }
}
