// Loops and conditionals in each other.
import Graph

extension ControlPrograms {
  private static func branching(_ b: GraphBuilder, _ flag: Term, _ x: Term) throws -> [Term] {
    let type = x.type
    let then = try region("then") { r in
      let x = r.addInput("x", type)
      return try repeated(r, 3, [x]) { _, x in [x[0] * x[0] * 0.5] }.dropLast()
    }
    let otherwise = try region("otherwise") { r in [apply(.sin, r.addInput("x", type))] }
    return try b.apply(Conditional(then: then, otherwise: otherwise), [flag, x])
  }

  static let nested: [Program] = [
    Program(name: "loop_in_branch", sizes: counts) { b in
      let x = b.addInput("x", vector("n"))
      let s = b.addInput("s", f64)
      return try branching(b, s > 0, x) + branching(b, s > 1, s)
    } arguments: { sizes in
      [-1.0, 0.5, 2].map { [numbers(sizes["n"] ?? 0), Tensor($0)] }
    },
    Program(name: "branch_in_loop", sizes: counts) { b in
      let x = b.addInput("x", vector("n"))
      let s = b.addInput("s", f64)
      return try repeated(b, 3, [x, s]) { i, x in
        let x2 = try branching(x[0].builder, x[1] > 0.5, x[0])[0]
        let s2 = try branching(x[0].builder, x[1] > 0, x[1])[0]
        return [x2, s2 - 0.3]
      }
    } arguments: { sizes in
      [-1.0, 0.9, 2].map { [numbers(sizes["n"] ?? 0), Tensor($0)] }
    },
    Program(name: "switch") { b in
      let k = b.addInput("k", i64)
      let x = b.addInput("x", f64)
      let branches = try (0..<3).map { n in
        try region("case\(n)") { r in
          let x = r.addInput("x", f64)
          return [x * Double(n + 1), x.broadcast(to: [2]) + Double(n)]
        }
      }
      return try b.apply(Conditional(cases: [-2, 5], branches: branches), [k, x])
    } arguments: { _ in
      [-2, 5, 0].map { [Tensor(Int64($0)), Tensor(1.5)] }
    },
    Program(name: "loops_in_loops", sizes: rowSizes) { b in
      let x = b.addInput("x", TensorType(.f64, ["n", "m"]))
      let body = try region { r in
        _ = r.addInput("i", i64)
        let sum = r.addInput("sum", f64)
        let row = r.addInput("row", vector("m"))
        let inner = try region { q in
          let j = q.addInput("j", i64)
          let product = q.addInput("product", f64)
          let element = q.addInput("element", f64)
          let sum = q.addInput("sum", f64)
          return [product * element + sum * j.converted(to: .f64), product + 1]
        }
        let made = try r.apply(
          Loop(body: inner, bound: "m", carriedCount: 1, scannedCount: 1),
          [r.constant(1, .f64), row, sum])
        return [sum + made[0], made[1]]
      }
      return try b.apply(
        Loop(body: body, bound: "n", carriedCount: 1, scannedCount: 1),
        [b.constant(0, .f64), x])
    } arguments: {
      let (n, m) = ($0["n"] ?? 0, $0["m"] ?? 0)
      return [[numbers(n * m).with(shape: [n, m])]]
    },
    // An array that an inner loop carries by turns in two buffers.
    Program(name: "swaps_inside", sizes: counts) { b in
      let x = b.addInput("x", vector("n"))
      return try repeated(b, 2, [x]) { _, x in
        let y = try repeated(x[0].builder, 3, [x[0]]) { _, x in
          [x[0] + 0.1 * x[0].sum(over: [0]).broadcast(to: ["n"])]
        }
        return [y[0] - x[0] * 0.2]
      }
    } arguments: {
      [[numbers($0["n"] ?? 0)]]
    },
    Program(name: "while_in_loop") { b in
      let a = b.addInput("a", f64)
      return try repeated(b, 3, [a]) { i, x in
        let r = x[0].builder
        let body = try region { q in
          _ = q.addInput("j", i64)
          return [q.addInput("y", f64) * 0.6]
        }
        let condition = try region("condition") { q in
          _ = q.addInput("j", i64)
          return [q.addInput("y", f64) > 1]
        }
        let small = try r.apply(
          Loop(body: body, condition: condition, bound: nil, carriedCount: 1), [x[0]])
        return [small[0] * small[0] * 3 + x[0] * 0.1 + small[1].converted(to: .f64)]
      }
    } arguments: { _ in
      [[Tensor(0.5)], [Tensor(30.0)]]
    },
  ]
}
